"""setOverrides: which amounts of whose records replace a product's price or discount."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from app.domain.changes import Change, Kind
from app.domain.definitions import OverrideSource
from app.domain.overrides import DraftSource, check_sources
from app.domain.problems import Refused
from app.domain.verdicts import Answer, Outcome, Verdict
from app.operations.journal import log
from app.operations.transaction import Call, perform
from app.store import definitions
from app.store.database import Database
from app.store.session import Session


async def set_overrides(
    database: Database, call: Call, system_schema: str, system_field: str, drafts: Sequence[DraftSource]
) -> Answer:
    """Replaces the sources of one system field; none clears it. Warns where a link may have several rows."""

    async def work(session: Session) -> Answer:
        model = await definitions.take_turn(session)
        sources, warnings, problems = check_sources(model, system_field, drafts, system_schema=system_schema)
        if problems:
            raise Refused(tuple(problems))
        if sources == model.sources(system_field):
            return Answer((Verdict(0, Outcome.UNCHANGED),), warnings=tuple(warnings))
        await definitions.replace_sources(session, system_field, sources)
        before, after = _shown(model.sources(system_field)), _shown(sources)
        change = Change(Kind.OVERRIDES_SET, before={system_field: before}, after={system_field: after})
        await log(session, call, None, [change])
        return Answer((Verdict(0, Outcome.UPDATED),), warnings=tuple(warnings))

    return await perform(database, call, work)


def _shown(sources: Sequence[OverrideSource]) -> list[dict[str, Any]]:
    """Sources as the change log shows them."""
    return [asdict(each) for each in sources]
