"""How a price is walked: several rows at a hop, paths of other shapes, and whose price it is."""

from decimal import Decimal
from typing import Any

import pytest

from tests.shops import ShopClient, VetShop, to

ASK = "query($c: ID!, $p: ID!) { product(idProduct: $p) { price(contact: {idContact: $c}) pricing(contact: {idContact: $c}) { price { sources { outcome } } } } }"  # noqa: E501


async def outcome(shop: ShopClient, contact: int, product: str = "diet") -> tuple[str, str]:
    """What the only source of the price says, and the price."""
    found = (await shop.ask(ASK, c=contact, p=product))["product"]
    return found["pricing"]["price"]["sources"][0]["outcome"], found["price"]


# -- several rows at a hop ---------------------------------------------------------------------------------------------


async def visits(vets: VetShop, *dates: tuple[int, Any], **source: Any) -> VetShop:
    """Links without a unique key: Mrs Dubois may have several vets, each since a day of its own."""
    shop = vets.shop
    await shop.define(
        "Visit", {"contact_id": "NUMBER", "veto_id": "NUMBER", "day": "DATE", "at": "DATETIME", "rank": "DECIMAL"},
        relationships=[to("contact_id", "contacts"), to("veto_id", "veterinarian")],
    )  # fmt: skip
    for vet, more in dates:
        await shop.save_one("visit", {"contact_id": vets.dubois, "veto_id": vet, **more})
    payload = await shop.override({"definition": "vet_pricing", "field": "price", "priority": 1,
                                   "contactPath": ["veto_id", "visit.veto_id", "contact_id"], **source})  # fmt: skip
    assert payload["userErrors"] == []
    assert [warning["code"] for warning in payload["warnings"]] == ["SEVERAL_ROWS"]
    return vets


LATEST: dict[str, tuple[str | None, Any, Any, str]] = {
    # by which field, what Dr Durand's (first) and Dr Martin's row (second) hold, who is taken
    "the highest id when nothing is named": (None, {"day": "2025-02-01"}, {"day": "2024-01-01"}, "64.00"),
    "the latest day": ("day", {"day": "2025-02-01"}, {"day": "2024-01-01"}, "71.00"),
    "a tie: the highest id": ("day", {"day": "2025-02-01"}, {"day": "2025-02-01"}, "64.00"),
    "any day before none": ("day", {"day": "0001-01-01"}, {}, "71.00"),
    "no days at all: the highest id": ("day", {}, {}, "64.00"),
    "named with its definition": ("visit.day", {"day": "9999-12-31"}, {"day": "2025-02-01"}, "71.00"),
    "times to the microsecond, in any offset": (
        "at", {"at": "2025-01-01T00:00:00.000002Z"}, {"at": "2025-01-01T01:00:00.000001+01:00"}, "71.00",
    ),
    "numbers as numbers, exactly": (
        "rank", {"rank": "10.00000000000000000000000001"}, {"rank": "10.0"}, "71.00",
    ),
    "numbers never as text": ("rank", {"rank": "10"}, {"rank": "9"}, "71.00"),
}  # fmt: skip


@pytest.mark.parametrize("case", LATEST)
async def test_of_two_vets_one_counts(vets: VetShop, case: str) -> None:
    by, first, second, expected = LATEST[case]
    await visits(vets, (vets.durand, first), (vets.martin, second), **({"latestBy": by} if by else {}))
    assert await outcome(vets.shop, vets.dubois) == ("WON", expected)


async def test_the_lists_of_two_vets_never_mix(vets: VetShop) -> None:
    await vets.shop.products({"idProduct": "chews", "name": "Chews", "price": 18})
    await vets.shop.save_one("vet_pricing", {"veto_id": vets.durand, "product_id": "chews", "price": 12})
    await visits(vets, (vets.durand, {"day": "2024-01-01"}), (vets.martin, {"day": "2025-01-01"}), latestBy="day")
    assert await outcome(vets.shop, vets.dubois) == ("WON", "64.00")
    assert await outcome(vets.shop, vets.dubois, "chews") == ("NO_RECORD", "18.00")


async def test_the_latest_link_counts_even_when_it_leads_nowhere(vets: VetShop) -> None:
    await visits(vets, (vets.martin, {"day": "2024-01-01"}), (None, {"day": "2025-01-01"}), latestBy="day")
    assert await outcome(vets.shop, vets.dubois) == ("NO_LINK", "79.90")


async def test_of_several_prices_of_one_vet_the_latest_counts(vets: VetShop) -> None:
    shop = vets.shop
    await shop.define(
        "Offer", {"veto_id": "NUMBER", "product_id": "STRING", "price": "NUMBER", "day": "DATE"},
        relationships=[to("veto_id", "veterinarian"), to("product_id", "products")],
    )  # fmt: skip
    for price, day in ((50, "2025-01-01"), (51, "2025-03-01"), (52, None)):
        await shop.save_one("offer", {"veto_id": vets.martin, "product_id": "diet", "price": price, "day": day})
    await shop.override({"definition": "offer", "field": "price", "priority": 1})
    assert await outcome(shop, vets.dubois) == ("WON", "52.00")
    await shop.override({"definition": "offer", "field": "price", "priority": 1, "latestBy": "offer.day"})
    assert await outcome(shop, vets.dubois) == ("WON", "51.00")


