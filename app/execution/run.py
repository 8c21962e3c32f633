"""One run of an operation: level by level down the document, then rows from the deepest level up."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from graphql import ExecutionResult, GraphQLError, located_error
from graphql.execution.values import VariableValues
from graphql.pyutils import Path, is_awaitable
from strawberry.types.field import StrawberryField

from app.execution.assembling import Results, finished
from app.execution.errors import NULLED, Errors
from app.execution.info import HELPERS, resolve_info
from app.execution.positions import Fields, Positions, Root
from app.execution.serial import merged

if TYPE_CHECKING:
    from app.execution.plan import Operation, PlannedField, Selection

_ROOT = Root()


@dataclass(slots=True)
class Asked:
    """What comes with a run, besides its plan: variables as they were sent, and what resolvers reach."""

    variables: Mapping[str, Any] | None = None
    context: Any = None
    root_value: Any = None
    extensions: dict[str, Any] | None = None
    levels: Callable[[float, int], None] | None = None  # told of each level: when it began, and its number of fields


async def execute(plan: "Operation", asked: Asked) -> ExecutionResult:
    """The operation's result. Raises only what is no Exception: cancellation."""
    variables = plan.variables.values(asked.variables or {})
    if isinstance(variables, list):
        return ExecutionResult(None, variables)
    try:
        root = plan.root(variables)
    except GraphQLError as error:
        return ExecutionResult(None, [error])
    run = Run(plan, variables, asked)
    data = await (run.serially(root) if plan.serial else run.rows(root))
    errors = run.errors.found
    if errors:
        run.errors = Errors()  # their tracebacks may refer to the run
    return ExecutionResult(data, errors or None)


class Group:
    """Objects of one type that were reached at one place of the document. Its columns come together to rows; those at
    `open` places when they are finished."""

    __slots__ = ("columns", "nullable", "open", "parents", "results", "selection", "where")

    def __init__(self, selection: "Selection", parents: Sequence[Any], where: Positions, *, nullable: bool) -> None:
        self.selection = selection
        self.parents = parents
        self.where = where
        self.nullable = nullable
        self.columns: list[Any] = []
        self.open: list[tuple[int, Results]] = []
        self.results: list[Any]

    def zip(self, *, climbing: bool) -> None:
        """Makes the rows. All groups below have theirs."""
        columns = self.columns
        for place, results in self.open:
            columns[place] = finished(results)
        self.results = self.selection.steps.rows(columns) if columns else [{} for _ in range(len(self.parents))]
        if climbing:
            null = None if self.nullable else NULLED
            self.results = [null if any(value is NULLED for value in row.values()) else row for row in self.results]

    def finish(self) -> list[Any]:
        return self.results


class _Later:
    """Results that something has to be awaited for."""

    def __init__(self, awaited: Callable[[], Awaitable[Results]]) -> None:
        self._awaited = awaited
        self._results: Results = []

    async def settle(self) -> None:
        self._results = await self._awaited()

    def finish(self) -> Sequence[Any]:
        return finished(self._results)


Waiting = tuple[Group, int, "PlannedField", Awaitable[Any]]
"""A column that is to be awaited, whose field's it is, and its place in the group."""


class Run:
    """The state of one run."""

    def __init__(self, plan: "Operation", variables: VariableValues, asked: Asked) -> None:
        self.plan = plan
        self.variables = variables
        self.errors = Errors()
        self.climbing = False  # whether some null had to climb
        self.waiting: list[Waiting] = []
        self._asked = asked
        self._told: tuple[Any, ...] = ()
        self._reached: list[Group] = []  # the next level
        self._later: list[_Later] = []

    async def serially(self, root: "Selection") -> dict[str, Any] | None:
        """The root fields one after the other; a null that climbs to the root ends it."""
        data: dict[str, Any] = {}
        for alone in root.alone(self.variables):
            row = await self.rows(alone)
            if row is None:
                return None
            merged(data, row)
        return data

    async def rows(self, root: "Selection") -> dict[str, Any] | None:
        """The row of the root, with everything below it; None if a null climbed that far."""
        top = Group(root, [self._asked.root_value], _ROOT, nullable=True)
        self._reached, taken = [top], list[Group]()
        told = self._asked.levels
        began = 0.0
        while self._reached:
            level, self._reached = self._reached, []
            taken += level
            if told is not None:
                began = perf_counter()
            for group in level:
                group.columns = group.selection.steps.take(group, self)
            if self.waiting or self._later:
                await self._settled()
            if told is not None:
                told(began, sum(len(group.selection.fields) for group in level))
        for group in reversed(taken):
            group.zip(climbing=self.climbing)
        row: dict[str, Any] | None = top.results[0]
        return row

    async def _settled(self) -> None:
        """Awaits what the level waits for, side by side, and completes it: what it holds is the next level."""
        waiting, self.waiting = self.waiting, []
        if len(waiting) == 1:
            answers = [await waiting[0][3]]
        else:
            answers = await asyncio.gather(*(column for *_, column in waiting)) if waiting else []
        for (group, place, field, _), answer in zip(waiting, answers, strict=True):
            group.open.append((place, field.completion.complete(answer, Fields(group.where, field), self)))
        while self._later:
            later, self._later = self._later, []
            await asyncio.gather(*(each.settle() for each in later))

    def reach(self, selection: "Selection", parents: Sequence[Any], where: Positions, *, nullable: bool) -> Results:
        """Objects that are part of the next level; their rows, where nothing but attributes is asked of them."""
        steps = selection.steps
        if steps.only_leaves and self._asked.levels is None and (columns := steps.leaves(parents)) is not None:
            return steps.rows(columns)
        group = Group(selection, parents, where, nullable=nullable)
        self._reached.append(group)
        return group

    def later(self, awaited: Callable[[], Awaitable[Results]]) -> _Later:
        """Results that are awaited before the next level."""
        waiting = _Later(awaited)
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

    def info(self, field: "PlannedField", path: Path | None) -> Any:
        self._told = self._told or self._tell()
        return resolve_info((*field.told, path or field.path, *self._told))

    def _tell(self) -> tuple[Any, ...]:
        """What is the same for all fields."""
        plan, asked = self.plan, self._asked
        return (
            plan.graphql, plan.fragments, asked.root_value, plan.definition, self.variables.coerced, asked.context,
            is_awaitable, None, HELPERS, asked.extensions,
        )  # fmt: skip

    def strawberry_info(self, field: "PlannedField", declared: StrawberryField, path: Path) -> Any:
        """The info of a call with many parents has the field's own path, without positions in lists."""
        info_class = self.plan.schema.config.info_class
        return info_class(_raw_info=self.info(field, path), _field=declared)
