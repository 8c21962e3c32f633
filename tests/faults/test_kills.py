"""Three times each: whoever is killed in the midst of 200 concurrent saves, what was acknowledged is there, whole and
once, and the gateway serves again."""

import pytest

from tests.faults.kills import KILLS, killed


@pytest.mark.parametrize("attempt", range(3))
@pytest.mark.parametrize("name", KILLS)
async def test_nothing_acknowledged_is_missing_halved_or_doubled(name: str, attempt: int) -> None:
    del attempt
    found = await killed(name)
    if "gateway" not in name:
        assert set(found.probes.live) == {200}
        assert found.probes.readiness[503] or name != "the database"
    assert set(found.probes.readiness) <= {0, 200, 503}
