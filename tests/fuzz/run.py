"""`python -m tests.fuzz.run --inputs N --seconds S --kind K --seed X`: feed changed inputs until one bound is reached.

Prints how many were fed of each kind and what failed. The first input of each failure, made shorter where it
still fails alike, is kept in `corpus/found/KIND/`; `test_fuzz.py` feeds all of these again.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import itertools
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import zstandard
from tests.fuzz.mutate import CRITERIA_TOKENS, QUERY_TOKENS, TOKENS, Mutator, pack_zip
from tests.fuzz.targets import MAKERS, Target

from trialbook.library.build import import_paths
from trialbook.samples import sample_paths

CORPUS = Path(__file__).parent / "corpus"
FIXTURES = Path(__file__).parents[1] / "fixtures"
KINDS = tuple(MAKERS)
# What is asked in one line, by the file of lines from which it is made.
ASKED = {"grammar": "queries", "queries": "queries", "addresses": "addresses"}
# More CPU seconds than any input of the corpus may take; told, not a failure: machines differ.
SLOW_S = 2.0
MOST_TRIES_TO_SHORTEN = 300
LONG_BYTES = 4_000


@dataclass
class Outcome:
    """What came of feeding one kind: how many inputs, what failed (by what and where) with an input each, how slow."""

    inputs: int = 0
    failures: dict[str, bytes] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0
    slowest: bytes = b""
    slow: int = 0


def load_seeds(kind: str) -> list[bytes]:
    """The kept inputs from which those of a kind are made."""
    found = [path.read_bytes() for path in sorted((CORPUS / "found" / kind).glob("*"))]
    if kind == "criteria":
        return [*_load_eligibility_texts(), *found]
    if kind in ASKED:
        return [line for line in (CORPUS / f"{ASKED[kind]}.txt").read_bytes().split(b"\n") if line] + found
    paths = sorted(path for path in (CORPUS / "files").iterdir())
    paths += sorted(path for room in ("ictrp", "legacy", "page_text") for path in (FIXTURES / room).glob("*"))
    paths = [path for path in paths if path.name != "expected.json"]
    seeds = [path.read_bytes() for path in paths]
    seeds.append(pack_zip({path.name: path.read_bytes() for path in sorted((FIXTURES / "aact").glob("*"))}))
    small = (CORPUS / "files" / "record.json").read_bytes()
    seeds += [gzip.compress(small), zstandard.compress(small), pack_zip({"a.json": small, "b/c.json": small})]
    # What is long takes long: the short ones come more often.
    return seeds + found + [seed for seed in seeds if len(seed) < LONG_BYTES] * 3


def _load_eligibility_texts() -> Iterator[bytes]:
    """The eligibility texts of the sample records."""
    for path in sample_paths():
        for line in path.read_bytes().splitlines() if path.suffix == ".jsonl" else [path.read_bytes()]:
            module = msgspec.json.decode(line)["protocolSection"].get("eligibilityModule", {})
            if module.get("eligibilityCriteria"):
                yield module["eligibilityCriteria"].encode()


def make_target(kind: str, folder: Path) -> Target:
    """What is fed, with what it needs made in a folder."""
    if kind in ("queries", "addresses"):
        home = folder / "library"
        if not home.exists():
            import_paths(home, sample_paths())
        return MAKERS[kind](home)
    return MAKERS[kind](folder)


def name_failure(error: BaseException) -> str:
    """What failed and where: the error's name, and the innermost line of Trialbook's own."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "/trialbook/" in frame.filename] or frames
    place = f"{Path(own[-1].filename).name}:{own[-1].lineno}"
    said = " ".join(str(error).split())[:100] if type(error).__name__ in ("Unforeseen", "Wrong") else ""
    return f"{type(error).__name__} at {place} {said}".strip()


def feed(target: Target, data: bytes) -> str:
    """Feed one input; the failure's name, or "" where there was none."""
    try:
        target(data)
    except Exception as error:
        return name_failure(error)
    return ""


def shorten(target: Target, data: bytes, failure: str) -> bytes:
    """The same failure from less."""
    tries, step = 0, max(1, len(data) // 2)
    while step and tries < MOST_TRIES_TO_SHORTEN:
        at = 0
        while at < len(data) and tries < MOST_TRIES_TO_SHORTEN:
            tries += 1
            less = data[:at] + data[at + step :]
            if feed(target, less) == failure:
                data = less
            else:
                at += step
        step //= 2
    return data


def make_inputs(kind: str, seed: int) -> Iterator[bytes]:
    """Inputs without end; the same for the same kind and seed."""
    tokens = QUERY_TOKENS if kind in ASKED else TOKENS
    if kind == "criteria":
        tokens = CRITERIA_TOKENS
    mutator = Mutator(load_seeds(kind), random.Random(f"{kind} {seed}"), tokens)
    while True:
        yield mutator.make()


def run(kind: str, target: Target, *, inputs: int, seconds: float, seed: int) -> Outcome:
    """Feed a kind until so many inputs were fed or so many seconds are gone."""
    outcome, ends = Outcome(), time.monotonic() + seconds
    for data in itertools.islice(make_inputs(kind, seed), inputs):
        if time.monotonic() > ends:
            break
        started = time.process_time()
        failure = feed(target, data)
        taken = time.process_time() - started
        outcome.inputs += 1
        outcome.slow += taken > SLOW_S
        if taken > outcome.slowest_s:
            outcome.slowest_s, outcome.slowest = taken, data
        if failure:
            outcome.counts[failure] += 1
            if failure not in outcome.failures:
                outcome.failures[failure] = shorten(target, data, failure)
    return outcome


def keep(kind: str, data: bytes) -> Path:
    """Keep an input that failed."""
    folder = CORPUS / "found" / kind
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / hashlib.sha256(data).hexdigest()[:12]
    path.write_bytes(data)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000_000, help="at most so many of each kind")
    parser.add_argument("--seconds", type=float, default=60, help="at most so many for each kind")
    parser.add_argument("--kind", choices=KINDS, help="all unless told")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    has_failed = False
    with tempfile.TemporaryDirectory() as name:
        for kind in [asked.kind] if asked.kind else KINDS:
            target = make_target(kind, Path(name))
            outcome = run(kind, target, inputs=asked.inputs, seconds=asked.seconds, seed=asked.seed)
            print(
                f"{kind}: {outcome.inputs:,} inputs, {len(outcome.failures)} kinds of failure, {outcome.slow:,} above"
                f" {SLOW_S:g} CPU seconds, the slowest {outcome.slowest_s:.2f} ({outcome.slowest[:120]!r})",
                flush=True,
            )
            for failure, data in outcome.failures.items():
                has_failed = True
                print(
                    f"  {outcome.counts[failure]:,} times {failure}: kept as {keep(kind, data)}", flush=True
                )
    sys.exit(has_failed)


if __name__ == "__main__":
    main()
