"""The test graph's main type: every kind of leaf, list and nesting, nullable and not, and the batched forms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import strawberry
from strawberry.scalars import JSON
from strawberry.types import Info

from app.execution import Column, attribute, batched
from tests.execution import faults, objects
from tests.execution.colours import Colour
from tests.execution.fields import (
    Allowed,
    AllowedLater,
    Doubled,
    Even,
    late_leaf,
    late_listing,
    late_one,
    leaf,
    listing,
    one,
)
from tests.execution.inputs import Echoes
from tests.execution.objects import Apple, Found, Shape, Sweet, Thing


@strawberry.enum
class Broken(Enum):
    """How a batched field breaks; by argument, so that it breaks alike for one parent and for all."""

    NOT = "not"
    RAISES = "raises"
    SHORT = "short"
    LONG = "long"
    NOTHING = "nothing"
    NO_LIST = "no list"


@dataclass
class Row:
    """What a node keeps outside the graph."""

    tag: object
    weight: object


def integer(turn: int) -> object:
    """An integer, or not."""
    return faults.leaf("whole", turn)


def broken(parents: Sequence["Node"], how: Broken, values: list[Any]) -> Any:
    """A column, broken as asked."""
    match how:
        case Broken.RAISES:
            raise faults.FailureError("the batch raises")
        case Broken.SHORT:
            return values[:-1]
        case Broken.LONG:
            return [*values, None]
        case Broken.NOTHING:
            return None
        case Broken.NO_LIST:
            return len(parents) * 0
    return values


def given(turn: int, value: object) -> Any:
    """A value of a column: itself, null or an exception, given rather than raised."""
    return (value, value, value, None, faults.FailureError(f"given at {turn}"), value, value)[turn % 7]


def given_later(turn: int) -> object:
    """The number as something to wait for, or what its turn spoils."""
    return faults.spoiled(turn, faults.Later(turn))


@strawberry.type
class Node(Thing, Echoes):
    """A numbered node."""

    row: strawberry.Private[Row | None]
    key: strawberry.ID
    colour: Colour | None
    must_whole: int
    plain: JSON

    tag: str | None = attribute("row.tag")
    weight: float = attribute("row.weight")

    whole: int | None = leaf("whole")
    ratio: float | None = leaf("ratio", 1)
    must_ratio: float = leaf("ratio", 6)
    yes: bool | None = leaf("yes")
    late_yes: bool = late_leaf("yes", 5)
    late_key: strawberry.ID | None = late_leaf("key")
    late_colour: Colour | None = late_leaf("colour", 3)
    moment: datetime | None = leaf("moment")
    amount: Decimal | None = leaf("amount", 2)
    anything: JSON | None = late_leaf("anything", 1)
    even: Even | None = leaf("even", 1)
    must_even: Even = leaf("even", 4)

    wholes: list[int | None] | None = listing(integer)
    wholes_of_must: list[int] | None = listing(integer, 1)
    must_wholes: list[int | None] = listing(integer, 2)
    must_wholes_of_must: list[int] = late_listing(integer, 3)
    grid: list[list[int | None] | None] | None = listing(integer, 4, 2)
    grid_of_must: list[list[int]] | None = listing(integer, 5, 2)
    must_grid: list[list[int] | None] = late_listing(integer, 6, 2)
    must_grid_of_must: list[list[int]] = listing(integer, 8, 2)

    child: "Node | None" = one(objects.node, 1)
    must_child: "Node" = one(objects.node, 2)
    late_child: "Node" = late_one(objects.node, 5)
    children: list["Node | None"] | None = listing(objects.node)
    children_of_must: list["Node"] | None = listing(objects.node, 1)
    must_children: list["Node | None"] = late_listing(objects.node, 2)
    must_children_of_must: list["Node"] = listing(objects.node, 4)
    table: list[list["Node | None"]] | None = listing(objects.node, 3, 2)
    must_table: list[list["Node"] | None] = late_listing(objects.node, 5, 2)
    things: list[Thing | None] | None = listing(objects.thing, 1)
    must_things: list[Thing] = late_listing(objects.thing, 2)
    sweet: Sweet | None = one(objects.thing, 3)
    apple: Apple | None = one(objects.thing, 4)
    found: Found | None = one(objects.found, 1)
    must_found: Found = one(objects.found, 2)
    finds: list[list[Found] | None] = listing(objects.found, 3, 2)
    shape: Shape | None = one(objects.shape)
    shapes: list[Shape] | None = late_listing(objects.shape, 1)

    @classmethod
    def at(cls, number: int) -> "Node":
        """The node of this number; some have no row, some attributes of the wrong type."""
        row = (
            Row(faults.LEAVES["text"][number % 9], float("inf") if number % 11 == 3 else number / 2)
            if number % 10 != 4
            else None
        )
        colour: Any = faults.LEAVES["colour"][number % 6] if number % 4 else None
        key: Any = faults.LEAVES["key"][number % 6] if number % 13 else None
        wrong: Any = {5: "x", 9: None, 13: 2**31}.get(number % 17, number)
        return cls(number=number, row=row, key=key, colour=colour, must_whole=wrong, plain={"n": number})

    @strawberry.field(permission_classes=[Allowed])
    def allowed(self, seed: int = 0) -> str:
        return f"allowed {seed}"

    @strawberry.field(permission_classes=[AllowedLater], extensions=[Doubled()])
    async def allowed_later(self, info: Info) -> str | None:
        return objects.whereabouts(info)

    @strawberry.field(extensions=[Doubled()])
    def doubled(self, text: str = "ab") -> str | None:
        return text if self.number % 3 else None

    @strawberry.field
    def elsewhere(self, info: Info) -> int | None:
        """Fails with a path of its own, which graphql-core keeps; the true one is in its extensions."""
        if self.number % 3 == 1:
            raise faults.elsewhere(info.path.as_list())
        return self.number

    @strawberry.field
    def circumstances(self, info: Info, text: str = "x") -> str:
        return f"{text} {objects.circumstances(info)}"

    @strawberry.field
    def changes(self, texts: list[str]) -> str:
        told = str(texts)
        texts.append("more")  # what a resolver does to a list is no other call's concern
        return told

    @batched
    @staticmethod
    async def batched_circumstances(parents: Sequence["Node"], info: Info, texts: list[str]) -> Column[str]:
        told = f"{texts} {objects.circumstances(info)}"
        texts.append("more")
        return [told for _ in parents]

    @batched
    @staticmethod
    def batched_later(parents: Sequence["Node"]) -> Column[int | None]:
        return [faults.caught(given_later, parent.number) for parent in parents]  # type: ignore[misc]

    @batched(description="Nodes found for all parents at once.")
    @staticmethod
    async def twins(parents: Sequence["Node"], count: int = 1) -> Column[list["Node"] | None]:
        column = [[Node.at((parent.number + n + 1) % objects.SIZE) for n in range(count % 4)] for parent in parents]
        return [given(parent.number, row) for parent, row in zip(parents, column, strict=True)]

    @batched
    @staticmethod
    def twin(parents: Sequence["Node"], shift: int = 1) -> Column["Node"]:
        column = [Node.at((parent.number * 2 + shift) % objects.SIZE) for parent in parents]
        return [given(node.number, node) for node in column]

    @batched
    @staticmethod
    def batched_text(parents: Sequence["Node"], how: Broken = Broken.NOT) -> Column[str | None]:
        return broken(parents, how, [given(parent.number, f"text {parent.number}") for parent in parents])

    @batched
    @staticmethod
    async def late_batched_whole(parents: Sequence["Node"], how: Broken = Broken.NOT, plus: int = 0) -> Column[int]:
        return broken(parents, how, [given(parent.number + plus, parent.number + plus) for parent in parents])

    @batched
    @staticmethod
    async def batched_things(parents: Sequence["Node"], shift: int = 0) -> Column[list[Thing | None]]:
        things = [[objects.unspoiled(parent.number + shift + n) for n in range(3)] for parent in parents]
        return [given(parent.number + shift, row) for parent, row in zip(parents, things, strict=True)]

    @batched(permission_classes=[Allowed])
    @staticmethod
    async def batched_allowed(parents: Sequence["Node"], info: Info) -> Column[str]:
        return [f"{info.field_name} {parent.number}" for parent in parents]
