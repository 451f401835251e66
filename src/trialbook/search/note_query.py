"""How is a patient's note asked of the index? Any of its concepts and rarer words, each by its weight.

Unlike a typed query, most of a note is no reason to show a study: rare concepts and words count more
(inverse document frequency), names of conditions more than words, and nothing but age and sex excludes.
The weights were chosen as docs/ranking.md says.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec
import tantivy
from tantivy import Occur, Query

from trialbook.search.fields import get_schema
from trialbook.search.patient_note import NoteConcept, PatientNote
from trialbook.search.targets import any_of
from trialbook.search.term import Words
from trialbook.search.variants import Variants

CRITERIA = "piece.EligibilityCriteria"


class NoteWeights(msgspec.Struct, frozen=True):
    """What a concept or word counts by where it stands; `most_words` of the rarest words are asked.

    `denied` is the share that a concept keeps of which the note says that the patient has it not: trials
    name it as well, mostly to exclude or to prevent it.
    """

    concept: tuple[tuple[str, float], ...] = (
        ("piece.Condition", 4.0),
        ("piece.BriefTitle", 2.0),
        ("basic", 1.0),
        (CRITERIA, 0.5),
    )
    word: tuple[tuple[str, float], ...] = (
        ("piece.Condition", 1.0),
        ("piece.BriefTitle", 0.25),
        ("basic", 0.5),
        (CRITERIA, 0.3),
    )
    most_words: int = 24
    denied: float = 0.3


WEIGHTS = NoteWeights()


class NoteCompiler:
    """Compiles notes over one state of the index."""

    def __init__(self, searcher: tantivy.Searcher, variants: Variants, weights: NoteWeights) -> None:
        self._searcher, self._variants, self._weights = searcher, variants, weights

    def compile(self, note: PatientNote) -> Query:
        """Whatever has one of the note's concepts or words, scored by all that it has of them."""
        asked = [part for concept in note.concepts for part in self._ask_concept(concept)]
        rated = sorted(((self._rate(word, count), word) for word, count in note.words), reverse=True)
        for value, word in rated[: self._weights.most_words]:
            if value > 0:
                for field, weight in self._weights.word:
                    forms = [(form,) for form in self._variants(field, word)]
                    asked.append(_score(field, forms, weight * value))
        return Query.boolean_query([(Occur.Should, part) for part in asked])

    def _ask_concept(self, concept: NoteConcept) -> list[Query]:
        # A name is at most as frequent as its rarest word; the commonest name decides.
        frequency = max(min(map(self._count, words)) for words in concept.names)
        if not frequency:
            return []
        share = 1 + math.log(concept.affirmed) if concept.affirmed else self._weights.denied
        value = share * self._compute_rarity(frequency)
        return [_score(field, concept.names, weight * value) for field, weight in self._weights.concept]

    def _rate(self, word: str, count: int) -> float:
        frequency = self._count(word)
        return self._compute_rarity(frequency) * (1 + math.log(count)) if frequency else 0.0

    def _count(self, word: str) -> int:
        return max(self._searcher.doc_freq("basic", word), self._searcher.doc_freq(CRITERIA, word))

    def _compute_rarity(self, frequency: int) -> float:
        return math.log(1 + (max(self._searcher.num_docs - frequency, 0) + 0.5) / (frequency + 0.5))


def _score(field: str, names: Iterable[Words], value: float) -> Query:
    asked = [
        Query.term_query(get_schema(), field, words[0])
        if len(words) == 1
        else Query.phrase_query(get_schema(), field, list(words))
        for words in names
    ]
    return Query.const_score_query(any_of(asked), value)
