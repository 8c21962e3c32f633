"""Where connections go."""

import asyncio
from typing import Any

import pytest
from httpcore import ConnectError

from app.webhooks.addresses import Guarded, PrivateAddress
from tests.webhooks.receiver import Receiver


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
    """Names lead to these addresses, each time to the next ones."""
    waiting = [*answers]

    async def getaddrinfo(_host: str, port: int, **_: Any) -> Any:
        return [(0, 0, 0, "", (address, port)) for address in waiting.pop(0)]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo, raising=False)


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::1"], ["::ffff:169.254.169.254"], ["64:ff9b::7f00:1"]]
)
async def test_a_name_with_a_private_address_is_refused(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver, addresses: list[str]
) -> None:
    resolving(monkeypatch, addresses)
    with pytest.raises(PrivateAddress):
        await Guarded(private=False).connect_tcp("rebinding.example", receiver.port)


async def test_it_is_resolved_once_and_the_checked_address_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads elsewhere at the second look is not looked at a second time."""
    resolving(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    guarded, seen = Guarded(private=False), list[str]()

    async def connect_tcp(host: str, *_: Any) -> None:
        seen.append(host)

    monkeypatch.setattr(guarded._backend, "connect_tcp", connect_tcp)
    await guarded.connect_tcp("rebinding.example", 443)
    assert seen == ["8.8.8.8"]


async def test_the_next_address_is_tried(monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> None:
    resolving(monkeypatch, ["127.0.0.2", "127.0.0.1"])
    stream = await Guarded(private=True).connect_tcp("two.example", receiver.port)
    await stream.aclose()


async def test_a_name_that_leads_nowhere() -> None:
    with pytest.raises(ConnectError):
        await Guarded(private=False).connect_tcp("nowhere.invalid", 443)
