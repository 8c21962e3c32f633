"""Extending a definition: the only way it changes. Nothing is removed, renamed or retyped."""

from typing import Any

import pytest

from tests.shops import ShopClient, to

EXTENDED = (
    "definition { name description uniqueKeys updatedAt fields { name type options required indexed } "
    "relationships { sourceField targetSchema } } userErrors { code message path }"
)


async def extend(shop: ShopClient, definition: str = "loyalty", **input: Any) -> Any:
    return await shop.run("extendCustomDataDefinition", EXTENDED, definition=definition, **input)


async def extended(shop: ShopClient, definition: str = "loyalty", **input: Any) -> Any:
    payload = await extend(shop, definition, **input)
    assert payload["userErrors"] == []
    return payload["definition"]


async def refusals(shop: ShopClient, **input: Any) -> list[tuple[str, str]]:
    payload = await extend(shop, **input)
    assert payload["definition"] is None
    return [(error["code"], error["path"]) for error in payload["userErrors"]]


def field(name: str, type: str = "STRING", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": type, **more}


@pytest.fixture
async def loyal(shop: ShopClient) -> ShopClient:
    """A shop with a loyalty definition (unique card) of one record."""
    tier = {"type": "STRING", "options": ["silver", "gold"]}
    await shop.define("Loyalty", {"card": "STRING", "tier": tier, "points": "NUMBER"}, uniqueKeys=["card"])
    await shop.save_one("loyalty", {"card": "c1", "tier": "gold", "points": 10})
    return shop


async def test_fields_are_appended_and_old_records_read_null_in_them(loyal: ShopClient) -> None:
    found = await extended(loyal, fields=[field("since", "DATE", default="2026-01-01"), field("note", "LONGTEXT")])
    assert [each["name"] for each in found["fields"]] == ["card", "tier", "points", "since", "note"]
    assert found["fields"][3]["indexed"]
    data = await loyal.ask('{ customDataRecord(by: {definition: "loyalty", key: "c1"}) { data } }')
    assert data["customDataRecord"]["data"] == {
        "card": "c1", "tier": "gold", "points": 10, "since": None, "note": None,
    }  # fmt: skip


async def test_a_default_fills_new_records_only_never_an_update(loyal: ShopClient) -> None:
    await extended(loyal, fields=[field("since", "DATE", default="2026-01-01")])
    saved = await loyal.save("loyalty", {"card": "c1", "points": 11}, {"card": "c2"})
    assert [result["record"]["data"]["since"] for result in saved["results"]] == [None, "2026-01-01"]


async def test_required_binds_creation_and_explicit_nulls_so_that_old_records_stay_updatable(
    loyal: ShopClient,
) -> None:
    await extended(loyal, fields=[field("shop_code", required=True)])
    saved = await loyal.save(
        "loyalty", {"card": "c1", "points": 11}, {"card": "c1", "shop_code": None}, {"card": "c2"},
        {"card": "c2", "shop_code": "LYO"},
    )  # fmt: skip
    assert [result["outcome"] for result in saved["results"]] == ["UPDATED", "REJECTED", "REJECTED", "CREATED"]
    assert [(error["code"], error["path"]) for result in saved["results"] for error in result["errors"]] == [
        ("REQUIRED", "records.1.shop_code"),
        ("REQUIRED", "records.2.shop_code"),
    ]
    update = await loyal.run(
        "updateCustomDataRecord", "outcome userErrors { message }",
        by={"definition": "loyalty", "key": "c1"}, data={"points": 12},
    )  # fmt: skip
    assert update == {"outcome": "UPDATED", "userErrors": []}


async def test_relationships_are_appended_with_their_fields(loyal: ShopClient) -> None:
    found = await extended(
        loyal,
        fields=[field("contact_id", "NUMBER"), field("sponsor", "NUMBER")],
        relationships=[to("contact_id", "contacts"), to("sponsor", "loyalty")],
    )
    assert [each["targetSchema"] for each in found["relationships"]] == ["contacts", "loyalty"]
    contact = await loyal.contact("a@example.com")
    await loyal.save_one("loyalty", {"card": "c2", "contact_id": contact, "sponsor": {"by": "card", "value": "c1"}})
    seen = await loyal.ask(
        '{ customDataRecord(by: {definition: "loyalty", key: "c2"}) { relation(field: "sponsor") '
        '{ ... on CustomDataRecord { data(fields: ["card"]) } } } }'
    )
    assert seen["customDataRecord"]["relation"]["data"] == {"card": "c1"}


async def test_options_are_appended_each_once(loyal: ShopClient) -> None:
    added = [{"field": "tier", "options": ["gold", "platinum"]}]
    assert (await extended(loyal, options=added))["fields"][1]["options"] == ["silver", "gold", "platinum"]
    await loyal.save_one("loyalty", {"card": "c2", "tier": "platinum"})


async def test_options_of_one_field_named_twice_are_all_appended(loyal: ShopClient) -> None:
    added = [{"field": "tier", "options": ["bronze"]}, {"field": "tier", "options": ["platinum"]}]
    options = (await extended(loyal, options=added))["fields"][1]["options"]
    assert options == ["silver", "gold", "bronze", "platinum"]


async def test_name_and_description_change_and_the_key_stays(loyal: ShopClient) -> None:
    found = await extended(loyal, name="Fidélité", description="Points and tiers.")
    assert (found["name"], found["description"]) == ("Fidélité", "Points and tiers.")
    assert (await extended(loyal, description=" "))["description"] is None
    assert (await extended(loyal, name="FIDÉLITÉ"))["name"] == "FIDÉLITÉ"
    assert (await loyal.define("Loyalty", {"n": "NUMBER"}, key="loyalty_2")) == "loyalty_2"


async def test_an_extension_that_adds_nothing_touches_nothing(loyal: ShopClient) -> None:
    before = await extended(loyal, name="Loyalty", options=[{"field": "tier", "options": ["gold"]}])
    asked = await loyal.ask('{ customDataDefinition(key: "loyalty") { createdAt updatedAt } }')
    assert asked["customDataDefinition"]["updatedAt"] == before["updatedAt"]
    assert asked["customDataDefinition"]["updatedAt"] == asked["customDataDefinition"]["createdAt"]


async def test_the_unique_keys_are_fixed_at_creation(loyal: ShopClient) -> None:
    document = "mutation($i: ExtendDefinitionInput!) { extendCustomDataDefinition(input: $i) { userErrors { code } } }"
    errors = await loyal.errors(document, i={"definition": "loyalty", "uniqueKeys": ["tier"]})
    assert "uniqueKeys" in errors[0][1]
    assert (await extended(loyal, fields=[field("extra")]))["uniqueKeys"] == ["card"]


REFUSED = {
    "a field that is there": ({"fields": [field("points", "NUMBER")]}, [("DUPLICATE_FIELD", "fields.0.name")]),
    "a field retyped": ({"fields": [field("points", "DECIMAL")]}, [("DUPLICATE_FIELD", "fields.0.name")]),
    "a reserved name": ({"fields": [field("version")]}, [("RESERVED_NAME", "fields.0.name")]),
    "a relationship of an old field": (
        {"relationships": [to("points", "contacts")]}, [("INVALID_RELATIONSHIP", "relationships.0.sourceField")],
    ),
    "an unknown target": (
        {"fields": [field("x", "NUMBER")], "relationships": [to("x", "nowhere")]},
        [("INVALID_RELATIONSHIP", "relationships.0.targetSchema")],
    ),
    "options of an unknown field": ({"options": [{"field": "x", "options": [1]}]}, [("UNKNOWN_FIELD", "options")]),
    "options where any value goes": (
        {"options": [{"field": "points", "options": [1]}]}, [("INVALID_FIELD", "options.points")],
    ),
    "an option of another type": (
        {"options": [{"field": "tier", "options": [1]}]}, [("INVALID_VALUE", "options.tier.0")],
    ),
    "a blank name": ({"name": ""}, [("INVALID_NAME", "name")]),
    "too many fields": (
        {"fields": [field(f"f{n}") for n in range(98)]}, [("LIMIT_EXCEEDED", "fields")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("input", "faults"), REFUSED.values(), ids=REFUSED.keys())
async def test_refused_and_nothing_changed(
    loyal: ShopClient, input: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    assert await refusals(loyal, **input) == faults
    found = (await loyal.ask('{ customDataDefinition(key: "loyalty") { name fields { name } } }'))[
        "customDataDefinition"
    ]
    assert (found["name"], len(found["fields"])) == ("Loyalty", 3)


async def test_a_name_in_use_is_refused(loyal: ShopClient) -> None:
    await loyal.define("Contract", {"n": "NUMBER"})
    assert await refusals(loyal, name="CONTRÄCT") == [("NAME_TAKEN", "name")]


async def test_a_fifth_relation_is_refused_though_the_first_four_came_earlier(loyal: ShopClient) -> None:
    names = [f"r{n}" for n in range(4)]
    await extended(loyal, fields=[field(n, "NUMBER") for n in names], relationships=[to(n, "contacts") for n in names])
    more = {"fields": [field("r4", "NUMBER")], "relationships": [to("r4", "loyalty")]}
    assert await refusals(loyal, **more) == [("LIMIT_EXCEEDED", "relationships")]


async def test_an_unknown_definition_is_refused_with_the_known_ones(loyal: ShopClient) -> None:
    (error,) = (await extend(loyal, "loyalties", name="x"))["userErrors"]
    assert (error["code"], error["path"]) == ("DEFINITION_NOT_FOUND", "definition")
    assert "loyalty" in error["message"]
