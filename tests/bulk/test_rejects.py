"""The file of rejects: fed back as it is, as often as it takes, and kept from harm."""

import asyncio
import csv
import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.bulk import importing
from app.bulk.lines import Unreadable
from app.bulk.rejects import CsvForm, JsonForm
from app.bulk.rejects_file import Rejects
from app.cli import main
from app.domain.imports import Import, Mark, Sent
from app.domain.problems import Code, Problem
from app.domain.verdicts import Outcome, Verdict
from app.operations.import_chunk import ImportStopped
from tests.bulk.files import every_record, import_text
from tests.shops import ShopClient


@pytest.fixture
async def things(shop: ShopClient, monkeypatch: pytest.MonkeyPatch) -> ShopClient:
    """In chunks of 10 rows. Things have no unique key, parts have one."""
    monkeypatch.setattr(importing, "ROWS_PER_CHUNK", 10)
    await shop.define("Thing", {"code": "STRING", "d": "NUMBER"})
    await shop.define("Part", {"code": "STRING", "d": "NUMBER"}, uniqueKeys=["code"])
    return shop


def rows(file: Path) -> list[dict[str, Any]]:
    if file.suffix == ".jsonl":
        return [json.loads(line) for line in file.read_text().splitlines()]
    with file.open(newline="") as opened:
        return list(csv.DictReader(opened))


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


async def data(shop: ShopClient, definition: str = "thing") -> list[tuple[Any, ...]]:
    return [(each["data"]["code"], each["data"]["d"]) for each in await every_record(shop, definition)]


async def test_a_line_of_another_width_is_kept_whole_and_refused_until_it_is_mended(
    things: ShopClient, tmp_path: Path
) -> None:
    file, again = tmp_path / "r.csv", tmp_path / "again.csv"
    await import_text(things, 'code,d\nW1,12,50\n"a\rb",1,"2\n3"\n', "thing", rejects=file)
    assert [(row["code"], row["d"], row["#raw"]) for row in rows(file)] == [
        ("", "", "W1,12,50"), ("", "", '"a\rb",1,"2\n3"'),
    ]  # fmt: skip
    for _ in range(3):
        imported = await import_text(things, file.read_bytes(), "thing", rejects=again)
        assert (imported.counts, await data(things)) == ((0, 0, 0, 2), [])
        assert [row["#raw"] for row in rows(again)] == [row["#raw"] for row in rows(file)]
        file.write_bytes(again.read_bytes())
    half = file.read_text().replace(",,2,", "W1,12.5,2,")
    assert (await import_text(things, half, "thing")).counts == (0, 0, 0, 2)
    mended = half.replace('"W1,12,50"', "")
    assert (await import_text(things, mended, "thing")).counts == (1, 0, 0, 1)
    assert await data(things) == [("W1", 12.5)]


@pytest.mark.parametrize("rounds", [2, 4])
async def test_rejects_of_json_lines_may_be_fed_back_again_and_again(
    things: ShopClient, tmp_path: Path, rounds: int
) -> None:
    """What was sent stays as it was sent, to the digit."""
    file = tmp_path / "r.jsonl"
    sent = '{"code": 5,"d": 0.1000000000000000000001,"note, \\"x\\"": [{"#line": 1}, {}]}'
    text = f"{sent}\n[1]\n\n{{ }}\n"
    for _ in range(rounds):
        imported = await import_text(things, text, "thing", form="jsonl", rejects=file, restart=True)
        assert imported.counts[3] == 2
        text = file.read_text()
    assert sent[1:-1] in text.splitlines()[0]
    assert text.splitlines()[0].startswith('{"#line":1,"#errors":[')
    assert rows(file)[1]["#raw"] == "[1]"
    mended = f'{{"#line":1,"#errors":["x"],"code":"A","d":1}}\n{{"code":"B",{text.splitlines()[1][1:]}\n'
    imported = await import_text(things, mended, "thing", form="jsonl")
    assert (imported.counts, imported.errors) == ((1, 0, 0, 1), [(2, "NOT_AN_OBJECT", None)])
    done = mended.replace('"#raw":"[1]"', '"#raw":""')
    assert (await import_text(things, done, "part", form="jsonl")).counts == (2, 0, 0, 0)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("jsonl", '{"#line":1,"#errors":["x"],"#raw":"[1]"}\n{"#line":1}\n'),
        ("csv", 'code,d,#line,#errors,#raw\n,,1,x,"W1,12,50"\nA,1,1,x,"W1,12,50"\n,,2,x,\n'),
    ],
)  # fmt: skip
async def test_rows_of_nothing_but_notes_make_no_empty_records(things: ShopClient, form: str, text: str) -> None:
    imported = await import_text(things, text, "thing", form=form)
    assert imported.counts == (0, 0, 0, len(text.splitlines()) - (form == "csv"))
    assert {code for _, code, _ in imported.errors} == {"NOT_AN_OBJECT"}
    assert await data(things) == []


