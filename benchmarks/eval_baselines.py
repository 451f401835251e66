"""What would somebody use who has no Trialbook? Plain BM25 over all text, in two well-kept programs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Protocol

import bm25s
import tantivy
from tantivy import Occur, Query

from trialbook.terms.text import cut_words, get_analyzer

Record = dict[str, Any]
DEPTH = 2_000


class Ranker(Protocol):
    """Ranks the ids of its records for a text; `is_strict` wants every word of it."""

    def rank(self, text: str, *, is_strict: bool) -> list[str]:
        """Ids, best first."""


def read_text(record: Record) -> str:
    """All text of a record, whatever it is about."""
    return "\n".join(_iter_texts(record))


def _iter_texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _iter_texts(item)


class PlainBm25:
    """Tantivy's own BM25 over one field with all text; `ignored` words and numbers of a text are not asked."""

    def __init__(self, records: Mapping[str, Record], ignored: Collection[str] = ()) -> None:
        self._ignored = ignored
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("nct_id", stored=True, tokenizer_name="raw", index_option="basic")
        builder.add_text_field("text", tokenizer_name="words", index_option="freq")
        self._schema = builder.build()
        index = tantivy.Index(self._schema)
        index.register_tokenizer("words", get_analyzer())
        writer = index.writer(50_000_000, 1)
        for nct_id, record in records.items():
            document = tantivy.Document()
            document.add_text("nct_id", nct_id)
            document.add_text("text", read_text(record))
            writer.add_document(document)
        writer.commit()
        index.reload()
        self._searcher = index.searcher()

    def rank(self, text: str, *, is_strict: bool) -> list[str]:
        occur = Occur.Must if is_strict else Occur.Should
        words = cut_words(text)
        if self._ignored:
            words = [word for word in words if word not in self._ignored and not word.isdigit()]
        asked = [Query.term_query(self._schema, "text", word) for word in words]
        query = Query.boolean_query([(occur, word) for word in asked])
        hits = self._searcher.search(query, DEPTH).hits
        return [str(self._searcher.doc(address).get_first("nct_id")) for _, address in hits]


class Bm25s:
    """The package `bm25s` with its defaults and English stop words; it knows no "every word"."""

    def __init__(self, records: Mapping[str, Record]) -> None:
        self._ids = list(records)
        self._model = bm25s.BM25()
        tokens = bm25s.tokenize([read_text(record) for record in records.values()], show_progress=False)
        self._model.index(tokens, show_progress=False)

    def rank(self, text: str, *, is_strict: bool) -> list[str]:
        tokens = bm25s.tokenize([text], show_progress=False)
        found, scores = self._model.retrieve(tokens, k=min(DEPTH, len(self._ids)), show_progress=False)
        return [self._ids[at] for at, score in zip(found[0], scores[0], strict=True) if score > 0]
