"""A library of a few raw records, made for one test, and its search engine."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from trialbook.library import Library
from trialbook.library.build import import_paths
from trialbook.search.engine.engine import SearchEngine, SearchRequest
from trialbook.search.language.syntax import Query


def open_engine(home: Path) -> SearchEngine:
    """The search of a library; it keeps the library open."""
    return Library(home).engine


Record = dict[str, Any]


def make_library(home: Path, records: Iterable[Record]) -> Path:
    """Import records into a new library; all of them must be taken."""
    home.mkdir(parents=True, exist_ok=True)
    source = home / "records.jsonl"
    source.write_bytes(b"\n".join(map(msgspec.json.encode, records)))
    counts = import_paths(home, [source])
    assert (counts.rejected, counts.problems) == (0, [])
    return home


def find(
    engine: SearchEngine, query: Query, *, is_ranked: bool = True, as_of: str | None = None
) -> list[str]:
    """The ids of all records that a query matches, now or at the end of a day, in the engine's order."""
    asked = {"queries": (query,)} if is_ranked else {"filters": (query,)}
    result = engine.search(SearchRequest(limit=10_000, as_of=as_of, **asked))
    assert result.total == len(result.nct_ids)
    return list(result.nct_ids)


def with_proper_ids(records: Iterable[Record]) -> list[Record]:
    """Copies of records whose ids are of the registry's form, by their place in the list."""
    copies = [copy.deepcopy(record) for record in records]
    for number, record in enumerate(copies):
        record["protocolSection"]["identificationModule"]["nctId"] = f"NCT{number:08}"
    return copies
