"""Plain connections, outside any tenant: for migrations and for the commands that create and list shops."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from app.store.failures import Unavailable, shut_out, translated

_CONNECT_SECONDS = 15


class NotMigrated(Exception):
    """The database does not hold our tables yet."""


@asynccontextmanager
async def connected(url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """One connection to `url`. Raises Unavailable, with the server's own words, when there is none to be had."""
    try:
        with translated():
            # nothing is kept prepared: a pooler may give the server's connection to others
            connection = await asyncpg.connect(url, timeout=_CONNECT_SECONDS, statement_cache_size=0)
    except Unavailable as error:
        cause = error.__cause__
        if shut_out(cause):
            raise _unusable(cause) from error
        raise Unavailable(f"The database cannot be reached: {cause}. Check DATABASE_URL.") from error
    except (asyncpg.PostgresError, asyncpg.ClientConfigurationError, ValueError) as error:
        raise _unusable(error) from error
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def administering(url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """One transaction that sees every shop, by the policy "administration" of 0001_shops.sql; no request has one."""
    async with connected(url) as connection:
        try:
            with translated():
                async with connection.transaction():
                    await connection.execute("set local app.administration = 'on'")
                    yield connection
        except asyncpg.UndefinedTableError as error:
            raise NotMigrated("The database has no tables of ours yet. Run 'custom-data migrate' first.") from error


def _unusable(error: BaseException | None) -> Unavailable:
    return Unavailable(f"The database cannot be used: {error}. Check DATABASE_URL and DATABASE_ADMIN_URL.")
