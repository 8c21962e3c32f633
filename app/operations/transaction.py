"""How every write runs: in one transaction, once per idempotency key, again when it collides with another."""

import asyncio
import hashlib
import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import TypeAdapter

from app.domain.limits import IDEMPOTENCY_KEY_LENGTH
from app.domain.problems import Code, Problem, Refused
from app.domain.text import text_problem
from app.domain.verdicts import Answer, refused
from app.store import idempotency
from app.store.database import Database
from app.store.failures import Conflict, Retryable
from app.store.session import Session
from app.telemetry.observation import written

_ATTEMPTS = 10
_answers = TypeAdapter(Answer)

T = TypeVar("T")
Work = Callable[[Session], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a mutation: who asks, which field, and what makes a retry of it recognisable. `counted_as` is the
    name in the metrics of a field that is not named by us."""

    shop_id: int
    api_key_id: int
    operation: str
    sent: Any = None
    idempotency_key: str | None = None
    counted_as: str | None = None


class _NothingWritten(Exception):
    """Undoes the transaction of an answer that wrote nothing."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer


async def perform(
    database: Database, call: Call, work: Work, on_conflict: Callable[[Conflict], Answer] | None = None
) -> Answer:
    """Runs the work in a transaction of its own. An answer that wrote nothing undoes the transaction, so that neither
    a rejected item nor its idempotency key leaves a trace. `on_conflict` answers for a unique value taken by another.
    Raises the store's failures."""
    if problem := key_problem(call.idempotency_key):
        return refused([problem])
    try:
        return await again(lambda: _attempt(database, call, work))
    except Conflict as conflict:
        if on_conflict is None:
            raise
        return on_conflict(conflict)


async def again(attempt: Callable[[], Awaitable[T]]) -> T:
    """What an attempt gives, made again when it collides with others. Raises the store's failures."""
    for number in range(_ATTEMPTS):
        try:
            return await attempt()
        except Retryable:
            if number == _ATTEMPTS - 1:
                raise
            await asyncio.sleep(random.uniform(0, 0.01) * number)
    raise AssertionError("unreachable")


async def _attempt(database: Database, call: Call, work: Work) -> Answer:
    try:
        async with database.writing(call.shop_id) as session:
            answer = await _once(session, call, work)
            if not answer.wrote:
                raise _NothingWritten(answer)
        database.wakes.tell(call.shop_id)
    except _NothingWritten as nothing:
        answer = nothing.answer
    except Refused as refusal:
        return refused(refusal.problems)
    written(call.counted_as or call.operation, Counter(verdict.outcome.value for verdict in answer.verdicts))
    return answer


async def _once(session: Session, call: Call, work: Work) -> Answer:
    if call.idempotency_key is None:
        return await work(session)
    claim = idempotency.Claim(call.api_key_id, call.operation, call.idempotency_key)
    fingerprint = _fingerprint(call.sent)
    kept = await idempotency.claim(session, claim, fingerprint)
    if kept is None:
        answer = await work(session)
        await idempotency.keep(session, claim, _answers.dump_json(answer).decode())
        return answer
    if kept.fingerprint != fingerprint:
        message = "This idempotency key was used with another input. Send each new call with a key of its own."
        raise Refused((Problem(Code.IDEMPOTENCY_KEY_REUSED, message, "idempotencyKey"),))
    return _answers.validate_json(kept.answer)


def key_problem(key: str | None) -> Problem | None:
    if key is None or (key and not text_problem(key, IDEMPOTENCY_KEY_LENGTH)):
        return None
    message = f"An idempotency key has 1 to {IDEMPOTENCY_KEY_LENGTH} characters."
    return Problem(Code.INVALID_IDEMPOTENCY_KEY, message, "idempotencyKey")


def _fingerprint(sent: Any) -> bytes:
    text = json.dumps(sent, sort_keys=True, default=repr, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
