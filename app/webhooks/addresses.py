"""Connections to the open internet alone: a name is resolved here, checked, and connected to by the address that was
checked, so that it cannot mean another one a moment later."""

import asyncio
import socket
from collections.abc import Iterable

from httpcore import SOCKET_OPTION, AnyIOBackend, AsyncNetworkBackend, AsyncNetworkStream, ConnectError

from app.domain.webhooks import public


class PrivateAddress(Exception):
    """A host's name leads to an address that is not on the open internet."""


class Guarded(AsyncNetworkBackend):
    """Refuses a host if any of its addresses is private, unless `private` allows them."""

    def __init__(self, *, private: bool) -> None:
        self._private = private
        self._backend = AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - as httpcore calls it
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        addresses = await _resolved(host, port)
        if not self._private and not all(map(public, addresses)):
            raise PrivateAddress(
                f"{host} leads to a private address: webhooks do not go there unless CUSTOM_DATA_PRIVATE_WEBHOOKS "
                "allows it."
            )
        for address in addresses[:-1]:
            try:
                return await self._backend.connect_tcp(address, port, timeout, local_address, socket_options)
            except ConnectError:
                continue
        return await self._backend.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def _resolved(host: str, port: int) -> list[str]:
    """The addresses of a host, at least one. Raises ConnectError."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ConnectError(f"{host} cannot be resolved.") from error
    return list(dict.fromkeys(str(each[4][0]) for each in found))
