"""Files that come as streams: what is in memory of them, and where they go on."""

import io
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from app.bulk import streams
from app.bulk.importing import Ended, Job, run
from app.bulk.lines import Lines, Unreadable
from app.bulk.reading import Dialect
from app.bulk.streams import Stream
from app.domain.imports import Import, Kind
from app.operations.import_chunk import ImportStopped, Way
from app.operations.transaction import Call
from app.server.refusals import Refused
from tests.bulk.files import every_record
from tests.shops import ShopClient

AHEAD = 200  # bytes, in these tests
HEADER = b"sku,size\n"


@pytest.fixture(autouse=True)
def _short_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "AHEAD", AHEAD)
    monkeypatch.setattr("app.bulk.lines.BEGINNING_BYTES", 60)


class Source:
    """Pieces of a file, and how much was asked for beyond what was taken."""

    def __init__(self, content: bytes, piece: int = 50, breaks_off: int | None = None) -> None:
        self._content = content
        self._piece = piece
        self._breaks_off = breaks_off
        self.given = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for at in range(0, len(self._content), self._piece):
            if self._breaks_off is not None and at >= self._breaks_off:
                raise Refused("BAD_REQUEST", "It broke off.")
            self.given = min(at + self._piece, len(self._content))
            yield self._content[at : self.given]


def streamed(content: bytes, **how: Any) -> Stream:
    return Stream(aiter(Source(content, **how)))


async def taken(
    shop: ShopClient, file: Any, definition: str = "part", *, rows: int = 5, form: str = "csv", **more: Any
) -> tuple[Ended, list[int]]:
    """What came of an import in small transactions, and the lines after which each ended."""
    marks: list[int] = []

    async def begun(at: Import) -> None:
        marks.append(at.mark.line)

    async def told(at: Import, _: Any) -> None:
        marks.append(at.mark.line)

    job = Job(Way(Kind.RECORDS, definition), file, form, Dialect(), chunk=rows, **more)
    return await run(shop.database, Call(shop.id, 0, "import"), job, begun, told), marks


@pytest.fixture
async def parts(shop: ShopClient) -> ShopClient:
    await shop.define("Part", {"sku": "STRING", "size": "NUMBER"}, uniqueKeys=["sku"])
    await shop.define("Log", {"sku": "STRING", "size": "NUMBER"})
    return shop


def rows(first: int, last: int) -> bytes:
    return b"".join(b"p%06d,%d\n" % (n, n) for n in range(first, last))


def of_kind(stream: bool) -> Callable[..., Any]:
    return streamed if stream else lambda content, **_: io.BytesIO(content)


@pytest.mark.parametrize("piece", [1, 7, 50, 10_000])
async def test_a_stream_reads_like_the_file(parts: ShopClient, piece: int) -> None:
    content = b"sku,size\n" + rows(0, 40) + b'"two\nlines",\n,,\n,\n\n' + b",\n" * 400 + b"last,7"
    ended, marks = await taken(parts, streamed(content, piece=piece))
    again, same = await taken(parts, io.BytesIO(content), restart=True)
    assert (ended.at.tally.created, again.at.tally.unchanged) == (42, 42)
    assert marks == same
    assert len(await every_record(parts, "part")) == 42


async def test_no_more_is_held_than_a_row_needs(parts: ShopClient) -> None:
    """However large the file: what was read is gone, and what is not looked at yet was not asked for."""
    source = Source(HEADER + rows(0, 500))
    stream = Stream(aiter(source))
    held: list[int] = []
    fill = stream.fill

    async def watched() -> None:
        await fill()
        held.append(len(stream._held))

    stream.fill = watched  # type: ignore[method-assign]
    ended, _ = await taken(parts, stream)
    assert ended.at.tally.created == 500
    assert source.given > 20 * AHEAD
    assert len(held) > 50
    assert max(held) < 2 * AHEAD


async def test_the_sender_waits_for_the_database(parts: ShopClient) -> None:
    """While a transaction is being written, the next rows are read, and no more."""
    source = Source(HEADER + rows(0, 500))
    ahead: list[int] = []

    async def nothing(_at: Import) -> None:
        return None

    async def told(at: Import, _: Any) -> None:
        ahead.append(source.given - at.mark.offset)

    job = Job(Way(Kind.RECORDS, "part"), Stream(aiter(source)), "csv", Dialect(), chunk=5)
    await run(parts.database, Call(parts.id, 0, "import"), job, nothing, told)
    assert len(ahead) == 100
    assert max(ahead) < AHEAD + 200


