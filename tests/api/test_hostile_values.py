"""Hostile values, in variables and inside the document, in records and in every text argument: stored exactly, or
refused with a code; never an error of ours."""

import json
from base64 import urlsafe_b64encode
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shops import INPUTS, SAVED, Raw, ShopClient, to

FIELDS = {"code": "STRING", "text": "LONGTEXT", "number": "NUMBER", "exact": "DECIMAL", "day": "DATE",
          "time": "DATETIME", "list": "LIST", "any": "JSON", "who": "NUMBER", "what": "STRING",
          "up": "NUMBER"}  # fmt: skip
RELATIONS = [to("who", "contacts"), to("what", "products"), to("up", "thing")]

# field, JSON as it is sent, the value stored (None: refused)
VALUES = {
    "quotes": ("text", r'"\"\\' + "'" + r';drop table records;--"', '"\\\';drop table records;--'),
    "emoji": ("text", '"\\ud83d\\ude00"', "😀"),
    "right-to-left": ("text", '"\u202eسلم\u202c"', "\u202eسلم\u202c"),
    "U+0000": ("text", r'"a\u0000b"', None),
    "half a surrogate pair": ("text", r'"\ud800"', None),
    "half a pair as a key": ("any", r'{"\ud800": 1}', None),
    "U+0000 as a key": ("any", r'{"\u0000": 1}', None),
    "a LONGTEXT of 100,000 characters": ("text", json.dumps("é" * 100_000), "é" * 100_000),
    "a LONGTEXT of 100,001 characters": ("text", json.dumps("é" * 100_001), None),
    "5,000 digits in a NUMBER": ("number", "9" * 5000, None),
    "5,000 digits in a DECIMAL": ("exact", "9" * 5000, None),
    "5,000 digits as text": ("exact", '"' + "9" * 5000 + '"', None),
    "5,000 digits in JSON": ("any", "[" + "9" * 5000 + "]", None),
    "5,000 digits as an id": ("who", "9" * 5000, None),
    "1e999999": ("number", "1e999999", None),
    "1e999999 in a DECIMAL": ("exact", "1e999999", None),
    "1e999999 as an id": ("up", "1e999999", None),
    "0e999999": ("exact", "0e999999", "0"),
    "-0": ("number", "-0", 0),
    "0.1000000000000000000001 in a DECIMAL": ("exact", "0.1000000000000000000001", "0.1000000000000000000001"),
    "0.1000000000000000000001 in a NUMBER": ("number", "0.1000000000000000000001", None),
    "2^53 + 1": ("number", "9007199254740993", None),
    "year 10000": ("day", '"10000-01-01"', None),
    "year 0": ("day", '"0000-01-01"', None),
    "year 9999": ("day", '"9999-12-31"', "9999-12-31"),
    "beyond year 9999 in UTC": ("time", '"9999-12-31T23:59:59-01:00"', None),
    "infinity as text": ("time", '"infinity"', None),
    "NaN as text": ("exact", '"NaN"', None),
    "digits of another script": ("exact", '"١٢"', None),
    "nested 32 deep": ("any", "[" * 32 + "]" * 32, json.loads("[" * 32 + "]" * 32)),
    "nested 33 deep": ("any", "[" * 33 + "]" * 33, None),
    "a boolean as an id": ("who", "true", None),
    "an object as a product": ("what", '{"by": {"by": 1}, "value": []}', None),
    "an e-mail with U+0000": ("who", r'{"by": "email", "value": "a\u0000@b"}', None),
    "a list of everything": ("list", '[1, "a", null, {}]', None),
}  # fmt: skip
# a name inside a document is a GraphQL name, and a document has its own bound
IN_VARIABLES_ONLY = {"half a pair as a key", "U+0000 as a key", "a LONGTEXT of 100,000 characters"}


@pytest.fixture
async def things(shop: ShopClient) -> ShopClient:
    await shop.define("Thing", FIELDS, uniqueKeys=["code"], relationships=RELATIONS)
    return shop


