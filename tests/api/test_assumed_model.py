"""A question that only reads takes the model that the gateway knows for the shop's; the snapshot's first statement says
whether it is. Where another process has changed it, the question is asked again, and nobody can tell."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.store.database import Database
from tests.limits.edge import bounded
from tests.shops import ShopClient

KEYS = "{ customDataDefinitions { key } }"
RECORD = '{ customDataRecord(id: "1") { idRecord } }'
PAGE = '{ customDataRecords(definition: "thing") { nodes { value(field: "name") } } }'
FIELDS = '{ customDataRecords(definition: "thing") { nodes { data(fields: ["name", "more"]) } } }'
KNOWN = "definitions.model_known"


@pytest.fixture
async def elsewhere(shop: ShopClient, gateway_url: str) -> AsyncIterator[tuple[ShopClient, list[str]]]:
    """The shop behind another gateway, which hears nothing of what is changed here; and its statements."""
    database = await Database.connect(gateway_url, size=2)
    seen: list[str] = []
    database.observers.append(lambda _, statement: seen.append(statement.name))
    async with bounded(shop, database) as gateway:
        yield gateway, seen
    await database.close()


async def asked(gateway: tuple[ShopClient, list[str]], document: str) -> tuple[Any, list[str]]:
    client, seen = gateway
    await client.ask("{ shop { name } }")  # whose key is known from now on
    seen.clear()
    return await client.ask(document), list(seen)


async def test_a_model_that_is_still_the_shops_costs_no_statement_of_its_own(
    shop: ShopClient, elsewhere: tuple[ShopClient, list[str]]
) -> None:
    await shop.define("Thing", {"name": "STRING"})
    await asked(elsewhere, PAGE)
    assert await asked(elsewhere, PAGE) == ({"customDataRecords": {"nodes": []}}, [KNOWN, "records.page_forward"])


async def test_what_tells_of_the_model_alone_is_checked_too(
    shop: ShopClient, elsewhere: tuple[ShopClient, list[str]]
) -> None:
    assert (await asked(elsewhere, KEYS))[0] == {"customDataDefinitions": []}
    assert await asked(elsewhere, KEYS) == ({"customDataDefinitions": []}, [KNOWN])
    await shop.define("Thing", {"name": "STRING"})
    told, statements = await asked(elsewhere, KEYS)
    assert told == {"customDataDefinitions": [{"key": "thing"}]}
    assert statements[:3] == [KNOWN, KNOWN, "definitions.model_version"]
    assert await asked(elsewhere, KEYS) == (told, [KNOWN])


async def test_a_definition_that_is_new_is_there(shop: ShopClient, elsewhere: tuple[ShopClient, list[str]]) -> None:
    await asked(elsewhere, RECORD)
    await shop.define("Thing", {"name": "STRING"})
    await shop.save("thing", {"name": "one"})
    told, statements = await asked(elsewhere, PAGE)
    assert told == {"customDataRecords": {"nodes": [{"value": "one"}]}}
    assert statements.count("records.page_forward") == 1  # there was none to read before


async def test_records_that_were_read_by_an_old_model_are_read_again(
    shop: ShopClient, elsewhere: tuple[ShopClient, list[str]]
) -> None:
    await shop.define("Thing", {"name": "STRING"})
    await asked(elsewhere, PAGE)
    more = {"definition": "thing", "fields": [{"name": "more", "type": "STRING"}]}
    await shop.run("extendCustomDataDefinition", "definition { key }", **more)
    await shop.save("thing", {"name": "one", "more": "two"})
    told, statements = await asked(elsewhere, FIELDS)
    assert told == {"customDataRecords": {"nodes": [{"data": {"name": "one", "more": "two"}}]}}
    assert statements.count("records.page_forward") == 2
