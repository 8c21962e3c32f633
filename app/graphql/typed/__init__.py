"""The schema of one shop: its own definitions as types beside the core graph, made of a model without Strawberry.

Belongs here: types, names and arguments of a shop's own fields, and what resolves them by the functions that the
general fields use. Must not: statements, rules, or anything that outlives the schema it was made for.
"""
