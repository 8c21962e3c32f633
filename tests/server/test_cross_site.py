"""Pages of other sites: let in by setting (CORS), and unable to forge requests."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from app.server.app import build, mount
from app.server.settings import InvalidSettings, Settings, read_settings
from app.store.database import Database
from tests.shops import ShopClient

STOREFRONT = "https://shop.example.com"
WRITE = 'mutation { saveProducts(input: {products: [{idProduct: "p", name: "P", price: "9.90"}]}) { created } }'


async def client_of(database: Database, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    app = build(settings)
    app.open(mount(app, database, settings))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway") as client:
        yield client


@pytest.fixture
async def open_to_storefront(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    monkeypatch.setenv("CUSTOM_DATA_CORS_ORIGINS", f"{STOREFRONT}, http://localhost:3000")
    async for client in client_of(database, read_settings()):
        yield client


def preflight(origin: str) -> dict[str, str]:
    return {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,spm-api-key,authorization,idempotency-key",
    }


async def test_a_listed_origin_may_ask(shop: ShopClient, open_to_storefront: httpx.AsyncClient) -> None:
    asked = await open_to_storefront.options("/graphql", headers=preflight(STOREFRONT))
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == STOREFRONT
    assert "spm-api-key" in asked.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in asked.headers
    headers = {"spm-api-key": shop.key, "content-type": "application/json", "origin": STOREFRONT}
    answer = await open_to_storefront.post("/graphql", content='{"query": "{ __typename }"}', headers=headers)
    assert answer.headers["access-control-allow-origin"] == STOREFRONT
    assert "origin" in answer.headers["vary"].lower()


async def test_errors_can_be_read_by_a_listed_origin_too(open_to_storefront: httpx.AsyncClient) -> None:
    answer = await open_to_storefront.post("/graphql", headers={"origin": STOREFRONT})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (401, STOREFRONT)


@pytest.mark.parametrize("origin", ["https://evil.example", f"{STOREFRONT}.evil.example", f"{STOREFRONT}:8443", "null"])
async def test_another_origin_may_not(open_to_storefront: httpx.AsyncClient, origin: str) -> None:
    asked = await open_to_storefront.options("/graphql", headers=preflight(origin))
    assert asked.status_code == 400
    assert "access-control-allow-origin" not in asked.headers


async def test_by_default_no_origin_may(database: Database) -> None:
    async for client in client_of(database, Settings.model_construct()):
        asked = await client.options("/graphql", headers=preflight(STOREFRONT))
        assert [name for name in asked.headers if name.startswith("access-control")] == []


@pytest.mark.parametrize(
    ("text", "origins"),
    [("*", ("*",)), (STOREFRONT, (STOREFRONT,)), (" HTTPS://A.example , http://[::1]:80 ", ("https://a.example", "http://[::1]:80"))],
)  # fmt: skip
def test_origins_are_read(text: str, origins: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUSTOM_DATA_CORS_ORIGINS", text)
    assert read_settings().cors_origins == origins


@pytest.mark.parametrize(
    "text", ["shop.example.com", "https://shop.example.com/", "https://a,,https://b", "null", "https://*.a"]
)
def test_what_is_no_origin_is_told(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUSTOM_DATA_CORS_ORIGINS", text)
    with pytest.raises(InvalidSettings, match=r"^CUSTOM_DATA_CORS_ORIGINS: write origins as"):
        read_settings()


SIMPLE = [
    "text/plain",
    "text/plain; application/json",
    "application/x-www-form-urlencoded",
]


@pytest.mark.parametrize("content_type", SIMPLE)
async def test_what_a_form_can_send_is_never_run_even_with_a_key(shop: ShopClient, content_type: str) -> None:
    """A browser sends these types across sites without asking first; multipart/form-data too: see
    tests/bulk/test_upload_refusals.py."""
    body = f"query={WRITE}" if "urlencoded" in content_type else json.dumps({"query": WRITE})
    response = await shop.http.post(
        "/graphql", content=body, headers={"content-type": content_type, "spm-api-key": shop.key}
    )
    assert response.status_code == 415
    assert await shop.ask("{ products { totalCount { count } } }") == {"products": {"totalCount": {"count": 0}}}


async def test_a_cookie_or_basic_password_opens_nothing(shop: ShopClient) -> None:
    """What a browser adds by itself is not looked at."""
    for headers in ({"cookie": f"spm-api-key={shop.key}"}, {"authorization": f"Basic {shop.key}"}):
        sent = {"content-type": "application/json", **headers}
        response = await shop.http.post("/graphql", content=json.dumps({"query": WRITE}), headers=sent)
        assert response.status_code == 401


async def test_no_answer_sets_a_cookie(shop: ShopClient) -> None:
    assert "set-cookie" not in (await shop.post("{ __typename }")).headers


async def test_the_address_carries_no_key(shop: ShopClient) -> None:
    """Addresses are logged by proxies."""
    response = await shop.http.get(f"/graphql?query={{__typename}}&spm-api-key={shop.key}")
    assert response.status_code == 401
