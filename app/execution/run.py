"""One run of an operation: level by level down the document, then rows from the deepest level up."""

import asyncio
from collections.abc import Coroutine, Sequence
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from graphql import ExecutionResult, GraphQLError, GraphQLResolveInfo, get_variable_values, located_error
from graphql.execution.values import VariableValues
from graphql.pyutils import Path, is_awaitable
from graphql.type.definition import GraphQLResolveInfoHelpers
from strawberry.types.field import StrawberryField

from app.execution.completion import Results
from app.execution.errors import NULLED, Errors
from app.execution.positions import Fields, Positions, Root

if TYPE_CHECKING:
    from app.execution.plan import Operation, PlannedField, Selection

_ROOT = Root()


async def execute(
    plan: "Operation", variables: dict[str, Any] | None, context: Any = None, root_value: Any = None
) -> ExecutionResult:
    """The operation's result, with variables as they were sent. Raises only what is no Exception: cancellation."""
    coerced = get_variable_values(plan.graphql, plan.definition.variable_definitions or (), variables or {})
    if isinstance(coerced, list):
        return ExecutionResult(None, coerced)
    try:
        root = plan.root(coerced)
    except GraphQLError as error:
        return ExecutionResult(None, [error])
    run = Run(plan, coerced, context, root_value)
    data = await (run.serially(root) if plan.serial else run.rows(root))
    return ExecutionResult(data, run.errors.found or None)


class Group:
    """Objects of one type that were reached at one place of the document. Its columns come together to rows."""

    __slots__ = ("columns", "nullable", "parents", "results", "selection", "where")

    def __init__(self, selection: "Selection", parents: Sequence[Any], where: Positions, *, nullable: bool) -> None:
        self.selection = selection
        self.parents = parents
        self.where = where
        self.nullable = nullable
        self.columns: list[Results] = []
        self.results: list[Any] = []

    def fields(self, field: "PlannedField") -> Fields:
        """Where the values of a field of these objects stand."""
        return Fields(self.where, field.key, field.parent.name, nullable=field.completion.nullable)

    def zip(self, *, climbing: bool) -> None:
        """Makes the rows. All groups below have theirs."""
        columns = [column if isinstance(column, list) else column.finish() for column in self.columns]
        self.results = self.selection.rows(columns) if columns else [{} for _ in self.parents]
        if climbing:
            null = None if self.nullable else NULLED
            self.results = [null if any(value is NULLED for value in row.values()) else row for row in self.results]

    def finish(self) -> list[Any]:
        return self.results


class _Later:
    """Results that something has to be awaited for."""

    def __init__(self, coroutine: Coroutine[Any, Any, Results]) -> None:
        self._coroutine = coroutine
        self._results: Results = []

    async def settle(self) -> None:
        self._results = await self._coroutine

    def finish(self) -> list[Any]:
        return self._results if isinstance(self._results, list) else self._results.finish()


class Run:
    """The state of one run."""

    def __init__(self, plan: "Operation", variables: VariableValues, context: Any, root_value: Any) -> None:
        self.plan = plan
        self.variables = variables
        self.context = context
        self.errors = Errors()
        self.climbing = False  # whether some null had to climb
        self._root_value = root_value
        self._groups: list[Group] = []
        self._later: list[_Later] = []

    async def serially(self, root: "Selection") -> dict[str, Any] | None:
        """The root fields one after the other; a null that climbs to the root ends it."""
        data: dict[str, Any] = {}
        for alone in root.alone():
            row = await self.rows(alone)
            if row is None:
                return None
            data |= row
        return data

    async def rows(self, root: "Selection") -> dict[str, Any] | None:
        """The row of the root, with everything below it; None if a null climbed that far."""
        self._groups = []
        top = self.reach(root, [self._root_value], _ROOT, nullable=True)
        done = 0
        while done < len(self._groups):
            level, done = self._groups[done:], len(self._groups)
            await self._columns(level)
        for group in reversed(self._groups):
            group.zip(climbing=self.climbing)
        row: dict[str, Any] | None = top.results[0]
        return row

    async def _columns(self, level: Sequence[Group]) -> None:
        """Asks for all columns of a level side by side, then completes them: what they hold is the next level."""
        asked = [(group, field) for group in level for field in group.selection.fields]
        columns: list[Any] = [field.reading.read(group, self) for group, field in asked]
        waiting = [index for index, column in enumerate(columns) if type(column) is not list and isawaitable(column)]
        if len(waiting) == 1:
            columns[waiting[0]] = await columns[waiting[0]]
        elif waiting:
            answers = await asyncio.gather(*(columns[index] for index in waiting))
            for index, answer in zip(waiting, answers, strict=True):
                columns[index] = answer
        for (group, field), column in zip(asked, columns, strict=True):
            group.columns.append(field.completion.complete(column, group.fields(field), self))
        while self._later:
            later, self._later = self._later, []
            await asyncio.gather(*(each.settle() for each in later))

    def reach(self, selection: "Selection", parents: Sequence[Any], where: Positions, *, nullable: bool) -> Group:
        """Objects that are part of the next level."""
        group = Group(selection, parents, where, nullable=nullable)
        self._groups.append(group)
        return group

    def later(self, coroutine: Coroutine[Any, Any, Results]) -> _Later:
        """Results that are awaited before the next level."""
        waiting = _Later(coroutine)
        self._later.append(waiting)
        return waiting

    def fail(self, error: Exception, field: "PlannedField", where: Positions, index: int) -> Any:
        """Reports the error of a value. What stands in its place: null, or NULLED where null may not be."""
        path = where.path(index)
        located = located_error(error, field.nodes, path.as_list() if path else None)
        self.errors.add(located, where.nulled(index))
        if where.nullable:
            return None
        self.climbing = True
        return NULLED

    def info(self, field: "PlannedField", path: Path | None) -> GraphQLResolveInfo[Any]:
        plan = self.plan
        return GraphQLResolveInfo(
            field.name, field.nodes, field.definition.type, field.parent, path or field.path, plan.graphql,
            plan.fragments, self._root_value, plan.definition, self.variables, self.context, is_awaitable,
            None, _HELPERS,
        )  # fmt: skip

    def strawberry_info(self, field: "PlannedField", declared: StrawberryField) -> Any:
        """The info of a call with many parents: its path has no positions in lists."""
        info_class = self.plan.schema.config.info_class
        return info_class(_raw_info=self.info(field, field.path), _field=declared)


async def _gather(awaitables: Sequence[Any]) -> list[Any]:
    return list(await asyncio.gather(*awaitables))


def _track(values: Sequence[Any]) -> None:
    for value in values:
        if is_awaitable(value):
            asyncio.ensure_future(value)  # noqa: RUF006


_HELPERS = GraphQLResolveInfoHelpers(_gather, _track)
