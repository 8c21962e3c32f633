"""Metrics of real processes: right with several workers, and when one of them is replaced."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from app.telemetry.metrics import Labels, told_at
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
        for _ in range(5):
            ask('{ contact(by: { email: "marie.dubois@example.com" }) { email } }', "query", "OK")
        ask("{ nothing }", "none", "GRAPHQL_VALIDATION_FAILED")
        rows = "idProduct,name,price\nnew,New,1\nnone,,\n"
        own = {"spm-api-key": key, "content-type": "text/csv"}
        httpx.post(f"{gateway.url}/bulk/products", content=rows, headers=own, timeout=PATIENCE).raise_for_status()
        told['{code="OK",type="bulk"}'] += 1
        assert values(address, "custom_data_operations_total") == told
        assert values(address, "custom_data_items_total") == {
            '{field="import",outcome="CREATED"}': 1, '{field="import",outcome="REJECTED"}': 1,
        }  # fmt: skip
        definitions = values(address, "custom_data_definition_operations_total")
        assert definitions == {'{definition="loyalty",type="query"}': 20}
        assert values(address, "custom_data_operation_seconds_count")['{type="query"}'] == 45
        documents = values(address, "custom_data_documents_total")  # each worker has to get to know each of three
        assert sum(documents.values()) == 45
        assert 3 <= documents['{known="false"}'] <= 6
        for batches in ("count", "sum"):  # of one key each
            assert values(address, f"custom_data_loader_batch_keys_{batches}")['{loader="contacts"}'] == 5
        deadline = time.monotonic() + 60
        while sum((pool := values(address, "custom_data_pool_connections")).values()) < 2:  # one of each worker
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert {*pool} == {'{state="idle"}', '{state="used"}'}
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


def test_what_the_parent_says_of_workers_is_a_line_as_any_other(home: Path) -> None:
    with serving("--workers", "1", CUSTOM_DATA_HOME=home) as gateway:
        httpx.get(f"{gateway.url}/healthz", timeout=PATIENCE)  # the worker is there when it answers
        [killed] = workers(gateway.process.pid)
        os.kill(killed, signal.SIGKILL)
        assert gateway.process.stderr is not None
        line = json.loads(gateway.process.stderr.readline())
    assert line["event"] == f"Worker {killed} was killed by signal 9; starting another."
    assert (line["level"], line["logger"]) == ("warning", "app.server.processes")


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
        assert "" in values(address, "custom_data_triggers_behind_changes")


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


_COUNTS = """
import sys
from app.telemetry.metrics import metrics
from app.telemetry.observation import Observation
for number in range(int(sys.argv[1]), int(sys.argv[1]) + 150):
    seen = Observation("id", "http")
    seen.kind, seen.definitions = "query", {f"definition_{number}"}
    metrics()(seen)
"""


def test_the_bound_of_labels_holds_for_all_processes_together() -> None:
    """Each with names of its own."""

    def labels(address: str) -> dict[str, float]:
        return values(address, "custom_data_definition_operations_total")

    with told_at("127.0.0.1", 0) as port:
        address = f"http://127.0.0.1:{port}/metrics"
        for first in (0, 120):
            subprocess.run([sys.executable, "-c", _COUNTS, str(first)], check=True, timeout=PATIENCE)
        before = labels(address)
        for first in (300, 450):
            subprocess.run([sys.executable, "-c", _COUNTS, str(first)], check=True, timeout=PATIENCE)
        after = labels(address)
    assert len(before) == len(after) == 101
    assert (sum(before.values()), sum(after.values())) == (300, 600)
    assert [label for label, count in before.items() if after[label] < count] == []


def test_a_process_that_was_killed_before_it_counted_hides_nobody_elses_counts() -> None:
    """It leaves an empty file, which the library refuses, and everything else with it."""
    with told_at("127.0.0.1", 0) as port:
        address = f"http://127.0.0.1:{port}/metrics"
        subprocess.run([sys.executable, "-c", _COUNTS, "0"], check=True, timeout=PATIENCE)
        for name in ("counter_999999.db", "gauge_livesum_999999.db", "histogram_999999.db"):
            (Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]) / name).touch()
        assert values(address, "custom_data_operations_total") == {'{code="OK",type="query"}': 150}


_NAMES = """
from app.telemetry.metrics import metrics
from app.telemetry.observation import Observation
for number in range(10_000):
    seen = Observation(f"id{number}", "http")
    seen.kind, seen.name, seen.shop_id = "query", f"Made_up_{number}", number
    metrics()(seen)
"""


def test_made_up_names_of_operations_make_no_labels() -> None:
    """Nor do shops and requests."""
    with told_at("127.0.0.1", 0) as port:
        subprocess.run([sys.executable, "-c", _NAMES], check=True, timeout=PATIENCE)
        told = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE).text
    assert 'custom_data_operations_total{code="OK",type="query"} 10000.0' in told
    assert "Made_up" not in told
    assert len(told.splitlines()) < 100
