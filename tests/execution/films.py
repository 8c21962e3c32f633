"""The schema the specification's own examples are written over: heroes, friends and dogs, numbers and arguments."""

from typing import Annotated, Any

import strawberry
from strawberry.types import Info

from app.execution import BreadthFirst, attribute

EXECUTORS: dict[str, tuple[Any, ...]] = {"graphql-core": (), "breadth-first": (BreadthFirst,)}


@strawberry.type
class Friend:
    """A friend whose name may be null, or must not."""

    id: strawberry.ID
    known: strawberry.Private[str | None]
    name: str | None = attribute("known")
    must_name: str = attribute("known")


FRIENDS = [
    Friend(id=strawberry.ID("1000"), known="Luke Skywalker"),
    Friend(id=strawberry.ID("1002"), known=None),
    Friend(id=strawberry.ID("1003"), known="Leia Organa"),
]


def unnamed(friend: Friend) -> str:
    """The example's failure: the name of 1002 cannot be fetched."""
    if friend.known is None:
        raise ValueError(f"Name for character with ID {friend.id} could not be fetched.")
    return friend.known


@strawberry.type
class Character:
    """The example's friend: its name's resolver fails."""

    id: strawberry.ID
    known: strawberry.Private[str | None]

    @strawberry.field
    def name(self) -> str | None:
        return unnamed(self)  # type: ignore[arg-type]


@strawberry.type
class StrictCharacter:
    """The same with a name that must not be null."""

    id: strawberry.ID
    known: strawberry.Private[str | None]

    @strawberry.field
    async def name(self) -> str:
        return unnamed(self)  # type: ignore[arg-type]


def characters(kind: type) -> list[Any]:
    return [kind(id=each.id, known=each.known) for each in FRIENDS]


@strawberry.type
class Hero:
    """R2-D2 and the friends of the examples of "Errors"."""

    name: str = "R2-D2"

    @strawberry.field
    def hero_friends(self) -> list[Character | None]:
        return characters(Character)

    @strawberry.field
    def strict_friends(self) -> list[StrictCharacter | None]:
        return characters(StrictCharacter)

    @strawberry.field
    def strictest_friends(self) -> list[StrictCharacter] | None:
        return characters(StrictCharacter)

    @strawberry.field
    def all_must(self) -> list[StrictCharacter]:
        return characters(StrictCharacter)


@strawberry.interface
class Pet:
    name: str


@strawberry.type
class Dog(Pet):
    barks: bool = True
    nickname: str | None = None


@strawberry.type
class Cat(Pet):
    meows: bool = True
    nickname: str | None = None


@strawberry.input
class Example:
    """`input ExampleInputObject { a: String  b: Int! }` of "Input Objects"."""

    b: int
    a: str | None = strawberry.UNSET


def told(value: object) -> str:
    """What reached the resolver."""
    if isinstance(value, Example):
        given = {"a": value.a, "b": value.b}
        return str({name: each for name, each in given.items() if each is not strawberry.UNSET})
    return "absent" if value is strawberry.UNSET else str(value)


@strawberry.type
class Arguments:
    """The arguments of the tables of "Coercing Field Arguments" and "Input Objects"."""

    @strawberry.field
    def nullable(self, of: int | None = strawberry.UNSET) -> str | None:
        return told(of)

    @strawberry.field
    def defaulted(self, of: int | None = 5) -> str | None:
        return told(of)

    @strawberry.field
    def must(self, of: int) -> str | None:
        return told(of)

    @strawberry.field
    def must_defaulted(self, of: int = 5) -> str | None:
        return told(of)

    @strawberry.field
    def example(self, of: Example) -> str | None:
        return told(of)

    @strawberry.field
    def numbers(self, of: list[int | None] | None = strawberry.UNSET) -> str | None:
        return told(of)

    @strawberry.field
    def grid(self, of: list[list[int | None] | None] | None = strawberry.UNSET) -> str | None:
        return told(of)


@strawberry.type
class Query:
    arguments: Arguments = strawberry.field(resolver=lambda: Arguments())
    hero: Hero | None = strawberry.field(resolver=lambda: Hero())
    must_hero: Hero = strawberry.field(resolver=lambda: Hero())

    @strawberry.field
    def pet(self, dog: bool = True) -> Pet | None:
        return Dog(name="Odie") if dog else Cat(name="Garfield")

    @strawberry.field
    def beast(self, dog: bool = True) -> Annotated[Dog | Cat, strawberry.union("Beast")] | None:
        return Dog(name="Odie", nickname="O") if dog else Cat(name="Garfield")

    @strawberry.field
    def dog(self) -> Dog:
        return Dog(name="Odie")


@strawberry.type
class Number:
    """A payload that reads the number when it is asked for, as the example's does."""

    @strawberry.field
    async def the_number(self, info: Info) -> int:
        return int(info.context["number"])


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def change_the_number(self, info: Info, new_number: int) -> Number | None:
        info.context["number"] = new_number
        return Number()

    @strawberry.mutation
    def fail(self, info: Info) -> Number | None:
        info.context["number"] = -1
        raise ValueError("cannot change")

    @strawberry.mutation
    def must_fail(self, info: Info) -> Number:
        info.context["number"] = -1
        raise ValueError("cannot change")


class Quiet(strawberry.Schema):
    """Does not log the failures the examples are about."""

    def process_errors(self, *_: Any) -> None:
        pass


SCHEMAS = {
    name: Quiet(Query, Mutation, types=[Dog, Cat], extensions=extensions) for name, extensions in EXECUTORS.items()
}


async def answer(executor: str, document: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    """The response as a client sees it: data, and each error's message, path and locations."""
    result = await SCHEMAS[executor].execute(document, variables, {"number": 0})
    formatted = [dict(error.formatted) for error in result.errors or []]
    return {"data": result.data} | ({"errors": formatted} if formatted else {})
