"""From an eligibility text to its criteria with their trees, on one screen.

    split into criteria → join lists to what leads them in → recognise things → cut into items → grammar

Many criteria stand word for word in many studies: the trees of the last thousands are remembered.

What nothing here understands is `Opaque` over exactly its words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from threading import Lock
from typing import NamedTuple

from trialbook.eligibility.grammar import parse_items
from trialbook.eligibility.items import Entity, cut_items
from trialbook.eligibility.leads import find_criteria
from trialbook.eligibility.naming import Namer
from trialbook.eligibility.recognise import Recogniser, Stretch, load_stored
from trialbook.eligibility.tree import Concept, Domain, Opaque, ParsedCriterion, Span, Tree, move
from trialbook.model.criteria import Criterion, Kind, split_criteria
from trialbook.terms import Thesaurus, get_thesaurus

# Beyond these a text is no list of criteria; of 4,000 records none has so much.
MOST_CHARACTERS = 50_000
MOST_IN_ONE = 3_000
# Longer ones seldom stand in two studies. A tree takes some 3 kB.
LONGEST_KNOWN = 400
MOST_KNOWN = 20_000
# What Chia calls things, as the tree does.
DOMAINS: dict[str, Domain] = {
    "Condition": "condition",
    "Drug": "drug",
    "Procedure": "procedure",
    "Measurement": "measurement",
    "Observation": "observation",
    "Device": "device",
    "Person": "person",
    "Visit": "observation",
}
# Escapes and marks up of the registry, each replaced by as many blanks: places stay where they are.
ESCAPES = re.compile(r"\\(?=[^\w\s])|&(?:gt|lt|ge|le);|[*_]{2}")
# The marks of a list within a criterion, on lines of their own: each parts what a semicolon would.
MARKS = re.compile(r"(\n\s*)([*•·–-]|\(?(?:\d{1,2}|[a-zA-Z]|[ivx]{2,4})[.)])(?=[ \t])")
# Signs of East Asian width.
WIDE = str.maketrans("；，：（）～﹥﹤＝［］①②③④⑤⑥⑦⑧⑨⑩", ";,:()~><=[]" + ";" * 10)
# The mark of a list before the words of a criterion: "4) gout".
LEADING = re.compile(r"\A\W*(\(?\d{1,2}[).])(?=\s*[^\W\d_]{2})")
ENTITIES = {"&gt;": ">   ", "&lt;": "<   ", "&ge;": "≥   ", "&le;": "≤   "}


class Asked(NamedTuple):
    """What a tree hangs on: what kind of criterion it is, and its words without escapes."""

    kind: Kind
    plain: str


class Parser:
    """Parses criteria with one thesaurus and the models of the program; for any number of threads."""

    def __init__(self, thesaurus: Thesaurus) -> None:
        self._namer = Namer(thesaurus)
        self._recogniser = Recogniser(load_stored(), thesaurus)
        self._known: dict[Asked, Tree] = {}
        self._lock = Lock()

    def parse(self, text: str) -> tuple[ParsedCriterion, ...]:
        """The criteria of a text; what stands after its first 50,000 characters is opaque."""
        return self.parse_all([text])[0]

    def parse_all(self, texts: Sequence[str]) -> list[tuple[ParsedCriterion, ...]]:
        """The criteria of each of some texts: the models read those of several in a third of the time."""
        found = [find_criteria(text, split_criteria(text)) for text in texts]
        asked = [
            [Asked(each.kind, make_plain(each.text)) if _is_read(each) else None for each in criteria]
            for criteria in found
        ]
        trees = self._find_trees([one for each in asked for one in each if one is not None])
        return [
            tuple(
                _place(
                    each,
                    trees[one] if one else Opaque(Span(0, len(each.text)), "unparsed", "too long to read"),
                )
                for each, one in zip(criteria, ones, strict=True)
            )
            for criteria, ones in zip(found, asked, strict=True)
        ]

    def name(self, words: str, domain: Domain) -> Concept:
        """The concept of a name, with the codes that the vocabularies here have for it."""
        return self._namer.name(words, domain)

    def _find_trees(self, asked: Sequence[Asked]) -> dict[Asked, Tree]:
        """The trees over the words of each, as if these stood alone."""
        with self._lock:
            trees = {each: self._known[each] for each in asked if each in self._known}
        new = [*dict.fromkeys(each for each in asked if each not in trees)]
        seen = self._recogniser.find([each.plain for each in new])
        for each, stretches in zip(new, seen, strict=True):
            trees[each] = self._make_tree(each, stretches)
        with self._lock:
            for each in asked:
                if len(each.plain) <= LONGEST_KNOWN:
                    self._known.pop(each, None)
                    self._known[each] = trees[each]
            # The first is the one that was not asked for the longest.
            while len(self._known) > MOST_KNOWN:
                del self._known[next(iter(self._known))]
        return trees

    def _make_tree(self, asked: Asked, stretches: Sequence[Stretch]) -> Tree:
        plain = asked.plain
        if not plain.strip():
            return Opaque(Span(0, len(plain)), "empty")
        items = cut_items(plain, self._list_things(plain, stretches), self._namer.name)
        return parse_items(plain, items, 0, len(plain), asked.kind)

    def _list_things(self, plain: str, stretches: Sequence[Stretch]) -> list[Entity]:
        """What the model names, and what only the thesaurus knows."""
        seen = [each for each in stretches if each.kind in DOMAINS]
        things = [Entity(each.start, each.end, DOMAINS[each.kind]) for each in seen]
        for mention in self._recogniser.find_mentions(plain):
            kind = mention.concepts[0].kind
            free = not any(each.start < mention.end and mention.start < each.end for each in seen)
            if free and kind in ("condition", "drug") and len(mention.text) > 2:
                things.append(Entity(mention.start, mention.end, "drug" if kind == "drug" else "condition"))
        return sorted(things)


def parse_criteria(text: str) -> tuple[ParsedCriterion, ...]:
    """The criteria of an eligibility text, each with its tree over its own words.

    Parameters
    ----------
    text
        `eligibilityCriteria` as the registry gives it; spans are places in it.

    Examples
    --------
    >>> adult, = parse_criteria("Inclusion Criteria:\\n\\n* Age 18 years or older")
    >>> adult.kind, adult.tree.concepts[0].words, adult.tree.interval.low, adult.tree.interval.unit
    ('inclusion', 'age', 18.0, 'a')
    """
    return get_parser().parse(text)


@cache
def get_parser() -> Parser:
    """The parser of this process, made when it is first asked for."""
    return Parser(get_thesaurus())


def _place(criterion: Criterion, tree: Tree) -> ParsedCriterion:
    return ParsedCriterion(
        criterion.kind,
        criterion.text,
        criterion.start,
        criterion.end,
        move(tree, criterion.start),
        criterion.heading,
        criterion.number,
        criterion.level,
    )


def _is_read(criterion: Criterion) -> bool:
    return len(criterion.text) <= MOST_IN_ONE and criterion.end <= MOST_CHARACTERS


def make_plain(text: str) -> str:
    """The words of a criterion as they are read: without escapes, marks of lists as semicolons, each at its place."""
    bare = ESCAPES.sub(lambda found: ENTITIES.get(found[0], " " * len(found[0])), text.translate(WIDE))
    bare = LEADING.sub(lambda found: " " * len(found[0]), bare)
    return MARKS.sub(lambda found: found[1] + ";" + " " * (len(found[2]) - 1), bare)
