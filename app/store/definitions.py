"""Definitions, override sources and segments: a shop's model, read whole and cached by its version."""

from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
import orjson

from app.domain.definitions import (
    ContactAccess,
    Definition,
    Field,
    FieldType,
    Model,
    OverrideSource,
    Relationship,
    Status,
    Target,
)
from app.domain.drafts import Planned
from app.store import segments, statements
from app.store.session import Check, Session
from app.store.statements import Statement

_sql = statements.load("definitions.sql")
MODEL_KNOWN: Statement = _sql.model_known
_overrides = statements.load("overrides.sql")


class Models:
    """The models of the shops asked for lately. A model is used only while the shop's version, read in the caller's
    own snapshot, is still the one it was read at."""

    def __init__(self, size: int = 500) -> None:
        self._size = size
        self._models: OrderedDict[int, Model] = OrderedDict()
        self.changes: Counter[int] = Counter()  # of each shop's definitions, made by this process

    def check(self, shop_id: int) -> Check | None:
        """For a new snapshot of the shop: whether our model will be its model."""
        model = self._models.get(shop_id)
        return None if model is None else Check(MODEL_KNOWN, model.version)

    async def current(self, session: Session) -> Model:
        """The model as the session sees it: no statement when the session's check held, or else one, five when it has
        changed."""
        version = await session.checked()
        return await self._at(session, await _version(session) if version is None else version)

    async def holding(self, session: Session, key_or_id: str) -> tuple[Model, Definition | None]:
        """Holds a definition as it is until the transaction ends, and gives it with the model: one statement when
        nothing has changed. None if there is no such definition."""
        if not (key_or_id.isascii() and key_or_id.isprintable()):  # no key, and maybe no text that can be sent
            return await self.current(session), None
        digits = key_or_id.isdigit() and len(key_or_id) < 19
        held = await session.fetch(_sql.hold, key_or_id, int(key_or_id) if digits else 0)
        if not held:
            return await self.current(session), None
        row = held[0]
        model = await self._at(session, row["model_version"])
        definition = model.by_id.get(row["id"])
        if definition is None or definition.updated_at != row["updated_at"]:
            # we waited for a change: the version was read before it, the row after
            model = await self.current(session)
            definition = model.by_id.get(row["id"])
        return model, definition

    async def _at(self, session: Session, version: int) -> Model:
        model = self._models.get(session.shop_id)
        while model is None or model.version != version:
            model = await _read(session, version)
            version = await _version(session)  # in a writing session it may have grown meanwhile
            self._models[session.shop_id] = model
            if len(self._models) > self._size:
                self._models.popitem(last=False)
        self._models.move_to_end(session.shop_id)
        return model


async def _version(session: Session) -> int:
    return int((await session.fetch(_sql.model_version))[0]["model_version"])


async def _read(session: Session, version: int) -> Model:
    definitions = tuple(_definition(row) for row in await session.fetch(_sql.all))
    overrides = tuple(source_of(dict(row)) for row in await session.fetch(_overrides.all))
    return Model(version, definitions, overrides, await segments.every(session))


async def take_turn(session: Session) -> Model:
    """Takes the shop's turn to change its model, and reads it: one change at a time. Cached models become stale when
    it commits. This one is not cached: the version it has seen is ours, and what we are about to write is not in it."""
    version = int((await session.fetch(_sql.grow_version))[0]["model_version"])
    return await _read(session, version)


async def every(session: Session) -> list[Definition]:
    """Every definition of the shop, deleted ones too: what was saved in them is still there."""
    return [_definition(row) for row in await session.fetch(_sql.every)]


async def insert(session: Session, plan: Planned) -> int:
    """A new definition. Raises Conflict when its name or key is taken."""
    rows = await session.fetch(
        _sql.insert, plan.key, plan.name, plan.name_key, plan.description, _fields_json(plan.fields),
        _relationships_json(plan.relationships), list(plan.unique_keys), plan.contact_access.value,
    )  # fmt: skip
    return int(rows[0]["id"])


async def extend(session: Session, definition_id: int, plan: Planned) -> None:
    """Writes what an extension may change. Raises Conflict when the name is taken."""
    await session.fetch(_sql.wait_turn, definition_id)
    await session.fetch(
        _sql.extend, definition_id, plan.name, plan.name_key, plan.description, _fields_json(plan.fields),
        _relationships_json(plan.relationships), plan.contact_access.value,
    )  # fmt: skip


async def set_status(session: Session, definition_id: int, status: Status) -> None:
    await session.fetch(_sql.wait_turn, definition_id)
    await session.fetch(_sql.set_status, definition_id, status.value)


async def replace_sources(session: Session, system_field: str, sources: Sequence[OverrideSource]) -> None:
    """The system field's sources are now these."""
    await session.fetch(_overrides.clear, system_field)
    for s in sources:
        await session.fetch(
            _overrides.insert, s.system_field, s.priority, s.definition_id, s.field, s.product_field,
            list(s.contact_path), s.latest_by,
        )  # fmt: skip


async def delete_source(session: Session, source: OverrideSource) -> None:
    await session.fetch(_overrides.delete_one, source.system_field, source.priority)


def _fields_json(fields: Sequence[Field]) -> str:
    return orjson.dumps(
        [
            {
                "name": f.name, "type": f.type.value, "label": f.label, "description": f.description,
                "required": f.required, "default": f.default, "options": list(f.options),
                "elementType": f.element_type.value if f.element_type else None, "slot": f.slot,
            }
            for f in fields
        ]
    ).decode()  # fmt: skip


def _relationships_json(relationships: Sequence[Relationship]) -> str:
    return orjson.dumps(
        [{"field": r.field, "target": r.target.value, "definitionId": r.definition_id} for r in relationships]
    ).decode()


def _definition(row: asyncpg.Record) -> Definition:
    documents = {name: orjson.loads(row[name]) for name in ("fields", "relationships")}
    return definition_of(dict(row) | documents)


def definition_of(row: Mapping[str, Any]) -> Definition:
    """A row whose documents are read already, as an archive has it."""
    return Definition(
        id=row["id"],
        key=row["key"],
        name=row["name"],
        description=row["description"],
        status=Status(row["status"]),
        fields=tuple(_field(document) for document in row["fields"]),
        relationships=tuple(_relationship(document, row["id"]) for document in row["relationships"]),
        unique_keys=tuple(row["unique_keys"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        contact_access=ContactAccess(row["contact_access"]),
    )


def _field(document: dict[str, Any]) -> Field:
    return Field(
        name=document["name"],
        type=FieldType(document["type"]),
        label=document["label"],
        description=document["description"],
        required=document["required"],
        default=document["default"],
        options=tuple(document["options"]),
        element_type=FieldType(document["elementType"]) if document["elementType"] else None,
        slot=document["slot"],
    )


def _relationship(document: dict[str, Any], own_id: int) -> Relationship:
    target = Target(document["target"])
    # 0 was written before the definition had an id of its own, and means itself
    definition_id = (document["definitionId"] or own_id) if target is Target.DEFINITION else None
    return Relationship(document["field"], target, definition_id)


def source_of(row: Mapping[str, Any]) -> OverrideSource:
    return OverrideSource(
        row["system_field"], row["priority"], row["definition_id"], row["field"], row["product_field"],
        tuple(row["contact_path"]), row["latest_by"],
    )  # fmt: skip
