"""Backups with other rows, and a manifest that fits them: as somebody would make them by hand."""

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any


def altered(path: Path, table: str, change: Callable[[list[Any]], Any]) -> None:
    """The file with other rows in one table."""
    with zipfile.ZipFile(path) as whole:
        members = {name: whole.read(name) for name in whole.namelist()}
    rows = [json.loads(line) for line in members[f"{table}.jsonl"].splitlines()]
    rows = change(rows) or rows
    text = "".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows).encode(
        "utf-8", "surrogatepass"
    )
    manifest = json.loads(members["manifest.json"])
    manifest["members"][table] |= {"rows": len(rows), "sha256": hashlib.sha256(text).hexdigest()}
    members |= {f"{table}.jsonl": text, "manifest.json": json.dumps(manifest).encode()}
    with zipfile.ZipFile(path, "w") as made:
        for name, content in members.items():
            made.writestr(name, content)


def setting(**values: Any) -> Callable[[list[Any]], None]:
    return lambda rows: rows[-1].update(values)
