"""How does a checked tree become a query of the index?

Every node becomes a query that matches exactly the studies that the language means. What the index
cannot decide is looked up in the records first and becomes a set of studies; such parts are few, and
one that would need too many records is refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import cache
from typing import Any, NamedTuple

import tantivy
from tantivy import FieldType, Occur

from trialbook.errors import QueryError
from trialbook.record.pieces import DATED, Part, Piece, get_indexed_pieces, get_parts
from trialbook.search.engine.locations import SiteCompiler
from trialbook.search.engine.names import Group, Words, read_whole
from trialbook.search.engine.places import Places
from trialbook.search.engine.record_check import count_values, is_match, read_bounds, stands_written
from trialbook.search.engine.targets import (
    APART,
    EXACT,
    SYNONYM,
    BasicTarget,
    Budget,
    FieldTarget,
    Target,
    Tier,
    all_of,
    any_of,
    compute_lift,
    everything,
    piece_fields,
    unscored,
)
from trialbook.search.engine.tilt import tilt
from trialbook.search.engine.variants import Variants
from trialbook.search.engine.written import find_written
from trialbook.search.index.document import EPOCH
from trialbook.search.index.schema import get_schema, order_field
from trialbook.search.language.render import render_query
from trialbook.search.language.scope import Scope
from trialbook.search.language.syntax import (
    All,
    And,
    Area,
    AreaSize,
    Coverage,
    Distance,
    Expansion,
    Expression,
    Missing,
    Not,
    Or,
    Phrase,
    Query,
    Range,
    Search,
    Term,
    Tilt,
    get_children,
    walk,
)
from trialbook.terms.folding import split_words
from trialbook.terms.known_names import KnownNames

LARGEST_SIZE = 2_000
# A query of more groups (a review's list of names) ranks by how many it finds, not by where they stand.
MOST_GRADED = 64


class RecordCheck(NamedTuple):
    """What a record must pass, and how many parts of the query look at it."""

    is_match: Callable[[dict[str, Any]], bool]
    parts: int = 1


# Gives the studies among those of a query whose record passes a check, as a query; the text names the check.
Resolve = Callable[[str, tantivy.Query, RecordCheck], tantivy.Query]
# Gives the ids of the studies whose criteria keep out whoever words tell of, and of those of which nobody knows.
FindRefusing = Callable[[str], tuple[Iterable[str], Iterable[str]]]


class State(NamedTuple):
    """A state of the index, with what is worked out once for it.

    Attributes
    ----------
    read_groups, read_whole
        As `trialbook.search.engine.names` has them, with the other names of this state.
    known_names
        The names that all documents were searched for.
    variants, places, steps
        The other forms of words, the places of sites, and the steps of a field that TILT climbs.
    """

    searcher: tantivy.Searcher
    read_groups: Callable[[str], list[Group]]
    read_whole: Callable[[str], Group]
    known_names: KnownNames
    variants: Variants
    places: Callable[[], Places]
    steps: Callable[[str], list[float]]


class Compiler:
    """Compiles trees over one state of the index; `words` and `added` gather what was looked for.

    `ranks` is set by what has scores: without it, all matches are equals.

    Parameters
    ----------
    resolve
        Looks up in the records what the index cannot decide.
    find_refusing
        Says which studies refuse a person.
    group_count
        How many groups of words all queries of the request have together (`outline`); 0 where
        their order does not matter: the same matches then cost less.
    day
        The day of asking, on which what time makes true is so or not.
    is_best
        Leave out the tail of an `Outline` that has one.
    """

    def __init__(
        self,
        state: State,
        *,
        resolve: Resolve,
        find_refusing: FindRefusing,
        group_count: int,
        day: date,
        is_best: bool = False,
    ) -> None:
        self._state, self._day, self._find_refusing = state, day, find_refusing
        self._lift = compute_lift(group_count)
        self._is_graded = group_count <= MOST_GRADED
        self._is_best, self._is_one = is_best, group_count == 1
        self._resolve, self._is_scored = resolve, group_count > 0
        self._budget = Budget()
        self.words: dict[str, None] = {}
        self.added: dict[str, None] = {}
        self.ranks = False

    def compile(self, query: Query) -> tantivy.Query:
        """The index's query of a parsed query; raises QueryError where it asks for too much."""
        return self._compile(query.expression, Scope(query.default_area))

    def find_tiers(self, query: Query) -> list[Tier] | None:
        """The best matches of a query by their scores, the highest first; None where it is more than one group of words.

        Whatever stands in none of them comes after all of them, as after what `is_best` finds.
        """
        node, scope = query.expression, Scope(query.default_area)
        if scope.area != "BasicSearch" or not isinstance(node, Term | Phrase):
            return None
        groups = (
            [self._state.read_whole(node.text)]
            if isinstance(node, Phrase)
            else self._state.read_groups(node.text)
        )
        if len(groups) != 1:
            return None
        return self._find_basic_target().find_tiers(groups[0].words, EXACT + self._lift)

    def _compile(self, node: Expression, scope: Scope) -> tantivy.Query:
        match node:
            case All():
                return everything()
            case Or(children):
                return any_of([self._compile(child, scope) for child in children])
            case And(children):
                return self._compile_and(children, scope)
            case Not():
                return self._compile_and((node,), scope)
            case Search("Location", child):
                return self._compile_sites(node, child, scope)
            case AreaSize(_, child):
                return self._compile_size(child, scope.enter(node))
            case Area() | Coverage() | Expansion() | Search():
                return self._compile(node.child, scope.enter(node))
            case Tilt(name, child):
                field, self.ranks = order_field(name), True
                return tilt(field, self._compile(child, scope), self._state.steps(field))
            case Missing():
                present = [_present(piece.name) for piece in self._asked_for_missing(scope)]
                return tantivy.Query.boolean_query(
                    [(Occur.Must, everything()), (Occur.MustNot, any_of(present))]
                )
            case Range():
                return any_of([_in_range(node, piece) for piece in self._find_ranged(node, scope)])
            case Distance():
                near = self._state.places().find_within(node.latitude, node.longitude, node.radius_km)
                return unscored(tantivy.Query.term_set_query(get_schema(), "point", [key for _, key in near]))
            case Term(text):
                return self._compile_words(node, text, scope, is_phrase=False)
            case Phrase(text):
                return self._compile_words(node, text, scope, is_phrase=True)

    def _compile_and(self, children: tuple[Expression, ...], scope: Scope) -> tantivy.Query:
        parts = [
            (Occur.MustNot, self._without_highlights(child.child, scope))
            if isinstance(child, Not)
            else (Occur.Must, self._compile(child, scope))
            for child in children
        ]
        if all(isinstance(child, Not) for child in children):
            parts.append((Occur.Must, everything()))
        return tantivy.Query.boolean_query(parts)

    def _without_highlights(self, node: Expression, scope: Scope) -> tantivy.Query:
        """What must not stand in an answer is nothing to look for in it, and needs no score."""
        words, added, is_scored = dict(self.words), dict(self.added), self._is_scored
        self._is_scored = False
        query = self._compile(node, scope)
        self.words, self.added, self._is_scored = words, added, is_scored
        return query

    def _compile_sites(self, node: Search, child: Expression, scope: Scope) -> tantivy.Query:
        inside = scope.enter(node)
        wanted = child.children if isinstance(child, And) else (child,)
        if whole := [each for each in wanted if _asks_study(each)]:
            # What holds for the study holds at each of its sites.
            rest = tuple(each for each in wanted if each not in whole) or (All(),)
            at_site = rest[0] if len(rest) == 1 else And(children=rest, span=child.span)
            found = self._compile_sites(Search("Location", at_site, span=node.span), at_site, scope)
            return all_of([found, *(unscored(self._compile(each, inside)) for each in whole)])
        answer = SiteCompiler(
            self._state.searcher, self._state.variants, self._state.places, self._budget
        ).compile(child, inside)
        if answer.is_exact:
            return unscored(answer.query)
        key = f"{scope} {render_query(node)}"
        doubtful = tantivy.Query.boolean_query([(Occur.Must, answer.query), (Occur.MustNot, answer.sure)])
        return any_of([unscored(answer.sure), self._resolve(key, doubtful, _check(node, scope))])

    def _compile_size(self, node: Expression, scope: Scope) -> tantivy.Query:
        match node:
            case All():
                return everything()
            case Or(children):
                return any_of([self._compile_size(child, scope) for child in children])
            case And(children):
                return all_of([self._compile_size(child, scope) for child in children])
            case Not(child):
                without = (Occur.MustNot, self._compile_size(child, scope))
                return tantivy.Query.boolean_query([(Occur.Must, everything()), without])
            case Range() if scope.named_piece is not None:
                return self._compile_size_range(node, scope.named_piece)
        raise AssertionError(f"not checked: {node!r}")

    def _compile_size_range(self, node: Range, piece: Piece) -> tantivy.Query:
        low, high = read_bounds(node)
        first = 0 if low is None else max(0, math.ceil(low))
        last = math.inf if high is None else math.floor(high)
        if not piece.type.endswith("[]"):
            found = self._count_single(piece, first, last)
            return any_of([found, _absent(piece.name)]) if first == 0 and last >= 0 else found
        self._budget.spend(min(first, LARGEST_SIZE))
        if last == math.inf:
            below = [_present(f"{piece.name}#{size}") for size in range(1, min(first, LARGEST_SIZE))]
            if first == 0:
                return everything()
            without = [(Occur.MustNot, query) for query in below]
            return tantivy.Query.boolean_query([(Occur.Must, _present(piece.name)), *without])
        sizes = range(max(1, first), min(int(last), LARGEST_SIZE) + 1)
        self._budget.spend(len(sizes))
        found = any_of([_present(f"{piece.name}#{size}") for size in sizes])
        return any_of([found, _absent(piece.name)]) if first == 0 and last >= 0 else found

    def _count_single(self, piece: Piece, first: float, last: float) -> tantivy.Query:
        """The studies with so many values of a piece that is no list: one, where no list is above it either."""

        def is_inside(record: dict[str, Any]) -> bool:
            return first <= count_values(record, piece) <= last

        doubtful, key = _present(piece.name), f"size {piece.name} {first} {last}"
        above = _find_structures_above(piece)
        if above is None:
            return self._resolve(key, doubtful, RecordCheck(is_inside))
        # A record of another shape than the registry's may have a list there all the same.
        several = [
            term
            for name in (piece.name, *above)
            for term, _ in self._state.searcher.terms_with_prefix("present", f"{name}#")
            if name == piece.name or term != f"{name}#1"
        ]
        odd = tantivy.Query.term_set_query(get_schema(), "present", several)
        single = tantivy.Query.boolean_query([(Occur.Must, doubtful), (Occur.MustNot, odd)])
        found = [unscored(single)] if first <= 1 <= last else []
        if several:
            doubtful = tantivy.Query.boolean_query([(Occur.Must, doubtful), (Occur.Must, odd)])
            found.append(self._resolve(key, doubtful, RecordCheck(is_inside)))
        return any_of(found)

    def _asked_for_missing(self, scope: Scope) -> list[Piece]:
        """A structure is asked after itself, a search area after all of its pieces."""
        return [scope.named_piece] if scope.named_piece else scope.pieces

    def _find_ranged(self, node: Range, scope: Scope) -> list[Piece]:
        if node.kind == "any":
            return [piece for piece in scope.pieces if scope.is_chosen or piece.is_ordered]
        return [piece for piece in scope.pieces if piece.kind == node.kind]

    # Words

    def _compile_words(self, node: Expression, text: str, scope: Scope, *, is_phrase: bool) -> tantivy.Query:
        piece, pieces = scope.named_piece, scope.pieces
        if piece is not None and piece.name in DATED:
            return is_so(piece.name, text == "true", self._day)
        if piece is not None and piece.kind == "person":
            return self._compile_person(piece, text)
        valued = [piece] if piece is not None and piece.kind in ("enum", "boolean") else []
        if pieces and all(each.kind == "enum" for each in pieces):
            valued = pieces
        if valued:
            return unscored(any_of([_exact(each.name, text) for each in valued]))
        target = self._find_target(scope)
        coverage, expansion = scope.coverage or "Contains", scope.effective_expansion
        if is_phrase and expansion in ("Relaxation", "Lossy"):
            expansion = "Concept"
        if expansion == "None":
            return self._compile_exactly(node, text, scope)
        if expansion in ("Relaxation", "Lossy"):
            return self._compile_apart(text, target, is_lossy=expansion == "Lossy")
        group = self._state.read_whole(text) if expansion == "Concept" else read_whole(text, None)
        return self._ask_group(group, target, coverage) if group.units else tantivy.Query.empty_query()

    def _compile_person(self, piece: Piece, text: str) -> tantivy.Query:
        """The studies that refuse a person, or those with criteria that do not, as far as these are understood."""
        refusing, unread = self._find_refusing(text)
        if piece.name == "Refuses":
            return unscored(_among(refusing))
        has_criteria = (Occur.Must, _present("EligibilityCriteria"))
        others = (Occur.MustNot, _among((*refusing, *unread)))
        return tantivy.Query.boolean_query([has_criteria, others])

    def _find_target(self, scope: Scope) -> Target:
        if scope.area == "BasicSearch":
            return self._find_basic_target()
        return FieldTarget(self._state.variants, piece_fields(_parts(scope)), self._budget)

    def _find_basic_target(self) -> BasicTarget:
        return BasicTarget(
            self._state.variants,
            self._budget,
            self._state.searcher.doc_freq,
            self._state.known_names,
            is_graded=self._is_graded,
        )

    def _compile_exactly(self, node: Expression, text: str, scope: Scope) -> tantivy.Query:
        group = read_whole(text, None)
        if not group.units:
            return tantivy.Query.empty_query()
        self._note(group)

        def find_wide(pieces: Sequence[Piece]) -> tantivy.Query:
            names = {piece.name for piece in pieces}
            parts = [part for part in _parts(scope) if part.piece.name in names]
            target = FieldTarget(self._state.variants, piece_fields(parts), self._budget)
            return target.find(group.words, "Contains", exactly=True)

        words, coverage = split_words(text), scope.coverage or "Contains"
        sure, undecided = find_written(self._state.searcher, scope.pieces, words, coverage, find_wide)
        if not undecided:
            return sure or tantivy.Query.empty_query()
        wide = find_wide(undecided)
        if sure is not None:
            wide = tantivy.Query.boolean_query([(Occur.Must, wide), (Occur.MustNot, sure)])

        def is_there(record: dict[str, Any]) -> bool:
            return stands_written(record, undecided, words, coverage)

        found = self._resolve(f"{scope} {render_query(node)}", wide, RecordCheck(is_there))
        return found if sure is None else any_of([sure, found])

    def _compile_apart(self, text: str, target: Target, *, is_lossy: bool) -> tantivy.Query:
        """Every group somewhere (or any, where some may be lacking); the whole together counts most."""
        groups = self._state.read_groups(text)
        if not groups:
            return tantivy.Query.empty_query()
        asked = [self._ask_group(group, target, "Contains", is_lossy=is_lossy) for group in groups]
        occur = Occur.Should if is_lossy else Occur.Must
        parts = [(occur, query) for query in asked]
        if self._is_scored and len(groups) > 1:
            words = tuple(word for group in groups for word in group.words)
            together = target.find(words, "Contains")
            parts.append((Occur.Should, tantivy.Query.const_score_query(together, EXACT * len(groups))))
        return tantivy.Query.boolean_query(parts)

    def _ask_group(
        self, group: Group, target: Target, coverage: str, *, is_lossy: bool = False
    ) -> tantivy.Query:
        """A group as typed, under its other names, or with its units apart."""
        self._note(group)
        words, others = group.words, [name.words for name in group.names]
        if not self._is_scored:
            is_apart = len(group.units) > 1
            # What holds the words together holds each of them: only their order in an answer asks for it.
            found = [] if is_apart and coverage == "Contains" else [target.find(words, coverage)]
            found += [target.find(each, coverage, widened_only=True) for each in others]
            if is_apart:
                units = [target.find(unit, coverage) for unit in group.units]
                found.append(any_of(units) if is_lossy else all_of(units))
            return any_of(found)
        self.ranks = True
        ranked = [target.score(words, coverage, EXACT + self._lift)]
        if self._is_best and self._is_one:
            return ranked[0]
        ranked += [target.score(each, coverage, SYNONYM + self._lift, widened_only=True) for each in others]
        if len(group.units) > 1 and not self._is_best:
            ranked.append(_score_apart(group.units, target, is_lossy=is_lossy))
        return ranked[0] if len(ranked) == 1 else tantivy.Query.disjunction_max_query(ranked, 0.0)

    def _note(self, group: Group) -> None:
        self.words |= dict.fromkeys(group.words)
        for name in group.names:
            self.added[name.text] = None
            self.words |= dict.fromkeys(name.words)


