"""The ways in for reading."""

import asyncio
from typing import Annotated

import strawberry

from app.domain.access import Scope
from app.domain.entities import CONTACTS, PRODUCTS
from app.domain.limits import COUNT_BOUND, PAGE_SIZE
from app.graphql import documented
from app.graphql import overrides as override_types
from app.graphql.access import only_keys
from app.graphql.aggregate_types import Aggregates, FirstGroups, GroupOrders, GroupsBy, Having
from app.graphql.aggregates import GroupArguments, aggregate, aggregate_records
from app.graphql.changes import custom_data_changes
from app.graphql.connection import After, Before, Connection, First, Last, connect, number_page
from app.graphql.contacts import Contact, ContactReference, contact_nodes, find_contact, load_contact
from app.graphql.context import Info
from app.graphql.definitions import (
    CustomDataDefinition,
    DefinitionName,
    DefinitionStatus,
    definition_node,
    load_definition,
)
from app.graphql.deliveries import webhook_deliveries
from app.graphql.errors import Refusal, limit, refuse
from app.graphql.following import followed
from app.graphql.list_arguments import Orders, TypedOrders, TypedWhere, Where
from app.graphql.listing import filtered_contacts, filtered_products, filtered_records, plain_cursors
from app.graphql.node import Node, number_of
from app.graphql.node_fetching import fetch
from app.graphql.products import Product, catalogue, check_search, chosen, load_product
from app.graphql.records import CustomDataRecord, load_own_record, record_node, records_page
from app.graphql.scalars import JSON
from app.graphql.segments import Segment, all_segments, load_segment
from app.graphql.shop import Shop, shop_node
from app.graphql.templates import render_template, render_templates, template_variables
from app.graphql.triggers import triggers
from app.operations.find_records import Named, find_record
from app.store import contacts as contact_store

Search = Annotated[
    str | None, strawberry.argument(description="The beginning of an e-mail, name or reference; case does not count.")
]


@strawberry.input(description="A record by its definition (key or id) and the value of its unique key.")
class RecordKey:
    definition: str
    key: JSON = strawberry.field(
        description="An object of the unique key's fields, or the bare value where it is a single field. Relations may "
        "be given as {by, value}."
    )


async def me(info: Info) -> Contact | None:
    """The contact of a contact token; null for an API key."""
    contact_id = info.context.viewer.contact_id
    return await load_contact(info, contact_id) if contact_id is not None else None


async def shop(info: Info) -> Shop:
    """The shop of the API key."""
    return shop_node(info.context.shop)


async def node(info: Info, id: strawberry.ID) -> Node | None:
    """Anything by its opaque id; null for what is not there."""
    return await fetch(info, id)


async def nodes(info: Info, ids: list[strawberry.ID]) -> list[Node | None]:
    """The same for many, aligned with the ids."""
    if len(ids) > PAGE_SIZE:
        raise Refusal(
            "LIMIT_EXCEEDED", f"{len(ids)} ids were sent; at most {PAGE_SIZE} fit.", **limit("ids", len(ids), PAGE_SIZE)
        )
    return list(await asyncio.gather(*(fetch(info, id_) for id_ in ids)))


async def custom_data_definition(
    info: Info, id: strawberry.ID | None = None, key: str | None = None
) -> CustomDataDefinition | None:
    """A definition by its key or its id."""
    if (id is None) == (key is None):
        raise Refusal("BAD_USER_INPUT", "Send either id or key.")
    model = await info.context.model()
    if key is not None:
        row = model.by_key.get(key)
        return definition_node(row, model) if row is not None else None
    return await load_definition(info, number_of(str(id), "CustomDataDefinition"))


async def custom_data_definitions(info: Info, status: DefinitionStatus | None = None) -> list[CustomDataDefinition]:
    """The shop's definitions in order of creation; deleted ones are gone."""
    model = await info.context.model()
    return [definition_node(row, model) for row in model.definitions if status in (None, row.status)]


async def custom_data_record(
    info: Info, id: strawberry.ID | None = None, by: RecordKey | None = None
) -> CustomDataRecord | None:
    """A record by its id (`id` or `idRecord`), or by definition and unique key."""
    if (id is None) == (by is None):
        raise Refusal("BAD_USER_INPUT", "Send either id or by.")
    if by is None:
        record_id = number_of(str(id), "CustomDataRecord")
        return await load_own_record(info, record_id, followed(info)) if record_id is not None else None
    only_keys(info)
    model = await info.context.model()
    row, problems = await find_record(info.context.session, model, Named(definition=by.definition, key=by.key))
    if problems:
        refuse(problems[0])
    return record_node(row, model.by_id[row.definition_id]) if row is not None else None


async def custom_data_records(
    info: Info,
    definition: DefinitionName,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    where: Where = None,
    order_by: Orders = None,
) -> Connection[CustomDataRecord] | None:
    """A definition's records that fulfil `where`, in order of id or as `orderBy` says."""
    asked = (first, after, last, before)
    if where is not None or order_by:
        return await filtered_records(info, definition, asked, where, order_by)
    plain_cursors(after, before)
    return await records_page(info, definition, asked)


async def contact(info: Info, by: ContactReference) -> Contact | None:
    """A contact by one of its identifiers. Of several with one e-mail, the one with the lowest id."""
    try:
        return await load_contact(info, await find_contact(info, by))
    except Refusal as refusal:
        if (refusal.extensions or {}).get("code") == "CONTACT_NOT_FOUND":
            return None
        raise


