"""Whatever is tried, the same write right after gives the same verdicts, fires the same triggers and changes the same
prices; and trying changes no table."""

from typing import Any

import asyncpg
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.store.administration import administering
from tests.api.test_dry_run import DRY, HOOKS
from tests.shops import ShopClient, to
from tests.tour_of_events import new_trigger
from tests.webhooks.test_firing import told

CONTACTS, VETS, CLINICS, GOODS = range(3), ("v0", "v1", "v2"), ("c0", "c1"), ("p0", "p1", "p2")
VERDICTS = """userErrors { code path } warnings { code } results { index outcome errors { code path }
    warnings { code path } }"""
DELETED = "results { id deleted errors { code path } } userErrors { code }"
UPDATED = "outcome userErrors { code path } warnings { code }"
TRIGGERS = {
    "cheap": ("price", {"price": {"lt": 6}}, "BECOMES_TRUE"),
    "dear": ("price", {"price": {"lt": 6}}, "BECOMES_FALSE"),
    "linked": ("link", {"vet_id": {"is": {"name": {"eq": "v1"}}}}, "EVERY_MATCH"),
    "vet": ("vet", {"custom": {"link": {"some": {}}}}, "EVERY_MATCH"),
}


def named(by: str, value: str) -> dict[str, str]:
    return {"by": by, "value": value}


async def build(shop: ShopClient) -> list[int]:
    """Prices of three kinds: a contact's own, its vet's, the vet's clinic's. A contact may have several vets."""
    await shop.products(*({"idProduct": each, "name": each, "price": 10} for each in GOODS))
    people = [await shop.contact(f"{n}@example.com") for n in CONTACTS]
    await shop.define("Clinic", {"name": "STRING"}, uniqueKeys=["name"])
    await shop.define("Vet", {"name": "STRING", "clinic_id": "NUMBER", "note": "STRING"}, uniqueKeys=["name"],
                      relationships=[to("clinic_id", "clinic")])  # fmt: skip
    await shop.define("Link", {"contact_id": "NUMBER", "vet_id": "NUMBER", "since": "DATE"},
                      relationships=[to("contact_id", "contacts"), to("vet_id", "vet")])  # fmt: skip
    amounts = {"price": "DECIMAL", "discount": "DECIMAL"}
    await shop.define("Price", {"vet_id": "NUMBER", "product_id": "STRING", **amounts}, uniqueKeys=["vet_id",
                      "product_id"], relationships=[to("vet_id", "vet"), to("product_id", "products")])  # fmt: skip
    await shop.define("House price", {"clinic_id": "NUMBER", "product_id": "STRING", **amounts},
                      relationships=[to("clinic_id", "clinic"), to("product_id", "products")])  # fmt: skip
    await shop.define("Contract", {"contact_id": "NUMBER", "product_id": "STRING", **amounts},
                      relationships=[to("contact_id", "contacts"), to("product_id", "products")])  # fmt: skip
    for field, system_field in (("price", "price"), ("discount", "price_discount")):
        sources = [
            {"definition": "contract", "field": field, "priority": 1},
            {"definition": "price", "field": field, "priority": 2, "latestBy": "since"},
            {"definition": "house_price", "field": field, "priority": 3},
        ]
        assert (await shop.override(*sources, system_field=system_field))["userErrors"] == []
    for name, (definition, when, transition) in TRIGGERS.items():
        await new_trigger(
            shop, name=name, definition=definition, when=when, transition=transition, deliver={"url": HOOKS["url"]}
        )
    await shop.save("clinic", *({"name": each} for each in CLINICS))
    await shop.save("vet", *({"name": each, "clinic_id": named("name", "c0")} for each in VETS[:2]))
    await shop.save("price", *({"vet_id": named("name", "v0"), "product_id": each, "price": 8} for each in GOODS))
    await shop.save("house_price", {"clinic_id": named("name", "c0"), "product_id": "p0", "price": 7, "discount": 6})
    await shop.save("link", *({"contact_id": each, "vet_id": named("name", "v0")} for each in people[:2]))
    return people


amount = st.sampled_from([None, 4, 5, 5, 7, 9])
product_id = st.sampled_from([*GOODS, "gone"])
contact = st.sampled_from([*CONTACTS, 9]).map(lambda n: named("email", f"{n}@example.com"))
vet = st.sampled_from([*VETS, None]).map(lambda name: name and named("name", name))
clinic = st.sampled_from([*CLINICS, None]).map(lambda name: name and named("name", name))
day = st.sampled_from([None, "2026-01-01", "2026-02-01"])
priced = {"product_id": product_id, "price": amount, "discount": amount}
RECORDS: dict[str, Any] = {
    "vet": {"name": st.sampled_from(VETS), "clinic_id": clinic, "note": st.sampled_from(["a", "b"])},
    "link": {"contact_id": contact, "vet_id": vet, "since": day},
    "price": {"vet_id": vet, **priced},
    "house_price": {"clinic_id": clinic, **priced},
    "contract": {"contact_id": contact, **priced},
}