@pytest.mark.parametrize("case", VALUES)
async def test_a_value_in_variables_is_stored_exactly_or_refused(case: str, things: ShopClient) -> None:
    field, sent, stored = VALUES[case]
    payload = await things.save("thing", {"code": "x", field: Raw(sent)})
    await _stored_or_refused(things, field, payload, stored)


@pytest.mark.parametrize("case", sorted(VALUES.keys() - IN_VARIABLES_ONLY))
async def test_a_value_inside_the_document_is_stored_exactly_or_refused(case: str, things: ShopClient) -> None:
    field, sent, stored = VALUES[case]
    literal = sent.replace('"by":', "by:").replace('"value":', "value:")
    record = f'{{code: "x", {field}: {literal}}}'
    query = f'mutation {{ saveCustomDataRecords(input: {{definition: "thing", records: [{record}]}}) {{ {SAVED} }} }}'
    answer = (await things.post(query)).json()
    if answer.get("data"):
        await _stored_or_refused(things, field, answer["data"]["saveCustomDataRecords"], stored)
    else:
        assert stored is None
        assert answer["errors"][0]["extensions"]["code"] != "INTERNAL"


async def _stored_or_refused(shop: ShopClient, field: str, payload: Any, stored: Any) -> None:
    assert payload["userErrors"] == []
    (result,) = payload["results"]
    if stored is None:
        assert result["outcome"] == "REJECTED"
        assert result["errors"][0]["path"].startswith(f"records.0.{field}")
    else:
        assert result["outcome"] == "CREATED", result["errors"]
        query = '{ customDataRecord(by: {definition: "thing", key: "x"}) { data } }'
        assert (await shop.ask(query))["customDataRecord"]["data"][field] == stored


TEXTS = ("\0", "a\0b", "\ud800", "x" * 70_000, "' or 1=1 --", "%_\\", "\u202e", "😀", "", " ", "²", "9" * 5000, "-1",
         "1.5")  # fmt: skip
