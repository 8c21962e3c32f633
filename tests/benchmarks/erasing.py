"""Forgetting people: `python -m tests.benchmarks.erasing [records]` (see grid.py).

A shop with 200,000 notes, each with its change in the log: 100,000 are of one person, the others of people with four.
Prints how long export, dry run and erasure take for each kind of person, in how many statements, and the peak of the
memory.
"""

import asyncio
import resource
import sys
from time import perf_counter

from app.bulk.person import person_file
from app.domain.definitions import FieldType
from app.domain.draft_fields import DraftField
from app.domain.draft_relationships import DraftRelationship
from app.domain.drafts import Draft
from app.domain.erasures import Disposal
from app.domain.references import ContactReference
from app.operations.create_definition import create_definition
from app.operations.erase_contact import EraseContact, erase_contact, try_erasing
from app.operations.transaction import Call
from app.store.administration import administering
from app.store.database import Database
from app.store.migrate import migrate
from app.store.shops import create_shop
from tests.benchmarks.grid import gateway, server
from tests.benchmarks.timing import watched

_NOTE = Draft(
    "Note", fields=(DraftField("contact_id", FieldType.NUMBER), DraftField("text", FieldType.LONGTEXT)),
    relationships=(DraftRelationship("contact_id", "SYSTEM", "contacts"),),
)  # fmt: skip
_FILL = """
insert into contacts (shop_id, email, email_key)
select {shop}, 'c' || n || '@x.test', 'c' || n || '@x.test' from generate_series(0, {records} / 4) n;
insert into records (shop_id, definition_id, ref1, data)
select {shop}, {definition}, c.id, jsonb_build_object('contact_id', c.id, 'text', repeat('about ' || c.id || ' ', 10))
from generate_series(1, 2 * {records}) n
join (select id, row_number() over (order by id) - 1 as place from contacts where shop_id = {shop}) c
  on c.place = case when n % 2 = 0 then 0 else n / 8 + 1 end;
insert into changes (shop_id, sequence, kind, definition_id, record_id, version, after, suppressed, operation,
                     api_key_id)
select {shop}, row_number() over (order by id), 'CREATED', {definition}, id, 1, data::json, false, 'benchmark', 0
from records where shop_id = {shop};
insert into change_heads (shop_id, sequence) values ({shop}, 2 * {records})
on conflict (shop_id) do update set sequence = excluded.sequence
"""


async def main(url: str, records: int) -> None:
    await migrate(url)
    async with administering(url) as connection:
        shop_id = (await create_shop(connection, "erasing benchmark")).id
    database = await Database.connect(gateway(url), size=1, statement_timeout_ms=120_000)
    call = Call(shop_id, 0, "eraseContact")
    definition = await create_definition(database, call, _NOTE)
    assert definition.first is not None
    async with administering(url) as connection:
        await connection.execute("delete from changes where shop_id = $1", shop_id)
        for sql in _FILL.split(";\n"):
            await connection.execute(sql.format(shop=shop_id, definition=definition.first.id, records=records))
        await connection.execute("analyze records, changes, contacts")
        ids = await connection.fetch("select id from contacts where shop_id = $1 order by id limit 22", shop_id)
    for what, some in (("four records", [row["id"] for row in ids[2:]]), (f"{records:,} records", [ids[0]["id"]])):
        await _measure(database, call, what, some)
    await database.close()


async def _measure(database: Database, call: Call, what: str, contacts: list[int]) -> None:
    """Prints the average of some people."""
    told = []
    for name, run in (("export", _export), ("dry run", try_erasing), ("erasure", erase_contact)):
        began = perf_counter()
        with watched() as watch:
            for contact in contacts:
                await run(database, call, EraseContact(ContactReference("id_contact", contact), Disposal.DELETE))
        seconds = (perf_counter() - began) / len(contacts)
        told.append(f"{name} {seconds:.3f} s, {watch.statements // len(contacts)} statements")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"A person with {what}: {'; '.join(told)}; peak {peak} MB", flush=True)


async def _export(database: Database, call: Call, asked: EraseContact) -> None:
    async for _ in person_file(database, call.shop_id, asked.contact):
        pass


if __name__ == "__main__":
    with server() as url:
        asyncio.run(main(url, int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
