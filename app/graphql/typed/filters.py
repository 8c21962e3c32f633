"""What an attribute can be compared with, as input types: one for each kind of value, with the operators that fit it
(`app/domain/operators.py`). The general conditions have the same operators, so values pass as they are."""

from collections.abc import Mapping
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInt,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLString,
)

from app.domain.aggregates import Unit
from app.domain.definitions import Field, FieldType
from app.domain.entities import Attribute, Kind
from app.domain.operators import OPERATORS
from app.domain.values import scalar_type
from app.graphql.typed.one_of import one_of
from app.graphql.typed.scalars import DATE, FLOAT

_MANY = ("in", "notIn", "between", "notBetween")
_DESCRIPTIONS = {
    "eq": "Equals.",
    "ne": "Does not equal; also true where there is no value.",
    "in": "Equals one of these.",
    "notIn": "Equals none of these; also true where there is no value.",
    "between": "The two ends, both included: `[from, to]`.",
    "notBetween": "Outside of `[from, to]`; also true where there is no value.",
    "like": "`%` is any text, `_` one character, a backslash makes the next one plain.",
    "before": "Earlier than the whole of it.",
    "after": "Later than the whole of it.",
    "within": "Inside, both ends included.",
    "isNull": "Whether there is no value.",
}
_NAMES = {
    Kind.TEXT: "TextFilter", Kind.LONGTEXT: "TextFilter", Kind.EMAIL: "TextFilter", Kind.PRODUCT: "ProductIdFilter",
    Kind.ID: "IdFilter", Kind.NUMBER: "NumberFilter", Kind.DECIMAL: "DecimalFilter", Kind.BOOLEAN: "BooleanFilter",
    Kind.DATE: "DateFilter", Kind.DATETIME: "DateTimeFilter", Kind.OPAQUE: "PresenceFilter",
}  # fmt: skip
_ELEMENTS = {
    FieldType.STRING: "TextListFilter", FieldType.LONGTEXT: "TextListFilter", FieldType.NUMBER: "NumberListFilter",
    FieldType.DECIMAL: "DecimalListFilter", FieldType.BOOLEAN: "BooleanListFilter", FieldType.DATE: "DateListFilter",
    FieldType.DATETIME: "DateTimeListFilter",
}  # fmt: skip
_WORDS = {
    "TextFilter": "A text, compared by code point; e-mails without regard to case.",
    "ProductIdFilter": "A product's id.",
    "IdFilter": "A whole number that identifies something.",
    "NumberFilter": "A number.",
    "DecimalFilter": "An exact number: 1.0 equals 1.00.",
    "BooleanFilter": "True or false.",
    "DateFilter": "A calendar day of the shop.",
    "DateTimeFilter": "A moment. Calendar words are in the shop's time zone.",
    "PresenceFilter": "Whether there is a value: all that can be asked of this type.",
}


