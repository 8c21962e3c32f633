"""One shop in one file: a zip archive of JSON Lines, a member for each table, and a manifest with their counts and
checksums.

What belongs to the shop is in it, ids and all. Left out are API keys, token keys and webhook secrets, since a file lies
about for longer than a key should live; and what only tells what happened (the change log, deliveries, the answers kept
for retries, how far imports have come).
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from app.store import archive, shops, webhook_secrets
from app.store.database import Database
from app.store.session import Session

FORMAT = 1
LEFT_OUT = "API keys, token keys, webhook secrets; the change log, deliveries, answers kept for retries, imports"
_PAGE = 2_000
_MANIFEST = "manifest.json"


class BackupRefused(Exception):
    """This file, or this shop, will not do; nothing was written. The text says why, and what to do."""


@dataclass(slots=True)
class Member:
    """What is in one member."""

    columns: list[str]
    rows: int = 0
    sha256: str = ""


@dataclass(slots=True)
class Manifest:
    """What is in the file."""

    shop: dict[str, Any]
    made_at: str
    format: int = FORMAT
    members: dict[str, Member] = field(default_factory=dict)


async def backup(database: Database, shop_id: int, path: Path) -> Manifest:
    """Writes the shop, as it is at one moment, to a new file. Raises the store's failures and OSError."""
    async with database.reading(shop_id) as session:
        shop = await shops.find_shop(session)
        assert shop is not None
        manifest = Manifest(
            {"name": shop.name, "time_zone": shop.time_zone, "unify_by_email": shop.unify_by_email},
            datetime.now(UTC).isoformat(),
        )
        with zipfile.ZipFile(path, "x", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
            for table in archive.TABLES:
                manifest.members[table] = await _written(session, file, table)
            file.writestr(_MANIFEST, json.dumps(asdict(manifest), indent=2))
    return manifest


async def _written(session: Session, file: zipfile.ZipFile, table: str) -> Member:
    names = await archive.columns(session, table)
    member, digest = Member(list(names)), hashlib.sha256()
    after: tuple[Any, ...] | None = None
    with file.open(_name(table), "w", force_zip64=True) as opened:
        while (page := await archive.page(session, table, names, after, _PAGE)).rows:
            text = "".join(f"{row}\n" for row in page.rows).encode()
            opened.write(text)
            digest.update(text)
            member.rows += len(page.rows)
            after = page.last
    member.sha256 = digest.hexdigest()
    return member


def read_manifest(path: Path) -> Manifest:
    """Raises BackupRefused for a file that is no backup, or one of another format."""
    try:
        with zipfile.ZipFile(path) as file:
            sent = json.loads(file.read(_MANIFEST))
        if sent["format"] != FORMAT:
            raise BackupRefused(f"{path} has the format {sent['format']}; this version reads {FORMAT}. Update first.")
        members = {table: Member(**member) for table, member in sent.pop("members").items()}
        return Manifest(**sent, members=members)
    except OSError as error:
        raise BackupRefused(f"{path} cannot be read: {error.strerror}.") from error
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise BackupRefused(
            f"{path} is no backup of a shop, or is damaged. Give a file that 'custom-data backup' made."
        ) from error


async def restore(database: Database, shop_id: int, path: Path) -> Manifest:
    """Puts a backup into a shop that has nothing yet, all of it or nothing. Counts and checksums are those of the
    manifest, or it is undone. Triggers come back switched off. Raises BackupRefused and the store's failures."""
    manifest = read_manifest(path)
    try:
        with zipfile.ZipFile(path) as file:
            async with database.writing(shop_id) as session:
                if tables := await archive.filled(session):
                    raise BackupRefused(f"The shop already has {', '.join(tables)}. Restore into a shop of its own: "
                                        "'custom-data shop create'.")  # fmt: skip
                for table in archive.TABLES:
                    await _restored(session, file, table, manifest)
                await archive.settle(session, manifest.shop)
                if manifest.members["triggers"].rows:
                    await webhook_secrets.rotate(session, 0)
    except (zipfile.BadZipFile, EOFError) as error:
        raise BackupRefused(f"{path} is damaged: {error}. Nothing was restored.") from error
    return manifest


async def _restored(session: Session, file: zipfile.ZipFile, table: str, manifest: Manifest) -> None:
    member = manifest.members.get(table)
    if member is None or _name(table) not in file.namelist():
        raise BackupRefused(f"The backup has no {table}: it is damaged. Nothing was restored.")
    known = await archive.columns(session, table)
    if unknown := sorted(set(member.columns) - set(known)):
        raise BackupRefused(f"The backup was made by a later version: {table} has no {', '.join(unknown)} here. Update "
                            "and migrate first.")  # fmt: skip
    names = [name for name in known if name in member.columns]
    digest = hashlib.sha256()
    with file.open(_name(table)) as opened:
        lines = _digested(opened, digest)
        while rows := list(islice(lines, _PAGE)):
            await archive.put(session, table, names, rows)
    if digest.hexdigest() != member.sha256:
        raise BackupRefused(f"{table} is not what was written: its checksum is another. Nothing was restored.")
    if await archive.count(session, table) != member.rows:
        raise BackupRefused(f"{table} has not the {member.rows:,} rows it should have. Nothing was restored.")


def _digested(opened: Any, digest: Any) -> Iterator[str]:
    for line in io.BufferedReader(opened):
        digest.update(line)
        yield line.decode()


def _name(table: str) -> str:
    return f"{table}.jsonl"
