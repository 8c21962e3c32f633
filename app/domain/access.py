"""Who may ask for what: the scopes of API keys, and what a contact's own token opens."""

from dataclasses import dataclass
from enum import Enum

from app.domain.definitions import ContactAccess, Definition, Model, Target
from app.domain.records import Record


class Scope(Enum):
    """What an API key may do. `manage_automation` is for what acts by itself: segments, triggers, webhooks."""

    READ = "read"
    WRITE_RECORDS = "write_records"
    WRITE_CATALOGUE = "write_catalogue"
    MANAGE_DEFINITIONS = "manage_definitions"
    MANAGE_OVERRIDES = "manage_overrides"
    MANAGE_AUTOMATION = "manage_automation"
    MINT_TOKENS = "mint_tokens"
    ERASE_CONTACTS = "erase_contacts"


ALL_SCOPES = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: an integration with its key's scopes, or (with `contact_id`) one contact, who only reads its own."""

    scopes: frozenset[Scope]
    api_key_id: int | None = None
    contact_id: int | None = None


def contact_fields(definition: Definition) -> tuple[str, ...]:
    """The relations that say whose a record is."""
    return tuple(relationship.field for relationship in definition.relations_to(Target.CONTACTS))


def may_own(definition: Definition) -> bool:
    """Whether contacts have records of their own in this definition, and may read them."""
    return definition.contact_access is ContactAccess.READ and bool(contact_fields(definition))


def owns(definition: Definition, record: Record, contact_id: int) -> bool:
    """Whether a record of a READ definition points at this contact."""
    return may_own(definition) and any(record.data.get(field) == contact_id for field in contact_fields(definition))


def may_follow(definition: Definition, record: Record, contact_id: int) -> bool:
    """Whether a relation of the contact's own record may be followed to this one: it is in a READ definition, and not
    somebody else's."""
    nobodys = definition.contact_access is ContactAccess.READ and not contact_fields(definition)
    return nobodys or owns(definition, record, contact_id)


def readable_definitions(model: Model) -> tuple[list[int], dict[str, list[int]]]:
    """For the database's own check: the READ definitions that are nobody's, and those whose relation to contacts is in
    ref1, ref2, ref3, ref4."""
    nobodys: list[int] = []
    by_slot: dict[str, list[int]] = {}
    for definition in model.definitions:
        if definition.contact_access is ContactAccess.READ:
            fields = contact_fields(definition)
            if not fields:
                nobodys.append(definition.id)
            for field in fields:
                by_slot.setdefault(definition.field[field].slot or "", []).append(definition.id)
    return nobodys, by_slot
