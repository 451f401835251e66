"""How is SEARCH[Location] asked of the index? All that it wants of a site is said at the site's position.

A tree over a site becomes alternatives, each a list of facts that must hold for one site; a fact is a
list of tokens of `sites` of which the site must have one. What no token says (a NOT of words, names of
contacts, case) is left out, and the answer is then checked against the records. Before that it is asked
which studies have such a site for sure: a NOT of words holds for a site with any other value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice, pairwise, product

import tantivy
from tantivy import Occur, Query

from trialbook.record.pieces import Piece
from trialbook.search.engine.places import Places
from trialbook.search.engine.targets import Budget, all_of, any_of
from trialbook.search.engine.variants import Variants
from trialbook.search.index.schema import get_schema
from trialbook.search.index.sites import ANY_SITE, POINT_PREFIX, STATUS_PREFIX, TEXT_PREFIXES, value_tokens
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
# So many different values of a piece are gone through for those that a NOT leaves: the registry's cities, not its
# facilities. As terms of one set, so many cost what one look-up does.
MOST_VALUES = 100_000
TERMS_AN_ATOM = 100

Fact = tuple[str, ...]
Alternative = tuple[Fact, ...]


class Undecided(Exception):
    """The index holds nothing that could answer this part."""


@dataclass(frozen=True, slots=True)
class SiteAnswer:
    """Studies that may have such a site, whether all of them have, and those that have for sure."""

    query: Query
    is_exact: bool
    sure: Query


class SiteCompiler:
    """Turns what SEARCH[Location] wants into a query of the index."""

    def __init__(
        self, searcher: tantivy.Searcher, variants: Variants, places: Callable[[], Places], budget: Budget
    ) -> None:
        self._searcher, self._variants, self._places, self._budget = searcher, variants, places, budget
        self._is_exact = self._wants_sure = False
        head = f"{STATUS_PREFIX}=="
        found = searcher.terms_with_prefix("site", head)
        self._statuses = frozenset({"", *(term.removeprefix(head) for term, _ in found)})

    def compile(self, node: Expression, scope: Scope) -> SiteAnswer:
        """Compile a tree in the scope inside SEARCH[Location]."""
        query = self._compile_near(node, scope)
        if query is not None:
            return SiteAnswer(query, True, query)
        query, is_exact = self._ask_all(node, scope)
        if is_exact:
            return SiteAnswer(query, True, query)
        sure, _ = self._ask_all(node, scope, is_sure=True)
        if not isinstance(node, Not):
            return SiteAnswer(query, False, sure)
        inside, is_exact = self._ask_all(node.child, scope)
        if is_exact:
            alone = Query.term_query(get_schema(), "present", "Location#1", "basic")
            query = _without(query, all_of([alone, inside]))
        return SiteAnswer(query, False, any_of([sure, _without(self._ask(()), inside)]))

    def _ask_all(self, node: Expression, scope: Scope, *, is_sure: bool = False) -> tuple[Query, bool]:
        """Studies that may have such a site (or have for sure), and whether the one is the other."""
        self._is_exact, self._wants_sure = True, is_sure
        asked = [self._ask(each) for each in self._expand(node, scope)]
        query = any_of(asked)
        return (_without(query, self._find_odd()) if is_sure else query), self._is_exact

    def _find_odd(self) -> Query:
        """Studies with a site that has several values where one is expected."""
        terms = [
            term
            for name in TEXT_PREFIXES
            for term, _ in self._searcher.terms_with_prefix("present", f"{name}#")
        ]
        return Query.term_set_query(get_schema(), "present", terms)

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
                    found = self._give_up()
        return self._give_up() if len(found) > MOST_ALTERNATIVES else found

    def _give_up(self) -> list[Alternative]:
        """Any site may be such a one, none is for sure."""
        self._is_exact = False
        return [] if self._wants_sure else [()]

    def _decide(self, node: Expression, scope: Scope) -> list[Alternative]:
        match node:
            case All():
                return [((ANY_SITE,),)]
            case Not(child):
                statuses = self._read_statuses(child, scope)
                if statuses is not None:
                    return [(_status_fact(self._statuses - statuses),)]
                if not self._wants_sure:
                    raise Undecided
                return [(self._find_others(child, scope),)]
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

    def _find_others(self, node: Expression, scope: Scope) -> Fact:
        """The values of a piece, as a fact, of which what is asked of that piece alone is not true."""
        self._wants_sure = False
        exact_before, self._is_exact = self._is_exact, True
        alternatives = self._expand(node, scope)
        is_decided, self._is_exact, self._wants_sure = self._is_exact, exact_before, True
        prefixes = {token[:2] for each in alternatives for fact in each for token in fact}
        if not is_decided or len(prefixes) != 1 or not prefixes <= set(TEXT_PREFIXES.values()):
            raise Undecided
        (prefix,) = prefixes
        found = self._searcher.terms_with_prefix("site", f"{prefix}==", limit=MOST_VALUES + 1)
        if len(found) > MOST_VALUES:
            raise Undecided
        of_values = {term: set(value_tokens(prefix, term[len(prefix) + 2 :])) for term, _ in found}
        of_values[f"{prefix}!"] = {f"{prefix}!"}
        return tuple(
            term
            for term, tokens in of_values.items()
            if not any(all(not tokens.isdisjoint(fact) for fact in each) for each in alternatives)
        )

    def _decide_words(self, text: str, scope: Scope, *, is_phrase: bool) -> list[Alternative]:
        if scope.named_piece is not None and scope.named_piece.name == "LocationStatus":
            return [((f"{STATUS_PREFIX}=={text}",),)]
        coverage, expansion = scope.coverage or "Contains", scope.effective_expansion
        if expansion == "None":
            raise Undecided
        prefixes = [(piece, _prefix(piece)) for piece in scope.pieces]
        if coverage in ("StartsWith", "EndsWith"):
            words = cut_words(text)
            return (
                [self._say_edge(piece, prefix, words, coverage) for piece, prefix in prefixes]
                if words
                else []
            )
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
        if expansion == "Lossy":
            return [alternative for row in rows for alternative in row]
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

    def _say_edge(self, piece: Piece, prefix: str, words: list[str], coverage: str) -> Alternative:
        """The facts of words with which a value begins or ends: all such values that there are."""
        rows = islice(product(*[self._find_forms(piece, word) for word in words]), MOST_PHRASES)
        asked = tuple(" ".join(row) for row in rows)
        head = f"{prefix}=="
        begins = asked if coverage == "StartsWith" else ("",)
        found: dict[str, None] = {}
        for beginning in begins:
            terms = self._searcher.terms_with_prefix("site", head + beginning, limit=MOST_VALUES + 1)
            if len(terms) > MOST_VALUES:
                raise Undecided
            found |= dict.fromkeys(term for term, _ in terms)
        if coverage == "StartsWith":
            edges = tuple(f"{head}{each} " for each in asked)
            return (tuple(term for term in found if f"{term} ".startswith(edges)),)
        edges = tuple(f" {each}" for each in asked)
        return (tuple(term for term in found if f" {term[len(head) :]}".endswith(edges)),)

    def _find_forms(self, piece: Piece, word: str) -> tuple[str, ...]:
        return self._variants(f"piece.{piece.name}", word)[:MOST_FORMS]

    def _ask(self, alternative: Alternative) -> Query:
        """Studies with a site of which all facts are true; where that asks too much, more than these, or none for sure."""
        facts = sorted(set(alternative), key=len)
        if not facts:
            facts = [(ANY_SITE,)]
        if len(facts) == 1 and len(facts[0]) > 1:
            self._budget.spend(1 + len(facts[0]) // TERMS_AN_ATOM)
            return Query.term_set_query(get_schema(), "site", list(facts[0]))
        count = 1
        kept: list[Fact] = []
        for fact in facts:
            if count * len(fact) > MOST_PHRASES:
                self._is_exact = False
                if self._wants_sure:
                    return Query.empty_query()
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


def _without(query: Query, other: Query) -> Query:
    return Query.boolean_query([(Occur.Must, query), (Occur.MustNot, other)])


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
