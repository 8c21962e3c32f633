"""Anything by its opaque id, whatever its type."""

from collections.abc import Awaitable, Callable
from typing import cast

import strawberry

from app.domain.access import Scope
from app.graphql.access import only_keys, require
from app.graphql.changes import load_change
from app.graphql.contacts import load_contact
from app.graphql.context import Info
from app.graphql.definitions import load_definition
from app.graphql.deliveries import load_delivery
from app.graphql.node import Node, decode, number
from app.graphql.products import load_product
from app.graphql.records import load_own_record
from app.graphql.segments import load_segment
from app.graphql.shop import shop_node
from app.graphql.triggers import load_trigger


async def fetch(info: Info, id_: strawberry.ID) -> Node | None:
    """What the id names; None for nothing, and to contacts for what they may not see. Raises Refusal."""
    decoded = decode(str(id_))
    if decoded is None or decoded[0] not in _FETCH:
        return None
    return await _FETCH[decoded[0]](info, decoded[1])


async def _fetch_shop(info: Info, key: str) -> Node | None:
    return shop_node(info.context.shop) if number(key) == info.context.shop.id else None


async def _fetch_contact(info: Info, key: str) -> Node | None:
    return await load_contact(info, number(key) or 0)


async def _fetch_record(info: Info, key: str) -> Node | None:
    return cast(Node | None, await load_own_record(info, number(key) or 0))


async def _fetch_definition(info: Info, key: str) -> Node | None:
    only_keys(info)
    return await load_definition(info, number(key))


async def _fetch_change(info: Info, key: str) -> Node | None:
    only_keys(info)
    return await load_change(info, key)


async def _fetch_trigger(info: Info, key: str) -> Node | None:
    require(info, Scope.MANAGE_AUTOMATION)
    return await load_trigger(info, number(key))


async def _fetch_delivery(info: Info, key: str) -> Node | None:
    require(info, Scope.MANAGE_AUTOMATION)
    return await load_delivery(info, number(key))


async def _fetch_segment(info: Info, key: str) -> Node | None:
    only_keys(info)
    return await load_segment(info, key) if key.isdigit() else None


_FETCH: dict[str, Callable[[Info, str], Awaitable[Node | None]]] = {
    "Shop": _fetch_shop,
    "Contact": _fetch_contact,
    "Product": load_product,
    "CustomDataRecord": _fetch_record,
    "CustomDataDefinition": _fetch_definition,
    "CustomDataChange": _fetch_change,
    "Trigger": _fetch_trigger,
    "WebhookDelivery": _fetch_delivery,
    "Segment": _fetch_segment,
}
