"""Objects kept as columns: read by column, as a sequence, and in part."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest

from app.tables import Cut, Table, column, joined, kinds, table, table_of


class Row(NamedTuple):
    id: int
    email: str

    @property
    def domain(self) -> str:
        return self.email.partition("@")[2]


class Shown(NamedTuple):
    row: Row
    viewer: int | None


ROWS = [Row(n, f"{n}@example.org") for n in range(5)]


def rows() -> Table[Row]:
    return table_of(Row, ROWS)


def shown() -> Table[Shown]:
    return table(Shown, [rows(), [7] * 5], 5)


READ = {
    "of a field": (rows, "email", [row.email for row in ROWS]),
    "of an object inside": (shown, "row.email", [row.email for row in ROWS]),
    "of a property": (rows, "domain", ["example.org"] * 5),
    "of a property inside": (shown, "row.domain", ["example.org"] * 5),
    "of plain objects": (lambda: ROWS, "email", [row.email for row in ROWS]),
}


@pytest.mark.parametrize(("objects", "path", "expected"), READ.values(), ids=READ)
def test_a_column(objects: Any, path: str, expected: Sequence[Any]) -> None:
    assert [*column(objects(), path)] == expected


def test_an_unknown_attribute_is_an_error() -> None:
    with pytest.raises(AttributeError):
        rows().column("name")


def test_a_column_is_made_when_it_is_wanted_and_once() -> None:
    made: list[int] = []

    def emails() -> list[str]:
        made.append(1)
        return ["a@b", "c@d"]

    lazy = table(Row, [[1, 2]], 2, email=emails)
    assert (lazy.column("id"), made) == ([1, 2], [])
    assert (lazy.column("email"), lazy.column("email"), made) == (["a@b", "c@d"], ["a@b", "c@d"], [1])


def test_it_is_a_sequence_of_its_objects() -> None:
    objects = shown()
    assert (len(objects), [*objects], objects[1]) == (5, [Shown(row, 7) for row in ROWS], Shown(ROWS[1], 7))
    assert objects[1] is objects[1]


@pytest.mark.parametrize("part", [slice(2), slice(1, 3), slice(None, None, -1), slice(9, 12), slice(None)], ids=str)
def test_a_part_is_a_table_whose_objects_and_columns_are_those_of_the_whole(part: slice) -> None:
    whole = table(Shown, [rows(), [7] * 5], 5, {"friends": rows()})
    chosen = whole[part]
    assert isinstance(chosen, Table)
    assert (len(chosen), [*chosen]) == (len(ROWS[part]), [Shown(row, 7) for row in ROWS[part]])
    assert [*chosen.column("row.email")] == [row.email for row in ROWS[part]]
    assert [*chosen.beside["friends"]] == ROWS[part]


def test_no_rows_are_a_table_too() -> None:
    none = table_of(Row, [])
    assert ([*none], [*none.column("email")], kinds(none), kinds(rows())) == ([], [], set(), {Row})


def test_lists_cut_from_one() -> None:
    lists = Cut(rows(), [2, 0, 3])
    assert [[*each] for each in lists] == [ROWS[:2], [], ROWS[2:]]
    assert [[*each] for each in lists[1:]] == [[], ROWS[2:]]
    assert joined(lists) is lists.items


def test_joined_lists_are_our_own_unless_they_never_change() -> None:
    sent, kept = [1, 2], rows()
    assert joined([kept]) is kept
    assert joined([sent]) == sent
    assert joined([sent]) is not sent
    assert joined([sent, (3,)]) == [1, 2, 3]
