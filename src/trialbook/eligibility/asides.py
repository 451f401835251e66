"""What do brackets, definitions and examples say of the thing that they stand beside?"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Sequence

import msgspec

from trialbook.eligibility.items import Item
from trialbook.eligibility.leaves import SEX, Scope
from trialbook.eligibility.lists import Lists
from trialbook.eligibility.stretches import MEASURED, find_close, is_measure, over
from trialbook.eligibility.tree import (
    All,
    Any,
    Atom,
    Interval,
    Not,
    Span,
    Tree,
    iter_nodes,
)

GRADE = re.compile(
    r"(?:[\w-]+ )*(?:stages?|grades?|class(?:es)?|levels?|scores?|severity)|(?:NYHA|CTCAE|ASA|CCS|GOLD|Child)\b.*",
    re.IGNORECASE,
)


class Asides(Lists):
    """Reads what explains; what stands in it is read as any other stretch."""

    @abstractmethod
    def read(self, items: list[Item], start: int, end: int, scope: Scope, depth: int) -> Tree:
        """The tree of a stretch."""

    def _has_some(self, items: Sequence[Item]) -> bool:
        return any(
            each.type in ("concept", "timed") or (each.type == "word" and self.text[each.start].isalpha())
            for each in items
        )

    def brackets(self, items: list[Item], start: int, end: int, scope: Scope, depth: int) -> Tree | None:
        """Open brackets whose content goes on with the sentence; leave out what only says it again."""
        for at, each in enumerate(items):
            if each.type != "open":
                continue
            close = find_close(items, at)
            if close is None:
                continue
            inner, before, after = items[at + 1 : close], items[:at], items[close + 1 :]
            flat = [*before, *inner, *after]
            if not inner:
                return self._reread(flat, start, end, scope, depth)
            if inner[0].type == "example" and self.says_something(inner) and self.says_something(before):
                base = self.read([*before, *after], start, end, scope, depth)
                examples = self.read(
                    inner[1:], inner[0].end, items[close].start, _take_over(scope, base), depth
                )
                return add_examples(base, examples, before[-1].end)
            if inner[0].type == "defined" or re.match(r"i\.?e\b", self.text[inner[0].start :]):
                whole = self._defined(before, inner, start, items[close].start, scope, depth)
                if any(one.timed for one in after) or self.says_something(after):
                    return self._reread([*before, *after], start, end, scope, depth)
                return over(whole, Span(start, end))
            if inner[0].type in ("except", "timed", "or", "and", "if", "comma", "judgement") or any(
                one.timed is not None and one.timed.role != "bare" for one in inner
            ):
                if (
                    is_measure(inner)
                    and not self._is_grade(inner)
                    and self.says_something(before)
                    and not is_measure(before)
                    and not any(one.timed for one in before)
                    and len(self._things(before)) == 1
                    and not after
                    and not self.level(before, ("or", "and", "comma"))
                ):
                    return over(
                        self.read(inner, inner[0].start, items[close].start, scope, depth), Span(start, end)
                    )
                return self._reread(flat, start, end, scope, depth)
            if all(one.type in ("concept", "and", "or", "comma") for one in inner) and any(
                one.concept is not None
                and (one.concept.domain == MEASURED or SEX.fullmatch(one.concept.words))
                for one in inner
            ):
                return self._reread(flat, start, end, scope, depth)
            words = [Item(inner[0].start, inner[-1].end, "word")]
            return self._reread([*before, *words, *after], start, end, scope, depth)
        return None

    def _is_grade(self, items: Sequence[Item]) -> bool:
        """Whether a value in brackets only grades what stands before them: "kidney disease (stage 3 or more)"."""
        return all(GRADE.fullmatch(each.concept.words) for each in items if each.concept is not None)

    def other_limits(self, items: list[Item], start: int, end: int, scope: Scope, depth: int) -> Tree | None:
        """Another limit for some, in brackets: "ALT ≤ 2.5 x ULN (≤ 5 x ULN if liver metastases)"."""
        at = next(place for place, each in enumerate(items) if each.type == "open")
        close = find_close(items, at)
        if close is None or not at or self.says_something(items[close + 1 :]):
            return None
        inner = items[at + 1 : close]
        places = self.level(inner, ("if",))
        if not places:
            return None
        values = [each for each in inner[: places[0]] if each.timed and each.timed.role == "value"]
        rest = inner[places[0] + 1 :]
        if len(values) != 1 or not self._has_some(rest):
            return None
        base = self.read(items[:at], start, items[at - 1].end, scope, depth)
        span = Span(inner[0].start, inner[-1].end)
        other = _with_interval(base, values[0].timed.interval, span) if values[0].timed else None
        if other is None:
            return None
        case = self.read(rest, rest[0].start, rest[-1].end, Scope(self.kind), depth)
        if self.kind == "exclusion":
            return All(Span(start, end), (base, Any(span, (other, Not(case.span, case)))))
        return Any(Span(start, end), (base, All(span, (other, case))))

    def _reread(self, items: list[Item], start: int, end: int, scope: Scope, depth: int) -> Tree:
        return over(self.read(items, start, end, scope, depth), Span(start, end))

    def definitions(self, items: list[Item], start: int, end: int, scope: Scope, depth: int) -> Tree | None:
        """A thing and the values that define it: "anemia defined as hemoglobin below 10 g/dL"."""
        for at in self.level(items, ("defined",)):
            first, rest = items[:at], items[at:]
            is_title = self.text[items[at].start] == ":"
            if is_title and first and first[-1].concept is not None and first[-1].concept.domain == MEASURED:
                continue
            if first and len(rest) > 1 and self.says_something(first) and is_measure(rest):
                return self._defined(first, rest, start, end, scope, depth)
        return None

    def _defined(
        self, first: list[Item], rest: list[Item], start: int, end: int, scope: Scope, depth: int
    ) -> Tree:
        lead = self.text[rest[0].start : rest[0].end].lower()
        span = Span(start, end)
        if not is_measure(rest):
            return over(self.read(first, start, first[-1].end if first else end, scope, depth), span)
        meant = self.read(rest[1:], rest[0].end, end, Scope(self.kind), depth)
        if (
            re.search(
                r"shown|document|confirm|diagnos|proven|verified|assess|determin|measur|establish", lead
            )
            and first
        ):
            base = self.read(first, start, first[-1].end, scope, depth)
            return All(span, (base, meant))
        if first and first[0].type == "not" and not isinstance(meant, Not):
            return Not(span, meant)
        return over(meant, span)

    def examples(self, items: list[Item], start: int, end: int, scope: Scope, depth: int) -> Tree | None:
        """A thing or any of its examples: they are kinds of it."""
        for at in self.level(items, ("example",)):
            first, rest = items[:at], items[at + 1 :]
            if first and rest and self.says_something(first) and self.says_something(rest):
                base = self.read(first, start, first[-1].end, scope, depth)
                kinds = type(self)(self.text, "exclusion").read(
                    rest, rest[0].start, end, _take_over(scope, base), depth
                )
                return over(add_examples(base, kinds, first[-1].end), Span(start, end))
        return None


def _with_interval(tree: Tree, interval: Interval, span: Span) -> Tree | None:
    """The same measurements with another limit, over other words; None where a part measures nothing."""
    if isinstance(tree, Atom):
        return None if tree.interval is None else msgspec.structs.replace(tree, interval=interval, span=span)
    if not isinstance(tree, All | Any):
        return None
    parts = [_with_interval(each, interval, span) for each in tree.parts]
    made = tuple(each for each in parts if each is not None)
    return msgspec.structs.replace(tree, parts=made, span=span) if len(made) == len(parts) else None


def add_examples(base: Tree, examples: Tree, place: int) -> Tree:
    """A thing or its examples, beside the part of a tree that stands before a place."""
    kinds = examples.parts if isinstance(examples, Any | All) else (examples,)
    span = Span(base.span.start, max(base.span.end, examples.span.end))
    if isinstance(base, Not):
        return Not(span, add_examples(base.part, examples, place))
    if isinstance(base, Any):
        return Any(span, (*base.parts, *kinds))
    return Any(span, (base, *kinds))


def _take_over(scope: Scope, base: Tree) -> Scope:
    """What is said of a thing is said of its examples."""
    said = [each.assertion for each in iter_nodes(base) if isinstance(each, Atom)]
    return scope._replace(assertion=said[-1]) if said else scope
