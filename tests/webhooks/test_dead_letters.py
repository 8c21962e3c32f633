"""What is given up is told in the log, by ids, and not too often."""

import logging
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.domain.webhooks import Delivery, DeliveryStatus
from app.webhooks import dead_letters
from app.webhooks.dead_letters import DeadLetters
from tests.shops import ShopClient
from tests.webhooks.conftest import Courier
from tests.webhooks.receiver import Received, receiving
from tests.webhooks.test_delivering import every_match, loyalty, settled

NOW = datetime.now(UTC)
LETTER = Delivery(1, 2, 3, 4, DeliveryStatus.PENDING, "secret body", 14, NOW, None, None, NOW, None)


async def test_a_dead_letter_is_told_once(shop: ShopClient, courier: Courier, caplog: pytest.LogCaptureFixture) -> None:
    async def refuse(_: Received) -> int:
        return 500

    await loyalty(shop)
    with caplog.at_level(logging.WARNING, dead_letters.__name__):
        async with receiving(refuse) as receiver, courier():
            trigger = await every_match(shop, receiver.url)
            await shop.save("loyalty", {"code": "anna@example.com"})
            [dead] = await settled(shop, 1)
    [line] = [each.getMessage() for each in caplog.records if each.name == dead_letters.__name__]
    assert line.startswith(
        f"Delivery {dead['idDelivery']} of trigger {trigger} of shop {shop.id} is given up after 3 attempts"
    )


def test_many_are_told_as_a_number(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    told = DeadLetters(7, lambda: now[0])
    for n in range(25):
        told.tell([replace(LETTER, id=n)])
    assert len(caplog.records) == 10
    told.tell([])
    now[0] += 60
    told.tell([])
    assert len(caplog.records) == 10
    told.tell([LETTER])
    more, one = [each.getMessage() for each in caplog.records[10:]]
    assert more == "15 more deliveries of shop 7 were given up before."
    assert one == "Delivery 1 of trigger 2 of shop 7 is given up after 15 attempts (change 3)."
