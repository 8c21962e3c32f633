"""Changes of a shop's own records as they happen, by their types: a root field of subscriptions for each definition,
since a subscription has exactly one."""

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
)

from app.domain import naming
from app.domain.changes import Kind, Logged, changed_fields
from app.domain.definitions import Definition
from app.domain.entities import of_definition
from app.domain.records import Record
from app.execution import Column
from app.execution.native import native_field, native_info
from app.graphql.records import ShownRecord
from app.graphql.subscription import changes
from app.graphql.typed.copying import Copy, Fields, retyped
from app.graphql.typed.entities import Questions
from app.graphql.typed.record_types import Records

_KEPT = (
    "id", "sequence", "kind", "idRecord", "version", "summary", "erased", "operation", "idempotencyKey", "idApiKey",
    "madeAt",
)  # fmt: skip
_STATES = (Kind.CREATED, Kind.UPDATED, Kind.DELETED)  # of a record
_NEVER = b""  # a time that is not asked for


class Changed:
    """The subscriptions of one schema."""

    def __init__(self, copy: Copy, questions: Questions, records: Records) -> None:
        self._copy = copy
        self._questions = questions
        self._records = records

    def fields(self, definitions: Sequence[Definition], core: GraphQLField) -> Fields:
        """A field for each definition. `core` is that of the general form."""
        return {f"{naming.field_name(each.key)}Changed": self._field(each, core) for each in definitions}

    def _field(self, definition: Definition, core: GraphQLField) -> GraphQLField:
        condition = GraphQLArgument(
            self._questions.where(of_definition(definition)),
            description="Only records that fulfil a condition after the change (of a deletion: before it).",
        )
        return GraphQLField(
            GraphQLNonNull(self._type(definition)),
            args={"where": condition, "on": core.args["on"], "after": core.args["after"]},
            subscribe=_following(definition.key),
            resolve=lambda change, _info, **_: change,
            description=f"Changes of records of {definition.name} as they are committed, as `customDataChanged` tells.",
        )

    def _type(self, definition: Definition) -> GraphQLObjectType:
        name = naming.type_name(definition.key)
        return GraphQLObjectType(
            f"{name}Changed", lambda: self._told(definition, f"{name}ChangedValues"),
            description=f"Something that happened to a record of {definition.name}.",
        )  # fmt: skip

    def _told(self, definition: Definition, name: str) -> Fields:
        core = self._core("CustomDataChange")
        values = GraphQLObjectType(
            name, lambda: self._records.declared(definition),
            description=f"The values of a record of {definition.name} at one time. What it points to is as it is now.",
        )  # fmt: skip
        found = {each: core[each] for each in _KEPT}
        found["record"] = retyped(core["record"], self._records.type(definition))
        found["before"] = native_field(
            values,
            _state("before", definition),
            informed=True,
            description="The values before; null of what was created.",
        )
        found["after"] = native_field(
            values,
            _state("after", definition),
            informed=True,
            description="The values after; null of what was deleted.",
        )
        names = GraphQLNonNull(GraphQLList(GraphQLNonNull(GraphQLString)))
        text = "The fields whose values differ before and after, as they are called here."
        found["changedFields"] = native_field(names, _changed, description=text)
        return found

    def _core(self, name: str) -> Fields:
        kind = self._copy.types[name]
        assert isinstance(kind, GraphQLObjectType)
        fields: Fields = kind.fields
        return fields


def _following(key: str) -> Callable[..., AsyncGenerator[Logged, None]]:
    def subscribe(
        _source: Any, info: Any, where: Any = None, on: Any = None, after: Any = None
    ) -> AsyncGenerator[Logged, None]:
        return changes(native_info(info), key, on, where, after)

    return subscribe


def _state(side: str, known: Definition) -> Callable[..., Any]:
    """The record as it was on one side of a change, read by the definition as it is; as it was known, once it is
    deleted."""

    async def state(parents: Sequence[Logged], info: Any) -> Column[Any]:
        definition = (await info.context.model()).by_id.get(known.id, known)
        return [_shown(parent, getattr(parent.change, side), definition) for parent in parents]

    return state


def _shown(logged: Logged, data: Any, definition: Definition) -> ShownRecord | None:
    if data is None or logged.change.kind not in _STATES:
        return None
    change = logged.change
    row = Record(change.record_id or 0, definition.id, change.version or 0, dict(data), _NEVER, _NEVER)
    return ShownRecord(row, definition)


def _changed(parents: Sequence[Logged]) -> Column[list[str]]:
    return [[*map(naming.field_name, changed_fields(parent.change))] for parent in parents]
