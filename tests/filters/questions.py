"""Random conditions that mean something in a world: every operator of every kind, joined and across relations.

Made by plain `random` from a number that hypothesis chooses: made by its strategies one would take a tenth of a second.
"""

from random import Random
from typing import Any

from app.domain.definitions import FieldType, Target
from app.domain.entities import (
    CONTACTS,
    CUSTOMERS,
    PRODUCTS,
    TO_CUSTOMERS,
    Attribute,
    Entity,
    Kind,
    attribute,
    attribute_names,
    followed,
    links,
    of_definition,
    relationship,
)
from app.domain.operators import OPERATORS
from tests.filters.evaluator import World
from tests.filters.worlds import DECIMALS, TEXTS, dates, moments, values

Sent = dict[str, Any]


def entities(world: World) -> list[Entity]:
    return [*map(of_definition, world.model.definitions), CONTACTS, PRODUCTS]


class Questioner:
    """Makes up conditions."""

    def __init__(self, world: World, random: Random) -> None:
        self._world = world
        self._random = random

    def condition(self, entity: Entity, depth: int = 3, hops: int = 3) -> Sent:
        """A condition on rows of an entity."""
        inner = depth - 1, hops
        match self._random.randrange(10) if depth else 9:
            case 0:
                return {"and": [self.condition(entity, *inner) for _ in range(self._random.randrange(4))]}
            case 1 | 2:
                return {"or": [self.condition(entity, *inner) for _ in range(self._random.randrange(4))]}
            case 3:
                return {"not": self.condition(entity, *inner)}
            case 4:
                return {**self._leaf(entity, *inner), **self._leaf(entity, *inner)}
        return self._leaf(entity, depth, hops)

    def _leaf(self, entity: Entity, depth: int, hops: int) -> Sent:
        if hops and entity != CUSTOMERS and self._random.random() < 0.5:
            return self._across(entity, depth, hops)
        name = self._random.choice(attribute_names(entity))
        found = attribute(entity, name)
        operators = self._random.sample(
            OPERATORS[found.kind], 2 if self._random.random() < 0.1 and found.kind is not Kind.OPAQUE else 1
        )
        return {name: {operator: self.operand(entity, found, operator) for operator in operators}}

    def _across(self, entity: Entity, depth: int, hops: int) -> Sent:
        """Along a relation, one way or the other."""
        relations = entity.definition.relationships if entity.definition is not None else ()
        back = list(links(self._world.model, entity))
        to_customers = [TO_CUSTOMERS] if entity == CONTACTS else []
        chosen = self._random.choice([*relations, *back, *to_customers])
        if chosen in relations:
            target = followed(self._world.model, entity, chosen.field)
            return {chosen.field: {"is": self._inner(target, depth, hops)}}
        records = chosen.records
        words = self._random.sample(("some", "none", "every"), self._random.choice([0, 1, 1, 1, 2]))
        asked = {word: self._inner(records, depth, hops) for word in words}
        if not asked:
            asked["count"] = self._counts(records, depth, hops)
        if chosen.definition is None:
            return {"customers": asked}
        return {"custom": {chosen.definition.key: {**asked, "field": chosen.field}}}

    def _inner(self, entity: Entity, depth: int, hops: int) -> Sent:
        return self.condition(entity, min(depth, 1), hops - 1) if self._random.random() < 0.85 else {}

    def _counts(self, records: Entity, depth: int, hops: int) -> Sent:
        def number() -> int:
            return self._random.choice([0, 1, 1, 2, 3, 4])

        words = self._random.sample(
            ("eq", "ne", "lt", "lte", "gt", "gte", "between", "notBetween"), self._random.choice([1, 1, 2])
        )
        asked: Sent = {word: [number(), number()] if "etween" in word else number() for word in words}
        if self._random.random() < 0.6:
            asked["where"] = self._inner(records, depth, hops)
        return asked

    def operand(self, entity: Entity, found: Attribute, operator: str) -> Any:
        """A value to compare the attribute with."""
        pool = _pool(self._world, entity, found)
        some = self._random.choice
        if operator == "isNull":
            return some([True, False])
        if operator in ("in", "notIn"):
            return [some(pool) for _ in range(self._random.randrange(5))]
        if operator in ("between", "notBetween"):
            return [some(pool), some(pool)]
        if operator in ("within", "before", "after"):
            moments = [some(pool)] if found.kind is Kind.DATETIME and operator != "within" else []
            return some([some(dates(self._world.now)), self._period(), *moments])
        if operator in ("contains", "notContains", "startsWith", "endsWith") and found.kind is not Kind.LIST:
            return some(["", "@", "X.test", "p", *pool])[:199]
        if operator == "like":
            return "".join(
                some(["%", "_", "a", "b", "x", "\\%", "\\\\", "é", "@"]) for _ in range(self._random.randrange(6))
            )
        return some(pool)

    def _period(self) -> Sent:
        some = self._random.choice
        this = {"this": some(["DAY", "WEEK", "MONTH", "QUARTER", "YEAR"])}
        return some([this, {some(["last", "next"]): {some(["days", "weeks"]): some([1, 2, 7, 30])}}])


def _pool(world: World, entity: Entity, found: Attribute) -> list[Any]:
    """Values to compare an attribute with: those that rows have, and their neighbours."""
    if found.field is not None and relationship(entity, found.name) is None:
        scalar = found.field.type if found.field.type is not FieldType.LIST else found.field.element_type
        return values(scalar or FieldType.STRING, world.now, world.zone) or [None]
    match found.kind:
        case Kind.ID:
            ids = world.contacts if _to_contacts(entity, found) else world.records
            return [*[*ids][:6], 0, 1, 8_000_000_000]
        case Kind.PRODUCT:
            return ["p0", "p1", "p2", "gone", ""]
        case Kind.EMAIL:
            return ["a@x.test", "A@x.TEST", "b@y.test", "ÉLAN@x.test", "c"]
        case Kind.DECIMAL:
            return DECIMALS
        case Kind.BOOLEAN:
            return [True, False]
        case Kind.DATETIME:
            return moments(world.now, world.zone)
    return [*TEXTS[:24], "fr", "en", "EUR", "r", "shop", "till", "c1", "c7"]


def _to_contacts(entity: Entity, found: Attribute) -> bool:
    relation = relationship(entity, found.name)
    return found.name == "id_contact" or (relation is not None and relation.target is Target.CONTACTS)
