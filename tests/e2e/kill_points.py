"""`python -m tests.e2e.kill_points [KILLS] [SEED]`: kill each kind of run at random points, and look what is left.

Half of the kills come at a random moment, half before a random one of the steps that move, make or remove
files. After each, a reader must see all, or say what it does not see, or refuse in a sentence; the same
command run again must end as one that was never killed.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from click.testing import CliRunner
from tests.stand_in.registry import StandInRegistry

from trialbook.cli.main import main as commands
from trialbook.errors import StoreError
from trialbook.library import Library
from trialbook.library.build import import_paths
from trialbook.samples import sample_paths
from trialbook.search.index.disk import STATE_FILE
from trialbook.search.index.schema import INDEX_VERSION

COPIES = 2
# A step that no run comes to.
ENDLESS = 10**9
STEPS = ("unlink", "rmdir", "rename", "replace", "mkdir", "fsync")
# Each run is forked from a process that has loaded Trialbook and opened nothing.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["trialbook.cli.main", "tests.stand_in.registry"])
WHOLE, SAID, REFUSED, SILENT = "whole", "said", "refused", "SILENT"
COLUMNS = ("kills", WHOLE, SAID, REFUSED, SILENT, "wrong", "lost")
SHOWN_EVERY = 50


class Kind(msgspec.Struct, frozen=True):
    """A kind of run: what it begins with, its command, and what a reader may see after a kill."""

    prepare: Callable[[Path], None]
    command: Sequence[str]
    allowed: frozenset[str]


def write_records(path: Path, *, is_changed: bool = False) -> Path:
    lines = sample_paths()[0].read_text(encoding="utf-8").splitlines()
    records = []
    for copy in range(COPIES):
        for number, line in enumerate(lines):
            record = json.loads(line)
            protocol = record["protocolSection"]
            protocol["identificationModule"]["nctId"] = f"NCT9{copy}{number:06d}"
            if is_changed and number % 2:
                protocol["identificationModule"]["briefTitle"] = "Changed since"
                protocol["statusModule"]["lastUpdateSubmitDate"] = "2026-10-31"
            records.append(json.dumps(record))
    path.write_text("\n".join(records) + "\n")
    return path


def turn_into_form_7(home: Path) -> None:
    """Lay a library's index as the form before this one lay: its files beside its state, in their own folder."""
    folder = home / "index" / str(INDEX_VERSION)
    said = json.loads((folder / STATE_FILE).read_text())
    (folder / said["folder"]).rename(home / "index" / "7")
    old = {key: said[key] for key in ("library_id", "seq", "is_dirty", "holds_past")}
    (home / "index" / "7" / STATE_FILE).write_text(json.dumps(old | {"index_version": 7}))
    shutil.rmtree(folder)


def run_command(home: Path, command: Sequence[str], last: int, steps: Any) -> None:
    """Run a command of Trialbook, and end this process before the step of a number."""

    def count(call: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **named: Any) -> Any:
            steps.value += 1
            if steps.value == last:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*args, **named)

        return step

    for name in STEPS:
        setattr(os, name, count(getattr(os, name)))
    sys.stdout = sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - until this process ends
    commands.main(["--home", str(home), *command])


def start(home: Path, command: Sequence[str], last: int = ENDLESS) -> tuple[Any, Any]:
    steps = PROCESSES.Value("q", 0)
    process = PROCESSES.Process(target=run_command, args=(home, command, last, steps))
    process.start()
    return process, steps


def look(home: Path) -> str:
    """What a reader sees of a library that a kill left."""
    try:
        with Library(home) as library:
            held = set(read_ids(library))
            found, lag = set(library.search(limit=10_000).nct_ids), library.index_lag
    except StoreError:
        return REFUSED
    if lag:
        return SAID if found <= held else SILENT
    return WHOLE if found == held else SILENT


def read_ids(library: Library) -> list[str]:
    return [nct_id for (nct_id,) in library.store.fetch_all("SELECT nct_id FROM study")]


def describe(home: Path) -> dict[str, Any]:
    """All that a run that came to its end must have left, whatever ended earlier ones."""
    with Library(home) as library:
        return {
            "problems": library.check(),
            "lag": library.index_lag,
            "all": library.search(limit=10_000).nct_ids,
            "changed": library.search('"changed since"', limit=10_000).nct_ids,
            "past": library.search(as_of="2025-01-01", limit=10_000).nct_ids,
            "bodies": sorted(map(hash, library.iter_bodies())),
            "indexes": sorted(path.name for path in (home / "index").iterdir()),
            "makings": len(
                [path for path in (home / "index" / str(INDEX_VERSION)).iterdir() if path.is_dir()]
            ),
        }


