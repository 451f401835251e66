"""Measure a library of the registry's size as its user meets it: import, update, searches, API.

    python benchmarks/bench_registry.py [--studies 577000] [--folder build/registry] [--no-fts5] [--json]

Everything runs once from the zip that `generate_registry.py` makes (kept in the folder for the next run),
but for latencies, which are of many questions. Memory is the resident size of all processes of a command
together, pages of files left out, looked at four times a second. SQLite with FTS5 is asked the same in the same run.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bare import BareEngine, compare, draw_questions, read_common_questions
from bench import REAL_RECORDS, describe_machine, time_each
from registry_questions import PlainSqlite, ask_engine, make_questions
from trialbook.library import Library
from trialbook.search.engine.engine import FACETS, SearchRequest
from trialbook.search.language.parse import parse_query
from trialbook.store import Store

HERE = Path(__file__).resolve().parent
COMMAND = [sys.executable, "-c", "from trialbook.__main__ import main; main()"]
CHANGED = 2_000
CLIENTS = 8
MARK = "zyzzyvamarker"
SEARCHES = ("heart failure", "breast cancer", "asthma children", "AREA[Phase]PHASE3 AND diabetes", "stroke")
LOAD_SECONDS = 10.0
# So long each kind of question may take in SQLite, before as many as that are timed.
SQLITE_SECONDS = 60.0


@dataclass
class Watched:
    """A finished command: seconds, of all processors too, and the most memory of all its processes (MB)."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


def run_command(*words: str) -> Watched:
    """Run a command of Trialbook to its end; stops where it fails."""
    started, peak = time.perf_counter(), 0.0
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen([*COMMAND, *words], stdout=subprocess.DEVNULL)
    while process.poll() is None:
        peak = max(peak, read_tree_mb(process.pid))
        time.sleep(0.25)
    if process.returncode:
        raise SystemExit(f"trialbook {' '.join(words)} ended with {process.returncode}")
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = spent.ru_utime + spent.ru_stime - before.ru_utime - before.ru_stime
    return Watched(time.perf_counter() - started, cpu, peak)


def read_tree_mb(pid: int) -> float:
    """Resident megabytes of a process and its children; what belongs to files is not counted."""
    total = 0
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0.0
    if found := re.search(r"RssAnon:\s*(\d+) kB", status):
        total += int(found[1]) * 1024
    return total / 1e6 + sum(read_tree_mb(int(child)) for child in children)


@contextmanager
def serve(home: Path) -> Iterator[tuple[int, float]]:
    """A server on a free port of this machine: the port, and seconds until its first page came."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [*COMMAND, "--home", str(home), "serve", "--port", "0"], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline().decode()
        port = int(re.findall(r":(\d+)/", line)[0])
        get(port, "/?q=heart+failure")
        yield port, time.perf_counter() - started
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def get(port: int, address: str) -> bytes:
    """The body of an answer of 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        return ask(connection, address)
    finally:
        connection.close()


def ask(connection: http.client.HTTPConnection, address: str) -> bytes:
    """The same over a connection that is kept."""
    connection.request("GET", address)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{address}: {answer.status} {body[:200]!r}")
    return body


