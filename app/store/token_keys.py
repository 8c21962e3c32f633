"""The secrets that sign a shop's contact tokens."""

import secrets
from dataclasses import dataclass

from app.store import statements
from app.store.session import Session

_sql = statements.load("token_keys.sql")


@dataclass(frozen=True, slots=True)
class TokenKey:
    id: int
    secret: bytes


async def signing(session: Session) -> TokenKey:
    """The newest key; the first call of a shop makes one."""
    rows = await session.fetch(_sql.newest)
    return TokenKey(**rows[0]) if rows else await _create(session)


async def find(session: Session, key_id: int) -> TokenKey | None:
    """The key that a token names, unless it is retired."""
    rows = await session.fetch(_sql.find, key_id)
    return TokenKey(**rows[0]) if rows else None


async def rotate(session: Session, seconds: float) -> TokenKey:
    """A new key signs from now on; older ones are accepted for so many seconds more."""
    key = await _create(session)
    await session.fetch(_sql.retire_others, key.id, seconds)
    return key


async def _create(session: Session) -> TokenKey:
    return TokenKey(**(await session.fetch(_sql.insert, secrets.token_bytes(32)))[0])