async def _stopped(shop: ShopClient, file: Path, name: str) -> bytes:
    """A file whose import ended at its last line, with rejects in two chunks; what it begins with."""
    good = b"code,d\n" + "".join(f"{name}{n},{'many' if n in (3, 14) else n}\n" for n in range(20)).encode()
    with pytest.raises(Unreadable):
        await import_text(shop, good + b"\xff,1\n", "part", rejects=file)
    assert [row["code"] for row in rows(file)] == [f"{name}3", f"{name}14"]
    return good


async def test_what_an_attempt_left_is_cut_off(things: ShopClient, tmp_path: Path) -> None:
    file = tmp_path / "r.csv"
    good = await _stopped(things, file, "A")
    with file.open("a") as opened:
        opened.write("A20,many,22,x,\nA21,ma")  # of the chunk that was never committed
    await import_text(things, good + b"A20,many\n", "part", rejects=file)
    assert [row["code"] for row in rows(file)] == ["A3", "A14", "A20"]
    assert names(tmp_path) == ["r.csv"]


@pytest.mark.parametrize(
    "change",
    [lambda text: text.replace("A3,many", "A3,3"), lambda text: text.replace("A3,many", "A3,33333333333"),
     lambda text: text + "A99,5,3,,\n"],
    ids=["shorter", "longer", "appended"],
)  # fmt: skip
async def test_rejects_that_were_corrected_meanwhile_are_left_and_the_rest_stands_beside(
    things: ShopClient, tmp_path: Path, change: Any
) -> None:
    file = tmp_path / "r.csv"
    good = await _stopped(things, file, "A")
    corrected = change(file.read_text())
    file.write_text(corrected)
    more = good + b"A20,many\n" + "".join(f"A{n},{n}\n" for n in range(21, 30)).encode() + b"A30,many\n"
    with pytest.raises(Unreadable):
        await import_text(things, more + b"\xff,1\n", "part", rejects=file)
    beside = tmp_path / "r.2.csv"
    assert [row["code"] for row in rows(beside)] == ["A20"]
    await import_text(things, more, "part", rejects=file)
    assert [row["code"] for row in rows(beside)] == ["A20", "A30"]
    assert file.read_text() == corrected
    assert names(tmp_path) == ["r.2.csv", "r.csv"]


async def test_the_command_says_where_the_rest_is(
    things: ShopClient, tmp_path: Path, admin_url: str, gateway_url: str
) -> None:
    file = tmp_path / "parts.csv"
    good = await _stopped(things, tmp_path / "parts.csv.rejects.csv", "A")
    (tmp_path / "parts.csv.rejects.csv").write_text("code,d\nA3,3\nA14,14\n")
    file.write_bytes(good + b"A20,many\n")
    arguments = ["import", "records", "--shop", str(things.id), "--definition", "part", str(file)]
    given = {"DATABASE_URL": gateway_url, "DATABASE_ADMIN_URL": admin_url}
    ended = await asyncio.to_thread(CliRunner().invoke, main, arguments, env=given)
    assert ended.exit_code == 3, ended.output
    assert f"{tmp_path}/parts.csv.rejects.csv was changed since" in ended.stderr
    assert ended.stderr.splitlines()[-1].endswith("parts.csv.rejects.2.csv")


