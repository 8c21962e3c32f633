"""GraphiQL at GET /graphql, served by the gateway alone: the page, our scripts, and GraphiQL as its publisher built it.

Nothing here is loaded from elsewhere while serving. `bundle` and `registry` run at build time, before any dependency is
there, so they and this file import the standard library only.
"""
