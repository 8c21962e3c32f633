"""How a field gets its column: one value for each parent. A failing parent has an exception for a value."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache, partial
from inspect import isawaitable, iscoroutinefunction
from operator import attrgetter
from types import GeneratorType
from typing import TYPE_CHECKING, Any

from graphql import Undefined, default_field_resolver
from graphql.pyutils import Path
from strawberry.types.field import StrawberryField

from app.execution.arguments import Arguments
from app.execution.declaring import MANY, OF, aligned
from app.execution.native import NATIVE, Native, native_info
from app.execution.positions import Fields
from app.tables import Cut, Table, column, columns

if TYPE_CHECKING:
    from app.execution.plan import PlannedField
    from app.execution.run import Group, Run

Values = Sequence[Any]
THERE = {list, tuple, Table, Cut}  # what a column is that need not be awaited
_BACKREF = "strawberry-definition"


Read = Callable[["Group", "Run"], Values | Awaitable[Values]]


class Reading(ABC):
    of: Sequence[str] = ()  # the attributes of the parents that the column is made of
    made: Callable[..., Any] | None = None
    """Makes it of the columns of these, at once, where nothing else is needed. May be called again."""

    @abstractmethod
    def read(self, group: "Group", run: "Run") -> Values | Awaitable[Values]:
        """The column for the parents of the group. Raises nothing."""


def reading(field: "PlannedField") -> Reading:
    """The cheapest way that gives what the field's own resolver would give."""
    if field.name == "__typename":
        return Typename(field)
    native = field.definition.extensions.get(NATIVE)
    if native is not None:
        return _Native(field, native)
    declared = field.definition.extensions.get(_BACKREF)
    schema = field.plan.schema
    if isinstance(declared, StrawberryField) and not declared.extensions and not schema.exception_handlers:
        if MANY in declared.metadata:
            return _Batched(field, declared)
        if declared.is_basic_field and (path := _path(declared, schema.config.default_resolver)):
            return Attribute(path)
        if declared.base_resolver is not None and type(declared).get_result is StrawberryField.get_result:
            return _Resolver(field, declared)
    return _EachParent(field)


class Typename(Reading):
    def __init__(self, field: "PlannedField") -> None:
        self._name = field.parent.name

    def read(self, group: "Group", _run: "Run") -> Values:
        return [self._name] * len(group.parents)


class Attribute(Reading):
    """Plain attributes."""

    def __init__(self, path: str) -> None:
        self.of = (path,)
        self._path = path

    def read(self, group: "Group", _run: "Run") -> Values:
        parents = group.parents
        try:
            values = column(parents, self._path)
            if len(values) == len(parents):
                return values
        except Exception:
            pass
        getter = attrgetter(self._path)  # one failed, or raised StopIteration, which ends a map
        return [_attempt(getter, parent) for parent in parents]


class _Together(Reading):
    """One call with all parents, or with columns of what is read `of` them."""

    def __init__(self, of: Sequence[str]) -> None:
        self.of = of

    def read(self, group: "Group", run: "Run") -> Values | Awaitable[Values]:
        parents = group.parents
        size = len(parents)
        try:
            made = self._called(columns(parents, self.of) if self.of else (parents,), run)
            if type(made) in THERE and len(made) == size:
                return made  # type: ignore[no-any-return]
            return _awaited(made, size) if isawaitable(made) else aligned(made, size)
        except Exception as error:
            return [error] * size

    @abstractmethod
    def _called(self, read: Sequence[Values], run: "Run") -> Any:
        """What the function for many parents gives. May raise."""


class _Batched(_Together):
    """Of a field that Strawberry declared."""

    def __init__(self, field: "PlannedField", declared: StrawberryField) -> None:
        assert declared.base_resolver is not None
        super().__init__(declared.metadata[OF])
        self._field = field
        self._declared = declared
        self._many: Callable[..., Any] = declared.metadata[MANY]
        self._arguments = Arguments(field, declared)
        info = declared.base_resolver.info_parameter
        self._info = info.name if info is not None else None
        if self.of and info is None and self._arguments.constant is not None and not iscoroutinefunction(self._many):
            self.made = partial(self._many, **self._arguments.constant)

    def _called(self, read: Sequence[Values], run: "Run") -> Any:
        if self._info is None:
            return self._many(*read, **self._arguments.by_python_name(run))
        info = run.strawberry_info(self._field, self._declared, self._field.path)
        return self._many(*read, **{self._info: info}, **self._arguments.by_python_name(run, info))


