"""The schema, and how its operations are run."""

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from functools import cache, partial
from typing import Any

import strawberry
from graphql import ExecutionResult as CoreResult
from graphql import GraphQLError, MiddlewareManager
from strawberry.extensions import SchemaExtension
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from app.domain.definitions import Definition
from app.execution import Asked, BreadthFirst, Operation, execute, in_thread, in_turn, plans_of, share_plans
from app.graphql.contacts import Contact
from app.graphql.definitions import CustomDataDefinition
from app.graphql.documents import Document, Documents
from app.graphql.limits import Allowance, Bounded, spend, told_cost
from app.graphql.mutation import Mutation
from app.graphql.per_event import PerEvent
from app.graphql.possible import list_values
from app.graphql.products import Product
from app.graphql.query import Query
from app.graphql.records import CustomDataRecord
from app.graphql.scalars import SCALARS
from app.graphql.shop import Shop
from app.graphql.stages import Stages
from app.graphql.subscription import Subscription
from app.graphql.typed.composing import compose, dismantle
from app.telemetry.observation import watched_levels

BREADTH_FIRST, GRAPHQL_CORE = "breadth-first", "graphql-core"


class Observed(BreadthFirst):
    """Whose levels are noted, where somebody wants to know."""

    def levels(self) -> Callable[[float, int], None] | None:
        return watched_levels()


_EXECUTORS: dict[str, list[type[SchemaExtension]]] = {BREADTH_FIRST: [Observed], GRAPHQL_CORE: []}
_NO_MIDDLEWARE = MiddlewareManager()


class Schema(strawberry.Schema):
    """Errors are reported by the endpoint; the default would log a traceback for every mistake of a client. Extensions
    must not define `resolve`. `version` is that of `typed.digest`."""

    version = ""

    def __init__(self, executor: str) -> None:
        self.documents = Documents()
        self._breadth_first = executor == BREADTH_FIRST
        super().__init__(
            query=Query,
            mutation=Mutation,
            subscription=Subscription,
            types=[Shop, Contact, Product, CustomDataDefinition, CustomDataRecord],
            config=StrawberryConfig(scalar_map=SCALARS),
            execution_context_class=PerEvent,
            extensions=[lambda: Bounded(self.documents), *_EXECUTORS[executor]],
        )
        self._general = self._schema
        list_values(self._general)
        self._schema = compose(self._general)

    def of_shop(self, definitions: Sequence[Definition], *, contact: bool) -> "Schema":
        """The schema of a shop with these definitions, for its keys or its contacts: of the same resolvers, with types
        and remembered documents of its own. Takes time: see `compose`."""
        made = copy(self)
        made._schema = compose(self._general, definitions, contact=contact)
        made.documents = documents = Documents(self.documents)
        made.extensions = (lambda: Bounded(documents), *self.extensions[1:])
        share_plans(made, self)
        return made

    def forget(self) -> None:
        """Gives up what is kept for a shop's schema that is not used any more."""
        self.documents.forget()
        plans_of(self).forget()

    def dismantling(self, made: "Schema") -> Callable[[], None]:
        """What takes a shop's schema apart, whose types refer to each other, when nobody uses it any more."""
        return partial(dismantle, made._schema, self._schema)

    def process_errors(self, *_args: object, **_kwargs: object) -> None:
        return None

    def create_extensions_runner(
        self, execution_context: ExecutionContext, extensions: list[SchemaExtension]
    ) -> SchemaExtensionsRunner:
        return Stages(execution_context, extensions)

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """Strawberry's, with two short ways for what was asked before: a document that is known to be valid is not
        parsed and validated again, nor are the extensions told of these stages; and where it is planned, what the
        extensions would do around the plan is done without them."""
        allowed = tuple(OperationType) if allowed_operation_types is None else allowed_operation_types
        known = self.documents.valid(query)
        kind = known.kinds.get(operation_name) if known else None
        if known is None or kind is None or kind not in allowed:
            return await super().execute(
                query, variable_values, context_value, root_value, operation_name, allowed, operation_extensions
            )
        if self._breadth_first and known.within is context_value.allowance.limits:  # type: ignore[union-attr]
            plans = plans_of(self)
            plan = plans.find(query, known.ast, operation_name)
            if plan is not None:
                planned = plan.size
                asked = Asked(variable_values or {}, context_value, root_value, operation_extensions, watched_levels())
                result = await _planned(known, plan, operation_name, asked)
                if plan.size > planned:
                    plans.weigh(query, operation_name)
                return result
        by_stages = ExecutionContext(
            query, self, allowed, context_value, variable_values, root_value=root_value,
            provided_operation_name=operation_name, graphql_document=known.ast,
            operation_extensions=operation_extensions,
        )  # fmt: skip
        return await self._run(by_stages)

    def _get_execute_function(self) -> Callable[..., Any]:
        return in_thread(in_turn(super()._get_execute_function()))

    async def _run(self, asked: ExecutionContext) -> ExecutionResult:
        """The operation of a valid document."""
        extensions = self.get_extensions()
        for extension in extensions:
            extension.execution_context = asked
        stages = Stages(asked, extensions)
        try:
            async with stages.operation_executing():
                result = asked.result or await self._run_by_core(asked)
        except Exception as error:
            return await self._handle_execution_result(asked, _unrun(error), stages)
        return await self._handle_execution_result(asked, result, stages)

    async def _run_by_core(self, asked: ExecutionContext) -> CoreResult | ExecutionResult:
        """Where no extension has run it. The stage is entered already."""
        result = await self._execute_operation(
            asked, Stages(asked, []), _NO_MIDDLEWARE, self._get_execute_function(),
            self._get_custom_context_kwargs(asked.operation_extensions),
        )  # fmt: skip
        assert isinstance(result, CoreResult | ExecutionResult)  # nothing is incremental here
        return result


async def _planned(known: Document, plan: Operation, operation_name: str | None, asked: Asked) -> ExecutionResult:
    """What `Bounded` and `BreadthFirst` do together."""
    allowance: Allowance = asked.context.allowance
    cost = told_cost(known, operation_name, asked.variables, allowance)
    try:
        spend(known, cost, asked.context)
        async with allowance.turn():
            done = await execute(plan, asked)
    except Exception as error:
        result: ExecutionResult = _unrun(error)
        result.extensions = {"cost": cost}
        return result
    return ExecutionResult(done.data, done.errors, {"cost": cost})


def _unrun(error: Exception) -> PreExecutionError:
    told = error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)
    return PreExecutionError(None, [told])


@cache
def schema_for(executor: str) -> Schema:
    """The schema, run by the executor of this name."""
    return Schema(executor)


schema = schema_for(BREADTH_FIRST)
