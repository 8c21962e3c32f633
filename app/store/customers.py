"""Customers: what each source says of its buyers."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from app.domain.contacts import Customer, email_key
from app.domain.limits import IDENTIFIER_LENGTH
from app.domain.text import text_problem
from app.store import statements
from app.store.session import Session

_sql = statements.load("customers.sql")

CustomerKey = tuple[str, str]  # source, id_customer


async def lock_shop(session: Session) -> str:
    """Takes the shop's turn to unify customers; says when they unify by e-mail (VERIFIED or ALWAYS)."""
    return str((await session.fetch(_sql.lock_shop))[0]["unify_by_email"])


async def by_keys(session: Session, keys: Sequence[CustomerKey]) -> dict[CustomerKey, Customer]:
    """The known ones of these customers. A text that cannot be stored names none."""
    known = [key for key in keys if all(text_problem(part, IDENTIFIER_LENGTH) is None for part in key)]
    rows = await session.fetch(_sql.by_keys, [source for source, _ in known], [id_ for _, id_ in known])
    return {(row["source"], row["id_customer"]): Customer(*row) for row in rows}


async def page(session: Session, after: CustomerKey, limit: int) -> list[Customer]:
    """Customers behind that key, in order of source and id."""
    return [Customer(*row) for row in await session.fetch(_sql.page, *after, limit)]


async def of_contacts(session: Session, ids: Iterable[int]) -> dict[int, list[Customer]]:
    found = defaultdict(list)
    for row in await session.fetch(_sql.of_contacts, list(ids)):
        found[row["contact_id"]].append(Customer(*row))
    return found


async def holders(
    session: Session, email_keys: Iterable[str], *, verified: bool, besides: Sequence[CustomerKey]
) -> dict[str, int]:
    """For each address the lowest contact that holds it (through a verified customer, if asked), whatever the customers
    `besides` hold."""
    statement = _sql.verified_holders if verified else _sql.holders
    pushed = [source for source, _ in besides], [id_ for _, id_ in besides]
    return {row["email_key"]: row["contact_id"] for row in await session.fetch(statement, list(email_keys), *pushed)}


async def write(session: Session, customers: Sequence[Customer]) -> None:
    rows = [
        (c.source, c.id_customer, c.contact_id, c.email, email_key(c.email) if c.email else None, c.email_verified,
         c.first_name, c.last_name, c.lang)
        for c in customers
    ]  # fmt: skip
    await session.fetch(_sql.write, *(list(column) for column in zip(*rows, strict=True)), datetime.now(UTC))


async def delete(session: Session, keys: Sequence[CustomerKey]) -> dict[CustomerKey, int]:
    """Removes customers, under the shop's turn; says whose each was."""
    found = await by_keys(session, keys)
    await session.run_many(_sql.delete, sorted(found))
    return {key: customer.contact_id for key, customer in found.items()}
