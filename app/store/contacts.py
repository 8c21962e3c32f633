"""Contacts: reading, searching, and who an identifier means."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial

import asyncpg

from app.domain.contacts import Contact, name_keys
from app.domain.contacts import email_key as key_of
from app.domain.limits import LARGEST_ID
from app.store import statements
from app.store.arrays import numbers
from app.store.paging import Page, PrefixSearch, prefix_range
from app.store.session import Session
from app.tables import Table, table_of

_sql = statements.load("contacts.sql")
_contact: Callable[[asyncpg.Record], Contact] = partial(tuple.__new__, Contact)


async def by_ids(session: Session, ids: Iterable[int]) -> dict[int, Contact]:
    return {contact.id: contact for contact in map(_contact, await session.fetch(_sql.by_ids, numbers(ids)))}


async def page(session: Session, asked: Page[int], search: PrefixSearch = None) -> Table[Contact]:
    """Contacts in order of id (last first when asked backward), narrowed by a prefix of e-mail or name."""
    bounds = (asked.after or 0, asked.before or LARGEST_ID, asked.limit)
    if search is None:
        statement = _sql.page_backward if asked.backward else _sql.page_forward
        rows = await session.fetch(statement, *bounds)
    else:
        statement = _sql.search_backward if asked.backward else _sql.search_forward
        rows = await session.fetch(statement, *bounds, *prefix_range(search))
    return table_of(Contact, rows)


async def count(session: Session, bound: int, search: PrefixSearch = None) -> int:
    """How many there are, counting no further than the bound."""
    if search is None:
        rows = await session.fetch(_sql.count_all, bound)
    else:
        rows = await session.fetch(_sql.count_search, bound, *prefix_range(search))
    return int(rows[0]["n"])


async def existing(session: Session, ids: Iterable[int]) -> set[int]:
    return {row["id"] for row in await session.fetch(_sql.existing, numbers(ids))}


async def by_emails(session: Session, email_keys: Iterable[str]) -> dict[str, list[int]]:
    """For each lower-cased address the contacts that have it, lowest id first, ten at most."""
    found = defaultdict(list)
    for row in await session.fetch(_sql.by_emails, list(email_keys)):
        found[row["email_key"]].append(row["id"])
    return {key: sorted(ids) for key, ids in found.items()}


async def by_customers(session: Session, ids: Iterable[str]) -> dict[str, dict[str, int]]:
    """For each customer id the contact it belongs to, by source."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in await session.fetch(_sql.by_customers, list(ids)):
        found[row["id_customer"]][row["source"]] = row["contact_id"]
    return found


PersonRow = tuple[str | None, str | None, str | None, str | None]  # email, first name, last name, lang


async def insert(session: Session, people: Sequence[PersonRow]) -> list[int]:
    """New contacts, aligned: ids grow in the order of insertion."""
    rows = await session.fetch(_sql.insert_contact, *_columns(people))
    return sorted(row["id"] for row in rows)


async def lock(session: Session, ids: Iterable[int]) -> dict[int, Contact]:
    return {contact.id: contact for contact in map(_contact, await session.fetch(_sql.lock, list(ids)))}


async def update(session: Session, people: dict[int, PersonRow]) -> None:
    await session.fetch(_sql.update_contacts, list(people), *_columns(list(people.values())), datetime.now(UTC))


async def delete_orphans(session: Session, ids: Collection[int]) -> set[int]:
    """Removes the contacts no customer is left of; says which."""
    orphans = set(ids)
    orphans -= {row["id"] for row in await session.fetch(_sql.customers_left, list(ids))}
    await session.run_many(_sql.delete, [(id_,) for id_ in sorted(orphans)])
    return orphans


def _columns(people: Sequence[PersonRow]) -> list[list[str | None]]:
    """email, email_key, first_name, last_name, name_key, surname_key, lang: a list each."""
    rows = [
        (email, key_of(email) if email else None, first, last, *name_keys(first, last), lang)
        for email, first, last, lang in people
    ]
    return [list(column) for column in zip(*rows, strict=True)]
