"""The arguments of a resolver, converted as Strawberry does it."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import convert_argument
from strawberry.types.field import StrawberryField

from app.execution.converting import Special, conversion
from app.execution.given import unchangeable

if TYPE_CHECKING:
    from app.execution.plan import PlannedField
    from app.execution.run import Run

_Convert = Callable[[Any, Any], Any]  # of a value, with the info


class Arguments:
    """What is the same for every run is worked out once."""

    def __init__(self, field: "PlannedField", declared: StrawberryField) -> None:
        self._field = field
        self._declared = _conversions(declared, field.plan.schema.schema_converter)
        self.constant: dict[str, Any] | None = self._constant() if self._declared else {}
        """What is the same in every run, and cannot be changed."""

    def by_python_name(self, run: "Run", info: Any = None) -> dict[str, Any]:
        """The arguments that were given or have a default in the schema. Raises GraphQLError for one that does not
        fit."""
        if self.constant is not None:
            return self.constant
        return self._converted(self._field.arguments(run.variables), info)

    def _converted(self, given: Mapping[str, Any], info: Any) -> dict[str, Any]:
        return {
            python_name: given[name] if convert is None else convert(given[name], info)
            for name, python_name, convert in self._declared
            if name in given
        }

    def _constant(self) -> dict[str, Any] | None:
        given = self._field.given.same if self._field.given.constant else None
        if given is None:
            return None
        try:
            converted = self._converted(given, None)
        except Exception:  # which is to be told in each run
            return None
        return converted if unchangeable(converted) else None


@lru_cache(maxsize=1000)
def _conversions(declared: StrawberryField, converter: GraphQLCoreConverter) -> list[tuple[str, str, _Convert | None]]:
    """For each argument its name, its Python name, and how it is converted; None where it is passed as it is."""
    named = converter.config.name_converter.from_argument
    return [
        (name := named(each), each.python_name, _conversion(each.type, name, converter)) for each in declared.arguments
    ]


def _conversion(kind: Any, name: str, converter: GraphQLCoreConverter) -> _Convert | None:
    try:
        convert = conversion(kind, converter)
    except Special:
        return lambda value, info: convert_argument(
            value, kind, converter.scalar_registry, converter.config, info, path=(name,)
        )
    return None if convert is None else lambda value, _info: convert(value)
