"""What mutations answer: a nullable result, and user errors for what the caller can mend."""

from collections.abc import Sequence
from datetime import datetime

import strawberry

from app.domain import problems as domain
from app.domain.verdicts import Answer, Outcome, Verdict
from app.execution import Answers, Column, attribute, batched
from app.graphql.contacts import Contact, load_contacts
from app.graphql.context import Info
from app.graphql.definitions import CustomDataDefinition
from app.graphql.dry_runs import DryRun
from app.graphql.overrides import Override
from app.graphql.products import Product, load_products
from app.graphql.records import CustomDataRecord, load_records
from app.graphql.segments import Segment

strawberry.enum(
    domain.Code, name="UserErrorCode", description="What kind of mistake it is. Codes are stable; messages may improve."
)
strawberry.enum(Outcome, description="UNCHANGED touched nothing, not even updatedAt. REJECTED has errors.")


_DRY_RUN = "What would follow, where the input says `dryRun: true`. The rest says what would be; nothing is written."


@strawberry.type(description="A mistake in the input, where it is, and what to do.")
class UserError:
    code: domain.Code
    message: str
    path: str | None = strawberry.field(description='Leads into the input, such as "records.3.contact_id".')
    index: int | None = strawberry.field(description="The item's position in a batch, from 0.")


@strawberry.type
class ItemResult:
    """What the verdicts on records, customers and products have in common."""

    index: int = attribute("row.index")
    outcome: Outcome = attribute("row.outcome")
    row: strawberry.Private[Verdict]

    @batched
    @staticmethod
    def errors(parents: Sequence["ItemResult"]) -> Column[list[UserError]]:
        return [user_errors(parent.row.errors) for parent in parents]

    @batched
    @staticmethod
    def warnings(parents: Sequence["ItemResult"]) -> Column[list[UserError]]:
        return [user_errors(parent.row.warnings) for parent in parents]


@strawberry.type(description="The verdict on one record of a batch, at its position.")
class RecordResult(ItemResult):
    @batched(description="The record as it is now; null when it was rejected, or would be created.")
    @staticmethod
    def record(parents: Sequence["RecordResult"], info: Info) -> Answers[CustomDataRecord | None]:
        return load_records(info, [_number(parent.row.id) for parent in parents])


@strawberry.type(description="What came of a save: a verdict for each record, and how many of each kind.")
class SaveRecordsPayload:
    results: list[RecordResult] = strawberry.field(description="One verdict for each record sent, in order.")
    dry_run: DryRun | None = strawberry.field(description=_DRY_RUN)
    created: int
    updated: int
    unchanged: int
    rejected: int
    warnings: list[UserError]
    user_errors: list[UserError] = strawberry.field(description="Why the whole call was refused; nothing was written.")


@strawberry.type(description="A contact's token.")
class ContactTokenPayload:
    token: str | None = strawberry.field(description="Send it as Authorization: Bearer, from the contact's browser.")
    expires_at: datetime | None
    user_errors: list[UserError]
    key: strawberry.Private[int | None]

    @batched(description="The contact the token is for.")
    @staticmethod
    def contact(parents: Sequence["ContactTokenPayload"], info: Info) -> Answers[Contact | None]:
        return load_contacts(info, [parent.key for parent in parents])


@strawberry.type(description="The verdict on one customer of a batch.")
class CustomerResult(ItemResult):
    @batched(description="The contact this customer belongs to; null when it was rejected, or went with it.")
    @staticmethod
    def contact(parents: Sequence["CustomerResult"], info: Info) -> Answers[Contact | None]:
        return load_contacts(info, [_number(parent.row.id) for parent in parents])


@strawberry.type(description="What came of a save: a verdict for each customer, and how many of each kind.")
class SaveCustomersPayload:
    results: list[CustomerResult]
    created: int
    updated: int
    unchanged: int
    rejected: int
    user_errors: list[UserError]


@strawberry.type(description="The verdict on one product of a batch.")
class ProductResult(ItemResult):
    @batched(description="The product as it is now; null when it was rejected or deleted.")
    @staticmethod
    def product(parents: Sequence["ProductResult"], info: Info) -> Answers[Product | None]:
        return load_products(info, [parent.row.id for parent in parents])


