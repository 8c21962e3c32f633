"""Saving a shop's own records by their types: the verdicts of the general save, in typed words."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from app.domain.access import Scope
from app.domain.shops import new_key
from app.graphql.schema import BREADTH_FIRST, GRAPHQL_CORE
from app.server.app import mount
from app.server.settings import Settings
from app.store.database import Database
from app.store.keys import create_key
from tests.shops import ShopClient, new_shop, to

SAVE = """mutation($r: [CardInput!]!, $p: ErrorPolicy! = REJECT_ITEMS, $k: String) {
    custom { saveCard(records: $r, errorPolicy: $p, idempotencyKey: $k) { created updated unchanged rejected
    warnings { code } userErrors { code message path } results { index outcome errors { code path index }
    record { contactId contact { email } vet { nom } product { name } tier points since place { lat } version } }
    } } }"""


@pytest.fixture(params=[BREADTH_FIRST, GRAPHQL_CORE])
async def clinic(request: pytest.FixtureRequest, database: Database, admin_url: str) -> AsyncIterator[ShopClient]:
    app = Starlette()
    mount(app, database, Settings.model_construct(executor=request.param))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway") as http:
        shop = await new_shop(database, http, admin_url)
        await shop.customers({"idCustomer": "c1", "source": "shop", "email": "ada@example.com", "emailVerified": True})
        await shop.products({"idProduct": "a", "reference": "ra", "name": "Apple", "price": 1})
        await shop.define("Vet", {"nom": "STRING"}, uniqueKeys=["nom"])
        await shop.save("vet", {"nom": "Martin"})
        await shop.define(
            "Card",
            {"contact_id": {"type": "NUMBER", "required": True}, "vet_id": "NUMBER", "product_id": "STRING",
             "tier": {"type": "STRING", "options": ["gold", "silver"]}, "points": "NUMBER", "fee": "DECIMAL",
             "since": "DATE", "at": "DATETIME", "place": "GEOLOCATION", "tags": "LIST", "note": "JSON"},
            uniqueKeys=["contact_id"],
            relationships=[to("contact_id", "contacts"), to("vet_id", "vet"), to("product_id", "products")],
        )  # fmt: skip
        yield shop


async def save(shop: ShopClient, *records: dict[str, Any], **more: Any) -> Any:
    return (await shop.ask(SAVE, r=list(records), **more))["custom"]["saveCard"]


ADA = {"email": "ADA@example.com"}


async def test_a_record_with_everything(clinic: ShopClient) -> None:
    payload = await save(clinic, {
        "contact": {"idCustomer": {"idCustomer": "c1", "source": "shop"}}, "vet": {"nom": "Martin"},
        "product": {"reference": "ra"}, "tier": "gold", "points": 1.5, "fee": "1.50", "since": "2026-01-31",
        "at": "2026-01-31T10:00:00+02:00", "place": {"lat": 1, "lng": 2}, "tags": ["x"], "note": {"a": None},
    })  # fmt: skip
    assert payload["userErrors"] == payload["results"][0]["errors"] == []
    [result] = payload["results"]
    assert (result["outcome"], payload["created"]) == ("CREATED", 1)
    assert result["record"] == {
        "contactId": result["record"]["contactId"], "contact": {"email": "ada@example.com"}, "vet": {"nom": "Martin"},
        "product": {"name": "Apple"}, "tier": "gold", "points": 1.5, "since": "2026-01-31", "place": {"lat": 1},
        "version": 1,
    }  # fmt: skip
    data = (await clinic.ask('{ customDataRecords(definition: "card") { nodes { data } } }'))["customDataRecords"]
    assert data["nodes"][0]["data"]["at"] == "2026-01-31T08:00:00Z"
    assert data["nodes"][0]["data"]["fee"] == "1.50"


async def test_absent_is_left_alone_and_null_clears(clinic: ShopClient) -> None:
    await save(clinic, {"contact": ADA, "tier": "gold", "points": 1, "vet": {"nom": "Martin"}})
    payload = await save(clinic, {"contact": ADA, "points": None, "vet": None})
    assert payload["updated"] == 1
    record = payload["results"][0]["record"]
    assert (record["tier"], record["points"], record["vet"]) == ("gold", None, None)
    assert (await save(clinic, {"contact": {"idContact": record["contactId"]}}))["unchanged"] == 1
    payload = await save(clinic, {"contact": None})
    assert payload["results"][0]["errors"] == [{"code": "MISSING_KEY", "path": "records.0.contact", "index": 0}]


async def test_verdicts_name_what_was_sent(clinic: ShopClient) -> None:
    nobody = {"email": "nobody@example.com"}
    payload = await save(
        clinic, {"contact": nobody}, {"contact": ADA}, {}, {"contact": ADA, "since": "2026-02-30"},
        {"contact": {"idContact": "x"}}, {"contact": ADA, "vet": {"idRecord": "7"}},
        {"contact": ADA, "product": {"idProduct": "zzz"}}, {"contact": ADA, "points": 0.1},
    )  # fmt: skip
    found = [(each["outcome"], [(error["code"], error["path"]) for error in each["errors"]])
             for each in payload["results"]]  # fmt: skip
    assert found == [
        ("REJECTED", [("CONTACT_NOT_FOUND", "records.0.contact")]),
        ("CREATED", []),
        ("REJECTED", [("MISSING_KEY", "records.2.contact")]),
        ("REJECTED", [("INVALID_VALUE", "records.3.since")]),
        ("REJECTED", [("INVALID_REFERENCE", "records.4.contact")]),
        ("REJECTED", [("RECORD_NOT_FOUND", "records.5.vet")]),
        ("REJECTED", [("PRODUCT_NOT_FOUND", "records.6.product")]),
        ("UPDATED", []),
    ]
    payload = await save(clinic, {"contact": ADA, "points": 9}, {"contact": nobody}, p="REJECT_ALL")
    assert [each["errors"][0]["code"] for each in payload["results"]] == ["BATCH_ABORTED", "CONTACT_NOT_FOUND"]
    payload = await save(clinic)
    assert payload["userErrors"][0]["path"] == "records"


async def test_a_number_is_not_rounded(clinic: ShopClient) -> None:
    document = """mutation { custom { saveCard(records: [{contact: {email: "ada@example.com"},
        points: 0.1000000000000000000001}]) { results { errors { code path } } } } }"""
    [result] = (await clinic.ask(document))["custom"]["saveCard"]["results"]
    assert result["errors"] == [{"code": "INVALID_VALUE", "path": "records.0.points"}]


async def test_what_a_type_forbids_is_refused_before_anything_is_written(clinic: ShopClient) -> None:
    for wrong in ({"tier": "lead"}, {"contact": {}}, {"contact": {**ADA, "idContact": "1"}}, {"points": "1"},
                  {"nothing": 1}, {"place": {"lat": 1}}, {"contact": {"email": None}}):  # fmt: skip
        answer = await clinic.answer(SAVE, r=[{"contact": ADA, **wrong}])
        assert "errors" in answer
        assert answer.get("data") is None
    assert (await clinic.ask("{ custom { card { totalCount { count } } } }"))["custom"]["card"]["totalCount"] == {
        "count": 0
    }


async def test_fields_run_in_order_and_each_payload_shows_its_own_write(clinic: ShopClient) -> None:
    def one(name: str, points: int, directive: str = "") -> str:
        sent = f'{{contact: {{email: "ada@example.com"}}, points: {points}}}'
        return f"{name}: saveCard(records: [{sent}]) {directive} {{ results {{ outcome record {{ points }} }} }}"

    document = f"""mutation($no: Boolean!) {{ custom {{ {one("a", 1)} ...F {one("b", 2)} }} custom {{ {one("c", 3)} }}
        saveProducts(input: {{products: [{{idProduct: "b", name: "B", price: 1}}]}}) {{ created }}
        custom {{ {one("d", 4)} {one("skipped", 5, "@skip(if: $no)")} }} }}
        fragment F on MutationCustom {{ {one("f", 6)} }}"""
    found = await clinic.ask(document, no=True)
    assert [*found] == ["custom", "saveProducts"]
    assert {name: (each["results"][0]["outcome"], each["results"][0]["record"]["points"])
            for name, each in found["custom"].items()} == {
        "a": ("CREATED", 1), "f": ("UPDATED", 6), "b": ("UPDATED", 2), "c": ("UPDATED", 3), "d": ("UPDATED", 4),
    }  # fmt: skip
    assert [*found["custom"]] == ["a", "f", "b", "c", "d"]
    assert found["saveProducts"] == {"created": 1}


async def test_nothing_chosen_is_an_empty_object(clinic: ShopClient) -> None:
    document = "mutation { custom { saveVet(records: []) @skip(if: true) { created } } }"
    assert await clinic.ask(document) == {"custom": {}}


async def test_a_retry_answers_the_same(clinic: ShopClient) -> None:
    first = await save(clinic, {"contact": ADA, "points": 1}, k="once")
    again = await save(clinic, {"contact": ADA, "points": 1}, k="once")
    assert first == again
    [error] = (await save(clinic, {"contact": ADA, "points": 2}, k="once"))["userErrors"]
    assert error["code"] == "IDEMPOTENCY_KEY_REUSED"


async def test_a_key_needs_the_scope(clinic: ShopClient, database: Database) -> None:
    text, digest, prefix = new_key(clinic.id)
    async with database.writing(clinic.id) as session:
        await create_key(session, "reads", digest, prefix, [Scope.READ, Scope.WRITE_CATALOGUE])
    reader = replace(clinic, key=text)
    document = 'mutation { saveProducts(input: {products: [{idProduct: "n", name: "N", price: 1}]}) { created } %s }'
    answer = await reader.answer(document % 'custom { saveVet(records: [{nom: "New"}]) { created } }')
    assert answer["data"] == {"saveProducts": None, "custom": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"] * 2


async def test_inactive_definitions_are_deprecated_for_writing(clinic: ShopClient) -> None:
    await clinic.run("deactivateCustomDataDefinition", "userErrors { code }", definition="card")
    found = await clinic.ask(
        '{ __type(name: "MutationCustom") { fields(includeDeprecated: true) { name isDeprecated } } }'
    )
    assert {each["name"]: each["isDeprecated"] for each in found["__type"]["fields"]} == {
        "saveVet": False, "updateVet": False, "deleteVet": False, "updateVetByKey": False, "deleteVetByKey": False,
        "saveCard": True, "updateCard": True, "deleteCard": True, "updateCardByKey": True, "deleteCardByKey": True,
    }  # fmt: skip
    [error] = (await save(clinic, {"contact": ADA}))["userErrors"]
    assert (error["code"], error["path"]) == ("DEFINITION_INACTIVE", None)


async def test_as_many_statements_for_fifty_as_for_one(clinic: ShopClient) -> None:
    document = "mutation($r: [VetInput!]!) { custom { saveVet(records: $r) { results { record { nom } } } } }"
    await clinic.ask("{ __typename }")  # the schema is known
    seen = []
    for count in (1, 50):
        records = [{"nom": f"{count}.{n}"} for n in range(count)]
        with clinic.statements() as statements:
            await clinic.ask(document, r=records)
        seen.append(statements)
    assert seen[0] == seen[1]


async def test_the_cost_grows_with_the_records(clinic: ShopClient) -> None:
    document = "mutation($r: [VetInput!]!) { custom { saveVet(records: $r) { created } } }"
    costs = []
    for count in (1, 11):
        answer = await clinic.answer(document, r=[{"nom": str(n)} for n in range(count)])
        costs.append(answer["extensions"]["cost"]["requested"])
    assert costs[1] - costs[0] == 20
