"""Files as a test imports them, in this process."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.bulk.importing import Ended, Job, run
from app.bulk.reading import Dialect
from app.bulk.rejects import Form, Rejected, told
from app.bulk.rejects_file import Rejects
from app.domain.changes import Events
from app.domain.imports import Import, Kind
from app.operations.import_chunk import Way
from app.operations.transaction import Call
from tests.shops import ShopClient


@dataclass
class Imported:
    """What came of it: the rows with errors or warnings as programs are told of them, and where each chunk ended."""

    ended: Ended
    noted: list[dict[str, Any]]
    marks: list[int]
    begun: list[Import] = field(default_factory=list)

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """Created, updated, unchanged, rejected."""
        tally = self.ended.at.tally
        return tally.created, tally.updated, tally.unchanged, tally.rejected

    @property
    def errors(self) -> list[tuple[int, str, str | None]]:
        """Line, code and path of each."""
        return [(row["line"], each["code"], each["path"]) for row in self.noted for each in row["errors"]]


async def import_text(
    shop: ShopClient, text: str | bytes, definition: str = "", *, kind: Kind = Kind.RECORDS, form: str = "csv",
    events: Events = Events.SUMMARY, reject_ambiguous: bool = False, dry_run: bool = False, restart: bool = False,
    delimiter: str | None = None, keep_empty: bool = False, decimal_comma: bool = False, rejects: Path | None = None,
) -> Imported:  # fmt: skip
    noted: list[dict[str, Any]] = []
    marks: list[int] = []
    begun: list[Import] = []

    async def begin(at: Import) -> None:
        begun.append(at)

    async def tell(at: Import, rows: Sequence[Rejected]) -> None:
        marks.append(at.mark.line)
        noted.extend(told(*row) for row in rows)

    def kept(written: Form, _: int) -> Rejects:
        assert rejects is not None
        return Rejects(rejects, written)

    way = Way(kind, definition, events, reject_ambiguous, dry_run)
    file = io.BytesIO(text.encode() if isinstance(text, str) else text)
    job = Job(way, file, form, Dialect(delimiter, keep_empty), decimal_comma, restart, kept if rejects else None)
    ended = await run(
        shop.database, Call(shop.id, 0, "import"), job, begin, tell
    )  # fmt: skip
    return Imported(ended, noted, marks, begun)


async def every_record(shop: ShopClient, definition: str) -> list[dict[str, Any]]:
    """The data of all records of a definition, in order of id."""
    found: list[dict[str, Any]] = []
    after = None
    while True:
        page = (await shop.ask(
            "query($d: String!, $after: String) { customDataRecords(definition: $d, first: 100, after: $after)"
            " { nodes { data version } pageInfo { hasNextPage endCursor } } }", d=definition, after=after,
        ))["customDataRecords"]  # fmt: skip
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]
