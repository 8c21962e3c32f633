"""The version of a shop's schema: equal where the schemas are, so that shops share them and clients know when to
generate their code anew."""

from collections.abc import Iterator, Sequence
from hashlib import sha256

from app.domain.definitions import Definition, Status

Shape = tuple[object, ...]

# Of what is made of definitions. Another one, whenever the same definitions give other types or fields: clients have to
# generate their code anew then, too. A test says when, and which.
GENERATION = "04586c870491d526"


def version(core: str, definitions: Sequence[Definition], *, contact: bool) -> str:
    """The version of the schema with these definitions, on a core whose SDL is that text."""
    shape = (GENERATION, core, contact, *_shapes(definitions))
    return sha256(repr(shape).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _shapes(definitions: Sequence[Definition]) -> Iterator[Shape]:
    """All that the schema tells of the definitions, which is named by keys: ids differ from shop to shop."""
    keys = {each.id: each.key for each in definitions}
    for each in definitions:
        yield (
            each.key, each.name, each.description, each.status is Status.INACTIVE, each.unique_keys,
            tuple((f.name, f.type.value, f.label, f.description, f.required, repr(f.default), repr(f.options),
                   f.element_type and f.element_type.value, f.slot is not None) for f in each.fields),
            tuple((r.field, r.target.value, keys.get(r.definition_id or 0)) for r in each.relationships),
        )  # fmt: skip
