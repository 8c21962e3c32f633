"""A refused client is still sending: what it sends is read, within bounds, so that it hears why it was refused."""

from starlette.datastructures import Headers
from starlette.types import Message

from app.server.patience import Incoming

_CHUNK = 1024 * 1024
_SENDING = Headers({"content-length": "1"})


class Client:
    """Sends so many chunks, and counts how often it was listened to."""

    def __init__(self, chunks: int) -> None:
        self.left = chunks
        self.heard = 0

    async def __call__(self) -> Message:
        self.heard += 1
        self.left -= 1
        return {"type": "http.request", "body": b"x" * _CHUNK, "more_body": self.left > 0}


async def test_what_is_left_of_a_body_is_read() -> None:
    client = Client(5)
    incoming = Incoming(_SENDING, client)
    await incoming()
    await incoming.read_on()
    assert client.heard == 5


async def test_a_body_that_has_ended_is_not_waited_for() -> None:
    client = Client(1)
    incoming = Incoming(_SENDING, client)
    await incoming()
    await incoming.read_on()
    assert client.heard == 1


async def test_without_a_body_nothing_is_read() -> None:
    client = Client(1)
    await Incoming(Headers({}), client).read_on()
    assert client.heard == 0


async def test_an_endless_body_is_read_to_32_mebibytes() -> None:
    client = Client(1_000)
    await Incoming(_SENDING, client).read_on()
    assert client.heard == 32
