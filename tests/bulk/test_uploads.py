"""Files by mutation: the same verdicts as the API's and the routes', and who may."""

import asyncio
from typing import Any

import pytest

from app.domain.access import Scope
from app.domain.shops import new_key
from app.store.keys import create_key
from tests.bulk.files import every_record
from tests.bulk.test_http import PRICES, lines, post
from tests.bulk.uploads import END, MAP, counts, imported, operations, part, posted, upload
from tests.limits.edge import bounded
from tests.shops import ShopClient, VetShop

PRICING: dict[str, Any] = {"definition": "vet_pricing"}


async def test_rows_go_in_and_what_is_wrong_comes_back(vets: VetShop) -> None:
    body = "veto_id.nom,product_id,price\nDr Martin,diet,60\nDr Nobody,diet,1\nDr Durand,diet,dear\n"
    payload = await imported(vets.shop, body, **PRICING)
    assert counts(payload) == (3, 0, 1, 0, 2)
    told = [(row["line"], row["outcome"], row["id"], row["errors"][0]["code"], row["errors"][0]["path"])
            for row in payload["rejects"]]  # fmt: skip
    assert told == [
        (3, "REJECTED", None, "RECORD_NOT_FOUND", "veto_id"), (4, "REJECTED", None, "INVALID_VALUE", "price"),
    ]  # fmt: skip
    assert (payload["userErrors"], payload["dryRun"], payload["repeated"], payload["resumedAt"]) == (
        [],
        False,
        False,
        None,
    )
    assert {record["data"]["price"] for record in await every_record(vets.shop, "vet_pricing")} == {"60", "71"}


async def test_the_verdicts_are_those_of_the_route(vets: VetShop) -> None:
    body = f"veto_id,product_id,price\n{vets.martin},diet,1\n{vets.martin},none,2\n,diet,3\n{vets.durand},diet,x\n1,2\n"
    *noted, told = lines(await post(vets.shop, f"{PRICES}&dryRun=true", body))
    payload = await imported(vets.shop, body, dryRun=True, **PRICING)
    assert [payload[name] for name in ("created", "updated", "unchanged", "rejected", "dryRun")] == [
        told[name] for name in ("created", "updated", "unchanged", "rejected", "dryRun")
    ]
    assert [(row["line"], [(e["code"], e["message"], e["path"]) for e in row["errors"]]) for row in noted] == [
        (row["line"], [(e["code"], e["message"], e["path"]) for e in row["errors"]]) for row in payload["rejects"]
    ]
    assert {record["data"]["price"] for record in await every_record(vets.shop, "vet_pricing")} == {"64", "71"}


async def test_customers_and_products_and_lines_of_json(shop: ShopClient) -> None:
    people = '{"idCustomer": "1", "email": "a@x.test"}\n\n{"idCustomer": 2}\n'
    payload = await imported(shop, people, "importCustomers", format="JSONL")
    assert (counts(payload), [row["line"] for row in payload["rejects"]]) == ((2, 1, 0, 0, 1), [3])
    goods = "idProduct;name;price\n1;A;2,50\n;;\n"
    payload = await imported(shop, goods, "importProducts", delimiter="SEMICOLON", decimalComma=True)
    assert counts(payload) == (1, 1, 0, 0, 0)
    found = await shop.ask('{ products(ids: ["1"]) { nodes { price } } }')
    assert found["products"]["nodes"] == [{"price": "2.50"}]


async def test_rows_with_warnings_are_told_with_what_they_became(vets: VetShop) -> None:
    shop = vets.shop
    first = await shop.contact("twin@x.test")
    await shop.customers({"idCustomer": "other", "email": "twin@x.test"})
    await shop.define("Perk", {"contact_id": "NUMBER", "what": "STRING"}, relationships=[
        {"sourceField": "contact_id", "targetSchemaType": "SYSTEM", "targetSchema": "contacts"}])  # fmt: skip
    body = "contact_id.email,what\ntwin@x.test,a\n"
    payload = await imported(shop, body, definition="perk")
    [warned] = payload["warned"]
    assert (warned["line"], warned["outcome"], warned["warnings"][0]["code"]) == (2, "CREATED", "CONTACT_AMBIGUOUS")
    [record] = await every_record(shop, "perk")
    assert record["data"]["contact_id"] == first
    payload = await imported(shop, body, definition="perk", onAmbiguous="REJECT", restart=True)
    assert payload["rejects"][0]["errors"][0]["code"] == "CONTACT_AMBIGUOUS"


