"""How a request waits for its client: what is due is told here, not waited for."""

import asyncio
from typing import Any

import pytest
from starlette.requests import ClientDisconnect

from app.server.patience import Patience, WithClient
from app.server.refusals import Refused

_NEVER = 60.0


class Client:
    """One who stays, until it leaves."""

    def __init__(self) -> None:
        self.left = asyncio.Event()

    async def receive(self) -> Any:
        await self.left.wait()
        return {"type": "http.disconnect"}


@pytest.fixture
def client() -> Client:
    return Client()


def waiting(patience: Patience) -> tuple[int, int]:
    """How many are looked at soon, and how many have a body to send."""
    return len(patience.unwatched._waiting), len(patience.bodies._waiting)


async def test_who_is_served_soon_is_one_entry_and_leaves_none(client: Client) -> None:
    patience = Patience(_NEVER)
    with patience.with_client(client.receive, sending=True) as waited:
        assert waiting(patience) == (1, 0)
        waited.received()
        assert waiting(patience) == (1, 0)
    assert waiting(patience) == (0, 0)


async def test_a_body_that_does_not_come_is_not_waited_for_longer(client: Client) -> None:
    patience = Patience(_NEVER)

    async def request() -> None:
        with patience.with_client(client.receive, sending=True) as waited:
            due(patience, waited)
            due(patience, waited)
            await asyncio.Event().wait()

    with pytest.raises(Refused) as refused:
        await request()
    assert (refused.value.code, refused.value.headers) == ("REQUEST_TIMEOUT", {"connection": "close"})
    assert waiting(patience) == (0, 0)
    assert not cancelling()


async def test_a_body_that_came_late_but_came_is_answered(client: Client) -> None:
    patience = Patience(_NEVER)
    with patience.with_client(client.receive, sending=True) as waited:
        due(patience, waited)
        assert waiting(patience) == (0, 1)
        waited.received()
        assert waiting(patience) == (1, 0)
        await asyncio.sleep(0)
    assert waiting(patience) == (0, 0)


@pytest.mark.parametrize("late", [False, True], ids=["its body came at once", "its body came late"])
async def test_who_leaves_is_noticed(client: Client, late: bool) -> None:
    patience = Patience(_NEVER)

    async def request() -> None:
        with patience.with_client(client.receive, sending=True) as waited:
            if late:
                due(patience, waited)
            waited.received()
            due(patience, waited)
            client.left.set()
            await asyncio.Event().wait()

    with pytest.raises(ClientDisconnect):
        await request()
    assert not cancelling()


async def test_who_stays_is_watched_no_longer_than_the_answer_takes(client: Client) -> None:
    patience = Patience(_NEVER)
    others = asyncio.all_tasks()
    with patience.with_client(client.receive, sending=False) as waited:
        due(patience, waited)
        assert len(asyncio.all_tasks() - others) == 1
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == others


async def test_a_cancellation_from_elsewhere_stays_one(client: Client) -> None:
    async def request() -> None:
        with Patience(_NEVER).with_client(client.receive, sending=True):
            await asyncio.Event().wait()

    task = asyncio.create_task(request())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def due(patience: Patience, waited: WithClient) -> None:
    """What `Deadlines` does when the time is over."""
    for deadlines in (patience.unwatched, patience.bodies):
        if waited in deadlines._waiting:
            deadlines.remove(waited)
            waited.due()
            return


def cancelling() -> int:
    task = asyncio.current_task()
    assert task is not None
    return task.cancelling()
