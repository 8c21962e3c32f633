"""Writing a shop's own records by their types: inputs with the definition's fields, and payloads that show its type.

What is sent becomes the general form, and goes through the one save, update or deletion (`app/operations`). A value
that its type forbids refuses the request before anything is written; what only the rules of the definition forbid
rejects the item."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLID,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
)

from app.domain import naming
from app.domain.access import Scope
from app.domain.changes import Events
from app.domain.definitions import Definition, Status
from app.domain.problems import Problem
from app.execution import Column
from app.execution.native import native_field
from app.execution.serial import SERIAL
from app.graphql import inputs
from app.graphql.context import Info
from app.graphql.documented import SCOPE, require_all
from app.graphql.mutation import save_records_payload
from app.graphql.payloads import SaveRecordsPayload
from app.graphql.typed.changing import deleting, deleting_by_key, updating, updating_by_key, without_definition
from app.graphql.typed.copying import Copy, Fields, retyped
from app.graphql.typed.entities import Questions
from app.graphql.typed.reading import HERE
from app.graphql.typed.record_inputs import RecordInputs
from app.graphql.typed.record_types import Records
from app.operations.save_records import ErrorPolicy

Args = dict[str, GraphQLArgument]


class Writes:
    """The payloads and mutations of one schema."""

    def __init__(self, copy: Copy, questions: Questions, records: Records) -> None:
        self._copy = copy
        self._records = records
        self._inputs = RecordInputs(copy, questions, records)
        self._made: dict[str, GraphQLObjectType] = {}
        emit = GraphQLNonNull(self._enum("ChangeEvents"))
        self._events = GraphQLArgument(emit, default_value=Events.EMIT, description="Who is told of what changes.")
        self._dry_run = GraphQLArgument(
            GraphQLNonNull(GraphQLBoolean),
            default_value=False,
            out_name="dry_run",
            description="Only tells what this would do, and writes nothing: see `dryRun` of the payload.",
        )

    def field(self, definitions: Sequence[Definition]) -> GraphQLField:
        """The field of Mutation that holds those of the shop."""
        text = "Writes the shop's own records, by their definition. The fields inside run in order."
        fields = {name: field for each in definitions for name, field in self._of(each)}
        kind = GraphQLObjectType("MutationCustom", fields, description=text)
        extensions = {SCOPE: Scope.WRITE_RECORDS, SERIAL: True}
        return native_field(kind, _custom, informed=True, description=text, extensions=extensions)

    def _of(self, definition: Definition) -> Iterator[tuple[str, GraphQLField]]:
        """The fields of one definition, each with its name."""
        save, update, delete, update_by_key, delete_by_key = naming.mutation_names(definition.key)
        record = self._inputs.record(definition)
        yield save, self._save(definition, GraphQLNonNull(GraphQLList(GraphQLNonNull(record))))
        yield update, self._update(definition, GraphQLNonNull(record))
        yield delete, self._delete(definition)
        if definition.unique_keys:
            key = GraphQLArgument(GraphQLNonNull(self._inputs.key(definition)))
            yield update_by_key, self._update_by_key(definition, key, GraphQLNonNull(record))
            yield delete_by_key, self._delete_by_key(definition, key)

    def _save(self, definition: Definition, records: Any) -> GraphQLField:
        policy, ambiguous = (GraphQLNonNull(self._enum(each)) for each in ("ErrorPolicy", "OnAmbiguous"))
        args = {
            "records": GraphQLArgument(records, description="1 to 50. Absent fields stay as they are, null clears."),
            "errorPolicy": GraphQLArgument(policy, default_value=ErrorPolicy.REJECT_ITEMS, out_name="error_policy"),
            "onAmbiguous": GraphQLArgument(ambiguous, default_value=inputs.OnAmbiguous.FIRST, out_name="on_ambiguous"),
            "events": self._events,
            "idempotencyKey": GraphQLArgument(
                GraphQLString,
                out_name="idempotency_key",
                description="1 to 255 characters; a retry within 24 hours answers the same and writes nothing.",
            ),
            "dryRun": self._dry_run,
        }
        how = "upserted by their unique key" if definition.unique_keys else "inserted: it has no unique key"
        text = f"Saves 1 to 50 records of {definition.name}, one verdict each. They are {how}."
        return _written(definition, self._saved(definition), _saving(definition), args, text)

    def _update(self, definition: Definition, data: Any) -> GraphQLField:
        record = GraphQLArgument(GraphQLNonNull(self._inputs.reference(definition)))
        args = {"record": record, **self._changes(data)}
        text = f"Changes fields of one record of {definition.name}, which may be those of its unique key."
        return _written(definition, self._updated(definition), updating(definition, _names(definition)), args, text)

    def _update_by_key(self, definition: Definition, key: GraphQLArgument, data: Any) -> GraphQLField:
        args = {"key": key, **self._changes(data)}
        text = f"Changes fields of the record of {definition.name} that has a unique key, which may change, too."
        many = updating_by_key(definition, _names(definition))
        return _written(definition, self._updated(definition), many, args, text)

    def _changes(self, data: Any) -> Args:
        return {
            "data": GraphQLArgument(data, description="Absent fields stay as they are, null clears."),
            "ifVersion": GraphQLArgument(
                GraphQLInt, out_name="if_version", description="Refuse if the record has another version."
            ),
            "events": self._events,
            "dryRun": self._dry_run,
        }

    def _delete_by_key(self, definition: Definition, key: GraphQLArgument) -> GraphQLField:
        args = {"key": key, **self._removal("it")}
        text = f"Removes the record of {definition.name} that has a unique key. What is gone already is fine."
        many = deleting_by_key(definition, _names(definition))
        return _written(definition, self._copy.types["DeleteRecordPayload"], many, args, text)

    def _removal(self, what: str) -> Args:
        return {
            "force": GraphQLArgument(
                GraphQLNonNull(GraphQLBoolean),
                default_value=False,
                description=f"Also while other records refer to {what}.",
            ),
            "events": self._events,
            "dryRun": self._dry_run,
        }

    def _delete(self, definition: Definition) -> GraphQLField:
        ids = GraphQLNonNull(GraphQLList(GraphQLNonNull(GraphQLID)))
        args = {
            "ids": GraphQLArgument(ids, description="1 to 20, each `idRecord` or `id`."),
            **self._removal("them"),
        }
        text = f"Removes 1 to 20 records of {definition.name}, one verdict each. What is gone already is fine."
        return _written(definition, self._copy.types["BulkDeleteRecordsPayload"], deleting(definition), args, text)

    def _enum(self, name: str) -> GraphQLEnumType:
        kind = self._copy.types[name]
        assert isinstance(kind, GraphQLEnumType)
        return kind

    def _saved(self, definition: Definition) -> GraphQLObjectType:
        name, record = naming.type_name(definition.key), self._records.type(definition)
        result = GraphQLObjectType(
            f"{name}Result", lambda: self._around("RecordResult", "record", record),
            description="The verdict on one record of a batch, at its position.",
        )  # fmt: skip
        results = GraphQLNonNull(GraphQLList(GraphQLNonNull(result)))
        return GraphQLObjectType(
            f"{name}Payload", lambda: self._around("SaveRecordsPayload", "results", results),
            description="What came of a save: a verdict for each record, and how many of each kind.",
        )  # fmt: skip

    def _updated(self, definition: Definition) -> GraphQLObjectType:
        name, record = f"{naming.type_name(definition.key)}Updated", self._records.type(definition)
        if name not in self._made:
            self._made[name] = GraphQLObjectType(
                name, lambda: self._around("UpdateRecordPayload", "record", record),
                description="What came of an update; `outcome` is null when it was refused.",
            )  # fmt: skip
        return self._made[name]

    def _around(self, core: str, field: str, kind: Any) -> Fields:
        copied = self._copy.types[core]
        assert isinstance(copied, GraphQLObjectType)
        return {name: retyped(each, kind) if name == field else each for name, each in copied.fields.items()}


_INACTIVE = "The definition is inactive, which refuses every write. Activate it first."


def _written(definition: Definition, kind: Any, many: Callable[..., Any], args: Args, text: str) -> GraphQLField:
    """A field that writes records of the definition."""
    why = _INACTIVE if definition.status is Status.INACTIVE else None
    return native_field(kind, many, args=args, informed=True, description=text, deprecation_reason=why)


def _custom(parents: Sequence[Any], info: Info) -> Sequence[Any]:
    require_all(info, Scope.WRITE_RECORDS)
    return [HERE] * len(parents)


def _names(definition: Definition) -> dict[str, str]:
    """How the definition's fields are called in its input."""
    named = {True: naming.object_name, False: naming.field_name}
    return {field.name: named[field.name in definition.relationship](field.name) for field in definition.fields}


def _saving(definition: Definition) -> Callable[..., Any]:
    names = _names(definition)

    async def save(parents: Sequence[Any], info: Info, **sent: Any) -> Column[SaveRecordsPayload]:
        payload = await save_records_payload(info, inputs.SaveRecordsInput(definition=definition.key, **sent))
        for result in payload.results:
            row = result.row
            result.row = replace(row, errors=_shown(names, row.errors), warnings=_shown(names, row.warnings))
        for error in (*payload.user_errors, *payload.warnings):
            without_definition(error)
        return [payload] * len(parents)

    return save


def _shown(names: Mapping[str, str], problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """With paths in the words of the type: records.3.contact_id is records.3.contact there."""
    return tuple(replace(each, path=_path(names, each.path)) for each in problems)


def _path(names: Mapping[str, str], path: str | None) -> str | None:
    steps = path.split(".") if path else []
    return ".".join([*steps[:2], *(names.get(step, step) for step in steps[2:3]), *steps[3:]]) or None
