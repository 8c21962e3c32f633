"""SQL in, domain objects out: the only room that imports asyncpg.

Statements live in `.sql` files beside the Python that calls them. Rules belong in `domain`, transactions in
`operations`.
"""
