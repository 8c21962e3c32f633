"""The arguments that choose and order what a list gives."""

from typing import Annotated

import strawberry

from app.domain import limits, orders
from app.graphql.scalars import JSON

Direction = orders.Direction
Nulls = orders.Nulls

strawberry.enum(Direction, name="OrderDirection", description="Upward or downward.")
strawberry.enum(Nulls, name="NullsOrder", description="Where rows without a value stand.")


@strawberry.input(
    name="OrderBy",
    description="A field to order by. Equal rows come in order of their ids, in the direction of the last field.",
)
class OrderBy:
    field: str = strawberry.field(
        description="As the definition names it; along relations to one, joined by points: "
        f'`"points"`, `"contact_id.last_name"` (at most {limits.ORDER_HOPS}). Texts are ordered by code point.'
    )
    direction: Direction = Direction.ASC
    nulls: Nulls = Nulls.LAST


Where = Annotated[
    JSON | None,
    strawberry.argument(
        description="Only what fulfils a condition, such as "
        '`{tier: {in: ["gold"]}, contact_id: {is: {email: {endsWith: "@example.com"}}}}` for records or '
        '`{custom: {vet_visit: {count: {where: {visited_at: {within: {this: "YEAR"}}}, gte: 1}}}}` for contacts. '
        "Fields are named as in the data; the README's section Filters has all operators."
    ),
]
Orders = Annotated[
    list[OrderBy] | None,
    strawberry.argument(
        description=f"By what the list is ordered, else by ids; at most {limits.ORDER_FIELDS} fields, such as "
        '`[{field: "points", direction: DESC}]`. Cursors of one order are refused by another.'
    ),
]

TypedWhere = Annotated[
    JSON | None,  # the schema that is served has an input type instead (typed/composing.py)
    strawberry.argument(
        description="Only what fulfils a condition, such as "
        '`{email: {endsWith: "@example.com"}, createdAt: {within: {this: YEAR}}}`.'
    ),
]
TypedOrders = Annotated[
    list[JSON] | None,
    strawberry.argument(
        description=f"By what the list is ordered, else by ids; at most {limits.ORDER_FIELDS} fields, such as "
        "`[{name: DESC}]`. Cursors of one order are refused by another."
    ),
]
