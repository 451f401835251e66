"""By which codes is a thing known? Conditions and drugs from the thesaurus, measurements from our table."""

from __future__ import annotations

from functools import lru_cache

from trialbook.eligibility.analytes import get_analyte
from trialbook.eligibility.tree import Concept, Domain
from trialbook.terms import Thesaurus

MOST_REMEMBERED = 50_000
_KINDS: dict[Domain, str] = {"condition": "condition", "drug": "drug"}


class Namer:
    """Makes concepts of names; remembers those that it made."""

    def __init__(self, thesaurus: Thesaurus) -> None:
        self._thesaurus = thesaurus
        self.name = lru_cache(maxsize=MOST_REMEMBERED)(self._name)

    def _name(self, words: str, domain: Domain) -> Concept:
        if domain == "measurement":
            analyte = get_analyte(words)
            return Concept(words, domain, analyte.ids if analyte else ())
        known = self._thesaurus.find_concepts(words)
        wanted = _KINDS.get(domain)
        for each in known:
            if wanted is None or each.kind == wanted:
                return Concept(words, domain, (each.concept_id,))
        if domain == "drug" and not known:
            named = self._thesaurus.find_concepts_in(words, limit=8)
            ids = dict.fromkeys(
                each.concepts[0].concept_id for each in named if each.concepts[0].kind == "drug"
            )
            return Concept(words, domain, tuple(ids))
        return Concept(words, domain)
