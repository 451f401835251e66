"""How is SEARCH[Location] asked of the index? All that it wants of a site is said at the site's position.

A tree over a site becomes alternatives, each a list of facts that must hold for one site; a fact is a
list of tokens of `sites` of which the site must have one. What no token says (a NOT of words, names of
contacts, case) is left out, and the answer is then checked against the records.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice, pairwise, product

import tantivy
from tantivy import Query

from trialbook.record.pieces import Piece
from trialbook.search.engine.places import Places
from trialbook.search.engine.targets import Budget, any_of
from trialbook.search.engine.variants import Variants
from trialbook.search.index.schema import get_schema
from trialbook.search.index.sites import ANY_SITE, POINT_PREFIX, STATUS_PREFIX, TEXT_PREFIXES
from trialbook.search.language.scope import Scope
from trialbook.search.language.syntax import (
    All,
    And,
    Area,
    Coverage,
    Distance,
    Expansion,
    Expression,
    Missing,
    Not,
    Or,
    Phrase,
    Search,
    Term,
    Tilt,
)
from trialbook.terms.text import cut_words

MOST_ALTERNATIVES = 64
MOST_PHRASES = 256
MOST_PLACES = 64
MOST_FORMS = 4

Fact = tuple[str, ...]
Alternative = tuple[Fact, ...]


class Undecided(Exception):
    """The index holds nothing that could answer this part."""


@dataclass(frozen=True, slots=True)
class SiteAnswer:
    """Studies that may have such a site, and whether all of them have."""

    query: Query
    is_exact: bool


class SiteCompiler:
    """Turns what SEARCH[Location] wants into a query of the index."""

    def __init__(
        self, searcher: tantivy.Searcher, variants: Variants, places: Callable[[], Places], budget: Budget
    ) -> None:
        self._variants, self._places, self._budget = variants, places, budget
        head = f"{STATUS_PREFIX}=="
        found = searcher.terms_with_prefix("site", head)
        self._statuses = frozenset({"", *(term.removeprefix(head) for term, _ in found)})

    def compile(self, node: Expression, scope: Scope) -> SiteAnswer:
        """Compile a tree in the scope inside SEARCH[Location]."""
        query = self._compile_near(node, scope)
        if query is not None:
            return SiteAnswer(query, is_exact=True)
        self._is_exact = True
        alternatives = self._expand(node, scope)
        return SiteAnswer(any_of([self._ask(each) for each in alternatives]), self._is_exact)

    def _compile_near(self, node: Expression, scope: Scope) -> Query | None:
        """A distance alone or with statuses: places are indexed with the statuses of the sites there."""
        parts = node.children if isinstance(node, And) else (node,)
        distances = [
            each.child for each in parts if isinstance(each, Area) and isinstance(each.child, Distance)
        ]
        others = [each for each in parts if not (isinstance(each, Area) and isinstance(each.child, Distance))]
        if len(distances) != 1:
            return None
        keys = self._find_keys(distances[0])
        if not others:
            return Query.term_set_query(get_schema(), "point", keys)
        statuses: frozenset[str] | None = None
        for other in others:
            found = self._read_statuses(other)
            if found is None:
                return None
            statuses = found if statuses is None else statuses & found
        terms = [f"{key}|{status}" for key in keys for status in sorted(statuses or ())]
        self._budget.spend(len(terms))
        return Query.term_set_query(get_schema(), "point_status", terms)

    def _find_keys(self, node: Distance) -> list[str]:
        near = self._places().find_within(node.latitude, node.longitude, node.radius_km)
        self._budget.spend(len(near) // 8)
        return [key for _, key in near]

    def _expand(self, node: Expression, scope: Scope) -> list[Alternative]:
        """The alternatives of a tree; a part that no token decides wants any site, and makes the answer inexact."""
        match node:
            case Or(children):
                found = [each for child in children for each in self._expand(child, scope)]
            case And(children):
                lists = [self._expand(child, scope) for child in children]
                combined = islice(product(*lists), MOST_ALTERNATIVES + 1)
                found = [tuple(fact for alternative in row for fact in alternative) for row in combined]
            case Area() | Coverage() | Expansion():
                found = self._expand(node.child, scope.enter(node))
            case Tilt(_, child):
                found = self._expand(child, scope)
            case _:
                try:
                    found = self._decide(node, scope)
                except Undecided:
                    found = [()]
                    self._is_exact = False
        if len(found) > MOST_ALTERNATIVES:
            self._is_exact = False
            return [()]
        return found

    def _decide(self, node: Expression, scope: Scope) -> list[Alternative]:
        match node:
            case All():
                return [((ANY_SITE,),)]
            case Not(child):
                statuses = self._read_statuses(child, scope)
                if statuses is None:
                    raise Undecided
                return [(_status_fact(self._statuses - statuses),)]
            case Missing():
                pieces = [scope.named_piece] if scope.named_piece else scope.pieces
                return [tuple((f"{_prefix(piece)}!",) for piece in pieces)]
            case Distance():
                keys = self._find_keys(node)
                if len(keys) > MOST_PLACES:
                    raise Undecided
                return [(tuple(f"{POINT_PREFIX}={key}" for key in keys),)] if keys else []
            case Term(text) | Phrase(text):
                return self._decide_words(text, scope, is_phrase=isinstance(node, Phrase))
            case Search() | _:
                raise Undecided

    def _decide_words(self, text: str, scope: Scope, *, is_phrase: bool) -> list[Alternative]:
        if scope.named_piece is not None and scope.named_piece.name == "LocationStatus":
            return [((f"{STATUS_PREFIX}=={text}",),)]
        coverage, expansion = scope.coverage or "Contains", scope.effective_expansion
        if expansion in ("None", "Lossy") or coverage in ("StartsWith", "EndsWith"):
            raise Undecided
        prefixes = [(piece, _prefix(piece)) for piece in scope.pieces]
        if coverage == "FullMatch" or is_phrase or expansion in ("Term", "Concept"):
            words = cut_words(text)
            whole = coverage == "FullMatch"
            return (
                [self._say(piece, prefix, words, whole=whole) for piece, prefix in prefixes] if words else []
            )
        rows = [
            [self._say(piece, prefix, words, whole=False) for piece, prefix in prefixes]
            for unit in text.split()
            if (words := cut_words(unit))
        ]
        if not rows:
            return []
        return [
            tuple(fact for alternative in row for fact in alternative)
            for row in islice(product(*rows), MOST_ALTERNATIVES + 1)
        ]

    def _say(self, piece: Piece, prefix: str, words: list[str], *, whole: bool) -> Alternative:
        """The facts of words that stand together in one value."""
        forms = [self._find_forms(piece, word) for word in words]
        if whole:
            return (tuple(f"{prefix}=={' '.join(row)}" for row in islice(product(*forms), MOST_PHRASES)),)
        if len(words) == 1:
            return (tuple(f"{prefix}={form}" for form in forms[0]),)
        return tuple(
            tuple(f"{prefix}={first} {second}" for first, second in product(*pair))
            for pair in pairwise(forms)
        )

    def _find_forms(self, piece: Piece, word: str) -> tuple[str, ...]:
        return self._variants(f"piece.{piece.name}", word)[:MOST_FORMS]

    def _ask(self, alternative: Alternative) -> Query:
        facts = sorted(set(alternative), key=len)
        if not facts:
            facts = [(ANY_SITE,)]
        count = 1
        kept: list[Fact] = []
        for fact in facts:
            if count * len(fact) > MOST_PHRASES:
                self._is_exact = False
                break
            count *= len(fact)
            kept.append(fact)
        self._budget.spend(count)
        return any_of([_at_one_site(row) for row in product(*kept)])

    def _read_statuses(self, node: Expression, scope: Scope | None = None) -> frozenset[str] | None:
        """The statuses that a part of a tree admits ("" for none given); None where it is about anything else."""
        match node:
            case Area("LocationStatus", child):
                return self._read_statuses(child, Scope("LocationStatus"))
            case Or(children):
                lists = [self._read_statuses(child, scope) for child in children]
                kept = [each for each in lists if each is not None]
                return frozenset().union(*kept) if len(kept) == len(lists) else None
            case Not(child):
                inner = self._read_statuses(child, scope)
                return None if inner is None else self._statuses - inner
            case Term(text) if scope is not None and scope.area == "LocationStatus":
                return frozenset({text})
            case Missing() if scope is not None and scope.area == "LocationStatus":
                return frozenset({""})
            case _:
                return None


def _at_one_site(tokens: tuple[str, ...]) -> Query:
    distinct = list(dict.fromkeys(tokens))
    if len(distinct) == 1:
        return Query.term_query(get_schema(), "site", distinct[0])
    return Query.phrase_query(get_schema(), "site", [(0, token) for token in distinct])


def _prefix(piece: Piece) -> str:
    prefix = {"LocationStatus": STATUS_PREFIX, "LocationGeoPoint": POINT_PREFIX, **TEXT_PREFIXES}.get(
        piece.name
    )
    if prefix is None:
        raise Undecided
    return prefix


def _status_fact(statuses: frozenset[str]) -> Fact:
    return tuple(
        f"{STATUS_PREFIX}=={status}" if status else f"{STATUS_PREFIX}!" for status in sorted(statuses)
    )
