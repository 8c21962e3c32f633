"""Parents that are kept as columns, and fields that name what they read of them: the same under both executors."""

from collections.abc import Sequence
from itertools import count
from typing import Any, NamedTuple

import pytest
import strawberry
from strawberry.types import Info

from app.execution import Column, attribute, batched, represents
from app.tables import Cut, Table, table, table_of
from tests.execution.films import EXECUTORS, Quiet


class Row(NamedTuple):
    id: int
    title: str | None


class Shown(NamedTuple):
    row: Row
    shelf: int


@strawberry.type
class Book:
    is_type_of = represents(Shown)
    title: str | None = attribute("row.title")
    must: str = attribute("row.title")
    shelf: int = attribute("shelf")

    @batched(of=("row.id", "shelf"), description="Its number on the shelf.")
    @staticmethod
    def number(ids: Sequence[int], shelves: Sequence[int], info: Info, times: int = 1) -> Column[int]:
        info.context.append(len(ids))
        places = zip(ids, shelves, strict=True)
        return [ValueError("no number") if id_ == 2 else times * (100 * shelf + id_) for id_, shelf in places]

    @batched(of=("row.id",))
    @staticmethod
    async def later(ids: Sequence[int]) -> Column[int]:
        return tuple(ids)

    @batched(of=("row.isbn",))
    @staticmethod
    def isbn(isbns: Sequence[str]) -> Column[str | None]:
        return isbns

    @batched
    @staticmethod
    def whole(parents: Sequence[Shown]) -> Column[str]:
        return [f"{parent.row.title} on {parent.shelf}" for parent in parents]


def books(shelf: int, titles: Sequence[str | None]) -> Table[Shown]:
    rows = table_of(Row, [Row(n, title) for n, title in zip(count(1), titles)])
    return table(Shown, [rows, [shelf] * len(rows)], len(rows))


class Place(NamedTuple):
    books: Any
    number: int


@strawberry.type
class Shelf:
    is_type_of = represents(Place)
    number: int
    books: list[Book | None]


TITLES = ["Emma", None, "Persuasion"]


@strawberry.type
class Query:
    @strawberry.field
    def books(self) -> list[Book | None]:
        return books(1, TITLES)  # type: ignore[return-value]

    @strawberry.field
    def none(self) -> list[Book]:
        return books(1, [])  # type: ignore[return-value]

    @strawberry.field
    def shelves(self) -> list[Shelf]:
        return table(Place, [Cut(books(4, TITLES), [1, 0, 2]), [1, 2, 3]], 3)  # type: ignore[return-value]

    @batched
    @staticmethod
    def alone(parents: Sequence[Any]) -> Column[Book | None]:  # noqa: ARG004
        return books(9, ["Sanditon"])  # type: ignore[return-value]


SCHEMAS = {name: Quiet(Query, extensions=extensions) for name, extensions in EXECUTORS.items()}
ASKED = {
    "attributes": "{ books { title shelf } }",
    "what is read of them": "{ books { number later times: number(times: 2) } }",
    "the objects themselves": "{ books { whole title } }",
    "a null that climbs": "{ shelves { number books { must } } }",
    "lists in lists": "{ shelves { number books { title shelf } } }",
    "no objects": "{ none { title number whole } }",
    "a table of one for its object": "{ alone { title number } }",
    "what they have not": "{ books { isbn title } }",
}


@pytest.mark.parametrize("document", ASKED.values(), ids=ASKED)
async def test_both_executors_answer_alike(document: str) -> None:
    told = []
    for schema in SCHEMAS.values():
        result = await schema.execute(document, context_value=[])
        errors = sorted((error.message, error.path or [], error.locations) for error in result.errors or [])
        told.append((result.data, errors))
    assert told[0] == told[1]
    assert told[0][0] is not None


async def test_a_field_is_called_once_with_its_columns() -> None:
    sizes: list[int] = []
    result = await SCHEMAS["breadth-first"].execute("{ shelves { books { number } } }", context_value=sizes)
    assert sizes == [3]
    assert result.data is not None
    assert [shelf["books"] for shelf in result.data["shelves"]] == [
        [{"number": 401}], [], [None, {"number": 403}]
    ]  # fmt: skip


def test_the_sdl_shows_arguments_and_no_columns() -> None:
    for schema in SCHEMAS.values():
        assert "number(times: Int! = 1): Int!" in schema.as_str()
        assert "later: Int!" in schema.as_str()
