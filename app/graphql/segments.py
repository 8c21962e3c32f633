"""Segments: conditions on contacts kept under a name, and who is in them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Annotated, NoReturn, TypeVar

import orjson
import strawberry

from app.domain import limits
from app.domain import segments as domain
from app.domain.condition_parser import parse_segment
from app.domain.conditions import Condition
from app.domain.entities import CONTACTS, unknown
from app.domain.explanations import explain_segment
from app.domain.orders import Order
from app.domain.problems import Code
from app.execution import Column, attribute, batched
from app.graphql.access import only_keys
from app.graphql.connection import After, Before, Connection, First, Last
from app.graphql.contacts import Contact, ContactReference, find_contact
from app.graphql.context import Info
from app.graphql.errors import Refusal, limit, refuse
from app.graphql.list_arguments import TypedOrders
from app.graphql.listing import contacts_fulfilling
from app.graphql.node import Node, opaque_id, own_id
from app.graphql.scalars import JSON
from app.graphql.why import Why, explained
from app.loaders.membership import Conditions, MemberKey, Parts
from app.store import listing
from app.store.listing import Listing

T = TypeVar("T")

AtMost = Annotated[int, strawberry.argument(description=f"Counts no further than this, 1 to {limits.SEGMENT_COUNT:,}.")]


@strawberry.type(description="Counted exactly up to `atMost`; beyond that `isExact` is false.")
class SegmentCount:
    count: int
    is_exact: bool


@strawberry.type(
    description="A condition on contacts, kept under a name. Who fulfils it is found out whenever it is asked."
)
class Segment(Node):
    id: strawberry.ID = opaque_id("Segment")
    id_segment: strawberry.ID = own_id()
    name: str = attribute("row.name")
    created_at: datetime = attribute("row.created_at")
    updated_at: datetime = attribute("row.updated_at")
    row: strawberry.Private[domain.Segment]

    @batched(description="The condition as it was sent; other segments are named by their ids.")
    @staticmethod
    def where(parents: Sequence["Segment"]) -> Column[JSON]:
        return [JSON(orjson.loads(parent.row.text)) for parent in parents]

    @batched(description="The segments whose conditions name this one: while there are any, it cannot be deleted.")
    @staticmethod
    async def used_by(
        parents: Sequence["Segment"], info: Info
    ) -> Column[list[Annotated["Segment", strawberry.lazy("app.graphql.segments")]]]:
        only_keys(info)
        every = (await info.context.model()).segments
        return [list(map(segment_node, domain.users(every, parent.row.id))) for parent in parents]

    @batched(description="Why it cannot be answered (any more); null where it can.")
    @staticmethod
    async def problem(parents: Sequence["Segment"], info: Info) -> Column[str | None]:
        only_keys(info)
        model = await info.context.model()
        found = [parse_segment(model, parent.row, info.context.calendar)[1] for parent in parents]
        return [None if each is None else f"{each.path}: {each.message}" for each in found]

    @batched(description="The contacts in it, in order of id or as `orderBy` says.")
    @staticmethod
    async def contacts(
        parents: Sequence["Segment"], info: Info, first: First = None, after: After = None, last: Last = None,
        before: Before = None, order_by: TypedOrders = None,
    ) -> Column[Connection[Contact]]:  # fmt: skip
        only_keys(info)
        asked = (first, after, last, before)

        async def page(segment: domain.Segment) -> Connection[Contact]:
            return await contacts_fulfilling(info, await segment_condition(info, segment), asked, order_by)

        return await _each(parents, page)

    @batched(description="How many contacts are in it. Costs a statement: ask where it is shown.")
    @staticmethod
    async def count(
        parents: Sequence["Segment"], info: Info, at_most: AtMost = limits.COUNT_BOUND
    ) -> Column[SegmentCount]:
        only_keys(info)
        if not 1 <= at_most <= limits.SEGMENT_COUNT:
            message = f"atMost is {at_most}; it may be 1 to {limits.SEGMENT_COUNT:,}."
            raise Refusal("LIMIT_EXCEEDED", message, **limit("atMost", at_most, limits.SEGMENT_COUNT))

        async def counted(segment: domain.Segment) -> SegmentCount:
            fulfilling = Listing(CONTACTS, await segment_condition(info, segment), Order((), ""))
            number = await listing.count(info.context.session, fulfilling, at_most + 1)
            return SegmentCount(count=min(number, at_most), is_exact=number <= at_most)

        return await _each(parents, counted)

    @batched(description="Whether a contact is in it. One that is not there is an error.")
    @staticmethod
    async def contains(parents: Sequence["Segment"], info: Info, contact: ContactReference) -> Column[bool]:
        only_keys(info)
        id_ = await find_contact(info, contact)

        async def contained(segment: domain.Segment) -> bool:
            condition = await segment_condition(info, segment)
            asked = Conditions((condition,))
            found = await info.context.loaders.memberships.load(MemberKey(id_, asked))
            return found[0] if found is not None else no_contact()

        return await _each(parents, contained)

    @batched(description="Why a contact is in it or not. One that is not there is an error.")
    @staticmethod
    async def why(parents: Sequence["Segment"], info: Info, contact: ContactReference) -> Column[Why]:
        only_keys(info)
        id_ = await find_contact(info, contact)

        async def reasons(segment: domain.Segment) -> Why:
            [found] = await explain_for(info, [id_], segment)
            return found or no_contact()

        return await _each(parents, reasons)


def segment_node(row: domain.Segment) -> Segment:
    return Segment(row=row)


async def all_segments(info: Info) -> list[Segment]:
    """In order of creation."""
    return list(map(segment_node, (await info.context.model()).segments))


async def load_segment(info: Info, name_or_id: str) -> Segment | None:
    """The segment of that name or id."""
    row = domain.find_segment((await info.context.model()).segments, name_or_id)
    return segment_node(row) if row is not None else None


async def named_segment(info: Info, name_or_id: str) -> domain.Segment:
    """The same. Raises Refusal, which lists the segments, where there is none."""
    found = await load_segment(info, name_or_id)
    if found is None:
        names = [each.name for each in (await info.context.model()).segments]
        raise Refusal(Code.SEGMENT_NOT_FOUND.value, unknown(name_or_id, "name or id of a segment", names))
    return found.row


async def segment_condition(info: Info, segment: domain.Segment) -> Condition:
    """Its condition as of now. Raises Refusal where what it uses has gone: it is never answered in part."""
    condition, problem = parse_segment(await info.context.model(), segment, info.context.calendar)
    if condition is None:
        assert problem is not None
        message = f"The segment {segment.name!r} cannot be answered: {problem.path}: {problem.message}"
        raise Refusal(
            Code.SEGMENT_BROKEN.value, message, segment=str(segment.id), cause=problem.code.value, at=problem.path
        )
    return condition


async def explain_for(info: Info, contacts: Sequence[int], segment: domain.Segment) -> list[Why | None]:
    """For each contact why it is in the segment or not; None for one that is not there."""
    await segment_condition(info, segment)
    model, calendar = await info.context.model(), info.context.calendar

    def made() -> Parts:
        parts, problem = explain_segment(model, segment, calendar)
        if problem is not None:
            refuse(problem)
        return Parts(parts)

    return await explained(info, contacts, info.context.loaders.questions.once(Parts, str(segment.id), made))


def no_contact() -> NoReturn:
    raise Refusal(Code.CONTACT_NOT_FOUND.value, "There is no contact with this id.")


async def _each(parents: Sequence[Segment], answer: Callable[[domain.Segment], Awaitable[T]]) -> Column[T]:
    """The answer of each segment, or what it raised."""
    found = await asyncio.gather(*(answer(parent.row) for parent in parents), return_exceptions=True)
    for each in found:
        if isinstance(each, BaseException) and not isinstance(each, Exception):
            raise each
    return found  # type: ignore[return-value]  # exceptions of ours only
