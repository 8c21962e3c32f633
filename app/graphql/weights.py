"""What a field costs, in tenths of a row read. The numbers are ours; the README repeats them as a table."""

from dataclasses import dataclass

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLOutputType,
    ValueNode,
    get_named_type,
    is_leaf_type,
)

from app.domain.limits import CONTACTS_RENDERED, DEFAULT_GROUPS, DEFAULT_PAGE_SIZE, GROUPS, PAGE_SIZE

ROW = 10
ATTRIBUTE = 1  # ten attributes cost as much time as a row
_WRITE = 10 * ROW  # a transaction
_IMPORT = 1_000 * ROW  # many of them, one after the other: the one file of the shop that is on its way
_ITEM_WRITTEN = 2 * ROW  # found, and written
_PRICE = 2 * ROW  # a price walks up to four hops in up to three sources
_COUNT = 20 * ROW  # counts up to 10,000 index entries
_CHOSEN = 20 * ROW  # looks at more than it gives
_AGGREGATED = 100 * ROW  # looks at all there is
_SEGMENT_COUNT = 50 * ROW  # counts up to 100,000
_MEMBER = 5 * ROW  # a contact looked at through a condition, and what its relations lead to
_PRICES_COMPARED = 200 * ROW  # up to 10,000, twice
_JUDGED = 20 * ROW  # what changes, by each trigger
_WHY = 20 * ROW  # the same through each part of a condition

INTROSPECTION = {"__schema": 500 * ROW, "__type": 20 * ROW}  # whatever is asked of it

_FIELDS = {
    ("Product", "price"): _PRICE,
    ("Product", "priceDiscount"): _PRICE,
    ("Product", "payable"): _PRICE,
    ("Contact", "matches"): _MEMBER,
    ("Contact", "segments"): _MEMBER,  # for each of several
    ("Segment", "contains"): _MEMBER,
}
_OBJECTS = {
    "ProductPricing": _PRICE,
    "TotalCount": _COUNT,
    "SegmentCount": _SEGMENT_COUNT,
    "Why": _WHY,
    "DryRunPrices": _PRICES_COMPARED,
    "DryRunTriggers": _JUDGED,
    "ErasureMentions": _AGGREGATED,
}  # any other object is a row
_IN_HAND = {
    "ConditionNode", "CustomDataDefinition", "DecidingRecord", "DryRun", "DryRunFiring", "DryRunPrice", "ErasedRecords",
    "ErasureMention", "Field", "FieldPricing", "ImportResult", "Limits", "OverridePath", "PageInfo", "PriceSource",
    "Relationship", "RenderedValue", "Segment", "Shop", "UserError",
}  # fmt: skip
_AROUND = ("Custom", "AggregateKeys", "AggregateNumbers", "AggregateValues")  # types that only hold the shop's fields
_LENGTHS = {"ConditionNode": 10, "Customer": 2, "DecidingRecord": 3, "ErasedRecords": 10, "Field": 10,
            "ImportResult": 100, "Override": 3, "OverridePath": 3, "PriceSource": 3, "Relationship": 3,
            "RenderedValue": 5, "Segment": 10, "UserError": 1}  # fmt: skip
_PAGES = ("Connection", "Payload", "Aggregates")  # types that hold one list whose length the field around them decides
_LISTS = ("nodes", "edges", "results", "groups")


@dataclass(frozen=True, slots=True)
class Weight:
    """`own` once, and for each of `length` values `item` and what is selected inside. In a page only the selections
    marked `each` count for every value. `asked` are the arguments that give the length, if they are sent; it is at most
    `longest`."""

    own: int = 0
    item: int = 0
    length: int = 1
    page: bool = False
    each: bool = False
    asked: tuple[ValueNode, ...] = ()
    longest: int = PAGE_SIZE


def weigh(parent: str, node: FieldNode, field: GraphQLField) -> Weight:
    """The weight of a field of the type named `parent`."""
    name, kind = node.name.value, get_named_type(field.type).name
    each = name in _LISTS and parent.endswith(_PAGES)
    if parent == "Mutation" and kind == "ImportPayload":
        return Weight(_IMPORT)
    if parent.startswith("Mutation") and not kind.endswith(_AROUND):
        return Weight(_WRITE, _ITEM_WRITTEN, page=True, asked=_arguments(node, "input", "records", "ids"))
    if kind.endswith("Connection"):
        own = ROW + (_CHOSEN if parent == "Segment" or _arguments(node, "where", "orderBy") else 0)
        return Weight(own, ROW, DEFAULT_PAGE_SIZE, page=True, asked=_arguments(node, "first", "last", "ids"))
    if kind.endswith("Aggregates"):
        own = _AGGREGATED if parent in ("Query", "ShopCustom") else _CHOSEN
        return Weight(own, 0, DEFAULT_GROUPS, page=True, asked=_arguments(node, "first"), longest=GROUPS)
    if each or (name == "node" and parent.endswith("Edge")):
        return Weight(item=ATTRIBUTE, each=each)  # the rows are counted where the page is asked
    item = _FIELDS.get((parent, name)) or _value(kind, leaf=is_leaf_type(get_named_type(field.type)))
    if _is_list(field.type) and not is_leaf_type(get_named_type(field.type)):
        longest = CONTACTS_RENDERED if kind == "RenderedTemplate" else PAGE_SIZE
        asked = _arguments(node, "ids", "contacts")
        return Weight(0, item, _LENGTHS.get(kind, DEFAULT_PAGE_SIZE), asked=asked, longest=longest)
    return Weight(item=item)


def _value(kind: str, *, leaf: bool) -> int:
    return ATTRIBUTE if leaf or kind in _IN_HAND or kind.endswith(_AROUND) else _OBJECTS.get(kind, ROW)


def _arguments(node: FieldNode, *names: str) -> tuple[ValueNode, ...]:
    return tuple(argument.value for argument in node.arguments or () if argument.name.value in names)


def _is_list(kind: GraphQLOutputType) -> bool:
    return isinstance(kind.of_type if isinstance(kind, GraphQLNonNull) else kind, GraphQLList)
