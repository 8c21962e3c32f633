"""What is in a backup: its first page, read before anything else is."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from app.domain import exact_json

FORMAT = 1
MANIFEST = "manifest.json"
_MOST_BYTES = 1024 * 1024
_SETTINGS = ("name", "time_zone", "unify_by_email")
_UNIFYING = ("VERIFIED", "ALWAYS")
_UNREACHED = (FileNotFoundError, PermissionError, IsADirectoryError)
# what the libraries raise for bytes that are not what they should be
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, TypeError, KeyError, AttributeError,
           RuntimeError, OverflowError, MemoryError)  # fmt: skip


class BackupRefused(Exception):
    """This file, or this shop, will not do; nothing was written. The text says why, and what to do, and quotes nothing
    of what is in the file."""


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


@contextmanager
def undamaged(path: Path) -> Iterator[None]:
    """The block reads the file: whatever is wrong with its bytes is a BackupRefused."""
    try:
        yield
    except _UNREACHED as error:
        raise BackupRefused(f"{path} cannot be read: {error.strerror}.") from error
    except _DAMAGE:
        raise BackupRefused(
            f"{path} is no backup of a shop, or is damaged. Nothing was restored. Give a file that 'custom-data backup'"
            " made."
        ) from None


def read_manifest(archive: zipfile.ZipFile) -> Manifest:
    """Raises BackupRefused for one of another format, and what `undamaged` refuses for one that is none."""
    if archive.getinfo(MANIFEST).file_size > _MOST_BYTES:
        raise ValueError("the manifest is too large")
    sent = exact_json.decode(archive.read(MANIFEST).decode())
    if type(sent["format"]) is int and sent["format"] != FORMAT:
        raise BackupRefused(f"The file has the format {sent['format']}; this version reads {FORMAT}. Update first.")
    members = {table: Member(**member) for table, member in sent.pop("members").items()}
    manifest = Manifest(**sent, members=members)
    if not (type(manifest.format) is int and _is_settings(manifest.shop) and all(map(_is_member, members.values()))):
        raise ValueError("the manifest is none")
    ZoneInfo(manifest.shop["time_zone"])
    return manifest


def _is_settings(shop: Any) -> bool:
    texts = isinstance(shop, dict) and all(isinstance(shop.get(name), str) for name in _SETTINGS)
    return texts and shop["unify_by_email"] in _UNIFYING


def _is_member(member: Member) -> bool:
    named = isinstance(member.columns, list) and all(isinstance(name, str) for name in member.columns)
    return named and type(member.rows) is int and isinstance(member.sha256, str)
