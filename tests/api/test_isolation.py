"""Two shops with the same names, keys and e-mails: to each the other's ids are ids of nothing, in every question and in
every write, and no write of one changes a row of the other."""

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from app.store.administration import administering
from app.store.database import Database
from tests.shops import ShopClient, VetShop, new_shop, new_vet_shop, to

NOBODY = 8_000_000_000_000_000_000  # an id that no shop has
TABLES = ("shops", "api_keys", "contacts", "customers", "products", "definitions", "records", "override_sources",
          "idempotent_answers")  # fmt: skip


@dataclass
class Two:
    """Our shop, another with the same content, and ids that exist in the other only."""

    mine: ShopClient
    theirs: ShopClient
    contact: int
    record: int
    definition: int
    product: str
    customer: str

    def ids(self) -> dict[str, Any]:
        return {
            "contact": self.contact, "record": self.record, "definition": self.definition, "product": self.product,
            "customer": self.customer, "shop": self.theirs.id,
        }  # fmt: skip


@pytest.fixture(scope="module")
async def two(database: Database, http: httpx.AsyncClient, admin_url: str) -> Two:
    return await _two(database, http, admin_url)


async def _two(database: Database, http: httpx.AsyncClient, admin_url: str) -> Two:
    mine = await _fill(await new_vet_shop(await new_shop(database, http, admin_url)))
    theirs = await _fill(await new_vet_shop(await new_shop(database, http, admin_url)))
    await theirs.shop.products({"idProduct": "theirs-only", "reference": "T-1", "name": "Theirs", "price": 5})
    await theirs.shop.save("tag", {"code": "shared", "note": "theirs"}, {"code": "theirs-only"})
    contact = await theirs.shop.contact("theirs-only@example.com")
    found = await theirs.shop.ask('{ customDataDefinition(key: "veterinarian") { idDefinition } }')
    definition = int(found["customDataDefinition"]["idDefinition"])
    customer = "theirs-only@example.com"
    return Two(mine.shop, theirs.shop, contact, theirs.martin, definition, "theirs-only", customer)


async def _fill(vets: VetShop) -> VetShop:
    await vets.shop.define("Tag", {"code": "STRING", "note": "STRING"}, uniqueKeys=["code"])
    await vets.shop.save("tag", {"code": "shared", "note": "own"}, idempotencyKey="the same")
    return vets


def opaque(kind: str, key: object) -> str:
    return urlsafe_b64encode(f"{kind}:{key}".encode()).rstrip(b"=").decode()


READS = {
    "node of a contact": ('{ node(id: "%s") { id } }', "Contact", "contact"),
    "node of a record": ('{ node(id: "%s") { id } }', "CustomDataRecord", "record"),
    "node of a definition": ('{ node(id: "%s") { id } }', "CustomDataDefinition", "definition"),
    "node of a product": ('{ node(id: "%s") { id } }', "Product", "product"),
    "node of a shop": ('{ node(id: "%s") { id } }', "Shop", "shop"),
    "nodes": ('{ nodes(ids: ["%s"]) { id } }', "Contact", "contact"),
    "definition by id": ('{ customDataDefinition(id: "%s") { key } }', None, "definition"),
    "definition by opaque id": ('{ customDataDefinition(id: "%s") { key } }', "CustomDataDefinition", "definition"),
    "record by id": ('{ customDataRecord(id: "%s") { data } }', None, "record"),
    "record by opaque id": ('{ customDataRecord(id: "%s") { data } }', "CustomDataRecord", "record"),
    "record by the definition's id": (
        '{ customDataRecord(by: {definition: "%s", key: "Dr Martin"}) { data } }', None, "definition"),
    "record by unique key": ('{ customDataRecord(by: {definition: "tag", key: "%s"}) { data } }', None, "product"),
    "record by a relation's key": (
        '{ customDataRecord(by: {definition: "vet_assignment", key: %s}) { data } }', None, "contact"),
    "records of a definition": ('{ customDataRecords(definition: "%s") { nodes { data } } }', None, "definition"),
    "contact by id": ('{ contact(by: {idContact: "%s"}) { email } }', None, "contact"),
    "contact by e-mail": ('{ contact(by: {email: "%s"}) { idContact } }', None, "customer"),
    "contact by customer": ('{ contact(by: {idCustomer: {idCustomer: "%s"}}) { email } }', None, "customer"),
    "contacts by search": ('{ contacts(search: "%s") { nodes { id } totalCount { count } } }', None, "customer"),
    "product": ('{ product(idProduct: "%s") { name } }', None, "product"),
    "products by id": ('{ products(ids: ["%s"]) { nodes { name } totalCount { count } } }', None, "product"),
    "products by search": ('{ products(search: "%s") { nodes { name } totalCount { count } } }', None, "product"),
    "a price for a contact": ('{ product(idProduct: "diet") { price(contact: {idContact: "%s"}) } }', None, "contact"),
    "the reasons for it": (
        '{ product(idProduct: "diet") { pricing(contact: {idContact: "%s"}) { payable } } }', None, "contact"),
    "a price for an e-mail": (
        '{ product(idProduct: "diet") { payable(contact: {email: "%s"}) } }', None, "customer"),
    "related records by a definition": (
        '{ contacts { nodes { customData(definition: "%s") { nodes { id } } } } }', None, "definition"),
    "override paths": ('{ overridePaths(definition: "%s") { path } }', None, "definition"),
}  # fmt: skip


