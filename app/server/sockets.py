"""GraphQL over WebSocket: the graphql-transport-ws protocol by Strawberry's handler, with our checks around it."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import aclosing, suppress
from datetime import timedelta
from functools import partial
from typing import Any, cast

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter, GraphQL
from strawberry.http.exceptions import NonJsonMessageReceived, NonTextMessageReceived, WebSocketDisconnected
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws import handlers, types

from app.graphql.schema import Schema
from app.server import frames, open_sockets
from app.server.answers import encode, failure
from app.server.auth import Admitted, Gate, Unauthorised
from app.server.decoding import GraphQLRequest, decode_text, read_request
from app.server.observing import tell_refusal, tell_shop
from app.server.refusals import Refused
from app.server.running import Operations
from app.store.failures import StoreFailure
from app.telemetry.telemetry import Telemetry

OPERATIONS_PER_SOCKET = 20
INIT_SECONDS = 5.0
SLOWEST_SECONDS = 30.0  # for a message to be taken

# Strawberry warns of every foreign Origin, quoting it: a log that strangers could fill.
logging.getLogger("strawberry.ws").setLevel(logging.ERROR)

_Operation = handlers.Operation[Headers, None]


class _Frames(ASGIWebSocketAdapter):
    """Frames in, decoded exactly; frames out, for as long as the socket is open."""

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:  # noqa: ARG002
        with suppress(WebSocketDisconnect):
            while self._open():
                try:
                    text = await self.ws.receive_text()
                    readings = cast("Sockets", self.view).running.readings
                    yield await readings.message(len(text), partial(decode_text, text))
                except KeyError:
                    raise NonTextMessageReceived from None
                except Refused:
                    raise NonJsonMessageReceived from None

    async def send_json(self, message: Mapping[str, object]) -> None:
        """Who does not take it is cut off, and what is under way for it ends. Raises WebSocketDisconnected."""
        if not self._open():
            raise WebSocketDisconnected
        try:
            async with asyncio.timeout(SLOWEST_SECONDS):
                await self.ws.send_text(encode(message).decode())
        except (WebSocketDisconnect, RuntimeError, TimeoutError):
            raise WebSocketDisconnected from None

    async def close(self, code: int, reason: str) -> None:
        if self._open():
            with suppress(WebSocketDisconnect, RuntimeError):
                await self.ws.close(code, frames.reason(reason))

    def _open(self) -> bool:
        return WebSocketState.DISCONNECTED not in (self.ws.application_state, self.ws.client_state)


class _Connection(handlers.BaseGraphQLTransportWSHandler[Headers, None]):
    """One socket. Its context is the handshake's headers; each operation has one of its own (`Operations`)."""

    view: "Sockets"
    _credentials: Headers

    async def handle(self) -> None:
        with open_sockets.listed(self.websocket):
            try:
                await super().handle()
            except Exception as error:
                await self.websocket.close(1011, str(failure(error)))

    async def handle_message(self, message: types.Message) -> None:
        if wrong := frames.fault(message):
            await self.handle_invalid_message(wrong)
        else:
            await super().handle_message(message)

    async def handle_connection_init(self, message: types.ConnectionInitMessage) -> None:
        if self.connection_init_received:
            await self.websocket.close(4429, "Too many initialisation requests")
            return
        self.connection_init_received = True
        if self.connection_init_timeout_task:
            self.connection_init_timeout_task.cancel()
        self._credentials = _credentials(self.context, message.get("payload"))
        if await self._admitted():
            self.connection_acknowledged = True
            await self.send_message({"type": "connection_ack"})

    async def handle_subscribe(self, message: types.SubscribeMessage) -> None:
        id_ = message["id"]
        if not self.connection_acknowledged:
            await self.websocket.close(4401, "Unauthorized: send connection_init first, and wait for connection_ack")
        elif id_ in self.operations:
            await self.websocket.close(4409, f"Subscriber for {id_} already exists")
        elif len(self.operations) >= OPERATIONS_PER_SOCKET:
            refused = {"id": id_, "type": "error", "payload": [_too_many().error()]}
            await self.send_message(cast("types.Message", refused))
        else:
            await self._start(id_, message["payload"])

    async def _start(self, id_: str, payload: object) -> None:
        try:
            asked = read_request(payload)
        except Refused as error:
            await self.handle_invalid_message(str(error))
            return
        operation: _Operation = handlers.Operation(self, id_, asked.query or "", asked.variables, asked.operation_name)
        self.operations[id_] = operation
        operation.task = asyncio.create_task(self._run(operation, asked))

    async def _run(self, operation: _Operation, asked: GraphQLRequest) -> None:
        with suppress(WebSocketDisconnected), self.view.telemetry.observing("websocket", self._credentials):
            try:
                await self._answer(operation, asked)
                await operation.send_operation_message({"id": operation.id, "type": "complete"})
            except WebSocketDisconnected:
                raise
            except Exception as error:
                refused = failure(error)
                tell_refusal(refused)
                await _send(operation, "error", [refused.error()])

    async def _answer(self, operation: _Operation, asked: GraphQLRequest) -> None:
        """The key is looked at again for each event: what it opens must close when it is revoked."""
        if not (admitted := await self._admitted()):
            return
        tell_shop(admitted.shop.id)
        async with aclosing(self.view.running.stream(asked, admitted)) as answers:
            async for answer in answers:
                if not answer.executed:
                    await _send(operation, "error", answer.body["errors"])
                elif await self._admitted():
                    await _send(operation, "next", answer.body)

    async def _admitted(self) -> Admitted | None:
        """Who asks; the socket is closed where nobody may."""
        try:
            return await self.view.gate.admit(self._credentials)
        except Unauthorised as error:
            await self.websocket.close(4403, f"Forbidden: {error}")
        except StoreFailure as error:
            await self.websocket.close(1013, str(error))
        return None


class Sockets(GraphQL[Headers, None]):
    """Strawberry's view, for WebSockets only. A page of another origin is let in as CORS lets it in."""

    graphql_transport_ws_handler_class = _Connection
    websocket_adapter_class = _Frames

    def __init__(
        self, schema: Schema, gate: Gate, running: Operations, origins: Collection[str] = (),
        telemetry: Telemetry | None = None,
    ) -> None:  # fmt: skip
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=timedelta(seconds=INIT_SECONDS),
            allowed_origins=tuple(origins),
        )
        self.gate = gate
        self.running = running
        self.telemetry = telemetry or Telemetry()

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Headers:  # noqa: ARG002
        return request.headers


def _credentials(handshake: Headers, payload: Mapping[str, Any] | None) -> Headers:
    """Those of `connection_init`, named as the headers are; else those of the handshake, where no browser puts any."""
    sent = {name.lower(): value for name, value in (payload or {}).items() if isinstance(value, str)}
    own = {name: sent[name].encode("utf-8", "replace").decode("latin-1") for name in _NAMES if name in sent}
    return Headers(own) if own else handshake


_NAMES = ("spm-api-key", "authorization")


def _too_many() -> Refused:
    message = f"At most {OPERATIONS_PER_SOCKET} operations run on one socket: complete one, or open another socket."
    return Refused("TOO_MANY_OPERATIONS", message, maximum=OPERATIONS_PER_SOCKET)


async def _send(operation: _Operation, kind: str, payload: object) -> None:
    message = {"id": operation.id, "type": kind, "payload": payload}
    await operation.send_operation_message(cast("types.Message", message))
