"""The price a contact pays, and why."""

from collections.abc import Sequence
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.domain import prices as domain
from app.domain.definitions import Model
from app.domain.paths import parse_path
from app.domain.products import Product as ProductRow
from app.execution import Answers, Column, attribute, batched
from app.graphql.context import Info
from app.loaders.prices import Quote

if TYPE_CHECKING:
    from app.graphql.contacts import Contact
    from app.graphql.definitions import CustomDataDefinition
    from app.graphql.records import CustomDataRecord


@strawberry.enum(description="What came of asking one override source.")
class PriceOutcome(Enum):
    WON = strawberry.enum_value("WON", description="It gave the amount.")
    LOWER_PRIORITY = strawberry.enum_value("LOWER_PRIORITY", description="It has an amount, but one before it won.")
    NO_LINK = strawberry.enum_value("NO_LINK", description="Nothing links the contact to it.")
    DANGLING = strawberry.enum_value("DANGLING", description="A link on the way leads to something gone.")
    NO_RECORD = strawberry.enum_value("NO_RECORD", description="It has no record for the product.")
    NULL_VALUE = strawberry.enum_value("NULL_VALUE", description="Its record holds no amount.")
    INVALID_VALUE = strawberry.enum_value("INVALID_VALUE", description="Its amount is negative, and never sold.")


@strawberry.type(description="One source of an amount, and what came of it.")
class PriceSource:
    priority: int
    outcome: PriceOutcome
    amount: Decimal | None = strawberry.field(description="What it would give; set when it won or was outranked.")
    field: str = strawberry.field(description="The definition's field that holds the amount.")
    path: str = strawberry.field(description="The way from the definition to the contact, readable.")
    contact_path: list[str] = strawberry.field(description="The same as setOverrides takes it.")
    definition: Annotated["CustomDataDefinition", strawberry.lazy("app.graphql.definitions")]
    record_id: strawberry.Private[int | None]

    @batched(description="The record that was found, if one was.")
    @staticmethod
    def record(
        parents: Sequence["PriceSource"], info: Info
    ) -> Answers[Annotated["CustomDataRecord", strawberry.lazy("app.graphql.records")] | None]:
        from app.graphql.records import load_records

        return load_records(info, [parent.record_id for parent in parents])


@strawberry.type(description="One system field (price or discount) as the contact sees it.")
class FieldPricing:
    amount: Decimal | None = attribute("said.amount", description="The winner's amount, else the native one.")
    native: Decimal | None = attribute("said.native", description="The catalogue's own amount.")
    said: strawberry.Private[domain.FieldPrice]
    model: strawberry.Private[Model]
    amounts_only: strawberry.Private[bool]

    @batched(description="The source that gave the amount, if one did. Hidden from contact tokens.")
    @staticmethod
    def winner(parents: Sequence["FieldPricing"]) -> Column[PriceSource | None]:
        return [_winner(parent) for parent in parents]

    @batched(description="Every source asked, in order of priority. Hidden from contact tokens.")
    @staticmethod
    def sources(parents: Sequence["FieldPricing"]) -> Column[list[PriceSource]]:
        return [
            [] if parent.amounts_only else [_source(parent.model, each) for each in parent.said.sources]
            for parent in parents
        ]

    @batched(description="The same in one sentence. Hidden from contact tokens.")
    @staticmethod
    def because(parents: Sequence["FieldPricing"]) -> Column[str | None]:
        return [None if parent.amounts_only else domain.explain(parent.model, parent.said) for parent in parents]


@strawberry.type(description="What a product costs a contact, with its reasons.")
class ProductPricing:
    payable: Decimal = strawberry.field(
        description="What the contact pays: the discount if there is one, else the price. "
        "When the price is overridden, a native discount is ignored."
    )
    price: FieldPricing = strawberry.field(description="The full price.")
    price_discount: FieldPricing = strawberry.field(description="The reduced final price, if there is one.")
    contact_id: strawberry.Private[int | None]

    @batched(description="Whose price this is; null for the native one.")
    @staticmethod
    def contact(
        parents: Sequence["ProductPricing"], info: Info
    ) -> Answers[Annotated["Contact", strawberry.lazy("app.graphql.contacts")] | None]:
        from app.graphql.contacts import load_contacts

        return load_contacts(info, [parent.contact_id for parent in parents])


def pricing_node(
    model: Model, product: ProductRow, contact_id: int | None, quote: Quote, *, amounts_only: bool
) -> ProductPricing:
    """`amounts_only` keeps records, definitions and losing sources to ourselves."""
    price = domain.decide(product.price, quote.price)
    discount = domain.decide(product.price_discount, quote.price_discount)
    return ProductPricing(
        payable=domain.payable(price, discount),
        price=_field(model, price, amounts_only),
        price_discount=_field(model, discount, amounts_only),
        contact_id=contact_id,
    )


def _field(model: Model, said: domain.FieldPrice, amounts_only: bool) -> FieldPricing:
    return FieldPricing(said=said, model=model, amounts_only=amounts_only)


def _winner(pricing: FieldPricing) -> PriceSource | None:
    winner = None if pricing.amounts_only else pricing.said.winner
    return _source(pricing.model, winner) if winner is not None else None


def _source(model: Model, said: domain.SourceAnswer) -> PriceSource:
    from app.graphql.definitions import definition_node

    source = said.source
    definition = model.by_id[source.definition_id]
    path, _ = parse_path(model, definition, source.contact_path)
    return PriceSource(
        priority=source.priority,
        outcome=PriceOutcome(said.outcome.value),
        amount=said.amount,
        field=source.field,
        path=path.readable(model) if path else "",
        contact_path=list(path.written(model)) if path else [],
        definition=definition_node(definition, model),
        record_id=said.record_id,
    )
