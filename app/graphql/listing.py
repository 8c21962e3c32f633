"""Lists with `where` and `orderBy`: contacts, products, and the records of a definition."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NoReturn, TypeVar

from app.domain import limits
from app.domain.condition_parser import parse_condition
from app.domain.conditions import TRUE, And, Condition
from app.domain.entities import CONTACTS, PRODUCTS, Entity, of_definition
from app.domain.orders import Order, SentField, parse_order
from app.domain.problems import Problem
from app.domain.searches import beginning
from app.graphql.access import forbid
from app.graphql.connection import Connection, PageArguments, number_page, text_page
from app.graphql.contacts import Contact, contact_nodes
from app.graphql.context import Info
from app.graphql.errors import Refusal
from app.graphql.node import decode
from app.graphql.products import Product, check_search, product_nodes
from app.graphql.records import CustomDataRecord, find_definition, record_nodes
from app.graphql.scalars import JSON
from app.graphql.selecting import asks_for_rows
from app.graphql.typed.translated import TypedOrder, shown_path
from app.store import listing as store
from app.store import marks
from app.store.listing import Listed, Listing
from app.store.orders import Mark
from app.store.paging import Page

N = TypeVar("N")

_Orders = Sequence[Any]  # OrderBy or TypedOrder


async def filtered_records(
    info: Info, definition: str, asked: PageArguments, where: JSON | None, order_by: _Orders | None
) -> Connection[CustomDataRecord]:
    _only_keys(info)
    found = await find_definition(info, definition)

    def nodes(rows: Sequence[Any]) -> Sequence[CustomDataRecord]:
        shown: Sequence[CustomDataRecord] = record_nodes(rows, found)
        return shown

    return await _listed(info, await understood(info, of_definition(found), where, order_by), asked, nodes)


async def filtered_contacts(
    info: Info, asked: PageArguments, where: JSON | None, order_by: _Orders | None, search: str | None
) -> Connection[Contact]:
    _only_keys(info)
    check_search(search)
    return await _listed(info, await understood(info, CONTACTS, where, order_by, search), asked, contact_nodes)


async def filtered_products(
    info: Info, asked: PageArguments, where: JSON | None, order_by: _Orders | None, search: str | None
) -> Connection[Product]:
    _only_keys(info)
    check_search(search)

    def nodes(rows: Sequence[Any]) -> Sequence[Product]:
        shown: Sequence[Product] = product_nodes(rows, None)
        return shown

    return await _listed(info, await understood(info, PRODUCTS, where, order_by, search), asked, nodes)


async def contacts_fulfilling(
    info: Info, condition: Condition, asked: PageArguments, order_by: _Orders | None
) -> Connection[Contact]:
    """The contacts that fulfil a condition of ours."""
    listing = await understood(info, CONTACTS, None, order_by)
    return await _listed(info, replace(listing, condition=condition), asked, contact_nodes)


def plain_cursors(*cursors: str | None) -> None:
    """Raises Refusal for a cursor of a list ordered by fields, where the list is in order of ids."""
    for cursor in cursors:
        decoded = decode(cursor) if cursor is not None else None
        if decoded is not None and marks.is_mark(decoded[1]):
            raise _other_order()


def _only_keys(info: Info) -> None:
    """A contact may not filter or order: what it cannot see would decide what it gets."""
    if info.context.viewer.contact_id is not None:
        forbid()


async def understood(
    info: Info, entity: Entity, where: JSON | None, order_by: _Orders | None, search: str | None = None
) -> Listing:
    """What is asked for, understood. Raises Refusal, which tells where something is wrong."""
    model = await info.context.model()
    condition: Condition = TRUE if search is None else beginning(entity, search)
    if where is not None:
        parsed, problem = parse_condition(model, entity, where, info.context.calendar)
        if parsed is None:
            refuse_where(problem, where)
        condition = parsed if search is None else And((condition, parsed))
    sent = [SentField(each.field, each.direction, each.nulls) for each in order_by or ()]
    order, problem = parse_order(model, entity, sent)
    if order is None:
        _refuse_order(problem, order_by or ())
    return Listing(entity, condition, order)


def refuse_where(problem: Problem | None, sent: object = None) -> NoReturn:
    """Tells where, in the words of what was sent."""
    assert problem is not None
    path = shown_path(problem.path or "", sent)
    raise Refusal(problem.code.value, f"{path}: {problem.message}", at=path)


def _refuse_order(problem: Problem | None, order_by: _Orders) -> NoReturn:
    assert problem is not None
    place = (problem.path or "").rpartition(".")[2]
    sent = order_by[int(place)] if place.isdigit() else None
    if isinstance(sent, TypedOrder):
        problem = replace(problem, path=f"{problem.path}.{sent.shown}")
    refuse_where(problem)


async def _listed(
    info: Info, listing: Listing, asked: PageArguments, nodes: Callable[[Sequence[Any]], Sequence[N]]
) -> Connection[N]:
    page = page_of(listing, asked)
    session = info.context.session
    rows = await store.page(session, listing, page) if asks_for_rows(info) else []
    size = page.limit - 1
    shown = rows[:size][::-1] if page.backward else rows[:size]

    async def counted() -> int:
        return await store.count(session, listing, limits.COUNT_BOUND + 1)

    return Connection(
        nodes=list(nodes([each.row for each in shown])), rows=shown, key=lambda each: cursor_of(listing.order, each),
        page=page, more=len(rows) > size, counted=counted,
    )  # fmt: skip


def cursor_of(order: Order, listed: Listed) -> object:
    return marks.written(order, listed.mark) if order.fields else listed.mark.id


def page_of(listing: Listing, asked: PageArguments) -> Page[Mark]:
    """The page that is asked for. Raises Refusal for cursors of another list or order."""
    first, after, last, before = asked
    if not listing.order.fields:
        plain_cursors(after, before)
        by_id: Page[Any] = (text_page if listing.entity is PRODUCTS else number_page)(*asked)
        after_id, before_id = (None if end is None else Mark((), end) for end in (by_id.after, by_id.before))
        return Page(by_id.limit, after_id, before_id, by_id.backward)
    size = number_page(first, None, last)
    return Page(size.limit, _mark(listing, after, "after"), _mark(listing, before, "before"), size.backward)


def _mark(listing: Listing, cursor: str | None, name: str) -> Mark | None:
    if cursor is None:
        return None
    decoded = decode(cursor)
    if decoded is None or decoded[0] != "cursor":
        raise Refusal("BAD_USER_INPUT", f"{name} is not a cursor of this list. Send an endCursor or startCursor of it.")
    if not marks.made_by(listing.order, decoded[1]):
        raise _other_order()
    mark = marks.read(listing.entity, listing.order, decoded[1])
    if mark is None:
        raise Refusal("BAD_USER_INPUT", f"{name} is not a cursor of this list. Send an endCursor or startCursor of it.")
    return mark


def _other_order() -> Refusal:
    message = "This cursor is of a list in another order. Keep orderBy from page to page, or begin anew without it."
    return Refusal("CURSOR_OF_ANOTHER_ORDER", message)
