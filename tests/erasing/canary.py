"""A shop that knows a person in every way it can, and everybody else too; and what its tables hold, as text."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import asyncpg

from app.domain.webhooks import DeliveryStatus
from app.operations.fire_triggers import fire
from app.store import deliveries
from app.store.deliveries import Failure, Room
from app.store.paging import Page
from tests.shops import ShopClient, to
from tests.storefront import as_contact
from tests.tour_of_events import new_trigger

ERASE = (
    "idContact customers changes deliveries answers segments triggers "
    "records { idDefinition deleted unlinked definition { key } } userErrors { code path message }"
)
URL = "https://hooks.example.com/"
LOG = """query($record: ID, $definition: String) {
    customDataChanges(record: $record, definition: $definition, first: 100) {
        nodes { sequence kind idRecord before after erased summary idempotencyKey operation } } }"""


@dataclass
class Canary:
    """The person, by what nobody else has; and somebody else with the same kind of records."""

    contact: int
    other: int
    texts: tuple[str, ...]  # that must be found nowhere afterwards
    email: str
    note: int  # a record about the person, and others refer to it
    reply: int  # a record that refers to the note
    vet: int
    token: ShopClient
    triggers: tuple[str, str]

    async def left(self, admin_url: str) -> dict[str, list[str]]:
        """The tables that hold one of its texts, and which of them."""
        return self.found_in(await rows_with(admin_url, *self.texts))

    def found_in(self, tables: dict[str, list[str]]) -> dict[str, list[str]]:
        """What holds one of its texts, in any case, and which of them."""
        told = {name: "\n".join(rows).lower() for name, rows in tables.items()}
        found = {name: [each for each in self.texts if each.lower() in text] for name, text in told.items()}
        return {name: each for name, each in found.items() if each}


async def rows_with(admin_url: str, *texts: str) -> dict[str, list[str]]:
    """The rows of all tables of the database, partitions too, in which one of the texts stands, in any case."""
    return await _rows(admin_url, "lower(t::text) like any($1::text[])", [f"%{text.lower()}%" for text in texts])


async def rows_of(admin_url: str, shop: ShopClient) -> dict[str, list[str]]:
    """All that is kept of a shop."""
    return await _rows(admin_url, "t::text like $1", f"({shop.id},%")


async def _rows(admin_url: str, condition: str, value: object) -> dict[str, list[str]]:
    connection = await asyncpg.connect(admin_url)
    try:
        names = await connection.fetch(
            "select relname from pg_class where relkind in ('r', 'p', 'm')"
            " and relnamespace = current_schema()::regnamespace order by 1"
        )
        found = {
            name: [row[0] for row in await connection.fetch(f"select t::text from {name} t where {condition}", value)]
            for (name,) in names
        }
    finally:
        await connection.close()
    return {name: sorted(rows) for name, rows in found.items() if rows}


async def define(shop: ShopClient) -> None:
    """Cards that belong to one contact, notes that may do without, replies to notes, and a vet's price list."""
    await shop.products({"idProduct": "diet", "name": "Diet", "price": "79.90"})
    await shop.define("Vet", {"nom": "STRING"}, uniqueKeys=["nom"])
    await shop.define(
        "Vet pricing", {"vet_id": "NUMBER", "product_id": "STRING", "price": "DECIMAL"},
        uniqueKeys=["vet_id", "product_id"], relationships=[to("vet_id", "vet"), to("product_id", "products")],
    )  # fmt: skip
    await shop.define(
        "Card", {"contact_id": "NUMBER", "vet_id": "NUMBER", "tier": "STRING", "holder": "STRING"},
        uniqueKeys=["contact_id"], contactAccess="READ",
        relationships=[to("contact_id", "contacts"), to("vet_id", "vet")],
    )  # fmt: skip
    await shop.define(
        "Note", {"contact_id": "NUMBER", "by_id": "NUMBER", "text": "LONGTEXT", "phone": "STRING"},
        relationships=[to("contact_id", "contacts"), to("by_id", "contacts")],
    )  # fmt: skip
    await shop.define("Reply", {"note_id": "NUMBER"}, relationships=[to("note_id", "note")])


