"""Triggers: made, changed, switched, deleted; and what cannot be made."""

from typing import Any

import pytest

from app.domain.access import Scope
from tests.api.test_scopes import with_scopes
from tests.shops import ShopClient, VetShop
from tests.storefront import new_storefront
from tests.tour_of_events import new_trigger

URL = {"url": "https://hooks.example.com/gold"}
GOLD = {"tier": {"eq": "gold"}}
SHOWN = "trigger { idTrigger name transition enabled when broken deliver { url } definition { key } }"
PROBLEMS = "userErrors { code path message }"


async def loyalty(shop: ShopClient) -> str:
    return await shop.define("Loyalty", {"tier": "STRING", "points": "NUMBER", "balance": "DECIMAL"})


async def test_a_trigger_is_made_changed_and_deleted(shop: ShopClient) -> None:
    key = await loyalty(shop)
    made = await shop.run(
        "createTrigger", f"{SHOWN} {PROBLEMS}", name="  Gold ", definition=key, when=GOLD, deliver=URL
    )
    id_ = made["trigger"].pop("idTrigger")
    assert made == {
        "trigger": {
            "name": "Gold", "transition": "BECOMES_TRUE", "enabled": True, "when": GOLD, "broken": None,
            "deliver": URL, "definition": {"key": key},
        },
        "userErrors": [],
    }  # fmt: skip
    change = {"trigger": id_, "name": "Rich", "when": {"points": {"gte": 5}}, "transition": "EVERY_MATCH"}
    changed = await shop.run("updateTrigger", f"{SHOWN} {PROBLEMS}", **change)
    assert changed["trigger"]["name"] == "Rich"
    assert changed["trigger"]["deliver"] == URL
    listed = (await shop.ask(f"{{ triggers {SHOWN.removeprefix('trigger ')} }}"))["triggers"]
    assert listed == [changed["trigger"]]
    for mutation, enabled in (("disableTrigger", False), ("disableTrigger", False), ("enableTrigger", True)):
        switched = await shop.run(mutation, "trigger { enabled } userErrors { code }", trigger=id_)
        assert switched == {"trigger": {"enabled": enabled}, "userErrors": []}
    for deleted in (True, False):
        assert await shop.run("deleteTrigger", f"deleted {PROBLEMS}", trigger=id_) == {
            "deleted": deleted, "userErrors": [],
        }  # fmt: skip
    assert (await shop.ask("{ triggers { name } }"))["triggers"] == []


async def test_it_is_found_by_its_id(shop: ShopClient) -> None:
    await new_trigger(shop, name="Gold", definition=await loyalty(shop), when=GOLD, deliver=URL)
    [trigger] = (await shop.ask("{ triggers { id reached } }"))["triggers"]
    found = await shop.ask("query($id: ID!) { node(id: $id) { ... on Trigger { name } } }", id=trigger["id"])
    assert found["node"] == {"name": "Gold"}
    renamed = await shop.run("updateTrigger", "trigger { name }", trigger=trigger["id"], name="Silver")
    assert renamed == {"trigger": {"name": "Silver"}}


