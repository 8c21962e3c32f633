"""Segments among 100,000 contacts with a card and a vet each: `python -m tests.benchmarks.segments` (see grid.py).

Time in statements: the first page, a page from the middle, the count up to 100,000, whether 100 contacts are in it, and
why. The first segment is a third of the contacts, the last one a handful.
"""

import asyncio
from time import perf_counter
from typing import Any

from app.domain.access import ALL_SCOPES, Viewer
from app.graphql.context import Context
from app.graphql.node import encode
from app.graphql.schema import schema
from app.store.database import Database
from app.store.shops import find_shop
from app.store.statements import Statement
from tests.benchmarks.grid import CONTACTS, build, gateway, server
from tests.benchmarks.timing import in_milliseconds, watched

RUNS = 20
_CARD, _VET = "loyalty", "vet_assignment"
SEGMENTS: dict[str, Any] = {
    "gold": {"custom": {_CARD: {"some": {"tier": {"eq": "gold"}}}}},
    "no gold": {"custom": {_CARD: {"none": {"tier": {"eq": "gold"}}}}},
    "many points": {"custom": {_CARD: {"some": {"points": {"gte": 990}}}}},
    "one card or more": {"custom": {_CARD: {"count": {"gte": 1}}}},
    "gold, of one vet": {
        "segment": {"in": ["gold"]}, "custom": {_VET: {"some": {"veto_id": {"is": {"nom": {"eq": "Vet 7"}}}}}},
    },
}  # fmt: skip
ASKED = {
    "first page": "{ segment(name: $$) { contacts(first: 50) { nodes { email } } } }",
    "page in the middle": "{ segment(name: $$) { contacts(first: 50, after: $after) { nodes { email } } } }",
    "count": "{ segment(name: $$) { count(atMost: 100000) { count isExact } } }",
    "100 contacts in it": "{ contacts(first: 100) { nodes { segments(only: [$$]) { name } } } }",
    "why": "{ segment(name: $$) { why(contact: {idContact: $contact}) { isTrue nodes { text records { id } } } } }",
}
_CREATE = "mutation($input: CreateSegmentInput!) { createSegment(input: $input) { userErrors { message } } }"
_FIRST = Statement("first_contact", "select min(id) as id from contacts where shop_id = $1")


async def main(url: str) -> None:
    shop_id = await build(url)
    database = await Database.connect(gateway(url), size=1, statement_timeout_ms=60_000)
    try:
        async with database.writing(shop_id) as session:
            shop = await find_shop(session)
            first = (await session.fetch(_FIRST))[0]["id"]
        words = {"$after": encode("cursor", first + CONTACTS // 2), "$contact": str(first + 50)}

        def context() -> Context:
            return Context(database, shop, Viewer(ALL_SCOPES, api_key_id=0))

        for name, where in SEGMENTS.items():
            await _run(_CREATE, context(), {"input": {"name": name, "where": where}})
        for name in SEGMENTS:
            print(f"\n## {name}")
            for what, document in ASKED.items():
                for word, value in {"$$": name, **words}.items():
                    document = document.replace(word, f'"{value}"')
                print(f"{what:20} {await _measured(document, context)}")
    finally:
        await database.close()


async def _measured(document: str, context: Any) -> str:
    waiting = []
    for _ in range(RUNS):
        began = perf_counter()
        with watched() as watch:
            result = await _run(document, context(), {})
        assert not result.errors, result.errors
        waiting.append(watch.seconds)
        if perf_counter() - began > 2:
            break
    return in_milliseconds(waiting)


async def _run(document: str, context: Context, variables: dict[str, Any]) -> Any:
    try:
        return await schema.execute(document, variables, context)
    finally:
        await context.close()


if __name__ == "__main__":
    with server() as url:
        asyncio.run(main(url))
