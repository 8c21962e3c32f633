"""A shop in a file, and back: all of it, checked, and into an empty shop only."""

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.bulk.backup import backup, restore
from app.bulk.manifest import BackupRefused
from app.store.administration import administering
from tests.processes import run
from tests.shops import ShopClient, VetShop, to
from tests.tour import tour
from tests.tour_of_events import new_trigger


@pytest.fixture
async def filled(shop: ShopClient, admin_url: str) -> ShopClient:
    """With everything there is, made by a shop's whole life."""
    await tour(shop, admin_url)
    return shop


async def _rows(admin_url: str, shop_id: int) -> dict[str, list[Any]]:
    """What is stored of a shop, in all tables that are backed up."""
    found = {}
    async with administering(admin_url) as connection:
        for table in ("contacts", "customers", "products", "definitions", "records", "override_sources", "segments"):
            rows = await connection.fetch(
                f"select to_jsonb(t) - 'shop_id' as row from {table} t where shop_id = $1 order by 1", shop_id
            )
            found[table] = [json.loads(row["row"]) for row in rows]
    return found


async def test_a_shop_comes_back_as_it_was_ids_and_all(
    filled: ShopClient, other_shop: ShopClient, tmp_path: Path, admin_url: str
) -> None:
    contact = await filled.contact("new@example.com")
    await filled.products({"idProduct": "new", "name": "New", "price": "1.10"})
    await filled.define(
        "Deal", {"contact_id": "NUMBER", "product_id": "STRING", "price": "DECIMAL"}, uniqueKeys=["contact_id"],
        relationships=[to("contact_id", "contacts"), to("product_id", "products")],
    )  # fmt: skip
    await filled.save_one("deal", {"contact_id": contact, "product_id": "new", "price": "1.00"})
    await filled.override({"definition": "deal", "field": "price", "priority": 1})
    about = {"definition": "veterinarian", "when": {"nom": {"eq": "x"}}, "deliver": {"url": "https://a.example.com/"}}
    await new_trigger(filled, name="a trigger", **about)
    written = await backup(filled.database, filled.id, tmp_path / "shop.zip")
    restored = await restore(other_shop.database, other_shop.id, tmp_path / "shop.zip")
    before, after = await _rows(admin_url, filled.id), await _rows(admin_url, other_shop.id)
    assert after == before
    assert all(before.values()), "a table of the shop was empty"
    assert {table: member.rows for table, member in restored.members.items() if table in before} == {
        table: len(rows) for table, rows in before.items()
    }
    assert written.members == restored.members
    answer = await other_shop.ask("{ triggers { name enabled } }")
    assert answer["triggers"]
    assert not any(trigger["enabled"] for trigger in answer["triggers"])


async def test_a_restored_shop_is_used_at_once(vets: VetShop, other_shop: ShopClient, tmp_path: Path) -> None:
    await other_shop.ask("{ customDataDefinitions { key } }")  # its model is remembered, and has to be forgotten
    await backup(vets.shop.database, vets.shop.id, tmp_path / "shop.zip")
    await restore(other_shop.database, other_shop.id, tmp_path / "shop.zip")
    question = '{ product(idProduct: "diet") { payable(contact: {email: "dubois@example.com"}) } }'
    assert (await other_shop.ask(question))["product"]["payable"] == "64.00"
    payload = await other_shop.save("vet_pricing", {"veto_id": vets.martin, "product_id": "diet", "price": 60})
    assert payload["updated"] == 1
    assert (await vets.shop.ask(question))["product"]["payable"] == "64.00"


async def test_a_shop_that_has_something_is_left_alone(vets: VetShop, other_shop: ShopClient, tmp_path: Path) -> None:
    await backup(vets.shop.database, vets.shop.id, tmp_path / "shop.zip")
    await other_shop.products({"idProduct": "mine", "name": "Mine", "price": 1})
    with pytest.raises(BackupRefused, match="already has products"):
        await restore(other_shop.database, other_shop.id, tmp_path / "shop.zip")
    assert (await other_shop.ask("{ contacts { nodes { idContact } } }"))["contacts"]["nodes"] == []


