"""What an import leaves behind: events, a file of rejects, its place to go on from."""

import csv
from pathlib import Path

import pytest

from app.bulk import importing
from app.bulk.lines import Unreadable
from app.domain.changes import Events
from app.domain.imports import Kind
from app.operations.import_chunk import ImportStopped
from tests.bulk.files import every_record, import_text
from tests.shops import ShopClient

NAMES = "nom,ville\n" + "".join(f"Vet {n},Lyon\n" for n in range(25))


@pytest.fixture
async def shop_of_vets(shop: ShopClient, monkeypatch: pytest.MonkeyPatch) -> ShopClient:
    """In chunks of 10 rows."""
    monkeypatch.setattr(importing, "ROWS_PER_CHUNK", 10)
    await shop.define("Vet", {"nom": "STRING", "ville": "STRING"}, uniqueKeys=["nom"])
    await shop.define("Visit", {"reason": "STRING"})
    return shop


async def _kinds(shop: ShopClient) -> list[str]:
    """Of the changes since the definition was made."""
    answer = await shop.ask('{ customDataChanges(first: 100, definition: "vet") { nodes { kind operation } } }')
    return [f"{each['kind']} {each['operation']}" for each in answer["customDataChanges"]["nodes"][1:]]


async def test_each_chunk_is_one_transaction_and_one_entry_of_the_change_log(shop_of_vets: ShopClient) -> None:
    imported = await import_text(shop_of_vets, NAMES, "vet")
    assert (imported.counts, imported.marks) == ((25, 0, 0, 0), [11, 21, 26])
    assert await _kinds(shop_of_vets) == ["SUMMARY import"] * 3


async def test_events_may_be_told_one_by_one(shop_of_vets: ShopClient) -> None:
    await import_text(shop_of_vets, NAMES, "vet", events=Events.EMIT)
    assert await _kinds(shop_of_vets) == ["CREATED import"] * 25


async def test_a_dry_run_tells_and_leaves_nothing(shop_of_vets: ShopClient) -> None:
    imported = await import_text(shop_of_vets, NAMES + "too,many,cells\n", "vet", dry_run=True)
    assert imported.counts == (25, 0, 0, 1)
    assert await every_record(shop_of_vets, "vet") == []
    assert await _kinds(shop_of_vets) == []
    again = await import_text(shop_of_vets, NAMES, "vet")
    assert again.begun[0].id == 0


async def test_the_number_of_statements_grows_with_chunks_not_with_rows(shop_of_vets: ShopClient) -> None:
    counts = []
    for rows in (8, 10):
        with shop_of_vets.statements() as seen:
            await import_text(shop_of_vets, "nom\n" + "".join(f"{rows}-{n}\n" for n in range(rows)), "vet")
        counts.append(len(seen))
    assert counts[0] == counts[1]


async def test_what_was_read_before_a_broken_line_stays_and_the_mended_file_goes_on(shop_of_vets: ShopClient) -> None:
    good, bad = NAMES.encode(), b"Caf\xe9,Lyon\n"
    with pytest.raises(Unreadable):
        await import_text(shop_of_vets, good + bad, "vet")
    assert len(await every_record(shop_of_vets, "vet")) == 20
    mended = await import_text(shop_of_vets, good + "Café,Lyon\n".encode(), "vet")
    assert mended.begun[0].tally.created == 20
    assert mended.counts == (26, 0, 0, 0)


async def test_another_file_begins_at_its_beginning(shop_of_vets: ShopClient) -> None:
    with pytest.raises(Unreadable):
        await import_text(shop_of_vets, NAMES.encode() + b"\xe9\n", "vet")
    other = await import_text(shop_of_vets, NAMES.replace("Lyon", "Lille"), "vet")
    assert (other.begun[0].id, other.counts) == (0, (5, 20, 0, 0))


async def test_rows_without_a_key_are_not_imported_twice_unless_asked(shop_of_vets: ShopClient) -> None:
    text = "reason\n" + "check\n" * 15
    assert (await import_text(shop_of_vets, text, "visit")).counts == (15, 0, 0, 0)
    assert (await import_text(shop_of_vets, text, "visit")).ended.repeated
    assert len(await every_record(shop_of_vets, "visit")) == 15
    assert (await import_text(shop_of_vets, text + "more\n", "visit")).counts == (16, 0, 0, 0)
    assert (await import_text(shop_of_vets, text, "visit", restart=True)).counts == (15, 0, 0, 0)
    assert len(await every_record(shop_of_vets, "visit")) == 46


