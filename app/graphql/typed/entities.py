"""What can be asked of contacts, products and the records of each definition: their conditions and their orders."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from graphql import GraphQLEnumType, GraphQLInputObjectType

from app.domain import naming
from app.domain.definitions import Definition, Field, Model, Target
from app.domain.entities import CUSTOMERS, Attribute, Entity, Kind, attribute, attribute_names, of_definition
from app.domain.reverse_names import Reverse, reverses
from app.graphql.typed.conditions import Compared, Pointed, custom_where, many_filter, where_type
from app.graphql.typed.filters import SEGMENTS, Filters
from app.graphql.typed.orders import order_type

UNORDERED = (Kind.LONGTEXT, Kind.LIST, Kind.OPAQUE)
_TYPES = {Target.CONTACTS: "Contact", Target.PRODUCTS: "Product", Target.CUSTOMERS: "Customer"}
_NAMES = {(Target.PRODUCTS, "id"): "idProduct"}


Attributes = Sequence[tuple[str, Attribute]]


class Questions:
    """The input types for conditions and orders of one schema, each made when it is first asked for."""

    def __init__(
        self, model: Model, filters: Filters, options: Callable[[Definition, Field], GraphQLEnumType | None]
    ) -> None:
        self._model = model
        self._filters = filters
        self._options = options
        self._where: dict[str, GraphQLInputObjectType] = {}
        self._orders: dict[str, GraphQLInputObjectType] = {}
        self._many: dict[str, GraphQLInputObjectType] = {}
        self._attributes: dict[object, Attributes] = {}

    def attributes(self, entity: Entity) -> Attributes:
        """What can be asked of an entity, each with its name in GraphQL."""
        key = entity.target if entity.definition is None else entity.definition.key
        if key not in self._attributes:
            self._attributes[key] = [
                (_shown(entity, name), attribute(entity, name)) for name in attribute_names(entity)
            ]
        return self._attributes[key]

    def where(self, entity: Entity) -> GraphQLInputObjectType:
        name = type_name(entity)
        if name not in self._where:
            compared = [*self._compared(entity)]
            if entity.target is Target.CONTACTS:
                customers = many_filter(type_name(CUSTOMERS), self.where(CUSTOMERS))
                compared.append(Compared("customers", "customers", customers, "What the shop's systems know of it."))
                compared.append(Compared("segment", "segment", SEGMENTS, "Whether it is in one of some segments."))
            pointed = [Pointed(*names, partial(self.where, target)) for names, target in self.relations(entity)]
            ways = self.ways(entity)
            custom = custom_where(f"{name}CustomWhere", ways, self._quantified)
            self._where[name] = where_type(f"{name}Where", compared, pointed, custom, entity.name)
        return self._where[name]

    def order(self, entity: Entity) -> GraphQLInputObjectType:
        name = type_name(entity)
        if name not in self._orders:
            keys = {shown: (each.name, _hint(each)) for shown, each in self.attributes(entity)
                    if each.kind not in UNORDERED}  # fmt: skip
            relations = {shown: (key, partial(self.order, target))
                         for (shown, key), target in self.relations(entity)}  # fmt: skip
            self._orders[name] = order_type(f"{name}OrderBy", keys, relations)
        return self._orders[name]

    def ways(self, entity: Entity) -> list[Reverse]:
        """The ways back to an entity, each name once."""
        target_id = entity.definition.id if entity.definition is not None else None
        found = {each.name: each for each in reversed(reverses(self._model.definitions, entity.target, target_id))}
        return [*found.values()][::-1]

    def _compared(self, entity: Entity) -> Iterator[Compared]:
        for shown, each in self.attributes(entity):
            options = None
            if each.field is not None and entity.definition is not None:
                options = self._options(entity.definition, each.field)
            yield Compared(shown, each.name, self._filters.of(each, options), _asked(each))

    def relations(self, entity: Entity) -> Iterator[tuple[tuple[str, str], Entity]]:
        """The relations to one whose target there is: the object's name, the field, and what it leads to."""
        for relationship in entity.definition.relationships if entity.definition is not None else ():
            target = self.target(relationship.target, relationship.definition_id)
            if target is not None:
                yield (naming.object_name(relationship.field), relationship.field), target

    def target(self, target: Target, definition_id: int | None) -> Entity | None:
        """What a relation leads to; None where its definition is not shown."""
        if target is not Target.DEFINITION:
            return Entity(target)
        definition = self._model.by_id.get(definition_id or 0)
        return None if definition is None else of_definition(definition)

    def _quantified(self, way: Reverse) -> GraphQLInputObjectType:
        entity = of_definition(way.definition)
        name = type_name(entity)
        if name not in self._many:
            self._many[name] = many_filter(name, self.where(entity))
        return self._many[name]


def type_name(entity: Entity) -> str:
    return naming.type_name(entity.definition.key) if entity.definition is not None else _TYPES[entity.target]


def description(field: Field) -> str | None:
    """What people call a field, and what they say of it."""
    label = None if field.label == field.name else field.label
    said = [text.rstrip(".") for text in (label, field.description) if text]
    return f"{'. '.join(said)}." if said else None


def _asked(attribute: Attribute) -> str | None:
    """What is said of a field where it is asked for."""
    told = description(attribute.field) if attribute.field is not None else None
    return " ".join(text for text in (told, _hint(attribute)) if text) or None


def _hint(attribute: Attribute) -> str | None:
    """That there is no index for it, which is declared with the field."""
    field = attribute.field
    return "Not indexed: all records are read." if field is not None and field.slot is None else None


def _shown(entity: Entity, name: str) -> str:
    return _NAMES.get((entity.target, name)) or naming.field_name(name)
