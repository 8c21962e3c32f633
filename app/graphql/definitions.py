"""Definitions: the shop's own kinds of object."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from app.domain import definitions as domain
from app.execution import Column, attribute, batched
from app.graphql.context import Info
from app.graphql.node import Node, opaque_id, own_id
from app.graphql.scalars import JSON

DefinitionName = Annotated[str, strawberry.argument(description="A definition's key or id.")]
RelationName = Annotated[str | None, strawberry.argument(description="Its relation that leads here.")]

FieldType = domain.FieldType
DefinitionStatus = domain.Status
ContactAccess = domain.ContactAccess

strawberry.enum(
    ContactAccess,
    description="READ opens a definition to contact tokens: a contact's own records, and what these point at.",
)

strawberry.enum(
    FieldType,
    description="How a field's values are written. DECIMAL is exact and travels as a text; NUMBER is a double; DATE is "
    "YYYY-MM-DD; DATETIME is ISO 8601 with an offset; GEOLOCATION is {lat, lng}.",
)
strawberry.enum(
    DefinitionStatus,
    name="DefinitionStatus",
    description="INACTIVE is read-only: reads and prices go on, writes are refused.",
)


@strawberry.enum(description="SYSTEM: contacts or products. CUSTOM: another definition of the shop.")
class SchemaType(Enum):
    SYSTEM = "SYSTEM"
    CUSTOM = "CUSTOM"


@strawberry.type(description="One declared field.")
class Field:
    name: str = attribute("row.name")
    label: str = attribute("row.label")
    type: FieldType = attribute("row.type")
    description: str | None = attribute("row.description")
    required: bool = attribute("row.required", description="Binds creation and explicit nulls.")
    default: JSON | None = attribute("row.default", description="Fills the field when it is absent on creation.")
    options: list[JSON] = attribute("row.options", description="The allowed values; empty means any.")
    element_type: FieldType | None = attribute("row.element_type", description="Of a LIST.")
    row: strawberry.Private[domain.Field]

    @batched(description="Whether an index slot holds it, for fast filters and sorting.")
    @staticmethod
    def indexed(parents: Sequence["Field"]) -> Column[bool]:
        return [parent.row.slot is not None for parent in parents]


@strawberry.type(description="A field that points to contacts, products or records of a definition.")
class Relationship:
    source_field: str
    target_schema_type: SchemaType
    target_schema: str = strawberry.field(description='"contacts", "products", or the key of a definition.')
    target: strawberry.Private[domain.Definition | None]
    model: strawberry.Private[domain.Model]

    @strawberry.field(description="The definition pointed to, if it is a custom one.")
    def target_definition(
        self,
    ) -> Annotated["CustomDataDefinition", strawberry.lazy("app.graphql.definitions")] | None:
        return definition_node(self.target, self.model) if self.target is not None else None


@strawberry.type(description="The schema of one of the shop's own kinds of object.")
class CustomDataDefinition(Node):
    id: strawberry.ID = opaque_id("CustomDataDefinition")
    id_definition: strawberry.ID = own_id()
    key: str = attribute("row.key", description="Names it in queries; never changes.")
    name: str = attribute("row.name")
    description: str | None = attribute("row.description")
    status: DefinitionStatus = attribute("row.status")
    contact_access: ContactAccess = attribute("row.contact_access")
    unique_keys: list[str] = attribute("row.unique_keys", description="The fields that together identify a record.")
    created_at: datetime = attribute("row.created_at")
    updated_at: datetime = attribute("row.updated_at")
    row: strawberry.Private[domain.Definition]
    model: strawberry.Private[domain.Model]

    @batched(description="In declared order.")
    @staticmethod
    def fields(parents: Sequence["CustomDataDefinition"]) -> Column[list[Field]]:
        return [[Field(row=field) for field in parent.row.fields] for parent in parents]

    @batched(description="Where its fields point.")
    @staticmethod
    def relationships(parents: Sequence["CustomDataDefinition"]) -> Column[list[Relationship]]:
        return [[_relationship(each, parent.model) for each in parent.row.relationships] for parent in parents]


def definition_node(row: domain.Definition, model: domain.Model) -> CustomDataDefinition:
    return CustomDataDefinition(row=row, model=model)


async def load_definition(info: Info, definition_id: int | None) -> CustomDataDefinition | None:
    """The definition of that id, unless it was deleted."""
    model = await info.context.model()
    row = model.by_id.get(definition_id or 0)
    return definition_node(row, model) if row is not None else None


def _relationship(relationship: domain.Relationship, model: domain.Model) -> Relationship:
    custom = relationship.target is domain.Target.DEFINITION
    target = model.by_id.get(relationship.definition_id or 0) if custom else None
    gone = str(relationship.definition_id)
    return Relationship(
        source_field=relationship.field,
        target_schema_type=SchemaType.CUSTOM if custom else SchemaType.SYSTEM,
        target_schema=(target.key if target else gone) if custom else relationship.target.value,
        target=target,
        model=model,
    )
