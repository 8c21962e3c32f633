"""Which sources may replace a price, how they reach the contact, and what is refused."""

from typing import Any

import pytest

from tests.shops import ShopClient, VetShop, to

PATH = ["veto_id", "vet_assignment.veto_id", "contact_id"]
VET_SOURCE = {"definition": "vet_pricing", "field": "price", "priority": 1}
OVERRIDES = "{ overrides { systemField priority field productField contactPath path latestBy definition { key } } }"


async def contracts(shop: ShopClient, name: str = "Contract", **fields: Any) -> str:
    """A definition that links a contact, a product and a price by itself."""
    return await shop.define(
        name,
        {"contact_id": "NUMBER", "product_id": "STRING", "price": "DECIMAL", "note": "STRING", **fields},
        uniqueKeys=["contact_id", "product_id"],
        relationships=[to("contact_id", "contacts"), to("product_id", "products")],
    )


async def test_the_one_path_is_found_and_shown(vets: VetShop) -> None:
    payload = await vets.shop.override(VET_SOURCE)
    assert payload["userErrors"] == []
    assert payload["warnings"] == []
    assert (await vets.shop.ask(OVERRIDES))["overrides"] == [
        {
            "systemField": "price", "priority": 1, "field": "price", "productField": "product_id",
            "contactPath": PATH, "latestBy": None, "definition": {"key": "vet_pricing"},
            "path": "vet_pricing -veto_id-> veterinarian <-veto_id- vet_assignment -contact_id-> contact",
        }
    ]  # fmt: skip


async def test_setting_sources_replaces_those_of_one_field_and_an_empty_list_clears_it(vets: VetShop) -> None:
    shop, contract = vets.shop, await contracts(vets.shop)
    await shop.override({**VET_SOURCE, "field": "price_discount"}, system_field="price_discount")
    payload = await shop.override({"definition": contract, "field": "price", "priority": 2})
    assert payload["overrides"] == [{"priority": 2, "path": "contract -contact_id-> contact",
                                     "contactPath": ["contact_id"], "latestBy": None}]  # fmt: skip
    assert (await shop.override())["overrides"] == []
    left = (await shop.ask(OVERRIDES))["overrides"]
    assert [(each["systemField"], each["definition"]["key"]) for each in left] == [("price_discount", "vet_pricing")]


async def test_a_refused_call_leaves_the_sources_as_they_were(vets: VetShop) -> None:
    before = await vets.shop.ask(OVERRIDES)
    payload = await vets.shop.override({**VET_SOURCE, "field": "veto_id"})
    assert payload["overrides"] is None
    assert await vets.shop.ask(OVERRIDES) == before


def vet(**more: Any) -> dict[str, Any]:
    return {**VET_SOURCE, **more}


REFUSED: dict[str, tuple[list[dict[str, Any]], list[tuple[str, str, str]]]] = {
    "a fourth source": (
        [vet(priority=1), vet(priority=2), vet(priority=3), vet(priority=4)],
        [("TOO_MANY_SOURCES", "sources", "at most 3")],
    ),
    "an equal priority": ([vet(), vet(field="price_discount")], [("INVALID_PRIORITY", "sources.1.priority", "own")]),
    "priority 0": ([vet(priority=0)], [("INVALID_PRIORITY", "sources.0.priority", "1 (asked first), 2 or 3")]),
    "a field that does not exist": ([vet(field="cost")], [("INVALID_SOURCE_FIELD", "sources.0.field", "price")]),
    "a relation": ([vet(field="veto_id")], [("INVALID_SOURCE_FIELD", "sources.0.field", "it is a relation")]),
    "a text": (
        [{"definition": "contract", "field": "note", "priority": 1}],
        [("INVALID_SOURCE_FIELD", "sources.0.field", "it is STRING")],
    ),
    "a number that defaults to less than nothing": (
        [{"definition": "contract", "field": "rebate", "priority": 1}],
        [("INVALID_SOURCE_FIELD", "sources.0.field", "negative default")],
    ),
    "no relation to products": (
        [{"definition": "vet_assignment", "field": "rank", "priority": 1}],
        [("INVALID_SOURCE_FIELD", "sources.0.productField", "no relation to products")],
    ),
    "an unknown definition": ([vet(definition="nowhere")], [("DEFINITION_NOT_FOUND", "sources.0.definition", "")]),
    "a path that ends too early": (
        [vet(contactPath=["veto_id"])], [("INVALID_PATH", "sources.0.contactPath", "ends at veterinarian")],
    ),
    "a path that goes on": (
        [vet(contactPath=[*PATH, "veto_id"])], [("INVALID_PATH", "sources.0.contactPath", "reaches the contact")],
    ),
    "a path through products": (
        [vet(contactPath=["product_id", "loyalty.product_id", "contact_id"])],
        [("INVALID_PATH", "sources.0.contactPath", "never lead through a product")],
    ),
    "an empty path": ([vet(contactPath=[])], [("INVALID_PATH", "sources.0.contactPath", "1 to 4 hops")]),
    "a latestBy along no path": ([vet(latestBy="nom")], [("INVALID_SOURCE_FIELD", "sources.0.latestBy", "since")]),
}  # fmt: skip


