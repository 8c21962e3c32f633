"""What one write holds, another waits for: each case stops a write just before one of its statements, starts the other
write, and lets both end."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from app.store.session import Session
from app.store.statements import Statement
from tests.shops import ShopClient, VetShop, to

PATIENCE = 0.15  # seconds in which a write that waits for nothing is long done
STATUS = "userErrors { code }"

Meanwhile = Callable[[str, Callable[[], Awaitable[Any]]], Awaitable[tuple[Any, bool]]]


@pytest.fixture
def meanwhile(shop: ShopClient, monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """meanwhile("records.insert", write) starts `write` before the shop's next such statement. Its result: what the
    write answered, and whether it had to wait for the one that was stopped."""
    waiting: dict[str, tuple[Callable[[], Awaitable[Any]], asyncio.Future[tuple[Any, bool]]]] = {}

    def stopping(original: Any) -> Any:
        async def stop(self: Session, statement: Statement, *args: Any) -> Any:
            if self.shop_id == shop.id and statement.name in waiting:
                write, result = waiting.pop(statement.name)
                task = asyncio.ensure_future(write())
                done, _ = await asyncio.wait({task}, timeout=PATIENCE)
                task.add_done_callback(lambda ended: _told(result, ended, waited=not done))
            return await original(self, statement, *args)

        return stop

    for method in ("fetch", "run_many"):
        monkeypatch.setattr(Session, method, stopping(getattr(Session, method)))

    def start(name: str, write: Callable[[], Awaitable[Any]]) -> Awaitable[tuple[Any, bool]]:
        result: asyncio.Future[tuple[Any, bool]] = asyncio.get_running_loop().create_future()
        waiting[name] = (write, result)
        return asyncio.wait_for(result, timeout=10)

    return start


def _told(result: "asyncio.Future[tuple[Any, bool]]", ended: "asyncio.Task[Any]", *, waited: bool) -> None:
    if ended.exception() is not None:
        result.set_exception(ended.exception())
    else:
        result.set_result((ended.result(), waited))


@pytest.mark.parametrize(
    ("mutation", "more"),
    [
        ("deactivateCustomDataDefinition", {}),
        ("deleteCustomDataDefinition", {}),
        ("extendCustomDataDefinition", {"name": "Renamed"}),
    ],
)
async def test_a_change_of_a_definition_waits_for_the_batch_under_way(
    mutation: str, more: dict[str, Any], shop: ShopClient, meanwhile: Meanwhile
) -> None:
    await shop.define("Batch", {"code": "STRING"}, uniqueKeys=["code"])
    change = meanwhile("records.insert", lambda: shop.run(mutation, STATUS, definition="batch", **more))
    saved = await shop.save("batch", *({"code": str(n)} for n in range(50)))
    assert saved["created"] == 50
    assert await change == ({"userErrors": []}, True)


async def test_batches_that_come_later_do_not_pass_by_a_change_that_waits(shop: ShopClient) -> None:
    """Else a shop that saves all the time could never change its definitions."""
    await shop.define("Batch", {"code": "STRING"})
    database = shop.database
    async with database.writing(shop.id) as first:
        await database.models.holding(first, "batch")
        changing = asyncio.create_task(shop.run("deactivateCustomDataDefinition", STATUS, definition="batch"))
        await asyncio.sleep(PATIENCE)
        later = asyncio.create_task(shop.save("batch", {"code": "a"}))
        done, _ = await asyncio.wait({changing, later}, timeout=PATIENCE)
        assert not done
    assert await changing == {"userErrors": []}
    assert [error["code"] for error in (await later)["userErrors"]] == ["DEFINITION_INACTIVE"]


@pytest.mark.parametrize(
    ("mutation", "code"),
    [("deactivateCustomDataDefinition", "DEFINITION_INACTIVE"), ("deleteCustomDataDefinition", "DEFINITION_NOT_FOUND")],
)
async def test_a_batch_waits_for_the_change_of_its_definition_and_obeys_it(
    mutation: str, code: str, shop: ShopClient, meanwhile: Meanwhile
) -> None:
    await shop.define("Batch", {"code": "STRING"}, uniqueKeys=["code"])
    # the answer's own reading comes after the commit: stop at the statement behind the change itself
    batch = meanwhile("definitions.set_status", lambda: shop.save("batch", {"code": "a"}))
    assert await shop.run(mutation, STATUS, definition="batch") == {"userErrors": []}
    saved, _ = await batch
    counted = [error["code"] for error in saved["userErrors"]]
    assert (saved["created"], counted) in [(0, [code]), (1, [])]


async def test_a_batch_saved_while_its_definition_is_extended_knows_the_new_fields_or_none(
    shop: ShopClient, meanwhile: Meanwhile
) -> None:
    await shop.define("Batch", {"code": "STRING"}, uniqueKeys=["code"])
    batch = meanwhile("definitions.extend", lambda: shop.save("batch", {"code": "a", "b": "new"}))
    field = {"name": "b", "type": "STRING"}
    await shop.run("extendCustomDataDefinition", STATUS, definition="batch", fields=[field])
    saved, _ = await batch
    assert [error["code"] for result in saved["results"] for error in result["errors"]] in ([], ["UNKNOWN_FIELD"])


@pytest.mark.parametrize("named", ["by id", "by key"])
@pytest.mark.parametrize("write", ["save", "update"])
async def test_the_deletion_of_a_record_waits_for_the_write_that_comes_to_refer_to_it(
    named: str, write: str, vets: VetShop, meanwhile: Meanwhile
) -> None:
    shop = vets.shop
    vet = await shop.save_one("veterinarian", {"nom": "Dr Neuf"})
    reference = vet if named == "by id" else {"by": "nom", "value": "Dr Neuf"}
    statement = "records.insert" if write == "save" else "records.update"
    gone = meanwhile(statement, lambda: shop.run("deleteCustomDataRecord", f"deleted {STATUS}", id=str(vet)))
    if write == "save":
        await shop.save_one("vet_pricing", {"veto_id": reference, "product_id": "diet", "price": 1})
    else:
        key = {"definition": "vet_assignment", "key": vets.dubois}
        await shop.run("updateCustomDataRecord", STATUS, by=key, data={"veto_id": reference})
    assert await gone == ({"deleted": False, "userErrors": [{"code": "RECORD_IN_USE"}]}, True)


@pytest.mark.parametrize("named", ["by id", "by key"])
async def test_a_write_that_comes_to_refer_to_a_record_waits_for_its_deletion(
    named: str, vets: VetShop, meanwhile: Meanwhile
) -> None:
    shop = vets.shop
    vet = await shop.save_one("veterinarian", {"nom": "Dr Neuf"})
    reference = vet if named == "by id" else {"by": "nom", "value": "Dr Neuf"}
    record = {"veto_id": reference, "product_id": "diet", "price": 1}
    saving = meanwhile("records.delete", lambda: shop.save("vet_pricing", record))
    assert await shop.run("deleteCustomDataRecord", f"deleted {STATUS}", id=str(vet)) == {
        "deleted": True,
        "userErrors": [],
    }
    saved, waited = await saving
    assert waited
    assert [error["code"] for error in saved["results"][0]["errors"]] == ["RECORD_NOT_FOUND"]


async def test_an_upsert_waits_for_an_update_of_the_same_record_and_merges_into_it(
    shop: ShopClient, meanwhile: Meanwhile
) -> None:
    await shop.define("Doc", {"code": "STRING", "a": "NUMBER", "b": "NUMBER"}, uniqueKeys=["code"])
    record = await shop.save_one("doc", {"code": "x"})
    upsert = meanwhile("records.update", lambda: shop.save("doc", {"code": "x", "b": 2}))
    await shop.run("updateCustomDataRecord", STATUS, id=str(record), data={"a": 1})
    saved, waited = await upsert
    assert waited
    assert saved["results"][0]["record"]["version"] == 3
    assert saved["results"][0]["record"]["data"] == {"code": "x", "a": 1, "b": 2}


async def test_two_upserts_of_one_new_key_make_one_record_and_merge(shop: ShopClient, meanwhile: Meanwhile) -> None:
    await shop.define("Doc", {"code": "STRING", "a": "NUMBER", "b": "NUMBER"}, uniqueKeys=["code"])
    other = meanwhile("records.insert", lambda: shop.save("doc", {"code": "x", "b": 2}))
    saved = await shop.save("doc", {"code": "x", "a": 1})
    first, _ = await other
    assert sorted([first["results"][0]["outcome"], saved["results"][0]["outcome"]]) == ["CREATED", "UPDATED"]
    assert saved["results"][0]["record"]["data"] == {"code": "x", "a": 1, "b": 2}


async def test_a_push_of_customers_waits_for_the_one_under_way(shop: ShopClient, meanwhile: Meanwhile) -> None:
    person = {"email": "new@example.com", "emailVerified": True}
    other = meanwhile("contacts.insert_contact", lambda: shop.customers({"source": "web", "idCustomer": "1"} | person))
    contacts = await shop.customers({"source": "till", "idCustomer": "1"} | person)
    assert await other == (contacts, True)


async def test_a_relationship_to_a_definition_waits_for_its_deletion(shop: ShopClient, meanwhile: Meanwhile) -> None:
    await shop.define("Target", {"code": "STRING"}, uniqueKeys=["code"])
    sent = {"name": "Pointer", "fields": [{"name": "a", "type": "NUMBER"}], "relationships": [to("a", "target")]}
    creation = meanwhile("definitions.set_status", lambda: shop.run("createCustomDataDefinition", STATUS, **sent))
    await shop.run("deleteCustomDataDefinition", STATUS, definition="target")
    assert await creation == ({"userErrors": [{"code": "INVALID_RELATIONSHIP"}]}, True)


async def test_an_override_waits_for_the_deletion_of_its_definition(vets: VetShop, meanwhile: Meanwhile) -> None:
    shop = vets.shop
    await shop.override()
    source = {"definition": "vet_pricing", "field": "price", "priority": 1}
    setting = meanwhile("definitions.set_status", lambda: shop.override(source))
    await shop.run("deleteCustomDataDefinition", STATUS, definition="vet_pricing")
    payload, waited = await setting
    assert ([error["code"] for error in payload["userErrors"]], waited) == (["DEFINITION_NOT_FOUND"], True)
