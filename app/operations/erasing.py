"""A person taken out of everything that a shop keeps: the steps of an erasure, in one transaction."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.domain import naming
from app.domain.access import contact_fields
from app.domain.definitions import Definition, Model
from app.domain.entities import CONTACTS, of_definition
from app.domain.erased_conditions import without
from app.domain.erasures import Disposal, Erasure, Person, RecordsErased, slots, tied
from app.domain.kept_conditions import kept_condition, kept_text
from app.domain.problems import Code, Problem, Refused
from app.store import erasures, idempotency, records
from app.store.erasures import About, Watching
from app.store.session import Session

_CONTACT_WRITES = ("saveCustomers", "deleteCustomers")
_RECORD_WRITES = (
    "saveCustomDataRecords", "updateCustomDataRecord", "deleteCustomDataRecord", "bulkDeleteCustomDataRecords",
)  # fmt: skip


class Chosen(NamedTuple):
    """What becomes of a definition's records, and where in the input that was said."""

    disposal: Disposal
    path: str


@dataclass(slots=True)
class Touched:
    """What was found of the person in one definition: its records by what became of them, and how many changes."""

    deleted: list[int] = field(default_factory=list)
    unlinked: list[int] = field(default_factory=list)
    changes: int = 0

    def __bool__(self) -> bool:
        return bool(self.deleted or self.unlinked or self.changes)


class Seen(NamedTuple):
    """What was found of the person before others were kept from writing: the changes up to some sequence, and
    deliveries."""

    about: About
    reached: int
    deliveries: list[int]


async def look(
    session: Session, related: Iterable[Definition], watching: Iterable[Watching], contact_id: int
) -> dict[int, Seen]:
    """Looks through the log and the deliveries of each definition, which takes the longer the more there are, while
    others go on."""
    seen = {}
    for each in related:
        about, reached = await erasures.changes_about(session, each, contact_id)
        own = await erasures.records_of(session, each, contact_id)
        gone = await erasures.histories(session, about.record_ids - own, also_living=False)
        triggers = _triggers(watching, each)
        found = await erasures.deliveries_about(session, triggers, each, contact_id, own | gone.record_ids)
        seen[each.id] = Seen(about, reached, found)
    return seen