async def contacts(
    info: Info, search: Search = None, first: First = None, after: After = None, last: Last = None,
    before: Before = None, where: TypedWhere = None, order_by: TypedOrders = None,
) -> Connection[Contact]:  # fmt: skip
    """The shop's contacts that fulfil `where`, in order of id or as `orderBy` says."""
    if where is not None or order_by:
        return await filtered_contacts(info, (first, after, last, before), where, order_by, search)
    plain_cursors(after, before)
    check_search(search)
    page = number_page(first, after, last, before)
    session = info.context.session
    rows = await contact_store.page(session, page, search)

    async def counted() -> int:
        return await contact_store.count(session, COUNT_BOUND + 1, search)

    return connect(rows, page, contact_nodes, counted)


async def custom_data_aggregate(
    info: Info, definition: DefinitionName, where: Where = None, group_by: GroupsBy = None,
    order_by: GroupOrders = None, first: FirstGroups = None, having: Having = None,
) -> Aggregates | None:  # fmt: skip
    """What a definition's records that fulfil `where` amount to, in groups."""
    return await aggregate_records(info, definition, GroupArguments(where, group_by, order_by, first, having))


async def contacts_aggregate(
    info: Info,
    where: TypedWhere = None,
    group_by: GroupsBy = None,
    order_by: GroupOrders = None,
    first: FirstGroups = None,
    having: Having = None,
) -> Aggregates | None:
    """What the shop's contacts that fulfil `where` amount to, in groups."""
    return await aggregate(info, CONTACTS, GroupArguments(where, group_by, order_by, first, having))


async def products_aggregate(
    info: Info,
    where: TypedWhere = None,
    group_by: GroupsBy = None,
    order_by: GroupOrders = None,
    first: FirstGroups = None,
    having: Having = None,
) -> Aggregates | None:
    """What the shop's products that fulfil `where` amount to, in groups. Prices are the native ones."""
    return await aggregate(info, PRODUCTS, GroupArguments(where, group_by, order_by, first, having))


async def product(info: Info, id_product: strawberry.ID) -> Product | None:
    """A product by its id."""
    return await load_product(info, str(id_product))


async def products(
    info: Info, ids: list[strawberry.ID] | None = None, search: Search = None,
    first: First = None, after: After = None, last: Last = None, before: Before = None,
    where: TypedWhere = None, order_by: TypedOrders = None,
) -> Connection[Product]:  # fmt: skip
    """The shop's products that fulfil `where`, in order of id or as `orderBy` says; or those of `ids` in the order
    given (a whole cart in one field)."""
    asked = (first, after, last, before)
    if ids is None:
        if where is not None or order_by:
            return await filtered_products(info, asked, where, order_by, search)
        plain_cursors(after, before)
        return await catalogue(info, asked, search)
    if any(argument is not None for argument in (search, where, order_by, *asked)):
        raise Refusal("BAD_USER_INPUT", "ids gives all of those products; send it without search, where, orderBy and "
                      "page arguments.")  # fmt: skip
    return await chosen(info, [str(id_) for id_ in ids])


async def overrides(info: Info) -> list[override_types.Override]:
    """The override sources in force, by system field and priority."""
    return await override_types.overrides(info)


async def override_paths(info: Info, definition: DefinitionName) -> list[override_types.OverridePath]:
    """The ways from a definition's records to a contact, for the contactPath of setOverrides."""
    return await override_types.override_paths(info, definition)


async def segment(info: Info, id: strawberry.ID | None = None, name: str | None = None) -> Segment | None:
    """A segment by its id, or by its name (case and accents do not count)."""
    if (id is None) == (name is None):
        raise Refusal("BAD_USER_INPUT", "Send either id or name.")
    if name is None:
        segment_id = number_of(str(id), "Segment")
        return await load_segment(info, str(segment_id)) if segment_id is not None else None
    return await load_segment(info, name) if not name.isdigit() else None


async def segments(info: Info) -> list[Segment]:
    """The shop's segments, in order of creation."""
    return await all_segments(info)


@strawberry.type(description="Everything that can be read. One query sees one state of the shop, never half a save.")
class Query:
    shop = documented.field(shop, contacts=True)
    me = documented.field(me, contacts=True)
    node = documented.field(node, contacts=True)
    nodes = documented.field(nodes, contacts=True)
    custom_data_definition = documented.field(custom_data_definition)
    custom_data_definitions = documented.field(custom_data_definitions)
    custom_data_record = documented.field(custom_data_record, contacts=True)
    custom_data_records = documented.field(custom_data_records, contacts=True)
    contact = documented.field(contact, contacts=True)
    contacts = documented.field(contacts)
    product = documented.field(product, contacts=True)
    products = documented.field(products, contacts=True)
    custom_data_aggregate = documented.field(custom_data_aggregate)
    contacts_aggregate = documented.field(contacts_aggregate)
    products_aggregate = documented.field(products_aggregate)
    overrides = documented.field(overrides)
    override_paths = documented.field(override_paths)
    custom_data_changes = documented.field(custom_data_changes)
    triggers = documented.field(triggers, scope=Scope.MANAGE_AUTOMATION)
    webhook_deliveries = documented.field(webhook_deliveries, scope=Scope.MANAGE_AUTOMATION)
    template_variables = documented.field(template_variables)
    render_template = documented.field(render_template)
    render_templates = documented.field(render_templates)
    segment = documented.field(segment)
    segments = documented.field(segments)
