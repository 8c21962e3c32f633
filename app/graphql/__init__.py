"""The public graph: types per noun, query, mutation, inputs, payloads.

Domain objects become GraphQL here and nowhere else. No SQL, no rules.
"""