class _Native(_Together):
    """Of a field that was made without Strawberry."""

    def __init__(self, field: "PlannedField", native: Native) -> None:
        super().__init__(native.of)
        self._field = field
        self._many, self._informed = native.many, native.informed
        if native.of and not (native.informed or field.definition.args or iscoroutinefunction(native.many)):
            self.made = native.many

    def _called(self, read: Sequence[Values], run: "Run") -> Any:
        arguments = self._field.arguments(run.variables) if self._field.definition.args else {}
        if not self._informed:
            return self._many(*read, **arguments)
        return self._many(*read, native_info(run.info(self._field, self._field.path)), **arguments)


class _EachParent(Reading):
    """The field's own resolver, called for one parent after the other."""

    def __init__(self, field: "PlannedField") -> None:
        self._field = field
        self._resolve = field.definition.resolve or default_field_resolver
        self._tells_path = _sees_info(field)

    def read(self, group: "Group", run: "Run") -> Values | Awaitable[Values]:
        paths = self._paths(group)
        values = [_attempt(self._resolved, *each, run) for each in zip(group.parents, paths, strict=True)]
        return values if all_plain(values) else settled(values)

    def _resolved(self, parent: Any, path: Path, run: "Run") -> Any:
        """Arguments that could be changed are made for each parent."""
        return self._resolve(parent, run.info(self._field, path), **self._field.arguments(run.variables))

    def _paths(self, group: "Group") -> list[Path]:
        if not self._tells_path:
            return [self._field.path] * len(group.parents)
        where = Fields(group.where, self._field)
        return [where.path(index) for index in range(len(group.parents))]


class _Resolver(_EachParent):
    """A Strawberry resolver that nothing is around, called as Strawberry calls it."""

    def __init__(self, field: "PlannedField", declared: StrawberryField) -> None:
        super().__init__(field)
        assert declared.base_resolver is not None
        self._declared = declared
        self._called = called = declared.base_resolver
        self._arguments = Arguments(field, declared)
        self._parents = [each.name for each in (called.parent_parameter, called.root_parameter) if each is not None]

    def _resolved(self, parent: Any, path: Path, run: "Run") -> Any:
        called = self._called
        info = run.strawberry_info(self._field, self._declared, path)
        keywords = dict(self._arguments.by_python_name(run, info))
        for name in self._parents:
            keywords[name] = parent
        if called.info_parameter is not None:
            keywords[called.info_parameter.name] = info
        return called(parent, **keywords) if called.self_parameter is not None else called(**keywords)


def _sees_info(field: "PlannedField") -> bool:
    """Whether the resolver, or something around it, is given the info, and so the way to its parent."""
    declared = field.definition.extensions.get(_BACKREF)
    if not isinstance(declared, StrawberryField) or declared.base_resolver is None:
        return True
    informed = declared.base_resolver.info_parameter is not None or bool(declared.extensions)
    return informed or bool(field.plan.schema.exception_handlers)


def all_plain(values: Values) -> bool:
    """Whether no value is an exception, undefined, or to be waited for."""
    return all(map(plain, {*map(type, values)}))


@lru_cache(maxsize=4096)
def plain(kind: type) -> bool:
    return not (
        issubclass(kind, Exception | GeneratorType)
        or kind is type(Undefined)
        or hasattr(kind, "__await__")
        or hasattr(kind, "__aiter__")
    )


async def settled(values: Values) -> Values:
    """The values, with those that are awaitable awaited side by side; one that fails is its exception."""
    waiting = [index for index, value in enumerate(values) if isawaitable(value)]
    if not waiting:
        return values
    if len(waiting) == 1:
        answers = [await _caught(values[waiting[0]])]
    else:
        answers = await asyncio.gather(*(values[index] for index in waiting), return_exceptions=True)
    settled = list(values)
    for index, answer in zip(waiting, answers, strict=True):
        if isinstance(answer, BaseException) and not isinstance(answer, Exception):
            raise answer
        settled[index] = answer
    return settled


async def _caught(value: Awaitable[Any]) -> Any:
    try:
        return await value
    except Exception as error:
        return error


async def _awaited(made: Awaitable[Any], size: int) -> Values:
    try:
        return aligned(await made, size)
    except Exception as error:
        return [error] * size


def _attempt(function: Callable[..., Any], *args: Any) -> Any:
    try:
        return function(*args)
    except Exception as error:
        return error


def _path(declared: StrawberryField, default_resolver: Callable[..., Any]) -> str | None:
    if type(declared).get_result is not StrawberryField.get_result:
        return getattr(declared, "path", None)
    return declared.python_name if default_resolver is getattr else None
