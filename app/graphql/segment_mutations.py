"""Keeping conditions as segments, changing and deleting them."""

from typing import Any

from app.domain.problems import Code, Problem
from app.domain.verdicts import Answer
from app.graphql import inputs, payloads
from app.graphql.context import Info
from app.graphql.payloads import user_errors
from app.graphql.segments import load_segment
from app.graphql.typed.translated import as_sent
from app.operations.create_segment import create_segment as create
from app.operations.delete_segment import delete_segment as delete
from app.operations.update_segment import update_segment as update

_ONE_FORM = Problem(Code.INVALID_CONDITION, "Send the condition either as where or as filter.", "where")


async def create_segment(info: Info, input: inputs.CreateSegmentInput) -> payloads.SegmentPayload:
    """Keeps a condition on contacts under a name. Who fulfils it is found out whenever it is asked."""
    call = await info.context.begin_call(info.field_name, input)
    if (input.where is None) == (input.filter is None):
        return payloads.SegmentPayload(segment=None, user_errors=user_errors((_ONE_FORM,)))
    where = input.filter if input.where is None else input.where
    answer = await create(info.context.database, call, info.context.calendar, input.name, where)
    return await _payload(info, answer, input.filter)


async def update_segment(info: Info, input: inputs.UpdateSegmentInput) -> payloads.SegmentPayload:
    """Changes a segment's name or condition. Refused where it would lead back to itself, or break one that uses it."""
    call = await info.context.begin_call(info.field_name, input)
    if input.where is not None and input.filter is not None:
        return payloads.SegmentPayload(segment=None, user_errors=user_errors((_ONE_FORM,)))
    where = input.filter if input.where is None else input.where
    answer = await update(info.context.database, call, info.context.calendar, input.segment, input.name, where)
    return await _payload(info, answer, input.filter)


async def delete_segment(info: Info, input: inputs.DeleteSegmentInput) -> payloads.DeleteSegmentPayload:
    """Deletes a segment. Refused while another one uses it."""
    call = await info.context.begin_call(info.field_name, input)
    before = await load_segment(info, input.segment)
    await info.context.renewed()
    answer = await delete(info.context.database, call, input.segment)
    gone = before if answer.first is not None else None
    return payloads.DeleteSegmentPayload(segment=gone, user_errors=user_errors(answer.problems))


async def _payload(info: Info, answer: Answer, filter: Any) -> payloads.SegmentPayload:
    first = answer.first
    segment = await load_segment(info, first.id) if first is not None and first.id is not None else None
    problems = as_sent(answer.problems, "where", filter, "filter")
    return payloads.SegmentPayload(segment=segment, user_errors=user_errors(problems))
