"""Objects: what a column holds of one type becomes a group of the next level."""

from collections.abc import Sequence
from functools import partial
from types import NoneType
from typing import TYPE_CHECKING, Any

from graphql import GraphQLAbstractType, GraphQLError, GraphQLObjectType

from app.execution.assembling import Merged, Results, Sparse
from app.execution.columns import Values
from app.execution.completion import Completion
from app.execution.kinds import Recognised, Resolved
from app.execution.positions import Chosen, Positions
from app.tables import Table
from app.tables import kinds as kinds_of

if TYPE_CHECKING:
    from app.execution.plan import PlannedField
    from app.execution.run import Run


class Objects(Completion):
    """Objects of one type."""

    def __init__(self, kind: GraphQLObjectType, field: "PlannedField", *, nullable: bool) -> None:
        super().__init__(field, nullable=nullable)
        self._recognised = Recognised(kind)
        self._kind = kind

    def complete(self, values: Values, where: Positions, run: "Run") -> Results:
        try:
            if type(values) is Table and values.kind is self._recognised.surely:
                return self.rest(values, where, run)
            kinds = kinds_of(values)
            if self._recognised.all(values, kinds):
                return self.rest(values, where, run)
            if self.nullable and NoneType in kinds:
                good = [index for index, value in enumerate(values) if value is not None]
                present = [values[index] for index in good]
                if self._recognised.all(present, kinds - {NoneType}):
                    return Sparse([None] * len(values), good, self.rest(present, Chosen(where, good), run))
        except GraphQLError:  # a condition that is null
            pass
        return run.later(partial(self.carefully, values, where, run))

    async def one(self, value: Any, index: int, where: Positions, run: "Run") -> Any:
        await self._recognised.check(value, self.field, where.field(index), run)
        self.field.selection(self._kind, run.variables)
        return value

    def rest(self, checked: Values, where: Positions, run: "Run") -> Results:
        if not checked:
            return []
        return run.reach(self.field.selection(self._kind, run.variables), checked, where, nullable=self.nullable)


class Abstracts(Completion):
    """Objects of an interface or union."""

    def __init__(self, kind: GraphQLAbstractType, field: "PlannedField", *, nullable: bool) -> None:
        super().__init__(field, nullable=nullable)
        self._resolved = Resolved(kind, field)

    def complete(self, values: Values, where: Positions, run: "Run") -> Results:
        try:
            alone = self._resolved.alone(values)
            if alone is not None:
                return self._reach(alone, values, where, run)
            kinds = self._resolved.known(values)
            if kinds is not None and (self.nullable or None not in kinds):
                return self._split(values, kinds, where, run)
        except GraphQLError:  # a condition that is null
            pass
        return run.later(partial(self.carefully, values, where, run))

    async def one(self, value: Any, index: int, where: Positions, run: "Run") -> Any:
        kind = await self._resolved.of(value, where.field(index), run)
        self.field.selection(kind, run.variables)
        return value, kind

    def rest(self, checked: Values, where: Positions, run: "Run") -> Results:
        return self._split([value for value, _ in checked], [kind for _, kind in checked], where, run)

    def _split(
        self, values: Values, kinds: Sequence[GraphQLObjectType | None], where: Positions, run: "Run"
    ) -> Results:
        """A group for each type among the values."""
        distinct = dict.fromkeys(kinds)
        alone = next(iter(distinct)) if len(distinct) == 1 else None
        if alone is not None:
            return self._reach(alone, values, where, run)
        parts: list[tuple[list[int], Results]] = []
        for kind in distinct:
            if kind is not None:
                indexes = [index for index, each in enumerate(kinds) if each is kind]
                reached = [values[index] for index in indexes]
                parts.append((indexes, self._reach(kind, reached, Chosen(where, indexes), run)))
        return Merged(len(values), parts)

    def _reach(self, kind: GraphQLObjectType, values: Values, where: Positions, run: "Run") -> Results:
        return run.reach(self.field.selection(kind, run.variables), values, where, nullable=self.nullable)
