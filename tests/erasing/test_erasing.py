"""eraseContact: what goes, what stays, what is refused, and what a retry does."""

import logging
from typing import Any

import pytest

from app.domain.access import ALL_SCOPES, Scope
from tests.api.test_scopes import with_scopes
from tests.erasing.canary import all_deliveries, define, erase, new_canary, rows_of
from tests.shops import ShopClient

LOG = """query($record: ID, $definition: String) {
    customDataChanges(record: $record, definition: $definition, first: 100) {
        nodes { sequence kind idRecord before after erased summary idempotencyKey operation } } }"""


async def log(shop: ShopClient, **of: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await shop.ask(LOG, **of))["customDataChanges"]["nodes"]
    return found


async def test_nothing_of_the_person_is_left_in_any_table(shop: ShopClient, admin_url: str) -> None:
    canary = await new_canary(shop)
    before = await canary.left(admin_url)
    assert set(before) == {"contacts", "customers", "records", "changes", "deliveries", "segments", "triggers"}
    assert {text for texts in before.values() for text in texts} == set(canary.texts)
    payload = await erase(shop, {"email": canary.email})
    assert payload["userErrors"] == []
    assert await canary.left(admin_url) == {}
    counts = {name: payload[name] for name in ("customers", "answers", "segments", "triggers")}
    assert counts == {"customers": 2, "answers": 2, "segments": 2, "triggers": 1}
    records = {each["definition"]["key"]: (each["deleted"], each["unlinked"]) for each in payload["records"]}
    assert records == {"card": (1, 0), "note": (1, 0)}


async def test_nor_does_any_logger_tell_of_it(shop: ShopClient, caplog: pytest.LogCaptureFixture) -> None:
    canary = await new_canary(shop)
    with caplog.at_level(logging.DEBUG):
        await erase(shop, {"email": canary.email}, dryRun=True)
        await erase(shop, {"email": canary.email})
        await erase(shop, {"email": canary.email})
    assert caplog.records
    assert canary.found_in({"logged": [caplog.text]}) == {}


async def test_what_is_not_the_persons_stays(shop: ShopClient) -> None:
    canary = await new_canary(shop)
    await erase(shop, {"idContact": str(canary.contact)})
    found = await shop.ask(
        """query($reply: ID!) { contacts { nodes { email } }
        price: customDataRecords(definition: "vet_pricing") { nodes { data } }
        cards: customDataRecords(definition: "card") { nodes { data } }
        notes: customDataRecords(definition: "note") { nodes { data } }
        reply: customDataRecord(id: $reply) {
            data relation(field: "note_id") { ... on CustomDataRecord { data } } } }""",
        reply=str(canary.reply),
    )
    assert found["contacts"]["nodes"] == [{"email": "other@example.com"}]
    assert found["price"]["nodes"] == [{"data": {"vet_id": canary.vet, "product_id": "diet", "price": "64"}}]
    assert [each["data"]["holder"] for each in found["cards"]["nodes"]] == ["Other"]
    assert [each["data"].get("contact_id") for each in found["notes"]["nodes"]] == [canary.other, None]
    assert found["reply"] == {"data": {"note_id": canary.note}, "relation": None}


async def test_unlinking_keeps_records_without_the_contact(shop: ShopClient) -> None:
    canary = await new_canary(shop)
    chosen = [{"definition": "card", "records": "DELETE"}]
    payload = await erase(shop, {"idContact": str(canary.contact)}, records="UNLINK", definitions=chosen)
    records = {each["definition"]["key"]: (each["deleted"], each["unlinked"]) for each in payload["records"]}
    assert records == {"card": (1, 0), "note": (0, 1)}
    query = """query($id: ID!) { customDataRecord(id: $id) {
        version data contact: relation(field: "contact_id") { __typename } } }"""
    note = (await shop.ask(query, id=str(canary.note)))["customDataRecord"]
    assert (note["version"], note["contact"], note["data"]["contact_id"]) == (2, None, None)
    assert all(each["erased"] for each in await log(shop, record=str(canary.note)))
    found = await shop.ask(
        '{ customDataRecords(definition: "note", where: {contact_id: {isNull: false}}) { nodes { data } } }'
    )
    assert [each["data"]["contact_id"] for each in found["customDataRecords"]["nodes"]] == [canary.other]


