"""`custom-data receive`: the demo's trigger is watched as it fires."""

import asyncio
import subprocess
import sys
import time

import httpx
import pytest
from click.testing import CliRunner

from app.cli import main
from app.demo import content, loading
from app.domain.webhooks import forgery, signature
from app.server.receiving import receiver
from app.webhooks.couriers import couriers
from tests.processes import PATIENCE, environment
from tests.shops import ShopClient
from tests.webhooks.conftest import BOUNDS

BODY = b'{"id": "1-2-3"}'


@pytest.mark.parametrize(
    ("secrets", "timestamp", "seconds_later", "fits"),
    [
        (["a"], "1000", 0, True),
        (["b", "a"], "1000", 299, True),
        (["b"], "1000", 0, False),
        (["a"], "1000", 301, False),
        (["a"], "1000", -301, False),
        (["a"], "soon", 0, False),
        (["a"], "", 0, False),
    ],
)
def test_what_a_receiver_believes(secrets: list[str], timestamp: str, seconds_later: int, fits: bool) -> None:
    sent = signature(["new", "a"], 1000, BODY)
    assert (forgery(secrets, timestamp, sent, BODY, 1000 + seconds_later) is None) is fits
    assert forgery(secrets, timestamp, sent, BODY + b" ", 1000 + seconds_later)
    assert forgery(secrets, timestamp, "", BODY, 1000 + seconds_later)


async def test_what_is_not_signed_is_refused() -> None:
    said: list[str] = []
    transport = httpx.ASGITransport(app=receiver(["secret"], said.append))
    async with httpx.AsyncClient(transport=transport, base_url="http://receiver") as http:
        answer = await http.post("/hooks", content=BODY, headers={"custom-data-signature": "v1=é".encode()})
    assert (answer.status_code, said) == (401, ["Refused: the timestamp '' is not of the last five minutes."])


async def test_a_signature_that_fits_none_says_when_secrets_are_read() -> None:
    """A receiver that runs since before a rotation does not know the new secret."""
    said: list[str] = []
    transport = httpx.ASGITransport(app=receiver(["before"], said.append))
    now = int(time.time())
    headers = {"custom-data-timestamp": str(now), "custom-data-signature": signature(["after"], now, BODY)}
    async with httpx.AsyncClient(transport=transport, base_url="http://receiver") as http:
        answer = await http.post("/hooks", content=BODY, headers=headers)
    assert answer.status_code == 401
    assert "read when this receiver started" in said[0]


async def test_the_demos_trigger_is_seen_to_fire(apart: tuple[str, ShopClient]) -> None:
    url, shop = apart
    await loading.load(shop.database, shop.id)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app.cli", "receive", "--shop", str(shop.id), "--port", "0",
        env=environment(DATABASE_URL=url), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE):
            address = (await process.stdout.readline()).decode().split(" ")[2].removesuffix(".")
            [trigger] = (await shop.ask("{ triggers { idTrigger name deliver { url } } }"))["triggers"]
            assert trigger["deliver"]["url"] == content.RECEIVER
            await shop.run("updateTrigger", "userErrors { code }", trigger=trigger["idTrigger"],
                           deliver={"url": address})  # fmt: skip
            silver = '{ customDataRecords(definition: "loyalty", first: 1, where: {tier: {eq: "silver"}}) {'
            found = await shop.ask(silver + " nodes { idRecord } } }")
            id_ = found["customDataRecords"]["nodes"][0]["idRecord"]
            await shop.run("updateCustomDataRecord", "outcome", id=id_, data={"tier": "gold"})
            async with couriers(url, BOUNDS):
                line = (await process.stdout.readline()).decode()
    finally:
        process.terminate()
        await process.communicate()
    assert line.startswith(f'Became gold: loyalty {id_} UPDATED, tier: "silver" -> "gold" (event {shop.id}-')


@pytest.mark.parametrize("arguments", [[], ["--shop", "1", "--secret", "x"]])
def test_it_needs_to_know_by_what_to_check(arguments: list[str]) -> None:
    answer = CliRunner().invoke(main, ["receive", *arguments])
    assert (answer.exit_code, "--shop or --secret" in answer.output) == (1, True)
