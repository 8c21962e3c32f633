"""Uploads that cannot be meant, broken ones and hostile ones: each is told what to do, and none writes half a batch."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.server import multipart
from tests.bulk.files import every_record
from tests.bulk.uploads import END, MAP, counts, imported, operations, part, posted, upload
from tests.limits.edge import bounded
from tests.shops import ShopClient, VetShop

ROWS = "idProduct,name,price\n1,A,1\n"
OPERATIONS = part("operations", operations("importProducts"))
MAPPED = part("map", MAP)
FILE = part("0", ROWS, file=True)


async def nothing_came(shop: ShopClient) -> bool:
    return bool((await shop.ask("{ products { totalCount { count } } }"))["products"]["totalCount"]["count"] == 0)


def asking(query: str, variables: Any = None) -> bytes:
    return part("operations", json.dumps({"query": query, "variables": variables or {"file": None}}))


INPUT = "input: {file: $file, format: CSV}"
REST = part("map", '{"0": ["variables.file"]}') + FILE + END  # for a variable that is the file


def mapped(text: str) -> bytes:
    return OPERATIONS + part("map", text) + FILE + END


BROKEN = {
    "nothing": (b"", "breaks off"),
    "no part": (END, "operations is missing"),
    "the file first": (FILE + OPERATIONS + MAPPED + END, 'operations is missing: "0" stands in its place'),
    "the map first": (MAPPED + OPERATIONS + FILE + END, 'operations is missing: "map" stands'),
    "the file before the map": (OPERATIONS + FILE + MAPPED + END, 'map is missing: "0" stands'),
    "no map": (OPERATIONS + END, "map is missing"),
    "no file": (OPERATIONS + MAPPED + END, "The file is missing"),
    "another file": (OPERATIONS + MAPPED + part("1", ROWS, file=True) + END, '"1" is not the file'),
    "two files": (OPERATIONS + MAPPED + FILE + part("1", ROWS, file=True) + END, "Another part follows"),
    "two files in the map": (mapped('{"0": ["variables.input.file"], "1": ["variables.x"]}'), "one file in a request"),
    "a map of nothing": (mapped("{}"), "map names the one file"),
    "a map of two places": (mapped('{"0": ["variables.a", "variables.b"]}'), "map names the one"),
    "a map of a number": (mapped('{"0": 1}'), "map names the one file"),
    "a list for a map": (mapped("[]"), "map names the one file"),
    "a map that is no JSON": (mapped("{"), "JSON"),
    "a path into nothing": (mapped('{"0": ["variables.file"]}'), "which operations does not have"),
    "a path through nothing": (mapped('{"0": ["variables.a.b.c"]}'), "does not have"),
    "a path of a batch": (mapped('{"0": ["0.variables.file"]}'), "leads into no variable"),
    "a path to all variables": (mapped('{"0": ["variables"]}'), "leads into no variable"),
    "a path to a value": (
        mapped('{"0": ["variables.input.format"]}'), "where operations has a value",
    ),
    "no variables": (part("operations", '{"query": "{ a }"}') + MAPPED + FILE + END, "does not have"),
    "a batch": (part("operations", f"[{operations()}]") + MAPPED + FILE + END, "not a list"),
    "operations that are no JSON": (part("operations", "{") + MAPPED + FILE + END, "JSON"),
    "operations that are no UTF-8": (part("operations", b"\xff") + MAPPED + FILE + END, "UTF-8"),
    "a query": (asking("query($file: Upload) { shop { name } }") + REST,
                "A file comes with one mutation"),
    "a subscription": (
        asking("subscription($file: Upload) { ping(times: 1) }") + REST,
        "A file comes with one mutation",
    ),
    "two mutations": (
        asking(f"mutation($file: Upload!) {{ a: importProducts({INPUT}) {{ read }} b: importProducts({INPUT}) "
               "{ read } }") + REST, "nothing beside it",
    ),
    "a mutation that takes no file": (
        asking('mutation($file: JSON!) { saveCustomDataRecords(input: {definition: "x", records: [$file]}) { read } }')
        + REST, "A file comes with one mutation",
    ),
    "a fragment": (
        asking("mutation($file: Upload!) { ...A } fragment A on Mutation { importProducts(" + INPUT + ") { read } }")
        + REST, "nothing beside it",
    ),
    "a long document": (
        asking("query($file: Upload) { shop { " + "name " * 5_000 + "} }") + REST, "at most 5,000 tokens",
    ),
    "an undeclared variable": (
        asking("mutation { importProducts(input: {format: CSV, file: null}) { read } }")
        + REST, "does not declare",
    ),
    "a part without a name": (b"--b\r\n\r\n{}\r\n" + END, "content-disposition"),
    "a part that is no form's": (b'--b\r\ncontent-disposition: attachment; name="operations"\r\n\r\n{}\r\n' + END,
                                 "content-disposition"),
    "a part in base64": (
        OPERATIONS + MAPPED + part("0", "aWQ=", file=True, more="Content-Transfer-Encoding: base64\r\n") + END,
        "not packed nor as base64",
    ),
    "a packed part": (OPERATIONS + MAPPED + part("0", b"\x1f\x8b", file=True, more="Content-Encoding: gzip\r\n") + END,
                      "not packed"),
    "another boundary": (b"--c\r\n" + OPERATIONS, "with the boundary that its content-type names"),
    "no parts at all": (json.dumps({"query": "{ shop { name } }"}).encode(), "is not multipart/form-data"),
    "a header without end": (b"--b\r\n" + b"a" * 100_000, "is not multipart/form-data"),
    "many headers": (b"--b\r\n" + b"a: b\r\n" * 1_000 + b"\r\n", "is not multipart/form-data"),
    "cut off in the head": (OPERATIONS + MAPPED + b"--b\r\nContent-Disp", "breaks off"),
    "cut off in the file": (OPERATIONS + MAPPED + FILE[:-5], "breaks off"),
    "no last boundary": (OPERATIONS + MAPPED + FILE, "breaks off"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
async def test_what_cannot_be_meant_is_told(shop: ShopClient, case: str) -> None:
    body, said = BROKEN[case]
    response = await posted(shop, body)
    [error] = response.json()["errors"]
    assert (response.status_code, error["extensions"]["code"]) == (400, "BAD_REQUEST"), response.text
    assert said in error["message"]
    assert await nothing_came(shop)


@pytest.mark.parametrize("case", BROKEN)
async def test_however_it_is_cut_into_pieces(shop: ShopClient, case: str) -> None:
    body, said = BROKEN[case]

    async def bytewise() -> AsyncIterator[bytes]:
        for n in range(0, len(body), 7):
            yield body[n : n + 7]

    response = await posted(shop, bytewise())
    assert (response.status_code, said in response.text.replace('\\"', '"')) == (400, True), response.text
    assert await nothing_came(shop)


async def test_a_good_one_in_small_pieces_goes_in(shop: ShopClient) -> None:
    body = b"\r\n" + OPERATIONS + MAPPED + FILE + END + b"what follows is not read"

    async def bytewise() -> AsyncIterator[bytes]:
        for n in range(len(body)):
            yield body[n : n + 1]

    response = await posted(shop, bytewise())
    assert counts(response.json()["data"]["importProducts"]) == (1, 1, 0, 0, 0)


@pytest.mark.parametrize(
    ("media", "said"),
    [
        ("multipart/form-data", "names no boundary"),
        ("multipart/form-data; boundary=", "names no boundary"),
        ("multipart/form-data; boundary=" + "b" * 300, "is longer than"),
    ],
)  # fmt: skip
async def test_a_boundary_is_needed(shop: ShopClient, media: str, said: str) -> None:
    response = await posted(shop, OPERATIONS + MAPPED + FILE + END, media)
    assert (response.status_code, said in response.text) == (400, True), response.text


async def test_a_packed_body_is_unsupported(shop: ShopClient) -> None:
    response = await posted(shop, b"\x1f\x8b", content_encoding="gzip")
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("accept", ["text/event-stream", "text/html"])
async def test_it_is_answered_in_json_alone(shop: ShopClient, accept: str) -> None:
    response = await posted(shop, OPERATIONS + MAPPED + FILE + END, accept=accept)
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (406, "NOT_ACCEPTABLE")
    assert await nothing_came(shop)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"file": None}, "Upload!"),
        ({"file": "prices.csv"}, "multipart/form-data"),
        ({"file": {}}, "multipart/form-data"),
    ],
)
async def test_a_file_does_not_come_in_json(shop: ShopClient, variables: Any, said: str) -> None:
    query = f"mutation($file: Upload!) {{ importProducts({INPUT}) {{ read }} }}"
    response = await shop.post(query, variables)
    assert (response.status_code, said in response.text) == (200, True), response.text
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_nor_inside_the_document(shop: ShopClient) -> None:
    query = 'mutation { importProducts(input: {file: "a.csv", format: CSV}) { read } }'
    [(code, message)] = await shop.errors(query)
    assert (code, "multipart/form-data" in message) == ("GRAPHQL_VALIDATION_FAILED", True)


async def test_a_document_that_is_wrong_is_told_as_ever(shop: ShopClient) -> None:
    wrong = part("operations", json.dumps({"query": "mutation($file: Upload!) {", "variables": {"file": None}}))
    response = await posted(shop, wrong + REST)
    assert response.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"
    wrong = asking("mutation($file: Upload!) { importProducts(input: {file: $file}) { read } }")
    response = await posted(shop, wrong + REST)
    assert response.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert await nothing_came(shop)


@pytest.mark.parametrize("name", ["origin", "sec-fetch-site"])
async def test_a_form_of_another_page_cannot_send_files(shop: ShopClient, name: str) -> None:
    """Not even where a proxy adds the key."""
    from_page = {name: "https://evil.example"}
    response = await upload(shop, ROWS, "importProducts", from_page)
    assert (response.status_code, "GraphQL-Require-Preflight" in response.text) == (400, True), response.text
    assert await nothing_came(shop)
    for header in ("GraphQL-Require-Preflight", "Apollo-Require-Preflight"):
        assert (await upload(shop, ROWS, "importProducts", {**from_page, header: "1"})).status_code == 200


async def test_a_body_beyond_the_bound_is_refused(shop: ShopClient) -> None:
    file = "idProduct,name,price\n" + "1,A,1\n" * 1_000
    async with bounded(shop, max_bulk_bytes=2_000) as small:
        said = await upload(small, file, "importProducts")

        async def body() -> AsyncIterator[bytes]:
            yield OPERATIONS + MAPPED
            yield part("0", file, file=True) + END

        found = await posted(small, body())
    for response in (said, found):
        assert response.status_code == 413
        assert response.json()["errors"][0]["extensions"] == {
            "code": "PAYLOAD_TOO_LARGE", "limit": "body", "maximum": 2_000,
        }  # fmt: skip
    assert await nothing_came(shop)


@pytest.mark.parametrize("name", ["operations", "map"])
async def test_what_comes_before_the_file_is_small(shop: ShopClient, name: str) -> None:
    large = part(name, " " * 70_000)
    response = await posted(shop, (b"" if name == "operations" else OPERATIONS) + large + MAPPED + FILE + END)
    assert (response.status_code, response.json()["errors"][0]["extensions"]["limit"]) == (413, name)


async def test_a_part_that_stops_coming_is_given_up(shop: ShopClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multipart, "SLOWEST_SECONDS", 0.05)
    more = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield OPERATIONS + MAPPED + FILE
        await more.wait()

    response = await posted(shop, body())
    assert (response.status_code, "stopped coming" in response.text) == (408, True), response.text
    assert await nothing_came(shop)
    assert counts(await imported(shop, ROWS, "importProducts")) == (1, 1, 0, 0, 0)  # the shop is free again


async def test_operations_that_do_not_come_are_not_waited_for(shop: ShopClient) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"--b\r\n"
        await asyncio.Event().wait()

    async with bounded(shop, body_timeout_ms=50) as hasty:
        response = await posted(hasty, body())
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (408, "REQUEST_TIMEOUT")


async def test_an_alias_and_other_shapes_of_variables_are_fine(vets: VetShop) -> None:
    """The file may be a variable of its own, beside others, and the field may have another name."""
    query = (
        "query Other { shop { name } } mutation In($d: String!, $file: Upload!) { prices: importRecords("
        "input: {definition: $d, file: $file, format: CSV}) { updated userErrors { message } } }"
    )
    asked = {"query": query, "operationName": "In", "variables": {"d": "vet_pricing", "file": None}}
    file = part("f", f"veto_id,product_id,price\n{vets.martin},diet,9\n", file=True)
    body = part("operations", json.dumps(asked)) + part("map", '{"f": ["variables.file"]}') + file + END
    response = await posted(vets.shop, body)
    assert response.json()["data"] == {"prices": {"updated": 1, "userErrors": []}}
    assert {record["data"]["price"] for record in await every_record(vets.shop, "vet_pricing")} == {"9", "71"}
