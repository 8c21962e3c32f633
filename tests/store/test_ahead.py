"""Commands that are sent ahead of a statement: their answer is taken out of what the server sends, and nothing else."""

import struct
from collections.abc import AsyncIterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from app.store.ahead import Ahead
from app.store.database import Database
from app.store.failures import NoConnection, StoreFailure, Unavailable
from app.store.session import Session
from app.store.statements import Statement
from tests.shops import ShopClient

WHO = Statement("test.who", "select current_setting('app.shop_id')::bigint as shop_id, $1::bigint as asked")
WHERE = Statement(
    "test.where", "select pg_backend_pid() as pid, current_setting('transaction_isolation') as isolation, $1::bigint"
)


class Driver:
    """What it is given, and what becomes of its connection."""

    def __init__(self) -> None:
        self.given = b""
        self.ended: list[Exception | None] = []

    def data_received(self, data: bytes) -> None:
        self.given += data

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended.append(exc)


class Transport:
    def __init__(self, protocol: Any) -> None:
        self.protocol = protocol
        self.written = b""

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol

    def write(self, data: bytes) -> None:
        self.written += data


def message(kind: bytes, content: bytes = b"") -> bytes:
    return kind + struct.pack(">I", len(content) + 4) + content


READY = message(b"Z", b"T")
NOTICE = message(b"N", b"SWARNING\0C25P01\0Mthere is no transaction in progress\0\0")
ANSWER = message(b"C", b"BEGIN\0") + message(b"C", b"SET\0")
FOUND = message(b"T", b"\0\0") + message(b"D", b"\0\0") + message(b"C", b"SELECT 1\0")
FAILED = message(b"E", b"SERROR\0VERROR\0C42704\0Mno such parameter\0\0")
NEXT = message(b"2") + message(b"D", b"\0\1\0\0\0\1Z") + message(b"C", b"SELECT 1\0") + message(b"Z", b"T")


@pytest.fixture
def wire() -> SimpleNamespace:
    driver = Driver()
    return SimpleNamespace(_protocol=driver, _transport=Transport(driver))


def test_commands_are_sent_as_one_simple_query(wire: SimpleNamespace) -> None:
    Ahead(wire, "begin; set local x = '1'")
    assert wire._transport.written == message(b"Q", b"begin; set local x = '1'\0")


@pytest.mark.parametrize("size", range(1, len(ANSWER + FOUND + READY + NEXT) + 1))
def test_however_an_answer_arrives_the_driver_is_given_what_follows(wire: SimpleNamespace, size: int) -> None:
    ahead = Ahead(wire, "begin")
    stream = ANSWER + FOUND + READY + NEXT
    for at in range(0, len(stream), size):
        wire._transport.protocol.data_received(stream[at : at + size])
    assert wire._protocol.given == NEXT
    assert wire._transport.protocol is wire._protocol
    assert (ahead.tag, ahead.error) == ("SELECT 1", None)
    assert ahead.ended > 0


@pytest.mark.parametrize("answer", [ANSWER + FOUND + READY, ANSWER + READY, NOTICE + ANSWER + READY, FAILED + READY])
def test_an_answer_that_came_before_means_the_same_again(answer: bytes) -> None:
    told = []
    for _ in range(3):
        driver = Driver()
        transport = Transport(driver)
        ahead = Ahead(SimpleNamespace(_protocol=driver, _transport=transport), "begin")
        transport.protocol.data_received(answer)
        assert transport.protocol is driver
        told.append((ahead.tag, str(ahead.error), driver.given))
    assert told[1:] == told[:1] * 2


def test_the_end_of_an_answer_is_no_answer_that_came_before(wire: SimpleNamespace) -> None:
    whole = Ahead(SimpleNamespace(_protocol=Driver(), _transport=Transport(None)), "begin")
    whole.data_received(ANSWER + READY)
    ahead = Ahead(wire, "begin")
    wire._transport.protocol.data_received(FAILED)
    wire._transport.protocol.data_received(ANSWER + READY)
    assert isinstance(ahead.error, asyncpg.UndefinedObjectError)


def test_what_the_server_says_unasked_is_the_drivers(wire: SimpleNamespace) -> None:
    ahead = Ahead(wire, "commit; begin")
    wire._transport.protocol.data_received(NOTICE + ANSWER + READY)
    assert wire._protocol.given == NOTICE
    assert ahead.tag == "SET"


def test_an_error_is_the_drivers_exception(wire: SimpleNamespace) -> None:
    ahead = Ahead(wire, "begin; set local x = '1'")
    wire._transport.protocol.data_received(message(b"C", b"BEGIN\0") + FAILED + READY + NEXT)
    assert isinstance(ahead.error, asyncpg.UndefinedObjectError)
    assert str(ahead.error) == "no such parameter"
    assert wire._protocol.given == NEXT


def test_a_lost_connection_is_the_drivers(wire: SimpleNamespace) -> None:
    ahead = Ahead(wire, "begin")
    lost = ConnectionResetError()
    wire._transport.protocol.connection_lost(lost)
    assert wire._protocol.ended == [lost]
    assert ahead.ended == 0


@pytest.fixture
async def narrow(gateway_url: str) -> AsyncIterator[Database]:
    """One connection."""
    opened = await Database.connect(gateway_url, size=1, statement_timeout_ms=300)
    yield opened
    await opened.close()


def session(database: Database, shop: ShopClient, begin: str) -> Session:
    return Session(database.pool, shop.id, begin, lingers=True)


async def test_the_statement_runs_in_the_transaction_that_was_begun_with_it(narrow: Database, shop: ShopClient) -> None:
    async with narrow.reading(shop.id) as reading:
        assert (await reading.fetch(WHERE))[0]["isolation"] == "repeatable read"
        assert tuple((await reading.fetch(WHO))[0]) == (shop.id, shop.id)


@pytest.mark.parametrize("begin", ["begin; set local no.such.thing.at.all to", "begin; select 1 / 0"])
async def test_where_the_beginning_fails_so_does_the_statement(narrow: Database, shop: ShopClient, begin: str) -> None:
    failing = session(narrow, shop, begin)
    try:
        with pytest.raises((asyncpg.PostgresSyntaxError, asyncpg.DivisionByZeroError)):
            await failing.fetch(WHERE)
    finally:
        await failing.close()
    async with narrow.reading(shop.id) as after:
        assert tuple((await after.fetch(WHO))[0]) == (shop.id, shop.id)


async def test_without_a_tenant_the_statement_finds_nothing(narrow: Database, shop: ShopClient) -> None:
    """What would be, if the beginning alone failed."""
    await shop.define("Thing", {"name": "STRING"})
    there = Statement("test.there", "select from definitions where $1::bigint is not null")
    for begin, found in ((f"begin; set local app.shop_id = '{shop.id}'", 1), ("commit; select 1", 0)):
        reading = session(narrow, shop, begin)
        rows = await reading.fetch(there)
        await reading.close()
        assert len(rows) == found


async def test_a_connection_that_ends_meanwhile_fails_one_session(
    narrow: Database, shop: ShopClient, admin_url: str
) -> None:
    async def where() -> int | None:
        reading = narrow.read_session(shop.id)
        try:
            return int((await reading.fetch(WHERE))[0]["pid"])
        except (Unavailable, NoConnection):
            return None
        finally:
            with suppress(StoreFailure):
                await reading.close()

    pid = await where()
    admin = await asyncpg.connect(admin_url)
    await admin.execute("select pg_terminate_backend($1)", pid)
    await admin.close()
    first, second = await where(), await where()
    assert first != pid  # none, unless the driver knew of it already
    assert second not in (None, pid)
