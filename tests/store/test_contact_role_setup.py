"""Who can set the contact's role up, and what becomes of contact tokens where nobody could: they are refused with the
way out, and keys go on working."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from app.operations.contact_tokens import mint as sign
from app.server.app import mount
from app.store import contacts
from app.store.administration import connected
from app.store.database import Database
from app.store.embedded import EmbeddedServer
from app.store.failures import Unavailable
from app.store.migrate import migrate
from app.store.paging import Page
from tests.shops import ShopClient, new_shop, new_vet_shop
from tests.store.scratch import as_login, scratch_database, scratch_role
from tests.storefront import MINT, new_storefront


@asynccontextmanager
async def serving(url: str) -> AsyncIterator[ShopClient]:
    """A gateway that serves as this login, and a shop of it."""
    database = await Database.connect(url, size=2)
    try:
        app = Starlette()
        mount(app, database)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway") as http:
            yield await new_shop(database, http, url)
    finally:
        await database.close()


async def shows_contacts_their_own(shop: ShopClient) -> None:
    """By statements and by the database; and keys see everything."""
    front = await new_storefront(await new_vet_shop(shop))
    seen = await front.me.ask('{ me { email } product(idProduct: "diet") { price } }')
    assert seen == {"me": {"email": "dubois@example.com"}, "product": {"price": "64.00"}}
    session = shop.database.contact_session(shop.id, front.dubois)
    assert [row.id for row in await contacts.page(session, Page(10))] == [front.dubois]
    await session.close()
    assert len((await shop.ask("{ contacts { nodes { id } } }"))["contacts"]["nodes"]) == 3


async def refuses_contacts_only(shop: ShopClient) -> None:
    contact = await shop.contact("a@example.com")
    assert len((await shop.ask("{ contacts { nodes { id } } }"))["contacts"]["nodes"]) == 1
    answer = await shop.answer(MINT, input={"contact": {"idContact": str(contact)}})
    [error] = answer["errors"]
    assert error["extensions"]["code"] == "UNAVAILABLE"
    assert "Run 'custom-data migrate' with a login that may create roles." in error["message"]
    with pytest.raises(Unavailable, match="custom_data_contact"):
        shop.database.contact_session(shop.id, contact)
    async with shop.database.writing(shop.id) as session:
        token = (await sign(session, contact, 60)).token
    response = await shop.post("{ me { email } }", headers={"spm-api-key": token})
    assert (response.status_code, response.json()["errors"]) == (
        503,
        [{k: error[k] for k in ("message", "extensions")}],
    )


@pytest.fixture(scope="module")
def fresh() -> Iterator[str]:
    """A server on which nobody has made our roles: roles are shared by all its databases."""
    with tempfile.TemporaryDirectory() as folder, EmbeddedServer(Path(folder), settings={"fsync": "off"}) as urls:
        yield urls.admin


async def test_an_owner_who_may_create_roles_and_is_no_superuser(fresh: str) -> None:
    async with connected(fresh) as admin:
        await admin.execute("create role careful login createrole")
    async with scratch_database(fresh, "careful") as url:
        owner = as_login(url, "careful")
        assert (await migrate(owner)).role_ready
        assert (await migrate(owner)).applied == ()
        for login in ("careful", "custom_data_gateway"):
            async with serving(as_login(url, login)) as shop:
                await shows_contacts_their_own(shop)


async def test_an_owner_who_may_create_roles_but_found_them_there(admin_url: str) -> None:
    """They are another login's: this one may neither grant them nor take them on, and serves as itself."""
    async with scratch_role(admin_url, "createrole") as owner, scratch_database(admin_url, owner) as url:
        assert not (await migrate(as_login(url, owner))).role_ready
        async with serving(as_login(url, owner)) as shop:
            await refuses_contacts_only(shop)
        async with serving(as_login(url, "custom_data_gateway")) as shop:
            await shows_contacts_their_own(shop)


async def test_an_owner_who_may_not_let_the_gateway_take_the_role_on(fresh: str) -> None:
    async with scratch_role(fresh, "createrole") as owner, scratch_database(fresh, owner) as url:
        async with connected(fresh) as admin:
            await admin.execute("drop owned by custom_data_contact; drop role if exists custom_data_contact")
            await admin.execute("create role custom_data_contact")
        await migrate(as_login(url, owner))
        async with serving(as_login(url, "custom_data_gateway")) as shop:
            await refuses_contacts_only(shop)
        await migrate(url)
        async with serving(as_login(url, "custom_data_gateway")) as shop:
            await shows_contacts_their_own(shop)


async def test_an_owner_who_may_not_create_roles(admin_url: str) -> None:
    async with scratch_role(admin_url) as owner, scratch_database(admin_url, owner) as url:
        await migrate(as_login(url, owner))
        for login in (owner, "custom_data_gateway"):
            async with serving(as_login(url, login)) as shop:
                await refuses_contacts_only(shop)
        await migrate(url)
        async with serving(as_login(url, "custom_data_gateway")) as shop:
            await shows_contacts_their_own(shop)


async def test_a_contact_role_that_row_level_security_does_not_bind_is_not_used(fresh: str) -> None:
    async with scratch_database(fresh) as url:
        await migrate(url)
        async with connected(fresh) as admin:
            await admin.execute("alter role custom_data_contact bypassrls")
        async with serving(as_login(url, "custom_data_gateway")) as shop:
            await refuses_contacts_only(shop)
