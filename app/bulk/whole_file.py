"""What a command writes: standard output, or a file that is there whole or not at all. While it is being written it has
another name, so nobody takes half of it for the whole."""

import errno
import io
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO


class OutputFailed(Exception):
    """What was to be written cannot be; the text says why. A file that was there is as it was; of a new one there is
    nothing."""


@contextmanager
def whole_file(path: Path, *, new: bool = False) -> Iterator[BinaryIO]:
    """A file to be written: beside its place, where it comes when the block has ended well. It is its owner's alone, or
    has the mode of the one it replaces; with `new` none is replaced. A pipe or a device is written as it is. Raises
    OutputFailed."""
    try:
        place, beside, handle = _begun(path, new=new)
    except OSError as error:
        raise _failed(str(path), error) from error
    try:
        with _buffered(_Raw(handle, str(path))) as file:
            yield file
            file.flush()
            if beside is not None:
                _settle(file.fileno(), path, place, beside, new=new)
    except BaseException:
        if beside is not None:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
        raise


@contextmanager
def standard_output() -> Iterator[BinaryIO]:
    """Standard output to be written. Raises OutputFailed, also where nobody reads on."""
    with _buffered(_Raw(sys.stdout.fileno(), "Standard output", closefd=False)) as file:
        yield file
        file.flush()


def _begun(path: Path, *, new: bool) -> tuple[Path, Path | None, int]:
    """The place in the end, the file beside it, and what writes. A link is written where it leads."""
    if new and os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, "It is there already. Name a new file")
    if path.exists() and not path.is_file():
        return path, None, os.open(path, os.O_WRONLY)
    place = path.resolve()
    if place.exists() and not os.access(place, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    handle, beside = tempfile.mkstemp(".part", f"{place.name[:50]}.", place.parent)
    return place, Path(beside), handle


def _settle(handle: int, path: Path, place: Path, beside: Path, *, new: bool) -> None:
    """Brings what is written to its place, once it is on the disk."""
    try:
        os.fsync(handle)
        if new and os.path.lexists(place):
            raise FileExistsError(errno.EEXIST, "It is there by now. Name a new file")
        if place.exists():
            os.fchmod(handle, stat.S_IMODE(place.stat().st_mode))
        beside.replace(place)
    except OSError as error:
        raise _failed(str(path), error) from error


class _Raw(io.FileIO):
    """Fails with OutputFailed, so that what it belongs to cannot be mistaken for the database's."""

    def __init__(self, handle: int, named: str, *, closefd: bool = True) -> None:
        super().__init__(handle, "wb", closefd=closefd)
        self._named = named

    def write(self, data: Any) -> int:
        try:
            return super().write(data) or 0
        except OSError as error:
            raise _failed(self._named, error) from error


@contextmanager
def _buffered(raw: _Raw) -> Iterator[BinaryIO]:
    file = io.BufferedWriter(raw)
    try:
        yield file
    finally:
        with suppress(OutputFailed):
            file.close()


def _failed(named: str, error: OSError) -> OutputFailed:
    if isinstance(error, BrokenPipeError):
        return OutputFailed(f"{named} was closed before everything was written.")
    return OutputFailed(f"{named} cannot be written: {error.strerror}.")
