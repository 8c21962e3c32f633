"""saveCustomDataRecords: one verdict per item, in input order."""

from decimal import Decimal
from typing import Any

import pytest

from tests.shops import ShopClient

ALL = "query($d: String!) { customDataRecords(definition: $d) { nodes { idRecord version createdAt updatedAt data } } }"


async def rows(shop: ShopClient, definition: str = "card") -> Any:
    return (await shop.ask(ALL, d=definition))["customDataRecords"]["nodes"]


def outcomes(payload: Any) -> list[str]:
    assert [result["index"] for result in payload["results"]] == list(range(len(payload["results"])))
    counted = [payload[name] for name in ("created", "updated", "unchanged", "rejected")]
    found: list[str] = [result["outcome"] for result in payload["results"]]
    assert counted == [found.count(name) for name in ("CREATED", "UPDATED", "UNCHANGED", "REJECTED")]
    return found


def faults(payload: Any) -> list[tuple[str, str, int]]:
    """Code, path and index of every item's errors, in order."""
    errors = [error for result in payload["results"] for error in result["errors"]]
    return [(error["code"], error["path"], error["index"]) for error in errors]


@pytest.fixture
async def cards(shop: ShopClient) -> ShopClient:
    """A shop with loyalty cards: number (unique), holder (required), tier (silver by default), points, amount."""
    tier = {"type": "STRING", "default": "silver", "options": ["silver", "gold"]}
    holder = {"type": "STRING", "required": True}
    fields = {"number": "STRING", "holder": holder, "tier": tier, "points": "NUMBER", "amount": "DECIMAL"}
    await shop.define("Card", fields, uniqueKeys=["number"])
    return shop


@pytest.fixture
async def visits(shop: ShopClient) -> ShopClient:
    """A shop with visits, which have no unique key."""
    await shop.define("Visit", {"place": "STRING"})
    return shop


async def test_verdicts_come_in_input_order_and_say_what_each_item_did(cards: ShopClient) -> None:
    await cards.save_one("card", {"number": "b", "holder": "B", "points": 1})
    payload = await cards.save(
        "card", {"number": "c", "holder": "C"}, {"number": "b", "points": 2}, "no object",
        {"number": "b", "points": 2}, {"number": "a", "holder": "A"},
    )  # fmt: skip
    assert outcomes(payload) == ["CREATED", "UPDATED", "REJECTED", "UNCHANGED", "CREATED"]
    names = [result["record"] and result["record"]["data"]["number"] for result in payload["results"]]
    assert names == ["c", "b", None, "b", "a"]
    assert (payload["userErrors"], payload["warnings"]) == ([], [])


async def test_absent_fields_are_left_alone_and_null_clears(cards: ShopClient) -> None:
    await cards.save_one("card", {"number": "a", "holder": "A", "points": 1, "tier": "gold"})
    payload = await cards.save("card", {"number": "a", "points": None})
    assert outcomes(payload) == ["UPDATED"]
    assert payload["results"][0]["record"]["data"] == {
        "number": "a", "holder": "A", "tier": "gold", "points": None, "amount": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "tier"),
    [
        pytest.param({}, "silver", id="absent: the default"),
        pytest.param({"tier": None}, None, id="null: kept out"),
        pytest.param({"tier": "gold"}, "gold", id="a value"),
    ],
)
async def test_a_default_fills_an_absent_field_on_creation(cards: ShopClient, sent: Any, tier: str | None) -> None:
    payload = await cards.save("card", {"number": "a", "holder": "A"} | sent)
    assert payload["results"][0]["record"]["data"]["tier"] == tier


