"""A search by the beginning of a name, an e-mail or a reference, as a condition."""

from app.domain.conditions import Condition, Or, Range
from app.domain.definitions import Target
from app.domain.entities import Attribute, Entity, Kind
from app.domain.text import after_prefix, search_key

_SEARCHED = {
    Target.CONTACTS: (
        Attribute("email", Kind.EMAIL), Attribute("name_key", Kind.TEXT), Attribute("surname_key", Kind.TEXT),
    ),
    Target.PRODUCTS: (Attribute("reference_key", Kind.TEXT), Attribute("name_key", Kind.TEXT)),
}  # fmt: skip


def beginning(entity: Entity, search: str) -> Condition:
    """That something of a contact or product begins so; case does not count."""
    prefix = search_key(search)
    ranges = [Range(each, prefix, after_prefix(prefix), high_open=True) for each in _SEARCHED[entity.target]]
    return Or(tuple(ranges))
