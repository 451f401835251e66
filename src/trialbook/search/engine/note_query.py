"""How is a patient's note asked of the index? Any of its concepts and rarer words, each by its weight.

Unlike a typed query, most of a note is no reason to show a study: rare concepts and words count more
(inverse document frequency), names of conditions more than words, and nothing but age and sex excludes.
The weights were chosen as docs/ranking.md says.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec
import tantivy
from tantivy import Occur, Query

from trialbook.search.engine.names import Words
from trialbook.search.engine.order import count_matches
from trialbook.search.engine.targets import any_of, everything
from trialbook.search.engine.variants import Variants
from trialbook.search.index.schema import get_schema

if TYPE_CHECKING:
    from trialbook.patient.note import NoteConcept, PatientNote

CONDITION, CRITERIA = "piece.Condition", "piece.EligibilityCriteria"
FIELDS = (CONDITION, "piece.BriefTitle", "basic", CRITERIA)
# What a study says of itself, and not of whom it takes or leaves out.
OWN_FIELDS = (CONDITION, "piece.BriefTitle", "basic")

Weights = tuple[tuple[str, float], ...]


class NoteWeights(msgspec.Struct, frozen=True):
    """What a concept, a word and a pair of words in their order count by where they stand.

    Attributes
    ----------
    concept, word, pair
        Times the rarity of what was found, by field.
    density
        What a word counts more the oftener it stands in a field (BM25, for `basic` with its length too):
        presence alone favours long records.
    most_concepts, most_words, most_pairs
        So many of the rarest are asked, which bounds what a long note costs.
    denied
        The share that a concept keeps which the patient has not, or somebody else has, in the criteria
        alone: trials name it there mostly to exclude it, and none gains by being about it.
    main
        How many times more a concept that the note is about counts among a study's conditions.
    """

    concept: Weights = ((CONDITION, 3.0), ("piece.BriefTitle", 2.0), ("basic", 1.5), (CRITERIA, 2.0))
    word: Weights = (
        (CONDITION, 2.0),
        ("piece.BriefTitle", 1.0),
        ("piece.BriefSummary", 0.4),
        ("basic", 0.4),
        (CRITERIA, 0.4),
    )
    pair: Weights = ((CONDITION, 1.0), ("basic", 1.0), (CRITERIA, 1.0))
    density: Weights = (("basic", 0.6), (CRITERIA, 0.6))
    most_concepts: int = 24
    most_words: int = 16
    most_pairs: int = 16
    denied: float = 0.3
    main: float = 2.0


WEIGHTS = NoteWeights()


class NoteCompiler:
    """Compiles notes over one state of the index."""

    def __init__(self, searcher: tantivy.Searcher, variants: Variants, weights: NoteWeights) -> None:
        self._searcher, self._variants, self._weights = searcher, variants, weights
        # With those that were replaced and still lie in the index's lists: each document has one state.
        self._listed = sum(searcher.doc_freq("exact.State", state) for state in ("current", "past"))
        self._has_replaced = self._listed > searcher.num_docs

    def compile(self, note: PatientNote) -> Query:
        """Whatever has one of the note's concepts or words, scored by all that it has of them.

        Every study for a note that has none: then age and sex alone decide.
        """
        if not note.words:
            return everything()
        asked = []
        for value, concept in self._choose_concepts(note):
            asked += self._ask_concept(concept, value)
        for value, word in self._choose_words(note):
            asked += self._ask_word(word[0], value)
        for value, pair in self._choose(note.pairs, self._weights.most_pairs):
            asked += [_score(field, [pair], weight * value) for field, weight in self._weights.pair]
        return Query.boolean_query([(Occur.Should, part) for part in asked])

    def iter_reasons(
        self, note: PatientNote, fields: tuple[str, ...] = FIELDS
    ) -> Iterator[tuple[str, Query]]:
        """What the note affirms, in its own words, each with the query of the studies that say it too."""
        named: set[str] = set()
        for _, concept in self._choose_concepts(note):
            named.update(word for words in concept.names for word in words)
            if concept.affirmed:
                yield concept.text, any_of([_find(field, name) for field in fields for name in concept.names])
        for _, words in self._choose_words(note):
            if named.isdisjoint(words):
                forms = {form for field in fields for form in self._variants(field, words[0])}
                yield words[0], any_of([_find(field, (form,)) for field in fields for form in sorted(forms)])

    def _choose_words(self, note: PatientNote) -> list[tuple[float, Words]]:
        return self._choose([((word,), count) for word, count in note.words], self._weights.most_words)

    def _choose(self, counted: Iterable[tuple[Words, int]], most: int) -> list[tuple[float, Words]]:
        """Those that count most, with what each counts; without those that no study has."""
        rated = [(self._rate(words, count), words) for words, count in counted]
        return sorted((each for each in rated if each[0] > 0), reverse=True)[:most]

    def _choose_concepts(self, note: PatientNote) -> list[tuple[float, NoteConcept]]:
        """The concepts that count most, with what each counts; without those that no study has."""
        rated = [(self._rate_concept(concept), concept) for concept in note.concepts]
        kept = [each for each in rated if each[0] > 0]
        return sorted(kept, key=lambda each: each[0], reverse=True)[: self._weights.most_concepts]

    def _rate_concept(self, concept: NoteConcept) -> float:
        # The commonest name decides how rare the concept is.
        frequency = max(map(self._count, concept.names))
        share = 1 + math.log(concept.affirmed) if concept.affirmed else self._weights.denied
        return share * self._rate_frequency(frequency) if frequency else 0.0

    def _ask_concept(self, concept: NoteConcept, value: float) -> list[Query]:
        asked = []
        for field, weight in self._weights.concept:
            more = self._weights.main if concept.is_main and field == CONDITION else 1.0
            if concept.affirmed or field == CRITERIA:
                asked.append(_score(field, concept.names, weight * value * more))
        return asked

    def _ask_word(self, word: str, value: float) -> list[Query]:
        asked = []
        for field, weight in self._weights.word:
            forms = [(form,) for form in self._variants(field, word)]
            asked.append(_score(field, forms, weight * value))
        for field, weight in self._weights.density:
            # The index multiplies by its own measure of rarity, in this field alone, replaced ones counted in.
            if frequency := self._searcher.doc_freq(field, word):
                share = weight * value / _compute_rarity(frequency, self._listed)
                asked.append(Query.boost_query(_find(field, (word,)), share))
        return asked

    def _rate(self, words: Words, count: int) -> float:
        frequency = self._count(words)
        return self._rate_frequency(frequency) * (1 + math.log(count)) if frequency else 0.0

    def _count(self, words: Words) -> int:
        """In how many studies words may stand together: at most in those with the rarest of them."""
        return min(max(self._count_one("basic", word), self._count_one(CRITERIA, word)) for word in words)

    def _count_one(self, field: str, word: str) -> int:
        """In how many documents a word stands, whatever else the index's lists still hold."""
        if not self._has_replaced:
            return self._searcher.doc_freq(field, word)
        return count_matches(self._searcher, _find(field, (word,)))

    def _rate_frequency(self, frequency: int) -> float:
        return _compute_rarity(frequency, self._searcher.num_docs)


def _compute_rarity(frequency: int, documents: int) -> float:
    return math.log(1 + (max(documents - frequency, 0) + 0.5) / (frequency + 0.5))


def _find(field: str, words: Words) -> Query:
    if len(words) == 1:
        return Query.term_query(get_schema(), field, words[0])
    return Query.phrase_query(get_schema(), field, list(words))


def _score(field: str, names: Iterable[Words], value: float) -> Query:
    return Query.const_score_query(any_of([_find(field, words) for words in names]), value)
