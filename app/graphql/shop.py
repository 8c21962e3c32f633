"""The shop of the key."""

from datetime import datetime

import strawberry

from app.domain import limits
from app.domain import shops as domain
from app.graphql.node import Node, encode


@strawberry.type(description="What fits, so that a client need not find out by failing.")
class Limits:
    records_per_save: int = limits.RECORDS_PER_SAVE
    records_per_delete: int = limits.RECORDS_PER_DELETE
    catalogue_items_per_save: int = limits.CATALOGUE_ITEMS_PER_SAVE
    page_size: int = limits.PAGE_SIZE
    count_bound: int = limits.COUNT_BOUND
    definitions: int = limits.DEFINITIONS_PER_SHOP
    fields_per_definition: int = limits.FIELDS_PER_DEFINITION
    override_sources: int = limits.OVERRIDE_SOURCES
    path_hops: int = limits.PATH_HOPS
    indexed_contact_and_record_relations: int = limits.SLOTS["ref"]
    indexed_product_relations: int = limits.SLOTS["product"]
    indexed_texts: int = limits.SLOTS["str"]
    indexed_numbers: int = limits.SLOTS["num"]
    indexed_dates: int = limits.SLOTS["at"]


@strawberry.type(description="The tenant: everything belongs to one shop, and nothing is shared between shops.")
class Shop(Node):
    id_shop: strawberry.ID
    name: str
    time_zone: str = strawberry.field(description="IANA name; calendar days are this zone's, weeks start on Monday.")
    created_at: datetime

    @strawberry.field
    def limits(self) -> Limits:
        return Limits()


def shop_node(row: domain.Shop) -> Shop:
    return Shop(
        id=encode("Shop", row.id),
        id_shop=strawberry.ID(str(row.id)),
        name=row.name,
        time_zone=row.time_zone,
        created_at=row.created_at,
    )
