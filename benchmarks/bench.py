"""Measure Trialbook as its user meets it: whole processes, several runs, the median of them.

    python benchmarks/bench.py [--records 100000] [--runs 3] [--source records.jsonl.gz] [--json]

The records of `--source` are repeated under new ids until there are as many as asked for, and are piped
into `trialbook import -`. Each phase is a process of its own; memory is its highest resident size.
Copies share their words, so the index's vocabulary is smaller than that of as many different records.
"""

from __future__ import annotations

import argparse
import gzip
import os
import platform
import random
import re
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Any

import msgspec

from trialbook.ask.filters import make_request
from trialbook.derived.index import FOLDER as INDEX_FOLDER
from trialbook.library import Library
from trialbook.library.build import Batch, ImportCounts, check_new
from trialbook.library.build import import_paths as run_import
from trialbook.model.study import decode_record
from trialbook.record.pieces import get_pieces, get_values
from trialbook.search.engine.engine import FACETS
from trialbook.search.index.document import collect_values
from trialbook.search.index.schema import get_basic_weights
from trialbook.source.files import read_path
from trialbook.store import Store, Writer

ROOT = Path(__file__).resolve().parent.parent
REAL_RECORDS = ROOT.parent / "shared" / "data" / "ctgov" / "records.jsonl.gz"
SAMPLE_RECORDS = ROOT / "src" / "trialbook" / "samples" / "records.jsonl"
AIMED_RECORD_BYTES = 17_000
PAGES = 300
OWN_ID = re.compile(rb'"nctId"\s*:\s*"(NCT\d{8})"')
QUERIES = (
    *("asthma", "breast cancer", "type 2 diabetes", "heart failure", "stroke rehabilitation", "placebo"),
    *("aspirin", "hiv infection", "major depressive disorder", "multiple sclerosis", "obesity children"),
    *("pembrolizumab", "knee osteoarthritis", "covid-19 vaccine", "alzheimer disease", "malaria", "pain"),
    *("quality of life", "randomized double blind", "chronic kidney disease"),
)


class Run(msgspec.Struct, frozen=True):
    """A finished process: seconds from start to end and of all processors, its memory, what it printed."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    output: dict[str, Any]


@cache
def read_source(source: Path) -> tuple[tuple[bytes, bytes], ...]:
    """Every record of a JSONL file with its own id, in memory: unpacking must not slow what it feeds."""
    opener: Callable[..., Any] = gzip.open if source.suffix == ".gz" else open
    with opener(source, "rb") as lines:
        found = tuple(
            (line.rstrip(b"\r\n") + b"\n", own[1]) for line in lines if (own := OWN_ID.search(line))
        )
    if not found:
        raise SystemExit(f"{source} holds no records")
    return found


def iter_records(source: Path, count: int) -> Iterator[bytes]:
    """Give `count` lines, the source's records over and over, each under an id of its own."""
    for number, (line, own) in zip(range(count), cycle(read_source(source)), strict=False):
        yield line.replace(own, b"NCT%08d" % (90_000_000 + number))


def run_phase(name: str, home: Path, lines: Iterable[bytes] = ()) -> Run:
    """Run a phase of this file in a process of its own, fed with `lines`; stops where it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, __file__, "--phase", name, "--home", str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin as pipe:
        pipe.writelines(lines)
    with process.stdout:
        output = process.stdout.read()
    process.wait()
    seconds = time.perf_counter() - started
    if process.returncode:
        raise SystemExit(f"{name} ended with {process.returncode}: {output.decode()[-2000:]}")
    result = msgspec.json.decode(output.splitlines()[-1])
    return Run(seconds, result["cpu_seconds"], result["peak_mb"], result)


def read_peak_mb() -> float:
    """The highest resident size of this process; what a parent held before it began does not count."""
    status = Path("/proc/self/status")
    if status.exists() and (found := re.search(r"VmHWM:\s*(\d+) kB", status.read_text())):
        return int(found[1]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def import_all(home: Path) -> dict[str, Any]:
    """Phase: the user's command, whole."""
    from trialbook.__main__ import main as run_command

    try:
        run_command(["--home", str(home), "import", "-"])
    except SystemExit as end:
        if end.code:
            raise
    return {}


def build_bare(home: Path) -> dict[str, Any]:
    """Phase: the least that the engines beneath need for the same (`bare.py`)."""
    import bare

    return {"stored": bare.build(sys.stdin.buffer, home)}


