"""What happens in a shop's life, and is told, erased and forgotten: the steps of the tour (see tour.py) that go by the
change log."""

from app.bulk.person import person_file
from app.domain.references import ContactReference
from app.domain.webhooks import DeliveryStatus
from app.operations.fire_triggers import fire
from app.operations.forget_expired import forget_expired
from app.store import changes_apart, deliveries, triggers, webhook_secrets
from app.store.administration import administering
from app.store.deliveries import Failure, Room
from app.store.paging import Page
from tests.shops import ShopClient, VetShop, to


async def follow_changes(client: ShopClient, vets: VetShop) -> None:
    async with client.database.trying(client.id) as session:  # as a cluster takes it
        session.change_days = 0
        cause, change = (None, True, "setOverrides", 0, None), ("OVERRIDES_SET", None, None, None, "[]", None)
        assert await changes_apart.record(session, cause, [[each] for each in change]) > 0
    assert await client.database.feeds.start(client.id, None) > 0
    seen = "totalCount { count } nodes { kind }"
    for page in ("first: 5", "last: 5"):
        found = await client.ask(
            f"""query($vet: ID!) {{ all: customDataChanges({page}) {{ {seen} }}
            some: customDataChanges(definition: "vet_assignment", {page}) {{ {seen} }}
            one: customDataChanges(record: $vet, {page}) {{ {seen} }} }}""",
            vet=str(vets.martin),
        )
        assert all(each["nodes"] for each in found.values())


async def fire_triggers(client: ShopClient, admin_url: str) -> None:
    visitor = await client.contact("visitor@example.com")
    await client.define("Visit", {"contact_id": "NUMBER"}, relationships=[to("contact_id", "contacts")])
    when = {"contact_id": {"is": {"email": {"eq": "visitor@example.com"}}}}
    about = {"definition": "visit", "when": when, "deliver": {"url": "https://hooks.example.com/"}}
    trigger = await new_trigger(client, name="visits", **about)
    await client.run("updateTrigger", "userErrors { code }", trigger=trigger, name="Visits")
    await client.save("visit", *[{"contact_id": visitor}] * 3)
    async with client.database.reading(client.id) as session:
        [state] = await triggers.states(session)
    assert state.behind
    while await fire(client.database, client.id, int(trigger)):
        pass
    async with client.database.writing(client.id) as session:
        assert await webhook_secrets.valid(session)
        [first], [second] = await deliveries.claim(session, {int(trigger): Room(2)}, 60)
        await deliveries.delivered(session, [(first, 200)])
        await deliveries.let_go(session, [second])
        [[second]] = await deliveries.claim(session, {int(trigger): Room(1)}, 60)
        await deliveries.failed(session, [Failure(second, None, "no answer", 0, dead=True)])
        assert await deliveries.replay(session, [second.id]) == [second.id]
        [[again]] = await deliveries.claim(session, {int(trigger): Room(1)}, 60)
        await deliveries.failed(session, [Failure(again, 500, "Answered 500.", 0, dead=True)])
        seen = await deliveries.page(session, Page(9), [*DeliveryStatus])
        assert await deliveries.page(session, Page(9, backward=True), [*DeliveryStatus]) == seen[::-1]
        assert await deliveries.count(session, 9, [*DeliveryStatus], int(trigger)) == len(seen) == 3
        assert await deliveries.by_id(session, second.id)
        assert await deliveries.replay_all(session, None, 9)
        assert len(await deliveries.statuses(session, [second.id, 0])) == 1
        assert await deliveries.hurry(session, [second.id]) == []  # it is sent now anyway
    async with administering(admin_url) as connection:
        await connection.execute("update deliveries set next_at = now() + interval '1 hour' where id = $1", second.id)
    async with client.database.writing(client.id) as session:
        assert await deliveries.hurry(session, [second.id]) == [second.id]
    async with client.database.trying(client.id) as session:
        await deliveries.forget(session, 9, 0)
    await client.run("rotateWebhookSecret", "secret", overlap=60)
    for switch in ("disableTrigger", "enableTrigger"):
        await client.run(switch, "trigger { enabled }", trigger=trigger)
    await client.run("deleteTrigger", "deleted", trigger=trigger)


async def new_trigger(client: ShopClient, **input: object) -> str:
    """Adds a trigger, which must be good, and gives its id."""
    made = await client.run("createTrigger", "trigger { idTrigger } userErrors { code message path }", **input)
    assert made["userErrors"] == [], made["userErrors"]
    id_: str = made["trigger"]["idTrigger"]
    return id_


async def erase_people(client: ShopClient) -> None:
    """Unlinked, then deleted; each is named in conditions, and told of to somebody. The first has a namesake."""
    namesake = {"source": "till", "idCustomer": "unlink@example.com"}
    for records in ("UNLINK", "DELETE"):
        email = f"{records.lower()}@example.com"
        contact = await client.contact(email)
        await client.customers(namesake | {"email": "namesake@example.com"})
        await client.customers(namesake | {"email": "unlink@example.com"})
        about = {"definition": "visit", "transition": "EVERY_MATCH", "deliver": {"url": "https://hooks.example.com/"}}
        when = {"contact_id": {"is": {"id_contact": {"eq": contact}}}}
        trigger = await new_trigger(client, name="told", when=when, **about)
        named = {"email": {"eq": email}}
        await client.run("createSegment", "userErrors { message }", name=records, where=named)
        await client.save("visit", *[{"contact_id": contact}] * 2, idempotencyKey=records)
        while await fire(client.database, client.id, int(trigger)):
            pass
        async with client.database.writing(client.id) as session:
            [[first], _] = await deliveries.claim(session, {int(trigger): Room(2)}, 60)
            await deliveries.delivered(session, [(first, 200)])
        async for _ in person_file(client.database, client.id, ContactReference("id_contact", contact)):
            pass
        erased = await client.run(
            "eraseContact", "userErrors { code } mentions { places { id } }", contact={"idContact": str(contact)},
            records=records,
        )  # fmt: skip
        assert erased["userErrors"] == []
        await client.run("deleteTrigger", "deleted", trigger=trigger)


async def forget_the_old(client: ShopClient, admin_url: str) -> None:
    assert not await forget_expired(client.database, client.id)  # all of it is young
    await client.save("visit", {}, idempotencyKey="forgotten")
    async with administering(admin_url) as connection:
        for table, time in (("changes", "made_at"), ("idempotent_answers", "created_at")):
            old = f"update {table} set {time} = now() - interval '400 days' where shop_id = $1"
            await connection.execute(old, client.id)
    while await forget_expired(client.database, client.id):
        pass
