"""The change log tells what happened, once, in the order of commits."""

import asyncio
from typing import Any

import pytest

from app.domain.changes import Change, Kind
from app.domain.limits import CHANGE_DAYS
from app.store import changes
from app.store.database import Database
from tests.shops import ShopClient

CHANGES = """query($definition: String, $record: ID, $first: Int, $after: String, $last: Int) {
    customDataChanges(definition: $definition, record: $record, first: $first, after: $after, last: $last) {
        totalCount { count isExact }
        pageInfo { hasNextPage endCursor }
        nodes { sequence kind idRecord version before after changedFields summary suppressed operation idempotencyKey }
    }
}"""


async def log(shop: ShopClient, **asked: Any) -> list[dict[str, Any]]:
    """The changes of records, or as asked."""
    found = (await shop.ask(CHANGES, **asked))["customDataChanges"]["nodes"]
    return [each for each in found if not each["kind"].startswith(("DEFINITION", "OVERRIDES"))]


async def loyalty(shop: ShopClient) -> str:
    return await shop.define("Loyalty", {"code": "STRING", "points": "NUMBER"}, uniqueKeys=["code"])


async def test_what_a_save_changes_is_logged_in_the_order_of_its_items(shop: ShopClient) -> None:
    key = await loyalty(shop)
    await shop.save(key, {"code": "b", "points": 1}, {"code": "a", "points": 2}, {"code": "bad", "points": "many"})
    await shop.save(key, {"code": "a", "points": 3}, {"code": "b"}, {"code": "c"}, idempotencyKey="k")
    seen = [
        (each["kind"], each["version"], each["before"], each["after"], each["changedFields"], each["operation"],
         each["idempotencyKey"])
        for each in await log(shop, definition=key)
    ]  # fmt: skip
    save = "saveCustomDataRecords"
    assert seen == [
        ("CREATED", 1, None, {"code": "b", "points": 1}, ["code", "points"], save, None),
        ("CREATED", 1, None, {"code": "a", "points": 2}, ["code", "points"], save, None),
        ("UPDATED", 2, {"code": "a", "points": 2}, {"code": "a", "points": 3}, ["points"], save, "k"),
        ("CREATED", 1, None, {"code": "c"}, ["code"], save, "k"),
    ]


async def test_two_items_of_one_record_are_one_change(shop: ShopClient) -> None:
    key = await loyalty(shop)
    await shop.save(key, {"code": "a", "points": 1}, {"code": "a", "points": 2})
    [change] = await log(shop)
    assert (change["kind"], change["version"], change["after"]) == ("CREATED", 2, {"code": "a", "points": 2})


async def test_records_without_a_unique_key_are_logged_as_they_are_inserted(shop: ShopClient) -> None:
    key = await shop.define("Visit", {"note": "STRING"})
    saved = await shop.save(key, {"note": "x"}, {"note": "y"})
    ids = [result["record"]["idRecord"] for result in saved["results"]]
    assert [(each["idRecord"], each["after"]) for each in await log(shop)] == [
        (ids[0], {"note": "x"}), (ids[1], {"note": "y"}),
    ]  # fmt: skip


async def test_what_changes_nothing_is_no_change(shop: ShopClient) -> None:
    key = await loyalty(shop)
    one = await shop.save_one(key, {"code": "a", "points": 1})
    before = await log(shop)
    await shop.save(key, {"code": "a", "points": 1})
    await shop.save(key, {"code": "new"}, {"code": "bad", "points": "x"}, errorPolicy="REJECT_ALL")
    await shop.run("updateCustomDataRecord", "outcome", id=str(one), data={"points": 1})
    await shop.run("deleteCustomDataRecord", "deleted", id="999999999")
    await shop.run("activateCustomDataDefinition", "userErrors { code }", definition=key)
    assert await log(shop) == before


async def test_a_replay_is_no_second_change(shop: ShopClient) -> None:
    key = await shop.define("Visit", {"note": "STRING"})
    for _ in range(2):
        await shop.save(key, {"note": "x"}, idempotencyKey="once")
    assert len(await log(shop)) == 1


