"""The HTTP edge against clients that are wrong or hostile: each gets a status, a code and a message, never a 500."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from app.store.keys import list_keys, revoke_key
from tests.shops import ShopClient, to

NAME = "{ shop { name } }"
LARGEST = 2 * 1024 * 1024
JSON = "application/json"


def body(query: Any, **more: Any) -> bytes:
    return json.dumps({"query": query, **more}).encode()


async def post(shop: ShopClient, content: bytes, **headers: str) -> httpx.Response:
    sent = {"spm-api-key": shop.key, "content-type": JSON, **{k.replace("_", "-"): v for k, v in headers.items()}}
    return await shop.http.post("/graphql", content=content, headers=sent)


async def get(shop: ShopClient, **parameters: str) -> httpx.Response:
    headers = {"spm-api-key": shop.key, "accept": JSON}
    return await shop.http.get("/graphql", params=parameters, headers=headers)


def told(response: httpx.Response) -> str:
    """The code of the one error, which has a message; no data comes with it."""
    answer = response.json()
    assert "data" not in answer
    (error,) = answer["errors"]
    assert error["message"]
    return str(error["extensions"]["code"])


@pytest.mark.parametrize(
    "content",
    [b"", b"null", b'"x"', b"1", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000, b'{"query": "{ a }", "query": "{ b }"}',
     b'{"query": "{ shop { name } }", "variables": {"a": NaN}}',
     b'{"query": "{ shop { name } }", "variables": {"a": 1e99999999999999999999}}', body(""), body(1),
     body(NAME, variables=[]), body(NAME, operationName=1)],
    ids=repr,
)  # fmt: skip
async def test_a_malformed_body_is_a_bad_request(content: bytes, shop: ShopClient) -> None:
    response = await post(shop, content)
    assert (response.status_code, told(response)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    "headers",
    [{"content_type": "text/plain"}, {"content_type": ""}, {"content_type": "multipart/mixed; boundary=x"},
     {"content_encoding": "gzip"}, {"content_encoding": "br"}],
    ids=str,
)  # fmt: skip
async def test_a_body_that_is_not_plain_json_is_unsupported(headers: dict[str, str], shop: ShopClient) -> None:
    assert (await post(shop, body(NAME), **headers)).status_code == 415


async def test_a_body_of_the_largest_size_passes_and_one_byte_more_does_not(shop: ShopClient) -> None:
    content = body(NAME)
    largest = await post(shop, content + b" " * (LARGEST - len(content)))
    larger = await post(shop, content + b" " * (LARGEST - len(content) + 1))
    assert (largest.status_code, larger.status_code) == (200, 413)


@pytest.mark.parametrize(
    "headers",
    [{}, {"spm-api-key": ""}, {"spm-api-key": "x"}, {"spm-api-key": "cdg_1_" + "a" * 43},
     {"spm-api-key": "cdg_9999999999999999999_" + "a" * 43}, {"spm-api-key": "cdg_1_" + "a" * 43 + "\x00"},
     {"spm-api-key": "' or 1=1 --"}, {"spm-api-key": "x" * 60_000}, {"authorization": "Bearer"},
     {"authorization": "Bearer x"}, {"authorization": "Basic eDp4"}],
    ids=lambda headers: str(headers)[:50],
)  # fmt: skip
async def test_without_a_key_that_works_there_is_no_answer(headers: dict[str, str], http: httpx.AsyncClient) -> None:
    response = await http.post("/graphql", content=body(NAME), headers={"content-type": JSON, **headers})
    assert (response.status_code, told(response)) == (401, "UNAUTHENTICATED")
    assert "www-authenticate" in response.headers


async def test_a_key_of_bytes_that_are_no_text_is_unauthenticated(http: httpx.AsyncClient) -> None:
    headers = [(b"spm-api-key", "cdg_1_é".encode("latin-1") + b"\xff"), (b"content-type", JSON.encode())]
    assert (await http.post("/graphql", content=body(NAME), headers=headers)).status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_a_bearer_token_is_a_key_too(scheme: str, shop: ShopClient) -> None:
    headers = {"authorization": f"{scheme} {shop.key}", "content-type": JSON}
    assert (await shop.http.post("/graphql", content=body(NAME), headers=headers)).status_code == 200


async def test_a_revoked_key_stops_working_within_a_moment(shop: ShopClient) -> None:
    assert (await post(shop, body(NAME))).status_code == 200
    async with shop.database.writing(shop.id) as session:
        for key in await list_keys(session):
            await revoke_key(session, key.id)
    for _ in range(30):
        response = await post(shop, body(NAME))
        if response.status_code == 401:
            break
        await asyncio.sleep(0.1)
    assert told(response) == "UNAUTHENTICATED"


async def test_get_answers_a_query_and_refuses_a_mutation(shop: ShopClient) -> None:
    query = "query($i: ID!) { node(id: $i) { id } }"
    assert (await get(shop, query=query, variables='{"i": "x"}')).json()["data"] == {"node": None}
    refused = await get(shop, query='mutation { deleteProducts(input: {ids: ["p"]}) { deleted } }')
    assert refused.status_code == 405


@pytest.mark.parametrize("variables", ["[]", "{", "\0", "NaN"])
async def test_variables_in_an_address_that_are_none_are_a_bad_request(variables: str, shop: ShopClient) -> None:
    assert told(await get(shop, query=NAME, variables=variables)) == "BAD_REQUEST"


@pytest.mark.parametrize(
    ("query", "name"),
    [("query A { shop { name } }", "B"), ("query A { shop { name } } query B { shop { name } }", None),
     ("query A { shop { name } } mutation B { deleteProducts(input: {ids: []}) { deleted } }", None),
     ("fragment F on Shop { name }", None), ("type T { a: Int }", None), ("subscription { shop { name } }", None),
     ("{ shop { name \ud800 } }", None), ("{ shop { name \0 } }", None), ("{" * 300, None), ("#", None),
     ("{ shop { ...F } } fragment F on Shop { ...F }", None), ("{ nothing }", None), ("{ shop }", None)],
    ids=repr,
)  # fmt: skip
async def test_a_document_that_cannot_be_run_is_refused(query: str, name: str | None, shop: ShopClient) -> None:
    response = await post(shop, json.dumps({"query": query, "operationName": name}).encode())
    assert response.status_code in (200, 400)
    assert told(response) not in ("INTERNAL", "UNAVAILABLE")


async def test_of_several_operations_the_named_one_runs(shop: ShopClient) -> None:
    query = "query A { shop { name } } query B { contacts { nodes { id } } }"
    answer = (await post(shop, body(query, operationName="B"))).json()
    assert answer["data"] == {"contacts": {"nodes": []}}


@pytest.mark.parametrize("levels", [10, 30, 60, 95, 300])
async def test_a_deep_question_is_answered_or_refused(levels: int, shop: ShopClient) -> None:
    await shop.define("Knot", {"n": "STRING", "up": "NUMBER"}, relationships=[to("up", "knot")])
    record = await shop.save_one("knot", {"n": "a"})
    await shop.run("updateCustomDataRecord", "outcome", id=str(record), data={"up": record})
    inner = 'relatedBy(definition: "knot") { nodes { ' * levels + "idRecord" + " } }" * levels
    response = await post(shop, body(f'{{ customDataRecord(id: "{record}") {{ {inner} }} }}'))
    assert response.status_code < 500
    for error in response.json().get("errors", []):
        assert error["extensions"]["code"] not in ("INTERNAL", "RETRY", "UNAVAILABLE")


async def test_other_methods_are_not_allowed(shop: ShopClient) -> None:
    headers = {"spm-api-key": shop.key}
    for method in ("PUT", "DELETE", "PATCH"):
        assert (await shop.http.request(method, "/graphql", headers=headers)).status_code == 405
