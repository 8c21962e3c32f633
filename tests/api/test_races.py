"""Many writers at once: no deadlock, no lost update, and a definition changes before or after a batch, never within."""

import asyncio
import random
from collections.abc import Iterable
from typing import Any

import pytest

from app.server.shares import Shares
from app.store.failures import Retryable
from app.store.session import Session
from app.store.statements import Statement
from tests.shops import ShopClient, to

WRITERS = 8
STATUS = "userErrors { code }"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """All writers race: the shop has its whole share, whichever others asked a moment ago."""
    monkeypatch.setattr(Shares, "note", lambda shares, _shop_id: shares._most)


@pytest.fixture
def collisions(shop: ShopClient, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements of this shop that PostgreSQL undid for a deadlock or a collision, as they happen."""
    seen: list[str] = []

    def watched(original: Any) -> Any:
        async def watch(self: Session, statement: Statement, *args: Any) -> Any:
            try:
                return await original(self, statement, *args)
            except Retryable:
                if self.shop_id == shop.id:
                    seen.append(statement.name)
                raise

        return watch

    for method in ("fetch", "run_many"):
        monkeypatch.setattr(Session, method, watched(getattr(Session, method)))
    return seen


async def versions(shop: ShopClient, definition: str) -> dict[str, tuple[int, dict[str, Any]]]:
    query = "query($d: String!) { customDataRecords(definition: $d, first: 100) { nodes { version data } } }"
    nodes = (await shop.ask(query, d=definition))["customDataRecords"]["nodes"]
    return {node["data"]["code"]: (node["version"], node["data"]) for node in nodes}


def outcomes(payloads: Iterable[Any]) -> list[str]:
    return sorted(result["outcome"] for payload in payloads for result in payload["results"])


@pytest.mark.parametrize("existing", [0, 25, 50], ids=["all new", "half of them new", "none new"])
async def test_eight_writers_upserting_the_same_fifty_keys_lose_nothing(
    existing: int, shop: ShopClient, collisions: list[str]
) -> None:
    fields = {"code": "STRING"} | {f"f{n}": "NUMBER" for n in range(WRITERS)}
    await shop.define("Counter", fields, uniqueKeys=["code"])
    keys = [f"k{n:02}" for n in range(50)]
    if existing:
        await shop.save("counter", *({"code": key} for key in keys[:existing]))

    async def write(writer: int) -> list[Any]:
        payloads = []
        for turn in range(3):
            sent = [{"code": key, f"f{writer}": turn} for key in random.sample(keys, len(keys))]
            payloads.append(await shop.save("counter", *sent))
        return payloads

    payloads = [payload for written in await asyncio.gather(*map(write, range(WRITERS))) for payload in written]
    assert collisions == []
    assert outcomes(payloads) == ["CREATED"] * (50 - existing) + ["UPDATED"] * (50 * WRITERS * 3 - 50 + existing)
    whole = {f"f{writer}": 2 for writer in range(WRITERS)}
    for key, (version, data) in (await versions(shop, "counter")).items():
        assert data == whole | {"code": key}
        assert version == WRITERS * 3 + (keys.index(key) < existing)


async def test_eight_writers_saving_the_same_fifty_products_lose_nothing(
    shop: ShopClient, collisions: list[str]
) -> None:
    ids = [f"p{n:02}" for n in range(50)]

    async def write(writer: int) -> list[Any]:
        selection = "results { outcome errors { message } } userErrors { message }"
        pushed = []
        for turn in range(3):
            sent = [{"idProduct": id_, "name": f"{writer}.{turn}", "price": 1} for id_ in random.sample(ids, 50)]
            pushed.append(await shop.run("saveProducts", selection, products=sent))
        return pushed

    payloads = [payload for written in await asyncio.gather(*map(write, range(WRITERS))) for payload in written]
    assert collisions == []
    assert outcomes(payloads) == ["CREATED"] * 50 + ["UPDATED"] * (50 * WRITERS * 3 - 50)
    names = {
        node["name"] for node in (await shop.ask("{ products(first: 100) { nodes { name } } }"))["products"]["nodes"]
    }
    assert names <= {f"{writer}.2" for writer in range(WRITERS)}


async def test_writers_that_also_delete_leave_only_whole_records(shop: ShopClient) -> None:
    await shop.define("Counter", {"code": "STRING", "a": "NUMBER"}, uniqueKeys=["code"])
    keys = [f"k{n:02}" for n in range(20)]

    async def write() -> None:
        for turn in range(4):
            payload = await shop.save("counter", *({"code": key, "a": turn} for key in random.sample(keys, 20)))
            assert payload["rejected"] == 0, payload

    async def delete() -> None:
        for _ in range(4):
            found = await shop.ask('{ customDataRecords(definition: "counter") { nodes { idRecord } } }')
            ids = [node["idRecord"] for node in found["customDataRecords"]["nodes"]]
            if ids:
                await shop.run(
                    "bulkDeleteCustomDataRecords", STATUS, definition="counter", ids=random.sample(ids, len(ids))
                )

    await asyncio.gather(write(), delete(), write(), delete(), write())
    assert all(data["a"] is not None for _, data in (await versions(shop, "counter")).values())


@pytest.mark.parametrize("change", ["deactivate", "delete", "extend"])
async def test_a_definition_changed_during_a_batch_takes_all_of_it_or_nothing(change: str, shop: ShopClient) -> None:
    changes = {
        "deactivate": ("deactivateCustomDataDefinition", {}),
        "delete": ("deleteCustomDataDefinition", {}),
        "extend": ("extendCustomDataDefinition", {"fields": [{"name": "b", "type": "STRING", "default": "later"}]}),
    }
    await shop.define("Batch", {"code": "STRING"}, uniqueKeys=["code"])
    mutation, more = changes[change]

    async def save(number: int) -> Any:
        await asyncio.sleep(random.uniform(0, 0.02))
        return await shop.save("batch", *({"code": f"{number}.{n}"} for n in range(50)))

    async def alter() -> Any:
        await asyncio.sleep(random.uniform(0, 0.02))
        return await shop.run(mutation, STATUS, definition="batch", **more)

    altered, *saved = await asyncio.gather(alter(), *(save(number) for number in range(6)))
    assert altered == {"userErrors": []}
    refusals = {"deactivate": "DEFINITION_INACTIVE", "delete": "DEFINITION_NOT_FOUND"}
    for payload in saved:
        refused = [error["code"] for error in payload["userErrors"]]
        assert (payload["created"], refused) in [(50, []), (0, [refusals.get(change)])]
    if change == "extend":
        found = await shop.ask('{ customDataRecords(definition: "batch") { nodes { data } } }')
        assert all(set(node["data"]) == {"code", "b"} for node in found["customDataRecords"]["nodes"])


async def test_of_two_creations_of_one_definition_one_wins(shop: ShopClient) -> None:
    sent = {"name": "Été", "fields": [{"name": "a", "type": "STRING"}]}
    selection = "definition { key } userErrors { code }"
    made = await asyncio.gather(*(shop.run("createCustomDataDefinition", selection, **sent) for _ in range(6)))
    assert sum(payload["definition"] is not None for payload in made) == 1
    codes = {error["code"] for payload in made for error in payload["userErrors"]}
    assert codes <= {"NAME_TAKEN", "KEY_TAKEN"}
    assert len((await shop.ask("{ customDataDefinitions { key } }"))["customDataDefinitions"]) == 1


async def test_two_extensions_at_once_are_both_kept(shop: ShopClient) -> None:
    await shop.define("Wide", {"a": "STRING"})
    fields = [{"name": f"n{number}", "type": "NUMBER"} for number in range(6)]
    await asyncio.gather(
        *(shop.run("extendCustomDataDefinition", STATUS, definition="wide", fields=[field]) for field in fields)
    )
    found = await shop.ask('{ customDataDefinition(key: "wide") { fields { name } } }')
    assert {f["name"] for f in found["customDataDefinition"]["fields"]} == {"a", *(f["name"] for f in fields)}


async def test_saves_and_deletions_of_many_referred_records_do_not_deadlock(
    shop: ShopClient, collisions: list[str]
) -> None:
    await shop.define("Place", {"code": "STRING"}, uniqueKeys=["code"])
    await shop.define(
        "Visit", {"code": "STRING", "place": "NUMBER"}, uniqueKeys=["code"], relationships=[to("place", "place")]
    )
    names = [f"{n * 7919 % 1000:03}" for n in range(20)]  # the order of keys is not that of ids

    async def visit(writer: int) -> None:
        for _ in range(4):
            places = random.sample(names, 20)
            await shop.save("place", *({"code": name} for name in random.sample(names, 20)))
            found = await shop.ask('{ customDataRecords(definition: "place") { nodes { idRecord data } } }')
            ids = {node["data"]["code"]: int(node["idRecord"]) for node in found["customDataRecords"]["nodes"]}
            by_id = [{"code": f"{writer}.{n}", "place": ids[p]} for n, p in enumerate(places) if p in ids]
            by_key = [{"code": f"{writer}k{n}", "place": {"by": "code", "value": p}} for n, p in enumerate(places)]
            await shop.save("visit", *by_id)
            await shop.save("visit", *by_key)

    async def delete() -> None:
        for _ in range(6):
            found = await shop.ask('{ customDataRecords(definition: "place") { nodes { idRecord } } }')
            ids = [node["idRecord"] for node in found["customDataRecords"]["nodes"]]
            if ids:
                sent = {"definition": "place", "ids": random.sample(ids, len(ids)), "force": True}
                await shop.run("bulkDeleteCustomDataRecords", STATUS, **sent)

    await asyncio.gather(visit(1), delete(), visit(2), delete(), visit(3))
    assert collisions == []


async def test_of_concurrent_updates_that_expect_one_version_exactly_one_wins(shop: ShopClient) -> None:
    await shop.define("Doc", {"code": "STRING", "n": "NUMBER"}, uniqueKeys=["code"])
    record = await shop.save_one("doc", {"code": "a"})
    updates = (
        shop.run("updateCustomDataRecord", f"outcome {STATUS}", id=str(record), data={"n": n}, ifVersion=1)
        for n in range(8)
    )
    answers = await asyncio.gather(*updates)
    assert sorted(str(answer["outcome"]) for answer in answers) == ["None"] * 7 + ["UPDATED"]
    assert {error["code"] for answer in answers for error in answer["userErrors"]} == {"VERSION_CONFLICT"}
    assert (await versions(shop, "doc"))["a"][0] == 2


async def test_two_records_changed_to_one_key_at_once_do_not_become_two_of_it(shop: ShopClient) -> None:
    await shop.define("Doc", {"code": "STRING"}, uniqueKeys=["code"])
    ids = [await shop.save_one("doc", {"code": f"c{n}"}) for n in range(4)]
    answers = await asyncio.gather(
        *(shop.run("updateCustomDataRecord", f"outcome {STATUS}", id=str(id_), data={"code": "same"}) for id_ in ids),
        shop.run("saveCustomDataRecords", f"created {STATUS}", definition="doc", records=[{"code": "same"}]),
    )
    assert len([answer for answer in answers if answer.get("outcome") == "UPDATED" or answer.get("created")]) >= 1
    assert sorted(await versions(shop, "doc")).count("same") == 1
