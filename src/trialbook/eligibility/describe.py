"""A tree in words, for people: one line a node, what belongs together under one another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

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
    Reason,
    Tree,
    Window,
)
from trialbook.eligibility.unit_names import write_unit

INDENT = "  "
REASONS: dict[Reason, str] = {
    "unparsed": "not understood",
    "elsewhere": "the registry does not give the threshold",
    "judgement": "an investigator decides",
    "empty": "no words",
}


class Line(NamedTuple):
    """One line of a tree in words: how deep it stands, and its node where it is of one."""

    depth: int
    words: str
    node: Tree | None = None


def describe_tree(tree: Tree, text: str) -> Iterator[str]:
    """The lines of a tree over `text`, indented; what is not understood is quoted.

    Examples
    --------
    >>> from trialbook.eligibility.parse import parse_criteria
    >>> text = "Exclusion Criteria:\\n\\n* Stroke or HbA1c > 9%"
    >>> print(*describe_tree(parse_criteria(text)[0].tree, text), sep="\\n")
    any of
      Stroke
      HbA1c > 9 %
    """
    return (INDENT * each.depth + each.words for each in iter_lines(tree, text))


def iter_lines(tree: Tree, text: str, *, depth: int = 0) -> Iterator[Line]:
    """The same lines, each with its depth and its node."""
    if isinstance(tree, Atom):
        yield Line(depth, describe_atom(tree), tree)
    elif isinstance(tree, Opaque):
        words = " ".join(text[tree.span.start : tree.span.end].split())
        yield Line(depth, f'{REASONS[tree.reason]}: "{words}"', tree)
    elif isinstance(tree, Except):
        yield from iter_lines(tree.base, text, depth=depth)
        yield Line(depth, "except", tree)
        yield from iter_lines(tree.carve_out, text, depth=depth + 1)
    elif isinstance(tree, IfThen):
        yield Line(depth, "if", tree)
        yield from iter_lines(tree.condition, text, depth=depth + 1)
        yield Line(depth, "then")
        yield from iter_lines(tree.then, text, depth=depth + 1)
    elif isinstance(tree, Not):
        yield Line(depth, "not", tree)
        yield from iter_lines(tree.part, text, depth=depth + 1)
    else:
        yield Line(depth, _name_joint(tree), tree)
        for part in tree.parts:
            yield from iter_lines(part, text, depth=depth + 1)


def _name_joint(tree: All | Any | AtLeast) -> str:
    if isinstance(tree, AtLeast):
        return f"at least {tree.count} of"
    return "all of" if isinstance(tree, All) else "any of"


def describe_atom(atom: Atom) -> str:
    """An atom in one line."""
    said = [" or ".join(each.words for each in atom.concepts)]
    if atom.assertion != "present":
        said.insert(0, f"{atom.assertion.replace('_', ' ')}:")
    if atom.interval is not None:
        said.append(describe_values(atom.interval))
    if atom.count is not None:
        said.append(f"{describe_values(atom.count)} times")
    if atom.lasting is not None:
        said.append(f"lasting {describe_values(atom.lasting)}")
    if atom.window is not None:
        said.append(describe_window(atom.window))
    if atom.qualifiers:
        said.append(f"[{'; '.join(' '.join(each.split()) for each in atom.qualifiers)}]")
    return " ".join(said)


def describe_values(asked: Interval) -> str:
    """The values of an interval, with their unit as people write it.

    >>> describe_values(Interval(low=18, unit="a")), describe_values(Interval(high=3, limit="ULN"))
    ('≥ 18 years', '≤ 3 × ULN')
    """
    last = asked.low if asked.high is None else asked.high
    unit = f" × {asked.limit}" if asked.limit else f" {write_unit(asked.unit, last)}" if asked.unit else ""
    if asked.low is not None and asked.low == asked.high:
        return f"= {asked.low:g}{unit}"
    sides = []
    if asked.low is not None:
        sides.append(f"{'≥' if asked.low_included else '>'} {asked.low:g}")
    if asked.high is not None:
        sides.append(f"{'≤' if asked.high_included else '<'} {asked.high:g}")
    return " and ".join(sides) + unit


def describe_window(asked: Window) -> str:
    """When, as seen from its anchor.

    >>> describe_window(Window(earliest=3, latest=0, unit="mo"))
    'within the last 3 months'
    >>> describe_window(Window(latest=6, unit="mo", anchor="screening"))
    '6 months or more before screening'
    >>> describe_window(Window(earliest=-6, latest=None, unit="h", anchor="event", event="stroke onset"))
    '6 hours or more after stroke onset'
    """
    anchor = asked.event or asked.anchor
    is_now = anchor == "now"
    before = "ago" if is_now else f"before {anchor}"
    if asked.earliest is None:
        latest = asked.latest or 0
        if latest == 0:
            return "at any time before" if is_now else f"at any time before {anchor}"
        return f"{_measure(latest, asked.unit)} or more {before}"
    if asked.earliest < 0:
        after = "from now" if is_now else f"after {anchor}"
        first, last = f"{-asked.earliest:g}", asked.latest
        if last is None:
            return f"{_measure(-asked.earliest, asked.unit)} or more {after}"
        return f"{first} to {_measure(-last, asked.unit)} {after}"
    if asked.latest in (0, None):
        told = _measure(asked.earliest, asked.unit)
        return f"within the last {told}" if is_now else f"within {told} before {anchor}"
    if asked.latest is not None and asked.latest < 0:
        earlier = f"{_measure(asked.earliest, asked.unit)} before to " if asked.earliest else ""
        after = "from now" if is_now else f"after {anchor}"
        return f"within {earlier}{_measure(-asked.latest, asked.unit)} {after}"
    return f"{asked.latest:g} to {_measure(asked.earliest, asked.unit)} {before}"


def _measure(number: float, unit: str) -> str:
    return f"{number:g} {write_unit(unit, number)}"