class Filters:
    """The filter types of one schema. `scalars` are the core's Decimal and DateTime, and JSON; `units` is its enum of
    calendar units."""

    def __init__(self, scalars: Mapping[str, GraphQLScalarType], units: GraphQLEnumType) -> None:
        self.scalars = scalars
        self.units = units
        self._made: dict[str, GraphQLInputObjectType] = {}
        self._period = _period(units)
        self._moment = _period(units, scalars["DateTime"])

    def of(self, attribute: Attribute, options: GraphQLEnumType | None = None) -> GraphQLInputObjectType:
        """The filter of an attribute; of one with options that are an enum, a filter of its own."""
        if attribute.kind is Kind.LIST:
            assert attribute.field is not None
            element = scalar_type(attribute.field)
            name = f"{options.name}ListFilter" if options is not None else _ELEMENTS[element]
            return self._filter(name, OPERATORS[Kind.LIST], options or self._scalar(element), "What a list holds.")
        if options is not None:
            return self._filter(f"{options.name}Filter", _CHOICE, options, "One of the field's options.")
        if attribute.name == "version":
            return self._filter("IntFilter", OPERATORS[attribute.kind], GraphQLInt, "A whole number.")
        name = _NAMES[attribute.kind]
        return self._filter(name, OPERATORS[attribute.kind], self.operand(attribute.kind), _WORDS[name])

    def value(self, field: Field) -> Any:
        """The scalar of a declared field's values, or of its elements; not of a GEOLOCATION."""
        return self._scalar(scalar_type(field))

    def _scalar(self, kind: FieldType) -> Any:
        return _SCALARS.get(kind) or self.scalars[_CORE[kind]]

    def operand(self, kind: Kind) -> Any:
        """The scalar that values of a kind are compared as."""
        if kind in (Kind.DECIMAL, Kind.DATETIME):
            return self.scalars["Decimal" if kind is Kind.DECIMAL else "DateTime"]
        return _OPERANDS.get(kind, GraphQLString)

    def _filter(self, name: str, operators: tuple[str, ...], value: Any, description: str) -> GraphQLInputObjectType:
        known = self._made.get(name)
        if known is None:
            fields = {each: self._operator(each, name, value) for each in operators}
            known = self._made[name] = GraphQLInputObjectType(name, fields, description=description)
        return known

    def _operator(self, operator: str, name: str, value: Any) -> GraphQLInputField:
        kind: GraphQLInputType = value
        if operator in _MANY:
            kind = GraphQLList(GraphQLNonNull(value))
        elif operator == "isNull":
            kind = GraphQLBoolean
        elif operator == "within" or (operator in ("before", "after") and name == "DateFilter"):
            kind = self._period
        elif operator in ("before", "after"):
            kind = self._moment
        return GraphQLInputField(kind, description=_DESCRIPTIONS.get(operator))


_CHOICE = ("eq", "ne", "in", "notIn", "isNull")
_SCALARS: dict[FieldType, GraphQLNamedType] = {
    FieldType.STRING: GraphQLString, FieldType.LONGTEXT: GraphQLString, FieldType.NUMBER: FLOAT,
    FieldType.BOOLEAN: GraphQLBoolean, FieldType.DATE: DATE,
}  # fmt: skip
_CORE = {FieldType.DECIMAL: "Decimal", FieldType.DATETIME: "DateTime", FieldType.JSON: "JSON"}
_OPERANDS: dict[Kind, GraphQLNamedType] = {
    Kind.ID: GraphQLID, Kind.PRODUCT: GraphQLID, Kind.NUMBER: FLOAT, Kind.BOOLEAN: GraphQLBoolean, Kind.DATE: DATE,
}  # fmt: skip

_SPAN = one_of(
    "SpanInput",
    {unit: GraphQLInputField(GraphQLInt) for unit in ("days", "weeks", "months", "quarters", "years")},
    "A number of whole units, today's included.",
)


_NAMES_OR_IDS = GraphQLInputField(GraphQLList(GraphQLNonNull(GraphQLString)), description="Names or ids.")
SEGMENTS = GraphQLInputObjectType(
    "SegmentFilter", {"in": _NAMES_OR_IDS, "notIn": _NAMES_OR_IDS}, "Segments that a contact is in, or is in none of."
)


def _period(units: GraphQLEnumType, moment: GraphQLScalarType | None = None) -> GraphQLInputObjectType:
    fields = {
        "this": GraphQLInputField(units, description="The one that is now."),
        "last": GraphQLInputField(_SPAN, description="`{days: 30}` is today and the 29 days before it."),
        "next": GraphQLInputField(_SPAN, description="`{weeks: 2}` is today and the 13 days behind it."),
        "day": GraphQLInputField(DATE, description="One day."),
    }
    if moment is None:
        return one_of("PeriodInput", fields, "Days of the calendar, in the shop's time zone.", _day_or_period)
    fields["moment"] = GraphQLInputField(moment, description="Just this moment.")
    description = "A moment, or days of the calendar in the shop's time zone."
    return one_of("MomentInput", fields, description, _day_or_period)


def _day_or_period(sent: dict[str, Any]) -> Any:
    """In general form a day and a moment are texts, and so are calendar units."""
    if isinstance(sent.get("this"), Unit):
        return {"this": sent["this"].value}
    return sent.get("day", sent.get("moment", sent))
