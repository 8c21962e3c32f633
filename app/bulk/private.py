"""Files that hold a shop's data: nobody but their owner may read them."""

import os

_MODE = 0o600


def opener(path: str, flags: int) -> int:
    """For `open`: a file that is made is its owner's alone; one that was there keeps the mode it has."""
    return os.open(path, flags, _MODE)
