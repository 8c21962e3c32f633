"""Definitions: the shop's own kinds of object."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from app.domain import definitions as domain
from app.graphql.context import Info
from app.graphql.node import Node, encode
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
    name: str
    label: str
    type: FieldType
    description: str | None
    required: bool = strawberry.field(description="Binds creation and explicit nulls.")
    default: JSON | None = strawberry.field(description="Fills the field when it is absent on creation.")
    options: list[JSON] = strawberry.field(description="The allowed values; empty means any.")
    element_type: FieldType | None = strawberry.field(description="Of a LIST.")
    indexed: bool = strawberry.field(description="Whether an index slot holds it, for fast filters and sorting.")


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
    id_definition: strawberry.ID
    key: str = strawberry.field(description="Names it in queries; never changes.")
    name: str
    description: str | None
    status: DefinitionStatus
    contact_access: ContactAccess
    unique_keys: list[str] = strawberry.field(description="The fields that together identify a record.")
    created_at: datetime
    updated_at: datetime
    row: strawberry.Private[domain.Definition]
    model: strawberry.Private[domain.Model]

    @strawberry.field(description="In declared order.")
    def fields(self) -> list[Field]:
        return [_field(field) for field in self.row.fields]

    @strawberry.field(description="Where its fields point.")
    def relationships(self) -> list[Relationship]:
        return [_relationship(relationship, self.model) for relationship in self.row.relationships]


def definition_node(row: domain.Definition, model: domain.Model) -> CustomDataDefinition:
    return CustomDataDefinition(
        id=encode("CustomDataDefinition", row.id),
        id_definition=strawberry.ID(str(row.id)),
        key=row.key,
        name=row.name,
        description=row.description,
        status=row.status,
        contact_access=row.contact_access,
        unique_keys=list(row.unique_keys),
        created_at=row.created_at,
        updated_at=row.updated_at,
        row=row,
        model=model,
    )


async def load_definition(info: Info, definition_id: int | None) -> CustomDataDefinition | None:
    """The definition of that id, unless it was deleted."""
    model = await info.context.model()
    row = model.by_id.get(definition_id or 0)
    return definition_node(row, model) if row is not None else None


def _field(field: domain.Field) -> Field:
    return Field(
        name=field.name,
        label=field.label,
        type=field.type,
        description=field.description,
        required=field.required,
        default=field.default,
        options=list(field.options),
        element_type=field.element_type,
        indexed=field.slot is not None,
    )


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