def _check(node: Expression, scope: Scope) -> RecordCheck:
    return RecordCheck(
        lambda record: is_match(node, scope, record), sum(not get_children(each) for each in walk(node))
    )


def _score_apart(units: tuple[Words, ...], target: Target, *, is_lossy: bool) -> tantivy.Query:
    """The units of a group, each somewhere; together they count less than one name of the whole."""
    share = 1 / len(units)
    occur = Occur.Should if is_lossy else Occur.Must
    scored = [tantivy.Query.boost_query(target.score(unit, "Contains", APART), share) for unit in units]
    return tantivy.Query.boolean_query([(occur, query) for query in scored])


class Outline(NamedTuple):
    """What the order of a request's answers depends on.

    Attributes
    ----------
    groups
        How many groups of words its queries ask for together; at least 1.
    has_tail
        Whether there are matches that can only come after all others: with one group, those under its
        other names or with its words apart, with more, those with words apart.
    """

    groups: int
    has_tail: bool


def outline(queries: Sequence[Query], state: State) -> Outline:
    """What the order of the answers to some queries, all of which must match, depends on."""
    nodes = [node for query in queries for node in walk(query.expression)]
    groups = [
        group
        for node in nodes
        if isinstance(node, Term | Phrase)
        for group in (
            state.read_groups(node.text) if isinstance(node, Term) else [state.read_whole(node.text)]
        )
    ]
    count = max(1, len(groups))
    has_tail = any(len(group.units) > 1 or (count == 1 and group.names) for group in groups)
    # Elsewhere words may be optional, something else may be scored, or sums may differ by a hair.
    kinds = (Term, Phrase, And) if count > 1 else (Term, Phrase, And, Area, Coverage)
    is_plain = all(isinstance(node, kinds) for node in nodes) and (
        count == 1 or all(query.default_area == "BasicSearch" for query in queries)
    )
    return Outline(count, has_tail and is_plain)


