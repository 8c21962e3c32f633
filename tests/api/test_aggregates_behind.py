"""What the records behind each of many parents amount to: one statement for all."""

from tests.api.test_aggregates import clinic as clinic
from tests.shops import ShopClient

BEHIND = """query($n: Int) { contacts(first: $n) { nodes { firstName customDataAggregate(definition: "visit",
    where: {fee: {isNull: false}}, groupBy: {field: "vet_id.nom"}, orderBy: {by: COUNT}) {
    groups { keys count sum(field: "fee") } } } } }"""


async def test_behind_contacts_products_and_records(clinic: ShopClient) -> None:
    found = (await clinic.ask(BEHIND))["contacts"]["nodes"]
    told = {node["firstName"]: [[*group.values()] for group in node["customDataAggregate"]["groups"]] for node in found}
    assert told == {
        "ada": [[["Martin"], 2, "10.1"]], "ben": [[["Martin"], 1, "20"]], "cleo": [[[None], 1, "0.2"]], "dan": [],
    }  # fmt: skip
    query = """{ customDataRecords(definition: "vet") { nodes { relatedByAggregate(definition: "visit") {
        groups { count avg(field: "score") } } } }
        products { nodes { customDataAggregate(definition: "visit") { groups { count } } } } }"""
    answer = await clinic.answer(query)
    vets = answer["data"]["customDataRecords"]["nodes"]
    assert [node["relatedByAggregate"]["groups"] for node in vets] == [
        [{"count": 3, "avg": 0.15}], [{"count": 1, "avg": 0.3}],
    ]  # fmt: skip
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"INVALID_RELATIONSHIP"}


async def test_one_statement_for_all_parents(clinic: ShopClient) -> None:
    seen = []
    for number in (1, 4):
        with clinic.statements() as statements:
            await clinic.ask(BEHIND, n=number)
        seen.append(statements)
    assert seen[0] == seen[1] == ["definitions.model_known", "contacts.page_forward", "records.aggregated_ref1"]
