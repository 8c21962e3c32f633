"""`where` as input types: each takes what a client writes into the general form of a condition, which the one parser
reads (`app/domain/condition_parser.py`)."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from graphql import GraphQLInputField, GraphQLInputObjectType, GraphQLInputType, GraphQLInt, GraphQLList, GraphQLNonNull

from app.domain.reverse_names import Reverse
from app.graphql.typed.translated import Shown, Translated, TranslatedList

Kinds = Callable[[], GraphQLInputObjectType]


class Compared(NamedTuple):
    """An attribute with the operators of its filter."""

    name: str
    key: str
    filter: GraphQLInputObjectType
    description: str | None = None


class Pointed(NamedTuple):
    """What a relation points to, with a condition on it."""

    name: str
    key: str
    where: Kinds


def where_type(
    name: str, compared: list[Compared], pointed: list[Pointed], custom: GraphQLInputObjectType | None, of: str
) -> GraphQLInputObjectType:
    """The condition on one kind of thing."""
    made: GraphQLInputObjectType

    def fields() -> dict[str, GraphQLInputField]:
        objects = GraphQLList(GraphQLNonNull(made))
        found = {
            "and": GraphQLInputField(objects, description="All of these."),
            "or": GraphQLInputField(objects, description="At least one of these; of none, never."),
            "not": GraphQLInputField(made, description="What does not fulfil this, also where a value is missing."),
        }
        found |= {each.name: GraphQLInputField(each.filter, description=each.description) for each in compared}
        found |= {
            each.name: GraphQLInputField(each.where(), description="It is there, and fulfils this.") for each in pointed
        }
        if custom is not None:
            found["custom"] = GraphQLInputField(custom, description="The records that point here.")
        return found

    general = partial(_general, {each.name: each.key for each in compared}, {each.name: each.key for each in pointed})
    made = GraphQLInputObjectType(name, fields, f"A condition on {of}: all that is named must hold.", general)
    return made


def _general(compared: Mapping[str, str], pointed: Mapping[str, str], sent: dict[str, Any]) -> Translated:
    condition = Translated()
    more: list[Any] = []
    for name, value in sent.items():
        if name in compared:
            condition.put(compared[name], value, name)
        elif name in pointed:
            _point(condition, pointed[name], value, name)
        elif name == "custom" and isinstance(value, _Links):
            condition.put("custom", value.first, "custom")
            more = value.more
        else:
            condition.put(name, value, name)
    if more:
        _join(condition, more)
    return condition


def _point(condition: Translated, key: str, value: Any, name: str) -> None:
    """A relation field's condition, beside the operators of its raw id where those are sent too."""
    if isinstance(condition.get(key), dict):
        both = Translated()
        both.update(condition[key])
        both.put("is", value, name, drop=1)
        condition[key] = both
    elif key not in condition:
        inside = Translated()
        inside.put("is", value, "")
        condition.put(key, inside, name)


def _join(condition: Translated, more: list[Any]) -> None:
    """More conditions than an object has keys for."""
    own = condition.get("and", [])
    if not isinstance(own, list):
        return  # it is wrong, and will be said to be
    steps: dict[str, Shown] = {str(len(own) + n): (1 if own else 0, "") for n in range(len(more))}
    condition.put("and", TranslatedList([*own, *more], steps), "and" if own else "")


class _Links(NamedTuple):
    """The ways back that were asked: an object in general form, and those whose key it has already."""

    first: Translated
    more: list[Translated]


def custom_where(name: str, ways: list[Reverse], many: Callable[[Reverse], GraphQLInputObjectType]) -> Any:
    """Conditions on the records that point here, by the ways that lead back to them; None where there is no way."""
    if not ways:
        return None

    def fields() -> dict[str, GraphQLInputField]:
        return {each.name: GraphQLInputField(many(each), description=each.definition.name) for each in ways}

    general = partial(_links, {each.name: (each.definition.key, each.field) for each in ways})
    return GraphQLInputObjectType(name, fields, "The records that point here, by their definition.", general)


def _links(ways: Mapping[str, tuple[str, str]], sent: dict[str, Any]) -> _Links:
    first, more = Translated(), list[Translated]()
    for name, quantified in sent.items():
        key, field = ways[name]
        value = {"field": field, **quantified} if isinstance(quantified, dict) else quantified
        if key not in first:
            first.put(key, value, name)
            continue
        another, inside = Translated(), Translated()
        inside.put(key, value, name)
        another.put("custom", inside, "custom")
        more.append(another)
    return _Links(first, more)


def many_filter(name: str, where: GraphQLInputObjectType) -> GraphQLInputObjectType:
    """Quantified conditions on many records: `name` is their type's."""
    numbers = GraphQLList(GraphQLNonNull(GraphQLInt))
    single: dict[str, GraphQLInputType] = dict.fromkeys(("eq", "ne", "lt", "lte", "gt", "gte"), GraphQLInt)
    asked = {"where": where, **single, "between": numbers, "notBetween": numbers}
    count = GraphQLInputObjectType(
        f"{name}CountFilter",
        {each: GraphQLInputField(kind, description=_COUNTS.get(each)) for each, kind in asked.items()},
        "How many records there are, of those that fulfil `where`.",
    )
    fields = {word: GraphQLInputField(where, description=text) for word, text in _QUANTIFIERS.items()}
    fields["count"] = GraphQLInputField(count, description="How many there are.")
    return GraphQLInputObjectType(f"{name}ManyFilter", fields, "Conditions on many records; all of them must hold.")


_COUNTS = {"where": "Only these count; all, if left out."}
_QUANTIFIERS = {
    "some": "At least one record fulfils this. `{}` asks that there is one.",
    "none": "No record fulfils this; true where there are none.",
    "every": "Every record fulfils this; true where there are none.",
}
