"""What resolves a shop's own fields: the functions behind the general ones, asked by a definition's key."""

from collections.abc import Callable, Sequence
from typing import Any

from app.domain.access import Scope
from app.domain.definitions import Definition, Target
from app.domain.entities import Entity, of_definition
from app.domain.reverse_names import Reverse
from app.execution import Answers, Column
from app.graphql.access import may_read, only_keys, require
from app.graphql.aggregates import GroupArguments, aggregate
from app.graphql.connection import PageArguments
from app.graphql.context import Info
from app.graphql.errors import refuse
from app.graphql.following import followed
from app.graphql.listing import filtered_records, plain_cursors
from app.graphql.node import number, number_of
from app.graphql.records import find_definition, load_own_record, record_node, records_page
from app.graphql.relations import Behind, groups_behind, records_behind, targets
from app.graphql.typed.figures import selected
from app.operations.find_records import Named, find_record
from app.tables import Table, column

Many = Callable[..., Any]

HERE = ()  # the object behind `custom` at the root: its fields need nothing of it


def custom(parents: Sequence[Any], info: Info) -> Sequence[Any]:
    require(info, Scope.READ, contacts=True)
    return [HERE] * len(parents)


def listing(key: str) -> Many:
    """A definition's records, in pages."""

    async def records(
        parents: Sequence[Any], info: Info, where: Any = None, order_by: Any = None, **page: Any
    ) -> Column[Any]:
        asked = _asked(**page)
        if where is not None or order_by:
            return [await filtered_records(info, key, asked, where, order_by) for _ in parents]
        plain_cursors(asked[1], asked[3])
        return [await records_page(info, key, asked) for _ in parents]

    return records


def by_id(key: str) -> Many:
    """A definition's record of an id."""

    async def record(parents: Sequence[Any], info: Info, id_record: str) -> Column[Any]:
        record_id = number_of(id_record, "CustomDataRecord")
        found = await load_own_record(info, record_id, followed(info)) if record_id is not None else None
        if found is None or column(found if type(found) is Table else [found], "schema")[0].key != key:
            return [None] * len(parents)
        return found if type(found) is Table else [found] * len(parents)

    return record


def by_key(definition: Definition) -> Many:
    """A definition's record of a unique key, whose fields are the arguments, whatever they are called."""

    async def record(parents: Sequence[Any], info: Info, /, **sent: Any) -> Column[Any]:
        only_keys(info)
        key = {name: _raw(definition, name, value) for name, value in sent.items()}
        model = await info.context.model()
        row, problems = await find_record(info.context.session, model, Named(definition=definition.key, key=key))
        if problems:
            refuse(problems[0])
        return [record_node(row, model.by_id[row.definition_id]) if row is not None else None] * len(parents)

    return record


def _raw(definition: Definition, name: str, value: Any) -> Any:
    """An id of contacts and records is a number in the general form."""
    if name not in definition.relationship or not isinstance(value, str):
        return value
    found = number(value)
    return value if found is None else found


def target(field: str) -> Many:
    """What a relation points to."""

    def pointed(parents: Sequence[Any], info: Info) -> Answers[Any]:
        may_read(info)
        return targets(info, parents, field)

    return pointed


Parents = Callable[[Sequence[Any], Info], tuple[Target, Sequence[Any]]]


def of_contacts(contacts: Sequence[Any], info: Info) -> tuple[Target, Sequence[int]]:
    """What the records of contacts point at, which contacts may read of their own."""
    may_read(info)
    return Target.CONTACTS, column(contacts, "id")


def of_products(products: Sequence[Any], info: Info) -> tuple[Target, Sequence[str]]:
    only_keys(info)
    return Target.PRODUCTS, column(products, "row.id")


def of_records(records: Sequence[Any], info: Info) -> tuple[Target, Sequence[Any]]:
    only_keys(info)
    return Target.DEFINITION, records


def behind(way: Reverse, of: Parents) -> Many:
    """The records that point at the parents."""

    async def records(
        parents: Sequence[Any], info: Info, where: Any = None, order_by: Any = None, **page: Any
    ) -> Column[Any]:
        asked = Behind(*of(parents, info), way.definition.key, way.field)
        return await records_behind(info, asked, _asked(**page), where, order_by)

    return records


def groups(key: str) -> Many:
    """What a definition's records amount to, in groups."""

    async def aggregates(parents: Sequence[Any], info: Info, **sent: Any) -> Column[Any]:
        only_keys(info)
        entity = of_definition(await find_definition(info, key))
        return [await aggregate(info, entity, _grouped(**sent)) for _ in parents]

    return aggregates


def groups_of_all(entity: Entity) -> Many:
    """What the shop's contacts or products amount to, in groups."""

    async def aggregates(parents: Sequence[Any], info: Info, **sent: Any) -> Column[Any]:
        only_keys(info)
        return [await aggregate(info, entity, _grouped(**sent)) for _ in parents]

    return aggregates


def groups_of(way: Reverse, of: Parents) -> Many:
    """The same of the records that point at each parent."""

    async def aggregates(parents: Sequence[Any], info: Info, **sent: Any) -> Column[Any]:
        only_keys(info)
        return await groups_behind(info, Behind(*of(parents, info), way.definition.key, way.field), _grouped(**sent))

    return aggregates


def _grouped(
    where: Any = None, group_by: Any = None, having: Any = None, order_by: Any = None, first: int | None = None
) -> GroupArguments:
    return GroupArguments(where, group_by, order_by, first, having, selected)


def _asked(
    first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
) -> PageArguments:
    return first, after, last, before
