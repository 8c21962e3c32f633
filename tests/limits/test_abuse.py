"""A short run of `python -m tests.limits.abuse`: nothing answers otherwise, and nothing stays behind."""

from tests.limits.abuse import SETTINGS, Report, reports
from tests.limits.attacks import ATTACKS, SLOW
from tests.limits.edge import NEVER_MS
from tests.limits.gateway import served


async def test_attacks_are_refused_and_leave_nothing(admin_url: str) -> None:
    # on a busy machine a body may take long, and a line of documents that are read one by one
    patient = {**SETTINGS, "CUSTOM_DATA_BODY_TIMEOUT_MS": NEVER_MS, "CUSTOM_DATA_REQUEST_TIMEOUT_MS": 2 * NEVER_MS}
    async with served(admin_url, **patient) as gateway:
        found: list[Report] = [report async for report in reports(gateway, 1, ATTACKS.keys() - SLOW)]
        assert [str(report) for report in found if report.faults] == []
        assert len(found) == len(ATTACKS) - len(SLOW)
        assert await gateway.shop.ask("{ shop { name } contacts { nodes { email } } }")
