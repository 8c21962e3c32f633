"""Secrets while they are changed."""

from tests.shops import ShopClient
from tests.webhooks.conftest import Courier
from tests.webhooks.receiver import Receiver
from tests.webhooks.test_delivering import digest, every_match, loyalty, secret_of, signed_with


async def test_secrets_sign_while_they_are_changed(shop: ShopClient, receiver: Receiver, courier: Courier) -> None:
    """Rotating again ends none that receivers may still use; where too many sign, it is refused."""
    await loyalty(shop)
    await every_match(shop, receiver.url)
    secrets = [await secret_of(shop, overlap=overlap) for overlap in (60, 604_800, 60)]
    refused = await shop.run("rotateWebhookSecret", "secret userErrors { code path }", overlap=60)
    assert refused == {"secret": None, "userErrors": [{"code": "LIMIT_EXCEEDED", "path": "overlap"}]}
    async with courier():
        await shop.save("loyalty", {"code": "a"})
        await receiver.until(1)
        await secret_of(shop, overlap=0)
        await shop.save("loyalty", {"code": "b"})
        one, two = await receiver.until(2)
    assert signed_with(one) > {digest(secret, one) for secret in secrets}
    assert len(signed_with(one)) == 4  # and the one with which the trigger was made
    assert len(signed_with(two)) == 1


async def test_a_secret_ends_no_later_because_another_follows(shop: ShopClient) -> None:
    await secret_of(shop)
    await secret_of(shop, overlap=60)
    await secret_of(shop, overlap=604_800)
    async with shop.database.reading(shop.id) as session:
        ends = "select extract(epoch from retires_at - now()) from webhook_secrets order by id"
        left = [row[0] for row in await (await session._ready()).fetch(ends)]
    assert (left[0] <= 60, left[1] > 600_000, left[2]) == (True, True, None)
