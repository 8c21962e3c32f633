"""What the benchmark of filters asks: the same of the gateway and of PostGraphile with its plugins for filters and
aggregates, and how each side's answer is told, so that both can be compared."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.benchmarks.queries import Places

Variables = dict[str, Any]
Told = Callable[[Any], Any]

_CARD = 'nodes { idRecord points: value(field: "points") tier: value(field: "tier") }'
_CARD_OF_PEER = "nodes { rowId points tier }"
_RECORDS = """query($where: JSON, $order: [OrderBy!]) {{
    customDataRecords(definition: "{of}", first: 50, where: $where, orderBy: $order) {{ {nodes} }} }}"""
_LOYALTIES = "query($filter: LoyaltyFilter, $order: [LoyaltyOrderBy!]) {{ allLoyalties(first: 50, filter: $filter, " \
             "orderBy: $order) {{ {nodes} }} }}"  # fmt: skip


@dataclass(frozen=True)
class FilterQuestion:
    """`asked` gives the variables of the n-th request: for the gateway, for PostGraphile. `ours` and `theirs` tell what
    each side's data say."""

    name: str
    title: str
    document: str
    peer_document: str
    asked: Callable[[Places, int], tuple[Variables, Variables]]
    ours: Told
    theirs: Told

    def bodies(self, places: Places, count: int) -> tuple[list[bytes], list[bytes]]:
        asked = [self.asked(places, n) for n in range(count)]
        return (
            [json.dumps({"query": self.document, "variables": ours}).encode() for ours, _ in asked],
            [json.dumps({"query": self.peer_document, "variables": theirs}).encode() for _, theirs in asked],
        )


def _rows(*path: str) -> Told:
    """The values of all nodes, in order; ids and points as numbers, prices as decimals."""

    def told(data: Any) -> Any:
        for name in path:
            data = data[name]
        return [[_plain(value) for value in node.values()] for node in data["nodes"]]

    return told


def _plain(value: Any) -> Any:
    if isinstance(value, str) and value.replace(".", "", 1).isdigit():
        return Decimal(value).normalize()
    return value


def _listed(name: str, title: str, where: Callable[[int], Any], filter_: Callable[[int], Any], **orders: Any) -> Any:
    """A page of 50 loyalty cards."""

    def asked(_: Places, n: int) -> tuple[Variables, Variables]:
        return {"where": where(n), "order": orders.get("ours")}, {"filter": filter_(n), "order": orders.get("theirs")}

    return FilterQuestion(
        name, title, _RECORDS.format(of="loyalty", nodes=_CARD), _LOYALTIES.format(nodes=_CARD_OF_PEER), asked,
        _rows("customDataRecords"), _rows("allLoyalties"),
    )  # fmt: skip


_BY_POINTS = {
    "ours": [{"field": "points", "direction": "DESC"}], "theirs": ["POINTS_DESC", "ROW_ID_DESC"],
}  # fmt: skip
_TIERS = ("bronze", "silver", "gold")


def _prices(_: Places, n: int) -> tuple[Variables, Variables]:
    low = 10 + n * 7 % 11
    ends = (f"{low}.{n % 4 * 25:02}", f"{low}.{n % 4 * 25 + 24:02}")
    return (
        {"where": {"price": {"gte": ends[0], "lt": ends[1]}}},
        {"filter": {"price": {"greaterThanOrEqualTo": ends[0], "lessThan": ends[1]}}},
    )


def _some(_: Places, n: int) -> tuple[Variables, Variables]:
    least = n * 7 % 900
    return (
        {"where": {"custom": {"loyalty": {"some": {"tier": {"eq": "gold"}, "points": {"gte": least}}}}}},
        {"filter": {"loyaltiesByContactId": {
            "some": {"tier": {"equalTo": "gold"}, "points": {"greaterThanOrEqualTo": least}}}}},
    )  # fmt: skip


def _counted(_: Places, n: int) -> tuple[Variables, Variables]:
    low = n * 7 % 900
    return (
        {"where": {"points": {"gte": low, "lt": low + 50}}},
        {"filter": {"points": {"greaterThanOrEqualTo": low, "lessThan": low + 50}}},
    )


def _grouped(_: Places, n: int) -> tuple[Variables, Variables]:
    least = n * 7 % 900
    return {"where": {"points": {"gte": least}}}, {"filter": {"points": {"greaterThanOrEqualTo": least}}}


def _all(_: Places, __: int) -> tuple[Variables, Variables]:
    return {}, {}


def _nested(places: Places, n: int) -> tuple[Variables, Variables]:
    after, least = places.contact_at(n), n * 7 % 500
    ids = [after + each for each in range(20)]
    return (
        {"ids": {"id_contact": {"in": ids}}, "where": {"points": {"gte": least}}},
        {"ids": {"rowId": {"in": ids}}, "filter": {"points": {"greaterThanOrEqualTo": least}}},
    )


def _products(places: Places, n: int) -> tuple[Variables, Variables]:
    ids = [places.product_at(n + each) for each in range(20)]
    return {"ids": {"id": {"in": ids}}}, {"ids": {"rowId": {"in": ids}}}


def _our_groups(data: Any) -> Any:
    groups = data["customDataAggregate"]["groups"]
    return sorted([*group["keys"], Decimal(str(group["sum"])), _rounded(group["avg"])] for group in groups)


