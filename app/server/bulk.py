"""`/bulk`: files in and out over HTTP. POST imports the rows of its body, GET exports.

A body is put aside on the disk before its first row is read: so a client need not read while it sends, and its rows are
never in memory together. What comes back are lines of JSON: one for each row that was rejected or has a warning, and a
last one with the counts. A request that was cut off goes on where it was when it is sent again.
"""

import asyncio
import errno
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from typing import Any, BinaryIO

import orjson
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Send
from starlette.types import Scope as Connection

from app.bulk import exporting
from app.bulk.exporting import CsvWriter, JsonWriter, Source, export
from app.bulk.importing import Job, run
from app.bulk.lines import Unreadable
from app.bulk.reading import Dialect
from app.bulk.rejects import Rejected, told
from app.domain.access import Scope
from app.domain.imports import Import, Kind, Tally
from app.domain.limits import SERVED_ROWS_PER_CHUNK
from app.operations.import_chunk import ImportStopped, Way
from app.operations.transaction import Call
from app.server.answers import encode, failure
from app.server.auth import Admitted, Gate, Unauthorised
from app.server.bulk_parameters import Asked, read_address, read_form
from app.server.file_turns import FileTurns
from app.server.observing import tell_refusal, tell_shop
from app.server.patience import Incoming
from app.server.refusals import Refused
from app.server.replies import REQUEST_ID, Reply
from app.store.database import Database
from app.telemetry.observation import Observation, written
from app.telemetry.telemetry import Telemetry

ROWS = SERVED_ROWS_PER_CHUNK
_SLOWEST_SECONDS = 30.0  # for the next piece of a body to come, or of an answer to be taken
_NAMES = {"POST": "import", "GET": "export"}
_MEDIA = {"csv": b"text/csv; charset=utf-8", "jsonl": b"application/x-ndjson"}
_WRITES = {Kind.RECORDS: Scope.WRITE_RECORDS, Kind.CUSTOMERS: Scope.WRITE_CATALOGUE,
           Kind.PRODUCTS: Scope.WRITE_CATALOGUE}  # fmt: skip
_FIXED = {"contacts": exporting.CONTACTS, "customers": exporting.CUSTOMERS, "products": exporting.PRODUCTS}

_NO_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ENOENT}  # the last where there is no folder for such files

_Headers = Mapping[str, str]


class _Forbidden(Exception):
    """Who asks may not."""


class Bulk:
    """An ASGI application for /bulk/records, /bulk/customers, /bulk/products and (GET only) /bulk/contacts. It does one
    thing at a time for each shop."""

    def __init__(
        self, gate: Gate, database: Database, most_bytes: int, telemetry: Telemetry | None = None,
        files: FileTurns | None = None,
    ) -> None:  # fmt: skip
        self._telemetry = telemetry or Telemetry()
        self._gate = gate
        self._database = database
        self._most_bytes = most_bytes
        self._files = files or FileTurns()

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(scope["headers"])}
        with self._telemetry.observing("http", headers) as seen:
            seen.kind, seen.name = "bulk", _NAMES.get(scope["method"])
            incoming, answer = Incoming(headers, receive), _Answer(send, seen)
            try:
                await self._answer(scope, headers, incoming, answer)
            except ClientDisconnect:
                seen.codes = ("CLIENT_GONE",)
            except Exception as error:
                refused = _refused(error)
                tell_refusal(refused)
                if answer.begun and scope["method"] == "GET":
                    return  # without an end, which no client takes for the whole file; the server closes the connection
                if answer.begun:
                    await answer.end(orjson.dumps(refused.body()) + b"\n")
                else:
                    await incoming.read_on()
                    await _reply(refused, seen)(scope, receive, send)

    async def _answer(self, scope: Connection, headers: _Headers, receive: Receive, answer: "_Answer") -> None:
        method, what = scope["method"], scope["path_params"]["what"]
        if what not in ("records", *_FIXED) or (what == "contacts" and method == "POST"):
            raise Refused(
                "NOT_FOUND", "There is /bulk/records, /bulk/customers, /bulk/products; to GET /bulk/contacts."
            )
        if method not in ("GET", "POST"):
            raise Refused("METHOD_NOT_ALLOWED", "POST imports, GET exports.", {"allow": "GET, POST"})
        admitted = await self._gate.admit(headers)
        tell_shop(admitted.shop.id)
        asked = read_address(scope["query_string"], method, what)
        async with self._files.turn(admitted.shop.id):
            if method == "GET":
                _require(admitted, Scope.READ)
                await self._export(what, asked, admitted, answer)
            else:
                _require(admitted, _WRITES[Kind(what)])
                await self._import(Kind(what), asked, admitted, read_form(headers), receive, answer)

    async def _import(
        self, kind: Kind, asked: Asked, admitted: Admitted, form: str, receive: Receive, answer: "_Answer"
    ) -> None:
        way = Way(kind, asked.definition, asked.events, asked.reject_ambiguous, asked.dry_run)
        with tempfile.TemporaryFile() as file:
            await self._put_aside(receive, file)
            job = Job(
                way, file, form, Dialect(asked.delimiter, asked.keep_empty), asked.decimal_comma, asked.restart,
                chunk=ROWS,
            )  # fmt: skip

            before = Tally()

            async def begun(at: Import) -> None:
                nonlocal before
                before = at.tally
                await answer.begin(_MEDIA["jsonl"])

            async def tell(at: Import, noted: Sequence[Rejected]) -> None:
                nonlocal before
                if not asked.dry_run:
                    written("import", at.tally.since(before))
                before = at.tally
                if noted:
                    await answer.send(b"".join(orjson.dumps(told(*row)) + b"\n" for row in noted))

            call = Call(admitted.shop.id, admitted.viewer.api_key_id or 0, "import")
            ended = await run(self._database, call, job, begun, tell)
        if not answer.begun:
            await answer.begin(_MEDIA["jsonl"])
        await answer.end(orjson.dumps(_counts(ended.at, asked, repeated=ended.repeated)) + b"\n")

    async def _put_aside(self, receive: Receive, file: BinaryIO) -> None:
        size, more = 0, True
        while more:
            try:
                async with asyncio.timeout(_SLOWEST_SECONDS):
                    message = await receive()
            except TimeoutError:
                raise Refused("REQUEST_TIMEOUT", "The body stopped coming. Send it again.") from None
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            size += len(message.get("body", b""))
            if size > self._most_bytes:
                raise self._too_large()
            file.write(message.get("body", b""))
            more = message.get("more_body", False)
        file.seek(0)

    def _too_large(self) -> Refused:
        message = f"The body is larger than {self._most_bytes:,} bytes. Split the file, or use 'custom-data import'."
        return Refused("PAYLOAD_TOO_LARGE", message, limit="body", maximum=self._most_bytes)

    async def _export(self, what: str, asked: Asked, admitted: Admitted, answer: "_Answer") -> None:
        database, shop_id = self._database, admitted.shop.id
        source: Source = _FIXED[what] if what in _FIXED else await exporting.of_records(
            database, shop_id, asked.definition
        )  # fmt: skip
        form = asked.form or "csv"
        writer = CsvWriter(source, asked.delimiter or ",") if form == "csv" else JsonWriter(source.columns)
        pieces = export(database, shop_id, source, writer)
        await answer.begin(_MEDIA[form])
        async with aclosing(pieces) as opened:
            async for _, piece in opened:
                await answer.send(piece)
        await answer.end(b"")


