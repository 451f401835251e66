"""Trees in short, for tests: `any(AST >3 ULN, ALT >3 ULN)`."""

from __future__ import annotations

from trialbook.eligibility.describe import describe_tree
from trialbook.eligibility.parse import parse_criteria
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
)

HEADINGS = {"I": "Inclusion Criteria:\n\n", "E": "Exclusion Criteria:\n\n"}


def read_criteria(kind: str, *lines: str) -> str:
    """The trees of a list of criteria, each in one line, as people are told of them."""
    text = HEADINGS[kind] + "\n".join(lines)
    trees = [" ".join("\n".join(describe_tree(each.tree, text)).split()) for each in parse_criteria(text)]
    return " || ".join(trees)


def read(words: str, *, kind: str = "Exclusion") -> str:
    """The tree of one criterion, in short."""
    (found,) = parse_criteria(f"{kind} Criteria:\n\n1. {words}")
    return tell(found.tree)


def tell(tree: Tree) -> str:
    if isinstance(tree, All | Any):
        return f"{type(tree).__name__.lower()}({', '.join(map(tell, tree.parts))})"
    if isinstance(tree, AtLeast):
        return f"atleast{tree.count}({', '.join(map(tell, tree.parts))})"
    if isinstance(tree, Not):
        return f"not({tell(tree.part)})"
    if isinstance(tree, Except):
        return f"{tell(tree.base)} EXCEPT {tell(tree.carve_out)}"
    if isinstance(tree, IfThen):
        return f"IF {tell(tree.condition)} THEN {tell(tree.then)}"
    if isinstance(tree, Opaque):
        return f"?{tree.reason}"
    return _tell_atom(tree)


def _tell_atom(atom: Atom) -> str:
    said = [atom.concepts[0].words]
    if atom.assertion != "present":
        said.insert(0, f"{atom.assertion}:")
    if atom.interval is not None:
        said.append(_tell_interval(atom.interval))
    if atom.count is not None:
        said.append(f"count {_tell_interval(atom.count)}")
    if atom.lasting is not None:
        said.append(f"lasting {_tell_interval(atom.lasting)}")
    if atom.window is not None:
        said.append(_tell_window(atom.window))
    return " ".join(said)


def _tell_interval(asked: Interval) -> str:
    unit = f" {asked.unit or asked.limit}".rstrip()
    if asked.low is not None and asked.low == asked.high:
        return f"={asked.low:g}{unit}"
    low = "" if asked.low is None else f"{'>=' if asked.low_included else '>'}{asked.low:g}"
    high = "" if asked.high is None else f"{'<=' if asked.high_included else '<'}{asked.high:g}"
    return f"{low}{high}{unit}"


def _tell_window(asked: Window) -> str:
    earliest = "" if asked.earliest is None else f"{asked.earliest:g}"
    latest = "" if asked.latest is None else f"{asked.latest:g}"
    return f"@{earliest}..{latest} {asked.unit} {asked.event or asked.anchor}"
