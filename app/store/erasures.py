"""Everything that knows a person: found, and erased. What is long is gone through some thousand rows at a time, so that
no statement takes longer for a person with many records, or in a shop with a long log."""

from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from app.domain.changes import Logged
from app.domain.definitions import Definition
from app.domain.erasures import Person, slots
from app.domain.webhooks import Delivery
from app.store import changes, deliveries, statements
from app.store.arrays import numbers, texts
from app.store.session import Session

AT_ONCE = 5_000  # rows that one statement removes, changes or looks at

_sql = statements.load("erasures.sql")


class Watching(NamedTuple):
    """A trigger, as far as an erasure needs it."""

    id: int
    definition_id: int
    text: str


class About(NamedTuple):
    """Changes that tell of the contact, by their sequences, and the records that they are of."""

    sequences: list[int]
    record_ids: set[int]


class Mention(NamedTuple):
    """A place where a text still stands. `definition_id` goes with records, changes and triggers."""

    kind: str  # CONTACT, SEGMENT, TRIGGER, RECORD, CHANGE or DELIVERY
    definition_id: int | None
    id: int  # a change's is its sequence


async def take_turns(session: Session, definition_ids: Iterable[int]) -> None:
    """Keeps everybody else from saving records of these definitions until the transaction ends, and waits for those who
    are at it."""
    await session.fetch(_sql.take_turns, sorted(definition_ids))


async def triggers(session: Session) -> list[Watching]:
    """Of the shop."""
    return [Watching(*row) for row in await session.fetch(_sql.triggers)]


async def hold_triggers(session: Session) -> list[Watching]:
    """Keeps everybody else from judging changes until the transaction ends."""
    return [Watching(*row) for row in await session.fetch(_sql.hold_triggers)]


async def person(session: Session, contact_id: int) -> Person | None:
    """By what a contact is known; None if there is no such contact."""
    rows = await session.fetch(_sql.contact, contact_id)
    if not rows:
        return None
    known = await session.fetch(_sql.customers, contact_id)
    emails = [row["email_key"] for row in (*rows, *known)]
    return Person(contact_id, frozenset(filter(None, emails)), frozenset(row["id_customer"] for row in known))


async def delete_person(session: Session, contact_id: int) -> int:
    """Removes a contact with its customers; how many these were."""
    customers = await session.fetch(_sql.delete_customers, contact_id)
    await session.fetch(_sql.delete_contact, contact_id)
    return len(customers)


async def its_own(session: Session, who: Person) -> Person:
    """By what nobody else is known: of a person who is removed already."""
    rows = await session.fetch(_sql.others, sorted(who.emails), sorted(who.customer_ids))
    taken = {(row["kind"], row["value"]) for row in rows}
    emails = (each for each in who.emails if ("EMAIL", each) not in taken)
    ids = (each for each in who.customer_ids if ("CUSTOMER", each) not in taken)
    return Person(who.contact_id, frozenset(emails), frozenset(ids))


async def records_of(session: Session, definition: Definition, contact_id: int) -> set[int]:
    """The records of a definition that point at a contact."""
    return {id_ async for some in _pointing(session, definition, contact_id) for id_ in some}


async def delete_records(session: Session, definition: Definition, contact_id: int) -> list[int]:
    """Removes the records of a definition that point at a contact; their ids."""
    found: list[int] = []
    async for some in _pointing(session, definition, contact_id):
        found += [row["id"] for row in await session.fetch(_sql.delete_records, numbers(some))]
    return found


async def unlink_records(session: Session, definition: Definition, contact_id: int) -> list[int]:
    """Takes the contact out of the records that point at it; their ids."""
    found: list[int] = []
    own = slots(definition)
    how = (contact_id, list(own.values()), list(own), datetime.now(UTC))
    async for some in _pointing(session, definition, contact_id):
        found += [row["id"] for row in await session.fetch(_sql.unlink_records, numbers(some), *how)]
    return found


async def _pointing(session: Session, definition: Definition, contact_id: int) -> AsyncIterator[list[int]]:
    """The records that point at a contact, in order, some at a time. By a plan for the values at hand: one for any
    values may look at all records of a definition, where most definitions of the table have few."""
    after, columns = 0, list(slots(definition).values())
    if not session.spread:  # a coordinator makes such a plan in any case
        await session.command("set local plan_cache_mode = force_custom_plan")
    while True:
        rows = await session.fetch(_sql.records_of, definition.id, contact_id, columns, after, AT_ONCE)
        if rows:
            yield [row["id"] for row in rows]
        if len(rows) < AT_ONCE:
            return
        after = rows[-1]["id"]