async def new_canary(shop: ShopClient) -> Canary:
    """Fills the shop. The person has two customers, a card, notes of now and before, and stands in conditions, answers
    kept for retries, and webhooks that arrived, did not arrive, and are to be sent."""
    mark = uuid4().hex[:12]
    email, first, last = f"canary.{mark}@example.com", f"Canaria{mark}", f"Feathers{mark}"
    phone, text, ids = f"+33{mark}", f"likes seeds {mark}seeds", (f"web{mark}", f"till{mark}")
    await define(shop)
    vet = await shop.save_one("vet", {"nom": "Dr Martin"})
    await shop.save_one("vet_pricing", {"vet_id": vet, "product_id": "diet", "price": 64})
    person = {"email": email.upper(), "emailVerified": True, "firstName": first, "lastName": last}
    pushed = {"customers": [{"idCustomer": ids[0], "source": "web", **person}], "idempotencyKey": "push"}
    made = await shop.run("saveCustomers", "results { contact { idContact } }", **pushed)
    contact = int(made["results"][0]["contact"]["idContact"])
    await shop.customers({"idCustomer": ids[1], "source": "till", **person})
    other = await shop.contact("other@example.com", firstName="Other")
    seconds = await _triggers(shop, email, contact)
    card = {"vet_id": vet, "tier": "gold"}
    cards = [{"contact_id": contact, "holder": first, **card}, {"contact_id": other, "holder": "Other", **card}]
    await shop.save("card", *cards, idempotencyKey="cards")
    await shop.save("card", {"contact_id": contact, "tier": "silver"})
    note = await shop.save_one("note", {"contact_id": contact, "text": text, "phone": phone})
    reply = await shop.save_one("reply", {"note_id": note})
    past = await shop.save_one("note", {"text": text, "phone": phone})
    await shop.run("updateCustomDataRecord", "outcome", id=str(past), data={"contact_id": contact})
    await shop.run("deleteCustomDataRecord", "deleted", id=str(past))
    moved = await shop.save_one("note", {"contact_id": contact, "phone": phone})
    await shop.run("updateCustomDataRecord", "outcome", id=str(moved), data={"contact_id": other, "phone": None})
    await shop.save("note", {"by_id": other, "text": f"about {mark[:3]}"}, events="SUMMARY")
    where = {"or": [{"email": {"in": [email, "other@example.com"]}}, {"id_contact": {"eq": contact}},
                    {"customers": {"some": {"id_customer": {"eq": ids[0]}}}}]}  # fmt: skip
    await shop.run("createSegment", "userErrors { code }", name="Both", where=where)
    await shop.run("createSegment", "userErrors { code }", name="Not she", where={"not": {"email": {"eq": email}}})
    await _deliveries(shop, seconds)
    token = await as_contact(shop, contact)
    return Canary(contact, other, (email, first, last, phone, text, *ids), email, note, reply, vet, token, seconds)


async def _triggers(shop: ShopClient, email: str, contact: int) -> tuple[str, str]:
    """On cards and on notes; the second names the person."""
    first = await new_trigger(
        shop, name="Cards", definition="card", when={}, transition="EVERY_MATCH", deliver={"url": URL}
    )
    when = {"or": [{"contact_id": {"is": {"email": {"ne": email}}}}, {"by_id": {"notIn": [str(contact)]}}]}
    second = await new_trigger(
        shop, name="Notes", definition="note", when=when, transition="EVERY_MATCH", deliver={"url": URL}
    )
    return first, second


async def _deliveries(shop: ShopClient, triggers: tuple[str, str]) -> None:
    """Of the cards, one arrives, and what comes behind it is lost; the notes' are to be sent."""
    for trigger in map(int, triggers):
        while await fire(shop.database, shop.id, trigger):
            pass
    rooms = {int(triggers[0]): Room(9, 9)}
    async with shop.database.writing(shop.id) as session:
        for first, *behind in await deliveries.claim(session, rooms, 60):
            await deliveries.delivered(session, [(first, 200)])
            await deliveries.failed(session, [Failure(each, 500, "Answered 500.", 0, dead=True) for each in behind])


async def all_deliveries(shop: ShopClient) -> list[Any]:
    async with shop.database.reading(shop.id) as session:
        return list(await deliveries.page(session, Page(1000), [*DeliveryStatus]))


async def erase(shop: ShopClient, contact: dict[str, Any], **more: Any) -> Any:
    """The payload of eraseContact."""
    document = f"mutation($input: EraseContactInput!) {{ eraseContact(input: $input) {{ {ERASE} }} }}"
    return (await shop.ask(document, input={"contact": contact, "records": "DELETE", **more}))["eraseContact"]


async def log(shop: ShopClient, **of: Any) -> list[dict[str, Any]]:
    """The change log, from its beginning."""
    found: list[dict[str, Any]] = (await shop.ask(LOG, **of))["customDataChanges"]["nodes"]
    return found
