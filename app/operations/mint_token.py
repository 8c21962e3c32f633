"""createContactToken: a storefront's token for one contact."""

from dataclasses import dataclass

from app.domain.problems import Code, Problem
from app.domain.references import ContactReference
from app.loaders.references import Resolver
from app.operations.contact_tokens import LONGEST_SECONDS, SHORTEST_SECONDS, Minted, mint
from app.store.database import Database


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """A token and the contact it is for, or what was wrong."""

    minted: Minted | None = None
    contact_id: int | None = None
    problems: tuple[Problem, ...] = ()


async def mint_token(database: Database, shop_id: int, reference: ContactReference, seconds: int) -> TokenAnswer:
    """Mints a token for a contact that exists, valid so many seconds. An e-mail that several contacts share is
    refused: a token must not open somebody else's records. Raises Unavailable on a database without the contact's
    role."""
    database.require_contact_role()
    if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        message = f"A token is valid for {SHORTEST_SECONDS} to {LONGEST_SECONDS} seconds, not {seconds}."
        return TokenAnswer(problems=(Problem(Code.INVALID_VALUE, message, "expiresIn"),))
    async with database.writing(shop_id) as session:
        resolver = await Resolver.ask(session, None, [reference], reject_ambiguous=True, hold=False)
        found = resolver.answer(reference)
        if found.problem is not None or not isinstance(found.id, int):
            return TokenAnswer(problems=(found.problem.under("contact"),) if found.problem else ())
        return TokenAnswer(await mint(session, found.id, seconds), found.id)
