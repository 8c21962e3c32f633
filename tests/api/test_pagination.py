"""Pages: forward and backward over every boundary, counts, searches, and cursors that are none."""

from base64 import urlsafe_b64encode
from typing import Any

import pytest

from app.store.administration import administering
from tests.shops import ShopClient, to

PAGE = (
    "nodes { %s } edges { cursor node { %s } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } "
    "totalCount { count isExact }"
)
ARGUMENTS = "$first: Int, $after: String, $last: Int, $before: String"
PASSED = "first: $first, after: $after, last: $last, before: $before"


def listing(path: str, key: str) -> str:
    """A query for a list, `path` being how to reach it with its own arguments, and a brace for each level."""
    open_levels = path.count("{") - path.count("}")
    return f"query({ARGUMENTS}) {{ {path % PASSED} {{ {PAGE % (key, key)} }} {'}' * open_levels} }}"


LISTS = {
    "records": listing('customDataRecords(definition: "part", %s)', "idRecord"),
    "contacts": listing("contacts(%s)", "idContact"),
    "contacts found": listing('contacts(search: "C", %s)', "idContact"),
    "products": listing("products(%s)", "idProduct"),
    "products found": listing('products(search: "p", %s)', "idProduct"),
    "a contact's catalogue": listing('contact(by: {email: "c0@example.com"}) { products(%s)', "idProduct"),
    "a contact's records": listing(
        'contact(by: {email: "c0@example.com"}) { customData(definition: "part", %s)', "idRecord"
    ),
    "a product's records": listing('product(idProduct: "0") { customData(definition: "part", %s)', "idRecord"),
    "records that point here": listing(
        'customDataRecord(by: {definition: "box", key: 1}) { relatedBy(definition: "part", %s)', "idRecord"
    ),
}
COUNT = 5


@pytest.fixture
async def filled(shop: ShopClient) -> ShopClient:
    """Five of everything: contacts, products, and parts that all point to one contact, one product and one box."""
    await shop.customers(*({"idCustomer": str(n), "email": f"c{n}@example.com"} for n in range(COUNT)))
    await shop.products(*({"idProduct": str(n), "name": f"P{n}", "price": n} for n in range(COUNT)))
    await shop.define("Box", {"n": "NUMBER"}, uniqueKeys=["n"])
    box = await shop.save_one("box", {"n": 1})
    await shop.define(
        "Part", {"contact_id": "NUMBER", "product_id": "STRING", "box_id": "NUMBER"},
        relationships=[to("contact_id", "contacts"), to("product_id", "products"), to("box_id", "box")],
    )  # fmt: skip
    contact = {"by": "email", "value": "c0@example.com"}
    await shop.save("part", *([{"contact_id": contact, "product_id": "0", "box_id": box}] * COUNT))
    return shop


async def page(shop: ShopClient, query: str, **arguments: Any) -> Any:
    found = await shop.ask(query, **arguments)
    while "nodes" not in found:
        (found,) = found.values()
    return found


def keys(found: Any) -> list[str]:
    assert [edge["node"] for edge in found["edges"]] == found["nodes"]
    cursors = [edge["cursor"] for edge in found["edges"]] or [None]
    assert (found["pageInfo"]["startCursor"], found["pageInfo"]["endCursor"]) == (cursors[0], cursors[-1])
    return [next(iter(node.values())) for node in found["nodes"]]


@pytest.mark.parametrize("query", LISTS.values(), ids=LISTS.keys())
async def test_forward_and_backward_over_every_boundary(filled: ShopClient, query: str) -> None:
    whole = await page(filled, query)
    everything = keys(whole)
    assert len(everything) == COUNT
    assert whole["totalCount"] == {"count": COUNT, "isExact": True}
    for size in range(1, COUNT + 2):
        assert await walked(filled, query, size, "first", "after", "endCursor", "hasNextPage") == everything
        pages = await walked(filled, query, size, "last", "before", "startCursor", "hasPreviousPage")
        assert sorted(pages) == sorted(everything)


async def walked(shop: ShopClient, query: str, size: int, count: str, bound: str, cursor: str, more: str) -> list[str]:
    """Everything, page by page. Each page must be full but the last."""
    seen: list[str] = []
    arguments: dict[str, Any] = {count: size}
    while True:
        found = await page(shop, query, **arguments)
        listed = keys(found)
        seen = seen + listed if count == "first" else listed + seen
        assert found["totalCount"]["count"] == COUNT
        if not found["pageInfo"][more]:
            assert len(seen) == COUNT
            return seen
        assert len(listed) == size
        arguments[bound] = found["pageInfo"][cursor]


@pytest.mark.parametrize("query", LISTS.values(), ids=LISTS.keys())
async def test_between_two_cursors(filled: ShopClient, query: str) -> None:
    whole = await page(filled, query)
    cursors, everything = [edge["cursor"] for edge in whole["edges"]], keys(whole)
    for count in ("first", "last"):
        inside = await page(filled, query, **{count: 10, "after": cursors[0], "before": cursors[4]})
        assert keys(inside) == everything[1:4]
    nothing = await page(filled, query, first=3, after=cursors[4])
    assert (keys(nothing), nothing["pageInfo"]["hasNextPage"]) == ([], False)


@pytest.mark.parametrize("query", LISTS.values(), ids=LISTS.keys())
async def test_an_empty_page_may_be_asked_for(filled: ShopClient, query: str) -> None:
    for count in ("first", "last"):
        found = await page(filled, query, **{count: 0})
        assert (keys(found), found["totalCount"]["count"]) == ([], COUNT)


