"""What can be subscribed to."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Annotated, cast

import strawberry

from app.domain.changes import Kind, Logged
from app.graphql.access import only_keys
from app.graphql.change_filters import following
from app.graphql.changes import ChangeKind, CustomDataChange, position
from app.graphql.context import Info
from app.graphql.errors import Refusal
from app.graphql.records import find_definition
from app.graphql.scalars import JSON
from app.store.feeds import Forgotten

_MOST_TICKS = 600
_PAUSE_SECONDS = 0.1
_RECORDS = (Kind.CREATED, Kind.UPDATED, Kind.DELETED, Kind.SUMMARY, Kind.CONTACT_ERASED)

After = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Only changes behind this sequence, or cursor of `customDataChanges`, missing "
                        "none: the last one that was seen. Without it, what happens from now on."),
]  # fmt: skip


@strawberry.type(description="Asked over WebSocket (subprotocol graphql-transport-ws) or as server-sent events.")
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

    @strawberry.subscription(
        description="Changes as they are committed, each once, in the order of commits, whoever made them and however "
        "many gateways there are. What was suppressed is left out. After a break go on behind the last `sequence`."
    )
    async def custom_data_changed(
        self, info: Info,
        definition: Annotated[
            str | None, strawberry.argument(description="Only of this definition (key or id).")
        ] = None,
        on: Annotated[
            list[ChangeKind] | None, strawberry.argument(description="Only of these kinds; else whatever happens to "
                                                         "records.")
        ] = None,
        where: Annotated[
            JSON | None,
            strawberry.argument(
                description="Only records that fulfil a condition, as `customDataRecords` takes it, after the change "
                "(of a deletion: before it). Needs `definition`."
            ),
        ] = None,
        after: After = None,
    ) -> AsyncGenerator[CustomDataChange, None]:  # fmt: skip
        async with aclosing(changes(info, definition, on, where, after)) as found:
            async for change in found:
                yield cast(CustomDataChange, change)


async def changes(
    info: Info, definition: str | None, on: Sequence[ChangeKind] | None, where: JSON | None, after: str | None
) -> AsyncGenerator[Logged, None]:
    """What a subscriber asked for, without end. Raises Refusal."""
    only_keys(info)
    shop_id, feeds = info.context.shop.id, info.context.database.feeds
    definition_id = (await find_definition(info, definition)).id if definition is not None else None
    wanted = await following(info, definition_id, frozenset(_RECORDS if on is None else on), where)
    await info.context.renewed()
    try:
        start = await feeds.start(shop_id, None if after is None else position(str(after), "after"))
    except Forgotten as forgotten:
        raise Refusal("CHANGES_FORGOTTEN", str(forgotten)) from None
    async with aclosing(feeds.follow(shop_id, start)) as pages:
        async for page in pages:
            for change in await wanted(page):
                yield change
