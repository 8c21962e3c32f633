"""What can be subscribed to."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Annotated, cast

import strawberry

from app.domain.changes import Kind, Logged
from app.graphql.access import only_keys
from app.graphql.change_filters import following
from app.graphql.changes import ChangeKind, CustomDataChange, not_reached, position
from app.graphql.context import Info
from app.graphql.errors import Refusal
from app.graphql.records import find_definition
from app.graphql.scalars import JSON
from app.store.feeds import Forgotten, NotReached

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
            str | None,
            strawberry.argument(
                description="Only of this definition (key or id). When it is deleted the subscription ends: told so, "
                "if `on` names DEFINITION_DELETED, else with an error."
            ),
        ] = None,
        on: Annotated[
            list[ChangeKind] | None, strawberry.argument(description="Only of these kinds, at least one; else whatever "
                                                         "happens to records.")
        ] = None,
        where: Annotated[
            JSON | None,
            strawberry.argument(
                description="Only records that fulfil a condition, as `customDataRecords` takes it, after the change "
                "(of a deletion: before it). Needs `definition`. A SUMMARY, and what happens to the definition, comes "
                "whatever the condition."
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
    """What a subscriber asked for. It ends when the definition that is followed is deleted: told of it, if it asked for
    that, else with an error. Raises Refusal."""
    only_keys(info)
    kinds = frozenset(_RECORDS if on is None else on)
    if not kinds:
        raise Refusal("BAD_USER_INPUT", "on names no kind of change. Leave it out for whatever happens to records.")
    definition_id = (await find_definition(info, definition)).id if definition is not None else None
    wanted = await following(info, definition_id, kinds, where)
    start = await _start(info, definition_id, after)
    async with aclosing(info.context.database.feeds.follow(info.context.shop.id, start)) as pages:
        async for page in pages:
            chosen = await wanted(page)
            for change in chosen.told:
                yield change
            if chosen.over:
                if Kind.DEFINITION_DELETED not in kinds:
                    raise _gone()
                return


async def _start(info: Info, definition_id: int | None, after: str | None) -> int:
    """Behind which sequence to follow. Raises Refusal; also where the definition was deleted a moment ago, since then
    nothing would ever come."""
    await info.context.renewed()
    try:
        feeds = info.context.database.feeds
        start = await feeds.start(info.context.shop.id, None if after is None else position(str(after), "after"))
    except Forgotten as forgotten:
        raise Refusal("CHANGES_FORGOTTEN", str(forgotten)) from None
    except NotReached as beyond:
        raise not_reached(beyond) from None
    if definition_id is not None:
        if definition_id not in (await info.context.model()).by_id:
            raise _gone()
        await info.context.renewed()
    return start


def _gone() -> Refusal:
    message = "The definition whose changes are followed has been deleted. With DEFINITION_DELETED in `on` it is told."
    return Refusal("DEFINITION_NOT_FOUND", message)
