"""The enumeration of the test graph: a value that differs from its name, and a name of its own in the graph."""

from enum import Enum

import strawberry


@strawberry.enum
class Colour(Enum):
    """Three colours."""

    RED = "red"
    GREEN = "green"
    DARK_BLUE = strawberry.enum_value("dark", name="NAVY")