@pytest.mark.parametrize("case", READS)
async def test_another_shops_id_reads_as_an_id_of_nothing(case: str, two: Two) -> None:
    document, kind, name = READS[case]
    theirs = two.ids()[name]
    nothing = NOBODY if isinstance(theirs, int) else str(theirs)[::-1]
    answers = []
    for id_ in (theirs, nothing):
        sent = opaque(kind, id_) if kind else str(id_)
        answer = await two.mine.answer(document % sent)
        answers.append(json.dumps(answer).replace(sent, "ID"))
    assert answers[0] == answers[1]
    assert "theirs" not in answers[0].replace("theirs-only", "")


SAVE = (
    "saveCustomDataRecords",
    "results { outcome errors { code message } record { data } } userErrors { code message }",
)
UPDATE = ("updateCustomDataRecord", "outcome record { data } userErrors { code message }")
DELETE = ("deleteCustomDataRecord", "deleted userErrors { code message }")
STATUS = "definition { key } userErrors { code message }"
WRITES = {
    "update by id": (*UPDATE, {"id": "<record>", "data": {"ville": "Nice"}}),
    "update by unique key": (*UPDATE, {"by": {"definition": "tag", "key": "<product>"}, "data": {"note": "x"}}),
    "update in their definition": (*UPDATE, {"by": {"definition": "<definition>", "key": "Dr Martin"}, "data": {}}),
    "delete by id": (*DELETE, {"id": "<record>", "force": True}),
    "delete by unique key": (*DELETE, {"by": {"definition": "tag", "key": "<product>"}, "force": True}),
    "bulk delete": ("bulkDeleteCustomDataRecords", "results { deleted errors { code message } } userErrors { code }",
                    {"definition": "veterinarian", "ids": ["<record>"], "force": True}),
    "bulk delete in their definition": (
        "bulkDeleteCustomDataRecords", "results { deleted } userErrors { code message }",
        {"definition": "<definition>", "ids": ["<record>"], "force": True}),
    "save into their definition": (*SAVE, {"definition": "<definition>", "records": [{"nom": "Dr Martin"}]}),
    "refer to their record": (*SAVE, {"definition": "vet_assignment", "records": [{"veto_id": "<#record>"}]}),
    "refer to their contact": (*SAVE, {"definition": "vet_assignment", "records": [{"contact_id": "<#contact>"}]}),
    "refer to their contact by e-mail": (
        *SAVE, {"definition": "vet_assignment", "records": [{"contact_id": {"by": "email", "value": "<customer>"}}]}),
    "refer to their contact by customer": (
        *SAVE,
        {"definition": "vet_assignment", "records": [{"contact_id": {"by": "id_customer", "value": "<customer>"}}]}),
    "refer to their product": (*SAVE, {"definition": "vet_pricing", "records": [{"product_id": "<product>"}]}),
    "refer to their product by reference": (
        *SAVE, {"definition": "vet_pricing", "records": [{"product_id": {"by": "reference", "value": "T-1"}}]}),
    "extend": ("extendCustomDataDefinition", STATUS, {"definition": "<definition>", "name": "Mine now"}),
    "activate": ("activateCustomDataDefinition", STATUS, {"definition": "<definition>"}),
    "deactivate": ("deactivateCustomDataDefinition", STATUS, {"definition": "<definition>"}),
    "delete a definition": ("deleteCustomDataDefinition", STATUS, {"definition": "<definition>", "force": True}),
    "relate to their definition": (
        "createCustomDataDefinition", STATUS,
        {"name": "Spy", "fields": [{"name": "a", "type": "NUMBER"}],
         "relationships": [{**to("a", "veterinarian"), "targetSchema": "<definition>"}]}),
    "override with their definition": (
        "setOverrides", "overrides { path } userErrors { code message }",
        {"systemField": "price", "sources": [{"definition": "<definition>", "field": "price", "priority": 1}]}),
    "delete their customer": (
        "deleteCustomers", "deleted unchanged results { contact { id } }",
        {"customers": [{"idCustomer": "<customer>"}]}),
    "delete their product": ("deleteProducts", "deleted unchanged", {"ids": ["<product>"]}),
}  # fmt: skip


