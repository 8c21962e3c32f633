"""Names are given once and for all: what a shop's schema would say twice is refused when it is proposed, with
something that works instead; and nothing that is there is renamed by what comes later."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain import naming
from app.domain.definitions import Definition, FieldType, Model, Status, Target
from app.domain.draft_fields import DraftField
from app.domain.draft_relationships import DraftRelationship
from app.domain.drafts import Draft, draft_definition
from app.graphql.schema import schema as core
from tests.shops import ShopClient, to

CREATE = """mutation($input: CreateDefinitionInput!) { createCustomDataDefinition(input: $input) {
    definition { key } userErrors { code message path } } }"""
EXTEND = """mutation($input: ExtendDefinitionInput!) { extendCustomDataDefinition(input: $input) {
    definition { key } userErrors { code message path } } }"""


async def create(shop: ShopClient, key: str, fields: list[str], *relationships: dict[str, str]) -> list[Any]:
    """Its user errors. Fields that end in _id are numbers."""
    declared = [{"name": name, "type": "NUMBER" if name.endswith("_id") else "STRING"} for name in fields]
    sent = {"name": key, "key": key, "fields": declared, "relationships": list(relationships)}
    return list((await shop.ask(CREATE, input=sent))["createCustomDataDefinition"]["userErrors"])


async def extend(shop: ShopClient, key: str, fields: list[str], *relationships: dict[str, str]) -> list[Any]:
    declared = [{"name": name, "type": "NUMBER" if name.endswith("_id") else "STRING"} for name in fields]
    sent = {"definition": key, "fields": declared, "relationships": list(relationships)}
    return list((await shop.ask(EXTEND, input=sent))["extendCustomDataDefinition"]["userErrors"])


def tried(error: dict[str, str]) -> str:
    found = re.search(r"Try '?([A-Za-z0-9_]+)'?\.$", error["message"])
    assert found is not None, error
    return found[1]


async def fields_of(shop: ShopClient, kind: str) -> list[str]:
    found = (await shop.ask("query($n: String!) { __type(name: $n) { fields { name } } }", n=kind))["__type"]
    return [] if found is None else [each["name"] for each in found["fields"]]


async def test_a_definition_that_points_to_one_with_a_field_of_its_name(shop: ShopClient) -> None:
    assert await create(shop, "vet", ["vet_pricing"]) == []
    [error] = await create(shop, "vet_pricing", ["vet_id"], to("vet_id", "vet"))
    assert (error["code"], error["path"]) == ("KEY_TAKEN", "key")
    assert await create(shop, tried(error), ["vet_id"], to("vet_id", "vet")) == []
    assert {"vetPricing", "vetPricing2"} <= {*await fields_of(shop, "Vet")}


@pytest.mark.parametrize("name", ["info", "parents", "source", "self"])
async def test_a_unique_key_of_the_name_of_what_functions_take(shop: ShopClient, name: str) -> None:
    """Its fields are arguments, and may be called as ours are."""
    await shop.define("Page", {name: "STRING", "text": "STRING"}, uniqueKeys=[name])
    await shop.save("page", {name: "a", "text": "b"})
    found = await shop.ask(f'{{ custom {{ pageByKey({name}: "a") {{ text }} }} }}')
    assert found == {"custom": {"pageByKey": {"text": "b"}}}


async def test_a_field_of_the_name_of_what_points_here(shop: ShopClient) -> None:
    assert await create(shop, "vet", ["nom"]) == []
    assert await create(shop, "vet_pricing", ["vet_id"], to("vet_id", "vet")) == []
    [error] = await extend(shop, "vet", ["vetPricing"])
    assert (error["code"], error["path"]) == ("DUPLICATE_FIELD", "fields.0.name")
    assert await extend(shop, "vet", [tried(error)]) == []


async def test_one_that_points_to_itself(shop: ShopClient) -> None:
    [error] = await create(shop, "part", ["part", "whole_id"], to("whole_id", "part"))
    assert error["code"] in ("KEY_TAKEN", "DUPLICATE_FIELD")
    assert await create(shop, "part", ["label", "whole_id"], to("whole_id", "part")) == []
    assert {"whole", "wholeId", "part"} <= {*await fields_of(shop, "Part")}


async def test_later_relations_do_not_rename_the_first(shop: ShopClient) -> None:
    assert await create(shop, "vet", ["nom"]) == []
    assert await create(shop, "visit", ["vet_id"], to("vet_id", "vet")) == []
    before = await fields_of(shop, "Vet")
    assert await extend(shop, "visit", ["former_vet_id"], to("former_vet_id", "vet")) == []
    after = await fields_of(shop, "Vet")
    assert [name for name in after if name in before] == before
    assert [name for name in after if name not in before] == ["visitByFormerVet", "visitByFormerVetAggregate"]


async def test_a_later_relation_against_a_definition_of_that_name(shop: ShopClient) -> None:
    assert await create(shop, "vet", ["nom"]) == []
    assert await create(shop, "visit_by_former_vet", ["vet_id"], to("vet_id", "vet")) == []
    assert await create(shop, "visit", ["vet_id"], to("vet_id", "vet")) == []
    [error] = await extend(shop, "visit", ["former_vet_id"], to("former_vet_id", "vet"))
    assert (error["code"], error["path"]) == ("DUPLICATE_FIELD", "fields.0.name")
    name = tried(error)
    fields = [{"name": name, "type": "NUMBER"}]
    sent = {"definition": "visit", "fields": fields, "relationships": [to(name, "vet")]}
    assert (await shop.ask(EXTEND, input=sent))["extendCustomDataDefinition"]["userErrors"] == []


async def test_what_leads_to_contacts_is_told_apart_too(shop: ShopClient) -> None:
    assert await create(shop, "gift", ["from_id", "to_id"], to("from_id", "contacts"), to("to_id", "contacts")) == []
    assert await fields_of(shop, "ContactCustom") == ["gift", "giftByTo", "giftAggregate", "giftByToAggregate"]
    [error] = await create(shop, "gift_by_to", ["contact_id"], to("contact_id", "contacts"))
    assert (error["code"], error["path"]) == ("KEY_TAKEN", "key")
    assert await create(shop, tried(error), ["contact_id"], to("contact_id", "contacts")) == []


async def test_a_relation_that_an_extension_cannot_have(shop: ShopClient) -> None:
    """Neither the key nor the target's field can be called otherwise any more."""
    assert await create(shop, "vet", ["visit"]) == []
    assert await create(shop, "visit", ["text"]) == []
    [error] = await extend(shop, "visit", ["vet_id"], to("vet_id", "vet"))
    assert (error["code"], error["path"]) == ("INVALID_RELATIONSHIP", "relationships")


