"""Lists: the items of all lists of a column are completed together."""

from functools import partial
from types import NoneType
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError
from graphql.pyutils import is_iterable

from app.execution.assembling import Results, Sliced, Sparse
from app.execution.columns import Values
from app.execution.completion import Completion
from app.execution.positions import Chosen, Items, Positions
from app.tables import Cut, Table, joined

if TYPE_CHECKING:
    from app.execution.plan import PlannedField
    from app.execution.run import Run

_LISTS: set[type] = {list, tuple, Table}


class Lists(Completion):
    def __init__(self, item: Completion, field: "PlannedField", *, nullable: bool) -> None:
        super().__init__(field, nullable=nullable)
        self._item = item

    def complete(self, values: Values, where: Positions, run: "Run") -> Results:
        if type(values) is Cut:
            return self.rest(values, where, run)
        kinds = {*map(type, values)}
        if kinds <= _LISTS:
            return self.rest(list(values), where, run)
        if self.nullable and kinds <= _LISTS | {NoneType}:
            good = [index for index, value in enumerate(values) if value is not None]
            rest = self.rest([values[index] for index in good], Chosen(where, good), run)
            return Sparse([None] * len(values), good, rest)
        return run.later(partial(self.carefully, [_awaitable(value) for value in values], where, run))

    async def one(self, value: Any, _index: int, _where: Positions, _run: "Run") -> Any:
        if not is_iterable(value):
            raise GraphQLError(f"Expected Iterable, but did not find one for field '{self.field}'.")
        return list(value)

    def rest(self, checked: Values, where: Positions, run: "Run") -> Results:
        items = joined(checked)  # our own, whatever becomes of the resolver's
        if not len(items):
            return [[] for _ in range(len(checked))]
        lengths = checked.lengths if type(checked) is Cut else list(map(len, checked))
        inside = Items(where, lengths, nullable=self._item.nullable)
        return Sliced(self._item.complete(items, inside, run), lengths, run, nullable=self.nullable)


def _awaitable(value: Any) -> Any:
    """An asynchronous iterable as something to wait for."""
    return _gathered(value) if hasattr(value, "__aiter__") else value


async def _gathered(items: Any) -> list[Any]:
    return [item async for item in items]
