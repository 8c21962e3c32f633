"""How often the interpreter looks for garbage that refers to itself."""

import gc

_ALLOCATIONS = 50_000


def spare_collections() -> None:
    """To be called when serving begins: what is there then is never looked at again, and new objects only after many
    of them. A page of 50 makes more objects than the interpreter's own threshold (700), hardly any of them in circles:
    looking at them over and over took a fifth of its time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS, 20, 100)
