"""Row-level security alone keeps tenants apart: with `shop_id = $1` taken out of each statement in turn."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import pytest

from app.store.database import Database
from app.store.session import Session
from app.store.statements import Statement
from tests.shops import new_shop
from tests.tour import COMPOSED, named_statements, tour

FIRST_LOCK = re.compile(r"(?:\w+\.)?shop_id = \$1\b")

Outcome = tuple[str, list[tuple[Any, ...]]] | str  # the command's tag and rows, or the name of the refusal


@dataclass
class Attack:
    """One statement as its shop issued it, and what another tenant got for the same arguments."""

    own: Outcome  # the shop itself, first lock in place
    unlocked: Outcome  # the shop itself, first lock taken out: what the attack would see without the second
    nothing: Outcome  # the other tenant, first lock in place: a shop that has none of this
    attacked: Outcome  # the other tenant, first lock taken out, naming the shop

    @property
    def writes_rows(self) -> bool:
        return isinstance(self.own, tuple) and self.own[0].startswith("INSERT")


class Attacker:
    """Watches the sessions of one shop and tries every statement of theirs as another tenant, in a savepoint of the
    same transaction: against exactly what the statement itself sees."""

    def __init__(self, victim: int, tenant: int) -> None:
        self.victim = victim
        self.tenant = tenant
        self.attacks: dict[str, list[Attack]] = defaultdict(list)

    async def attack(self, session: Session, statement: Statement, args: Sequence[Any]) -> None:
        async with session._asking():
            connection = await session._ready()
            open_ = FIRST_LOCK.sub("$1::bigint is not null", statement.sql)
            self.attacks[statement.name].append(
                Attack(
                    own=await _outcome(connection, self.victim, statement.sql, self.victim, *args),
                    unlocked=await _outcome(connection, self.victim, open_, self.victim, *args),
                    nothing=await _outcome(connection, self.tenant, statement.sql, self.tenant, *args),
                    attacked=await _outcome(connection, self.tenant, open_, self.victim, *args),
                )
            )


async def _outcome(connection: Any, tenant: int, sql: str, *args: Any) -> Outcome:
    await connection.execute(f"savepoint attack; set local app.shop_id = '{tenant}'")
    try:
        prepared = await connection.prepare(sql)
        rows = sorted(map(tuple, await prepared.fetch(*args)), key=repr)  # in whatever order a plan finds them
        return prepared.get_statusmsg(), rows
    except asyncpg.PostgresError as error:
        return type(error).__name__
    finally:
        await connection.execute("rollback to savepoint attack; release savepoint attack")


@pytest.fixture(scope="module")
async def attacks(database: Database, http: httpx.AsyncClient, admin_url: str) -> dict[str, list[Attack]]:
    victim, tenant = await new_shop(database, http, admin_url), await new_shop(database, http, admin_url)
    attacker = Attacker(victim.id, tenant.id)
    fetch, run_many, checked = Session.fetch, Session.run_many, Session.checked

    async def watched_fetch(self: Session, statement: Statement, *args: Any) -> Any:
        if self.shop_id == victim.id:
            await attacker.attack(self, statement, args)
        return await fetch(self, statement, *args)

    async def watched_run(self: Session, statement: Statement, rows: Sequence[tuple[Any, ...]]) -> None:
        if self.shop_id == victim.id and rows:
            await attacker.attack(self, statement, rows[0])
        await run_many(self, statement, rows)

    async def watched_check(self: Session) -> int | None:
        if self.shop_id == victim.id and self._check is not None:
            await attacker.attack(self, self._check.statement, [self._check.number])
        return await checked(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Session, "fetch", watched_fetch)
        patch.setattr(Session, "run_many", watched_run)
        patch.setattr(Session, "checked", watched_check)
        await tour(victim, admin_url)
    return attacker.attacks


@pytest.mark.parametrize("name", [*named_statements(), *COMPOSED])
def test_without_its_first_lock_a_statement_gives_and_changes_nothing_of_another_tenant(
    name: str, attacks: dict[str, list[Attack]]
) -> None:
    tried = attacks[name]
    assert tried, "the tour of tests/tour.py never issues this statement: add a step that does"
    for attack in tried:
        if attack.writes_rows:
            assert attack.attacked == "InsufficientPrivilegeError"
        else:
            assert attack.attacked == attack.nothing
    strong = [a for a in tried if a.writes_rows or (a.own == a.unlocked and a.own != a.nothing)]
    assert strong, "the tour issues this statement only where there is nothing to find"


def test_every_statement_that_was_issued_has_its_case(attacks: dict[str, list[Attack]]) -> None:
    assert {name for name, tried in attacks.items() if tried} == {*named_statements(), *COMPOSED}
