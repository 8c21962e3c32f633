"""GraphQL over HTTP: methods, status codes, media types, and what is said of a request that is none."""

import json
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from app.server.app import build
from app.server.settings import Settings
from tests.shops import ShopClient

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
NEITHER_CODE = "OPERATION_RESOLUTION_FAILURE"


async def post(shop: ShopClient, body: bytes | str, accept: str = JSON, **headers: str) -> httpx.Response:
    sent = {"spm-api-key": shop.key, "content-type": JSON, "accept": accept}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return await shop.http.post("/graphql", content=body, headers=sent)


async def get(shop: ShopClient, accept: str = JSON, **parameters: str) -> httpx.Response:
    return await shop.http.get(f"/graphql?{urlencode(parameters)}", headers={"spm-api-key": shop.key, "accept": accept})


def codes(response: httpx.Response) -> list[str]:
    return [error["extensions"]["code"] for error in response.json()["errors"]]


def asking(query: Any, **more: Any) -> str:
    return json.dumps({"query": query, **more})


@pytest.mark.parametrize("media", [JSON, GRAPHQL])
async def test_an_answer_is_200_in_the_type_asked_for(shop: ShopClient, media: str) -> None:
    response = await post(shop, asking("{ __typename }"), media)
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{media}; charset=utf-8"
    assert response.json()["data"] == {"__typename": "Query"}


REQUEST_ERRORS = [
    ("a document that does not parse", "{", {}, "GRAPHQL_PARSE_FAILED"),
    ("a document that is not valid", "{ nothing }", {}, "GRAPHQL_VALIDATION_FAILED"),
    ("a variable that is missing", "query($id: ID!) { node(id: $id) { id } }", {}, "BAD_USER_INPUT"),
    ("a variable of a wrong type", "query($n: Int) { products(first: $n) { totalCount { count } } }",
     {"variables": {"n": "x"}}, "BAD_USER_INPUT"),
    ("several operations, none named", "query A { __typename } query B { __typename }", {}, NEITHER_CODE),
    ("an operation that is not there", "query A { __typename }", {"operationName": "B"}, NEITHER_CODE),
    ("no operation at all", "fragment F on Query { __typename }", {}, NEITHER_CODE),
    ("a subscription", "subscription { ping }", {}, "SUBSCRIPTION_OVER_HTTP"),
    ("a stored document that is unknown", None, {"documentId": "ab"}, "PERSISTED_QUERY_NOT_FOUND"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "more", "code"), [case[1:] for case in REQUEST_ERRORS], ids=[c[0] for c in REQUEST_ERRORS]
)
async def test_a_request_error_is_400_or_200_by_media_type(
    shop: ShopClient, query: str | None, more: dict[str, Any], code: str
) -> None:
    for media, status in ((JSON, 200), (GRAPHQL, 400)):
        response = await post(shop, asking(query, **more), media)
        assert (response.status_code, codes(response)) == (status, [code])
        assert "data" not in response.json()


@pytest.mark.parametrize("media", [JSON, GRAPHQL])
async def test_a_partial_result_is_200_with_data(shop: ShopClient, media: str) -> None:
    response = await post(
        shop, asking('{ shop { idShop } customDataRecords(definition: "x") { totalCount { count } } }'), media
    )
    assert response.status_code == 200
    assert response.json()["data"] == {"shop": {"idShop": str(shop.id)}, "customDataRecords": None}
    assert response.json()["errors"][0]["path"] == ["customDataRecords"]


CONTENT = [
    ("application/json", 200), ("application/json; charset=utf-8", 200), ('Application/JSON;charset="UTF-8"', 200),
    ("application/json; charset=utf-16", 415), ("application/json; charset=latin-1", 415), ("", 415),
    ("text/plain", 415), ("application/x-www-form-urlencoded", 415), ("multipart/mixed; boundary=x", 415),
    ("application/graphql", 415), ("application/jsonp", 415),
]  # fmt: skip


@pytest.mark.parametrize(("content_type", "status"), CONTENT)
async def test_a_body_is_json_in_utf_8(shop: ShopClient, content_type: str, status: int) -> None:
    response = await post(shop, asking("{ __typename }"), content_type=content_type)
    assert response.status_code == status
    if status == 415:
        assert codes(response) == ["UNSUPPORTED_MEDIA_TYPE"]


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "gzip, identity"])
async def test_a_packed_body_is_415(shop: ShopClient, encoding: str) -> None:
    response = await post(shop, b"\x1f\x8b", content_encoding=encoding)
    assert (response.status_code, codes(response)) == (415, ["UNSUPPORTED_MEDIA_TYPE"])


