"""Clients hear of it when the same definitions give another schema."""

from hashlib import sha256

from graphql import print_type

from app.graphql.schema import schema
from app.graphql.typed.digest import GENERATION
from tests.shops import ShopClient, to

FIELDS = {
    "contact_id": "NUMBER", "friend_id": "NUMBER", "product_id": "STRING", "maker_id": "NUMBER",
    "code": {"type": "STRING", "required": True}, "story": "LONGTEXT", "points": "NUMBER", "spent": "DECIMAL",
    "open": "BOOLEAN", "day": "DATE", "seen": "DATETIME", "tags": "LIST", "more": "JSON", "place": "GEOLOCATION",
    "tier": {"type": "STRING", "options": ["bronze", "gold"], "default": "bronze"},
}  # fmt: skip


async def test_another_way_to_make_a_schema_is_another_version(shop: ShopClient) -> None:
    await shop.define("Maker", {"name": "STRING"}, uniqueKeys=["name"], description="Who makes it.")
    await shop.define(
        "Everything", FIELDS, uniqueKeys=["contact_id", "code"],
        relationships=[to("contact_id", "contacts"), to("friend_id", "contacts"), to("product_id", "products"),
                       to("maker_id", "maker")],
    )  # fmt: skip
    async with shop.database.reading(shop.id) as session:
        model = await shop.database.models.current(session)
    made = ""
    for contact in (False, True):
        kinds = schema.of_shop(model.definitions, contact=contact)._schema.type_map
        own = [kind for name, kind in sorted(kinds.items()) if name not in schema._schema.type_map]
        made += "\n".join(map(print_type, own))
    now = sha256(made.encode()).hexdigest()[:16]
    assert now == GENERATION, f"The same definitions give another schema: set GENERATION to {now!r}"
