"""What can go wrong in the database, sorted by who can act on it."""

from collections.abc import Iterator
from contextlib import contextmanager

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
    """The database took longer than the statement timeout."""


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
    asyncpg.TooManyConnectionsError,
    ConnectionError,
    OSError,
)
_UNSTORABLE = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError, UnicodeEncodeError)


@contextmanager
def translated() -> Iterator[None]:
    """Turns the driver's exceptions into ours; what is not listed is a bug and passes unchanged."""
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        raise Conflict(error.constraint_name) from error
    except (asyncpg.QueryCanceledError, TimeoutError) as error:
        raise TimedOut("The database took too long. Ask for less, or try again.") from error
    except _RETRYABLE as error:
        raise Retryable("The write collided with another one. Send it again.") from error
    except _UNSTORABLE as error:
        raise UnstorableText("A text holds U+0000 or half of a surrogate pair, which cannot be stored.") from error
    except asyncpg.DataError as error:
        if isinstance(error.__cause__, UnicodeEncodeError):
            raise UnstorableText("A text holds half of a surrogate pair, which cannot be stored.") from error
        raise
    except asyncpg.InterfaceError as error:
        if "closed" not in str(error):
            raise  # the driver was used wrongly: a bug of ours
        raise Unavailable("The database cannot be reached. Try again shortly.") from error
    except _UNAVAILABLE as error:
        raise Unavailable("The database cannot be reached. Try again shortly.") from error
