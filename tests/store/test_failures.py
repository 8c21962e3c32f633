"""The database's errors, sorted by who can act on them."""

import asyncpg
import pytest

from app.store.failures import Conflict, Retryable, StoreFailure, TimedOut, Unavailable, translation

KINDS: dict[type[Exception], type[StoreFailure] | None] = {
    asyncpg.UniqueViolationError: Conflict,
    asyncpg.DeadlockDetectedError: Retryable,
    asyncpg.LockNotAvailableError: Retryable,
    asyncpg.QueryCanceledError: TimedOut,
    TimeoutError: TimedOut,
    asyncpg.DiskFullError: Unavailable,
    asyncpg.OutOfMemoryError: Unavailable,
    asyncpg.TooManyConnectionsError: Unavailable,
    asyncpg.PostgresIOError: Unavailable,
    asyncpg.ReadOnlySQLTransactionError: Unavailable,
    asyncpg.CannotConnectNowError: Unavailable,
    asyncpg.CrashShutdownError: Unavailable,
    asyncpg.IdleInTransactionSessionTimeoutError: Unavailable,
    asyncpg.ConnectionDoesNotExistError: Unavailable,
    ConnectionResetError: Unavailable,
    asyncpg.InvalidPasswordError: Unavailable,
    asyncpg.InvalidAuthorizationSpecificationError: Unavailable,
    asyncpg.InvalidCatalogNameError: Unavailable,
    asyncpg.ReadOnlySQLTransactionError: Unavailable,
    asyncpg.UndefinedTableError: None,
    LookupError: None,
}


@pytest.mark.parametrize(("kind", "expected"), KINDS.items(), ids=lambda kind: kind and kind.__name__)
def test_each_has_its_kind(kind: type[Exception], expected: type[StoreFailure] | None) -> None:
    found = translation(kind("some text"))
    assert (type(found) if found else None) is expected
