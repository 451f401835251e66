"""Does a fact speak of what a criterion asks? By codes, by names, and by what lies under what in MeSH."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple, Protocol, TypeAlias

from trialbook.eligibility.consent import asks_to_comply, find_consents
from trialbook.eligibility.facts import Fact
from trialbook.eligibility.kinds import list_kinds, settle_kinds
from trialbook.eligibility.quantities import Measures
from trialbook.eligibility.tree import Concept, Domain
from trialbook.terms import Concept as Known
from trialbook.terms import Mention
from trialbook.terms.phrase_key import fold_words, make_key

# What a fact is about, beside the thing asked for: the same, a kind of it, something wider, or another thing.
Relation: TypeAlias = Literal["same", "kind", "wider", "other"]
# Who has one of these has what is asked for.
IS: frozenset[Relation] = frozenset({"same", "kind"})
# Who has none of these has nothing of what is asked for.
HOLDS: frozenset[Relation] = frozenset({"same", "wider"})
_CLOSEST: tuple[Relation, ...] = ("same", "kind", "wider", "other")

_MOST_REMEMBERED = 20_000
_TAG = re.compile(
    r"\s*\((?:disorder|finding|situation|procedure|event|morphologic abnormality|body structure)\)$", re.I
)
# "Common variable immunodeficiency (CVID)" is known without its short form.
_SHORT_FORM = re.compile(r"(?<=\w)\s*\([A-Z][A-Za-z\d/-]{0,9}[A-Z\d]\)?(?=\s|$)")
# Before the last words of a name these turn it into something else: "risk of stroke", "non-small cell".
_TURN_WORDS = (
    "no not without risk history family suspected possible non anti screening pre prevention prophylaxis negative "
    "fear of for due to from with absence concern rule ruled exposure contact"
)
_TURNS = frozenset(_TURN_WORDS.split())
_SINGLE_DRUGS = ("drugbank:", "rxnorm:")
_NARROWED = {"mesh:Substance-Related Disorders": "drug"}
# Words of one thing that no vocabulary here knows.
_ALIKE = {
    "pregnant": "pregnancy",
    "currently pregnant": "pregnancy",
    "nursing": "breastfeeding",
    "lactating": "breastfeeding",
    "lactation": "breastfeeding",
    "breast feeding": "breastfeeding",
    "breast-feeding": "breastfeeding",
}
_COMPLY = re.compile(
    r"\b(?:compl(?:y|iance|iant|ying)|adher(?:e|ence|ent|ing))\b.{0,40}\b(?:stud(?:y|ies)|protocol|trial|procedures?|visits?)\b",
    re.IGNORECASE,
)
# What a condition may be told as, and what a procedure may be.
_KINDS: dict[Domain, frozenset[str]] = {
    "condition": frozenset({"condition", "observation", "measurement", "procedure"}),
    "observation": frozenset({"condition", "observation", "measurement", "procedure", "person"}),
    "measurement": frozenset({"condition", "observation", "measurement", "procedure"}),
    "procedure": frozenset({"procedure", "condition", "observation", "device"}),
    "device": frozenset({"device", "procedure", "condition", "observation"}),
    "drug": frozenset({"drug"}),
    "person": frozenset({"person", "observation", "condition"}),
    "consent": frozenset({"consent", "observation"}),
}


def list_askers(told: Domain) -> list[Domain]:
    """The domains of what may be asked for by what is told in one."""
    return [asked for asked, kinds in _KINDS.items() if told in kinds]


class Names(Protocol):
    """Where names are known: `trialbook.terms.Thesaurus`."""

    def find_concepts(self, phrase: str) -> tuple[Known, ...]:
        """What a whole phrase means."""

    def find_concepts_in(self, text: str, *, limit: int = 100) -> tuple[Mention, ...]:
        """What a text mentions."""

    def find_broader(self, concept_id: str) -> tuple[tuple[str, int], ...]:
        """The headings above a concept."""


class Meaning(NamedTuple):
    """What a name means: its codes, those above it, its folded words, and the names by which it is found: all three."""

    ids: frozenset[str]
    above: frozenset[str]
    key: str
    names: frozenset[str]


class Matcher:
    """Compares what facts are about with what criteria ask.

    Parameters
    ----------
    names
        None where only codes and the words as they stand are compared.
    measures
        Which measurements are the same by other codes and names.
    """

    def __init__(self, names: Names | None = None, measures: Measures | None = None) -> None:
        self._names, self._measures = names, measures
        self._find_meaning = lru_cache(maxsize=_MOST_REMEMBERED)(self._read_meaning)
        self._find_above = lru_cache(maxsize=_MOST_REMEMBERED)(self._read_above)

    def relate(self, told: Concept, asked: Iterable[Concept]) -> Relation:
        """What a fact's concept is beside any of a criterion's: the closest."""
        meaning = self.find_meaning(told)
        found = [
            _relate(meaning, self.find_meaning(each)) for each in asked if told.domain in _KINDS[each.domain]
        ]
        return min(found, key=_CLOSEST.index, default="other")

    def find_meaning(self, concept: Concept) -> Meaning:
        """The codes of a concept, its own and those of its name, and all above them."""
        return self._find_meaning(concept.words, concept.domain, concept.ids)

    def _read_meaning(self, words: str, domain: Domain, ids: tuple[str, ...]) -> Meaning:
        own: set[str] = set(ids)
        above: set[str] = set()
        if self._measures is not None and domain in ("measurement", "observation"):
            own |= self._measures.identify(Concept(words, domain, ids))
        if domain == "consent":
            # Texts give consent in many sentences; a form asks for it in one word.
            own |= {f"consent:{each}" for each in find_consents(words)}
        if _COMPLY.search(words) or asks_to_comply(words):
            own.add("able:comply")
        plain = _SHORT_FORM.sub("", strip_tag(words)) or words
        plain = _ALIKE.get(plain.lower(), plain)
        key = make_key(fold_words(plain))
        if self._names is not None and plain and not (domain == "measurement" and own):
            whole = self._names.find_concepts(plain)
            if whole:
                own.add(whole[0].concept_id)
            else:
                under, named = self._read_parts(plain, domain)
                above |= under
                own |= named
        for name, word in _NARROWED.items():
            # "Drug abuse" says nothing of alcohol, as the heading that it is a name of does.
            if name in own and name not in ids and word in plain.lower():
                own.discard(name)
                above.add(name)
        for each in tuple(own | above):
            above |= self._find_above(each)
        settle_kinds(plain, own, above)
        return Meaning(frozenset(own), frozenset(above - own), key, frozenset({*own, *above, f"={key}"}))

    def _read_parts(self, words: str, domain: Domain) -> tuple[set[str], set[str]]:
        """What the parts of a name say: what it is a kind of, and the ingredients of a drug."""
        assert self._names is not None
        mentions = self._names.find_concepts_in(words, limit=12)
        if domain == "drug":
            return set(), {each.concepts[0].concept_id for each in mentions}
        under = set()
        for each in mentions:
            before = words[: each.start].lower().replace("-", " ").split()
            is_head = not words[each.end :].strip() and not _TURNS.intersection(before)
            is_first = not before and re.match(r" (?:of|in|due to) ", words[each.end :])
            is_cause = " due to " in words[: each.start] and not words[each.end :].strip()
            if is_head or is_first or is_cause:
                under.add(each.concepts[0].concept_id)
        return under, set()

    def is_known(self, concept: Concept) -> bool:
        """Whether all that is it can be told from what is not: a single drug or illness, by a name that is known.

        The members of a class of drugs are not known here.
        """
        if self._names is None:
            return True
        ids = self.find_meaning(concept).ids
        return any(each.startswith(_SINGLE_DRUGS) for each in ids) if concept.domain == "drug" else bool(ids)

    def may_speak_of(self, told: Concept, asked: Iterable[Concept]) -> bool:
        """Whether a name mentions what is asked for, or a kind of it, with words that are not understood."""
        if self._names is None:
            return False
        meanings = [self.find_meaning(each) for each in asked]
        wanted = {one for each in meanings for one in each.ids | each.above}
        meaning = self.find_meaning(told)
        if meaning.ids:
            return False
        mentioned = {
            one.concept_id for each in self._names.find_concepts_in(told.words) for one in each.concepts
        }
        return not mentioned or bool(
            wanted & mentioned.union(*(self._find_above(each) for each in mentioned))
        )

    def _read_above(self, concept_id: str) -> frozenset[str]:
        if self._names is None or concept_id.startswith(("loinc:", "snomed:", "icd")):
            return frozenset()
        above = (name for name, _ in self._names.find_broader(concept_id))
        return frozenset(f"mesh:{name}" for name in list_kinds(concept_id.removeprefix("mesh:"), above))


class FactIndex:
    """The facts of a person by what they are about: a criterion asks for few of many.

    Raises nothing; a fact is found once, with the closest of its relations.
    """

    def __init__(self, facts: Sequence[Fact], matcher: Matcher) -> None:
        self._facts, self._matcher = facts, matcher
        self._places: dict[Concept, list[int]] = {}
        for place, fact in enumerate(facts):
            self._places.setdefault(fact.concept, []).append(place)
        self._by_name: dict[str, list[Concept]] = {}
        for concept in self._places:
            for name in matcher.find_meaning(concept).names:
                self._by_name.setdefault(name, []).append(concept)
        self._names = frozenset(self._by_name)

    def find(self, asked: Sequence[Concept], *, any_domain: bool = False) -> list[tuple[Fact, Relation]]:
        """The facts that speak of what is asked for, in their order, each with what it is beside it.

        `any_domain`: whatever kind of thing the fact takes it for, as an allergy does.
        """
        closest: dict[Concept, Relation] = {}
        for each in asked:
            meaning = self._matcher.find_meaning(each)
            for name in self._names & meaning.names:
                for told in self._by_name[name]:
                    if not any_domain and told.domain not in _KINDS[each.domain]:
                        continue
                    relation = _relate(self._matcher.find_meaning(told), meaning)
                    if _CLOSEST.index(relation) < _CLOSEST.index(closest.get(told, "other")):
                        closest[told] = relation
        found = [(place, relation) for told, relation in closest.items() for place in self._places[told]]
        return [(self._facts[place], relation) for place, relation in sorted(found)]


def strip_tag(words: str) -> str:
    """A name without the kind that SNOMED CT puts behind it.

    >>> strip_tag("Ischemic heart disease (disorder)")
    'Ischemic heart disease'
    """
    return _TAG.sub("", words)


def _relate(told: Meaning, asked: Meaning) -> Relation:
    if told.key == asked.key or asked.ids & told.ids:
        return "same"
    if asked.ids & told.above:
        return "kind"
    return "wider" if told.ids & asked.above else "other"
