"""Values become results: one completion for each type in a field's type. Source: the specification, "Value Completion".

Each has two ways. A column of nothing but ordinary values is completed at once. One that holds anything else (a
failure, a null where none may be, something to wait for, an unknown class) is completed carefully, value by value.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from graphql import Undefined

from app.execution.assembling import Results, Sparse
from app.execution.columns import Values, settled
from app.execution.positions import Chosen, Positions

if TYPE_CHECKING:
    from app.execution.plan import PlannedField
    from app.execution.run import Run


AtOnce = Callable[[Values], Sequence[Any] | None]


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
            if isinstance(value, Exception):
                results[index] = run.fail(value, self.field, where, index)
                continue
            try:
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
