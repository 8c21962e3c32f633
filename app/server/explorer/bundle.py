"""GraphiQL as its publisher built it: fetched once from an npm registry, checked against a hash, unpacked beside us.

The build hook does it when a wheel is built. In a checkout that was never installed:

    python -m app.server.explorer.bundle [render-graphiql-5.24.1.tgz]
"""

import base64
import gzip
import hashlib
import io
import json
import os
import shutil
import ssl
import sys
import tarfile
import tempfile
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

from app.server.explorer.registry import registry_of

SCOPE, NAME, VERSION = "@graphql-yoga", "render-graphiql", "5.24.1"  # GraphiQL 5.2, Monaco 0.52, React 19.2
# the sha512 that the registry publishes for this version: whatever else arrives is refused
INTEGRITY = "mLFvBekZujetoh7M9jokYkQtrjrmiKD5KSTfV6ivMAFNgV8KcLAJeVAH8QOOg6Wvj47+DNBvdlx0R5O2JjtN/A=="
FOLDER = Path(__file__).parent / "graphiql"

_PATIENCE = 10  # seconds without an answer
_STAMP = "VERSION"
_LAYOUT = "1"  # of the folder; raise it when the files below change
_FILES = {
    "js": "graphiql.js",
    "css": "graphiql.css",
    "editorWorkerService": "editor.worker.js",
    "jsonWorker": "json.worker.js",
    "graphqlWorker": "graphql.worker.js",
}


class Unobtainable(Exception):
    """The archive could not be had; the text says from where, and why."""


class Refused(Exception):
    """What arrived is not the archive we pinned."""


def is_built(folder: Path) -> bool:
    """Whether the folder holds this version, whole."""
    stamp = folder / _STAMP
    return stamp.is_file() and stamp.read_text() == _stamp()


def build(folder: Path, archive: bytes | None = None) -> None:
    """Puts GraphiQL into the folder, unless it is there. Raises Unobtainable, Refused, and OSError where the folder
    cannot be written."""
    if is_built(folder):
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".graphiql-", dir=folder.parent))
    try:
        for name, content in unpacked(checked(archive or obtain())).items():
            (draft / name).write_bytes(content)
        draft.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def obtain(environment: Mapping[str, str] = os.environ) -> bytes:
    """The archive: the copy in the user's cache, else the registry's, which is then kept there."""
    kept = _cache(environment) / f"{NAME}-{VERSION}.tgz"
    try:
        return checked(kept.read_bytes())
    except (OSError, Refused):
        archive = checked(_download(f"{registry_of(SCOPE, environment, Path.cwd())}/{SCOPE}/{NAME}/-/{kept.name}"))
    with suppress(OSError):  # it is only a cache: without it the next build downloads again
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(archive)
    return archive


def checked(archive: bytes) -> bytes:
    """The archive, if it is the pinned one. Raises Refused."""
    found = base64.b64encode(hashlib.sha512(archive).digest()).decode()
    if found != INTEGRITY:
        raise Refused(f"this is not {SCOPE}/{NAME} {VERSION}: its sha512 is {found}, not {INTEGRITY}")
    return archive


def unpacked(archive: bytes) -> dict[str, bytes]:
    """The files to serve, by name: scripts and style sheet packed with gzip, as browsers take them; and the licence."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        module = _member(tar, "package/esm/graphiql.js").decode()
        licence = _member(tar, "package/LICENSE")
    notice = f"/* {SCOPE}/{NAME} {VERSION}; licences: LICENSE and NOTICE beside this file */\n"
    found = {"LICENSE": licence, _STAMP: _stamp().encode()}
    for line in module.splitlines():
        name, is_export, text = line.removeprefix("export const ").partition(" = ")
        if is_export and name in _FILES:
            content = notice + json.loads(text.removesuffix(";"))
            found[_FILES[name] + ".gz"] = gzip.compress(content.encode(), 9, mtime=0)
    if missing := [file for file in _FILES.values() if file + ".gz" not in found]:
        raise Refused(f"the archive holds no {', '.join(missing)}")
    return found


def _download(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=_PATIENCE, context=_trust()) as answer:
            archive: bytes = answer.read()
    except (OSError, HTTPException, ValueError) as error:
        raise Unobtainable(f"{url} could not be fetched: {getattr(error, 'reason', error)}") from error
    return archive


def _trust() -> ssl.SSLContext:
    """The system's certificates; certifi's too where it is installed, because some Pythons on macOS come with none."""
    context = ssl.create_default_context()
    try:
        import certifi
    except ImportError:
        return context
    context.load_verify_locations(certifi.where())
    return context


def _cache(environment: Mapping[str, str]) -> Path:
    root = environment.get("XDG_CACHE_HOME") or Path(environment.get("HOME") or Path.home()) / ".cache"
    return Path(root) / "custom-data-gateway"


def _member(tar: tarfile.TarFile, name: str) -> bytes:
    opened = tar.extractfile(name)
    if opened is None:
        raise Refused(f"the archive holds no {name}")
    return opened.read()


def _stamp() -> str:
    return f"{SCOPE}/{NAME} {VERSION} {_LAYOUT}\n"


def main(arguments: list[str]) -> int:
    """Builds beside this file, from an archive if one is named. Returns the exit code."""
    try:
        build(FOLDER, Path(arguments[0]).read_bytes() if arguments else None)
    except (Unobtainable, Refused, OSError) as error:
        print(f"GraphiQL is not built: {error}", file=sys.stderr)
        return 1
    print(f"GraphiQL is built: {FOLDER}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
