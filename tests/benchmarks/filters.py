"""How fast the gateway filters, orders, counts and groups, beside PostGraphile 5 with its plugins for filters and
aggregates: `python -m tests.benchmarks.filters` (see reading.py for what it needs, and how it measures).

Each question (filter_questions.py) goes to both, in other values each time; both must give the same, then rounds of 16
connections alternate. `--plans` tells the database's own time for each of the gateway's statements, by the plan made
for the values at hand and by the one that serves any values, and what the plans look at.
"""

import argparse
import asyncio
import sys

import uvloop

from app.server.processes import until_told_to_stop
from tests.benchmarks import filter_plans, grid, load, peer
from tests.benchmarks.filter_questions import QUESTIONS, FilterQuestion
from tests.benchmarks.reading import CHECKED, REQUESTS, Different
from tests.benchmarks.serving import NotServing, Server
from tests.benchmarks.sides import GATEWAY, PEER, Bench, gateway, prepare

_KNOWN = {question.name: question for question in QUESTIONS}


def check(ours: Server, theirs: Server, question: FilterQuestion, bodies: tuple[list[bytes], list[bytes]]) -> None:
    """Raises Different unless both say the same, and say something."""
    for n in CHECKED:
        found, expected = question.ours(ours.data(bodies[0][n])), question.theirs(theirs.data(bodies[1][n]))
        if found != expected or not found:
            raise Different(
                f"{question.name}: asked {bodies[0][n].decode()}\nPostGraphile: {expected!s:.1000}\n"
                f"gateway: {found!s:.1000}"
            )


def measure(bench: Bench, servers: list[Server], question: FilterQuestion, options: argparse.Namespace) -> None:
    bodies = question.bodies(bench.places, REQUESTS)
    ours, theirs = servers
    check(ours, theirs, question, bodies)
    scripts = {each.name: load.script(each, body) for each, body in zip(servers, bodies, strict=True)}
    rounds: dict[str, list[load.Round]] = {server.name: [] for server in servers}
    for round_ in range(options.rounds + 1):
        for server in servers if round_ % 2 else reversed(servers):
            rounds[server.name].append(load.run(server, scripts[server.name], options.seconds, bench.database))
    one, other = (load.typical(rounds[name][1:]) for name in (GATEWAY, PEER))
    print(
        f"{question.name:20}{one.rate:9,.0f}{other.rate:9,.0f}{one.rate / other.rate:7.2f}"
        f"{one.p50:9.1f}{other.p50:7.1f}{one.p99:9.1f}{other.p99:7.1f}"
        f"{one.database or 0:9.2f}{other.database or 0:7.2f}   {question.title}",
        flush=True,
    )


def run(url: str, options: argparse.Namespace) -> None:
    questions = [_KNOWN[name] for name in options.only]
    if not options.plans:
        load.require_wrk()
        print(peer.install())
    bench = asyncio.run(prepare(url))
    if options.plans:
        uvloop.run(filter_plans.main(bench, questions))
        return
    with peer.serving(bench.peer_url, filters=True) as theirs, gateway(bench, GATEWAY, lifted=False) as ours:
        print(f"{'':20}{'requests/s':>18}{'ratio':>7}{'p50 ms':>16}{'p99 ms':>16}{'database ms':>16}")
        for question in questions:
            measure(bench, [ours, theirs], question, options)


def _options() -> argparse.Namespace:
    def names(text: str) -> list[str]:
        if unknown := set(text.split(",")) - set(_KNOWN):
            raise argparse.ArgumentTypeError(f"no question {', '.join(sorted(unknown))}: there are {list(_KNOWN)}")
        return text.split(",")

    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.filters", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--only", type=names, default=[*_KNOWN], metavar="NAME,NAME", help=f"of {list(_KNOWN)}")
    parser.add_argument("--rounds", type=int, default=3, help="measured ones (3)")
    parser.add_argument("--seconds", type=int, default=5, help="of each round (5)")
    parser.add_argument("--plans", action="store_true", help="instead: the time of each statement, and its plan")
    return parser.parse_args()


if __name__ == "__main__":
    options = _options()
    try:
        with until_told_to_stop(), grid.server() as url:
            run(url, options)
    except (Different, load.LoadFailed, NotServing, peer.NoPeer) as failure:
        sys.exit(str(failure))
