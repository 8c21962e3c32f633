"""What mutations take: everything inside one `input`."""

from decimal import Decimal
from enum import Enum

import strawberry

from app.domain.contacts import DEFAULT_SOURCE
from app.domain.draft_fields import DraftField
from app.domain.draft_relationships import DraftRelationship
from app.domain.drafts import Draft, Extension
from app.domain.overrides import DraftSource
from app.graphql.changes import ChangeEvents
from app.graphql.contacts import ContactReference
from app.graphql.definitions import ContactAccess, FieldType, SchemaType
from app.graphql.query import RecordKey
from app.graphql.scalars import JSON
from app.operations.contact_tokens import LONGEST_SECONDS, SHORTEST_SECONDS, USUAL_SECONDS
from app.operations.save_records import ErrorPolicy

strawberry.enum(
    ErrorPolicy,
    description="REJECT_ITEMS: bad items reject themselves, the rest is saved. REJECT_ALL: nothing if one is bad.",
)


@strawberry.enum(description="What to do with an e-mail that several contacts share.")
class OnAmbiguous(Enum):
    FIRST = strawberry.enum_value("FIRST", description="Take the lowest id, and warn with the candidates.")
    REJECT = strawberry.enum_value("REJECT", description="Reject the item.")


@strawberry.input(description="A field to declare.")
class FieldInput:
    name: str
    type: FieldType
    label: str | None = None
    description: str | None = None
    required: bool = False
    default: JSON | None = None
    options: list[JSON] | None = None
    element_type: FieldType | None = strawberry.field(default=None, description="Of a LIST; STRING unless given.")
    indexed: bool | None = strawberry.field(
        default=None,
        description="Whether an index slot is to hold it, for fast filters and sorting: true where it is mostly asked "
        "for, false where it is not. Else it takes one that is left, in declared order; `limits` tells how many.",
    )

    def draft(self) -> DraftField:
        return DraftField(
            name=self.name, type=self.type, label=self.label, description=self.description, required=self.required,
            default=self.default, options=self.options or (), element_type=self.element_type, indexed=self.indexed,
        )  # fmt: skip


@strawberry.input(description="A declared field that is to point to contacts, products or records of a definition.")
class RelationshipInput:
    source_field: str = strawberry.field(description="A declared field: NUMBER, or also STRING to products.")
    target_schema_type: SchemaType
    target_schema: str = strawberry.field(description='"contacts", "products", or a definition\'s key or id.')
    target_field: str | None = strawberry.field(default=None, description="May only name the target's id.")

    def draft(self) -> DraftRelationship:
        return DraftRelationship(
            self.source_field, self.target_schema_type.value, self.target_schema, self.target_field
        )


@strawberry.input(description="A new definition: its fields, which of them identify a record, and where they point.")
class CreateDefinitionInput:
    name: str
    fields: list[FieldInput]
    key: str | None = strawberry.field(default=None, description="snake_case; derived from the name unless given.")
    description: str | None = None
    unique_keys: list[str] | None = strawberry.field(
        default=None, description="The fields that together identify a record: saving one again then updates it."
    )
    relationships: list[RelationshipInput] | None = None
    contact_access: ContactAccess = strawberry.field(
        default=ContactAccess.NONE, description="READ opens it to contact tokens."
    )

    def draft(self) -> Draft:
        return Draft(
            name=self.name, fields=[field.draft() for field in self.fields], key=self.key,
            description=self.description, unique_keys=self.unique_keys or (),
            relationships=[relationship.draft() for relationship in self.relationships or ()],
            contact_access=self.contact_access,
        )  # fmt: skip


@strawberry.input(description="More allowed values for a field.")
class FieldOptionsInput:
    field: str
    options: list[JSON] = strawberry.field(description="Values to add to the allowed ones.")


@strawberry.input(
    description="What a definition is to gain, and its new name or description. Nothing is ever taken away."
)
class ExtendDefinitionInput:
    definition: str
    name: str | None = None
    description: str | None = None
    fields: list[FieldInput] | None = strawberry.field(default=None, description="Fields to add.")
    relationships: list[RelationshipInput] | None = strawberry.field(
        default=None, description="Relationships of added fields."
    )
    options: list[FieldOptionsInput] | None = None
    contact_access: ContactAccess | None = None

    def extension(self) -> Extension:
        options: dict[str, list[JSON]] = {}
        for each in self.options or ():
            options.setdefault(each.field, []).extend(each.options)
        return Extension(
            name=self.name, description=self.description, fields=[field.draft() for field in self.fields or ()],
            relationships=[relationship.draft() for relationship in self.relationships or ()],
            options=options, contact_access=self.contact_access,
        )  # fmt: skip


@strawberry.input(description="Names a definition.")
class DefinitionInput:
    definition: str = strawberry.field(description="Key or id.")


@strawberry.input(description="Names a definition that is to go.")
class DeleteDefinitionInput:
    definition: str = strawberry.field(description="Key or id.")
    force: bool = strawberry.field(default=False, description="Also while it is used; override sources on it go too.")


_DRY_RUN = "Only tells what this would do, and writes nothing: see `dryRun` of the payload."


@strawberry.input(description="Records of one definition, and what to do with bad ones.")
class SaveRecordsInput:
    definition: str = strawberry.field(description="Key or id.")
    records: list[JSON] = strawberry.field(
        description="1 to 50 objects of fields and values. A relation takes an id or {by, value}: a contact by "
        "id_contact, email or id_customer (with source), a product by id or reference."
    )
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_ITEMS
    on_ambiguous: OnAmbiguous = OnAmbiguous.FIRST
    events: ChangeEvents = strawberry.field(default=ChangeEvents.EMIT, description="Who is told of what changes.")
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)
    idempotency_key: str | None = strawberry.field(
        default=None, description="1 to 255 characters; a retry within 24 hours answers the same and writes nothing."
    )


