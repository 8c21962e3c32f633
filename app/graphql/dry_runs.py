"""What a dry run found: triggers that would fire, and prices that would change."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any

import strawberry

from app.domain import dry_runs as domain
from app.domain.access import Scope
from app.domain.changes import changed_fields
from app.domain.limits import DRY_RUN_SHOWN, PRICES_COMPARED
from app.execution import Answers, Column, attribute, batched
from app.graphql.access import require
from app.graphql.changes import ChangeKind
from app.graphql.connection import TotalCount
from app.graphql.contacts import Contact, load_contacts
from app.graphql.context import Info
from app.graphql.errors import Refusal
from app.graphql.products import Product, load_products
from app.graphql.scalars import JSON
from app.graphql.selecting import fields
from app.graphql.triggers import Trigger
from app.operations.dry_run import Wanted

Few = Annotated[int, strawberry.argument(description=f"How many, at most {DRY_RUN_SHOWN}.")]


@strawberry.type(description="A change that would fire a trigger.")
class DryRunFiring:
    index: int = attribute("said.item", description="The position of the item that makes the change.")
    kind: ChangeKind = attribute("said.change.kind")
    before: JSON | None = attribute("said.change.before", description="The data before; null of what is created.")
    after: JSON | None = attribute("said.change.after", description="The data after; null of what is deleted.")
    said: strawberry.Private[domain.Firing]

    @batched
    @staticmethod
    def trigger(parents: Sequence["DryRunFiring"]) -> Column[Trigger]:
        return [Trigger(row=parent.said.trigger) for parent in parents]

    @batched(description="The record; null of one that would be created.")
    @staticmethod
    def id_record(parents: Sequence["DryRunFiring"]) -> Column[strawberry.ID | None]:
        ids = [parent.said.change.record_id for parent in parents]
        return [None if id_ is None else strawberry.ID(str(id_)) for id_ in ids]

    @batched(description="The fields whose values differ before and after.")
    @staticmethod
    def changed_fields(parents: Sequence["DryRunFiring"]) -> Column[list[str]]:
        return [changed_fields(parent.said.change) for parent in parents]


@strawberry.type(description="What a contact would pay otherwise for a product.")
class DryRunPrice:
    before: Decimal = attribute("said.before", description="What the contact pays now.")
    after: Decimal = attribute("said.after", description="What it would pay.")
    said: strawberry.Private[domain.PriceChange]

    @batched
    @staticmethod
    def contact(parents: Sequence["DryRunPrice"], info: Info) -> Answers[Contact | None]:
        return load_contacts(info, [parent.said.contact_id for parent in parents])

    @batched
    @staticmethod
    def product(parents: Sequence["DryRunPrice"], info: Info) -> Answers[Product | None]:
        return load_products(info, [parent.said.product_id for parent in parents])


@strawberry.type(description=f"How often triggers would fire, and the first {DRY_RUN_SHOWN} times.")
class DryRunTriggers:
    total_count: TotalCount
    said: strawberry.Private[domain.Found[domain.Firing]]

    @batched(description="In order of triggers, then of items.")
    @staticmethod
    def nodes(parents: Sequence["DryRunTriggers"], first: Few = DRY_RUN_SHOWN) -> Column[list[DryRunFiring]]:
        shown = _few(first)
        return [[DryRunFiring(said=each) for each in parent.said.first[:shown]] for parent in parents]


@strawberry.type(
    description=f"How many prices would change, and the first {DRY_RUN_SHOWN}. At most {PRICES_COMPARED:,} pairs of "
    "contact and product are compared: where there may be more, `isExact` is false, and the count is a least one."
)
class DryRunPrices:
    total_count: TotalCount
    said: strawberry.Private[domain.Found[domain.PriceChange]]

    @batched(description="In order of contacts, then of products.")
    @staticmethod
    def nodes(parents: Sequence["DryRunPrices"], first: Few = DRY_RUN_SHOWN) -> Column[list[DryRunPrice]]:
        shown = _few(first)
        return [[DryRunPrice(said=each) for each in parent.said.first[:shown]] for parent in parents]


@strawberry.type(description="What would follow if the same were sent without `dryRun`, right now.")
class DryRun:
    said: strawberry.Private[domain.DryRun]

    @batched(description="Which triggers would fire. Needs the scope `manage_automation`.")
    @staticmethod
    def triggers(parents: Sequence["DryRun"], info: Info) -> Column[DryRunTriggers | None]:
        require(info, Scope.MANAGE_AUTOMATION)
        found = [parent.said.firings or domain.Found[domain.Firing]() for parent in parents]
        return [DryRunTriggers(total_count=_count(each), said=each) for each in found]

    @batched(description="Whose prices would change. Needs the scope `read`.")
    @staticmethod
    def prices(parents: Sequence["DryRun"], info: Info) -> Column[DryRunPrices | None]:
        require(info, Scope.READ)
        found = [parent.said.prices or domain.Found[domain.PriceChange]() for parent in parents]
        return [DryRunPrices(total_count=_count(each), said=each) for each in found]


def wanted(info: Info) -> Wanted:
    """What the mutation's document asks of a dry run, as far as the key may know it."""
    raw, scopes = info._raw_info, info.context.viewer.scopes
    inside = (_inside(node, raw.fragments) for node in raw.field_nodes)
    names = {each.name.value for found in inside for dry in found if dry.name.value == "dryRun"
             for each in _inside(dry, raw.fragments)}  # fmt: skip
    return Wanted(
        triggers="triggers" in names and Scope.MANAGE_AUTOMATION in scopes,
        prices="prices" in names and Scope.READ in scopes,
    )


def shown(said: domain.DryRun | None) -> DryRun | None:
    """Null of what is no dry run, and where the whole call was refused."""
    return None if said is None or said.answer.problems else DryRun(said=said)


def _few(first: int) -> int:
    if not 0 <= first <= DRY_RUN_SHOWN:
        message = f"first is {first}; it may be 0 to {DRY_RUN_SHOWN}."
        raise Refusal("LIMIT_EXCEEDED", message, limit="first", value=first, maximum=DRY_RUN_SHOWN)
    return first


def _inside(node: Any, fragments: Any) -> list[Any]:
    return [*fields(node.selection_set, fragments)] if node.selection_set is not None else []


def _count(found: domain.Found[Any]) -> TotalCount:
    return TotalCount(count=found.count, is_exact=found.is_exact)
