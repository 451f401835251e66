"""A tree in words, for people: one line a node, what belongs together under one another."""

from __future__ import annotations

from collections.abc import Iterator

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

INDENT = "  "
REASONS: dict[Reason, str] = {
    "unparsed": "not understood",
    "elsewhere": "the registry does not give the threshold",
    "judgement": "an investigator decides",
    "empty": "no words",
}


def describe_tree(tree: Tree, text: str, *, depth: int = 0) -> Iterator[str]:
    """The lines of a tree over `text`; what is not understood is quoted.

    Examples
    --------
    >>> from trialbook.eligibility.parse import parse_criteria
    >>> text = "Exclusion Criteria:\\n\\n* Stroke or HbA1c > 9%"
    >>> print(*describe_tree(parse_criteria(text)[0].tree, text), sep="\\n")
    any of
      Stroke
      HbA1c > 9 %
    """
    indent = INDENT * depth
    if isinstance(tree, Atom):
        yield indent + describe_atom(tree)
    elif isinstance(tree, Opaque):
        words = " ".join(text[tree.span.start : tree.span.end].split())
        yield f'{indent}{REASONS[tree.reason]}: "{words}"'
    elif isinstance(tree, Except):
        yield from describe_tree(tree.base, text, depth=depth)
        yield f"{indent}except"
        yield from describe_tree(tree.carve_out, text, depth=depth + 1)
    elif isinstance(tree, IfThen):
        yield f"{indent}if"
        yield from describe_tree(tree.condition, text, depth=depth + 1)
        yield f"{indent}then"
        yield from describe_tree(tree.then, text, depth=depth + 1)
    elif isinstance(tree, Not):
        yield f"{indent}not"
        yield from describe_tree(tree.part, text, depth=depth + 1)
    else:
        yield indent + _name_joint(tree)
        for part in tree.parts:
            yield from describe_tree(part, text, depth=depth + 1)


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
    """The values of an interval, with their unit."""
    unit = f" × {asked.limit}" if asked.limit else f" {asked.unit}" if asked.unit else ""
    if asked.low is not None and asked.low == asked.high:
        return f"= {asked.low:g}{unit}"
    sides = []
    if asked.low is not None:
        sides.append(f"{'≥' if asked.low_included else '>'} {asked.low:g}")
    if asked.high is not None:
        sides.append(f"{'≤' if asked.high_included else '<'} {asked.high:g}")
    return " and ".join(sides) + unit


def describe_window(asked: Window) -> str:
    """When, as seen from its anchor."""
    anchor = asked.event or asked.anchor
    if asked.earliest is None:
        return f"{asked.latest or 0:g} {asked.unit} or more before {anchor}"
    if asked.latest in (0, None):
        return f"within {asked.earliest:g} {asked.unit} before {anchor}"
    if asked.latest is not None and asked.latest < 0:
        before = f"{asked.earliest:g} {asked.unit} before to " if asked.earliest else ""
        return f"within {before}{-asked.latest:g} {asked.unit} after {anchor}"
    return f"{asked.latest:g} to {asked.earliest:g} {asked.unit} before {anchor}"
