"""What is sent to write a shop's own records, as types: their fields, and how they name what they point to. What is
sent becomes the general form."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from graphql import (
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLNonNull,
)

from app.domain import naming
from app.domain.definitions import Definition, Field, FieldType, Target
from app.graphql.typed.copying import Copy
from app.graphql.typed.entities import Questions, description
from app.graphql.typed.record_types import Records
from app.graphql.typed.references import PRODUCT_REFERENCE, as_number, contact_reference, record_reference
from app.graphql.typed.scalars import FLOAT

Take = Callable[[Any], Any]  # makes the general form of a value


class RecordInputs:
    """The inputs of one schema."""

    def __init__(self, copy: Copy, questions: Questions, records: Records) -> None:
        self._copy = copy
        self._questions = questions
        self._records = records
        self._references: dict[str, GraphQLInputObjectType] = {}
        self._place = GraphQLInputObjectType(
            "GeolocationInput",
            {axis: GraphQLInputField(GraphQLNonNull(FLOAT), description="In degrees.") for axis in ("lat", "lng")},
            "A place on the globe.",
        )

    def record(self, definition: Definition) -> GraphQLInputObjectType:
        """A record of the definition."""
        made: dict[str, tuple[str, Take | None]] = {}
        fields = {}
        for field in definition.fields:
            shown, kind, take = self._value(definition, field)
            made[shown] = field.name, take
            fields[shown] = GraphQLInputField(kind, description=_text(field))
        return GraphQLInputObjectType(
            f"{naming.type_name(definition.key)}Input",
            fields,
            f"A record of {definition.name}.",
            partial(_general, made),
        )

    def key(self, definition: Definition) -> GraphQLInputObjectType:
        """The unique key of the definition's records, whole. Relations name what they point to, as in a record."""
        made: dict[str, tuple[str, Take | None]] = {}
        fields = {}
        for name in definition.unique_keys:
            shown, kind, take = self._value(definition, definition.field[name])
            made[shown] = name, take
            text = description(definition.field[name])
            fields[shown] = GraphQLInputField(GraphQLNonNull(kind), description=text)  # type: ignore[arg-type]
        return GraphQLInputObjectType(
            f"{naming.type_name(definition.key)}ByKeyInput",
            fields,
            f"The unique key of a record of {definition.name}.",
            partial(_general, made),
        )

    def _value(self, definition: Definition, field: Field) -> tuple[str, GraphQLInputType, Take | None]:
        """How a field is called and typed, and what makes the general form of its value. Where a relation's target is
        gone, only its raw id can be sent, and will be refused."""
        relationship = definition.relationship.get(field.name)
        if relationship is None:
            return naming.field_name(field.name), self._scalar(definition, field), None
        name = naming.object_name(field.name)
        if relationship.target is Target.CONTACTS:
            return name, self._copy.types["ContactReference"], contact_reference  # type: ignore[return-value]
        if relationship.target is Target.PRODUCTS:
            return name, PRODUCT_REFERENCE, None
        target = self._questions.target(relationship.target, relationship.definition_id)
        if target is None or target.definition is None:
            return naming.field_name(field.name), GraphQLID, as_number
        return name, self.reference(target.definition), None

    def _scalar(self, definition: Definition, field: Field) -> GraphQLInputType:
        if field.type is FieldType.GEOLOCATION:
            return self._place
        kind: Any = self._records.value_type(definition, field)
        return kind  # type: ignore[no-any-return]  # a scalar, an enum, or a list of them

    def reference(self, definition: Definition) -> GraphQLInputObjectType:
        """What names a record of the definition."""
        if definition.key not in self._references:

            def value_type(key: str) -> GraphQLInputType:
                relation = key in definition.relationship
                return GraphQLID if relation else self._scalar(definition, definition.field[key])

            self._references[definition.key] = record_reference(definition, value_type)
        return self._references[definition.key]


def _text(field: Field) -> str | None:
    required = "Required when a record is created." if field.required else None
    return " ".join(text for text in (description(field), required) if text) or None


def _general(fields: Mapping[str, tuple[str, Take | None]], sent: dict[str, Any]) -> dict[str, Any]:
    """The record in general form: only what was sent."""
    record = {}
    for shown, value in sent.items():
        name, take = fields[shown]
        record[name] = value if take is None or value is None else take(value)
    return record
