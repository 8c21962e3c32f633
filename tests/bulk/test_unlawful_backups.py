"""Backups whose definitions createDefinition would have refused: names that would break the shop's schema, columns that
are not there, relations to nothing. They are told by file and line, before a row is written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.bulk.backup import backup, restore
from app.bulk.manifest import BackupRefused
from app.domain.definitions import Definition
from app.domain.kept_definitions import unlawful, unlawful_sources
from app.store import definitions
from tests.bulk.altering import altered, setting
from tests.bulk.test_exporting import TYPES
from tests.erasing.canary import define
from tests.shops import ShopClient, VetShop, to
from tests.tour import tour

Change = Callable[[list[Any]], Any]


@pytest.fixture
async def file(vets: VetShop, tmp_path: Path) -> Path:
    """Of the vets' shop: Veterinarian on line 1, Vet pricing on line 2, Vet assignment on line 3."""
    await backup(vets.shop.database, vets.shop.id, tmp_path / "shop.zip")
    return tmp_path / "shop.zip"


def field(number: int, **values: Any) -> Change:
    """The last definition, with one field that is otherwise."""
    return lambda rows: rows[-1]["fields"][number].update(values)


def relation(number: int, **values: Any) -> Change:
    return lambda rows: rows[-1]["relationships"][number].update(values)


def named(name: str) -> Change:
    """The last definition's field "since" under another name, wherever it stands."""
    return field(2, name=name)


def twice(rows: list[Any]) -> None:
    rows[-1]["fields"].append(rows[-1]["fields"][2] | {"slot": "at2"})


def back_twice(rows: list[Any]) -> None:
    """Veterinarian has a field of the name that leads back to its prices."""
    rows[0]["fields"].append(rows[0]["fields"][1] | {"name": "vet_pricing", "slot": None})


@pytest.mark.parametrize(
    ("change", "line", "rule"),
    [
        (setting(key="query"), 3, "RESERVED_NAME at key"),
        (setting(key="Vet"), 3, "INVALID_NAME at key"),
        (setting(key="a-b"), 3, "INVALID_NAME at key"),
        (setting(key="vet_pricing_connection"), 3, "RESERVED_NAME at key"),
        (setting(key="vet__x"), 3, "INVALID_NAME at key"),
        (setting(key="veterinarian"), 1, "KEY_TAKEN at key"),
        (setting(name="Vet Pricing", name_key="vet pricing"), 2, "NAME_TAKEN at name"),
        (setting(name=" Vet assignment"), 3, "INVALID_VALUE at name"),
        (setting(name="x" * 101, name_key="x" * 101), 3, "INVALID_NAME at name"),
        (setting(description="x" * 2_001), 3, "INVALID_VALUE at description"),
        (setting(fields=[], relationships=[], unique_keys=[]), 3, "INVALID_FIELD at fields"),
        (named("__typename"), 3, "INVALID_NAME at fields.2.name"),
        (named("version"), 3, "RESERVED_NAME at fields.2.name"),
        (named("a b"), 3, "INVALID_NAME at fields.2.name"),
        (named("contact"), 3, "DUPLICATE_FIELD at fields.2.name"),
        (twice, 3, "DUPLICATE_FIELD at fields.3.name"),
        (back_twice, 2, "DUPLICATE_FIELD at relationships"),
        (field(2, label="x" * 201), 3, "INVALID_FIELD at fields.2.label"),
        (field(2, required="yes"), 3, "INVALID_FIELD at fields.2"),
        (field(2, default="tomorrow"), 3, "INVALID_VALUE at fields.2.default"),
        (field(2, options=["2026-01-01", "never"]), 3, "INVALID_VALUE at fields.2.options.1"),
        (field(2, options=["2026-01-01", "2026-01-01"]), 3, "INVALID_FIELD at fields.2"),
        (field(2, elementType="STRING"), 3, "INVALID_FIELD at fields.2.elementType"),
        (field(2, slot="at9"), 3, "INVALID_FIELD at fields.2.slot"),
        (field(2, slot="str1"), 3, "INVALID_FIELD at fields.2.slot"),
        (field(2, slot="data"), 3, "INVALID_FIELD at fields.2.slot"),
        (field(2, slot="at1; drop table records"), 3, "INVALID_FIELD at fields.2.slot"),
        (field(1, slot="ref1"), 3, "INVALID_FIELD at fields.1.slot"),
        (field(1, slot=None), 3, "INVALID_FIELD at fields.1.slot"),
        (field(1, type="STRING"), 3, "INVALID_RELATIONSHIP at relationships.1.sourceField"),
        (relation(1, definitionId=999), 3, "INVALID_RELATIONSHIP at relationships.1.targetSchema"),
        (relation(1, field="nothing"), 3, "INVALID_RELATIONSHIP at relationships.1.sourceField"),
        (relation(1, field="contact_id"), 3, "INVALID_RELATIONSHIP at relationships.1.sourceField"),
        (setting(unique_keys=["nothing"]), 3, "INVALID_UNIQUE_KEY at uniqueKeys.0"),
        (setting(unique_keys=["contact_id", "contact_id"]), 3, "INVALID_UNIQUE_KEY at uniqueKeys.1"),
    ],
)
async def test_a_definition_that_could_not_be_made(
    file: Path, other_shop: ShopClient, change: Change, line: int, rule: str
) -> None:
    altered(file, "definitions", change)
    with other_shop.statements() as statements, pytest.raises(BackupRefused) as refused:
        await restore(other_shop.database, other_shop.id, file)
    assert str(refused.value) == (
        f"Line {line} of definitions.jsonl is one that no shop can have ({rule}). Nothing was restored."
    )
    assert not [each for each in statements if each.startswith("archive.put")]