@pytest.mark.parametrize("case", WRITES)
async def test_another_shops_id_is_an_id_of_nothing_to_every_write_and_changes_nothing_of_it(
    case: str, two: Two, admin_url: str
) -> None:
    mutation, selection, input_ = WRITES[case]
    before = await fingerprint(admin_url, two.theirs.id)
    theirs = two.ids()
    nothing = {name: NOBODY if isinstance(id_, int) else str(id_)[::-1] for name, id_ in theirs.items()}
    answers = []
    for ids in (theirs, nothing):
        payload = await two.mine.run(mutation, selection, **_named(input_, ids))
        answers.append(_masked(json.dumps(payload), ids))
    assert answers[0] == answers[1]
    assert await fingerprint(admin_url, two.theirs.id) == before


async def test_writes_under_the_same_names_touch_our_own_shop_only(
    database: Database, http: httpx.AsyncClient, admin_url: str
) -> None:
    two = await _two(database, http, admin_url)
    before = await fingerprint(admin_url, two.theirs.id)
    await two.mine.save("tag", {"code": "shared", "note": "changed"}, idempotencyKey="another")
    await two.mine.customers({"idCustomer": "dubois@example.com", "firstName": "Other"})
    await two.mine.products({"idProduct": "diet", "name": "Other", "price": 1})
    await two.mine.override()
    await two.mine.run("deleteCustomers", "deleted", customers=[{"idCustomer": "dubois@example.com"}])
    await two.mine.run("deleteProducts", "deleted", ids=["diet"])
    await two.mine.run("deleteCustomDataDefinition", STATUS, definition="veterinarian", force=True)
    assert await fingerprint(admin_url, two.theirs.id) == before


async def test_a_cursor_of_another_shop_leads_nowhere_but_through_our_own(two: Two) -> None:
    page = "{ contacts(first: 1%s) { nodes { idContact } pageInfo { endCursor } } }"
    cursor = (await two.theirs.ask(page % ""))["contacts"]["pageInfo"]["endCursor"]
    all_ = (await two.mine.ask("{ contacts { nodes { idContact } } }"))["contacts"]["nodes"]
    found = (await two.mine.ask(page % f', after: "{cursor}"'))["contacts"]["nodes"]
    assert all(node in all_ for node in found)


async def test_one_idempotency_key_in_two_shops_is_two_keys(two: Two) -> None:
    answer = await two.mine.save("tag", {"code": "fresh"}, idempotencyKey="k")
    again = await two.theirs.save("tag", {"code": "other"}, idempotencyKey="k")
    assert [answer["created"], again["created"], again["userErrors"]] == [1, 1, []]


async def test_a_key_that_names_another_shop_opens_neither(two: Two) -> None:
    forged = two.mine.key.replace(f"cdg_{two.mine.id}_", f"cdg_{two.theirs.id}_")
    response = await two.mine.post("{ shop { name } }", headers={"spm-api-key": forged})
    assert response.status_code == 401


def _named(input_: Any, ids: dict[str, Any]) -> Any:
    if isinstance(input_, dict):
        return {key: _named(value, ids) for key, value in input_.items()}
    if isinstance(input_, list):
        return [_named(value, ids) for value in input_]
    if isinstance(input_, str) and input_.startswith("<"):
        id_ = ids[input_.strip("<#>")]
        return id_ if input_.startswith("<#") else str(id_)
    return input_


def _masked(text: str, ids: dict[str, Any]) -> str:
    for id_ in ids.values():
        text = text.replace(str(id_), "ID")
    return text


async def fingerprint(admin_url: str, shop_id: int) -> dict[str, str]:
    """A digest of everything a shop has, table by table."""
    async with administering(admin_url) as connection:
        return {
            table: await connection.fetchval(
                f"select md5(string_agg(t::text, '|' order by t::text)) from {table} t where shop_id = $1", shop_id
            )
            for table in TABLES
        }
