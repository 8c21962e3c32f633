"""Files that a command writes: whether it can, and may, is found out before anything is read or written."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click


def refuse_same(**paths: Path | None) -> None:
    """Raises ClickException when two of these are one file: writing the one would destroy the other."""
    seen: dict[str, Path] = {}
    for what, path in paths.items():
        if path is None or (path.exists() and not path.is_file()):
            continue
        for other, known in seen.items():
            if _same(path, known):
                raise click.ClickException(f"{path} is both {other} and {what}: name another file for the {what}.")
        seen[what] = path


def refuse_unwritable(path: Path) -> None:
    """Raises ClickException when the file cannot be written. It stays as it is; one that is not there is not made."""
    try:
        if path.exists() and not path.is_file():  # a pipe, maybe, which opening would begin
            if path.is_dir() or not os.access(path, os.W_OK):
                raise click.ClickException(f"{path} cannot be written: it is no file.")
            return
        is_new = not os.path.lexists(path)
        with open(path, "ab"):
            pass
        if is_new:
            path.unlink()
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from error


@contextmanager
def told_to_end() -> Iterator[None]:
    """SIGTERM ends the block as Ctrl-C does, so that what is half written goes."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # one is not there
        return one.resolve() == other.resolve()
