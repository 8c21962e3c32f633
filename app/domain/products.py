"""Catalogue items."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from app.domain import limits
from app.domain.moments import Moment, moment
from app.domain.problems import Code, Problem
from app.domain.text import text_problem


class Product(NamedTuple):
    """A catalogue item, unique by its id: text as sent ("012" is not "12"). `price_discount` is the reduced final
    price, not an amount off."""

    id: str
    reference: str | None
    name: str
    price: Decimal
    price_discount: Decimal | None
    currency: str | None
    lang: str | None
    is_active: bool
    created: Moment
    updated: Moment

    @property
    def created_at(self) -> datetime:
        return moment(self.created)

    @property
    def updated_at(self) -> datetime:
        return moment(self.updated)

    def native(self, system_field: str) -> Decimal | None:
        """The catalogue's own amount for "price" or "price_discount"."""
        return self.price if system_field == "price" else self.price_discount


@dataclass(frozen=True, slots=True)
class ProductDraft:
    """A product as pushed; the whole of it: what is absent becomes null."""

    id_product: str
    reference: str | None
    name: str
    price: Decimal
    price_discount: Decimal | None
    currency: str | None
    lang: str | None
    is_active: bool

    def same_as(self, product: Product) -> bool:
        """Whether pushing this would change nothing. Amounts compare as numbers: 1.0 is 1.00."""
        return (
            self.reference, self.name, self.price, self.price_discount, self.currency, self.lang, self.is_active,
        ) == (
            product.reference, product.name, product.price, product.price_discount, product.currency, product.lang,
            product.is_active,
        )  # fmt: skip


def check_product(item: dict[str, Any]) -> tuple[ProductDraft | None, list[Problem]]:
    """A pushed product with its texts and amounts checked. Item keys are those of ProductDraft."""
    problems = [
        Problem(Code.INVALID_VALUE, message, path)
        for path, value, longest in (
            ("idProduct", item["id_product"], limits.IDENTIFIER_LENGTH),
            ("reference", item["reference"], limits.IDENTIFIER_LENGTH),
            ("name", item["name"], limits.PRODUCT_NAME_LENGTH),
            ("currency", item["currency"], limits.IDENTIFIER_LENGTH),
            ("lang", item["lang"], limits.IDENTIFIER_LENGTH),
        )
        if value is not None and (message := text_problem(value, longest))
    ]
    for path, value in (("idProduct", item["id_product"]), ("name", item["name"])):
        if not value.strip():
            problems.append(Problem(Code.REQUIRED, "This may not be blank.", path))
    for path, amount in (("price", item["price"]), ("priceDiscount", item["price_discount"])):
        if amount is not None and amount < 0:
            problems.append(Problem(Code.INVALID_VALUE, "An amount may not be negative.", path))
    return (None, problems) if problems else (ProductDraft(**item), [])
