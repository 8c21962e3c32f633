"""Which contacts fulfil conditions: looked up by id, many contacts and several conditions in one statement."""

from collections.abc import Collection, Sequence

from app.domain.conditions import Condition
from app.domain.entities import CONTACTS
from app.store.arrays import numbers
from app.store.conditions import compiled
from app.store.fragments import Fragments, Sql
from app.store.session import Session
from app.store.statements import Statement

_TOGETHER = 20  # conditions in one statement: planning it takes time for each


async def memberships(
    session: Session, contacts: Collection[int], conditions: Sequence[Condition]
) -> dict[int, tuple[bool, ...]]:
    """For each contact that is there whether it fulfils each condition: one statement for every 20 conditions, however
    many contacts."""
    found: dict[int, tuple[bool, ...]] = {}
    for start in range(0, len(conditions), _TOGETHER):
        part = await _memberships(session, contacts, conditions[start : start + _TOGETHER])
        found = {id_: (*found.get(id_, ()), *fulfilled) for id_, fulfilled in part.items()}
    return found


async def _memberships(
    session: Session, contacts: Collection[int], conditions: Sequence[Condition]
) -> dict[int, tuple[bool, ...]]:
    fragments = Fragments()
    ids = fragments.parameter(numbers(contacts), "text::bigint[]")
    fulfilled = ", ".join(f"({compiled(CONTACTS, each, Sql('r'), fragments)}) is true" for each in conditions)
    sql = (
        f"select r.id, array[{fulfilled}] as fulfilled from unnest({ids}) as asked (id) cross join lateral ("
        "select * from contacts where shop_id = $1 and id = asked.id limit 1) r"
    )
    rows = await session.fetch(Statement("contacts.memberships", sql), *fragments.parameters)
    return {row["id"]: tuple(row["fulfilled"]) for row in rows}
