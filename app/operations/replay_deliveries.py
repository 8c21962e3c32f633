"""replayDeliveries and rotateWebhookSecret."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from app.domain.limits import REPLAYED_AT_ONCE, SECRET_OVERLAP_SECONDS, SECRETS_AT_ONCE, SOON_SECONDS
from app.domain.problems import Code, Problem
from app.domain.verdicts import Answer, Outcome, Verdict
from app.domain.webhooks import DeliveryStatus
from app.operations.transaction import Call, perform
from app.store import definitions, deliveries, webhook_secrets
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
    """Sends dead letters again, from the first attempt: those of these ids, or the oldest of a trigger or of all. Of
    these ids, what is pending is sent now, with what waits of its record; warnings say why others are passed over. The
    verdicts' ids are those that are sent."""

    async def work(session: Session) -> Answer:
        if ids is not None:
            statuses = await deliveries.statuses(session, ids)
            again = await deliveries.replay(session, ids)
            again += await deliveries.hurry(session, [id_ for id_ in ids if id_ not in again])
            warnings = _passed_over(ids, again, statuses)
        else:
            again = await deliveries.replay_all(session, trigger_id, REPLAYED_AT_ONCE)
            warnings = () if again else (Problem(Code.NOT_REPLAYED, "There are no dead letters to send again."),)
        verdicts = tuple(Verdict(n, Outcome.UPDATED, str(id_)) for n, id_ in enumerate(again))
        return Answer(verdicts, warnings=warnings)

    return await perform(database, call, work)


def _passed_over(
    ids: Sequence[int], again: Collection[int], statuses: Mapping[int, DeliveryStatus]
) -> tuple[Problem, ...]:
    """Why those that are not sent again are not."""
    return tuple(
        Problem(Code.NOT_REPLAYED, _WHY[statuses.get(id_)], f"ids.{n}", n)
        for n, id_ in enumerate(ids) if id_ not in again
    )  # fmt: skip


_WHY = {
    None: "There is no such delivery (any more): settled ones are kept for 30 days.",
    DeliveryStatus.DELIVERED: "This has been delivered. Only what is dead or pending is sent again.",
    DeliveryStatus.PENDING: f"This is being sent, or will be within {SOON_SECONDS} seconds.",
    DeliveryStatus.DEAD: "Somebody else has just had this sent again.",
}


async def rotate_webhook_secret(database: Database, shop_id: int, overlap: int) -> Rotated:
    """Makes a new secret. Those before it go on signing beside it for so many seconds, as far as they would have:
    what receivers use ends no sooner because another follows. Four sign at once."""
    if not 0 <= overlap <= SECRET_OVERLAP_SECONDS:
        message = f"Both sign for 0 to {SECRET_OVERLAP_SECONDS:,} seconds, not {overlap}."
        return Rotated(problems=(Problem(Code.INVALID_VALUE, message, "overlap"),))
    async with database.writing(shop_id) as session:
        await definitions.take_turn(session)
        if overlap and len(await webhook_secrets.valid(session)) >= SECRETS_AT_ONCE:
            message = (
                f"{SECRETS_AT_ONCE} secrets sign already, the most that do. Wait until one has ended, or send overlap: "
                "0, which ends them all: then receivers must know the new one at once."
            )
            return Rotated(problems=(Problem(Code.LIMIT_EXCEEDED, message, "overlap"),))
        return Rotated(await webhook_secrets.rotate(session, overlap))
