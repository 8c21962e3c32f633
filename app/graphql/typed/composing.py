"""One shop's schema: the core's types, those of the shop's definitions, and the fields that lead to these."""

from collections.abc import Sequence
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLID,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
)

from app.domain import naming
from app.domain.access import may_own
from app.domain.definitions import Definition, Field, FieldType, Model
from app.domain.entities import CONTACTS, PRODUCTS, Entity, of_definition
from app.domain.values import scalar_type
from app.execution.native import native_field, same
from app.graphql.possible import listing
from app.graphql.typed import reading
from app.graphql.typed.aggregate_fields import AggregateFields
from app.graphql.typed.changed import Changed
from app.graphql.typed.copying import Copy, Fields, retyped
from app.graphql.typed.entities import Questions
from app.graphql.typed.filters import Filters
from app.graphql.typed.group_inputs import GROUP_VALUE
from app.graphql.typed.record_types import Records
from app.graphql.typed.references import PRODUCT_REFERENCE
from app.graphql.typed.scalars import FLOAT, date_time
from app.graphql.typed.writing import Writes
from app.graphql.typed.written import Written


def compose(core: GraphQLSchema, definitions: Sequence[Definition] = (), *, contact: bool = False) -> GraphQLSchema:
    """The schema of a shop with these definitions; without any, the core schema as it is served. A contact's has no
    fields that contacts may not ask for. The definitions' ids are looked at only to tell what refers to what."""
    composition = _Composition(core, definitions, contact=contact)
    made = composition.schema()
    composition.end()
    return made


def dismantle(made: GraphQLSchema, core: GraphQLSchema) -> None:
    """Empties the types of a shop's schema, so that they are free at once: the interpreter looks for what refers to
    itself rarely while it serves, and never at what was there for long. Those that the core has too stay."""
    for name, kind in [*made.type_map.items()]:
        if core.type_map.get(name) is not kind and kind not in _SHARED:
            vars(kind).clear()
    vars(made).clear()


_SHARED = (FLOAT, GROUP_VALUE, PRODUCT_REFERENCE)  # besides what the core has
_OTHERS = ("Date", "Geolocation", "GeolocationInput", "GroupValue", "ProductReference", "SortOrder", "TriggerOn")


