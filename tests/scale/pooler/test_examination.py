"""What the doctor says of a pooler in between, and leaves of itself on its connections."""

from app.store.addresses import Addresses
from app.store.administration import connected
from app.store.examination import examine
from app.store.findings import Finding, Health
from tests.scale.pooler.conftest import Pooled
from tests.scale.pooler.pgbouncer import CONNECTIONS


async def _ills(url: str, told: Addresses) -> dict[str, Finding]:
    found = {each.subject: each async for each in examine(url, 2, told)}
    return {name: each for name, each in found.items() if each.health is not Health.SOUND and name != "durability"}


async def test_a_way_past_the_pooler_is_asked_for(pooled: Pooled) -> None:
    without = await _ills(pooled.url, Addresses())
    assert [*without] == ["pooler"]
    assert without["pooler"].health is Health.WORTH_KNOWING
    assert without["pooler"].mend == "Set DATABASE_DIRECT_URL to the server itself."
    assert await _ills(pooled.url, Addresses(direct=pooled.direct)) == {}
    through_it = await _ills(pooled.url, Addresses(direct=pooled.url))
    assert [(name, each.told) for name, each in through_it.items()] == [
        ("direct connection", "It leads to a pooler.")
    ]  # fmt: skip
    needed = await _ills(pooled.url, Addresses(replicas=[pooled.direct]))
    assert needed["pooler"].health is Health.FAULT


async def test_no_role_is_left_on_the_poolers_connections(pooled: Pooled) -> None:
    """A login that takes on the gateway's role to look at something."""
    as_owner = pooled.url.replace("custom_data_gateway@", "postgres@")
    for _ in range(CONNECTIONS + 1):
        assert "contact tokens" not in await _ills(as_owner, Addresses(direct=pooled.admin))
        async with connected(as_owner) as connection:
            assert await connection.fetchval("select current_user::text") == "postgres"
