"""A read session in the name of one contact: the contact's own role and policies bind it, beside the tenant's."""

from typing import Any

import asyncpg

from app.domain.access import readable_definitions
from app.domain.definitions import Model
from app.store.failures import Retryable
from app.store.roles import CONTACT_ROLE, GATEWAY_ROLE
from app.store.session import Session
from app.store.statements import Statement

_NAMES = ("app.nobodys", "app.own_ref1", "app.own_ref2", "app.own_ref3", "app.own_ref4")
_OPEN = Statement("contact_session.open_records", "; ".join(f"set local {name} = '{{...}}'" for name in _NAMES))


class ContactSession(Session):
    """Sees its contact, its customers, the active catalogue and, once told which definitions are open, its records."""

    _role_unknown = False

    async def open_records(self, model: Model) -> None:
        """Tells the policies which definitions a contact may read; until then no record is seen."""
        nobodys, by_slot = readable_definitions(model)
        arrays = [nobodys, *(by_slot.get(f"ref{n}", []) for n in range(1, 5))]
        told = (",".join(str(int(id_)) for id_ in ids) for ids in arrays)
        commands = "; ".join(f"set local {name} = '{{{ids}}}'" for name, ids in zip(_NAMES, told, strict=True))
        async with self._asking():
            connection = await self._ready()
            self._observe(_OPEN)
            await self._run(connection, self._pool.server.locally(commands))

    async def fetch_as_gateway(self, statement: Statement, *args: Any) -> list[asyncpg.Record]:
        async with self._asking():
            connection = await self._ready()
            try:
                await self._run(connection, self._pool.server.locally(f"set local role {GATEWAY_ROLE}"))
                rows = await self._fetch(connection, statement, args)
                await self._run(connection, self._pool.server.locally(f"set local role {CONTACT_ROLE}"))
            except BaseException:
                self._role_unknown = True
                raise
            return rows

    async def _ready(self) -> Any:
        if self._role_unknown:  # it may still be the gateway's: nothing more is asked in this session
            raise Retryable("The read was interrupted. Send it again.")
        return await super()._ready()
