"""Contact tokens: a storefront's proof of which contact it shows its prices and records to.

JSON Web Tokens, HS256 and nothing else, signed with the shop's newest token key and valid for minutes. They name the
shop, the contact and the key, and hold nothing about the person.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt
from jwt.types import Options

from app.domain.references import as_id
from app.store import token_keys
from app.store.database import Database
from app.store.session import Session

SHORTEST_SECONDS, USUAL_SECONDS, LONGEST_SECONDS = 30, 900, 86_400
_ALGORITHM = "HS256"
_LONGEST_TOKEN = 2_000  # characters; ours have about 250
_AUDIENCE = "custom-data-gateway"


@dataclass(frozen=True, slots=True)
class Minted:
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says of itself; believed only after `verify`."""

    shop_id: int
    contact_id: int
    key_id: int


async def mint(session: Session, contact_id: int, seconds: int) -> Minted:
    """A token for a contact that exists, valid so many seconds (30 to 86,400). Needs a writing session: the first
    token of a shop makes its key."""
    key = await token_keys.signing(session)
    now = datetime.now(UTC).replace(microsecond=0)
    expires = now + timedelta(seconds=seconds)
    claims = {"aud": _AUDIENCE, "shop": session.shop_id, "sub": str(contact_id), "iat": now, "exp": expires}
    return Minted(jwt.encode(claims, key.secret, _ALGORITHM, headers={"kid": str(key.id)}), expires)


def read(token: str) -> Claims | None:
    """What a text claims to be a token of; None if it is none. Proves nothing."""
    if len(token) > _LONGEST_TOKEN:
        return None
    try:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(token, options={"verify_signature": False})
        found = [as_id(int(value)) for value in (claims["shop"], claims["sub"], header["kid"])]
    except (jwt.PyJWTError, KeyError, TypeError, ValueError, OverflowError, RecursionError):
        return None
    shop_id, contact_id, key_id = found
    return Claims(shop_id, contact_id, key_id) if shop_id and contact_id and key_id else None


async def verify(database: Database, token: str, claims: Claims) -> bool:
    """Whether the token was signed by the shop's key that it names, for us, and has not expired."""
    async with database.reading(claims.shop_id) as session:
        key = await token_keys.find(session, claims.key_id)
    if key is None:
        return False
    try:
        options: Options = {"require": ["exp", "aud", "sub", "iat"]}
        jwt.decode(token, key.secret, [_ALGORITHM], options, audience=_AUDIENCE)
    except jwt.PyJWTError:
        return False
    return True
