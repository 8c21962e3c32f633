"""One shop in one file: a zip archive of JSON Lines, a member for each table, and a manifest with their counts and
checksums.

What belongs to the shop is in it, ids and all. Left out are API keys, token keys and webhook secrets, since a file lies
about for longer than a key should live; and what only tells what happened (the change log, deliveries, the answers kept
for retries, how far imports have come).
"""

import hashlib
import json
import zipfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.bulk.column_values import check_for
from app.bulk.lawful import refuse_unlawful
from app.bulk.manifest import MANIFEST, BackupRefused, Manifest, Member, read_manifest, undamaged
from app.bulk.portions import Portion
from app.bulk.whole_file import whole_file
from app.domain import exact_json
from app.store import archive, definitions, segments, shops, triggers, webhook_secrets
from app.store.archive import Column
from app.store.database import Database
from app.store.session import Session

LEFT_OUT = "API keys, token keys, webhook secrets; the change log, deliveries, answers kept for retries, imports"
_PAGE = 2_000
_PAGE_BYTES = 16 * 1024 * 1024
_LINE_BYTES = 128 * 1024 * 1024  # a record is 40 times as long where its numbers are written out: 1e308


async def backup(database: Database, shop_id: int, path: Path) -> Manifest:
    """Writes the shop, as it is at one moment, to a new file, which is its owner's alone; where that fails there is no
    file. Raises OutputFailed, and the store's failures."""
    with (
        whole_file(path, new=True) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as filled,
    ):
        return await _filled(database, shop_id, filled)


async def _filled(database: Database, shop_id: int, file: zipfile.ZipFile) -> Manifest:
    async with database.reading(shop_id) as session:
        shop = await shops.find_shop(session)
        assert shop is not None
        manifest = Manifest(
            {"name": shop.name, "time_zone": shop.time_zone, "unify_by_email": shop.unify_by_email},
            datetime.now(UTC).isoformat(),
        )
        for table in archive.TABLES:
            manifest.members[table] = await _written(session, file, table)
        file.writestr(MANIFEST, json.dumps(asdict(manifest), indent=2))
    return manifest


async def _written(session: Session, file: zipfile.ZipFile, table: str) -> Member:
    names = [*await archive.columns(session, table)]
    member, digest = Member(names), hashlib.sha256()
    after: tuple[Any, ...] | None = None
    portion = Portion(_PAGE)
    with file.open(_name(table), "w", force_zip64=True) as opened_member:
        while (page := await archive.page(session, table, names, after, portion.rows)).rows:
            text = "".join(f"{row}\n" for row in page.rows).encode()
            portion.took(len(page.rows), len(text))
            opened_member.write(text)
            digest.update(text)
            member.rows += len(page.rows)
            after = page.last
    member.sha256 = digest.hexdigest()
    return member


async def restore(database: Database, shop_id: int, path: Path) -> Manifest:
    """Puts a backup into a shop that has nothing yet, all of it or nothing. The whole file is read, and checked against
    its counts, its checksums, the types of the tables and the rules for definitions, before the first row is written.
    Triggers come back switched off. Raises BackupRefused and the store's failures."""
    async with database.reading(shop_id) as session:
        known = {table: await archive.columns(session, table) for table in archive.TABLES}
    with undamaged(path):
        file = zipfile.ZipFile(path)  # closed below
    with file:
        with undamaged(path):
            manifest = read_manifest(file)
            for table in archive.TABLES:
                _check(file, table, manifest, known[table])
            with closing(_lines(file, "definitions")) as kept, closing(_lines(file, "override_sources")) as sources:
                refuse_unlawful(kept, sources)
        try:
            async with database.writing(shop_id) as session:
                await _put(session, file, manifest, known)
        except archive.Unfit as error:
            raise BackupRefused(
                f"The rows do not go together ({error}): the backup is damaged, or was altered. Nothing was restored."
            ) from None
    return manifest


def _check(file: zipfile.ZipFile, table: str, manifest: Manifest, known: Mapping[str, Column]) -> None:
    member = manifest.members.get(table)
    if member is None or _name(table) not in file.namelist():
        raise BackupRefused(f"The backup has no {table}: it is damaged. Nothing was restored.")
    if unknown := sorted(set(member.columns) - set(known)):
        raise BackupRefused(f"The backup was made by a later version: {table} has {len(unknown)} columns that are not "
                            "here. Update and migrate first.")  # fmt: skip
    checks = {name: (check_for(column.type), column.required) for name, column in known.items()}
    digest, count = hashlib.sha256(), 0
    wrong: int | None = None
    for count, line in enumerate(_lines(file, table), 1):
        digest.update(line)
        if wrong is None and not _is_row(line, member.columns, checks):
            wrong = count
    if digest.hexdigest() != member.sha256:
        raise BackupRefused(f"{table} is not what was written: its checksum is another. Nothing was restored.")
    if wrong is not None:
        raise BackupRefused(f"Line {wrong} of {table} is no row of that table. Nothing was restored.")
    if count != member.rows:
        raise BackupRefused(f"{table} has not the {member.rows:,} rows it should have. Nothing was restored.")


def _is_row(line: bytes, columns: Sequence[str], checks: Mapping[str, tuple[Any, bool]]) -> bool:
    try:
        row = exact_json.decode(line.decode())
    except ValueError:
        return False
    if not isinstance(row, dict) or row.keys() != {*columns}:
        return False
    for name, value in row.items():
        check, required = checks[name]
        if not (not required if value is None else check(value)):
            return False
    return True


async def _put(
    session: Session, file: zipfile.ZipFile, manifest: Manifest, known: Mapping[str, Mapping[str, Column]]
) -> None:
    if tables := await archive.filled(session):
        raise BackupRefused(f"The shop already has {', '.join(tables)}. Restore into a shop of its own: "
                            "'custom-data shop create'.")  # fmt: skip
    for table in archive.TABLES:
        member = manifest.members[table]
        names = [name for name in known[table] if name in member.columns]
        for rows in _pages(file, table):
            await archive.put(session, table, names, rows)
        if await archive.count(session, table) != member.rows:
            raise BackupRefused(f"{table} has rows that exclude each other, or that no shop has. Nothing was restored.")
    await archive.settle(session, manifest.shop)
    if manifest.members["triggers"].rows:
        await webhook_secrets.rotate(session, 0)
    await _readable(session)


async def _readable(session: Session) -> None:
    """What is kept as JSON has to be what the gateway reads, or the shop could not be used."""
    try:
        await definitions.every(session)
        kept = [each.text for each in await segments.every(session)]
        for text in kept + [each.text for each in await triggers.every(session)]:
            exact_json.decode(text)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BackupRefused("A definition, segment or trigger cannot be read. Nothing was restored.") from None


def _pages(file: zipfile.ZipFile, table: str) -> Iterator[list[str]]:
    page: list[str] = []
    size = 0
    for line in _lines(file, table):
        page.append(line.decode())
        size += len(line)
        if len(page) == _PAGE or size > _PAGE_BYTES:
            yield page
            page, size = [], 0
    if page:
        yield page


def _lines(file: zipfile.ZipFile, table: str) -> Generator[bytes, None, None]:
    with undamaged(Path(file.filename or "")), file.open(_name(table)) as member:
        while line := member.readline(_LINE_BYTES):
            yield line


def _name(table: str) -> str:
    return f"{table}.jsonl"
