"""``make bench``: the site's pages beside a bare Django page, in one run.

Both are served by gunicorn with two workers, the site as in production, on one PostgreSQL
and one Redis under ``var/bench``, with 100,000 applications. Rounds are interleaved, so
that whatever else the machine does meets all pages alike.
"""

import argparse
import json
import shutil
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.load import Outcome, Page, measure
from bench.servers import ROOT, WORKERS, databases, environment, gunicorn, run

WANTED = 0.4
MOST_QUERIES = 15
SMALL = 100
KEPT_SECONDS = 2 * 24 * 60 * 60


def main() -> None:
    arguments = _arguments()
    bench_dir = ROOT / "var" / "bench"
    counts = {}
    for size in (SMALL, arguments.applications):
        with _filled(bench_dir / str(size), size) as env:
            counts[size] = json.loads(run(env, "-m", "bench.inside", "queries"))
            if size != SMALL:
                _report_queries(counts[SMALL], counts[size], size)
                if not arguments.queries:
                    _bench(env, arguments)
                if arguments.profile:
                    print(run(env, "-m", "bench.inside", "profile"))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--applications", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each page in a round")
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--queries", action="store_true", help="count queries only")
    parser.add_argument("--profile", action="store_true", help="say where the time goes")
    return parser.parse_args()


# --- The data ------------------------------------------------------------------------


@contextmanager
def _filled(var_dir: Path, size: int) -> Iterator[dict[str, str]]:
    """Run the servers of ``var_dir`` with so many applications in them; yield the environment."""
    stamp = var_dir / "filled"
    if not (stamp.exists() and time.time() - stamp.stat().st_mtime < KEPT_SECONDS):
        # The deadlines are of the day of filling: later they would all have passed.
        shutil.rmtree(var_dir, ignore_errors=True)
    var_dir.mkdir(parents=True, exist_ok=True)
    env = environment(var_dir)
    with databases(var_dir):
        run(env, "manage.py", "migrate", "--noinput", "--verbosity=0", owner=True)
        run(env, "manage.py", "collectstatic", "--noinput", "--verbosity=0")
        if not stamp.exists():
            command = ("manage.py", "fill", f"--applications={size}", "--yes")
            print(run(env, *command, owner=True), flush=True)
            stamp.touch()
        yield env


# --- Queries -------------------------------------------------------------------------


def _report_queries(small: dict, large: dict, size: int) -> None:
    print(f"Queries of a page, with {SMALL} and with {size} applications (most: {MOST_QUERIES})")
    for page, count in large["counts"].items():
        before = small["counts"][page]
        verdict = "" if count == before and count <= MOST_QUERIES else "  <- too many"
        print(f"  {page:32} {before:4} {count:4}{verdict}")
    slowest = large["slowest"]
    print(f"\nThe slowest query, of the page “{slowest['page']}”: {slowest['milliseconds']:.1f} ms")
    print(f"  {slowest['sql'][:600]}\n")
    print("\n".join(f"  {line}" for line in large["plan"]))
    whole = large["whole_tables"]
    print(f"\nTables it reads as a whole: {', '.join(whole) if whole else 'none'}\n", flush=True)


# --- Load ----------------------------------------------------------------------------


def _bench(env: dict[str, str], arguments: argparse.Namespace) -> None:
    sessions = json.loads(run(env, "-m", "bench.inside", "prepare"))
    bare_session = json.loads(run(env, "-m", "bench.bare.prepare", owner=True))["session"]
    with (
        gunicorn(env, "config.wsgi:application") as site,
        gunicorn(env, "bench.bare.wsgi:application") as bare,
    ):
        pages = [Page("bare", server=bare, path="/rows/", cookie=bare_session)]
        pages += [
            Page(name, server=site, path=item["path"], cookie=item["session"])
            for name, item in sessions.items()
        ]
        outcomes = _interleave(pages, arguments)
        sizes = {page.name: len(page.fetch_once()) for page in pages}
    _report_load(outcomes, sizes, arguments)


def _interleave(pages: list[Page], arguments: argparse.Namespace) -> dict[str, list[Outcome]]:
    outcomes: dict[str, list[Outcome]] = {page.name: [] for page in pages}
    for page in pages:
        measure(page, seconds=1, connections=arguments.connections)  # to warm up
    for _round in range(arguments.rounds):
        for page in pages:
            outcome = measure(page, seconds=arguments.seconds, connections=arguments.connections)
            outcomes[page.name].append(outcome)
    return outcomes


def _report_load(
    outcomes: dict[str, list[Outcome]], sizes: dict[str, int], arguments: argparse.Namespace
) -> None:
    print(
        f"{arguments.rounds} rounds of {arguments.seconds:g} s each, interleaved; "
        f"{WORKERS} workers, {arguments.connections} connections"
    )
    print("  page          requests/s   p50 ms   p95 ms   CPU ms    KB  of bare")
    for name, rounds in outcomes.items():
        rates = [outcome.rate for outcome in rounds]
        whole = Outcome(0, [latency for outcome in rounds for latency in outcome.latencies])
        # Of each round by itself: what slowed one page slowed the other.
        ratio = statistics.median(
            mine.rate / bare.rate for mine, bare in zip(rounds, outcomes["bare"], strict=True)
        )
        # Of the workers, a request: it hardly depends on what else the machine does.
        cpu = 1000 * sum(item.cpu_seconds for item in rounds) / len(whole.latencies)
        verdict = "" if ratio >= WANTED else f"  <- below {WANTED}"
        print(
            f"  {name:12}{statistics.median(rates):12.0f}"
            f"{whole.percentile(0.5):9.1f}{whole.percentile(0.95):9.1f}{cpu:9.1f}"
            f"{sizes[name] / 1024:6.0f}{ratio:9.2f}{verdict}",
            flush=True,
        )


if __name__ == "__main__":
    main()
