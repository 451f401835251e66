"""Lists: where "or", "and" and commas part a stretch, and what its parts share."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from trialbook.eligibility.items import Item
from trialbook.eligibility.joints import Type
from trialbook.eligibility.leaves import AGE, CONSENT, PEOPLE, SEX, Scope
from trialbook.eligibility.stretches import MEASURED, Stretches
from trialbook.eligibility.tree import All, Any, Atom, Concept, Interval, Span, Tree, iter_nodes

OTHERS = re.compile(r"(?:any |all )?others?\b", re.IGNORECASE)
# A part that a "no" before the list does not reach: "not cooperating, or with contraindications".
OPENS_ITS_OWN = re.compile(r"(?:with|who|whose|having|presence|those|patients|subjects)\b", re.IGNORECASE)
NOW = re.compile(r"\b(?:current|active|ongoing|chronic|pregnan|any time)", re.IGNORECASE)
# Words that begin an aside after a comma, not the next part of a list.
_ASIDES = """
which that whose where with within due to of for by on using estimated calculated according as per based measured despite after
before at during
"""
ASIDES = frozenset(_ASIDES.split())


# Words between people and the "no" that is said of them.
BEFORE_NO = frozenset(
    ["must", "should", "shall", "may", "will", "also", "who", "that", "the", "all", "with", "have", "has"]
)
OR_BOTH = re.compile(r"\bor both\W*\Z", re.IGNORECASE)
EVENTS = frozenset(["condition", "procedure", "device"])


# What leads from a thing to how it is found out.
BY = re.compile(
    r"\b(?:by|via|using|through|based on|according to)(?: (?:an?|the|any|either|\w+al|\w+ic))*\s*\Z",
    re.IGNORECASE,
)


class Lists(Stretches):
    """Finds the parts of lists in the stretches of one criterion."""

    def find_cuts(self, items: list[Item]) -> list[tuple[int, Type]]:
        """Where joining words part two stretches that each say something."""
        candidates = self.level(items, ("or", "and", "comma"))
        cuts: list[tuple[int, Type]] = []
        last = 0
        for order, at in enumerate(candidates):
            following = [one for one in candidates[order + 1 :] if one > at + 1]
            until = following[0] if following else len(items)
            left = items[last:at]
            right = items[at + 1 : until]
            if self._is_between_assertions(items, at) or self._goes_on_with_means(left, right):
                continue
            while right and right[0].type in ("or", "and", "comma"):
                right = right[1:]
            if not left or not self.says_something(left):
                continue
            if self.says_something(right) or (
                following and self.says_something(items[at + 1 :]) and items[at].type != "comma"
            ):
                if items[at].type == "comma" and not self._stands_alone(right):
                    continue
                if self._is_only_value(right) and not any(each.timed is not None for each in left):
                    continue
                cuts.append((at, items[at].type))
                last = at + 1
            elif (
                items[at].type != "comma"
                and order
                and items[at - 1].type == "comma"
                and cuts
                and cuts[-1][0] == at - 1
            ):
                cuts[-1] = (at, items[at].type)
        return cuts

    def _is_between_assertions(self, items: Sequence[Item], at: int) -> bool:
        """Whether a joint only joins two words on one thing: "have undergone or will undergo surgery"."""
        return (
            0 < at < len(items) - 1
            and items[at].type in ("or", "and")
            and items[at - 1].type == items[at + 1].type == "assertion"
        )

    def _goes_on_with_means(self, left: Sequence[Item], right: Sequence[Item]) -> bool:
        """Whether the next part is another way to find the thing before: "stroke, confirmed by CT or MRI"."""
        one, two = self._things(left), self._things(right)
        if (
            len(one) < 2
            or len(two) != 1
            or any(each.timed for each in right)
            or not all(map(_is_means, (one[-1], two[0])))
        ):
            return False
        return bool(BY.search(self.text, one[-2].end, one[-1].start))

    def _is_only_value(self, items: Sequence[Item]) -> bool:
        """Whether a stretch has a value or a time and names nothing that has it."""
        return not any(each.type == "concept" for each in items) and any(
            each.timed is not None and each.timed.role != "age" for each in items
        )

    def _stands_alone(self, items: list[Item]) -> bool:
        """Whether what follows a comma is a list's next part, not an aside of the part before."""
        return bool(items) and not (
            items[0].type == "word" and self.text[items[0].start : items[0].end].lower() in ASIDES
        )

    def find_lead(self, pieces: list[list[Item]], joints: list[Type]) -> int | None:
        """Where "with" leads from a thing to a list of others that may come with it; None where it does not."""
        if set(joints) != {"or"} or any(len(self._things(piece)) > 1 for piece in pieces[1:]):
            return None
        for at, each in enumerate(pieces[0]):
            words = self.text[each.start : each.end].lower()
            if (
                words == "with"
                and self.says_something(pieces[0][:at])
                and self.says_something(pieces[0][at + 1 :])
            ):
                return at
        return None

    def _things(self, items: Sequence[Item]) -> list[Item]:
        return [each for each in items if each.type == "concept"]

    def name_joints(self, items: list[Item], cuts: list[tuple[int, Type]]) -> list[Type]:
        """For each cut "or" or "and"."""
        named: list[Type] = []
        for at, joint in cuts:
            kind = joint
            follows = items[at + 1] if at + 1 < len(items) else None
            if kind == "comma" and follows is not None and follows.type in ("or", "and"):
                kind = follows.type
            is_both = "/" in self.text[items[at].start : items[at].end] and kind != "comma"
            # "Dementia and other psychiatric illness": each of them keeps out.
            is_both |= kind == "and" and self.kind == "exclusion" and self._goes_on_with_others(items, at)
            named.append("or" if is_both else kind)
        says_or_both = OR_BOTH.search(self.text, items[0].start, items[-1].end)
        fallback: Type = "or" if self.kind == "exclusion" or says_or_both else "and"
        for place in range(len(named) - 1, -1, -1):
            if named[place] == "comma":
                named[place] = fallback
            else:
                fallback = named[place]
        return named

    def _goes_on_with_others(self, items: list[Item], at: int) -> bool:
        while at < len(items) and items[at].type in ("comma", "and"):
            at += 1
        return at < len(items) and bool(OTHERS.match(self.text, items[at].start))

    def inherit(self, items: list[Item], first: list[Item], scope: Scope) -> Scope:
        """What the first part of a list says for the others: "history of A, B or C"."""
        if CONSENT.search(self.text, first[0].start, first[-1].end):
            return scope
        for each in first:
            if each.type == "concept":
                break
            if each.type == "assertion" and each.assertion:
                return scope._replace(assertion=each.assertion)
        return scope

    def find_no(self, first: Sequence[Item]) -> int | None:
        """Where the first part of a list begins with a "no", after words for people: "patients must not have …"."""
        for at, each in enumerate(first[:-1]):
            if each.type == "not":
                return None if each.assertion == "able" and at else at
            words = self.text[each.start : each.end]
            if not (PEOPLE.fullmatch(words) or (each.type == "word" and words.lower() in BEFORE_NO)):
                return None
        return None

    def shares_negation(self, pieces: list[list[Item]]) -> bool:
        """Whether the "no" of the first part is meant for all: none of the others has a word of its own."""
        return not any(
            each.type in ("not", "assertion")
            or (each.timed is not None and each.timed.role in ("age", "value"))
            or (each is piece[0] and OPENS_ITS_OWN.match(self.text, each.start))
            for piece in pieces[1:]
            for each in piece[:3]
        )

    def group(self, trees: list[Tree], joints: list[Type], *, is_either: bool = False) -> Tree:
        """Join parts: "and" binds closer than "or", but for "either one or another, and …"."""
        if is_either and joints[0] == "or" and "and" in joints:
            last = joints.index("and")
            first = Any(Span(trees[0].span.start, trees[last].span.end), tuple(trees[: last + 1]))
            return self.group([first, *trees[last + 1 :]], joints[last:])
        groups: list[list[Tree]] = [[trees[0]]]
        for tree, joint in zip(trees[1:], joints, strict=True):
            if joint == "or":
                groups.append([tree])
            else:
                groups[-1].append(tree)
        joined = [self._join_and(group) for group in groups]
        return (
            joined[0]
            if len(joined) == 1
            else Any(Span(trees[0].span.start, trees[-1].span.end), tuple(joined))
        )

    def _join_and(self, group: list[Tree]) -> Tree:
        if len(group) == 1:
            return group[0]
        span = Span(group[0].span.start, group[-1].span.end)
        return Any(span, tuple(group)) if self._means_either(group) else All(span, tuple(group))

    def _means_either(self, group: list[Tree]) -> bool:
        """Whether "and" means either: values shared by measurements of an exclusion, long lists of things in one."""
        if self.kind != "exclusion":
            return False
        cases = [_find_sex(each) or _find_ages(each) for each in group]
        if all(cases) and len(set(cases)) == len(cases):
            # A limit for men and one for women, one for the young and one for the old.
            return True
        if not all(isinstance(each, Atom) for each in group):
            return False
        intervals = {each.interval for each in group if isinstance(each, Atom)}
        if len(group) == 2 and _are_apart(*(each for each in group if isinstance(each, Atom))):
            return True
        if len(intervals) == 1 and None not in intervals:
            return True
        return len(group) > 2 and intervals == {None}


