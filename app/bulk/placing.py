"""Where an import goes on: behind what the latest unfinished import of the same file has written."""

from collections.abc import Sequence

from app.bulk.lines import Lines, Unreadable
from app.bulk.reading import Rows
from app.bulk.streams import Stream
from app.domain.imports import Import, Mark
from app.operations.import_chunk import ImportStopped


async def place(known: Sequence[Import], lines: Lines, rows: Rows, *, doubles: bool) -> tuple[Import, bool]:
    """The import to go on with, told by what the file begins with, and one of nothing where there is none. Also whether
    there is nothing to do: rows that would be there twice (`doubles`), imported before to the end of the file.

    A stream is held as far as it has come, and compared like a file up to there. Beyond, it is taken for the file
    of an import that begins like it; as it cannot be read again, ImportStopped is raised where the rest is another."""
    first = rows.mark
    for each in known:
        if (each.finished_at is None or doubles) and await _reached(lines, each):
            if each.finished_at is None:
                return each, False
            if await _ended(rows, lines.stream):
                return each, True
            if lines.stream is not None and lines.stream.let_go:
                raise _another(each.mark, "goes on behind")
    lines.skip_to(first)
    return Import(0, first), False


async def _reached(lines: Lines, known: Import) -> bool:
    """Whether the file begins with what this import has read; it is read to there then."""
    stream, mark = lines.stream, known.mark
    if stream is None or stream.holds(mark.offset):
        return lines.skip_to(mark)
    if known.beginning is None or known.beginning != lines.beginning():
        return False
    lines.rewind()
    stream.let_go = True
    while lines.offset < mark.offset:
        await stream.fill()
        if not lines.pass_over(mark.offset - lines.offset):
            break
    if lines.mark.digest != mark.digest:
        raise _another(mark, "is not the same as")
    lines.passed(mark)
    await stream.fill()
    return True


async def _ended(rows: Rows, stream: Stream | None) -> bool:
    """Whether no row follows. What is looked at of a stream behind what it holds is gone."""
    try:
        for row in rows:
            if row is not None:
                return False
            if stream is not None and stream.low:
                stream.let_go = True
                await stream.fill()
    except Unreadable:
        return False
    return True


def _another(mark: Mark, how: str) -> ImportStopped:
    return ImportStopped(
        f"The file begins like one that was imported up to line {mark.line}, but {how} it, and a stream cannot be read "
        "again: nothing was written. Send it with restart to import it from its beginning."
    )
