"""Why contacts fulfil a condition or not, as it is shown."""

from collections.abc import Iterator, Sequence

import strawberry

from app.domain import wording
from app.domain.explanations import ConditionKind, Part
from app.domain.limits import WHY_RECORDS
from app.graphql.context import Info
from app.graphql.scalars import JSON
from app.loaders.membership import FindingKey, Parts
from app.store.explaining import Finding

strawberry.enum(
    ConditionKind,
    description="ALL and ANY join parts; RELATED, SOME, NONE, EVERY and COUNT lead to other rows, SEGMENT to a kept "
    "condition.",
)


@strawberry.type(description="A row that decided a part of a condition.")
class DecidingRecord:
    kind: str = strawberry.field(description='"contacts", "products", "customers", or the key of a definition.')
    id: strawberry.ID = strawberry.field(
        description="Its idContact, idProduct or idRecord; of a customer source and idCustomer, with a colon between."
    )
    value: JSON | None = strawberry.field(description="Of a comparison: the value that was compared.")


@strawberry.type(description="A part of a condition, and what came of it.")
class ConditionNode:
    level: int = strawberry.field(description="How deep it stands: higher levels that follow are inside it.")
    kind: ConditionKind
    text: str = strawberry.field(description="The part in words.")
    is_true: bool = strawberry.field(
        description="Inside a relation: whether at least one of the rows that are reached there fulfils it."
    )
    value: JSON | None = strawberry.field(
        description="The contact's own value that was compared, or how many records were counted."
    )
    records: list[DecidingRecord] = strawberry.field(
        description=f"The rows behind a relation that decided, lowest ids first, at most {WHY_RECORDS}: those that "
        "fulfil the part (under EVERY those that do not); where there are none, all that were reached."
    )


@strawberry.type(description="Why a contact fulfils a condition or not.")
class Why:
    is_true: bool
    nodes: list[ConditionNode] = strawberry.field(description="The condition's parts, each before those inside it.")
    lines: list[str] = strawberry.field(description="All of it to be read, a line for each part.")


async def explained(info: Info, contacts: Sequence[int], asked: Parts) -> list[Why | None]:
    """For each contact why; None for one that is not there. One statement."""
    found = await info.context.loaders.findings.load_many([FindingKey(id_, asked) for id_ in contacts])
    return [None if each is None else _why(asked.parts, each) for each in found]


def _why(parts: Sequence[Part], found: Sequence[Finding]) -> Why:
    lines = [_line(part, each) for part, each in zip(parts, found, strict=True)]
    return Why(is_true=found[0].is_true, nodes=list(_nodes(parts, found)), lines=lines)


def _nodes(parts: Sequence[Part], found: Sequence[Finding]) -> Iterator[ConditionNode]:
    for part, each in zip(parts, found, strict=True):
        kind = part.deciding.way.entity.name if part.deciding is not None else ""
        records = [DecidingRecord(kind=kind, id=strawberry.ID(row.id), value=row.value) for row in each.deciders]
        yield ConditionNode(
            level=part.level, kind=part.kind, text=part.text, is_true=each.is_true, value=each.value, records=records
        )


def _line(part: Part, found: Finding) -> str:
    said = f"{'yes' if found.is_true else 'no ':3}  {'  ' * part.level}{part.text}"
    if part.counted or part.value is not None:
        return f"{said}: {wording.value(found.value)}"
    if part.deciding is None or not found.deciders:
        return said
    row = f"in {wording.subject(part.deciding.way.entity)}"
    compared = part.deciding.attribute is not None
    rows = (f"{f'{wording.value(each.value)} ' if compared else ''}{row} {each.id}" for each in found.deciders)
    return f"{said}: {', '.join(rows)}"