@pytest.mark.parametrize(
    "change",
    [setting(status="GONE"), setting(name_key="other"), setting(contact_access="WRITE"), field(2, type="TEXT"),
     relation(1, target="shops"), relation(1, target="customers"), field(2, slot=5), field(2, name=None)],
)  # fmt: skip
async def test_what_is_no_definition_at_all(file: Path, other_shop: ShopClient, change: Change) -> None:
    altered(file, "definitions", change)
    with pytest.raises(BackupRefused, match=r"^Line 3 of definitions\.jsonl .*Nothing was restored\.$"):
        await restore(other_shop.database, other_shop.id, file)


@pytest.mark.parametrize(
    "change",
    [setting(field="nothing"), setting(field="veto_id"), setting(product_field="price"), setting(contact_path=[]),
     setting(contact_path=["veto_id"]), setting(contact_path=["veto_id", "1.veto_id", "contact_id"]),
     setting(latest_by="nothing"), setting(latest_by="veto_id")],
)  # fmt: skip
async def test_a_source_of_prices_that_could_not_be_set(file: Path, other_shop: ShopClient, change: Change) -> None:
    altered(file, "override_sources", change)
    with pytest.raises(BackupRefused, match=r"^Line 1 of override_sources\.jsonl is one that no price can have\. "):
        await restore(other_shop.database, other_shop.id, file)


async def test_whatever_a_shop_has_is_lawful(shop: ShopClient, other_shop: ShopClient, admin_url: str) -> None:
    """Of its whole life; and with every type, extended in every way, and deleted though others point there."""
    await tour(shop, admin_url)
    await define(other_shop)
    relations = [to("contact_id", "contacts"), to("product_id", "products"), to("me", "one")]
    await other_shop.define("One", TYPES | {"me": "NUMBER"}, uniqueKeys=["code", "day"], relationships=relations)
    options = {"type": "STRING", "options": ["gold", "silver"], "default": "gold", "label": " Tier ", "required": True}
    amounts = {"type": "DECIMAL", "options": [1, "1.50", 2.5], "default": "1.5"}
    moment = {"type": "DATETIME", "default": "2026-01-31T10:00:00+02:00"}
    days = {"type": "LIST", "elementType": "DATE", "options": ["2026-01-31"], "default": ["2026-01-31"]}
    extra = {"type": "JSON", "default": {"a": [1, 2.5, None, "x"]}}
    fields = {"tier": options, "amount": amounts, "at": moment, "days": days, "extra": extra}
    await other_shop.define("Two", fields, contactAccess="NONE", description=" Of two ")
    added = [{"name": "one_id", "type": "NUMBER"}, {"name": "other_id", "type": "NUMBER"}]
    extended = await other_shop.run(
        "extendCustomDataDefinition", "userErrors { message }", definition="two", fields=added, name="Deux",
        options=[{"field": "tier", "options": ["bronze"]}], relationships=[to("one_id", "one"), to("other_id", "one")],
    )  # fmt: skip
    assert extended["userErrors"] == []
    await other_shop.run("deleteCustomDataDefinition", "userErrors { code }", definition="one", force=True)
    await other_shop.define("One", {"code": "STRING"})
    for each in (shop, other_shop):
        kept = await _kept(each)
        assert len(kept) > 3
        assert list(unlawful(kept)) == []
        async with each.database.reading(each.id) as session:
            sources = (await each.database.models.current(session)).overrides
        assert list(unlawful_sources(sources, kept)) == []


async def _kept(shop: ShopClient) -> list[Definition]:
    async with shop.database.reading(shop.id) as session:
        return await definitions.every(session)


async def test_sources_in_every_form_are_lawful(vets: VetShop) -> None:
    source = {"definition": "vet_pricing", "field": "price", "priority": 1}
    path = ["veto_id", "vet_assignment.veto_id", "contact_id"]
    for more in ({}, {"productField": "product_id"}, {"contactPath": path}, {"latestBy": "vet_assignment.since"}):
        payload = await vets.shop.override(source | more)
        assert payload["userErrors"] == [], payload
        async with vets.shop.database.reading(vets.shop.id) as session:
            sources = (await vets.shop.database.models.current(session)).overrides
        assert len(sources) == 1
        assert list(unlawful_sources(sources, await _kept(vets.shop))) == []
