"""Groups by calendar units: at the ends of time, across clock changes and year ends, in every time zone."""

from zoneinfo import available_timezones

import asyncpg

from app.domain.shops import time_zone_problem
from app.store.administration import administering
from tests.shops import ShopClient


async def test_the_ends_of_time(shop: ShopClient, admin_url: str) -> None:
    """Where the shop's clocks show a year beyond 1 to 9999, a time counts to the first or the last day."""
    await shop.define("Star", {"at": "DATETIME"})
    await shop.save("star", {"at": "0001-01-01T00:00:00Z"}, {"at": "9999-12-31T23:59:59Z"})
    query = """{ customDataAggregate(definition: "star", groupBy: {field: "at", unit: %s}) { groups { keys } } }"""
    for zone in ("America/New_York", "Pacific/Kiritimati"):
        async with administering(admin_url) as connection:
            await connection.execute("update shops set time_zone = $2 where shop_id = $1", shop.id, zone)
        for unit, last in (("DAY", "9999-12-31"), ("WEEK", "9999-12-27"), ("YEAR", "9999-01-01")):
            found = (await shop.ask(query % unit))["customDataAggregate"]["groups"]
            assert [group["keys"] for group in found] == [["0001-01-01"], [last]]


async def test_clock_changes(shop: ShopClient, admin_url: str) -> None:
    """Days of 23 and 25 hours, and an hour that comes twice."""
    async with administering(admin_url) as connection:
        await connection.execute("update shops set time_zone = 'America/New_York' where shop_id = $1", shop.id)
    await shop.define("Event", {"at": "DATETIME"})
    moments = ["2026-03-08T04:59:59Z", "2026-03-08T05:00:00Z", "2026-03-09T03:59:59Z", "2026-03-09T04:00:00Z",
               "2026-11-01T03:59:59Z", "2026-11-01T04:00:00Z", "2026-11-02T04:59:59Z", "2026-11-02T05:00:00Z",
               "2026-12-31T23:00:00Z", "2027-01-01T04:59:59Z", "2027-01-01T05:00:00Z"]  # fmt: skip
    await shop.save("event", *({"at": moment} for moment in moments))
    query = 'query($u: CalendarUnit) { customDataAggregate(definition: "event", groupBy: {field: "at", unit: $u}) {' \
            " groups { keys count } } }"  # fmt: skip

    async def counts(unit: str) -> dict[str, int]:
        found = (await shop.ask(query, u=unit))["customDataAggregate"]["groups"]
        return {group["keys"][0]: group["count"] for group in found}

    assert await counts("DAY") == {
        "2026-03-07": 1, "2026-03-08": 2, "2026-03-09": 1, "2026-10-31": 1, "2026-11-01": 2, "2026-11-02": 1,
        "2026-12-31": 2, "2027-01-01": 1,
    }  # fmt: skip
    assert await counts("WEEK") == {"2026-03-02": 3, "2026-03-09": 1, "2026-10-26": 3, "2026-11-02": 1, "2026-12-28": 3}
    assert await counts("MONTH") == {
        "2026-03-01": 4, "2026-10-01": 1, "2026-11-01": 3, "2026-12-01": 2, "2027-01-01": 1
    }  # fmt: skip
    assert await counts("YEAR") == {"2026-01-01": 10, "2027-01-01": 1}


async def test_the_database_knows_the_time_zones_that_shops_may_have(gateway_url: str) -> None:
    connection = await asyncpg.connect(gateway_url)
    try:
        unknown = [
            zone for zone in sorted(available_timezones())
            if time_zone_problem(zone) is None and not await _known(connection, zone)
        ]  # fmt: skip
    finally:
        await connection.close()
    assert unknown == []


async def _known(connection: "asyncpg.Connection[asyncpg.Record]", zone: str) -> bool:
    try:
        await connection.fetchval("select now() at time zone $1::text", zone)
    except asyncpg.InvalidParameterValueError:
        return False
    return True
