"""What rows are grouped by and what is measured of them, as expressions in SQL.

Sums are those of exact decimals, of NUMBER too: added as doubles, the sum would depend on the order of the rows. The
data have them; but slots are read in a third of the time. So slots are tried first, taken for what they mostly are:
whole texts, and whole numbers, which add up exactly as doubles. Flags tell whether they were; else the data decide.
What need not be asked of each row is not: a group's key is looked at once, and the ends of the slot's index tell
whether any number of the definition is too large.
"""

from dataclasses import replace
from decimal import Decimal

from app.domain.aggregates import Aggregation, Function, GroupKey, Measure, Reached, Unit
from app.domain.definitions import Definition
from app.domain.entities import Entity, Kind, relationship
from app.domain.limits import SLOT_TEXT_LENGTH
from app.store.attributes import Expression, in_data, place, raw_text
from app.store.columns import slot_column
from app.store.conditions import rows_of
from app.store.fragments import Fragments, Sql
from app.store.orders import Joins, reached

_UNITS = {Unit.DAY: "day", Unit.WEEK: "week", Unit.MONTH: "month", Unit.QUARTER: "quarter", Unit.YEAR: "year"}
_FIRST, _LAST = "timestamp '0001-01-01'", "timestamp '9999-12-31'"  # days beyond count to these
_WHOLE = "1e9"  # of smaller ones nine million are added exactly
_DIGITS = 60  # behind the point of an average that groups are ordered by


class Measures:
    """The expressions of one aggregation. `joins` is where relations lead, `flags` tell of a group whether what was
    taken from slots is exact: both are complete once all was asked for."""

    def __init__(self, aggregation: Aggregation, table: Sql, fragments: Fragments, *, slots: bool) -> None:
        self._entity = aggregation.entity
        self._zone = aggregation.zone
        self._table = table
        self._fragments = fragments
        self._slots = slots
        self.flags: dict[Sql, None] = {}
        self._joins: Joins = {}
        self._known_small: dict[tuple[int, str], Sql] = {}

    @property
    def joins(self) -> str:
        return "".join(join for _, join in self._joins.values())

    def key(self, key: GroupKey) -> Sql:
        """What rows are grouped by: a value, or the first day of the calendar unit it falls in."""
        if key.unit is None:
            return self._value(key.of, "{}")
        local = within = self._local(key.of)
        field = key.of.attribute.field
        if key.of.kind is Kind.DATETIME or (field is not None and field.slot is not None):
            within = f"case when {local} < {_FIRST} then {_FIRST} when {local} > {_LAST} then {_LAST} else {local} end"
        return Sql(f"date_trunc('{_UNITS[key.unit]}', {within})::date")

    def figure(self, measure: Measure) -> Sql:
        """A measure; of an average the sum alone."""
        of = measure.of
        if of is None:
            return Sql("count(*)")
        if measure.function is Function.COUNT:
            return Sql(f"count(distinct {self._value(of)})" if measure.distinct else f"count({self._present(of)})")
        if measure.function in (Function.SUM, Function.AVG):
            return self._sum(of)
        return Sql(f"{measure.function.value.lower()}({self._value(of)})")

    def ranked(self, measure: Measure) -> Sql:
        """The measure as groups are ordered by it."""
        figure = self.figure(measure)
        if measure.function is not Function.AVG:
            return figure
        number = self.figure(Measure(Function.COUNT, measure.of))
        return Sql(f"round({figure}, {_DIGITS}) / nullif({number}, 0)")

    def compared(self, measure: Measure) -> Expression:
        """The measure as groups are chosen by it; of an average the sum alone."""
        if measure.of is None or measure.function is Function.COUNT:
            return Expression(self.figure(measure), "bigint", int)
        if measure.function in (Function.SUM, Function.AVG):
            return Expression(self.figure(measure), "numeric", Decimal)
        table, entity = self._reach(measure.of)
        return replace(place(entity, measure.of.attribute, table, Fragments()).exact, sql=self.figure(measure))

    def _value(self, of: Reached, all_rows: str = "bool_and({})") -> Sql:
        """The value. A group's key is the same in all of its rows."""
        table, entity = self._reach(of)
        field = of.attribute.field
        if self._slots and of.kind is Kind.TEXT and field is not None and field.slot is not None:
            slot = Sql(f"{table}.{slot_column(field.slot)}")
            self.flags[Sql(all_rows.format(f"octet_length({slot}) < {SLOT_TEXT_LENGTH}"))] = None
            return slot
        at = place(entity, of.attribute, table, self._fragments)
        return at.exact.sql

    def _present(self, of: Reached) -> Sql:
        """Something that is null exactly where the value is."""
        table, entity = self._reach(of)
        field = of.attribute.field
        if field is not None and relationship(entity, field.name) is None and field.slot is None:
            return raw_text(of.attribute, table, self._fragments)
        at = place(entity, of.attribute, table, Fragments())  # a slot, or a column, which take no parameters
        return (at.slot or at.exact).sql

    def _number(self, of: Reached) -> Sql:
        """A NUMBER or DECIMAL as an exact decimal."""
        table, entity = self._reach(of)
        if of.attribute.field is None:
            return place(entity, of.attribute, table, self._fragments).exact.sql
        return in_data(_declared(entity), replace(of.attribute, kind=Kind.DECIMAL), table, self._fragments).sql

    def _sum(self, of: Reached) -> Sql:
        field = of.attribute.field
        if not self._slots or of.kind is not Kind.NUMBER or field is None or field.slot is None:
            return Sql(f"sum({self._number(of)})")
        table, entity = self._reach(of)
        slot, small = f"{table}.{slot_column(field.slot)}", self._small(entity, slot_column(field.slot))
        self.flags[Sql(f"bool_and({slot} = trunc({slot})) and {small}")] = None
        return Sql(f"(sum({slot}) filter (where {small}))::text::numeric")

    def _small(self, entity: Entity, column: str) -> Sql:
        """That no number of the definition is too large, by the first and the last of the slot's index: asked once.
        Sums of larger ones may be inexact, or no doubles at all."""
        key = (_declared(entity).id, column)
        if key not in self._known_small:
            table = self._fragments.table()
            own = rows_of(entity, table, self._fragments)
            end = (
                f"(select {table}.{column} as value from records {table} where {own} and {table}.{column} is not null"
                f" order by {table}.{column}{{}} limit 1)"
            )
            ends = f"{end.format('')} union all {end.format(' desc')}"
            small = f"(select coalesce(bool_and(abs(value) < {_WHOLE}), true) from ({ends}) ends)"
            self._known_small[key] = Sql(small)
        return self._known_small[key]

    def _local(self, of: Reached) -> str:
        """A DATE's midnight, or a DATETIME as the clocks of the shop's time zone show it."""
        table, entity = self._reach(of)
        at = place(entity, of.attribute, table, self._fragments).exact
        if of.kind is Kind.DATE:
            if at.type != "text":
                return f"({at.sql} at time zone 'UTC')"
            own = f"{table}.definition_id = {self._fragments.definition(_declared(entity))}"
            return f"(case when {own} then ({at.sql})::timestamp end)"
        return f"({at.sql} at time zone {self._fragments.zone(self._zone)})"

    def _reach(self, of: Reached) -> tuple[Sql, Entity]:
        return reached(self._entity, of.hops, self._table, self._joins, self._fragments)


def _declared(entity: Entity) -> Definition:
    assert entity.definition is not None
    return entity.definition
