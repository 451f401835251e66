"""What would the engines beneath take by themselves? The least that imports, searches and counts.

    python benchmarks/bare.py SOURCE FOLDER

reads the records of a zip or of JSON lines into FOLDER and prints what it cost: msgspec decodes, zstd with a
dictionary packs, SQLite keeps, tantivy indexes all texts as one field with positions and the facets' values
as one fast field. No record is checked, no version told from another, nothing is ever replaced.
"""

from __future__ import annotations

import gzip
import json
import math
import random
import resource
import sqlite3
import statistics
import sys
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import msgspec
import tantivy
import zstandard
from tantivy import Occur, Query

from trialbook.errors import QueryError
from trialbook.record.pieces import get_pieces
from trialbook.search.engine.engine import FACETS
from trialbook.search.language.parse import parse_query

DICTIONARY_BYTES = 112_640
TRAINED_ON = 512
ROWS_A_COMMIT = 20_000
MEMORY_BYTES = 128_000_000
TOP = 10
QUESTIONS = 200
ROOT = Path(__file__).resolve().parent.parent
COMMON_QUESTIONS = ROOT.parent / "shared" / "data" / "search" / "speed_questions.txt"

KEYS = {name: get_pieces()[name].keys for name in FACETS}


def iter_bodies(source: Path) -> Iterator[bytes]:
    """The records of a zip of JSON files, or of JSON lines."""
    if source.suffix == ".zip":
        with zipfile.ZipFile(source) as archive:
            for name in archive.namelist():
                yield archive.read(name)
        return
    opener: Callable[..., Any] = gzip.open if source.suffix == ".gz" else open
    with opener(source, "rb") as lines:
        yield from lines


