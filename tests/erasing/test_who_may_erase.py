"""Who may erase, and what is refused."""

from typing import Any

import pytest

from app.domain.access import ALL_SCOPES, Scope
from tests.api.test_scopes import with_scopes
from tests.erasing.canary import define, erase, new_canary
from tests.shops import ShopClient


async def test_who_may_erase(shop: ShopClient) -> None:
    canary = await new_canary(shop)
    document = "mutation($i: EraseContactInput!) { eraseContact(input: $i) { idContact } }"
    asked = {"contact": {"idContact": str(canary.contact)}, "records": "DELETE"}
    unable = await with_scopes(shop, ALL_SCOPES - {Scope.ERASE_CONTACTS})
    for asking in (unable, canary.token):
        [(code, _)] = await asking.errors(document, i=asked)
        assert code == "FORBIDDEN"
    able = await with_scopes(shop, {Scope.ERASE_CONTACTS})
    assert (await able.ask(document, i=asked))["eraseContact"]["idContact"] == str(canary.contact)


@pytest.mark.parametrize(
    ("wrong", "code", "path"),
    [
        (
            {"definitions": [{"definition": "nothing", "records": "DELETE"}]},
            "DEFINITION_NOT_FOUND",
            "definitions.0.definition",
        ),
        ({"definitions": [{"definition": "nothing", "records": "DELETE"}] * 201}, "TOO_MANY_ITEMS", "definitions"),
        ({"contact": {"email": "nobody@example.com"}}, "CONTACT_NOT_FOUND", "contact"),
        ({"contact": {"idContact": "999999"}}, "CONTACT_NOT_FOUND", "contact"),
        ({"idempotencyKey": ""}, "INVALID_IDEMPOTENCY_KEY", "idempotencyKey"),
    ],
)
async def test_what_is_refused(shop: ShopClient, wrong: dict[str, Any], code: str, path: str) -> None:
    contact = await shop.contact("ada@example.com")
    for dry in (True, False):
        asked = {"contact": {"idContact": str(contact)}, "dryRun": dry, **wrong}
        [error] = (await erase(shop, **asked))["userErrors"]
        assert (error["code"], error["path"]) == (code, path)
    assert len((await shop.ask("{ contacts { nodes { id } } }"))["contacts"]["nodes"]) == 1


async def test_a_definition_is_named_once(shop: ShopClient) -> None:
    await define(shop)
    contact = await shop.contact("ada@example.com")
    found = (await shop.ask('{ customDataDefinition(key: "card") { idDefinition } }'))["customDataDefinition"]
    chosen = [{"definition": name, "records": "DELETE"} for name in ("card", found["idDefinition"])]
    [error] = (await erase(shop, {"idContact": str(contact)}, definitions=chosen))["userErrors"]
    assert (error["code"], error["path"]) == ("INVALID_REFERENCE", "definitions.1")


async def test_the_persons_tokens_stop_working(shop: ShopClient) -> None:
    canary = await new_canary(shop)
    await erase(shop, {"idContact": str(canary.contact)})
    response = await canary.token.post("{ me { email } }")
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
