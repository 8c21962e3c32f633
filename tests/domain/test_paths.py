"""The way from a price source to the contact: found, chosen, written."""

from dataclasses import replace

import pytest

from app.domain.definitions import Definition, Model, Status
from app.domain.latest import choose_latest_by, several_rows
from app.domain.paths import Path, candidates, choose_path, parse_path
from app.domain.problems import Code
from tests.domain.price_models import (
    ASSIGNMENT,
    CONTRACT,
    LOYALTY,
    MANAGED,
    MANAGER,
    MANAGER_PRICE,
    PATH,
    PRICING,
    VET,
    VETERINARY,
    VISIT,
    definition,
    model,
)

TO_VET = PRICING.relationship["veto_id"]
TWO_WAYS = model(VET, PRICING, ASSIGNMENT, VISIT)
NODE = definition(60, "node", "price:DECIMAL", {"parent": 60, "contact_id": "contacts", "product_id": "products"})
CLINIC = definition(70, "clinic", "city:STRING")


def chain(links: int) -> Model:
    """A price list that points to the contact through so many definitions: one hop more than links."""
    middle = [definition(n, f"d{n}", "", {"next": n + 1}) for n in range(1, links)]
    last = definition(links, f"d{links}", "", {"contact_id": "contacts"})
    return model(definition(99, "prices", "price:DECIMAL", {"next": 1, "product_id": "products"}), *middle, last)


def written(model: Model, source: Definition) -> list[str]:
    return [" ".join(path.written(model)) for path in candidates(model, source)]


FOUND = {
    "the veterinary case: forward, back, forward": (VETERINARY, PRICING, ["veto_id vet_assignment.veto_id contact_id"]),
    "a manager's prices, whose relation has another name than the assignment's": (
        model(MANAGER, MANAGED, MANAGER_PRICE), MANAGER_PRICE, ["by assignment.responsable_id contact_id"],
    ),
    "the source is pointed at: backward first": (
        model(MANAGER, MANAGED), MANAGER, ["assignment.responsable_id contact_id"],
    ),
    "a price agreed with the contact": (model(CONTRACT), CONTRACT, ["contact_id"]),
    "shorter first, then by text": (
        model(VET, replace(PRICING, relationships=(*CONTRACT.relationships, TO_VET)), ASSIGNMENT, VISIT),
        PRICING, ["contact_id", "veto_id vet_assignment.veto_id contact_id", "veto_id vet_visit.veto_id contact_id"],
    ),
    "never through a product: a loyalty card that links both disturbs nothing": (
        model(VET, PRICING, ASSIGNMENT, LOYALTY), PRICING, ["veto_id vet_assignment.veto_id contact_id"],
    ),
    "never through a contact": (
        model(VET, PRICING, ASSIGNMENT, CLINIC, definition(71, "seat", "", {"c": "contacts", "clinic": 70})),
        PRICING, ["veto_id vet_assignment.veto_id contact_id"],
    ),
    "a definition that points at itself is visited once": (model(NODE), NODE, ["contact_id"]),
    "four hops": (chain(3), chain(3).by_key["prices"], ["next next next contact_id"]),
    "five hops are too many": (chain(4), chain(4).by_key["prices"], []),
    "inactive definitions go on leading the way": (
        model(replace(VET, status=Status.INACTIVE), PRICING, replace(ASSIGNMENT, status=Status.INACTIVE)),
        PRICING, ["veto_id vet_assignment.veto_id contact_id"],
    ),
    "a deleted definition leads nowhere": (model(PRICING, ASSIGNMENT), PRICING, []),
    "nothing points to contacts": (model(VET, PRICING), PRICING, []),
}  # fmt: skip


@pytest.mark.parametrize(("shop", "source", "paths"), FOUND.values(), ids=FOUND)
def test_candidates(shop: Model, source: Definition, paths: list[str]) -> None:
    assert written(shop, shop.by_id[source.id]) == paths


def test_many_candidates_are_cut() -> None:
    crowd = [definition(100 + n, f"link{n}", "", {"contact_id": "contacts", "veto_id": 1}) for n in range(60)]
    path, problem = choose_path(model(VET, PRICING, *crowd), PRICING, None)
    assert path is None
    assert problem is not None
    assert problem.message.startswith("50 or more paths")