@pytest.mark.parametrize("form", ["csv", "jsonl"])
async def test_rejects_are_corrected_where_they_are_and_fed_back(
    shop_of_vets: ShopClient, tmp_path: Path, form: str
) -> None:
    file = tmp_path / f"rejects.{form}"
    long = "x" * 2001
    texts = {
        "csv": f'nom,ville\nA,Lyon\nB,"{long}"\n,Paris\n',
        "jsonl": f'{{"nom":"A","ville":"Lyon"}}\n{{"nom":"B","ville":"{long}"}}\n{{"ville": "Paris"}}\n',
    }
    first = await import_text(shop_of_vets, texts[form], "vet", form=form, rejects=file)
    assert first.counts == (1, 0, 0, 2)
    written = file.read_text()
    assert "INVALID_VALUE at ville" in written
    assert "MISSING_KEY" in written
    mended = written.replace(long, "Lille").replace(",Paris,", "C,Paris,").replace('"ville": "Paris"', '"nom":"C"')
    second = await import_text(shop_of_vets, mended, "vet", form=form, rejects=tmp_path / "more")
    assert second.counts == (2, 0, 0, 0)
    assert sorted(record["data"]["nom"] for record in await every_record(shop_of_vets, "vet")) == ["A", "B", "C"]
    assert not (tmp_path / "more").exists()


async def test_rejects_of_several_chunks_stand_in_order_with_their_lines(
    shop_of_vets: ShopClient, tmp_path: Path
) -> None:
    rows = [f"{'' if n % 3 == 0 else n},Lyon" for n in range(30)]
    await import_text(shop_of_vets, "nom,ville\n" + "\n".join(rows), "vet", rejects=tmp_path / "r.csv")
    with (tmp_path / "r.csv").open() as file:
        assert [row["#line"] for row in csv.DictReader(file)] == [str(n + 2) for n in range(0, 30, 3)]


async def test_lines_that_are_no_json_are_rejected_with_what_they_are(shop_of_vets: ShopClient, tmp_path: Path) -> None:
    text = '{"nom": "A"}\n{"nom": \n\n[1]\n{"nom": "B", "nom": "C"}\n{"nom": "D"}'
    imported = await import_text(shop_of_vets, text, "vet", form="jsonl", rejects=tmp_path / "r.jsonl")
    assert imported.counts == (2, 0, 0, 3)
    assert [(line, code) for line, code, _ in imported.errors] == [(line, "NOT_AN_OBJECT") for line in (2, 4, 5)]
    assert '"#raw":"[1]"' in (tmp_path / "r.jsonl").read_text()


async def test_an_inactive_definition_stops_it(shop_of_vets: ShopClient) -> None:
    await shop_of_vets.run("deactivateCustomDataDefinition", "userErrors { code }", definition="vet")
    with pytest.raises(ImportStopped, match="inactive"):
        await import_text(shop_of_vets, NAMES, "vet")


async def test_an_unknown_definition_stops_it_and_the_known_ones_are_named(shop_of_vets: ShopClient) -> None:
    with pytest.raises(ImportStopped, match="vet, visit"):
        await import_text(shop_of_vets, NAMES, "vets")


async def test_another_shop_neither_sees_the_records_nor_goes_on_with_the_import(
    shop_of_vets: ShopClient, other_shop: ShopClient
) -> None:
    with pytest.raises(Unreadable):
        await import_text(shop_of_vets, NAMES.encode() + b"\xe9\n", "vet")
    await other_shop.define("Vet", {"nom": "STRING", "ville": "STRING"}, uniqueKeys=["nom"])
    imported = await import_text(other_shop, NAMES, "vet")
    assert (imported.begun[0].id, imported.counts) == (0, (25, 0, 0, 0))
    assert len(await every_record(shop_of_vets, "vet")) == 20


async def test_customers_and_products_come_out_as_the_api_saves_them(shop: ShopClient) -> None:
    text = (
        "idCustomer,source,email,emailVerified,firstName\nC1,web,A@x.test,true,Ann\nC2,till,a@x.test,true,\n"
        ",web,b@x.test,,\nC3,web,no address,,\nC1,web,,,Anna\n"
    )
    imported = await import_text(shop, text, kind=Kind.CUSTOMERS)
    assert imported.counts == (2, 1, 0, 2)
    assert imported.errors == [(4, "REQUIRED", "idCustomer"), (5, "INVALID_VALUE", "email")]
    answer = await shop.ask("{ contacts { nodes { email firstName customers { idCustomer } } } }")
    [contact] = answer["contacts"]["nodes"]
    assert (contact["firstName"], len(contact["customers"])) == ("Anna", 2)
    products = (
        "id_product;name;price;price_discount;is_active\n012;Diet;79.90;70;1\n13;Other;dear;;\n14;;1;;\n15;X;-1;;no\n"
        "16;Y;2;;perhaps\n"
    )
    imported = await import_text(shop, products, kind=Kind.PRODUCTS)
    assert imported.counts == (1, 0, 0, 4)
    assert imported.errors == [
        (3, "INVALID_VALUE", "price"), (4, "REQUIRED", "name"), (5, "INVALID_VALUE", "price"),
        (6, "INVALID_VALUE", "isActive"),
    ]  # fmt: skip
    again = await import_text(shop, '{"idProduct": "012", "name": "Diet", "price": 79.9, "priceDiscount": "70.0"}',
                              kind=Kind.PRODUCTS, form="jsonl")  # fmt: skip
    assert again.counts == (0, 0, 1, 0)
