"""Is what a language model proposes written in the words? From its answer to a tree of ours, or a refusal.

The answer may point at words and say how they belong together, and nothing more: values are read by our own lexer,
codes come from our own vocabularies, and what turns ("no", "except") or compares must have its place in the tree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from trialbook.eligibility.joints import JOINT, TYPE_OF, UNABLE, Type
from trialbook.eligibility.leaves import AGE, FILLER
from trialbook.eligibility.proposed.answer import (
    Given,
    GivenAll,
    GivenAtLeast,
    GivenAtom,
    GivenConcept,
    GivenExcept,
    GivenIfThen,
    GivenInterval,
    GivenNot,
    GivenOpaque,
    GivenWindow,
    Refused,
    iter_below,
)
from trialbook.eligibility.proposed.quote import Field, find_words, show, take_timed
from trialbook.eligibility.times import Timed, lex_times
from trialbook.eligibility.tree import (
    All,
    Any,
    AtLeast,
    Atom,
    Concept,
    Domain,
    Except,
    IfThen,
    Interval,
    Not,
    Opaque,
    Span,
    Tree,
    Window,
    iter_nodes,
)
from trialbook.eligibility.words import cut_tokens, make_small

_TURNS: tuple[Type, ...] = ("not", "except", "permits")
_HAS_LETTERS = re.compile(r"[^\W\d_]{2}")


class Cue(NamedTuple):
    """Words that turn what stands beside them, `text[start:end]`."""

    start: int
    end: int
    type: Type


class Checked(NamedTuple):
    """A tree that stands in the words, and words of theirs that it does not say."""

    tree: Tree
    left_out: tuple[str, ...]


def check_answer(
    given: Given, plain: str, part: Span, kind: str, name: Callable[[str, Domain], Concept], *, start: int
) -> Checked:
    """The tree that an answer proposes for a part of a criterion.

    Parameters
    ----------
    plain
        The criterion as the parser reads it; `part` are places in it, as are those of the tree.
    kind
        "inclusion", "exclusion" or "other": the criterion's own, which no answer changes.
    name
        Makes a concept of words, with the codes that our vocabularies have for them.
    start
        Where the criterion begins in the eligibility text: an answer's spans are places in that.

    Raises
    ------
    Refused
        Something of it does not stand in the words, or words that change the sense are left out.
    """
    checker = _Checker(plain, part, kind, name, start)
    tree = checker.read(given, part, part.start)
    if isinstance(tree, Opaque):
        raise Refused("the model does not understand it either")
    checker.check_all_is_said(tree)
    return Checked(tree, checker.list_left_out(tree))


def find_turns(plain: str, kind: str) -> list[Cue]:
    """The words of a criterion that turn, leave out or allow; none within a comparison ("no more than")."""
    small = make_small(plain)
    found = [Cue(each.start(), each.end(), "not") for each in UNABLE.finditer(small)]
    for each in JOINT.finditer(small):
        type_ = TYPE_OF[each.lastgroup or ""]
        says_the_heading = kind == "exclusion" and each[0].strip() == "excluded"
        if type_ in _TURNS and not says_the_heading:
            found.append(Cue(each.start(), each.start() + len(each[0].rstrip()), type_))
    return [
        each
        for each in sorted(found)
        if not any(one.start < each.end and each.start < one.end for one in lex_times(plain))
    ]


class _Checker:
    """Checks one answer; places are those of the criterion's own words."""

    def __init__(
        self, plain: str, part: Span, kind: str, name: Callable[[str, Domain], Concept], start: int
    ) -> None:
        self._plain, self._part, self._name, self._start = plain, part, name, start
        self._timed = lex_times(plain)
        self._turns = find_turns(plain, kind)
        self._used: set[Timed] = set()
        # What concepts and qualifiers say, and the latter alone.
        self._said: list[Span] = []
        self._narrowing: list[Span] = []

    def read(self, given: Given, within: Span, after: int) -> Tree:
        """The tree of a node, which must stand within a stretch."""
        place = self._find_place(given, within, after)
        if isinstance(given, GivenAtom | GivenOpaque | GivenNot) and place is None:
            raise Refused(f"a part of the type {_name_type(given)!r} has no words of the criterion")
        if isinstance(given, GivenAtom):
            assert place is not None
            return self._read_atom(given, place)
        if isinstance(given, GivenOpaque):
            assert place is not None
            return Opaque(place, given.reason)
        below: list[Tree] = []
        inside = place or within
        at = place.start if place else after
        for each in iter_below(given):
            tree = self.read(each, inside, at)
            at = tree.span.start + 1
            below.append(tree)
        if not below:
            raise Refused(f"a part of the type {_name_type(given)!r} has no parts")
        whole = place or Span(min(each.span.start for each in below), max(each.span.end for each in below))
        return self._join(given, whole, below)

    def _join(self, given: Given, span: Span, below: Sequence[Tree]) -> Tree:
        if isinstance(given, GivenNot):
            self._check_turned(span, "not")
            return Not(span, below[0])
        if isinstance(given, GivenExcept):
            self._check_turned(span, "except")
            return Except(span, below[0], below[1])
        if isinstance(given, GivenIfThen):
            return IfThen(span, below[0], below[1])
        if isinstance(given, GivenAtLeast):
            self._check_count(given, span)
            return AtLeast(span, given.count, tuple(below))
        return (All if isinstance(given, GivenAll) else Any)(span, tuple(below))

    def _check_turned(self, span: Span, type_: str) -> None:
        if not any(span.start <= each.start and each.end <= span.end for each in self._turns):
            raise Refused(f"nothing in the words {self._quote(span)} says the {type_!r} of the tree")

    def _check_count(self, given: GivenAtLeast, span: Span) -> None:
        if not 0 < given.count <= len(given.parts):
            raise Refused(f"at least {given.count} of {len(given.parts)} parts")
        wanted = GivenInterval(low=given.count)
        exact = GivenInterval(low=given.count, high=given.count)
        try:
            self._used.add(take_timed(self._plain, self._timed, "count", wanted, span))
        except Refused:
            self._used.add(take_timed(self._plain, self._timed, "count", exact, span))

    def _find_place(self, given: Given, within: Span, after: int) -> Span | None:
        """Where a node's words stand; None where it names neither words nor a place."""
        if given.span is not None:
            span = Span(given.span.start - self._start, given.span.end - self._start)
            if not within.start <= span.start < span.end <= within.end:
                raise Refused(
                    f"the place {given.span.start} to {given.span.end} does not lie within the words that it is of"
                )
            if given.words and find_words(self._plain, given.words, span, span.start) != span:
                raise Refused(
                    f"at {given.span.start} to {given.span.end} stands {self._quote(span)}, and not {show(given.words)}"
                )
            return span
        if not given.words:
            return None
        found = find_words(self._plain, given.words, within, after)
        if found is None:
            raise Refused(self._explain_missing(given.words, within))
        return found

    def _explain_missing(self, words: str, within: Span) -> str:
        whole = Span(0, len(self._plain))
        if find_words(self._plain, words, whole, 0) is not None:
            return f"the words {show(words)} do not stand within {self._quote(within)}"
        return f"the words {show(words)} do not stand in the criterion"

    def _read_atom(self, given: GivenAtom, span: Span) -> Atom:
        if not given.concepts:
            raise Refused(f"nothing is named of which {self._quote(span)} says something")
        interval, timed = self._take_interval("interval", given.interval, span)
        is_age = timed is not None and timed.role == "age"
        concepts = tuple(self._read_concept(each, span, is_age=is_age) for each in given.concepts)
        return Atom(
            span,
            concepts,
            interval=interval,
            window=self._take_window(given.window, span),
            lasting=self._take_interval("lasting", given.lasting, span)[0],
            count=self._take_interval("count", given.count, span)[0],
            assertion=given.assertion,
            qualifiers=tuple(self._read_qualifier(each, span) for each in given.qualifiers),
        )

    def _read_concept(self, given: GivenConcept, span: Span, *, is_age: bool) -> Concept:
        place = self._find_named(given.words, span)
        if not _HAS_LETTERS.search(given.words):
            raise Refused(f"{show(given.words)} names nothing")
        self._said.append(place)
        if is_age and given.domain == "person":
            return AGE
        return self._name(self._plain[place.start : place.end], given.domain)

    def _read_qualifier(self, words: str, span: Span) -> str:
        place = self._find_named(words, span)
        self._said.append(place)
        self._narrowing.append(place)
        return self._plain[place.start : place.end]

    def _find_named(self, words: str, span: Span) -> Span:
        place = find_words(self._plain, words, span, span.start)
        if place is None:
            raise Refused(self._explain_missing(words, span) if words.strip() else "a name without words")
        turned = [each for each in self._turns if each.start < place.end and place.start < each.end]
        if turned:
            raise Refused(
                f"{show(words)} has {self._quote(turned[0])} in it, which turns: it is no part of a name"
            )
        return place

    def _take_interval(
        self, field: Field, given: GivenInterval | None, span: Span
    ) -> tuple[Interval | None, Timed | None]:
        if given is None:
            return None, None
        timed = take_timed(self._plain, self._timed, field, given, span)
        self._used.add(timed)
        return timed.interval, timed

    def _take_window(self, given: GivenWindow | None, span: Span) -> Window | None:
        if given is None:
            return None
        timed = take_timed(self._plain, self._timed, "window", given, span)
        self._used.add(timed)
        return timed.window

    def check_all_is_said(self, tree: Tree) -> None:
        """Raises Refused where a value, a time or what turns is left out of the tree."""
        nodes = [*iter_nodes(tree)]
        open_ = [each.span for each in nodes if isinstance(each, Opaque)]
        for timed in self._timed:
            said = [*open_, *self._narrowing, *(self._said if timed.role == "bare" else ())]
            if (
                self._is_ours(timed.start, timed.end)
                and timed not in self._used
                and not _holds(said, timed.number_start)
            ):
                raise Refused(f"the words {show(self._plain[timed.start : timed.end])} are left out")
        turning = [each.span for each in nodes if isinstance(each, Not | Except)]
        conditions = [each.span for each in nodes if isinstance(each, IfThen)]
        for cue in self._turns:
            places = [*open_, *turning, *(conditions if cue.type != "not" else ())]
            if self._is_ours(cue.start, cue.end) and not _holds(places, cue.start):
                raise Refused(
                    f"the words {show(self._plain[cue.start : cue.end])} turn it, and the tree does not"
                )

    def list_left_out(self, tree: Tree) -> tuple[str, ...]:
        """Words that say something and that no part of the tree has, in runs."""
        said = [*self._said, *(Span(each.start, each.end) for each in self._used)]
        said += [Span(each.start, each.end) for each in self._turns]
        said += [each.span for each in iter_nodes(tree) if isinstance(each, Opaque)]
        said += [Span(each.start(), each.end()) for each in JOINT.finditer(make_small(self._plain))]
        runs: list[list[int]] = []
        goes_on = False
        for token in cut_tokens(self._plain):
            is_word = token.text.isalnum() and token.text.lower() not in FILLER
            if not self._is_ours(token.start, token.end) or not is_word or _holds(said, token.start):
                goes_on = goes_on and token.text.lower() in FILLER
                continue
            if goes_on:
                runs[-1][1] = token.end
            else:
                runs.append([token.start, token.end])
            goes_on = True
        return tuple(" ".join(self._plain[low:high].split()) for low, high in runs)

    def _is_ours(self, start: int, end: int) -> bool:
        return self._part.start <= start and end <= self._part.end

    def _quote(self, span: Span | Cue) -> str:
        return show(self._plain[span.start : span.end])


def _holds(spans: Iterable[Span], at: int) -> bool:
    return any(each.start <= at < each.end for each in spans)


def _name_type(given: Given) -> str:
    return type(given).__name__.removeprefix("Given").lower()
