"""What an aggregate means, in plain Python: the reference that the database must agree with. Figures are fractions, so
that nothing is rounded before the end."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cmp_to_key
from typing import Any

from app.domain.aggregate_parser import SentKey, SentMeasure, SentRank
from app.domain.aggregates import Function, Unit
from app.domain.entities import Entity, Kind, attribute, followed
from tests.filters.evaluator import Row, World, comparison, in_time, own_kind, target

Groups = dict[tuple[Any, ...], list[Row]]


def reached_kind(world: World, entity: Entity, path: str) -> Kind:
    way, dot, rest = path.partition(".")
    return reached_kind(world, followed(world.model, entity, way), rest) if dot else attribute(entity, way).kind


def value(world: World, row: Row | None, path: str) -> Any:
    """A row's value along a path, in comparable form."""
    way, dot, rest = path.partition(".")
    if row is None or row.get(way) is None:
        return None
    if dot:
        return value(world, target(world, row["of"], way, row[way]), rest)
    own, kind = own_kind(row, way)
    return repr(row[way]) if kind in ("LIST", "JSON", "GEOLOCATION") else own(row[way])


def grouped(world: World, rows: Iterable[Row], keys: list[SentKey]) -> Groups:
    """The rows by their keys; without keys all of them, even none."""
    found: Groups = {} if keys else {(): []}
    for row in rows:
        found.setdefault(tuple(_key(world, row, key) for key in keys), []).append(row)
    return found


def _key(world: World, row: Row, key: SentKey) -> Any:
    found = value(world, row, key.path)
    if found is None or key.unit is None:
        return found
    day = found.astimezone(world.zone).date() if isinstance(found, datetime) else found
    return _FIRST[key.unit](day)


_FIRST: dict[Unit, Callable[[date], date]] = {
    Unit.DAY: lambda day: day,
    Unit.WEEK: lambda day: day - timedelta(days=day.isoweekday() - 1),
    Unit.MONTH: lambda day: day.replace(day=1),
    Unit.QUARTER: lambda day: day.replace(day=1, month=[1, 4, 7, 10][(day.month - 1) // 3]),
    Unit.YEAR: lambda day: day.replace(day=1, month=1),
}


def figure(world: World, rows: list[Row], measure: SentMeasure) -> Any:
    """A figure of a group's rows; None for what no values have."""
    if measure.path is None:
        return len(rows)
    values = [each for row in rows if (each := value(world, row, measure.path)) is not None]
    match measure.function:
        case Function.COUNT:
            return len(set(values)) if measure.distinct else len(values)
        case _ if not values:
            return None
        case Function.SUM:
            return sum(map(Fraction, values))
        case Function.AVG:
            return sum(map(Fraction, values)) / len(values)
        case Function.MIN:
            return min(values)
    return max(values)


def chosen(world: World, entity: Entity, rows: list[Row], sent: Row) -> bool:
    """Whether a group of these rows fulfils a condition on groups."""
    return all(_chosen(world, entity, rows, key, value) for key, value in sent.items())


def _chosen(world: World, entity: Entity, rows: list[Row], key: str, sent: Any) -> bool:
    match key:
        case "and":
            return all(chosen(world, entity, rows, each) for each in sent)
        case "or":
            return any(chosen(world, entity, rows, each) for each in sent)
        case "not":
            return not chosen(world, entity, rows, sent)
        case "count":
            measure = SentMeasure(Function.COUNT, sent.get("of"), sent.get("distinct", False))
            asked = {operator: value for operator, value in sent.items() if operator not in ("of", "distinct")}
            return all(_figured(world, figure(world, rows, measure), _whole, *each) for each in asked.items())
    function = Function[key.upper()]
    for path, asked in sent.items():
        found = figure(world, rows, SentMeasure(function, path))
        exact = function in (Function.SUM, Function.AVG)
        own = _fraction if exact else _OWN.get(reached_kind(world, entity, path), _whole)
        if not all(_figured(world, found, own, *each) for each in asked.items()):
            return False
    return True


def _figured(world: World, value: Any, own: Callable[[Any], Any], operator: str, sent: Any) -> bool:
    if operator == "isNull":
        return (value is None) is sent
    positive = {"ne": "eq", "notIn": "in", "notBetween": "between", "notContains": "contains"}.get(operator)
    if positive:
        return not _figured(world, value, own, positive, sent)
    if value is None:
        return False
    if operator in ("within", "before", "after"):
        return in_time(world, value, operator, sent)
    return comparison(value, operator, [*map(own, sent)] if isinstance(sent, list) else own(sent))


def _whole(sent: Any) -> Any:
    return sent


def _fraction(sent: Any) -> Fraction:
    return Fraction(str(sent))


_OWN: dict[Kind, Callable[[Any], Any]] = {
    Kind.NUMBER: _fraction, Kind.DECIMAL: _fraction, Kind.DATE: date.fromisoformat,
    Kind.DATETIME: datetime.fromisoformat, Kind.EMAIL: str.lower,
}  # fmt: skip


def ordered(world: World, groups: Groups, keys: list[SentKey], ranks: list[SentRank]) -> list[tuple[Any, ...]]:
    """The groups' keys in order."""

    def compare(a: tuple[Any, ...], b: tuple[Any, ...]) -> int:
        for rank in ranks:
            one, other = (_ranked(world, groups[each], each, keys, rank.by) for each in (a, b))
            if found := _compared(one, other, rank.nulls_first, -1 if rank.descending else 1):
                return found
        for one, other in zip(a, b, strict=True):
            if found := _compared(one, other, False, 1):
                return found
        return 0

    return sorted(groups, key=cmp_to_key(compare))


def _ranked(world: World, rows: list[Row], own: tuple[Any, ...], keys: list[SentKey], by: SentKey | SentMeasure) -> Any:
    if isinstance(by, SentKey):
        return next(one for one, key in zip(own, keys, strict=True) if key.path == by.path)
    found = figure(world, rows, by)
    return round(found * 10**60) if by.function is Function.AVG and found is not None else found


def _compared(one: Any, other: Any, nulls_first: bool, direction: int) -> int:
    if one is None or other is None:
        return 0 if one is other else -1 if (one is None) == nulls_first else 1
    return 0 if one == other else direction * (-1 if one < other else 1)


def told(kind: Kind, shown: Any) -> Any:
    """A value as the gateway tells it, in the form of this evaluator. DECIMAL must be in its shortest form."""
    if shown is None:
        return None
    match kind:
        case Kind.DECIMAL:
            assert isinstance(shown, str)
            assert "e" not in shown.lower()
            assert "." not in shown or shown[-1] not in "0."
            return Fraction(shown)
        case Kind.DATE:
            return date.fromisoformat(shown)
        case Kind.DATETIME:
            return datetime.fromisoformat(shown)
    return shown


def same(kind: Kind, function: Function | None, shown: Any, exact: Any) -> bool:
    """Whether a shown figure, or key, is the exact one, as rounded as it may be."""
    if shown is None or exact is None:
        return shown is exact
    if kind is Kind.NUMBER:
        return bool(shown == float(exact))
    if kind is Kind.DECIMAL and function is Function.AVG:
        return bool(told(kind, shown) == Fraction(round(exact * 10**30), 10**30))
    return bool(told(kind, shown) == (Fraction(exact) if isinstance(exact, Decimal) else exact))
