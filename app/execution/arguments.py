"""The arguments of a resolver, converted as Strawberry does it."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from graphql import Undefined
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
        self._fixed: dict[str, Any] = {}  # what is the same in every run, and cannot be changed
        self._placed: list[tuple[str, str, bool]] | None = self._worked_out()
        """Variables that are arguments as they are, by which name, and whether they may be null: beside the fixed ones
        there are no others. None where arguments have to be converted in each run."""

    @property
    def constant(self) -> dict[str, Any] | None:
        """The arguments, if they are the same in every run."""
        return self._fixed if self._placed == [] else None

    def by_python_name(self, run: "Run", info: Any = None) -> dict[str, Any]:
        """The arguments that were given or have a default in the schema. Raises GraphQLError for one that does not
        fit."""
        if self._placed is None:
            return self._converted(self._field.arguments(run.variables), info)
        if not self._placed:
            return self._fixed
        arguments, coerced = self._fixed.copy(), run.variables.coerced
        for variable, name, nullable in self._placed:
            value = coerced.get(variable, Undefined)
            if value is Undefined or (value is None and not nullable):
                return self._converted(self._field.arguments(run.variables), info)
            arguments[name] = value
        return arguments

    def _worked_out(self) -> list[tuple[str, str, bool]] | None:
        given = self._field.given
        if given.same is None or given.composed:
            return None
        placed = {each.out_name: each for each in given.placed}
        try:
            self._fixed = self._converted(given.same, None)
        except Exception:  # which is to be told in each run
            return None
        as_they_are = all(convert is None for name, _, convert in self._declared if name in placed)
        if not as_they_are or not unchangeable(self._fixed):
            return None
        return [
            (placed[name].variable, python_name, placed[name].nullable)
            for name, python_name, _ in self._declared
            if name in placed
        ]

    def _converted(self, given: Mapping[str, Any], info: Any) -> dict[str, Any]:
        return {
            python_name: given[name] if convert is None else convert(given[name], info)
            for name, python_name, convert in self._declared
            if name in given
        }


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
