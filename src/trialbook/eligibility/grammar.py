"""How do the parts of a criterion belong together? From its items to its tree.

Loosest first: sentences, alternatives of a list, conditions, exceptions, definitions and examples, "or", "and".
A stretch is parted only where both sides name something, so "renal or hepatic disease" stays one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from trialbook.eligibility.abbreviations import drop_abbreviations
from trialbook.eligibility.asides import add_examples
from trialbook.eligibility.cases import NOT_TAKEN, Cases
from trialbook.eligibility.consent import read_pledge
from trialbook.eligibility.items import Item
from trialbook.eligibility.joints import Type
from trialbook.eligibility.leaves import Scope, read_leaf
from trialbook.eligibility.lists import find_last_measured, share
from trialbook.eligibility.numbers import read_word
from trialbook.eligibility.stretches import cut, find_close, over, strip_joints
from trialbook.eligibility.tree import (
    All,
    Any,
    AtLeast,
    Except,
    Not,
    Opaque,
    Span,
    Tree,
)

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
MUST_NOT = re.compile(
    r"\b(?:must|should|shall|may) not(?: (?:be|have|having|been|had|currently|previously))*\Z", re.IGNORECASE
)
ALLOWED_ALONE = re.compile(r"\s*(?:be )?(?:allowed|permitted)\b", re.IGNORECASE)
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
    return _Reader(text, kind).read(drop_abbreviations(text, kept), start, end, Scope(kind), 0)


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


class _Reader(Cases):
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
                return over(add_examples(first, tree, head[-1].start), Span(start, end))
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
