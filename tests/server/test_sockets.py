"""GraphQL over WebSocket: operations, and every way to break the protocol with the code that answers it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

from app.server import sockets
from app.server.app import mount
from app.store.administration import administering
from app.store.database import Database
from tests.shops import ShopClient
from tests.sockets import Socket, connected


@pytest.fixture(scope="session")
async def app(database: Database) -> Starlette:
    application = Starlette()
    mount(application, database)
    return application


@pytest.fixture
async def socket(app: Starlette, shop: ShopClient) -> AsyncIterator[Socket]:
    """A socket that was let in."""
    async with connected(app) as opened:
        assert await opened.init({"spm-api-key": shop.key}) == {"type": "connection_ack"}
        yield opened


def result(message: Any) -> Any:
    return message["payload"]["data"]


async def test_a_query_gives_one_result_and_completes(socket: Socket, shop: ShopClient) -> None:
    answer, complete = await socket.run("{ shop { idShop } }")
    assert result(answer) == {"shop": {"idShop": str(shop.id)}}
    assert complete == {"id": "1", "type": "complete"}


async def test_the_shops_own_types_are_there_as_soon_as_they_are_defined(socket: Socket, shop: ShopClient) -> None:
    document = "{ custom { loyalty { nodes { points } } } }"
    [answer] = await socket.run(document, "before")
    assert "custom" in answer["payload"][0]["message"]
    await shop.define("Loyalty", {"points": "NUMBER"})
    await shop.save("loyalty", {"points": 1})
    answer, _ = await socket.run(document, "after")
    assert result(answer) == {"custom": {"loyalty": {"nodes": [{"points": 1}]}}}


async def test_a_mutation_runs(socket: Socket) -> None:
    document = "mutation($input: SaveCustomersInput!) { saveCustomers(input: $input) { results { outcome } } }"
    customer = {"idCustomer": "c1", "email": "c1@example.com"}
    answer, _ = await socket.run(document, variables={"input": {"customers": [customer]}})
    assert result(answer) == {"saveCustomers": {"results": [{"outcome": "CREATED"}]}}


async def test_a_subscription_gives_its_events_and_completes(socket: Socket) -> None:
    *events, complete = await socket.run("subscription { ping(times: 2) }")
    assert [result(event) for event in events] == [{"ping": 1}, {"ping": 2}]
    assert complete["type"] == "complete"


async def test_operations_run_side_by_side(socket: Socket) -> None:
    await socket.subscribe("subscription { ping(times: 3) }", "slow")
    answer, _ = await _of(socket, "quick", "{ __typename }")
    assert result(answer) == {"__typename": "Query"}


async def _of(socket: Socket, id_: str, query: str) -> list[Any]:
    await socket.subscribe(query, id_)
    found: list[Any] = []
    while len(found) < 2:
        message = await socket.receive()
        found += [message] if message["id"] == id_ else []
    return found


async def test_a_completed_operation_falls_silent_and_frees_its_id(socket: Socket) -> None:
    await socket.subscribe("subscription { ping(times: 600) }")
    assert result(await socket.receive()) == {"ping": 1}
    await socket.send({"id": "1", "type": "complete"})
    answer, complete = await socket.run("{ __typename }")
    assert (result(answer), complete["type"]) == ({"__typename": "Query"}, "complete")


async def test_each_operation_reads_afresh(socket: Socket, shop: ShopClient) -> None:
    query = "{ contacts(first: 1) { totalCount { count } } }"
    before, _ = await socket.run(query)
    await shop.contact("new@example.com")
    after, _ = await socket.run(query)
    assert (result(before), result(after)) == (
        {"contacts": {"totalCount": {"count": 0}}},
        {"contacts": {"totalCount": {"count": 1}}},
    )


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($id: ID!) { node(id: $id) { id } }", "BAD_USER_INPUT"),
        ("query A { __typename } query B { __typename }", "OPERATION_RESOLUTION_FAILURE"),
        ("fragment F on Query { __typename }", "OPERATION_RESOLUTION_FAILURE"),
        ("subscription { ping(times: 0) }", "BAD_USER_INPUT"),
    ],
)
async def test_a_request_error_ends_the_operation_not_the_socket(socket: Socket, query: str, code: str) -> None:
    (error,) = await socket.run(query)
    assert (error["type"], error["payload"][0]["extensions"]["code"]) == ("error", code)
    assert (await socket.run("{ __typename }"))[-1]["type"] == "complete"


async def test_an_error_of_a_field_comes_with_the_result(socket: Socket) -> None:
    answer, complete = await socket.run('{ customDataRecords(definition: "nothing") { totalCount { count } } }')
    assert result(answer) == {"customDataRecords": None}
    assert answer["payload"]["errors"][0]["extensions"]["code"] == "DEFINITION_NOT_FOUND"
    assert complete["type"] == "complete"


async def test_pings_are_answered_and_pongs_taken(socket: Socket) -> None:
    await socket.send({"type": "pong"})
    await socket.send({"type": "ping", "payload": {"any": 1}})
    assert await socket.receive() == {"type": "pong"}


@pytest.mark.parametrize(
    "payload",
    [{"spm-api-key": "{}"}, {"Spm-Api-Key": "{}"}, {"authorization": "Bearer {}"}, {"Authorization": "bearer {}"}],
    ids=str,
)
async def test_the_key_comes_in_the_init_payload(app: Starlette, shop: ShopClient, payload: dict[str, str]) -> None:
    async with connected(app) as socket:
        named = {name: value.format(shop.key) for name, value in payload.items()}
        assert await socket.init(named) == {"type": "connection_ack"}


async def test_the_key_may_come_with_the_handshake(app: Starlette, shop: ShopClient) -> None:
    async with connected(app, spm_api_key=shop.key) as socket:
        assert await socket.init() == {"type": "connection_ack"}


@pytest.mark.parametrize(
    "payload",
    [None, {}, {"spm-api-key": "cdg_1_unknown"}, {"spm-api-key": ["a"]}, {"authorization": "Basic eA=="},
     {"spm-api-key": "\ud800é"}],
    ids=repr,
)  # fmt: skip
async def test_no_key_or_a_wrong_one_is_4403(app: Starlette, payload: Any) -> None:
    async with connected(app) as socket:
        assert await socket.init(payload) is None
        assert socket.closed
        assert socket.closed[0] == 4403
        assert socket.closed[1].startswith("Forbidden: ")


async def test_a_revoked_key_ends_its_subscriptions(shop: ShopClient, socket: Socket, admin_url: str) -> None:
    await socket.subscribe("subscription { ping(times: 600) }")
    assert result(await socket.receive()) == {"ping": 1}
    async with administering(admin_url) as connection:
        await connection.execute("update api_keys set revoked_at = now() where shop_id = $1", shop.id)
    while await socket.receive() is not None:
        pass
    assert socket.closed
    assert socket.closed[0] == 4403


@pytest.mark.parametrize("protocols", [("graphql-ws",), ("nonsense",)], ids=str)
async def test_another_subprotocol_is_4406(app: Starlette, protocols: tuple[str, ...]) -> None:
    async with connected(app, *protocols) as socket:
        assert await socket.close_code() == 4406


async def test_the_subprotocol_is_named_in_the_handshake(app: Starlette) -> None:
    async with connected(app, "graphql-ws", "graphql-transport-ws") as socket:
        await socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}
        assert socket.accepted == "graphql-transport-ws"


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null"])
async def test_a_page_of_another_origin_is_kept_out(app: Starlette, origin: str) -> None:
    async with connected(app, origin=origin) as socket:
        assert await socket.close_code() == 1008
        assert socket.accepted is None


async def test_a_page_of_our_own_origin_is_let_in(app: Starlette, shop: ShopClient) -> None:
    async with connected(app, origin="http://gateway") as socket:
        assert await socket.init({"spm-api-key": shop.key}) == {"type": "connection_ack"}


async def test_a_client_that_does_not_initialise_is_4408(app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    (view,) = (route.app for route in app.routes if isinstance(route, WebSocketRoute))
    monkeypatch.setattr(view, "connection_init_wait_timeout", timedelta(milliseconds=10))
    async with connected(app) as socket:
        assert await socket.close_code() == 4408


async def test_subscribing_before_the_ack_is_4401(app: Starlette) -> None:
    async with connected(app) as socket:
        await socket.subscribe("{ __typename }")
        assert await socket.close_code() == 4401


async def test_initialising_twice_is_4429(socket: Socket, shop: ShopClient) -> None:
    assert await socket.init({"spm-api-key": shop.key}) is None
    assert socket.closed == (4429, "Too many initialisation requests")


async def test_an_id_in_use_is_4409(socket: Socket) -> None:
    await socket.subscribe("subscription { ping(times: 600) }", "same" * 40)
    await socket.subscribe("{ __typename }", "same" * 40)
    while await socket.receive() is not None:
        pass
    assert socket.closed
    assert socket.closed[0] == 4409


MALFORMED = [
    "", "{", "[]", "null", "1", '"ping"', "NaN", "[" * 100_000, '{"id": [1]}', "{}", '{"type": null}', '{"type": {}}',
    '{"type": "nonsense"}', '{"type": "next", "id": "1", "payload": {}}', '{"type": "connection_ack"}',
    '{"type": "ping", "type": "ping"}', '{"type": "ping", "payload": 1}', '{"type": "connection_init", "payload": []}',
    '{"type": "subscribe"}', '{"type": "subscribe", "id": "1"}', '{"type": "subscribe", "id": "1", "payload": null}',
    '{"type": "subscribe", "id": "1", "payload": []}', '{"type": "subscribe", "id": [1], "payload": {"query": "{a}"}}',
    '{"type": "subscribe", "id": 1, "payload": {"query": "{ __typename }"}}',
    '{"type": "subscribe", "id": "", "payload": {"query": "{ __typename }"}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": 1}}', '{"type": "subscribe", "id": "1", "payload": {}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "variables": []}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "operationName": {}}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "extensions": 1}}',
    '{"type": "complete"}', '{"type": "complete", "id": {}}', b"\x00\xff", b'{"type": "ping"}',
]  # fmt: skip


@pytest.mark.parametrize("frame", MALFORMED, ids=lambda frame: repr(frame)[:60])
async def test_a_malformed_frame_is_4400(socket: Socket, frame: str | bytes, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        await socket.send(frame)
        assert await socket.close_code() == 4400
    assert socket.closed
    assert 0 < len(socket.closed[1].encode()) <= 123
    assert caplog.records == []


@pytest.mark.parametrize("id_", ["é" * 200, "\ud800" * 60], ids=["long", "no Unicode"])
async def test_a_close_reason_quotes_no_more_than_fits(socket: Socket, id_: str) -> None:
    for _ in range(2):
        await socket.subscribe("subscription { ping(times: 600) }", id_)
    while await socket.receive() is not None:
        pass
    assert socket.closed
    assert len(socket.closed[1].encode()) <= 123


async def test_completing_what_is_not_there_is_no_fault(socket: Socket) -> None:
    await socket.send({"type": "complete", "id": "unknown"})
    assert (await socket.run("{ __typename }"))[-1]["type"] == "complete"


async def test_operations_on_one_socket_are_bounded(socket: Socket) -> None:
    for number in range(sockets.OPERATIONS_PER_SOCKET + 1):
        await socket.subscribe("subscription { ping(times: 600) }", f"s{number}")
    while (message := await socket.receive())["type"] == "next":
        pass
    assert message["type"] == "error"
    assert message["id"] == f"s{sockets.OPERATIONS_PER_SOCKET}"
    assert message["payload"][0]["extensions"] == {"code": "TOO_MANY_OPERATIONS", "maximum": 20}


async def test_nothing_runs_on_when_the_client_has_gone(app: Starlette, shop: ShopClient) -> None:
    before = asyncio.all_tasks()
    async with connected(app) as socket:
        await socket.init({"spm-api-key": shop.key})
        for number in range(5):
            await socket.subscribe("subscription { ping(times: 600) }", f"s{number}")
        assert (await socket.receive())["type"] == "next"
    assert asyncio.all_tasks() <= before
