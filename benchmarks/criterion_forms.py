"""Read LCT's logical forms and our trees into shapes that compare: bounds of values, and nested leaves.

Counted are comparisons with a number. A form that names no operator agrees with any of ours ("30 days" before
a visit, of which LCT writes only the number); one that names a unit of time agrees only with that unit. LCT's
forms say of other units only that there is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from trialbook.eligibility.numbers import ROMAN, WORDS, read_digits
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
    Tree,
    Window,
    iter_nodes,
)
from trialbook.terms.phrase_key import fold_words

Side = Literal["ge", "gt", "le", "lt", "any"]

EQ = re.compile(r"eq\(\)((?:\.\w+\([^()]*\))*)")
CALL = re.compile(r"\.(\w+)\(([^()]*)\)")
SIDES: dict[str, Side] = {"GT": "gt", "GTEQ": "ge", "LT": "lt", "LTEQ": "le"}
TIMES = {"YEAR": "a", "MONTH": "mo", "WEEK": "wk", "DAY": "d", "HOUR": "h", "MINUTE": "min", "SECOND": "s"}
THINGS = frozenset(
    """cond drug proc observ lab vital measurement clinical_score survey_or_questionnaire social_habit allergy immune org
    age male female lang loc enc inpatient outpatient ethnic death birth""".split()  # noqa: SIM905
)
NOISE = frozenset("of the a an with and or in to for by on history known any patient subject".split())  # noqa: SIM905


class Bound(NamedTuple):
    """One side of a comparison; "any" where the operator is not named."""

    side: Side
    value: float
    units: frozenset[str]


def read_gold_bounds(snippet: str) -> set[Bound]:
    """The bounds that a logical form asks for, each once."""
    found: set[Bound] = set()
    for match in EQ.finditer(snippet):
        calls = CALL.findall(match[1])
        operators = [value for name, value in calls if name == "op"]
        numbers = [_number(value.strip("'")) for name, value in calls if name == "val"]
        values = sorted({number for number in numbers if number is not None})
        units = frozenset(TIMES[value] for name, value in calls if name == "temporal_unit" and value in TIMES)
        if (
            not values
            and units
            and any(name == "temporal_per" and value != "PRESENT" for name, value in calls)
        ):
            values = [1.0]  # "in the past year"
        if not values:
            continue
        if "BETWEEN" in operators and len(values) == 2:
            found |= {Bound("ge", values[0], units), Bound("le", values[1], units)}
            continue
        sides = [SIDES[operator] for operator in operators if operator in SIDES]
        if len(sides) == 1:
            found.add(Bound(sides[0], values[0], units))
        else:
            found |= {Bound("any", value, units) for value in values}
    return found


def _number(written: str) -> float | None:
    bare = written.strip().lower()
    if re.fullmatch(r"\d[\d,]*(?:\.\d+)?|\d+,\d+", bare):
        return read_digits(bare)
    if written.strip() in ROMAN:
        return ROMAN[written.strip()]
    return WORDS.get(bare)


def read_our_bounds(tree: Tree) -> set[Bound]:
    """The bounds that a tree asks for, each once."""
    found: set[Bound] = set()
    for node in iter_nodes(tree):
        if isinstance(node, Atom):
            for interval in (node.interval, node.lasting, node.count):
                if interval is not None:
                    found |= _of_interval(interval)
            if node.window is not None:
                found |= _of_window(node.window)
    return found


def _of_interval(interval: Interval) -> set[Bound]:
    units = frozenset([interval.unit]) if interval.unit else frozenset()
    if interval.low is not None and interval.low == interval.high:
        return {Bound("any", interval.low, units)}
    found = set()
    if interval.low is not None:
        found.add(Bound("ge" if interval.low_included else "gt", interval.low, units))
    if interval.high is not None:
        found.add(Bound("le" if interval.high_included else "lt", interval.high, units))
    return found


def _of_window(window: Window) -> set[Bound]:
    units = frozenset([window.unit])
    found = set()
    for value, is_included in (
        (window.earliest, window.earliest_included),
        (window.latest, window.latest_included),
    ):
        if value:
            is_far = (value > 0) == (value == window.earliest)
            side: Side = ("le" if is_included else "lt") if is_far else ("ge" if is_included else "gt")
            found.add(Bound(side, abs(value), units))
    return found


def count_agreeing(gold: set[Bound], ours: set[Bound]) -> int:
    """How many bounds agree, each used once."""
    left = sorted(ours)
    agreeing = 0
    for bound in sorted(gold, key=lambda each: each.side == "any"):
        match = next((each for each in left if _agree(bound, each)), None)
        if match is not None:
            left.remove(match)
            agreeing += 1
    return agreeing


def _agree(gold: Bound, ours: Bound) -> bool:
    if abs(gold.value - ours.value) > 1e-9 * max(1.0, abs(gold.value)):
        return False
    if gold.side not in ("any", ours.side):
        return False
    return not gold.units or any(
        unit in re.split(r"[/.]", each) for unit in gold.units for each in ours.units
    )


class Leaf(NamedTuple):
    """One thing asked: whether it must not be so, its words, its bounds."""

    is_not: bool
    words: frozenset[str]
    bounds: frozenset[tuple[Side, float]]


class Joined(NamedTuple):
    """Parts joined; "loose" where LCT only sets them side by side."""

    joint: Literal["or", "and", "loose", "other"]
    parts: tuple[Shape, ...]


Shape = Leaf | Joined


def read_our_shape(tree: Tree, *, is_not: bool = False) -> Shape:
    """A tree as a shape; exceptions are joined loosely, as LCT does."""
    if isinstance(tree, Not):
        return read_our_shape(tree.part, is_not=not is_not)
    if isinstance(tree, All | Any | AtLeast):
        joint: Literal["or", "and"] = "and" if isinstance(tree, All) else "or"
        return _flatten(joint, [read_our_shape(each, is_not=is_not) for each in tree.parts])
    if isinstance(tree, Except):
        return _flatten("other", [read_our_shape(tree.base), read_our_shape(tree.carve_out)])
    if isinstance(tree, IfThen):
        return _flatten("other", [read_our_shape(tree.condition), read_our_shape(tree.then)])
    if isinstance(tree, Opaque):
        return Leaf(is_not, frozenset(["?"]), frozenset())
    words = " ".join([*(each.words for each in tree.concepts if each.words != "age"), *tree.qualifiers])
    return Leaf(is_not, _fold(words), frozenset((each.side, each.value) for each in read_our_bounds(tree)))


def read_gold_shape(snippet: str) -> Shape:
    """A logical form as a shape."""
    found = [*_read_sum(snippet)]
    return found[0] if len(found) == 1 else _flatten("loose", found)


def _read_sum(snippet: str) -> Iterator[Shape]:
    for name, inner, rest in _split_chains(snippet):
        if name in ("or", "union", "intersect") and not rest:
            joint: Literal["loose", "or", "and"] = {"or": "loose", "union": "or", "intersect": "and"}[name]  # type: ignore[assignment]
            yield _flatten(joint, [*_read_sum(inner)])
        else:
            whole = f"{name}({inner}){rest}"
            words = re.findall(r"\b(?:name|mod|lang|loc|ethnic)\('([^']*)'\)", whole)
            bounds = frozenset((each.side, each.value) for each in read_gold_bounds(whole))
            yield Leaf(name == "neg" or ".neg()" in whole, _fold(" ".join(words)), bounds)


def _split_chains(snippet: str) -> Iterator[tuple[str, str, str]]:
    """Chains side by side: the first call's name, what is in it, and the calls that follow."""
    depth, start, quoted = 0, 0, False
    pieces = []
    for at, letter in enumerate(snippet):
        if letter == "'":
            quoted = not quoted
        elif not quoted:
            depth += (letter == "(") - (letter == ")")
            if letter == "," and depth == 0:
                pieces.append(snippet[start:at])
                start = at + 1
    pieces.append(snippet[start:])
    for piece in pieces:
        found = re.match(r"\s*(\w+)\(", piece)
        if found is None:
            continue
        depth = 0
        for at in range(found.end() - 1, len(piece)):
            depth += (piece[at] == "(") - (piece[at] == ")")
            if depth == 0:
                yield found[1], piece[found.end() : at], piece[at + 1 :].strip()
                break


