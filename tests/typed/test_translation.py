"""Conditions and orders in typed form mean what they mean in general form: random definitions, random questions, each
asked both ways. And whatever definitions a shop may have, its schema can be made, printed and read again."""

from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from graphql import GraphQLSchema, build_schema, coerce_input_value, parse, validate_schema
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.domain import naming
from app.domain.condition_parser import parse_condition
from app.domain.conditions import And, Condition, Counted, Not, Or, Some, ToOne
from app.domain.definitions import Definition, Field, FieldType, Model, Relationship, Status, Target
from app.domain.draft_fields import DraftField
from app.domain.draft_relationships import DraftRelationship
from app.domain.drafts import Draft, draft_definition
from app.domain.entities import CUSTOMERS, Entity
from app.domain.orders import SentField, parse_order
from app.domain.periods import Calendar
from app.domain.problems import Code
from app.domain.reverse_names import reverses
from app.graphql.schema import schema as core
from app.graphql.typed.entities import type_name
from tests.filters.evaluator import World
from tests.filters.questions import Questioner, entities
from tests.filters.test_listing import random_order
from tests.filters.worlds import random_model

NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Paris")
CALENDAR = Calendar(NOW, ZONE)
WORLDS = [World(random_model(Random(seed), seed), NOW, ZONE) for seed in range(6)]
_made: dict[int, GraphQLSchema] = {}


def schema_of(model: Model) -> GraphQLSchema:
    if id(model) not in _made:
        _made[id(model)] = core.of_shop(model.definitions, contact=False)._schema
    return _made[id(model)]


def typed(model: Model, entity: Entity, sent: dict[str, Any]) -> dict[str, Any]:
    """A condition in general form as a client with generated types writes it."""
    found: dict[str, Any] = {}
    for key, value in sent.items():
        match key:
            case "and" | "or":
                found[key] = [typed(model, entity, each) for each in value]
            case "not":
                found[key] = typed(model, entity, value)
            case "customers":
                found[key] = _quantified(model, CUSTOMERS, value)
            case "custom":
                found[key] = {name: each for way in value.items() for name, each in [_way(model, entity, *way)]}
            case _:
                found |= _compared(model, entity, key, dict(value))
    return found


def _way(model: Model, entity: Entity, key: str, asked: dict[str, Any]) -> tuple[str, Any]:
    target_id = entity.definition.id if entity.definition is not None else None
    ways = reverses(model.definitions, entity.target, target_id)
    way = next(each for each in ways if each.definition.key == key and each.field == asked["field"])
    return way.name, _quantified(model, Entity(Target.DEFINITION, way.definition), asked)


