"""One operation, run: what HTTP and WebSocket share."""

import re
from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any

from graphql import GraphQLError, GraphQLSyntaxError, OperationDefinitionNode, parse
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType

from app.graphql.context import Context
from app.graphql.schema import Schema
from app.server.answers import error_body, executed, result_body
from app.server.auth import Admitted
from app.server.decoding import GraphQLRequest
from app.server.documents import Documents
from app.server.governor import Governor, raise_unserved
from app.server.observing import Seen, tell_answer
from app.server.refusals import Refused
from app.server.shop_schemas import ShopSchemas
from app.server.uploads import Sent, check_operation
from app.store.database import Database

Allowed = Collection[OperationType]
READING: Allowed = (OperationType.QUERY,)
WRITING: Allowed = (OperationType.QUERY, OperationType.MUTATION)
_UNRUNNABLE = (CannotGetOperationTypeError, InvalidOperationTypeError)
_UNRESOLVED = "OPERATION_RESOLUTION_FAILURE"
_OPERATION = re.compile(r"\b(?:query|mutation|subscription)\b")
_TOKENS = 5_000  # parsed to look for operations


@dataclass(slots=True)
class Answer:
    """A response's body, and whether execution began: if not, `data` is absent (a request error)."""

    body: dict[str, Any]
    executed: bool
    schema_version: str = ""


class Operations:
    """Runs what was asked, each operation in a context of its own."""

    def __init__(self, schemas: ShopSchemas, database: Database, documents: Documents, governor: Governor) -> None:
        self._schemas = schemas
        self._database = database
        self._documents = documents
        self._governor = governor
        self.readings = governor.readings

    async def answer(
        self,
        asked: GraphQLRequest,
        admitted: Admitted,
        allowed: Allowed,
        idempotency_key: str | None = None,
    ) -> Answer:
        """One query or mutation. Raises Refused."""
        schema = self._schemas.known(admitted) or await self._schemas.of(admitted)
        text = await self._text(schema, asked, admitted)
        context = self._context(schema, admitted, idempotency_key)
        context.repeatable = True
        seen = Seen(schema, asked, text)

        run = partial(
            schema.execute, text, variable_values=asked.variables, context_value=context,
            operation_name=asked.operation_name, allowed_operation_types=allowed,
        )  # fmt: skip
        try:
            result = await run()
            if not await context.session.confirmed():  # a replica failed in its midst, or the model had changed
                context.only_primary, context.repeatable = True, False
                await context.renewed()
                result = await run()
        except _UNRUNNABLE as error:
            raise _understood(error) from error
        finally:
            await context.close()
            seen.ran()
        raise_unserved(result, context)
        return self._told(asked, admitted, result, schema.version)

    async def take(self, sent: Sent, admitted: Admitted, idempotency_key: str | None = None) -> Answer:
        """A mutation that takes a file, which is read as it comes: whoever sends it is watched by that. Raises Refused,
        and ClientDisconnect."""
        schema = await self._schemas.of(admitted)
        text = await self._text(schema, sent.asked, admitted)
        await self.readings.document(admitted.shop.id, len(text), lambda: check_operation(text, sent))
        context = self._context(schema, admitted, idempotency_key)
        context.allowance = self._governor.allowance_for_file(admitted.bucket, admitted.shop.id)
        seen = Seen(schema, sent.asked, text)
        try:
            result = await schema.execute(
                text,
                variable_values=sent.asked.variables,
                context_value=context,
                operation_name=sent.asked.operation_name,
                allowed_operation_types=(OperationType.MUTATION,),
            )
        except _UNRUNNABLE as error:
            raise _understood(error) from error
        finally:
            await context.close()
            seen.took_file()
        raise_unserved(result, context)
        return self._told(sent.asked, admitted, result, schema.version)

    async def stream(
        self, asked: GraphQLRequest, admitted: Admitted, idempotency_key: str | None = None
    ) -> AsyncGenerator[Answer, None]:
        """Any operation: one answer of a query or mutation, and each event of a subscription, which is resolved in a
        snapshot of its own. Raises Refused."""
        schema = await self._schemas.of(admitted)
        text = await self._text(schema, asked, admitted)
        context = self._context(schema, admitted, idempotency_key)
        seen = Seen(schema, asked, text)
        try:
            results = await schema.stream(
                text,
                variable_values=asked.variables,
                context_value=context,
                operation_name=asked.operation_name,
            )
            async with aclosing(results):
                async for result in results:
                    if unrunnable := _unrunnable(result):
                        raise _understood(unrunnable) from unrunnable
                    yield self._told(asked, admitted, result)  # type: ignore[arg-type]  # nothing is incremental here
                    seen.ran()
                    await context.renewed()
        except GraphQLError as error:  # of an extension, which `execute` would have given as a result
            body = {"errors": [error_body(error, "GRAPHQL_VALIDATION_FAILED")]}
            tell_answer(body)
            yield Answer(body, False)
        finally:
            await context.close()
            seen.ran()

    def _context(self, schema: Schema, admitted: Admitted, idempotency_key: str | None = None) -> Context:
        allowance = self._governor.allowance(admitted.bucket, admitted.shop.id)
        return Context(self._database, admitted.shop, admitted.viewer, idempotency_key, allowance, schema.version)

    async def _text(self, schema: Schema, asked: GraphQLRequest, admitted: Admitted) -> str:
        text = self._documents.text(admitted.shop.id, asked)
        if asked.operation_name is None and await self._several(schema, text, admitted):
            raise Refused(_UNRESOLVED, "The document holds several operations. Say which to run, in operationName.")
        return text

    async def _several(self, schema: Schema, text: str, admitted: Admitted) -> bool:
        """Whether a document holds several operations. What does not parse, and anonymous operations beside others, are
        told so later."""
        known = schema.documents.valid(text)
        if known is not None:
            return len(known.plan.operations) > 1
        if len(_OPERATION.findall(text)) < 2:
            return False
        return await self.readings.document(admitted.shop.id, len(text), lambda: _holds_several(text))

    def _told(
        self, asked: GraphQLRequest, admitted: Admitted, result: ExecutionResult, schema_version: str = ""
    ) -> Answer:
        began = executed(result)
        if not began:
            _raise_outage(result)
        if began and asked.document_id is not None:
            self._documents.ran(admitted.shop.id, asked)
        body = result_body(result, began=began)
        tell_answer(body)
        return Answer(body, began, schema_version)