async def test_a_records_history_outlives_it(shop: ShopClient) -> None:
    key = await loyalty(shop)
    one, other = [await shop.save_one(key, {"code": code}) for code in ("a", "b")]
    await shop.run("updateCustomDataRecord", "outcome", id=str(one), data={"points": 5})
    await shop.run("deleteCustomDataRecord", "deleted", id=str(one))
    await shop.run("bulkDeleteCustomDataRecords", "results { deleted }", definition=key, ids=[str(other), "77777777"])
    seen = await log(shop, record=str(one))
    assert [(each["kind"], each["version"], each["operation"]) for each in seen] == [
        ("CREATED", 1, "saveCustomDataRecords"),
        ("UPDATED", 2, "updateCustomDataRecord"),
        ("DELETED", 3, "deleteCustomDataRecord"),
    ]
    assert (seen[2]["before"], seen[2]["after"]) == ({"code": "a", "points": 5}, None)
    [_, gone] = await log(shop, record=str(other))
    assert (gone["kind"], gone["operation"]) == ("DELETED", "bulkDeleteCustomDataRecords")


async def test_an_import_is_summed_up_or_kept_quiet(shop: ShopClient) -> None:
    key = await loyalty(shop)
    await shop.save_one(key, {"code": "a"})
    saved = await shop.save(key, {"code": "a", "points": 1}, {"code": "b"}, events="SUMMARY")
    ids = [int(result["record"]["idRecord"]) for result in saved["results"]]
    await shop.save(key, {"code": "b", "points": 2}, events="SUPPRESS")
    _, summed, quiet = await log(shop)
    assert summed["kind"] == "SUMMARY"
    assert summed["summary"] == {"created": 1, "updated": 1, "deleted": 0, "ids": [ids[1], ids[0]]}
    assert (quiet["kind"], quiet["suppressed"], quiet["after"]) == ("UPDATED", True, {"code": "b", "points": 2})


async def test_definitions_and_overrides_are_logged_too(shop: ShopClient) -> None:
    fields = {"contact_id": "NUMBER", "product_id": "STRING", "price": "DECIMAL"}
    targets = [("contact_id", "contacts"), ("product_id", "products")]
    relations = [{"sourceField": f, "targetSchemaType": "SYSTEM", "targetSchema": t} for f, t in targets]
    key = await shop.define("Deal", fields, relationships=relations)
    source = {"definition": key, "field": "price", "priority": 1}
    answer = await shop.override(source)
    assert answer["userErrors"] == [], answer
    await shop.run("deactivateCustomDataDefinition", "userErrors { code }", definition=key)
    more = [{"name": "note", "type": "STRING"}]
    await shop.run("extendCustomDataDefinition", "userErrors { code }", definition=key, fields=more)
    await shop.run("deleteCustomDataDefinition", "userErrors { code }", definition=key, force=True)
    found = (await shop.ask(CHANGES))["customDataChanges"]["nodes"]
    assert [(each["kind"], each["changedFields"], each["operation"]) for each in found] == [
        ("DEFINITION_CREATED", ["key", "name", "status", "fields", "contact_access"], "createCustomDataDefinition"),
        ("OVERRIDES_SET", ["price"], "setOverrides"),
        ("DEFINITION_UPDATED", ["status"], "deactivateCustomDataDefinition"),
        ("DEFINITION_UPDATED", ["fields"], "extendCustomDataDefinition"),
        ("DEFINITION_DELETED", ["key", "name", "status", "fields", "contact_access"], "deleteCustomDataDefinition"),
    ]


async def test_what_it_points_to_is_shown_while_it_is_there(shop: ShopClient) -> None:
    key = await loyalty(shop)
    one = await shop.save_one(key, {"code": "a"})
    asked = """query($record: ID) { customDataChanges(record: $record) {
        nodes { id record { data } definition { key } idApiKey idDefinition madeAt } } }"""
    [change] = (await shop.ask(asked, record=str(one)))["customDataChanges"]["nodes"]
    assert (change["record"]["data"]["code"], change["definition"]["key"]) == ("a", key)
    again = await shop.ask("query($id: ID!) { node(id: $id) { id ... on CustomDataChange { kind } } }", id=change["id"])
    assert again["node"] == {"id": change["id"], "kind": "CREATED"}
    await shop.run("deleteCustomDataRecord", "deleted", id=str(one))
    gone, _ = (await shop.ask(asked, record=str(one)))["customDataChanges"]["nodes"]
    assert gone["record"] is None


