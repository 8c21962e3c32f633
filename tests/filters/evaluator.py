"""What a condition means, in plain Python: the reference that the database must agree with.

It reads the JSON that was sent, not the tree the parser makes, and knows nothing of SQL, slots or instants: calendar
words are looked up in the shop's own calendar, day by day.
"""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app.domain.definitions import Definition, FieldType, Model, Target

Row = dict[str, Any]  # by the names of conditions; a record also has what it is of, under "of"


@dataclass
class World:
    """Everything a shop has. `now` is when the calendar words are asked."""

    model: Model
    now: datetime
    zone: ZoneInfo
    contacts: dict[int, Row] = field(default_factory=dict)
    products: dict[str, Row] = field(default_factory=dict)
    records: dict[int, Row] = field(default_factory=dict)
    customers: list[Row] = field(default_factory=list)

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()


def fulfils(world: World, row: Row, sent: Row) -> bool:
    """Whether a row fulfils a condition."""
    return all(_part(world, row, key, value) for key, value in sent.items())


def _part(world: World, row: Row, key: str, sent: Any) -> bool:
    if key == "and":
        return all(fulfils(world, row, each) for each in sent)
    if key == "or":
        return any(fulfils(world, row, each) for each in sent)
    if key == "not":
        return not fulfils(world, row, sent)
    if key == "custom":
        return all(
            _quantified(world, behind(world, row, name, asked.get("field")), asked) for name, asked in sent.items()
        )
    if key == "customers" and "id_contact" in row:
        return _quantified(world, [each for each in world.customers if each["contact_id"] == row["id_contact"]], sent)
    if key == "segment" and "id_contact" in row:
        return all(_in_segments(world, row, names) is (word == "in") for word, names in sent.items())
    return all(_compared(world, row, key, operator, value) for operator, value in sent.items())


def _in_segments(world: World, row: Row, names: list[str | int]) -> bool:
    asked = [each for each in world.model.segments if each.name in names or each.id in names]
    return any(fulfils(world, row, each.where) for each in asked)


def _quantified(world: World, records: list[Row], asked: Row) -> bool:
    for word, sent in asked.items():
        if word == "some":
            true = any(fulfils(world, record, sent) for record in records)
        elif word == "none":
            true = not any(fulfils(world, record, sent) for record in records)
        elif word == "every":
            true = all(fulfils(world, record, sent) for record in records)
        elif word == "count":
            number = sum(fulfils(world, record, sent.get("where", {})) for record in records)
            true = all(comparison(number, operator, value) for operator, value in sent.items() if operator != "where")
        else:
            continue
        if not true:
            return False
    return True


def behind(world: World, row: Row, key: str, name: str | None) -> list[Row]:
    """The records of that definition that point at the row."""
    definition = world.model.by_key[key]
    of = row.get("of")
    if of is not None:
        to, id_ = (Target.DEFINITION, of.id), row["id_record"]
    else:
        to, id_ = ((Target.CONTACTS, None), row["id_contact"]) if "id_contact" in row else (
            (Target.PRODUCTS, None), row["id"])  # fmt: skip
    relation = name or definition.relations_to(*to)[0].field
    return [each for each in world.records.values() if each["of"] == definition and each.get(relation) == id_]


def _compared(world: World, row: Row, name: str, operator: str, sent: Any) -> bool:
    value = row.get(name)
    if operator == "isNull":
        return (value is None) is sent
    if operator == "is":
        pointed = target(world, row["of"], name, value)
        return pointed is not None and fulfils(world, pointed, sent)
    positive = {"ne": "eq", "notIn": "in", "notBetween": "between", "notContains": "contains"}.get(operator)
    if positive:
        return not _compared(world, row, name, positive, sent)
    if value is None:
        return False
    own, kind = own_kind(row, name)
    if operator in ("within", "before", "after"):
        return in_time(world, own(value), operator, sent)
    if kind == "LIST":
        return any(own(each) == own(sent) for each in value)
    return comparison(own(value), operator, [own(each) for each in sent] if isinstance(sent, list) else own(sent))


