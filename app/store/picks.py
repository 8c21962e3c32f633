"""The record that speaks for a contact: the first of its records of a definition in some order."""

from collections.abc import Sequence

from app.domain.definitions import Definition
from app.domain.entities import of_definition
from app.domain.records import Record
from app.domain.templates import Pick
from app.store.attributes import place
from app.store.columns import relation_column
from app.store.following import RECORD_COLUMNS, record_list
from app.store.fragments import Fragments, Sql
from app.store.session import Session
from app.store.statements import Statement


async def picked(
    session: Session, definition: Definition, relation: str, pick: Pick | None, contacts: Sequence[int]
) -> dict[int, Record]:
    """For each contact that has one, its record of the definition: the newest, or the first as `pick` says. One
    statement for all contacts."""
    fragments = Fragments()
    asked = fragments.parameter(list(contacts), "bigint[]")
    order = "r.id desc"
    if pick is not None:
        value = place(of_definition(definition), pick.attribute, Sql("r"), fragments).exact
        order = f"{value.sql} {'desc' if pick.descending else 'asc'} nulls last, {order}"
    held = relation_column(definition, relation).name
    sql = (
        f"select {RECORD_COLUMNS.format('r')}, c.id as contact from unnest({asked}) as c (id) cross join lateral ("
        f"select * from records r where r.shop_id = $1 and r.definition_id = {fragments.definition(definition)}"
        f" and r.{held} = c.id order by {order} limit 1) r"
    )
    rows = await session.fetch(Statement("records.picked", sql), *fragments.parameters)
    return {row["contact"]: record for row, record in zip(rows, record_list(rows), strict=True)} if rows else {}
