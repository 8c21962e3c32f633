"""What there is to choose from, for whoever chose something else."""

from collections.abc import Collection
from difflib import get_close_matches

_COMPARED = 100  # characters


def nearest(sent: str, possible: Collection[str]) -> str | None:
    """The one that was most likely meant, whatever its case; None where none is like it."""
    folded: dict[str, str] = {}
    for each in possible:
        folded.setdefault(each[:_COMPARED].casefold(), each)
    near = get_close_matches(sent[:_COMPARED].casefold(), folded, 1)
    return folded[near[0]] if near else None


def listed(possible: Collection[str], most: int) -> str:
    """All of them, or the first so many and how many there are beside."""
    shown = [*possible][:most]
    more = f" and {len(possible) - most} more" if len(possible) > most else ""
    return f"{', '.join(shown) or 'none'}{more}"
