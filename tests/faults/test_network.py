"""Three times each, one round after the other: a disturbed network ends in bounded time, with a clear code, and leaves
nothing behind: no task, no connection, no memory, no batch halved or doubled."""

from collections.abc import AsyncIterator

import pytest

from tests.faults.network import FAULTS, ROUNDS, apart, disturbed
from tests.faults.proxy import Proxy
from tests.limits.gateway import Served


@pytest.fixture(scope="module")
async def setting(admin_url: str) -> AsyncIterator[tuple[Served, Proxy]]:
    async with apart(admin_url) as setting:
        yield setting


@pytest.mark.parametrize("name", FAULTS)
async def test_faults_are_told_and_leave_nothing(name: str, setting: tuple[Served, Proxy]) -> None:
    gateway, proxy = setting
    report = await disturbed(gateway, proxy, name, ROUNDS)
    assert report.faults == []
