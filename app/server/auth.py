"""Who asks: an API key, and the shop it speaks for."""

import time
from dataclasses import dataclass

from starlette.datastructures import Headers

from app.domain.shops import ApiKey, Shop, parse_key
from app.store.database import Database
from app.store.keys import find_key
from app.store.shops import find_shop

_TRUST_SECONDS = 1.0  # how long a worker may not know of a revocation
_REMEMBERED = 10_000


class Unauthorised(Exception):
    """No key, or none that works. The text says how to send one."""


@dataclass(frozen=True, slots=True)
class Admitted:
    api_key: ApiKey
    shop: Shop


class Gate:
    """Admits requests by their key; what it learned it trusts for a second."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[bytes, tuple[float, Admitted]] = {}

    async def admit(self, headers: Headers) -> Admitted:
        """Raises Unauthorised."""
        text = _presented(headers)
        if text is None:
            raise Unauthorised("Send an API key in the header spm-api-key, or as Authorization: Bearer <key>.")
        named = parse_key(text)
        admitted = await self._find(*named) if named else None
        if admitted is None:
            raise Unauthorised("This API key is unknown or revoked. 'custom-data key create' makes one.")
        return admitted

    async def _find(self, shop_id: int, digest: bytes) -> Admitted | None:
        learned, admitted = self._known.get(digest, (0.0, None))
        if admitted is not None and time.monotonic() - learned < _TRUST_SECONDS:
            return admitted
        self._known.pop(digest, None)
        async with self._database.reading(shop_id) as session:
            key = await find_key(session, digest)
            shop = await find_shop(session) if key else None
        if key is None or shop is None:
            return None
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[digest] = (time.monotonic(), Admitted(key, shop))
        return Admitted(key, shop)


def _presented(headers: Headers) -> str | None:
    if key := headers.get("spm-api-key"):
        return key.strip()
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" and key.strip() else None
