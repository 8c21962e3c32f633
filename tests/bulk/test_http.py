"""Files in and out over HTTP: the same verdicts, and who may."""

import json
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from app.domain.access import Scope
from app.domain.shops import new_key
from app.server import bulk
from app.server.app import mount
from app.server.settings import Settings
from app.store.keys import create_key
from tests.bulk.files import every_record
from tests.shops import ShopClient, VetShop

PRICES = "/bulk/records?definition=vet_pricing"


async def post(shop: ShopClient, path: str, body: str | bytes, media: str = "text/csv", **more: Any) -> httpx.Response:
    headers = {"spm-api-key": shop.key, "content-type": media, **more}
    return await shop.http.post(path, content=body, headers=headers)


def lines(response: httpx.Response) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    return [json.loads(line) for line in response.text.splitlines()]


async def test_rows_go_in_and_what_is_wrong_comes_back(vets: VetShop) -> None:
    body = "veto_id.nom,product_id,price\nDr Martin,diet,60\nDr Nobody,diet,1\nDr Durand,diet,dear\n"
    *noted, counts = lines(await post(vets.shop, PRICES, body))
    assert [(row["line"], row["errors"][0]["code"]) for row in noted] == [(3, "RECORD_NOT_FOUND"), (4, "INVALID_VALUE")]
    assert counts == {
        "created": 0, "updated": 1, "unchanged": 0, "rejected": 2, "dryRun": False, "repeated": False,
    }  # fmt: skip


async def test_json_lines_customers_and_products(shop: ShopClient) -> None:
    people = '{"idCustomer": "1", "email": "a@x.test"}\n{"idCustomer": 2}\n'
    *noted, counts = lines(await post(shop, "/bulk/customers", people, "application/x-ndjson"))
    assert ([row["line"] for row in noted], counts["created"]) == ([2], 1)
    assert lines(await post(shop, "/bulk/products?delimiter=;", "idProduct;name;price\n1;A;2\n"))[-1]["created"] == 1
    for what, first in (("contacts", "idContact"), ("customers", "idCustomer"), ("products", "idProduct")):
        exported = await shop.http.get(f"/bulk/{what}", headers={"spm-api-key": shop.key})
        assert exported.text.startswith(first)
        assert len(exported.text.splitlines()) == 2


async def test_what_is_exported_is_what_is_imported(vets: VetShop) -> None:
    for form, media in (("csv", "text/csv"), ("jsonl", "application/jsonl")):
        exported = await vets.shop.http.get(f"{PRICES}&format={form}", headers={"spm-api-key": vets.shop.key})
        assert lines(await post(vets.shop, PRICES, exported.content, media))[-1]["unchanged"] == 2


async def test_a_dry_run_writes_nothing_and_parameters_are_read(vets: VetShop) -> None:
    body = "veto_id;product_id;price\n" + f"{vets.martin};diet;1,5\n"
    counts = lines(await post(vets.shop, f"{PRICES}&dryRun=true&decimalComma=true&events=EMIT", body))[-1]
    assert (counts["updated"], counts["dryRun"]) == (1, True)
    assert {record["data"]["price"] for record in await every_record(vets.shop, "vet_pricing")} == {"64", "71"}


async def test_rows_without_a_key_are_not_in_twice_when_the_request_is_sent_again(shop: ShopClient) -> None:
    await shop.define("Visit", {"reason": "STRING"})
    for repeated in (False, True):
        counts = lines(await post(shop, "/bulk/records?definition=visit", "reason\na\nb\n"))[-1]
        assert (counts["repeated"], counts["created"]) == (repeated, 2)
    assert len(await every_record(shop, "visit")) == 2


@pytest.mark.parametrize(
    ("path", "media", "body", "status", "said"),
    [
        ("/bulk/records", "text/csv", "a\n", 400, "Say whose records"),
        ("/bulk/records?definition=prices", "text/csv", "a\n", 400, "no definition"),
        (PRICES, "text/csv", "pric\n1\n", 400, "Did you mean price?"),
        (PRICES, "text/csv", b"\xff\xfe\n", 400, "not UTF-8"),
        (PRICES + "&colour=red", "text/csv", "price\n", 400, "no parameter 'colour'"),
        (PRICES + "&events=LOUD", "text/csv", "price\n", 400, "events is one of"),
        (PRICES + "&x=%ff", "text/csv", "price\n", 400, "not UTF-8"),
        (PRICES + "&dryRun=true&dryRun=false", "text/csv", "price\n", 400, "dryRun is there 2 times"),
        (PRICES + "&format=csv", "text/csv", "price\n", 400, "no parameter 'format' of POST /bulk/records"),
        ("/bulk/customers?definition=visit", "text/csv", "a\n", 400, "no parameter 'definition'"),
        (PRICES, "text/plain", "price\n", 415, "text/csv"),
        ("/bulk/contacts", "text/csv", "price\n", 404, "There is"),
        ("/bulk/orders", "text/csv", "price\n", 404, "There is"),
    ],
)  # fmt: skip
async def test_a_request_that_cannot_be_meant_is_refused(
    vets: VetShop, path: str, media: str, body: str | bytes, status: int, said: str
) -> None:
    response = await post(vets.shop, path, body, media)
    assert (response.status_code, said in response.json()["errors"][0]["message"]) == (status, True), response.text
    assert response.json()["errors"][0]["extensions"]["code"] != "INTERNAL"


