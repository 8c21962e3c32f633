"""What the reading benchmark asks: each question's documents (gateway.graphql, peer.graphql), the variables of its n-th
request, and the names that say the same on both sides."""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from importlib.resources import files
from typing import Any

from app.graphql.node import encode

Variables = dict[str, Any]
PAGE_LIFTED = 1_000  # rows of Q5, which the gateway's own limit does not allow


@dataclass(frozen=True)
class Places:
    """Where in the shop a request may ask: the same places on both sides."""

    loyalty: range
    contacts: range
    products: list[str]  # in order of id
    peer_cursors: dict[str, str] = field(default_factory=dict)  # any one of each list, by the list's name

    def loyalty_at(self, n: int, margin: int = PAGE_LIFTED) -> int:
        return self.loyalty[n * 977 % (len(self.loyalty) - margin)]

    def contact_at(self, n: int, margin: int = 100) -> int:
        return self.contacts[n * 1_009 % (len(self.contacts) - margin)]

    def product_at(self, n: int, margin: int = 100) -> str:
        return self.products[n * 31 % (len(self.products) - margin - 1)]

    def peer_cursor(self, name: str, key: int | str) -> str:
        """PostGraphile's cursor is a digest of the order and the key, as JSON in base64; empty without an example."""
        if name not in self.peer_cursors:
            return ""
        order = json.loads(b64decode(self.peer_cursors[name]))[:-1]
        return b64encode(json.dumps([*order, key], separators=(",", ":")).encode()).decode()


Asked = Callable[[Places, int], tuple[Variables, Variables]]


@dataclass(frozen=True)
class Question:
    """`ours` and `peer` are the documents, `asked` the variables of the n-th request: for the gateway, for
    PostGraphile. `goal` is the least ratio to PostGraphile."""

    name: str
    title: str
    goal: float
    ours: str
    peer: str
    asked: Asked
    lifted: bool = False  # needs a larger page than the gateway gives
    by_hand: bool = True
    usual: bool = True  # asked unless others are named

    def bodies(self, places: Places, count: int) -> tuple[list[bytes], list[bytes]]:
        """The first requests' bodies, for the gateway and for PostGraphile."""
        asked = [self.asked(places, n) for n in range(count)]
        return [_body(self.ours, ours) for ours, _ in asked], [_body(self.peer, peer) for _, peer in asked]


def _body(document: str, variables: Variables) -> bytes:
    return json.dumps({"query": document, "variables": variables}).encode()


_OURS = {
    "customDataRecords": "page", "contacts": "page", "products": "page", "customDataRecord": "record",
    "idRecord": "id", "idContact": "id", "idProduct": "id", "reference": "sku", "nativePrice": "price",
    "price": "price for contact",
}  # fmt: skip
_PEER = {
    "allLoyalties": "page", "allContacts": "page", "allProducts": "page", "loyaltyByRowId": "record",
    "loyaltiesByContactId": "loyalty", "contactByContactId": "contact", "productByProductId": "product",
    "rowId": "id", "priceFor": "price for contact",
}  # fmt: skip


def from_ours(data: Any) -> Any:
    """The gateway's answer, in names and values that can be compared."""
    return _normal(data, _OURS)


def from_peer(data: Any) -> Any:
    """PostGraphile's answer, likewise."""
    return _normal(data, _PEER)


def _normal(value: Any, names: Mapping[str, str], name: str = "") -> Any:
    if isinstance(value, dict):
        flat = value | value.get("data", {}) | value.get("custom", {})
        return {
            (known := names.get(key, key)): _normal(inner, names, known)
            for key, inner in flat.items()
            if key not in ("data", "custom")
        }
    if isinstance(value, list):
        return [_normal(inner, names, name) for inner in value]
    if name.startswith("price") and value is not None:
        return Decimal(value)
    return str(value) if name == "id" else value


def _documents(file_name: str) -> dict[str, str]:
    """The operations of a file by their names."""
    _, *parts = re.split(r"^(?=query )", files(__package__).joinpath(file_name).read_text(), flags=re.MULTILINE)
    return {part.split("(")[0].removeprefix("query "): part.strip() for part in parts}


def _page_and_contact(places: Places, n: int) -> tuple[Variables, Variables]:
    after, contact = places.loyalty_at(n), places.contact_at(n)
    return (
        {"after": encode("cursor", after), "contact": str(contact)},
        {"after": places.peer_cursor("allLoyalties", after), "contact": contact},
    )


def _contacts(places: Places, n: int) -> tuple[Variables, Variables]:
    after = places.contact_at(n)
    return {"after": encode("cursor", after)}, {"after": places.peer_cursor("allContacts", after)}


def _catalogue(places: Places, n: int) -> tuple[Variables, Variables]:
    after, contact = places.product_at(n), places.contact_at(n)
    return (
        {"after": encode("cursor", after), "contact": str(contact)},
        {"after": places.peer_cursor("allProducts", after), "contact": contact},
    )


def _record(places: Places, n: int) -> tuple[Variables, Variables]:
    record = places.loyalty_at(n)
    return {"id": str(record)}, {"id": record}


def _page(places: Places, n: int) -> tuple[Variables, Variables]:
    after = places.loyalty_at(n)
    return {"after": encode("cursor", after)}, {"after": places.peer_cursor("allLoyalties", after)}


_OURS_DOCUMENTS = _documents("gateway.graphql")
_PEER_DOCUMENTS = _documents("peer.graphql")


def _question(name: str, title: str, goal: float, asked: Asked, *, peer: str | None = None, **more: bool) -> Question:
    return Question(name, title, goal, _OURS_DOCUMENTS[name], _PEER_DOCUMENTS[peer or name], asked, **more)


QUESTIONS = [
    _question("Q1", "a page of 50 loyalty records with contact, product and price", 1.2, _page_and_contact),
    _question(
        "Q1d", "the same, the record's own values as one object", 1.2, _page_and_contact, peer="Q1", by_hand=False,
        usual=False,
    ),
    _question("Q1t", "the same by the shop's own types", 1.2, _page_and_contact, peer="Q1", by_hand=False),
    _question("Q2", "20 contacts, each with its loyalty records and their products", 1.5, _contacts),
    _question("Q3", "a catalogue of 100 products priced for one contact", 1.5, _catalogue),
    _question("Q4", "one record by id with its contact", 1.0, _record),
    _question("Q5", "1,000 loyalty records with the contact's e-mail, page limit lifted", 2.0, _page, lifted=True),
]  # fmt: skip