@pytest.mark.parametrize("definition", ["part", "log"])
@pytest.mark.parametrize("first", [True, False], ids=["stream", "file"])
@pytest.mark.parametrize("second", [True, False], ids=["by stream", "by file"])
@pytest.mark.parametrize("done", [12, 80], ids=["near", "far"])
async def test_a_stopped_import_goes_on_whichever_way_it_comes(
    parts: ShopClient, definition: str, first: bool, second: bool, done: int
) -> None:
    """Near: within what is held. Far: beyond. What could not be read may be mended meanwhile."""
    broken = HEADER + rows(0, done) + b"\xff\n" + rows(done + 1, 100)
    with pytest.raises(Unreadable):
        await taken(parts, of_kind(first)(broken), definition)
    mended = HEADER + rows(0, 100)
    ended, marks = await taken(parts, of_kind(second)(mended), definition)
    assert marks[0] == 1 + done // 5 * 5
    assert (ended.at.tally.created, ended.repeated) == (100, False)
    assert len(await every_record(parts, definition)) == 100


async def test_a_stream_that_breaks_off_writes_whole_transactions(parts: ShopClient) -> None:
    content = HEADER + rows(0, 100)
    with pytest.raises(Refused):
        await taken(parts, streamed(content, breaks_off=650))
    kept = len(await every_record(parts, "part"))
    assert kept % 5 == 0
    assert 0 < kept < 50
    ended, marks = await taken(parts, streamed(content))
    assert (marks[0], ended.at.tally.created) == (1 + kept, 100)


async def test_half_a_row_is_never_one(parts: ShopClient) -> None:
    stream = streamed(HEADER + b"a,123456", piece=4, breaks_off=13)
    with pytest.raises(Refused):
        await taken(parts, stream)
    assert await every_record(parts, "part") == []
    with pytest.raises(AssertionError):  # nor when it is asked again
        await stream.fill()


async def test_another_file_with_the_same_beginning_is_told_apart(parts: ShopClient) -> None:
    """Beyond what is held, it cannot be read again: nothing is written, and it says what to do."""
    with pytest.raises(Unreadable):
        await taken(parts, streamed(HEADER + rows(0, 80) + b"\xff\n"))
    other = HEADER + rows(0, 50) + b"other,1\n" + rows(51, 100)
    for content in (other, HEADER + rows(0, 60)):
        with pytest.raises(ImportStopped, match=r"up to line 81, but is not the same as it, .* with restart"):
            await taken(parts, streamed(content))
    assert "other" not in {record["data"]["sku"] for record in await every_record(parts, "part")}
    ended, marks = await taken(parts, streamed(other), restart=True)
    assert (marks[0], ended.at.tally.unchanged, ended.at.tally.created) == (1, 79, 21)


async def test_another_beginning_is_another_file(parts: ShopClient) -> None:
    with pytest.raises(Unreadable):
        await taken(parts, streamed(HEADER + rows(0, 80) + b"\xff\n"))
    ended, marks = await taken(parts, streamed(HEADER + rows(500, 600)))
    assert (marks[0], ended.at.tally.created) == (1, 100)


async def test_a_short_file_is_no_longer_one(parts: ShopClient) -> None:
    """It is there to its end, so nothing needs to be taken for anything."""
    with pytest.raises(Unreadable):
        await taken(parts, streamed(HEADER + rows(0, 80) + b"\xff\n"))
    ended, _ = await taken(parts, streamed(HEADER + rows(0, 8)))
    assert ended.at.tally.unchanged == 8


@pytest.mark.parametrize("blank", [0, 300])
async def test_rows_without_a_key_are_not_in_twice(parts: ShopClient, blank: int) -> None:
    content = HEADER + rows(0, 100)
    await taken(parts, streamed(content), "log")
    ended, _ = await taken(parts, streamed(content + b",\n" * blank), "log")
    assert (ended.repeated, ended.at.tally.created) == (True, 100)
    with pytest.raises(ImportStopped, match="goes on behind it"):
        await taken(parts, streamed(content + b",\n" * blank + b"more,1\n"), "log")
    assert len(await every_record(parts, "log")) == 100


async def test_a_row_that_does_not_end_is_told(parts: ShopClient) -> None:
    with pytest.raises(Unreadable, match=r"Line 2 cannot be read: the row is longer than .* never closed"):
        await taken(parts, streamed(HEADER + b'"a\n' + rows(0, 100)))


async def test_lines_of_json(parts: ShopClient) -> None:
    content = b"\n" * 300 + b"".join(b'{"sku": "%d", "size": 1}\n\n' % n for n in range(100))
    ended, _ = await taken(parts, streamed(content), form="jsonl")
    assert ended.at.tally.created == 100


async def test_a_line_is_as_long_as_it_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.bulk.lines.LINE_BYTES", 100)
    stream = streamed(b"a" * 99 + b"\n" + b"b" * 101 + b"\n")
    lines = iter(Lines(stream))
    await stream.fill()
    assert next(lines) == b"a" * 99 + b"\n"
    await stream.fill()
    with pytest.raises(Unreadable, match="Line 2 is longer than 100 bytes"):
        next(lines)