def _asks_study(node: Expression) -> bool:
    """Whether a part of SEARCH[Location] is about the whole study."""
    return isinstance(node, Search) and node.document == "Study"


def _parts(scope: Scope) -> list[Part]:
    pieces = {piece.name for piece in scope.pieces}
    return [part for part in get_parts(scope.area) if part.piece.name in pieces]


@cache
def _find_structures_above(piece: Piece) -> list[str] | None:
    """The structures that a piece stands in; None where one is a list, or has no name in the index."""
    by_path = {each.path: each for each in get_indexed_pieces().values()}
    paths = [piece.path[:at] for at, sign in enumerate(piece.path) if sign == "."]
    above = [by_path.get(path) for path in paths]
    if any(each is None or each.type.endswith("[]") for each in above):
        return None
    return [each.name for each in above if each is not None]


def _among(nct_ids: Iterable[str]) -> tantivy.Query:
    return tantivy.Query.term_set_query(get_schema(), "nct_id", list(nct_ids))


def _present(name: str) -> tantivy.Query:
    return unscored(tantivy.Query.term_query(get_schema(), "present", name, "basic"))


def _absent(name: str) -> tantivy.Query:
    return tantivy.Query.boolean_query([(Occur.Must, everything()), (Occur.MustNot, _present(name))])


