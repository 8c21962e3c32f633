"""Loads the demo shop, once. What was interrupted is completed by the next start; only then is the key written down."""

import os
from collections.abc import Awaitable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from app.demo import content
from app.domain.limits import CHANGE_DAYS
from app.domain.periods import Calendar
from app.domain.problems import Code
from app.domain.shops import new_key, parse_key
from app.domain.verdicts import Answer, Outcome
from app.operations.create_definition import create_definition
from app.operations.create_segment import create_segment
from app.operations.create_trigger import create_trigger
from app.operations.save_customers import save_customers
from app.operations.save_products import save_products
from app.operations.save_records import SaveRecords, save_records
from app.operations.set_overrides import set_overrides
from app.operations.transaction import Call
from app.store.administration import administering
from app.store.database import Database
from app.store.keys import create_key, find_key
from app.store.shops import create_shop, named_shops

T = TypeVar("T")

_BATCH = 50
_ALREADY_THERE = {Code.NAME_TAKEN, Code.KEY_TAKEN}


async def ensure(admin_url: str, gateway_url: str, home: Path, change_days: int = CHANGE_DAYS) -> str:
    """The demo shop's API key, from the file `demo-key` in `home`. Without a working key there, the shop is completed
    and gets a new one: keys are stored as digests, so this file is the only place that can say it again."""
    database = await Database.connect(gateway_url, size=2, change_days=change_days)
    try:
        known = _read(home / "demo-key")
        if known is not None and await _works(database, known):
            return known
        async with administering(admin_url) as connection:
            found = await named_shops(connection, content.SHOP)
            shop = found[0] if found else await create_shop(connection, content.SHOP, content.TIME_ZONE)
        await load(database, shop.id)
        text, digest, prefix = new_key(shop.id)
        async with database.writing(shop.id) as session:
            await create_key(session, "demo", digest, prefix)
        _write(home / "demo-key", text)
        return text
    finally:
        await database.close()


async def _works(database: Database, text: str) -> bool:
    named = parse_key(text)
    if named is None:
        return False
    async with database.reading(named[0]) as session:
        return await find_key(session, named[1]) is not None


async def load(database: Database, shop_id: int) -> None:
    """Puts the content into a shop; what is there already stays."""
    call = Call(shop_id, api_key_id=0, operation="demo")
    for chunk in _chunks(content.products()):
        await _done(save_products(database, call, chunk))
    for chunk in _chunks(content.customers()):
        await _done(save_customers(database, call, chunk))
    for draft in content.DEFINITIONS:
        await _done(create_definition(database, call, draft))
    for definition, records in content.records().items():
        for batch in _chunks(records):
            await _done(save_records(database, call, SaveRecords(definition, batch)))
    for system_field, sources in content.OVERRIDES.items():
        await _done(set_overrides(database, call, "products", system_field, sources))
    calendar = Calendar(datetime.now(UTC), ZoneInfo(content.TIME_ZONE))
    for name, where in content.SEGMENTS.items():
        await _done(create_segment(database, call, calendar, name, where))
    await _done(create_trigger(database, call, "loyalty", content.TRIGGER, enabled=True))


async def _done(operation: Awaitable[Answer]) -> None:
    """Runs one step; raises RuntimeError when it went wrong, except for a definition or segment that is there
    already."""
    answer = await operation
    problems = [problem for problem in answer.problems if problem.code not in _ALREADY_THERE]
    problems += [error for v in answer.verdicts if v.outcome is Outcome.REJECTED for error in v.errors]
    if problems:
        raise RuntimeError(f"the demo shop could not be loaded: {problems[0].path}: {problems[0].message}")


def _chunks(items: Sequence[T]) -> Iterable[Sequence[T]]:
    return (items[start : start + _BATCH] for start in range(0, len(items), _BATCH))


def _read(file: Path) -> str | None:
    return file.read_text().strip() if file.exists() else None


def _write(file: Path, text: str) -> None:
    """Written beside and moved into place, readable by its owner alone."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(text + "\n")
    draft.replace(file)
