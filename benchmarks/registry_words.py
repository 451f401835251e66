"""The words of a made-up registry: pools of encoded JSON fragments from which records are cut.

Words, word runs and condition names come from the sample records and, where it is present, from
`../shared/data`; runs of two to five words are recombined at random, so that word frequencies and short
phrases are those of real records but no sentence is. A tail of coined words stands for the hundreds of
thousands of rare words (codes, drugs, places of work) that a real index holds.
"""

from __future__ import annotations

import gzip
import itertools
import json
import random
import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from trialbook.samples import sample_paths

Record = dict[str, Any]

# Made-up names of people and events, as the sample records bear them.
TABLES = Path(__file__).parents[1] / "tools" / "samples" / "tables"

POOL_BYTES = 1_200_000
COINED_WORDS = 60_000
COINED_SHARE = 0.025
# How far from its place a text takes its sentences, and a sentence its runs: about the length of a record.
NEAR = 60
# Share of heart failure among the records at hand, and in the registry: see registry_shape.TARGETS.
HEART_FAILURE_WEIGHT = 0.016 / 0.6
# First match wins: a study's topic decides from which pool its prose is cut.
TOPICS = (
    "Neoplasms",
    "Cardiovascular Diseases",
    "Mental Disorders",
    "Nervous System Diseases",
    "Infections",
    "Respiratory Tract Diseases",
    "Metabolic Diseases",
    "Musculoskeletal Diseases",
    "Digestive System Diseases",
    "Urogenital Diseases",
    "Immune System Diseases",
    "Skin Diseases",
    "",
)


def encode(value: Any) -> bytes:
    """Encode a value as compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def escape(text: str) -> bytes:
    """Encode a text as JSON without its quotes."""
    return encode(text)[1:-1]


@cache
def load_table(name: str) -> dict[str, Any]:
    """Load one table of the sample records' generator by file name."""
    return tomllib.loads((TABLES / name).read_text(encoding="utf-8"))


def read_sources(shared_data: Path | None) -> list[Record]:
    """Read the records whose words are used: the samples and, where present, real ones."""
    samples = [json.loads(line) for line in sample_paths()[0].read_text(encoding="utf-8").splitlines()]
    records = [record for record in samples if "designModule" in record["protocolSection"]]
    path = shared_data / "ctgov" / "records.jsonl.gz" if shared_data else None
    if path and path.is_file():
        with gzip.open(path, "rb") as file:
            records += [json.loads(line) for line in file]
    return records


def find_topic(record: Record) -> int:
    module = record.get("derivedSection", {}).get("conditionBrowseModule", {})
    terms = {item["term"] for item in (*module.get("meshes", ()), *module.get("ancestors", ()))}
    return next((i for i, name in enumerate(TOPICS) if name in terms), len(TOPICS) - 1)


def coin_words(rng: random.Random, count: int = COINED_WORDS) -> list[str]:
    """Coin words that nobody has used: syllables with an ending of drugs, places or codes."""
    starts = [a + b for a in "bcdfghklmnprstvz" for b in ("a", "e", "i", "o", "u", "ae", "or", "el", "in")]
    ends = ("mab", "tinib", "pril", "statin", "glitin", "vir", "zole", "ine", "ate", "ville", "berg", "stad")
    words: dict[str, None] = {}
    while len(words) < count:
        stem = "".join(rng.choices(starts, k=rng.randrange(1, 4)))
        words[
            stem + rng.choice(ends) if rng.random() < 0.8 else f"{stem[:3].upper()}-{rng.randrange(10, 9999)}"
        ] = None
    return list(words)


def iterate_prose(record: Record) -> Iterator[str]:
    protocol = record["protocolSection"]
    yield from protocol.get("descriptionModule", {}).values()
    for outcomes in protocol.get("outcomesModule", {}).values():
        for outcome in outcomes:
            yield outcome.get("description", "")
    for arm in protocol.get("armsInterventionsModule", {}).get("armGroups", ()):
        yield arm.get("description", "")


def cut_runs(text: str, rng: random.Random) -> Iterator[str]:
    """Cut a text into runs of two to five words, never across a sentence's end."""
    for sentence in re.split(r"[.;:!?\n]+\s*", text):
        words = sentence.split()
        at = 0
        while at < len(words):
            size = rng.randrange(2, 6)
            yield " ".join(words[at : at + size])
            at += size


