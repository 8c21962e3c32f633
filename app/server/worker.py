"""A process that answers: uvicorn with our connections, over a socket that its parent listens on."""

import socket

import uvicorn

from app.server import nursery, open_sockets
from app.server.connections import Connection
from app.server.decoding import LARGEST_BODY
from app.server.processes import BACKLOG, GRACE_SECONDS


def work(application: str, listener: socket.socket) -> None:
    """Answers until it is told to stop, or has no parent any more."""
    _Worker(configuration(application)).run(sockets=[listener])


class _Worker(uvicorn.Server):
    """A server that also ends when its parent has gone without saying so, and with it the port it holds."""

    async def on_tick(self, counter: int) -> bool:
        return await super().on_tick(counter) or nursery.orphaned()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await open_sockets.close_all()
        await super().shutdown(sockets)


def configuration(application: str) -> uvicorn.Config:
    """How a worker serves."""
    return uvicorn.Config(
        application, factory=True, loop="uvloop", http=Connection, timeout_graceful_shutdown=GRACE_SECONDS,
        access_log=False, log_level="warning", log_config=None, server_header=False, backlog=BACKLOG,
        ws="websockets-sansio", ws_max_size=LARGEST_BODY,
        proxy_headers=False,  # nobody asks where a client is, or how it came
    )  # fmt: skip
