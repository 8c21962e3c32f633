"""Who is let in: contact tokens of every wrong kind are refused alike, and what is revoked stops within a second."""

import base64
import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest

from app.server.auth import Gate, Unauthorised
from app.store import token_keys
from app.store.token_keys import TokenKey
from tests.shops import ShopClient, VetShop
from tests.storefront import as_contact, mint

AUDIENCE = "custom-data-gateway"


async def signing_key(shop: ShopClient) -> TokenKey:
    async with shop.database.writing(shop.id) as session:
        return await token_keys.signing(session)


def claims(shop: ShopClient, contact: int, wrong: dict[str, Any] | None = None) -> dict[str, Any]:
    """Good ones, but for those of `wrong`; None leaves one out."""
    now = int(time.time())
    good = {"aud": AUDIENCE, "shop": shop.id, "sub": str(contact), "iat": now, "exp": now + 60}
    return {name: value for name, value in (good | (wrong or {})).items() if value is not None}


def part(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def encoded(said: Any, key: TokenKey, signed: str = "HS256", **header: Any) -> str:
    """Signed by hand: the library does not sign every nonsense."""
    text = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': str(key.id)} | header)}.{part(said)}"
    algorithm = jwt.get_algorithm_by_name(signed)
    signature = algorithm.sign(text.encode(), algorithm.prepare_key(key.secret))
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


async def refused(gate: Gate, *texts: str) -> None:
    """All by the same words, which say nothing of why."""
    for text in texts:
        with pytest.raises(Unauthorised) as caught:
            await gate.admit_text(text)
        assert "contact token is not valid" in str(caught.value) or "API key is unknown" in str(caught.value)


async def test_a_good_token_is_let_in_as_its_contact(vets: VetShop) -> None:
    key = await signing_key(vets.shop)
    token = jwt.encode(claims(vets.shop, vets.dubois), key.secret, "HS256", headers={"kid": str(key.id)})
    admitted = await Gate(vets.shop.database).admit_text(token)
    assert (admitted.shop.id, admitted.viewer.contact_id, admitted.viewer.scopes) == (
        vets.shop.id, vets.dubois, frozenset(),
    )  # fmt: skip
    assert await replace(vets.shop, key=token).ask("{ me { email } }") == {"me": {"email": "dubois@example.com"}}


async def test_bad_signatures_and_algorithms(vets: VetShop, other_shop: ShopClient) -> None:
    shop, gate = vets.shop, Gate(vets.shop.database)
    key, other = await signing_key(shop), await signing_key(other_shop)
    said, named = claims(shop, vets.dubois), {"kid": str(key.id)}
    good = jwt.encode(said, key.secret, "HS256", headers=named)
    head, body, signature = good.split(".")
    await gate.admit_text(good)
    await refused(
        gate,
        jwt.encode(said, b"x" * 32, "HS256", headers=named),
        jwt.encode(said, other.secret, "HS256", headers=named),
        jwt.encode(said, other.secret, "HS256", headers={"kid": str(other.id)}),
        jwt.encode(said | {"shop": other_shop.id}, key.secret, "HS256", headers=named),
        jwt.encode(said, None, "none", headers=named),
        *(encoded(said, key, signed=name, alg=name) for name in ("HS384", "HS512")),
        *(encoded(said, key, alg=name) for name in ("RS256", "ES256", "HS512", "none", "hs256", "")),
        f"{head}.{body}.", f"{head}.{body}.{signature[:-4]}AAAA", f"{head}.{body}.{signature}.x",
        f"{part({'alg': 'None', 'typ': 'JWT'} | named)}.{body}.{signature}",
        f"{head}.{part(said | {'sub': str(vets.without)})}.{signature}",
        f"{head}.{part(said | {'exp': said['exp'] + 9999})}.{signature}",
    )  # fmt: skip


async def test_wrong_claims(vets: VetShop) -> None:
    shop, gate = vets.shop, Gate(vets.shop.database)
    key = await signing_key(shop)
    wrong: list[dict[str, Any]] = [
        {"exp": int(time.time())}, {"exp": int(time.time()) - 3600}, {"exp": None}, {"exp": "soon"}, {"exp": []},
        {"aud": None}, {"aud": "another"}, {"sub": None}, {"sub": "x"}, {"sub": "0"}, {"sub": "9" * 30}, {"sub": []},
        {"sub": vets.dubois}, {"iat": None}, {"iat": "x"}, {"iat": int(time.time()) + 3600}, {"shop": None},
        {"shop": "x"}, {"shop": 1e308}, {"shop": float("inf")}, {"shop": float("nan")}, {"shop": {}}, {"shop": -1},
        {"nbf": int(time.time()) + 3600}, {"sub": "8000000000000000000"}, {"sub": "9" * 1500},
    ]  # fmt: skip
    for each in wrong:
        await refused(gate, encoded(claims(shop, vets.dubois, each), key))


async def test_wrong_headers_and_texts_that_are_no_tokens(vets: VetShop) -> None:
    shop, gate = vets.shop, Gate(vets.shop.database)
    key = await signing_key(shop)
    said = claims(shop, vets.dubois)
    await gate.admit_text(encoded(said, key))
    wrongs: list[Any] = [[], "text", 1, None, "[" * 900]
    kids: list[Any] = [None, 0, "0", "-1", "x", "9" * 30, "9" * 5000, str(key.id + 1), True, 1.5, {}, "../x"]
    await refused(
        gate,
        *(encoded(said, key, kid=kid) for kid in kids),
        *(encoded(wrong, key) for wrong in wrongs),
        encoded(said, key, b64=False, crit=["b64"]), encoded(said, key, alg="none"), encoded(said, key, alg=None),
        encoded(said, key, crit=["x"]), "..", "a.b.c", ".".join(["e30"] * 3), "\udc80.\udc80.\udc80", "é.é.é",
        "a." * 2 + "b" * 100_000, f"{part('[' * 75_000)}.e30.x", encoded(said | {"pad": "x" * 100_000}, key),
    )  # fmt: skip


@pytest.mark.parametrize("header", ["authorization", "spm-api-key"])
async def test_over_http_it_is_401_and_the_answer_does_not_repeat_it(vets: VetShop, header: str) -> None:
    for token in ("canary.token.xyz", f"{part({'alg': 'HS256', 'kid': '1'})}.{part({'shop': float('inf')})}.x"):
        sent = {"spm-api-key": "", header: f"Bearer {token}" if header == "authorization" else token}
        response = await vets.shop.post("{ me { id } }", headers=sent)
        assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
        assert token not in response.text


@pytest.mark.parametrize("seconds", [29, 0, -1, 86_401, 2**31 - 1])
async def test_a_token_lasts_half_a_minute_to_a_day(vets: VetShop, seconds: int) -> None:
    payload = await mint(vets.shop, {"idContact": str(vets.dubois)}, expiresIn=seconds)
    [error] = payload.pop("userErrors")
    assert (error["code"], error["path"]) == ("INVALID_VALUE", "expiresIn")
    assert payload == {"token": None, "expiresAt": None, "contact": None}


@pytest.mark.parametrize("seconds", [30, 900, 86_400])
async def test_and_says_when_it_expires(vets: VetShop, seconds: int) -> None:
    payload = await mint(vets.shop, {"idContact": str(vets.dubois)}, expiresIn=seconds)
    left = (datetime.fromisoformat(payload["expiresAt"]) - datetime.now(UTC)).total_seconds()
    assert seconds - 30 < left <= seconds
    said = jwt.decode(payload["token"], options={"verify_signature": False})
    assert said["exp"] - said["iat"] == seconds
    assert set(said) == {"aud", "shop", "sub", "iat", "exp"}, "nothing about the person"


async def test_nobody_and_somebody_ambiguous_get_none(vets: VetShop) -> None:
    await vets.shop.customers(
        {"idCustomer": "a", "email": "two@example.com"}, {"idCustomer": "b", "email": "two@example.com"},
        {"idCustomer": "7", "source": "till"}, {"idCustomer": "7", "source": "web"},
    )  # fmt: skip
    for contact, code in (
        ({"email": "two@example.com"}, "CONTACT_AMBIGUOUS"),
        ({"idCustomer": {"idCustomer": "7"}}, "CUSTOMER_AMBIGUOUS"),
        ({"email": "nobody@example.com"}, "CONTACT_NOT_FOUND"),
        ({"idContact": "8000000000000000000"}, "CONTACT_NOT_FOUND"),
    ):
        payload = await mint(vets.shop, contact)
        assert [error["code"] for error in payload["userErrors"]] == [code]
        assert payload["token"] is None


async def test_the_token_of_a_deleted_contact_ends_with_it(vets: VetShop) -> None:
    me = await as_contact(vets.shop, vets.dubois)
    gate = Gate(vets.shop.database)
    await gate.admit_text(me.key)
    await vets.shop.run("deleteCustomers", "deleted", customers=[{"idCustomer": "dubois@example.com"}])
    await refused(Gate(vets.shop.database), me.key)