def test_the_only_path_is_chosen() -> None:
    path, problem = choose_path(VETERINARY, PRICING, None)
    assert problem is None
    assert path is not None
    assert path.written(VETERINARY) == PATH


REFUSED = {
    "two paths of equal length": (
        TWO_WAYS, PRICING, Code.SEVERAL_PATHS,
        ['["veto_id", "vet_assignment.veto_id", "contact_id"]', '["veto_id", "vet_visit.veto_id", "contact_id"]',
         "Give one of them as contactPath"],
    ),
    "two paths of different length": (
        model(replace(CONTRACT, relationships=(*CONTRACT.relationships, TO_VET)), VET, ASSIGNMENT),
        replace(CONTRACT, relationships=(*CONTRACT.relationships, TO_VET)), Code.SEVERAL_PATHS,
        ['["contact_id"]', '["veto_id", "vet_assignment.veto_id", "contact_id"]'],
    ),
    "no definition points to contacts": (
        model(VET, PRICING), PRICING, Code.NO_PATH,
        ["no definition has a relationship to contacts. Add one to any of: vet_pricing, veterinarian."],
    ),
    "what points to contacts is not linked": (
        model(VET, PRICING, LOYALTY), PRICING, Code.NO_PATH, ["loyalty point to contacts", "not linked closely enough"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("shop", "source", "code", "words"), REFUSED.values(), ids=REFUSED)
def test_no_path_is_chosen(shop: Model, source: Definition, code: Code, words: list[str]) -> None:
    path, problem = choose_path(shop, source, None)
    assert path is None
    assert problem is not None
    assert (problem.code, problem.path) == (code, "contactPath")
    assert [word for word in words if word not in problem.message] == []


@pytest.mark.parametrize("hops", [PATH, ("veto_id", "12.veto_id", "contact_id")], ids=["with keys", "with ids"])
def test_an_explicit_path_is_read_and_written_back(hops: tuple[str, ...]) -> None:
    path, problem = parse_path(VETERINARY, PRICING, hops)
    assert problem is None
    assert path is not None
    assert path.stored == ("veto_id", "12.veto_id", "contact_id")
    assert path.written(VETERINARY) == PATH
    assert path.readable(VETERINARY) == (
        "vet_pricing -veto_id-> veterinarian <-veto_id- vet_assignment -contact_id-> contact"
    )


def test_an_explicit_path_chooses_among_several() -> None:
    path, problem = choose_path(TWO_WAYS, PRICING, ("veto_id", "vet_visit.veto_id", "contact_id"))
    assert problem is None
    assert path is not None
    assert path.stored == ("veto_id", "50.veto_id", "contact_id")


def test_an_explicit_path_may_revisit_a_definition() -> None:
    path, problem = parse_path(model(NODE), NODE, ("parent", "node.parent", "parent", "contact_id"))
    assert problem is None
    assert path is not None
    assert path.readable(model(NODE)) == "node -parent-> node <-parent- node -parent-> node -contact_id-> contact"


INVALID = {
    "no hop": ((), "1 to 4 hops, this one has 0. Possible from vet_pricing: veto_id."),
    "five hops": (("veto_id",) * 5, "this one has 5"),
    "an unknown field": (
        ("vet",), "Hop 1 ('vet') fails: 'vet' is no field of vet_pricing. Possible from vet_pricing: veto_id.",
    ),
    "a field that is no relation": (("price",), "Hop 1 ('price') fails: 'price' is no relation of vet_pricing"),
    "an unknown definition": (("veto_id", "x.veto_id"), "Hop 2 ('x.veto_id') fails: there is no definition 'x'."),
    "an empty hop": (("",), "Hop 1 ('') fails: '' is no field of vet_pricing"),
    "a definition that does not point here": (
        ("veto_id", "loyalty.contact_id"), "'contact_id' of loyalty does not point to veterinarian",
    ),
    "through a product": (("product_id", "loyalty.product_id", "contact_id"), "paths never lead through a product"),
    "through a product, backward": (("veto_id", "loyalty.product_id", "contact_id"), "never lead through a product"),
    "through a contact": (
        (*PATH, "loyalty.contact_id"), "Hop 3 ('contact_id') reaches the contact: end the path there.",
    ),
    "ending before the contact": (
        ("veto_id", "vet_assignment.veto_id"),
        "ends at vet_assignment, not at a contact. Possible from vet_assignment: contact_id, veto_id.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("hops", "message"), INVALID.values(), ids=INVALID)
def test_an_explicit_path_fails_at_a_hop(hops: tuple[str, ...], message: str) -> None:
    path, problem = choose_path(model(VET, PRICING, ASSIGNMENT, LOYALTY), PRICING, hops)
    assert path is None
    assert problem is not None
    assert (problem.code, problem.path) == (Code.INVALID_PATH, "contactPath")
    assert message in problem.message


def path_of(shop: Model, source: Definition, hops: tuple[str, ...] | None = None) -> Path:
    path, problem = choose_path(shop, source, hops)
    assert path is not None, problem
    return path


def without_keys(*definitions: Definition) -> Model:
    return model(*(replace(each, unique_keys=()) for each in definitions))


SEVERAL = {
    "one assignment for each contact, one price for each vet and product": (VETERINARY, PRICING, None, []),
    "many visits of a contact": (TWO_WAYS, PRICING, ("veto_id", "vet_visit.veto_id", "contact_id"), ["vet_visit"]),
    "no unique keys at all, walked from the contact": (
        without_keys(VET, PRICING, ASSIGNMENT), PRICING, None, ["vet_assignment", "vet_pricing"],
    ),
    "a unique key wider than the relation": (
        model(VET, PRICING, replace(ASSIGNMENT, unique_keys=("contact_id", "veto_id"))), PRICING, None,
        ["vet_assignment"],
    ),
    "a price list unique by its seller alone": (
        model(VET, replace(PRICING, unique_keys=("veto_id",)), ASSIGNMENT), PRICING, None, [],
    ),
    "contracts without a key": (model(CONTRACT), CONTRACT, None, ["contract"]),
    "a source that is pointed at is one record": (model(MANAGER, MANAGED), MANAGER, None, []),
}  # fmt: skip


@pytest.mark.parametrize(("shop", "source", "hops", "expected"), SEVERAL.values(), ids=SEVERAL)
def test_several_rows(shop: Model, source: Definition, hops: tuple[str, ...] | None, expected: list[str]) -> None:
    path = path_of(shop, shop.by_id[source.id], hops)
    assert [shop.by_id[hop.holder].key for hop in several_rows(shop, path, "product_id")] == expected


DATED_PRICING = replace(PRICING, fields=(*PRICING.fields, ASSIGNMENT.field["since"]))
LATEST = {
    "the only one that declares it": (VETERINARY, "since", "12.since"),
    "named with its definition": (VETERINARY, "vet_assignment.since", "12.since"),
    "named with its definition's id": (VETERINARY, "12.since", "12.since"),
    "the source's own field": (model(VET, DATED_PRICING, ASSIGNMENT), "vet_pricing.since", "2.since"),
    "a number": (VETERINARY, "price", "2.price"),
    "declared twice": (model(VET, DATED_PRICING, ASSIGNMENT), "since", "Several definitions along the path"),
    "no such field": (
        VETERINARY,
        "until",
        "Possible: vet_pricing.price, vet_pricing.price_discount, vet_assignment.since",
    ),
    "a text": (VETERINARY, "vet_assignment.note", "no DATE, DATETIME, NUMBER or DECIMAL"),
    "a relation": (VETERINARY, "contact_id", "cannot tell which row is the latest"),
    "a definition off the path": (model(VET, PRICING, ASSIGNMENT, LOYALTY), "loyalty.since", "No rows along the path"),
    "a definition whose record is followed, not chosen": (VETERINARY, "veterinarian.nom", "No rows along the path"),
    "an unknown definition": (VETERINARY, "x.since", "No rows along the path"),
}


@pytest.mark.parametrize(("shop", "text", "expected"), LATEST.values(), ids=LATEST)
def test_latest_by(shop: Model, text: str, expected: str) -> None:
    stored, problem = choose_latest_by(shop, path_of(shop, shop.by_id[2]), text)
    if problem is None:
        assert stored == expected
    else:
        assert (stored, problem.code, problem.path) == (None, Code.INVALID_SOURCE_FIELD, "latestBy")
        assert expected in problem.message
