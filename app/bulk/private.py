"""Files that hold a shop's data: nobody but their owner may read them."""

import os
from pathlib import Path
from typing import BinaryIO

_MODE = 0o600


def opener(path: str, flags: int) -> int:
    """For `open`: a file that is made is its owner's alone; one that was there keeps the mode it has."""
    return os.open(path, flags, _MODE)


def rewritten(path: Path) -> BinaryIO:
    """The file, empty, to be written and closed."""
    return open(path, "wb", opener=opener)
