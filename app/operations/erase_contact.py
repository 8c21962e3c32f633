"""eraseContact: a person goes, from all that a shop keeps."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from app.domain.changes import Change, Kind
from app.domain.definitions import Definition, Model, Status
from app.domain.erasures import Disposal, Erasure, Person
from app.domain.limits import DEFINITIONS_PER_SHOP
from app.domain.problems import Code, Problem, Refused
from app.domain.references import ContactReference
from app.domain.verdicts import Answer, Outcome, Verdict, refused
from app.loaders.references import Resolver
from app.operations.erasing import Chosen, Eraser, Seen, Touched, look, related_to_contacts
from app.operations.journal import log
from app.operations.transaction import Call, again, key_problem, perform
from app.operations.writable import definition_not_found
from app.store import definitions, erasures
from app.store.database import Database
from app.store.failures import Retryable
from app.store.session import Session


@dataclass(frozen=True, slots=True)
class EraseContact:
    """Whom, and what becomes of the records: as a rule, and by a definition's key or id otherwise."""

    contact: ContactReference
    records: Disposal
    otherwise: Sequence[tuple[str, Disposal]] = ()


class Erased(NamedTuple):
    """What an erasure came to, and by what the person was known, which nothing keeps: None of a retry."""

    answer: Answer
    who: Person | None = None


async def erase_contact(database: Database, call: Call, asked: EraseContact) -> Erased:
    """Removes a contact and its customers, deletes or unlinks the records that point at it, and takes the person out of
    the change log, deliveries, answers kept for retries, segments and triggers: all of it or nothing. An address that
    contacts share is refused: what is erased does not come back. A contact that is gone already is named by its id,
    and erased from what still points at it. Saves in the definitions concerned wait meanwhile, so that none brings back
    what is being erased. Inactive definitions are no exception, nor are records that others refer to."""
    known: list[Person] = []

    async def work(session: Session) -> Answer:
        looked = await _looked(session, asked.contact)
        model = await definitions.take_turn(session)
        eraser, who, erasure = await _erased(session, model, asked, looked, alone=True)
        await _log(session, call, eraser.related, eraser.touched, erasure)
        known.append(who)
        return _answer(erasure)

    answer = await perform(database, call, work)
    return Erased(answer, known[-1] if known and answer.erasure else None)


async def try_erasing(database: Database, call: Call, asked: EraseContact) -> Erased:
    """What the same erasure would come to, which is undone."""

    async def tried() -> Answer:
        async with database.trying(call.shop_id) as session:
            looked = await _looked(session, asked.contact)
            model = await database.models.current(session)
            return _answer((await _erased(session, model, asked, looked, alone=False))[2])

    if problem := key_problem(call.idempotency_key):
        return Erased(refused([problem]))
    try:
        return Erased(await again(tried))
    except Refused as refusal:
        return Erased(refused(refusal.problems))


class _Looked(NamedTuple):
    """What was seen before the shop's turn was taken, of whom, and in which definitions."""

    contact_id: int
    seen: dict[int, Seen]


async def _looked(session: Session, reference: ContactReference) -> _Looked:
    """Raises Refused."""
    contact_id = await _contact(session, reference)
    related = related_to_contacts(await definitions.every(session))
    return _Looked(contact_id, await look(session, related, await erasures.triggers(session), contact_id))


async def _erased(
    session: Session, model: Model, asked: EraseContact, looked: _Looked, *, alone: bool
) -> tuple[Eraser, Person, Erasure]:
    """`alone` keeps others from writing what is erased. Raises Retryable where the shop's definitions, or who is meant,
    changed since it was looked."""
    related = related_to_contacts(await definitions.every(session))
    chosen = _chosen(model, related, asked)
    contact_id = await _contact(session, asked.contact)
    if contact_id != looked.contact_id or not looked.seen.keys() >= {each.id for each in related}:
        raise Retryable("The shop's definitions or contacts changed meanwhile. Send it again.")
    if alone:
        await erasures.take_turns(session, [each.id for each in related])
    watching = await (erasures.hold_triggers if alone else erasures.triggers)(session)
    who = await erasures.person(session, contact_id)
    eraser = Eraser(session, model, related, chosen, watching, looked.seen)
    erasure = await eraser.erase(who or Person(contact_id), known=who is not None)
    if who is None and erasure == Erasure(contact_id):
        message = "There is no contact with this id, and nothing that points at it."
        raise Refused((Problem(Code.CONTACT_NOT_FOUND, message, "contact"),))
    return eraser, who or Person(contact_id), erasure