def _flatten(joint: Literal["or", "and", "loose", "other"], parts: list[Shape]) -> Shape:
    flat: list[Shape] = []
    for part in parts:
        if isinstance(part, Joined) and part.joint == joint:
            flat += part.parts
        else:
            flat.append(part)
    return flat[0] if len(flat) == 1 else Joined(joint, tuple(flat))


def _fold(words: str) -> frozenset[str]:
    return frozenset(word for word in fold_words(words) if word not in NOISE)


def are_same(gold: Shape, ours: Shape) -> bool:
    """Whether two shapes have the same leaves in the same nesting; what LCT joins loosely may be joined in any way."""
    if isinstance(gold, Leaf) or isinstance(ours, Leaf):
        return isinstance(gold, Leaf) and isinstance(ours, Leaf) and _are_same_leaves(gold, ours)
    if gold.joint not in ("loose", ours.joint):
        return False
    left = [*ours.parts]
    for part in gold.parts:
        match = next((each for each in left if are_same(part, each)), None)
        if match is None:
            return False
        left.remove(match)
    return not left


def _are_same_leaves(gold: Leaf, ours: Leaf) -> bool:
    if gold.is_not != ours.is_not or gold.words != ours.words or len(gold.bounds) != len(ours.bounds):
        return False
    pairs = zip(
        sorted(gold.bounds, key=lambda each: each[1]),
        sorted(ours.bounds, key=lambda each: each[1]),
        strict=True,
    )
    return all(one[1] == two[1] and one[0] in ("any", two[0]) for one, two in pairs)