def make_kinds(folder: Path, registry: StandInRegistry) -> dict[str, Kind]:
    first = write_records(folder / "first.jsonl")
    second = write_records(folder / "second.jsonl", is_changed=True)
    filled, old = folder / "filled", folder / "old form"
    import_paths(filled, [first])
    import_paths(old, [first])
    turn_into_form_7(old)

    def copy(source: Path) -> Callable[[Path], None]:
        def prepare(home: Path) -> None:
            shutil.copytree(source, home)

        return prepare

    pull = ("pull", "--all", "--registry", registry.address, "--page-size", "40")
    return {
        "import": Kind(lambda home: None, ("import", str(first)), frozenset({WHOLE, SAID, REFUSED})),
        "update": Kind(copy(filled), ("import", str(second)), frozenset({WHOLE, SAID})),
        "rebuild": Kind(copy(filled), ("rebuild", "index"), frozenset({WHOLE})),
        "pull": Kind(copy(filled), pull, frozenset({WHOLE, SAID})),
        "upgrade": Kind(copy(old), ("rebuild", "--behind"), frozenset({WHOLE, REFUSED})),
    }


def measure(kind: Kind, folder: Path) -> tuple[dict[str, Any], float, int]:
    """What a run that nobody kills leaves, how long it takes (seconds), and in how many steps."""
    kind.prepare(folder)
    started = time.monotonic()
    process, steps = start(folder, kind.command)
    process.join(300)
    assert process.exitcode == 0, f"{kind.command} ended with {process.exitcode}"
    seconds = time.monotonic() - started
    import_paths(folder, [])
    return describe(folder), seconds, steps.value


def kill(kinds: dict[str, Kind], kills: int, rng: random.Random, folder: Path) -> dict[str, Counter[str]]:
    """Kill so many runs, the kinds in turn; what was seen, by kind: a row of counts each."""
    measured = {name: measure(kind, folder / f"whole {name}") for name, kind in kinds.items()}
    seen: dict[str, Counter[str]] = {name: Counter() for name in kinds}
    for number in range(kills):
        name = [*kinds][number % len(kinds)]
        kind, counts = kinds[name], seen[name]
        expected, seconds, steps = measured[name]
        home = folder / f"killed {number}"
        kind.prepare(home)
        if number // len(kinds) % 2:
            process, _ = start(home, kind.command, rng.randint(1, steps))
        else:
            process, _ = start(home, kind.command)
            process.join(rng.uniform(0, 1) * seconds)
            process.kill()
        process.join(300)
        counts["kills"] += process.exitcode == -signal.SIGKILL
        state = look(home)
        counts[state] += 1
        if state not in kind.allowed:
            counts["wrong"] += 1
        again = CliRunner().invoke(commands, ["--home", str(home), *kind.command])
        # The next writer, whatever it brings, removes what a kill left beside an index that is whole.
        import_paths(home, [])
        left = describe(home) if again.exit_code == 0 else again.output
        if left != expected:
            counts["lost"] += 1
            print(name, home, left if isinstance(left, str) else find_difference(left, expected), sep="\n")
        else:
            shutil.rmtree(home)
        if number % SHOWN_EVERY == SHOWN_EVERY - 1 or number == kills - 1:
            show(seen)
    return seen


def find_difference(left: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    return {key: str((left[key], expected[key]))[:500] for key in left if left[key] != expected[key]}


def show(seen: dict[str, Counter[str]]) -> None:
    print(f"{'':10}" + "".join(f"{column:>9}" for column in COLUMNS))
    for name, counts in seen.items():
        print(f"{name:10}" + "".join(f"{counts[column]:>9}" for column in COLUMNS), flush=True)


def main() -> None:
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        bodies = [
            line.encode()
            for line in write_records(folder / "pulled", is_changed=True).read_text().splitlines()
        ]
        with StandInRegistry(bodies) as registry:
            kill(make_kinds(folder, registry), kills, random.Random(seed), folder)


if __name__ == "__main__":
    main()
