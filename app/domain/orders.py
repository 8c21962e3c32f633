"""Orders: by which attributes rows are sorted, and the text a cursor carries to be refused by another order.

Rows that are equal in all of it come in order of their ids, in the direction of the last attribute. Nulls have a place:
last, whatever the direction, unless `nulls` says FIRST. Texts are ordered by code point.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256

from app.domain import limits
from app.domain.definitions import Model
from app.domain.entities import Attribute, Entity, Kind, attribute, followed
from app.domain.problems import Code, Problem, Unfit

UNORDERED = (Kind.LONGTEXT, Kind.LIST, Kind.OPAQUE)


class Direction(Enum):
    ASC = "ASC"
    DESC = "DESC"


class Nulls(Enum):
    FIRST = "FIRST"
    LAST = "LAST"


@dataclass(frozen=True, slots=True)
class Hop:
    """A to-one relation on the way to an attribute: the field, and what it points to."""

    field: str
    target: Entity


@dataclass(frozen=True, slots=True)
class OrderField:
    """An attribute of the rows, or of what their relations lead to; null where a relation leads nowhere."""

    hops: tuple[Hop, ...]
    attribute: Attribute
    descending: bool = False
    nulls_first: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """Without fields it is that of the ids. `digest` is equal for equal orders of the same entity, and no others."""

    fields: tuple[OrderField, ...]
    digest: str

    @property
    def descending(self) -> bool:
        """In which direction ids decide between equal rows."""
        return bool(self.fields) and self.fields[-1].descending


@dataclass(frozen=True, slots=True)
class SentField:
    """One field of an order as sent. `path` leads along relations: "contact_id.last_name"."""

    path: str
    direction: Direction = Direction.ASC
    nulls: Nulls = Nulls.LAST


def parse_order(model: Model, entity: Entity, sent: Sequence[SentField]) -> tuple[Order | None, Problem | None]:
    """The order that was sent for rows of an entity, or what is wrong with it."""
    if len(sent) > limits.ORDER_FIELDS:
        message = f"{len(sent)} fields were sent to order by; at most {limits.ORDER_FIELDS} fit."
        return None, Problem(Code.LIMIT_EXCEEDED, message, "orderBy")
    fields = []
    for index, each in enumerate(sent):
        try:
            fields.append(_field(model, entity, each))
        except Unfit as unfit:
            return None, Problem(unfit.problem.code, unfit.problem.message, f"orderBy.{index}")
    return Order(tuple(fields), _digest(entity, sent)), None


def reach(model: Model, entity: Entity, path: str) -> tuple[tuple[Hop, ...], Attribute]:
    """The relations that a path leads along, and the attribute at its end. Raises Unfit."""
    *ways, name = path.split(".")
    if len(ways) > limits.ORDER_HOPS:
        message = f"A path leads along at most {limits.ORDER_HOPS} relations; this follows {len(ways)}."
        raise Unfit(Code.LIMIT_EXCEEDED, message)
    hops = []
    for way in ways:
        entity = followed(model, entity, way)
        hops.append(Hop(way, entity))
    return tuple(hops), attribute(entity, name)


def _field(model: Model, entity: Entity, sent: SentField) -> OrderField:
    hops, found = reach(model, entity, sent.path)
    name = found.name
    if found.kind in UNORDERED:
        kind = found.field.type.value if found.field is not None else found.kind.name
        raise Unfit(Code.INVALID_ORDER, f"{name} is {kind}: nothing is ordered by that. Choose another field.")
    return OrderField(hops, found, sent.direction is Direction.DESC, sent.nulls is Nulls.FIRST)


def _digest(entity: Entity, sent: Sequence[SentField]) -> str:
    """Paths hold no line breaks once they are found to be names."""
    owner = entity.definition.id if entity.definition is not None else entity.target.value
    parts = [f"{each.path} {each.direction.value} {each.nulls.value}" for each in sent]
    return sha256("\n".join([str(owner), *parts]).encode()).hexdigest()[:16]
