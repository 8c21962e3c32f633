"""What a definition and its fields may be called, and what GraphQL makes of it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain import limits, naming
from app.domain.problems import Code

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no failure

SAME_NAMES = {
    "another case": ("Contrat", "CONTRAT"),
    "accents": ("Contrat clé", "contrat cle"),
    "accents written in two ways": ("cle\u0301", "clé"),
    "spaces within": ("Vet  pricing", "vet pricing"),
    "sharp s": ("Straße", "STRASSE"),
    "ligature": ("ﬁnance", "Finance"),
}


@pytest.mark.parametrize(("one", "other"), SAME_NAMES.values(), ids=SAME_NAMES)
def test_one_name(one: str, other: str) -> None:
    assert naming.name_key(one) == naming.name_key(other)


def test_two_names() -> None:
    assert naming.name_key("Vet pricing") != naming.name_key("Vetpricing")


@unhurried
@given(st.text("aÉ \u0301\u0130ẞŉﬁϓᾳ\u0345Ω"))
def test_a_name_key_is_its_own_name_key(name: str) -> None:
    assert naming.name_key(naming.name_key(name)) == naming.name_key(name)


KEYS = {
    "words": ("Vet pricing", "vet_pricing"),
    "accents and digits": ("Contrat clé 2", "contrat_cle_2"),
    "punctuation": ("  Prix (HT) / client ", "prix_ht_client"),
    "ligature of two letters": ("Nœud", "noeud"),
    "cut at the longest key": ("x" * 90, "x" * limits.KEY_LENGTH),
    "cut never ends with an underscore": ("x" * 49 + " yes", "x" * 49),
    "nothing usable": ("合同", None),
    "a digit in front": ("2 contrats", None),
}


@pytest.mark.parametrize(("name", "key"), KEYS.values(), ids=KEYS)
def test_key_derived_from_a_name(name: str, key: str | None) -> None:
    assert naming.derive_key(name) == key


GRAPHQL = {
    "a relation by its id": ("contact_id", "contactId", "contact"),
    "a relation without _id": ("vet", "vet", "vetObject"),
    "a camel-case relation": ("idContact", "idContact", "idContactObject"),
    "several words": ("points_balance", "pointsBalance", "pointsBalanceObject"),
    "capitals": ("SKU_code", "skuCode", "skuCodeObject"),
    "a capital in front": ("FirstName", "firstName", "firstNameObject"),
    "a digit": ("line_2", "line2", "line2Object"),
}


@pytest.mark.parametrize(("name", "raw", "related"), GRAPHQL.values(), ids=GRAPHQL)
def test_graphql_fields(name: str, raw: str, related: str) -> None:
    assert (naming.field_name(name), naming.object_name(name)) == (raw, related)
    assert naming.graphql_names(name, relation=False) == [raw]
    assert naming.graphql_names(name, relation=True) == [raw, related]


def test_two_keys_may_give_one_type_name() -> None:
    assert naming.type_name("vet_pricing") == "VetPricing"
    assert naming.type_name("vet_a1") == naming.type_name("vet_a_1") == "VetA1"


@pytest.mark.parametrize("key", ["vet", "vet_a1", "vet_2", "knowledge", "input_list", "edge_case", "x" * 50])
def test_legal_key(key: str) -> None:
    assert naming.key_problem(key) is None


@pytest.mark.parametrize(
    "key",
    ["", "Vet", "_vet", "__vet", "vet_", "vet__a", "2vets", "vet-a", "vet a", "vét", "vet\n", "x" * 51],
    ids=repr,
)
def test_illegal_key(key: str) -> None:
    problem = naming.key_problem(key)
    assert problem is not None
    assert problem.code is Code.INVALID_NAME


RESERVED_KEYS = [
    "query", "mutation", "subscription", "node", "nodes", "shop", "contact", "contacts", "customer", "product",
    "products", "page_info", "overrides", "custom", "custom_data_record", "custom_data_definition", "custom_data_any",
    "int", "float", "string", "boolean", "id", "json", "decimal", "date", "datetime", "date_time",
    "vet_connection", "vet_edge", "vet_input", "vet_where", "vet_order_by", "vet_payload", "vet_reference", "input",
]  # fmt: skip


@pytest.mark.parametrize("key", RESERVED_KEYS)
def test_reserved_key_comes_with_one_that_is_free(key: str) -> None:
    problem = naming.key_problem(key)
    assert problem is not None
    assert problem.code is Code.RESERVED_NAME
    suggestion = problem.message.partition("Try ")[2].rstrip(".")
    assert suggestion
    assert naming.key_problem(suggestion) is None


def test_illegal_key_comes_with_a_legal_one() -> None:
    problem = naming.key_problem("Vet-Pricing")
    assert problem is not None
    assert "Try vet_pricing." in problem.message


@pytest.mark.parametrize("name", ["a", "nom", "firstName", "SKU", "photo_url", "line_2", "x" * 50])
def test_legal_field(name: str) -> None:
    assert naming.field_problem(name) is None


@pytest.mark.parametrize(
    "name", ["", "_a", "__typename", "a_", "a__b", "2a", "a-b", "a b", "é", "a\n", "x" * 51], ids=repr
)
def test_illegal_field(name: str) -> None:
    problem = naming.field_problem(name)
    assert problem is not None
    assert problem.code is Code.INVALID_NAME


RESERVED_FIELDS = {
    "id": ("id", False),
    "capitals of id": ("ID", False),
    "the record's id": ("id_record", False),
    "definition": ("definition", False),
    "data": ("data", False),
    "value": ("value", False),
    "relation": ("relation", False),
    "related by": ("related_by", False),
    "pricing": ("pricing", False),
    "created at": ("created_at", False),
    "updated at in camel case": ("updatedAt", False),
    "version": ("version", False),
    "custom": ("custom", False),
    "a filter's operator": ("not", False),
    "the object of a relation": ("definition_id", True),
}


@pytest.mark.parametrize(("name", "relation"), RESERVED_FIELDS.values(), ids=RESERVED_FIELDS)
def test_reserved_field_comes_with_one_that_is_free(name: str, relation: bool) -> None:
    problem = naming.field_problem(name, relation=relation)
    assert problem is not None
    assert problem.code is Code.RESERVED_NAME
    suggestion = problem.message.partition("Try ")[2].rstrip(".")
    assert naming.field_problem(suggestion, relation=relation) is None


def test_what_ends_in_id_is_free_when_it_is_no_relation() -> None:
    assert naming.field_problem("definition_id") is None


@pytest.mark.parametrize(
    "name", ["", "\u0301", "x" * 101, "a\0", "\ud800"], ids=["blank", "accent", "long", "nul", "half"]
)
def test_illegal_definition_name(name: str) -> None:
    problem = naming.name_problem(name)
    assert problem is not None
    assert problem.code is Code.INVALID_NAME


def test_legal_definition_name() -> None:
    assert naming.name_problem("Tarifs vétérinaires 🐕") is None


@unhurried
@given(st.text("aZ9_ éœ-\0\ud800", max_size=60))
def test_any_text_is_a_name_or_refused(text: str) -> None:
    derived = naming.derive_key(text)
    assert derived is None or (problem := naming.key_problem(derived)) is None or problem.code is Code.RESERVED_NAME
    for problem in (naming.key_problem(text), naming.field_problem(text, relation=True), naming.name_problem(text)):
        assert problem is None or problem.message.encode()