def _is_means(item: Item) -> bool:
    return item.concept is not None and item.concept.domain in ("procedure", "device", MEASURED)


def _are_apart(one: Atom, two: Atom) -> bool:
    """Whether no value lies in both: "age < 18 and > 65 years"."""
    if one.interval is None or two.interval is None or one.concepts != two.concepts:
        return False
    low, high = sorted([one.interval, two.interval], key=lambda each: each.low is not None)
    return (
        low.low is None
        and high.high is None
        and (low.unit, low.limit) == (high.unit, high.limit)
        and (low.high or 0.0) < (high.low or 0.0)
    )


def _find_sex(tree: Tree) -> str:
    """The sex that a limit is for: "haemoglobin < 9.5 g/dL in men"."""
    parts = tree.parts if isinstance(tree, All) else ()
    named = [each.concepts[0].words for each in parts if isinstance(each, Atom) and each.interval is None]
    is_limit = any(isinstance(each, Atom) and each.interval is not None for each in parts)
    return named[0].lower().rstrip("s") if is_limit and len(named) == 1 and SEX.fullmatch(named[0]) else ""


def _find_ages(tree: Tree) -> Interval | None:
    """The ages that a limit is for: "SBP > 150 mmHg if ≥ 60 years"."""
    parts = tree.parts if isinstance(tree, All) and len(tree.parts) == 2 else ()
    atoms = [each for each in parts if isinstance(each, Atom) and each.interval is not None]
    ages = [each.interval for each in atoms if each.concepts == (AGE,)]
    return ages[0] if len(atoms) == 2 and len(ages) == 1 else None


