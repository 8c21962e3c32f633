"""Begins and ends observations, and tells whoever listens."""

import logging
import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextvars import Token
from itertools import count
from types import MappingProxyType

from app.telemetry.observation import Observation, current

_log = logging.getLogger(__name__)
_TRACE = ("traceparent", "tracestate")
_NO_TRACE: Mapping[str, str] = MappingProxyType({})
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")

Teller = Callable[[Observation], None]


class Telemetry:
    """One for a process; a detailed one notes the levels of documents, too. A teller that fails is told of in the log,
    and disturbs nobody."""

    def __init__(self, tellers: Sequence[Teller] = (), *, detailed: bool = False) -> None:
        self._detailed = detailed
        self._tellers = tellers
        self._prefix = secrets.token_hex(4)
        self._numbers = count(1)

    def observing(self, transport: str, headers: Mapping[str, str]) -> "Observing":
        """Observes what the block does. A request's id is the one its header x-request-id gives it, if that is 1 to 64
        letters, digits and . _ : -; else one of ours."""
        given = headers.get("x-request-id", "")
        id_ = given if given and _REQUEST_ID.fullmatch(given) else f"{self._prefix}-{next(self._numbers):x}"
        parent = {name: headers[name] for name in _TRACE if name in headers} if self._detailed else _NO_TRACE
        return Observing(self, Observation(id_, transport, parent, detailed=self._detailed))

    def tell(self, seen: Observation) -> None:
        for tell in self._tellers:
            try:
                tell(seen)
            except Exception:
                _log.exception("An operation could not be told of.")


class Observing:
    """The block that is observed."""

    __slots__ = ("_seen", "_telemetry", "_token")

    def __init__(self, telemetry: Telemetry, seen: Observation) -> None:
        self._telemetry = telemetry
        self._seen = seen

    def __enter__(self) -> Observation:
        self._token: Token[Observation | None] = current.set(self._seen)
        return self._seen

    def __exit__(self, *_error: object) -> None:
        current.reset(self._token)
        self._seen.seconds = time.perf_counter() - self._seen.began
        self._telemetry.tell(self._seen)
