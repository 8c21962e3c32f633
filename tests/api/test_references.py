"""Naming contacts, products and records in relation fields: mixed freely, resolved strictly, in few statements."""

from decimal import Decimal
from typing import Any

import pytest

from tests.shops import Raw, ShopClient, to

CONTACT_STATEMENTS = {"contacts.existing", "contacts.by_emails", "contacts.by_customers"}


@pytest.fixture
async def members(shop: ShopClient) -> ShopClient:
    """A shop with members (unique contact), who have a favourite product and a home store (unique code)."""
    await shop.define("Store", {"code": "STRING", "opened": "DATE"}, uniqueKeys=["code"])
    await shop.define(
        "Member",
        {"contact_id": "NUMBER", "product_id": "STRING", "store_id": "NUMBER", "note": "STRING"},
        uniqueKeys=["contact_id"],
        relationships=[to("contact_id", "contacts"), to("product_id", "products"), to("store_id", "store")],
    )
    return shop


async def sharing(shop: ShopClient, email: str) -> list[int]:
    """Two contacts with one address: neither is verified."""
    return await shop.customers(
        {"idCustomer": f"1-{email}", "email": email}, {"idCustomer": f"2-{email}", "email": email.upper()}
    )


async def verdict(shop: ShopClient, record: Any, **more: Any) -> Any:
    """What became of one record: the stored data, or code, path and message of the only error."""
    payload = await shop.save("member", record, **more)
    (result,) = payload["results"]
    if result["outcome"] != "REJECTED":
        return result["record"]["data"]
    (error,) = result["errors"]
    return error["code"], error["path"], error["message"]


async def test_fifty_items_naming_contacts_in_three_ways_cost_three_contact_statements(members: ShopClient) -> None:
    await members.customers(*({"idCustomer": f"c{n}", "email": f"c{n}@example.com"} for n in range(49)))
    last = await members.contact("last@example.com")
    ids = [last - 49 + n for n in range(49)] + [last]
    names: list[Any] = [
        [ids[n], {"by": "id_contact", "value": ids[n]}, {"by": "email", "value": f"C{n}@Example.com "},
         {"by": "id_customer", "value": f"c{n}"}, {"by": "id_customer", "value": f"c{n}", "source": "default"}][n % 5]
        for n in range(49)
    ]  # fmt: skip
    names.append({"by": "email", "value": "last@example.com"})
    with members.statements() as seen:
        payload = await members.run(
            "saveCustomDataRecords", "created results { errors { message } }",
            definition="member", records=[{"contact_id": name} for name in names],
        )  # fmt: skip
    assert payload["created"] == 50, payload
    contact_statements = [name for name in seen if name.startswith(("contacts.", "customers."))]
    assert sorted(contact_statements) == sorted(CONTACT_STATEMENTS)
    found = await members.ask('{ customDataRecords(definition: "member", first: 50) { nodes { data } } }')
    assert sorted(row["data"]["contact_id"] for row in found["customDataRecords"]["nodes"]) == ids


async def test_bad_references_reject_exactly_their_item_and_the_rest_is_saved(members: ShopClient) -> None:
    first, last = await members.contact("first@example.com"), await members.contact("last@example.com")
    payload = await members.save(
        "member", {"contact_id": first}, {"contact_id": 10**15}, {"contact_id": {"by": "phone", "value": "1"}},
        ["no object"], {"contact_id": {"by": "email", "value": "nobody@example.com"}}, {"contact_id": last},
    )  # fmt: skip
    assert [result["outcome"] for result in payload["results"]] == ["CREATED", *["REJECTED"] * 4, "CREATED"]
    errors = [(error["index"], error["code"], error["path"]) for r in payload["results"] for error in r["errors"]]
    assert errors == [
        (1, "CONTACT_NOT_FOUND", "records.1.contact_id"),
        (2, "UNSUPPORTED_IDENTIFIER", "records.2.contact_id"),
        (3, "NOT_AN_OBJECT", "records.3"),
        (4, "CONTACT_NOT_FOUND", "records.4.contact_id"),
    ]


def by(by: Any, value: Any, **more: Any) -> dict[str, Any]:
    return {"by": by, "value": value, **more}


