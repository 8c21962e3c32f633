"""Creating definitions: what a shop may model, and what each refusal says."""

from typing import Any

import pytest

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


@pytest.mark.parametrize(
    ("name", "key"),
    [
        pytest.param("Vet pricing", "vet_pricing", id="words"),
        pytest.param("Contrat clé 2", "contrat_cle_2", id="accents fall"),
        pytest.param("Œuvre", "oeuvre", id="ligatures open"),
        pytest.param("A -- B!", "a_b", id="signs separate"),
        pytest.param("x" * 100, "x" * 50, id="cut to length"),
    ],
)
async def test_the_key_is_derived_from_the_name(shop: ShopClient, name: str, key: str) -> None:
    assert (await created(shop, name=name))["key"] == key


async def test_a_given_key_stands_whatever_the_name(shop: ShopClient) -> None:
    assert (await created(shop, name="Прайс-лист", key="price_list"))["key"] == "price_list"


@pytest.mark.parametrize("name", ["Price list", "PRICE LIST", "Prïce  lîst", " price list "])
async def test_names_are_unique_ignoring_case_accents_and_spaces(shop: ShopClient, name: str) -> None:
    await created(shop, name="Price list")
    payload = await create(shop, name=name, key="another")
    assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [("NAME_TAKEN", "name")]
    assert "price_list" in payload["userErrors"][0]["message"]


async def test_two_shops_may_use_one_name(shop: ShopClient, other_shop: ShopClient) -> None:
    assert (await created(shop))["key"] == (await created(other_shop))["key"]


async def test_a_key_in_use_is_refused_with_a_suggestion_that_works(shop: ShopClient) -> None:
    await created(shop, name="Vet a1", key="vet_a1")
    for key in ("vet_a1", "vet_a_1"):  # both would be VetA1 in GraphQL
        (error,) = (await create(shop, name="Other", key=key))["userErrors"]
        assert (error["code"], error["path"]) == ("KEY_TAKEN", "key")
        suggestion = error["message"].rpartition("Try ")[2].strip(".'")
        assert (await created(shop, name=f"For {key}", key=suggestion))["key"] == suggestion


@pytest.mark.parametrize("key", ["contacts", "product", "shop", "query", "custom_data_record", "price_input", "node"])
async def test_reserved_keys_are_refused_with_a_suggestion_that_works(shop: ShopClient, key: str) -> None:
    (error,) = (await create(shop, key=key))["userErrors"]
    assert (error["code"], error["path"]) == ("RESERVED_NAME", "key")
    suggestion = error["message"].rpartition("Try ")[2].strip(".'")
    assert (await created(shop, key=suggestion))["key"] == suggestion


@pytest.mark.parametrize("name", ["id", "data", "relatedBy", "created_at", "and", "version"])
async def test_reserved_field_names_are_refused_with_a_suggestion_that_works(shop: ShopClient, name: str) -> None:
    (error,) = (await create(shop, fields=[field(name)]))["userErrors"]
    assert (error["code"], error["path"]) == ("RESERVED_NAME", "fields.0.name")
    suggestion = error["message"].rpartition("Try ")[2].strip(".'")
    assert (await created(shop, fields=[field(suggestion)]))["fields"][0]["name"] == suggestion


@pytest.mark.parametrize(
    ("second", "relation"),
    [
        pytest.param("contact_id", False, id="twice the same"),
        pytest.param("contactId", False, id="one name in camel case"),
        pytest.param("contact", True, id="the object of a relation"),
    ],
)
async def test_colliding_fields_are_refused_with_a_suggestion_that_works(
    shop: ShopClient, second: str, relation: bool
) -> None:
    relationships = [to("contact_id", "contacts")] if relation else []
    fields = [field("contact_id", "NUMBER"), field(second, "NUMBER")]
    (error,) = (await create(shop, fields=fields, relationships=relationships))["userErrors"]
    assert (error["code"], error["path"]) == ("DUPLICATE_FIELD", "fields.1.name")
    fields[1]["name"] = error["message"].rpartition("Try ")[2].strip(".'")
    assert len((await created(shop, fields=fields, relationships=relationships))["fields"]) == 2


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
    "a default of another type": ({"fields": [field("n", "NUMBER", default="x")]}, [("INVALID_VALUE", "fields.0.default")]),
    "a default outside the options": (
        {"fields": [field("t", options=["a"], default="b")]}, [("NOT_AN_OPTION", "fields.0.default")],
    ),
    "an option of another type": (
        {"fields": [field("n", "NUMBER", options=[1, "x"])]}, [("INVALID_VALUE", "fields.0.options.1")],
    ),
    "an element type without a list": (
        {"fields": [field("t", elementType="STRING")]}, [("INVALID_FIELD", "fields.0.elementType")],
    ),
    "a list of lists": ({"fields": [field("t", "LIST", elementType="LIST")]}, [("INVALID_FIELD", "fields.0.elementType")]),
    "101 fields": ({"fields": [field(f"f{n}") for n in range(101)]}, [("LIMIT_EXCEEDED", "fields")]),
    "201 options": ({"fields": [field("t", options=[str(n) for n in range(201)])]}, [("LIMIT_EXCEEDED", "fields.0.options")]),
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
