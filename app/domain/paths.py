"""The way from a price source to the contact: hops along relations, in either direction.

A hop forward is written "field": a relation of the definition reached so far. A hop backward is written
"definition.field": that definition's relation points at the one reached so far. The last hop is a relation to contacts.
People write a definition's key ("vet_assignment.veto_id"); stored is its id ("12.veto_id"), which outlives a new name.
Contacts and products are never passed through.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from app.domain import limits
from app.domain.definitions import Definition, Model, Target
from app.domain.problems import Code, Problem

CANDIDATES = 50  # how many possible paths are looked for and listed
_SHOWN = 20  # how many names a message lists


@dataclass(frozen=True, slots=True)
class Hop:
    """One step along a relation. `holder` is the definition that declares the field; forward leads from the holder to
    what the field points at, backward from that to the holder."""

    holder: int
    field: str
    forward: bool
    reaches: int | None  # the definition reached; None means the contact

    @property
    def stored(self) -> str:
        return self.field if self.forward else f"{self.holder}.{self.field}"

    def written(self, model: Model) -> str:
        """As a person writes it: with the definition's key."""
        return self.field if self.forward else f"{model.by_id[self.holder].key}.{self.field}"


@dataclass(frozen=True, slots=True)
class Path:
    """The hops from a source definition to the contact."""

    source: int
    hops: tuple[Hop, ...]

    @property
    def stored(self) -> tuple[str, ...]:
        return tuple(hop.stored for hop in self.hops)

    def written(self, model: Model) -> tuple[str, ...]:
        """As a person writes it: with the definitions' keys."""
        return tuple(hop.written(model) for hop in self.hops)

    def readable(self, model: Model) -> str:
        """For people: vet_pricing -veto_id-> veterinarian <-veto_id- vet_assignment -contact_id-> contact."""
        text = model.by_id[self.source].key
        for hop in self.hops:
            arrow = f"-{hop.field}->" if hop.forward else f"<-{hop.field}-"
            text += f" {arrow} {_name(model, hop.reaches)}"
        return text


def hops_from(model: Model, reached: int) -> list[Hop]:
    """Every hop that is possible at a definition, in order of how it is written."""
    forward = [
        Hop(reached, relationship.field, True, relationship.definition_id)
        for relationship in model.by_id[reached].relationships
        if relationship.target is Target.CONTACTS or relationship.definition_id in model.by_id
    ]
    backward = [
        Hop(holder.id, relationship.field, False, holder.id)
        for holder in model.definitions
        for relationship in holder.relations_to(Target.DEFINITION, reached)
    ]
    return sorted([*forward, *backward], key=lambda hop: hop.written(model))


def candidates(model: Model, source: Definition) -> list[Path]:
    """The paths that visit no definition twice, the shorter first, then by text; the first CANDIDATES of them."""
    onward = {definition.id: hops_from(model, definition.id) for definition in model.definitions}
    distances = _distances(onward)
    found = (
        Path(source.id, hops)
        for length in range(1, limits.PATH_HOPS + 1)
        for hops in _walks(onward, distances, (source.id,), length)
    )
    return list(islice(found, CANDIDATES))


def _walks(
    onward: dict[int, list[Hop]], distances: dict[int | None, int], visited: tuple[int, ...], length: int
) -> Iterator[tuple[Hop, ...]]:
    """The ways to the contact of exactly that many hops, never trying a definition from which it is too far."""
    for hop in onward[visited[-1]]:
        if hop.reaches is None:
            if length == 1:
                yield (hop,)
        elif hop.reaches not in visited and distances.get(hop.reaches, length) < length:
            for rest in _walks(onward, distances, (*visited, hop.reaches), length - 1):
                yield (hop, *rest)


def _distances(onward: dict[int, list[Hop]]) -> dict[int | None, int]:
    """How many hops each definition is from the contact, as far as a path may be long."""
    distances: dict[int | None, int] = {None: 0}
    for distance in range(1, limits.PATH_HOPS + 1):
        near = {at for at, hops in onward.items() if any(hop.reaches in distances for hop in hops)}
        distances |= dict.fromkeys(near - distances.keys(), distance)
    return distances


