"""In which form does a language model answer? Trees as `tree.py` has them, each node with the words that it is read from.

A node's `words` are quoted from the criterion; its `span` are places in the eligibility text, and may be left out.
Codes may stand in an answer and are read by nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

import msgspec

from trialbook.eligibility.tree import Anchor, Assertion, Domain, Limit, Reason, Span

MOST_CHARACTERS = 64_000
# As deep and as wide as a criterion of a record is; the root has the depth 1.
MOST_DEPTH = 14
MOST_NODES = 60
_FENCE = "```"
# A text that does not end is one to the end: no place is looked at twice.
_QUOTED_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)
# A node opens at most four brackets of JSON on the way to the one below it.
_MOST_BRACKETS = 4 * MOST_DEPTH
_LONGEST_REASON = 300


class Refused(Exception):
    """A proposal cannot be used; `reason` says why, in words that are safe to print."""

    def __init__(self, reason: str) -> None:
        printable = "".join(each if each.isprintable() else " " for each in reason)
        words = " ".join(printable.split())
        self.reason = words if len(words) <= _LONGEST_REASON else words[: _LONGEST_REASON - 1] + "…"
        super().__init__(self.reason)


class GivenInterval(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Values as `tree.Interval` has them."""

    low: float | None = None
    high: float | None = None
    low_included: bool = True
    high_included: bool = True
    unit: str = ""
    limit: Limit = ""


class GivenWindow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A time as `tree.Window` has it."""

    earliest: float | None = None
    latest: float | None = None
    unit: str = "d"
    anchor: Anchor = "now"
    event: str = ""
    earliest_included: bool = True
    latest_included: bool = True


class GivenConcept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A thing as `tree.Concept` has it; its `ids` are not taken."""

    words: str
    domain: Domain
    ids: tuple[str, ...] = ()


class _Node(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    words: str = ""
    span: Span | None = None


class GivenAll(_Node, frozen=True, kw_only=True, tag="all"):
    """As `tree.All`."""

    parts: tuple[Given, ...]


class GivenAny(_Node, frozen=True, kw_only=True, tag="any"):
    """As `tree.Any`."""

    parts: tuple[Given, ...]


class GivenAtLeast(_Node, frozen=True, kw_only=True, tag="atleast"):
    """As `tree.AtLeast`."""

    count: int
    parts: tuple[Given, ...]


class GivenNot(_Node, frozen=True, kw_only=True, tag="not"):
    """As `tree.Not`."""

    part: Given


class GivenExcept(_Node, frozen=True, kw_only=True, tag="except"):
    """As `tree.Except`."""

    base: Given
    carve_out: Given


class GivenIfThen(_Node, frozen=True, kw_only=True, tag="ifthen"):
    """As `tree.IfThen`."""

    condition: Given
    then: Given


class GivenAtom(_Node, frozen=True, kw_only=True, tag="atom"):
    """As `tree.Atom`."""

    concepts: tuple[GivenConcept, ...]
    interval: GivenInterval | None = None
    window: GivenWindow | None = None
    lasting: GivenInterval | None = None
    count: GivenInterval | None = None
    assertion: Assertion = "present"
    qualifiers: tuple[str, ...] = ()


class GivenOpaque(_Node, frozen=True, kw_only=True, tag="opaque"):
    """As `tree.Opaque`; a note of its own is not taken."""

    reason: Reason = "unparsed"
    note: str = ""


Given: TypeAlias = (
    GivenAll | GivenAny | GivenAtLeast | GivenNot | GivenExcept | GivenIfThen | GivenAtom | GivenOpaque
)
# Made here: that several threads work out a type at once can end the process.
_DECODER: msgspec.json.Decoder[Given] = msgspec.json.Decoder(Given, strict=True)


def read_answer(content: str) -> Given:
    """The tree that an answer holds, as it is given. Raises Refused.

    Examples
    --------
    >>> read_answer('{"type": "atom", "words": "stroke", "concepts": [{"words": "stroke", "domain": "condition"}]}').words
    'stroke'
    >>> read_answer('{"type": "maybe"}')
    Traceback (most recent call last):
    trialbook.eligibility.proposed.answer.Refused: no tree of ours: Invalid value 'maybe' - at `$.type`
    """
    if len(content) > MOST_CHARACTERS:
        raise Refused(f"an answer of more than {MOST_CHARACTERS:,} characters")
    body = _strip_fence(content)
    if _count_brackets(body) > _MOST_BRACKETS:
        raise Refused(f"nested deeper than {MOST_DEPTH} parts in one another")
    try:
        given: Given = _DECODER.decode(body)
    except msgspec.ValidationError as error:
        raise Refused(f"no tree of ours: {error}") from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Refused(f"no JSON: {error}") from error
    _check_size(given)
    return given


def _strip_fence(content: str) -> str:
    """What stands between the marks of a block of code, where the whole answer is one."""
    bare = content.strip()
    first, _, rest = bare.partition("\n")
    is_block = first.strip().lower() in (_FENCE, f"{_FENCE}json") and rest.endswith(_FENCE)
    return rest.removesuffix(_FENCE) if is_block else bare


def _count_brackets(body: str) -> int:
    """How deep the brackets of a text nest."""
    depth = deepest = 0
    for found in _QUOTED_OR_BRACKET.finditer(body):
        if found[0] in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif found[0] in "]}":
            depth -= 1
    return deepest


def _check_size(given: Given) -> None:
    count = 0
    level = [given]
    for _ in range(MOST_DEPTH):
        count += len(level)
        if count > MOST_NODES:
            raise Refused(f"more than {MOST_NODES} parts")
        level = [below for each in level for below in iter_below(each)]
    if level:
        raise Refused(f"nested deeper than {MOST_DEPTH} parts in one another")


def iter_below(given: Given) -> Iterator[Given]:
    """The parts of a node, in their order."""
    if isinstance(given, GivenAll | GivenAny | GivenAtLeast):
        yield from given.parts
    elif isinstance(given, GivenNot):
        yield given.part
    elif isinstance(given, GivenExcept):
        yield from (given.base, given.carve_out)
    elif isinstance(given, GivenIfThen):
        yield from (given.condition, given.then)