def written(definition: str) -> st.SearchStrategy[Any]:
    fields = RECORDS[definition]
    whole, some = st.fixed_dictionaries(fields), st.fixed_dictionaries({}, optional=fields)
    policy = st.sampled_from(["REJECT_ITEMS", "REJECT_ITEMS", "REJECT_ALL"])
    picks = st.lists(st.integers(0, 5), min_size=1, max_size=3)
    return st.one_of(
        st.tuples(st.just("save"), st.just(definition), st.lists(whole, min_size=1, max_size=4), policy),
        st.tuples(st.just("update"), st.just(definition), st.integers(0, 5), some),
        st.tuples(st.just("delete"), st.just(definition), picks, st.booleans()),
    )


STEPS = st.lists(st.sampled_from([*RECORDS]).flatmap(written), min_size=1, max_size=3)


async def contents(connection: asyncpg.Connection, shop_id: int) -> dict[str, list[str]]:
    """All rows of the shop, of every table there is."""
    tables = await connection.fetch(
        "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'shop_id'"
        " where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace"
    )
    names = sorted(row["relname"] for row in tables)
    assert {"records", "changes", "change_heads", "deliveries", "triggers", "idempotent_answers"} <= {*names}
    return {
        name: [row["text"] for row in await connection.fetch(
            f"select t.xmin::text || t::text as text from {name} t where shop_id = $1 order by 1", shop_id)]
        for name in names
    }  # fmt: skip


async def payable(shop: ShopClient) -> dict[tuple[int, str], str]:
    found = await shop.ask(
        "{ contacts(first: 3) { nodes { idContact products(first: 3) { nodes { idProduct payable } } } } }"
    )
    return {
        (int(each["idContact"]), product["idProduct"]): product["payable"]
        for each in found["contacts"]["nodes"] for product in each["products"]["nodes"]
    }  # fmt: skip


async def arguments(shop: ShopClient, step: Any) -> tuple[str, str, dict[str, Any]] | None:
    """The mutation of a step, what is compared of its payload, and its input. None where there is nothing to write."""
    kind, definition, what, how = step
    if kind == "save":
        return "saveCustomDataRecords", VERDICTS, {"definition": definition, "records": what, "errorPolicy": how}
    query = "query($definition: String!) { customDataRecords(definition: $definition, last: 6) { nodes { idRecord } } }"
    nodes = (await shop.ask(query, definition=definition))["customDataRecords"]["nodes"]
    ids = [node["idRecord"] for node in nodes]
    if not ids:
        return None
    if kind == "update":
        return "updateCustomDataRecord", UPDATED, {"id": ids[what % len(ids)], "data": how}
    picked = [ids[n % len(ids)] for n in what]
    return "bulkDeleteCustomDataRecords", DELETED, {"definition": definition, "ids": picked, "force": how}


# a second vet without prices: the contact loses those of the first, which the new record does not lead to
SECOND_VET = ("save", "link", [{"contact_id": named("email", "0@example.com"), "vet_id": named("name", "v1")}],
              "REJECT_ITEMS")  # fmt: skip


@example(steps=[SECOND_VET])
@given(steps=STEPS)
@settings(max_examples=40)
async def test_the_same_write_right_after_does_just_that(shop: ShopClient, admin_url: str, steps: list[Any]) -> None:
    if not (await shop.ask("{ customDataDefinitions { key } }"))["customDataDefinitions"]:
        await build(shop)
    triggers = (await shop.ask("{ triggers { idTrigger name } }"))["triggers"]
    heard = {each["name"]: len(await told(shop, each["idTrigger"])) for each in triggers}
    for step in steps:
        given_ = await arguments(shop, step)
        if given_ is None:
            continue
        mutation, verdicts, input = given_
        async with administering(admin_url) as connection:
            before = await contents(connection, shop.id)
            tried = await shop.run(mutation, f"{DRY} {verdicts}", **input, dryRun=True)
            assert await contents(connection, shop.id) == before
        was = await payable(shop)
        done = await shop.run(mutation, verdicts, **input)
        now = await payable(shop)
        dry = tried.pop("dryRun")
        assert tried == done
        changed = {pair: (was[pair], now[pair]) for pair in was if was[pair] != now[pair]}
        prices = dry["prices"] if dry else {"nodes": [], "totalCount": {"count": 0, "isExact": True}}
        named_ = {(int(each["contact"]["idContact"]), each["product"]["idProduct"]): (each["before"], each["after"])
                  for each in prices["nodes"]}  # fmt: skip
        assert named_ == changed
        assert prices["totalCount"] == {"count": len(changed), "isExact": True}
        fired: list[tuple[str, Any, Any]] = []
        for each in triggers:
            log = await told(shop, each["idTrigger"])
            fired += [(each["name"], one["before"], one["after"]) for one in log[heard[each["name"]] :]]
            heard[each["name"]] = len(log)
        nodes = dry["triggers"]["nodes"] if dry else []
        assert [(each["trigger"]["name"], each["before"], each["after"]) for each in nodes] == fired