def choose_path(model: Model, source: Definition, explicit: Sequence[str] | None) -> tuple[Path | None, Problem | None]:
    """The explicit path if it holds, else the only possible one; several of any length are the user's to choose from.
    Fails with INVALID_PATH, NO_PATH or SEVERAL_PATHS."""
    if explicit is not None:
        return parse_path(model, source, explicit)
    possible = candidates(model, source)
    if len(possible) == 1:
        return possible[0], None
    if not possible:
        return None, _problem(Code.NO_PATH, _what_is_missing(model, source))
    choices = "; ".join(f"{_quoted(path.written(model))} ({path.readable(model)})" for path in possible)
    return None, _problem(
        Code.SEVERAL_PATHS,
        f"{len(possible)}{' or more' if len(possible) == CANDIDATES else ''} paths lead from {source.key} to a "
        f"contact: {choices}. Give one of them as contactPath.",
    )


def parse_path(model: Model, source: Definition, hops: Sequence[str]) -> tuple[Path | None, Problem | None]:
    """Checks a path hop by hop, written with keys or with ids. It may visit a definition twice, as a self-reference
    needs it. Fails with INVALID_PATH, which names the failing hop and what is possible there."""
    if not 1 <= len(hops) <= limits.PATH_HOPS:
        fault = f"A path has 1 to {limits.PATH_HOPS} hops, this one has {len(hops)}."
        return None, _problem(Code.INVALID_PATH, f"{fault} {_possible(model, source.id)}")
    taken: list[Hop] = []
    at = source.id
    for number, text in enumerate(hops, 1):
        hop, fault = _hop(model, at, text)
        if hop is None:
            return None, _failing(model, at, number, text, fault)
        taken.append(hop)
        if hop.reaches is None:
            break
        at = hop.reaches
    else:
        fault = f"The path ends at {_name(model, at)}, not at a contact."
        return None, _problem(Code.INVALID_PATH, f"{fault} {_possible(model, at)}")
    if len(taken) < len(hops):
        fault = f"Hop {len(taken)} ({hops[len(taken) - 1]!r}) reaches the contact: end the path there."
        return None, _problem(Code.INVALID_PATH, f"{fault} Paths never lead through a contact.")
    return Path(source.id, tuple(taken)), None


def _hop(model: Model, at: int, text: str) -> tuple[Hop | None, str]:
    """The hop of that text, else what is wrong with it."""
    owner, dot, field = text.rpartition(".")
    holder = model.find(owner) if dot else model.by_id[at]
    if holder is None:
        return None, f"there is no definition {owner!r}"
    relationship = holder.relationship.get(field)
    if relationship is None:
        kind = "is no relation" if field in holder.field else "is no field"
        return None, f"{field!r} {kind} of {holder.key}"
    if relationship.target is Target.PRODUCTS:
        return None, f"{field!r} of {holder.key} points to products, and paths never lead through a product"
    if not dot:
        return Hop(at, field, True, relationship.definition_id), ""
    if relationship.definition_id != at:
        return None, f"{field!r} of {holder.key} does not point to {_name(model, at)}"
    return Hop(holder.id, field, False, holder.id), ""


def _what_is_missing(model: Model, source: Definition) -> str:
    """Why no path exists, and which relationship would make one."""
    start = f"No path of at most {limits.PATH_HOPS} hops leads from {source.key} to a contact"
    ends = [d.key for d in model.definitions if d.relations_to(Target.CONTACTS)]
    reached, onward = {source.id}, {source.id}
    for _ in range(limits.PATH_HOPS - 1):
        onward = {hop.reaches for at in onward for hop in hops_from(model, at) if hop.reaches is not None} - reached
        reached |= onward
    near = listed(sorted(model.by_id[at].key for at in reached))
    if not ends:
        return f"{start}: no definition has a relationship to contacts. Add one to any of: {near}."
    return f"{start}: {listed(ends)} point to contacts, but are not linked closely enough to any of: {near}."


def _failing(model: Model, at: int, number: int, text: str, fault: str) -> Problem:
    return _problem(Code.INVALID_PATH, f"Hop {number} ({text!r}) fails: {fault}. {_possible(model, at)}")


def _possible(model: Model, at: int) -> str:
    hops = [hop.written(model) for hop in hops_from(model, at)]
    return f"Possible from {_name(model, at)}: {listed(hops) if hops else 'nothing'}."


def _problem(code: Code, message: str) -> Problem:
    return Problem(code, message, "contactPath")


def _name(model: Model, reached: int | None) -> str:
    return "contact" if reached is None else model.by_id[reached].key


def _quoted(hops: Iterable[str]) -> str:
    return "[" + ", ".join(f'"{hop}"' for hop in hops) + "]"


def listed(names: Sequence[str]) -> str:
    """Names for a message, the first few of many."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
