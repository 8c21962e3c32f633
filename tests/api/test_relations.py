"""Relations to other definitions' records, and what a relation reads when its target is gone."""

from typing import Any

import pytest

from tests.shops import ShopClient, VetShop, to

RELATION = (
    "query($id: ID!, $field: String!) { customDataRecord(id: $id) { value(field: $field) data(fields: [$field]) "
    "relation(field: $field) { __typename ... on Contact { idContact } ... on Product { idProduct } "
    "... on CustomDataRecord { idRecord } } } }"
)


async def relation(shop: ShopClient, record: int, field: str) -> tuple[Any, Any]:
    """The raw value, and what it points to."""
    found = (await shop.ask(RELATION, id=str(record), field=field))["customDataRecord"]
    assert found["data"] == {field: found["value"]}
    return found["value"], found["relation"]


@pytest.fixture
async def stores(shop: ShopClient) -> ShopClient:
    """A shop with stores (unique code, a parent store), rates (unique decimal), and slips that point to both."""
    await shop.define(
        "Store", {"code": "STRING", "parent": "NUMBER"}, uniqueKeys=["code"], relationships=[to("parent", "store")]
    )
    await shop.define("Rate", {"rate": "DECIMAL"}, uniqueKeys=["rate"])
    await shop.define("Slip", {"n": "NUMBER", "day": "DATE"}, uniqueKeys=["n", "day"])
    await shop.define(
        "Visit", {"store_id": "NUMBER", "rate_id": "NUMBER", "slip_id": "NUMBER"},
        relationships=[to("store_id", "store"), to("rate_id", "rate"), to("slip_id", "slip")],
    )  # fmt: skip
    return shop


def by(by: str, value: Any) -> dict[str, Any]:
    return {"by": by, "value": value}


async def test_a_record_is_named_by_id_or_by_its_single_unique_key(stores: ShopClient) -> None:
    store = await stores.save_one("store", {"code": "LYO"})
    rate = await stores.save_one("rate", {"rate": "1.50"})
    names = [(store, rate), (by("id_record", store), by("id_record", rate)), (by("code", "LYO"), by("rate", "1.5"))]
    payload = await stores.save("visit", *({"store_id": one, "rate_id": other} for one, other in names))
    found = [result["record"]["data"] for result in payload["results"]]
    assert found == [{"store_id": store, "rate_id": rate, "slip_id": None}] * 3


async def test_each_target_and_identifier_costs_one_statement_however_many_items(stores: ShopClient) -> None:
    ids = [await stores.save_one("store", {"code": f"S{n}"}) for n in range(4)]

    async def cost(count: int) -> int:
        names = [ids[n % 4] if n % 2 else by("code", f"S{n % 4}") for n in range(count)]
        with stores.statements() as seen:
            await stores.run(
                "saveCustomDataRecords", "created",
                definition="visit", records=[{"store_id": name} for name in names],
            )  # fmt: skip
        return len(seen)

    assert await cost(50) == await cost(2)


FAULTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "an unknown id": ({"store_id": 10**12}, "RECORD_NOT_FOUND", "store"),
    "an unknown key": ({"store_id": by("code", "lyo")}, "RECORD_NOT_FOUND", "code"),
    "a bare key": ({"store_id": "LYO"}, "INVALID_REFERENCE", '"by": "code"'),
    "a field that is no unique key": ({"store_id": by("parent", 1)}, "UNSUPPORTED_IDENTIFIER", "id_record, code"),
    "a part of a composite key": ({"slip_id": by("n", 1)}, "UNSUPPORTED_IDENTIFIER", "Allowed: id_record."),
    "a key of another type": ({"rate_id": by("rate", "x")}, "INVALID_VALUE", "64.00"),
    "a null key": ({"store_id": by("code", None)}, "MISSING_KEY", "code"),
}


@pytest.mark.parametrize(("record", "code", "says"), FAULTS.values(), ids=FAULTS.keys())
async def test_a_record_that_cannot_be_named_so_says_how(
    stores: ShopClient, record: dict[str, Any], code: str, says: str
) -> None:
    await stores.save_one("store", {"code": "LYO"})
    (result,) = (await stores.save("visit", record))["results"]
    (error,) = result["errors"]
    assert (error["code"], error["path"].split(".")[:3]) == (code, ["records", "0", next(iter(record))])
    assert says in error["message"]


async def test_the_id_of_another_definitions_record_is_no_reference(stores: ShopClient) -> None:
    rate = await stores.save_one("rate", {"rate": "1"})
    (result,) = (await stores.save("visit", {"store_id": rate}))["results"]
    assert [error["code"] for error in result["errors"]] == ["RECORD_NOT_FOUND"]


async def test_references_resolve_against_the_state_before_the_batch(stores: ShopClient) -> None:
    batch = [{"code": "parent"}, {"code": "child", "parent": by("code", "parent")}]
    first = await stores.save("store", *batch)
    assert [result["outcome"] for result in first["results"]] == ["CREATED", "REJECTED"]
    assert first["results"][1]["errors"][0]["path"] == "records.1.parent"
    again = await stores.save("store", *batch)
    assert [result["outcome"] for result in again["results"]] == ["UNCHANGED", "CREATED"]


async def test_a_record_may_point_to_itself(stores: ShopClient) -> None:
    store = await stores.save_one("store", {"code": "LYO"})
    await stores.save_one("store", {"code": "LYO", "parent": by("code", "LYO")})
    raw, target = await relation(stores, store, "parent")
    assert (raw, target) == (store, {"__typename": "CustomDataRecord", "idRecord": str(store)})


