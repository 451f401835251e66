"""Of whom, when and but for what is a thing asked? Conditions, exceptions, judgements, and what must be missing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from trialbook.eligibility.asides import Asides
from trialbook.eligibility.items import Item
from trialbook.eligibility.leaves import GENERIC, PEOPLE, Scope
from trialbook.eligibility.stretches import over
from trialbook.eligibility.tree import (
    All,
    Except,
    IfThen,
    Not,
    Opaque,
    Span,
    Tree,
)

CONDITION_FIRST = re.compile(r"\s*(?:if|for|in|when|among|in case of|in the case of)\b", re.IGNORECASE)
NOT_TAKEN = re.compile(
    r"(?:(?:is|are|will be|would be) )?(?:not eligible|ineligible|not permitted|not allowed|prohibited)|excluded",
    re.IGNORECASE,
)
# Words of a carved-out thing that a time behind them is of.
HAPPENED = re.compile(
    r"\b(?:treated|resected|removed|excised|cured|completed|stopped|discontinued|given|received|taken|occurr\w+|diagnosed|that|which|who"
    r"|if|when|remission|disease[- ]free)\b",
    re.IGNORECASE,
)
MUST = re.compile(r"\b(?:must|should|has to|have to|(?:is|are) (?:required|to be))\b", re.IGNORECASE)
EITHER_WAY = re.compile(r"\bwith\s*(?:/|or|and/or)\s*without\Z", re.IGNORECASE)
WITHOUT = re.compile(r"(?:without|(?:in )?(?:the )?absence of|with no|free of)\b", re.IGNORECASE)


class Cases(Asides):
    """Reads what narrows a thing, or turns it."""

    def conditions(self, items: list[Item], start: int, end: int, scope: Scope, depth: int) -> Tree | None:
        """What is asked only of some: "for women of childbearing potential, …", "… if diabetic"."""
        if CONDITION_FIRST.match(self.text, start, end):
            for at in self.level(items, ("comma",)):
                first, rest = items[:at], items[at + 1 :]
                is_group = any(each.type == "if" for each in first[:2]) or self._names_group(first)
                if rest and is_group and self.says_something(rest) and self._has_some(first):
                    condition = self.read(
                        first[1:],
                        first[1].start if len(first) > 1 else start,
                        first[-1].end,
                        Scope(self.kind),
                        depth,
                    )
                    then = self.read(rest, rest[0].start, end, scope, depth)
                    return self._asked_of(Span(start, end), condition, then)
        places = self.level(items, ("if",))
        if any(self._parts_cases(items[one + 1 : two]) for one, two in pairwise(places)):
            return None
        for at in places:
            first, rest = items[:at], items[at + 1 :]
            if not self.says_something(rest) and any(
                each.timed and each.timed.role == "window" for each in rest
            ):
                # "Warfarin, if taken within 7 days".
                continue
            if first and rest and self.says_something(first) and self._has_some(rest):
                then = self.read(first, start, first[-1].end, scope, depth)
                condition = self.read(rest, rest[0].start, end, Scope(self.kind), depth)
                return self._conditional(Span(start, end), condition, then)
        return None

    def _asked_of(self, span: Span, condition: Tree, then: Tree) -> Tree:
        """Of an exclusion, who is in the case and does what keeps out, or does not what must be done."""
        if self.kind != "exclusion":
            return IfThen(span, condition, then)
        is_duty = MUST.search(self.text, then.span.start - 1, then.span.end)
        if is_duty:
            then = then.part if isinstance(then, Not) else Not(then.span, then)
        return All(span, (condition, then))

    def _parts_cases(self, items: list[Item]) -> bool:
        """Whether between two "if" another thing begins: "score ≥ 60 if adult, score ≥ 50 if younger"."""
        return any(self.says_something(items[at + 1 :]) for at in self.level(items, ("comma", "and", "or")))

    def _conditional(self, span: Span, condition: Tree, then: Tree) -> Tree:
        # An exclusion that holds only in a case holds where both do.
        return All(span, (then, condition)) if self.kind == "exclusion" else IfThen(span, condition, then)

    def _names_group(self, items: Sequence[Item]) -> bool:
        words = self.text[items[0].start : items[-1].end] if items else ""
        return bool(
            re.match(
                r"(?:for|in|among)\s+(?:all\s+)?(?:\w+\s+){0,3}(?:wom[ae]n|females?|males?|men|patients"
                r"|subjects|participants|those|individuals|children|infants|adults|cohort|arm|part|group)",
                words,
                re.IGNORECASE,
            )
        )

    def exceptions(self, items: list[Item], start: int, end: int, scope: Scope, depth: int) -> Tree | None:
        """What is carved out: "malignancy, except basal cell carcinoma"."""
        for at in self.level(items, ("except",)):
            first, rest = items[:at], items[at + 1 :]
            if (
                not rest
                or not first
                or not (self.says_something(first) or GENERIC.match(self.text[start : items[at].start]))
            ):
                continue
            if not self.says_something(first):
                continue
            is_unless = self.text[items[at].start : items[at].end].lower() == "unless"
            first, rest = (first, rest) if is_unless else self._give_time(first, rest)
            carved_scope = Scope(self.kind, scope.assertion)
            base = self.read(first, start, first[-1].end, scope, depth)
            carve = type(self)(self.text, "exclusion").read(rest, rest[0].start, end, carved_scope, depth)
            span = Span(start, end)
            if is_unless and self.kind != "exclusion" and not isinstance(base, Not):
                return IfThen(span, Not(carve.span, carve), base)
            if isinstance(base, Not) and not isinstance(base.part, Except):
                return Not(span, Except(span, base.part, carve))
            return Except(span, base, carve)
        return None

    def _give_time(self, first: list[Item], rest: list[Item]) -> tuple[list[Item], list[Item]]:
        """A time at the end is that of the whole: "cancer other than of the skin within 5 years"."""
        last = rest[-1]
        window = last.timed.window if last.timed is not None else None
        is_told = any(each.timed is not None and each.timed.window for each in first)
        if len(rest) < 2 or window is None or window.earliest is None or window.latest is None or is_told:
            return first, rest
        if HAPPENED.search(self.text, rest[0].start, last.start) or not self.says_something(rest[:-1]):
            return first, rest
        return [*first, last], rest[:-1]

    def judgements(self, items: list[Item], start: int, end: int, scope: Scope, depth: int) -> Tree | None:
        """What an investigator decides stays with them."""
        places = self.level(items, ("judgement",))
        if not places:
            return None
        first, rest = items[: places[0]], items[places[0] :]
        span = Span(start, end)
        lead = self.text[start : rest[0].start]
        has_values = any(each.timed is not None and each.timed.role != "bare" for each in rest)
        if not first and has_values and len(rest) > 1:
            after = self.read(rest[1:], rest[0].end, end, scope, depth)
            return All(span, (Opaque(Span(rest[0].start, rest[0].end), "judgement"), after))
        if not first or not self.says_something(first) or GENERIC.sub("", lead).strip(" ,.;:") == "":
            return Opaque(span, "judgement")
        while (first and first[-1].type in ("comma", "and", "or")) or (
            first and self.text[first[-1].start : first[-1].end].lower() in ("that", "which", "who")
        ):
            first = first[:-1]
        if not first:
            return Opaque(span, "judgement")
        base = self.read(first, start, first[-1].end, scope, depth)
        told = rest[0]
        if has_values:
            after = self.read(rest[1:], told.end, end, scope, depth)
            return All(span, (base, Opaque(Span(told.start, told.end), "judgement"), after))
        return All(span, (base, Opaque(Span(first[-1].end, end), "judgement")))

    def refused(self, items: list[Item], start: int, end: int, scope: Scope, depth: int) -> Tree | None:
        """Who an inclusion turns away: "smokers with gout are not eligible"."""
        last = items[-1]
        words = self.text[last.start : last.end].lower()
        if self.kind == "exclusion" or last.type != "not" or not NOT_TAKEN.match(words):
            return None
        if len(items) < 2 or not self.says_something(items[:-1]):
            return None
        return Not(Span(start, end), self.read(items[:-1], start, items[-2].end, scope, depth))

    def withouts(self, items: list[Item], start: int, end: int, scope: Scope, depth: int) -> Tree | None:
        """A thing and what must be missing beside it: "hypertension without proteinuria"."""
        for at in self.level(items, ("not",)):
            first, rest = items[:at], items[at + 1 :]
            if not WITHOUT.match(self.text, items[at].start) or not self.says_something(first):
                continue
            if not self.says_something(rest) or self._begins_anew(first):
                continue
            base = self.read(first, start, first[-1].end, scope, depth)
            if EITHER_WAY.search(self.text, start, items[at].end):
                # "With or without X" asks nothing of X, but goes on after a comma.
                goes_on = [
                    rest[one:] for one in self.level(rest, ("comma",)) if self.says_something(rest[one:])
                ]
                while first and (
                    first[-1].type in ("or", "and", "comma") or self._is_word(first[-1], "with")
                ):
                    first = first[:-1]
                if not goes_on or not first:
                    return over(base, Span(start, end))
                return self._reread([*first, *goes_on[0]], start, end, scope, depth)
            missing = self.read(rest, rest[0].start, end, Scope(self.kind), depth)
            span = Span(items[at].start, end)
            return All(Span(start, end), (base, Not(span, missing)))
        return None

    def _is_word(self, item: Item, word: str) -> bool:
        return self.text[item.start : item.end].lower() == word

    def _begins_anew(self, items: list[Item]) -> bool:
        """Whether the last of several people before a "without" are others: "… or patients without"."""
        places = self.level(items, ("or",))
        return (
            bool(places)
            and places[-1] + 1 < len(items)
            and bool(PEOPLE.match(self.text, items[places[-1] + 1].start))
        )
