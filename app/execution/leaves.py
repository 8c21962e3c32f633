"""Scalars and enums."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import Enum, Flag
from functools import partial
from math import isfinite
from operator import countOf
from types import NoneType
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
    Undefined,
)
from graphql.pyutils import inspect

from app.execution.assembling import Results
from app.execution.columns import Values, plain
from app.execution.completion import AtOnce, Completion
from app.execution.positions import Positions

if TYPE_CHECKING:
    from app.execution.plan import PlannedField
    from app.execution.run import Run


def as_it_is(value: Any) -> Any:
    """What a scalar serializes with whose values are results already. Columns of it are not looked at one by one."""
    return value


def by_column(serialize: Callable[[Any], Any], many: Callable[[Sequence[Any]], list[Any]]) -> Callable[[Any], Any]:
    """What a scalar serializes with: one value, or at a time many, none of them null. `many` gives what `serialize`
    would give for each, or raises where that would."""

    def one(value: Any) -> Any:
        return serialize(value)

    setattr(one, _COLUMN, many)
    return one


_COLUMN = "serialize_column"


class Leaves(Completion):
    def __init__(self, kind: GraphQLLeafType, field: "PlannedField", *, nullable: bool) -> None:
        super().__init__(field, nullable=nullable)
        self._kind = kind
        self._coerce = kind.coerce_output_value
        self._exactly = _AS_IT_IS.get(kind)
        self._as_it_is = {self._exactly} if self._exactly is not None else set()
        if nullable:
            self._as_it_is.add(NoneType)
        self._any = self._coerce is as_it_is
        self._many: Callable[[Sequence[Any]], list[Any]] | None = getattr(self._coerce, _COLUMN, None)
        self._names = _names(kind) if isinstance(kind, GraphQLEnumType) else {}
        if nullable and self._names:
            self._names[None] = None
        self._enum = {*map(type, self._names)}
        self._bounded = kind is GraphQLInt or kind is GraphQLFloat
        self.known: AtOnce = self._known
        if self._exactly is str:
            self.known = _texts(self._known)
        elif self._any:
            self.known = _anything(nullable=nullable)
        """The results of a column that is ours, and so may be among them itself."""

    def complete(self, values: Values, where: Positions, run: "Run") -> Results:
        known = self.known(values)
        if known is None:
            return run.later(partial(self.carefully, values, where, run))
        return list(values) if known is values and type(values) is not tuple else known  # a resolver may change its own

    def _known(self, values: Values) -> Sequence[Any] | None:
        kinds = {*map(type, values)}
        if kinds <= self._as_it_is and not (self._bounded and not _within(values, kinds)):
            return values
        if not (all(map(plain, kinds)) and (self.nullable or NoneType not in kinds)):
            return None
        try:
            if kinds <= self._enum:
                return [self._names[value] for value in values]
            return self._coerced(values) if self._many is None or NoneType in kinds else self._many(values)
        except Exception:
            return None

    def _coerced(self, values: Values) -> list[Any]:
        coerce = self._coerce
        results = [None if value is None else coerce(value) for value in values]
        kinds = {*map(type, results)}
        if type(Undefined) in kinds or (NoneType in kinds and _nulls(results) != _nulls(values)):
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


def _nulls(values: Values) -> int:
    return countOf(map(type, values), NoneType)  # to compare a Decimal with None takes long


def _texts(otherwise: AtOnce) -> AtOnce:
    """Nothing but texts are told at a glance."""

    def known(values: Values) -> Sequence[Any] | None:
        return values if countOf(map(type, values), str) == len(values) else otherwise(values)

    return known


def _anything(*, nullable: bool) -> AtOnce:
    """Of a scalar whose values are results already."""

    def known(values: Values) -> Sequence[Any] | None:
        kinds = {*map(type, values)}
        return values if all(map(plain, kinds)) and (nullable or NoneType not in kinds) else None

    return known


_AS_IT_IS: dict[Any, type] = {
    GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool, GraphQLInt: int, GraphQLFloat: float
}  # fmt: skip


def _names(kind: GraphQLEnumType) -> dict[Any, Any]:
    """The names of the members of the Python enum behind the type, if it has all of them and they can be looked up."""
    members: Any = getattr(kind, "wrapped_cls", None)
    with suppress(Exception):
        if issubclass(members, Enum) and not issubclass(members, Flag):
            return {member: kind.coerce_output_value(member) for member in members}
    return {}


def _within(values: Values, kinds: set[type]) -> bool:
    """Whether the numbers are ones that GraphQL has: integers of 32 bits, finite fractions."""
    numbers = [value for value in values if value is not None] if NoneType in kinds else values
    if int in kinds:
        return bool(min(numbers) >= -(2**31) and max(numbers) < 2**31)
    return all(map(isfinite, numbers))
