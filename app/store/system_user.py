"""Whom the embedded PostgreSQL runs as when we are root, which it refuses to run as, and what that user may reach."""

import pwd
import stat
import subprocess
from pathlib import Path

from app.store.failures import StoreFailure

_SYSTEM_USER = "pgserver"  # the name the package of the binaries uses too


class EmbeddedFailure(StoreFailure):
    """The embedded database cannot be used. The text says why and what to do."""


def of(data: Path) -> tuple[int, int]:
    """Whom the server runs as when we are root: the data's owner; for new data a system user made for it."""
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return owner.st_uid, owner.st_gid
    try:
        if not _is_user(_SYSTEM_USER):
            subprocess.run(["useradd", "--system", _SYSTEM_USER], check=True, capture_output=True)
        entry = pwd.getpwnam(_SYSTEM_USER)
    except (OSError, subprocess.SubprocessError) as error:
        raise EmbeddedFailure(
            f"PostgreSQL does not run as root, and the system user {_SYSTEM_USER!r} cannot be made: {error}. Run as an "
            "ordinary user, or set DATABASE_URL to a PostgreSQL of yours."
        ) from error
    return entry.pw_uid, entry.pw_gid


def _is_user(name: str) -> bool:
    return any(entry.pw_name == name for entry in pwd.getpwall())


def let_reach(uid: int, *paths: Path) -> None:
    """Lets the server's user pass through the folders above (not list them), where they keep others out."""
    for folder in {parent for path in paths for parent in path.absolute().parents}:
        held = folder.stat()
        passable = stat.S_IXUSR if held.st_uid == uid else stat.S_IXOTH
        if not held.st_mode & passable:
            folder.chmod(stat.S_IMODE(held.st_mode) | passable)


def let_read(binaries: Path) -> None:
    """An installation under a strict umask keeps others from running the programs."""
    if not (binaries / "postgres").stat().st_mode & stat.S_IXOTH:
        for path in [binaries.parent, *binaries.parent.rglob("*")]:
            path.chmod(stat.S_IMODE(path.stat().st_mode) | stat.S_IROTH | stat.S_IXOTH)
