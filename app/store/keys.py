"""API keys, by their digest: the text of a key is stored nowhere."""

from collections.abc import Collection
from datetime import UTC, datetime

import asyncpg

from app.domain.access import ALL_SCOPES, Scope
from app.domain.shops import ApiKey
from app.store import statements
from app.store.session import Session

_sql = statements.load("keys.sql")


async def create_key(
    session: Session, name: str, digest: bytes, prefix: str, scopes: Collection[Scope] = ALL_SCOPES
) -> ApiKey:
    """Keeps a key made by `domain.shops.new_key`."""
    rows = await session.fetch(_sql.create_key, name, digest, prefix, sorted(scope.value for scope in scopes))
    return _key(rows[0])


async def list_keys(session: Session) -> list[ApiKey]:
    """Every key of the shop, the oldest first, revoked ones too."""
    return [_key(row) for row in await session.fetch(_sql.list_keys)]


async def revoke_key(session: Session, key_id: int) -> ApiKey | None:
    """Ends a key; revoking it again changes nothing. None if the shop has no such key."""
    rows = await session.fetch(_sql.revoke_key, key_id, datetime.now(UTC))
    return _key(rows[0]) if rows else None


async def find_key(session: Session, digest: bytes) -> ApiKey | None:
    """The key of this digest, unless it is revoked."""
    rows = await session.fetch(_sql.find_key, digest)
    return _key(rows[0]) if rows else None


def _key(row: asyncpg.Record) -> ApiKey:
    return ApiKey(**{**row, "scopes": frozenset(map(Scope, row["scopes"]))})
