"""The shop of the key."""

from collections.abc import Sequence
from datetime import datetime

import strawberry

from app.domain import limits
from app.domain import shops as domain
from app.execution import Column, attribute, batched
from app.graphql.context import Info
from app.graphql.node import Node, opaque_id, own_id


@strawberry.type(description="What fits, so that a client need not find out by failing.")
class Limits:
    records_per_save: int = limits.RECORDS_PER_SAVE
    records_per_delete: int = limits.RECORDS_PER_DELETE
    catalogue_items_per_save: int = limits.CATALOGUE_ITEMS_PER_SAVE
    page_size: int = limits.PAGE_SIZE
    count_bound: int = limits.COUNT_BOUND
    definitions: int = limits.DEFINITIONS_PER_SHOP
    fields_per_definition: int = limits.FIELDS_PER_DEFINITION
    segments: int = limits.SEGMENTS_PER_SHOP
    override_sources: int = limits.OVERRIDE_SOURCES
    path_hops: int = limits.PATH_HOPS
    indexed_contact_and_record_relations: int = limits.SLOTS["ref"]
    indexed_product_relations: int = limits.SLOTS["product"]
    indexed_texts: int = limits.SLOTS["str"]
    indexed_numbers: int = limits.SLOTS["num"]
    indexed_dates: int = limits.SLOTS["at"]


@strawberry.type(description="The tenant: everything belongs to one shop, and nothing is shared between shops.")
class Shop(Node):
    id: strawberry.ID = opaque_id("Shop")
    id_shop: strawberry.ID = own_id()
    name: str = attribute("row.name")
    time_zone: str = attribute(
        "row.time_zone", description="IANA name; calendar days are this zone's, weeks start on Monday."
    )
    created_at: datetime = attribute("row.created_at")
    row: strawberry.Private[domain.Shop]

    @batched(
        description="Of the schema you see: where it is another, clients generate their code anew. Every answer has it "
        "in the header x-schema-version."
    )
    @staticmethod
    def schema_version(parents: Sequence["Shop"], info: Info) -> Column[str]:
        return [info.context.schema_version] * len(parents)

    @batched
    @staticmethod
    def limits(parents: Sequence["Shop"]) -> Column[Limits]:
        return [Limits()] * len(parents)


def shop_node(row: domain.Shop) -> Shop:
    return Shop(row=row)
