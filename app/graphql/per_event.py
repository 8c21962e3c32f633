"""How the events of a subscription are executed."""

from typing import Any

from graphql.execution import Executor
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext


class PerEvent(StrawberryGraphQLCoreExecutionContext):
    """graphql-core's, which executes each event with a copy of the subscription's executor. The copy shares what the
    executor remembers of the fields it collected, and each event adds its own, never to be found again: one and a half
    kilobytes an event, until the subscription ends. Here each event remembers for itself."""

    def build_per_event_executor(self, payload: Any) -> Executor[Any]:
        executor = super().build_per_event_executor(payload)
        executor._relevant_sub_fields = {}
        return executor