READS = {
    "node": "query($x: ID!) { node(id: $x) { id } }",
    "nodes": "query($x: ID!) { nodes(ids: [$x]) { id } }",
    "a definition's key": "query($x: String!) { customDataDefinition(key: $x) { id } }",
    "a definition's id": "query($x: ID!) { customDataDefinition(id: $x) { id } }",
    "a record's id": "query($x: ID!) { customDataRecord(id: $x) { id } }",
    "a record's definition": "query($x: String!) { customDataRecord(by: {definition: $x, key: 1}) { id } }",
    "a record's key": 'query($x: JSON!) { customDataRecord(by: {definition: "thing", key: $x}) { id } }',
    "records": "query($x: String!) { customDataRecords(definition: $x) { nodes { id } } }",
    "after": 'query($x: String!) { customDataRecords(definition: "thing", after: $x) { nodes { id } } }',
    "before": "query($x: String!) { products(before: $x) { nodes { id } } }",
    "idContact": "query($x: ID!) { contact(by: {idContact: $x}) { id } }",
    "email": "query($x: String!) { contact(by: {email: $x}) { id } }",
    "idCustomer": "query($x: String!) { contact(by: {idCustomer: {idCustomer: $x}}) { id } }",
    "source": 'query($x: String!) { contact(by: {idCustomer: {idCustomer: "1", source: $x}}) { id } }',
    "search contacts": "query($x: String!) { contacts(search: $x) { nodes { id } totalCount { count } } }",
    "search products": "query($x: String!) { products(search: $x) { nodes { id } totalCount { count } } }",
    "idProduct": "query($x: ID!) { product(idProduct: $x) { id } }",
    "product ids": "query($x: ID!) { products(ids: [$x]) { nodes { id } } }",
    "paths": "query($x: String!) { overridePaths(definition: $x) { path } }",
    "fields": 'query($x: String!) { customDataRecords(definition: "thing") { nodes { data(fields: [$x]) } } }',
    "a field": 'query($x: String!) { customDataRecords(definition: "thing") { nodes { value(field: $x) } } }',
    "a relation": 'query($x: String!) { customDataRecords(definition: "thing") { nodes { relation(field: $x) {'
                  " __typename } relatedBy(definition: $x) { nodes { id } } pricing(productField: $x) { payable }"
                  " } } }",
}  # fmt: skip
FIELD = {"name": "<x>", "type": "JSON", "label": "<x>", "description": "<x>", "default": "<x>"}
WRITES: dict[str, dict[str, Any]] = {
    "createCustomDataDefinition": {"name": "<x>", "key": "<x>", "description": "<x>", "fields": [FIELD],
                                   "uniqueKeys": ["<x>"], "relationships": [to("<x>", "<x>")]},
    "extendCustomDataDefinition": {"definition": "thing", "name": "<x>", "description": "<x>", "fields": [FIELD],
                                   "options": [{"field": "<x>", "options": ["<x>"]}]},
    "activateCustomDataDefinition": {"definition": "<x>"},
    "deleteCustomDataDefinition": {"definition": "<x>"},
    "saveCustomDataRecords": {"definition": "<x>", "records": [{"<x>": "<x>"}]},
    "updateCustomDataRecord": {"by": {"definition": "thing", "key": "<x>"}, "data": {"<x>": "<x>"}},
    "deleteCustomDataRecord": {"id": "<x>"},
    "bulkDeleteCustomDataRecords": {"definition": "thing", "ids": ["<x>"]},
    "setOverrides": {"systemField": "<x>", "systemSchema": "<x>", "sources": [
        {"definition": "<x>", "field": "<x>", "priority": 1, "contactPath": ["<x>"], "productField": "<x>",
         "latestBy": "<x>"}]},
    "saveCustomers": {"customers": [{"idCustomer": "<x>", "source": "<x>", "email": "<x>", "firstName": "<x>",
                                     "lastName": "<x>", "lang": "<x>"}]},
    "deleteCustomers": {"customers": [{"idCustomer": "<x>", "source": "<x>"}]},
    "saveProducts": {"products": [{"idProduct": "<x>", "name": "<x>", "price": "1", "reference": "<x>", "lang": "<x>",
                                   "currency": "<x>"}]},
    "deleteProducts": {"ids": ["<x>"]},
}  # fmt: skip


@pytest.mark.parametrize("case", READS)
async def test_every_text_argument_of_a_query_takes_any_text(case: str, things: ShopClient) -> None:
    await things.save("thing", {"code": "a"})
    for text in TEXTS:
        await _never_ours(things, READS[case], x=text)


@pytest.mark.parametrize("mutation", WRITES)
async def test_every_text_of_a_mutations_input_takes_any_text(mutation: str, things: ShopClient) -> None:
    document = f"mutation($i: {INPUTS[mutation]}!) {{ {mutation}(input: $i) {{ userErrors {{ code message }} }} }}"
    for text in TEXTS:
        answer = await _never_ours(things, document, i=_filled(WRITES[mutation], text))
        assert "errors" not in answer, (text[:20], answer["errors"])


async def test_a_deletion_of_hostile_ids_can_be_retried(things: ShopClient) -> None:
    await things.products({"idProduct": "p", "name": "P", "price": 1})
    query = "mutation($i: DeleteProductsInput!) { deleteProducts(input: $i) { deleted unchanged } }"
    for _ in range(2):
        response = await things.post(query, {"i": {"ids": ["p", "\0", "\ud800"]}}, {"idempotency-key": "k"})
        assert response.json()["data"] == {"deleteProducts": {"deleted": 1, "unchanged": 2}}


