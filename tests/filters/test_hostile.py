"""No text from a user ever becomes SQL: whatever stands in a condition, an order or a cursor, as a name, an operator or
a value, the statement is made of our words and numbered parameters, and what comes is an answer or a refusal with a
code."""

import re
from base64 import urlsafe_b64encode
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.aggregate_parser import SentKey, SentMeasure, SentRank, parse_aggregation, parse_measure
from app.domain.aggregates import Function, Unit
from app.domain.condition_parser import parse_condition
from app.domain.entities import of_definition
from app.domain.having import parse_having
from app.domain.orders import SentField, parse_order
from app.domain.slots import assign
from app.store.aggregates import _Composed
from app.store.conditions import rows_of
from app.store.fragments import Fragments, Sql
from app.store.listing import Listing, _composed
from app.store.paging import Page
from tests.domain.price_models import model
from tests.domain.test_conditions import CALENDAR, CARD
from tests.shops import ShopClient, to

MARK = "zqjx"  # in no word of ours
HOSTILE = [
    "'", '"', "'; drop table records; --", '" or 1=1 --', "$1", "$2::text", "{0}", "%s", "%(x)s", "\\", "\\'", "/*",
    "--", "\0", "\ud800", "\u202e", "r.id", "shop_id", "data", "()", "\n", "E'\\x27'", "😀", "", "a" * 300,
]  # fmt: skip
TEXT = st.sampled_from(HOSTILE) | st.text(max_size=20)
NAMES = ["tier", "points", "contact_id", "custom", "and", "or", "not", "is", "some", "count", "where", "field", "eq",
         "in", "like", "contains", "between", "within", "isNull", "created_at", "note", "email", "card"]  # fmt: skip
KEYS = st.sampled_from(NAMES) | TEXT
SCALARS = TEXT | st.integers() | st.floats() | st.booleans() | st.none() | st.sampled_from([10**400, -1, 2**63])
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)
# meant well up to the value
GOOD = st.builds(
    lambda name, operator, value: {name: {operator: value}},
    st.sampled_from(["tier", "note", "points", "fee", "since", "tags", "contact_id", "created_at"]),
    st.sampled_from(["eq", "ne", "in", "lt", "gte", "contains", "startsWith", "endsWith", "like", "before", "within"]),
    SCALARS | st.lists(SCALARS, max_size=3),
)  # fmt: skip

CODES = {
    "UNKNOWN_FIELD", "UNKNOWN_OPERATOR", "INVALID_VALUE", "INVALID_CONDITION", "INVALID_PERIOD", "INVALID_ORDER",
    "INVALID_RELATIONSHIP", "DEFINITION_NOT_FOUND", "LIMIT_EXCEEDED", "BAD_USER_INPUT", "BAD_REQUEST",
    "CURSOR_OF_ANOTHER_ORDER",
}  # fmt: skip
QUERY = """query($where: JSON, $order: [OrderBy!], $after: String) {
    customDataRecords(definition: "card", where: $where, orderBy: $order, after: $after) {
    totalCount { count } nodes { data } } }"""


async def test_whatever_is_asked_gets_an_answer_or_a_code(shop: ShopClient) -> None:
    await shop.define(
        "Card", {"contact_id": "NUMBER", "tier": "STRING", "points": "NUMBER", "fee": "DECIMAL", "since": "DATE",
                 "tags": "LIST", "note": "LONGTEXT"},
        relationships=[to("contact_id", "contacts")],
    )  # fmt: skip
    await shop.save("card", {"tier": "'; drop table records; --", "points": 1, "tags": ["'"]})
    cursors = TEXT.map(_cursor) | TEXT.map(lambda text: _cursor(f"\0{text}")) | st.none()

    @settings(max_examples=200, database=None)
    @given(JSON | GOOD, st.lists(KEYS, max_size=2), cursors)
    def asked(where: Any, order: list[str], after: str | None) -> None:
        questions.append({"where": where, "order": [{"field": field} for field in order], "after": after})

    questions: list[dict[str, Any]] = []
    asked()
    for variables in questions:
        response = await shop.post(QUERY, variables)
        answer = response.json()
        for error in answer.get("errors", []):
            assert error["extensions"]["code"] in CODES, (variables, answer)
        assert "errors" in answer or "customDataRecords" in answer["data"], (variables, answer)
    assert (await shop.ask(QUERY))["customDataRecords"]["totalCount"]["count"] == 1


def _cursor(text: str) -> str:
    return urlsafe_b64encode(f"cursor:{text}".encode(errors="replace")).rstrip(b"=").decode()


SLOTS = assign(CARD.fields, CARD.relationships, ())
SLOTTED = replace(CARD, fields=tuple(replace(field, slot=SLOTS.get(field.name)) for field in CARD.fields))
MODEL = model(SLOTTED)

_OURS = re.compile(
    r"[a-z_0-9.]+|\$\d+(::[a-z0-9]+(\[\])?)*|\"C\"|->>?|@>|[(),*=<>]|<=|>=|::[a-z0-9]+|'true'|'-infinity'|\s+", re.ASCII
)


def marked(value: Any) -> Any:
    """Every text with our mark in it."""
    if isinstance(value, str):
        return f"{MARK}{value}{MARK}"[:150]
    return [marked(each) for each in value] if isinstance(value, list) else value


