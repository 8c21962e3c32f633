"""Apollo Client 4, unchanged."""

from tests.clients.conftest import Node
from tests.shops import ShopClient


async def test_apollo_client(node: Node, shop: ShopClient) -> None:
    said = await node("apollo.mjs")
    found = {"__typename": "Shop", "idShop": str(shop.id), "name": "test shop"}
    assert said["query"] == {"shop": found}
    assert said["mutation"]["saveProducts"] == {"__typename": "SaveProductsPayload", "created": 1, "userErrors": []}
    assert said["invalid"] == {"failed": ["GRAPHQL_VALIDATION_FAILED"]}
    assert said["partial"]["data"]["shop"]["idShop"] == str(shop.id)
    assert said["partial"]["failed"] == ["DEFINITION_NOT_FOUND"]
    assert said["refused"] == {"failed": ["UNAUTHENTICATED"]}


async def test_its_link_for_persisted_queries(node: Node, shop: ShopClient) -> None:
    said = await node("apollo.mjs")
    assert said["persisted"]["shop"]["idShop"] == str(shop.id)
    hashed, registered = said["registering"]
    assert (hashed["method"], hashed["hasQuery"]) == ("GET", False)
    assert (registered["hasQuery"], registered["status"]) == (True, 200)
    assert said["again"] == [{"method": "GET", "hasQuery": False, "status": 200}]
