"""Which type an object is of. What a class was found to be once is remembered, where only the class decides."""

from functools import lru_cache
from inspect import isawaitable
from itertools import repeat
from types import NoneType
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLAbstractType,
    GraphQLError,
    GraphQLObjectType,
    default_type_resolver,
    is_object_type,
)
from graphql.pyutils import Path, inspect
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.cast import TYPE_CAST_ATTRIBUTE, get_strawberry_type_cast

from app.execution.columns import Values, plain
from app.execution.representing import represented
from app.tables import Table
from app.tables import kinds as kinds_of

if TYPE_CHECKING:
    from app.execution.plan import PlannedField
    from app.execution.run import Run

_BACKREF = "strawberry-definition"


class Recognised:
    """Whether objects are of one type, which may have a predicate of its own for that."""

    def __init__(self, kind: GraphQLObjectType) -> None:
        self._kind = kind
        self._class = _class_of(kind)
        self.surely = None if self._class is None or _may_be_cast(self._class) else self._class
        """The class whose objects are of the type, whatever may be said of one of them."""

    def all(self, values: Values, kinds: set[type]) -> bool:
        """Whether the values, of these classes, are objects of the type for certain, without asking its predicate."""
        if self._kind.is_type_of is None:
            return NoneType not in kinds and all(map(plain, kinds))
        return kinds <= {self._class} and not _any_cast(values, kinds)

    async def check(self, value: Any, field: "PlannedField", path: Path | None, run: "Run") -> None:
        """Asks the predicate. Raises GraphQLError for an object of another type."""
        if self._kind.is_type_of is None:
            return
        said = self._kind.is_type_of(value, run.info(field, path))
        if not (await said if isawaitable(said) else said):
            raise GraphQLError(f"Expected value of type '{self._kind}' but got: {inspect(value)}.", field.nodes)


class Resolved:
    """The types of objects of an interface or union."""

    def __init__(self, kind: GraphQLAbstractType, field: "PlannedField") -> None:
        self._kind = kind
        self._field = field
        self._of_class: dict[type, GraphQLObjectType | None] = {type(None): None}
        declared = kind.extensions.get(_BACKREF)
        own = isinstance(declared, StrawberryObjectDefinition) and declared.resolve_type is not None
        possible = field.plan.graphql.get_possible_types(kind)
        self._by_class = not own and all(_class_of(each) is not None for each in possible)

    def alone(self, values: Values) -> GraphQLObjectType | None:
        """The type of all the values, where that of their one class is known."""
        if type(values) is not Table or not len(values):
            return None
        kind: Any = values.kind
        return None if _may_be_cast(kind) else self._of_class.get(kind)

    def known(self, values: Values) -> list[GraphQLObjectType | None] | None:
        """The type of each value, None for null; or None where a value has to be looked at."""
        classes = kinds_of(values)
        if not classes <= self._of_class.keys() or _any_cast(values, classes):
            return None
        if len(classes) == 1:
            return [self._of_class[classes.pop()]] * len(values)
        return [self._of_class[type(value)] for value in values]

    async def of(self, value: Any, path: Path | None, run: "Run") -> GraphQLObjectType:
        """Asks for the type. Raises GraphQLError where there is none, or a wrong one."""
        info = run.info(self._field, path)
        name = (self._kind.resolve_type or default_type_resolver)(value, info, self._kind)
        kind = self._possible(await name if isawaitable(name) else name, value)
        await Recognised(kind).check(value, self._field, path, run)
        if self._by_class and type(value) is _class_of(kind) and get_strawberry_type_cast(value) is None:
            self._of_class[type(value)] = kind
        return kind

    def _possible(self, name: Any, value: Any) -> GraphQLObjectType:
        schema, kind = self._field.plan.graphql, self._kind
        must = f"Abstract type '{kind}' must resolve to an Object type at runtime for field '{self._field}'"
        if name is None:
            raise self._error(
                f"{must}. Either the '{kind}' type should provide a 'resolve_type' function or each possible type "
                "should provide an 'is_type_of' function."
            )
        if not isinstance(name, str):
            told = f"received '{inspect(name)}', which is not a valid Object type name."
            raise self._error(f"{must} with value {inspect(value)}, {told}")
        found = schema.get_type(name)
        if found is None:
            told = f"was resolved to a type '{name}' that does not exist inside the schema."
            raise self._error(f"Abstract type '{kind}' {told}")
        if not is_object_type(found):
            raise self._error(f"Abstract type '{kind}' was resolved to a non-object type '{name}'.")
        if not schema.is_sub_type(kind, found):
            raise self._error(f"Runtime Object type '{found}' is not a possible type for '{kind}'.")
        return found

    def _error(self, message: str) -> GraphQLError:
        return GraphQLError(message, self._field.nodes)


def _any_cast(values: Values, kinds: set[type]) -> bool:
    """Whether `strawberry.cast` gave a value, of these classes, another type than its class has."""
    return any(map(_may_be_cast, kinds)) and any(map(hasattr, values, repeat(TYPE_CAST_ATTRIBUTE)))


@lru_cache(maxsize=4096)
def _may_be_cast(kind: type) -> bool:
    """A tuple with names, for one, takes no more attributes."""
    usual: bool = kind.__getattribute__ in _USUAL
    return bool(kind.__dictoffset__) or not usual or hasattr(kind, "__getattr__") or hasattr(kind, TYPE_CAST_ATTRIBUTE)


_USUAL: tuple[Any, ...] = (object.__getattribute__, tuple.__getattribute__)


def _class_of(kind: GraphQLObjectType) -> type | None:
    """The class by which alone objects of the type are told."""
    declared = kind.extensions.get(_BACKREF)
    if not isinstance(declared, StrawberryObjectDefinition):
        return None
    return represented(declared.is_type_of) or (declared.origin if _by_class(declared) else None)


def _by_class(declared: StrawberryObjectDefinition) -> bool:
    asked = declared.is_type_of or declared.resolve_type
    return asked is None and declared.concrete_of is None and not declared.is_graphql_generic
