"""A question of many parts, told from others by the text that was sent."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Asked:
    """`text` is equal for equal questions and no others; `what` is what it means. Parents that ask the same one by one
    are so answered together."""

    text: str
    what: Any = field(compare=False)
