"""urql, unchanged."""

from tests.clients.conftest import Node
from tests.shops import ShopClient


async def test_urql(node: Node, shop: ShopClient) -> None:
    said = await node("urql.mjs")
    assert said["query"]["data"] == {"shop": {"idShop": str(shop.id)}}
    assert said["mutation"]["data"] == {"saveProducts": {"created": 1}}
    assert said["invalid"]["codes"] == ["GRAPHQL_VALIDATION_FAILED"]
    assert said["refused"]["codes"] == ["UNAUTHENTICATED"]


async def test_its_exchange_for_persisted_queries(node: Node, shop: ShopClient) -> None:
    said = await node("urql.mjs")
    assert said["persisted"]["data"] == {"shop": {"idShop": str(shop.id)}}
    assert (said["registering"], said["again"]) == ([False, True], [False])
