"""Files that are uploaded over real connections to a real worker: what it holds of them, and clients that go."""

import asyncio
import json
import time
from collections.abc import AsyncIterator

import pytest

from tests.bulk.uploads import END, MAP, counts, operations, part, posted
from tests.limits.edge import NEVER_MS, PATIENCE
from tests.limits.gateway import Served, served
from tests.limits.test_leaving import quiet

MEBI = 1024 * 1024
PAD = b"x" * 10_000  # in a column that is not read


@pytest.fixture(scope="module")
async def gateway(admin_url: str) -> AsyncIterator[Served]:
    async with served(admin_url, CUSTOM_DATA_POOL_SIZE=4, CUSTOM_DATA_STATEMENT_TIMEOUT_MS=NEVER_MS) as running:
        yield running


def rows(first: int, last: int) -> bytes:
    return b"".join(b"%d,A,1,%s\n" % (n, PAD) for n in range(first, last))


BEGUN = (
    part("operations", operations("importProducts")) + part("map", MAP)
    + part("0", "idProduct,name,price,#pad\n", file=True)[:-2]
)  # fmt: skip


async def there(gateway: Served, id_product: int) -> bool:
    answer = await gateway.shop.ask(f'{{ product(idProduct: "{id_product}") {{ idProduct }} }}')
    return answer["product"] is not None


async def test_a_file_is_never_in_memory(gateway: Served) -> None:
    """Nor is a client asked for more of it than is taken: 160 MiB pass through a worker that grows by far less."""
    pieces, weights = 0, []

    async def body() -> AsyncIterator[bytes]:
        nonlocal pieces
        yield BEGUN
        for n in range(0, 16_000, 100):
            pieces += 1
            yield rows(n, n + 100)
            if pieces % 10 == 0:
                weights.append((await gateway.weight()).memory)
        yield b"\r\n" + END

    response = await posted(gateway.shop, body())
    assert counts(response.json()["data"]["importProducts"]) == (16_000, 16_000, 0, 0, 0)
    assert max(weights) - weights[1] < 48 * MEBI


async def test_a_client_that_goes_leaves_whole_transactions(gateway: Served) -> None:
    """And a free shop, in which the file, sent again, goes on where it was."""
    _, writer = await asyncio.open_connection(*gateway.address)
    writer.write(
        f"POST /graphql HTTP/1.1\r\nhost: gateway\r\nspm-api-key: {gateway.shop.key}\r\n"
        "content-type: multipart/form-data; boundary=b\r\ncontent-length: 50000000\r\n\r\n".encode()
    )
    writer.write(BEGUN + rows(20_000, 23_000))
    await writer.drain()
    deadline = time.monotonic() + PATIENCE
    while not await there(gateway, 20_000):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    writer.close()
    await quiet(gateway)
    last = [await there(gateway, n) for n in range(20_000, 23_000, 250)]
    assert last == sorted(last, reverse=True)
    assert last[-1] is False
    response = await posted(gateway.shop, BEGUN + rows(20_000, 23_000) + b"\r\n" + END)
    payload = response.json()["data"]["importProducts"]
    assert (payload["created"], 0 < payload["resumedAt"] < 3_000) == (3_000, True)


async def test_a_client_that_is_refused_hears_why_while_it_still_sends(gateway: Served) -> None:
    body = part("operations", operations()) + part("map", MAP) + part("0", PAD * 2_000, file=True) + END
    response = await posted(gateway.shop, body)
    assert response.status_code == 200
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT", json.dumps(response.json())
    response = await posted(gateway.shop, b"--c\r\n" + PAD * 2_000)
    assert response.status_code == 400
    await quiet(gateway)
