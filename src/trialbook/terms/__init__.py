"""Which words mean the same thing? Conditions, drugs and brands, lay words and abbreviations."""

from trialbook.terms.entries import Concept, Mention, NamedMention, Synonym, SynonymKind
from trialbook.terms.thesaurus import Thesaurus, get_thesaurus, load_thesaurus
from trialbook.terms.vocabularies import ATTRIBUTION

__all__ = [
    "ATTRIBUTION",
    "Concept",
    "Mention",
    "NamedMention",
    "Synonym",
    "SynonymKind",
    "Thesaurus",
    "get_thesaurus",
    "load_thesaurus",
]
