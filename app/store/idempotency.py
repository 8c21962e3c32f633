"""Answers kept for a day, so that a retry has no second effect."""

from dataclasses import dataclass

from app.domain.limits import IDEMPOTENCY_HOURS
from app.store import statements
from app.store.session import Session

_sql = statements.load("idempotency.sql")


@dataclass(frozen=True, slots=True)
class Claim:
    """Whose retry it is: the API key, the mutation's field, and the client's own key for the call."""

    api_key_id: int
    operation: str
    key: str

    @property
    def columns(self) -> tuple[int, str, str]:
        return (self.api_key_id, self.operation, self.key)


@dataclass(frozen=True, slots=True)
class Kept:
    fingerprint: bytes
    answer: str


async def claim(session: Session, asked: Claim, fingerprint: bytes) -> Kept | None:
    """Takes the key for this transaction and answers None, or answers what the call that had it first was told.
    Waits while that call is under way."""
    while True:
        if await session.fetch(_sql.claim, *asked.columns, fingerprint):
            return None
        rows = await session.fetch(_sql.find, *asked.columns, IDEMPOTENCY_HOURS)
        if rows and not rows[0]["expired"]:
            return Kept(rows[0]["fingerprint"], rows[0]["answer"])
        await forget_expired(session)


async def forget_expired(session: Session) -> None:
    """Removes the answers whose day is over."""
    await session.fetch(_sql.forget_expired, IDEMPOTENCY_HOURS)


async def keep(session: Session, asked: Claim, answer: str) -> None:
    await session.fetch(_sql.keep, *asked.columns, answer)


async def forget(session: Session, most: int) -> int:
    """Removes so many of the answers whose day is over; how many."""
    return len(await session.fetch(_sql.forget, IDEMPOTENCY_HOURS, most))
