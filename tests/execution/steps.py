"""The test graph's mutations: serial root fields over shared state, deep payloads, failures on both kinds of root."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import strawberry
from strawberry.types import Info

from app.execution import Column, batched
from tests.execution import objects
from tests.execution.faults import FailureError
from tests.execution.node import Node


@dataclass
class Book:
    """The state of one operation: what was added, and which root fields ran, in order."""

    total: int = 0
    log: list[str] = field(default_factory=list)

    def add(self, info: Info, by: int) -> "Step":
        self.log.append(str(info.path.key))
        self.total += by
        if by % 5 == 3:
            raise FailureError(f"cannot add {by}")
        return Step(number=by, before=self.total)


@strawberry.type
class Step:
    """A payload that looks at the state after the root field has resolved."""

    number: int
    before: int
    node: Node | None = objects.one_node(1)
    must_node: Node = objects.one_node(6)

    @strawberry.field
    async def total(self, info: Info, turns: int = 1) -> int:
        for _ in range(max(0, min(turns, 5))):
            await asyncio.sleep(0)
        return info.context.total

    @batched
    @staticmethod
    async def batched_total(parents: Sequence["Step"], info: Info) -> Column[int]:
        await asyncio.sleep(0)
        return [info.context.total + parent.number for parent in parents]

    @strawberry.field
    def again(self, by: int = 1) -> "Step | None":
        return Step(number=self.number + by, before=self.before)

    @strawberry.field
    def steps(self) -> list["Step"] | None:
        return [Step(number=self.number + n, before=n) for n in range(self.number % 4)]


@strawberry.type
class Mutation:
    """Root fields that run one after another."""

    @strawberry.mutation
    def add(self, info: Info, by: int = 1) -> Step | None:
        return info.context.add(info, by) if by % 5 != 4 else None

    @strawberry.mutation
    async def late_add(self, info: Info, by: int = 2) -> Step | None:
        await asyncio.sleep(0)
        return info.context.add(info, by)

    @strawberry.mutation
    async def must_add(self, info: Info, by: int = 1) -> Step:
        step: Step = info.context.add(info, by)
        return step if by % 5 != 4 else None  # type: ignore[return-value]

    @strawberry.mutation
    def add_several(self, info: Info, by: list[int]) -> list[Step | None] | None:
        return [info.context.add(info, each) if each % 5 != 4 else None for each in by]

    @batched
    @staticmethod
    async def batched_add(parents: Sequence[None], info: Info, by: int = 1) -> Column[Step]:
        return [info.context.add(info, by) for _ in parents]
