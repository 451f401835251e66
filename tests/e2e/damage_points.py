"""`python -m tests.e2e.damage_points [LIBRARIES] [SEED]`: damage libraries at random, and see what they hand out.

A bit, or a page, of the file of records is altered; or a file of the index is altered, emptied, cut or removed; or
a bit of any other file, anywhere or in a row of a table. What is then exported, found, or answered to every other
kind of question must be as it was; what is missing must be said by a sentence or an exit code. After that
the same import must bring the library back, or `check` must say what is wrong with it.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from click.testing import CliRunner, Result
from tests.e2e.kill_points import write_records

from trialbook.cli.main import main as commands
from trialbook.library import Library
from trialbook.library.build import import_paths
from trialbook.library.rebuild import rebuild
from trialbook.store import Store, Writer

PAGE = 8192
WHOLE, SAID, SILENT = "whole", "said", "SILENT"
LONGEST_VALUE = 500
# Stands in an answer in which something is named that a disk has altered.
DAMAGE = re.compile("not what was kept|not those that were kept|a damaged record")
COLUMNS = (
    "damaged",
    "asked",
    "refused",
    WHOLE,
    SAID,
    SILENT,
    "altered",
    "traceback",
    "mended",
    "told by check",
)

Damage = Callable[[Path, random.Random], None]


def flip_bit(path: Path, rng: random.Random) -> None:
    data = bytearray(path.read_bytes())
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(data)


def zero_page(path: Path, rng: random.Random) -> None:
    write_page(path, rng, bytes(PAGE))


def scramble_page(path: Path, rng: random.Random) -> None:
    write_page(path, rng, rng.randbytes(PAGE))


def write_page(path: Path, rng: random.Random, page: bytes) -> None:
    data = bytearray(path.read_bytes())
    at = rng.randrange(len(data) // PAGE) * PAGE
    data[at : at + PAGE] = page
    path.write_bytes(data)


def empty(path: Path, rng: random.Random) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def cut(path: Path, rng: random.Random) -> None:
    path.write_bytes(path.read_bytes()[: rng.randrange(max(1, path.stat().st_size))])


def remove(path: Path, rng: random.Random) -> None:
    path.unlink()


def flip_in_row(path: Path, rng: random.Random) -> None:
    """A bit of a text or of bytes in a row of some table, in the table itself or in an index of it."""
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
        ).fetchall()
        values = []
        while not values:
            (table,) = rng.choice(tables)
            (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            if count:
                row = connection.execute(
                    f"SELECT * FROM {table} LIMIT 1 OFFSET {rng.randrange(count)}"
                ).fetchone()
                found = [each.encode() if isinstance(each, str) else each for each in row]
                values = [each for each in found if isinstance(each, bytes) and 2 < len(each) < LONGEST_VALUE]
    data, value = bytearray(path.read_bytes()), rng.choice(values)
    at = [match.start() for match in re.finditer(re.escape(value), data)]
    if at:
        data[rng.choice(at) + rng.randrange(len(value))] ^= 1 << rng.randrange(8)
        path.write_bytes(data)


RECORDS, INDEX, CRITERIA = "library.sqlite", "index/**/*", "criteria-*.sqlite"
KINDS: dict[str, tuple[str, Damage]] = {
    "records: bit": (RECORDS, flip_bit),
    "records: bit in a row": (RECORDS, flip_in_row),
    "records: page of zeros": (RECORDS, zero_page),
    "records: random page": (RECORDS, scramble_page),
    "index: bit": (INDEX, flip_bit),
    "index: zeros": (INDEX, empty),
    "index: cut": (INDEX, cut),
    "index: removed": (INDEX, remove),
    "kept: bit": ("saved.sqlite", flip_bit),
    "kept: bit in a row": ("saved.sqlite", flip_in_row),
    "criteria: bit": (CRITERIA, flip_bit),
    "criteria: bit in a row": (CRITERIA, flip_in_row),
    "related: bit": ("related/**/*", flip_bit),
    "summaries: bit in a row": ("summaries-*.sqlite", flip_in_row),
    "statistics: bit": ("statistics.json", flip_bit),
}
# What a person or a program asks of a library; {} stands for the studies that are asked about.
QUESTIONS: tuple[tuple[str, ...], ...] = (
    ("search", "--json", "--limit", "50"),
    ("search", "cough OR pain", "--as-of", "2026-01-01"),
    ("search", 'AREA[Refuses]"pregnant"', "--json"),
    ("search", 'AREA[Accepts]"prior myocardial infarction"', "--json"),
    ("facets", "--by", "Refuses"),
    ("facets", "--by", "Phase"),
    ("list", "show"),
    ("list", "show", "to-read"),
    ("saved", "list"),
    ("news",),
    ("rejections",),
    ("statistics",),
    ("show", "{}"),
    ("history", "{}"),
    ("history", "{}", "--json"),
    ("criteria", "{}"),
    ("related", "{}"),
)


def run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(commands, ["--home", str(home), *words])


def damage(home: Path, kind: str, rng: random.Random) -> None:
    pattern, alter = KINDS[kind]
    files = [path for path in sorted(home.glob(pattern)) if path.is_file() and path.stat().st_size]
    if alter is flip_in_row:
        # What lies in a log beside a file is brought into it, as the next reader would.
        with closing(sqlite3.connect(files[0])) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    alter(rng.choice(files), rng)


def fill(home: Path, folder: Path) -> None:
    """A library in which there is some of everything that a library keeps."""
    import_paths(home, [write_records(folder / "records.jsonl")])
    import_paths(home, [write_records(folder / "changed.jsonl", is_changed=True)])
    (folder / "bad.json").write_text('{"protocolSection": 1}')
    import_paths(home, [folder / "bad.json"])
    with Library(home) as library:
        ids = [nct_id for nct_id in library.search(limit=50).nct_ids if nct_id[-1] in "13"]
        library.add_to_list("to-read", *ids[:8], note="Ask about Miami")
        library.add_to_list("second", *ids[2:4])
        library.save_search("cough", "query.cond=cough")
        library.mark_seen("list", "to-read")
    with Store(home) as store, Writer(store, "lists") as writer:
        writer.announce(
            (nct_id, number, f"2026-0{number + 1}-01", "RECRUITING", ("Design", "Status"))
            for nct_id in ids
            for number in range(4)
        )
    rebuild(home, ["criteria", "related", "statistics", "summaries"])


def list_questions(ids: Sequence[str]) -> list[tuple[str, ...]]:
    return [
        tuple(word.format(nct_id) for word in words)
        for words in QUESTIONS
        for nct_id in (ids if "{}" in words else ids[:1])
    ]


def show(result: Result) -> str:
    """What was answered, without how long that took."""
    return re.sub(r'[0-9.e-]+ ms|"milliseconds":[0-9.e-]+', "", result.stdout)


def ask_all(
    home: Path, questions: Sequence[tuple[str, ...]], right: dict[tuple[str, ...], str], counts: Counter[str]
) -> None:
    """Every kind of question; an answer that is another, or shorter, and says nothing of it, is counted."""
    for words in questions:
        result = run(home, *words)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            counts["traceback"] += 1
            print(words, repr(result.exception), flush=True)
        elif (
            result.exit_code == 0
            and show(result) != right[words]
            and not (result.stderr or DAMAGE.search(result.stdout))
        ):
            counts["altered"] += 1
            print("altered:", words, flush=True)
        counts["asked"] += 1
        counts["refused"] += result.exit_code != 0


def look(home: Path, records: dict[str, str], counts: Counter[str]) -> None:
    """What is exported and found, counted."""
    exported, searched = run(home, "export"), run(home, "search", "--json", "--limit", "1000")
    found = 0
    for line in exported.stdout.splitlines():
        if line.startswith("{"):
            record = json.loads(line)
            found += 1
            if records.get(get_id(record)) != json.dumps(record, sort_keys=True):
                counts["altered"] += 1
    is_short = found < len(records)
    if searched.exit_code == 0:
        is_short_search = json.loads(searched.stdout)["total"] != len(records)
    else:
        is_short_search = False
    for result in (exported, searched):
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            counts["traceback"] += 1
            print(repr(result.exception), flush=True)
    if (is_short and exported.exit_code == 0) or (is_short_search and not searched.stderr):
        counts[SILENT] += 1
    elif exported.exit_code or searched.exit_code or is_short_search:
        counts[SAID] += 1
    else:
        counts[WHOLE] += 1


def get_id(record: dict[str, dict[str, dict[str, str]]]) -> str:
    return record["protocolSection"]["identificationModule"]["nctId"]


def mend(home: Path, source: Path, records: dict[str, str], counts: Counter[str]) -> None:
    """The same import again, and what `check` says after it."""
    run(home, "import", str(source))
    again: Counter[str] = Counter()
    look(home, records, again)
    if again[WHOLE] and not again["altered"]:
        counts["mended"] += 1
    elif run(home, "check").exit_code:
        counts["told by check"] += 1


def main() -> None:
    libraries = int(sys.argv[1]) if len(sys.argv) > 1 else 150
    rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    seen: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        fill(folder / "whole", folder)
        source = folder / "changed.jsonl"
        records = {
            get_id(record): json.dumps(record, sort_keys=True)
            for record in map(json.loads, run(folder / "whole", "export").stdout.splitlines())
        }
        questions = list_questions(sorted(records)[1::71])
        right = {words: show(run(folder / "whole", *words)) for words in questions}
        for number in range(libraries):
            kind = [*KINDS][number % len(KINDS)]
            home = folder / "damaged"
            shutil.copytree(folder / "whole", home)
            damage(home, kind, rng)
            seen[kind]["damaged"] += 1
            look(home, records, seen[kind])
            ask_all(home, questions, right, seen[kind])
            mend(home, source, records, seen[kind])
            shutil.rmtree(home)
    print(f"{'':24}" + "".join(f"{column:>15}" for column in COLUMNS))
    for kind, counts in seen.items():
        print(f"{kind:24}" + "".join(f"{counts[column]:>15}" for column in COLUMNS))


if __name__ == "__main__":
    main()
