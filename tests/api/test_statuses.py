"""A definition's status: inactive is read-only, deleted is gone and frees its name."""

from typing import Any

import pytest

from tests.shops import ShopClient, VetShop, to

STATUS = "definition { idDefinition key status updatedAt } userErrors { code message path }"
DELETED = "definition { key status } warnings { code message } userErrors { code message path }"


async def change(shop: ShopClient, verb: str, definition: str) -> Any:
    payload = await shop.run(f"{verb}CustomDataDefinition", STATUS, definition=definition)
    assert payload["userErrors"] == []
    return payload["definition"]


async def delete(shop: ShopClient, definition: str, **more: Any) -> Any:
    return await shop.run("deleteCustomDataDefinition", DELETED, definition=definition, **more)


async def price_of_diet(vets: VetShop) -> str:
    asked = await vets.shop.ask(
        '{ product(idProduct: "diet") { price(contact: {idContact: %d}) } }' % vets.dubois  # noqa: UP031
    )
    price: str = asked["product"]["price"]
    return price


@pytest.mark.parametrize(("verb", "status"), [("deactivate", "INACTIVE"), ("activate", "ACTIVE")])
async def test_activating_and_deactivating_again_changes_nothing(vets: VetShop, verb: str, status: str) -> None:
    once = await change(vets.shop, verb, "vet_pricing")
    again = await change(vets.shop, verb, once["idDefinition"])
    assert once["status"] == status
    assert again == once


async def test_inactive_is_read_only_on_all_four_writes(vets: VetShop) -> None:
    shop = vets.shop
    rows = await shop.ask('{ customDataRecords(definition: "vet_pricing") { nodes { idRecord version data } } }')
    row = rows["customDataRecords"]["nodes"][0]["idRecord"]
    await change(shop, "deactivate", "vet_pricing")
    by = {"definition": "vet_pricing", "key": {"veto_id": vets.martin, "product_id": "diet"}}
    payloads = [
        await shop.save("vet_pricing", {"veto_id": vets.martin, "product_id": "diet", "price": 1}),
        await shop.run("updateCustomDataRecord", "userErrors { code message path }", id=row, data={"price": 1}),
        await shop.run("updateCustomDataRecord", "userErrors { code message path }", by=by, data={"price": 1}),
        await shop.run("deleteCustomDataRecord", "userErrors { code message path }", id=row),
        await shop.run("deleteCustomDataRecord", "userErrors { code message path }", by=by),
        await shop.run(
            "bulkDeleteCustomDataRecords", "userErrors { code message path }", definition="vet_pricing", ids=[row]
        ),
    ]
    for payload in payloads:
        (error,) = payload["userErrors"]
        assert error["code"] == "DEFINITION_INACTIVE"
        assert "Activate" in error["message"]
    assert rows == await shop.ask(
        '{ customDataRecords(definition: "vet_pricing") { nodes { idRecord version data } } }'
    )


async def test_reads_prices_and_overrides_of_an_inactive_definition_go_on(vets: VetShop) -> None:
    await change(vets.shop, "deactivate", "vet_pricing")
    await change(vets.shop, "deactivate", "vet_assignment")
    assert await price_of_diet(vets) == "64.00"
    found = await vets.shop.ask(
        "{ customDataDefinitions(status: INACTIVE) { key } overrides { definition { key status } } "
        'customDataRecord(by: {definition: "vet_assignment", key: {by: "email", value: "dubois@example.com"}}) '
        '{ value(field: "since") } }'
    )
    assert found["customDataDefinitions"] == [{"key": "vet_pricing"}, {"key": "vet_assignment"}]
    assert found["overrides"] == [{"definition": {"key": "vet_pricing", "status": "INACTIVE"}}]
    assert found["customDataRecord"] == {"value": "2025-01-01"}


async def test_an_inactive_definition_may_be_extended_pointed_to_set_as_a_source_and_deleted(vets: VetShop) -> None:
    shop = vets.shop
    for key in ("veterinarian", "vet_pricing"):
        await change(shop, "deactivate", key)
    extended = await shop.run(
        "extendCustomDataDefinition", STATUS, definition="vet_pricing", fields=[{"name": "note", "type": "STRING"}]
    )
    assert (extended["userErrors"], extended["definition"]["status"]) == ([], "INACTIVE")
    source = {"definition": "vet_pricing", "field": "price_discount", "priority": 1}
    assert (await shop.override(source, system_field="price_discount"))["userErrors"] == []
    saved = await shop.save("vet_assignment", {"contact_id": vets.without, "veto_id": vets.durand})
    assert saved["created"] == 1
    assert (await delete(shop, "vet_pricing", force=True))["definition"] == {"key": "vet_pricing", "status": "DELETED"}


async def test_activated_again_it_can_be_written(vets: VetShop) -> None:
    await change(vets.shop, "deactivate", "vet_pricing")
    await change(vets.shop, "activate", "vet_pricing")
    saved = await vets.shop.save("vet_pricing", {"veto_id": vets.martin, "product_id": "diet", "price": 65})
    assert saved["updated"] == 1
    assert await price_of_diet(vets) == "65.00"


