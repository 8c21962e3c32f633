"""Which schema a request is asked in: the core's, or that of the shop's own definitions, made when it is first needed.

A schema takes up to half a second to make, so it is made in a thread, one at a time, while the loop goes on. Shops with
equal definitions share one. The model's version comes with the key, which is trusted for a second, and a change made by
this process counts at once: a schema is current from the next request here, and within that second elsewhere.
"""

import asyncio
import logging
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple, TypeVar
from weakref import finalize

from app.domain.access import Viewer
from app.domain.definitions import ContactAccess, Definition
from app.graphql.schema import Schema
from app.graphql.typed.digest import version
from app.server.auth import Admitted
from app.server.garbage import none_meanwhile
from app.server.refusals import Refused
from app.store.database import Database

T = TypeVar("T")

_log = logging.getLogger(__name__)

_ROOM = 15_000  # declared fields in all schemas kept; one takes about 11 kB
_SHOPS = 10_000  # whose schema is remembered
_PATIENCE = 5.0  # seconds that a request waits for its schema
_SWITCH = 0.0005  # seconds after which the thread that makes a schema lets the loop go on


class _Seen(NamedTuple):
    """What a shop's schema was found to be, at a version of its model and a number of changes made here."""

    model_version: int
    changes: int
    version: str


class ShopSchemas:
    """The schemas in use, the latest first to stay."""

    def __init__(self, core: Schema, database: Database) -> None:
        self.core = core
        self._database = database
        self._sdl = core.as_str()
        core.version = version(self._sdl, (), contact=False)
        self._seen: OrderedDict[tuple[int, bool], _Seen] = OrderedDict()
        self._kept: OrderedDict[str, tuple[Schema, int]] = OrderedDict()
        self._made: dict[str, asyncio.Task[Schema]] = {}
        self._maker = ThreadPoolExecutor(1, "schema")
        self._turn = asyncio.Lock()
        self._room = _ROOM

    def known(self, admitted: Admitted) -> Schema | None:
        """The viewer's schema, if it is there and current."""
        shop = admitted.shop
        seen = self._seen.get((shop.id, _is_contact(admitted.viewer)))
        if seen is None or seen.model_version < shop.model_version:
            return None
        if seen.changes != self._database.models.changes[shop.id]:
            return None
        if seen.version == self.core.version:
            return self.core
        kept = self._kept.get(seen.version)
        if kept is None:
            return None
        self._kept.move_to_end(seen.version)
        return kept[0]

    async def of(self, admitted: Admitted) -> Schema:
        """The viewer's schema. Raises Refused if it takes too long to make."""
        return self.known(admitted) or await self._current(admitted)

    async def _current(self, admitted: Admitted) -> Schema:
        shop_id, contact = admitted.shop.id, _is_contact(admitted.viewer)
        changes = self._database.models.changes[shop_id]
        async with self._database.reading(shop_id) as session:
            model = await self._database.models.current(session)
        shown = [each for each in model.definitions if not contact or each.contact_access is ContactAccess.READ]
        if shown:
            found = await self._in_thread(lambda: version(self._sdl, shown, contact=contact))
            made = await self._get(found, shown, contact=contact)
        else:
            found, made = self.core.version, self.core
        self._seen[shop_id, contact] = _Seen(model.version, changes, found)
        if len(self._seen) > _SHOPS:
            self._seen.popitem(last=False)
        return made

    async def _get(self, found: str, shown: Sequence[Definition], *, contact: bool) -> Schema:
        if found in self._kept:
            return self._kept[found][0]
        task = self._made.get(found)
        if task is None:
            task = self._made[found] = asyncio.ensure_future(self._make(found, shown, contact=contact))
            task.add_done_callback(lambda _: self._made.pop(found, None))
        try:
            return await asyncio.wait_for(asyncio.shield(task), _PATIENCE)
        except TimeoutError:
            message = "The shop's schema is being made: ask again in a second."
            raise Refused("SHOP_BUSY", message, {"retry-after": "1"}) from None

    async def _make(self, found: str, shown: Sequence[Definition], *, contact: bool) -> Schema:
        """Where it cannot be made, which would be our mistake, the shop has the core schema, and all of the general
        form."""

        def make() -> Schema:
            with quietly():
                return self.core.of_shop(shown, contact=contact)

        async with self._turn:
            try:
                made = await self._in_thread(make)
            except Exception:
                _log.exception("A shop's schema could not be made; the shop is served the core schema.")
                self._keep(found, self.core, 0)
                return self.core
        made.version = found
        finalize(made, self._maker.submit, _apart, self.core.dismantling(made)).atexit = False
        self._keep(found, made, sum(len(each.fields) + 10 for each in shown))
        return made

    def _keep(self, found: str, made: Schema, weight: int) -> None:
        self._kept[found] = (made, weight)
        self._room -= weight
        while self._room < 0 and len(self._kept) > 1:
            _, (forgotten, freed) = self._kept.popitem(last=False)
            if forgotten is not self.core:
                forgotten.forget()
            self._room += freed

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._maker, work)


def _apart(dismantle: Callable[[], None]) -> None:
    with quietly():
        dismantle()


def _is_contact(viewer: Viewer) -> bool:
    return viewer.contact_id is not None


@contextmanager
def quietly() -> Iterator[None]:
    """Lets the loop's thread in often, and looks for no garbage, which would hold up both."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH)
    try:
        with none_meanwhile():
            yield
    finally:
        sys.setswitchinterval(interval)