async def test_a_record_that_cannot_be_without_its_contact_is_not_unlinked(shop: ShopClient) -> None:
    canary = await new_canary(shop)
    before = await shop.ask("{ contacts { nodes { idContact } } segments { where } }")
    payload = await erase(shop, {"idContact": str(canary.contact)}, records="UNLINK")
    [error] = payload["userErrors"]
    assert (error["code"], error["path"], payload["idContact"]) == ("LINK_REQUIRED", "records", None)
    assert "Records of card cannot be without" in error["message"]
    assert "Choose DELETE" in error["message"]
    chosen = [{"definition": "note", "records": "UNLINK"}, {"definition": "card", "records": "UNLINK"}]
    [error] = (await erase(shop, {"idContact": str(canary.contact)}, definitions=chosen))["userErrors"]
    assert (error["code"], error["path"]) == ("LINK_REQUIRED", "definitions.1")
    assert await shop.ask("{ contacts { nodes { idContact } } segments { where } }") == before


async def test_only_one_of_two_relations_is_taken_away(shop: ShopClient) -> None:
    await define(shop)
    one, two = await shop.contact("one@example.com"), await shop.contact("two@example.com")
    note = await shop.save_one("note", {"contact_id": one, "by_id": two, "text": "kept"})
    await erase(shop, {"idContact": str(one)}, records="UNLINK")
    query = "query($id: ID!) { customDataRecord(id: $id) { data } }"
    assert (await shop.ask(query, id=str(note)))["customDataRecord"] == {"data": {
        "contact_id": None, "by_id": two, "text": "kept", "phone": None,
    }}  # fmt: skip
    payload = await erase(shop, {"idContact": str(two)})
    assert [each["deleted"] for each in payload["records"]] == [1]


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


async def test_conditions_name_nobody_and_mean_the_same_for_everybody_else(shop: ShopClient) -> None:
    canary = await new_canary(shop)
    query = "{ segments { name where contacts { nodes { idContact } } } triggers { when broken } }"
    before = await shop.ask(query)
    await erase(shop, {"idContact": str(canary.contact)})
    after = await shop.ask(query)
    members = {each["name"]: [int(n["idContact"]) for n in each["contacts"]["nodes"]] for each in after["segments"]}
    assert members == {"Both": [canary.other], "Not she": [canary.other]}
    assert [each["where"] for each in after["segments"]] == [
        {"or": [{"email": {"in": ["erased", "other@example.com"]}}, {"id_contact": {"eq": 0}},
                {"customers": {"some": {"id_customer": {"eq": ""}}}}]},
        {"not": {"email": {"eq": "erased"}}},
    ]  # fmt: skip
    assert after["triggers"][0] == before["triggers"][0]
    assert after["triggers"][1] == {
        "when": {"or": [{"contact_id": {"is": {"email": {"ne": "erased"}}}}, {"by_id": {"notIn": [0]}}]},
        "broken": None,
    }


async def test_an_address_that_others_have_stays_in_conditions(shop: ShopClient) -> None:
    first, second = await shop.customers(
        {"idCustomer": "1", "email": "same@example.com"}, {"idCustomer": "2", "email": "Same@example.com"}
    )
    where = {"email": {"eq": "same@example.com"}}
    await shop.run("createSegment", "userErrors { code }", name="Same", where=where)
    [error] = (await erase(shop, {"email": "same@example.com"}))["userErrors"]
    assert (error["code"], error["path"]) == ("CONTACT_AMBIGUOUS", "contact")
    assert (await erase(shop, {"idContact": str(first)}))["segments"] == 0
    assert (await shop.ask("{ segments { where } }"))["segments"] == [{"where": where}]
    assert (await erase(shop, {"email": "same@example.com"}))["idContact"] == str(second)
    assert (await shop.ask("{ segments { where } }"))["segments"] == [{"where": {"email": {"eq": "erased"}}}]


async def test_a_retry_of_what_was_saved_brings_nothing_back(shop: ShopClient) -> None:
    canary = await new_canary(shop)
    await erase(shop, {"idContact": str(canary.contact)})
    cards = [{"contact_id": canary.contact, "holder": "x", "vet_id": canary.vet, "tier": "gold"}] * 2
    answer = await shop.save("card", *cards, idempotencyKey="cards")
    assert [each["code"] for each in answer["userErrors"]] == ["IDEMPOTENCY_KEY_REUSED"]
    found = await shop.ask("{ contacts { nodes { email } } }")
    assert found["contacts"]["nodes"] == [{"email": "other@example.com"}]


