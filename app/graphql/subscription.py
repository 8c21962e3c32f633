"""What can be subscribed to. `ping` shows the transport until there are real subscriptions, and goes with them."""

import asyncio
from collections.abc import AsyncGenerator

import strawberry

from app.graphql.errors import Refusal

_MOST_TICKS = 600
_PAUSE_SECONDS = 0.1


@strawberry.type(description="Asked over WebSocket (subprotocol graphql-transport-ws).")
class Subscription:
    @strawberry.subscription(
        description="Counts from 1 to `times`, ten a second, and ends: shows that subscriptions come through."
    )
    async def ping(self, times: int = 3) -> AsyncGenerator[int, None]:
        if not 1 <= times <= _MOST_TICKS:
            raise Refusal("BAD_USER_INPUT", f"times is between 1 and {_MOST_TICKS}.", maximum=_MOST_TICKS)
        for tick in range(1, times + 1):
            yield tick
            await asyncio.sleep(_PAUSE_SECONDS)