@pytest.mark.parametrize(
    ("wrong", "code", "path"),
    [
        ({"name": " "}, "INVALID_NAME", "name"),
        ({"name": "x" * 101}, "INVALID_NAME", "name"),
        ({"name": "GOLD"}, "NAME_TAKEN", "name"),
        ({"definition": "nothing"}, "DEFINITION_NOT_FOUND", "definition"),
        ({"when": 5}, "INVALID_CONDITION", "when"),
        ({"when": {"colour": {"eq": "red"}}}, "UNKNOWN_FIELD", "when.colour"),
        ({"when": {"points": {"like": "x"}}}, "UNKNOWN_OPERATOR", "when.points.like"),
        ({"when": {"created_at": {"isNull": False}}}, "INVALID_CONDITION", "when.created_at"),
        ({"when": {"not": {"or": [{"updated_at": {"isNull": True}}]}}}, "INVALID_CONDITION", "when.updated_at"),
        ({"when": {"tier": {"in": ["x" * 100] * 300}}}, "LIMIT_EXCEEDED", "when"),
        ({"deliver": {"url": "http://hooks.example.com/"}}, "INVALID_URL", "deliver.url"),
        ({"deliver": {"url": "https://127.0.0.1/"}}, "PRIVATE_ADDRESS", "deliver.url"),
    ],
)
async def test_what_cannot_be_made(shop: ShopClient, wrong: dict[str, Any], code: str, path: str) -> None:
    key = await loyalty(shop)
    await new_trigger(shop, name="Gold", definition=key, when=GOLD, deliver=URL)
    good = {"name": "Another", "definition": key, "when": GOLD, "deliver": URL}
    answer = await shop.run("createTrigger", f"trigger {{ name }} {PROBLEMS}", **good | wrong)
    assert answer["trigger"] is None
    assert [(each["code"], each["path"]) for each in answer["userErrors"]] == [(code, path)]
    assert answer["userErrors"][0]["message"]
    if "definition" not in wrong:
        other = await new_trigger(shop, **good)
        changed = await shop.run("updateTrigger", f"trigger {{ name }} {PROBLEMS}", trigger=other, **wrong)
        assert [(each["code"], each["path"]) for each in changed["userErrors"]] == [(code, path)]


async def test_all_that_is_wrong_is_said_at_once(shop: ShopClient) -> None:
    wrong = {"name": "", "definition": await loyalty(shop), "when": {"a": 1}, "deliver": {"url": "x"}}
    answer = await shop.run("createTrigger", PROBLEMS, **wrong)
    assert [each["path"] for each in answer["userErrors"]] == ["name", "deliver.url", "when.a"]


@pytest.mark.parametrize("id_", ["1", "x", "", "99999999999999999999999"])
@pytest.mark.parametrize("mutation", ["updateTrigger", "enableTrigger", "disableTrigger"])
async def test_a_trigger_that_is_not_there(shop: ShopClient, mutation: str, id_: str) -> None:
    answer = await shop.run(mutation, f"trigger {{ name }} {PROBLEMS}", trigger=id_)
    assert [(each["code"], each["path"]) for each in answer["userErrors"]] == [("TRIGGER_NOT_FOUND", "trigger")]


async def test_a_shop_has_fifty_at_most(shop: ShopClient) -> None:
    key = await loyalty(shop)
    for n in range(50):
        await new_trigger(shop, name=f"t{n}", definition=key, when={}, deliver=URL)
    answer = await shop.run("createTrigger", PROBLEMS, name="one more", definition=key, when={}, deliver=URL)
    assert [each["code"] for each in answer["userErrors"]] == ["LIMIT_EXCEEDED"]


async def test_a_retry_with_its_key_makes_one(shop: ShopClient) -> None:
    key = await loyalty(shop)
    input_ = {"name": "Gold", "definition": key, "when": GOLD, "deliver": URL, "idempotencyKey": "once"}
    first, second = [await shop.run("createTrigger", f"{SHOWN} {PROBLEMS}", **input_) for _ in range(2)]
    assert first == second
    other = await shop.run("createTrigger", PROBLEMS, **input_ | {"name": "Silver"})
    assert [each["code"] for each in other["userErrors"]] == ["IDEMPOTENCY_KEY_REUSED"]


async def test_numbers_of_a_condition_are_kept_exactly(shop: ShopClient) -> None:
    key = await loyalty(shop)
    query = """mutation { createTrigger(input: {name: "n", definition: "%s", deliver: {url: "https://a.example/"},
        when: {balance: {gte: 12345678901234567.891}, points: {gte: 2.5}}}) {
            trigger { when } userErrors { message } } }"""
    made = (await shop.ask(query % key))["createTrigger"]
    assert made["userErrors"] == []
    assert made["trigger"]["when"] == {"balance": {"gte": "12345678901234567.891"}, "points": {"gte": 2.5}}


