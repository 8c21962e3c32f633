"""What resolvers reach through `info.context`: one operation's viewer, snapshot and loaders."""

from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import strawberry

from app.domain.access import Viewer
from app.domain.definitions import Model
from app.domain.periods import Calendar
from app.domain.shops import Shop
from app.graphql.limits import Allowance
from app.loaders.batching import forget
from app.loaders.operation import Loaders
from app.operations.transaction import Call
from app.store.contact_session import ContactSession
from app.store.database import Database
from app.store.failures import StoreFailure
from app.store.session import Session


@dataclass
class Context:
    """One operation. Reads share one snapshot and one set of loaders; `renewed` starts over after a write, so that a
    mutation's payload shows what it wrote."""

    database: Database
    shop: Shop
    viewer: Viewer
    idempotency_key: str | None = None
    allowance: Allowance = field(default_factory=Allowance)
    schema_version: str = ""

    def __post_init__(self) -> None:
        self.writes = 0  # begun so far
        self._timeless = False
        self.only_primary = False
        self.repeatable = False  # whether an operation that only reads can be run again
        self._start()

    def _start(self) -> None:
        self.session = self._session()
        self.session.timeless = self._timeless
        self.loaders = Loaders(self.session, self.database.models, self.viewer.contact_id)

    def _session(self) -> Session | ContactSession:
        if self.viewer.contact_id is None:
            return self.database.read_session(self.shop.id)
        return self.database.contact_session(self.shop.id, self.viewer.contact_id)

    def only_reads(self) -> None:
        """A replica may answer the operation, if one has seen what it must see; and if it can be run again, the model
        that we know is taken for the shop's before the database says so."""
        if not self.only_primary:
            self.session.replicas = self.database.replicas
        if self.repeatable:
            self.session.assume()

    def without_times(self) -> None:
        """The operation's document asks for no times: they need not be read."""
        self._timeless = self.session.timeless = True

    async def renewed(self) -> None:
        """Ends the snapshot; the next read sees everything committed by then."""
        await self.close()
        self._start()

    async def close(self) -> None:
        """Gives the connection back. What was read stays read, even if the connection just broke."""
        forget(self.loaders)
        with suppress(StoreFailure):
            await self.session.close()

    def model_changed(self) -> None:
        """The shop's definitions were changed, which is committed: its schema may be another from now on."""
        self.database.models.changes[self.shop.id] += 1

    @cached_property
    def calendar(self) -> Calendar:
        """The shop's, at one moment for all that the operation asks."""
        return Calendar(datetime.now(UTC), ZoneInfo(self.shop.time_zone))

    async def model(self) -> Model:
        return await self.loaders.model()

    async def begin_call(self, operation: str, sent: Any, general: str | None = None) -> Call:
        """A mutation's call; it ends the snapshot of an earlier field, so that the write gets the connection, and the
        payload sees what it wrote. A key in the input goes before one in the request's header. `general` is the field
        that a typed one is counted as: there are as many of those as definitions."""
        await self.renewed()
        self.writes += 1
        key = getattr(sent, "idempotency_key", None)
        if key is None:
            key = self.idempotency_key
        content = None if key is None else asdict(sent) | {"idempotency_key": None}
        if content is not None:
            content.pop("dry_run", None)  # dry runs keep nothing: those that do are told apart by the rest
        assert self.viewer.api_key_id is not None  # contacts do not write
        return Call(self.shop.id, self.viewer.api_key_id, operation, content, key, general)


Info = strawberry.Info[Context, None]
