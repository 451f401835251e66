"""What the thesaurus hands out: concepts, their other names, and where a text mentions them."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class SynonymKind(StrEnum):
    """How a suggested phrase relates to what was asked."""

    SYNONYM = "synonym"
    BRAND = "brand"
    NARROWER = "narrower"


class Concept(Struct, frozen=True):
    """One meaning, whatever it is called.

    Attributes
    ----------
    concept_id
        Vocabulary and heading or accession: `mesh:Myocardial Infarction`, `drugbank:DB00945`,
        `trialbook:…` for the few that only our own table has. Stable as long as the heading is.
    name
        The vocabulary's heading, as ClinicalTrials.gov prints it in its browse modules.
    vocabulary
        "MeSH", "DrugBank", "drug names" (MedlinePlus, NHS, Wikipedia titles) or "Trialbook".
    kind
        "condition", "drug" or "other".
    tree_numbers
        MeSH tree positions; empty outside MeSH.
    """

    concept_id: str
    name: str
    vocabulary: str
    kind: str
    tree_numbers: tuple[str, ...] = ()


class Synonym(Struct, frozen=True):
    """Another way to say it: `text` in reading order, and the concept that vouches for it."""

    text: str
    concept_id: str
    concept_name: str
    kind: SynonymKind


class Mention(Struct, frozen=True):
    """A stretch of text, `text[start:end]`, and what it may mean (most likely first, never empty)."""

    start: int
    end: int
    text: str
    concepts: tuple[Concept, ...]


class NamedMention(Struct, frozen=True):
    """A mention in a query with the words that were added for it."""

    mention: Mention
    added: tuple[Synonym, ...]

    def explain(self) -> str:
        """Say which words were added and on whose word, in one line."""
        concept = self.mention.concepts[0]
        place = f" {concept.tree_numbers[0]}" if concept.tree_numbers else ""
        words = ", ".join(f'"{synonym.text}"' for synonym in self.added) or "nothing"
        return f'"{self.mention.text}" is {concept.name} ({concept.vocabulary}{place}); added {words}'
