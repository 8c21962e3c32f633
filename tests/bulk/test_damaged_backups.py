"""Backups that are damaged, or made to do harm: one clear line, nothing written, nothing quoted."""

import json
import random
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.bulk.backup import backup, restore
from app.bulk.column_values import check_for
from app.bulk.manifest import BackupRefused
from app.store import archive
from app.store.database import Database
from tests.bulk.altering import altered, setting
from tests.processes import run
from tests.shops import ShopClient, VetShop, new_shop
from tests.telemetry.test_lines import CANARY

COPIES = 60


@pytest.fixture
async def file(vets: VetShop, tmp_path: Path) -> Path:
    await vets.shop.contact(CANARY)
    await vets.shop.products({"idProduct": "other", "name": "Other", "price": "2.50"})
    await backup(vets.shop.database, vets.shop.id, tmp_path / "shop.zip")
    return tmp_path / "shop.zip"


def _copies(path: Path, number: int) -> Iterator[None]:
    """The file as it is after each of so many damages."""
    whole, chance = path.read_bytes(), random.Random(20261125)
    for _ in range(number):
        path.write_bytes(_damaged(whole, chance))
        yield


def _write(path: Path, text: str) -> None:
    path.write_text(text)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-300])


def _damaged(whole: bytes, chance: random.Random) -> bytes:
    """With some bits turned, a piece gone or put in, or cut off."""
    at = chance.randrange(len(whole))
    match chance.randrange(4):
        case 0:
            return whole[:at]
        case 1:
            return whole[:at] + whole[at + chance.randrange(1, 200) :]
        case 2:
            return whole[:at] + chance.randbytes(chance.randrange(1, 200)) + whole[at:]
    changed = bytearray(whole)
    for _ in range(chance.choice((1, 1, 5, 50))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


async def test_a_damaged_copy_is_refused_whole(
    file: Path, database: Database, http: httpx.AsyncClient, admin_url: str
) -> None:
    """Unless what was damaged means nothing, such as the time of day in an archive's header."""
    shop, refusals = await new_shop(database, http, admin_url), list[str]()
    for _ in _copies(file, COPIES):
        with shop.statements() as statements:
            try:
                await restore(database, shop.id, file)
            except BackupRefused as refusal:
                refusals.append(str(refusal))
        if "archive.put_contacts" not in statements:
            continue
        answer = await shop.ask("{ contacts { nodes { email } } }")
        assert CANARY in [each["email"] for each in answer["contacts"]["nodes"]]
        shop = await new_shop(database, http, admin_url)
    assert len(refusals) > COPIES * 0.8
    assert [each for each in refusals if len(each.splitlines()) != 1 or CANARY in each] == []
    assert (await shop.ask("{ contacts { nodes { email } } }"))["contacts"]["nodes"] == []


@pytest.mark.parametrize(
    ("table", "change", "written"),
    [
        ("contacts", setting(id="seven"), False),
        ("contacts", setting(id=None), False),
        ("contacts", setting(id=2**63), False),
        ("contacts", setting(created_at="yesterday"), False),
        ("contacts", setting(created_at="2026-01-01"), False),
        ("contacts", setting(email="a\0b"), False),
        ("contacts", setting(email="\ud800"), False),
        ("contacts", setting(email={"a": 1}), False),
        ("contacts", setting(unknown=1), False),
        ("contacts", setting(shop_id=1), False),
        ("contacts", lambda rows: [*rows, "[]"], False),
        ("contacts", lambda rows: [*rows, "{"], False),
        ("contacts", lambda rows: [*rows, "[" * 100_000], False),
        ("contacts", lambda rows: [*rows, "\udc80"], False),
        ("products", setting(price="1"), False),
        ("products", lambda rows: [json.dumps(row).replace("2.5", "1e999999999") for row in rows], False),
        ("products", setting(is_active=1), False),
        ("records", lambda rows: rows[-1]["data"].update({"a": "\0"}), False),
        ("records", lambda rows: [json.dumps(row).replace('"num1": null', '"num1": 1e400') for row in rows], False),
        ("contacts", lambda rows: [*rows, rows[0]], True),
        ("products", setting(price=-1), True),
        ("customers", setting(contact_id=1), True),
        ("override_sources", setting(definition_id=1), False),
        ("definitions", setting(fields="fields"), False),
        ("definitions", setting(fields=[{"name": 1}]), False),
    ],
)
async def test_rows_that_no_shop_has_restore_nothing(
    file: Path, other_shop: ShopClient, table: str, change: Callable[[list[Any]], Any], written: bool
) -> None:
    """Checksums and all: types are checked before the first write, and what rows are to each other while writing."""
    altered(file, table, change)
    with other_shop.statements() as statements, pytest.raises(BackupRefused) as refused:
        await restore(other_shop.database, other_shop.id, file)
    assert any(each.startswith("archive.put") for each in statements) == written
    assert str(refused.value).endswith("Nothing was restored.")
    assert "(23" not in str(refused.value), "the database has refused it, and written it into its log"
    assert CANARY not in str(refused.value)
    answer = await other_shop.ask("{ contacts { nodes { idContact } } customDataDefinitions { key } }")
    assert answer == {"contacts": {"nodes": []}, "customDataDefinitions": []}


@pytest.mark.parametrize(
    "manifest",
    [
        "[]", "{}", "null", '"x"', "\xff", '{"format": 1}', '{"format": 1, "members": []}',
        '{"format": 1, "members": {"contacts": {"columns": 1}}, "shop": {}, "made_at": ""}',
        '{"format": 1, "members": {}, "made_at": "",'
        ' "shop": {"name": "", "time_zone": "Nowhere/At_All", "unify_by_email": "ALWAYS"}}',
        '{"format": 1, "members": {}, "made_at": "",'
        ' "shop": {"name": "", "time_zone": "../../etc/passwd", "unify_by_email": "ALWAYS"}}',
        '{"format": 1, "members": {}, "made_at": "", "shop": {"name": "", "time_zone": "UTC", "unify_by_email": "NO"}}',
    ],
)  # fmt: skip
async def test_a_manifest_that_is_none(other_shop: ShopClient, tmp_path: Path, manifest: str) -> None:
    with zipfile.ZipFile(tmp_path / "shop.zip", "w") as file:
        file.writestr("manifest.json", manifest.encode("latin-1"))
    with pytest.raises(BackupRefused, match="no backup of a shop, or is damaged"):
        await restore(other_shop.database, other_shop.id, tmp_path / "shop.zip")


async def test_every_column_of_a_backup_is_of_a_known_type(shop: ShopClient) -> None:
    async with shop.database.reading(shop.id) as session:
        for table in archive.TABLES:
            columns = await archive.columns(session, table)
            assert columns
            for column in columns.values():
                check_for(column.type)


async def test_files_are_their_owners_alone_and_failures_one_line(
    file: Path, vets: VetShop, tmp_path: Path, admin_url: str, gateway_url: str
) -> None:
    given = {"DATABASE_URL": gateway_url, "DATABASE_ADMIN_URL": admin_url}
    shop = str(vets.shop.id)
    run("export", "contacts", "--shop", shop, str(tmp_path / "contacts.csv"), **given)
    rows, verdicts = tmp_path / "rows.csv", tmp_path / "verdicts.jsonl"
    _write(rows, "idCustomer,email\n,a@x.test\n")
    run("import", "customers", "--shop", shop, str(rows), "--verdicts", str(verdicts), **given)
    for made in (file, tmp_path / "contacts.csv", tmp_path / "rows.csv.rejects.csv", verdicts):
        assert stat.S_IMODE(made.stat().st_mode) == 0o600
    nowhere = run("backup", "--shop", shop, str(tmp_path / "nowhere" / "x.zip"), **given)
    assert (nowhere.returncode, nowhere.stdout) == (1, "")
    assert nowhere.stderr == f"Error: {tmp_path}/nowhere/x.zip cannot be written: No such file or directory.\n"
    _cut(file)
    damaged = run("restore", "--shop", shop, str(file), **given)
    assert (damaged.returncode, len(damaged.stderr.splitlines())) == (1, 1)
