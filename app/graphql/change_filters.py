"""Which changes a subscriber wants."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
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

Wanted = Callable[[Sequence[Logged]], Awaitable[Sequence[Logged]]]


async def following(info: Info, definition_id: int | None, kinds: frozenset[Kind], where: JSON | None) -> Wanted:
    """The function that chooses: of one definition, if it is given; of these kinds; not suppressed; and fulfilling the
    condition, read anew each time, since "this week" moves on. An erasure is told whatever the condition.
    Raises Refusal for a condition that is none."""

    def told(changes: Sequence[Logged]) -> list[Logged]:
        return [
            each for each in changes
            if not each.suppressed and each.change.kind in kinds and definition_id in (None, each.definition_id)
        ]  # fmt: skip

    async def chosen(changes: Sequence[Logged]) -> Sequence[Logged]:
        return told(changes)

    if where is None:
        return chosen
    if definition_id is None:
        raise Refusal("BAD_USER_INPUT", "where speaks of a definition's records: send definition, too.")
    _condition(info, await info.context.model(), definition_id, where)

    async def fulfilling(changes: Sequence[Logged]) -> Sequence[Logged]:
        looked = [each for each in told(changes) if each.change.kind in (*_STATES, Kind.CONTACT_ERASED)]
        if not any(each.change.kind in _STATES for each in looked):
            return looked
        database, shop_id = info.context.database, info.context.shop.id
        async with database.reading(shop_id) as session:
            model = await database.models.current(session)
            definition, condition = _condition(info, model, definition_id, where)
            states = [_state(each) for each in looked if each.change.kind in _STATES]
            found = iter(await matching(session, definition, condition, states))
        return [each for each in looked if each.change.kind is Kind.CONTACT_ERASED or next(found)]

    return fulfilling


def _state(logged: Logged) -> State:
    """After the change, or before a deletion."""
    change = logged.change
    data = change.before if change.kind is Kind.DELETED else change.after
    return State(change.record_id or 0, change.version or 0, dict(data or {}), logged.made_at)


def _condition(info: Info, model: Model, definition_id: int, where: JSON) -> tuple[Definition, Condition]:
    definition = model.by_id.get(definition_id)
    if definition is None:
        raise Refusal("DEFINITION_NOT_FOUND", "The definition whose changes are followed has been deleted.")
    calendar = Calendar(datetime.now(UTC), ZoneInfo(info.context.shop.time_zone))
    condition, problem = parse_condition(model, of_definition(definition), where, calendar)
    if condition is None:
        refuse_where(problem, where)
    return definition, condition
