"""Scopes and contact tokens on the command line."""

import json
from base64 import urlsafe_b64decode
from dataclasses import replace

import pytest

from app.domain.access import Scope
from tests.processes import run
from tests.shops import ShopClient, VetShop

ALL = (
    "read, write_records, write_catalogue, manage_definitions, manage_overrides, manage_automation, mint_tokens, "
    "erase_contacts"
)


@pytest.fixture
def given(admin_url: str, gateway_url: str) -> dict[str, str]:
    """The run's own server, as a person's DATABASE_URL."""
    return {"DATABASE_URL": gateway_url, "DATABASE_ADMIN_URL": admin_url}


async def test_a_key_gets_the_scopes_it_was_given(shop: ShopClient, given: dict[str, str]) -> None:
    created = run("key", "create", "--shop", str(shop.id), "--scopes", " read , write_records,read", **given)
    assert created.returncode == 0, created.stderr
    scoped = replace(shop, key=created.stdout.strip())
    assert (await scoped.ask("{ contacts { nodes { id } } }"))["contacts"] == {"nodes": []}
    query = 'mutation { deleteProducts(input: {ids: ["1"]}) { deleted } }'
    [(code, message)] = await scoped.errors(query)
    assert code == "FORBIDDEN"
    assert "lacks the scope 'write_catalogue'" in message
    assert "key create --scopes" in message
    listed = run("key", "list", "--shop", str(shop.id), **given).stdout.splitlines()
    assert [line.split("\t")[4] for line in listed] == ["all", "read,write_records"]


@pytest.mark.parametrize(
    ("scopes", "fault"),
    [("read,fly", "'fly' is no scope."), ("READ", "'READ' is no scope."), ("", "A key needs at least one scope."),
     (" , ", "A key needs at least one scope."), ("b,read,a", "'a', 'b' is no scope.")],
)  # fmt: skip
async def test_other_scopes_are_refused_with_the_list(
    shop: ShopClient, given: dict[str, str], scopes: str, fault: str
) -> None:
    assert ", ".join(scope.value for scope in Scope) == ALL
    refused = run("key", "create", "--shop", str(shop.id), "--scopes", scopes, **given)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == f"Error: {fault} Scopes: {ALL}.\n"
    assert len(run("key", "list", "--shop", str(shop.id), **given).stdout.splitlines()) == 1


async def test_a_token_to_try_out_what_a_contact_sees(vets: VetShop, given: dict[str, str]) -> None:
    shop = ("--shop", str(vets.shop.id))
    first = run("token", *shop, "--contact", str(vets.dubois), **given).stdout.strip()
    me = replace(vets.shop, key=first)
    assert await me.ask("{ me { email } }") == {"me": {"email": "dubois@example.com"}}
    said = run("rotate-token-key", *shop, "--at-once", **given).stdout
    response = await vets.shop.http.post(
        "/graphql", headers={"authorization": f"Bearer {first}x"}, json={"query": "{a}"}
    )
    assert response.status_code == 401
    second = run("token", *shop, "--contact", str(vets.dubois), "--seconds", "30", **given).stdout.strip()
    head, body = (json.loads(urlsafe_b64decode(part + "==")) for part in second.split(".")[:2])
    assert said == f"Token key {head['kid']} signs from now on.\n"
    assert body["exp"] - body["iat"] == 30


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [(["--contact", "8000000000000000000"], "That shop has no contact 8000000000000000000."),
     (["--contact", "0"], "0 is not in the range"), (["--contact", "1", "--seconds", "29"], "29 is not in the range"),
     (["--contact", "1", "--seconds", "86401"], "86401 is not in the range")],
)  # fmt: skip
async def test_no_token_for_nobody_or_for_ever(
    shop: ShopClient, given: dict[str, str], arguments: list[str], fault: str
) -> None:
    refused = run("token", "--shop", str(shop.id), *arguments, **given)
    assert refused.returncode != 0
    assert refused.stdout == ""
    assert fault in refused.stderr


async def test_another_shops_contact_is_nobody(vets: VetShop, other_shop: ShopClient, given: dict[str, str]) -> None:
    refused = run("token", "--shop", str(other_shop.id), "--contact", str(vets.dubois), **given)
    assert refused.returncode == 1
    assert "has no contact" in refused.stderr
