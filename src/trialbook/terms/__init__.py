"""Which words mean the same thing? Conditions, drugs and brands, lay words and abbreviations."""

from trialbook.terms.entries import Concept, Expansion, Mention, Synonym, SynonymKind
from trialbook.terms.sources import ATTRIBUTION
from trialbook.terms.thesaurus import Thesaurus, get_thesaurus, load_thesaurus

__all__ = [
    "ATTRIBUTION",
    "Concept",
    "Expansion",
    "Mention",
    "Synonym",
    "SynonymKind",
    "Thesaurus",
    "get_thesaurus",
    "load_thesaurus",
]