def _their_groups(data: Any) -> Any:
    groups = data["allLoyalties"]["groupedAggregates"]
    return sorted(
        [*group["keys"], Decimal(group["sum"]["points"]), _rounded(group["average"]["points"])] for group in groups
    )


def _rounded(value: Any) -> Decimal:
    return round(Decimal(str(value)), 9)


_GROUPED = """query($where: JSON) { customDataAggregate(definition: "loyalty", where: $where,
    groupBy: {field: "tier"}) { groups { keys sum(field: "points") avg(field: "points") } } }"""
_GROUPED_BY_PEER = """query($filter: LoyaltyFilter) { allLoyalties(filter: $filter) {
    groupedAggregates(groupBy: TIER) { keys sum { points } average { points } } } }"""

QUESTIONS = [
    _listed("equality", "a page of 50 cards with so many points", lambda n: {"points": {"eq": n * 7 % 1000}},
            lambda n: {"points": {"equalTo": n * 7 % 1000}}),
    _listed("equality of many", "a page of 50 cards of a tier that a third has",
            lambda n: {"tier": {"eq": _TIERS[n % 3]}}, lambda n: {"tier": {"equalTo": _TIERS[n % 3]}}),
    _listed("range", "a page of 50 cards within 20 points, in order of id",
            lambda n: {"points": {"gte": n * 7 % 900, "lt": n * 7 % 900 + 20}},
            lambda n: {"points": {"greaterThanOrEqualTo": n * 7 % 900, "lessThan": n * 7 % 900 + 20}}),
    FilterQuestion(
        "range of decimals", "a page of 50 of 840,000 prices within 0.24",
        _RECORDS.format(of="vet_pricing", nodes='nodes { idRecord value(field: "price") }'),
        "query($filter: PricingFilter) { allPricings(first: 50, filter: $filter) { nodes { rowId price } } }",
        _prices, _rows("customDataRecords"), _rows("allPricings"),
    ),
    _listed("sort", "the 50 cards with most points", lambda n: {"points": {"lte": 999 - n % 100}},
            lambda n: {"points": {"lessThanOrEqualTo": 999 - n % 100}}, **_BY_POINTS),
    _listed("equality and sort", "the 50 cards of a tier with most points",
            lambda n: {"tier": {"eq": _TIERS[n % 3]}}, lambda n: {"tier": {"equalTo": _TIERS[n % 3]}}, **_BY_POINTS),
    FilterQuestion(
        "to-many some", "a page of 50 contacts with some gold card of at least so many points",
        "query($where: ContactWhere) { contacts(first: 50, where: $where) { nodes { idContact email } } }",
        "query($filter: ContactFilter) { allContacts(first: 50, filter: $filter) { nodes { rowId email } } }",
        _some, _rows("contacts"), _rows("allContacts"),
    ),
    FilterQuestion(
        "count", "how many cards within 50 points: 5,000",
        'query($where: JSON) { customDataRecords(definition: "loyalty", where: $where) { totalCount { count } } }',
        "query($filter: LoyaltyFilter) { allLoyalties(filter: $filter) { totalCount } }",
        _counted, lambda data: data["customDataRecords"]["totalCount"]["count"],
        lambda data: data["allLoyalties"]["totalCount"],
    ),
    FilterQuestion("group by", "the points of 100,000 cards, summed up and averaged by tier", _GROUPED,
                   _GROUPED_BY_PEER, _all, _our_groups, _their_groups),
    FilterQuestion("group by of some", "the same of cards with at least so many points", _GROUPED, _GROUPED_BY_PEER,
                   _grouped, _our_groups, _their_groups),
    FilterQuestion(
        "nested filter", "20 contacts, each with its cards of at least so many points, most first",
        f"""query($ids: ContactWhere, $where: JSON) {{ contacts(where: $ids) {{ nodes {{ idContact
        cards: customData(definition: "loyalty", where: $where, orderBy: {{field: "points", direction: DESC}}) {{
        {_CARD} }} }} }} }}""",
        f"""query($ids: ContactFilter, $filter: LoyaltyFilter) {{ allContacts(filter: $ids) {{ nodes {{ rowId
        cards: loyaltiesByContactId(filter: $filter, orderBy: POINTS_DESC) {{ {_CARD_OF_PEER} }} }} }} }}""",
        _nested,
        lambda data: [[_plain(n["idContact"]), *_rows("cards")(n)] for n in data["contacts"]["nodes"]],
        lambda data: [[_plain(str(n["rowId"])), *_rows("cards")(n)] for n in data["allContacts"]["nodes"]],
    ),
    FilterQuestion(
        "nested aggregates", "20 products, each with the points of its cards summed up and averaged",
        """query($ids: ProductWhere) { products(where: $ids) { nodes { idProduct cards: customDataAggregate(
        definition: "loyalty") { groups { sum(field: "points") avg(field: "points") } } } } }""",
        """query($ids: ProductFilter) { allProducts(filter: $ids) { nodes { rowId cards: loyaltiesByProductId {
        aggregates { sum { points } average { points } } } } } }""",
        _products,
        lambda data: [
            [n["idProduct"], *([Decimal(str(g["sum"])), _rounded(g["avg"])] for g in n["cards"]["groups"])]
            for n in data["products"]["nodes"]
        ],
        lambda data: [
            [n["rowId"], [Decimal(g["sum"]["points"]), _rounded(g["average"]["points"])]]
            for n in data["allProducts"]["nodes"] for g in [n["cards"]["aggregates"]]
        ],
    ),
]  # fmt: skip
