"""Customers, as the shop's systems know them, and the contacts they unify into."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from app.domain import limits
from app.domain.moments import Moment, moment
from app.domain.problems import Code, Problem
from app.domain.text import search_key, text_problem

DEFAULT_SOURCE = "default"


class Contact(NamedTuple):
    """The unified profile that records attach to. Its own fields are the last non-null ones written."""

    id: int
    email: str | None
    first_name: str | None
    last_name: str | None
    lang: str | None
    created: Moment
    updated: Moment

    @property
    def created_at(self) -> datetime:
        return moment(self.created)

    @property
    def updated_at(self) -> datetime:
        return moment(self.updated)


class Customer(NamedTuple):
    """A buyer as one source knows it: unique by (source, id_customer), always of exactly one contact."""

    source: str
    id_customer: str
    contact_id: int
    email: str | None
    email_verified: bool
    first_name: str | None
    last_name: str | None
    lang: str | None


@dataclass(frozen=True, slots=True)
class CustomerDraft:
    """A customer as pushed. None leaves a field as it is; a blank e-mail counts as none."""

    source: str
    id_customer: str
    email: str | None = None
    email_verified: bool = False
    first_name: str | None = None
    last_name: str | None = None
    lang: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        return (self.source, self.id_customer)


def email_key(email: str) -> str:
    """What e-mails are compared by: trimmed and lower-cased."""
    return email.strip().lower()


def name_keys(first_name: str | None, last_name: str | None) -> tuple[str | None, str | None]:
    """What names are searched by: "first last" and "last first"; None without any name."""
    names = [name for name in (first_name, last_name) if name]
    if not names:
        return None, None
    return search_key(" ".join(names)), search_key(" ".join(reversed(names)))


def check_customer(item: dict[str, Any]) -> tuple[CustomerDraft | None, list[Problem]]:
    """A pushed customer with its texts checked and trimmed. Item keys are those of CustomerDraft."""
    problems = [
        Problem(Code.INVALID_VALUE, message, path)
        for path, value, longest in (
            ("source", item["source"], limits.IDENTIFIER_LENGTH),
            ("idCustomer", item["id_customer"], limits.IDENTIFIER_LENGTH),
            ("email", item["email"], limits.EMAIL_LENGTH),
            ("firstName", item["first_name"], limits.PERSON_NAME_LENGTH),
            ("lastName", item["last_name"], limits.PERSON_NAME_LENGTH),
            ("lang", item["lang"], limits.IDENTIFIER_LENGTH),
        )
        if value is not None and (message := text_problem(value, longest))
    ]
    for path, value in (("source", item["source"]), ("idCustomer", item["id_customer"])):
        if not value.strip():
            problems.append(Problem(Code.REQUIRED, "This identifies the customer and may not be blank.", path))
    email = (item["email"] or "").strip() or None
    if email and not problems and ("@" not in email or any(c.isspace() for c in email)):
        message = "This is not an e-mail address: it needs an @ and no spaces."
        problems.append(Problem(Code.INVALID_VALUE, message, "email"))
    if problems:
        return None, problems
    return CustomerDraft(**(item | {"email": email})), []


def merge_customer(draft: CustomerDraft, known: Customer | None, contact_id: int) -> Customer:
    """The customer after the push. An address stays verified while it stays the same."""
    if known is None:
        return Customer(
            draft.source, draft.id_customer, contact_id, draft.email, draft.email_verified and draft.email is not None,
            draft.first_name, draft.last_name, draft.lang,
        )  # fmt: skip
    email = draft.email or known.email
    same = email is not None and known.email is not None and email_key(email) == email_key(known.email)
    verified = (draft.email_verified and draft.email is not None) or (same and known.email_verified)
    return Customer(
        known.source, known.id_customer, contact_id, email, verified,
        draft.first_name or known.first_name, draft.last_name or known.last_name, draft.lang or known.lang,
    )  # fmt: skip