async def test_a_file_of_another_import_beside_it_is_not_taken_for_its_own(things: ShopClient, tmp_path: Path) -> None:
    file, other = tmp_path / "r.csv", tmp_path / "r.2.csv"
    good = await _stopped(things, file, "A")
    other.write_text("code,d,#line,#errors,#raw\nold,many,2,x,\n")
    await import_text(things, good + b"A20,many\n", "part", rejects=file)
    assert [row["code"] for row in rows(file)] == ["A3", "A14", "A20"]
    assert [row["code"] for row in rows(other)] == ["old"]


@pytest.mark.parametrize("depth", range(900, 1000, 3))
def test_a_row_as_deep_as_can_be_read_can_be_rejected(depth: int) -> None:
    """Where it is written, less of the stack may be left than where it was read."""
    line = b'{"code":' + b"[" * depth + b"]" * depth + b"}\n"

    def deeper(by: int) -> bytes:
        if by:
            return deeper(by - 1)
        return JsonForm().rows([(Sent(1, {"code": []}, line), Verdict(0, Outcome.REJECTED, None, ()))])

    assert deeper(20).startswith(b'{"#line":1,"#errors":[],"')


async def test_a_correction_of_the_same_length_stays_where_the_rest_is_added(
    things: ShopClient, tmp_path: Path
) -> None:
    file = tmp_path / "r.csv"
    good = await _stopped(things, file, "A")
    file.write_text(file.read_text().replace("A3,many", "A3,3333"))
    await import_text(things, good + b"A20,many\n", "part", rejects=file)
    assert [(row["code"], row["d"]) for row in rows(file)] == [("A3", "3333"), ("A14", "many"), ("A20", "many")]


@pytest.mark.parametrize("reject_bytes", [0, 500])
async def test_a_chunk_that_is_tried_again_writes_its_rejects_once(tmp_path: Path, reject_bytes: int) -> None:
    """Also where the file of before was taken away, and a new one begins."""
    rejects = Rejects(tmp_path / "r.csv", CsvForm(["code"], ","))
    before = Import(1, Mark(), reject_bytes=reject_bytes)
    problem = Problem(Code.REQUIRED, "code is required.", "code")
    rejected = [(Sent(2, None, ["A"]), Verdict(0, Outcome.REJECTED, None, (problem,)))]
    assert rejects.write(before, rejected) == rejects.write(before, rejected)
    rejects.close()
    assert rejects.path.read_text() == "code,#line,#errors,#raw\nA,2,REQUIRED at code: code is required.,\n"


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """As on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_rejects_that_cannot_be_written_stop_the_import_before_their_rows_are_in(
    things: ShopClient, tmp_path: Path
) -> None:
    with no_file_beyond(40), pytest.raises(ImportStopped, match=r"cannot be written to .*r\.csv: File too large"):
        await import_text(things, "code,d\nA,1\nB,many\n", "part", rejects=tmp_path / "r.csv")
    assert await data(things, "part") == []
    assert (await import_text(things, "code,d\nA,1\nB,many\n", "part", rejects=tmp_path / "r.csv")).counts[3] == 1
    assert [row["code"] for row in rows(tmp_path / "r.csv")] == ["B"]


async def test_verdicts_that_cannot_be_written_stop_the_command_in_one_line(
    things: ShopClient, tmp_path: Path, admin_url: str, gateway_url: str
) -> None:
    file = tmp_path / "parts.csv"
    file.write_text("code,d\nA,1\nB,many\n")
    arguments = ["import", "records", "--shop", str(things.id), "--definition", "part", str(file)]
    given = {"DATABASE_URL": gateway_url, "DATABASE_ADMIN_URL": admin_url}
    ended = await asyncio.to_thread(CliRunner().invoke, main, [*arguments, "--verdicts", "/dev/full"], env=given)
    assert (ended.exit_code, len(ended.stderr.strip().splitlines())) == (1, 1), ended.output
    assert "No space left on device. Run it again to go on." in ended.stderr


async def test_rejects_of_before_are_gone_when_there_are_none(things: ShopClient, tmp_path: Path) -> None:
    file, other = tmp_path / "r.csv", tmp_path / "other.csv"
    await import_text(things, "code,d\nA,many\n", "part", rejects=file)
    assert file.exists()
    other.write_text("code,d\nnever,1\n")
    for path in (file, other):
        await import_text(things, "code,d\nA,1\n", "part", rejects=path, restart=True)
    assert names(tmp_path) == ["other.csv"]
