"""What definitions and fields may be called, and what a refusal suggests instead."""

import asyncio
import re
from typing import Any

import pytest

from tests.shops import ShopClient, to


async def create(shop: ShopClient, **input: Any) -> Any:
    input = {"name": "Price list", "fields": [field("amount", "DECIMAL")]} | input
    selection = "definition { key fields { name } } userErrors { code message path }"
    return await shop.run("createCustomDataDefinition", selection, **input)


async def created(shop: ShopClient, **input: Any) -> Any:
    payload = await create(shop, **input)
    assert payload["userErrors"] == []
    return payload["definition"]


def field(name: str, type: str = "STRING") -> dict[str, Any]:
    return {"name": name, "type": type}


def suggested(error: Any) -> str:
    """What a message says to try instead."""
    found: str = error["message"].rpartition("Try ")[2].strip(".'")
    return found


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
        suggestion = suggested(error)
        assert (await created(shop, name=f"For {key}", key=suggestion))["key"] == suggestion


@pytest.mark.parametrize("key", ["contacts", "product", "shop", "query", "custom_data_record", "price_input", "node"])
async def test_reserved_keys_are_refused_with_a_suggestion_that_works(shop: ShopClient, key: str) -> None:
    (error,) = (await create(shop, key=key))["userErrors"]
    assert (error["code"], error["path"]) == ("RESERVED_NAME", "key")
    suggestion = suggested(error)
    assert (await created(shop, key=suggestion))["key"] == suggestion


@pytest.mark.parametrize("name", ["id", "data", "relatedBy", "created_at", "and", "version"])
async def test_reserved_field_names_are_refused_with_a_suggestion_that_works(shop: ShopClient, name: str) -> None:
    (error,) = (await create(shop, fields=[field(name)]))["userErrors"]
    assert (error["code"], error["path"]) == ("RESERVED_NAME", "fields.0.name")
    suggestion = suggested(error)
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
    fields[1]["name"] = suggested(error)
    assert len((await created(shop, fields=fields, relationships=relationships))["fields"]) == 2


async def test_of_two_definitions_created_at_once_under_one_name_one_is_refused(shop: ShopClient) -> None:
    payloads = await asyncio.gather(*(create(shop, key=key) for key in ("one", "other")))
    codes = sorted(error["code"] for payload in payloads for error in payload["userErrors"])
    assert codes == ["NAME_TAKEN"]


async def test_no_key_gives_the_name_of_a_type_or_root_field_that_exists(shop: ShopClient) -> None:
    found = await shop.ask("{ __schema { types { name } queryType { fields { name } } } }")
    schema = found["__schema"]
    names = {each["name"] for each in (*schema["types"], *schema["queryType"]["fields"])}
    keys = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in names if not name.startswith("__")}
    answers = {key: (await create(shop, name=key, key=key))["userErrors"] for key in sorted(keys)}
    free = [key for key, errors in answers.items() if [error["code"] for error in errors] != ["RESERVED_NAME"]]
    assert free == []
