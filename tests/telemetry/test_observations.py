"""What is noted of an operation."""

import httpx
import pytest

from app.domain.limits import RECORDS_PER_SAVE
from app.telemetry.observation import Observation
from tests.telemetry.conftest import Listening

PRICES = """query Prices($first: Int) { customDataRecords(definition: "vet_pricing", first: $first) {
    nodes { data relation(field: "veto_id") { ... on CustomDataRecord { data } } } } }"""


@pytest.mark.usefixtures("vets")
async def test_an_operation_is_noted_with_what_it_asked(listening: Listening) -> None:
    seen: list[Observation] = []
    async with listening(seen.append) as shop:
        with shop.statements() as statements:
            answer = await shop.answer(PRICES, first=10)
        await shop.ask(PRICES, first=10)
    first, second = seen
    assert (first.shop_id, first.kind, first.name, first.status, first.codes) == (shop.id, "query", "Prices", 200, ())
    assert first.cost == answer["extensions"]["cost"]["requested"]
    assert first.definitions == {"vet_pricing"}
    assert [first.known, second.known] == [False, True]
    told = [each.query.name for each in first.statements if not each.query.name.startswith(("keys.", "shops."))]
    assert [name for name in told if not name.startswith("session.")] == statements
    assert all(each.seconds > 0 for each in first.statements)
    assert first.seconds > first.database_seconds / len(first.statements)


@pytest.mark.usefixtures("vets")
async def test_what_loaders_ask_at_once_is_noted(listening: Listening) -> None:
    seen: list[Observation] = []
    async with listening(seen.append) as shop:
        await shop.products(*({"idProduct": f"p{n}", "name": "P", "price": "1"} for n in range(4)))
        await shop.ask('{ products { nodes { pricing(contact: { email: "dubois@example.com" }) { payable } } } }')
    assert ("prices", 5) in seen[-1].batches


@pytest.mark.usefixtures("vets")
async def test_items_are_counted_by_what_became_of_them(listening: Listening) -> None:
    seen: list[Observation] = []
    async with listening(seen.append) as shop:
        await shop.save("veterinarian", {"nom": "Dr Neu"}, {"nom": "Dr Martin"}, {"nom": 7}, {"nom": "Dr Neu"})
    [saved] = seen
    assert saved.kind == "mutation"
    assert dict(saved.items) == {
        ("saveCustomDataRecords", "CREATED"): 1, ("saveCustomDataRecords", "UNCHANGED"): 2,
        ("saveCustomDataRecords", "REJECTED"): 1,
    }  # fmt: skip
    assert "session.end" in [each.query.name for each in saved.statements]


@pytest.mark.usefixtures("vets")
async def test_fields_of_the_shops_own_are_counted_as_the_general_ones(listening: Listening) -> None:
    """They are named after definitions, of which there may be any number."""
    seen: list[Observation] = []
    async with listening(seen.append) as shop:
        for field in (
            'saveVeterinarian(records: [{nom: "Dr Neu"}]) { created }',
            'updateVeterinarianByKey(key: {nom: "Dr Neu"}, data: {ville: "Lyon"}) { outcome }',
            'deleteVeterinarianByKey(key: {nom: "Dr Neu"}) { deleted }',
            'deleteVeterinarian(ids: ["1"]) { userErrors { code } }',
        ):
            await shop.ask(f"mutation {{ custom {{ {field} }} }}")
    assert [field for noted in seen for field, _ in noted.items] == [
        "saveCustomDataRecords", "updateCustomDataRecord", "deleteCustomDataRecord", "bulkDeleteCustomDataRecords",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "headers", "status", "code", "kind"),
    [
        ("{ shop { name }", {}, 200, "GRAPHQL_PARSE_FAILED", ""),
        ("{ nothing }", {}, 200, "GRAPHQL_VALIDATION_FAILED", ""),
        ("{ shop { name } }", {"spm-api-key": "no"}, 401, "UNAUTHENTICATED", ""),
        ('{ customDataRecords(definition: "no") { nodes { id } } }', {}, 200, "DEFINITION_NOT_FOUND", "query"),
        ("{ shop { name } }", {"content-type": "text/plain"}, 415, "UNSUPPORTED_MEDIA_TYPE", ""),
    ],
)
async def test_what_goes_wrong_is_noted_by_its_code(
    listening: Listening, query: str, headers: dict[str, str], status: int, code: str, kind: str
) -> None:
    seen: list[Observation] = []
    async with listening(seen.append) as shop:
        response = await shop.post(query, headers=headers)
    [noted] = seen
    assert response.status_code == noted.status == status
    assert (noted.codes, noted.kind) == ((code,), kind)


@pytest.mark.parametrize("given", ["order-17.a:b_c", "x" * 64])
async def test_a_request_keeps_the_id_it_came_with(listening: Listening, given: str) -> None:
    seen: list[Observation] = []
    async with listening(seen.append) as shop:
        response = await shop.post("{ shop { name } }", headers={"x-request-id": given})
    assert response.headers["x-request-id"] == seen[0].request_id == given


@pytest.mark.parametrize("given", ["", "x" * 65, "marie@example.com", 'a"b', "a b"])
async def test_an_id_that_could_be_anything_is_replaced(listening: Listening, given: str) -> None:
    seen: list[Observation] = []
    async with listening(seen.append) as shop:
        for _ in range(2):
            response = await shop.post("{ shop { name } }", headers={"x-request-id": given})
            assert response.headers["x-request-id"] == seen[-1].request_id != given
    assert seen[0].request_id != seen[1].request_id


async def test_a_teller_that_fails_disturbs_nobody(listening: Listening, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[Observation] = []

    def failing(_: Observation) -> None:
        raise ValueError("marie@example.com")

    async with listening(failing, seen.append) as shop:
        await shop.ask("{ shop { name } }")
    assert len(seen) == 1
    assert "could not be told of" in caplog.text


async def test_a_stream_is_noted_once_with_its_answers(listening: Listening) -> None:
    seen: list[Observation] = []
    async with listening(seen.append) as shop:
        headers = {"accept": "text/event-stream", "spm-api-key": shop.key}
        response = await shop.http.post("/graphql", json={"query": "query Named { shop { name } }"}, headers=headers)
    assert response.status_code == 200
    [noted] = seen
    assert (noted.kind, noted.name, noted.answers, noted.shop_id) == ("query", "Named", 1, shop.id)


async def test_statements_are_bounded() -> None:
    class Query:
        name, sql = "a.b", "select"

    noted = Observation("id", "http")
    for _ in range(200 + RECORDS_PER_SAVE):
        noted.asked(Query(), noted.began)
    assert len(noted.statements) == 200
    assert noted.statement_count == 200 + RECORDS_PER_SAVE


async def test_pages_for_people_carry_no_shop(listening: Listening) -> None:
    seen: list[Observation] = []
    async with listening(seen.append) as shop:
        response: httpx.Response = await shop.http.get("/graphql", headers={"accept": "text/html"})
    assert response.status_code == 200
    assert seen[0].shop_id is None
