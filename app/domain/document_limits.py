"""How much one document may ask for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one operation may ask for."""

    tokens: int = 5_000
    depth: int = 12
    aliases: int = 30
    root_fields: int = 20
    directives: int = 50
    cost: int = 10_000