async def test_it_costs_the_same_statements_however_many_there_are(shop: ShopClient) -> None:
    key = await loyalty(shop)
    query = "{ triggers { name broken when definition { key } } }"
    counts = []
    for n in range(2):
        await new_trigger(shop, name=f"t{n}", definition=key, when=GOLD, deliver=URL)
        with shop.statements() as seen:
            await shop.ask(query)
        counts.append(len(seen))
    assert counts[0] == counts[1]


async def test_contacts_learn_nothing_of_triggers(vets: VetShop) -> None:
    await new_trigger(vets.shop, name="secret", definition="veterinarian", when={}, deliver=URL)
    [trigger] = (await vets.shop.ask("{ triggers { id } }"))["triggers"]
    front = await new_storefront(vets)
    asked = ["{ triggers { name } }", "{ webhookDeliveries { nodes { id } } }",
             f'{{ node(id: "{trigger["id"]}") {{ id }} }}']  # fmt: skip
    for query in asked:
        answer = (await front.me.post(query)).json()
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
        assert "hooks.example.com" not in str(answer)


async def test_who_may_only_automate_sees_no_records(vets: VetShop) -> None:
    await new_trigger(vets.shop, name="all", definition="veterinarian", when={}, deliver=URL)
    scoped = await with_scopes(vets.shop, {Scope.MANAGE_AUTOMATION})
    answer = await scoped.answer("{ triggers { name broken definition { name } } }")
    assert [error["extensions"] for error in answer["errors"]] == [{"code": "FORBIDDEN", "scope": "read"}]
    assert "errors" not in await scoped.answer("{ triggers { name broken } webhookDeliveries { nodes { id } } }")


async def test_each_shop_has_its_own(shop: ShopClient, other_shop: ShopClient) -> None:
    id_ = await new_trigger(shop, name="Gold", definition=await loyalty(shop), when=GOLD, deliver=URL)
    await loyalty(other_shop)
    assert (await other_shop.ask("{ triggers { name } }"))["triggers"] == []
    answer = await other_shop.run("updateTrigger", PROBLEMS, trigger=id_, name="Mine")
    assert [each["code"] for each in answer["userErrors"]] == ["TRIGGER_NOT_FOUND"]
    assert (await other_shop.run("deleteTrigger", "deleted", trigger=id_)) == {"deleted": False}


async def test_without_a_condition_it_says_how_to_mean_every_record(shop: ShopClient) -> None:
    key = await loyalty(shop)
    refused = await shop.run("createTrigger", PROBLEMS, name="All", definition=key, deliver=URL)
    [problem] = refused["userErrors"]
    assert (problem["code"], "`{}` is true of every record" in problem["message"]) == ("INVALID_CONDITION", True)


async def test_what_became_of_a_trigger_is_said_as_it_can_be_mended(vets: VetShop) -> None:
    """One that watched what was deleted cannot be changed, one whose condition used it can."""
    shop = vets.shop
    on = {"veto_id": {"is": {"nom": {"eq": "Dr Martin"}}}}
    ids = [
        await new_trigger(shop, name=name, definition=key, when=when, deliver=URL)
        for name, key, when in (("of vets", "veterinarian", {}), ("of prices", "vet_pricing", on))
    ]
    deleted = await shop.run(
        "deleteCustomDataDefinition", "warnings { code message }", definition="veterinarian", force=True
    )
    said = [each["message"] for each in deleted["warnings"] if each["code"] == "TRIGGERS_BROKEN"]
    assert ["Delete the trigger" in each for each in said] == [True, False]
    assert ["until its condition is changed" in each for each in said] == [False, True]
    broken = [each["broken"] for each in (await shop.ask("{ triggers { broken } }"))["triggers"]]
    assert ["create another" in each for each in broken] == [True, False]
    assert ["Update its condition" in each for each in broken] == [False, True]
    told = [await shop.run("updateTrigger", PROBLEMS, trigger=id_, when={}) for id_ in ids]
    assert [[each["message"] for each in one["userErrors"]] for one in told] == [
        [broken[0].removeprefix("when: ")], []
    ]  # fmt: skip