def keep_only(home: Path) -> dict[str, Any]:
    """Phase: what `trialbook import -` does, without the index."""
    counts = ImportCounts()
    with Store.create(home) as store, Writer(store, "-") as writer:
        batch = Batch(writer, counts)
        for item in check_new(read_path(Path("-")), writer):
            batch.add(item)
        batch.flush()
    return {"stored": counts.stored}


def measure_reading(home: Path) -> dict[str, Any]:
    """Phase: how long the server takes for pages, JSON and searches, asked within its own process."""
    from starlette.testclient import TestClient

    from trialbook.web.app import make_app

    with Store(home) as store:
        rows = store.connection.execute("SELECT nct_id FROM study ORDER BY nct_id").fetchall()
        ids = [nct_id for (nct_id,) in rows[:: max(1, len(rows) // PAGES)]][:PAGES]
    engine = Library(home).engine
    searches = [make_request(text, facets=FACETS) for text in QUERIES]
    with TestClient(make_app(home), base_url="http://localhost") as client:

        def get(address: str) -> None:
            client.get(address).raise_for_status()

        return {
            "page": time_each(get, [f"/study/{nct_id}" for nct_id in ids]),
            "json": time_each(get, [f"/study/{nct_id}.json" for nct_id in ids]),
            "search_page": time_each(get, [f"/?q={text.replace(' ', '+')}" for text in QUERIES], repeat=3),
            "search": time_each(engine.search, searches, repeat=3),
            "found": [engine.search(asked).total for asked in searches],
        }


def measure_history(home: Path) -> dict[str, Any]:
    """Phase: a study of 60 versions with 600 sites each: its import, and its pages in the server's own code.

    `cold` is with no summary of changes kept: what a reader pays who comes before the writer.
    """
    from starlette.requests import Request

    from trialbook.web.related_section import RelatedSections
    from trialbook.web.site import Site

    source = home / "history.jsonl"
    home.mkdir(parents=True)
    source.write_bytes(b"\n".join(make_long_history()))
    started = time.perf_counter()
    run_import(home / "library", [source])
    seconds = time.perf_counter() - started
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/study/NCT00000063",
        "headers": [],
        "query_string": b"",
    }
    request = Request({**scope, "path_params": {"nct_id": "NCT00000063"}})
    library = Library(home / "library")
    site = Site(library, RelatedSections(library))
    pages = {"record": site.study, "history": site.history, "diff": site.diff}
    timed = {name: time_each(page, [request] * 15) for name, page in pages.items()}
    for path in (home / "library").glob("summaries-*"):
        path.unlink()
    cold = time_each(Site(library, RelatedSections(library)).study, [request] * 5)
    return {"import_seconds": seconds, **timed, "cold": cold}


def make_long_history() -> Iterator[bytes]:
    """Sixty versions of one record with 600 sites, a few of which change each time."""
    chance = random.Random(63)
    sites: list[dict[str, Any]] = [
        {"facility": f"Hospital {n}", "city": f"City {n % 200}", "country": "Norway", "status": "RECRUITING"}
        for n in range(600)
    ]
    for number in range(60):
        for site in chance.sample(sites, 3):
            site["status"] = chance.choice(["RECRUITING", "COMPLETED", "WITHDRAWN"])
        protocol = {
            "identificationModule": {"nctId": "NCT00000063", "briefTitle": "A long history"},
            "statusModule": {"lastUpdateSubmitDate": f"20{10 + number // 12}-{number % 12 + 1:02}-01"},
            "designModule": {"studyType": "INTERVENTIONAL", "enrollmentInfo": {"count": 100 + number}},
            "contactsLocationsModule": {"locations": sites},
        }
        yield msgspec.json.encode({"protocolSection": protocol})


def measure_fts5(home: Path) -> dict[str, Any]:
    """Phase: the same texts in SQLite FTS5, asked for the best 20, the total and the same 8 facets."""
    connection = sqlite3.connect(home / "fts5.sqlite")
    connection.execute("CREATE VIRTUAL TABLE text USING fts5 (body, tokenize = 'porter unicode61')")
    connection.execute("CREATE TABLE facet (study INTEGER, piece TEXT, value TEXT)")
    started = time.perf_counter()
    with Store(home) as store:
        for number, (_, body) in enumerate(store.iter_current(), 1):
            text, facets = read_for_fts5(decode_record(body))
            connection.execute("INSERT INTO text (rowid, body) VALUES (?, ?)", (number, text))
            connection.executemany("INSERT INTO facet VALUES (?, ?, ?)", [(number, *row) for row in facets])
    connection.execute("CREATE INDEX by_study ON facet (study)")
    connection.commit()
    return {
        "build_seconds": time.perf_counter() - started,
        "search": time_each(lambda text: ask_fts5(connection, text), QUERIES, repeat=3),
        "found": [ask_fts5(connection, text) for text in QUERIES],
        "bytes": (home / "fts5.sqlite").stat().st_size,
    }


def read_for_fts5(record: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    """The texts that a free search reads, as one, and a record's facets as (piece, value)."""
    pieces, searched = get_pieces(), get_basic_weights()
    values, _ = collect_values(record)
    text = "\n".join(str(value) for name in searched for value in values.get(name, ()))
    facets = {(name, str(value)) for name in FACETS for value in get_values(record, pieces[name])}
    return text, sorted(facets)


def ask_fts5(connection: sqlite3.Connection, text: str) -> int:
    """Search as a user of FTS5 would; returns how many studies match."""
    match = " ".join(f'"{word}"' for word in text.split())
    connection.execute(
        "CREATE TEMP TABLE hit AS SELECT rowid AS study FROM text WHERE text MATCH ?", (match,)
    )
    connection.execute(
        "SELECT rowid FROM text WHERE text MATCH ? ORDER BY rank LIMIT 20", (match,)
    ).fetchall()
    connection.execute(
        "SELECT piece, value, count(*) FROM hit JOIN facet USING (study) GROUP BY piece, value"
    ).fetchall()
    (total,) = connection.execute("SELECT count(*) FROM hit").fetchone()
    connection.execute("DROP TABLE hit")
    return int(total)


def time_each(ask: Callable[[Any], Any], questions: Any, *, repeat: int = 1) -> dict[str, float]:
    """The median and the 95th percentile in ms of asking each question; a first question is not timed."""
    questions = list(questions)
    ask(questions[0])
    times = []
    for question in questions * repeat:
        started = time.perf_counter()
        ask(question)
        times.append((time.perf_counter() - started) * 1000)
    times.sort()
    return {"p50_ms": statistics.median(times), "p95_ms": times[min(len(times) - 1, int(len(times) * 0.95))]}


PHASES: dict[str, Callable[[Path], dict[str, Any]]] = {
    "store": keep_only,
    "import": import_all,
    "bare": build_bare,
    "read": measure_reading,
    "fts5": measure_fts5,
    "history": measure_history,
}


def measure(source: Path, *, records: int, runs: int, folder: Path) -> dict[str, Any]:
    """Measure everything; see the head of this file."""
    raw_bytes = sum(map(len, iter_records(source, records)))
    result: dict[str, Any] = {
        "machine": describe_machine(),
        "source": source.name,
        "records": records,
        "runs": runs,
        "raw_mb": raw_bytes / 1e6,
    }
    timed: dict[str, list[Run]] = {"bare": [], "store": [], "store_and_index": [], "unchanged": []}
    home = folder / "home"
    for _ in range(runs):
        timed["bare"].append(run_phase("bare", folder / "bare", iter_records(source, records)))
        shutil.rmtree(folder / "bare")
        shutil.rmtree(home, ignore_errors=True)
        timed["store"].append(run_phase("store", home, iter_records(source, records)))
        shutil.rmtree(home)
        timed["store_and_index"].append(run_phase("import", home, iter_records(source, records)))
        timed["unchanged"].append(run_phase("import", home, iter_records(source, records)))
    for name, done in timed.items():
        result[name] = describe_runs(done, records=records, raw_bytes=raw_bytes)
    with Store(home) as store:
        counts = store.count()
    if (counts.studies, counts.versions, counts.rejections) != (records, records, 0):
        raise SystemExit(f"{records} records were given, but the library holds {counts}")
    store_bytes = sum(path.stat().st_size for path in home.glob("library.sqlite*"))
    index_bytes = sum(path.stat().st_size for path in (home / INDEX_FOLDER).rglob("*") if path.is_file())
    result["store_to_raw"] = store_bytes / raw_bytes
    result["index_to_raw"] = index_bytes / raw_bytes
    for name in ("read", "fts5"):
        run = run_phase(name, home)
        result[name] = run.output
    result["history"] = run_phase("history", folder / "history").output
    ours, theirs = (result[name]["search"]["p50_ms"] for name in ("read", "fts5"))
    result["fts5_search_times_ours"] = theirs / ours
    return result


def describe_runs(done: list[Run], *, records: int, raw_bytes: int) -> dict[str, float]:
    """Rates by the median of the runs; the figure per 17 KB says how many records of that size."""
    seconds = statistics.median(run.seconds for run in done)
    return {
        "seconds": seconds,
        "cpu_ms_a_record": statistics.median(run.cpu_seconds for run in done) / records * 1000,
        "slowest_seconds": max(run.seconds for run in done),
        "records_a_second": records / seconds,
        "mb_a_second": raw_bytes / 1e6 / seconds,
        "records_of_17_kb_a_second": raw_bytes / AIMED_RECORD_BYTES / seconds,
        "peak_mb": max(run.peak_mb for run in done),
    }


def describe_machine() -> dict[str, Any]:
    """The processor, the number of its cores, and how busy it was when the measurement began."""
    cpuinfo = Path("/proc/cpuinfo")
    text = cpuinfo.read_text() if cpuinfo.exists() else ""
    model = re.search(r"model name\s*:\s*(.+)", text)
    return {
        "processor": model[1] if model else platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "system": platform.system(),
        "python": platform.python_version(),
    }


def render_table(result: dict[str, Any]) -> str:
    """The result for a terminal."""
    machine = result["machine"]
    lines = [
        f"{machine['processor']}, {machine['cores']} cores (load {machine['load']:.1f}),"
        f" {machine['system']}, Python {machine['python']}",
        f"{result['records']:,} records of {result['raw_mb'] * 1000 / result['records']:.1f} KB"
        f" ({result['raw_mb']:,.0f} MB) from {result['source']}; median of {result['runs']}",
        "",
        f"{'import':<20}{'s':>8}{'CPU ms each':>13}{'records/s':>12}{'MB/s':>8}{'17 KB/s':>10}{'peak MB':>10}",
    ]
    for name in ("bare", "store", "store_and_index", "unchanged"):
        row = result[name]
        lines.append(
            f"{name.replace('_', ' '):<20}{row['seconds']:>8.1f}{row['cpu_ms_a_record']:>13.2f}{row['records_a_second']:>12,.0f}"
            f"{row['mb_a_second']:>8.1f}{row['records_of_17_kb_a_second']:>10,.0f}{row['peak_mb']:>10,.0f}"
        )
    ratio = result["store_and_index"]["cpu_ms_a_record"] / result["bare"]["cpu_ms_a_record"]
    lines += [
        f"an import takes {ratio:.1f} times the CPU of the bare engines (aim 2.5)",
        "",
        f"{'size against raw':<20}store {result['store_to_raw']:.3f}, index {result['index_to_raw']:.3f}",
    ]
    lines += ["", f"{'latency':<20}{'p50 ms':>8}{'p95 ms':>8}"]
    reading = result["read"]
    for name in ("page", "json", "search", "search_page"):
        lines.append(
            f"{name.replace('_', ' '):<20}{reading[name]['p50_ms']:>8.2f}{reading[name]['p95_ms']:>8.2f}"
        )
    for name, label in (("record", "page"), ("cold", "page, cold"), ("history", "history"), ("diff", "diff")):
        row = result["history"][name]
        lines.append(f"{'60 versions: ' + label:<24}{row['p50_ms']:>4.1f}{row['p95_ms']:>8.1f}")
    fts5 = result["fts5"]["search"]
    lines.append(f"{'search in FTS5':<20}{fts5['p50_ms']:>8.2f}{fts5['p95_ms']:>8.2f}")
    lines.append(f"FTS5 takes {result['fts5_search_times_ours']:.1f} times as long (p50, same 8 facets)")
    return "\n".join(lines)


def main() -> None:
    """Run a phase, or all of them and print what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--source", type=Path, default=REAL_RECORDS if REAL_RECORDS.exists() else SAMPLE_RECORDS
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--phase", choices=PHASES, help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.phase:
        result = PHASES[asked.phase](asked.home)
        spent = resource.getrusage(resource.RUSAGE_SELF)
        cost = {"cpu_seconds": spent.ru_utime + spent.ru_stime, "peak_mb": read_peak_mb()}
        print(msgspec.json.encode({**result, **cost}).decode())
        return
    if asked.records < 1 or asked.runs < 1:
        parser.error("--records and --runs are 1 or more")
    with tempfile.TemporaryDirectory(prefix="trialbook-bench-") as folder:
        result = measure(asked.source, records=asked.records, runs=asked.runs, folder=Path(folder))
    print(
        msgspec.json.format(msgspec.json.encode(result), indent=2).decode()
        if asked.json
        else render_table(result)
    )


if __name__ == "__main__":
    main()