def find_last_measured(tree: Tree) -> Concept | None:
    """The measurement, or the thing that was counted, that a value without one goes on about."""
    told = [each for each in iter_nodes(tree) if isinstance(each, Atom) and (each.interval or each.count)]
    named = [each.concepts[0] for each in told if each.concepts]
    # An age beside a value says whom the value is asked of.
    return next((each for each in reversed(named) if each != AGE), AGE if named else None)


def share(trees: list[Tree], pieces: list[list[Item]], text: str) -> list[Tree]:
    """Give parts of a list the value or the time that only its last part names."""
    for at in range(len(trees) - 2, -1, -1):
        here, following = trees[at], trees[at + 1]
        if not isinstance(here, Atom) or not isinstance(following, Atom):
            continue
        one, other = here.concepts[0].domain, following.concepts[0].domain
        if (
            one == other == MEASURED
            and here.interval is None
            and following.interval is not None
            and here.window is None
        ):
            here = msgspec.structs.replace(
                here, interval=following.interval, window=here.window or following.window
            )
        elif (
            (one == other != MEASURED or {one, other} <= EVENTS)
            and here.window is None
            and following.window is not None
            and here.lasting is None
            and not NOW.search(text, here.span.start, here.span.end)
        ):
            here = msgspec.structs.replace(here, window=following.window)
        trees[at] = here
    return trees