@pytest.fixture
async def crowded(vets: VetShop) -> VetShop:
    """More definitions, none of which may disturb the vets' path."""
    await contracts(vets.shop, rebate={"type": "NUMBER", "default": -1})
    await contracts(vets.shop, "Loyalty")
    await vets.shop.run(
        "extendCustomDataDefinition", "userErrors { message }",
        definition="vet_assignment", fields=[{"name": "rank", "type": "NUMBER"}],
    )  # fmt: skip
    return vets


@pytest.mark.parametrize("case", REFUSED)
async def test_refused(crowded: VetShop, case: str) -> None:
    sources, expected = REFUSED[case]
    payload = await crowded.shop.override(*sources)
    errors = payload["userErrors"]
    assert payload["overrides"] is None
    assert [(error["code"], error["path"]) for error in errors] == [(code, path) for code, path, _ in expected]
    assert all(words in error["message"] for error, (_, _, words) in zip(errors, expected, strict=True)), errors


async def test_only_prices_can_be_overridden(vets: VetShop) -> None:
    payload = await vets.shop.override(VET_SOURCE, system_field="name")
    assert [(e["code"], e["path"]) for e in payload["userErrors"]] == [("INVALID_SYSTEM_FIELD", "systemField")]


async def test_another_shops_definition_is_refused_by_key_and_by_id(vets: VetShop, other_shop: ShopClient) -> None:
    await other_shop.products({"idProduct": "diet", "name": "Diet", "price": 1})
    foreign = await contracts(other_shop)
    id_ = (await other_shop.ask("{ customDataDefinitions { idDefinition } }"))["customDataDefinitions"][0]
    for name in (foreign, id_["idDefinition"]):
        payload = await vets.shop.override({"definition": name, "field": "price", "priority": 1})
        assert [error["code"] for error in payload["userErrors"]] == ["DEFINITION_NOT_FOUND"]


async def test_a_definition_that_links_contacts_and_products_does_not_disturb_the_path(crowded: VetShop) -> None:
    assert (await crowded.shop.override(VET_SOURCE))["overrides"][0]["contactPath"] == PATH


PATHS = "query($d: String!) { overridePaths(definition: $d) { contactPath path severalRows } }"


async def test_several_paths_are_refused_with_what_was_found_and_one_can_be_named(vets: VetShop) -> None:
    shop = vets.shop
    await shop.define(
        "Vet visit", {"contact_id": "NUMBER", "veto_id": "NUMBER", "day": "DATE"},
        relationships=[to("contact_id", "contacts"), to("veto_id", "veterinarian")],
    )  # fmt: skip
    other = ["veto_id", "vet_visit.veto_id", "contact_id"]
    [error] = (await shop.override(VET_SOURCE))["userErrors"]
    assert (error["code"], error["path"]) == ("SEVERAL_PATHS", "sources.0.contactPath")
    assert '["veto_id", "vet_assignment.veto_id", "contact_id"]' in error["message"]
    assert '["veto_id", "vet_visit.veto_id", "contact_id"]' in error["message"]
    found = (await shop.ask(PATHS, d="vet_pricing"))["overridePaths"]
    assert [(each["contactPath"], each["severalRows"]) for each in found] == [
        (PATH, []), (other, ["vet_visit.contact_id"]),
    ]  # fmt: skip
    payload = await shop.override(vet(contactPath=other, latestBy="day"))
    assert payload["overrides"][0] == {
        "priority": 1, "contactPath": other, "latestBy": "vet_visit.day",
        "path": "vet_pricing -veto_id-> veterinarian <-veto_id- vet_visit -contact_id-> contact",
    }  # fmt: skip
    assert [warning["code"] for warning in payload["warnings"]] == ["SEVERAL_ROWS"]
    assert "the latest by 'day' is taken" in payload["warnings"][0]["message"]


async def test_no_path_says_what_is_missing(shop: ShopClient) -> None:
    await shop.define("Price list", {"product_id": "STRING", "price": "DECIMAL"},
                      relationships=[to("product_id", "products")])  # fmt: skip
    [error] = (await shop.override({"definition": "price_list", "field": "price", "priority": 1}))["userErrors"]
    assert error["code"] == "NO_PATH"
    assert "no definition has a relationship to contacts" in error["message"]
    assert (await shop.ask(PATHS, d="price_list"))["overridePaths"] == []


@pytest.mark.parametrize("definition", ["vet_pricing", "vet_assignment", "veterinarian"])
async def test_a_definition_on_the_way_is_deleted_only_by_force_and_takes_its_sources_along(
    vets: VetShop, definition: str
) -> None:
    selection = "definition { status } warnings { code message } userErrors { code message }"
    refused = await vets.shop.run("deleteCustomDataDefinition", selection, definition=definition)
    [error] = refused["userErrors"]
    assert error["code"] == "DEFINITION_IN_USE"
    assert "source 1 of price (vet_pricing.price)" in error["message"]
    forced = await vets.shop.run("deleteCustomDataDefinition", selection, definition=definition, force=True)
    assert forced["userErrors"] == []
    assert forced["definition"] == {"status": "DELETED"}
    assert [warning["code"] for warning in forced["warnings"]] == ["SOURCES_REMOVED"]
    assert (await vets.shop.ask(OVERRIDES))["overrides"] == []
    price = 'query($c: ID!) { product(idProduct: "diet") { price(contact: {idContact: $c}) } }'
    assert (await vets.shop.ask(price, c=vets.dubois))["product"]["price"] == "79.90"
