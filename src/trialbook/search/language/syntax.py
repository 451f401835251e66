"""The tree that a query becomes: every node frozen, comparable, and pointing at the words it came from.

Spans are offsets into the query's text; they take no part in comparison, so two queries that mean the
same are equal. After parsing, names are the registry's own (`AREA[NCT-ID]` holds "NCTId"), values of
enumerations are the stored ones (`Phase 2` holds "PHASE2"), and terms on dates, numbers and ages have
become ranges: whoever evaluates a tree needs to know none of the older spellings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Span: TypeAlias = tuple[int, int]
CoverageKind: TypeAlias = Literal["Contains", "FullMatch", "StartsWith", "EndsWith"]
ExpansionKind: TypeAlias = Literal["None", "Term", "Concept", "Relaxation", "Lossy"]
Document: TypeAlias = Literal["Study", "Location"]
RangeKind: TypeAlias = Literal["date", "number", "age", "any"]

MIN, MAX = "MIN", "MAX"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What all nodes have: where in the query's text they stand."""

    span: Span = field(default=(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Or(Node):
    """Any of two or more; none of them is an Or."""

    children: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class And(Node):
    """All of two or more; none of them is an And."""

    children: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not(Node):
    """What `child` does not match."""

    child: Expression


@dataclass(frozen=True, slots=True)
class Term(Node):
    """A run of words without quotation marks; escapes resolved, single spaces between words."""

    text: str


@dataclass(frozen=True, slots=True)
class Phrase(Node):
    """Words between quotation marks; escapes resolved, single spaces between words."""

    text: str


@dataclass(frozen=True, slots=True)
class Area(Node):
    """Searches `child` in a search area or a piece (`trialbook.record.pieces.get_parts(name)`)."""

    name: str
    child: Expression


@dataclass(frozen=True, slots=True)
class AreaSize(Node):
    """Compares how many values a piece has; `child` holds only numeric ranges, NOT, AND, OR, ALL."""

    name: str
    child: Expression


@dataclass(frozen=True, slots=True)
class Coverage(Node):
    """How much of a value a term must match."""

    kind: CoverageKind
    child: Expression


@dataclass(frozen=True, slots=True)
class Expansion(Node):
    """How far a term may be widened."""

    kind: ExpansionKind
    child: Expression


@dataclass(frozen=True, slots=True)
class Search(Node):
    """With "Location", all of `child` must hold within one location; "Study" leads back out."""

    document: Document
    child: Expression


@dataclass(frozen=True, slots=True)
class Tilt(Node):
    """Ranks higher values of the piece `name` first; matches what `child` matches."""

    name: str
    child: Expression


@dataclass(frozen=True, slots=True)
class Range(Node):
    """Values from `low` to `high`, both included; "MIN" and "MAX" leave an end open.

    `kind` says how to read the bounds: "date" (`2022`, `2022-05`, `2022-05-13`), "number", "age"
    (`16 Years`), or "any" where both ends are open. A record without a value never matches.
    """

    low: str
    high: str
    kind: RangeKind


@dataclass(frozen=True, slots=True)
class Distance(Node):
    """Within `radius_km` of a point given in degrees; `radius` is the radius as written (`25mi`)."""

    latitude: float
    longitude: float
    radius_km: float
    radius: str


@dataclass(frozen=True, slots=True)
class Missing(Node):
    """Records without any value in the area that is searched."""


@dataclass(frozen=True, slots=True)
class All(Node):
    """Every record (inside SEARCH[Location]: every location)."""


Prefix: TypeAlias = Not | Area | AreaSize | Coverage | Expansion | Search | Tilt
Source: TypeAlias = Term | Phrase | Range | Distance | Missing | All
Expression: TypeAlias = Or | And | Prefix | Source


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed and checked query.

    Attributes
    ----------
    expression
        The tree; `All()` for a query of nothing but white space.
    text
        The query as written; spans point into it.
    default_area
        The search area or piece that terms outside any AREA search.
    """

    expression: Expression
    text: str = field(default="", compare=False)
    default_area: str = "BasicSearch"


def get_children(node: Expression) -> tuple[Expression, ...]:
    """Get the nodes directly below `node`."""
    if isinstance(node, Or | And):
        return node.children
    return (node.child,) if isinstance(node, Prefix) else ()


def walk(node: Expression) -> Iterator[Expression]:
    """Yield `node` and everything below it, from left to right; parents come first."""
    pending = [node]
    while pending:
        found = pending.pop()
        yield found
        pending.extend(reversed(get_children(found)))
