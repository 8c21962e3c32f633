"""Reading: every root field, what is not there, and what a field may be asked for."""

from base64 import urlsafe_b64encode
from typing import Any

import pytest

from tests.shops import ShopClient, VetShop


def opaque(text: str) -> str:
    return urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


async def refusal(shop: ShopClient, query: str, **variables: Any) -> tuple[str, str]:
    """Code and message of the only error of a query."""
    (error,) = await shop.errors(query, **variables)
    return error


async def test_the_shop_tells_its_name_zone_and_limits(shop: ShopClient) -> None:
    found = await shop.ask("{ shop { idShop name timeZone limits { recordsPerSave recordsPerDelete pageSize } } }")
    assert found["shop"] == {
        "idShop": str(shop.id), "name": "test shop", "timeZone": "UTC",
        "limits": {"recordsPerSave": 50, "recordsPerDelete": 20, "pageSize": 100},
    }  # fmt: skip


async def test_node_and_nodes_fetch_each_type_again_by_its_id(vets: VetShop) -> None:
    found = await vets.shop.ask(
        "{ shop { id } contacts { nodes { id } } products { nodes { id } } customDataDefinitions { id } "
        'customDataRecords(definition: "vet_pricing") { nodes { id } } }'
    )
    ids = [
        found["shop"]["id"], found["contacts"]["nodes"][0]["id"], found["products"]["nodes"][0]["id"],
        found["customDataDefinitions"][0]["id"], found["customDataRecords"]["nodes"][0]["id"],
    ]  # fmt: skip
    kinds = ["Shop", "Contact", "Product", "CustomDataDefinition", "CustomDataRecord"]
    asked, expected = [*ids, ids[0]], [*kinds, "Shop"]
    many = await vets.shop.ask("query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", ids=asked)
    assert many["nodes"] == [{"__typename": kind, "id": id} for kind, id in zip(expected, asked, strict=True)]
    for id, kind in zip(ids, kinds, strict=True):
        one = await vets.shop.ask("query($id: ID!) { node(id: $id) { __typename id } }", id=id)
        assert one["node"] == {"__typename": kind, "id": id}


@pytest.mark.parametrize(
    "id",
    ["", "x", "12", "é", "=", "a\0", opaque("Contact"), opaque("Contact:"), opaque("Contact:x"), opaque("Contact:0"),
     opaque("Contact:99999999999999999999"), opaque("Contact:-1"), opaque("Product:none"), opaque("Product:\0"),
     opaque("Planet:1"), opaque("cursor:1"), opaque("CustomDataRecord:1.0"), opaque("Shop:0")],
)  # fmt: skip
async def test_what_is_no_id_of_anything_is_null(vets: VetShop, id: str) -> None:
    found = await vets.shop.ask("query($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }", id=id)
    assert found == {"node": None, "nodes": [None]}


async def test_at_most_a_hundred_nodes(shop: ShopClient) -> None:
    ask = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert len((await shop.ask(ask, ids=["x"] * 100))["nodes"]) == 100
    code, message = await refusal(shop, ask, ids=["x"] * 101)
    assert (code, "at most 100" in message) == ("LIMIT_EXCEEDED", True)


async def test_a_definition_by_key_by_id_or_by_opaque_id(vets: VetShop) -> None:
    ask = "query($id: ID, $key: String) { customDataDefinition(id: $id, key: $key) { id idDefinition key } }"
    one = (await vets.shop.ask(ask, key="veterinarian"))["customDataDefinition"]
    assert (await vets.shop.ask(ask, id=one["idDefinition"]))["customDataDefinition"] == one
    assert (await vets.shop.ask(ask, id=one["id"]))["customDataDefinition"] == one
    for absent in ({"key": "nothing"}, {"id": "0"}, {"id": "veterinarian"}, {"key": one["idDefinition"]}):
        assert await vets.shop.ask(ask, **absent) == {"customDataDefinition": None}
    for unclear in ({}, {"id": "1", "key": "veterinarian"}):
        assert (await refusal(vets.shop, ask, **unclear))[1] == "Send either id or key."


async def test_definitions_come_in_order_of_creation_and_by_status(vets: VetShop) -> None:
    await vets.shop.run("deactivateCustomDataDefinition", "userErrors { code }", definition="vet_pricing")
    found = await vets.shop.ask(
        "{ all: customDataDefinitions { key } active: customDataDefinitions(status: ACTIVE) { key } "
        "deleted: customDataDefinitions(status: DELETED) { key } }"
    )
    names = {name: [each["key"] for each in listed] for name, listed in found.items()}
    assert names == {
        "all": ["veterinarian", "vet_pricing", "vet_assignment"], "active": ["veterinarian", "vet_assignment"],
        "deleted": [],
    }  # fmt: skip


RECORD = "query($id: ID, $by: RecordKey) { customDataRecord(id: $id, by: $by) { id idRecord } }"


async def test_a_record_by_id_by_opaque_id_or_by_key(vets: VetShop) -> None:
    keys: list[Any] = ["Dr Martin", {"nom": "Dr Martin"}]
    one = (await vets.shop.ask(RECORD, id=vets.martin))["customDataRecord"]
    names = [{"id": one["id"]}, *({"by": {"definition": "veterinarian", "key": key}} for key in keys)]
    for named in names:
        assert (await vets.shop.ask(RECORD, **named))["customDataRecord"] == one
    reference = {"veto_id": {"by": "nom", "value": "Dr Martin"}, "product_id": {"by": "reference", "value": "VD-12"}}
    assert (await vets.shop.ask(RECORD, by={"definition": "vet_pricing", "key": reference}))["customDataRecord"]
    for absent in (
        {"id": "x"},
        {"id": "0"},
        {"id": opaque("Contact:1")},
        {"by": {"definition": "veterinarian", "key": "?"}},
    ):
        assert await vets.shop.ask(RECORD, **absent) == {"customDataRecord": None}


