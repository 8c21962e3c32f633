"""Which states of records fulfil a condition: as they were, as they became, as they would be.

The condition is the one of lists, on a table made of the states in place of the stored records. What it asks of other
records is answered by these as they are now.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import orjson

from app.domain.conditions import Condition
from app.domain.definitions import Definition
from app.domain.entities import of_definition
from app.domain.records import Data
from app.domain.slots import slot_values
from app.store.columns import slot_column, slot_type
from app.store.conditions import compiled
from app.store.fragments import Fragments, Sql
from app.store.session import Session
from app.store.statements import Statement


class State(NamedTuple):
    """A record at a time. When it was created is not known of it: conditions on that are false."""

    id: int
    version: int
    data: Data
    updated_at: datetime


async def matching(
    session: Session, definition: Definition, condition: Condition, states: Sequence[State]
) -> list[bool]:
    """Whether each state, of records of that definition, fulfils the condition: one statement for all."""
    fragments = Fragments()
    columns = {
        "id": fragments.parameter([each.id for each in states], "bigint[]"),
        "version": fragments.parameter([each.version for each in states], "integer[]"),
        "data": fragments.parameter([orjson.dumps(each.data).decode() for each in states], "jsonb[]"),
        "updated_at": fragments.parameter([each.updated_at for each in states], "timestamptz[]"),
    }
    texts = set[str]()
    for field in definition.fields:
        if field.slot is not None:
            values = slot_values(field, [each.data.get(field.name) for each in states])
            columns[slot_column(field.slot)] = fragments.parameter(values, f"{slot_type(field.slot)}[]")
            texts |= {field.slot} if slot_type(field.slot) == "text" else set()
    shown = ", ".join(f's.{name} collate "C" as {name}' if name in texts else f"s.{name}" for name in columns)
    table = Sql(
        f"select $1::bigint as shop_id, {fragments.definition(definition)} as definition_id, "
        f"null::timestamptz as created_at, s.position, {shown} from unnest({', '.join(columns.values())}) "
        f"with ordinality as s ({', '.join(columns)}, position)"
    )
    fulfilled = compiled(of_definition(definition), condition, Sql("r"), fragments)
    sql = f"select r.position from ({table}) r where {fulfilled}"
    rows = await session.fetch(Statement("records.matching", sql), *fragments.parameters)
    found = {row["position"] for row in rows}
    return [position in found for position in range(1, len(states) + 1)]