async def test_a_relation_leads_to_the_contact_the_product_or_the_record(vets: VetShop) -> None:
    rows = await vets.shop.ask(
        '{ pricing: customDataRecords(definition: "vet_pricing", first: 1) { nodes { idRecord } } '
        'assignment: customDataRecords(definition: "vet_assignment") { nodes { idRecord } } }'
    )
    pricing, assignment = (int(rows[name]["nodes"][0]["idRecord"]) for name in ("pricing", "assignment"))
    assert await relation(vets.shop, pricing, "product_id") == ("diet", {"__typename": "Product", "idProduct": "diet"})
    assert (await relation(vets.shop, pricing, "veto_id"))[1]["idRecord"] == str(vets.martin)
    assert (await relation(vets.shop, assignment, "contact_id"))[1]["idContact"] == str(vets.dubois)


async def test_a_relation_to_something_gone_reads_null_and_its_raw_id_stays_visible(vets: VetShop) -> None:
    shop = vets.shop
    pricing = await shop.save_one("vet_pricing", {"veto_id": vets.martin, "product_id": "diet"})
    assignment = await shop.save_one("vet_assignment", {"contact_id": vets.dubois, "veto_id": vets.martin})
    await shop.run("deleteProducts", "deleted", ids=["diet"])
    await shop.run("deleteCustomers", "deleted", customers=[{"idCustomer": "dubois@example.com"}])
    await shop.run("deleteCustomDataRecord", "deleted", id=vets.martin, force=True)
    assert await relation(shop, pricing, "product_id") == ("diet", None)
    assert await relation(shop, assignment, "contact_id") == (vets.dubois, None)
    assert await relation(shop, assignment, "veto_id") == (vets.martin, None)


async def test_a_record_that_points_to_something_gone_can_still_be_updated_and_cleared(vets: VetShop) -> None:
    shop = vets.shop
    assignment = await shop.save_one("vet_assignment", {"contact_id": vets.dubois})
    await shop.run("deleteCustomDataRecord", "deleted", id=vets.martin, force=True)
    for data in ({"since": "2026-02-02"}, {"veto_id": None}):
        payload = await shop.run("updateCustomDataRecord", "outcome userErrors { message }", id=assignment, data=data)
        assert payload == {"outcome": "UPDATED", "userErrors": []}


async def test_a_relation_of_a_field_that_is_none_is_refused_with_those_there_are(vets: VetShop) -> None:
    ask = '{ customDataRecords(definition: "vet_assignment") { nodes { relation(field: "since") { __typename } } } }'
    ((code, message),) = await vets.shop.errors(ask)
    assert code == "UNKNOWN_FIELD"
    assert "contact_id, veto_id" in message


async def test_records_are_followed_backward_from_record_contact_and_product(vets: VetShop) -> None:
    found = await vets.shop.ask(
        'query($vet: ID!, $contact: ID!) { customDataRecord(id: $vet) { '
        'relatedBy(definition: "vet_pricing") { nodes { value(field: "price") } totalCount { count isExact } } } '
        'contact(by: {idContact: $contact}) { customDataDefinitions { key } '
        'customData(definition: "vet_assignment") { nodes { value(field: "since") } totalCount { count } } } '
        'product(idProduct: "diet") { customData(definition: "vet_pricing", first: 1) { '
        'nodes { value(field: "price") } pageInfo { hasNextPage } totalCount { count } } } }',
        vet=vets.martin, contact=vets.dubois,
    )  # fmt: skip
    prices = found["customDataRecord"]["relatedBy"]
    assert prices == {"nodes": [{"value": "64"}], "totalCount": {"count": 1, "isExact": True}}
    assert found["contact"]["customDataDefinitions"] == [{"key": "vet_assignment"}]
    assert found["contact"]["customData"] == {"nodes": [{"value": "2025-01-01"}], "totalCount": {"count": 1}}
    assert found["product"]["customData"] == {
        "nodes": [{"value": "64"}], "pageInfo": {"hasNextPage": True}, "totalCount": {"count": 2},
    }  # fmt: skip


async def test_of_several_relations_the_first_declared_counts_unless_one_is_named(shop: ShopClient) -> None:
    await shop.define(
        "Referral",
        {"giver": "NUMBER", "taker": "NUMBER"},
        relationships=[to("giver", "contacts"), to("taker", "contacts")],
    )
    giver, taker = await shop.contact("giver@example.com"), await shop.contact("taker@example.com")
    await shop.save_one("referral", {"giver": giver, "taker": taker})
    ask = (
        "query($c: ID!, $f: String) { contact(by: {idContact: $c}) { customDataDefinitions { key } "
        'customData(definition: "referral", field: $f) { totalCount { count } } } }'
    )
    for contact, field, count in ((giver, None, 1), (taker, None, 0), (taker, "taker", 1), (giver, "taker", 0)):
        found = (await shop.ask(ask, c=contact, f=field))["contact"]
        assert found["customData"]["totalCount"]["count"] == count
        assert found["customDataDefinitions"] == [{"key": "referral"}]
    ((code, message),) = await shop.errors(ask, c=giver, f="other")
    assert (code, "giver, taker" in message) == ("UNKNOWN_FIELD", True)


async def test_a_definition_that_does_not_point_here_is_refused(vets: VetShop) -> None:
    ask = 'query($id: ID!) { customDataRecord(id: $id) { relatedBy(definition: "veterinarian") { nodes { id } } } }'
    assert [code for code, _ in await vets.shop.errors(ask, id=vets.martin)] == ["INVALID_RELATIONSHIP"]
    unknown = '{ customDataRecords(definition: "nothing") { nodes { id } } }'
    assert [code for code, _ in await vets.shop.errors(unknown)] == ["DEFINITION_NOT_FOUND"]