def _rewritten(path: Path, change: Callable[[str, bytes], bytes | None]) -> None:
    """The archive with other members."""
    with zipfile.ZipFile(path) as file:
        members = {name: change(name, file.read(name)) for name in file.namelist()}
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            if content is not None:
                file.writestr(name, content)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda name, text: text.replace(b"64", b"46") if name == "records.jsonl" else text, "checksum"),
        (lambda name, text: text.split(b"\n", 1)[1] if name == "products.jsonl" else text, "checksum"),
        (lambda name, text: None if name == "customers.jsonl" else text, "no customers"),
        (lambda name, text: None if name == "manifest.json" else text, "no backup"),
        (lambda name, text: text.replace(b'"format": 1', b'"format": 9') if name == "manifest.json" else text,
         "format 9"),
        (lambda name, text: text.replace(b'"email_key"', b'"of_later"') if name == "manifest.json" else text, "later"),
    ],
    ids=["value", "row", "member", "manifest", "format", "column"],
)  # fmt: skip
async def test_a_file_that_was_altered_restores_nothing(
    vets: VetShop, other_shop: ShopClient, tmp_path: Path, change: Callable[[str, bytes], bytes | None], said: str
) -> None:
    await backup(vets.shop.database, vets.shop.id, tmp_path / "shop.zip")
    _rewritten(tmp_path / "shop.zip", change)
    with pytest.raises(BackupRefused, match=said):
        await restore(other_shop.database, other_shop.id, tmp_path / "shop.zip")
    answer = await other_shop.ask("{ contacts { nodes { idContact } } customDataDefinitions { key } }")
    assert answer == {"contacts": {"nodes": []}, "customDataDefinitions": []}


async def test_a_file_that_was_cut_off_or_is_something_else_restores_nothing(
    vets: VetShop, other_shop: ShopClient, tmp_path: Path
) -> None:
    path = tmp_path / "shop.zip"
    await backup(vets.shop.database, vets.shop.id, path)
    whole = path.read_bytes()
    for content in (whole[:-200], whole[: len(whole) // 2], b"", b"text"):
        path.write_bytes(content)
        with pytest.raises(BackupRefused, match="no backup"):
            await restore(other_shop.database, other_shop.id, path)


async def test_keys_and_secrets_are_not_in_the_file(filled: ShopClient, tmp_path: Path, admin_url: str) -> None:
    await backup(filled.database, filled.id, tmp_path / "shop.zip")
    with zipfile.ZipFile(tmp_path / "shop.zip") as file:
        content = b"".join(file.read(name) for name in file.namelist()).decode()
    async with administering(admin_url) as connection:
        secrets = [
            value for table, column in (("api_keys", "encode(digest, 'hex')"), ("token_keys", "encode(secret, 'hex')"),
                                        ("webhook_secrets", "secret"))
            for value in await connection.fetch(f"select {column} as v from {table} where shop_id = $1", filled.id)
        ]  # fmt: skip
    assert len(secrets) > 3
    assert [secret["v"] for secret in secrets if secret["v"] in content] == []


async def test_the_commands_of_backup(vets: VetShop, tmp_path: Path, admin_url: str, gateway_url: str) -> None:
    given = {"DATABASE_URL": gateway_url, "DATABASE_ADMIN_URL": admin_url}
    file = tmp_path / "shop.zip"
    made = run("backup", "--shop", str(vets.shop.id), str(file), **given)
    assert "records\t5\n" in made.stdout, made.stderr
    assert run("backup", "--shop", str(vets.shop.id), str(file), **given).returncode == 1
    copy = run("shop", "create", "Copy", **given).stdout.strip()
    assert run("restore", "--shop", copy, str(file), **given).stdout == made.stdout
    again = run("restore", "--shop", copy, str(file), **given)
    assert (again.returncode, len(again.stderr.splitlines())) == (1, 1)
    assert (
        len(run("export", "records", "--shop", copy, "--definition", "vet_pricing", **given).stdout.splitlines()) == 3
    )


async def test_new_ids_come_behind_those_that_were_restored(
    shop: ShopClient, other_shop: ShopClient, tmp_path: Path
) -> None:
    """As in a database that has not given such numbers yet."""
    old = await shop.contact("a@x.test")
    late = old + 100_000
    await backup(shop.database, shop.id, tmp_path / "shop.zip")

    def later(name: str, content: bytes) -> bytes:
        if name == "manifest.json":
            manifest = json.loads(content)
            for member, text in altered.items():
                manifest["members"][member]["sha256"] = hashlib.sha256(text).hexdigest()
            return json.dumps(manifest).encode()
        table = name.removesuffix(".jsonl")
        altered[table] = content.replace(str(old).encode(), str(late).encode())
        return altered[table]

    altered: dict[str, bytes] = {}
    _rewritten(tmp_path / "shop.zip", later)
    await restore(other_shop.database, other_shop.id, tmp_path / "shop.zip")
    answer = await other_shop.ask("{ contacts { nodes { idContact } } }")
    assert [each["idContact"] for each in answer["contacts"]["nodes"]] == [str(late)]
    assert await other_shop.contact("b@x.test") > late