@dataclass
class Load:
    """Clients that ask one after the other over kept connections until they are stopped."""

    port: int
    addresses: list[str]
    times: list[tuple[float, float]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Load:
        self._threads = [threading.Thread(target=self._ask, args=(n,)) for n in range(CLIENTS)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while not self._stop.is_set():
            address = self.addresses[number % len(self.addresses)]
            number += 1
            started = time.perf_counter()
            try:
                ask(connection, address)
                self.times.append((started, (time.perf_counter() - started) * 1000))
            except Exception as error:
                self.failures.append(repr(error))
                connection.close()
        connection.close()

    def compute_p95(self, start: float, end: float) -> float:
        """The 95th percentile (ms) of what was asked between two moments."""
        inside = sorted(ms for at, ms in self.times if start <= at < end)
        return inside[int(len(inside) * 0.95)] if inside else float("nan")


def measure_update(home: Path, port: int, changed: Path, *, seconds: float) -> dict[str, Any]:
    """Searches of eight clients before and while 2,000 changed records are imported."""
    addresses = [f"/api/v2/studies?query.term={quote(text)}&countTotal=true" for text in SEARCHES]
    with Load(port, addresses) as load:
        time.sleep(seconds)
        begun = time.perf_counter()
        watched = run_command("--home", str(home), "import", str(changed))
        ended = time.perf_counter()
        while json.loads(get(port, f"/api/v2/studies?query.term={MARK}&countTotal=true"))["totalCount"] == 0:
            time.sleep(0.1)
        visible = time.perf_counter() - ended
    return {
        "seconds": watched.seconds,
        "peak_mb": watched.peak_mb,
        "failed": len(load.failures),
        "asked": len(load.times),
        "p95_before_ms": load.compute_p95(0, begun),
        "p95_during_ms": load.compute_p95(begun, ended),
        "visible_after_s": visible,
    }


def measure_api(home: Path, port: int, *, seconds: float) -> dict[str, float]:
    """Single records: one client over a kept connection, then eight at once."""
    with Store(home) as store:
        rows = store.connection.execute("SELECT nct_id FROM study ORDER BY nct_id").fetchall()
    addresses = [f"/api/v2/studies/{nct_id}" for (nct_id,) in rows[:: max(1, len(rows) // 2_000)]]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    alone = time_each(lambda address: ask(connection, address), addresses)
    connection.close()
    with subprocess.Popen(
        [sys.executable, __file__, "--load", str(port), "--load-seconds", str(seconds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        output, _ = process.communicate("\n".join(addresses).encode())
    return {**alone, "requests_a_second": float(output)}


def load_server(port: int, addresses: list[str], *, seconds: float) -> float:
    """Requests a second of eight clients in this process."""
    with Load(port, addresses) as load:
        time.sleep(seconds)
    if load.failures:
        raise SystemExit(f"{len(load.failures)} requests failed: {load.failures[0]}")
    return len(load.times) / seconds


def measure_searches(home: Path) -> dict[str, dict[str, float]]:
    """Each kind of question in the engine, as in a server's thread."""
    engine = Library(home).engine
    ask = ask_engine(engine)
    kinds = make_questions()
    for questions in kinds.values():
        ask(questions[0])
    return {kind: time_each(ask, questions, repeat=3) for kind, questions in kinds.items()}


def measure_against_bare(home: Path, source: Path, folder: Path) -> dict[str, Any]:
    """Our import and answers beside those of the engines beneath, on the same records (`bare.py`)."""
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, HERE / "bare.py", source, folder]
    built = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    bare, ask = BareEngine(folder), ask_engine(Library(home).engine)

    def ask_us(text: str) -> int:
        return ask(SearchRequest(queries=(parse_query(text),), facets=FACETS, limit=10))

    drawn = draw_questions(REAL_RECORDS if REAL_RECORDS.exists() else source)
    sets = {"common": read_common_questions(), "drawn": drawn}
    return {
        "build": built,
        **{name: compare(ask_us, bare.ask, texts) for name, texts in sets.items() if texts},
    }


def measure_related(home: Path) -> dict[str, Any]:
    """The profiles of related studies made for the whole library; then lists of ten with reasons, one after the other."""
    made = run_command("--home", str(home), "rebuild", "related")
    with Store(home) as store:
        rows = store.connection.execute("SELECT nct_id FROM study ORDER BY nct_id").fetchall()
    nct_ids = [nct_id for (nct_id,) in rows[:: max(1, len(rows) // 200)]]
    cold = run_command("--home", str(home), "related", nct_ids[0], "--json")
    library = Library(home)
    library.find_related(nct_ids[0])
    before = time.process_time()
    times = time_each(lambda nct_id: len(library.find_related(nct_id).studies), nct_ids)
    return {
        "build": vars(made),
        "cold": vars(cold),
        "list": times | {"cpu_ms": (time.process_time() - before) * 1000 / len(nct_ids)},
    }


def measure_sqlite(home: Path, path: Path) -> dict[str, Any]:
    """The same questions in SQLite."""
    path.unlink(missing_ok=True)
    started = time.perf_counter()
    plain = PlainSqlite(path)
    with Store(home) as store:
        plain.build(store)
    measured: dict[str, Any] = {"build_seconds": time.perf_counter() - started}
    for kind, question, asked in plain.iter_kinds():
        measured[kind] = time_each(question, take_within(question, asked, SQLITE_SECONDS))
    return measured


def take_within(ask: Callable[[Any], Any], questions: list[Any], seconds: float) -> list[Any]:
    """As many questions as can be asked in so many seconds, at least one: asked once to find out."""
    started = time.perf_counter()
    for count, question in enumerate(questions, 1):
        ask(question)
        if time.perf_counter() - started > seconds:
            return questions[:count]
    return questions


def prepare(folder: Path, studies: int) -> tuple[Path, Path]:
    """The zip and the next day's changes; made where they are missing."""
    archive, changed = folder / f"registry-{studies}.zip", folder / f"changed-{studies}.jsonl"
    if not (archive.exists() and changed.exists()):
        folder.mkdir(parents=True, exist_ok=True)
        number = min(CHANGED, studies)
        options = ["--studies", str(studies), "--changed", str(number), "--out2", str(changed)]
        subprocess.run([sys.executable, HERE / "generate_registry.py", archive, *options], check=True)
        record = {
            "protocolSection": {
                "identificationModule": {"nctId": "NCT09999999", "briefTitle": f"A study of {MARK}"},
                "statusModule": {"lastUpdateSubmitDate": "2026-03-16"},
            }
        }
        with changed.open("a") as file:
            file.write(json.dumps(record) + "\n")
    return archive, changed


def measure(folder: Path, studies: int, *, with_sqlite: bool, seconds: float) -> dict[str, Any]:
    """Everything, in the order in which a user meets it."""
    archive, changed = prepare(folder, studies)
    home = folder / "home"
    shutil.rmtree(home, ignore_errors=True)
    result: dict[str, Any] = {"machine": describe_machine(), "studies": studies}
    result["zip_mb"] = archive.stat().st_size / 1e6
    report("import", result, vars(run_command("--home", str(home), "import", str(archive))))
    report("again", result, vars(run_command("--home", str(home), "import", str(archive))))
    result["library_mb"] = sum(path.stat().st_size for path in home.rglob("*") if path.is_file()) / 1e6
    report("searches", result, measure_searches(home))
    report("bare", result, measure_against_bare(home, archive, folder / "bare"))
    report("related", result, measure_related(home))
    with serve(home) as (port, until_first):
        report("cold", result, {"seconds": until_first})
        report("api", result, measure_api(home, port, seconds=seconds))
        report("update", result, measure_update(home, port, changed, seconds=seconds))
    if with_sqlite:
        report("sqlite", result, measure_sqlite(home, folder / "plain.sqlite"))
    return result


def report(name: str, result: dict[str, Any], measured: Any) -> None:
    """Keep a part of the result, and show it at once: the whole takes half an hour."""
    result[name] = measured
    result.setdefault("load", {})[name] = os.getloadavg()[0]
    print(
        f"{name}: {json.dumps(measured, default=lambda value: round(value, 3))}", file=sys.stderr, flush=True
    )


def render(result: dict[str, Any]) -> str:
    """The table of a large registry, each line with its aim."""
    machine, update, api = result["machine"], result["update"], result["api"]
    bare, related = result["bare"], result["related"]
    ratio = result["import"]["cpu_seconds"] / bare["build"]["cpu_seconds"]
    lines = [
        f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}; load {machine['load']:.1f}"
        f" at the beginning, {', '.join(f'{load:.1f} after {name}' for name, load in result['load'].items())}",
        f"{result['studies']:,} studies, zip {result['zip_mb']:,.0f} MB, library {result['library_mb']:,.0f} MB",
        "",
        f"{'import from the bulk zip':<34}{describe(result['import'])}   aim 720 s, 2,000 MB",
        f"{'same file again':<34}{describe(result['again'])}   aim 120 s",
        f"{'open the site cold':<34}{result['cold']['seconds']:.1f} s   aim 2 s",
        f"{'2,000 changed, 8 clients':<34}{update['seconds']:.0f} s; {update['failed']} of {update['asked']:,} failed;"
        f" p95 {update['p95_before_ms']:.0f} → {update['p95_during_ms']:.0f} ms (aim twice at most);"
        f" visible after {update['visible_after_s']:.1f} s (aim 10 s)",
        f"{'one record over HTTP':<34}p50 {api['p50_ms']:.2f} ms (aim 1), {api['requests_a_second']:,.0f} a second"
        f" with 8 clients (aim 1,500)",
        f"{'import beside the bare engines':<34}{result['import']['cpu_seconds'] / result['studies'] * 1000:.2f} ms of CPU"
        f" a record, bare {bare['build']['cpu_ms_a_record']:.2f}: {ratio:.1f} times (aim 2.5)",
        *(
            f"{name + ' questions, 8 facets':<34}p50 {row['ours_p50_ms']:.1f} ms, bare"
            f" {row['bare_p50_ms']:.1f}: {row['ratio_p50']:.1f} times (aim 1.5);"
            f" p95 {row['ours_p95_ms']:.1f}, {row['bare_p95_ms']:.1f}: {row['ratio_p95']:.1f} times (aim 2)"
            for name, row in bare.items()
            if name != "build"
        ),
        f"{'profiles of related studies':<34}{describe(related['build'])}   aim 1,200 s, 3,000 MB",
        f"{'related studies':<34}p50 {related['list']['p50_ms']:.0f} ms, p95 {related['list']['p95_ms']:.0f} ms (aim 50);"
        f" as a command {related['cold']['seconds']:.1f} s (aim 3)",
        "",
        f"{'in the server, ms':<34}{'p50':>8}{'p95':>8}{'SQLite p50':>12}{'p95':>10}{'times':>8}   aim",
    ]
    for kind, ours in result["searches"].items():
        theirs = result.get("sqlite", {}).get(kind)
        plain = f"{'':>30}"
        if theirs:
            plain = (
                f"{theirs['p50_ms']:>12.1f}{theirs['p95_ms']:>10.1f}{theirs['p50_ms'] / ours['p50_ms']:>8.1f}"
            )
        aim = "p50 8, p95 30" if kind.startswith("text") else "p95 40"
        lines.append(f"{kind:<34}{ours['p50_ms']:>8.1f}{ours['p95_ms']:>8.1f}{plain}   {aim}")
    return "\n".join(lines)


def describe(watched: dict[str, float]) -> str:
    return f"{watched['seconds']:.0f} s, {watched['peak_mb']:,.0f} MB"


def main() -> None:
    """Measure, and print what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--studies", type=int, default=577_000)
    parser.add_argument("--folder", type=Path, default=HERE.parent / "build" / "registry")
    parser.add_argument("--no-fts5", action="store_true", help="leave SQLite out")
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--load-seconds", type=float, default=LOAD_SECONDS, metavar="S", help="how long clients ask"
    )
    parser.add_argument("--load", type=int, metavar="PORT", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.load:
        print(load_server(asked.load, sys.stdin.read().split(), seconds=asked.load_seconds))
        return
    result = measure(asked.folder, asked.studies, with_sqlite=not asked.no_fts5, seconds=asked.load_seconds)
    print(json.dumps(result, indent=2) if asked.json else render(result))


if __name__ == "__main__":
    main()