@settings(max_examples=300, database=None)
@given(GOOD, st.sampled_from(["tier", "fee", "created_at", "contact_id.last_name"]))
def test_a_statement_is_made_of_our_words_and_numbers(sent: dict[str, Any], field: str) -> None:
    [(name, operators)] = sent.items()
    [(operator, value)] = operators.items()
    where = {"or": [{name: {operator: marked(value)}}, {"contact_id": {"is": {"last_name": {"eq": marked("'")}}}}]}
    entity = of_definition(SLOTTED)
    condition, _ = parse_condition(MODEL, entity, where, CALENDAR)
    order, _ = parse_order(MODEL, entity, [SentField(field)])
    if condition is None:
        return
    assert order is not None
    composed = _composed(Listing(entity, condition, order), Page(3), False, 3)
    assert composed is not None
    statement, *parameters = composed
    assert MARK not in statement.sql
    assert name not in re.findall(r"\w+", statement.sql) or name in ("created_at",)
    assert _OURS.sub("", statement.sql) == ""
    assert any(MARK in str(parameter) for parameter in parameters)
    assert int(max(re.findall(r"\$(\d+)", statement.sql), key=int)) == len(parameters) + 1


AGGREGATE = """query($by: [GroupBy!], $order: [GroupOrder!], $f: String!, $g: String, $having: JSON) {
    customDataAggregate(definition: "card", groupBy: $by, orderBy: $order, having: $having) {
    groups { keys count(field: $g) max(field: $f) } } }"""
_CODES = CODES | {"INVALID_AGGREGATE"}


async def test_whatever_is_aggregated_gets_an_answer_or_a_code(shop: ShopClient) -> None:
    await shop.define(
        "Card", {"contact_id": "NUMBER", "tier": "STRING", "points": "NUMBER", "since": "DATE", "note": "LONGTEXT"},
        relationships=[to("contact_id", "contacts")],
    )  # fmt: skip
    await shop.save("card", {"tier": "'; drop table records; --", "points": 1})
    names = st.sampled_from([*NAMES, "since", "contact_id.lang", "contact_id.' or 1=1"]) | TEXT
    key = st.fixed_dictionaries({"field": names}, optional={"unit": st.sampled_from([None, "WEEK"])})
    compared = st.dictionaries(st.sampled_from(["gt", "eq", "in", "isNull"]) | TEXT, JSON, max_size=2)
    figures = st.dictionaries(names, compared | JSON, max_size=2)
    having = JSON | st.dictionaries(
        st.sampled_from(["count", "sum", "max", "or", "not"]) | TEXT, figures | compared | JSON, max_size=3
    )
    rank = st.fixed_dictionaries({"by": st.sampled_from(["KEY", "COUNT", "AVG", "MAX"]), "field": names | st.none()})

    @settings(max_examples=200, database=None)
    @given(st.lists(key, max_size=2), st.lists(rank, max_size=1), names, names | st.none(), having)
    def asked(by: list[Any], order: list[Any], figure: str, counted: str | None, chosen: Any) -> None:
        questions.append({"by": by, "order": order, "f": figure, "g": counted, "having": chosen})

    questions: list[dict[str, Any]] = []
    asked()
    for variables in questions:
        answer = (await shop.post(AGGREGATE, variables)).json()
        for error in answer.get("errors", []):
            assert error["extensions"]["code"] in _CODES, (variables, answer)
        assert "errors" in answer or "customDataAggregate" in answer["data"], (variables, answer)
    assert (await shop.ask(QUERY))["customDataRecords"]["totalCount"]["count"] == 1


@settings(max_examples=200, database=None)
@given(
    st.lists(st.sampled_from(["tier", "fee", "since", "created_at", "contact_id.lang"]), max_size=2, unique=True),
    st.sampled_from([*Function]), st.sampled_from(["fee", "points"]), st.booleans(), TEXT,
    st.sampled_from(["eq", "notIn", "contains", "startsWith", "gte", "between"]),
)  # fmt: skip
def test_an_aggregate_is_made_of_our_words_and_numbers(
    keys: list[str], function: Function, name: str, slots: bool, value: str, operator: str
) -> None:
    entity = of_definition(SLOTTED)
    condition, _ = parse_condition(MODEL, entity, {"note": {"eq": marked(value)}}, CALENDAR)
    if condition is None:
        return
    measure, _ = parse_measure(MODEL, entity, SentMeasure(function, name))
    assert measure is not None
    units = {"since": Unit.WEEK, "created_at": Unit.MONTH}
    sent = [SentKey(key, units.get(key)) for key in keys]
    ranks = [SentRank(SentMeasure(function, name))]
    compared: Any = {"notIn": [marked(value)] * 2, "between": [marked(value)] * 2}.get(operator, marked(value))
    of_groups = {"or": [{"max": {"tier": {operator: compared}}}, {"avg": {name: {"notIn": [1, "2.5"]}}}]}
    having, problem = parse_having(MODEL, entity, of_groups, CALENDAR)
    assert having is not None, problem
    aggregation, _ = parse_aggregation(MODEL, entity, condition, sent, [measure], ranks, MARK, having)
    assert aggregation is not None
    fragments = Fragments()
    composed = _Composed(aggregation, fragments, slots=slots)
    sql = composed.select(Sql("records r"), rows_of(entity, Sql("r"), fragments), 3)
    assert MARK not in sql
    assert _GROUPING.sub("", _OURS.sub("", sql)) == ""
    assert any(MARK in str(parameter) for parameter in fragments.parameters)


_GROUPING = re.compile(r"'(week|month|UTC|0001-01-01|9999-12-31)'|/")
