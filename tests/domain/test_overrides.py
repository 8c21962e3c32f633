"""What may be an override source."""

from dataclasses import replace
from typing import Any

import pytest

from app.domain.definitions import Model, OverrideSource, Status
from app.domain.overrides import DraftSource, check_sources
from app.domain.problems import Code
from tests.domain.price_models import (
    ASSIGNMENT,
    CONTRACT,
    LOYALTY,
    PRICING,
    VET,
    VETERINARY,
    VISIT,
    definition,
    model,
)

STORED_PATH = ("veto_id", "12.veto_id", "contact_id")
SHOP = model(VET, PRICING, ASSIGNMENT, CONTRACT, LOYALTY)
TWO_PRODUCTS = definition(
    80,
    "bundle",
    "price:DECIMAL",
    {"contact_id": "contacts", "main": "products", "extra": "products"},
    "contact_id main",
)


def vet(priority: int = 1, **changes: Any) -> DraftSource:
    return replace(DraftSource("vet_pricing", "price", priority), **changes)


def test_what_is_not_given_is_found() -> None:
    sources, warnings, problems = check_sources(VETERINARY, "price", [vet()])
    assert sources == (OverrideSource("price", 1, 2, "price", "product_id", STORED_PATH, None),)
    assert (warnings, problems) == ((), ())


def test_sources_come_in_order_of_priority() -> None:
    sources, _, problems = check_sources(SHOP, "price_discount", [vet(3), DraftSource("40", "price", 2), vet(1)])
    assert problems == ()
    assert [(s.system_field, s.priority, s.definition_id) for s in sources] == [
        ("price_discount", 1, 2), ("price_discount", 2, 40), ("price_discount", 3, 2),
    ]  # fmt: skip


def test_no_sources_clear_the_field() -> None:
    assert check_sources(VETERINARY, "price", []) == ((), (), ())


def test_an_inactive_definition_may_be_a_source() -> None:
    shop = model(VET, replace(PRICING, status=Status.INACTIVE), ASSIGNMENT)
    assert check_sources(shop, "price", [vet()])[2] == ()