@dataclass(slots=True)
class Eraser:
    """One erasure. `model` is the shop's, `related` are all definitions whose records may point at contacts, deleted
    ones too, and `chosen` says what becomes of the records of each."""

    session: Session
    model: Model
    related: Sequence[Definition]
    chosen: Mapping[int, Chosen]
    watching: Sequence[Watching]
    seen: Mapping[int, Seen]
    touched: dict[int, Touched] = field(default_factory=lambda: defaultdict(Touched))

    async def erase(self, who: Person, *, known: bool) -> Erasure:
        """Removes the contact, if it is `known`, and all that points at it. Raises Refused, before anything is
        written, where records cannot be without it."""
        session, contact_id = self.session, who.contact_id
        await self._check_links(contact_id)
        customers = await erasures.delete_person(session, contact_id) if known else 0
        sequences: set[int] = set()
        gone: set[int] = set()
        deliveries: set[int] = set()
        for definition in self.related:
            told, of_records = await self._records(definition, contact_id)
            sequences |= told
            gone |= of_records
            of_changes = await erasures.deliveries_of(session, _triggers(self.watching, definition), told)
            deliveries.update(of_changes, self.seen[definition.id].deliveries)
        await erasures.empty_changes(session, sequences)
        await erasures.empty_deliveries(session, deliveries)
        alone = await erasures.its_own(session, who)
        return Erasure(
            contact_id, customers, tuple(self._counted()), len(sequences), len(deliveries),
            await self._answers(alone, gone), *await self._conditions(alone),
        )  # fmt: skip

    async def _check_links(self, contact_id: int) -> None:
        """Raises Refused, naming every definition whose records are to stay and cannot."""
        held = await records.contact_definitions(self.session, [contact_id], _by_slot(self.related))
        problems = [
            _tied(each, self.chosen[each.id].path) for each in self.related
            if each.id in held.get(contact_id, ()) and self._unlinks(each) and tied(each)
        ]  # fmt: skip
        if problems:
            raise Refused(tuple(problems))

    async def _records(self, definition: Definition, contact_id: int) -> tuple[set[int], set[int]]:
        """Deletes or unlinks the person's records of a definition. The changes that tell of the person, and the records
        that have nobody else's history: those of now, and those that pointed at it and are gone."""
        session, touched = self.session, self.touched[definition.id]
        earlier, reached, _ = self.seen[definition.id]
        later, _ = await erasures.changes_about(session, definition, contact_id, reached)
        pointed = earlier.record_ids | later.record_ids
        if self._unlinks(definition):
            touched.unlinked = await erasures.unlink_records(session, definition, contact_id)
        else:
            touched.deleted = await erasures.delete_records(session, definition, contact_id)
        gone = await erasures.histories(session, pointed.union(touched.deleted), also_living=False)
        kept = await erasures.histories(session, touched.unlinked, also_living=True)
        sequences = {*earlier.sequences, *later.sequences, *gone.sequences, *kept.sequences}
        touched.changes = len(sequences)
        return sequences, {*gone.record_ids, *touched.deleted, *touched.unlinked}

    def _unlinks(self, definition: Definition) -> bool:
        return self.chosen[definition.id].disposal is Disposal.UNLINK

    async def _answers(self, who: Person, record_ids: Collection[int]) -> int:
        await idempotency.forget_expired(self.session)
        typed = [name for each in self.related for name in naming.mutation_names(each.key)]
        return await erasures.empty_answers(self.session, who, [*_RECORD_WRITES, *typed], record_ids, _CONTACT_WRITES)

    async def _conditions(self, who: Person) -> tuple[int, int]:
        """Takes the person out of the conditions of segments and triggers; of how many."""
        segments = {each.id: _without(self.model, CONTACTS, each.text, who) for each in self.model.segments}
        triggers = {
            each.id: _without(self.model, of_definition(self.model.by_id[each.definition_id]), each.text, who)
            for each in self.watching if each.definition_id in self.model.by_id
        }  # fmt: skip
        changed = [{id_: text for id_, text in each.items() if text is not None} for each in (segments, triggers)]
        await erasures.change_conditions(self.session, *changed)
        return len(changed[0]), len(changed[1])

    def _counted(self) -> Iterable[RecordsErased]:
        for definition in self.related:
            touched = self.touched[definition.id]
            if touched:
                yield RecordsErased(definition.id, definition.key, len(touched.deleted), len(touched.unlinked))


def related_to_contacts(definitions: Iterable[Definition]) -> list[Definition]:
    return [each for each in definitions if contact_fields(each)]


def _triggers(watching: Iterable[Watching], definition: Definition) -> list[int]:
    return [each.id for each in watching if each.definition_id == definition.id]


def _by_slot(definitions: Iterable[Definition]) -> dict[str, list[int]]:
    by_slot: dict[str, list[int]] = defaultdict(list)
    for definition in definitions:
        for slot in slots(definition).values():
            by_slot[slot].append(definition.id)
    return by_slot


def _tied(definition: Definition, path: str) -> Problem:
    fields = ", ".join(tied(definition))
    message = (
        f"Records of {definition.key} cannot be without their contact: {fields} is required, or identifies them. "
        "Choose DELETE for this definition."
    )
    return Problem(Code.LINK_REQUIRED, message, path)


def _without(model: Model, entity: Any, text: str, who: Person) -> str | None:
    """The condition's text without the person; None where it does not name it."""
    before = kept_condition(text)
    after = without(model, entity, before, who)
    return None if after == before else kept_text(after, {})
