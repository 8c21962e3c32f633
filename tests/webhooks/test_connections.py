"""Connections to endpoints are kept while they are used, and a little longer."""

import pytest

from app.webhooks import connections as module
from app.webhooks.connections import Connections
from tests.webhooks.receiver import Receiver


async def post(connections: Connections, url: str) -> int:
    """The number of connections that there are to the endpoint then."""
    async with connections.to(url) as pool:
        assert (await pool.request("POST", url, content=b"{}")).status == 200
        return len(pool.connections)


async def test_an_endpoint_is_asked_again_over_the_same_connection(receiver: Receiver) -> None:
    connections = Connections(most=4, private=True)
    assert [await post(connections, receiver.url) for _ in range(3)] == [1, 1, 1]
    async with connections.to(receiver.url) as one, connections.to(receiver.url) as other:
        assert one is other
    await connections.close()


async def test_what_is_not_used_any_more_is_closed_when_others_are_used(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections = Connections(most=4, private=True)
    await post(connections, receiver.url)
    async with connections.to(receiver.url) as kept:
        monkeypatch.setattr(module, "_KEPT_SECONDS", -1.0)  # whatever is not in use
        await post(connections, f"{receiver.url}/other")
        assert len(kept.connections) == 1  # it is in use
    await post(connections, f"{receiver.url}/other")
    assert kept.connections == []
    async with connections.to(receiver.url) as again:
        assert again is not kept
    await connections.close()
