"""Which price a contact pays, and how it is written and explained."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.definitions import OverrideSource
from app.domain.prices import (
    FieldPrice,
    Outcome,
    SourceAnswer,
    amounts_of,
    answer,
    answers,
    decide,
    explain,
    money,
    payable,
    payable_of,
    winning,
)
from app.tables import table_of
from tests.domain.price_models import VETERINARY

NATIVE = Decimal("79.90")
PATH = ("veto_id", "12.veto_id", "contact_id")


def source(priority: int) -> OverrideSource:
    return OverrideSource("price", priority, 2, "price", "product_id", PATH)


def said(priority: int, what: str) -> SourceAnswer:
    """An amount, or the outcome that stands for none."""
    if what in Outcome.__members__:
        return SourceAnswer(source(priority), Outcome[what])
    return SourceAnswer(source(priority), Outcome.WON, Decimal(what), 100 + priority)


CHOICES = {
    "no source: the native price": ([], "79.90", []),
    "one source with an amount": (["64.00"], "64.00", ["WON"]),
    "no link falls through to the native price": (["NO_LINK"], "79.90", ["NO_LINK"]),
    "the first that yields wins, not the cheapest": (["90", "64"], "90", ["WON", "LOWER_PRIORITY"]),
    "falls through a missing link": (["NO_LINK", "71"], "71", ["NO_LINK", "WON"]),
    "falls through a missing record": (["NO_RECORD", "71"], "71", ["NO_RECORD", "WON"]),
    "falls through null": (["NULL_VALUE", "71"], "71", ["NULL_VALUE", "WON"]),
    "falls through something gone": (["DANGLING", "71"], "71", ["DANGLING", "WON"]),
    "falls through what cannot be sold": (["INVALID_VALUE", "71"], "71", ["INVALID_VALUE", "WON"]),
    "three sources": (["NO_LINK", "71", "64"], "71", ["NO_LINK", "WON", "LOWER_PRIORITY"]),
    "behind the winner a reason for nothing stays one": (["71", "NULL_VALUE"], "71", ["WON", "NULL_VALUE"]),
    "none of three": (["NO_LINK", "NULL_VALUE", "NO_RECORD"], "79.90", ["NO_LINK", "NULL_VALUE", "NO_RECORD"]),
    "zero is a price": (["0", "64"], "0", ["WON", "LOWER_PRIORITY"]),
}


@pytest.mark.parametrize(("answers", "amount", "outcomes"), CHOICES.values(), ids=CHOICES)
def test_choice(answers: list[str], amount: str, outcomes: list[str]) -> None:
    price = decide(NATIVE, [said(n, what) for n, what in reversed(list(enumerate(answers, 1)))])
    assert price.amount == Decimal(amount)
    assert price.native == NATIVE
    assert [each.outcome.name for each in price.sources] == outcomes
    assert price.winner == next((each for each in price.sources if each.outcome is Outcome.WON), None)


ANSWERS = {
    "a decimal": ("64.00", Outcome.WON, "64.00"),
    "an exact amount of many digits": ("1234567890123456789012345.000000000000000000001", Outcome.WON, None),
    "zero": ("0", Outcome.WON, "0"),
    "null": (None, Outcome.NULL_VALUE, None),
    "a negative amount is never sold": ("-0.01", Outcome.INVALID_VALUE, None),
    "no number": ("free", Outcome.INVALID_VALUE, None),
    "not finite": ("NaN", Outcome.INVALID_VALUE, None),
}


@pytest.mark.parametrize(("stored", "outcome", "amount"), ANSWERS.values(), ids=ANSWERS)
def test_a_found_record_answers(stored: str | None, outcome: Outcome, amount: str | None) -> None:
    given = answer(source(1), Outcome.WON, 7, stored)
    assert (given.outcome, given.record_id) == (outcome, 7)
    expected = (amount or stored) if outcome is Outcome.WON else None
    assert (given.amount is None) == (expected is None)
    assert given.amount is None or str(given.amount) == expected


def test_a_walk_that_ended_early_answers_with_its_reason() -> None:
    assert answer(source(1), Outcome.NO_LINK, None, None) == SourceAnswer(source(1), Outcome.NO_LINK)


STORED = st.one_of(
    st.none(), st.decimals().map(str), st.text("0123456789.-+eE ٣", max_size=5), st.sampled_from(["64.00", "0", "NaN"])
)
ENDED = st.one_of(
    st.tuples(st.just(Outcome.WON), st.integers(), STORED),
    st.tuples(st.sampled_from([Outcome.NO_LINK, Outcome.DANGLING, Outcome.NO_RECORD]), st.none(), STORED),
)


@given(st.lists(ENDED, max_size=6))
def test_a_column_of_walks_answers_as_each_walk_alone(walks: list[tuple[Outcome, int | None, str | None]]) -> None:
    columns = [[walk[n] for walk in walks] for n in range(3)]
    assert [*answers(source(1), *columns)] == [answer(source(1), *walk) for walk in walks]


AMOUNTS = st.one_of(st.none(), st.decimals(min_value=0, allow_nan=False, allow_infinity=False))
SAID = st.lists(
    st.one_of(st.just("NO_LINK"), AMOUNTS.map(lambda amount: "NULL_VALUE" if amount is None else str(amount))),
    max_size=3,
)


@given(st.decimals(0, 9), AMOUNTS, SAID, SAID)
def test_amounts_alone_are_those_with_reasons(
    native: Decimal, native_discount: Decimal | None, price_said: list[str], discount_said: list[str]
) -> None:
    prices, discounts = ([said(n, what) for n, what in enumerate(each, 1)] for each in (price_said, discount_said))
    price, discount = decide(native, prices), decide(native_discount, discounts)
    won = [winning([table_of(SourceAnswer, [each]) for each in answers], 1) for answers in (prices, discounts)]
    [amount], [reduced] = amounts_of([native], won[0]), amounts_of([native_discount], won[1])
    assert (amount, reduced) == (price.amount, discount.amount)
    assert payable_of(native, native_discount, won[0][0], won[1][0]) == payable(price, discount)


PAYABLE = {
    "native price": (None, None, None, "79.90"),
    "native discount": (None, "69.90", None, "69.90"),
    "overridden price": ("64.00", None, None, "64.00"),
    "an overridden price ignores the native discount": ("64.00", "49.90", None, "64.00"),
    "a dearer overridden price ignores it too": ("90.00", "69.90", None, "90.00"),
    "overridden discount of the native price": (None, None, "60.00", "60.00"),
    "overridden discount instead of the native one": (None, "69.90", "75.00", "75.00"),
    "both overridden: the discount": ("64.00", "69.90", "59.00", "59.00"),
    "a discount of zero": (None, "0", None, "0"),
}


@pytest.mark.parametrize(("price", "native_discount", "discount", "expected"), PAYABLE.values(), ids=PAYABLE)
def test_payable(price: str | None, native_discount: str | None, discount: str | None, expected: str) -> None:
    native = None if native_discount is None else Decimal(native_discount)
    prices = [decide(start, [said(1, over)] if over else []) for start, over in ((NATIVE, price), (native, discount))]
    assert payable(*prices) == Decimal(expected)


MONEY = {
    "79.9": "79.90", "64": "64.00", "1.005": "1.005", "0E-10": "0.00", "-0": "0.00", "1.500": "1.50", "0.1": "0.10",
    "1E+3": "1000.00", "1E-7": "0.0000001",
    "12345678901234567890123456789012.125": "12345678901234567890123456789012.125",
}  # fmt: skip


@pytest.mark.parametrize(("amount", "text"), MONEY.items(), ids=MONEY)
def test_money(amount: str, text: str) -> None:
    assert money(Decimal(amount)) == text


WAY = "along vet_pricing -veto_id-> veterinarian <-veto_id- vet_assignment -contact_id-> contact"
EXPLAINED = {
    "native": (decide(NATIVE, []), "79.90, the native amount: no source overrides it."),
    "no native discount": (decide(None, []), "No amount: no source overrides it."),
    "won": (
        decide(NATIVE, [said(1, "64")]),
        f"64.00 comes from vet_pricing.price (priority 1, {WAY}) in record 101.",
    ),
    "won after another": (
        decide(NATIVE, [said(1, "NO_RECORD"), said(2, "64"), said(3, "50")]),
        f"64.00 comes from vet_pricing.price (priority 2, {WAY}) in record 102, because vet_pricing.price has no "
        "record for this product.",
    ),
    "nobody won": (
        decide(NATIVE, [said(1, "NO_LINK"), said(2, "NULL_VALUE")]),
        "79.90, the native amount, because vet_pricing.price has no link to this contact and vet_pricing.price is "
        "empty here.",
    ),
}


@pytest.mark.parametrize(("price", "sentence"), EXPLAINED.values(), ids=EXPLAINED)
def test_a_price_explains_itself(price: FieldPrice, sentence: str) -> None:
    assert explain(VETERINARY, price) == sentence