async def test_one_hostile_field_of_a_query_does_not_spoil_the_others(things: ShopClient) -> None:
    query = "query($x: ID!, $c: String!) { a: product(idProduct: $x) { id } b: products(ids: [$x]) { nodes { id } } "
    cursor = urlsafe_b64encode(b"cursor:\0").decode().rstrip("=")
    more = 'c: products(after: $c) { nodes { id } } d: customDataRecords(definition: "thing") { nodes { id } } }'
    answer = await _never_ours(things, query + more, x="\0", c=cursor)
    assert answer["data"] is None or answer["data"]["d"] == {"nodes": []}
    assert {error["extensions"]["code"] for error in answer.get("errors", [])} <= {"BAD_USER_INPUT"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() .filter(Decimal.is_finite) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
shaped = st.fixed_dictionaries({"code": st.text()}, optional=dict.fromkeys(FIELDS.keys() - {"code"}, json_values))
texts = st.text(st.characters(codec=None, exclude_categories=()), max_size=30)


@settings(max_examples=60)
@given(records=st.lists(json_values.filter(lambda value: value is not None) | shaped, min_size=1, max_size=5))
async def test_whatever_is_sent_as_records_is_saved_or_refused(records: list[Any], things: ShopClient) -> None:
    document = f"mutation($i: SaveRecordsInput!) {{ saveCustomDataRecords(input: $i) {{ {SAVED} }} }}"
    answer = await _never_ours(things, document, i={"definition": "thing", "records": records})
    assert len(answer["data"]["saveCustomDataRecords"]["results"]) == len(records)


@settings(max_examples=60)
@given(text=texts, case=st.sampled_from(sorted(READS)), mutation=st.sampled_from(sorted(WRITES)))
async def test_whatever_text_comes_is_no_error_of_ours(text: str, case: str, mutation: str, things: ShopClient) -> None:
    await _never_ours(things, READS[case], x=text)
    document = f"mutation($i: {INPUTS[mutation]}!) {{ {mutation}(input: $i) {{ userErrors {{ code message }} }} }}"
    await _never_ours(things, document, i=_filled(WRITES[mutation], text))


@pytest.mark.parametrize("input_", [
    {"definition": "thing", "records": [{"code": "a", "<x>": "<x>", "any": {"<x>": "<x>"}}], "idempotencyKey": "k"},
    {"definition": "thing", "records": [{"code": "a"}, {"code": "<x>", "who": {"by": "<x>", "value": "<x>"}}],
     "idempotencyKey": "k"},
    {"definition": "thing", "records": [{"code": "a"}, {"code": "b", "what": "<x>"}], "idempotencyKey": "<x>"},
])  # fmt: skip
async def test_a_retried_call_with_hostile_texts_answers_the_same(input_: Any, things: ShopClient) -> None:
    document = f"mutation($i: SaveRecordsInput!) {{ saveCustomDataRecords(input: $i) {{ {SAVED} }} }}"
    for number, text in enumerate(TEXTS):
        sent = _filled(input_, text)
        sent["idempotencyKey"] += str(number) if sent["idempotencyKey"] == "k" else ""
        first = await _never_ours(things, document, i=sent)
        again = await _never_ours(things, document, i=sent)
        told = first["data"]["saveCustomDataRecords"]
        if told["created"] + told["updated"] > 0:
            assert again == first


def _filled(input_: Any, text: str) -> Any:
    if isinstance(input_, dict):
        return {_filled(key, text): _filled(value, text) for key, value in input_.items()}
    if isinstance(input_, list):
        return [_filled(value, text) for value in input_]
    return text if input_ == "<x>" else input_


async def _never_ours(shop: ShopClient, query: str, **variables: Any) -> Any:
    response = await shop.post(query, variables)
    assert response.status_code < 500, response.text
    answer = response.json()
    for error in answer.get("errors", []):
        assert error["extensions"]["code"] not in ("INTERNAL", "RETRY", "UNAVAILABLE", "TIMEOUT"), (variables, error)
    return answer
