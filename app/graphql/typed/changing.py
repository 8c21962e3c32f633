"""Updating and deleting a shop's own records by their types: the general update and deletion, of one definition."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.domain.definitions import Definition
from app.execution import Column
from app.graphql import inputs
from app.graphql.context import Info
from app.graphql.mutation import bulk_delete_records_payload, delete_record_payload, update_record_payload
from app.graphql.payloads import BulkDeleteRecordsPayload, DeleteRecordPayload, UpdateRecordPayload, UserError
from app.graphql.query import RecordKey


def updating(definition: Definition, names: Mapping[str, str]) -> Callable[..., Any]:
    """Changes one record. `names` are those of the input's fields, by the definition's."""

    async def update(parents: Sequence[Any], info: Info, record: Any, data: Any, **sent: Any) -> Column[Any]:
        asked = inputs.UpdateRecordInput(data=data, **_named(definition.key, record), **sent)
        payload: UpdateRecordPayload = await update_record_payload(info, asked, definition.key)
        for error in (*payload.user_errors, *payload.warnings):
            error.path = _shown(names, error.path)
        return [payload] * len(parents)

    return update


def updating_by_key(definition: Definition, names: Mapping[str, str]) -> Callable[..., Any]:
    """The same of the record that has a unique key."""

    async def update(parents: Sequence[Any], info: Info, key: Any, data: Any, **sent: Any) -> Column[Any]:
        asked = inputs.UpdateRecordInput(data=data, by=RecordKey(definition=definition.key, key=key), **sent)
        payload: UpdateRecordPayload = await update_record_payload(info, asked)
        for error in (*payload.user_errors, *payload.warnings):
            error.path = _shown_by_key(names, error.path)
        return [payload] * len(parents)

    return update


def deleting_by_key(definition: Definition, names: Mapping[str, str]) -> Callable[..., Any]:
    """Deletes the record that has a unique key."""

    async def delete(parents: Sequence[Any], info: Info, key: Any, **sent: Any) -> Column[DeleteRecordPayload]:
        asked = inputs.DeleteRecordInput(by=RecordKey(definition=definition.key, key=key), **sent)
        payload = await delete_record_payload(info, asked)
        for error in payload.user_errors:
            error.path = _shown_by_key(names, error.path)
        return [payload] * len(parents)

    return delete


def deleting(definition: Definition) -> Callable[..., Any]:
    """Deletes records by their ids."""

    async def delete(parents: Sequence[Any], info: Info, **sent: Any) -> Column[BulkDeleteRecordsPayload]:
        asked = inputs.BulkDeleteRecordsInput(definition=definition.key, **sent)
        payload = await bulk_delete_records_payload(info, asked)
        for error in payload.user_errors:
            without_definition(error)
        return [payload] * len(parents)

    return delete


def without_definition(error: UserError) -> None:
    """The definition is no argument of a typed field."""
    if error.path == "definition":
        error.path = None


def _named(key: str, record: Any) -> dict[str, Any]:
    """A reference in general form, as the general update names a record."""
    if isinstance(record, dict):
        return {"by": RecordKey(definition=key, key=record["value"])}
    return {"id": str(record)}


def _shown(names: Mapping[str, str], path: str | None) -> str | None:
    """The path in the words of the arguments: data.contact_id is data.contact there, id and by are record."""
    first, *more = path.split(".") if path else [""]
    return "record" if first in ("id", "by") else _within_data(names, first, more, path)


def _shown_by_key(names: Mapping[str, str], path: str | None) -> str | None:
    """The same where the key is an argument: by.key.contact_id is key.contact there, by.definition the key."""
    first, *more = path.split(".") if path else [""]
    if first != "by":
        return _within_data(names, first, more, path)
    return ".".join(["key", *(names.get(step, step) for step in more[1:2]), *more[2:]])


def _within_data(names: Mapping[str, str], first: str, more: Sequence[str], path: str | None) -> str | None:
    if first == "data" and more:
        return ".".join([first, names.get(more[0], more[0]), *more[1:]])
    return path
