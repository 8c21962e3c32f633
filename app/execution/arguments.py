"""The arguments of a batched resolver, converted as Strawberry does it for a resolver of one parent."""

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any

from strawberry import ID
from strawberry.types.arguments import convert_argument
from strawberry.types.base import StrawberryOptional
from strawberry.types.field import StrawberryField

if TYPE_CHECKING:
    from app.execution.plan import PlannedField
    from app.execution.run import Run

_PLAIN = (str, int, float, bool, ID)
_ATOMS = (str, int, float, bool, type(None), Enum)


def unchangeable(arguments: Mapping[str, Any]) -> bool:
    """Whether a resolver can change nothing in them, so that others may be given the same."""
    return all(isinstance(value, _ATOMS) for value in arguments.values())


class Arguments:
    """What is the same for every run is worked out once."""

    def __init__(self, field: "PlannedField", declared: StrawberryField) -> None:
        schema = field.plan.schema
        self._field = field
        self._config = schema.config
        self._scalars = schema.schema_converter.scalar_registry
        named = schema.config.name_converter.from_argument
        self._declared = [
            (named(each), each.python_name, None if _plain(each.type) else each.type) for each in declared.arguments
        ]
        self._constant: dict[str, Any] | None = None if self._declared else {}

    def by_python_name(self, run: "Run", info: Any = None) -> dict[str, Any]:
        """The arguments that were given or have a default in the schema. Raises GraphQLError for one that does not
        fit."""
        if self._constant is not None:
            return self._constant
        given = self._field.arguments(run.variables)
        converted = {
            python_name: given[name] if kind is None else self._converted(given[name], kind, name, info)
            for name, python_name, kind in self._declared
            if name in given
        }
        if self._field.constant and unchangeable(converted):
            self._constant = converted
        return converted

    def _converted(self, value: Any, kind: Any, name: str, info: Any) -> Any:
        return convert_argument(
            value=value, type_=kind, scalar_registry=self._scalars, config=self._config, info=info, path=(name,)
        )


def _plain(kind: Any) -> bool:
    """Whether values of the type need no conversion: they are plain Python already."""
    return (kind.of_type if type(kind) is StrawberryOptional else kind) in _PLAIN
