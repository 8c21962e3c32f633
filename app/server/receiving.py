"""A receiver of webhooks for development: it checks signatures as receivers should, and says what came."""

import json
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.domain.webhooks import EVENT_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, forgery

Say = Callable[[str], None]


def receiver(secrets: Sequence[str], say: Say) -> Starlette:
    """Takes whatever is posted to it, and answers 204, or 401 to what is not signed with one of the secrets."""

    async def receive(request: Request) -> Response:
        body = await request.body()
        signature, timestamp = (request.headers.get(name, "") for name in (SIGNATURE_HEADER, TIMESTAMP_HEADER))
        if reason := forgery(secrets, timestamp, signature, body, time.time()):
            say(f"Refused: {reason}.")
            return Response(status_code=401)
        say(_told(request.headers.get(EVENT_HEADER, ""), json.loads(body)))
        return Response(status_code=204)

    return Starlette(routes=[Route("/{path:path}", receive, methods=["POST"])])


def serve(listener: socket.socket, secrets: Sequence[str], say: Say) -> None:
    """Until the process is told to stop."""
    config = uvicorn.Config(receiver(secrets, say), log_level="warning", access_log=False, lifespan="off")
    uvicorn.Server(config).run(sockets=[listener])


def _told(event: str, body: Any) -> str:
    """One line: Became gold: loyalty 81 UPDATED, tier: "silver" -> "gold" (event 1-12-3407)."""
    change = body["change"]
    before, after = change["before"] or {}, change["after"] or {}
    fields = [f"{name}: {_shown(before, name)} -> {_shown(after, name)}" for name in change["changedFields"]]
    what = f"{change['definition']} {change['idRecord']} {change['kind']}"
    return f"{body['trigger']['name']}: {', '.join([what, *fields])} (event {event})"


def _shown(data: Any, name: str) -> str:
    return json.dumps(data.get(name), ensure_ascii=False)
