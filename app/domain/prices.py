"""Which price a contact pays: in order of priority the first source that yields an amount, else the native price.

"Cheapest wins" would be wrong: a contract may be dearer than the list price. Amounts stay exact throughout.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal, InvalidOperation
from enum import Enum
from operator import itemgetter
from types import NoneType
from typing import Any, NamedTuple

from app.domain.definitions import Model, OverrideSource
from app.domain.paths import parse_path
from app.domain.problems import Code, Problem
from app.tables import Table, table, table_of


class Outcome(Enum):
    """What came of asking one source."""

    WON = "WON"
    LOWER_PRIORITY = "LOWER_PRIORITY"  # it has an amount, but one asked before it won
    NO_LINK = "NO_LINK"  # nothing links the contact to the source
    DANGLING = "DANGLING"  # a link on the way leads to something gone
    NO_RECORD = "NO_RECORD"  # the source has no record for the product
    NULL_VALUE = "NULL_VALUE"
    INVALID_VALUE = "INVALID_VALUE"  # a negative amount is never sold


class SourceAnswer(NamedTuple):
    """What one source says. Before the choice WON means that it would win alone; only then has it an amount."""

    source: OverrideSource
    outcome: Outcome
    amount: Decimal | None = None
    record_id: int | None = None


class FieldPrice(NamedTuple):
    """A system field as the contact sees it. `amount` is None only where the native value is."""

    amount: Decimal | None
    native: Decimal | None
    winner: SourceAnswer | None
    sources: tuple[SourceAnswer, ...]  # in order of priority


def answer(source: OverrideSource, outcome: Outcome, record_id: int | None, stored: str | None) -> SourceAnswer:
    """What a source says, given how the walk to it ended (WON: a record was found) and the stored value there."""
    if outcome is not Outcome.WON:
        return SourceAnswer(source, outcome, record_id=record_id)
    if stored is None:
        return SourceAnswer(source, Outcome.NULL_VALUE, record_id=record_id)
    try:
        amount = Decimal(stored)
    except InvalidOperation:
        return SourceAnswer(source, Outcome.INVALID_VALUE, record_id=record_id)
    if not amount.is_finite() or amount < 0:
        return SourceAnswer(source, Outcome.INVALID_VALUE, record_id=record_id)
    return SourceAnswer(source, Outcome.WON, amount, record_id)


def answers(
    source: OverrideSource, outcomes: Sequence[Outcome], record_ids: Sequence[int | None], stored: Sequence[str | None]
) -> Table[SourceAnswer]:
    """The same for many walks. Plain digits, as nearly all amounts are, are not looked at one by one."""
    try:
        if not _PLAIN("".join(filter(None, stored))):
            raise InvalidOperation
        amounts, ended = _plain(outcomes, stored)
    except InvalidOperation:  # "" or "1.2.3", among others
        walks = zip(outcomes, record_ids, stored, strict=True)
        return table_of(SourceAnswer, [answer(source, *walk) for walk in walks])
    return table(SourceAnswer, [[source] * len(ended), ended, amounts, record_ids], len(ended))


def _plain(
    outcomes: Sequence[Outcome], stored: Sequence[str | None]
) -> tuple[Sequence[Decimal | None], Sequence[Outcome]]:
    """The amounts where digits are stored or nothing is, and the outcomes in the light of these."""
    if outcomes.count(_WON) == len(outcomes) and None not in stored:
        return [*map(Decimal, stored)], outcomes  # type: ignore[arg-type]  # none of them is None
    walks = list(zip(outcomes, stored, strict=True))
    amounts = [Decimal(text) if text is not None and outcome is _WON else None for outcome, text in walks]
    return amounts, [_EMPTY if text is None and outcome is _WON else outcome for outcome, text in walks]


_PLAIN = re.compile(r"[0-9.]*").fullmatch
_WON, _EMPTY = Outcome.WON, Outcome.NULL_VALUE  # as an attribute of the class they take longer


def negative_problem(stored: Any) -> Problem | None:
    """Why a stored number cannot be saved in a field that prices are taken from."""
    if stored is None or Decimal(str(stored)) >= 0:
        return None
    message = "Prices are taken from this field, and none is negative. Send 0 or more, or null for no price."
    return Problem(Code.INVALID_VALUE, message)


def decide(native: Decimal | None, answers: Collection[SourceAnswer]) -> FieldPrice:
    """The rule of choosing, for one system field."""
    if len(answers) < 2:
        said = tuple(answers)
        winner = said[0] if said and said[0].outcome is Outcome.WON else None
        return FieldPrice(native if winner is None else winner.amount, native, winner, said)
    return _chosen(native, sorted(answers, key=lambda each: each.source.priority))


def _chosen(native: Decimal | None, answers: Iterable[SourceAnswer]) -> FieldPrice:
    """The same of several, in order of priority."""
    winner: SourceAnswer | None = None
    said: list[SourceAnswer] = []
    for each in answers:
        if each.outcome is Outcome.WON and winner is not None:
            each = each._replace(outcome=Outcome.LOWER_PRIORITY)
        elif each.outcome is Outcome.WON:
            winner = each
        said.append(each)
    return FieldPrice(native if winner is None else winner.amount, native, winner, tuple(said))


def winning(said: Sequence[Table[SourceAnswer]], pairs: int) -> Sequence[Decimal | None]:
    """For each of many pairs the amount of whoever wins, of the sources' answers in order of priority; None where the
    native one counts."""
    amounts = [each.column("amount") for each in said]
    if len(amounts) < 2:
        return amounts[0] if amounts else [None] * pairs
    return [next(filter(_there, of_pair), None) for of_pair in zip(*amounts, strict=True)]


def _there(amount: Decimal | None) -> bool:
    return amount is not None


def amounts_of(natives: Sequence[Decimal | None], won: Sequence[Decimal | None]) -> list[Decimal | None]:
    """`decide(...).amount` for many, of the native amounts and those that won over them."""
    if NoneType not in map(type, won):  # to compare a Decimal with None takes long
        return list(won)
    return [native if amount is None else amount for native, amount in zip(natives, won, strict=True)]


def payable_of(
    native: Decimal, native_discount: Decimal | None, price: Decimal | None, discount: Decimal | None
) -> Decimal:
    """`payable` of what `decide` would say, of the amounts that won."""
    if discount is not None:
        return discount
    if price is not None:
        return price
    return native if native_discount is None else native_discount


def payable(price: FieldPrice, discount: FieldPrice) -> Decimal:
    """What the contact pays: the discount if there is one, else the price. A native discount belongs to the native
    price: when that is overridden, it is ignored."""
    if discount.amount is not None and (discount.winner is not None or price.winner is None):
        return discount.amount
    if price.amount is None:
        raise ValueError("a product always has a native price")
    return price.amount


def money(amount: Decimal) -> str:
    """At least two decimals, more where they are significant: "79.90", "64.00", "1.005". Never an exponent."""
    text = str(amount)
    if text[-3:-2] == "." and text[0] != "-":  # as most are: nothing to add or to leave out
        return text
    whole, _, fraction = format(abs(amount) if amount == 0 else amount, "f").partition(".")
    return f"{whole}.{fraction.rstrip('0').ljust(2, '0')}"


def moneys(amounts: Sequence[Decimal]) -> list[str]:
    """The same for many."""
    texts = [*map(str, amounts)]
    try:
        usual = [*map(_THIRD_LAST, texts)].count(".") == len(texts) and "-" not in "".join(texts)
    except IndexError:
        usual = False
    return texts if usual else [*map(money, amounts)]


_THIRD_LAST = itemgetter(-3)


def explain(model: Model, price: FieldPrice) -> str:
    """One sentence for people who explore why a field has this amount."""
    if price.winner is not None:
        source, amount = price.winner.source, money(price.winner.amount or Decimal())
        passed = _reasons(model, price, before=source.priority)
        return f"{amount} comes from {_named(model, source)} in record {price.winner.record_id}{passed}."
    amount = "No amount" if price.native is None else f"{money(price.native)}, the native amount"
    if not price.sources:
        return f"{amount}: no source overrides it."
    return f"{amount}{_reasons(model, price, before=None)}."


_REASONS = {
    Outcome.NO_LINK: "has no link to this contact",
    Outcome.DANGLING: "is linked through something that is gone",
    Outcome.NO_RECORD: "has no record for this product",
    Outcome.NULL_VALUE: "is empty here",
    Outcome.INVALID_VALUE: "holds an amount that cannot be sold",
}


def _reasons(model: Model, price: FieldPrice, before: int | None) -> str:
    """Why the sources asked before that priority (None: all of them) gave nothing."""
    silent = [each for each in price.sources if before is None or each.source.priority < before]
    reasons = [f"{_field(model, each.source)} {_REASONS[each.outcome]}" for each in silent]
    return f", because {' and '.join(reasons)}" if reasons else ""


def _field(model: Model, source: OverrideSource) -> str:
    return f"{model.by_id[source.definition_id].key}.{source.field}"


def _named(model: Model, source: OverrideSource) -> str:
    path, _ = parse_path(model, model.by_id[source.definition_id], source.contact_path)
    way = f", along {path.readable(model)}" if path else ""
    return f"{_field(model, source)} (priority {source.priority}{way})"