def _exact(name: str, value: str) -> tantivy.Query:
    return tantivy.Query.term_query(get_schema(), f"exact.{name}", value, "basic")


def is_so(name: str, value: bool, day: date) -> tantivy.Query:
    """The studies of which a finding of `DATED` is true on a day, or is not."""
    low, high = -(2**61), day.toordinal() - EPOCH
    field = order_field(DATED[name])
    found = unscored(tantivy.Query.range_query(get_schema(), field, FieldType.Integer, low, high))
    if value:
        return found
    return tantivy.Query.boolean_query([(Occur.Must, everything()), (Occur.MustNot, found)])


def _in_range(node: Range, piece: Piece) -> tantivy.Query:
    if node.kind == "any":
        return _present(piece.name)
    low, high = read_bounds(node)
    if any(bound is not None and not abs(bound) < 2**62 for bound in (low, high)):
        raise QueryError(f"no number of that size has a place in `{piece.path}`", hint="use a smaller number")
    if piece.type.startswith("number"):
        bounds: tuple[Any, Any] = (low, high)
        kind = FieldType.Float
    else:
        bounds = (None if low is None else math.ceil(low), None if high is None else math.floor(high))
        kind = FieldType.Integer
    return unscored(tantivy.Query.range_query(get_schema(), order_field(piece.name), kind, *bounds))
