"""Every rule of a proposed definition, and of what may be added to one."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain import limits
from app.domain.definitions import Definition, Field, FieldType, Model, Relationship, Status, Target
from app.domain.draft_fields import DraftField
from app.domain.draft_relationships import SELF, DraftRelationship
from app.domain.drafts import (
    Draft,
    Extension,
    Planned,
    draft_definition,
    extend_definition,
)
from app.domain.problems import Code

NOW = datetime(2026, 1, 31, tzinfo=UTC)


def field(name: str, kind: str = "STRING", **more: Any) -> DraftField:
    return DraftField(name, FieldType[kind], **more)


def link(source: str, target: str, target_field: str | None = None) -> DraftRelationship:
    kind = "SYSTEM" if target in ("contacts", "products") else "CUSTOM"
    return DraftRelationship(source, kind, target, target_field)


def definition(number: int, key: str, name: str, *fields: Field, **more: Any) -> Definition:
    unique_keys, relationships = more.get("unique_keys", ()), more.get("relationships", ())
    return Definition(number, key, name, None, Status.ACTIVE, fields, relationships, unique_keys, NOW, NOW)


VET = definition(
    7,
    "vet",
    "Vétérinaire",
    Field("nom", FieldType.STRING, "Nom", slot="str1"),
    Field("level", FieldType.STRING, "Level", options=("junior", "senior"), slot="str2"),
    Field("rate", FieldType.DECIMAL, "Rate", options=("1.0",), slot="num1"),
    Field("contact_id", FieldType.NUMBER, "Contact", slot="ref1"),
    relationships=(Relationship("contact_id", Target.CONTACTS),),
    unique_keys=("nom",),
)
MODEL = Model(1, (VET, definition(8, "vet_a1", "Vet A1", Field("a", FieldType.STRING, "A"))), ())


def draft(**changes: Any) -> Draft:
    return replace(Draft("Price list", [field("nom")]), **changes)


def planned(proposal: Draft) -> Planned:
    plan, problems = draft_definition(proposal, MODEL)
    assert problems == []
    assert plan is not None
    return plan


def extended(changes: Extension, of: Definition = VET) -> Planned:
    plan, problems = extend_definition(of, changes, MODEL)
    assert problems == []
    assert plan is not None
    return plan


def test_the_vet_pricing_definition() -> None:
    plan = planned(
        Draft(
            "  Vet pricing ",
            [
                field("price", "DECIMAL", label=" Price ", description="What the vet asks", required=True),
                field("veto_id", "NUMBER"),
                field("product_id"),
            ],
            unique_keys=["veto_id", "product_id"],
            relationships=[link("veto_id", "vet", "id_record"), link("product_id", "products", "id_product")],
        )
    )
    assert plan == Planned(
        key="vet_pricing",
        name="Vet pricing",
        name_key="vet pricing",
        description=None,
        fields=(
            Field("price", FieldType.DECIMAL, "Price", "What the vet asks", required=True, slot="num1"),
            Field("veto_id", FieldType.NUMBER, "veto_id", slot="ref1"),
            Field("product_id", FieldType.STRING, "product_id", slot="product1"),
        ),
        relationships=(
            Relationship("veto_id", Target.DEFINITION, 7),
            Relationship("product_id", Target.PRODUCTS),
        ),
        unique_keys=("veto_id", "product_id"),
    )


def test_defaults_and_options_are_kept_as_stored_values() -> None:
    plan = planned(
        draft(
            fields=[
                field("rate", "DECIMAL", options=[1, "1.50", "1.0"], default="1.5"),
                field("tags", "LIST", options=["a", "b"], default=["b"]),
                field("days", "LIST", element_type=FieldType.DATE),
            ]
        )
    )
    rate, tags, days = plan.fields
    assert (rate.options, rate.default) == (("1", "1.50"), "1.5")
    assert (tags.options, tags.default, tags.element_type) == (("a", "b"), ["b"], FieldType.STRING)
    assert days.element_type is FieldType.DATE


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        pytest.param("vet", 7, id="by key"),
        pytest.param("7", 7, id="by id"),
        pytest.param("price_list", SELF, id="itself, by its own key"),
    ],
)
def test_a_target_is_named(target: str, expected: int) -> None:
    plan = planned(draft(fields=[field("parent_id", "NUMBER")], relationships=[link("parent_id", target)]))
    assert plan.relationships == (Relationship("parent_id", Target.DEFINITION, expected),)


def many(count: int, kind: str = "STRING") -> list[DraftField]:
    return [field(f"f{n}", kind) for n in range(count)]


N = [field("n", "NUMBER")]
REFUSED: dict[str, tuple[dict[str, Any], Code, str | None]] = {
    "blank name": ({"name": "  "}, Code.INVALID_NAME, "name"),
    "name too long": ({"name": "x" * 101}, Code.INVALID_NAME, "name"),
    "name taken in another case, without accents": ({"name": "VETERINAIRE"}, Code.NAME_TAKEN, "name"),
    "name that gives no key": ({"name": "合同"}, Code.INVALID_NAME, "key"),
    "name that gives a reserved key": ({"name": "Contacts"}, Code.RESERVED_NAME, "key"),
    "illegal key": ({"key": "Price-List"}, Code.INVALID_NAME, "key"),
    "empty key": ({"key": ""}, Code.INVALID_NAME, "key"),
    "key taken": ({"key": "vet"}, Code.KEY_TAKEN, "key"),
    "key that gives a GraphQL name taken": ({"key": "vet_a_1"}, Code.KEY_TAKEN, "key"),
    "description too long": ({"description": "x" * 2001}, Code.INVALID_VALUE, "description"),
    "no fields": ({"fields": []}, Code.INVALID_FIELD, "fields"),
    "too many fields": ({"fields": many(101)}, Code.LIMIT_EXCEEDED, "fields"),
    "illegal field name": ({"fields": [field("a"), field("b-c")]}, Code.INVALID_NAME, "fields.1.name"),
    "reserved field name": ({"fields": [field("created_at")]}, Code.RESERVED_NAME, "fields.0.name"),
    "field declared twice": ({"fields": [field("a"), field("a")]}, Code.DUPLICATE_FIELD, "fields.1.name"),
    "one GraphQL name twice": ({"fields": [field("a_b"), field("aB")]}, Code.DUPLICATE_FIELD, "fields.1.name"),
    "object name of a relation taken": (
        {"fields": [field("vet"), field("vet_id", "NUMBER")], "relationships": [link("vet_id", "vet")]},
        Code.DUPLICATE_FIELD,
        "fields.1.name",
    ),
    "object name of a relation reserved": (
        {"fields": [field("data_id", "NUMBER")], "relationships": [link("data_id", "vet")]},
        Code.RESERVED_NAME,
        "fields.0.name",
    ),
    "label that cannot be stored": ({"fields": [field("a", label="\0")]}, Code.INVALID_FIELD, "fields.0.label"),
    "field description too long": (
        {"fields": [field("a", description="x" * 2001)]},
        Code.INVALID_VALUE,
        "fields.0.description",
    ),
    "default of another type": (
        {"fields": [field("a", "NUMBER", default="1")]},
        Code.INVALID_VALUE,
        "fields.0.default",
    ),
    "default in a list of another type": (
        {"fields": [field("a", "LIST", default=["x", 1])]},
        Code.INVALID_VALUE,
        "fields.0.default.1",
    ),
    "default that is no option": (
        {"fields": [field("a", options=["x"], default="y")]},
        Code.NOT_AN_OPTION,
        "fields.0.default",
    ),
    "option of another type": ({"fields": [field("a", options=["x", 1])]}, Code.INVALID_VALUE, "fields.0.options.1"),
    "null option": ({"fields": [field("a", options=[None])]}, Code.INVALID_VALUE, "fields.0.options.0"),
    "too many options": (
        {"fields": [field("a", "NUMBER", options=range(201))]},
        Code.LIMIT_EXCEEDED,
        "fields.0.options",
    ),
    "options of JSON": ({"fields": [field("a", "JSON", options=[1])]}, Code.INVALID_FIELD, "fields.0.options"),
    "element type without a list": (
        {"fields": [field("a", element_type=FieldType.STRING)]},
        Code.INVALID_FIELD,
        "fields.0.elementType",
    ),
    "list of lists": (
        {"fields": [field("a", "LIST", element_type=FieldType.LIST)]},
        Code.INVALID_FIELD,
        "fields.0.elementType",
    ),
    "unique key undeclared": ({"unique_keys": ["nom", "x"]}, Code.INVALID_UNIQUE_KEY, "uniqueKeys.1"),
    "unique key twice": ({"unique_keys": ["nom", "nom"]}, Code.INVALID_UNIQUE_KEY, "uniqueKeys.1"),
    "unique key of LONGTEXT": (
        {"fields": [field("a", "LONGTEXT")], "unique_keys": ["a"]},
        Code.INVALID_UNIQUE_KEY,
        "uniqueKeys.0",
    ),
    "unique key of too many fields": (
        {"fields": many(6), "unique_keys": [f"f{n}" for n in range(6)]},
        Code.LIMIT_EXCEEDED,
        "uniqueKeys",
    ),
    "relationship of an undeclared field": (
        {"relationships": [link("x", "contacts")]},
        Code.INVALID_RELATIONSHIP,
        "relationships.0.sourceField",
    ),
    "two relationships of one field": (
        {"fields": N, "relationships": [link("n", "contacts"), link("n", "products")]},
        Code.INVALID_RELATIONSHIP,
        "relationships.1.sourceField",
    ),
    "text field to contacts": (
        {"relationships": [link("nom", "contacts")]},
        Code.INVALID_RELATIONSHIP,
        "relationships.0.sourceField",
    ),
    "text field to a definition": (
        {"relationships": [link("nom", "vet")]},
        Code.INVALID_RELATIONSHIP,
        "relationships.0.sourceField",
    ),
    "decimal field to products": (
        {"fields": [field("n", "DECIMAL")], "relationships": [link("n", "products")]},
        Code.INVALID_RELATIONSHIP,
        "relationships.0.sourceField",
    ),
    "unknown definition": (
        {"fields": N, "relationships": [link("n", "vets")]},
        Code.INVALID_RELATIONSHIP,
        "relationships.0.targetSchema",
    ),
    "unknown system schema": (
        {"fields": N, "relationships": [DraftRelationship("n", "SYSTEM", "orders")]},
        Code.INVALID_RELATIONSHIP,
        "relationships.0.targetSchema",
    ),
    "custom contacts": (
        {"fields": N, "relationships": [DraftRelationship("n", "CUSTOM", "contacts")]},
        Code.INVALID_RELATIONSHIP,
        "relationships.0.targetSchema",
    ),
    "neither system nor custom": (
        {"fields": N, "relationships": [DraftRelationship("n", "OTHER", "vet")]},
        Code.INVALID_RELATIONSHIP,
        "relationships.0.targetSchemaType",
    ),
    "target field that is not the id": (
        {"fields": N, "relationships": [link("n", "contacts", "email")]},
        Code.INVALID_RELATIONSHIP,
        "relationships.0.targetField",
    ),
    "relation field with a default": (
        {"fields": [field("n", "NUMBER", default=1)], "relationships": [link("n", "contacts")]},
        Code.INVALID_FIELD,
        "fields.0.default",
    ),
    "relation field with options": (
        {"fields": [field("n", "NUMBER", options=[1])], "relationships": [link("n", "contacts")]},
        Code.INVALID_FIELD,
        "fields.0.options",
    ),
    "more relations to contacts and definitions than slots": (
        {"fields": many(5, "NUMBER"), "relationships": [link(f"f{n}", "contacts") for n in range(5)]},
        Code.LIMIT_EXCEEDED,
        "relationships",
    ),
    "more relations to products than slots": (
        {"fields": many(3), "relationships": [link(f"f{n}", "products") for n in range(3)]},
        Code.LIMIT_EXCEEDED,
        "relationships",
    ),
}


@pytest.mark.parametrize(("changes", "code", "path"), REFUSED.values(), ids=REFUSED)
def test_refused(changes: dict[str, Any], code: Code, path: str | None) -> None:
    plan, problems = draft_definition(draft(**changes), MODEL)
    assert plan is None
    assert [(problem.code, problem.path) for problem in problems] == [(code, path)]


def test_everything_wrong_is_said_at_once() -> None:
    proposal = Draft("", [field("id"), field("a-b")], "Key!", unique_keys=["x"], relationships=[link("x", "nowhere")])
    _, problems = draft_definition(proposal, MODEL)
    assert [problem.path for problem in problems] == [
        "name",
        "key",
        "fields.0.name",
        "fields.1.name",
        "relationships.0.targetSchema",
        "relationships.0.sourceField",
        "uniqueKeys.0",
    ]


def test_a_full_shop_takes_no_more_definitions() -> None:
    full = Model(1, tuple(definition(n, f"d{n}", f"D{n}") for n in range(limits.DEFINITIONS_PER_SHOP)), ())
    _, problems = draft_definition(draft(), full)
    assert [(problem.code, problem.path) for problem in problems] == [(Code.LIMIT_EXCEEDED, None)]


def test_every_relation_has_a_slot_whatever_the_other_fields() -> None:
    relations = [field(f"r{n}", "NUMBER") for n in range(4)] + [field("p0"), field("p1")]
    links = [link(f"r{n}", "vet") for n in range(4)] + [link("p0", "products"), link("p1", "products")]
    plan = planned(draft(fields=[*many(50), *relations], unique_keys=["f0"], relationships=links))
    slots = {f.name: f.slot for f in plan.fields}
    assert [slots[f.name] for f in relations] == ["ref1", "ref2", "ref3", "ref4", "product1", "product2"]


def test_an_extension_appends_and_changes_nothing_else() -> None:
    plan = extended(
        Extension(
            description="Who heals",
            fields=[field("city", required=True), field("boss_id", "NUMBER")],
            relationships=[link("boss_id", "vet")],
            options={"level": ["chief", "senior"], "rate": ["1.00", "2"]},
        )
    )
    assert (plan.key, plan.name, plan.unique_keys, plan.description) == ("vet", "Vétérinaire", ("nom",), "Who heals")
    assert plan.fields == (
        VET.fields[0],
        replace(VET.fields[1], options=("junior", "senior", "chief")),
        replace(VET.fields[2], options=("1.0", "2")),
        VET.fields[3],
        Field("city", FieldType.STRING, "city", required=True, slot="str3"),
        Field("boss_id", FieldType.NUMBER, "boss_id", slot="ref2"),
    )
    assert plan.relationships == (*VET.relationships, Relationship("boss_id", Target.DEFINITION, 7))


def test_an_extension_of_nothing_leaves_everything() -> None:
    plan = extended(Extension())
    assert (plan.name, plan.fields, plan.relationships) == (VET.name, VET.fields, VET.relationships)


def test_a_definition_may_take_its_own_name_in_another_case() -> None:
    assert extended(Extension(name="VETERINAIRE")).name == "VETERINAIRE"


@pytest.mark.parametrize(
    ("sent", "kept"), [(None, "old"), ("", None), (" new ", "new")], ids=["absent", "blank", "new"]
)
def test_a_description_is_left_cleared_or_replaced(sent: str | None, kept: str | None) -> None:
    assert extended(Extension(description=sent), replace(VET, description="old")).description == kept


EXTENSIONS_REFUSED = {
    "name of another definition": (Extension(name="vet a1"), Code.NAME_TAKEN, "name"),
    "blank name": (Extension(name=""), Code.INVALID_NAME, "name"),
    "field that exists": (Extension(fields=[field("nom")]), Code.DUPLICATE_FIELD, "fields.0.name"),
    "field called like a relation's object": (
        Extension(fields=[field("contact")]),
        Code.DUPLICATE_FIELD,
        "fields.0.name",
    ),
    "relation whose object is called like a field": (
        Extension(fields=[field("nom_id", "NUMBER")], relationships=[link("nom_id", "vet")]),
        Code.DUPLICATE_FIELD,
        "fields.0.name",
    ),
    "more fields than a definition has": (Extension(fields=many(97)), Code.LIMIT_EXCEEDED, "fields"),
    "more relations than slots": (
        Extension(fields=many(4, "NUMBER"), relationships=[link(f"f{n}", "vet") for n in range(4)]),
        Code.LIMIT_EXCEEDED,
        "relationships",
    ),
    "relationship over an old field": (
        Extension(relationships=[link("nom", "products")]),
        Code.INVALID_RELATIONSHIP,
        "relationships.0.sourceField",
    ),
    "second relationship of an old relation": (
        Extension(relationships=[link("contact_id", "vet")]),
        Code.INVALID_RELATIONSHIP,
        "relationships.0.sourceField",
    ),
    "options of an unknown field": (Extension(options={"\ud800": ["x"]}), Code.UNKNOWN_FIELD, "options"),
    "options of a field that takes anything": (Extension(options={"nom": ["x"]}), Code.INVALID_FIELD, "options.nom"),
    "option of another type": (Extension(options={"level": ["x", 1]}), Code.INVALID_VALUE, "options.level.1"),
    "too many options": (Extension(options={"rate": range(300)}), Code.LIMIT_EXCEEDED, "options.rate"),
}


@pytest.mark.parametrize(("changes", "code", "path"), EXTENSIONS_REFUSED.values(), ids=EXTENSIONS_REFUSED)
def test_extension_refused(changes: Extension, code: Code, path: str) -> None:
    plan, problems = extend_definition(VET, changes, MODEL)
    assert plan is None
    assert [(problem.code, problem.path) for problem in problems] == [(code, path)]


def test_an_old_field_says_why_it_cannot_become_a_relation() -> None:
    _, problems = extend_definition(VET, Extension(relationships=[link("nom", "products")]), MODEL)
    assert "append a new field" in problems[0].message