async def test_a_retry_is_answered_without_the_person(shop: ShopClient) -> None:
    await define(shop)
    pushed = {"customers": [{"idCustomer": "1", "email": "a@example.com"}, {"idCustomer": "2"}]}
    selection = "created results { outcome contact { idContact } errors { code message } } userErrors { code }"
    first = await shop.run("saveCustomers", selection, **pushed, idempotencyKey="push")
    one, two = (int(each["contact"]["idContact"]) for each in first["results"])
    saved = [{"contact_id": one}, {"contact_id": two}]
    made = await shop.save("note", *saved, idempotencyKey="notes")
    payload = await erase(shop, {"idContact": str(one)})
    assert payload["answers"] == 2
    again = await shop.run("saveCustomers", selection, **pushed, idempotencyKey="push")
    assert again["created"] == 2
    assert [each["contact"] for each in again["results"]] == [None, {"idContact": str(two)}]
    notes = await shop.save("note", *saved, idempotencyKey="notes")
    assert [each["outcome"] for each in notes["results"]] == ["CREATED", "CREATED"]
    assert [each["record"] for each in notes["results"]] == [None, made["results"][1]["record"]]
    assert (await shop.ask("{ contacts { nodes { idContact } } }"))["contacts"]["nodes"] == [{"idContact": str(two)}]


async def test_an_erasure_sent_again_is_answered_the_same(shop: ShopClient) -> None:
    canary = await new_canary(shop)
    first = await erase(shop, {"email": canary.email}, idempotencyKey="once")
    log_length = len(await log(shop))
    assert await erase(shop, {"email": canary.email}, idempotencyKey="once") == first
    assert len(await log(shop)) == log_length
    [error] = (await erase(shop, {"email": canary.email}))["userErrors"]
    assert (error["code"], error["path"]) == ("CONTACT_NOT_FOUND", "contact")
    assert "send its idContact" in error["message"]
    [error] = (await erase(shop, {"idContact": str(canary.contact)}))["userErrors"]
    assert (error["code"], error["path"]) == ("CONTACT_NOT_FOUND", "contact")


async def test_a_contact_that_is_gone_is_erased_from_what_still_points_at_it(shop: ShopClient, admin_url: str) -> None:
    canary = await new_canary(shop)
    ids = {"web": canary.texts[-2], "till": canary.texts[-1]}
    gone = [{"source": source, "idCustomer": id_} for source, id_ in ids.items()]
    await shop.run("deleteCustomers", "deleted", customers=gone)
    assert "records" in await canary.left(admin_url)
    payload = await erase(shop, {"idContact": str(canary.contact)})
    assert (payload["userErrors"], payload["customers"]) == ([], 0)
    assert set(await canary.left(admin_url)) <= {"segments", "triggers"}


async def test_what_was_saved_in_a_definition_that_is_gone_goes_too(shop: ShopClient, admin_url: str) -> None:
    canary = await new_canary(shop)
    for definition in ("reply", "note", "card"):
        await shop.run("deleteCustomDataDefinition", "userErrors { code }", definition=definition, force=True)
    payload = await erase(shop, {"idContact": str(canary.contact)}, records="UNLINK")
    assert sorted((each["deleted"], each["definition"]) for each in payload["records"]) == [(1, None), (1, None)]
    assert set(await canary.left(admin_url)) <= {"triggers"}  # cannot be read any more


async def test_an_inactive_definition_is_no_exception(shop: ShopClient) -> None:
    canary = await new_canary(shop)
    await shop.run("deactivateCustomDataDefinition", "userErrors { code }", definition="note")
    payload = await erase(shop, {"idContact": str(canary.contact)})
    assert sum(each["deleted"] for each in payload["records"]) == 2


async def test_a_dry_run_tells_the_same_and_writes_nothing(shop: ShopClient, admin_url: str) -> None:
    canary = await new_canary(shop)
    before = await rows_of(admin_url, shop)
    tried = await erase(shop, {"email": canary.email}, dryRun=True)
    assert await rows_of(admin_url, shop) == before
    assert await erase(shop, {"email": canary.email}) == tried
    [error] = (await erase(shop, {"email": canary.email}, dryRun=True))["userErrors"]
    assert error["code"] == "CONTACT_NOT_FOUND"


