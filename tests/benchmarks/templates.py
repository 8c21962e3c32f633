"""A template of 10 variables for 1,000 contacts of the grid: `python -m tests.benchmarks.templates` (see grid.py).

Through the whole schema, in this process: contacts named by id, numbers and dates written in two languages, a record
picked by a date, relations followed. Told is the server's time, and the database's part of it.
"""

from statistics import median
from time import perf_counter

import uvloop

from app.domain.access import ALL_SCOPES, Viewer
from app.graphql.context import Context
from app.graphql.schema import schema
from app.store.database import Database
from app.store.migrate import migrate
from app.store.shops import find_shop
from tests.benchmarks import grid

ROUNDS = 9
CONTACTS = 1_000
TEMPLATE = """Dear {var=contact.first_name default="friend"} {var=contact.last_name default=""} ({var=contact.email}):
{var=loyalty.points} points, {var=loyalty.tier default="none"} since {var=loyalty.since format="long"}, for
{var=loyalty.product_id.name default="nothing"} at {var=loyalty.product_id.price default="0" format="EUR"}; first
{var=loyalty.points pick="since asc" default="0"}, {var=loyalty.tier pick="since asc" default="none"}."""
QUERY = """query($template: String!, $contacts: [ContactReference!]!) {
    renderTemplates(template: $template, contacts: $contacts) { text missing } }"""


async def main(url: str) -> None:
    shop_id = await grid.build(url)
    await migrate(url)
    database = await Database.connect(grid.gateway(url), size=1)
    try:
        async with database.reading(shop_id) as session:
            shop = await find_shop(session)
            statement = "select id from contacts where shop_id = $1 order by id limit $2"
            rows = await (await session._ready()).fetch(statement, shop_id, CONTACTS)
        assert shop is not None
        contacts = [{"idContact": str(row["id"])} for row in rows]
        times = []
        for _ in range(ROUNDS + 1):
            context = Context(database, shop, Viewer(ALL_SCOPES, api_key_id=1))
            began = perf_counter()
            result = await schema.execute(QUERY, {"template": TEMPLATE, "contacts": contacts}, context)
            times.append(perf_counter() - began)
            await context.close()
            assert not result.errors, result.errors
            assert result.data is not None
        print(result.data["renderTemplates"][0])
        print(f"{len(contacts)} contacts, 10 variables: {median(times[1:]) * 1000:.0f} ms in the median")
    finally:
        await database.close()


if __name__ == "__main__":
    with grid.server() as url:
        uvloop.run(main(url))
