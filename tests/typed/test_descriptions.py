"""What people call and say of a definition and its fields is said of its types, whatever it is."""

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, build_schema

from app.graphql.schema import schema as core
from tests.shops import ShopClient, to

SAID = {
    "plain": "Where the loyalty programme keeps its members.",
    "quotes": 'They say "gold" and """platinum""", or \\"""',
    "marks of other languages": "a # comment, a { brace, an @directive, \\u0041 and \\",
    "lines": "First.\n\n  Indented.\r\n\tTab.",
    "other alphabets": "Επίπεδο 😀 ‮evil‬",
}


@pytest.mark.parametrize("case", SAID)
async def test_a_definition(shop: ShopClient, case: str) -> None:
    said = SAID[case]
    await shop.define(
        "Card", {"contact_id": "NUMBER", "tier": {"type": "STRING", "label": "Level", "description": said}},
        relationships=[to("contact_id", "contacts")], description=said,
    )  # fmt: skip
    query = """{ card: __type(name: "Card") { description fields { name description } }
        shop: __type(name: "ShopCustom") { fields { name description } }
        input: __type(name: "CardInput") { inputFields { name description } }
        where: __type(name: "CardWhere") { inputFields { name description } } }"""
    found = await shop.ask(query)
    told = {
        kind: {each["name"]: each["description"] for each in shown.get("fields") or shown["inputFields"]}
        for kind, shown in found.items()
    }
    assert found["card"]["description"] == told["shop"]["card"] == said
    assert {told[kind]["tier"] for kind in ("card", "input", "where")} == {f"Level. {said.rstrip('.')}."}


async def test_a_label_alone_and_nothing(shop: ShopClient) -> None:
    await shop.define("Card", {"tier": {"type": "STRING", "label": "Level"}, "points": "NUMBER"})
    found = (await shop.ask('{ __type(name: "Card") { description fields { name description } } }'))["__type"]
    fields = {each["name"]: each["description"] for each in found["fields"]}
    assert found["description"] == "A record of Card."
    assert (fields["tier"], fields["points"]) == ("Level.", None)


async def test_the_exported_schema_says_so_too(shop: ShopClient) -> None:
    """As text, which clients are generated from, it can be read again."""
    for n, said in enumerate(SAID.values()):
        await shop.define(f"Card {n}", {"tier": {"type": "STRING", "description": said}}, description=said)
    async with shop.database.reading(shop.id) as session:
        model = await shop.database.models.current(session)
    read = build_schema(core.of_shop(model.definitions, contact=False).as_str())
    for n, said in enumerate(SAID.values()):
        kind, asked = read.get_type(f"Card{n}"), read.get_type(f"Card{n}Where")
        assert isinstance(kind, GraphQLObjectType)
        assert isinstance(asked, GraphQLInputObjectType)
        assert lines(kind.description) == lines(said)
        assert lines(asked.fields["tier"].description) == lines(f"{said.rstrip('.')}.")


def lines(text: str | None) -> list[str]:
    """SDL knows one kind of line end, and no indentation of blank lines."""
    return [line.rstrip() for line in (text or "").replace("\r\n", "\n").split("\n")]
