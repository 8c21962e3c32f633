"""All the loaders of one operation, over one session."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

from app.domain.access import may_follow
from app.domain.contacts import Contact, Customer
from app.domain.definitions import Definition, Model, Target
from app.domain.limits import COUNT_BOUND
from app.domain.products import Product
from app.domain.records import Record
from app.domain.references import ContactReference
from app.loaders.asked import Asked
from app.loaders.batching import Calls, asking, loading
from app.loaders.membership import FindingKey, MemberKey, Questions
from app.loaders.prices import NATIVE, Pair, Told, quote
from app.loaders.references import Resolved, Resolver
from app.loaders.remembering import remembered
from app.store import aggregates, contacts, customers, explaining, membership, nested, products, records
from app.store.aggregates import Group
from app.store.contact_session import ContactSession
from app.store.definitions import Models
from app.store.explaining import Finding
from app.store.following import Follow, Targets, follows
from app.store.listing import Listed
from app.store.orders import Mark
from app.store.paging import Page
from app.store.records import Stretch
from app.store.session import Session
from app.tables import Table

K = TypeVar("K")
Q = TypeVar("Q")


class Related(NamedTuple):
    """Pages of the records whose relation `field` holds a value, read together with what these point at."""

    definition_id: int
    field: str
    page: Page[int]
    follow: tuple[str, ...] = ()


class RelatedCountKey(NamedTuple):
    definition_id: int
    field: str
    value: int | str


class NestedKey(NamedTuple):
    """A page of the records of a listing whose relation `field` holds `value`; without a page, their number."""

    asked: Asked
    field: str
    value: int | str
    page: Page[Mark] | None


class AggregateKey(NamedTuple):
    """The first groups of the records whose relation `field` holds `value`, as an aggregation asks for them."""

    asked: Asked
    field: str
    value: int | str
    limit: int


class CatalogueKey(NamedTuple):
    """A page of the products; the same for every contact that looks at it."""

    page: Page[str]
    search: str | None
    active: bool


class Loaders:
    """What one operation reads. Everything comes from one snapshot; what was asked once is not asked again."""

    def __init__(self, session: Session, models: Models, contact_id: int | None = None) -> None:
        self.calls = Calls()
        self.questions = Questions()
        self._session = session
        self._contact_id = contact_id  # who asks, if it is a contact: what is not its own is not there
        self._models = models
        self._model: Model | None = None
        self._reading_model = asyncio.Lock()

    async def model(self) -> Model:
        """The shop's definitions and overrides, as of this operation's snapshot."""
        if self._model is None:
            async with self._reading_model:
                self._model = self._model or await self._read_model()
        return self._model

    @property
    def model_read(self) -> Model:
        """The same, for those who know that it was asked for: whatever gave them a record did."""
        assert self._model is not None
        return self._model

    async def _read_model(self) -> Model:
        model = await self._models.current(self._session)
        if isinstance(self._session, ContactSession):
            await self._session.open_records(model)
        return model

    @loading
    async def contacts(self, ids: list[int]) -> Mapping[int, Contact]:
        own = ids if self._contact_id is None else [id_ for id_ in ids if id_ == self._contact_id]
        return await contacts.by_ids(self._session, own)

    @loading
    async def contact_ids(self, references: list[ContactReference]) -> Mapping[ContactReference, Resolved]:
        resolver = await Resolver.ask(self._session, None, references, reject_ambiguous=False, hold=False)
        return {reference: resolver.answer(reference) for reference in references}

    @loading
    async def memberships(self, keys: list[MemberKey]) -> Mapping[MemberKey, tuple[bool, ...]]:
        found: dict[MemberKey, tuple[bool, ...]] = {}
        for asked, group in _grouped(keys, lambda key: key.asked).items():
            ids = [key.contact_id for key in group]
            inside = await membership.memberships(self._session, ids, asked.conditions)
            found |= {key: inside[key.contact_id] for key in group if key.contact_id in inside}
        return found

    @loading
    async def findings(self, keys: list[FindingKey]) -> Mapping[FindingKey, tuple[Finding, ...]]:
        found: dict[FindingKey, tuple[Finding, ...]] = {}
        for asked, group in _grouped(keys, lambda key: key.asked).items():
            told = await explaining.findings(self._session, [key.contact_id for key in group], asked.parts)
            found |= {key: told[key.contact_id] for key in group if key.contact_id in told}
        return found

    @loading
    async def customers(self, ids: list[int]) -> Mapping[int, list[Customer]]:
        return await customers.of_contacts(self._session, ids)

    @loading
    async def contact_definitions(self, ids: list[int]) -> Mapping[int, list[Definition]]:
        model = await self.model()
        by_slot: dict[str, list[int]] = defaultdict(list)
        for definition in model.definitions:
            for relationship in definition.relations_to(Target.CONTACTS):
                by_slot[definition.field[relationship.field].slot or ""].append(definition.id)
        found = await records.contact_definitions(self._session, ids, by_slot)
        return {id_: [d for d in model.definitions if d.id in held] for id_, held in found.items()}

    @loading
    async def products(self, ids: list[str]) -> Mapping[str, Product]:
        found = await products.by_ids(self._session, ids)
        return {id_: product for id_, product in found.items() if product.is_active or self._contact_id is None}

    @loading
    async def catalogue(self, keys: list[CatalogueKey]) -> Mapping[CatalogueKey, Table[Product]]:
        return {key: await products.page(self._session, key.page, key.search, active=key.active) for key in keys}

    @loading
    async def catalogue_counts(self, keys: list[CatalogueKey]) -> Mapping[CatalogueKey, int]:
        bound = COUNT_BOUND + 1
        return {key: await products.count(self._session, bound, key.search, active=key.active) for key in keys}

    @loading
    async def records(self, ids: list[int]) -> Mapping[int, Record]:
        """Records of definitions that were not deleted."""
        model = await self.model()
        found = await records.by_ids(self._session, ids)
        return {id_: record for id_, record in found.items() if _shown(model, self._contact_id, record)}

    @asking
    async def records_following(self, names: tuple[str, ...], ids: list[int]) -> Mapping[int, Table[Record]]:
        """Records of definitions that were not deleted, by the relations that are followed from them, each in a table
        of its own; what they point at is known from then on."""
        model = await self.model()
        read, targets = await records.by_ids_following(self._session, ids, self._follows(model, names))
        self._learn(model, targets)
        definitions = read.column("definition_id")
        if self._contact_id is None:
            shown = [place for place, id_ in enumerate(definitions) if id_ in model.by_id]
        else:
            shown = [place for place, record in enumerate(read) if _shown(model, self._contact_id, record)]
        return {read.column("id")[place]: read[place : place + 1] for place in shown}

    async def page(self, definition: Definition, page: Page[int], names: tuple[str, ...]) -> Table[Record]:
        """A page of a definition's records; what they point at by relations of these names is known from then on."""
        follow = self._follows(definition, names)
        read, targets = await records.page(self._session, definition.id, page, follow)
        self._learn(await self.model(), targets)
        return read

    def _follows(self, of: Model | Definition, names: tuple[str, ...]) -> tuple[Follow, ...]:
        """For a contact none: what it may see is looked at one by one."""
        return _follows(of, names) if names and self._contact_id is None else ()

    def _learn(self, model: Model, found: Targets) -> None:
        for contacts_ in found.contacts:
            self.calls.learned("contacts", partial(_by_id, contacts_))
        for products_ in found.products:
            self.calls.learned("products", partial(_by_id, products_))
        for records_ in found.records:
            self.calls.learned("records", partial(_shown_by_id, model, self._contact_id, records_))

    @asking
    async def related(self, asked: Related, values: list[int | str]) -> Mapping[int | str, Stretch]:
        model = await self.model()
        definition = model.by_id[asked.definition_id]
        follow = self._follows(definition, asked.follow)
        found, targets = await records.related(self._session, definition, asked.field, values, asked.page, follow)
        self._learn(model, targets)
        return found

    @loading
    async def related_counts(self, keys: list[RelatedCountKey]) -> Mapping[RelatedCountKey, int]:
        model = await self.model()
        found: dict[RelatedCountKey, int] = {}
        for (definition_id, field), group in _grouped(keys, lambda k: (k.definition_id, k.field)).items():
            values = [key.value for key in group]
            counts = await records.count_related(
                self._session, model.by_id[definition_id], field, values, COUNT_BOUND + 1
            )
            found |= {key: counts.get(key.value, 0) for key in group}
        return found

    @loading
    async def nested(self, keys: list[NestedKey]) -> Mapping[NestedKey, list[Listed]]:
        found: dict[NestedKey, list[Listed]] = {}
        for (asked, field, page), group in _grouped(keys, lambda k: (k.asked, k.field, k.page)).items():
            assert page is not None
            values = [key.value for key in group]
            pages = await nested.pages(self._session, asked.what, field, values, page)
            found |= {key: pages.get(key.value, []) for key in group}
        return found

    @loading
    async def nested_counts(self, keys: list[NestedKey]) -> Mapping[NestedKey, int]:
        found: dict[NestedKey, int] = {}
        for (asked, field), group in _grouped(keys, lambda k: (k.asked, k.field)).items():
            values = [key.value for key in group]
            counts = await nested.counts(self._session, asked.what, field, values, COUNT_BOUND + 1)
            found |= {key: counts.get(key.value, 0) for key in group}
        return found

    @loading
    async def aggregates(self, keys: list[AggregateKey]) -> Mapping[AggregateKey, list[Group]]:
        found: dict[AggregateKey, list[Group]] = {}
        for (asked, field, limit), group in _grouped(keys, lambda k: (k.asked, k.field, k.limit)).items():
            values = [key.value for key in group]
            groups = await aggregates.groups_behind(self._session, asked.what, field, values, limit)
            found |= {key: groups.get(key.value, []) for key in group}
        return found

    @loading
    async def prices(self, pairs: list[Pair]) -> Mapping[Pair, Told]:
        """What the sources say; nothing of a contact that is not there."""
        model = await self.model()
        if model.overrides:
            return await quote(self._session, model, pairs)
        contacts = await self.contacts.load_many([contact_id for contact_id, _ in pairs])
        return {pair: NATIVE for pair, contact in zip(pairs, contacts, strict=True) if contact is not None}


@remembered
def _follows(of: Model | Definition, names: tuple[str, ...]) -> tuple[Follow, ...]:
    return follows(of.definitions if isinstance(of, Model) else [of], names)


def _shown(model: Model, contact_id: int | None, record: Record) -> bool:
    """Whether a record is of a definition that was not deleted, and the contact may see it, if one asks."""
    definition = model.by_id.get(record.definition_id)
    if definition is None or contact_id is None:
        return definition is not None
    return may_follow(definition, record, contact_id)


def _shown_by_id(model: Model, contact_id: int | None, found: Table[Record]) -> dict[int, Record]:
    return {record.id: record for record in found if _shown(model, contact_id, record)}


def _by_id(found: Table[Any]) -> dict[Any, Any]:
    return dict(zip(found.column("id"), found, strict=True))


def _grouped(keys: Sequence[K], question: Callable[[K], Q]) -> dict[Q, list[K]]:
    """Keys that one statement can answer, together."""
    groups: dict[Q, list[K]] = defaultdict(list)
    for key in keys:
        groups[question(key)].append(key)
    return groups
