"""What a condition that was sent means, and what is answered to one that means nothing."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.domain.condition_parser import parse_condition
from app.domain.conditions import (
    FALSE,
    TRUE,
    And,
    Condition,
    Counted,
    Holds,
    IsNull,
    Like,
    Not,
    OneOf,
    Or,
    Range,
    Some,
    ToOne,
)
from app.domain.definitions import FieldType
from app.domain.entities import CONTACTS, PRODUCTS, Attribute, Entity, Kind, Link, attribute, of_definition
from app.domain.operators import OPERATORS, comparison
from app.domain.periods import Calendar
from app.domain.problems import Code, Unfit
from tests.domain.price_models import definition, model

VET = definition(1, "vet", "nom:STRING town:STRING")
CARD = definition(
    2, "card",
    "tier:STRING notes:LONGTEXT points:NUMBER fee:DECIMAL open:BOOLEAN since:DATE seen:DATETIME tags:LIST "
    "extra:JSON place:GEOLOCATION",
    {"contact_id": "contacts", "product_id": "products", "vet_id": 1, "gone_id": 99},
)  # fmt: skip
MATCH = definition(3, "match", "rank:NUMBER", {"home_id": "contacts", "guest_id": "contacts"})
MODEL = model(VET, CARD, MATCH)
CARDS, VETS = of_definition(CARD), of_definition(VET)
CALENDAR = Calendar(datetime(2026, 3, 4, 12, tzinfo=UTC), ZoneInfo("Europe/Paris"))
BACK, HOME, GUEST = Link(CARD, "contact_id"), Link(MATCH, "home_id"), Link(MATCH, "guest_id")


def of(name: str, entity: Entity = CARDS) -> Attribute:
    return attribute(entity, name)


def equal(name: str, *values: Any, entity: Entity = CARDS) -> Condition:
    return OneOf(of(name, entity), values)


def back(key: str, quantified: Any) -> Any:
    return {"custom": {key: quantified}}


GOLD = equal("tier", "gold")
MEANINGS: dict[str, tuple[Any, Condition]] = {
    "nothing is always true": ({}, TRUE),
    "eq": ({"tier": {"eq": "gold"}}, GOLD),
    "ne is the exact negation": ({"tier": {"ne": "gold"}}, Not(GOLD)),
    "so is not of eq": ({"not": {"tier": {"eq": "gold"}}}, Not(GOLD)),
    "in": ({"tier": {"in": ["a", "b"]}}, equal("tier", "a", "b")),
    "in nothing is never true": ({"tier": {"in": []}}, equal("tier")),
    "notIn": ({"tier": {"notIn": ["a"]}}, Not(equal("tier", "a"))),
    "lt": ({"points": {"lt": 5}}, Range(of("points"), high=5, high_open=True)),
    "lte": ({"points": {"lte": 5}}, Range(of("points"), high=5)),
    "gt": ({"points": {"gt": 5}}, Range(of("points"), low=5, low_open=True)),
    "gte": ({"points": {"gte": 5}}, Range(of("points"), low=5)),
    "between has both ends": ({"points": {"between": [1, 5]}}, Range(of("points"), 1, 5)),
    "notBetween": ({"points": {"notBetween": [1, 5]}}, Not(Range(of("points"), 1, 5))),
    "several operators must all hold": (
        {"points": {"gt": 1, "ne": 3}}, And((Range(of("points"), 1, low_open=True), Not(equal("points", 3)))),
    ),
    "several fields too": ({"tier": {"eq": "gold"}, "points": {"eq": 1}}, And((GOLD, equal("points", 1)))),
    "and, or": (
        {"or": [{"tier": {"eq": "gold"}}, {"and": [{"points": {"eq": 1}}, {"points": {"eq": 2}}]}]},
        Or((GOLD, And((equal("points", 1), equal("points", 2))))),
    ),
    "and of nothing is true": ({"and": []}, TRUE),
    "or of nothing is false": ({"or": []}, Or(())),
    "a beginning is a range": ({"tier": {"startsWith": "go"}}, Range(of("tier"), "go", "gp", high_open=True)),
    "everything begins with nothing": ({"tier": {"startsWith": ""}}, Range(of("tier"), "", high_open=True)),
    "contains means its text plainly": ({"tier": {"contains": r"5%_\ "}}, Like(of("tier"), r"%5\%\_\\ %")),
    "notContains": ({"notes": {"notContains": "x"}}, Not(Like(of("notes"), "%x%"))),
    "endsWith": ({"tier": {"endsWith": "%"}}, Like(of("tier"), r"%\%")),
    "like": ({"tier": {"like": r"g_ld%\_"}}, Like(of("tier"), r"g_ld%\_")),
    "isNull": ({"extra": {"isNull": True}}, IsNull(of("extra"))),
    "is not null": ({"place": {"isNull": False}}, Not(IsNull(of("place")))),
    "an element of a list": ({"tags": {"contains": "new"}}, Holds(of("tags"), "new")),
    "decimals are exact": ({"fee": {"eq": "1.10"}}, equal("fee", Decimal("1.10"))),
    "booleans": ({"open": {"eq": True}}, equal("open", True)),
    "days": ({"since": {"gte": "2026-01-31"}}, Range(of("since"), date(2026, 1, 31))),
    "moments": (
        {"seen": {"gte": "2026-01-31T10:00:00+02:00"}}, Range(of("seen"), datetime(2026, 1, 31, 8, tzinfo=UTC)),
    ),
    "within, of days": (
        {"since": {"within": {"this": "MONTH"}}}, Range(of("since"), date(2026, 3, 1), date(2026, 4, 1), high_open=True)
    ),
    "within, of moments: the shop's midnights": (
        {"seen": {"within": {"this": "MONTH"}}},
        Range(of("seen"), datetime(2026, 2, 28, 23, tzinfo=UTC), datetime(2026, 3, 31, 22, tzinfo=UTC), high_open=True),
    ),
    "within a day": (
        {"seen": {"within": "2026-03-29"}},
        Range(of("seen"), datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC), high_open=True),
    ),
    "before a moment": (
        {"seen": {"before": "2026-01-01T00:00:00Z"}},
        Range(of("seen"), high=datetime(2026, 1, 1, tzinfo=UTC), high_open=True),
    ),
    "before a day is before its beginning": (
        {"seen": {"before": "2026-01-01"}},
        Range(of("seen"), high=datetime(2025, 12, 31, 23, tzinfo=UTC), high_open=True),
    ),
    "after a day is after its end": ({"since": {"after": "2025-12-31"}}, Range(of("since"), date(2026, 1, 1))),
    "after a moment": (
        {"seen": {"after": "2026-01-01T00:00:00Z"}},
        Range(of("seen"), low=datetime(2026, 1, 1, tzinfo=UTC), low_open=True),
    ),
    "before a period": (
        {"since": {"before": {"last": {"days": 30}}}}, Range(of("since"), high=date(2026, 2, 3), high_open=True),
    ),
    "a record's own times": (
        {"created_at": {"after": {"this": "DAY"}}}, Range(of("created_at"), datetime(2026, 3, 4, 23, tzinfo=UTC)),
    ),
    "a record's own id": ({"id_record": {"eq": 12}}, equal("id_record", 12)),
    "a record's own version": ({"version": {"gt": 1}}, Range(of("version"), 1, low_open=True)),
    "an id as GraphQL gives it": ({"contact_id": {"eq": "12"}}, equal("contact_id", 12)),
    "a product's id as a number": ({"product_id": {"eq": 12}}, equal("product_id", "12")),
    "through a relation to contacts": (
        {"contact_id": {"is": {"email": {"endsWith": "@Example.com"}}}},
        ToOne("contact_id", CONTACTS, Like(of("email", CONTACTS), "%@example.com")),
    ),
    "through a relation to products": (
        {"product_id": {"is": {"price": {"lt": 5}}}},
        ToOne("product_id", PRODUCTS, Range(of("price", PRODUCTS), high=Decimal(5), high_open=True)),
    ),
    "through a relation to records, with its raw id": (
        {"vet_id": {"is": {"nom": {"eq": "Martin"}}, "isNull": False}},
        And((ToOne("vet_id", VETS, equal("nom", "Martin", entity=VETS)), Not(IsNull(of("vet_id"))))),
    ),
    "that what is pointed to exists": ({"vet_id": {"is": {}}}, ToOne("vet_id", VETS, TRUE)),
}  # fmt: skip

CONTACT_MEANINGS: dict[str, tuple[Any, Condition]] = {
    "some": (back("card", {"some": {"tier": {"eq": "gold"}}}), Some(BACK, GOLD)),
    "none": (back("card", {"none": {"tier": {"eq": "gold"}}}), Not(Some(BACK, GOLD))),
    "every": (back("card", {"every": {"tier": {"eq": "gold"}}}), Not(Some(BACK, Not(GOLD)))),
    "two of one object may be two records": (
        back("card", {"some": {}, "none": {"tier": {"eq": "gold"}}}),
        And((Some(BACK, TRUE), Not(Some(BACK, GOLD)))),
    ),
    "the first relation that leads back": (back("match", {"some": {}}), Some(HOME, TRUE)),
    "a named one": (back("match", {"field": "guest_id", "some": {}}), Some(GUEST, TRUE)),
    "several definitions": ({"custom": {"card": {"some": {}}, "match": {"some": {}}}},
                            And((Some(BACK, TRUE), Some(HOME, TRUE)))),
    "a count": (
        back("card", {"count": {"where": {"tier": {"eq": "gold"}}, "gte": 2, "lt": 5}}), Counted(BACK, GOLD, 2, 4),
    ),
    "at least one is some": (back("card", {"count": {"gte": 1}}), Some(BACK, TRUE)),
    "more than none is some": (back("card", {"count": {"gt": 0}}), Some(BACK, TRUE)),
    "a count of none is none": (back("card", {"count": {"eq": 0}}), Not(Some(BACK, TRUE))),
    "fewer than one is none": (back("card", {"count": {"lt": 1}}), Not(Some(BACK, TRUE))),
    "fewer than none is never": (back("card", {"count": {"lt": 0}}), FALSE),
    "at least none is always": (back("card", {"count": {"gte": 0}}), TRUE),
    "exactly": (back("card", {"count": {"eq": 3}}), Counted(BACK, TRUE, 3, 3)),
    "between": (back("card", {"count": {"between": [2, 3]}}), Counted(BACK, TRUE, 2, 3)),
    "not between": (back("card", {"count": {"notBetween": [2, 3]}}), And((TRUE, Not(Counted(BACK, TRUE, 2, 3))))),
    "another number": (
        back("card", {"count": {"ne": 2, "gte": 2}}),
        And((Counted(BACK, TRUE, 2, None), Not(Counted(BACK, TRUE, 2, 2)))),
    ),
    "e-mails compare by their key": ({"email": {"eq": " A@B.c "}}, equal("email", "a@b.c", entity=CONTACTS)),
    "three hops": (
        back("card", {"some": {"vet_id": {"is": {"custom": {"card": {"none": {"contact_id": {"is": {
            "last_name": {"eq": "Dubois"}}}}}}}}}}),
        Some(BACK, ToOne("vet_id", VETS, Not(Some(Link(CARD, "vet_id"), ToOne(
            "contact_id", CONTACTS, equal("last_name", "Dubois", entity=CONTACTS)))))),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MEANINGS)
def test_meaning_for_records(case: str) -> None:
    sent, expected = MEANINGS[case]
    assert parse_condition(MODEL, CARDS, sent, CALENDAR) == (expected, None)


@pytest.mark.parametrize("case", CONTACT_MEANINGS)
def test_meaning_for_contacts(case: str) -> None:
    sent, expected = CONTACT_MEANINGS[case]
    assert parse_condition(MODEL, CONTACTS, sent, CALENDAR) == (expected, None)


def nested(levels: int) -> Any:
    condition: Any = {}
    for _ in range(levels):
        condition = {"not": condition}
    return condition


def there_and_back(hops: int) -> Any:
    condition: Any = {}
    for hop in range(hops):
        condition = {"contact_id": {"is": condition}} if hop % 2 else back("card", {"some": condition})
    return condition if hops % 2 == 0 else {"contact_id": {"is": condition}}


WRONG: dict[str, tuple[Any, str, str, str]] = {
    # what is sent, the code, the path, a part of the message
    "no object": ([], "INVALID_CONDITION", "where", "such as"),
    "null": (None, "INVALID_CONDITION", "where", "an object"),
    "a field that has gone": ({"tear": {"eq": 1}}, "UNKNOWN_FIELD", "where.tear", "Do you mean tier?"),
    "fields are listed": ({"zzz": {"eq": 1}}, "UNKNOWN_FIELD", "where.zzz", "tier, notes, points"),
    "a name in camelCase": ({"contactId": {"eq": 1}}, "UNKNOWN_FIELD", "where.contactId", "Do you mean contact_id?"),
    "a contact's field of a record": ({"email": {"eq": "x"}}, "UNKNOWN_FIELD", "where.email", "card"),
    "a bare value": ({"tier": "gold"}, "INVALID_CONDITION", "where.tier", "Possible: eq, ne, in"),
    "null as a condition": ({"tier": None}, "INVALID_CONDITION", "where.tier", "an object of operators"),
    "no operators": ({"tier": {}}, "INVALID_CONDITION", "where.tier", "an object of operators"),
    "an unknown operator": ({"tier": {"equals": 1}}, "UNKNOWN_OPERATOR", "where.tier.equals", "Possible: eq"),
    "an operator of other types": ({"points": {"like": "1"}}, "UNKNOWN_OPERATOR", "where.points.like", "of points"),
    "JSON only is there or not": ({"extra": {"eq": {}}}, "UNKNOWN_OPERATOR", "where.extra.eq", "Possible: isNull."),
    "a value of another type": ({"points": {"eq": "1"}}, "INVALID_VALUE", "where.points.eq", "without quotes"),
    "nothing equals null": ({"tier": {"eq": None}}, "INVALID_VALUE", "where.tier.eq", "isNull"),
    "nulls in a list": ({"tier": {"in": [None]}}, "INVALID_VALUE", "where.tier.in", "isNull"),
    "in without a list": ({"tier": {"in": "gold"}}, "INVALID_VALUE", "where.tier.in", "square brackets"),
    "too many values": ({"points": {"in": [1] * 1001}}, "LIMIT_EXCEEDED", "where.points.in", "1,000"),
    "between three": ({"points": {"between": [1, 2, 3]}}, "INVALID_VALUE", "where.points.between", "[from, to]"),
    "text that cannot be stored": ({"tier": {"eq": "\0"}}, "INVALID_VALUE", "where.tier.eq", "U+0000"),
    "half a surrogate pair": ({"tier": {"like": "\ud800"}}, "INVALID_VALUE", "where.tier.like", "surrogate"),
    "a pattern too long": ({"tier": {"contains": "x" * 201}}, "INVALID_VALUE", "where.tier.contains", "at most 200"),
    "a pattern that breaks off": ({"tier": {"like": "x\\"}}, "INVALID_VALUE", "where.tier.like", "backslash"),
    "isNull of something else": ({"tier": {"isNull": 1}}, "INVALID_VALUE", "where.tier.isNull", "true or false"),
    "a datetime for a day": ({"since": {"eq": "2026-01-01T00:00Z"}}, "INVALID_VALUE", "where.since.eq", "calendar day"),
    "a day for a datetime": ({"seen": {"eq": "2026-01-01"}}, "INVALID_VALUE", "where.seen.eq", "offset"),
    "a datetime before a day": (
        {"since": {"before": "2026-01-01T00:00:00Z"}}, "INVALID_PERIOD", "where.since.before", "YYYY-MM-DD",
    ),
    "an unknown period": ({"since": {"within": {"this": "AGE"}}}, "INVALID_PERIOD", "where.since.within", "QUARTER"),
    "within a moment": (
        {"seen": {"within": "2026-01-01T00:00:00Z"}}, "INVALID_PERIOD", "where.seen.within", "YYYY-MM-DD",
    ),
    "calendar words elsewhere": ({"tier": {"within": {"this": "DAY"}}}, "UNKNOWN_OPERATOR", "where.tier.within", "eq"),
    "an id that is no number": ({"contact_id": {"eq": "x"}}, "INVALID_VALUE", "where.contact_id.eq", "whole number"),
    "an identifier": (
        {"contact_id": {"eq": {"by": "email", "value": "a@b.c"}}}, "INVALID_VALUE", "where.contact_id.eq", '"is"',
    ),
    "an id too large": ({"id_record": {"eq": 2**63}}, "INVALID_VALUE", "where.id_record.eq", "whole number"),
    "an id with a huge exponent": (
        {"id_record": {"eq": Decimal("1e999999")}}, "INVALID_VALUE", "where.id_record.eq", "whole number",
    ),
    "is of what is no relation": ({"tier": {"is": {}}}, "UNKNOWN_OPERATOR", "where.tier.is", "eq"),
    "a relation to what was deleted": ({"gone_id": {"is": {}}}, "DEFINITION_NOT_FOUND", "where.gone_id.is", "deleted"),
    "a field beyond a relation": (
        {"vet_id": {"is": {"non": {"eq": "x"}}}}, "UNKNOWN_FIELD", "where.vet_id.is.non", "Do you mean nom?",
    ),
    "not of a list": ({"not": []}, "INVALID_CONDITION", "where.not", "an object"),
    "and of an object": ({"and": {}}, "INVALID_CONDITION", "where.and", "square brackets"),
    "deep inside": ({"or": [{}, {"not": {"x": 1}}]}, "UNKNOWN_FIELD", "where.or.1.not.x", "'x' is no field"),
    "custom of nothing": ({"custom": {}}, "INVALID_CONDITION", "where.custom", "some"),
    "records that do not point here": (
        back("match", {"some": {}}), "DEFINITION_NOT_FOUND", "where.custom.match", "Possible: none.",
    ),
    "too deep": (nested(40), "LIMIT_EXCEEDED", "where.not", "at most 32 nested levels"),
    "very deep": (nested(900), "LIMIT_EXCEEDED", "where.not", "at most 32 nested levels"),
    "too many parts": ({"or": [{"points": {"eq": 1}}] * 100}, "LIMIT_EXCEEDED", "where.or", "at most 200"),
    "too many hops": (there_and_back(5), "LIMIT_EXCEEDED", "where.contact_id", "at most 5 relations one behind"),
    "too many relations": ({"or": [{"vet_id": {"is": {}}}] * 21}, "LIMIT_EXCEEDED", "where.or.20", "at most 20 rel"),
    "a name of a thousand characters": ({"x" * 1000: {}}, "UNKNOWN_FIELD", "where.xxx", "Possible"),
}  # fmt: skip

CONTACTS_WRONG: dict[str, tuple[Any, str, str, str]] = {
    "an unknown definition": ({"custom": {"cart": {"some": {}}}}, "DEFINITION_NOT_FOUND", "where.custom", "mean card?"),
    "no quantifier": (back("card", {}), "INVALID_CONDITION", "where.custom.card", "some, none, every, count"),
    "a condition without quantifier": (
        back("card", {"tier": {"eq": "x"}}), "UNKNOWN_OPERATOR", "where.custom.card.tier", "some, none",
    ),
    "an unknown relation back": (
        back("match", {"field": "away_id", "some": {}}), "UNKNOWN_FIELD", "where.custom.match", "guest_id",
    ),
    "a relation back that is no text": (back("match", {"field": 1}), "INVALID_CONDITION", "where.custom", "quotes"),
    "a count of nothing": (back("card", {"count": {}}), "INVALID_CONDITION", "where.custom.card.count", "gte"),
    "a count without comparison": (
        back("card", {"count": {"where": {}}}), "INVALID_CONDITION", "where.custom.card.count", "Say how many",
    ),
    "a count by an unknown operator": (
        back("card", {"count": {"like": 1}}), "UNKNOWN_OPERATOR", "where.custom.card.count", "notBetween",
    ),
    "a negative count": (back("card", {"count": {"eq": -1}}), "INVALID_VALUE", "where.custom.card", "0 to"),
    "a count of text": (back("card", {"count": {"eq": "1"}}), "INVALID_VALUE", "where.custom.card", "0 to"),
    "inside a count": (
        back("card", {"count": {"where": {"x": {}}, "eq": 1}}), "UNKNOWN_FIELD",
        "where.custom.card.count.where.x", "'x'",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("entity", "wrong"),
    [(CARDS, each) for each in WRONG.values()] + [(CONTACTS, each) for each in CONTACTS_WRONG.values()],
    ids=[*WRONG, *CONTACTS_WRONG],
)
def test_what_means_nothing_is_refused_where_it_stands(entity: Entity, wrong: tuple[Any, str, str, str]) -> None:
    sent, code, path, part = wrong
    condition, problem = parse_condition(MODEL, entity, sent, CALENDAR)
    assert condition is None
    assert problem is not None
    assert problem.code.value == code
    assert (problem.path or "").startswith(path)
    assert part in problem.message
    assert len(problem.message) < 700


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_knows_its_operators_and_no_other(kind: Kind) -> None:
    everything = {operator for fitting in OPERATORS.values() for operator in fitting}
    for operator in everything - set(OPERATORS[kind]):
        with pytest.raises(Unfit) as caught:
            comparison(Attribute("x", kind), operator, None, CALENDAR)
        assert caught.value.problem.code is Code.UNKNOWN_OPERATOR


def test_every_type_has_a_kind() -> None:
    for kind in FieldType:
        entity = of_definition(definition(1, "d", f"f:{kind.value}"))
        assert attribute(entity, "f").kind in OPERATORS
