"""A shop's whole life: every question and every write there is, so that every statement is issued with something to
find. Tests watch it; a new statement that no step issues makes them fail."""

import asyncio
import re
from importlib.resources import files

from app.domain.shops import new_key
from app.store import customers, keys, shops, token_keys
from app.store.administration import administering
from tests.bulk.files import import_text
from tests.shops import ShopClient, VetShop, new_vet_shop, to
from tests.tour_of_events import erase_people, fire_triggers, follow_changes, forget_the_old

# what the store composes of typed fragments, by the names its statements then have
COMPOSED = (
    "records.by_ids",
    "records.page_forward",
    "records.page_forward+ref1",
    "records.page_backward",
    "records.insert",
    "records.update",
    "records.related_ref1_asc",
    "records.related_ref1_desc",
    "records.related_product1_asc",
    "records.related_product1_desc",
    "records.count_related_ref1",
    "records.count_related_product1",
    "records.listed",
    "records.listed_count",
    "contacts.listed",
    "contacts.listed_count",
    "contacts.memberships",
    "contacts.findings",
    "products.listed",
    "products.listed_count",
    "records.nested_ref1",
    "records.nested_count_ref1",
    "records.aggregated",
    "records.aggregated_ref1",
    "contacts.aggregated",
    "products.aggregated",
    "prices.walk",
    "prices.reached_contacts",
    "prices.reached_products",
    "records.matching",
    "records.picked",
    "records.page_of_contact_asc",
)


def named_statements() -> list[str]:
    """Every statement of every .sql file that is issued inside a tenant: "contacts.by_ids"."""
    found = []
    for file in sorted(files("app.store").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".sql"):
            names = re.findall(r"^-- name: (\w+)", file.read_text(), re.MULTILINE)
            found += [f"{file.name.removesuffix('.sql')}.{name}" for name in names if not name.startswith("admin_")]
    return found


_READS = (
    'query($vet: ID!) { shop { name } overrides { path } overridePaths(definition: "vet_pricing") { path }'
    '  record: customDataRecord(id: $vet) { relatedBy(definition: "vet_pricing") { totalCount { count }'
    "    nodes { idRecord } } }"
    '  back: customDataRecord(id: $vet) { relatedBy(definition: "vet_pricing", last: 2) { nodes { idRecord } } } }',
    "{ contacts { totalCount { count } nodes { customers { source } customDataDefinitions { key }"
    '    customData(definition: "vet_assignment") { totalCount { count } nodes { idRecord } }'
    '    back: customData(definition: "vet_assignment", last: 1) { nodes { idRecord } }'
    "    products { totalCount { count } nodes { payable } } } } }",
    '{ contacts(search: "dub") { totalCount { count } nodes { email } } }',
    '{ contacts(last: 2) { nodes { email } } back: contacts(search: "dub", last: 1) { nodes { email } } }',
    '{ products { totalCount { count } nodes { customData(definition: "vet_pricing") { totalCount { count }'
    '    nodes { idRecord } } back: customData(definition: "vet_pricing", last: 1) { nodes { idRecord } } } } }',
    '{ products(search: "vet") { totalCount { count } nodes { name } } }',
    '{ products(last: 1) { nodes { name } } back: products(search: "vet", last: 1) { nodes { name } } }',
    '{ product(idProduct: "diet") { price(contact: {idCustomer: {idCustomer: "dubois@example.com"}})'
    '    payable(contact: {email: "dubois@example.com"}) } }',
    '{ customDataRecords(definition: "vet_pricing") { totalCount { count } nodes { idRecord'
    '    relation(field: "veto_id") { ... on CustomDataRecord { idRecord } } } } }',
    '{ customDataRecords(definition: "vet_pricing") { nodes { version } } }',
    '{ customDataRecords(definition: "vet_pricing", last: 1) { nodes { idRecord } } }',
    '{ customDataRecords(definition: "vet_assignment", where: {veto_id: {is: {nom: {contains: "Martin"}}},'
    '    since: {within: {last: {years: 20}}}}, orderBy: [{field: "since"}, {field: "contact_id.last_name"}]) {'
    "    totalCount { count } nodes { idRecord } } }",
    "{ contacts(where: {custom: {vetAssignment: {count: {lt: 2}}}}, orderBy: [{lastName: ASC}]) {"
    "    totalCount { count } nodes { email } } }",
    "{ products(where: {price: {gte: 5}, custom: {vetPricing: {some: {}}}}) { totalCount { count } nodes { name } } }",
    '{ contacts { nodes { customData(definition: "vet_assignment", where: {}, orderBy: {field: "since"}) {'
    '    totalCount { count } nodes { idRecord } } customDataAggregate(definition: "vet_assignment") {'
    "    groups { count } } } } }",
    '{ customDataAggregate(definition: "vet_pricing", groupBy: {field: "veto_id.nom"}) { groups { keys count'
    '    avg(field: "price") } } contactsAggregate(groupBy: {field: "created_at", unit: WEEK}) { groups { keys } }'
    '    productsAggregate { groups { max(field: "price") } } }',
    '{ customDataRecord(by: {definition: "veterinarian", key: "Dr Martin"}) { idRecord } }',
)
_NAMED_IN_MANY_WAYS = (
    {"veto_id": {"by": "nom", "value": "Dr Martin"}, "product_id": {"by": "reference", "value": "VD-12"}, "price": 63},
    {"veto_id": {"by": "nom", "value": "Dr Durand"}, "product_id": "diet", "price": 70},
)


