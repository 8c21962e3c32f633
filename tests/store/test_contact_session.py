"""Whose role a contact's session has: the gateway's for a price, the contact's around it, nobody's at the end."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from app.store.database import Database
from app.store.failures import Retryable, TimedOut
from app.store.statements import Statement
from tests.shops import new_shop, new_vet_shop
from tests.storefront import Storefront, new_storefront


@pytest.fixture(scope="module")
async def front(database: Database, http: httpx.AsyncClient, admin_url: str) -> Storefront:
    return await new_storefront(await new_vet_shop(await new_shop(database, http, admin_url)))


def asking(sql: str) -> Statement:
    """A statement without the first lock."""
    return Statement("test.asking", f"{sql} where $1::bigint is not null")


WHO = asking("select current_user::text as who, (select count(*) from contacts) as contacts")


@pytest.fixture
async def narrow(gateway_url: str) -> AsyncIterator[Database]:
    """One connection, so that whoever comes next gets the one that was given back."""
    opened = await Database.connect(gateway_url, size=1, statement_timeout_ms=300)
    yield opened
    opened.pool.terminate()  # a failed test may hold the connection


async def given_back(narrow: Database, front: Storefront) -> None:
    async with narrow.pool.acquire() as connection:
        names = ("app.shop_id", "app.contact_id", "app.nobodys", "app.own_ref1")
        assert await connection.fetchval("select current_user") == "custom_data_gateway"
        assert {await connection.fetchval("select current_setting($1, true)", name) for name in names} <= {"", None}
    async with narrow.reading(front.shop.id) as session:
        assert tuple((await session.fetch(WHO))[0]) == ("custom_data_gateway", 3)


async def test_only_the_price_reads_as_the_gateway_and_then_the_role_is_the_contacts_again(
    front: Storefront, narrow: Database
) -> None:
    session = narrow.contact_session(front.shop.id, front.dubois)
    assert tuple((await session.fetch(WHO))[0]) == ("custom_data_contact", 1)
    assert tuple((await session.fetch_as_gateway(WHO))[0]) == ("custom_data_gateway", 3)
    assert tuple((await session.fetch(WHO))[0]) == ("custom_data_contact", 1)
    await session.close()
    await given_back(narrow, front)


async def test_others_wait_until_the_role_is_the_contacts_again(front: Storefront, narrow: Database) -> None:
    session = narrow.contact_session(front.shop.id, front.dubois)
    slow = asking("select current_user::text as who, 3 as contacts from pg_sleep(0.02)")
    asked = [session.fetch_as_gateway(slow), session.fetch(WHO), session.fetch_as_gateway(WHO), session.fetch(WHO)]
    answers = [rows[0]["who"] for rows in await asyncio.gather(*asked)]
    assert answers == ["custom_data_gateway", "custom_data_contact"] * 2
    await session.close()


async def test_after_an_error_nothing_more_is_answered(front: Storefront, narrow: Database) -> None:
    session = narrow.contact_session(front.shop.id, front.dubois)
    with pytest.raises(TimedOut):
        await session.fetch_as_gateway(asking("select pg_sleep(5)"))
    for ask in (session.fetch, session.fetch_as_gateway):
        with pytest.raises(Retryable):
            await ask(WHO)
    await session.close()
    await given_back(narrow, front)


@pytest.mark.parametrize("at", [1, 2])
async def test_nor_after_a_cancellation_between_two_roles(
    front: Storefront, narrow: Database, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """The worst moment: the statement is done, so that its transaction lives, and the role is the gateway's."""
    session = narrow.contact_session(front.shop.id, front.dubois)
    run, runs = session._run, []

    async def interrupted(connection: Any, command: str) -> None:
        runs.append(command)
        if len(runs) == at:
            raise asyncio.CancelledError
        await run(connection, command)

    monkeypatch.setattr(session, "_run", interrupted)
    with pytest.raises(asyncio.CancelledError):
        await session.fetch_as_gateway(WHO)
    with pytest.raises(Retryable):
        await session.fetch(WHO)
    await session.close()
    await given_back(narrow, front)


async def test_nor_after_a_cancellation_while_it_runs(front: Storefront, narrow: Database) -> None:
    session = narrow.contact_session(front.shop.id, front.dubois)
    await session.fetch(WHO)
    asking_ = asyncio.create_task(session.fetch_as_gateway(asking("select pg_sleep(0.2)")))
    await asyncio.sleep(0.02)
    asking_.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking_
    with pytest.raises(Retryable):
        await session.fetch(WHO)
    await session.close()
    await given_back(narrow, front)
