"""Fields declared for many parents at once. The same declaration serves graphql-core, which asks parent by parent."""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from operator import attrgetter
from types import UnionType
from typing import Any, TypeAlias, TypeVar, Union, get_args, get_origin

import strawberry
from strawberry.types.field import StrawberryField

from app.tables import Cut, Table

P = TypeVar("P")
T = TypeVar("T")

Column: TypeAlias = Sequence[T | Exception]
"""What a batched resolver returns: one value for each parent, in order. An exception fails that parent alone."""

Answers: TypeAlias = Column[T] | Awaitable[Column[T]]
"""The same of a plain function whose values may be there at once, or come later."""

MANY = "many"  # where a field's metadata keep the function for many parents
OF = "of"  # and the attributes that it reads
_PATH = "path"


def batched(resolver: Any = None, *, of: Sequence[str] = (), **options: Any) -> Any:
    """A field whose resolver is called once for all parents: `(parents, info, **arguments) -> Column[T]`, sync or
    async, declared as a static method or given as a function; `info` may be left out. The field's type is T. One that
    names attributes (`of`: "row.email") is given a column of each instead of the parents, and spares making these;
    where a parent lacks one, all fail. Without `info` it may be called again for the same parents, and nobody changes
    the column that it gave.

    Raising fails all parents, as does a wrong number of values. `options` are those of `strawberry.field`; where they
    name permissions or extensions, these decide for one parent at a time, and so the resolver is called for one."""
    if resolver is None:
        return lambda decorated: batched(decorated, of=of, **options)
    many = resolver.__func__ if isinstance(resolver, staticmethod) else resolver
    metadata = {**options.pop("metadata", {}), MANY: many, OF: tuple(of)}
    return strawberry.field(_for_one(many, tuple(of)), metadata=metadata, **options)


def attribute(path: str, **options: Any) -> Any:
    """A field that is an attribute of its parent, or an attribute of one ("row.email")."""
    return _Attribute(type_annotation=None, metadata={_PATH: path}, **options)


class _Attribute(StrawberryField):
    """A basic field to Strawberry, read from elsewhere, and no argument of the type's constructor."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.init = self.compare = self.repr = False
        self.path = self.metadata[_PATH]
        self.getter = attrgetter(self.path)

    def get_result(self, source: Any, *_args: Any, **_kwargs: Any) -> Any:
        return self.getter(source)


def each(parents: Sequence[P], function: Callable[[P], T]) -> Column[T]:
    """The column of a function of one parent: what it raises fails that parent alone."""
    return [_attempt(function, parent) for parent in parents]


def only(column: object) -> Any:
    """The one value of a column for one parent. Raises it where it is an exception, and TypeError for another number
    of values."""
    checked = aligned(column, 1)
    if isinstance(checked[0], Exception):
        raise checked[0]
    return checked[0]


def aligned(column: object, parents: int) -> Sequence[Any]:
    """The column. Raises TypeError unless it holds a value for each parent."""
    if not isinstance(column, (list, tuple, Table, Cut)) or len(column) != parents:
        raise TypeError("A batched resolver returns a list with one value for each parent.")
    return column


def _attempt(function: Callable[[P], T], parent: P) -> T | Exception:
    try:
        return function(parent)
    except Exception as error:
        return error


def _for_one(many: Callable[..., Any], of: tuple[str, ...]) -> Callable[..., Any]:
    """The resolver of one parent, with the signature that Strawberry reads types and arguments from."""
    one = _awaiting(many, of) if inspect.iscoroutinefunction(many) else _calling(many, of)
    signature = inspect.signature(many)
    parent = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = [parent, *list(signature.parameters.values())[len(of) or 1 :]]
    kind = _item(many, signature.return_annotation)
    told = {name: getattr(many, name) for name in ("__name__", "__qualname__", "__module__", "__doc__")}
    told["__signature__"] = inspect.Signature(parameters, return_annotation=kind)
    told["__annotations__"] = {each.name: each.annotation for each in parameters[1:]} | {"return": kind}
    for name, value in told.items():
        setattr(one, name, value)
    return one


def alone(parent: Any, of: Sequence[str]) -> list[list[Any]]:
    """What a function for many is given of one parent."""
    return [[attrgetter(path)(parent)] for path in of] if of else [[parent]]


def _awaiting(many: Callable[..., Any], of: tuple[str, ...]) -> Callable[..., Any]:
    async def one(self: Any, **arguments: Any) -> Any:
        return await _awaited(only(await many(*alone(self, of), **arguments)))

    return one


def _calling(many: Callable[..., Any], of: tuple[str, ...]) -> Callable[..., Any]:
    def one(self: Any, **arguments: Any) -> Any:
        column = many(*alone(self, of), **arguments)
        return _only_later(column) if inspect.isawaitable(column) else only(column)

    return one


async def _only_later(column: Awaitable[Any]) -> Any:
    return await _awaited(only(await column))


async def _awaited(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value


def _item(many: Callable[..., Any], annotation: Any) -> Any:
    """T of Column[T]. Raises TypeError for another annotation."""
    column = get_args(annotation)[0] if get_origin(annotation) in (Union, UnionType) else annotation
    inner = get_args(column)
    members = get_args(inner[0]) if inner and get_origin(column) is Sequence else ()
    if Exception not in members:
        raise TypeError(f"{many.__qualname__} is batched: annotate what it returns as Column[...] or Answers[...].")
    return Union[tuple(member for member in members if member is not Exception)]  # noqa: UP007