PROBLEMS = {
    "a fourth source": (SHOP, [vet(1), vet(2), vet(3), vet(3)], [(Code.TOO_MANY_SOURCES, "sources", "at most 3")]),
    "an equal priority": (
        SHOP, [vet(2), vet(2)], [(Code.INVALID_PRIORITY, "sources.1.priority", "Source 0 has priority 2 too")],
    ),
    "priority 0": (SHOP, [vet(0)], [(Code.INVALID_PRIORITY, "sources.0.priority", "Use 1 (asked first), 2 or 3")]),
    "priority 4": (SHOP, [vet(4)], [(Code.INVALID_PRIORITY, "sources.0.priority", "does not exist")]),
    "another shop's definition, a deleted one, one that never was": (
        SHOP, [vet(definition="999")], [(Code.DEFINITION_NOT_FOUND, "sources.0.definition", "no definition '999'")],
    ),
    "a field that does not exist": (
        SHOP, [vet(field="cost")],
        [(Code.INVALID_SOURCE_FIELD, "sources.0.field", "has no field 'cost'. Suitable: price, price_discount.")],
    ),
    "a field of the wrong type": (
        SHOP, [vet(field="note")], [(Code.INVALID_SOURCE_FIELD, "sources.0.field", "it is STRING. Suitable: price")],
    ),
    "a relation": (SHOP, [vet(field="veto_id")], [(Code.INVALID_SOURCE_FIELD, "sources.0.field", "it is a relation")]),
    "no relation to products": (
        SHOP, [DraftSource("vet_assignment", "since", 1)],
        [(Code.INVALID_SOURCE_FIELD, "sources.0.field", "Extend the definition with a DECIMAL field"),
         (Code.INVALID_SOURCE_FIELD, "sources.0.productField", "has no relation to products")],
    ),
    "several relations to products": (
        model(TWO_PRODUCTS), [DraftSource("bundle", "price", 1)],
        [(Code.INVALID_SOURCE_FIELD, "sources.0.productField", "several relations to products: main, extra.")],
    ),
    "a product field that is none": (
        SHOP, [vet(product_field="veto_id")],
        [(Code.INVALID_SOURCE_FIELD, "sources.0.productField", "'veto_id' is no relation of vet_pricing to products.")],
    ),
    "no path": (
        model(VET, PRICING), [vet()], [(Code.NO_PATH, "sources.0.contactPath", "no definition has a relationship")],
    ),
    "several paths": (
        model(VET, PRICING, ASSIGNMENT, VISIT), [vet()], [(Code.SEVERAL_PATHS, "sources.0.contactPath", "2 paths")],
    ),
    "a wrong path": (
        SHOP, [vet(contact_path=("contact_id",))], [(Code.INVALID_PATH, "sources.0.contactPath", "Hop 1")],
    ),
    "a wrong latestBy": (
        SHOP, [vet(latest_by="until")], [(Code.INVALID_SOURCE_FIELD, "sources.0.latestBy", "'until'")],
    ),
    "everything at once": (
        SHOP, [vet(5, field="note", contact_path=()), DraftSource("nowhere", "x", 1)],
        [(Code.INVALID_PRIORITY, "sources.0.priority", ""), (Code.INVALID_SOURCE_FIELD, "sources.0.field", ""),
         (Code.INVALID_PATH, "sources.0.contactPath", ""), (Code.DEFINITION_NOT_FOUND, "sources.1.definition", "")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("shop", "drafts", "expected"), PROBLEMS.values(), ids=PROBLEMS)
def test_refused(shop: Model, drafts: list[DraftSource], expected: list[tuple[Code, str, str]]) -> None:
    sources, _, problems = check_sources(shop, "price", drafts)
    assert sources == ()
    assert [(problem.code, problem.path) for problem in problems] == [(code, path) for code, path, _ in expected]
    assert [
        words for problem, (_, _, words) in zip(problems, expected, strict=True) if words not in problem.message
    ] == []


@pytest.mark.parametrize(
    ("schema", "field", "path"),
    [
        ("products", "name", "systemField"),
        ("products", "priceDiscount", "systemField"),
        ("contacts", "price", "systemSchema"),
    ],
)
def test_only_the_prices_of_products_can_be_overridden(schema: str, field: str, path: str) -> None:
    sources, _, problems = check_sources(VETERINARY, field, [vet()], system_schema=schema)
    assert sources == ()
    assert [(problem.code, problem.path) for problem in problems] == [(Code.INVALID_SYSTEM_FIELD, path)]


def test_two_products_with_one_named() -> None:
    sources, _, problems = check_sources(
        model(TWO_PRODUCTS), "price", [DraftSource("bundle", "price", 1, product_field="extra")]
    )
    assert problems == ()
    assert sources[0].product_field == "extra"


WARNED = {
    "one vet for each contact": (VETERINARY, None, []),
    "several vets: the highest id": (
        model(VET, PRICING, replace(ASSIGNMENT, unique_keys=())), None,
        ["vet_assignment may hold several rows for one contact_id, as it has no unique key within (contact_id): "
         "the one with the highest id is taken."],
    ),
    "several vets: the latest": (
        model(VET, PRICING, replace(ASSIGNMENT, unique_keys=())), "since",
        ["vet_assignment may hold several rows for one contact_id, as it has no unique key within (contact_id): "
         "the latest by 'since' is taken."],
    ),
    "several prices": (
        model(VET, replace(PRICING, unique_keys=()), ASSIGNMENT), None,
        ["vet_pricing may hold several rows for one veto_id and product, as it has no unique key within "
         "(veto_id, product_id): the one with the highest id is taken."],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("shop", "latest_by", "expected"), WARNED.values(), ids=WARNED)
def test_a_link_with_several_rows_is_warned_of(shop: Model, latest_by: str | None, expected: list[str]) -> None:
    sources, warnings, problems = check_sources(shop, "price", [vet(latest_by=latest_by)])
    assert problems == ()
    assert sources[0].latest_by == (latest_by and "12.since")
    assert [(w.code, w.path, w.index) for w in warnings] == [(Code.SEVERAL_ROWS, "sources.0.contactPath", 0)] * len(
        expected
    )
    assert [w.message.split(" latestBy")[0] for w in warnings] == expected
