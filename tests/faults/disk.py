"""A disk that can be filled: a small file system in memory. Needs the right to mount one."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PIECE = b"\0" * 65_536


class Disk:
    """Mounted at `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Takes all that is free."""
        with self._ballast.open("ab", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(_PIECE)
            except OSError:
                return

    def free(self) -> None:
        self._ballast.unlink()


@contextmanager
def small_disk(mebibytes: int) -> Iterator[Disk]:
    """For as long as the block runs."""
    with tempfile.TemporaryDirectory(prefix="custom-data-disk-") as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", folder], check=True)
        try:
            yield Disk(Path(folder))
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)
