"""How fast the gateway reads, beside PostGraphile 5: `python -m tests.benchmarks.reading` (see grid.py for the data).

Needs wrk (apt-get install wrk) and npm, which installs PostGraphile and its Node below .custom-data/benchmarks/peer;
`rm -r .custom-data` undoes it all. Each question (queries.py) goes to four servers, each a single process:

- gateway: as `custom-data serve` runs a worker, everything on; only what a key may spend is raised;
- graphql-core: the same without the breadth-first executor;
- by hand: what Python can do at all, with the same statements (by_hand.py);
- PostGraphile: its own best form, on natively typed and indexed tables (peer.sql).

All must give the same values; then rounds of 16 connections alternate between them. Figures are medians of the rounds
after the first, which warms up; processor time is that of the server and of the database for one request. The load and
the database share the machine: read ratios, not absolutes.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from math import ceil
from time import perf_counter

import uvloop

from app.server.processes import until_told_to_stop
from tests.benchmarks import grid, load, peer, profiling, steps
from tests.benchmarks.queries import QUESTIONS, Question, from_ours, from_peer
from tests.benchmarks.serving import NotServing, Server, started
from tests.benchmarks.sides import BY_HAND, CORE, GATEWAY, PEER, Bench, all_serving, prepare

REQUESTS = 1_000  # different ones, repeated
CHECKED = range(0, REQUESTS, 50)
_KNOWN = {question.name: question for question in QUESTIONS}
_USUAL = [question.name for question in QUESTIONS if question.usual]


class Different(Exception):
    """Two servers give different values."""


def check(servers: Sequence[Server], ours: Sequence[bytes], theirs: Sequence[bytes]) -> int:
    """The size of an answer. Raises Different unless all give the same values, and those of ours the same bytes."""
    size = 0
    for n in CHECKED:
        answers = {server.name: server.data(theirs[n] if server.name == PEER else ours[n]) for server in servers}
        expected = answers[GATEWAY]
        for name, data in answers.items():
            same = from_peer(data) == from_ours(expected) if name == PEER else _bytes(data) == _bytes(expected)
            if not same:
                raise Different(
                    f"{name} and the gateway differ, asked\n{ours[n].decode()}\n{name}: {_bytes(data)[:1000]}\n"
                    f"gateway: {_bytes(expected)[:1000]}"
                )
        size += len(_bytes(expected))
    return size // len(CHECKED)


def _bytes(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def measure(bench: Bench, servers: Sequence[Server], question: Question, options: argparse.Namespace) -> None:
    """Checks, then alternates rounds, each in the other order than the one before, and prints the table."""
    ours, theirs = question.bodies(bench.places, REQUESTS)
    size = check(servers, ours, theirs)
    print(f"\n## {question.name}: {question.title} ({size:,} bytes; {len(CHECKED)} answers compared)", flush=True)
    scripts = {each.name: load.script(each, theirs if each.name == PEER else ours) for each in servers}
    seconds = {each.name: _long_enough(each, (theirs if each.name == PEER else ours)[0], options) for each in servers}
    rounds: dict[str, list[load.Round]] = {server.name: [] for server in servers}
    for round_ in range(options.rounds + 1):
        for server in servers if round_ % 2 else reversed(servers):
            figures = load.run(server, scripts[server.name], seconds[server.name], bench.database)
            rounds[server.name].append(figures)
    _print_table({name: load.typical(each[1:]) for name, each in rounds.items()}, question)


def _long_enough(server: Server, body: bytes, options: argparse.Namespace) -> int:
    """The seconds of a round: as many as were asked for, and enough for four answers on each connection."""
    began = perf_counter()
    server.ask(body)
    return max(options.seconds, ceil(4 * load.CONNECTIONS * (perf_counter() - began)))


def _print_table(figures: dict[str, load.Round], question: Question) -> None:
    print("              requests/s   p50 ms   p99 ms   CPU ms   database CPU ms   memory MB   to PostGraphile")
    for name, each in figures.items():
        database = "-" if each.database is None else f"{each.database:.2f}"
        print(
            f"{name:13}{each.rate:11,.0f}{each.p50:9.1f}{each.p99:9.1f}{each.cpu:9.2f}{database:>18}"
            f"{each.memory:12,.0f}{each.rate / figures[PEER].rate:18.2f}"
            + (f"   {each.refused:.0f} refused" if each.refused else "")
        )
    reached = {name: figures[GATEWAY].rate / each.rate for name, each in figures.items()}
    others = ", ".join(f"{reached[name]:.2f} of {name}" for name in (BY_HAND, CORE) if name in figures)
    print(f"gateway: {reached[PEER]:.2f} of PostGraphile (goal {question.goal:g}), {others}", flush=True)


def measure_workers(bench: Bench, question: Question, options: argparse.Namespace) -> None:
    """The gateway alone, by its own command, with one worker and with two."""
    ours, _ = question.bodies(bench.places, REQUESTS)
    command = [sys.executable, "-m", "app.cli", "serve", "--port", "{port}", "--workers"]
    with ExitStack() as stack:
        servers = [
            stack.enter_context(
                started(f"{count} workers", [*command, str(count)], bench.environment, "/readyz", headers=bench.headers)
            )
            for count in (1, 2)
        ]
        rounds = [
            [load.run(server, load.script(server, ours), options.seconds, bench.database) for server in servers]
            for _ in range(options.rounds + 1)
        ]
    one, two = (load.typical(column) for column in zip(*rounds[1:], strict=True))
    print(f"\n## {question.name}, `custom-data serve` with workers")
    print(f"one: {one.rate:,.0f} requests/s, two: {two.rate:,.0f} requests/s, {two.rate / one.rate:.2f} times as many")


def run(url: str, options: argparse.Namespace) -> None:
    if options.profile or options.steps:
        bench = asyncio.run(prepare(url))
        profile = profiling.main if options.profile else steps.main
        uvloop.run(profile(bench, _KNOWN[options.profile or options.steps]))
        return
    load.require_wrk()
    print(peer.install())
    bench = asyncio.run(prepare(url))
    if options.workers:
        measure_workers(bench, _KNOWN["Q1"], options)
        return
    with peer.serving(bench.peer_url) as peer_server:
        bench = replace(bench, places=replace(bench.places, peer_cursors=peer.cursors(peer_server)))
        for name in options.only:
            with all_serving(bench, peer_server, _KNOWN[name]) as servers:
                measure(bench, servers, _KNOWN[name], options)


def _options() -> argparse.Namespace:
    def names(text: str) -> list[str]:
        if unknown := set(text.split(",")) - set(_KNOWN):
            raise argparse.ArgumentTypeError(f"no question {', '.join(sorted(unknown))}: there are {', '.join(_KNOWN)}")
        return text.split(",")

    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.reading", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--only", type=names, default=_USUAL, metavar="Q1,Q4", help=f"of {', '.join(_KNOWN)}")
    parser.add_argument("--rounds", type=int, default=3, help="measured ones (3)")
    parser.add_argument("--seconds", type=int, default=5, help="of each round (5)")
    parser.add_argument("--workers", action="store_true", help="instead: Q1 with one worker, and with two")
    parser.add_argument("--profile", choices=_KNOWN, help="instead: where the time of a request goes (profiling.py)")
    parser.add_argument("--steps", choices=_KNOWN, help="instead: the same in the interpreter's steps (steps.py)")
    return parser.parse_args()


if __name__ == "__main__":
    options = _options()
    try:
        with until_told_to_stop(), grid.server() as url:
            run(url, options)
    except (Different, load.LoadFailed, NotServing, peer.NoPeer) as failure:
        sys.exit(str(failure))
