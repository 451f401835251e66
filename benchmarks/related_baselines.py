"""What is Trialbook's list of related studies compared with? TF-IDF cosine, BM25 and overlap of MeSH headings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

import bm25s
import numpy as np
import tantivy

from related_pairs import Record, get_module, iter_texts

# What of a record is text about the trial: all of the protocol but its people, places, days and references.
LEFT_OUT = frozenset(
    {
        "contactsLocationsModule",
        "referencesModule",
        "statusModule",
        "ipdSharingStatementModule",
        "oversightModule",
    }
)
_ID = re.compile(r"NCT\d{8}")
BROWSED = ("conditionBrowseModule", "interventionBrowseModule")


class Likeness(Protocol):
    """Ranks all studies by likeness to one of them."""

    def rank(self, nct_id: str) -> list[str]:
        """The ids of the others, most alike first."""


def read_text(record: Record) -> str:
    """The text about the trial."""
    protocol = record.get("protocolSection", {})
    parts = (value for name, value in protocol.items() if name not in LEFT_OUT)
    return _ID.sub(" ", "\n".join(text for part in parts for text in iter_texts(part)))


def make_stemmer() -> Callable[[str], list[str]]:
    """English stems without stop words."""
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in (
        tantivy.Filter.lowercase(),
        tantivy.Filter.ascii_fold(),
        tantivy.Filter.stopword("english"),
        tantivy.Filter.stemmer("english"),
    ):
        builder = builder.filter(step)
    return builder.build().analyze


class Vectors:
    """Cosine of sparse vectors, one a study; all of them are compared."""

    def __init__(self, rows: Mapping[str, Mapping[str, float]]) -> None:
        self._ids = list(rows)
        self._places = {nct_id: place for place, nct_id in enumerate(self._ids)}
        numbers: dict[str, int] = {}
        columns = [numbers.setdefault(term, len(numbers)) for row in rows.values() for term in row]
        self._columns = np.array(columns, np.int64)
        self._sizes = np.array([len(row) for row in rows.values()], np.int64)
        self._owners = np.repeat(np.arange(len(self._ids)), self._sizes)
        weights = np.array([weight for row in rows.values() for weight in row.values()])
        lengths = np.sqrt(np.bincount(self._owners, weights**2, len(self._ids)))
        self._weights = weights / np.where(lengths > 0, lengths, 1.0)[self._owners]
        self._width = len(numbers)

    def rank(self, nct_id: str) -> list[str]:
        place = self._places[nct_id]
        dense = np.zeros(self._width + 1)
        own = self._owners == place
        dense[self._columns[own]] = self._weights[own]
        scores = np.bincount(self._owners, self._weights * dense[self._columns], len(self._ids))
        scores[place] = -1.0
        return [self._ids[at] for at in np.argsort(-scores, kind="stable") if at != place]


def weigh_by_rarity(rows: Mapping[str, Counter[str]]) -> dict[str, dict[str, float]]:
    """(1 + ln times) × (1 + ln((1 + studies) / (1 + studies with it))), as is usual."""
    found = Counter(term for row in rows.values() for term in row)
    rarity = {term: 1 + np.log((1 + len(rows)) / (1 + count)) for term, count in found.items()}
    return {
        nct_id: {term: (1 + np.log(count)) * rarity[term] for term, count in row.items()}
        for nct_id, row in rows.items()
    }


def make_tf_idf(records: Mapping[str, Record]) -> Vectors:
    """TF-IDF cosine over the stemmed text about the trial."""
    stem = make_stemmer()
    return Vectors(
        weigh_by_rarity({nct_id: Counter(stem(read_text(each))) for nct_id, each in records.items()})
    )


def make_mesh(records: Mapping[str, Record]) -> Vectors:
    """Cosine of the registry's MeSH headings with their ancestors, and of conditions as written where it has none."""
    return Vectors(
        weigh_by_rarity({nct_id: Counter(list_headings(each)) for nct_id, each in records.items()})
    )


def list_headings(record: Record) -> set[str]:
    """Headings of a record's browse modules."""
    modules: Any = record.get("derivedSection", {})
    found = {
        str(row.get("term", "")).casefold()
        for name in BROWSED
        for kind in ("meshes", "ancestors")
        for row in modules.get(name, {}).get(kind) or []
    }
    written: Iterable[Any] = get_module(record, "conditionsModule").get("conditions") or []
    return found or {str(each).casefold() for each in written}


class MoreLikeThis:
    """Plain BM25 (bm25s) asked with a whole record."""

    def __init__(self, records: Mapping[str, Record]) -> None:
        self._ids = list(records)
        self._texts = {nct_id: read_text(record) for nct_id, record in records.items()}
        self._model = bm25s.BM25()
        self._model.index(
            bm25s.tokenize(list(self._texts.values()), show_progress=False), show_progress=False
        )

    def rank(self, nct_id: str) -> list[str]:
        tokens = bm25s.tokenize([self._texts[nct_id]], show_progress=False)
        found, _ = self._model.retrieve(tokens, k=min(len(self._ids), 1_000), show_progress=False)
        return [self._ids[at] for at in found[0] if self._ids[at] != nct_id]
