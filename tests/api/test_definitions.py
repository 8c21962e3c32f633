"""Creating definitions: what a shop may model, and what each refusal says."""

from typing import Any

import pytest

from app.store.administration import administering
from tests.shops import ShopClient, to

DEFINITION = (
    "definition { idDefinition key name description status uniqueKeys "
    "fields { name label type required default options elementType indexed } "
    "relationships { sourceField targetSchemaType targetSchema targetDefinition { key } } } "
    "userErrors { code message path }"
)


async def create(shop: ShopClient, **input: Any) -> Any:
    input = {"name": "Price list", "fields": [field("amount", "DECIMAL")]} | input
    return await shop.run("createCustomDataDefinition", DEFINITION, **input)


async def created(shop: ShopClient, **input: Any) -> Any:
    payload = await create(shop, **input)
    assert payload["userErrors"] == []
    return payload["definition"]


async def refusals(shop: ShopClient, **input: Any) -> list[tuple[str, str]]:
    """Code and path of what is wrong; nothing may have been created."""
    payload = await create(shop, **input)
    assert payload["definition"] is None
    assert (await shop.ask("{ customDataDefinitions { key } }"))["customDataDefinitions"] == []
    return [(error["code"], error["path"]) for error in payload["userErrors"]]


def field(name: str, type: str = "STRING", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": type, **more}


async def test_a_definition_comes_back_as_declared(shop: ShopClient) -> None:
    fields = [
        field("contact_id", "NUMBER", required=True),
        field("tier", "STRING", label="Tier", default="silver", options=["silver", "gold"]),
        field("tags", "LIST", elementType="STRING"),
    ]
    found = await created(
        shop, name="  Fidélité ", description="Points.", fields=fields, uniqueKeys=["contact_id"],
        relationships=[to("contact_id", "contacts")],
    )  # fmt: skip
    assert (found["name"], found["key"], found["status"]) == ("Fidélité", "fidelite", "ACTIVE")
    assert (found["description"], found["uniqueKeys"]) == ("Points.", ["contact_id"])
    assert [(each["name"], each["label"], each["indexed"]) for each in found["fields"]] == [
        ("contact_id", "contact_id", True), ("tier", "Tier", True), ("tags", "tags", False),
    ]  # fmt: skip
    assert (found["fields"][1]["default"], found["fields"][1]["options"]) == ("silver", ["silver", "gold"])
    assert [each["required"] for each in found["fields"]] == [True, False, False]
    assert found["relationships"] == [
        {
            "sourceField": "contact_id",
            "targetSchemaType": "SYSTEM",
            "targetSchema": "contacts",
            "targetDefinition": None,
        }
    ]


NUMBERS = [field("n", "NUMBER"), field("text"), field("doc", "JSON"), field("amount", "DECIMAL")]
DEFINITION_FAULTS = {
    "a blank name": ({"name": " "}, [("INVALID_NAME", "name")]),
    "a name with U+0000": ({"name": "a\0b", "key": "ab"}, [("INVALID_NAME", "name")]),
    "half a surrogate pair": ({"name": "a\ud800", "key": "ab"}, [("INVALID_NAME", "name")]),
    "a name of 101 characters": ({"name": "n" * 101}, [("INVALID_NAME", "name")]),
    "a name that gives no key": ({"name": "日本語"}, [("INVALID_NAME", "key")]),
    "a key in capitals": ({"key": "Price"}, [("INVALID_NAME", "key")]),
    "a key of digits": ({"key": "12"}, [("INVALID_NAME", "key")]),
    "no field": ({"fields": []}, [("INVALID_FIELD", "fields")]),
    "a field name with a space": ({"fields": [field("a b")]}, [("INVALID_NAME", "fields.0.name")]),
    "a field name with __": ({"fields": [field("__type")]}, [("INVALID_NAME", "fields.0.name")]),
    "an unknown unique key": ({"uniqueKeys": ["sku"]}, [("INVALID_UNIQUE_KEY", "uniqueKeys.0")]),
    "a unique key named twice": ({"uniqueKeys": ["amount", "amount"]}, [("INVALID_UNIQUE_KEY", "uniqueKeys.1")]),
    "a unique key of JSON": ({"uniqueKeys": ["doc"]}, [("INVALID_UNIQUE_KEY", "uniqueKeys.0")]),
    "six unique keys": ({"uniqueKeys": ["n", "text", "amount"] * 2}, [("LIMIT_EXCEEDED", "uniqueKeys")]),
    "an undeclared source": ({"relationships": [to("x", "contacts")]}, "sourceField"),
    "a source used twice": ({"relationships": [to("n", "contacts"), to("n", "contacts")]}, "1.sourceField"),
    "text to contacts": ({"relationships": [to("text", "contacts")]}, "sourceField"),
    "a decimal to products": ({"relationships": [to("amount", "products")]}, "sourceField"),
    "an unknown definition": ({"relationships": [to("n", "nowhere")]}, "targetSchema"),
    "an unknown system schema": (
        {"relationships": [to("n", "contacts") | {"targetSchema": "orders"}]}, "targetSchema",
    ),
    "a target field that is no id": (
        {"relationships": [to("n", "contacts") | {"targetField": "email"}]}, "targetField",
    ),
    "a default of a relation": (
        {"fields": [field("n", "NUMBER", default=1)], "relationships": [to("n", "contacts")]},
        [("INVALID_FIELD", "fields.0.default")],
    ),
    "options of JSON": ({"fields": [field("j", "JSON", options=[1])]}, [("INVALID_FIELD", "fields.0.options")]),
    "a default of another type": (
        {"fields": [field("n", "NUMBER", default="x")]}, [("INVALID_VALUE", "fields.0.default")],
    ),
    "a default outside the options": (
        {"fields": [field("t", options=["a"], default="b")]}, [("NOT_AN_OPTION", "fields.0.default")],
    ),
    "an option of another type": (
        {"fields": [field("n", "NUMBER", options=[1, "x"])]}, [("INVALID_VALUE", "fields.0.options.1")],
    ),
    "an element type without a list": (
        {"fields": [field("t", elementType="STRING")]}, [("INVALID_FIELD", "fields.0.elementType")],
    ),
    "a list of lists": (
        {"fields": [field("t", "LIST", elementType="LIST")]}, [("INVALID_FIELD", "fields.0.elementType")],
    ),
    "101 fields": ({"fields": [field(f"f{n}") for n in range(101)]}, [("LIMIT_EXCEEDED", "fields")]),
    "201 options": (
        {"fields": [field("t", options=[str(n) for n in range(201)])]}, [("LIMIT_EXCEEDED", "fields.0.options")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("input", "faults"), DEFINITION_FAULTS.values(), ids=DEFINITION_FAULTS.keys())
async def test_refused_and_nothing_created(shop: ShopClient, input: dict[str, Any], faults: Any) -> None:
    found = await refusals(shop, **({"fields": NUMBERS} | input))
    if isinstance(faults, str):  # a relationship's fault, by the end of its path
        assert found[0][0] == "INVALID_RELATIONSHIP"
        assert found[0][1].endswith(faults)
        assert len(found) == 1
    else:
        assert [fault for fault in found if fault[0] != "INVALID_UNIQUE_KEY" or fault in faults] == faults


@pytest.mark.parametrize(("target", "most"), [("contacts", 4), ("products", 2)])
async def test_every_relation_finds_an_index_or_is_refused(shop: ShopClient, target: str, most: int) -> None:
    fields = [field(f"r{n}", "NUMBER") for n in range(most + 1)]
    relationships = [to(each["name"], target) for each in fields]
    assert await refusals(shop, fields=fields, relationships=relationships) == [("LIMIT_EXCEEDED", "relationships")]
    found = await created(shop, fields=fields[:-1], relationships=relationships[:-1])
    assert all(each["indexed"] for each in found["fields"])


async def test_a_definition_may_point_to_itself_by_its_own_key(shop: ShopClient) -> None:
    found = await created(shop, name="Part", fields=[field("parent", "NUMBER")], relationships=[to("parent", "part")])
    assert found["relationships"][0]["targetDefinition"] == {"key": "part"}


async def test_a_target_may_be_named_by_key_or_id_but_only_in_the_same_shop(
    shop: ShopClient, other_shop: ShopClient
) -> None:
    vet = await created(shop, name="Vet")
    for number, target in enumerate([vet["key"], vet["idDefinition"]]):
        visit = {"fields": [field("vet_id", "NUMBER")], "relationships": [to("vet_id", target)]}
        found = await created(shop, name=f"Visit {number}", **visit)
        assert found["relationships"][0]["targetSchema"] == "vet"
        assert (await refusals(other_shop, **visit)) == [("INVALID_RELATIONSHIP", "relationships.0.targetSchema")]


async def test_every_fault_is_told_at_once(shop: ShopClient) -> None:
    faults = await refusals(shop, name="", fields=[field("a b")], uniqueKeys=["c"], relationships=[to("d", "nowhere")])
    assert {code for code, _ in faults} >= {"INVALID_NAME", "INVALID_UNIQUE_KEY", "INVALID_RELATIONSHIP"}


async def test_a_shop_has_at_most_200_definitions(shop: ShopClient, admin_url: str) -> None:
    await created(shop)
    async with administering(admin_url) as connection:
        await connection.execute(
            "insert into definitions (shop_id, key, name, name_key, fields, relationships, unique_keys) "
            "select shop_id, key || n, name || n, name_key || n, fields, relationships, unique_keys "
            f"from definitions, generate_series(2, 199) n where shop_id = {shop.id}"
        )
    assert (await created(shop, name="The last"))["key"] == "the_last"
    (error,) = (await create(shop, name="One more"))["userErrors"]
    assert error["code"] == "LIMIT_EXCEEDED"
    assert "200" in error["message"]
    await shop.run("deleteCustomDataDefinition", "userErrors { code }", definition="the_last")
    assert (await created(shop, name="One more"))["key"] == "one_more"
