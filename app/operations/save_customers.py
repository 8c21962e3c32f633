"""saveCustomers and deleteCustomers: customers are pushed, contacts follow from them."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from app.domain.contacts import Contact, Customer, CustomerDraft, check_customer, email_key, merge_customer
from app.domain.limits import CATALOGUE_ITEMS_PER_SAVE
from app.domain.problems import Code, Problem, Refused
from app.domain.verdicts import Answer, Outcome, Verdict
from app.operations.transaction import Call, perform
from app.store import contacts, customers
from app.store.contacts import PersonRow
from app.store.customers import CustomerKey
from app.store.database import Database
from app.store.session import Session


async def save_customers(database: Database, call: Call, sent: Sequence[dict[str, Any]]) -> Answer:
    """Upserts 1 to 50 customers on (source, id_customer). A verdict's id is the contact's. A known customer keeps its
    contact whatever its e-mail becomes. A new one joins the lowest contact that already holds its e-mail

    - through a verified customer, when the push says `email_verified` too, or
    - in any way, when the shop unifies by e-mail ALWAYS;

    else it gets a contact of its own. Both sides must be verified: otherwise whoever registers another's address,
    before or after its owner, would share that person's prices and records."""

    async def work(session: Session) -> Answer:
        check_count(sent, "customers")
        checked = [check_customer(item) for item in sent]
        drafts = {index: draft for index, (draft, _) in enumerate(checked) if draft is not None}
        outcomes = await unify(session, drafts)
        return Answer(tuple(_verdict(index, outcomes.get(index), checked[index][1]) for index in range(len(sent))))

    return await perform(database, call, work)


async def unify(session: Session, drafts: dict[int, CustomerDraft]) -> dict[int, tuple[Outcome, int]]:
    """Saves customers under the shop's turn: the outcome and the contact's id of each, by its index."""
    return await _Unification(session, await customers.lock_shop(session)).save(drafts)


class _Unification:
    """One push of customers, taken one after the other against the state the earlier ones left."""

    def __init__(self, session: Session, unify_by_email: str) -> None:
        self._session = session
        self._verified_only = unify_by_email != "ALWAYS"
        self._known: dict[CustomerKey, Customer] = {}
        self._holders: dict[str, int] = {}  # by e-mail key: the lowest contact that others than the pushed give it
        self._people: dict[int, PersonRow] = {}  # contacts as they are to be; negative ids are new ones
        self._before: dict[int, Contact] = {}
        self._changed: set[CustomerKey] = set()
        self._new = 0  # contacts
        self._having: dict[str, set[CustomerKey]] = defaultdict(set)  # by e-mail key: who has it, or had it before

    async def save(self, drafts: dict[int, CustomerDraft]) -> dict[int, tuple[Outcome, int]]:
        """The outcome and the contact's id for each draft."""
        if not drafts:
            return {}
        await self._load(list(drafts.values()))
        placed = {index: self._take(draft) for index, draft in drafts.items()}
        real = await self._write()
        return {index: (outcome, real.get(contact_id, contact_id)) for index, (outcome, contact_id) in placed.items()}

    async def _load(self, drafts: Sequence[CustomerDraft]) -> None:
        session = self._session
        keys = sorted({draft.key for draft in drafts})
        self._known = await customers.by_keys(session, keys)
        for customer in self._known.values():
            self._note(customer)
        new = {email_key(draft.email) for draft in drafts if draft.email and draft.key not in self._known}
        if new:
            self._holders = await customers.holders(session, new, verified=self._verified_only, besides=keys)
        touched = {customer.contact_id for customer in self._known.values()} | set(self._holders.values())
        if touched:
            self._before = await contacts.lock(session, touched)
        self._people = {id_: (c.email, c.first_name, c.last_name, c.lang) for id_, c in self._before.items()}

    def _take(self, draft: CustomerDraft) -> tuple[Outcome, int]:
        known = self._known.get(draft.key)
        contact_id = known.contact_id if known else self._contact_for(draft)
        customer = merge_customer(draft, known, contact_id)
        if customer == known:
            return Outcome.UNCHANGED, contact_id
        self._known[draft.key] = customer
        self._note(customer)
        self._changed.add(draft.key)
        email, first, last, lang = self._people.get(contact_id, (None, None, None, None))
        self._people[contact_id] = (
            draft.email or email, draft.first_name or first, draft.last_name or last, draft.lang or lang,
        )  # fmt: skip
        return (Outcome.UPDATED if known else Outcome.CREATED), contact_id

    def _contact_for(self, draft: CustomerDraft) -> int:
        if draft.email and (draft.email_verified or not self._verified_only):
            holding = self._holding(email_key(draft.email))
            if holding:
                return min(holding, key=lambda id_: (id_ < 0, abs(id_)))  # new contacts come behind all others
        self._new += 1
        return -self._new

    def _note(self, customer: Customer) -> None:
        if customer.email:
            self._having[email_key(customer.email)].add((customer.source, customer.id_customer))

    def _holding(self, key: str) -> set[int]:
        """The contacts that hold an address by now: an earlier item may have taken it, or given it up."""
        pushed = {
            customer.contact_id
            for customer in (self._known[having] for having in self._having.get(key, ()))
            if customer.email and email_key(customer.email) == key
            and (customer.email_verified or not self._verified_only)
        }  # fmt: skip
        return pushed | ({self._holders[key]} if key in self._holders else set())

    async def _write(self) -> dict[int, int]:
        """Writes contacts, then customers; the real ids of new contacts."""
        new = [id_ for id_ in self._people if id_ < 0]
        created = await contacts.insert(self._session, [self._people[id_] for id_ in new]) if new else []
        real = dict(zip(new, created, strict=True))
        changed = {id_: row for id_, row in self._people.items() if id_ > 0 and row != _row(self._before[id_])}
        if changed:
            await contacts.update(self._session, changed)
        if self._changed:
            states = [self._known[key] for key in sorted(self._changed)]
            await customers.write(self._session, [_placed(state, real) for state in states])
        return real


