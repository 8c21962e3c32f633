"""How often the interpreter looks for garbage that refers to itself."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_ALLOCATIONS = 50_000


def spare_collections() -> None:
    """To be called when serving begins: what is there then is never looked at again, and new objects only after many
    of them. A page of 50 makes more objects than the interpreter's own threshold (700), hardly any of them in circles:
    looking at them over and over took a fifth of its time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS, 20, 100)


@contextmanager
def none_meanwhile() -> Iterator[None]:
    """Looks for no garbage in the block. Where collections are spared, what is there then is never looked at either:
    whoever made it takes it apart."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if gc.get_threshold()[0] == _ALLOCATIONS:
            gc.freeze()
        if collecting:
            gc.enable()
