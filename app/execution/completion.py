"""Values become results: one completer for each type in a field's type. Source: the specification, "Value Completion".

Each has two ways. A column of nothing but ordinary values is completed at once. One that holds anything else (a
failure, a null where none may be, something to wait for, an unknown class) is completed carefully, value by value.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from itertools import chain
from math import isfinite
from types import NoneType
from typing import TYPE_CHECKING, Any, Protocol

from graphql import (
    GraphQLAbstractType,
    GraphQLBoolean,
    GraphQLError,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLString,
    Undefined,
    is_leaf_type,
    is_list_type,
    is_object_type,
)
from graphql.pyutils import inspect, is_iterable

from app.execution.columns import Values, plain, settled
from app.execution.errors import NULLED
from app.execution.kinds import Recognised, Resolved
from app.execution.positions import Chosen, Items, Positions

if TYPE_CHECKING:
    from app.execution.plan import PlannedField
    from app.execution.run import Run


class Unfinished(Protocol):
    """Results that wait for rows of deeper levels."""

    def finish(self) -> list[Any]:
        """The results, aligned with the values; NULLED where a null must climb."""


Results = list[Any] | Unfinished


class Completion(ABC):
    """Completes the values at one position of a field's type."""

    def __init__(self, field: "PlannedField", *, nullable: bool) -> None:
        self.field = field
        self.nullable = nullable

    @abstractmethod
    def complete(self, values: Values, where: Positions, run: "Run") -> Results:
        """The results, aligned with the values."""

    async def carefully(self, values: Values, where: Positions, run: "Run") -> Results:
        """The same for any values, one by one."""
        values = await settled(values)
        results: list[Any] = [None] * len(values)
        good: list[int] = []
        completed: list[Any] = []
        for index, value in enumerate(values):
            try:
                if isinstance(value, Exception):
                    raise value
                if value is not None and value is not Undefined:
                    completed.append(await self.one(value, index, where, run))
                    good.append(index)
                elif not self.nullable:
                    raise TypeError(f"Cannot return null for non-nullable field {self.field}.")
            except Exception as error:
                results[index] = run.fail(error, self.field, where, index)
        return Sparse(results, good, self.rest(completed, Chosen(where, good), run))

    @abstractmethod
    async def one(self, value: Any, index: int, where: Positions, run: "Run") -> Any:
        """Checks one value that is neither null nor a failure, and makes of it what `rest` completes. May raise."""

    @abstractmethod
    def rest(self, checked: Values, where: Positions, run: "Run") -> Results:
        """Completes checked values."""


def completion(kind: GraphQLOutputType, field: "PlannedField") -> Completion:
    """The completer of a type."""
    nullable = not isinstance(kind, GraphQLNonNull)
    inner: Any = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    if is_list_type(inner):
        return Lists(completion(inner.of_type, field), field, nullable=nullable)
    if is_leaf_type(inner):
        return Leaves(inner, field, nullable=nullable)
    if is_object_type(inner):
        return Objects(inner, field, nullable=nullable)
    return Abstracts(inner, field, nullable=nullable)


def as_it_is(value: Any) -> Any:
    """What a scalar serializes with whose values are results already. Columns of it are not looked at one by one."""
    return value


class Leaves(Completion):
    """Scalars and enums."""

    def __init__(self, kind: GraphQLLeafType, field: "PlannedField", *, nullable: bool) -> None:
        super().__init__(field, nullable=nullable)
        self._kind = kind
        self._coerce = kind.coerce_output_value
        self._as_it_is = {_AS_IT_IS[kind]} if kind in _AS_IT_IS else set()
        if nullable:
            self._as_it_is.add(NoneType)
        self._any = self._coerce is as_it_is
        self._bounded = kind is GraphQLInt or kind is GraphQLFloat

    def complete(self, values: Values, where: Positions, run: "Run") -> Results:
        kinds = {*map(type, values)}
        if kinds <= self._as_it_is and not (self._bounded and not _within(values)):
            return list(values)
        if all(map(plain, kinds)) and (self.nullable or NoneType not in kinds):
            if self._any:
                return list(values)
            with suppress(Exception):
                return self._coerced(values)
        return run.later(self.carefully(values, where, run))

    def _coerced(self, values: Values) -> list[Any]:
        coerce = self._coerce
        results = [None if value is None else coerce(value) for value in values]
        kinds = {*map(type, results)}
        if type(Undefined) in kinds or (NoneType in kinds and results.count(None) != values.count(None)):
            raise TypeError
        return results

    async def one(self, value: Any, _index: int, _where: Positions, _run: "Run") -> Any:
        coerced = self._coerce(value)
        if coerced is None or coerced is Undefined:
            raise TypeError(
                f"Expected `{inspect(self._kind)}.coerce_output_value({inspect(value)})` to return non-nullable value,"
                f" returned: {inspect(coerced)}"
            )
        return coerced

    def rest(self, checked: Values, _where: Positions, _run: "Run") -> Results:
        return list(checked)


_AS_IT_IS: dict[Any, type] = {
    GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool, GraphQLInt: int, GraphQLFloat: float
}  # fmt: skip


