"""What the definitions, records and overrides of a shop must come to, in dictionaries: the rules told plainly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

KEY = ("contact", "product")
FIELDS = {"contact": "NUMBER", "product": "STRING", "price": "DECIMAL", "n": "NUMBER"}
NATIVE = {"p1": "10.00", "p2": "20.00"}
REJECTED, CREATED, UPDATED, UNCHANGED = "REJECTED", "CREATED", "UPDATED", "UNCHANGED"


@dataclass
class Row:
    """A record."""

    data: dict[str, Any]
    version: int = 1


@dataclass
class Table:
    """A definition: what a contact pays for a product. With `unique`, its key is the contact and the product."""

    unique: bool
    fields: list[str] = field(default_factory=lambda: [*FIELDS])
    active: bool = True
    rows: dict[int, Row] = field(default_factory=dict)
    gone: list[int] = field(default_factory=list)  # ids of deleted records

    def fault(self, item: Mapping[str, Any], contacts: Sequence[int]) -> bool:
        """Whether an item can be no part of a record."""
        contact, product, n = item.get("contact"), item.get("product"), item.get("n")
        return (
            not item.keys() <= set(self.fields)
            or (contact is not None and contact not in contacts)
            or (product is not None and product not in NATIVE)
            or isinstance(n, str)
        )

    def at(self, data: Mapping[str, Any]) -> int | None:
        """The record that has the key of these data."""
        if not self.unique:
            return None
        return next((id_ for id_, row in self.rows.items() if all(row.data[k] == data.get(k) for k in KEY)), None)

    def merged(self, row: Row, item: Mapping[str, Any]) -> str:
        """Puts an item into a record; what that is called."""
        if all(row.data.get(name) == value for name, value in item.items()):
            return UNCHANGED
        row.data |= item
        row.version += 1
        return UPDATED

    def whole(self, row: Row) -> dict[str, Any]:
        """A record as it is read."""
        return {name: row.data.get(name) for name in self.fields}


@dataclass
class Model:
    """A shop."""

    contacts: list[int]
    tables: dict[str, Table] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)  # of the price, by priority

    def save(self, key: str, items: Sequence[Mapping[str, Any]], ids: Sequence[int | None]) -> list[str]:
        """The outcomes; `ids` are those the gateway gave to the records."""
        table = self.tables[key]
        outcomes = []
        for item, id_ in zip(items, ids, strict=True):
            known = table.at(item)
            if table.fault(item, self.contacts) or (table.unique and any(item.get(k) is None for k in KEY)):
                outcomes.append(REJECTED)
            elif known is not None:
                assert id_ == known
                outcomes.append(table.merged(table.rows[known], item))
            else:
                assert id_ is not None
                assert id_ not in table.rows
                table.rows[id_] = Row(dict(item))
                outcomes.append(CREATED)
        return outcomes

    def update(self, key: str, id_: int, item: Mapping[str, Any], if_version: int | None) -> str:
        """The outcome: REJECTED where it is refused."""
        table = self.tables[key]
        row = table.rows.get(id_)
        if not table.active or row is None or table.fault(item, self.contacts):
            return REJECTED
        after = row.data | item
        if table.unique and (any(after.get(k) is None for k in KEY) or table.at(after) not in (None, id_)):
            return REJECTED
        if if_version is not None and if_version != row.version:
            return REJECTED
        return table.merged(row, item)

    def delete(self, key: str, ids: Sequence[int]) -> list[bool]:
        """Which of them were there."""
        table = self.tables[key]
        found = [table.rows.pop(id_, None) is not None for id_ in ids]
        table.gone += [id_ for id_, was in zip(ids, found, strict=True) if was]
        return found

    def price(self, product: str, contact: int | None) -> Decimal:
        """The first source that has a price for both; else the catalogue's."""
        for key in self.sources if contact is not None else ():
            table = self.tables[key]
            id_ = table.at({"contact": contact, "product": product})
            if id_ is not None and (price := table.rows[id_].data.get("price")) is not None:
                return Decimal(price)
        return Decimal(NATIVE[product])
