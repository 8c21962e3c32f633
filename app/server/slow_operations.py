"""Tells of slow operations more than of others: the document without its values, every statement's time, and the plan
of the slowest statement."""

import asyncio
import time
from collections import OrderedDict

from graphql import DocumentNode, FloatValueNode, IntValueNode, StringValueNode, print_ast
from graphql.language import Visitor, visit

from app.store.database import Database
from app.store.failures import StoreFailure
from app.store.generic_plans import generic_plan
from app.telemetry.lines import Lines, operation_line
from app.telemetry.observation import Asked, Observation

_PLAN_SECONDS = 60.0  # in which the plan of a statement is told once
_PLANS_AT_ONCE = 1
_LASTING = ("", "subscription", "bulk")  # what lasts as long as its client or its file
_REMEMBERED = 200
_TEXT = 4_000


class SlowOperations:
    """Those that took longer than so many seconds."""

    def __init__(self, lines: Lines, database: Database, seconds: float) -> None:
        self._lines = lines
        self._database = database
        self._seconds = seconds
        self._told: OrderedDict[str, float] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    def __call__(self, seen: Observation) -> None:
        if seen.seconds < self._seconds or seen.kind in _LASTING:
            return
        slowest = seen.slowest
        if slowest is None or seen.shop_id is None or not self._due(slowest):
            self._tell(seen, [])
            return
        task = asyncio.create_task(self._explained(seen, seen.shop_id, slowest))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _explained(self, seen: Observation, shop_id: int, slowest: Asked) -> None:
        try:
            plan = await generic_plan(self._database.pool, shop_id, slowest.query)
        except StoreFailure as failure:  # the operation may well have been slow because the database is in trouble
            plan = [f"not known: {failure}"]
        self._tell(seen, plan)

    def _due(self, slowest: Asked) -> bool:
        if len(self._tasks) >= _PLANS_AT_ONCE:
            return False
        now, sql = time.monotonic(), slowest.query.sql
        if now - self._told.get(sql, -_PLAN_SECONDS) < _PLAN_SECONDS:
            return False
        self._told[sql] = now
        self._told.move_to_end(sql)
        if len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)
        return True

    def _tell(self, seen: Observation, plan: list[str]) -> None:
        line = operation_line(seen, "slow operation") | {"level": "warning"}
        if isinstance(seen.document, DocumentNode):
            line["document"] = signature(seen.document)[:_TEXT]
        line["asked"] = [
            {"statement": query.name, "ms": round(took * 1000, 2)} for query, _, took, *_ in seen.statements
        ]
        if plan:
            line["plan"] = plan
        self._lines.write(line)


def signature(document: DocumentNode) -> str:
    """A document without the values that stand in it, on one line."""
    return " ".join(print_ast(visit(document, _WithoutValues())).split())


class _WithoutValues(Visitor):
    def enter_string_value(self, *_: object) -> StringValueNode:
        return StringValueNode(value="", block=False)

    def enter_int_value(self, *_: object) -> IntValueNode:
        return IntValueNode(value="0")

    def enter_float_value(self, *_: object) -> FloatValueNode:
        return FloatValueNode(value="0")
