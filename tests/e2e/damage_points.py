"""`python -m tests.e2e.damage_points [LIBRARIES] [SEED]`: damage libraries at random, and see what they hand out.

A bit, or a page, of the file of records is altered; or a file of the index is altered, emptied, cut or removed.
What is then exported or found must be as it was imported; what is missing must be said by a sentence and an exit
code. After that the same import must bring the library back, or `check` must say what is wrong with it.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner, Result
from tests.e2e.kill_points import write_records

from trialbook.cli.main import main as commands
from trialbook.library.build import import_paths

PAGE = 8192
WHOLE, SAID, SILENT = "whole", "said", "SILENT"
COLUMNS = ("damaged", WHOLE, SAID, SILENT, "altered", "traceback", "mended", "told by check")

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


KINDS: dict[str, tuple[bool, Damage]] = {
    "records: bit": (False, flip_bit),
    "records: page of zeros": (False, zero_page),
    "records: random page": (False, scramble_page),
    "index: bit": (True, flip_bit),
    "index: zeros": (True, empty),
    "index: cut": (True, cut),
    "index: removed": (True, remove),
}


def run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(commands, ["--home", str(home), *words])


def damage(home: Path, kind: str, rng: random.Random) -> None:
    is_index, alter = KINDS[kind]
    if is_index:
        files = [
            path for path in sorted((home / "index").rglob("*")) if path.is_file() and path.stat().st_size
        ]
        alter(rng.choice(files), rng)
    else:
        alter(home / "library.sqlite", rng)


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
    libraries = int(sys.argv[1]) if len(sys.argv) > 1 else 70
    rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    seen: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        source = write_records(folder / "records.jsonl")
        lines = [json.loads(line) for line in source.read_text().splitlines()]
        records = {get_id(record): json.dumps(record, sort_keys=True) for record in lines}
        import_paths(folder / "whole", [source])
        for number in range(libraries):
            kind = [*KINDS][number % len(KINDS)]
            home = folder / "damaged"
            shutil.copytree(folder / "whole", home)
            damage(home, kind, rng)
            seen[kind]["damaged"] += 1
            look(home, records, seen[kind])
            mend(home, source, records, seen[kind])
            shutil.rmtree(home)
    print(f"{'':24}" + "".join(f"{column:>15}" for column in COLUMNS))
    for kind, counts in seen.items():
        print(f"{kind:24}" + "".join(f"{counts[column]:>15}" for column in COLUMNS))


if __name__ == "__main__":
    main()
