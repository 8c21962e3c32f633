"""Which fields have an index slot: the shop says, or those declared first; whoever gets none is told."""

from typing import Any

import pytest

from app.domain import limits
from tests.shops import ShopClient, to

SELECTED = "definition { fields { name indexed } } warnings { code message path } userErrors { code message path }"


def texts(number: int, **more: Any) -> list[dict[str, Any]]:
    return [{"name": f"t{n}", "type": "STRING", **more} for n in range(number)]


async def created(shop: ShopClient, fields: list[dict[str, Any]], **more: Any) -> Any:
    return await shop.run("createCustomDataDefinition", SELECTED, name="Thing", fields=fields, **more)


def indexed(payload: Any) -> list[str]:
    assert payload["userErrors"] == []
    return [each["name"] for each in payload["definition"]["fields"] if each["indexed"]]


async def test_those_that_are_asked_for_come_first(shop: ShopClient) -> None:
    """Of forty fields the shop names those that matter."""
    fields = texts(30) + [{"name": f"n{n}", "type": "NUMBER"} for n in range(10)]
    for each in fields:
        each["indexed"] = True if each["name"] in ("t7", "t29", "n9") else None
    payload = await created(shop, fields)
    assert indexed(payload) == ["t0", "t1", "t2", "t7", "t29", "n0", "n1", "n2", "n3", "n4", "n9"]
    [warning] = payload["warnings"]
    assert (warning["code"], warning["path"]) == ("NOT_INDEXED", "fields")
    assert "t3, t4, t5, t6, t8, t9, t10, t11, t12, t13 and 19 more" in warning["message"]


async def test_those_that_need_none_leave_theirs_to_others(shop: ShopClient) -> None:
    payload = await created(
        shop, [*texts(3, indexed=False), *({**each, "name": f"{each['name']}_b"} for each in texts(5))]
    )
    assert indexed(payload) == ["t0_b", "t1_b", "t2_b", "t3_b", "t4_b"]
    assert payload["warnings"] == []


async def test_nobody_is_warned_of_types_that_are_never_indexed(shop: ShopClient) -> None:
    kinds = ["LONGTEXT", "LIST", "JSON", "GEOLOCATION"]
    payload = await created(shop, [{"name": kind.lower(), "type": kind} for kind in kinds])
    assert (indexed(payload), payload["warnings"]) == ([], [])


async def test_an_extension_takes_what_is_left(shop: ShopClient) -> None:
    assert indexed(await created(shop, texts(3))) == ["t0", "t1", "t2"]
    more = [{"name": "a", "type": "STRING"}, {"name": "b", "type": "STRING"},
            {"name": "c", "type": "STRING", "indexed": True}]  # fmt: skip
    payload = await shop.run("extendCustomDataDefinition", SELECTED, definition="thing", fields=more)
    assert indexed(payload) == ["t0", "t1", "t2", "a", "c"]
    assert [each["message"][:31] for each in payload["warnings"]] == ["No index slot was left for b: a"]
    payload = await shop.run("extendCustomDataDefinition", SELECTED, definition="thing",
                             fields=[{"name": "d", "type": "STRING", "indexed": True}])  # fmt: skip
    [error] = payload["userErrors"]
    assert (error["code"], error["path"]) == ("LIMIT_EXCEEDED", "fields.0.indexed")


REFUSED: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "more than there are": (
        {"fields": texts(limits.SLOTS["str"] + 1, indexed=True)}, "LIMIT_EXCEEDED", "fields.5.indexed", "at most 5",
    ),
    "a type without": (
        {"fields": [{"name": "j", "type": "JSON", "indexed": True}]}, "INVALID_FIELD", "fields.0.indexed", "JSON",
    ),
    "a list": (
        {"fields": [{"name": "l", "type": "LIST", "indexed": True}]}, "INVALID_FIELD", "fields.0.indexed", "LIST",
    ),
    "none for a relation": (
        {"fields": [{"name": "contact_id", "type": "NUMBER", "indexed": False}],
         "relationships": [to("contact_id", "contacts")]}, "INVALID_FIELD", "fields.0.indexed", "A relation",
    ),
    "none for the unique key": (
        {"fields": texts(1, indexed=False), "uniqueKeys": ["t0"]}, "INVALID_FIELD", "fields.0.indexed", "identifies",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
async def test_what_cannot_be(shop: ShopClient, case: str) -> None:
    sent, code, path, said = REFUSED[case]
    [error] = (await created(shop, **sent))["userErrors"]
    assert (error["code"], error["path"]) == (code, path)
    assert said in error["message"]


async def test_who_asks_by_types_is_told(shop: ShopClient) -> None:
    await created(shop, [*texts(6, label="Text"), {"name": "story", "type": "LONGTEXT"}])
    query = '{ where: __type(name: "ThingWhere") { ...named } order: __type(name: "ThingOrderBy") { ...named } } ' \
            "fragment named on __Type { inputFields { name description } }"  # fmt: skip
    found = await shop.ask(query)
    told = {kind: {each["name"]: each["description"] for each in found[kind]["inputFields"]} for kind in found}
    assert told["where"]["t4"] == "Text."
    assert told["where"]["t5"] == "Text. Not indexed: all records are read."
    assert told["where"]["story"] == told["order"]["t5"] == "Not indexed: all records are read."
    assert told["order"]["t4"] is None


async def test_schemas_of_definitions_with_other_slots_differ(shop: ShopClient, other_shop: ShopClient) -> None:
    versions = set()
    for each, wanted in ((shop, None), (other_shop, False)):
        await created(each, texts(1, indexed=wanted))
        versions.add((await each.ask("{ shop { schemaVersion } }"))["shop"]["schemaVersion"])
    assert len(versions) == 2