def make_schema() -> tantivy.Schema:
    """The id, all texts, and what is counted."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("nct_id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("text", index_option="position")
    builder.add_json_field("facet", fast=True, tokenizer_name="raw", index_option="basic")
    return builder.build()


def build(bodies: Iterable[bytes], folder: Path) -> int:
    """Keep and index every record; how many there were. Raises OSError where the folder is there already."""
    folder.mkdir(parents=True)
    (folder / "index").mkdir()
    database = sqlite3.connect(folder / "bare.sqlite")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE record (nct_id TEXT PRIMARY KEY, body BLOB) WITHOUT ROWID")
    index = tantivy.Index(make_schema(), path=str(folder / "index"))
    writer = index.writer(MEMORY_BYTES, 1)
    bodies = iter(bodies)
    first = list(islice(bodies, TRAINED_ON))
    trained = zstandard.train_dictionary(DICTIONARY_BYTES, first)
    packer = zstandard.ZstdCompressor(level=3, dict_data=trained)
    count = 0
    for body in chain(first, bodies):
        record = msgspec.json.decode(body)
        nct_id = record["protocolSection"]["identificationModule"]["nctId"]
        database.execute("INSERT OR REPLACE INTO record VALUES (?, ?)", (nct_id, packer.compress(body)))
        writer.add_document(make_document(nct_id, record))
        count += 1
        if count % ROWS_A_COMMIT == 0:
            database.commit()
            writer.commit()
    database.commit()
    writer.commit()
    writer.wait_merging_threads()
    return count


def make_document(nct_id: str, record: dict[str, Any]) -> tantivy.Document:
    """All texts of a record as one, and the values that are counted."""
    texts: list[str] = []
    _gather(record, texts)
    document = tantivy.Document()
    document.add_text("nct_id", nct_id)
    document.add_text("text", "\n".join(texts))
    facets = {name: values for name, keys in KEYS.items() if (values := _follow(record, keys))}
    document.add_json("facet", msgspec.json.encode(facets).decode())
    return document


def _gather(value: Any, texts: list[str]) -> None:
    if type(value) is str:
        texts.append(value)
    elif type(value) is dict:
        for item in value.values():
            _gather(item, texts)
    elif type(value) is list:
        for item in value:
            _gather(item, texts)


def _follow(value: Any, keys: tuple[str, ...]) -> list[str]:
    found = [value]
    for key in keys:
        found = [each[key] for each in found if type(each) is dict and key in each]
        found = [item for each in found for item in (each if type(each) is list else (each,))]
    return list(dict.fromkeys(str(each).lower() if type(each) is bool else str(each) for each in found))


class BareEngine:
    """All words of a text, the ten best by BM25, how many there are, and eight counts one after the other."""

    def __init__(self, folder: Path) -> None:
        self._schema = make_schema()
        self._index = tantivy.Index.open(str(folder / "index"))
        self._searcher = self._index.searcher()

    def ask(self, text: str) -> int:
        """How many studies have all words; the best ten and the counts are found too, and dropped."""
        words = "".join(each if each.isalnum() else " " for each in text.lower()).split()
        terms = [(Occur.Must, Query.term_query(self._schema, "text", word)) for word in words]
        query = Query.boolean_query(terms)
        found = self._searcher.search(query, TOP)
        for _, address in found.hits:
            self._searcher.doc(address)
        for name in FACETS:
            asked = {name: {"terms": {"field": f"facet.{name}", "size": 20}}}
            self._searcher.aggregate(query, asked)
        return int(found.count or 0)


def draw_questions(source: Path, *, seed: int = 8) -> list[str]:
    """Conditions and drugs of records drawn at random, each once: what people look for."""
    chance = random.Random(seed)
    named: dict[str, None] = {}
    for body in iter_bodies(source):
        protocol = json.loads(body).get("protocolSection", {})
        conditions = protocol.get("conditionsModule", {}).get("conditions", [])
        arms = protocol.get("armsInterventionsModule", {}).get("interventions", [])
        drugs = [each.get("name", "") for each in arms if each.get("type") in ("DRUG", "BIOLOGICAL")]
        for group in (conditions, drugs):
            if group and len(text := chance.choice(group)) < 60:
                named.setdefault(text)
    plain = list(filter(is_plain, named))
    return chance.sample(plain, min(QUESTIONS, len(plain)))


def is_plain(text: str) -> bool:
    """Whether a text asks for its words alone, in our language too."""
    try:
        parse_query(text)
    except QueryError:
        return False
    return True


def read_common_questions() -> list[str]:
    """Single words and common conditions; none where the file is not there."""
    return COMMON_QUESTIONS.read_text().splitlines() if COMMON_QUESTIONS.exists() else []


def compare(ours: Callable[[str], Any], theirs: Callable[[str], Any], texts: list[str]) -> dict[str, float]:
    """Both asked each question in turn, three times: the best time of each (ms), and how they divide."""
    for text in texts[:3]:
        ours(text), theirs(text)
    times: list[tuple[float, float]] = []
    for text in texts:
        best = [math.inf, math.inf]
        for _ in range(3):
            for at, ask in enumerate((ours, theirs)):
                started = time.perf_counter()
                ask(text)
                best[at] = min(best[at], (time.perf_counter() - started) * 1000)
        times.append((best[0], best[1]))
    found: dict[str, float] = {"questions": len(texts)}
    for name, at in (("ours", 0), ("bare", 1)):
        ordered = sorted(pair[at] for pair in times)
        found |= {
            f"{name}_p50_ms": statistics.median(ordered),
            f"{name}_p95_ms": ordered[int(len(ordered) * 0.95)],
        }
    found["ratio_p50"] = found["ours_p50_ms"] / found["bare_p50_ms"]
    found["ratio_p95"] = found["ours_p95_ms"] / found["bare_p95_ms"]
    return found


def main() -> None:
    """Build, and print the cost of this whole process."""
    source, folder = map(Path, sys.argv[1:])
    started = time.perf_counter()
    count = build(iter_bodies(source), folder)
    spent = resource.getrusage(resource.RUSAGE_SELF)
    cpu = spent.ru_utime + spent.ru_stime
    cost = {"records": count, "seconds": time.perf_counter() - started, "cpu_seconds": cpu}
    print(json.dumps({**cost, "cpu_ms_a_record": cpu / count * 1000}))


if __name__ == "__main__":
    main()