CONTACT_FAULTS: dict[str, tuple[Any, str, str]] = {
    "an unsupported by": (by("phone", "1"), "UNSUPPORTED_IDENTIFIER", "id_contact, email, id_customer"),
    "a by in capitals": (by("EMAIL", "a@b"), "UNSUPPORTED_IDENTIFIER", "id_contact, email, id_customer"),
    "a by that is no text": (by(["email"], "a@b"), "UNSUPPORTED_IDENTIFIER", "id_contact, email, id_customer"),
    "no by": ({"value": 1}, "UNSUPPORTED_IDENTIFIER", "id_contact, email, id_customer"),
    "an identifier as a key": ({"email": "a@b"}, "UNSUPPORTED_IDENTIFIER", '{"by": ..., "value": ...}'),
    "no value": ({"by": "email"}, "INVALID_REFERENCE", "value"),
    "a stray key": (by("email", "a@b", shop=1), "INVALID_REFERENCE", "by, source, value"),
    "a source without id_customer": (by("email", "a@b", source="web"), "INVALID_REFERENCE", "id_customer"),
    "an e-mail without by": ("a@b.com", "INVALID_REFERENCE", '"by": "email"'),
    "an id as text": ("12", "INVALID_REFERENCE", "without quotes"),
    "an id as text with by": (by("id_contact", "12"), "INVALID_REFERENCE", "without quotes"),
    "zero": (0, "INVALID_REFERENCE", "whole number"),
    "a negative id": (-1, "INVALID_REFERENCE", "whole number"),
    "a fraction": (Decimal("1.5"), "INVALID_REFERENCE", "whole number"),
    "an id past 64 bits": (2**63, "INVALID_REFERENCE", "whole number"),
    "5,000 digits": (Raw("9" * 5000), "INVALID_REFERENCE", "whole number"),
    "1e999999": (Raw("1e999999"), "INVALID_REFERENCE", "whole number"),
    "true": (True, "INVALID_REFERENCE", "whole number"),
    "a list": ([1], "INVALID_REFERENCE", "whole number"),
    "a blank e-mail": (by("email", "  "), "INVALID_REFERENCE", "blank"),
    "a customer id as number": (by("id_customer", 42), "INVALID_REFERENCE", "text"),
    "U+0000 in an e-mail": (by("email", "a\0@b"), "INVALID_REFERENCE", "U+0000"),
    "half a surrogate pair": (by("id_customer", "\ud800"), "INVALID_REFERENCE", "surrogate"),
    "U+0000 in a source": (by("id_customer", "1", source="\0"), "INVALID_REFERENCE", "source"),
    "an unknown id": (10**15, "CONTACT_NOT_FOUND", "saveCustomers"),
    "an unknown e-mail": (by("email", "x@y.zz"), "CONTACT_NOT_FOUND", "this email"),
    "an unknown source": (by("id_customer", "a@example.com", source="x"), "CONTACT_NOT_FOUND", "'x'"),
}


@pytest.mark.parametrize(("name", "code", "says"), CONTACT_FAULTS.values(), ids=CONTACT_FAULTS.keys())
async def test_a_contact_that_cannot_be_named_so_says_how(members: ShopClient, name: Any, code: str, says: str) -> None:
    await members.contact("a@example.com")
    found, path, message = await verdict(members, {"contact_id": name})
    assert (found, path) == (code, "records.0.contact_id")
    assert says in message


async def test_a_whole_number_may_be_written_as_a_decimal(members: ShopClient) -> None:
    contact = await members.contact("a@example.com")
    assert (await verdict(members, {"contact_id": Raw(f"{contact}.0")}))["contact_id"] == contact


async def test_a_shared_email_means_the_lowest_id_with_a_warning_that_lists_the_candidates(
    members: ShopClient,
) -> None:
    low, high = await sharing(members, "both@example.com")
    name = {"by": "email", "value": "Both@Example.com"}
    payload = await members.save("member", {"contact_id": name})
    (result,) = payload["results"]
    assert result["record"]["data"]["contact_id"] == low < high
    (warning,) = result["warnings"]
    assert (warning["code"], warning["path"], warning["index"]) == ("CONTACT_AMBIGUOUS", "records.0.contact_id", 0)
    assert f"{low}, {high}" in warning["message"]
    code, _, message = await verdict(members, {"contact_id": name}, onAmbiguous="REJECT")
    assert code == "CONTACT_AMBIGUOUS"
    assert f"{low}, {high}" in message


