"""Each example of the README keeps its answer and the statements it issued: an answer that changes, or a statement
asked once per row, shows as lines in a diff.

    RENEW_GOLDEN=1 pytest tests/api/test_golden.py     writes the .json and .sql.txt files beside the queries anew

The queries run against the demo shop's content, under both executors: graphql-core asks the same statements, in an
order of its own. Ids and cursors differ from run to run: files hold placeholders.
"""

import json
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from app.demo import loading
from app.graphql.schema import BREADTH_FIRST, GRAPHQL_CORE
from app.server.app import mount
from app.server.settings import Settings
from app.store.database import Database
from app.store.statements import Statement
from tests.shops import ShopClient, new_shop

GOLDEN = Path(__file__).parent / "golden"
QUERIES = {file.stem: file.read_text() for file in sorted(GOLDEN.glob("*.graphql"))}

_OF_THE_KEY = ("keys.find_key", "shops.find_shop")
_VARYING = ("id", "idRecord", "idContact", "idDefinition", "startCursor", "endCursor")
_BRIEF = 400  # characters of a statement


@pytest.fixture(scope="module", params=[BREADTH_FIRST, GRAPHQL_CORE])
async def executor(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
async def demo(database: Database, executor: str, admin_url: str) -> AsyncIterator[ShopClient]:
    app = Starlette()
    mount(app, database, Settings.model_construct(executor=executor))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway") as http:
        shop = await new_shop(database, http, admin_url)
        await loading.load(database, shop.id)
        yield shop


@pytest.mark.parametrize("name", QUERIES)
async def test_an_example_keeps_its_answer_and_its_statements(demo: ShopClient, executor: str, name: str) -> None:
    document = QUERIES[name]
    await demo.ask(document)  # from now on the shop's model is known
    issued: list[Statement] = []

    def observe(shop_id: int, statement: Statement) -> None:
        if shop_id == demo.id and statement.name not in _OF_THE_KEY:
            issued.append(statement)

    demo.database.observers.append(observe)
    try:
        answer = await demo.ask(document)
    finally:
        demo.database.observers.remove(observe)
    _compare(f"{name}.json", json.dumps(_stable(answer), indent=2, ensure_ascii=False) + "\n")
    if executor == BREADTH_FIRST:
        _compare(f"{name}.sql.txt", "".join(map(_brief, issued)))
    else:
        told = (GOLDEN / f"{name}.sql.txt").read_text()
        assert sorted("".join(map(_brief, issued)).splitlines()) == sorted(told.splitlines())


def test_every_golden_file_belongs_to_a_query() -> None:
    kept = {f"{name}.{ending}" for name in QUERIES for ending in ("graphql", "json", "sql.txt")}
    assert {file.name for file in GOLDEN.iterdir()} == kept


def _compare(file: str, found: str) -> None:
    if os.environ.get("RENEW_GOLDEN"):
        (GOLDEN / file).write_text(found)
    assert found == (GOLDEN / file).read_text(), f"{file} differs. If that is meant, see this module's docstring."


def _stable(value: Any, key: str = "") -> Any:
    """The answer without what differs from run to run."""
    if isinstance(value, dict):
        return {name: _stable(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [_stable(each) for each in value]
    if key in _VARYING and value is not None:
        return f"<{key}>"
    return re.sub(r"\bin record \d+", "in record <idRecord>", value) if isinstance(value, str) else value


def _brief(statement: Statement) -> str:
    """The statement's name, and its beginning on one line."""
    lines = [line for line in statement.sql.splitlines() if not line.lstrip().startswith("--")]
    text = " ".join(" ".join(lines).split())
    return f"{statement.name}\n    {text if len(text) <= _BRIEF else text[:_BRIEF].rstrip() + ' ...'}\n"