_NOBODY = (
    "Nothing was erased. Check how the contact is named; where it is gone and records still point at it, send its "
    "idContact."
)


async def _contact(session: Session, reference: ContactReference) -> int:
    """The contact's id; one that was sent as such may be gone already. Raises Refused."""
    if reference.by == "id_contact":
        return int(reference.value)
    resolver = await Resolver.ask(session, None, [reference], reject_ambiguous=True, hold=False)
    found = resolver.answer(reference)
    if found.problem is not None:
        problem = replace(found.problem, path="contact")
        if problem.code is Code.CONTACT_NOT_FOUND:
            problem = replace(problem, message=f"There is no contact with this {reference.by}. {_NOBODY}")
        raise Refused((problem,))
    assert isinstance(found.id, int)
    return found.id


def _chosen(model: Model, related: Sequence[Definition], asked: EraseContact) -> dict[int, Chosen]:
    """What becomes of the records of each definition. Those of a deleted one go in any case: nobody sees them. Raises
    Refused for definitions that there are not, or that are named twice."""
    if len(asked.otherwise) > DEFINITIONS_PER_SHOP:
        message = f"{len(asked.otherwise)} definitions were named; a shop has at most {DEFINITIONS_PER_SHOP}."
        raise Refused((Problem(Code.TOO_MANY_ITEMS, message, "definitions"),))
    chosen: dict[int, Chosen] = {}
    problems = []
    for place, (name, disposal) in enumerate(asked.otherwise):
        path, found = f"definitions.{place}", model.find(name)
        if found is None:
            problems.append(definition_not_found(model, name, f"{path}.definition"))
        elif found.id in chosen:
            message = f"{found.key} is named twice. Say once what becomes of its records."
            problems.append(Problem(Code.INVALID_REFERENCE, message, path))
        else:
            chosen[found.id] = Chosen(disposal, path)
    if problems:
        raise Refused(tuple(problems))
    usual, gone = Chosen(asked.records, "records"), Chosen(Disposal.DELETE, "records")
    return {each.id: gone if each.status is Status.DELETED else chosen.get(each.id, usual) for each in related}


async def _log(
    session: Session, call: Call, related: Iterable[Definition], touched: Mapping[int, Touched], erasure: Erasure
) -> None:
    """Tells that it happened, by the contact's id alone: of each definition for those who follow or watch that, and of
    the contact. The call's idempotency key, which is the client's own text, is not kept."""
    nameless = replace(call, idempotency_key=None)
    for definition in related:
        found = touched[definition.id]
        if found and definition.status is not Status.DELETED:
            for summary in _summaries(erasure.contact_id, found):
                await log(session, nameless, definition.id, [Change(Kind.CONTACT_ERASED, summary=summary)])
    summary = {
        "idContact": str(erasure.contact_id), "customers": erasure.customers, "deleted": erasure.deleted,
        "unlinked": erasure.unlinked,
    }  # fmt: skip
    await log(session, nameless, None, [Change(Kind.CONTACT_ERASED, summary=summary)])


def _summaries(contact_id: int, found: Touched) -> Iterator[dict[str, object]]:
    """Counts and ids of a definition's records, some thousand in each; at least one."""
    ids = [*found.deleted, *found.unlinked]
    for start in range(0, max(len(ids), 1), erasures.AT_ONCE):
        some = ids[start : start + erasures.AT_ONCE]
        deleted = len(some) if found.deleted else 0
        yield {"idContact": str(contact_id), "deleted": deleted, "unlinked": len(some) - deleted, "ids": some}


def _answer(erasure: Erasure) -> Answer:
    return Answer((Verdict(0, Outcome.DELETED, str(erasure.contact_id)),), erasure=erasure)