@pytest.mark.parametrize("key", ["text_filter", "loyalty_custom", "loyalty_by_id", "loyalty_by_key", "gift_result",
                                 "geolocation", "calendar_unit", "sort_order", "contact_custom_where"])  # fmt: skip
async def test_names_that_schemas_need_are_reserved(shop: ShopClient, key: str) -> None:
    [error] = await create(shop, key, ["text"])
    assert (error["code"], error["path"]) == ("RESERVED_NAME", "key")
    assert await create(shop, tried(error), ["text"]) == []


def whole_schema(key: str) -> set[str]:
    """The types of a shop with a definition that has everything."""
    fields = {"contact_id": "NUMBER", "product_id": "STRING", "own_id": "NUMBER"}
    fields |= {f"f_{kind.value.lower()}": kind.value for kind in FieldType}
    drafts = [DraftField(name, FieldType(kind)) for name, kind in fields.items()]
    drafts.append(DraftField("tier", FieldType.STRING, options=["gold"]))
    targets = (("contact_id", "SYSTEM", "contacts"), ("product_id", "SYSTEM", "products"), ("own_id", "CUSTOM", key))
    relations = [DraftRelationship(*target) for target in targets]
    draft = Draft(key, drafts, key=key, unique_keys=["contact_id", "tier"], relationships=relations)
    planned, problems = draft_definition(draft, Model(0, (), ()))
    assert planned is not None, problems
    now = datetime(2026, 1, 1, tzinfo=UTC)
    own = [replace(each, definition_id=1) if each.target is Target.DEFINITION else each
           for each in planned.relationships]  # fmt: skip
    made = Definition(1, key, key, None, Status.ACTIVE, planned.fields, tuple(own), planned.unique_keys, now, now)
    return {*core.of_shop([made], contact=False)._schema.type_map}


def test_no_key_gives_types_that_exist() -> None:
    """Nor do the names that are made of it: PeriodInput is not an input of periods that a shop keeps. Where this fails,
    add to the words that `naming` reserves, or to the suffixes."""
    names = whole_schema("zedd")
    own = {name.removeprefix("Zedd") for name in names if name.startswith("Zedd") and "_" not in name}
    assert own == {"", *naming.TYPE_SUFFIXES}
    others = {name for name in names if not name.startswith("Zedd")}
    stems = {name.removesuffix(suffix) for name in others for suffix in own if suffix and name.endswith(suffix)}
    keys = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in {*stems, *others} if not name.startswith("__")}
    assert len(keys) > 200
    assert [key for key in sorted(keys) if naming.key_problem(key) is None] == []


@pytest.mark.parametrize("key", ["period", "moment", "span", "save_records", "contact_token", "customer_key"])
async def test_names_that_are_made_of_a_key_are_reserved(shop: ShopClient, key: str) -> None:
    [error] = await create(shop, key, ["text"])
    assert (error["code"], error["path"]) == ("RESERVED_NAME", "key")
    assert await create(shop, tried(error), ["text"]) == []
    assert "text" in await fields_of(shop, naming.type_name(tried(error)))


OPTIONS = {
    "names": (["gold", "Silver_2", "_x"], "OBJECT Loyalty_Tier"),
    "not names": (["gold", "very good"], "SCALAR String"),
    "words of the language": (["gold", "true"], "SCALAR String"),
    "null": (["null", "none"], "SCALAR String"),
    "reserved for introspection": (["__typename"], "SCALAR String"),
    "a digit first": (["1st"], "SCALAR String"),
    "nothing": ([""], "SCALAR String"),
    "accents": (["été"], "SCALAR String"),
    "equal but for case": (["A", "a"], "OBJECT Loyalty_Tier"),
}


