"""GraphQL over server-sent events, each operation on a connection of its own (the graphql-sse protocol's "distinct
connections mode"): for subscriptions where a WebSocket is too much, and for `curl -N`."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress

from starlette.types import Message, Receive, Scope, Send

from app.server.answers import encode, failure
from app.server.auth import Gate, Unauthorised
from app.server.negotiation import EVENTS
from app.server.observing import tell_refusal
from app.server.refusals import Refused
from app.server.running import Answer

_QUIET_SECONDS = 12.0  # then a comment is sent, so that nobody on the way thinks the connection dead
_SLOWEST_SECONDS = 30.0  # for what is sent to be taken; then the reader is cut off
_START = [(b"content-type", f"{EVENTS}; charset=utf-8".encode()), (b"cache-control", b"no-cache"),
          (b"x-accel-buffering", b"no")]  # fmt: skip


class EventStream:
    """An ASGI application: the answers of one operation as they come. Nothing is buffered: what a slow reader does not
    take is not asked for yet."""

    def __init__(self, gate: Gate, headers: Mapping[str, str], answers: AsyncGenerator[Answer, None]) -> None:
        self._gate = gate
        self._headers = headers
        self._answers = answers

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _START})
        leaving = asyncio.create_task(_left(receive))
        sending = asyncio.create_task(self._send(send))
        try:
            await asyncio.wait((leaving, sending), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (leaving, sending):
                task.cancel()
                with suppress(asyncio.CancelledError, TimeoutError):
                    await task

    async def _send(self, send: Send) -> None:
        async with aclosing(self._answers) as answers:
            try:
                async for answer in _with_pauses(answers):
                    if answer is None:
                        await _sent(send, b":\n\n")
                        continue
                    await self._gate.admit(self._headers)  # what a key opens closes when it is revoked
                    await _sent(send, _event(b"next", encode(answer.body)))
            except Unauthorised as error:
                unauthorised = Refused("UNAUTHENTICATED", str(error))
                tell_refusal(unauthorised)
                await _sent(send, _event(b"next", encode(unauthorised.body())))
            except TimeoutError:
                raise
            except Exception as error:
                refused = failure(error)
                tell_refusal(refused)
                await _sent(send, _event(b"next", encode(refused.body())))
        await _sent(send, _event(b"complete", b""), more=False)


async def _with_pauses(answers: AsyncGenerator[Answer, None]) -> AsyncGenerator[Answer | None, None]:
    """The answers, and None whenever none came for a while."""
    coming = asyncio.ensure_future(anext(answers, _END))
    try:
        while True:
            done, _ = await asyncio.wait((coming,), timeout=_QUIET_SECONDS)
            if not done:
                yield None
                continue
            answer = coming.result()
            if answer is _END:
                return
            yield answer
            coming = asyncio.ensure_future(anext(answers, _END))
    finally:
        coming.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await coming


_END = Answer({}, False)


def _event(name: bytes, data: bytes) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name, data)


async def _sent(send: Send, body: bytes, *, more: bool = True) -> None:
    """Raises TimeoutError for a reader that does not read."""
    message: Message = {"type": "http.response.body", "body": body, "more_body": more}
    async with asyncio.timeout(_SLOWEST_SECONDS):
        await send(message)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
