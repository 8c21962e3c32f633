"""What the unexpected tells a client, and what the logs tell anyone: never a secret, an e-mail or a name."""

import asyncio
import json
import logging
import re
from collections.abc import Iterator

import httpx
import pytest
from starlette.applications import Starlette

from app.server.app import mount
from app.store.database import Database
from tests.processes import serving
from tests.shops import ShopClient
from tests.sockets import connected

DSN = "postgresql://gateway:canary-password@db.internal/custom"
EMAIL, NAME = "canary.mail@example.com", "Canaria Feathers"
CANARIES = ("canary", EMAIL, NAME, "Feathers")
_ERROR_ID = re.compile(r"[0-9a-f]{16}")


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Everything that any logger has to say."""
    with caplog.at_level(logging.DEBUG):
        yield caplog


class Unforeseen(Exception):
    """Something nobody thought of, its text full of what must not get out."""


async def breaks(*_args: object, **_kwargs: object) -> None:
    try:
        raise ConnectionRefusedError(DSN)
    except ConnectionRefusedError as error:
        raise Unforeseen(f"{DSN} {EMAIL} {NAME}") from error


def assert_logged(logged: pytest.LogCaptureFixture, error_id: str) -> None:
    """The log has the id, the kinds of exception and the place, and none of the texts."""
    (record,) = [each for each in logged.records if each.name == "custom_data"]
    text = record.getMessage()
    assert record.levelname == "ERROR"
    assert record.exc_info is None
    for expected in (error_id, "Unforeseen", "ConnectionRefusedError", "test_secrets.py", "in breaks"):
        assert expected in text
    assert_clean(logged.text)


def assert_clean(text: str, *more: str) -> None:
    assert [canary for canary in (*CANARIES, *more) if canary in text] == []


async def test_an_unexpected_error_of_a_field_is_masked(
    shop: ShopClient, logged: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.store.products.page", breaks)
    response = await shop.post("{ shop { idShop } products(first: 1) { nodes { name } } }")
    (error,) = response.json()["errors"]
    error_id = error["extensions"]["errorId"]
    assert _ERROR_ID.fullmatch(error_id)
    assert error["extensions"] == {"code": "INTERNAL", "errorId": error_id}
    assert error["message"] == f"Something went wrong on our side. Error id: {error_id}."
    assert error["path"] == ["products"]
    assert_clean(response.text)
    assert_logged(logged, error_id)


async def test_an_unexpected_error_before_the_operation_is_a_masked_500(
    shop: ShopClient, logged: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.graphql.schema.schema.execute", breaks)
    response = await shop.post("{ __typename }")
    (error,) = response.json()["errors"]
    assert (response.status_code, error["extensions"]["code"]) == (500, "INTERNAL")
    assert_clean(response.text)
    assert_logged(logged, error["extensions"]["errorId"])


async def test_an_unexpected_error_over_a_socket_is_masked(
    shop: ShopClient, database: Database, logged: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Starlette()
    mount(app, database)
    monkeypatch.setattr("app.graphql.schema.schema.stream", breaks)
    async with connected(app) as socket:
        await socket.init({"spm-api-key": shop.key})
        (error,) = await socket.run("{ __typename }")
    assert error["type"] == "error"
    assert_clean(json.dumps(error))
    assert_logged(logged, error["payload"][0]["extensions"]["errorId"])


async def test_an_unexpected_error_of_a_socket_closes_it_with_1011(
    shop: ShopClient, database: Database, logged: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Starlette()
    mount(app, database)
    monkeypatch.setattr("app.server.auth.Gate.admit", breaks)
    async with connected(app) as socket:
        assert await socket.init({"spm-api-key": shop.key}) is None
    assert socket.closed
    code, reason = socket.closed
    found = _ERROR_ID.search(reason)
    assert found
    assert code == 1011
    assert_logged(logged, found[0])


def telltale_requests(key: str) -> list[dict[str, object]]:
    """Requests that fail in many ways, each with something that no log may hold."""
    customer = {"idCustomer": "c", "email": EMAIL, "firstName": NAME, "phone": 1}
    return [
        {"query": f'{{ contact(by: {{email: "{EMAIL}"}}) {{ nothing }} }}'},
        {"query": f'{{ contacts(search: "{NAME}\\u0000") {{ nodes {{ email }} }} }}'},
        {"query": f'{{ contact(by: {{email: "{EMAIL}" idContact: "{NAME}"}}) {{ email }} }}'},
        {"query": f'{{ node(id: "{key}") {{ id }} }} # {EMAIL}'},
        {"query": "{" + EMAIL},
        {"query": "query($e: Int) { products(first: $e) { nodes { name } } }", "variables": {"e": EMAIL}},
        {
            "query": "mutation($i: SaveCustomersInput!) { saveCustomers(input: $i) { results { outcome } } }",
            "variables": {"i": {"customers": [customer, {**customer, "phone": None}, customer]}},
        },
        {"query": [EMAIL, key], "variables": NAME},
    ]


async def test_no_request_that_fails_leaves_a_trace_of_its_content(
    shop: ShopClient, logged: pytest.LogCaptureFixture
) -> None:
    for request in telltale_requests(shop.key):
        for key in (shop.key, shop.key[:-4] + "0000", f"canary.{EMAIL}.token"):
            headers = {"content-type": "application/json", "authorization": f"Bearer {key}"}
            await shop.http.post("/graphql", content=json.dumps(request), headers=headers)
    assert_clean(logged.text, shop.key, shop.key[-30:])


async def test_nor_does_a_served_process_say_any(shop: ShopClient, admin_url: str, gateway_url: str) -> None:
    urls = {"DATABASE_URL": gateway_url, "DATABASE_ADMIN_URL": admin_url}
    with serving("--workers", "1", **urls) as gateway:
        async with httpx.AsyncClient(base_url=gateway.url, timeout=30) as client:
            for request in telltale_requests(shop.key):
                answer = await client.post("/graphql", json=request, headers={"spm-api-key": shop.key})
                assert answer.status_code in (200, 400)
                await client.get("/graphql", params={"query": str(request["query"]), "key": shop.key})
        gateway.process.terminate()
        said = await asyncio.to_thread(gateway.process.communicate)
    assert_clean("".join(said), shop.key, shop.key[-30:])