@strawberry.type(description="What came of a save: a verdict for each product, and how many of each kind.")
class SaveProductsPayload:
    results: list[ProductResult]
    created: int
    updated: int
    unchanged: int
    rejected: int
    user_errors: list[UserError]


@strawberry.type(description="What came of a deletion: a verdict for each customer.")
class DeleteCustomersPayload:
    results: list[CustomerResult]
    deleted: int
    unchanged: int
    user_errors: list[UserError]


@strawberry.type(description="What came of a deletion: a verdict for each product.")
class DeleteProductsPayload:
    results: list[ProductResult]
    deleted: int
    unchanged: int
    user_errors: list[UserError]


@strawberry.type(description="What came of an update; `outcome` is null when it was refused.")
class UpdateRecordPayload:
    outcome: Outcome | None
    dry_run: DryRun | None = strawberry.field(description=_DRY_RUN)
    warnings: list[UserError]
    user_errors: list[UserError]
    key: strawberry.Private[str | None]

    @batched(description="The record as it is now; null when the update was refused.")
    @staticmethod
    def record(parents: Sequence["UpdateRecordPayload"], info: Info) -> Answers[CustomDataRecord | None]:
        return load_records(info, [_number(parent.key) for parent in parents])


@strawberry.type(description="What came of a deletion.")
class DeleteRecordPayload:
    id: strawberry.ID | None = strawberry.field(description="The idRecord that is gone.")
    deleted: bool = strawberry.field(description="False when there was nothing to delete, or it was refused.")
    dry_run: DryRun | None = strawberry.field(description=_DRY_RUN)
    user_errors: list[UserError]


@strawberry.type(description="The verdict on one record that was to go.")
class DeletedRecord:
    id: strawberry.ID = strawberry.field(description="As it was sent.")
    deleted: bool = strawberry.field(description="False when there was nothing to delete, or it was refused.")
    errors: list[UserError]


@strawberry.type(description="What came of a deletion: a verdict for each id, in order.")
class BulkDeleteRecordsPayload:
    results: list[DeletedRecord]
    dry_run: DryRun | None = strawberry.field(description=_DRY_RUN)
    user_errors: list[UserError]


@strawberry.type(description="The definition as it is now; null when the call was refused.")
class DefinitionPayload:
    definition: CustomDataDefinition | None
    warnings: list[UserError]
    user_errors: list[UserError]


@strawberry.type(description="What came of a deletion.")
class DeleteDefinitionPayload:
    definition: CustomDataDefinition | None = strawberry.field(description="The definition as it was, now DELETED.")
    warnings: list[UserError]
    user_errors: list[UserError]


@strawberry.type(description="The sources now in force; null when the call was refused.")
class SetOverridesPayload:
    overrides: list[Override] | None = strawberry.field(description="The sources of this system field, now in force.")
    warnings: list[UserError]
    user_errors: list[UserError]


@strawberry.type(description="The segment as it is now; null when the call was refused.")
class SegmentPayload:
    segment: Segment | None
    user_errors: list[UserError]


@strawberry.type(description="What came of a deletion.")
class DeleteSegmentPayload:
    segment: Segment | None = strawberry.field(description="The segment as it was; null when the call was refused.")
    user_errors: list[UserError]


def _number(key: str | None) -> int | None:
    return int(key) if key is not None else None


def user_errors(problems: tuple[domain.Problem, ...]) -> list[UserError]:
    return [UserError(code=p.code, message=p.message, path=p.path, index=p.index) for p in problems]


def counts(answer: Answer, *outcomes: Outcome) -> dict[str, int]:
    """The number of verdicts of each outcome, by its lower-case name."""
    found = [verdict.outcome for verdict in answer.verdicts]
    return {outcome.value.lower(): found.count(outcome) for outcome in outcomes}


SAVED = (Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED, Outcome.REJECTED)
DELETED = (Outcome.DELETED, Outcome.UNCHANGED)
