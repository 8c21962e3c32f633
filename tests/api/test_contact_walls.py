"""Ways round a contact token, each tried with something that exists and something that does not: the answers are the
same, byte for byte, and hold nothing of anybody else."""

import json
from base64 import urlsafe_b64encode
from typing import Any

import httpx
import pytest

from app.graphql.context import Context
from app.store.database import Database
from tests.api.test_scopes import MUTATIONS, document
from tests.shops import new_shop, new_vet_shop
from tests.storefront import Storefront, new_storefront

NOBODY = 8_000_000_000_000_000_000
CANARIES = ("lenoir", "Luc", "hidden", "71.00", "vet_", "Vet", "secret:", "alone@")


@pytest.fixture(scope="module")
async def front(database: Database, http: httpx.AsyncClient, admin_url: str) -> Storefront:
    return await new_storefront(await new_vet_shop(await new_shop(database, http, admin_url)))


@pytest.fixture(autouse=True, params=["both locks", "the statements alone"])
def locks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time without row-level security's share: each lock must hold alone (tests/store/test_contact_role.py
    tries the other)."""
    if request.param != "both locks":
        monkeypatch.setattr(Context, "_session", lambda self: self.database.read_session(self.shop.id))


def opaque(kind: str, key: object) -> str:
    return urlsafe_b64encode(f"{kind}:{key}".encode()).rstrip(b"=").decode()


async def told(front: Storefront, query: str, value: object) -> tuple[str, Any]:
    """The whole answer as text, without the value that was asked with, and its errors' codes."""
    response = await front.me.post(query.replace("$$", str(value)))
    answer = response.json()
    text = json.dumps(answer, sort_keys=True).replace(str(value), "...")
    assert not any(canary in text for canary in CANARIES), text
    return text, [error["extensions"]["code"] for error in answer.get("errors", ())]


FORBIDDEN, NULL = ["FORBIDDEN"], list[str]()

CONTACTS = {
    "its id": '{ contact(by: {idContact: "$$"}) { email } }',
    "aliases": '{ a: contact(by: {idContact: "$$"}) { b: email } }',
    "a fragment": '{ ...F } fragment F on Query { contact(by: {idContact: "$$"}) { ...G } } '
    "fragment G on Contact { email }",
    "a price of a product": '{ product(idProduct: "diet") { price(contact: {idContact: "$$"}) } }',
    "a discount": '{ product(idProduct: "diet") { priceDiscount(contact: {idContact: "$$"}) } }',
    "what it pays": '{ product(idProduct: "diet") { payable(contact: {idContact: "$$"}) } }',
    "pricing": '{ product(idProduct: "diet") { pricing(contact: {idContact: "$$"}) { payable } } }',
    "a price inside me": '{ me { products { nodes { price(contact: {idContact: "$$"}) } } } }',
    "a price inside a node": '{ node(id: "UHJvZHVjdDpkaWV0") { ... on Product { '
    'price(contact: {idContact: "$$"}) } } }',
    "a catalogue": '{ contact(by: {idContact: "$$"}) { products { nodes { price } } } }',
}


@pytest.mark.parametrize("query", CONTACTS.values(), ids=CONTACTS)
async def test_other_contacts_by_id(front: Storefront, query: str) -> None:
    there, codes = await told(front, query, front.lenoir)
    assert set(codes) == {"FORBIDDEN"}
    assert (there, codes) == await told(front, query, NOBODY)


@pytest.mark.parametrize(
    "reference",
    ['email: "$$"', 'idCustomer: {idCustomer: "$$"}', 'idCustomer: {idCustomer: "$$", source: "default"}'],
)
@pytest.mark.parametrize("field", ["contact(by: {%s}) { id }", 'product(idProduct: "diet") { price(contact: {%s}) }'])
async def test_other_identifiers_even_its_own(front: Storefront, field: str, reference: str) -> None:
    query = f"{{ {field % reference} }}"
    answers = [await told(front, query, f"{who}@example.com") for who in ("lenoir", "nobody", "dubois")]
    assert answers == [(answers[0][0], FORBIDDEN)] * 3


