"""What the README shows is what the gateway answers: its tour consists of the golden queries and their results."""

import re
from pathlib import Path

import pytest
from graphql import parse, validate

from app.demo import loading
from app.graphql.schema import schema
from tests.shops import ShopClient

README = (Path(__file__).parents[1] / "README.md").read_text()
GOLDEN = Path(__file__).parent / "api" / "golden"


@pytest.mark.parametrize("query", sorted(GOLDEN.glob("*.graphql")), ids=lambda file: file.stem)
def test_the_tour_shows_the_golden_query_and_its_answer(query: Path) -> None:
    shown = [re.findall(rf"```{language}\n(.*?)```", README, re.S) for language in ("graphql", "json")]
    blocks = dict(zip(*shown, strict=True))
    assert blocks[query.read_text()] == query.with_suffix(".json").read_text()


async def test_other_documents_are_valid(shop: ShopClient) -> None:
    """In the schema of the demo shop, which has all that the core's has."""
    await loading.load(shop.database, shop.id)
    async with shop.database.reading(shop.id) as session:
        model = await shop.database.models.current(session)
    made = schema.of_shop(model.definitions, contact=False)._schema
    documents = re.findall(r"```gql\n(.*?)```", README, re.S)
    assert len(documents) > 5
    assert [error for document in documents for error in validate(made, parse(document))] == []


def test_the_contents_name_every_section() -> None:
    headings = re.findall(r"^## (.*)$", re.sub(r"```.*?```", "", README, flags=re.S), re.M)
    assert set(re.findall(r"\]\(#([\w-]+)\)", README)) >= {heading.lower().replace(" ", "-") for heading in headings}


def test_every_file_of_the_tree_exists() -> None:
    """The folders and files that the README's tree names."""
    [tree] = re.findall(r"```text\n(app/.*?)```", README, re.S)
    folders = re.findall(r"^(\S+/) ", tree, re.M)
    assert folders
    assert [folder for folder in folders if not (Path(__file__).parents[1] / folder).is_dir()] == []


async def test_the_examples_of_segments_run_on_the_demo_shop(shop: ShopClient) -> None:
    await loading.load(shop.database, shop.id)
    [section] = re.findall(r"^## Segments\n(.*?)^## ", README, re.S | re.M)
    examples = re.findall(r"```gql\n(.*?)```", section, re.S)
    assert len(examples) == 2
    made = (await shop.ask(examples[0]))["createSegment"]
    assert made["userErrors"] == []
    found = await shop.ask(examples[1])
    assert found["segment"]["count"]["count"] > 0
    assert found["segment"]["why"]["isTrue"] is found["segment"]["contains"] is False
    assert all({"name": "VIP"} in each["segments"] for each in found["contacts"]["nodes"])