@pytest.mark.parametrize("case", OPTIONS)
async def test_options_are_an_enum_where_all_are_names(shop: ShopClient, case: str) -> None:
    options, expected = OPTIONS[case]
    await shop.define("Loyalty", {"tier": {"type": "STRING", "options": options}})
    await shop.save("loyalty", *({"tier": option} for option in options))
    found = await shop.ask("""{ custom { loyalty { nodes { tier } } }
        __type(name: "Loyalty") { fields { name type { kind name } } } }""")
    assert [node["tier"] for node in found["custom"]["loyalty"]["nodes"]] == options
    [kind] = [each["type"] for each in found["__type"]["fields"] if each["name"] == "tier"]
    assert f"{kind['kind']} {kind['name']}".replace("ENUM", "OBJECT") == expected


@pytest.mark.parametrize(("first", "second"), [("tier", "tier_filter"), ("tiers", "tiers_list"), ("a", "aListFilter")])
async def test_enums_whose_filters_would_be_called_alike(shop: ShopClient, first: str, second: str) -> None:
    """The field declared later keeps its options, as texts."""
    options = {first: ["gold", "silver"], second: ["red", "blue"]}
    kinds = {"tiers": "LIST", "a": "LIST"}
    fields = {name: {"type": kinds.get(name, "STRING"), "options": each} for name, each in options.items()}
    await shop.define("Card", fields)
    shown, other = map(naming.field_name, options)
    asked = "contains" if first in kinds else "eq"
    await shop.save("card", {first: ["gold"] if first in kinds else "gold", second: "red"})
    where = f'{{ {shown}: {{ {asked}: gold }}, {other}: {{ eq: "red" }} }}'
    query = f"{{ custom {{ card(where: {where}) {{ nodes {{ {shown} {other} }} }} }} }}"
    [node] = (await shop.ask(query))["custom"]["card"]["nodes"]
    assert node == {shown: ["gold"] if first in kinds else "gold", other: "red"}
    [(code, _)] = await shop.errors(query.replace('"red"', '"gold"'))
    assert code == "NOT_AN_OPTION"


async def test_an_enum_stays_one(shop: ShopClient) -> None:
    await shop.define("Loyalty", {"tier": {"type": "STRING", "options": ["gold"]}})
    sent: dict[str, Any] = {"definition": "loyalty", "options": [{"field": "tier", "options": ["very good", "silver"]}]}
    [error] = (await shop.ask(EXTEND, input=sent))["extendCustomDataDefinition"]["userErrors"]
    assert (error["code"], error["path"]) == ("INVALID_FIELD", "options.tier")
    sent["options"][0]["options"] = [tried(error), "silver"]
    assert (await shop.ask(EXTEND, input=sent))["extendCustomDataDefinition"]["userErrors"] == []
    found = await shop.ask('{ __type(name: "Loyalty_Tier") { enumValues { name } } }')
    assert [each["name"] for each in found["__type"]["enumValues"]] == ["gold", "very_good", "silver"]


async def test_hostile_names(shop: ShopClient) -> None:
    """One letter, as long as may be, digits, words of the languages, and many fields."""
    words = ["type", "query", "on", "class", "import", "None", "self", "info", "parents", "first", "where", "nodes",
             "a", "A1", "x" * 50, "true", "null", "fragment", "records", "key", "row", "schema", "in"]  # fmt: skip
    fields = dict.fromkeys(words, "STRING") | {f"f_{n}": "NUMBER" for n in range(64)}
    await shop.define("X", fields)
    await shop.define("y" * 50, {"self": "STRING"}, key="y" * 50)
    record = {word: word for word in words} | {"f_63": 1}
    await shop.save("x", record)
    listed = await fields_of(shop, "X")
    asked = [name for name in listed if name not in ("id", "idRecord", "version", "createdAt", "updatedAt")]
    query = f"query($w: XWhere) {{ custom {{ x(where: $w) {{ nodes {{ {' '.join(asked)} }} }} }} }}"
    found = await shop.ask(query, w={"and": [{"type": {"eq": "type"}}, {"first": {"eq": "first"}}]})
    [node] = found["custom"]["x"]["nodes"]
    assert node["type"] == "type"
    assert node["x" * 50] == "x" * 50
    assert node["f63"] == 1
    assert len(asked) == len(fields)


async def test_a_field_of_the_name_of_what_tells_of_those_that_point_here(shop: ShopClient) -> None:
    assert await create(shop, "vet", ["visit_aggregate"]) == []
    [error] = await create(shop, "visit", ["vet_id"], to("vet_id", "vet"))
    assert (error["code"], error["path"]) == ("KEY_TAKEN", "key")
    assert await create(shop, tried(error), ["vet_id"], to("vet_id", "vet")) == []
    [error] = await create(shop, "card_aggregate", ["nom"])
    assert (error["code"], error["path"]) == ("RESERVED_NAME", "key")
