"""What an integration does with the generated client."""

from shop_client import Client
from shop_client.enums import CalendarUnit, Loyalty_Tier, Outcome, SortOrder
from shop_client.input_types import (
    ContactReference,
    ContactWhere,
    DateFilter,
    Loyalty_TierFilter,
    LoyaltyInput,
    LoyaltyOrderBy,
    LoyaltyWhere,
    PeriodInput,
    TextFilter,
)


async def richest(client: Client) -> str | None:
    where = LoyaltyWhere(
        tier=Loyalty_TierFilter(eq=Loyalty_Tier.gold),
        contact=ContactWhere(email=TextFilter(endsWith="@example.com")),
        since=DateFilter(before=PeriodInput(this=CalendarUnit.YEAR)),
    )
    found = await client.members(where=where, order_by=[LoyaltyOrderBy(points=SortOrder.DESC)])
    page = found.custom.loyalty
    if page is None or not page.nodes:
        return None
    first = page.nodes[0]
    points: float | None = first.points
    return first.contact.email if first.contact is not None and points else None


async def save(client: Client, email: str) -> bool:
    record = LoyaltyInput(contact=ContactReference(email=email), tier=Loyalty_Tier.silver, points=1.5)
    payload = (await client.save_loyalty(records=[record])).custom
    saved = payload.save_loyalty if payload is not None else None
    return saved is not None and saved.results[0].outcome is Outcome.CREATED
