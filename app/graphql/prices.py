"""The price a contact pays, and why."""

from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.domain import prices as domain
from app.domain.definitions import Model
from app.domain.paths import parse_path
from app.domain.products import Product as ProductRow
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

    @strawberry.field(description="The record that was found, if one was.")
    async def record(self, info: Info) -> Annotated["CustomDataRecord", strawberry.lazy("app.graphql.records")] | None:
        from app.graphql.records import load_record

        return await load_record(info, self.record_id) if self.record_id is not None else None


@strawberry.type(description="One system field (price or discount) as the contact sees it.")
class FieldPricing:
    amount: Decimal | None = strawberry.field(description="The winner's amount, else the native one.")
    native: Decimal | None = strawberry.field(description="The catalogue's own amount.")
    said: strawberry.Private[domain.FieldPrice]
    model: strawberry.Private[Model]
    amounts_only: strawberry.Private[bool]

    @strawberry.field(description="The source that gave the amount, if one did. Hidden from contact tokens.")
    def winner(self) -> PriceSource | None:
        winner = None if self.amounts_only else self.said.winner
        return _source(self.model, winner) if winner is not None else None

    @strawberry.field(description="Every source asked, in order of priority. Hidden from contact tokens.")
    def sources(self) -> list[PriceSource]:
        return [] if self.amounts_only else [_source(self.model, each) for each in self.said.sources]

    @strawberry.field(description="The same in one sentence. Hidden from contact tokens.")
    def because(self) -> str | None:
        return None if self.amounts_only else domain.explain(self.model, self.said)


@strawberry.type(description="What a product costs a contact, with its reasons.")
class ProductPricing:
    payable: Decimal = strawberry.field(
        description="What the contact pays: the discount if there is one, else the price. "
        "When the price is overridden, a native discount is ignored."
    )
    price: FieldPricing = strawberry.field(description="The full price.")
    price_discount: FieldPricing = strawberry.field(description="The reduced final price, if there is one.")
    contact_id: strawberry.Private[int | None]

    @strawberry.field(description="Whose price this is; null for the native one.")
    async def contact(self, info: Info) -> Annotated["Contact", strawberry.lazy("app.graphql.contacts")] | None:
        from app.graphql.contacts import load_contact

        return await load_contact(info, self.contact_id) if self.contact_id is not None else None


def field_prices(product: ProductRow, quote: Quote) -> tuple[domain.FieldPrice, domain.FieldPrice]:
    """The rule applied to both system fields: price, discount."""
    price = domain.decide(product.price, quote.get("price", ()))
    discount = domain.decide(product.price_discount, quote.get("price_discount", ()))
    return price, discount


def pricing_node(
    model: Model, product: ProductRow, contact_id: int | None, quote: Quote, *, amounts_only: bool
) -> ProductPricing:
    """`amounts_only` keeps records, definitions and losing sources to ourselves."""
    price, discount = field_prices(product, quote)
    return ProductPricing(
        payable=domain.payable(price, discount),
        price=_field(model, price, amounts_only),
        price_discount=_field(model, discount, amounts_only),
        contact_id=contact_id,
    )


def _field(model: Model, said: domain.FieldPrice, amounts_only: bool) -> FieldPricing:
    return FieldPricing(amount=said.amount, native=said.native, said=said, model=model, amounts_only=amounts_only)


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
