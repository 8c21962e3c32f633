"""Of contacts: the segments they are in, whether they fulfil a condition, and why."""

from collections.abc import Sequence
from typing import Any

from app.domain.condition_parser import parse_condition
from app.domain.conditions import Condition
from app.domain.entities import CONTACTS
from app.domain.explanations import explain
from app.domain.limits import SEGMENTS_PER_SHOP
from app.domain.segments import Segment as Row
from app.execution import Column
from app.graphql.context import Info
from app.graphql.errors import Refusal, limit, refuse
from app.graphql.listing import refuse_where
from app.graphql.segments import Segment, explain_for, named_segment, no_contact, segment_condition, segment_node
from app.graphql.why import Why, explained
from app.loaders.membership import Conditions, MemberKey, Parts


async def segments_of(info: Info, contacts: Sequence[int], only: Sequence[str] | None) -> Column[list[Segment]]:
    """For each contact the segments it is in, among those named. Raises Refusal where one of them cannot be answered:
    whoever leaves people out by a segment must not take it for one they are not in."""
    segments = await _asked_for(info, only)
    conditions = tuple([await segment_condition(info, each) for each in segments])
    named = ",".join(str(each.id) for each in segments)
    asked = info.context.loaders.questions.once(Conditions, named, lambda: Conditions(conditions))
    found = await _memberships(info, contacts, asked)
    nodes, nobody = list(map(segment_node, segments)), (False,) * len(segments)
    return [[node for node, inside in zip(nodes, each or nobody, strict=True) if inside] for each in found]


async def matches(info: Info, contacts: Sequence[int], where: Any, filter: Any) -> Column[bool]:
    """Whether each contact fulfils a condition, in general or in typed form."""
    if (where is None) == (filter is None):
        raise Refusal("BAD_USER_INPUT", "Send either where or filter.")
    condition = await _condition(info, where, filter)
    where = filter if where is None else where
    asked = info.context.loaders.questions.once(Conditions, repr(where), lambda: Conditions((condition,)))
    return [each is not None and each[0] for each in await _memberships(info, contacts, asked)]


async def reasons(info: Info, contacts: Sequence[int], segment: str | None, where: Any, filter: Any) -> Column[Why]:
    """Why each contact is in a segment or not, or fulfils a condition or not."""
    if [segment, where, filter].count(None) != 2:
        raise Refusal("BAD_USER_INPUT", "Send either segment, where or filter.")
    if segment is not None:
        found = await explain_for(info, contacts, await named_segment(info, segment))
    else:
        await _condition(info, where, filter)
        where = filter if where is None else where
        model, calendar = await info.context.model(), info.context.calendar

        def made() -> Parts:
            parts, problem = explain(model, where, calendar)
            if problem is not None:
                refuse(problem)
            return Parts(parts)

        found = await explained(info, contacts, info.context.loaders.questions.once(Parts, repr(where), made))
    return [why or no_contact() for why in found]


async def _asked_for(info: Info, only: Sequence[str] | None) -> list[Row]:
    if only is None:
        return list((await info.context.model()).segments)
    if len(only) > SEGMENTS_PER_SHOP:
        message = f"{len(only)} segments were named; at most {SEGMENTS_PER_SHOP} fit."
        raise Refusal("LIMIT_EXCEEDED", message, **limit("only", len(only), SEGMENTS_PER_SHOP))
    return list({found.id: found for found in [await named_segment(info, name) for name in only]}.values())


async def _memberships(info: Info, contacts: Sequence[int], asked: Conditions) -> list[tuple[bool, ...] | None]:
    if not asked.conditions:
        return [()] * len(contacts)
    return await info.context.loaders.memberships.load_many([MemberKey(id_, asked) for id_ in contacts])


async def _condition(info: Info, where: Any, filter: Any) -> Condition:
    sent, at = (filter, "filter") if where is None else (where, "where")
    condition, problem = parse_condition(await info.context.model(), CONTACTS, sent, info.context.calendar, at)
    if condition is None:
        refuse_where(problem, sent)
    return condition
