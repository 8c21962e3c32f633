"""The schema of the differential test: it knows nothing of shops and is made to hurt.

Every failure is a function of a node's number and the field's `seed`, so both executors meet the same ones.
"""

from typing import Any

import strawberry
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig
from strawberry.types import Info
from strawberry.types.execution import ExecutionContext

from app.execution import BreadthFirst
from tests.execution import faults, objects
from tests.execution.fields import SCALARS, Allowed, late_listing, late_one, listing, one
from tests.execution.inputs import Echoes
from tests.execution.node import Node
from tests.execution.objects import Circle, Found, Ghost, Shape, Square, Thing
from tests.execution.steps import Mutation

__all__ = ["BREADTH_FIRST", "GRAPHQL_CORE", "Query"]


@strawberry.type
class Query(Echoes):
    """The root: a way into everything."""

    number: strawberry.Private[int] = 0
    node: Node | None = one(objects.node, 1)
    must_node: Node = one(objects.node, 4)
    late_node: Node | None = late_one(objects.node, 2)
    nodes: list[Node | None] | None = listing(objects.node, 2)
    must_nodes: list[Node] = listing(objects.node, 3)
    late_nodes: list[Node] | None = late_listing(objects.node, 5)
    world: list[Node] = objects.world()
    thing: Thing | None = one(objects.thing, 3)
    things: list[Thing | None] | None = listing(objects.thing, 2)
    found: list[Found | None] | None = listing(objects.found, 3)
    shapes: list[Shape | None] | None = listing(objects.shape, 6)
    anything: JSON | None = None

    @strawberry.field
    def where(self, info: Info) -> str:
        return objects.whereabouts(info)

    @strawberry.field(permission_classes=[Allowed])
    def allowed(self) -> str:
        return "allowed"

    @strawberry.field
    def fails(self) -> str | None:
        raise faults.FailureError("the root fails")

    @strawberry.field
    def must_fail(self, really: bool = False) -> str:
        if really:
            raise faults.FailureError("the root must not fail")
        return "not really"


class QuietSchema(strawberry.Schema):
    """A schema that does not log the failures these tests are about."""

    def process_errors(self, errors: list[Any], execution_context: ExecutionContext | None = None) -> None:
        pass


def schema(*extensions: Any, executor: Any = None) -> QuietSchema:
    """The graph with these extensions, or run by a graphql-core executor of one's own."""
    return QuietSchema(
        Query,
        Mutation,
        extensions=extensions,
        execution_context_class=executor,
        types=[Circle, Square, Ghost],
        config=StrawberryConfig(scalar_map=SCALARS),
    )


GRAPHQL_CORE = schema()
BREADTH_FIRST = schema(BreadthFirst)
