"""Which changes a subscriber wants."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from app.domain.changes import Kind, Logged
from app.domain.condition_parser import parse_condition
from app.domain.conditions import Condition
from app.domain.definitions import Definition, Model
from app.domain.entities import of_definition
from app.domain.periods import Calendar
from app.graphql.context import Info
from app.graphql.errors import Refusal
from app.graphql.listing import refuse_where
from app.graphql.scalars import JSON
from app.store.matching import State, matching

_STATES = (Kind.CREATED, Kind.UPDATED, Kind.DELETED)  # what has one to be looked at


class Chosen(NamedTuple):
    """What is told of some changes. `over`: the definition that is followed was deleted, nothing comes any more."""

    told: Sequence[Logged]
    over: bool


Wanted = Callable[[Sequence[Logged]], Awaitable[Chosen]]


async def following(info: Info, definition_id: int | None, kinds: frozenset[Kind], where: JSON | None) -> Wanted:
    """The function that chooses: of one definition, if it is given; of these kinds; not suppressed; and, of what
    happened to one record, fulfilling the condition, read anew each time, since "this week" moves on. An
    erasure is told whatever the condition. Raises Refusal for a condition that is none, or is none any more."""

    def told(changes: Sequence[Logged]) -> list[Logged]:
        return [
            each for each in changes
            if not each.suppressed and each.change.kind in kinds and definition_id in (None, each.definition_id)
        ]  # fmt: skip

    async def chosen(changes: Sequence[Logged]) -> Chosen:
        return Chosen(told(changes), _deleted(changes, definition_id))

    if where is None:
        return chosen
    if definition_id is None:
        raise Refusal("BAD_USER_INPUT", "where speaks of a definition's records: send definition, too.")
    known = await info.context.model()
    _condition(info, known, known.by_id[definition_id], where)

    async def fulfilling(changes: Sequence[Logged]) -> Chosen:
        nonlocal known
        every, over = await chosen(changes)
        looked = [each for each in every if each.change.kind in _STATES]
        if not looked:
            return Chosen(every, over)
        database, shop_id = info.context.database, info.context.shop.id
        async with database.reading(shop_id) as session:
            model = await database.models.current(session)
            if definition_id in model.by_id:  # else it was deleted since: what came before is judged as it was
                known = model
            definition = known.by_id[definition_id]
            found = await matching(
                session, definition, _condition(info, known, definition, where), [_state(each) for each in looked]
            )
        unfit = {each.sequence for each, fulfilled in zip(looked, found, strict=True) if not fulfilled}
        return Chosen([each for each in every if each.sequence not in unfit], over)

    return fulfilling


def _deleted(changes: Sequence[Logged], definition_id: int | None) -> bool:
    return definition_id is not None and any(
        each.change.kind is Kind.DEFINITION_DELETED and each.definition_id == definition_id for each in changes
    )


def _state(logged: Logged) -> State:
    """After the change, or before a deletion."""
    change = logged.change
    data = change.before if change.kind is Kind.DELETED else change.after
    return State(change.record_id or 0, change.version or 0, dict(data or {}), logged.made_at)


def _condition(info: Info, model: Model, definition: Definition, where: JSON) -> Condition:
    calendar = Calendar(datetime.now(UTC), ZoneInfo(info.context.shop.time_zone))
    condition, problem = parse_condition(model, of_definition(definition), where, calendar)
    if condition is None:
        refuse_where(problem, where)
    return condition