async def test_an_update_warns_of_a_shared_email_too(members: ShopClient) -> None:
    low, _ = await sharing(members, "both@example.com")
    record = await members.save_one("member", {"contact_id": await members.contact("a@example.com")})
    payload = await members.run(
        "updateCustomDataRecord", "record { data } warnings { code path } userErrors { message }",
        id=record, data={"contact_id": by("email", "both@example.com")},
    )  # fmt: skip
    assert payload["record"]["data"]["contact_id"] == low
    assert payload["warnings"] == [{"code": "CONTACT_AMBIGUOUS", "path": "data.contact_id"}]


async def test_a_customer_id_of_several_contacts_is_rejected_until_its_source_is_given(members: ShopClient) -> None:
    web = await members.contact("web@example.com", idCustomer="42", source="web")
    till = await members.contact("till@example.com", idCustomer="42", source="till")
    code, _, message = await verdict(members, {"contact_id": by("id_customer", "42")})
    assert code == "CUSTOMER_AMBIGUOUS"
    assert "till, web" in message
    for source, contact in (("web", web), ("till", till)):
        found = await verdict(members, {"contact_id": by("id_customer", "42", source=source)})
        assert found["contact_id"] == contact


async def test_a_customer_id_of_one_contact_in_two_sources_is_not_ambiguous(members: ShopClient) -> None:
    contact = await members.contact("a@example.com", idCustomer="42", source="web")
    await members.contact("a@example.com", idCustomer="42", source="till")
    assert (await verdict(members, {"contact_id": by("id_customer", "42")}))["contact_id"] == contact


async def test_a_contact_that_does_not_exist_is_never_created(members: ShopClient) -> None:
    await verdict(members, {"contact_id": by("email", "new@example.com")})
    assert (await members.ask("{ contacts { nodes { id } } }"))["contacts"]["nodes"] == []


PRODUCTS: dict[str, tuple[Any, str | tuple[str, str]]] = {
    "an id": ("12", "12"),
    "an integer, in decimal form": (12, "12"),
    "zeros in front count": ("012", "012"),
    "by id": (by("id", "012"), "012"),
    "by id, an integer": (by("id", 12), "12"),
    "by reference": (by("reference", "R-1"), "12"),
    "a reference in another case": (by("reference", "r-1"), ("PRODUCT_NOT_FOUND", "reference")),
    "an unknown id": ("0012", ("PRODUCT_NOT_FOUND", "saveProducts")),
    "a reference of two products": (by("reference", "TWICE"), ("PRODUCT_AMBIGUOUS", "012, a")),
    "a fraction": (Decimal("12.5"), ("INVALID_REFERENCE", "whole number")),
    "a whole number written as a decimal": (Raw("12.0"), ("INVALID_REFERENCE", "whole number")),
    "a boolean": (True, ("INVALID_REFERENCE", "whole number")),
    "blank": (" ", ("INVALID_REFERENCE", "text")),
    "a reference that is a number": (by("reference", 1), ("INVALID_REFERENCE", "reference takes a text")),
    "an unsupported by": (by("name", "x"), ("UNSUPPORTED_IDENTIFIER", "id, reference")),
    "a source": (by("id", "12", source="web"), ("INVALID_REFERENCE", "by, value")),
    "192 characters": ("x" * 192, ("INVALID_REFERENCE", "at most 191")),
}


@pytest.mark.parametrize(("name", "expected"), PRODUCTS.values(), ids=PRODUCTS.keys())
async def test_naming_a_product(members: ShopClient, name: Any, expected: Any) -> None:
    base = {"name": "P", "price": "1"}
    await members.products(
        {**base, "idProduct": "12", "reference": "R-1"}, {**base, "idProduct": "012", "reference": "TWICE"},
        {**base, "idProduct": "a", "reference": "TWICE"},
    )  # fmt: skip
    found = await verdict(members, {"contact_id": await members.contact("a@example.com"), "product_id": name})
    if isinstance(expected, str):
        assert found["product_id"] == expected
    else:
        assert (found[0], found[1]) == (expected[0], "records.0.product_id")
        assert expected[1] in found[2]