def _within(values: Values) -> bool:
    """Whether the numbers are ones that GraphQL has: integers of 32 bits, finite fractions."""
    return all(
        value is None or (-(2**31) <= value < 2**31 if type(value) is int else isfinite(value)) for value in values
    )


class Lists(Completion):
    """Lists: the items of all lists are completed together."""

    def __init__(self, item: Completion, field: "PlannedField", *, nullable: bool) -> None:
        super().__init__(field, nullable=nullable)
        self._item = item

    def complete(self, values: Values, where: Positions, run: "Run") -> Results:
        kinds = {*map(type, values)}
        if kinds <= {list, tuple}:
            return self.rest(list(values), where, run)
        if self.nullable and kinds <= {list, tuple, NoneType}:
            good = [index for index, value in enumerate(values) if value is not None]
            rest = self.rest([values[index] for index in good], Chosen(where, good), run)
            return Sparse([None] * len(values), good, rest)
        return run.later(self.carefully([_awaitable(value) for value in values], where, run))

    async def one(self, value: Any, _index: int, _where: Positions, _run: "Run") -> Any:
        if not is_iterable(value):
            raise GraphQLError(f"Expected Iterable, but did not find one for field '{self.field}'.")
        return list(value)

    def rest(self, checked: Values, where: Positions, run: "Run") -> Results:
        lengths = list(map(len, checked))
        items = checked[0] if len(checked) == 1 else list(chain.from_iterable(checked))
        inside = Items(where, lengths, nullable=self._item.nullable)
        return _Sliced(self._item.complete(items, inside, run), lengths, run, nullable=self.nullable)


class Objects(Completion):
    """Objects of one type."""

    def __init__(self, kind: GraphQLObjectType, field: "PlannedField", *, nullable: bool) -> None:
        super().__init__(field, nullable=nullable)
        self._recognised = Recognised(kind)
        self._kind = kind

    def complete(self, values: Values, where: Positions, run: "Run") -> Results:
        good = [index for index, value in enumerate(values) if value is not None] if self.nullable else []
        present = [values[index] for index in good] if self.nullable else values
        if self._recognised.all(present):
            with suppress(GraphQLError):
                if len(present) == len(values):
                    return self.rest(values, where, run)
                return Sparse([None] * len(values), good, self.rest(present, Chosen(where, good), run))
        return run.later(self.carefully(values, where, run))

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
        kinds = self._resolved.known(values)
        if kinds is not None and (self.nullable or None not in kinds):
            with suppress(GraphQLError):
                return self._split(values, kinds, where, run)
        return run.later(self.carefully(values, where, run))

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
        parts: list[tuple[list[int], Unfinished]] = []
        for kind in dict.fromkeys(kinds):
            if kind is not None:
                selection = self.field.selection(kind, run.variables)
                indexes = [index for index, each in enumerate(kinds) if each is kind]
                whole = len(indexes) == len(values)
                inside = where if whole else Chosen(where, indexes)
                reached = values if whole else [values[index] for index in indexes]
                parts.append((indexes, run.reach(selection, reached, inside, nullable=self.nullable)))
                if whole:
                    return parts[0][1]
        return _Merged(len(values), parts)


class Sparse:
    """Results of some of the values, put where they belong among those that are known already."""

    def __init__(self, results: list[Any], indexes: Sequence[int], rest: Results) -> None:
        self._results = results
        self._indexes = indexes
        self._rest = rest

    def finish(self) -> list[Any]:
        rest = self._rest if isinstance(self._rest, list) else self._rest.finish()
        for index, result in zip(self._indexes, rest, strict=True):
            self._results[index] = result
        return self._results


class _Merged:
    """Results that come in parts."""

    def __init__(self, size: int, parts: Sequence[tuple[Sequence[int], Unfinished]]) -> None:
        self._size = size
        self._parts = parts

    def finish(self) -> list[Any]:
        results: list[Any] = [None] * self._size
        for indexes, part in self._parts:
            for index, result in zip(indexes, part.finish(), strict=True):
                results[index] = result
        return results


class _Sliced:
    """Results of items, cut back into their lists."""

    def __init__(self, items: Results, lengths: Sequence[int], run: "Run", *, nullable: bool) -> None:
        self._items = items
        self._lengths = lengths
        self._run = run
        self._nullable = nullable

    def finish(self) -> list[Any]:
        items = self._items if isinstance(self._items, list) else self._items.finish()
        lists: list[Any] = []
        start = 0
        for length in self._lengths:
            lists.append(items[start : start + length])
            start += length
        return [self._climbed(each) for each in lists] if self._run.climbing else lists

    def _climbed(self, items: list[Any]) -> Any:
        if any(item is NULLED for item in items):
            return None if self._nullable else NULLED
        return items


def _awaitable(value: Any) -> Any:
    """An asynchronous iterable as something to wait for."""
    return _gathered(value) if hasattr(value, "__aiter__") else value


async def _gathered(items: Any) -> list[Any]:
    return [item async for item in items]