FAULTY_ITEMS: dict[str, tuple[Any, list[tuple[str, str]]]] = {
    "a text": ("number", [("NOT_AN_OBJECT", "records.1")]),
    "a number": (5, [("NOT_AN_OBJECT", "records.1")]),
    "a list": ([{"number": "x"}], [("NOT_AN_OBJECT", "records.1")]),
    "a boolean": (True, [("NOT_AN_OBJECT", "records.1")]),
    "an empty object": ({}, [("MISSING_KEY", "records.1.number")]),
    "a null key": ({"number": None, "holder": "X"}, [("MISSING_KEY", "records.1.number")]),
    "a required field absent": ({"number": "x"}, [("REQUIRED", "records.1.holder")]),
    "a required field null": ({"number": "x", "holder": None}, [("REQUIRED", "records.1.holder")]),
    "an unknown field": ({"number": "x", "holder": "X", "colour": 1}, [("UNKNOWN_FIELD", "records.1.colour")]),
    "an unknown field, null": ({"number": "x", "holder": "X", "Tier": None}, [("UNKNOWN_FIELD", "records.1.Tier")]),
    "a wrong type": ({"number": "x", "holder": "X", "points": "9"}, [("INVALID_VALUE", "records.1.points")]),
    "no option": ({"number": "x", "holder": "X", "tier": "bronze"}, [("NOT_AN_OPTION", "records.1.tier")]),
    "several faults": (
        {"number": 1, "points": "9", "colour": 1},
        [("INVALID_VALUE", "records.1.number"), ("INVALID_VALUE", "records.1.points"),
         ("UNKNOWN_FIELD", "records.1.colour")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("item", "expected"), FAULTY_ITEMS.values(), ids=FAULTY_ITEMS.keys())
async def test_a_bad_item_rejects_itself_and_the_rest_is_saved(
    cards: ShopClient, item: Any, expected: list[tuple[str, str]]
) -> None:
    good = [{"number": number, "holder": "H"} for number in "ab"]
    payload = await cards.save("card", good[0], item, good[1])
    assert outcomes(payload) == ["CREATED", "REJECTED", "CREATED"]
    assert faults(payload) == [(code, path, 1) for code, path in expected]
    assert [row["data"]["number"] for row in await rows(cards)] == ["a", "b"]


async def test_all_bad_items_are_still_verdicts_not_an_error_of_the_call(cards: ShopClient) -> None:
    payload = await cards.save("card", 1, {})
    assert outcomes(payload) == ["REJECTED", "REJECTED"]
    assert payload["userErrors"] == []


async def test_unchanged_touches_nothing_not_even_updated_at_or_version(cards: ShopClient) -> None:
    card = {"number": "a", "holder": "A", "points": 1, "amount": "1.00"}
    await cards.save_one("card", card)
    before = await rows(cards)
    for same in (card, {"number": "a"}, {"number": "a", "points": Decimal("1.0")}, {"number": "a", "amount": 1}):
        assert outcomes(await cards.save("card", same)) == ["UNCHANGED"]
    assert await rows(cards) == before
    assert outcomes(await cards.save("card", {"number": "a", "points": 2})) == ["UPDATED"]
    after = await rows(cards)
    assert (after[0]["version"], after[0]["createdAt"]) == (2, before[0]["createdAt"])
    assert after[0]["updatedAt"] > before[0]["updatedAt"]


async def test_equal_keys_in_one_batch_behave_as_if_sent_one_after_the_other(cards: ShopClient) -> None:
    payload = await cards.save(
        "card", {"number": "a"}, {"number": "a", "holder": "A", "points": 1}, {"number": "a", "points": "bad"},
        {"number": "a", "holder": None}, {"number": "a", "points": 2}, {"number": "a", "points": 2, "tier": None},
        {"number": "a", "points": 2},
    )  # fmt: skip
    assert outcomes(payload) == ["REJECTED", "CREATED", "REJECTED", "REJECTED", "UPDATED", "UPDATED", "UNCHANGED"]
    assert faults(payload) == [
        ("REQUIRED", "records.0.holder", 0), ("INVALID_VALUE", "records.2.points", 2),
        ("REQUIRED", "records.3.holder", 3),
    ]  # fmt: skip
    (row,) = await rows(cards)
    assert (row["version"], row["data"]["points"], row["data"]["tier"]) == (3, 2, None)


async def test_without_unique_keys_every_item_is_a_new_record_and_a_warning_says_that_retries_double(
    visits: ShopClient,
) -> None:
    payload = await visits.save("visit", {"place": "Lyon"}, {"place": "Lyon"}, {}, {"place": None})
    assert outcomes(payload) == ["CREATED"] * 4
    assert payload["warnings"] == [{"code": "RETRIES_DOUBLE"}]
    ids = [int(result["record"]["idRecord"]) for result in payload["results"]]
    assert ids == sorted(set(ids))
    with_key = await visits.save("visit", {"place": "Lyon"}, idempotencyKey="k1")
    assert with_key["warnings"] == []


async def test_reject_all_saves_nothing_if_one_is_bad(cards: ShopClient) -> None:
    await cards.save_one("card", {"number": "a", "holder": "A"})
    before = await rows(cards)
    payload = await cards.save(
        "card", {"number": "a", "points": 1}, {"number": "b"}, {"number": "a"}, {"number": "c", "holder": "C"},
        errorPolicy="REJECT_ALL",
    )  # fmt: skip
    assert outcomes(payload) == ["REJECTED"] * 4
    assert [code for code, _, _ in faults(payload)] == ["BATCH_ABORTED", "REQUIRED", "BATCH_ABORTED", "BATCH_ABORTED"]
    assert [index for _, _, index in faults(payload)] == [0, 1, 2, 3]
    assert all(result["record"] is None for result in payload["results"])
    assert "item 1" in payload["results"][0]["errors"][0]["message"]
    assert await rows(cards) == before


async def test_reject_all_with_good_items_only_saves_them(cards: ShopClient) -> None:
    payload = await cards.save("card", {"number": "a", "holder": "A"}, errorPolicy="REJECT_ALL")
    assert outcomes(payload) == ["CREATED"]


@pytest.mark.parametrize(
    ("count", "code"),
    [pytest.param(0, "NO_ITEMS", id="none"), pytest.param(51, "TOO_MANY_ITEMS", id="51")],
)
async def test_no_or_too_many_items_are_refused_whole_and_write_nothing(
    cards: ShopClient, count: int, code: str
) -> None:
    payload = await cards.save("card", *({"number": str(n), "holder": "H"} for n in range(count)))
    assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [(code, "records")]
    assert (payload["results"], payload["created"], await rows(cards)) == ([], 0, [])


async def test_fifty_items_fit(cards: ShopClient) -> None:
    payload = await cards.save("card", *({"number": str(n), "holder": "H"} for n in range(50)))
    assert payload["created"] == 50


@pytest.mark.parametrize("definition", ["cards", "0", "", "99999999999999999999", "a\0b", "\ud800", "é"])
async def test_an_unknown_definition_refuses_the_whole_call(cards: ShopClient, definition: str) -> None:
    (error,) = (await cards.save(definition, {"number": "a"}))["userErrors"]
    assert (error["code"], error["path"]) == ("DEFINITION_NOT_FOUND", "definition")
    assert "card" in error["message"]


async def test_the_definition_may_be_named_by_its_id(cards: ShopClient) -> None:
    found = await cards.ask('{ customDataDefinition(key: "card") { idDefinition } }')
    payload = await cards.save(found["customDataDefinition"]["idDefinition"], {"number": "a", "holder": "A"})
    assert payload["created"] == 1