def _quantified(model: Model, records: Entity, asked: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for word, value in asked.items():
        if word == "count":
            where = {"where": typed(model, records, value["where"])} if "where" in value else {}
            found[word] = value | where
        elif word != "field":
            found[word] = typed(model, records, value)
    return found


def _compared(model: Model, entity: Entity, key: str, asked: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "is" in asked:
        assert entity.definition is not None
        relation = entity.definition.relationship[key]
        target = Entity(relation.target, model.by_id.get(relation.definition_id or 0))
        found[naming.object_name(key)] = typed(model, target, asked.pop("is"))
    if asked:
        own = "idProduct" if (entity.target, key) == (Target.PRODUCTS, "id") else naming.field_name(key)
        found[own] = {operator: _operand(operator, value) for operator, value in asked.items()}
    return found


def _operand(operator: str, value: Any) -> Any:
    if operator in ("within", "before", "after") and isinstance(value, str):
        return {"moment" if "T" in value else "day": value}
    return value


def plain(condition: Condition) -> Condition:
    """Without regard to the order and nesting of what must hold together."""
    match condition:
        case And(parts):
            flat = [each for part in map(plain, parts) for each in (part.parts if isinstance(part, And) else [part])]
            return flat[0] if len(flat) == 1 else And(tuple(sorted(flat, key=repr)))
        case Or(parts):
            return Or(tuple(map(plain, parts)))
        case Not(part):
            return Not(plain(part))
        case ToOne() | Some() | Counted():
            return replace(condition, condition=plain(condition.condition))
    return condition


def parsed(model: Model, entity: Entity, sent: Any) -> Condition:
    condition, problem = parse_condition(model, entity, sent, CALENDAR)
    assume(problem is None or problem.code is not Code.LIMIT_EXCEEDED)
    assert condition is not None, problem
    return plain(condition)


def _within_int(sent: Any) -> Any:
    """Versions are compared with integers of 32 bits in typed form."""
    if isinstance(sent, dict):
        return {key: _within_int(value) for key, value in sent.items()}
    if isinstance(sent, list):
        return [*map(_within_int, sent)]
    return 2**31 - 1 if sent == 8_000_000_000 else sent


@settings(max_examples=400)
@given(st.integers(0, 2**64))
def test_conditions_mean_the_same(number: int) -> None:
    random = Random(number)
    world = random.choice(WORLDS)
    entity = random.choice(entities(world))
    sent = _within_int(Questioner(world, random).condition(entity))
    kind: Any = schema_of(world.model).get_type(f"{type_name(entity)}Where")
    taken = coerce_input_value(typed(world.model, entity, sent), kind)
    assert parsed(world.model, entity, taken) == parsed(world.model, entity, sent)


@settings(max_examples=200)
@given(st.integers(0, 2**64))
def test_orders_mean_the_same(number: int) -> None:
    random = Random(number)
    world = random.choice(WORLDS)
    entity = random.choice(entities(world))
    order, sent = random_order(random, world, entity)
    kind: Any = schema_of(world.model).get_type(f"{type_name(entity)}OrderBy")
    taken = [coerce_input_value(_ordered(world.model, entity, each), kind) for each in sent]
    again = [SentField(each.field, each.direction, each.nulls) for each in taken]
    assert parse_order(world.model, entity, again) == (order, None)


def _ordered(model: Model, entity: Entity, sent: SentField) -> dict[str, Any]:
    way, dot, rest = sent.path.partition(".")
    if not dot:
        own = "idProduct" if (entity.target, way) == (Target.PRODUCTS, "id") else naming.field_name(way)
        return {own: f"{sent.direction.value}{'' if sent.nulls.value == 'LAST' else '_NULLS_FIRST'}"}
    assert entity.definition is not None
    relation = entity.definition.relationship[way]
    target = Entity(relation.target, model.by_id.get(relation.definition_id or 0))
    return {naming.object_name(way): _ordered(model, target, replace(sent, path=rest))}


NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,3}(_[A-Za-z0-9]{1,2}){0,2}", fullmatch=True) | st.sampled_from(
    ["first", "where", "contact", "contact_id", "vet", "vet_id", "a_b", "aB", "price", "type", "custom", "and"]
)
KEYS = st.from_regex(r"[a-z][a-z0-9]{0,2}(_[a-z0-9]{1,2}){0,2}", fullmatch=True) | st.sampled_from(
    ["vet", "vet_pricing", "pricing", "contact_custom", "a_by_id", "a", "a_where", "a_b", "ab", "a_by_b"]
)
OPTIONS = st.lists(st.sampled_from(["a", "A", "true", "__x", "é", "1", "b c", "", "_"]), max_size=3, unique=True)


@st.composite
def shops(draw: st.DrawFn) -> list[Definition]:
    """Definitions that a shop was allowed to create, one after the other."""
    accepted: list[Definition] = []
    for number in range(draw(st.integers(1, 5))):
        fields, relationships = [], []
        for name in draw(st.lists(NAMES, min_size=1, max_size=5, unique=True)):
            to = draw(st.sampled_from([None, None, "contacts", "products", *(each.key for each in accepted)]))
            if to is None:
                kind = draw(st.sampled_from([*FieldType]))
                options = draw(OPTIONS) if kind is FieldType.STRING else []
                fields.append(DraftField(name, kind, options=options))
            else:
                fields.append(DraftField(name, FieldType.STRING if to == "products" else FieldType.NUMBER))
                system = "SYSTEM" if to in ("contacts", "products") else "CUSTOM"
                relationships.append(DraftRelationship(name, system, to))
        draft = Draft(f"Name {number}", fields, draw(KEYS), relationships=relationships)
        planned, _ = draft_definition(draft, Model(0, tuple(accepted), ()))
        if planned is not None:
            accepted.append(Definition(
                number + 1, planned.key, planned.name, None, Status.ACTIVE, planned.fields,
                tuple(Relationship(r.field, r.target, r.definition_id or number + 1)
                      if r.target is Target.DEFINITION else r for r in planned.relationships),
                (), NOW, NOW,
            ))  # fmt: skip
    return accepted


