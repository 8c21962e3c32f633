"""Databases and logins of one test, on the run's server."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from app.store.administration import connected


@asynccontextmanager
async def scratch_database(admin_url: str, owner: str = "postgres") -> AsyncIterator[str]:
    """The administrator's URL of an empty database that is dropped afterwards."""
    name = f"scratch_{secrets.token_hex(4)}"
    async with connected(admin_url) as admin:
        await admin.execute(f"create database {name} owner {owner}")
    try:
        yield urlsplit(admin_url)._replace(path=f"/{name}").geturl()
    finally:
        async with connected(admin_url) as admin:
            await admin.execute(f"drop database {name} with (force)")


@asynccontextmanager
async def scratch_role(admin_url: str, attributes: str = "") -> AsyncIterator[str]:
    """The name of a login that is dropped afterwards."""
    name = f"scratch_{secrets.token_hex(4)}"
    async with connected(admin_url) as admin:
        await admin.execute(f"create role {name} login {attributes}")
    try:
        yield name
    finally:
        async with connected(admin_url) as admin:
            await admin.execute(f"drop role {name}")


def as_login(url: str, login: str) -> str:
    """The same database, for another login."""
    return urlsplit(url)._replace(netloc=f"{login}@{urlsplit(url).netloc.rpartition('@')[2]}").geturl()
