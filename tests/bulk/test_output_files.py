"""What an import or an export is to write: never what it reads, and nothing that cannot be written."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main

ROWS = b"idProduct,name,price\n1,A,2\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "products.csv"
    path.write_bytes(ROWS)
    return path


def _told(*arguments: str | Path) -> Result:
    """Of a command that cannot be meant: one line, and the exit code of such. It comes to no database."""
    result = CliRunner().invoke(
        main, [str(each) for each in arguments], env={"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}
    )
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1), result.output
    return result


@pytest.mark.parametrize("option", ["--rejects", "--verdicts"])
@pytest.mark.parametrize("way", ["same", "linked", "dotted"])
def test_what_is_read_is_not_written(file: Path, option: str, way: str) -> None:
    other = {
        "same": file,
        "linked": file.with_name("link"),
        "dotted": file.parent / ".." / file.parent.name / file.name,
    }
    if way == "linked":
        other[way].hardlink_to(file)
    said = _told("import", "products", "--shop", "1", file, option, other[way]).stderr
    assert f"is both input and {option[2:]}" in said
    assert file.read_bytes() == ROWS


def test_rejects_and_verdicts_are_two_files(file: Path) -> None:
    new = file.with_name("new")
    assert "name another file" in _told(
        "import", "products", "--shop", "1", file, "--rejects", new, "--verdicts", new
    ).stderr  # fmt: skip
    usual = f"{file}.rejects.csv"
    assert "name another file" in _told("import", "products", "--shop", "1", file, "--verdicts", usual).stderr


@pytest.mark.parametrize("option", ["--rejects", "--verdicts"])
@pytest.mark.parametrize(("name", "why"), [("none/new", "No such file"), (".", "it is no file")])
def test_what_cannot_be_written_is_said_beforehand(file: Path, option: str, name: str, why: str) -> None:
    said = _told("import", "products", "--shop", "1", file, option, file.parent / name).stderr
    assert "cannot be written" in said
    assert why in said


def test_looking_whether_a_file_can_be_written_leaves_it_as_it_is(file: Path) -> None:
    old, new = file.with_name("old"), file.with_name("new")
    old.write_text("kept")
    assert "127.0.0.1" in _told("import", "products", "--shop", "1", file, "--rejects", new, "--verdicts", old).stderr
    assert (old.read_text(), new.exists()) == ("kept", False)
