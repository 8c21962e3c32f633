"""Which completion a type needs."""

from typing import TYPE_CHECKING, Any

from graphql import GraphQLNonNull, GraphQLOutputType, is_leaf_type, is_list_type, is_object_type

from app.execution.completion import Completion
from app.execution.leaves import Leaves
from app.execution.lists import Lists
from app.execution.objects import Abstracts, Objects

if TYPE_CHECKING:
    from app.execution.plan import PlannedField


def completion(kind: GraphQLOutputType, field: "PlannedField") -> Completion:
    """The completion of values of that type."""
    nullable = not isinstance(kind, GraphQLNonNull)
    inner: Any = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    if is_list_type(inner):
        return Lists(completion(inner.of_type, field), field, nullable=nullable)
    if is_leaf_type(inner):
        return Leaves(inner, field, nullable=nullable)
    if is_object_type(inner):
        return Objects(inner, field, nullable=nullable)
    return Abstracts(inner, field, nullable=nullable)