UNCLEAR: dict[str, tuple[dict[str, Any], str, str]] = {
    "neither id nor key": ({}, "BAD_USER_INPUT", "either id or by"),
    "an unknown definition": ({"by": {"definition": "vets", "key": 1}}, "DEFINITION_NOT_FOUND", "veterinarian"),
    "a key of another type": ({"by": {"definition": "veterinarian", "key": 1}}, "INVALID_VALUE", "in quotes"),
    "half a key": ({"by": {"definition": "vet_pricing", "key": {"product_id": "diet"}}}, "MISSING_KEY", "veto_id"),
    "a bare composite key": (
        {"by": {"definition": "vet_pricing", "key": "diet"}},
        "MISSING_KEY",
        "veto_id, product_id",
    ),
}


@pytest.mark.parametrize(("named", "code", "says"), UNCLEAR.values(), ids=UNCLEAR.keys())
async def test_an_unclear_name_of_a_record_is_an_error(
    vets: VetShop, named: dict[str, Any], code: str, says: str
) -> None:
    found, message = await refusal(vets.shop, RECORD, **named)
    assert found == code
    assert says in message


CONTACT = "query($by: ContactReference!) { contact(by: $by) { idContact } }"


async def test_a_contact_by_each_of_its_identifiers(shop: ShopClient) -> None:
    contact = await shop.contact("Marie@Example.com", idCustomer="42", source="web")
    names: list[dict[str, Any]] = [
        {"idContact": contact}, {"email": " marie@example.COM"}, {"idCustomer": {"idCustomer": "42"}},
        {"idCustomer": {"idCustomer": "42", "source": "web"}},
    ]  # fmt: skip
    for by in names:
        assert (await shop.ask(CONTACT, by=by))["contact"] == {"idContact": str(contact)}
    absent: list[dict[str, Any]] = [
        {"idContact": 10**12}, {"email": "x@y.zz"}, {"idCustomer": {"idCustomer": "42", "source": "till"}},
    ]  # fmt: skip
    for by in absent:
        assert await shop.ask(CONTACT, by=by) == {"contact": None}


@pytest.mark.parametrize(
    "by", [{}, {"email": None}, {"email": "a@b.c", "idContact": 1}, {"idContact": "x"}, {"email": " "}], ids=str
)
async def test_a_contact_is_named_in_exactly_one_way(shop: ShopClient, by: dict[str, Any]) -> None:
    assert await shop.errors(CONTACT, by=by)


async def test_an_ambiguous_contact_is_the_lowest_by_email_and_an_error_by_customer_id(shop: ShopClient) -> None:
    low, _ = await shop.customers(
        {"idCustomer": "42", "source": "web", "email": "a@example.com"},
        {"idCustomer": "42", "source": "till", "email": "a@example.com"},
    )
    assert (await shop.ask(CONTACT, by={"email": "A@example.com"}))["contact"]["idContact"] == str(low)
    code, message = await refusal(shop, CONTACT, by={"idCustomer": {"idCustomer": "42"}})
    assert code == "CUSTOMER_AMBIGUOUS"
    assert "till, web" in message


async def test_products_of_a_cart_come_in_the_order_asked_once_each(shop: ShopClient) -> None:
    await shop.products(*({"idProduct": id, "name": id, "price": "1"} for id in "abc"))
    selection = "nodes { idProduct } totalCount { count } pageInfo { hasNextPage }"
    ask = f"query($ids: [ID!]) {{ products(ids: $ids) {{ {selection} }} }}"
    found = (await shop.ask(ask, ids=["c", "a", "x", "c", "a\0"]))["products"]
    assert [each["idProduct"] for each in found["nodes"]] == ["c", "a"]
    assert (found["totalCount"], found["pageInfo"]) == ({"count": 2}, {"hasNextPage": False})
    assert (await shop.ask(ask, ids=[]))["products"]["nodes"] == []
    assert (await refusal(shop, ask, ids=["a"] * 101))[0] == "LIMIT_EXCEEDED"
    assert (await refusal(shop, '{ products(ids: ["a"], first: 1) { nodes { id } } }'))[0] == "BAD_USER_INPUT"


async def test_data_and_value_give_the_fields_asked_for(vets: VetShop) -> None:
    row = '{ customDataRecord(id: "%d") { %%s } }' % vets.martin  # noqa: UP031
    found = await vets.shop.ask(
        row % 'data some: data(fields: ["ville", "email"]) none: data(fields: []) value(field: "nom")'
    )
    everything = {"nom": "Dr Martin", "ville": "Lyon", "telephone": None, "email": None}
    assert found["customDataRecord"] == {
        "data": everything, "some": {"ville": "Lyon", "email": None}, "none": {}, "value": "Dr Martin",
    }  # fmt: skip
    for asked in ('data(fields: ["ville", "city"])', 'value(field: "city")'):
        code, message = await refusal(vets.shop, row % asked)
        assert (code, "nom, ville, telephone, email" in message) == ("UNKNOWN_FIELD", True)
