"""A disk that fills up while a shop is written to it: nothing is left that looks whole, and what was there stays.
Nor is anything taken from a file that there is no room to put aside."""

import tempfile

import pytest

from app.domain.imports import Kind
from tests.bulk.files import import_text
from tests.faults.disk import small_disk
from tests.processes import run
from tests.shops import ShopClient

ROWS = 20_000


@pytest.fixture
async def products(shop: ShopClient) -> ShopClient:
    """With more than a small disk has room for, packed or not."""
    rows = "".join(f"{n},{hash(str(n)):x}{hash(str(-n)):x}{n * 7919:x},{n}\n" for n in range(1, ROWS))
    await import_text(shop, "idProduct,name,price\n" + rows, kind=Kind.PRODUCTS)
    return shop


@pytest.mark.parametrize("command", [("export", "products"), ("backup",)])
def test_a_disk_that_fills_up(products: ShopClient, admin_url: str, gateway_url: str, command: tuple[str, ...]) -> None:
    given = {"DATABASE_URL": gateway_url, "DATABASE_ADMIN_URL": admin_url}
    with small_disk(2) as disk:
        (disk.folder / "kept").write_bytes(b"\0" * (2 * 1024 * 1024 - 400_000))
        file = disk.folder / "out"
        done = run(*command, "--shop", str(products.id), str(file), **given)
        assert (done.returncode, done.stderr) == (1, f"Error: {file} cannot be written: No space left on device.\n")
        assert [each.name for each in disk.folder.iterdir()] == ["kept"]


async def test_no_room_to_put_a_body_aside(shop: ShopClient, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "idProduct;name;price\n" + "".join(f"{n};Product {n};1\n" for n in range(100_000))
    headers = {"spm-api-key": shop.key, "content-type": "text/csv"}
    with small_disk(1) as disk:
        monkeypatch.setattr(tempfile, "tempdir", str(disk.folder))
        told = await shop.http.post("/bulk/products?delimiter=;", content=rows, headers=headers)
    assert (told.status_code, told.json()["errors"][0]["extensions"]["code"]) == (503, "UNAVAILABLE")
    assert "importProducts" in told.json()["errors"][0]["message"]
    monkeypatch.undo()
    told = await shop.http.post("/bulk/products?delimiter=;", content=rows[: rows.index("\n9;") + 1], headers=headers)
    assert told.json()["created"] == 9
