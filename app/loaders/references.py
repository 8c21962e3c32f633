"""Who and what a batch refers to: one grouped statement for each kind of identifier (stated)."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from app.domain.definitions import Model
from app.domain.problems import Code, Problem
from app.domain.references import (
    ContactReference,
    ProductReference,
    RecordReference,
    Reference,
)
from app.store import contacts, products, record_writes, records
from app.store.session import Session


class Resolved(NamedTuple):
    """A canonical id, or why there is none."""

    id: int | str | None = None
    problem: Problem | None = None
    warning: Problem | None = None


@dataclass(slots=True)
class Resolver:
    """The answers to a batch's references. Resolution is strict: it never creates what it does not find."""

    model: Model | None  # needed for references to records only
    reject_ambiguous: bool
    hold: bool
    _answers: dict[Any, Resolved] = field(default_factory=dict)

    @classmethod
    async def ask(
        cls, session: Session, model: Model | None, references: Collection[Reference], *, reject_ambiguous: bool,
        hold: bool,
    ) -> Self:  # fmt: skip
        """Asks everything the references need: at most three statements for contacts, two for products, and two for
        each definition pointed to."""
        resolver = cls(model, reject_ambiguous, hold)
        grouped: dict[Any, list[Any]] = defaultdict(list)
        for reference in references:
            grouped[_question(reference)].append(reference)
        for question in sorted(grouped, key=str):
            await resolver._ask_group(session, question, grouped[question])
        return resolver

    def answer(self, reference: Reference) -> Resolved:
        return self._answers[reference]

    async def _ask_group(self, session: Session, question: Any, group: list[Any]) -> None:
        kind, by, *definition = question
        if kind is ContactReference:
            await _CONTACTS[by](self, session, group)
        elif kind is ProductReference:
            await (self._products_by_id if by == "id" else self._products_by_reference)(session, group)
        elif by == "id_record":
            await self._records_by_id(session, definition[0], group)
        else:
            await self._records_by_key(session, definition[0], group)

    async def _contacts_by_id(self, session: Session, group: list[ContactReference]) -> None:
        found = await contacts.existing(session, [int(reference.value) for reference in group])
        for reference in group:
            ids = [int(reference.value)] if reference.value in found else []
            self._answers[reference] = self._contact(reference, ids)

    async def _contacts_by_email(self, session: Session, group: list[ContactReference]) -> None:
        found = await contacts.by_emails(session, [str(reference.value) for reference in group])
        for reference in group:
            self._answers[reference] = self._contact(reference, found.get(str(reference.value), []))

    async def _contacts_by_customer(self, session: Session, group: list[ContactReference]) -> None:
        found = await contacts.by_customers(session, {str(reference.value) for reference in group})
        for reference in group:
            self._answers[reference] = customer_contact(reference, found.get(str(reference.value), {}))

    def _contact(self, reference: ContactReference, ids: list[int]) -> Resolved:
        if not ids:
            return Resolved(problem=no_contact(reference))
        if len(ids) == 1:
            return Resolved(ids[0])
        message = f"Contacts {', '.join(map(str, ids))} share this e-mail"
        if self.reject_ambiguous:
            message += ". Name one by id_contact, or its customer by id_customer."
            return Resolved(problem=Problem(Code.CONTACT_AMBIGUOUS, message))
        return Resolved(ids[0], warning=Problem(Code.CONTACT_AMBIGUOUS, f"{message}; the lowest id was taken."))

    async def _products_by_id(self, session: Session, group: list[ProductReference]) -> None:
        found = await products.existing(session, [reference.value for reference in group])
        for reference in group:
            known = reference.value in found
            self._answers[reference] = Resolved(reference.value) if known else Resolved(problem=_no_product(reference))

    async def _products_by_reference(self, session: Session, group: list[ProductReference]) -> None:
        found = await products.by_references(session, [reference.value for reference in group])
        for reference in group:
            ids = sorted(found.get(reference.value, []))
            self._answers[reference] = _one_product(reference, ids)

    async def _records_by_id(self, session: Session, definition_id: int, group: list[RecordReference]) -> None:
        ids = [int(reference.value) for reference in group]
        if self.hold:
            found = await record_writes.hold_by_ids(session, definition_id, ids)
        else:
            known = await records.by_ids(session, ids)
            found = {id_ for id_, record in known.items() if record.definition_id == definition_id}
        for reference in group:
            known_id = int(reference.value) if reference.value in found else None
            self._answers[reference] = self._record(reference, known_id)

    async def _records_by_key(self, session: Session, definition_id: int, group: list[RecordReference]) -> None:
        keys = [str(reference.value) for reference in group]
        if self.hold:
            found = await record_writes.hold_by_unique_keys(session, definition_id, keys)
        else:
            known = await records.by_unique_keys(session, definition_id, keys)
            found = {key: record.id for key, record in known.items()}
        for reference in group:
            self._answers[reference] = self._record(reference, found.get(str(reference.value)))

    def _record(self, reference: RecordReference, record_id: int | None) -> Resolved:
        if record_id is not None:
            return Resolved(record_id)
        assert self.model is not None
        key = self.model.by_id[reference.definition_id].key
        message = f"There is no {key} record with this {reference.by}. Save it first, then refer to it."
        return Resolved(problem=Problem(Code.RECORD_NOT_FOUND, message))


_CONTACTS = {
    "id_contact": Resolver._contacts_by_id,
    "email": Resolver._contacts_by_email,
    "id_customer": Resolver._contacts_by_customer,
}


def customer_contact(reference: ContactReference, by_source: dict[str, int]) -> Resolved:
    """The strict one: a customer id in several sources with different contacts needs its source."""
    if reference.source is not None:
        by_source = {source: id_ for source, id_ in by_source.items() if source == reference.source}
    if not by_source:
        return Resolved(problem=no_contact(reference))
    if len(set(by_source.values())) > 1:
        sources = ", ".join(sorted(by_source))
        message = f"This id_customer belongs to different contacts in the sources {sources}. Send source as well."
        return Resolved(problem=Problem(Code.CUSTOMER_AMBIGUOUS, message))
    return Resolved(next(iter(by_source.values())))


def _question(reference: Reference) -> tuple[Any, ...]:
    if isinstance(reference, RecordReference):
        return (RecordReference, reference.by, reference.definition_id)
    return (type(reference), reference.by)


def no_contact(reference: ContactReference) -> Problem:
    """That a reference means nobody."""
    source = f" in the source {reference.source!r}" if reference.source is not None else ""
    message = f"There is no contact with this {reference.by}{source}. Push the customer first (saveCustomers)."
    return Problem(Code.CONTACT_NOT_FOUND, message)


def _no_product(reference: ProductReference) -> Problem:
    message = f"There is no product with this {reference.by}. Push it first (saveProducts)."
    return Problem(Code.PRODUCT_NOT_FOUND, message)


def _one_product(reference: ProductReference, ids: list[str]) -> Resolved:
    if not ids:
        return Resolved(problem=_no_product(reference))
    if len(ids) > 1:
        message = f"{len(ids)} products share this reference ({', '.join(ids[:5])}). Name one by id."
        return Resolved(problem=Problem(Code.PRODUCT_AMBIGUOUS, message))
    return Resolved(ids[0])
