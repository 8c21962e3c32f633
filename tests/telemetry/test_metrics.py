"""Metrics of real processes: right with several workers, and when one of them is replaced."""

import os
import re
import signal
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from app.telemetry.metrics import Labels
from tests.processes import PATIENCE, Gateway, run, serving, workers


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedded database of this module."""
    return tmp_path_factory.mktemp("metrics")


def metrics_of(gateway: Gateway) -> str:
    """Where the gateway tells them."""
    assert gateway.process.stdout is not None
    for line in gateway.process.stdout:
        if found := re.search(r"http://\S+/metrics", line):
            return found[0]
    raise AssertionError("no address")


def values(address: str, name: str) -> dict[str, float]:
    """The samples of a metric, by their labels."""
    lines = re.finditer(rf"^{name}(\{{.*?\}})? (\S+)$", httpx.get(address, timeout=PATIENCE).text, re.MULTILINE)
    return {found[1] or "": float(found[2]) for found in lines}


def test_workers_count_together_also_when_one_is_replaced(home: Path) -> None:
    settings = {"CUSTOM_DATA_HOME": home, "CUSTOM_DATA_METRICS_ADDRESS": "127.0.0.1:0"}
    with serving("--workers", "2", "--demo", **settings) as gateway:
        address = metrics_of(gateway)
        key = run("key", "create", "--shop", "1", CUSTOM_DATA_HOME=home).stdout.strip()
        answering = workers(gateway.process.pid)
        told: Counter[str] = Counter()

        def ask(query: str, kind: str, code: str) -> None:
            with httpx.Client(timeout=PATIENCE) as client:  # a connection of its own, so that either worker may take it
                client.post(f"{gateway.url}/graphql", json={"query": query}, headers={"spm-api-key": key})
            told[f'{{code="{code}",type="{kind}"}}'] += 1

        for _ in range(20):
            ask("{ shop { name } }", "query", "OK")
            ask('{ customDataRecords(definition: "loyalty", first: 2) { nodes { id } } }', "query", "OK")
        ask("{ nothing }", "none", "GRAPHQL_VALIDATION_FAILED")
        assert values(address, "custom_data_operations_total") == told
        definitions = values(address, "custom_data_definition_operations_total")
        assert definitions == {'{definition="loyalty",type="query"}': 20}
        assert values(address, "custom_data_operation_seconds_count")['{type="query"}'] == 40
        assert values(address, "custom_data_statement_seconds_count")['{statement="shops.find_shop"}'] >= 1
        assert values(address, "custom_data_operation_cost_total")['{type="query"}'] > 0

        killed = answering[0]
        os.kill(killed, signal.SIGKILL)
        deadline = time.monotonic() + 60
        while len(values(address, "custom_data_pool_waiting")) != 1 or killed in workers(gateway.process.pid):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        ask("{ shop { name } }", "query", "OK")
        assert values(address, "custom_data_operations_total") == told
        assert gateway.end() == 0


def test_attempts_of_webhooks_are_counted(home: Path) -> None:
    settings = {
        "CUSTOM_DATA_HOME": home, "CUSTOM_DATA_METRICS_ADDRESS": "127.0.0.1:0", "CUSTOM_DATA_DELIVER": "true",
        "CUSTOM_DATA_PRIVATE_WEBHOOKS": "true",
    }  # fmt: skip
    with serving("--demo", **settings) as gateway:
        address = metrics_of(gateway)
        key = run("key", "create", "--shop", "1", CUSTOM_DATA_HOME=home).stdout.strip()

        def ask(query: str) -> None:
            answer = httpx.post(
                f"{gateway.url}/graphql", json={"query": query}, headers={"spm-api-key": key}, timeout=PATIENCE
            ).json()
            assert [*answer["data"].values()] == [{"userErrors": []}], answer

        ask("""mutation { createTrigger(input: { name: "Nobody there", definition: "loyalty", transition: EVERY_MATCH,
            when: {}, deliver: { url: "http://127.0.0.1:1/" } }) { userErrors { message } } }""")
        ask("""mutation { saveCustomDataRecords(input: { definition: "loyalty",
            records: [{ contact_id: { by: "email", value: "marie.dubois@example.com" }, points: 7 }] }) {
            userErrors { message } } }""")
        items = values(address, "custom_data_items_total")
        assert sum(number for labels, number in items.items() if "saveCustomDataRecords" in labels) == 1
        assert not [labels for labels in items if "REJECTED" in labels]
        deadline = time.monotonic() + 60
        while values(address, "custom_data_webhook_attempts_total").get('{outcome="FAILED"}', 0) < 1:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert values(address, "custom_data_webhook_seconds_count")[""] >= 1
        assert "" in values(address, "custom_data_webhook_lag_seconds")


def test_how_late_changes_are_told_is_measured(home: Path) -> None:
    """To a subscriber, over server-sent events, and to triggers: once for each change."""
    settings = {
        "CUSTOM_DATA_HOME": home, "CUSTOM_DATA_METRICS_ADDRESS": "127.0.0.1:0", "CUSTOM_DATA_DELIVER": "true",
        "CUSTOM_DATA_PRIVATE_WEBHOOKS": "true",
    }  # fmt: skip
    with serving("--demo", **settings) as gateway:
        address = metrics_of(gateway)
        key = run("key", "create", "--shop", "1", CUSTOM_DATA_HOME=home).stdout.strip()
        own = {"spm-api-key": key}
        card = '{ contact_id: { by: "email", value: "marie.dubois@example.com" }, points: %d }'
        query = {"query": "subscription { customDataChanged { sequence } }"}

        def save(points: int) -> None:
            saved = f'definition: "loyalty", records: [{card % points}]'
            text = f"mutation {{ saveCustomDataRecords(input: {{ {saved} }}) {{ updated }} }}"
            answer = httpx.post(f"{gateway.url}/graphql", json={"query": text}, headers=own).json()
            assert answer["data"]["saveCustomDataRecords"] == {"updated": 1}

        stream = {**own, "accept": "text/event-stream"}
        with httpx.stream("POST", f"{gateway.url}/graphql", json=query, headers=stream, timeout=60) as told:
            seen = (line for line in told.iter_lines() if line.startswith("data: {"))
            points = 100
            while True:  # until the subscription has begun
                save(points := points + 1)
                time.sleep(0.2)
                if values(address, "custom_data_change_lag_seconds_count").get('{by="subscribers"}'):
                    break
            assert "customDataChanged" in next(seen)
            deadline = time.monotonic() + 60
            while values(address, "custom_data_change_lag_seconds_count").get('{by="triggers"}', 0) < points - 100:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert "" in values(address, "custom_data_subscribers_behind_changes")


def test_an_address_that_is_taken_is_told_of(home: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = run("serve", "--port", "0", CUSTOM_DATA_HOME=home, CUSTOM_DATA_METRICS_ADDRESS=address)
    assert done.returncode == 1
    assert f"Metrics cannot be told at {address}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("address", ["9464", ":9464", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:x"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    done = run("serve", CUSTOM_DATA_METRICS_ADDRESS=address)
    assert done.returncode == 1
    assert "CUSTOM_DATA_METRICS_ADDRESS: write it as host:port" in done.stderr


def test_definitions_share_a_label_beyond_the_first_hundred() -> None:
    labels = Labels(100)
    assert len({labels[f"definition_{n}"] for n in range(150)}) == 101
    assert labels["definition_3"] == "definition_3"
