"""Where are words looked for, and what does finding them there count?

Scores rank by construction, not by statistics: a study that has the words as they were typed comes
before one that has another name, and that before one that has the words apart. Within each of these,
a word counts by the pieces it stands in and their weights in the search area; how often it stands
there, how rare it is and how long the text is make no difference (docs/ranking.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice, product
from typing import NamedTuple, Protocol

from tantivy import Occur, Query

from trialbook.errors import QueryError
from trialbook.record.pieces import Part
from trialbook.search.engine.names import Words
from trialbook.search.engine.variants import Variants
from trialbook.search.index.schema import EDGE, LEVELS, get_schema, level_score, name_term, written_term
from trialbook.terms.known_names import KnownNames, join_name, make_name_key

# In how many documents a term of a field stands, at most.
Frequency = Callable[[str, str], int]

APART, SYNONYM, EXACT = 0.0, 1.0, 2.0
VARIANT = 0.9
# What a name gains that stands as it was asked for; a multiple of a step.
AS_TYPED = 0.0625
TIE = 0.05
# What a word counts within its base where levels are not looked at.
MIDDLE = 0.5
# The steps between two bases, a power of 2: sums of some thousands of scores are then exact in 32 bits.
SCORE_STEPS = 1024
MOST_SEQUENCES = 32
MOST_ATOMS = 30_000
MARKERS = {
    "Contains": (False, False),
    "FullMatch": (True, True),
    "StartsWith": (True, False),
    "EndsWith": (False, True),
}


def compute_lift(group_count: int) -> float:
    """What a group gains under a name of the whole, in a request of so many groups.

    A study lacking no name then comes before any in which one group's words stand apart, however well
    the others match there: n groups under other names have at least n SYNONYM + n lift, the others at most
    (n - 1) (EXACT + 1) + (n - 1) lift + APART + 1. One is left between them for TILT.
    """
    return 2.0 * group_count - 1.0


class Tier(NamedTuple):
    """Studies of one score, some of which may stand in a higher tier too. The `most` of all tiers add up to about all studies."""

    score: float
    query: Query
    most: int


class Level(NamedTuple):
    """A term that stands for what words count in the studies that have it."""

    score: float
    field: str
    term: str


class Budget:
    """Counts what a query asks of the index and refuses what would keep the server from others."""

    def __init__(self) -> None:
        self.left = MOST_ATOMS

    def spend(self, atoms: int) -> None:
        """Count look-ups; raises QueryError where they are too many."""
        self.left -= atoms
        if self.left < 0:
            raise QueryError("the query asks for too much at once", hint="use fewer words or narrower areas")


class Target(Protocol):
    """Something in which words are looked for."""

    def find(
        self, words: Words, coverage: str, *, widened_only: bool = False, exactly: bool = False
    ) -> Query:
        """Whatever has the words together, in order; without a score."""

    def score(self, words: Words, coverage: str, base: float, *, widened_only: bool = False) -> Query:
        """The same, scored in [base, base + 1)."""


def any_of(queries: Sequence[Query]) -> Query:
    """Whatever matches one of them."""
    if not queries:
        return Query.empty_query()
    return (
        queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Should, query) for query in queries])
    )


def all_of(queries: Sequence[Query]) -> Query:
    """Whatever matches all of them."""
    return (
        queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Must, query) for query in queries])
    )


def everything() -> Query:
    """Every document, for nothing."""
    return Query.const_score_query(Query.all_query(), 0.0)


def unscored(query: Query) -> Query:
    """The same for nothing."""
    return Query.const_score_query(query, 0.0)


class FieldTarget:
    """Fields of the index, each with its weight and whether synonyms widen it."""

    def __init__(self, variants: Variants, fields: Sequence[tuple[str, float, bool]], budget: Budget) -> None:
        self._variants, self._fields, self._budget = variants, fields, budget

    def find(
        self, words: Words, coverage: str, *, widened_only: bool = False, exactly: bool = False
    ) -> Query:
        found = []
        for field, _, is_widened in self._fields:
            if is_widened or not widened_only:
                exact, others = self.atoms(field, words, coverage, exactly=exactly)
                found += [exact, *others]
        return any_of(found)

    def score(self, words: Words, coverage: str, base: float, *, widened_only: bool = False) -> Query:
        scored = []
        for field, weight, is_widened in self._fields:
            if widened_only and not is_widened:
                continue
            exact, others = self.atoms(field, words, coverage)
            parts = [Query.const_score_query(exact, weight)]
            if others:
                parts.append(Query.const_score_query(any_of(others), VARIANT * weight))
            scored.append(Query.disjunction_max_query(parts, 0.0))
        if not scored:
            return Query.empty_query()
        # However many fields match, the sum of the ties stays below what separates two bases.
        best = Query.disjunction_max_query(scored, TIE / len(scored))
        lift = Query.const_score_query(Query.all_query(), base)
        return all_of([best, lift]) if base else best

    def atoms(
        self, field: str, words: Words, coverage: str, *, exactly: bool = False
    ) -> tuple[Query, list[Query]]:
        """The words in one field: as they are written, and with their other forms."""
        begins, ends = MARKERS[coverage]
        forms = [[word] if exactly else self._variants(field, word) for word in words]
        sequences = list(islice(product(*forms), MOST_SEQUENCES))
        self._budget.spend(len(sequences))
        asked = [
            _atom(field, ([EDGE] if begins else []) + list(each) + ([EDGE] if ends else []))
            for each in sequences
        ]
        return asked[0], asked[1:]


def _atom(field: str, words: list[str]) -> Query:
    if len(words) == 1:
        return Query.term_query(get_schema(), field, words[0])
    return Query.phrase_query(get_schema(), field, list(words))


class BasicTarget(FieldTarget):
    """BasicSearch, whose texts, word levels and names the index holds apart.

    Parameters
    ----------
    variants, budget
        As `FieldTarget`.
    frequency
        In how many documents a term of a field stands, at most.
    known_names
        The names that all documents were searched for.
    is_graded
        Whether levels are looked at.
    """

    def __init__(
        self,
        variants: Variants,
        budget: Budget,
        frequency: Frequency,
        known_names: KnownNames,
        *,
        is_graded: bool = True,
    ) -> None:
        super().__init__(variants, (("basic", 1.0, True), ("basic_plain", 1.0, False)), budget)
        self._frequency, self._known_names, self._is_graded = frequency, known_names, is_graded

    def find(
        self, words: Words, coverage: str, *, widened_only: bool = False, exactly: bool = False
    ) -> Query:
        names = None if exactly else self._find_names(words, coverage, widened_only=widened_only)
        if names is None:
            return super().find(words, coverage, widened_only=widened_only, exactly=exactly)
        return any_of([_term("name", name_term(key, is_widened=each)) for key, each in names])

    def score(self, words: Words, coverage: str, base: float, *, widened_only: bool = False) -> Query:
        if not self._is_graded:
            found = self.find(words, coverage, widened_only=widened_only)
            return Query.const_score_query(found, base + MIDDLE)
        if len(words) == 1 and coverage == "Contains" and not widened_only:
            return self._ask_levels(words[0], base)
        names = self._find_names(words, coverage, widened_only=widened_only)
        if names is not None:
            asked = any_of(_ask(self._list_name_levels(names, base)))
            as_typed = Query.const_score_query(_ask_written(words), AS_TYPED)
            return Query.boolean_query([(Occur.Must, asked), (Occur.Should, as_typed)])
        together = Query.const_score_query(self.find(words, coverage, widened_only=widened_only), base)
        share = 1 / len(words)
        return all_of([together, *[self._ask_levels(word, 0.0, share) for word in words]])

    def find_tiers(self, words: Words, base: float) -> list[Tier] | None:
        """What `score` finds anywhere in a text, score by score from the highest; None where scores are too many."""
        if not self._is_graded:
            return None
        if len(words) == 1:
            tiers = self._make_tiers(self._list_levels(words[0], base))
        elif (names := self._find_names(words, "Contains", widened_only=False)) is not None:
            plain = self._make_tiers(self._list_name_levels(names, base))
            written = unscored(_ask_written(words))
            as_typed = [Tier(each.score + AS_TYPED, all_of([each.query, written]), 0) for each in plain]
            tiers = [*as_typed, *plain]
        else:
            return None
        return sorted(tiers, key=lambda tier: -tier.score)

    def _make_tiers(self, levels: Sequence[Level]) -> list[Tier]:
        by_score: dict[float, list[tuple[Query, int]]] = {}
        for score, field, term in levels:
            if count := self._frequency(field, term):
                by_score.setdefault(score, []).append((unscored(_term(field, term)), count))
        return [
            Tier(score, any_of([query for query, _ in asked]), sum(count for _, count in asked))
            for score, asked in by_score.items()
        ]

    def _find_names(
        self, words: Words, coverage: str, *, widened_only: bool
    ) -> list[tuple[str, bool]] | None:
        """The name that words are, by its key and whether in widened pieces; None where it is no known one.

        The documents of an index were all searched for the same names: where one has it, all have that
        should. Another Trialbook's may know other names, which are then asked as phrases.
        """
        if len(words) < 2 or coverage != "Contains":
            return None
        key = make_name_key(words)
        kinds = (True,) if widened_only else (True, False)
        if key not in self._known_names and not any(
            self._frequency("name", name_term(key, is_widened=each)) for each in (True, False)
        ):
            return None
        self._budget.spend(len(kinds))
        return [(key, each) for each in kinds]

    def _list_name_levels(self, names: Sequence[tuple[str, bool]], base: float) -> list[Level]:
        return [
            level
            for key, is_widened in names
            for level in self._list("name", partial(name_term, key, is_widened=is_widened), base, VARIANT)
        ]

    def _list_levels(self, word: str, base: float, share: float = 1.0) -> list[Level]:
        """A word and its other forms, level by level: every study that has one is in exactly one of its lists."""
        levels: list[Level] = []
        for form in self._list_forms(word):
            factor = share if form == word else VARIANT * share
            levels += self._list("strength", partial(_word_term, form), base, factor)
        return levels

    def _list_forms(self, word: str) -> list[str]:
        others = {form for field, *_ in self._fields for form in self._variants(field, word)}
        return [word, *sorted(others - {word})]

    def _ask_levels(self, word: str, base: float, share: float = 1.0) -> Query:
        scored = _ask(self._list_levels(word, base, share))
        return any_of(scored) if len(scored) == LEVELS else Query.disjunction_max_query(scored, 0.0)

    def _list(self, field: str, make_term: Callable[..., str], base: float, factor: float) -> Iterator[Level]:
        self._budget.spend(LEVELS)
        for level in range(LEVELS):
            yield Level(base + _round(factor * level_score(level)), field, make_term(level=level))


def _word_term(word: str, *, level: int) -> str:
    return f"{word}#{level}"


def _ask(levels: Sequence[Level]) -> list[Query]:
    return [Query.const_score_query(_term(field, term), score) for score, field, term in levels]


def _ask_written(words: Words) -> Query:
    return _term("name", written_term(join_name(words)))


def _round(score: float) -> float:
    """A score of which any few give the same sum in any order, so that ways to ask rank alike."""
    return round(score * SCORE_STEPS) / SCORE_STEPS


def _term(field: str, term: str) -> Query:
    return Query.term_query(get_schema(), field, term, "basic")


def piece_fields(parts: Sequence[Part]) -> list[tuple[str, float, bool]]:
    """The fields of an area's pieces that hold text."""
    return [
        (f"piece.{part.piece.name}", part.weight, part.synonyms)
        for part in parts
        if part.piece.kind in ("text", "enum")
    ]
