"""Who asks: an API key or a contact's token, and the shop it belongs to."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.access import Viewer
from app.domain.shops import Shop, parse_key
from app.operations import contact_tokens
from app.store import contacts
from app.store.database import Database
from app.store.keys import find_key
from app.store.rates import Spender
from app.store.shops import find_shop

_TRUST_SECONDS = 1.0  # how long a worker may not know of a revocation
_REMEMBERED = 10_000


class Unauthorised(Exception):
    """No key or token, or none that works. The text says how to send one."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """Who was let in, and where."""

    viewer: Viewer
    shop: Shop

    @property
    def bucket(self) -> Spender:
        """Whose rate counts: each key's, and each contact's."""
        return (self.shop.id, self.viewer.api_key_id or 0, self.viewer.contact_id or 0)


class Gate:
    """Admits requests by key or token; what it learned it trusts for a second."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[bytes, tuple[float, Admitted]] = {}

    async def admit(self, headers: Mapping[str, str]) -> Admitted:
        """Raises Unauthorised."""
        text = _presented(headers)
        if text is None:
            raise Unauthorised("Send an API key in the header spm-api-key, or as Authorization: Bearer <key>.")
        return await self.admit_text(text)

    async def admit_text(self, text: str) -> Admitted:
        """The same for a key or token that came another way. Raises Unauthorised."""
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        learned, admitted = self._known.get(digest, (0.0, None))
        now = time.monotonic()  # trust begins when we ask: the answer may be as old as that
        if admitted is not None and now - learned < _TRUST_SECONDS:
            return admitted
        self._known.pop(digest, None)
        admitted = await (self._token(text) if text.count(".") == 2 else self._key(text))
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[digest] = (now, admitted)
        return admitted

    async def _key(self, text: str) -> Admitted:
        named = parse_key(text)
        if named is not None:
            shop_id, digest = named
            async with self._database.reading(shop_id) as session:
                key = await find_key(session, digest)
                shop = await find_shop(session) if key else None
            if key is not None and shop is not None:
                return Admitted(Viewer(key.scopes, api_key_id=key.id), shop)
        raise Unauthorised("This API key is unknown or revoked. 'custom-data key create --shop ID' makes one.")

    async def _token(self, text: str) -> Admitted:
        claims = contact_tokens.read(text)
        if claims is not None and await contact_tokens.verify(self._database, text, claims):
            async with self._database.reading(claims.shop_id) as session:
                exists = await contacts.existing(session, [claims.contact_id])
                shop = await find_shop(session) if exists else None
            if shop is not None:
                return Admitted(Viewer(frozenset(), contact_id=claims.contact_id), shop)
        raise Unauthorised("This contact token is not valid, or has expired. Have createContactToken make a new one.")


def _presented(headers: Mapping[str, str]) -> str | None:
    if key := headers.get("spm-api-key"):
        return key.strip()
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" and key.strip() else None
