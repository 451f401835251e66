"""What does a criterion ask? A tree over its own words.

Whether a criterion includes or excludes stands at its root and is never folded into the tree: the tree of an
exclusion says what the excluded have. Every node has the span of the words that it came from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, TypeAlias

import msgspec

from trialbook.model.criteria import Kind

Domain: TypeAlias = Literal[
    "condition", "drug", "procedure", "measurement", "observation", "device", "person", "consent"
]
# What a person must have to do with a concept: have it, have had it, be about to get it, and so on.
Assertion: TypeAlias = Literal["present", "history", "planned", "at_risk", "family", "able", "allergy"]
# Of which limit of normal a value is a multiple; "" for a value of its own.
Limit: TypeAlias = Literal["", "ULN", "LLN"]
# Why a part is not understood. "elsewhere": the registry does not give the threshold ("inadequate organ
# function"); "judgement": an investigator decides; "unparsed": the words are not understood.
Reason: TypeAlias = Literal["unparsed", "elsewhere", "judgement", "empty"]
Anchor: TypeAlias = Literal["now", "screening", "enrollment", "randomization", "treatment", "birth", "event"]


class Span(msgspec.Struct, frozen=True, order=True):
    """Characters of the eligibility text, from `start` up to `end`."""

    start: int
    end: int


class Interval(msgspec.Struct, frozen=True, omit_defaults=True):
    """Numbers from `low` to `high`; None for no bound.

    Attributes
    ----------
    low_included, high_included
        Whether the bound itself lies within.
    unit
        UCUM; "" for a number without one. Of a multiple of a limit, and of a count, "".
    limit
        The limit of normal that the bounds are multiples of.
    """

    low: float | None = None
    high: float | None = None
    low_included: bool = True
    high_included: bool = True
    unit: str = ""
    limit: Limit = ""


class Window(msgspec.Struct, frozen=True, omit_defaults=True):
    """When it must have been so, as seen from an anchor.

    Attributes
    ----------
    earliest, latest
        How long before the anchor, in `unit`: "within 30 days before screening" is earliest 30, latest 0;
        negative after it; None for no bound. "More than 5 years ago" is earliest None, latest 5.
    unit
        UCUM: `h`, `d`, `wk`, `mo`, `a` (calendar months and years), `min`.
    anchor
        The visit or event from which it is counted; "now" where the text names none.
    event
        The anchor's own words where it is an event.
    earliest_included, latest_included
        Whether the bound itself lies within.
    """

    earliest: float | None = None
    latest: float | None = None
    unit: str = "d"
    anchor: Anchor = "now"
    event: str = ""
    earliest_included: bool = True
    latest_included: bool = True


class Concept(msgspec.Struct, frozen=True, omit_defaults=True):
    """A thing that a person may have, take or undergo.

    Attributes
    ----------
    words
        As the text names it.
    ids
        Codes as `system:code`, `mesh:D003924` or `loinc:4548-4`; none where no vocabulary here knows it.
    """

    words: str
    domain: Domain
    ids: tuple[str, ...] = ()


class Node(msgspec.Struct, frozen=True, tag_field="type", tag=str.lower):
    """Base of all nodes; `span` are the words that it came from."""

    span: Span


class All(Node, frozen=True):
    """Each of the parts holds."""

    parts: tuple[Tree, ...]


class Any(Node, frozen=True):
    """At least one of the parts holds."""

    parts: tuple[Tree, ...]


class AtLeast(Node, frozen=True):
    """At least `count` of the parts hold."""

    count: int
    parts: tuple[Tree, ...]


class Not(Node, frozen=True):
    """The part does not hold: words of the text itself say so ("no prior therapy")."""

    part: Tree


class Except(Node, frozen=True):
    """`base` holds, and not by what is carved out: "malignancy, except basal cell carcinoma"."""

    base: Tree
    carve_out: Tree


class IfThen(Node, frozen=True):
    """Where `condition` holds, `then` holds too; says nothing of anyone else."""

    condition: Tree
    then: Tree


class Atom(Node, frozen=True, omit_defaults=True):
    """One thing that can be asked of a person.

    Attributes
    ----------
    concepts
        Any of these: names of one thing.
    interval
        The values that a measurement, an age or a score must have.
    window
        When.
    lasting
        How long it must have lasted, as an interval of time.
    count
        How often.
    qualifiers
        Words that narrow the concept and that nothing here evaluates: "uncontrolled", "NYHA class".
    """

    concepts: tuple[Concept, ...]
    interval: Interval | None = None
    window: Window | None = None
    lasting: Interval | None = None
    count: Interval | None = None
    assertion: Assertion = "present"
    qualifiers: tuple[str, ...] = ()


class Opaque(Node, frozen=True):
    """What nothing here understands, and why."""

    reason: Reason
    note: str = ""


Tree: TypeAlias = All | Any | AtLeast | Not | Except | IfThen | Atom | Opaque


class ParsedCriterion(msgspec.Struct, frozen=True, omit_defaults=True):
    """A criterion with its tree.

    Attributes
    ----------
    kind
        "inclusion", "exclusion", or "other" where the text does not say.
    text
        Its own words, `text[start:end]` of the eligibility text.
    heading
        The heading that it stands under, "" for none: a cohort's criteria are those of the cohort alone.
    number, level
        Its mark, and how deep it is nested.
    """

    kind: Kind
    text: str
    start: int
    end: int
    tree: Tree
    heading: str = ""
    number: str = ""
    level: int = 0


def list_below(tree: Tree) -> tuple[Tree, ...]:
    """The nodes right below one, in the order in which it names them."""
    if isinstance(tree, All | Any | AtLeast):
        return tree.parts
    if isinstance(tree, Not):
        return (tree.part,)
    if isinstance(tree, Except):
        return (tree.base, tree.carve_out)
    if isinstance(tree, IfThen):
        return (tree.condition, tree.then)
    return ()


def change_below(tree: Tree, change: Callable[[Tree], Tree]) -> Tree:
    """The same node over the changed ones below it."""
    if isinstance(tree, All | Any | AtLeast):
        return msgspec.structs.replace(tree, parts=tuple(change(each) for each in tree.parts))
    if isinstance(tree, Not):
        return msgspec.structs.replace(tree, part=change(tree.part))
    if isinstance(tree, Except):
        return msgspec.structs.replace(tree, base=change(tree.base), carve_out=change(tree.carve_out))
    if isinstance(tree, IfThen):
        return msgspec.structs.replace(tree, condition=change(tree.condition), then=change(tree.then))
    return tree


def iter_nodes(tree: Tree) -> Iterator[Tree]:
    """A tree's nodes, each before those below it."""
    yield tree
    for each in list_below(tree):
        yield from iter_nodes(each)


def move(tree: Tree, by: int) -> Tree:
    """A tree with all its spans so many characters further on."""
    moved = change_below(tree, lambda each: move(each, by))
    return msgspec.structs.replace(moved, span=Span(tree.span.start + by, tree.span.end + by))