def target(world: World, definition: Definition, name: str, value: Any) -> Row | None:
    relationship = definition.relationship[name]
    if relationship.target is Target.CONTACTS:
        return world.contacts.get(value)
    if relationship.target is Target.PRODUCTS:
        return world.products.get(value)
    found = world.records.get(value)
    return found if found is not None and found["of"].id == relationship.definition_id else None


def own_kind(row: Row, name: str) -> tuple[Any, str]:
    """What makes values of a field comparable, and its type."""
    definition = row.get("of")
    if definition is None or name not in definition.field:
        return {
            "email": _mail, "price": _decimal, "price_discount": _decimal, "created_at": _moment, "updated_at": _moment
        }.get(name, _same), ""  # fmt: skip
    declared = definition.field[name]
    scalar = (declared.element_type or FieldType.STRING) if declared.type is FieldType.LIST else declared.type
    if name in definition.relationship:
        return _same, ""
    return _COMPARABLE.get(scalar, _same), declared.type.value


def comparison(value: Any, operator: str, sent: Any) -> bool:
    """Whether a value that there is compares so. Both are comparable."""
    match operator:
        case "eq":
            return bool(value == sent)
        case "ne":
            return bool(value != sent)
        case "in":
            return value in sent
        case "lt":
            return bool(value < sent)
        case "lte":
            return bool(value <= sent)
        case "gt":
            return bool(value > sent)
        case "gte":
            return bool(value >= sent)
        case "between":
            return bool(sent[0] <= value <= sent[1])
        case "notBetween":
            return not sent[0] <= value <= sent[1]
        case "contains":
            return sent in value
        case "startsWith":
            return bool(value.startswith(sent))
        case "endsWith":
            return bool(value.endswith(sent))
        case "like":
            return re.fullmatch(_regex(sent), value, re.DOTALL) is not None
    raise AssertionError(operator)


def _regex(pattern: str) -> str:
    pieces = re.findall(r"\\.|.", pattern, re.DOTALL)
    return "".join({"%": ".*", "_": "."}.get(piece) or re.escape(piece[-1]) for piece in pieces)


def in_time(world: World, value: date | datetime, operator: str, sent: Any) -> bool:
    """Whether a day or moment lies within, before or after a period."""
    if isinstance(value, datetime):
        if isinstance(sent, str) and "T" in sent:
            moment = _moment(sent)
            return value < moment if operator == "before" else value > moment
        value = value.astimezone(world.zone).date()
    if isinstance(sent, str):
        first = last = date.fromisoformat(sent)
        inside = value == first
    else:
        days = [day for day in map(date.fromordinal, range(_SPAN[0], _SPAN[1])) if _inside(world.today, day, sent)]
        first, last, inside = days[0], days[-1], _inside(world.today, value, sent)
    return {"within": inside, "before": value < first, "after": value > last}[operator]


_SPAN = (date(2023, 1, 1).toordinal(), date(2029, 1, 1).toordinal())


def _inside(today: date, day: date, sent: dict[str, Any]) -> bool:
    [(word, asked)] = sent.items()
    if word == "this":
        same = {
            "DAY": lambda d: d, "WEEK": lambda d: d.isocalendar()[:2], "MONTH": lambda d: (d.year, d.month),
            "QUARTER": lambda d: (d.year, (d.month - 1) // 3), "YEAR": lambda d: d.year,
        }[asked]  # fmt: skip
        return bool(same(day) == same(today))
    [(unit, count)] = asked.items()
    distance = (today - day).days if word == "last" else (day - today).days
    return bool(0 <= distance < count * {"days": 1, "weeks": 7}[unit])


def _same(value: Any) -> Any:
    return value


def _mail(value: str) -> str:
    return value.lower()


def _decimal(value: Any) -> Decimal:
    return Decimal(str(value))


def _moment(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


_COMPARABLE: dict[FieldType, Any] = {
    FieldType.NUMBER: _decimal,
    FieldType.DECIMAL: _decimal,
    FieldType.DATE: date.fromisoformat,
    FieldType.DATETIME: _moment,
}
