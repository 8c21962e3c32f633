"""Migrations are applied command by command, and none of their text is lost."""

from typing import Any

import pytest
from pglast import ast, parse_sql
from pglast.stream import RawStream

from app.store.commands import commands
from app.store.migrate import Migration, known_migrations


def _told(raw: Any) -> str:
    """A statement without its comments; of a block only that it is one, since its comments are in its text."""
    return "do" if isinstance(raw.stmt, ast.DoStmt) else str(RawStream()(raw.stmt))


@pytest.mark.parametrize("migration", known_migrations(), ids=lambda migration: migration.name)
def test_each_is_one_command_and_together_they_are_the_script(migration: Migration) -> None:
    split = [_told(each) for command in commands(migration.sql) for each in parse_sql(command)]
    whole = [_told(each) for each in parse_sql(migration.sql)]
    assert split == whole
    assert len(commands(migration.sql)) == len(whole)