async def tour(client: ShopClient, admin_url: str) -> VetShop:
    """Fills a shop and does everything with it. Two pushes of one new product run at once, so that locks are taken."""
    vets = await new_vet_shop(client)
    await _keys(client)
    await _dry_runs(client, vets)
    for query in _READS:
        await client.answer(query, **({"vet": str(vets.martin)} if "$vet" in query else {}))
    await client.save("vet_pricing", *_NAMED_IN_MANY_WAYS)
    await client.save(
        "vet_assignment",
        {"contact_id": {"by": "email", "value": "alone@example.com"}, "veto_id": vets.durand},
        {"contact_id": {"by": "id_customer", "value": "dubois@example.com"}, "veto_id": vets.durand},
    )
    await _templates(client)
    await _retried(client, admin_url)
    await _definitions(client, vets)
    await _segments(client)
    await _catalogue(client, admin_url)
    await _deletions(client, vets)
    await follow_changes(client, vets)
    await fire_triggers(client, admin_url)
    await erase_people(client)
    await _bulk(client)
    await forget_the_old(client, admin_url)
    return vets


async def _bulk(client: ShopClient) -> None:
    for repeated in (False, True):
        imported = await import_text(client, "contact_id.email\nvisitor@example.com\n", "visit")
        assert imported.ended.repeated == repeated
    async with client.database.reading(client.id) as session:
        assert await customers.page(session, ("", ""), 10)


async def _dry_runs(client: ShopClient, vets: VetShop) -> None:
    asked = (
        "dryRun { prices { totalCount { count } nodes { before } } triggers { nodes { kind } } } userErrors { code }"
    )
    price = {"veto_id": vets.martin, "product_id": "diet", "price": 10}
    assigned = {"contact_id": vets.dubois, "veto_id": None}
    for definition, record in (("vet_pricing", price), ("vet_assignment", assigned)):
        tried = await client.run("saveCustomDataRecords", asked, definition=definition, records=[record], dryRun=True)
        assert tried["userErrors"] == []


async def _templates(client: ShopClient) -> None:
    template = '{var=vet_assignment.since default="-"} {var=vet_assignment.veto_id.nom default="-"}'
    people = 'contacts: [{email: "dubois@example.com"}, {email: "alone@example.com"}]'
    query = f"query($template: String!) {{ renderTemplates(template: $template, {people}) {{ text }} }}"
    found = await client.ask(query, template=template)
    assert all(each["text"] for each in found["renderTemplates"])


