"""The rules, pure and tabular: what a definition, a value, a key, a path and a price are.

Everything here imports the standard library only and never awaits. What touches SQL, HTTP or GraphQL belongs elsewhere.
"""