def cursor(text: str) -> str:
    return urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "more than a hundred": ({"first": 101}, "LIMIT_EXCEEDED", "first is 101; it may be 0 to 100"),
    "less than none": ({"first": -1}, "LIMIT_EXCEEDED", "first is -1"),
    "more than a hundred, backward": ({"last": 101}, "LIMIT_EXCEEDED", "last is 101"),
    "less than none, backward": ({"last": -1}, "LIMIT_EXCEEDED", "last is -1"),
    "both directions": ({"first": 1, "last": 1}, "BAD_USER_INPUT", "not both"),
    "a garbled cursor": ({"after": "garbage"}, "BAD_USER_INPUT", "after is not a cursor"),
    "an empty cursor": ({"after": ""}, "BAD_USER_INPUT", "after is not a cursor"),
    "no ASCII": ({"before": "é"}, "BAD_USER_INPUT", "before is not a cursor"),
    "the id of something": ({"after": cursor("Contact:1")}, "BAD_USER_INPUT", "after is not a cursor"),
    "U+0000 in a cursor": ({"after": cursor("cursor:\0")}, "BAD_USER_INPUT", "after is not a cursor"),
}


@pytest.mark.parametrize(("arguments", "code", "says"), REFUSED.values(), ids=REFUSED.keys())
async def test_what_is_no_page_is_refused(filled: ShopClient, arguments: dict[str, Any], code: str, says: str) -> None:
    for query in LISTS.values():
        ((found, message),) = await filled.errors(query, **arguments)
        assert found == code
        assert says in message


@pytest.mark.parametrize("text", ["x", "0", "-1", "1.5", "99999999999999999999", ""])
async def test_a_forged_cursor_of_numbered_things_is_refused(filled: ShopClient, text: str) -> None:
    ((code, _),) = await filled.errors(LISTS["records"], after=cursor(f"cursor:{text}"))
    assert code == "BAD_USER_INPUT"


async def test_the_total_is_counted_exactly_up_to_ten_thousand(shop: ShopClient, admin_url: str) -> None:
    values = "{}, 'p' || n, 'P', 'p', 1 from generate_series({}) n"
    insert = f"insert into products (shop_id, id, name, name_key, price) select {values}"
    for numbers, exact in (("1, 10000", True), ("10001, 10001", False)):
        async with administering(admin_url) as connection:
            await connection.execute(insert.format(shop.id, numbers))
        for arguments in ("", '(search: "p")'):
            found = await shop.ask(f"{{ products{arguments} {{ totalCount {{ count isExact }} }} }}")
            assert found["products"]["totalCount"] == {"count": 10_000, "isExact": exact}


PEOPLE = [
    {"email": "Marie.Dubois@Example.com", "firstName": "Marie", "lastName": "Dubois"},
    {"email": "paul@example.com", "firstName": "Paul", "lastName": "Martin"},
    {"email": "x_100%@example.com", "firstName": "Émile", "lastName": "Straße"},
]
FOUND_CONTACTS = {
    "e-mail": ("marie.d", [0]), "e-mail in capitals": ("PAUL@", [1]), "first name": ("mar", [0, 1]),
    "first and last": ("Marie Dub", [0]), "last and first": ("dubois ma", [0]), "last name": ("MARTIN", [1]),
    "an accent": ("émi", [2]), "an accent in capitals": ("ÉMI", [2]), "ß in capitals": ("STRASSE", [2]),
    "no accent": ("emi", []), "in the middle": ("ubois", []), "a blank before": (" paul", [1]),
    "a blank behind": ("paul ", [1]), "% is a sign": ("%", []), "_ is a sign": ("x_100%", [2]),
    "the last character": ("\U0010ffff", []),
}  # fmt: skip


@pytest.mark.parametrize(("search", "expected"), FOUND_CONTACTS.values(), ids=FOUND_CONTACTS.keys())
async def test_contacts_are_found_by_the_beginning_of_email_or_name_in_both_orders(
    shop: ShopClient, search: str, expected: list[int]
) -> None:
    ids = await shop.customers(*({"idCustomer": str(n), **person} for n, person in enumerate(PEOPLE)))
    found = await page(
        shop, "query($s: String) { contacts(search: $s) { nodes { idContact } totalCount { count } } }", s=search
    )
    assert [int(node["idContact"]) for node in found["nodes"]] == [ids[n] for n in expected]
    assert found["totalCount"]["count"] == len(expected)


@pytest.mark.parametrize(
    ("search", "expected"),
    [("vd-", ["diet"]), ("VETERINARY d", ["diet"]), ("p", ["a"]), ("12", []), ("diet", [])],
)
async def test_products_are_found_by_the_beginning_of_reference_or_name(
    shop: ShopClient, search: str, expected: list[str]
) -> None:
    await shop.products(
        {"idProduct": "diet", "reference": "VD-12", "name": "Veterinary Diet 12 kg", "price": "79.90"},
        {"idProduct": "a", "name": "Plush bone", "price": "5"},
    )
    found = await page(shop, "query($s: String) { products(search: $s) { nodes { idProduct } } }", s=search)
    assert [node["idProduct"] for node in found["nodes"]] == expected


@pytest.mark.parametrize(
    ("search", "code"),
    [
        pytest.param("", "BAD_USER_INPUT", id="empty"),
        pytest.param(" \t", "BAD_USER_INPUT", id="blank"),
        pytest.param("x" * 101, "LIMIT_EXCEEDED", id="101 characters"),
        pytest.param("a\0", "BAD_USER_INPUT", id="U+0000"),
        pytest.param("\ud800", "BAD_USER_INPUT", id="half a surrogate pair"),
    ],
)
async def test_what_cannot_be_searched_is_refused(shop: ShopClient, search: str, code: str) -> None:
    for field in ("contacts", "products"):
        asked = f"query($s: String) {{ {field}(search: $s) {{ nodes {{ id }} }} }}"
        assert [found for found, _ in await shop.errors(asked, s=search)] == [code]
