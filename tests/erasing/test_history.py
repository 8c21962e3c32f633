"""What happened stays known, without the person: in the change log, and in webhooks."""

from tests.erasing.canary import all_deliveries, erase, log, new_canary
from tests.shops import ShopClient


async def test_the_log_keeps_its_sequences_and_other_peoples_changes(shop: ShopClient) -> None:
    canary = await new_canary(shop)
    before = await log(shop)
    await erase(shop, {"idContact": str(canary.contact)})
    after = await log(shop)
    kept = ("sequence", "kind", "idRecord", "operation", "summary")
    assert [[each[name] for name in kept] for each in after[: len(before)]] == [
        [each[name] for name in kept] for each in before
    ]
    for old, new in zip(before, after, strict=False):
        if new["erased"]:
            assert (new["before"], new["after"], new["idempotencyKey"]) == (None, None, None)
        else:
            assert new == old
    others = [each["after"]["holder"] for each in after if each["after"] and "holder" in each["after"]]
    assert others == ["Other"]
    assert any(each["after"] == {"contact_id": canary.other} or each["erased"] for each in after)


async def test_the_erasure_itself_is_told_by_the_contacts_id(shop: ShopClient) -> None:
    canary = await new_canary(shop)
    seen = len(await log(shop))
    await erase(shop, {"email": canary.email}, idempotencyKey="about her")
    told = (await log(shop))[seen:]
    assert {each["kind"] for each in told} == {"CONTACT_ERASED"}
    assert {each["idempotencyKey"] for each in told} == {None}
    about = [each["summary"] for each in told]
    own = str(canary.contact)
    assert about[-1] == {"idContact": own, "customers": 2, "deleted": 2, "unlinked": 0}
    assert [(each["idContact"], each["deleted"], len(each["ids"])) for each in about[:-1]] == [(own, 1, 1), (own, 1, 1)]
    [of_notes] = [each["summary"] for each in await log(shop, definition="note") if each["kind"] == "CONTACT_ERASED"]
    assert of_notes["ids"] == [canary.note]


async def test_deliveries_that_have_not_arrived_go_and_others_are_emptied(shop: ShopClient) -> None:
    canary = await new_canary(shop)
    before = await all_deliveries(shop)
    assert {each.status.value for each in before} == {"DELIVERED", "DEAD", "PENDING"}
    payload = await erase(shop, {"idContact": str(canary.contact)})
    after = {each.id: each for each in await all_deliveries(shop)}
    gone = [each for each in before if each.id not in after]
    changed = [each for each in before if each.id in after and after[each.id].body != each.body]
    assert payload["deliveries"] == len(gone) + len(changed)
    assert {each.status.value for each in gone} == {"DEAD", "PENDING"}
    assert {each.status.value for each in changed} == {"DELIVERED"}
    emptied = await shop.ask("{ webhookDeliveries(status: [DELIVERED]) { nodes { body } } }")
    bodies = [each["body"]["change"] for each in emptied["webhookDeliveries"]["nodes"]]
    assert [(each["after"], each["erased"]) for each in bodies if each.get("erased")] == [(None, True)]
    assert any(each.get("after", {}) for each in bodies)