NODES = {
    "Contact": ("lenoir", FORBIDDEN),
    "CustomDataDefinition": ("manager", FORBIDDEN),
    "CustomDataRecord": ("others", NULL),
    "Segment": ("manager", FORBIDDEN),
}
OTHER_RECORDS = ("others", "note", "apart", "martin", "manager", "team")


@pytest.mark.parametrize("kind", NODES)
@pytest.mark.parametrize("field", ['node(id: "$$")', 'nodes(ids: ["$$"])'])
async def test_opaque_ids(front: Storefront, field: str, kind: str) -> None:
    name, codes = NODES[kind]
    query = f"{{ {field} {{ __typename id }} }}"
    there = await told(front, query, opaque(kind, getattr(front, name)))
    assert there == await told(front, query, opaque(kind, NOBODY))
    assert there[1] == codes


@pytest.mark.parametrize("name", OTHER_RECORDS)
async def test_records_that_are_not_its_own(front: Storefront, name: str) -> None:
    """Also those its own lead to: by id they are nobody's business."""
    there = getattr(front, name)
    for query, kind in (
        ('{ customDataRecord(id: "$$") { data } }', None),
        ('{ customDataRecord(id: "$$") { data } }', "CustomDataRecord"),
        ('{ nodes(ids: ["$$"]) { id } }', "CustomDataRecord"),
    ):
        ids = [opaque(kind, each) if kind else each for each in (there, NOBODY)]
        answer = await told(front, query, ids[0])
        assert answer == await told(front, query, ids[1])
        assert answer[1] == []


async def test_inactive_products(front: Storefront) -> None:
    for query in (
        '{ product(idProduct: "$$") { name price } }',
        '{ products(ids: ["$$"]) { nodes { name } totalCount { count } } }',
        '{ products(search: "$$") { nodes { name } totalCount { count } pageInfo { hasNextPage } } }',
    ):
        assert await told(front, query, "gone") == await told(front, query, "nope")
    node = '{ node(id: "$$") { id } }'
    assert await told(front, node, opaque("Product", "gone")) == await told(front, node, opaque("Product", "nope"))


DEFINITIONS = {
    "records": '{ customDataRecords(definition: "$$") { nodes { data } totalCount { count } } }',
    "records of me": '{ me { customData(definition: "$$") { nodes { data } } } }',
    "records of me by a relation": '{ me { customData(definition: "$$", field: "contact_id") { nodes { data } } } }',
    "records by key": '{ customDataRecord(by: {definition: "$$", key: "Mrs Roux"}) { data } }',
    "records of a product": '{ product(idProduct: "diet") { customData(definition: "$$") { nodes { data } } } }',
    "the definition": '{ customDataDefinition(key: "$$") { name } }',
    "override paths": '{ overridePaths(definition: "$$") { path } }',
}


@pytest.mark.parametrize("query", DEFINITIONS.values(), ids=DEFINITIONS)
async def test_definitions_that_are_not_open_are_as_absent_ones(front: Storefront, query: str) -> None:
    found = await front.shop.ask("{ customDataDefinitions { key idDefinition contactAccess } }")
    listed = found["customDataDefinitions"]
    nobodys = [d for d in listed if d["contactAccess"] == "NONE" or d["key"] in ("manager", "team")]
    absent = await told(front, query, "nothing")
    assert set(absent[1]) == {"FORBIDDEN"}
    for definition in nobodys:
        assert await told(front, query, definition["key"]) == absent
        assert await told(front, query, definition["idDefinition"]) == absent


REVERSE = {
    "a record's reverse relations": 'relatedBy(definition: "$$") { nodes { data } }',
    "those of where it leads": 'relation(field: "manager_id") { ... on CustomDataRecord { '
    'relatedBy(definition: "$$") { totalCount { count } } } }',
    "a product's records": '... on CustomDataRecord { relation(field: "contact_id") { ... on Contact { '
    'products { nodes { customData(definition: "$$") { nodes { data } } } } } } }',
}


@pytest.mark.parametrize("asked", REVERSE.values(), ids=REVERSE)
async def test_never_backward(front: Storefront, asked: str) -> None:
    query = f'{{ customDataRecord(id: "{front.own}") {{ {asked} }} }}'
    there, codes = await told(front, query, "assignment")
    assert set(codes) == {"FORBIDDEN"}
    assert (there, codes) == await told(front, query, "nothing")


