"""Clients that send files by the GraphQL multipart request specification, unchanged."""

import asyncio
import json
import os
import re
from pathlib import Path

from gql import Client, FileVar, gql
from gql.transport.httpx import HTTPXAsyncTransport

from tests.clients.conftest import Node
from tests.processes import Gateway
from tests.shops import ShopClient, VetShop

README = Path(__file__).parents[2] / "README.md"

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


async def test_curl_as_the_readme_says(gateway: Gateway, vets: VetShop, tmp_path: Path) -> None:
    [command] = re.findall(r"^\$ (curl \S+/graphql .*?-F 0=@prices\.csv)$", README.read_text(), re.S | re.M)
    assert "http://127.0.0.1:8000" in command
    (tmp_path / "prices.csv").write_text("veto_id.nom,product_id,price\nDr Martin,diet,60\nDr Nobody,diet,1\n")
    process = await asyncio.create_subprocess_exec(
        "bash", "-c", command.replace("http://127.0.0.1:8000", gateway.url), cwd=tmp_path,
        env={**os.environ, "KEY": vets.shop.key}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    said, _ = await process.communicate()
    payload = json.loads(said)["data"]["importRecords"]
    assert (payload["updated"], payload["rejected"], payload["rejects"][0]["line"]) == (1, 1, 3)
