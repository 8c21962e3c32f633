"""What an integration does with the generated client."""

from shop_client import Client
from shop_client.enums import CalendarUnit, GroupValue, Loyalty_Tier, Outcome, SortOrder
from shop_client.input_types import (
    ContactReference,
    ContactWhere,
    CreateSegmentInput,
    CreateTriggerInput,
    CustomerManyFilter,
    CustomerWhere,
    DateFilter,
    DeliverInput,
    Loyalty_TierFilter,
    LoyaltyAggregateOrderBy,
    LoyaltyGroupBy,
    LoyaltyHaving,
    LoyaltyHavingCount,
    LoyaltyInput,
    LoyaltyOrderBy,
    LoyaltyReference,
    LoyaltyWhere,
    PeriodInput,
    TextFilter,
    TriggerOn,
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


async def change(client: Client, contact_id: str) -> bool:
    payload = await client.update_loyalty(
        record=LoyaltyReference(contactId=contact_id), data=LoyaltyInput(points=2.5), if_version=1
    )
    updated = payload.custom.update_loyalty if payload.custom is not None else None
    return updated is not None and updated.outcome is Outcome.UPDATED


async def tiers(client: Client) -> dict[str, float]:
    found = await client.tiers(
        group_by=[LoyaltyGroupBy(tier=GroupValue.VALUE)],
        having=LoyaltyHaving(count=LoyaltyHavingCount(gte=1)),
        order_by=[LoyaltyAggregateOrderBy(sum=LoyaltyOrderBy(points=SortOrder.DESC))],
    )
    aggregates = found.custom.loyalty_aggregate
    groups = aggregates.groups if aggregates is not None else []
    return {group.keys.tier.value: group.sum.points or 0 for group in groups if group.keys.tier is not None}


async def keep(client: Client) -> bool:
    gold = LoyaltyWhere(tier=Loyalty_TierFilter(eq=Loyalty_Tier.gold))
    bought = CustomerManyFilter(some=CustomerWhere(source=TextFilter(eq="webshop")))
    kept = await client.keep_segment(input=CreateSegmentInput(name="Webshop", filter=ContactWhere(customers=bought)))
    sent = CreateTriggerInput(name="Gold", on=TriggerOn(loyalty=gold), deliver=DeliverInput(url="https://example.com"))
    await client.watch(input=sent)
    return kept.create_segment is not None and kept.create_segment.segment is not None


async def watch(client: Client) -> float | None:
    async for seen in client.loyalty_changed(after="0"):
        return seen.loyalty_changed.after.points if seen.loyalty_changed.after is not None else None
    return None
