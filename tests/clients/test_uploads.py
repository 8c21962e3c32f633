"""Clients that send files by the GraphQL multipart request specification, unchanged."""

from pathlib import Path

from gql import Client, FileVar, gql
from gql.transport.httpx import HTTPXAsyncTransport

from tests.clients.conftest import Node
from tests.processes import Gateway
from tests.shops import ShopClient

IMPORT = """
  mutation($file: Upload!) { importProducts(input: {file: $file, format: CSV}) {
    created rejects { line errors { code path } } userErrors { message }
  } }
"""


async def test_apollo_and_urql(node: Node) -> None:
    said = await node("uploads.mjs")
    assert said["first"]["importProducts"] | {"__typename": ""} == {
        "__typename": "", "read": 2, "created": 1, "unchanged": 0, "rejected": 1, "userErrors": [],
        "rejects": [{"__typename": "ImportResult", "line": 3,
                     "errors": [{"__typename": "UserError", "code": "INVALID_VALUE"}]}],
    }  # fmt: skip
    assert said["again"]["importProducts"]["unchanged"] == 1
    assert said.get("failed") is None
    assert said["people"]["importCustomers"] == {"read": 40_000, "created": 40_000, "dryRun": True}
    assert said["bytes"] > 8 * 1024 * 1024  # more than is looked at together


async def test_gql(gateway: Gateway, shop: ShopClient, tmp_path: Path) -> None:
    file = tmp_path / "products.csv"
    file.write_text("idProduct,name,price\ng1,G,9.90\ng2,,1\n")
    transport = HTTPXAsyncTransport(f"{gateway.url}/graphql", headers={"spm-api-key": shop.key})
    async with Client(transport=transport) as session:
        request = gql(IMPORT)
        request.variable_values = {"file": FileVar(str(file))}
        said = await session.execute(request, upload_files=True)
    assert said["importProducts"] == {
        "created": 1, "userErrors": [], "rejects": [{"line": 3, "errors": [{"code": "REQUIRED", "path": "name"}]}],
    }  # fmt: skip