@settings(max_examples=150)
@given(shops(), st.booleans())
def test_whatever_a_shop_may_define_has_a_schema(definitions: list[Definition], contact: bool) -> None:
    made = core.of_shop(definitions, contact=contact)
    printed = made.as_str()
    assert parse(printed)
    assert validate_schema(build_schema(printed)) == []
    types = made._schema.type_map
    for each in definitions:
        own = types[naming.type_name(each.key)].fields  # type: ignore[attr-defined]
        assert all(naming.field_name(field.name) in own for field in each.fields)
    if not contact:
        for each in definitions:
            for way in reverses(definitions, Target.DEFINITION, each.id):
                assert way.name in types[naming.type_name(each.key)].fields  # type: ignore[attr-defined]


@settings(max_examples=100)
@given(shops())
def test_nothing_is_renamed_by_what_comes_later(definitions: list[Definition]) -> None:
    """Every type and field of a shop's first definitions is there when it has more."""
    for size in range(1, len(definitions)):
        before = core.of_shop(definitions[:size], contact=False)._schema.type_map
        after = core.of_shop(definitions[: size + 1], contact=False)._schema.type_map
        for name, kind in before.items():
            fields: Any = getattr(kind, "fields", {})
            kept: Any = getattr(after[name], "fields", {})
            assert {each: str(field.type) for each, field in fields.items()}.items() <= {
                each: str(field.type) for each, field in kept.items()
            }.items()


def test_definitions_from_before_the_rules_are_read_in_general_form_at_least() -> None:
    """Nothing crashes: a record's own field goes before a way back of its name, and a definition that has the name of
    a type is not shown."""

    def old(number: int, key: str, field: str, to: int | None = None, second: str | None = None) -> Definition:
        names = [each for each in (field, second) if each is not None]
        relationships = tuple(Relationship(each, Target.DEFINITION, to) for each in names) if to else ()
        fields = tuple(Field(each, FieldType.NUMBER if to else FieldType.STRING, each) for each in names)
        return Definition(number, key, key, None, Status.ACTIVE, fields, relationships, (), NOW, NOW)

    definitions = [
        old(1, "vet", "vet_pricing"), old(2, "vet_pricing", "vet_id", 1), old(3, "visit", "vet_id", 1, "former_vet_id"),
        old(4, "visit_by_former_vet", "vet_id", 1), old(5, "text_filter", "a"), old(6, "vet_where", "a"),
        old(7, "contact_custom", "a"), old(8, "geolocation", "a"), old(9, "product_reference", "a"),
        old(10, "gone", "vet_id", 99), old(11, "period", "a"), old(12, "save_records", "a"),
    ]  # fmt: skip
    made = core.of_shop(definitions, contact=False)
    assert validate_schema(build_schema(made.as_str())) == []
    types: Any = made._schema.type_map
    assert str(types["Vet"].fields["vetPricing"].type) == "String"
    assert str(types["Vet"].fields["visitByFormerVet"].type) == "VisitConnection"
    assert "vetPricing" in types["VetCustomWhere"].fields
    assert {"vet", "vetPricing", "visit", "gone"} <= {*types["ShopCustom"].fields}
    hidden = {"textFilter", "vetWhere", "contactCustom", "geolocation", "period", "saveRecords"}
    assert not hidden & {*types["ShopCustom"].fields}
    assert [*types["GoneInput"].fields] == ["vetId"]
