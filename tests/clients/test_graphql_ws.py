"""npm graphql-ws, the WebSocket protocol's own client."""

from typing import Any

from tests.clients.conftest import Node
from tests.shops import ShopClient


def data(run: dict[str, Any]) -> list[Any]:
    assert "failed" not in run, run
    return [result["data"] for result in run["seen"]]


async def test_graphql_ws(node: Node, shop: ShopClient) -> None:
    said = await node("sockets.mjs")
    assert data(said["query"]) == [{"shop": {"idShop": str(shop.id)}}]
    assert data(said["mutation"]) == [{"saveProducts": {"created": 1}}]
    assert data(said["subscription"]) == [{"ping": 1}, {"ping": 2}, {"ping": 3}]
    assert said["invalid"] == {"seen": [], "failed": ["GRAPHQL_VALIDATION_FAILED"]}
    assert said["stopped"] == [1, 2]
    assert data(said["afterwards"]) == data(said["bearer"]) == [{"__typename": "Query"}]
    assert said["refused"] == {"seen": [], "failed": 4403}
