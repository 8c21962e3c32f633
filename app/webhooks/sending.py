"""One attempt to deliver: a signed POST, and whether it was taken."""

import asyncio
import time
from collections.abc import Sequence
from typing import NamedTuple

import httpcore

from app.domain.webhooks import EVENT_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, signature
from app.webhooks.addresses import PrivateAddress
from app.webhooks.bounds import WebhookBounds
from app.webhooks.connections import Connections

_FAILURES = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError, ValueError)
_READ = 64 * 1024  # of an answer, so that its connection can be used again


class Attempt(NamedTuple):
    """What came of it: the HTTP status, if there was an answer, and why it failed, if it did."""

    answered: int | None
    error: str | None


class Sender:
    """The connections of one process. Follows no redirects, keeps no cookies, uses no proxy."""

    def __init__(self, bounds: WebhookBounds) -> None:
        self._timeout = bounds.timeout
        self._connections = Connections(most=bounds.at_once, private=bounds.private)

    async def send(self, url: str, event: str, body: bytes, secrets: Sequence[str]) -> Attempt:
        """Never raises for what an endpoint does; any answer from 200 to 299 is a success."""
        timestamp = int(time.time())
        headers = {
            "content-type": "application/json", "user-agent": "custom-data-gateway", EVENT_HEADER: event,
            TIMESTAMP_HEADER: str(timestamp), SIGNATURE_HEADER: signature(secrets, timestamp, body),
        }  # fmt: skip
        try:
            async with asyncio.timeout(self._timeout):
                return _judged(await self._post(url, [*headers.items()], body))
        except PrivateAddress as error:
            return Attempt(None, str(error))
        except TimeoutError:
            return Attempt(None, f"No answer within {self._timeout:g} s.")
        except _FAILURES as error:
            return Attempt(None, f"{type(error).__name__}: {error}"[:500])

    async def _post(self, url: str, headers: Sequence[tuple[str, str]], body: bytes) -> int:
        async with (
            self._connections.to(url) as pool,
            pool.stream("POST", url, headers=headers, content=body) as response,
        ):
            read = 0
            async for part in response.aiter_stream():
                read += len(part)
                if read > _READ:
                    break
            return int(response.status)

    async def close(self) -> None:
        await self._connections.close()


def _judged(status: int) -> Attempt:
    if 200 <= status < 300:
        return Attempt(status, None)
    if 300 <= status < 400:
        return Attempt(status, f"Answered {status}: redirects are not followed. Give the trigger the new address.")
    return Attempt(status, f"Answered {status}.")
