"""A network between gateway and database that does what networks do: is slow, cut or silent, or forgets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs, urlsplit

_CHUNK = 65_536


class Proxy:
    """Passes on what comes to its TCP port to a PostgreSQL's socket, and back."""

    def __init__(self, socket: str) -> None:
        self._socket = socket
        self._links: set[_Link] = set()
        self._server: asyncio.Server | None = None
        self._refusing = False
        self.delay = 0.0  # of each piece, each way
        self.passing = asyncio.Event()
        self.passing.set()

    @property
    def open(self) -> int:
        """How many connections there are."""
        return len(self._links)

    def url(self, direct: str) -> str:
        """The URL of the same database through this proxy."""
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        parts = urlsplit(direct)
        login = parts.netloc.rpartition("@")[0]
        return f"postgresql://{login}@127.0.0.1:{port}{parts.path}"

    def silence(self) -> None:
        """From now on nothing passes and nothing ends: a black hole. New connections are made, and led nowhere."""
        self.passing.clear()

    def speak(self) -> None:
        """Passes on again, and what was held back."""
        self.passing.set()

    def lose(self) -> None:
        """Whatever is connected now leads nowhere for ever; new connections are good."""
        for link in self._links:
            link.lost = True

    def cut(self) -> None:
        """Resets all connections, and each new one."""
        self._refusing = True
        for link in self._links:
            link.abort()

    def mend(self) -> None:
        self._refusing = False

    def half_close(self, *, of_database: bool) -> None:
        """One side of each connection says that it will send no more; the other may go on."""
        for link in self._links:
            link.half_close(of_database=of_database)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        self.speak()
        await asyncio.gather(*(link.ended.wait() for link in self._links))

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            writer.transport.abort()
            return
        theirs = await asyncio.open_unix_connection(self._socket)
        link = _Link(self, (reader, writer), theirs)
        self._links.add(link)
        try:
            await link.run()
        finally:
            self._links.discard(link)
            link.ended.set()


_Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Link:
    """One connection: the gateway's side and the database's."""

    def __init__(self, proxy: Proxy, gateway: _Stream, database: _Stream) -> None:
        self.lost = False
        self.ended = asyncio.Event()
        self._proxy = proxy
        self._gateway = gateway
        self._database = database
        self._pumps: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Until one side has ended and been told to the other, or it is aborted."""
        self._pumps = [
            asyncio.create_task(self._pump(self._gateway[0], self._database[1])),
            asyncio.create_task(self._pump(self._database[0], self._gateway[1])),
        ]
        await asyncio.wait(self._pumps, return_when=asyncio.FIRST_COMPLETED)
        self.abort()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    def abort(self) -> None:
        for pump in self._pumps:
            pump.cancel()
        for _, writer in (self._gateway, self._database):
            writer.transport.abort()

    def half_close(self, *, of_database: bool) -> None:
        _, writer = self._gateway if of_database else self._database
        with suppress(OSError):
            writer.write_eof()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(_CHUNK):
                await self._proxy.passing.wait()
                if self.lost:
                    continue
                if self._proxy.delay:
                    await asyncio.sleep(self._proxy.delay)
                if writer.transport.is_closing() or not writer.can_write_eof():
                    return
                writer.write(chunk)
                await writer.drain()


@asynccontextmanager
async def proxied(admin_url: str) -> AsyncIterator[Proxy]:
    """Before the PostgreSQL that listens in the folder this URL names."""
    [folder] = parse_qs(urlsplit(admin_url).query)["host"]
    proxy = Proxy(f"{folder}/.s.PGSQL.5432")
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