@pytest.mark.parametrize("name", ["Idempotency-Key", "X-Idempotency-Key"])
async def test_an_idempotency_key_is_not_ignored(vets: VetShop, name: str) -> None:
    response = await post(vets.shop, PRICES, f"veto_id,product_id,price\n{vets.martin},diet,9\n", **{name: "k"})
    assert (response.status_code, "Send it without" in response.text) == (400, True)
    assert {record["data"]["price"] for record in await every_record(vets.shop, "vet_pricing")} == {"64", "71"}


@pytest.mark.parametrize("parameter", ["dryRun=true", "events=EMIT", "format=csv&format=jsonl", "restart=true"])
async def test_an_export_knows_its_own_parameters(vets: VetShop, parameter: str) -> None:
    response = await vets.shop.http.get(f"{PRICES}&{parameter}", headers={"spm-api-key": vets.shop.key})
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (400, "BAD_REQUEST")


async def test_a_file_that_breaks_off_says_so_in_its_last_line(vets: VetShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "ROWS", 2)
    rows = "".join(f"{vets.martin},diet,{n}\n" for n in range(1, 5)).encode()
    response = await post(vets.shop, PRICES, b"veto_id,product_id,price\n" + rows + b"\xff,,\n")
    assert "Line 6 is not UTF-8" in lines(response)[-1]["errors"][0]["message"]
    counts = lines(await post(vets.shop, PRICES, b"veto_id,product_id,price\n" + rows))[-1]
    assert counts["updated"] + counts["unchanged"] == 4  # of both requests together


async def test_who_may(vets: VetShop) -> None:
    shop = vets.shop
    minted = await shop.ask(
        "mutation($i: CreateContactTokenInput!) { createContactToken(input: $i) { token } }",
        i={"contact": {"idContact": str(vets.dubois)}},
    )  # fmt: skip
    text, digest, prefix = new_key(shop.id)
    async with shop.database.writing(shop.id) as session:
        await create_key(session, "reads", digest, prefix, [Scope.READ])
    for key, posted, got in (
        (minted["createContactToken"]["token"], 403, 403), (text, 403, 200), ("cdg_1_x", 401, 401), ("", 401, 401),
    ):  # fmt: skip
        response = await shop.http.post(
            PRICES, content="price\n1\n", headers={"spm-api-key": key, "content-type": "text/csv"}
        )
        assert response.status_code == posted, response.text
        assert (await shop.http.get(PRICES, headers={"spm-api-key": key})).status_code == got
    assert len(await every_record(shop, "vet_pricing")) == 2


async def test_a_body_beyond_the_bound_is_refused(vets: VetShop) -> None:
    app = Starlette()
    mount(app, vets.shop.database, Settings.model_construct(max_bulk_bytes=1_000))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway") as client:
        headers = {"spm-api-key": vets.shop.key, "content-type": "text/csv"}
        response = await client.post(PRICES, content="price\n" * 200, headers=headers)
    assert response.status_code == 413
    assert response.json()["errors"][0]["extensions"]["maximum"] == 1_000


async def test_one_file_of_a_shop_at_a_time(vets: VetShop, other_shop: ShopClient) -> None:
    """While a body is on its way: a second one waits for nothing, another shop's is taken."""
    statuses = []

    async def body() -> Any:
        yield b"veto_id,product_id,price\n"
        statuses.append((await post(vets.shop, PRICES, "price\n1\n")).status_code)
        statuses.append((await post(other_shop, "/bulk/products", "idProduct,name,price\n1,A,1\n")).status_code)
        yield f"{vets.martin},diet,9\n".encode()

    response = await post(vets.shop, PRICES, body())
    assert statuses == [429, 200]
    assert lines(response)[-1]["updated"] == 1
