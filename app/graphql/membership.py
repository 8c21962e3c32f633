"""Of contacts: the segments they are in, whether they fulfil a condition, and why."""

from collections.abc import Sequence
from typing import Any

from app.domain.condition_parser import parse_condition
from app.domain.entities import CONTACTS
from app.domain.explanations import explain
from app.execution import Column
from app.graphql.context import Info
from app.graphql.errors import Refusal
from app.graphql.listing import refuse_where
from app.graphql.segments import Segment, explain_for, named_segment, no_contact, segment_condition, segment_node
from app.graphql.why import Why, explained
from app.store.membership import memberships


async def segments_of(info: Info, contacts: Sequence[int], only: Sequence[str] | None) -> Column[list[Segment]]:
    """For each contact the segments it is in, among those named. Raises Refusal where one of them cannot be answered:
    whoever leaves people out by a segment must not take it for one they are not in."""
    if only is None:
        segments = list((await info.context.model()).segments)
    else:
        segments = list({found.id: found for found in [await named_segment(info, name) for name in only]}.values())
    conditions = [await segment_condition(info, each) for each in segments]
    nodes = list(map(segment_node, segments))
    found = await memberships(info.context.session, set(contacts), conditions)
    nobody = (False,) * len(nodes)
    return [[node for node, inside in zip(nodes, found.get(id_, nobody), strict=True) if inside] for id_ in contacts]


async def matches(info: Info, contacts: Sequence[int], where: Any) -> Column[bool]:
    """Whether each contact fulfils a condition."""
    condition, problem = parse_condition(await info.context.model(), CONTACTS, where, info.context.calendar)
    if condition is None:
        refuse_where(problem)
    found = await memberships(info.context.session, set(contacts), [condition])
    return [id_ in found and found[id_][0] for id_ in contacts]


async def reasons(info: Info, contacts: Sequence[int], segment: str | None, where: Any) -> Column[Why]:
    """Why each contact is in a segment or not, or fulfils a condition or not."""
    if (segment is None) == (where is None):
        raise Refusal("BAD_USER_INPUT", "Send either segment or where.")
    if segment is not None:
        found = await explain_for(info, contacts, await named_segment(info, segment))
    else:
        model, calendar = await info.context.model(), info.context.calendar
        condition, problem = parse_condition(model, CONTACTS, where, calendar)
        if condition is None:
            refuse_where(problem)
        found = await explained(info, contacts, explain(model, where, calendar))
    return [why or no_contact() for why in found]