@strawberry.input(description="One record, by `id` or `by` its unique key, and what is to change in it.")
class UpdateRecordInput:
    data: JSON = strawberry.field(description="Fields to change; null clears, absent fields stay.")
    id: strawberry.ID | None = strawberry.field(default=None, description="`id` or `idRecord`.")
    by: RecordKey | None = None
    if_version: int | None = strawberry.field(default=None, description="Refuse if the record has another version.")
    events: ChangeEvents = strawberry.field(default=ChangeEvents.EMIT, description="Who is told of what changes.")
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)


@strawberry.input(description="One record, by `id` or `by` its unique key.")
class DeleteRecordInput:
    id: strawberry.ID | None = strawberry.field(default=None, description="`id` or `idRecord`.")
    by: RecordKey | None = None
    force: bool = strawberry.field(default=False, description="Also while other records refer to it.")
    events: ChangeEvents = strawberry.field(default=ChangeEvents.EMIT, description="Who is told of what changes.")
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)


@strawberry.input(description="Records of one definition, by id.")
class BulkDeleteRecordsInput:
    definition: str = strawberry.field(description="Key or id.")
    ids: list[strawberry.ID] = strawberry.field(description="1 to 20, each `id` or `idRecord`.")
    force: bool = strawberry.field(default=False, description="Also while other records refer to them.")
    events: ChangeEvents = strawberry.field(default=ChangeEvents.EMIT, description="Who is told of what changes.")
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)


@strawberry.input(description="A field whose amounts are to replace a product's, and the way from it to the contact.")
class OverrideSourceInput:
    definition: str = strawberry.field(description="Key or id.")
    field: str = strawberry.field(description="A DECIMAL or NUMBER field that holds the amount.")
    priority: int = strawberry.field(description="1 is asked first; 1 to 3, each once.")
    contact_path: list[str] | None = strawberry.field(
        default=None, description="Needed only where several ways lead to the contact; see overridePaths."
    )
    product_field: str | None = strawberry.field(default=None, description="Needed only with several to products.")
    latest_by: str | None = strawberry.field(
        default=None, description='Of several rows at a hop the latest by this field counts ("since").'
    )

    def draft(self) -> DraftSource:
        path = tuple(self.contact_path) if self.contact_path is not None else None
        return DraftSource(self.definition, self.field, self.priority, path, self.product_field, self.latest_by)


@strawberry.input(description="All the sources of one system field: they replace those it has.")
class SetOverridesInput:
    system_field: str = strawberry.field(description='"price" or "price_discount".')
    sources: list[OverrideSourceInput] = strawberry.field(description="At most three; an empty list clears them.")
    system_schema: str = "products"


@strawberry.input(
    description="A customer as one of the shop's systems knows it, identified by `source` and `idCustomer`."
)
class CustomerInput:
    id_customer: str
    source: str = DEFAULT_SOURCE
    email: str | None = None
    email_verified: bool = strawberry.field(
        default=False, description="Whether this customer proved to own the address; only then contacts unify by it."
    )
    first_name: str | None = None
    last_name: str | None = None
    lang: str | None = None


@strawberry.input(description="Customers to save.")
class SaveCustomersInput:
    customers: list[CustomerInput] = strawberry.field(description="1 to 50.")
    idempotency_key: str | None = None


@strawberry.input(description="Names a customer.")
class CustomerKeyInput:
    id_customer: str
    source: str = DEFAULT_SOURCE


@strawberry.input(description="Customers that are to go.")
class DeleteCustomersInput:
    customers: list[CustomerKeyInput] = strawberry.field(description="1 to 50.")


@strawberry.input(description="A whole product, identified by `idProduct`: what is left out is emptied.")
class ProductInput:
    id_product: strawberry.ID
    name: str
    price: Decimal
    reference: str | None = None
    price_discount: Decimal | None = strawberry.field(
        default=None, description="The reduced final price, not an amount off."
    )
    currency: str | None = None
    lang: str | None = None
    is_active: bool = True


@strawberry.input(description="Whom a token is for, and for how long.")
class CreateContactTokenInput:
    contact: ContactReference
    expires_in: int = strawberry.field(
        default=USUAL_SECONDS, description=f"Seconds, {SHORTEST_SECONDS} to {LONGEST_SECONDS:,}."
    )


@strawberry.input(description="Products to save.")
class SaveProductsInput:
    products: list[ProductInput] = strawberry.field(description="1 to 50; each is the whole product.")
    idempotency_key: str | None = None


@strawberry.input(description="Products that are to go.")
class DeleteProductsInput:
    ids: list[strawberry.ID] = strawberry.field(description="1 to 50 product ids.")


_FILTER = "The same by the shop's own types, instead of `where`."


@strawberry.input(description="A condition on contacts, to be kept under a name: `where` or `filter`.")
class CreateSegmentInput:
    name: str
    where: JSON | None = strawberry.field(
        default=None,
        description="On contacts, in general form, and `segment: {in: [...]}` with names or ids of other segments.",
    )
    filter: JSON | None = strawberry.field(default=None, description=_FILTER)  # typed/written.py


@strawberry.input(description="A segment's new name or condition; what is left out stays.")
class UpdateSegmentInput:
    segment: str = strawberry.field(description="Name or id.")
    name: str | None = None
    where: JSON | None = None
    filter: JSON | None = strawberry.field(default=None, description=_FILTER)  # typed/written.py


@strawberry.input(description="Names a segment that is to go.")
class DeleteSegmentInput:
    segment: str = strawberry.field(description="Name or id.")
