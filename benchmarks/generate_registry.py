"""Make a registry of any size in the shape of the real one's bulk download: a zip of one JSON file a study.

    python benchmarks/generate_registry.py OUT.zip --studies 577000 --seed 1
    python benchmarks/generate_registry.py OUT.zip --studies 577000 --changed 2000 --out2 CHANGED.jsonl

Streams: memory stays the same at any size; records are composed on all processors. The same seed, number
of studies and word sources give the same bytes. `--changed` writes that many of the same studies as the
next day's update has them; with `-` for OUT only those are written. Words come from the samples and,
where present, `../shared/data`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import time
import zipfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from registry_records import compose_record
from registry_stock import Stock

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"
PERCENTILES = (5, 25, 50, 75, 90, 95, 99, 99.9)
# A fixed time in every entry, so that the same records make the same file.
ENTRY_TIME = (2026, 3, 16, 0, 0, 0)
# So many records are composed by a process at a time.
PART = 200
# What a process that composes was given when it began.
given: dict[str, Stock] = {}


def iterate_records(stock: Stock, numbers: Sequence[int], *, changed: bool) -> Iterator[tuple[str, bytes]]:
    """Each study's id and bytes, in the order of their numbers, composed by as many processes as processors."""
    parts = (numbers[at : at + PART] for at in range(0, len(numbers), PART))
    # A forked process has the stock of words as it is; with each part it would be copied.
    with multiprocessing.get_context("fork").Pool(
        initializer=given.update, initargs=({"stock": stock},)
    ) as pool:
        for composed in pool.imap(partial(compose_part, changed=changed), parts):
            yield from composed


def compose_part(numbers: Sequence[int], *, changed: bool) -> list[tuple[str, bytes]]:
    stock = given["stock"]
    return [
        (stock.make_id(number).decode(), compose_record(stock, number, changed=changed)) for number in numbers
    ]


def write_records(path: Path, records: Iterator[tuple[str, bytes]], *, total: int, level: int) -> list[int]:
    """Write a zip of one JSON file a study, or JSON lines if the name says so; return the records' sizes."""
    sizes: list[int] = []
    started = time.perf_counter()
    with RecordWriter(path, level) as write:
        for nct_id, body in records:
            write(nct_id, body)
            sizes.append(len(body))
            if len(sizes) % 5000 == 0:
                rate = len(sizes) / (time.perf_counter() - started)
                print(
                    f"\r{len(sizes):,} of {total:,}, {rate:,.0f} a second ",
                    end="",
                    file=sys.stderr,
                    flush=True,
                )
    print(file=sys.stderr)
    return sizes


class RecordWriter:
    """A file for records, zip or JSON lines; called, it writes one."""

    def __init__(self, path: Path, level: int) -> None:
        self.level = level
        self.lines = path.open("wb") if path.suffix == ".jsonl" else None
        self.zip = (
            None if self.lines else zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=level)
        )

    def __enter__(self) -> RecordWriter:
        return self

    def __call__(self, nct_id: str, body: bytes) -> None:
        if self.lines:
            self.lines.write(body + b"\n")
        elif self.zip:
            entry = zipfile.ZipInfo(f"{nct_id}.json", ENTRY_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            self.zip.writestr(entry, body, compresslevel=self.level)

    def __exit__(self, *_: object) -> None:
        for file in (self.lines, self.zip):
            if file:
                file.close()


def describe_sizes(sizes: list[int]) -> str:
    ordered = sorted(sizes)
    points = [f"p{p:g} {ordered[min(len(ordered) - 1, int(len(ordered) * p / 100))]:,}" for p in PERCENTILES]
    return f"mean {sum(sizes) / len(sizes):,.0f} bytes; {', '.join(points)}; largest {ordered[-1]:,}"


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", help="zip or .jsonl to write; - for none")
    parser.add_argument("--studies", type=int, default=577_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--changed", type=int, default=0, help="how many studies the next day's update changes"
    )
    parser.add_argument("--out2", type=Path, help="where the changed studies go: zip or .jsonl")
    parser.add_argument("--level", type=int, default=1, help="deflate level, 0 to 9")
    parser.add_argument("--shared", type=Path, default=SHARED_DATA, help="real records whose words are used")
    arguments = parser.parse_args()
    if arguments.studies < 1 or not 0 <= arguments.changed <= arguments.studies:
        parser.error("--studies must be 1 or more, --changed between 0 and --studies")
    if bool(arguments.changed) != bool(arguments.out2):
        parser.error("--changed and --out2 go together")
    return arguments


def main() -> None:
    arguments = parse_arguments()
    started = time.perf_counter()
    stock = Stock(arguments.studies, arguments.seed, arguments.shared)
    print(f"words and shapes ready after {time.perf_counter() - started:.1f} s")
    jobs: list[tuple[Path, range | list[int], bool]] = []
    if arguments.out != "-":
        jobs.append((Path(arguments.out), range(arguments.studies), False))
    if arguments.out2:
        picked = random.Random(arguments.seed).sample(range(arguments.studies), arguments.changed)
        jobs.append((arguments.out2, sorted(picked), True))
    for path, numbers, changed in jobs:
        started = time.perf_counter()
        records = iterate_records(stock, numbers, changed=changed)
        sizes = write_records(path, records, total=len(numbers), level=arguments.level)
        seconds = time.perf_counter() - started
        print(f"{path}: {len(sizes):,} records in {seconds:.1f} s, {len(sizes) / seconds:,.0f} a second")
        print(f"{describe_sizes(sizes)}; {path.stat().st_size / sum(sizes):.0%} of that on disk")


if __name__ == "__main__":
    main()