def _understood(error: Exception) -> Refused:
    """Strawberry's exceptions about the operation as a whole as ours."""
    if not isinstance(error, InvalidOperationTypeError):
        return Refused(_UNRESOLVED, "The document holds no such operation. Check it, and operationName.")
    if error.operation_type is OperationType.SUBSCRIPTION:
        message = (
            "Subscribe over WebSocket at this address (subprotocol graphql-transport-ws), or POST with "
            "accept: text/event-stream."
        )
        return Refused("SUBSCRIPTION_OVER_HTTP", message)
    message = "GET answers queries only. Send a mutation by POST."
    return Refused("METHOD_NOT_ALLOWED", message, {"allow": "POST"})


def _raise_outage(result: ExecutionResult) -> None:
    """What stopped an operation before it began, and is no mistake in the request, has an HTTP status of its own."""
    for error in result.errors or ():
        cause = error.original_error
        if cause is not None and not isinstance(cause, GraphQLError):
            raise cause


def _unrunnable(result: object) -> Exception | None:
    """A stream reports as a result what `execute` raises."""
    cause = result.errors[0].original_error if isinstance(result, PreExecutionError) and result.errors else None
    return cause if isinstance(cause, _UNRUNNABLE) else None


def _holds_several(text: str) -> bool:
    try:
        document = parse(text, no_location=True, max_tokens=_TOKENS)
    except (GraphQLSyntaxError, RecursionError):
        return False
    return sum(isinstance(each, OperationDefinitionNode) for each in document.definitions) > 1
