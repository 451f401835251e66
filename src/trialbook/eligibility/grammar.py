"""How do the parts of a criterion belong together? From its items to its tree.

Loosest first: sentences, alternatives of a list, conditions, exceptions, definitions and examples, "or", "and".
A stretch is parted only where both sides name something, so "renal or hepatic disease" stays one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

import msgspec

from trialbook.eligibility.consent import read_pledge
from trialbook.eligibility.items import Item
from trialbook.eligibility.joints import Type
from trialbook.eligibility.leaves import GENERIC, PEOPLE, SEX, Scope, read_leaf
from trialbook.eligibility.lists import Lists, find_last_measured, share
from trialbook.eligibility.numbers import read_word
from trialbook.eligibility.stretches import MEASURED, cut, find_close, is_measure, over, strip_joints
from trialbook.eligibility.tree import (
    All,
    Any,
    AtLeast,
    Atom,
    Except,
    IfThen,
    Interval,
    Not,
    Opaque,
    Span,
    Tree,
    iter_nodes,
)
from trialbook.eligibility.units import find_unit

EDGE = " \t\r\n.,;:-–—*•\\"
OF_THESE = re.compile(
    r"(?<![^\W\d_])(?P<most>(?:(?:have|has|having|with|meet(?:s|ing)?|fulfil\w*|presence of|satisfy|be"
    r"|include[sd]?|in|by)\s+)*(?:at least|≥|minimum of|a minimum of|more than or equal"
    r" to)?\s*(?P<count>none|one|two|three|four|five|six|any|all|each|both|either|1|2|3|4|5|6)(?: \((?:\d"
    r"|one|two|three|four)\))?(?P<more> or more| or both|\s*\(or more\))?\s*(?:of)?\s*(?:the|these"
    r"|those)?\s*(?:(?!(?:hours?|days?|weeks?|months?|years?) )\w+ ){0,2}?(?:following|below|listed)(?:[\w ,]{0,40})?)\s*:?",
    re.IGNORECASE,
)
AT_MOST = re.compile(
    r"\b(?:fewer than|less than|no more than|not more than|at most|up to|maximum of)\s+\Z", re.IGNORECASE
)
ALLOWED = re.compile(
    r"\b(?:(?:is|are|will be|may be|would be)(?: still)? (?:allowed|permitted|acceptable|accepted)"
    r"|(?:is|are|will be) not (?:excluded|exclusionary|an? exclusion(?: criteri(?:on|a))?))[\s.]*\Z",
    re.IGNORECASE,
)
LISTED = re.compile(r"following|below|listed", re.IGNORECASE)
CONDITION_FIRST = re.compile(r"\s*(?:if|for|in|when|among|in case of|in the case of)\b", re.IGNORECASE)
MUST_NOT = re.compile(
    r"\b(?:must|should|shall|may) not(?: (?:be|have|having|been|had|currently|previously))*\Z", re.IGNORECASE
)
ALLOWED_ALONE = re.compile(r"\s*(?:be )?(?:allowed|permitted)\b", re.IGNORECASE)
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
GRADE = re.compile(
    r"(?:[\w-]+ )*(?:stages?|grades?|class(?:es)?|levels?|scores?|severity)|(?:NYHA|CTCAE|ASA|CCS|GOLD|Child)\b.*",
    re.IGNORECASE,
)
WITHOUT = re.compile(r"(?:without|(?:in )?(?:the )?absence of|with no|free of)\b", re.IGNORECASE)
MOST_PARTS = 60
MOST_DEPTH = 14
MOST_ITEMS = 600


def parse_items(text: str, items: Sequence[Item], start: int, end: int, kind: str) -> Tree:
    """The tree of `text[start:end]`.

    Parameters
    ----------
    kind
        "exclusion" or another: whether what is only listed is meant all together or each by itself.
    """
    if ALLOWED.search(text, start, end) and not any(
        each.type in ("stop", "semi", "if") for each in items[:-1]
    ):
        return Opaque(Span(start, end), "unparsed", "what is allowed is asked of nobody")
    if kind != "exclusion" and (pledge := read_pledge(text, start, end)) is not None:
        return pledge
    kept = [each for each in items if not _says_the_heading(text, each, kind)]
    return _Reader(text, kind).read(_drop_abbreviations(text, kept), start, end, Scope(kind), 0)


def _says_the_heading(text: str, item: Item, kind: str) -> bool:
    """Whether words of an exclusion only say that it is one: "… will be excluded", "must not have …"."""
    if kind != "exclusion" or item.type != "not":
        return False
    words = text[item.start : item.end].lower()
    return (
        words == "excluded"
        or bool(NOT_TAKEN.match(words))
        or bool(MUST_NOT.search(text[: item.end]))
        or (words.endswith("not") and bool(ALLOWED_ALONE.match(text, item.end)))
    )


def _drop_abbreviations(text: str, items: list[Item]) -> list[Item]:
    """Leave out "(IHD)" after a name, the same name once more, and the brackets around a value."""
    kept: list[Item] = []
    at = 0
    while at < len(items):
        close = at + 2
        if items[at].type == "open" and close < len(items) and items[close].type == "close" and kept:
            inner = items[at + 1]
            words = text[inner.start : inner.end]
            if (
                inner.type in ("concept", "word")
                and len(words) <= 12
                and all(each[:1].isupper() for each in words.split()[:-1])
                and sum(map(str.isupper, words)) >= 2
            ):
                at = close + 1
                continue
            if _is_same_thing(items[at - 1], inner):
                at = close + 1
                continue
            is_unit = items[at - 1].type == "timed" and find_unit(words, 0) is not None
            if is_unit and inner.type == "word":
                at = close + 1
                continue
            if inner.type == "timed":
                if not _says_again(items[at - 1], inner):
                    kept.append(inner)
                at = close + 1
                continue
        kept.append(items[at])
        at += 1
    return kept


def _is_same_thing(one: Item, two: Item) -> bool:
    """Whether two names have one code: "hemoglobin (Hb)"."""
    return (
        one.concept is not None
        and two.concept is not None
        and bool(set(one.concept.ids) & set(two.concept.ids))
    )


def _says_again(value: Item, inner: Item) -> bool:
    """Whether a value in brackets, without a sign of its own, is the one before it in another unit."""
    if value.timed is None or inner.timed is None or value.timed.role != "value":
        return False
    first, second = value.timed.interval, inner.timed.interval
    is_range = None not in (first.low, first.high, second.low, second.high)
    return (second.low == second.high or is_range) and bool(second.unit) and first.unit != second.unit


class _Reader(Lists):
    """Reads one criterion; `depth` bounds how deep it goes, whatever the text."""

    def read(self, items: list[Item], start: int, end: int, scope: Scope, depth: int) -> Tree:
        start, end = self._trim(start, end)
        # "mmHg." has its point from the unit.
        items = [
            each
            for each in items
            if start <= each.start and each.end <= (end + 1 if each.type == "timed" else end)
        ]
        if depth >= MOST_DEPTH or len(items) > MOST_ITEMS:
            return Opaque(Span(start, end), "unparsed", "nested too deep or too long")
        items = self._unwrap(items)
        types = {each.type for each in items}
        for step, needed in STEPS:
            if needed and types.isdisjoint(needed):
                continue
            found = step(self, items, start, end, scope, depth + 1)
            if found is not None:
                return found
        return read_leaf(self.text, items, start, end, scope)

    def _trim(self, start: int, end: int) -> tuple[int, int]:
        end = max(start, end)
        while start < end and self.text[start] in EDGE:
            start += 1
        while end > start and self.text[end - 1] in EDGE:
            end -= 1
        return start, end

    def _unwrap(self, items: list[Item]) -> list[Item]:
        """Take off brackets around the whole, and those that open or close nothing."""
        while (
            len(items) > 1
            and items[0].type == "open"
            and items[-1].type == "close"
            and find_close(items, 0) == len(items) - 1
        ):
            items = items[1:-1]
        kept, depth = [], 0
        for at, each in enumerate(items):
            if each.type == "close" and depth == 0:
                continue
            if each.type == "open" and find_close(items, at) is None:
                continue
            depth += (each.type == "open") - (each.type == "close")
            kept.append(each)
        return kept

    def sentences(self, items: list[Item], start: int, end: int, scope: Scope, depth: int) -> Tree | None:
        """Part at full stops and semicolons."""
        cuts = [at for at in self.level(items, ("stop", "semi")) if 0 < at < len(items) - 1]
        if not cuts:
            return None
        pieces = cut(items, cuts[:MOST_PARTS])
        pieces = [each for each in pieces if strip_joints(each) and not self._is_mark(each)]
        if len(pieces) < 2:
            return (
                self._reread(pieces[0], start, end, scope, depth)
                if pieces and len(pieces[0]) < len(items) - 1
                else None
            )
        is_any = self.kind == "exclusion" or any(
            "or" in (items[at - 1].type, items[at + 1].type) for at in cuts
        )
        if any(each[0].type == "and" for each in pieces[1:]) and not any(
            each[0].type == "or" for each in pieces[1:]
        ):
            is_any = False
        shared = self.inherit(items, pieces[0], scope) if items[cuts[0]].type == "semi" else scope
        base: list[Tree] = []
        permitted: list[Tree] = []
        for piece in pieces:
            low = piece[0].start if piece[0].type not in ("or", "and") else piece[0].end
            high = piece[-1].end if piece[-1].type not in ("or", "and") else piece[-1].start
            own = scope if piece is pieces[0] or piece[0].type in ("not", "assertion") else shared
            tree = self.read(piece, low, high, own, depth)
            if any(one.type == "permits" for one in piece) and base:
                permitted.append(tree)
            else:
                base.append(tree)
        span = Span(start, end)
        whole = base[0] if len(base) == 1 else (Any if is_any else All)(span, tuple(base))
        if not permitted:
            return whole if len(base) > 1 else over(whole, span)
        allowed = (
            permitted[0]
            if len(permitted) == 1
            else Any(Span(permitted[0].span.start, permitted[-1].span.end), tuple(permitted))
        )
        if self.kind == "exclusion":
            return Except(span, whole, allowed)
        if isinstance(whole, Not):
            return Not(span, Except(span, whole.part, allowed))
        return Any(span, (whole, allowed))

    def _is_mark(self, piece: Sequence[Item]) -> bool:
        """Whether a piece is the number of a list alone: "17. Patients with …"."""
        return bool(re.fullmatch(r"\W*\d{1,2}\W*", self.text[piece[0].start : piece[-1].end]))

    def of_these(self, items: list[Item], start: int, end: int, scope: Scope, depth: int) -> Tree | None:
        """A list with how many of it must hold: "at least two of the following: …"."""
        found = LISTED.search(self.text, start, end) and OF_THESE.search(
            self.text, start, min(end, start + 260)
        )
        if not found:
            return None
        tail = [each for each in items if each.start >= found.end() - 1]
        head = [
            each
            for each in items
            if each.end <= found.start() or (each.type == "not" and each.start < found.start("count"))
        ]
        if AT_MOST.search(self.text, start, found.start("count")):
            return Opaque(Span(start, end), "unparsed", "at most so many of a list")
        parts = self._list_parts(tail, found.end(), end, scope, depth)
        if len(parts) < 2:
            return None
        span = Span(found.start(), end)
        said = found["count"].lower()
        tree: Tree
        if said == "none":
            tree = Not(span, Any(span, tuple(parts)))
        elif said in ("all", "each", "both"):
            tree = All(span, tuple(parts))
        elif said in ("any", "either"):
            tree = Any(span, tuple(parts))
        else:
            count = int(said) if said.isdigit() else int(read_word(said))
            tree = (
                Any(span, tuple(parts)) if count == 1 else AtLeast(span, min(count, len(parts)), tuple(parts))
            )
        if head and any(each.type == "not" for each in head) and not self.says_something(head):
            return Not(Span(start, end), tree)
        if self.says_something(head):
            if head[0].type == "if":
                case = self.read(head[1:], head[1].start, found.start(), Scope(self.kind), depth)
                return self._asked_of(Span(start, end), case, tree)
            first = self.read(head, start, found.start(), scope, depth)
            if head[-1].type == "example":
                return over(_add_examples(first, tree, head[-1].start), Span(start, end))
            return All(Span(start, end), (first, tree))
        return over(tree, Span(start, end))

    def _list_parts(self, items: list[Item], start: int, end: int, scope: Scope, depth: int) -> list[Tree]:
        cuts = self.level(items, ("semi", "stop")) or self.level(items, ("comma", "or", "and"))
        parts = []
        for piece in cut(items, cuts[:MOST_PARTS]):
            bare = strip_joints(piece)
            if bare and re.search(r"\w", self.text[bare[0].start : bare[-1].end]):
                parts.append(self.read(bare, bare[0].start, bare[-1].end, scope, depth))
        return parts

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

    def _has_some(self, items: Sequence[Item]) -> bool:
        return any(
            each.type in ("concept", "timed") or (each.type == "word" and self.text[each.start].isalpha())
            for each in items
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
            carve = _Reader(self.text, "exclusion").read(rest, rest[0].start, end, carved_scope, depth)
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
                return _add_examples(base, examples, before[-1].end)
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
                kinds = _Reader(self.text, "exclusion").read(
                    rest, rest[0].start, end, _take_over(scope, base), depth
                )
                return over(_add_examples(base, kinds, first[-1].end), Span(start, end))
        return None

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

    def lists(self, items: list[Item], start: int, end: int, scope: Scope, depth: int) -> Tree | None:
        """Part at "or", then at "and"; a comma stands for the word that ends its list."""
        cuts = self.find_cuts(items)
        if not cuts:
            return None
        pieces = cut(items, [at for at, _ in cuts])
        joints = self.name_joints(items, cuts)
        if len(pieces) > MOST_PARTS:
            return Opaque(Span(start, end), "unparsed", "a list too long to read")
        lead = self.find_lead(pieces, joints)
        if lead is not None:
            head, rest = items[:lead], items[lead + 1 :]
            base = self.read(head, start, head[-1].end, scope, depth)
            return All(Span(start, end), (base, self.read(rest, rest[0].start, end, Scope(self.kind), depth)))
        inner = self.inherit(items, pieces[0], scope)
        no = self.find_no(pieces[0])
        is_shared = no is not None and self.shares_negation(pieces)
        is_either = pieces[0][0].type == "either"
        if is_shared and no is not None:
            pieces[0] = pieces[0][no + 1 :]
        trees: list[Tree] = []
        for at, piece in enumerate(pieces):
            low = start if at == 0 and not is_shared else piece[0].start
            high = end if at == len(pieces) - 1 else piece[-1].end
            own = inner if at else scope
            if at and trees:
                own = own._replace(concept=find_last_measured(trees[-1]))
            trees.append(self.read(piece, low, high, own, depth))
        trees = share(trees, pieces, self.text)
        span = Span(start, end)
        if is_shared:
            return Not(span, Any(Span(trees[0].span.start, end), tuple(trees)))
        return over(self.group(trees, joints, is_either=is_either), span)


Step = Callable[[_Reader, list[Item], int, int, Scope, int], Tree | None]
# Each with the items that it needs one of; () where it reads words.
STEPS: tuple[tuple[Step, tuple[Type, ...]], ...] = (
    (_Reader.of_these, ()),
    (_Reader.sentences, ("stop", "semi")),
    (_Reader.conditions, ()),
    (_Reader.exceptions, ("except",)),
    (_Reader.judgements, ("judgement",)),
    (_Reader.definitions, ("defined",)),
    (_Reader.examples, ("example",)),
    (_Reader.refused, ("not",)),
    (_Reader.withouts, ("not",)),
    (_Reader.other_limits, ("open",)),
    (_Reader.lists, ("or", "and", "comma")),
    (_Reader.brackets, ("open",)),
)


def _with_interval(tree: Tree, interval: Interval, span: Span) -> Tree | None:
    """The same measurements with another limit, over other words; None where a part measures nothing."""
    if isinstance(tree, Atom):
        return None if tree.interval is None else msgspec.structs.replace(tree, interval=interval, span=span)
    if not isinstance(tree, All | Any):
        return None
    parts = [_with_interval(each, interval, span) for each in tree.parts]
    made = tuple(each for each in parts if each is not None)
    return msgspec.structs.replace(tree, parts=made, span=span) if len(made) == len(parts) else None


def _add_examples(base: Tree, examples: Tree, place: int) -> Tree:
    """A thing or its examples, beside the part of a tree that stands before a place."""
    kinds = examples.parts if isinstance(examples, Any | All) else (examples,)
    span = Span(base.span.start, max(base.span.end, examples.span.end))
    if isinstance(base, Not):
        return Not(span, _add_examples(base.part, examples, place))
    if isinstance(base, Any):
        return Any(span, (*base.parts, *kinds))
    return Any(span, (base, *kinds))


def _take_over(scope: Scope, base: Tree) -> Scope:
    """What is said of a thing is said of its examples."""
    said = [each.assertion for each in iter_nodes(base) if isinstance(each, Atom)]
    return scope._replace(assertion=said[-1]) if said else scope
