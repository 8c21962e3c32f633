"""The test graph's abstract types: interfaces over interfaces, a union, and every way to be of the wrong type."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from graphql import GraphQLResolveInfo
from strawberry.types import Info

from tests.execution import faults
from tests.execution.faults import FailureError, Later, Stranger, spoiled
from tests.execution.fields import late_leaf, late_one, leaf, one

if TYPE_CHECKING:
    from tests.execution.node import Node

SIZE = 97  # numbers wrap here, so that lists end in nodes seen before


def whereabouts(info: Info) -> str:
    """What a resolver can read of where it stands: path, names, and the selection below."""
    path = "/".join(str(key) for key in info.path.as_list())
    below = ",".join(getattr(field, "name", "...") for field in info.selected_fields[0].selections)
    return f"{path} {info.field_name} {info.python_name} {info.path.typename} {below}"


def circumstances(info: Info) -> str:
    """What else the info tells: the operation, its variables, and the selection with its arguments."""
    name = info.operation.name.value if info.operation.name else None
    told = [name, info.variable_values, info.input_extensions, info.root_value, str(info.return_type)]
    selected = [(field.name, field.arguments, field.directives) for field in info.selected_fields]
    return " ".join(str(each) for each in (*told, selected, len(info.query or ""), info.get_argument_definition("no")))


def node(turn: int) -> object:
    """A node, or what its turn spoils."""
    from tests.execution.node import Node

    return spoiled(turn, Node.at(turn % SIZE))


def thing(turn: int) -> object:
    """Something of the interface Thing, mostly."""
    from tests.execution.node import Node

    number = turn % SIZE
    makers: list[Callable[[int], object]] = [
        apple,
        pear,
        Node.at,
        apple,
        ghost,
        pear,
        stone,
        odd_thing,
        ghost,
        apple,
        Node.at,
    ]
    return spoiled(turn, makers[turn % len(makers)](number))


def found(turn: int) -> object:
    """A member of the union Found, mostly."""
    from tests.execution.node import Node

    number = turn % SIZE
    makers: list[Callable[[int], object]] = [apple, stone, pear, stone, apple, Node.at, pear, odd_thing, stone, apple]
    return spoiled(turn, makers[turn % len(makers)](number))


def shape(turn: int) -> object:
    """A circle or a square, mostly; their interface decides which by a rule of its own."""
    number = turn % SIZE
    return spoiled(turn, (circle(number), square(number), circle(number), square(number), Stranger())[turn % 5])


def odd_thing(number: int) -> object:
    """Something of no type of the schema, or said to be of another than it is."""
    strange = (Stranger(), "text", {"number": number}, Outsider(number=number), 7, alike(number), recast(number))
    return strange[number % 7]


class Alike:
    """Looks like an apple or a pear, and may be cast to one."""

    def __init__(self, number: int) -> None:
        self.number = number


def alike(number: int) -> object:
    """Something cast to a type by `strawberry.cast`: two objects of one class, of different types."""
    return strawberry.cast((Apple, Pear, Stone)[number % 3], Alike(number))


def recast(number: int) -> object:
    """An apple said to be a pear."""
    return strawberry.cast(Pear, Apple(number=number))


@strawberry.interface
class Thing:
    """What most objects are."""

    number: int
    text: str | None = leaf("text")
    must_text: str = late_leaf("text", 4)
    next: "Thing | None" = one(thing, 5)
    late_next: "Thing" = late_one(thing, 1)

    @strawberry.field
    def where(self, info: Info) -> str:
        return whereabouts(info)


@strawberry.interface
class Sweet(Thing):
    """A further interface over Thing."""

    @strawberry.field
    async def sugar(self, info: Info, spoons: int = 1) -> int | None:
        return self.number * spoons if info.path.key != "salt" else None


@strawberry.type
class Apple(Sweet):
    """Sweet, and redefines a field of its interface."""

    seeds: list[int] | None = leaf("whole", 2)

    @strawberry.field
    def text(self, seed: int = 0) -> str | None:
        return f"apple {self.number} {seed}"


@strawberry.type
class Pear(Thing):
    """Not sweet."""

    colour: str | None = leaf("colour", 1)
    tree: Annotated["Node", strawberry.lazy("tests.execution.node")] | None = one(node, 3)


@strawberry.type
class Stone:
    """A member of the union that shares no interface, only names."""

    number: int
    text: str | None = leaf("text", 9)
    weight: float = leaf("ratio", 2)


@strawberry.type
class Outsider:
    """A type outside the schema."""

    number: int


@strawberry.type
class Ghost(Thing):
    """A type whose `is_type_of` refuses, fails, and answers late."""

    @classmethod
    def is_type_of(cls, value: Any, _info: GraphQLResolveInfo) -> Any:
        if not isinstance(value, Ghost):
            return False
        match value.number % 7:
            case 2:
                raise FailureError(f"is {value.number} a ghost?")
            case 3:
                return False
            case 4:
                return Later(True)
            case 5:
                return Later(False)
            case 6:
                return Later(FailureError(f"is {value.number} a ghost, later?"))
        return True


@strawberry.interface
class Shape:
    """An interface that names the type itself: rightly, wrongly, late, or not at all."""

    number: int
    text: str | None = leaf("text", 2)

    @classmethod
    def resolve_type(cls, value: Any, _info: GraphQLResolveInfo, _type: object) -> Any:
        own = type(value).__name__
        match getattr(value, "number", 0) % 12:
            case 1:
                return Later(own)
            case 2:
                return "Square"
            case 3:
                return "Nowhere"
            case 4:
                return "Colour"
            case 5:
                return None
            case 6:
                return 5
            case 7:
                raise FailureError("which shape?")
            case 8:
                return Later(FailureError("which shape, later?"))
            case 9:
                return "Apple"
        return own


@strawberry.type
class Circle(Shape):
    """Has a radius, which a square taken for a circle has not."""

    radius: int = leaf("whole", 3)
    centre: str = "here"


@strawberry.type
class Square(Shape):
    """Has a side as a plain attribute."""

    side: int = 4
    text: str | None = leaf("text", 3)


Found = Annotated[Apple | Pear | Stone, strawberry.union("Found")]
"""Something found."""

__all__ = ["Apple", "Circle", "Found", "Ghost", "Pear", "Shape", "Square", "Stone", "Sweet", "Thing", "faults"]


def one_node(shift: int) -> Any:
    """A field giving one node."""
    return one(node, shift)


def world() -> Any:
    """A field giving three nodes, always."""

    def resolve(start: int = 0) -> Any:
        from tests.execution.node import Node

        return [Node.at((start + place * 31) % SIZE) for place in range(3)]

    return strawberry.field(resolver=resolve)


def unspoiled(turn: int) -> object:
    """Something for a list of things that is given, never raised."""
    number = turn % SIZE
    return (apple(number), pear(number), None, ghost(7), stone(number), FailureError("an item"))[turn % 6]


def _maker(kind: type) -> Callable[[int], object]:
    return lambda number: kind(number=number)


apple, pear, ghost, stone, circle, square = map(_maker, (Apple, Pear, Ghost, Stone, Circle, Square))
