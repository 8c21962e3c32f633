"""The clients people use, unchanged, against a served gateway: npm's graphql-http audits, Apollo Client, urql and
graphql-ws; and schemathesis, which makes up requests from the schema.

Run with `pytest tests/clients`. Needs Node 20 or later with npm and a registry it can reach (the packages, by the
ranges in `conftest.py`, go into a temporary folder), and `pip install schemathesis`. What is missing fails; nothing is
skipped. Each `.mjs` file prints one JSON value, which the test of the same name looks at.
"""
