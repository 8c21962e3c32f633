"""What can go wrong in the database, sorted by who can act on it."""

from contextlib import AbstractContextManager

import asyncpg


class StoreFailure(Exception):
    """Something the caller did not do wrong. The text is safe to show."""


class Conflict(StoreFailure):
    """Another write holds this unique value."""

    def __init__(self, constraint: str | None) -> None:
        super().__init__("Another write holds this unique value.")
        self.constraint = constraint


class Retryable(StoreFailure):
    """The transaction was undone by a collision or a lost connection; the same request may be sent again."""


class TimedOut(StoreFailure):
    """The database took longer than the statement timeout. Ask for less at once, or by fields that are indexed."""


class Unavailable(StoreFailure):
    """The database cannot be reached, or no connection came free in time."""


class NoConnection(Unavailable):
    """No connection came free in time, or none can be made: nothing was asked in this session."""

    unwritten = False  # whether it kept a write from beginning


class UnstorableText(StoreFailure):
    """A text holds a character PostgreSQL cannot store (U+0000 or half of a surrogate pair)."""


_RETRYABLE = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.InFailedSQLTransactionError,
)
_UNAVAILABLE = (
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.PostgresConnectionError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InsufficientResourcesError,  # its disk is full, its memory, or its connections are spent
    asyncpg.PostgresIOError,
    asyncpg.ReadOnlySQLTransactionError,  # it has become a replica, or was set so: of ours no reader writes
    ConnectionError,
    OSError,
)
_SHUT_OUT = (  # a password that was changed, a login that was taken away, a database that is gone
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
)
_UNSTORABLE = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError, UnicodeEncodeError)


class _Translated:
    """A plain class: entered for every statement, it costs a third of a generator."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is not None and (ours := translation(error)) is not None:
            raise ours from error


_TRANSLATED = _Translated()


def translated() -> AbstractContextManager[None]:
    """Turns the driver's exceptions into ours; what is not listed is a bug and passes unchanged."""
    return _TRANSLATED


def translation(error: BaseException) -> StoreFailure | None:
    """Our failure for one of the driver's exceptions; None for what passes unchanged."""
    match error:
        case asyncpg.UniqueViolationError():
            return Conflict(error.constraint_name)
        case asyncpg.QueryCanceledError() | TimeoutError():
            return TimedOut("The database took too long. Ask for less, or try again.")
    if isinstance(error, _RETRYABLE):
        return Retryable("The write collided with another one. Send it again.")
    if isinstance(error, _UNSTORABLE) or isinstance(error.__cause__, UnicodeEncodeError):
        return UnstorableText("A text holds U+0000 or half of a surrogate pair, which cannot be stored.")
    if isinstance(error, _SHUT_OUT):
        return Unavailable("The database does not let the gateway in. Whoever runs it has to mend that.")
    if isinstance(error, asyncpg.ReadOnlySQLTransactionError):
        return Unavailable("The database takes no writes now. Try again later.")
    if isinstance(error, _UNAVAILABLE) or _closed(error):
        return Unavailable("The database cannot be reached. Try again shortly.")
    return None


def shut_out(error: BaseException | None) -> bool:
    """Whether the database answered, and let nobody in."""
    return isinstance(error, _SHUT_OUT)


def _closed(error: BaseException) -> bool:
    """The driver says so in words only; its other errors of these kinds are bugs. The second is what it says between
    the server's farewell and the end of the connection."""
    match error:
        case asyncpg.InterfaceError():
            return "closed" in str(error)
        case asyncpg.InternalClientError():
            return "cannot switch to state" in str(error)
    return False