async def test_a_body_over_two_mebibytes_is_413(shop: ShopClient) -> None:
    response = await post(shop, b" " * (2 * 1024 * 1024 + 1))
    assert (response.status_code, codes(response)) == (413, ["PAYLOAD_TOO_LARGE"])


async def test_events_come_by_post_alone(shop: ShopClient) -> None:
    headers = {"spm-api-key": shop.key, "accept": "text/event-stream"}
    query = {"query": "subscription { ping(times: 1) }"}
    response = await shop.http.get("/graphql", params=query, headers=headers)
    assert (response.status_code, codes(response)) == (406, ["NOT_ACCEPTABLE"])
    assert "by POST" in response.json()["errors"][0]["message"]


async def test_an_answer_nobody_takes_is_406(shop: ShopClient) -> None:
    response = await post(shop, asking("{ __typename }"), "text/csv")
    assert (response.status_code, codes(response)) == (406, ["NOT_ACCEPTABLE"])
    assert response.headers["content-type"] == f"{JSON}; charset=utf-8"


async def test_get_answers_queries(shop: ShopClient) -> None:
    query = "query A($n: Int) { products(first: $n) { totalCount { count } } } query B { shop { idShop } }"
    response = await get(shop, query=query, variables='{"n": 1}', operationName="A", extensions="{}")
    assert response.json()["data"] == {"products": {"totalCount": {"count": 0}}}
    assert (await get(shop, query="{ __typename }", variables="", operationName="")).status_code == 200


async def test_get_never_writes(shop: ShopClient) -> None:
    mutation = 'mutation { saveProducts(input: {products: [{idProduct: "p", name: "P", price: "9.90"}]}) { created } }'
    for media in (JSON, GRAPHQL):
        response = await get(shop, media, query=mutation)
        assert (response.status_code, codes(response)) == (405, ["METHOD_NOT_ALLOWED"])
        assert response.headers["allow"] == "POST"
    assert await shop.ask("{ products { totalCount { count } } }") == {"products": {"totalCount": {"count": 0}}}


@pytest.mark.parametrize(
    "query_string",
    ["", "query=", "query=%FF", "query={a}&query={b}", "query={a}&variables=[", "query={a}&variables=[]",
     "query={a}&extensions=1", "query={a}&variables=" + "[" * 50_000, "&".join(f"a{n}=1" for n in range(50)), "\u00e9"],
    ids=lambda text: text[:40],
)  # fmt: skip
async def test_an_address_that_asks_nothing_is_400(shop: ShopClient, query_string: str) -> None:
    response = await shop.http.get(f"/graphql?{query_string}", headers={"spm-api-key": shop.key})
    assert (response.status_code, codes(response)) == (400, ["BAD_REQUEST"])


async def test_head_is_get_without_the_body_and_options_tells_the_methods(shop: ShopClient) -> None:
    head = await shop.http.head("/graphql?query={__typename}", headers={"spm-api-key": shop.key})
    assert (head.status_code, head.headers["content-type"]) == (200, f"{JSON}; charset=utf-8")
    options = await shop.http.options("/graphql")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
async def test_other_methods_are_405(shop: ShopClient, method: str) -> None:
    response = await shop.http.request(method, "/graphql")
    assert (response.status_code, codes(response)) == (405, ["METHOD_NOT_ALLOWED"])
    assert response.headers["allow"] == "GET, HEAD, OPTIONS, POST"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/nothing", 404, "NOT_FOUND"), ("POST", "/graphq", 404, "NOT_FOUND"),
     ("POST", "/healthz", 405, "METHOD_NOT_ALLOWED")],
)  # fmt: skip
async def test_other_addresses_answer_in_json_too(method: str, path: str, status: int, code: str) -> None:
    transport = httpx.ASGITransport(app=build(Settings.model_construct()))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        response = await client.request(method, path)
    assert (response.status_code, codes(response)) == (status, [code])


async def test_no_key_is_401_whatever_is_sent(shop: ShopClient) -> None:
    for headers in ({}, {"authorization": "Basic eA=="}, {"spm-api-key": "x"}, {"authorization": "Bearer é".encode()}):
        response = await shop.http.post("/graphql", content=b"{", headers=headers)  # type: ignore[arg-type]
        assert (response.status_code, codes(response)) == (401, ["UNAUTHENTICATED"])
        assert response.headers["www-authenticate"] == "Bearer"
