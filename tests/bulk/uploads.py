"""Files as clients upload them, by the GraphQL multipart request specification."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx

from tests.shops import ShopClient

KINDS = {"importRecords": "Records", "importCustomers": "Customers", "importProducts": "Products"}
SHOWN = """
  read created updated unchanged rejected dryRun repeated resumedAt
  rejects { line outcome id errors { code message path index } warnings { code } }
  warned { line outcome id errors { code } warnings { code } }
  userErrors { code message path }
"""


def document(mutation: str) -> str:
    return f"mutation($input: Import{KINDS[mutation]}Input!) {{ {mutation}(input: $input) {{ {SHOWN} }} }}"


def operations(mutation: str = "importRecords", **input: Any) -> str:
    variables = {"input": {"format": "CSV", "file": None, **input}}
    return json.dumps({"query": document(mutation), "variables": variables})


MAP = '{"0": ["variables.input.file"]}'


async def upload(
    shop: ShopClient, file: str | bytes, mutation: str = "importRecords", headers: dict[str, str] | None = None,
    **input: Any,
) -> httpx.Response:  # fmt: skip
    """As httpx makes the body."""
    sent = {"operations": (None, operations(mutation, **input)), "map": (None, MAP), "0": ("prices.csv", file)}
    return await shop.http.post("/graphql", files=sent, headers={"spm-api-key": shop.key, **(headers or {})})


async def imported(shop: ShopClient, file: str | bytes, mutation: str = "importRecords", **input: Any) -> Any:
    """The payload of one that must not fail."""
    response = await upload(shop, file, mutation, **input)
    assert response.status_code == 200, response.text
    assert "errors" not in response.json(), response.text
    return response.json()["data"][mutation]


def part(name: str, content: str | bytes, *, file: bool = False, more: str = "") -> bytes:
    disposition = f'form-data; name="{name}"' + ('; filename="f.csv"' if file else "")
    body = content.encode() if isinstance(content, str) else content
    return f"--b\r\nContent-Disposition: {disposition}\r\n{more}\r\n".encode() + body + b"\r\n"


END = b"--b--\r\n"


async def posted(
    shop: ShopClient, body: bytes | AsyncIterator[bytes], media: str = "multipart/form-data; boundary=b", **more: str
) -> httpx.Response:
    headers = {"spm-api-key": shop.key, "content-type": media, **{k.replace("_", "-"): v for k, v in more.items()}}
    return await shop.http.post("/graphql", content=body, headers=headers)


def counts(payload: Any) -> tuple[int, int, int, int, int]:
    """Read, created, updated, unchanged, rejected."""
    return tuple(payload[name] for name in ("read", "created", "updated", "unchanged", "rejected"))  # type: ignore[return-value]
