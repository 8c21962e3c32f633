"""Relay connections with keyset cursors."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from operator import attrgetter
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

import strawberry

from app.domain.limits import COUNT_BOUND, DEFAULT_PAGE_SIZE, IDENTIFIER_LENGTH, PAGE_SIZE
from app.domain.text import text_problem
from app.graphql.errors import Refusal
from app.graphql.node import decode, encode, number
from app.store.paging import Page
from app.tables import Cut, Table, table

N = TypeVar("N")
T = TypeVar("T")

PageArguments = tuple[int | None, str | None, int | None, str | None]  # first, after, last, before

First = Annotated[int | None, strawberry.argument(description=f"How many from the front, at most {PAGE_SIZE}.")]
After = Annotated[str | None, strawberry.argument(description="Only what comes behind this cursor.")]
Last = Annotated[int | None, strawberry.argument(description=f"How many from the back, at most {PAGE_SIZE}.")]
Before = Annotated[str | None, strawberry.argument(description="Only what comes before this cursor.")]


@strawberry.type(description="Whether there is more, and the cursors to ask for it with.")
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type(description=f"Counted exactly up to {COUNT_BOUND:,}; beyond that `isExact` is false.")
class TotalCount:
    count: int
    is_exact: bool


@strawberry.type(description="A node with its cursor.")
class Edge(Generic[N]):
    cursor: str
    node: N


@strawberry.type(description="A page of a list.")
class Connection(Generic[N]):
    nodes: list[N]
    rows: strawberry.Private[Sequence[Any]]
    key: strawberry.Private[Callable[[Any], object]]  # of a row: what the list is ordered by
    page: strawberry.Private[Page[Any]]
    more: strawberry.Private[bool]
    counted: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field
    def page_info(self) -> PageInfo:
        return PageInfo(
            has_next_page=self.more if not self.page.backward else self.page.before is not None,
            has_previous_page=self.more if self.page.backward else self.page.after is not None,
            start_cursor=encode("cursor", self.key(self.rows[0])) if self.rows else None,
            end_cursor=encode("cursor", self.key(self.rows[-1])) if self.rows else None,
        )

    @strawberry.field(description="The same nodes, each with its cursor.")
    def edges(self) -> list[Edge[N]]:
        nodes = zip(self.rows, self.nodes, strict=True)
        return [Edge(cursor=encode("cursor", self.key(row)), node=node) for row, node in nodes]

    @strawberry.field(description="All of them, whatever the page. Costs a statement: ask where it is shown.")
    async def total_count(self) -> TotalCount:
        count = await self.counted()
        return TotalCount(count=min(count, COUNT_BOUND), is_exact=count <= COUNT_BOUND)


class ShownPage(NamedTuple):
    """What resolvers of a connection are given: its private fields, made at a fraction of the price. There is one for
    each parent of a list of lists."""

    nodes: Sequence[Any]
    rows: Sequence[Any]
    key: Callable[[Any], object]
    page: Page[Any]
    more: bool
    counted: Callable[[], Awaitable[int]]


def number_page(first: int | None, after: str | None, last: int | None = None, before: str | None = None) -> Page[int]:
    """A page over numeric keys, one row longer than asked so that we know whether there is more."""
    return _page(first, after, last, before, number)


def text_page(first: int | None, after: str | None, last: int | None = None, before: str | None = None) -> Page[str]:
    """The same over text keys."""
    return _page(first, after, last, before, _identifier)


def _identifier(text: str) -> str | None:
    return text if text and text_problem(text, IDENTIFIER_LENGTH) is None else None


def _page(
    first: int | None, after: str | None, last: int | None, before: str | None, key: Callable[[str], T | None]
) -> Page[T]:
    if first is not None and last is not None:
        raise Refusal("BAD_USER_INPUT", "Send first or last, not both.")
    size = first if first is not None else last if last is not None else DEFAULT_PAGE_SIZE
    if not 0 <= size <= PAGE_SIZE:
        name = "last" if first is None else "first"
        raise Refusal(
            "LIMIT_EXCEEDED",
            f"{name} is {size}; it may be 0 to {PAGE_SIZE}.",
            limit=name,
            value=size,
            maximum=PAGE_SIZE,
        )
    backward = last is not None
    return Page(size + 1, _cursor(after, "after", key), _cursor(before, "before", key), backward)


def _cursor(text: str | None, name: str, key: Callable[[str], T | None]) -> T | None:
    if text is None:
        return None
    decoded = decode(text)
    found = key(decoded[1]) if decoded is not None and decoded[0] == "cursor" else None
    if found is None:
        raise Refusal("BAD_USER_INPUT", f"{name} is not a cursor of this list. Send an endCursor or startCursor of it.")
    return found


_ID = attrgetter("id")


def connect(
    rows: Sequence[T], page: Page[Any], nodes: Callable[[Sequence[T]], Sequence[N]],
    counted: Callable[[], Awaitable[int]],
) -> Connection[N]:  # fmt: skip
    """A connection of the rows fetched for a page, in order of their ids."""
    shown, more = cut(rows, page)
    return connected(nodes(shown), shown, page, counted, more=more)


def connected(
    nodes: Sequence[N], shown: Sequence[Any], page: Page[Any], counted: Callable[[], Awaitable[int]], *, more: bool
) -> Connection[N]:
    """The same of nodes that are made already."""
    made: Connection[N] = _connection((nodes, shown, _ID, page, more, counted))
    return made


def connections(
    nodes: Cut, shown: Cut, page: Page[Any], more: Sequence[bool], counted: Callable[[], list[Any]]
) -> Table[Any]:
    """Connections of lists of one page each."""
    size = len(more)
    return table(ShownPage, [nodes, shown, [_ID] * size, [page] * size, more], size, counted=counted)


def cut(rows: Sequence[T], page: Page[Any]) -> tuple[Sequence[T], bool]:
    """The rows that are shown of those fetched, in order of their ids, and whether there are more."""
    size = page.limit - 1
    more = len(rows) > size
    shown = rows[:size] if more else rows
    return shown[::-1] if page.backward else shown, more


_connection: Callable[[tuple[object, ...]], Any] = partial(tuple.__new__, ShownPage)