async def _keys(client: ShopClient) -> None:
    async with client.database.writing(client.id) as session:
        _, digest, prefix = new_key(client.id)
        made = await keys.create_key(session, "second", digest, prefix)
        assert len(await keys.list_keys(session)) == 2
        assert await keys.find_key(session, digest)
        assert await keys.revoke_key(session, made.id)
        assert await shops.find_shop(session)
        signing = await token_keys.signing(session)
        assert await token_keys.signing(session) == signing
        await token_keys.rotate(session, 60.0)
        assert await token_keys.find(session, signing.id) == signing


async def _retried(client: ShopClient, admin_url: str) -> None:
    for _ in range(2):
        await client.save("veterinarian", {"nom": "Dr Petit"}, idempotencyKey="tour")
    async with administering(admin_url) as connection:
        old = "update idempotent_answers set created_at = now() - interval '25 hours' where shop_id = $1"
        await connection.execute(old, client.id)
    await client.save("veterinarian", {"nom": "Dr Grand"}, idempotencyKey="tour")


async def _definitions(client: ShopClient, vets: VetShop) -> None:
    await client.define("Note", {"about": "NUMBER", "text": "STRING"}, relationships=[to("about", "vet_pricing")])
    note = await client.save_one("note", {"text": "unkeyed"})
    await client.run("updateCustomDataRecord", "outcome", id=str(note), data={"text": "changed"})
    await client.run("extendCustomDataDefinition", "userErrors { message }", definition="note", name="Remark")
    await client.run("deactivateCustomDataDefinition", "userErrors { message }", definition="note")
    await client.override(
        {"definition": "vet_pricing", "field": "price", "priority": 1, "latestBy": "vet_assignment.since"},
        {"definition": "vet_pricing", "field": "price_discount", "priority": 2},
    )
    priced = 'query($id: ID!) { product(idProduct: "diet") { payable(contact: {idContact: $id}) } }'
    await client.ask(priced, id=str(vets.dubois))


async def _segments(client: ShopClient) -> None:
    payload = "segment { name } userErrors { message }"
    where = {"custom": {"vet_assignment": {"some": {"veto_id": {"is": {"nom": {"eq": "Dr Durand"}}}}}}}
    await client.run("createSegment", payload, name="Of Dr Durand", where=where)
    await client.run("createSegment", payload, name="All", where={})
    await client.ask('{ contacts { nodes { segments { name } why(segment: "of dr durand") { lines } } } }')
    await client.run("updateSegment", payload, segment="all", name="Everybody")
    await client.run("deleteSegment", payload, segment="everybody")


async def _catalogue(client: ShopClient, admin_url: str) -> None:
    await client.products({"idProduct": "diet", "reference": "VD-12", "name": "Veterinary Diet", "price": "80"})
    await client.customers({"idCustomer": "dubois@example.com", "firstName": "Anne"})
    second = {"source": "shop", "idCustomer": "7", "email": "dubois@example.com", "emailVerified": True}
    await client.customers(second)
    async with administering(admin_url) as connection:
        await connection.execute("update shops set unify_by_email = 'ALWAYS' where shop_id = $1", client.id)
    await client.customers({"source": "till", "idCustomer": "8", "email": "alone@example.com"})
    await asyncio.gather(*(client.products({"idProduct": "new", "name": "New", "price": 1}) for _ in range(2)))


async def _deletions(client: ShopClient, vets: VetShop) -> None:
    key = {"definition": "vet_pricing", "key": {"veto_id": vets.durand, "product_id": "diet"}}
    await client.run("updateCustomDataRecord", "outcome", by=key, data={"price": 72})
    several = {"definition": "veterinarian", "ids": [str(vets.martin), str(vets.durand)]}
    await client.run("bulkDeleteCustomDataRecords", "userErrors { message }", **several)
    await client.run("deleteCustomDataRecord", "deleted", id=str(vets.martin), force=True)
    gone = [{"idCustomer": "dubois@example.com"}, {"source": "till", "idCustomer": "8"},
            {"idCustomer": "alone@example.com"}]  # fmt: skip
    await client.run("deleteCustomers", "deleted", customers=gone)
    await client.run("deleteProducts", "deleted", ids=["diet"])
    await client.run("deleteCustomDataDefinition", "userErrors { message }", definition="vet_pricing", force=True)