@pytest.mark.parametrize(
    ("definition", "uses"),
    [
        pytest.param("vet_pricing", ["source 1 of price (vet_pricing.price)"], id="an override source"),
        pytest.param("vet_assignment", ["source 1 of price (vet_pricing.price)"], id="on the path of a source"),
        pytest.param(
            "veterinarian", ["vet_pricing.veto_id", "vet_assignment.veto_id", "source 1 of price"], id="pointed to"
        ),
    ],
)
async def test_deletion_is_refused_while_used_with_the_list(vets: VetShop, definition: str, uses: list[str]) -> None:
    payload = await delete(vets.shop, definition)
    (error,) = payload["userErrors"]
    assert (error["code"], error["path"], payload["definition"]) == ("DEFINITION_IN_USE", "definition", None)
    assert all(use in error["message"] for use in uses)
    assert "force: true" in error["message"]
    assert await price_of_diet(vets) == "64.00"


async def test_forced_deletion_removes_the_sources_and_says_so(vets: VetShop) -> None:
    payload = await delete(vets.shop, "vet_assignment", force=True)
    assert payload["userErrors"] == []
    assert [warning["code"] for warning in payload["warnings"]] == ["SOURCES_REMOVED"]
    assert "vet_pricing.price" in payload["warnings"][0]["message"]
    assert (await vets.shop.ask("{ overrides { field } }"))["overrides"] == []
    assert await price_of_diet(vets) == "79.90"


async def test_a_definition_that_points_to_itself_is_not_used_by_that(shop: ShopClient) -> None:
    await shop.define("Part", {"parent": "NUMBER"}, relationships=[to("parent", "part")])
    assert (await delete(shop, "part"))["userErrors"] == []


async def test_deletion_frees_name_and_key_and_the_new_one_has_none_of_the_old_records(shop: ShopClient) -> None:
    await shop.define("Contract", {"number": "STRING"}, uniqueKeys=["number"])
    old = await shop.save_one("contract", {"number": "7"})
    assert (await delete(shop, "contract"))["definition"] == {"key": "contract", "status": "DELETED"}
    await shop.define("Contract", {"number": "STRING"}, uniqueKeys=["number"])
    assert (await shop.ask('{ customDataRecords(definition: "contract") { nodes { id } } }')) == {
        "customDataRecords": {"nodes": []}
    }
    assert await shop.save_one("contract", {"number": "7"}) != old


async def test_deleting_again_says_that_there_is_none(shop: ShopClient) -> None:
    await shop.define("Contract", {"number": "STRING"})
    await delete(shop, "contract")
    for verb in ("delete", "activate", "deactivate"):
        payload = await shop.run(f"{verb}CustomDataDefinition", "userErrors { code path }", definition="contract")
        assert payload["userErrors"] == [{"code": "DEFINITION_NOT_FOUND", "path": "definition"}]


async def test_records_of_a_deleted_definition_are_gone_everywhere(vets: VetShop) -> None:
    shop = vets.shop
    ask = (
        "query($id: ID!, $node: ID!, $contact: ID!) { customDataRecord(id: $id) { id } node(id: $node) { id } "
        "contact(by: {idContact: $contact}) { customDataDefinitions { key } } customDataDefinitions { key } }"
    )
    row = (await shop.ask('{ customDataRecords(definition: "vet_assignment") { nodes { id idRecord } } }'))[
        "customDataRecords"
    ]["nodes"][0]
    await delete(shop, "vet_assignment", force=True)
    found = await shop.ask(ask, id=row["idRecord"], node=row["id"], contact=str(vets.dubois))
    assert (found["customDataRecord"], found["node"]) == (None, None)
    assert found["contact"]["customDataDefinitions"] == []
    assert [each["key"] for each in found["customDataDefinitions"]] == ["veterinarian", "vet_pricing"]
    updated = await shop.run("updateCustomDataRecord", "record { id } userErrors { code }", id=row["id"], data={})
    assert updated == {"record": None, "userErrors": [{"code": "RECORD_NOT_FOUND"}]}
    deleted = await shop.run("deleteCustomDataRecord", "deleted userErrors { code }", id=row["id"])
    assert deleted == {"deleted": False, "userErrors": []}
    assert (await shop.save("vet_assignment", {"contact_id": vets.without}))["userErrors"][0]["code"] == (
        "DEFINITION_NOT_FOUND"
    )


async def test_a_relation_into_a_deleted_definition_reads_null_keeps_its_id_and_takes_no_more(vets: VetShop) -> None:
    shop = vets.shop
    await delete(shop, "veterinarian", force=True)
    found = await shop.ask(
        '{ customDataRecords(definition: "vet_pricing", first: 1) { nodes { value(field: "veto_id") '
        'relation(field: "veto_id") { __typename } '
        "definition { relationships { targetSchema targetDefinition { key } } } } } }"
    )
    row = found["customDataRecords"]["nodes"][0]
    assert (row["value"], row["relation"]) == (vets.martin, None)
    assert row["definition"]["relationships"][0]["targetDefinition"] is None
    saved = await shop.save("vet_pricing", {"veto_id": vets.martin, "product_id": "diet", "price": 1})
    (error,) = saved["results"][0]["errors"]
    assert (error["code"], error["path"]) == ("RECORD_NOT_FOUND", "records.0.veto_id")