async def test_other_shops_are_left_alone(shop: ShopClient, other_shop: ShopClient, admin_url: str) -> None:
    canary, twin = await new_canary(shop), await new_canary(other_shop)
    await other_shop.contact(canary.email)
    asked = {"idContact": str(canary.contact)}
    [error] = (await erase(other_shop, asked))["userErrors"]
    assert error["code"] == "CONTACT_NOT_FOUND"
    own = await rows_of(admin_url, other_shop)
    await erase(shop, asked)
    assert await rows_of(admin_url, other_shop) == own
    assert (await twin.left(admin_url)).keys() >= {"contacts", "customers", "records", "changes", "deliveries"}


async def test_the_persons_tokens_stop_working(shop: ShopClient) -> None:
    canary = await new_canary(shop)
    await erase(shop, {"idContact": str(canary.contact)})
    response = await canary.token.post("{ me { email } }")
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")


async def test_who_may_erase(shop: ShopClient) -> None:
    canary = await new_canary(shop)
    document = "mutation($i: EraseContactInput!) { eraseContact(input: $i) { idContact } }"
    asked = {"contact": {"idContact": str(canary.contact)}, "records": "DELETE"}
    unable = await with_scopes(shop, ALL_SCOPES - {Scope.ERASE_CONTACTS})
    for asking in (unable, canary.token):
        [(code, _)] = await asking.errors(document, i=asked)
        assert code == "FORBIDDEN"
    able = await with_scopes(shop, {Scope.ERASE_CONTACTS})
    assert (await able.ask(document, i=asked))["eraseContact"]["idContact"] == str(canary.contact)


@pytest.mark.parametrize(
    ("wrong", "code", "path"),
    [
        (
            {"definitions": [{"definition": "nothing", "records": "DELETE"}]},
            "DEFINITION_NOT_FOUND",
            "definitions.0.definition",
        ),
        ({"definitions": [{"definition": "nothing", "records": "DELETE"}] * 201}, "TOO_MANY_ITEMS", "definitions"),
        ({"contact": {"email": "nobody@example.com"}}, "CONTACT_NOT_FOUND", "contact"),
        ({"contact": {"idContact": "999999"}}, "CONTACT_NOT_FOUND", "contact"),
        ({"idempotencyKey": ""}, "INVALID_IDEMPOTENCY_KEY", "idempotencyKey"),
    ],
)
async def test_what_is_refused(shop: ShopClient, wrong: dict[str, Any], code: str, path: str) -> None:
    contact = await shop.contact("ada@example.com")
    for dry in (True, False):
        asked = {"contact": {"idContact": str(contact)}, "dryRun": dry, **wrong}
        [error] = (await erase(shop, **asked))["userErrors"]
        assert (error["code"], error["path"]) == (code, path)
    assert len((await shop.ask("{ contacts { nodes { id } } }"))["contacts"]["nodes"]) == 1


async def test_mentions_tell_where_the_address_still_stands(shop: ShopClient) -> None:
    canary = await new_canary(shop)
    vet = await shop.save_one("vet", {"nom": f"friend of {canary.email.upper()}"})
    await shop.run("createSegment", "userErrors { code }", name=canary.email, where={})
    document = """mutation($i: EraseContactInput!) { eraseContact(input: $i) { mentions { places { kind id } } } }"""
    asked = {"contact": {"email": canary.email}, "records": "DELETE"}
    tried = await shop.ask(document, i=asked | {"dryRun": True})
    assert tried["eraseContact"]["mentions"] is None
    found = await shop.ask(document, i=asked)
    places = [(each["kind"], each["id"]) for each in found["eraseContact"]["mentions"]["places"]]
    assert ("RECORD", str(vet)) in places
    assert sorted({kind for kind, _ in places}) == ["CHANGE", "RECORD", "SEGMENT"]


async def test_a_definition_is_named_once(shop: ShopClient) -> None:
    await define(shop)
    contact = await shop.contact("ada@example.com")
    found = (await shop.ask('{ customDataDefinition(key: "card") { idDefinition } }'))["customDataDefinition"]
    chosen = [{"definition": name, "records": "DELETE"} for name in ("card", found["idDefinition"])]
    [error] = (await erase(shop, {"idContact": str(contact)}, definitions=chosen))["userErrors"]
    assert (error["code"], error["path"]) == ("INVALID_REFERENCE", "definitions.1")