async def test_forward_into_what_is_not_open_or_somebody_elses_is_as_into_nothing(front: Storefront) -> None:
    record = 'relation(field: "%s") { ... on CustomDataRecord { data } ... on Contact { email } }'
    manager = f'relation(field: "manager_id") {{ ... on CustomDataRecord {{ {record % "secret_id"} }} }}'
    answer = await front.me.ask(f'{{ customDataRecord(id: "{front.own}") {{ {manager} }} }}')
    assert answer == {"customDataRecord": {"relation": {"relation": None}}}
    gift = f'{{ customDataRecord(id: "{front.gift}") {{ %s }} }}'
    assert await front.me.ask(gift % (record % "other_id")) == {"customDataRecord": {"relation": None}}
    there = await front.me.answer(gift % (record % "from_id"))
    assert there["data"] == {"customDataRecord": {"relation": None}}
    assert [error["extensions"]["code"] for error in there["errors"]] == ["FORBIDDEN"]
    priced = 'pricing(contactField: "from_id") { payable contact { email } }'
    assert await front.me.ask(gift % priced) == {"customDataRecord": {"pricing": None}}


async def test_no_lists_no_definitions_no_mutation(front: Storefront) -> None:
    own = opaque("CustomDataRecord", front.own)
    for query in (
        "{ contacts { nodes { id } totalCount { count } } }", '{ contacts(search: "lenoir") { totalCount { count } } }',
        "{ customDataDefinitions { key } }", "{ overrides { field } }", "{ me { customDataDefinitions { key } } }",
        f'{{ customDataRecord(id: "{front.own}") {{ definition {{ name }} }} }}',
        f'{{ node(id: "{own}") {{ ... on CustomDataRecord {{ definition {{ key }} }} }} }}',
    ):  # fmt: skip
        assert (await told(front, query, "-"))[1] == FORBIDDEN
    for name in MUTATIONS:
        query, variables = document(name)
        assert [code for code, _ in await front.me.errors(query, **variables)] == FORBIDDEN


SEGMENTS = {
    "a segment by name": '{ segment(name: "$$") { name } }',
    "its members": '{ segment(name: "$$") { contacts { nodes { id } } } }',
    "its count": '{ segment(name: "$$") { count { count } } }',
    "my segments": '{ me { segments(only: ["$$"]) { name } } }',
    "why me": '{ me { why(segment: "$$") { lines } } }',
    "all of them": "{ segments { name where } s: __typename # $$\n }",
    "a condition on me": '{ me { matches(where: {segment: {in: ["$$"]}}) } }',
    "why by a condition": '{ me { why(where: {segment: {in: ["$$"]}}) { isTrue } } }',
}


@pytest.mark.parametrize("query", SEGMENTS.values(), ids=SEGMENTS)
async def test_what_a_shop_thinks_of_people_is_told_to_nobody(front: Storefront, query: str) -> None:
    where = {"custom": {"assignment": {"some": {}}}}
    await front.shop.run("createSegment", "userErrors { code }", name="Difficult", where=where)
    there = await told(front, query, "Difficult")
    assert set(there[1]) == {"FORBIDDEN"}
    assert there == await told(front, query, "Nothing")


async def test_cursors_of_a_keys_view_lead_nowhere_else(front: Storefront) -> None:
    query = """query($c: String) { customDataRecords(definition: "assignment", %s: $c) {
        nodes { idRecord } totalCount { count } } }"""
    cursors = '{ customDataRecords(definition: "assignment") { edges { cursor } } }'
    edges = (await front.shop.ask(cursors))["customDataRecords"]["edges"]
    seen = set()
    for cursor in (edge["cursor"] for edge in edges):
        for arrow in ("after", "before"):
            page = (await front.me.ask(query % arrow, c=cursor))["customDataRecords"]
            assert page["totalCount"] == {"count": 1}
            seen |= {int(node["idRecord"]) for node in page["nodes"]}
    assert seen <= {front.own}
    catalogue = "query($c: String) { products(after: $c) { nodes { idProduct } } }"
    for product in ("gone", "gonf"):
        page = (await front.me.ask(catalogue, c=opaque("cursor", product)))["products"]
        assert page == {"nodes": []}
