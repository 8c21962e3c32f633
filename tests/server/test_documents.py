"""Documents asked by an id: automatic persisted queries, and manifests of trusted documents."""

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from starlette.applications import Starlette

from app.server.app import mount
from app.server.decoding import GraphQLRequest
from app.server.documents import Persisted, read_manifest
from app.server.refusals import Refused
from app.server.settings import InvalidSettings, Settings, read_settings
from app.store.database import Database
from tests.shops import ShopClient

QUERY = "{ shop { idShop } }"
JSON = "application/json"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def persisted(text: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": digest(text)}}


async def send(shop: ShopClient, http: httpx.AsyncClient | None = None, **request: Any) -> Any:
    headers = {"spm-api-key": shop.key, "content-type": JSON}
    return (await (http or shop.http).post("/graphql", content=json.dumps(request), headers=headers)).json()


def code(answer: Any) -> str:
    return str(answer["errors"][0]["extensions"]["code"])


async def test_a_hash_is_unknown_until_its_document_ran(shop: ShopClient) -> None:
    unknown = await send(shop, extensions=persisted(QUERY))
    assert unknown == {
        "errors": [{"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}]
    }
    registered = await send(shop, query=QUERY, extensions=persisted(QUERY))
    assert await send(shop, extensions=persisted(QUERY)) == registered
    assert registered["data"] == {"shop": {"idShop": str(shop.id)}}


async def test_a_known_hash_may_be_asked_by_get(shop: ShopClient) -> None:
    await send(shop, query=QUERY, extensions=persisted(QUERY))
    parameters = urlencode({"extensions": json.dumps(persisted(QUERY))})
    response = await shop.http.get(f"/graphql?{parameters}", headers={"spm-api-key": shop.key})
    assert response.json()["data"] == {"shop": {"idShop": str(shop.id)}}


async def test_a_hash_that_is_not_the_documents_is_refused(shop: ShopClient) -> None:
    answer = await send(shop, query="{ __typename }", extensions=persisted(QUERY))
    assert code(answer) == "BAD_REQUEST"
    assert code(await send(shop, extensions=persisted(QUERY))) == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize("query", ["{", "{ nothing }", "query($id: ID!) { node(id: $id) { id } }"])
async def test_what_did_not_run_is_not_remembered(shop: ShopClient, query: str) -> None:
    await send(shop, query=query, extensions=persisted(query))
    assert code(await send(shop, extensions=persisted(query))) == "PERSISTED_QUERY_NOT_FOUND"


async def test_a_shop_does_not_know_anothers_documents(shop: ShopClient, other_shop: ShopClient) -> None:
    await send(shop, query=QUERY, extensions=persisted(QUERY))
    assert code(await send(other_shop, extensions=persisted(QUERY))) == "PERSISTED_QUERY_NOT_FOUND"


def test_memory_is_bounded_and_the_shop_unused_for_longest_pays() -> None:
    documents = Persisted(bound=30)
    for shop_id, text in ((1, "a" * 10), (2, "b" * 10), (2, "c" * 10), (1, "a" * 10), (3, "d" * 10)):
        documents.ran(shop_id, GraphQLRequest(text, document_id=digest(text)))
    known = [known_by(documents, shop, letter) for shop, letter in ((1, "a"), (2, "b"), (2, "c"), (3, "d"))]
    assert known == [True, False, True, True]


def known_by(documents: Persisted, shop_id: int, letter: str) -> bool:
    text = letter * 10
    try:
        return documents.text(shop_id, GraphQLRequest(None, document_id=digest(text))) == text
    except Refused:
        return False


MANIFESTS = {
    "graphql-codegen": {digest(QUERY): QUERY, digest("{ __typename }"): "{ __typename }"},
    "relay": {"0f1e2d": QUERY},
    "apollo": {
        "format": "apollo-persisted-query-manifest",
        "version": 1,
        "operations": [{"id": digest(QUERY), "name": "Shop", "type": "query", "body": QUERY}],
    },
}


def written(path: Path, content: Any) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.mark.parametrize("name", MANIFESTS)
def test_the_usual_manifests_are_read(tmp_path: Path, name: str) -> None:
    assert QUERY in read_manifest(written(tmp_path / "manifest.json", MANIFESTS[name])).values()


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"a": 1}', '{"operations": [{"id": "a"}]}', '{"operations": 1}'])
def test_a_manifest_that_cannot_be_used_is_told_by_its_setting(
    tmp_path: Path, content: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTOM_DATA_TRUSTED_DOCUMENTS", str(written(tmp_path / "manifest.json", content)))
    with pytest.raises(InvalidSettings, match=r"^CUSTOM_DATA_TRUSTED_DOCUMENTS: the manifest is"):
        read_settings()


def test_a_manifest_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUSTOM_DATA_TRUSTED_DOCUMENTS", str(tmp_path / "none.json"))
    with pytest.raises(InvalidSettings, match="cannot be read: No such file"):
        read_settings()


@pytest.fixture
async def trusting(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """A gateway that runs only the documents of a manifest."""
    path = written(tmp_path / "manifest.json", {"shop-id": QUERY, digest("{ __typename }"): "{ __typename }"})
    monkeypatch.setenv("CUSTOM_DATA_TRUSTED_DOCUMENTS", str(path))
    app = Starlette()
    mount(app, database, read_settings())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway") as client:
        yield client


@pytest.mark.parametrize(
    "request_",
    [
        {"documentId": "shop-id"},
        {"documentId": "sha256:shop-id"},
        {"doc_id": "shop-id"},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "shop-id"}}},
        {"query": QUERY},
        {"query": QUERY, "documentId": "shop-id"},
    ],
    ids=str,
)
async def test_a_trusted_document_runs(shop: ShopClient, trusting: httpx.AsyncClient, request_: dict[str, Any]) -> None:
    assert (await send(shop, trusting, **request_))["data"] == {"shop": {"idShop": str(shop.id)}}


@pytest.mark.parametrize(
    "request_",
    [
        {"query": "{ shop { name } }"},
        {"query": QUERY + " "},
        {"query": "{ shop { name } }", "documentId": "shop-id"},
        {"query": "{ shop { name } }", "extensions": persisted("{ shop { name } }")},
        {"query": "query IntrospectionQuery { __schema { queryType { name } } }"},
        {"documentId": "unknown"},
        {"extensions": persisted("{ shop { name } }")},
    ],
    ids=str,
)
async def test_any_other_is_refused(shop: ShopClient, trusting: httpx.AsyncClient, request_: dict[str, Any]) -> None:
    answer = await send(shop, trusting, **request_)
    assert code(answer) == "DOCUMENT_NOT_TRUSTED"
    assert "introspection" in answer["errors"][0]["message"]


def test_without_the_setting_every_document_runs() -> None:
    assert Settings.model_construct().trusted_documents is None
