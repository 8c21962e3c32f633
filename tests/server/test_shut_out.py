"""The database lets the gateway in no more (a password that was rotated, say), or takes no writes: it is told with a
code that says so, and once it is mended the gateway serves again. Nobody restarts anything."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest
from starlette.applications import Starlette

from app.server.app import mount
from app.store.administration import connected
from app.store.database import Database
from app.store.migrate import MigrationRefused, migrate
from tests.scale.conftest import until
from tests.shops import ShopClient, new_shop
from tests.store.scratch import as_login, scratch_database, scratch_role

READ = "{ contacts { nodes { idContact } } }"
SAVE = 'mutation { saveCustomDataRecords(input: {definition: "note", records: [{text: "one"}]}) { created } }'


@dataclass(frozen=True)
class Apart:
    """A gateway with a login and a database of its own."""

    admin: str
    url: str
    login: str
    shop: ShopClient

    async def alter(self, what: str) -> None:
        """And ends the gateway's connections, which the server would go on with."""
        async with connected(self.admin) as admin:
            await admin.execute("set default_transaction_read_only = off")
            await admin.execute(f"alter {what}")
            await admin.execute(
                "select pg_terminate_backend(pid, 10000) from pg_stat_activity"
                " where datname = current_database() and application_name = 'custom-data'"
            )

    async def ready(self) -> tuple[int, str]:
        told = await self.shop.http.get("/readyz")
        return told.status_code, told.json().get("reason", "")

    async def serves(self) -> None:
        """Comes back when it is ready and answers."""
        await until(self._serving)

    async def _serving(self) -> bool:
        return (await self.ready())[0] == 200 and "errors" not in (await self.shop.post(READ)).json()


@asynccontextmanager
async def _apart(login: str, admin: str) -> AsyncIterator[Apart]:
    await migrate(admin)
    url = as_login(admin, login)
    database = await Database.connect(url, size=4)
    app = Starlette()
    mount(app, database)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway") as http:
        try:
            shop = await new_shop(database, http, admin)
            await shop.define("Note", {"text": "STRING"})
            yield Apart(admin, url, login, shop)
        finally:
            await database.close()


@pytest.fixture
async def apart(admin_url: str) -> AsyncIterator[Apart]:
    async with (
        scratch_role(admin_url, "in role custom_data_gateway") as login,
        scratch_database(admin_url) as admin,
        _apart(login, admin) as made,
    ):
        yield made


def code(answer: httpx.Response) -> str:
    [error] = answer.json()["errors"]
    return str(error["extensions"]["code"])


async def test_a_login_that_is_refused_is_told_and_comes_back(apart: Apart, caplog: pytest.LogCaptureFixture) -> None:
    await apart.serves()
    await apart.alter(f"role {apart.login} nologin")
    for _ in range(2):
        answer = await apart.shop.post(READ)
        assert (answer.status_code, code(answer)) == (503, "UNAVAILABLE")
    status, reason = await apart.ready()
    assert status == 503
    assert "does not let the gateway in" in reason
    assert (await apart.shop.post(SAVE)).status_code == 503
    await apart.alter(f"role {apart.login} login")
    await apart.serves()
    assert "unexpected error" not in caplog.text


async def test_a_database_that_takes_no_writes_is_read_on(apart: Apart, caplog: pytest.LogCaptureFixture) -> None:
    await apart.serves()
    name = apart.admin.partition("?")[0].rpartition("/")[2]
    await apart.alter(f"database {name} set default_transaction_read_only = on")
    await apart.serves()
    refused = await apart.shop.post(SAVE)
    assert code(refused) == "UNAVAILABLE"
    assert "takes no writes" in refused.text
    assert (await migrate(apart.admin)).applied == (), "a gateway may start on it"
    await apart.alter(f"database {name} reset default_transaction_read_only")
    await apart.serves()
    assert (await apart.shop.ask(SAVE))["saveCustomDataRecords"]["created"] == 1
    assert "unexpected error" not in caplog.text


async def test_what_is_to_be_migrated_where_nothing_may_be_written_is_refused(admin_url: str) -> None:
    async with scratch_database(admin_url) as url:
        name = url.partition("?")[0].rpartition("/")[2]
        async with connected(url) as admin:
            await admin.execute(f"alter database {name} set default_transaction_read_only = on")
        with pytest.raises(MigrationRefused, match="takes no writes"):
            await migrate(url)
