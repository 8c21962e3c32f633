"""WebSockets of a served process: what the server under the application adds."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.processes import PATIENCE, Gateway, serving
from tests.shops import ShopClient


@pytest.fixture(scope="module")
def gateway(admin_url: str, gateway_url: str) -> Iterator[Gateway]:
    with serving("--workers", "1", DATABASE_URL=gateway_url, DATABASE_ADMIN_URL=admin_url) as running:
        yield running


@contextmanager
def opened(gateway: Gateway, shop: ShopClient) -> Iterator[ClientConnection]:
    """A socket that was let in."""
    url = gateway.url.replace("http", "ws") + "/graphql"
    with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None) as socket:
        socket.send(json.dumps({"type": "connection_init", "payload": {"spm-api-key": shop.key}}))
        assert json.loads(socket.recv(20)) == {"type": "connection_ack"}
        yield socket


def close_code(socket: ClientConnection) -> int:
    try:
        while True:
            socket.recv(20)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 1006


def test_a_message_over_two_mebibytes_is_1009(gateway: Gateway, shop: ShopClient) -> None:
    with opened(gateway, shop) as socket:
        socket.send(json.dumps({"type": "ping", "payload": {"x": "x" * 2 * 1024 * 1024}}))
        assert close_code(socket) == 1009


def test_a_malformed_frame_is_4400_and_the_server_goes_on(gateway: Gateway, shop: ShopClient) -> None:
    for frame in ("[]", "null", '{"id":[1]}', b"\x00"):
        with opened(gateway, shop) as socket:
            socket.send(frame)
            assert close_code(socket) == 4400
    assert httpx.get(f"{gateway.url}/healthz", timeout=PATIENCE).status_code == 200


def test_a_server_that_stops_says_1001_and_ends_without_complaint(gateway: Gateway, shop: ShopClient) -> None:
    with opened(gateway, shop) as socket, opened(gateway, shop) as idle:
        subscribe = {"id": "1", "type": "subscribe", "payload": {"query": "subscription { ping(times: 600) }"}}
        socket.send(json.dumps(subscribe))
        assert json.loads(socket.recv(20))["payload"]["data"] == {"ping": 1}
        gateway.process.terminate()
        assert [close_code(socket), close_code(idle)] == [1001, 1001]
    _, complaints = gateway.process.communicate(timeout=20)
    assert (gateway.process.returncode, complaints) == (0, "")