# -- paths of other shapes ---------------------------------------------------------------------------------------------


async def test_a_contact_in_a_group_has_the_price_of_the_group_above(shop: ShopClient) -> None:
    await shop.products({"idProduct": "diet", "name": "Diet", "price": 80})
    member, outsider = await shop.contact("m@example.com"), await shop.contact("o@example.com")
    await shop.define(
        "Club", {"name": "STRING", "above_id": "NUMBER"}, uniqueKeys=["name"], relationships=[to("above_id", "club")]
    )
    await shop.define("Membership", {"contact_id": "NUMBER", "club_id": "NUMBER"}, uniqueKeys=["contact_id"],
                      relationships=[to("contact_id", "contacts"), to("club_id", "club")])  # fmt: skip
    await shop.define("Club price", {"club_id": "NUMBER", "product_id": "STRING", "price": "DECIMAL"},
                      relationships=[to("club_id", "club"), to("product_id", "products")])  # fmt: skip
    above = await shop.save_one("club", {"name": "all"})
    below = await shop.save_one("club", {"name": "some", "above_id": above})
    await shop.save_one("membership", {"contact_id": member, "club_id": below})
    await shop.save_one("club_price", {"club_id": above, "product_id": "diet", "price": 70})
    base = {"definition": "club_price", "field": "price", "priority": 1}
    path = ["club_id", "club.above_id", "membership.club_id", "contact_id"]
    assert (await shop.override(base | {"contactPath": path}))["userErrors"] == []
    assert await outcome(shop, member) == ("WON", "70.00")
    assert await outcome(shop, outsider) == ("NO_LINK", "80.00")
    await shop.save_one("membership", {"contact_id": outsider, "club_id": above})
    assert await outcome(shop, outsider) == ("NO_LINK", "80.00")  # nothing is above
    await shop.override(base)  # the path that visits nothing twice
    assert await outcome(shop, member) == ("NO_RECORD", "80.00")
    assert await outcome(shop, outsider) == ("WON", "70.00")


@pytest.fixture
async def granted(shop: ShopClient) -> tuple[ShopClient, int, int]:
    """A price record that a grant gives to a contact: the first hop leads backward."""
    await shop.products({"idProduct": "diet", "name": "Diet", "price": 80})
    contact = await shop.contact("g@example.com")
    await shop.define("Special", {"product_id": "STRING", "price": "DECIMAL"},
                      relationships=[to("product_id", "products")])  # fmt: skip
    await shop.define("Grant", {"contact_id": "NUMBER", "special_id": "NUMBER"}, uniqueKeys=["contact_id"],
                      relationships=[to("contact_id", "contacts"), to("special_id", "special")])  # fmt: skip
    special = await shop.save_one("special", {"product_id": "diet", "price": 60})
    await shop.save_one("grant", {"contact_id": contact, "special_id": special})
    payload = await shop.override({"definition": "special", "field": "price", "priority": 1})
    assert payload["overrides"][0]["contactPath"] == ["grant.special_id", "contact_id"]
    return shop, contact, special


async def test_a_path_that_begins_backward(granted: tuple[ShopClient, int, int]) -> None:
    shop, contact, _ = granted
    assert await outcome(shop, contact) == ("WON", "60.00")
    await shop.products({"idProduct": "chews", "name": "Chews", "price": 18})
    assert await outcome(shop, contact, "chews") == ("NO_RECORD", "18.00")


async def test_a_source_that_is_gone_is_a_dangling_link(granted: tuple[ShopClient, int, int]) -> None:
    shop, contact, special = granted
    await shop.run("deleteCustomDataRecord", "deleted", id=str(special), force=True)
    assert await outcome(shop, contact) == ("DANGLING", "80.00")


async def test_an_empty_link_to_the_source_is_no_link(granted: tuple[ShopClient, int, int]) -> None:
    shop, contact, _ = granted
    await shop.save("grant", {"contact_id": contact, "special_id": None})
    assert await outcome(shop, contact) == ("NO_LINK", "80.00")


async def test_a_path_all_forward(vets: VetShop) -> None:
    shop = vets.shop
    await shop.define("Deal", {"assignment_id": "NUMBER", "product_id": "STRING", "price": "NUMBER"},
                      uniqueKeys=["assignment_id", "product_id"],
                      relationships=[to("assignment_id", "vet_assignment"), to("product_id", "products")])  # fmt: skip
    assigned = await shop.ask('{ customDataRecords(definition: "vet_assignment") { nodes { idRecord } } }')
    assignment = int(assigned["customDataRecords"]["nodes"][0]["idRecord"])
    await shop.save_one("deal", {"assignment_id": assignment, "product_id": "diet", "price": Decimal("61.5")})
    source = {"definition": "deal", "field": "price", "priority": 1}
    await shop.override(source | {"contactPath": ["assignment_id", "contact_id"]})
    assert await outcome(shop, vets.dubois) == ("WON", "61.50")
    assert await outcome(shop, vets.without) == ("NO_LINK", "79.90")