async def test_it_is_read_on_from_a_cursor_while_others_write(shop: ShopClient) -> None:
    """Eight writers commit in whatever order; who reads on behind what was read misses nothing."""
    key = await shop.define("Visit", {"writer": "NUMBER", "n": "NUMBER"})
    start = (await shop.ask(CHANGES, last=1))["customDataChanges"]["pageInfo"]["endCursor"]

    async def write(writer: int) -> None:
        for n in range(6):
            await shop.save(key, {"writer": writer, "n": n}, {"writer": writer, "n": n})

    read: list[dict[str, Any]] = []

    async def follow() -> None:
        cursor = start
        while len(read) < 96:
            page = (await shop.ask(CHANGES, first=7, after=cursor))["customDataChanges"]
            read.extend(page["nodes"])
            cursor = page["pageInfo"]["endCursor"] or cursor

    async with asyncio.timeout(60):
        await asyncio.gather(follow(), *map(write, range(8)))
    sequences = [int(each["sequence"]) for each in read]
    assert sequences == list(range(sequences[0], sequences[0] + 96))
    for writer in range(8):
        own = [each["after"]["n"] for each in read if each["after"]["writer"] == writer]
        assert own == sorted(own)


async def test_each_shop_counts_for_itself(shop: ShopClient, other_shop: ShopClient) -> None:
    for each in (shop, other_shop):
        key = await loyalty(each)
        await each.save(key, {"code": "a"})
        assert [int(change["sequence"]) for change in await log(each)] == [2]
    totals = (await shop.ask(CHANGES))["customDataChanges"]["totalCount"]
    assert totals == {"count": 2, "isExact": True}


async def test_the_log_ends_after_its_time(shop: ShopClient) -> None:
    """What is older goes when newer comes, never what is not."""
    cause = changes.Cause("test", 1, None)
    many = [Change(Kind.CREATED, n, 1, None, {}) for n in range(40)]
    async with shop.database.writing(shop.id) as session:
        await changes.record(session, cause, 1, many[:25], suppressed=False)
    async with shop.database.writing(shop.id) as session:
        aged = f"update changes set made_at = now() - interval '{CHANGE_DAYS + 1} days' where shop_id = $1"
        await (await session._ready()).execute(aged, shop.id)
    async with shop.database.writing(shop.id) as session:
        await changes.record(session, cause, 1, many[25:], suppressed=False)
    assert (await shop.ask(CHANGES))["customDataChanges"]["totalCount"]["count"] == 15


async def test_a_setting_says_how_long_it_keeps_them(shop: ShopClient, gateway_url: str) -> None:
    cause = changes.Cause("test", 1, None)
    kept = []
    for days in (3, 3, 2):
        database = await Database.connect(gateway_url, size=1, change_days=days)
        async with database.writing(shop.id) as session:
            await changes.record(session, cause, 1, [Change(Kind.CREATED, days, 1, None, {})], suppressed=False)
            aged = "update changes set made_at = now() - interval '50 hours' where shop_id = $1 and sequence = 1"
            await (await session._ready()).execute(aged, shop.id)
        await database.close()
        kept.append([int(change["sequence"]) for change in await log(shop)])
    assert kept == [[1], [1, 2], [2, 3]]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"definition": "nothing"}, "DEFINITION_NOT_FOUND"),
        ({"record": "nothing"}, "BAD_USER_INPUT"),
        ({"record": "1", "definition": "loyalty"}, "BAD_USER_INPUT"),
        ({"after": "nothing"}, "BAD_USER_INPUT"),
    ],
)
async def test_what_cannot_be_asked(asked: dict[str, Any], code: str, shop: ShopClient) -> None:
    await loyalty(shop)
    [(told, message)] = await shop.errors(CHANGES, **asked)
    assert told == code
    assert message


async def test_a_save_costs_one_statement_more(shop: ShopClient) -> None:
    key = await loyalty(shop)
    with shop.statements() as seen:
        await shop.save(key, *[{"code": str(n)} for n in range(50)])
    assert seen.count("changes.record") == 1
