"""Saving a shop's own records by their types: inputs with the definition's fields, and payloads that show its type.

What is sent becomes the general form, and goes through the one save (`app/operations/save_records.py`). A value that
its type forbids refuses the request before anything is written; what only the rules of the definition forbid rejects
the item."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
)

from app.domain import naming
from app.domain.access import Scope
from app.domain.definitions import Definition, Field, FieldType, Status, Target
from app.domain.problems import Problem
from app.execution import Column
from app.execution.native import native_field
from app.execution.serial import SERIAL
from app.graphql import inputs
from app.graphql.context import Info
from app.graphql.documented import SCOPE, require_all
from app.graphql.mutation import save_records_payload
from app.graphql.payloads import SaveRecordsPayload, UserError
from app.graphql.typed.copying import Copy, Fields, retyped
from app.graphql.typed.entities import Questions, description
from app.graphql.typed.reading import HERE
from app.graphql.typed.record_types import Records
from app.graphql.typed.references import PRODUCT_REFERENCE, as_number, contact_reference, record_reference
from app.graphql.typed.scalars import FLOAT
from app.operations.save_records import ErrorPolicy


class Writes:
    """The inputs, payloads and mutations of one schema."""

    def __init__(
        self,
        copy: Copy,
        questions: Questions,
        records: Records,
        options: Callable[[Definition, Field], GraphQLEnumType | None],
    ) -> None:
        self._copy = copy
        self._questions = questions
        self._records = records
        self._options = options
        self._references: dict[str, GraphQLInputObjectType] = {}
        self._place = GraphQLInputObjectType(
            "GeolocationInput",
            {axis: GraphQLInputField(GraphQLNonNull(FLOAT), description="In degrees.") for axis in ("lat", "lng")},
            "A place on the globe.",
        )

    def field(self, definitions: Sequence[Definition]) -> GraphQLField:
        """The field of Mutation that holds those of the shop."""
        text = "Writes the shop's own records, by their definition. The fields inside run in order."
        kind = GraphQLObjectType(
            "MutationCustom", {each: field for one in definitions for each, field in self._save(one)}, description=text
        )
        extensions = {SCOPE: Scope.WRITE_RECORDS, SERIAL: True}
        return native_field(kind, _custom, informed=True, description=text, extensions=extensions)

    def _save(self, definition: Definition) -> list[tuple[str, GraphQLField]]:
        name = naming.type_name(definition.key)
        policy, ambiguous = (GraphQLNonNull(self._enum(each)) for each in ("ErrorPolicy", "OnAmbiguous"))
        sent = GraphQLNonNull(GraphQLList(GraphQLNonNull(self._input(definition, name))))
        args = {
            "records": GraphQLArgument(sent, description="1 to 50. Absent fields stay as they are, null clears."),
            "errorPolicy": GraphQLArgument(policy, default_value=ErrorPolicy.REJECT_ITEMS, out_name="error_policy"),
            "onAmbiguous": GraphQLArgument(ambiguous, default_value=inputs.OnAmbiguous.FIRST, out_name="on_ambiguous"),
            "idempotencyKey": GraphQLArgument(
                GraphQLString,
                out_name="idempotency_key",
                description="1 to 255 characters; a retry within 24 hours answers the same and writes nothing.",
            ),
            "dryRun": GraphQLArgument(
                GraphQLNonNull(GraphQLBoolean),
                default_value=False,
                out_name="dry_run",
                description="Only tells what this would do, and writes nothing: see `dryRun` of the payload.",
            ),
        }
        how = "upserted by their unique key" if definition.unique_keys else "inserted: it has no unique key"
        inactive = definition.status is Status.INACTIVE
        saving = native_field(
            self._payload(definition, name), _saving(definition), args=args, informed=True,
            description=f"Saves 1 to 50 records of {definition.name}, one verdict each. They are {how}.",
            deprecation_reason=_INACTIVE if inactive else None,
        )  # fmt: skip
        return [(f"save{name}", saving)]

    def _enum(self, name: str) -> GraphQLEnumType:
        kind = self._copy.types[name]
        assert isinstance(kind, GraphQLEnumType)
        return kind

    def _payload(self, definition: Definition, name: str) -> GraphQLObjectType:
        record = self._records.type(definition)
        result = GraphQLObjectType(
            f"{name}Result", lambda: self._around("RecordResult", "record", record),
            description="The verdict on one record of a batch, at its position.",
        )  # fmt: skip
        results = GraphQLNonNull(GraphQLList(GraphQLNonNull(result)))
        return GraphQLObjectType(
            f"{name}Payload", lambda: self._around("SaveRecordsPayload", "results", results),
            description="What came of a save: a verdict for each record, and how many of each kind.",
        )  # fmt: skip

    def _around(self, core: str, field: str, kind: Any) -> Fields:
        copied = self._copy.types[core]
        assert isinstance(copied, GraphQLObjectType)
        return {name: retyped(each, kind) if name == field else each for name, each in copied.fields.items()}

    def _input(self, definition: Definition, name: str) -> GraphQLInputObjectType:
        made: dict[str, tuple[str, Callable[[Any], Any] | None]] = {}
        fields = {}
        for field in definition.fields:
            shown, kind, take = self._value(definition, field)
            made[shown] = field.name, take
            fields[shown] = GraphQLInputField(kind, description=_text(field))
        return GraphQLInputObjectType(
            f"{name}Input", fields, f"A record of {definition.name}.", partial(_general, made)
        )

    def _value(self, definition: Definition, field: Field) -> tuple[str, GraphQLInputType, Callable[[Any], Any] | None]:
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
        return name, self._reference(target.definition), None

    def _scalar(self, definition: Definition, field: Field) -> GraphQLInputType:
        if field.type is FieldType.GEOLOCATION:
            return self._place
        kind: Any = self._records.value_type(definition, field)
        return kind  # type: ignore[no-any-return]  # a scalar, an enum, or a list of them

    def _reference(self, definition: Definition) -> GraphQLInputObjectType:
        if definition.key not in self._references:

            def value_type(key: str) -> GraphQLInputType:
                relation = key in definition.relationship
                return GraphQLID if relation else self._scalar(definition, definition.field[key])

            self._references[definition.key] = record_reference(definition, value_type)
        return self._references[definition.key]


_INACTIVE = "The definition is inactive, which refuses every save. Activate it first."


def _text(field: Field) -> str | None:
    required = "Required when a record is created." if field.required else None
    return " ".join(text for text in (description(field), required) if text) or None


def _general(fields: Mapping[str, tuple[str, Callable[[Any], Any] | None]], sent: dict[str, Any]) -> dict[str, Any]:
    """The record in general form: only what was sent."""
    record = {}
    for shown, value in sent.items():
        name, take = fields[shown]
        record[name] = value if take is None or value is None else take(value)
    return record


def _custom(parents: Sequence[Any], info: Info) -> Sequence[Any]:
    require_all(info, Scope.WRITE_RECORDS)
    return [HERE] * len(parents)


def _saving(definition: Definition) -> Callable[..., Any]:
    named = {True: naming.object_name, False: naming.field_name}
    names = {field.name: named[field.name in definition.relationship](field.name) for field in definition.fields}

    async def save(parents: Sequence[Any], info: Info, **sent: Any) -> Column[SaveRecordsPayload]:
        payload = await save_records_payload(info, inputs.SaveRecordsInput(definition=definition.key, **sent))
        for result in payload.results:
            row = result.row
            result.row = replace(row, errors=_shown(names, row.errors), warnings=_shown(names, row.warnings))
        for error in (*payload.user_errors, *payload.warnings):
            _show(error)
        return [payload] * len(parents)

    return save


def _shown(names: Mapping[str, str], problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """With paths in the words of the type: records.3.contact_id is records.3.contact there."""
    return tuple(replace(each, path=_path(names, each.path)) for each in problems)


def _path(names: Mapping[str, str], path: str | None) -> str | None:
    steps = path.split(".") if path else []
    return ".".join([*steps[:2], *(names.get(step, step) for step in steps[2:3]), *steps[3:]]) or None


def _show(error: UserError) -> None:
    """The definition is no argument of the typed field."""
    if error.path == "definition":
        error.path = None
