"""What the test graph takes as arguments, and what it makes of them: a text naming exactly what arrived."""

from dataclasses import fields, is_dataclass
from enum import Enum

import strawberry

from tests.execution.colours import Colour
from tests.execution.fields import Even

KEY = strawberry.ID("k")


@strawberry.input
class Window:
    """An input with every kind of default."""

    must: int
    first: int = 3
    after: str | None = None
    before: str | None = strawberry.UNSET
    tags: list[str] = strawberry.field(default_factory=list)
    colour: Colour = Colour.RED
    inner: "Window | None" = None
    grid: list[list[int | None]] | None = None


@strawberry.input(one_of=True)
class Choice:
    """Exactly one of these."""

    key: strawberry.ID | None = strawberry.UNSET
    whole: int | None = strawberry.UNSET
    window: Window | None = strawberry.UNSET


def echoed(value: object) -> str:
    """A value as it reached the resolver, absent told from null."""
    if value is strawberry.UNSET:
        return "absent"
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if is_dataclass(value):
        inner = ", ".join(f"{field.name}: {echoed(getattr(value, field.name))}" for field in fields(value))
        return f"{type(value).__name__}({inner})"
    if isinstance(value, list):
        return f"[{', '.join(echoed(item) for item in value)}]"
    return repr(value)


@strawberry.type
class Echoes:
    """Fields that answer with their arguments."""

    @strawberry.field
    def echo(
        self,
        whole: int = 5,
        ratio: float | None = 0.5,
        text: str | None = None,
        absent: str | None = strawberry.UNSET,
        yes: bool = False,
        key: strawberry.ID = KEY,
        colour: Colour | None = Colour.DARK_BLUE,
        colours: list[Colour] | None = None,
        window: Window | None = None,
        even: Even | None = strawberry.UNSET,
    ) -> str:
        given = [whole, ratio, text, absent, yes, key, colour, colours, window, even]
        return ", ".join(echoed(value) for value in given)

    @strawberry.field
    async def echo_must(self, whole: int, windows: list[Window], texts: list[str] | None = None) -> str | None:
        return ", ".join(echoed(value) for value in (whole, windows, texts))

    @strawberry.field
    def echo_choice(self, choice: Choice) -> str | None:
        return echoed(choice)
