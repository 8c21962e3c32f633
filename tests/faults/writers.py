"""Clients that save in batches and send again whatever was not acknowledged, and what must be true of the database
afterwards."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

from app.store.administration import connected
from tests.processes import PATIENCE

RECORDS = 50
_PAUSE_SECONDS = 0.05
_SAVE = """mutation($input: SaveRecordsInput!) { saveCustomDataRecords(input: $input) {
    created rejected results { record { idRecord } } userErrors { code } } }"""
_TRY_AGAIN = {"UNAVAILABLE", "TIMEOUT", "RETRY", "SHOP_BUSY"}
NO_ANSWER = "no answer"


@dataclass
class Ledger:
    """What was acknowledged, and everything that was answered instead."""

    begun: int = 0  # batches
    acknowledged: dict[str, list[str]] = field(default_factory=dict)  # the ids of a batch's records
    times: list[tuple[float, float]] = field(default_factory=list)  # when sent, and when acknowledged
    refusals: Counter[str] = field(default_factory=Counter)

    async def until(self, count: int) -> None:
        """Comes back when so many batches were acknowledged."""
        await self._until(count, lambda: len(self.acknowledged))

    async def until_refused(self, count: int) -> None:
        """Comes back when so many calls were answered by something else."""
        await self._until(count, self.refusals.total)

    async def _until(self, count: int, reached: Callable[[], int]) -> None:
        """As long as it takes, where there is one more now and then: how fast depends on what else the machine does."""
        last, deadline = -1, 0.0
        while (now := reached()) < count:
            if now > last:
                last, deadline = now, time.monotonic() + PATIENCE
            assert time.monotonic() < deadline, (now, count, self.refusals)
            await asyncio.sleep(0.005)

    def first_after(self, moment: float) -> float:
        """Seconds until something that was sent later than that moment was acknowledged."""
        return min(done for sent, done in self.times if sent > moment) - moment


async def save(http: httpx.AsyncClient, key: str, batch: str, ledger: Ledger, definition: str = "entry") -> None:
    """Saves a batch, with an idempotency key of its own, until that is acknowledged."""
    records = [{"batch": batch, "n": n} for n in range(RECORDS)]
    body = {"query": _SAVE, "variables": {"input": {"definition": definition, "records": records}}}
    headers = {"spm-api-key": key, "idempotency-key": batch}
    ledger.begun += 1
    while True:
        sent = time.monotonic()
        try:
            answer = await http.post("/graphql", json=body, headers=headers)
        except httpx.TransportError:
            ledger.refusals[NO_ANSWER] += 1
        else:
            if (payload := _acknowledged(answer, ledger)) is not None:
                ledger.acknowledged[batch] = [each["record"]["idRecord"] for each in payload["results"]]
                ledger.times.append((sent, time.monotonic()))
                return
        await asyncio.sleep(_PAUSE_SECONDS)


def _acknowledged(answer: httpx.Response, ledger: Ledger) -> dict[str, Any] | None:
    told = answer.json()
    if "errors" in told:
        codes = {error["extensions"]["code"] for error in told["errors"]}
        assert codes <= _TRY_AGAIN, answer.text
        ledger.refusals.update(codes)
        return None
    payload: dict[str, Any] = told["data"]["saveCustomDataRecords"]
    assert (payload["created"], payload["rejected"], payload["userErrors"]) == (RECORDS, 0, []), payload
    return payload


async def writing(
    url: str, keys: Sequence[str], clients: int, batches: int, ledger: Ledger, prefix: str = "",
    until: asyncio.Event | None = None,
) -> None:  # fmt: skip
    """So many clients at once, each with a shop's key, save so many batches each, one after the other. Their names
    begin with the prefix. They go on until the event is set, if there is one, and save one batch more then."""
    limits = httpx.Limits(max_connections=clients, max_keepalive_connections=clients)
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE, limits=limits) as http, asyncio.TaskGroup() as group:

        async def one(number: int) -> None:
            for batch in count():
                last = batch >= batches - 1 if until is None else batch >= batches and until.is_set()
                await save(http, keys[number % len(keys)], f"{prefix}{number}-{batch}", ledger)
                if last:
                    return

        for number in range(clients):
            group.create_task(one(number))


async def assert_exactly_once(admin_url: str, ledger: Ledger, prefix: str = "") -> None:
    """Of the batches whose names begin so: each is there, whole and once: as records, in the change log, and as a kept
    answer. Nothing else is: every batch was sent until it was acknowledged."""
    async with connected(admin_url) as admin:
        records = await admin.fetch(_RECORDS, prefix)
        changes = await admin.fetch(_CHANGES, prefix)
        kept = await admin.fetch(_KEPT, prefix)
    expected = {batch: sorted(map(int, ids)) for batch, ids in ledger.acknowledged.items()}
    assert all(len(set(ids)) == RECORDS for ids in expected.values())
    assert {row["batch"]: sorted(row["ids"]) for row in records} == expected
    assert {row["batch"]: sorted(row["ids"]) for row in changes} == expected
    assert sorted(row["key"] for row in kept) == sorted(expected)
    assert all(row["answered"] for row in kept)


_RECORDS = """select data->>'batch' as batch, array_agg(id) as ids from records
    where data ? 'batch' and starts_with(data->>'batch', $1) group by 1"""
_CHANGES = """select idempotency_key as batch, array_agg(record_id) as ids from changes
    where record_id is not null and starts_with(idempotency_key, $1) group by 1"""
_KEPT = "select key, answer is not null as answered from idempotent_answers where starts_with(key, $1)"