class _Answer:
    """A response that is sent piece by piece."""

    def __init__(self, send: Send, seen: Observation) -> None:
        self._send = send
        self._seen = seen
        self.begun = False

    async def begin(self, media: bytes) -> None:
        self.begun, self._seen.status = True, 200
        headers = [
            (b"content-type", media), (b"cache-control", b"no-store"), (b"x-accel-buffering", b"no"),
            (REQUEST_ID, self._seen.request_id.encode()),
        ]  # fmt: skip
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})

    async def send(self, piece: bytes) -> None:
        """Raises TimeoutError for a reader that does not read."""
        async with asyncio.timeout(_SLOWEST_SECONDS):
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})

    async def end(self, piece: bytes) -> None:
        await self._send({"type": "http.response.body", "body": piece, "more_body": False})


def _counts(at: Import, asked: Asked, *, repeated: bool) -> dict[str, Any]:
    tally = at.tally
    return {
        "created": tally.created, "updated": tally.updated, "unchanged": tally.unchanged, "rejected": tally.rejected,
        "dryRun": asked.dry_run, "repeated": repeated,
    }  # fmt: skip


def _require(admitted: Admitted, scope: Scope) -> None:
    if admitted.viewer.contact_id is not None:
        raise _Forbidden("A contact token reads its own contact, its records and its catalogue only.")
    if scope not in admitted.viewer.scopes:
        raise _Forbidden(f"This API key lacks the scope {scope.value!r}. 'custom-data key create --scopes' makes one "
                         "with it.")  # fmt: skip


def _refused(error: Exception) -> Refused:
    if isinstance(error, Unreadable | ImportStopped):
        return Refused("BAD_REQUEST", str(error))
    if isinstance(error, _Forbidden):
        return Refused("FORBIDDEN", str(error))
    if isinstance(error, Unauthorised):
        return Refused("UNAUTHENTICATED", str(error), {"www-authenticate": "Bearer"})
    if isinstance(error, OSError) and error.errno in _NO_DISK:
        return Refused(
            "UNAVAILABLE", "There is no room to put the body aside. Send it again later, in smaller files, or by the "
            "mutation importRecords, importCustomers or importProducts, which needs none.", {"retry-after": "60"}
        )  # fmt: skip
    return failure(error)


def _reply(refused: Refused, seen: Observation) -> Reply:
    seen.status = 403 if refused.code == "FORBIDDEN" else refused.status or 400
    reply = Reply(seen.status, encode(refused.body()), refused.headers)
    reply.tell(REQUEST_ID, seen.request_id)
    return reply