async def test_only_the_first_rejects_are_shown(shop: ShopClient) -> None:
    body = "idProduct,name,price\n" + "".join(f"{n},A,dear\n" for n in range(150))
    response = await upload(shop, body, "importProducts")
    payload = response.json()["data"]["importProducts"]
    assert (payload["rejected"], [row["line"] for row in payload["rejects"]]) == (150, [*range(2, 22)])
    query = operations("importProducts").replace("rejects {", "rejects(first: 100) {")
    more = await posted(shop, part("operations", query) + part("map", MAP) + part("0", body, file=True) + END)
    assert [row["line"] for row in more.json()["data"]["importProducts"]["rejects"]] == [*range(2, 102)]
    query = query.replace("first: 100", "first: 101")
    more = await posted(shop, part("operations", query) + part("map", MAP) + part("0", body, file=True) + END)
    assert more.json()["errors"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"


async def test_a_file_without_a_key_is_not_in_twice(shop: ShopClient) -> None:
    await shop.define("Visit", {"reason": "STRING"})
    for repeated in (False, True):
        payload = await imported(shop, "reason\na\nb\n", definition="visit")
        assert (payload["repeated"], payload["created"]) == (repeated, 2)
    assert (await imported(shop, "reason\na\nb\n", definition="visit", restart=True))["created"] == 2
    assert len(await every_record(shop, "visit")) == 4


@pytest.mark.parametrize(
    ("file", "code", "said", "path"),
    [
        (b"", "FILE_UNREADABLE", "The file is empty", "file"),
        (b"pric\n1\n", "FILE_UNREADABLE", "Did you mean price?", "file"),
        (b"\x1f\x8b\x08\x00", "FILE_UNREADABLE", "packed with gzip", "file"),
        (b"\xff\xfev\x00", "FILE_UNREADABLE", "UTF-16", "file"),
        (b'veto_id,product_id,price\n"1,2,3\n', "FILE_UNREADABLE", "never closed", "file"),
    ],
)  # fmt: skip
async def test_a_file_that_cannot_be_read_is_a_user_error(
    vets: VetShop, file: bytes, code: str, said: str, path: str
) -> None:
    [error] = (await imported(vets.shop, file, **PRICING))["userErrors"]
    assert (error["code"], said in error["message"], error["path"]) == (code, True, path), error


async def test_a_definition_that_takes_no_rows_is_a_user_error(vets: VetShop) -> None:
    [error] = (await imported(vets.shop, "price\n1\n", definition="prices"))["userErrors"]
    assert (error["code"], error["path"]) == ("DEFINITION_NOT_FOUND", "definition")
    await vets.shop.run("deactivateCustomDataDefinition", "userErrors { code }", definition="vet_pricing")
    body = f"veto_id,product_id,price\n{vets.martin},diet,1\n"
    [error] = (await imported(vets.shop, body, **PRICING))["userErrors"]
    assert (error["code"], error["path"]) == ("DEFINITION_INACTIVE", "definition")


@pytest.mark.parametrize("name", ["Idempotency-Key", "X-Idempotency-Key"])
async def test_an_idempotency_key_is_not_ignored(vets: VetShop, name: str) -> None:
    body = f"veto_id,product_id,price\n{vets.martin},diet,9\n"
    response = await upload(vets.shop, body, headers={name: "k"}, **PRICING)
    [error] = response.json()["data"]["importRecords"]["userErrors"]
    assert (error["code"], "without" in error["message"]) == ("INVALID_IDEMPOTENCY_KEY", True)
    assert {record["data"]["price"] for record in await every_record(vets.shop, "vet_pricing")} == {"64", "71"}


async def test_who_may(vets: VetShop) -> None:
    shop = vets.shop
    minted = await shop.ask(
        "mutation($i: CreateContactTokenInput!) { createContactToken(input: $i) { token } }",
        i={"contact": {"idContact": str(vets.dubois)}},
    )  # fmt: skip
    text, digest, prefix = new_key(shop.id)
    async with shop.database.writing(shop.id) as session:
        await create_key(session, "reads", digest, prefix, [Scope.READ])
    body = f"veto_id,product_id,price\n{vets.martin},diet,9\n"
    for key in (minted["createContactToken"]["token"], text):
        response = await upload(shop, body, headers={"spm-api-key": key}, **PRICING)
        assert [error["extensions"]["code"] for error in response.json()["errors"]] == ["FORBIDDEN"], response.text
    for key in ("", "cdg_1_x"):
        response = await upload(shop, body, headers={"spm-api-key": key}, **PRICING)
        assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
    assert {record["data"]["price"] for record in await every_record(shop, "vet_pricing")} == {"64", "71"}


async def test_one_file_of_a_shop_at_a_time_whichever_way_it_comes(vets: VetShop, other_shop: ShopClient) -> None:
    statuses = []
    rows = f"veto_id,product_id,price\n{vets.martin},diet,9\n"

    async def body() -> Any:
        yield part("operations", operations(**PRICING)) + part("map", MAP) + part("0", rows, file=True)
        statuses.append((await post(vets.shop, PRICES, "price\n1\n")).status_code)
        statuses.append((await upload(vets.shop, rows, **PRICING)).status_code)
        statuses.append((await upload(other_shop, "idProduct,name,price\n1,A,1\n", "importProducts")).status_code)
        statuses.append((await vets.shop.post("{ shop { name } }")).status_code)
        yield END

    response = await posted(vets.shop, body())
    assert statuses == [429, 429, 200, 200]
    assert counts(response.json()["data"]["importRecords"]) == (1, 0, 1, 0, 0)


async def test_a_file_outlasts_the_time_of_a_request(vets: VetShop) -> None:
    """And that in which a body must come."""

    async def body() -> Any:
        yield part("operations", operations(**PRICING)) + part("map", MAP)
        yield part("0", "veto_id,product_id,price\n", file=True)[:-2]
        await asyncio.sleep(0.4)
        yield f"{vets.martin},diet,9\n".encode() + b"\r\n" + END

    async with bounded(vets.shop, request_timeout_ms=100, body_timeout_ms=100) as shop:
        response = await posted(shop, body())
    assert counts(response.json()["data"]["importRecords"]) == (1, 0, 1, 0, 0)


@pytest.mark.parametrize("executor", ["breadth-first", "graphql-core"])
async def test_whichever_way_operations_are_run(vets: VetShop, executor: str) -> None:
    body = f"veto_id,product_id,price\n{vets.martin},diet,9\n1,2\n"
    async with bounded(vets.shop, executor=executor) as shop:
        for unchanged in (0, 1):
            payload = await imported(shop, body, **PRICING)
            assert counts(payload) == (2, 0, 1 - unchanged, unchanged, 1)
            assert [row["line"] for row in payload["rejects"]] == [3]


async def test_what_it_costs(shop: ShopClient) -> None:
    response = await upload(shop, "idProduct,name,price\n", "importProducts")
    assert 1_000 < response.json()["extensions"]["cost"]["requested"] < 1_200
    async with bounded(shop, max_cost=1_000) as poor:
        response = await upload(poor, "idProduct,name,price\n1,A,1\n", "importProducts")
    assert response.json()["errors"][0]["extensions"]["code"] == "QUERY_TOO_COMPLEX"
    assert (await shop.ask("{ products { totalCount { count } } }"))["products"]["totalCount"]["count"] == 0
