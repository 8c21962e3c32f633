"""Runs the operations of any Strawberry schema breadth-first: each field once, for all the objects that reached it.

Belongs here: planning a document, reading columns, completing them, errors. Must not: anything that knows of shops.
`BreadthFirst` switches it on for a schema, as `plans_of` and `execute` do by hand; `batched` and `attribute` declare
fields that are read as columns.
"""

from app.execution.declaring import Answers, Column, attribute, batched, each
from app.execution.extension import BreadthFirst, plans_of, share_plans
from app.execution.introspection import in_thread
from app.execution.leaves import as_it_is, by_column
from app.execution.plan import Operation
from app.execution.representing import represents
from app.execution.run import Asked, execute
from app.execution.serial import in_turn
from app.execution.shelf import Shelf

__all__ = [
    "Answers", "Asked", "BreadthFirst", "Column", "Operation", "Shelf", "as_it_is", "attribute", "batched", "by_column",
    "each", "execute", "in_thread", "in_turn", "plans_of", "represents", "share_plans",
]  # fmt: skip