async def changes_about(session: Session, definition: Definition, contact_id: int, after: int = 0) -> tuple[About, int]:
    """The changes of a definition, behind a sequence, before or after which a record pointed at the contact; and up to
    where was looked. Sequences are in the order of commits, so nothing comes before that later."""
    about, reached = About([], set()), after
    while True:
        [row] = await session.fetch(
            _sql.changes_about, definition.id, contact_id, reached, AT_ONCE, list(slots(definition))
        )
        if row["reached"] is None:
            return about, reached
        about.sequences.extend(row["sequences"])
        about.record_ids.update(row["record_ids"])
        reached = row["reached"]


async def histories(session: Session, record_ids: Collection[int], *, also_living: bool) -> About:
    """All changes of records that are not erased yet: of those that are gone, or of all of them."""
    about = About([], set())
    for some in _portions(record_ids, AT_ONCE):
        for row in await session.fetch(_sql.histories, numbers(some), also_living):
            about.sequences.append(row["sequence"])
            about.record_ids.add(row["record_id"])
    return about


async def empty_changes(session: Session, sequences: Collection[int]) -> None:
    """They stay in the log, without what they held."""
    for some in _portions(sequences, AT_ONCE):
        await session.fetch(_sql.empty_changes, numbers(some))


async def changes_at(session: Session, sequences: Collection[int], at_once: int) -> AsyncIterator[Sequence[Logged]]:
    """Changes in order, some at a time."""
    for some in _portions(sequences, at_once):
        yield [*map(changes.logged, await session.fetch(_sql.changes_at, numbers(some)))]


async def deliveries_about(
    session: Session, trigger_ids: Sequence[int], definition: Definition, contact_id: int, record_ids: Collection[int]
) -> list[int]:
    """The deliveries of a definition's triggers that tell of the contact: those of these records, and those of changes
    before or after which the record pointed at it."""
    found: list[int] = []
    reached = 0 if trigger_ids else None
    while reached is not None:
        [row] = await session.fetch(
            _sql.deliveries_about, list(trigger_ids), contact_id, reached, AT_ONCE, numbers(record_ids),
            list(slots(definition)),
        )  # fmt: skip
        found += row["ids"]
        reached = row["reached"]
    return found


async def deliveries_of(session: Session, trigger_ids: Sequence[int], sequences: Collection[int]) -> list[int]:
    """The deliveries of triggers about changes."""
    found: list[int] = []
    for some in _portions(sequences, AT_ONCE) if trigger_ids else ():
        found += [row["id"] for row in await session.fetch(_sql.deliveries_of, list(trigger_ids), numbers(some))]
    return found


async def empty_deliveries(session: Session, ids: Collection[int]) -> None:
    """Those that have not arrived go; those that have stay, without what they told."""
    for some in _portions(ids, AT_ONCE):
        await session.fetch(_sql.drop_deliveries, numbers(some))
        await session.fetch(_sql.empty_deliveries, numbers(some))


async def deliveries_at(session: Session, ids: Collection[int], at_once: int) -> AsyncIterator[Sequence[Delivery]]:
    """Deliveries in order, some at a time."""
    for some in _portions(ids, at_once):
        yield [*map(deliveries.delivery, await session.fetch(_sql.deliveries_at, numbers(some)))]


async def empty_answers(
    session: Session, who: Person, record_fields: Collection[str], record_ids: Iterable[int],
    contact_fields: Collection[str],
) -> int:  # fmt: skip
    """Takes the person's verdicts out of the answers kept for retries: of records, by the fields that write them, and
    of the contact, by those that write it. Says in how many answers."""
    rows = await session.fetch(
        _sql.empty_answers, sorted(record_fields), texts([str(id_) for id_ in record_ids]), sorted(contact_fields),
        who.contact_id, sorted(who.emails),
    )  # fmt: skip
    return len(rows)


async def change_conditions(session: Session, of_segments: Mapping[int, str], of_triggers: Mapping[int, str]) -> None:
    """New conditions, by id."""
    await session.run_many(_sql.rename_in_segment, [*of_segments.items()])
    await session.run_many(_sql.rename_in_trigger, [*of_triggers.items()])


async def mentions(session: Session, searched: Collection[str], rows: int, most: int) -> Iterator[Mention]:
    """Where these texts, in lower case, still stand: looks at the latest `rows` of each kind, gives `most` of it."""
    found = await session.fetch(_sql.mentions, sorted(searched), rows, most)
    return (Mention(*row) for row in dict.fromkeys(map(tuple, found)))


def _portions(ids: Collection[int], size: int) -> Iterator[list[int]]:
    """In order, so many at a time."""
    ordered = sorted(ids)
    return (ordered[start : start + size] for start in range(0, len(ordered), size))
