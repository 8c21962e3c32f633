"""A worker with a window for tests: at a SIGUSR1 it says how many tasks it has. Run as a program, it serves on a free
port of the loopback until it is told to stop."""

import asyncio
import gc
import signal
import socket

import uvicorn

from app.server.processes import APPLICATION
from app.server.worker import configuration


class _Observed(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, _say)


def _say() -> None:
    gc.collect()  # what only waits to be collected is not held
    print(len(asyncio.all_tasks()), flush=True)


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        _Observed(configuration(APPLICATION)).run(sockets=[listener])