async def delete_customers(database: Database, call: Call, keys: Sequence[CustomerKey]) -> Answer:
    """Removes 1 to 50 customers; one that is gone already is UNCHANGED. A contact goes with its last customer (a
    warning says so); records that point at it keep the id and read null."""

    async def work(session: Session) -> Answer:
        check_count(keys, "customers")
        await customers.lock_shop(session)
        gone = await customers.delete(session, sorted(set(keys)))
        orphans = await contacts.delete_orphans(session, sorted(set(gone.values()))) if gone else set()
        return Answer(tuple(_deleted(index, gone.pop(key, None), orphans) for index, key in enumerate(keys)))

    return await perform(database, call, work)


def check_count(items: Sequence[Any], path: str) -> None:
    """Raises Refused for no items, or more than fit in one call."""
    if not items:
        raise Refused((Problem(Code.NO_ITEMS, f"Send at least one of {path}.", path),))
    if len(items) > CATALOGUE_ITEMS_PER_SAVE:
        message = f"{len(items)} {path} were sent; at most {CATALOGUE_ITEMS_PER_SAVE} fit in one call. Split them."
        raise Refused((Problem(Code.TOO_MANY_ITEMS, message, path),))


def _row(contact: Contact) -> PersonRow:
    return (contact.email, contact.first_name, contact.last_name, contact.lang)


def _placed(customer: Customer, real: dict[int, int]) -> Customer:
    contact_id = real.get(customer.contact_id, customer.contact_id)
    return Customer(
        customer.source, customer.id_customer, contact_id, customer.email, customer.email_verified,
        customer.first_name, customer.last_name, customer.lang,
    )  # fmt: skip


def _verdict(index: int, saved: tuple[Outcome, int] | None, problems: Sequence[Problem]) -> Verdict:
    if saved is None:
        errors = tuple(problem.under(f"customers.{index}", index) for problem in problems)
        return Verdict(index, Outcome.REJECTED, None, errors)
    outcome, contact_id = saved
    return Verdict(index, outcome, str(contact_id))


def _deleted(index: int, contact_id: int | None, orphans: set[int]) -> Verdict:
    if contact_id is None:
        return Verdict(index, Outcome.UNCHANGED)
    path = f"customers.{index}"
    message = "This was the contact's last customer, so the contact went with it."
    warnings = (Problem(Code.CONTACT_REMOVED, message, path, index),) if contact_id in orphans else ()
    return Verdict(index, Outcome.DELETED, str(contact_id), warnings=warnings)