class TextPool:
    """Encoded prose from which texts of any length are cut at word ends.

    The runs come in the order of the records that they were cut from, and a sentence takes its runs from
    near one place: as in real records, a word that one text has is likely to come again in it, and so is
    found in far fewer records than if all words were strewn evenly.
    """

    def __init__(
        self, runs: list[str], coined: list[str], rng: random.Random, *, bullets: bool = False
    ) -> None:
        separator = "\n* " if bullets else ". "
        parts: list[bytes] = []
        starts: list[int] = []
        length = 0
        while length < POOL_BYTES:
            # The first half goes through all runs once, the second half once more.
            middle = int(length / POOL_BYTES * 2 % 1 * len(runs))
            picked = [
                runs[(middle + rng.randrange(-NEAR, NEAR)) % len(runs)] for _ in range(rng.randrange(2, 6))
            ]
            if rng.random() < COINED_SHARE * 12:
                picked.append(coined[int(len(coined) * rng.random() ** 3)])
            sentence = " ".join(picked)
            part = escape(sentence[:1].upper() + sentence[1:] + separator)
            starts.append(length)
            parts.append(part)
            length += len(part)
        self.data = b"".join(parts)
        # Texts start in the first half, so that a long one never runs off the end.
        self.starts = starts[: len(starts) // 2]

    def cut(self, length: int, rng: random.Random, place: float | None = None) -> bytes:
        """Cut a text of at most `length` bytes (at least a word) that starts with a sentence.

        `place`, in [0, 1), is where in the pool it comes from; None for anywhere.
        """
        at = int(len(self.starts) * (rng.random() if place is None else place))
        at += 0 if place is None else rng.randrange(-NEAR, NEAR)
        start = self.starts[at % len(self.starts)]
        end = self.data.rfind(b" ", start, start + length + 1)
        return self.data[start : end if end > start else self.data.index(b" ", start)]


class FragmentPool:
    """Encoded list items from which lists are cut by number or by size in bytes."""

    def __init__(self, items: list[bytes]) -> None:
        self.items = items + items
        self.half = len(items)
        self.sizes = list(itertools.accumulate(len(item) + 1 for item in self.items))

    def cut(self, count: int, rng: random.Random, place: float | None = None) -> bytes:
        """Join `count` neighbouring items (all of them twice over at most), from about `place` in [0, 1)."""
        start = int(self.half * (rng.random() if place is None else place))
        return b",".join(self.items[start : start + count])

    def cut_bytes(self, size: int, rng: random.Random) -> bytes:
        """Join neighbouring items, at least one, of about `size` bytes together."""
        start = int(self.half * rng.random())
        before = self.sizes[start - 1] if start else 0
        end = bisect_left(self.sizes, before + size, start + 1, start + self.half)
        return b",".join(self.items[start:end])

    def pick(self, rng: random.Random) -> bytes:
        return self.items[int(self.half * rng.random())]

    def pick_size(self, size: int, rng: random.Random) -> bytes:
        """Pick an item of about that size from a pool that is sorted by size."""
        at = bisect_left(self.items, size, 0, self.half, key=len) + rng.randrange(-2, 3)
        return self.items[min(max(at, 0), self.half - 1)]


def make_places(records: list[Record]) -> list[tuple[bytes, bytes]]:
    """List places as (city to country, geo point), each as often as the records name it."""
    places: list[tuple[bytes, bytes]] = []
    for record in records:
        for location in record["protocolSection"].get("contactsLocationsModule", {}).get("locations", ()):
            if "geoPoint" in location:
                named = {key: location[key] for key in ("city", "state", "zip", "country") if key in location}
                places.append((encode(named)[1:-1], encode(location["geoPoint"])))
    return places


def make_locations(
    places: list[tuple[bytes, bytes]], coined: list[str], rng: random.Random, *, status: str, contacts: bool
) -> FragmentPool:
    kinds = (
        "University Hospital",
        "Medical Center",
        "Clinical Research",
        "General Hospital",
        "Cancer Institute",
    )
    items: list[bytes] = []
    for _ in range(30_000):
        place, point = places[int(len(places) * rng.random())]
        name = f"{coined[int(len(coined) * rng.random() ** 2)].title()} {rng.choice(kinds)}"
        state = b'"status":"%b",' % status.encode() if status else b""
        person = b""
        if contacts:
            person = b'"contacts":[%b],' % make_contact(rng)
        items.append(b'{"facility":"%b",%b%b,%b"geoPoint":%b}' % (escape(name), state, place, person, point))
    return FragmentPool(items)


def make_person(rng: random.Random) -> str:
    names = load_table("names.toml")
    tongue = rng.choice(list(names["given"]))
    return f"{rng.choice(names['given'][tongue])} {rng.choice(names['family'][tongue])}"


def make_contact(rng: random.Random) -> bytes:
    phone = f"555-01{rng.randrange(100):02d}"
    name = f"{make_person(rng)}, MD"
    return encode(
        {"name": name, "role": "CONTACT", "phone": phone, "email": f"site{rng.randrange(10**5)}@example.org"}
    )
