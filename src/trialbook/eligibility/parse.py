"""From an eligibility text to its criteria with their trees, on one screen.

    split into criteria → join lists to what leads them in → recognise things → cut into items → grammar

What nothing here understands is `Opaque` over exactly its words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from trialbook.eligibility.grammar import parse_items
from trialbook.eligibility.items import Entity, cut_items
from trialbook.eligibility.leads import join_lists
from trialbook.eligibility.naming import Namer
from trialbook.eligibility.recognise import Recogniser, Stretch, load_stored
from trialbook.eligibility.tree import Domain, Opaque, ParsedCriterion, Span, Tree, move
from trialbook.model.criteria import Criterion, split_criteria
from trialbook.terms import Thesaurus, get_thesaurus

# Beyond these a text is no list of criteria; of 4,000 records none has so much.
MOST_CHARACTERS = 50_000
MOST_IN_ONE = 3_000
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
ENTITIES = {"&gt;": ">   ", "&lt;": "<   ", "&ge;": "≥   ", "&le;": "≤   "}


class Parser:
    """Parses criteria with one thesaurus and the models of the program; for any number of threads."""

    def __init__(self, thesaurus: Thesaurus) -> None:
        self._namer = Namer(thesaurus)
        self._recogniser = Recogniser(load_stored(), thesaurus)

    def parse(self, text: str) -> tuple[ParsedCriterion, ...]:
        """The criteria of a text; what stands after its first 50,000 characters is opaque."""
        found = join_lists(text, split_criteria(text))
        read = [_plain(each) for each in found]
        things = self._recogniser.find(
            [one if _is_read(each, one) else "" for each, one in zip(found, read, strict=True)]
        )
        return tuple(
            self._parse_one(each, plain, stretches)
            for each, plain, stretches in zip(found, read, things, strict=True)
        )

    def _parse_one(self, criterion: Criterion, plain: str, stretches: Sequence[Stretch]) -> ParsedCriterion:
        tree: Tree
        if not plain.strip():
            tree = Opaque(Span(0, len(plain)), "empty")
        elif not _is_read(criterion, plain):
            tree = Opaque(Span(0, len(plain)), "unparsed", "too long to read")
        else:
            items = cut_items(plain, self._list_things(plain, stretches), self._namer.name)
            tree = parse_items(plain, items, 0, len(plain), criterion.kind)
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


def _is_read(criterion: Criterion, plain: str) -> bool:
    return len(plain) <= MOST_IN_ONE and criterion.end <= MOST_CHARACTERS


def _plain(criterion: Criterion) -> str:
    bare = ESCAPES.sub(lambda found: ENTITIES.get(found[0], " " * len(found[0])), criterion.text)
    return MARKS.sub(lambda found: found[1] + ";" + " " * (len(found[2]) - 1), bare)
