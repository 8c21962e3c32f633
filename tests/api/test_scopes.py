"""What each API key may do: every way in needs its scope, and without it nothing is read or written."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import httpx
import pytest
from graphql import GraphQLObjectType

from app.domain.access import ALL_SCOPES, Scope
from app.domain.shops import new_key
from app.graphql.schema import schema
from app.store.database import Database
from app.store.keys import create_key
from tests.bulk.uploads import imported, upload
from tests.shops import INPUTS, ShopClient, VetShop, new_shop, new_vet_shop


class WayIn(NamedTuple):
    """A root field: the scope it needs, and a question to it that succeeds with that scope alone."""

    scope: Scope
    asked: str
    input: Any = None


READ, RECORDS, CATALOGUE = Scope.READ, Scope.WRITE_RECORDS, Scope.WRITE_CATALOGUE
DEFINITIONS, OVERRIDES = Scope.MANAGE_DEFINITIONS, Scope.MANAGE_OVERRIDES
AUTOMATION = Scope.MANAGE_AUTOMATION

QUERIES = {
    "shop": WayIn(READ, "{ shop { name } }"),
    "me": WayIn(READ, "{ me { id } }"),
    "node": WayIn(READ, '{ node(id: "x") { id } }'),
    "nodes": WayIn(READ, '{ nodes(ids: ["x"]) { id } }'),
    "customDataDefinition": WayIn(READ, '{ customDataDefinition(key: "veterinarian") { name } }'),
    "customDataDefinitions": WayIn(READ, "{ customDataDefinitions { name } }"),
    "customDataRecord": WayIn(READ, '{ customDataRecord(id: "1") { data } }'),
    "customDataRecords": WayIn(READ, '{ customDataRecords(definition: "veterinarian") { nodes { data } } }'),
    "contact": WayIn(READ, '{ contact(by: {email: "dubois@example.com"}) { firstName } }'),
    "contacts": WayIn(READ, "{ contacts { nodes { email } } }"),
    "product": WayIn(READ, '{ product(idProduct: "diet") { name } }'),
    "products": WayIn(READ, "{ products { nodes { name } } }"),
    "customDataAggregate": WayIn(READ, '{ customDataAggregate(definition: "veterinarian") { groups { count } } }'),
    "contactsAggregate": WayIn(READ, "{ contactsAggregate { groups { count } } }"),
    "productsAggregate": WayIn(READ, "{ productsAggregate { groups { count } } }"),
    "overrides": WayIn(READ, "{ overrides { field } }"),
    "customDataChanges": WayIn(READ, "{ customDataChanges { nodes { kind } } }"),
    "triggers": WayIn(AUTOMATION, "{ triggers { name } }"),
    "webhookDeliveries": WayIn(AUTOMATION, "{ webhookDeliveries { nodes { status } } }"),
    "templateVariables": WayIn(READ, "{ templateVariables { path } }"),
    "renderTemplate": WayIn(READ, '{ renderTemplate(template: "", contact: {email: "dubois@example.com"}) { text } }'),
    "renderTemplates": WayIn(READ, '{ renderTemplates(template: "", contacts: []) { text } }'),
    "overridePaths": WayIn(READ, '{ overridePaths(definition: "vet_pricing") { path } }'),
    "segment": WayIn(READ, '{ segment(name: "All") { name } }'),
    "segments": WayIn(READ, "{ segments { name } }"),
}
VET = {"definition": "veterinarian"}
MUTATIONS = {
    "createCustomDataDefinition": WayIn(
        DEFINITIONS, "userErrors { code }", {"name": "New", "fields": [{"name": "a", "type": "STRING"}]}
    ),
    "extendCustomDataDefinition": WayIn(DEFINITIONS, "userErrors { code }", VET | {"description": "New"}),
    "activateCustomDataDefinition": WayIn(DEFINITIONS, "userErrors { code }", VET),
    "deactivateCustomDataDefinition": WayIn(DEFINITIONS, "userErrors { code }", {"definition": "tag"}),
    "deleteCustomDataDefinition": WayIn(DEFINITIONS, "userErrors { code }", {"definition": "label"}),
    "saveCustomDataRecords": WayIn(RECORDS, "created userErrors { code }", VET | {"records": [{"nom": "New"}]}),
    "updateCustomDataRecord": WayIn(
        RECORDS, "outcome userErrors { code }", {"by": VET | {"key": "Dr Durand"}, "data": {"ville": "New"}}
    ),
    "deleteCustomDataRecord": WayIn(RECORDS, "userErrors { code }", {"by": VET | {"key": "Dr Nobody"}}),
    "bulkDeleteCustomDataRecords": WayIn(RECORDS, "userErrors { code }", VET | {"ids": ["1"]}),
    "setOverrides": WayIn(OVERRIDES, "userErrors { code }", {"systemField": "price", "sources": []}),
    "saveCustomers": WayIn(CATALOGUE, "userErrors { code }", {"customers": [{"idCustomer": "new"}]}),
    "deleteCustomers": WayIn(CATALOGUE, "userErrors { code }", {"customers": [{"idCustomer": "alone@example.com"}]}),
    "saveProducts": WayIn(CATALOGUE, "created", {"products": [{"idProduct": "n", "name": "New", "price": 1}]}),
    "deleteProducts": WayIn(CATALOGUE, "deleted", {"ids": ["bowl"]}),
    "createTrigger": WayIn(
        AUTOMATION,
        "userErrors { code }",
        VET | {"name": "new", "when": {}, "deliver": {"url": "https://hooks.example.com/"}},
    ),
    "updateTrigger": WayIn(AUTOMATION, "trigger { name }", {"trigger": "1", "name": "New"}),
    "enableTrigger": WayIn(AUTOMATION, "trigger { name }", {"trigger": "1"}),
    "disableTrigger": WayIn(AUTOMATION, "trigger { name }", {"trigger": "1"}),
    "deleteTrigger": WayIn(AUTOMATION, "deleted userErrors { code }", {"trigger": "1"}),
    "replayDeliveries": WayIn(AUTOMATION, "replayed userErrors { code }", {}),
    "rotateWebhookSecret": WayIn(AUTOMATION, "userErrors { code }", {"overlap": 0}),
    "createSegment": WayIn(AUTOMATION, "userErrors { code }", {"name": "New", "where": {}}),
    "updateSegment": WayIn(AUTOMATION, "userErrors { code }", {"segment": "All", "name": "Everybody"}),
    "deleteSegment": WayIn(AUTOMATION, "userErrors { code }", {"segment": "Some"}),
    "createContactToken": WayIn(
        Scope.MINT_TOKENS, "token userErrors { code }", {"contact": {"email": "dubois@example.com"}}
    ),
    "eraseContact": WayIn(
        Scope.ERASE_CONTACTS, "userErrors { code }", {"contact": {"email": "gone@example.com"}, "records": "DELETE"}
    ),
}
UPLOADS = {  # mutations that take a file: what they say of it
    "importRecords": (RECORDS, "nom\nNew\n", {"definition": "veterinarian"}),
    "importCustomers": (CATALOGUE, "idCustomer\nnew\n", {}),
    "importProducts": (CATALOGUE, "idProduct,name,price\nn,New,1\n", {}),
}
WAYS_IN = QUERIES | MUTATIONS
TABLES = (
    "contacts", "customers", "products", "definitions", "records", "override_sources", "idempotent_answers",
    "token_keys", "changes", "change_heads", "triggers", "deliveries", "webhook_secrets", "segments",
)  # fmt: skip


def root_fields(name: str) -> set[str]:
    kind = schema._schema.type_map[name]
    assert isinstance(kind, GraphQLObjectType)
    return set(kind.fields)


def test_every_root_field_has_its_scope_here() -> None:
    assert set(QUERIES) == root_fields("Query")
    assert {*MUTATIONS, *UPLOADS} == root_fields("Mutation")
    shown = {"ping", "customDataChanged"}  # see test_change_subscriptions.py
    assert root_fields("Subscription") == shown, "subscriptions need scopes: give them theirs, and a test"


@pytest.fixture(scope="module")
async def vets_once(database: Database, http: httpx.AsyncClient, admin_url: str) -> VetShop:
    vets = await new_vet_shop(await new_shop(database, http, admin_url))
    for name in ("Tag", "Label"):
        await vets.shop.define(name, {"code": "STRING"})
    for name in ("All", "Some"):
        await vets.shop.run("createSegment", "userErrors { code }", name=name, where={})
    await vets.shop.products({"idProduct": "bowl", "name": "Bowl", "price": 14})
    await vets.shop.contact("gone@example.com")
    return vets


async def with_scopes(shop: ShopClient, scopes: Iterable[Scope]) -> ShopClient:
    text, digest, prefix = new_key(shop.id)
    async with shop.database.writing(shop.id) as session:
        await create_key(session, "scoped", digest, prefix, list(scopes))
    return ShopClient(shop.id, text, shop.database, shop.http)


async def stored(shop: ShopClient) -> dict[str, Any]:
    async with shop.database.pool.acquire() as connection, connection.transaction():
        await connection.execute(f"set local app.shop_id = '{shop.id}'")
        return {table: sorted(map(str, await connection.fetch(f"select * from {table}"))) for table in TABLES}


def document(name: str) -> tuple[str, dict[str, Any]]:
    way = WAYS_IN[name]
    if name in QUERIES:
        return way.asked, {}
    kind = INPUTS.get(name, "CreateContactTokenInput")
    return f"mutation($input: {kind}!) {{ {name}(input: $input) {{ {way.asked} }} }}", {"input": way.input}


@pytest.mark.parametrize("name", WAYS_IN)
async def test_all_other_scopes_do_not_open_it(vets_once: VetShop, name: str) -> None:
    scope = WAYS_IN[name].scope
    scoped = await with_scopes(vets_once.shop, ALL_SCOPES - {scope})
    before = await stored(scoped)
    query, variables = document(name)
    answer = await scoped.answer(query, **variables)
    [error] = answer["errors"]
    assert error["extensions"] == {"code": "FORBIDDEN", "scope": scope.value}
    assert repr(scope.value) in error["message"]
    assert (answer["data"] or {name: None}) == {name: None}
    assert await stored(scoped) == before


@pytest.mark.parametrize("name", WAYS_IN)
async def test_its_scope_alone_opens_it(vets_once: VetShop, name: str) -> None:
    scoped = await with_scopes(vets_once.shop, {WAYS_IN[name].scope})
    query, variables = document(name)
    found = (await scoped.ask(query, **variables))[name]
    assert name in QUERIES or (found.get("userErrors") or []) == []


@pytest.mark.parametrize("name", UPLOADS)
async def test_a_file_needs_the_scope_of_what_it_brings(vets_once: VetShop, name: str) -> None:
    scope, file, given = UPLOADS[name]
    scoped = await with_scopes(vets_once.shop, ALL_SCOPES - {scope})
    before = await stored(scoped)
    [error] = (await upload(scoped, file, name, **given)).json()["errors"]
    assert error["extensions"] == {"code": "FORBIDDEN", "scope": scope.value}
    assert await stored(scoped) == before
    told = await imported(await with_scopes(vets_once.shop, {scope}), file, name, **given)
    assert (told["read"], told["rejected"], told["userErrors"]) == (1, 0, [])


MIXED = {
    "beside": 'mutation { %s setOverrides(input: {systemField: "price", sources: []}) { userErrors { code } } }',
    "in a fragment": """mutation { %s ... on Mutation { ...F } } fragment F on Mutation { ...G ...G }
        fragment G on Mutation { again: setOverrides(input: {systemField: "price", sources: []}) { __typename } }""",
}


@pytest.mark.parametrize("document", MIXED.values(), ids=MIXED)
async def test_a_document_with_one_mutation_outside_writes_nothing(shop: ShopClient, document: str) -> None:
    scoped = await with_scopes(shop, {Scope.WRITE_CATALOGUE})
    before = await stored(shop)
    save = """saveProducts(input: {products: [{idProduct: "1", name: "One", price: 1}], idempotencyKey: "k"}) {
        created } __typename"""
    answer = await scoped.answer(document % save)
    assert {name for name, payload in answer["data"].items() if payload is not None} <= {"__typename"}
    refusal = {"code": "FORBIDDEN", "scope": "manage_overrides"}
    assert [error["extensions"] for error in answer["errors"]] == [refusal, refusal]  # one for each mutation
    assert await stored(shop) == before
    assert "errors" not in await scoped.answer(f"mutation {{ {save} }}")


SAVED = '{ saveCustomDataRecords(input: {definition: "vet_assignment", records: [%s]}) { results { record { %s } } } }'
BEYOND = {
    "its relations": 'relation(field: "contact_id") { __typename }',
    "what refers to it": 'relatedBy(definition: "vet_assignment") { nodes { id } }',
    "its definition": "definition { name }",
    "its price": "pricing { payable }",
}


@pytest.mark.parametrize("asked", BEYOND.values(), ids=BEYOND)
async def test_a_payload_shows_what_was_written_and_no_way_on(vets: VetShop, asked: str) -> None:
    scoped = await with_scopes(vets.shop, {Scope.WRITE_RECORDS})
    record = f"{{contact_id: {vets.dubois}, veto_id: {vets.martin}}}"
    shown = await scoped.ask("mutation " + SAVED % (record, "idRecord data"))
    assert shown["saveCustomDataRecords"]["results"][0]["record"]["data"]["veto_id"] == vets.martin
    answer = await scoped.answer("mutation " + SAVED % (record, asked))
    [error] = answer["errors"]
    assert error["extensions"] == {"code": "FORBIDDEN", "scope": "read"}


CUSTOMER = """mutation { saveCustomers(input: {customers: [{idCustomer: "dubois@example.com"}]}) {
    results { contact { %s } } } }"""


@pytest.mark.parametrize(
    "asked",
    ["customers { email }", 'customData(definition: "vet_assignment") { nodes { id } }', "products { nodes { id } }",
     "customDataDefinitions { name }", "segments { name }", "matches(where: {})", "why(where: {}) { isTrue }"],
)  # fmt: skip
async def test_a_saved_customers_contact_is_no_way_on_either(vets: VetShop, asked: str) -> None:
    scoped = await with_scopes(vets.shop, {Scope.WRITE_CATALOGUE})
    assert "errors" not in await scoped.answer(CUSTOMER % "idContact")
    answer = await scoped.answer(CUSTOMER % asked)
    assert [error["extensions"] for error in answer["errors"]] == [{"code": "FORBIDDEN", "scope": "read"}]


@pytest.mark.parametrize(
    "asked",
    ["contacts { nodes { id } }", "count { count }", 'contains(contact: {idContact: "1"})', "usedBy { name }",
     'why(contact: {idContact: "1"}) { isTrue }', "problem"],
)  # fmt: skip
async def test_nor_is_a_kept_segment(vets: VetShop, asked: str) -> None:
    scoped = await with_scopes(vets.shop, {Scope.MANAGE_AUTOMATION})
    keep = 'mutation { createSegment(input: {name: "%s", where: {}}) { segment { %s } } }'
    assert "errors" not in await scoped.answer(keep % ("One", "idSegment name where"))
    answer = await scoped.answer(keep % ("Two", asked))
    assert [error["extensions"] for error in answer["errors"]] == [{"code": "FORBIDDEN", "scope": "read"}]


async def test_nor_is_a_saved_product(vets: VetShop) -> None:
    scoped = await with_scopes(vets.shop, {Scope.WRITE_CATALOGUE})
    save = """mutation { saveProducts(input: {products: [{idProduct: "diet", name: "Diet", price: 79}]}) {
        results { product { %s } } } }"""
    assert "errors" not in await scoped.answer(save % "idProduct nativePrice price")
    records = 'customData(definition: "vet_pricing") { nodes { id } }'
    for asked in ('price(contact: {email: "dubois@example.com"})', records):
        answer = await scoped.answer(save % asked)
        assert [error["extensions"] for error in answer["errors"]] == [{"code": "FORBIDDEN", "scope": "read"}]
