"""`orderBy` as input types: `[{lastName: DESC}]`, and along relations to one `[{contact: {lastName: ASC}}]`."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from graphql import GraphQLEnumType, GraphQLEnumValue, GraphQLInputField, GraphQLInputObjectType

from app.domain.orders import Direction, Nulls
from app.graphql.possible import listing
from app.graphql.typed.one_of import one_of
from app.graphql.typed.translated import TypedOrder

SORT_ORDER = listing(
    GraphQLEnumType(
        "SortOrder",
        {
            "ASC": GraphQLEnumValue((Direction.ASC, Nulls.LAST), "Upward; rows without a value come last."),
            "DESC": GraphQLEnumValue((Direction.DESC, Nulls.LAST), "Downward; rows without a value come last."),
            "ASC_NULLS_FIRST": GraphQLEnumValue((Direction.ASC, Nulls.FIRST), "Upward, behind rows without a value."),
            "DESC_NULLS_FIRST": GraphQLEnumValue(
                (Direction.DESC, Nulls.FIRST), "Downward, behind rows without a value."
            ),
        },
        description="Which way, and where rows without a value stand. Texts are ordered by code point.",
    )
)


def order_type(
    name: str,
    keys: Mapping[str, tuple[str, str | None]],
    relations: Mapping[str, tuple[str, Callable[[], GraphQLInputObjectType]]],
) -> GraphQLInputObjectType:
    """What one kind of thing is ordered by: names of attributes with their keys and what is said of them, and of
    relations with what they lead to."""

    def fields() -> dict[str, GraphQLInputField]:
        own = {each: GraphQLInputField(SORT_ORDER, description=text) for each, (_, text) in keys.items()}
        return own | {each: GraphQLInputField(kind()) for each, (_, kind) in relations.items()}

    general = partial(_general, {each: key for each, (key, _) in {**keys, **relations}.items()})
    description = "One field to order by. Equal rows come in order of their ids, in the direction of the last field."
    return one_of(name, fields, description, general)


def _general(keys: Mapping[str, str], sent: dict[str, Any]) -> TypedOrder:
    [(name, value)] = sent.items()
    if isinstance(value, TypedOrder):
        return TypedOrder(f"{keys[name]}.{value.field}", value.direction, value.nulls, f"{name}.{value.shown}")
    direction, nulls = value
    return TypedOrder(keys[name], direction, nulls, name)