class _Composition:
    def __init__(self, core: GraphQLSchema, definitions: Sequence[Definition], *, contact: bool) -> None:
        shown = _shown(core, definitions)
        self._definitions = shown
        self._contact = contact
        self._enums: dict[str, GraphQLEnumType] = {}
        self._enumerated = {each.key: _enumerated(each) for each in shown}
        scalars: dict[str, Any] = {name: core.type_map[name] for name in ("Decimal", "DateTime", "JSON")}
        scalars["DateTime"] = date_time(scalars["DateTime"])
        changes = {"Query": self._query, "Contact": self._contact_fields, "Product": self._product_fields,
                   "Segment": self._segment}  # fmt: skip
        if not contact:
            changes |= {"Mutation": self._mutation, "Subscription": self._subscription}
        units: Any = core.type_map["CalendarUnit"]
        filters = Filters(scalars, units)
        self._questions = Questions(Model(0, tuple(shown), ()), filters, self._options)
        written = Written(self._questions, () if contact else shown).instead(core.type_map)
        self._copy = Copy(core, {"DateTime": scalars["DateTime"], **written}, changes)
        self._aggregates = AggregateFields(self._copy, self._questions, filters, self._options)
        self._records = Records(
            self._copy, self._questions, filters, self._options, None if contact else self._aggregates
        )
        self._changed = Changed(self._copy, self._questions, self._records)
        self._writes = Writes(self._copy, self._questions, self._records)

    def schema(self) -> GraphQLSchema:
        return self._copy.schema([self._records.type(each) for each in self._definitions])

    def end(self) -> None:
        """The types are made, and need us no more. We refer to ourselves."""
        vars(self._copy).clear()
        vars(self).clear()

    def _query(self, fields: Fields) -> Fields:
        for name, entity in (("contacts", CONTACTS), ("products", PRODUCTS)):
            asked = self._asked(entity)
            fields[name] = retyped(fields[name], fields[name].type, asked)
            groups = f"{name}Aggregate"
            fields[groups] = retyped(fields[groups], fields[groups].type, {"where": asked["where"]})
        if any(self._listed(each) for each in self._definitions):
            description = "The shop's own kinds of object, by their definition."
            fields["custom"] = native_field(
                GraphQLNonNull(GraphQLObjectType("ShopCustom", self._roots, description=description)),
                reading.custom, informed=True, description=description,
            )  # fmt: skip
        return fields

    def _mutation(self, fields: Fields) -> Fields:
        return fields | {"custom": self._writes.field(self._definitions)} if self._definitions else fields

    def _subscription(self, fields: Fields) -> Fields:
        return fields | self._changed.fields(self._definitions, fields["customDataChanged"])

    def _asked(self, entity: Entity) -> dict[str, Any]:
        order = GraphQLList(GraphQLNonNull(self._questions.order(entity)))
        return {"where": self._questions.where(entity), "orderBy": order}

    def _roots(self) -> Fields:
        fields: Fields = {}
        for definition in filter(self._listed, self._definitions):
            name = naming.field_name(definition.key)
            fields[name] = self._records.page(definition, reading.listing(definition.key))
            fields[f"{name}ById"] = native_field(
                self._records.type(definition), reading.by_id(definition.key), informed=True,
                args={"idRecord": GraphQLArgument(GraphQLNonNull(GraphQLID), out_name="id_record")},
                description=f"A record of {definition.name} by `idRecord` or `id`.",
            )  # fmt: skip
            if definition.unique_keys and not self._contact:
                fields[f"{name}ByKey"] = self._by_key(definition)
            if not self._contact:
                entity = of_definition(definition)
                fields[f"{name}Aggregate"] = self._aggregates.field(entity, reading.groups(definition.key))
        return fields if self._contact else fields | self._groups()

    def _groups(self) -> Fields:
        """What contacts and products amount to, by their types. No definition may be called so."""
        return {
            f"{entity.name}Aggregate": self._aggregates.field(entity, reading.groups_of_all(entity))
            for entity in (CONTACTS, PRODUCTS)
        }

    def _listed(self, definition: Definition) -> bool:
        return not self._contact or may_own(definition)

    def _by_key(self, definition: Definition) -> Any:
        args = {}
        for key in definition.unique_keys:
            field = definition.field[key]
            relation = key in definition.relationship
            kind = GraphQLID if relation else self._records.value_type(definition, field)
            args[naming.field_name(key)] = GraphQLArgument(GraphQLNonNull(kind), out_name=key)  # type: ignore[arg-type]
        return native_field(
            self._records.type(definition), reading.by_key(definition), informed=True, args=args,
            description=f"A record of {definition.name} by its unique key.",
        )  # fmt: skip

    def _contact_fields(self, fields: Fields) -> Fields:
        for name in ("matches", "why"):
            fields[name] = retyped(fields[name], fields[name].type, {"filter": self._questions.where(CONTACTS)})
        ways = [way for way in self._questions.ways(CONTACTS) if self._listed(way.definition)]
        return fields | self._custom("Contact", self._records.behind(ways, reading.of_contacts))

    def _product_fields(self, fields: Fields) -> Fields:
        ways = [] if self._contact else self._questions.ways(PRODUCTS)
        return fields | self._custom("Product", self._records.behind(ways, reading.of_products))

    def _segment(self, fields: Fields) -> Fields:
        """Its contacts are ordered as all contacts are."""
        listed = fields["contacts"]
        return fields | {"contacts": retyped(listed, listed.type, {"orderBy": self._asked(CONTACTS)["orderBy"]})}

    def _custom(self, of: str, fields: Fields) -> Fields:
        if not fields:
            return {}
        description = f"The records that point at a {of.lower()}, by their definition."
        kind = GraphQLObjectType(f"{of}Custom", fields, description=description)
        return {"custom": native_field(GraphQLNonNull(kind), same, description=description)}

    def _options(self, definition: Definition, field: Field) -> GraphQLEnumType | None:
        """The enum of a field's options, if they are names; else they stay texts or numbers."""
        if not field.options or field.name not in self._enumerated[definition.key]:
            return None
        name = naming.options_name(definition.key, field.name)
        if name not in self._enums:
            values = {option: GraphQLEnumValue(option) for option in field.options}
            description = f"The options of {field.label} in {definition.name}."
            self._enums[name] = listing(GraphQLEnumType(name, values, description=description))
        return self._enums[name]


def _enumerated(definition: Definition) -> frozenset[str]:
    """The fields whose options are an enum. Where two enums or their filters would be called alike, the field that was
    declared first has its own."""
    found, taken = set[str](), set[str]()
    for field in definition.fields:
        if not field.options or scalar_type(field) is not FieldType.STRING:
            continue
        names = {f"{naming.options_name(definition.key, field.name)}{end}" for end in ("", "Filter", "ListFilter")}
        if all(map(naming.is_enum_name, field.options)) and taken.isdisjoint(names):
            found.add(field.name)
            taken |= names
    return frozenset(found)


def _shown(core: GraphQLSchema, definitions: Sequence[Definition]) -> list[Definition]:
    """The definitions whose types have names of their own. Others are from before that was a rule, and are read in
    general form."""
    names = {*core.type_map, *_OTHERS}
    found = []
    for definition in definitions:
        name = naming.type_name(definition.key)
        made = {f"{name}{suffix}" for suffix in ("", *naming.TYPE_SUFFIXES)}
        if names.isdisjoint(made) and naming.key_problem(definition.key) is None:
            names.add(name)
            found.append(definition)
    return found
