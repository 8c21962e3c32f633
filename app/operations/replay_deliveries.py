"""replayDeliveries and rotateWebhookSecret."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.limits import REPLAYED_AT_ONCE, SECRET_OVERLAP_SECONDS
from app.domain.problems import Code, Problem
from app.domain.verdicts import Answer, Outcome, Verdict
from app.operations.transaction import Call, perform
from app.store import deliveries, webhook_secrets
from app.store.database import Database
from app.store.session import Session


@dataclass(frozen=True, slots=True)
class Rotated:
    """The new secret, shown this once, or what was wrong."""

    secret: str | None = None
    problems: tuple[Problem, ...] = ()


async def replay_deliveries(
    database: Database, call: Call, ids: Sequence[int] | None, trigger_id: int | None
) -> Answer:
    """Sends dead letters again, from the first attempt: those of these ids, or the oldest of a trigger or of all. What
    is no dead letter is passed over. The verdicts' ids are those that are sent again."""

    async def work(session: Session) -> Answer:
        if ids is not None:
            again = await deliveries.replay(session, ids)
        else:
            again = await deliveries.replay_all(session, trigger_id, REPLAYED_AT_ONCE)
        return Answer(tuple(Verdict(n, Outcome.UPDATED, str(id_)) for n, id_ in enumerate(again)))

    return await perform(database, call, work)


async def rotate_webhook_secret(database: Database, shop_id: int, overlap: int) -> Rotated:
    """Makes a new secret. The one before it goes on signing beside it for so many seconds."""
    if not 0 <= overlap <= SECRET_OVERLAP_SECONDS:
        message = f"Both sign for 0 to {SECRET_OVERLAP_SECONDS:,} seconds, not {overlap}."
        return Rotated(problems=(Problem(Code.INVALID_VALUE, message, "overlap"),))
    async with database.writing(shop_id) as session:
        return Rotated(await webhook_secrets.rotate(session, overlap))
