"""Keeps every key, contact and shop to its share of this worker."""

from dataclasses import replace
from functools import lru_cache, partial

from starlette.requests import ClientDisconnect
from strawberry.types.execution import ExecutionResult

from app.graphql.context import Context
from app.graphql.limits import Allowance
from app.server.bounds import Bounds
from app.server.buckets import Bucket
from app.server.file_turns import FileTurns
from app.server.readings import Readings
from app.server.refusals import Refused
from app.server.shared_rates import SharedRates
from app.server.turns import Turns
from app.store.failures import NoConnection
from app.store.rates import Spender

_REMEMBERED = 10_000  # viewers; the bucket of the one unused for longest has filled up long before it is forgotten


class Governor:
    """One for a worker: what it knows is not shared between processes, but for rates where these are `shared`."""

    def __init__(self, bounds: Bounds, shared: SharedRates | None = None) -> None:
        self._bounds = bounds
        self._shared = shared
        self._turns = Turns(bounds)
        self.readings = Readings(bounds)
        self.files = FileTurns()
        self.allowance = lru_cache(_REMEMBERED)(self._allowance)

    def _allowance(self, viewer: Spender, shop_id: int) -> Allowance:
        """What an operation may do that this viewer asks in this shop."""
        bounds = self._bounds
        bucket = self._shared.bucket(viewer) if self._shared else Bucket(bounds.rate_size, bounds.rate_refill)
        return Allowance(
            bounds.limits, bucket.spend, partial(self._turns.turn, shop_id), bounds.private_webhooks,
            partial(self.readings.document, shop_id),
        )  # fmt: skip

    def allowance_for_file(self, viewer: Spender, shop_id: int) -> Allowance:
        """The same for an operation that takes a file, which lasts as long as the file."""
        return replace(self.allowance(viewer, shop_id), turn=partial(self.files.turn, shop_id))


def raise_unserved(result: ExecutionResult, context: Context) -> None:
    """Raises what kept a whole operation from being served: a refusal before it began, or that it got no connection
    and nothing was written. Whatever else went wrong is an error of its field."""
    for error in result.errors or ():
        cause = error.original_error
        if isinstance(cause, Refused | ClientDisconnect):
            raise cause
        if isinstance(cause, NoConnection) and context.writes == int(cause.unwritten):
            raise cause
