"""Where does a note name a condition, a drug or a procedure? By the vocabularies, doctors' shorthand and form."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from trialbook.patient.stop_words import STOP_WORDS
from trialbook.terms import Mention, Synonym
from trialbook.terms.text import cut_words

MOST_MENTIONS = 120
MOST_NAMES = 8

# A name in the words of the index, in order.
Words = tuple[str, ...]

# What doctors write short in notes; in a query most of these may mean something else.
_SHORTHAND = {
    "A1c": "hemoglobin A1c", "AS": "aortic stenosis", "BRBPR": "rectal bleeding", "CAP": "community acquired pneumonia",
    "CF": "cystic fibrosis", "CHF": "heart failure",
    **{f"CKD{n}": "chronic kidney disease" for n in "12345"},
    "CP": "chest pain", "DKA": "diabetic ketoacidosis", "DM1": "type 1 diabetes",
    "DM2": "type 2 diabetes", "DOE": "dyspnea on exertion", "GAD": "generalized anxiety disorder",
    "GIB": "gastrointestinal bleeding", "HA": "headache", "HE": "hepatic encephalopathy", "HLD": "hyperlipidemia",
    "ICH": "intracerebral hemorrhage", "LBP": "low back pain", "MM": "multiple myeloma", "MTX": "methotrexate",
    "NEC": "necrotizing enterocolitis", "NIDDM": "type 2 diabetes", "N/V": "nausea", "OLT": "liver transplantation",
    "sickle cell": "sickle cell disease",
    "hep b": "hepatitis B", "hep c": "hepatitis C", "TAH": "hysterectomy", "BSO": "oophorectomy",
    "hep B": "hepatitis B", "hep C": "hepatitis C", "Hep B": "hepatitis B", "Hep C": "hepatitis C",
    "PCa": "prostate cancer", "PDA": "patent ductus arteriosus", "PE": "pulmonary embolism", "PNA": "pneumonia",
    "PSC": "primary sclerosing cholangitis", "PUD": "peptic ulcer", "PVD": "peripheral vascular disease",
    "RDS": "respiratory distress syndrome", "RRMS": "multiple sclerosis, relapsing-remitting", "SAH": "subarachnoid hemorrhage",
    "SDH": "subdural hematoma", "SI": "suicidal ideation", "SOB": "dyspnea", "TKR": "knee replacement",
    "THR": "hip replacement", "VTE": "venous thromboembolism", "XRT": "radiotherapy", "chemo": "chemotherapy",
    **{
        f"{name}{ending}": f"{name} disease"
        for name in ("Alzheimer", "Crohn", "Huntington", "Parkinson", "alzheimer", "crohn", "huntington", "parkinson")
        for ending in ("'s", "’s", "s")
    },
}  # fmt: skip
_SHORT = re.compile(
    rf"(?<![\w-])(?:{'|'.join(sorted(map(re.escape, _SHORTHAND), key=len, reverse=True))})(?![\w-])"
)
# The endings of procedures and diseases that no vocabulary here names alone: "retinopathy", "mastectomy".
_MEDICAL = re.compile(
    r"\b[a-z]{3,20}(?:ectomy|otomy|ostomy|oscopy|plasty|pathy|therapy|itis|osis|emia|aemia|algia|uria|oma|omas|penia|plegia|paresis"
    r"|megaly|rrhea|rrhoea|rrhagia|lysis|spasm|mab|tinib|statin|prazole|sartan|cillin)\b|\b(?:autism|autistic|smok(?:er|ers)|pregnant|pregnancy)\b",
    re.IGNORECASE,
)
_NOT_MEDICAL = frozenset({
    "academia", "analysis", "apathy", "catalysis", "dialysis", "diagnosis", "diploma", "empathy", "hypothesis", "prognosis",
    "sympathy", "therapy", "urinalysis", "aroma", "metastasis",
})  # fmt: skip
# Two words of which the second says what is done to, or wrong with, the first.
_PAIR = re.compile(
    r"\b(?P<first>[a-z][a-z-]{1,20})\s+(?:surgery|surgeries|metastas[ei]s|mets|pain|transplant(?:ation)?|replacement|fracture|repair"
    r"|ablation|ca|virus|infections?|transfusions?|bypass|resection|biopsy|implant(?:ation)?|catheterization|allergy|cancer|tumou?r"
    r"|disease|disorder|ulcers?|use|abuse|dependence|bleeding|failure|ideation|attacks?|replacement)\b",
    re.IGNORECASE,
)
# "Prostate ca" is short for cancer.
_CA = re.compile(r"\bca$", re.IGNORECASE)
# Words that go before any of these, and name no part of one.
_NOT_FIRST = (
    "active acute bilateral causes chronic comorbid concomitant constant current decreased definitive drug dull "
    "elective excessive illicit increased increasing intermittent known left long-term main major mild moderate "
    "much multiple needs negative over-the-counter planned poor positive possible planning previous primary recurrent "
    "refused declined rule "
    "ruled serious severe sharp similar underwent use using without worsening"
)
_NO_FIRST = STOP_WORDS | set(_NOT_FIRST.split())


class NoteNames(Protocol):
    """Where conditions and drugs are recognised: `trialbook.terms.Thesaurus`."""

    def find_concepts_in(self, text: str, *, limit: int = 100) -> tuple[Mention, ...]:
        """The concepts that a text mentions."""

    def find_synonyms(self, phrase: str, *, limit: int = 40) -> tuple[Synonym, ...]:
        """Other names of a whole phrase."""


class Found(NamedTuple):
    """A concept that is named at `text[start:end]`.

    `key` is one for all names of a concept, `phrase` what its other names are looked up by; `is_condition`
    tells diseases from drugs and procedures.
    """

    start: int
    end: int
    text: str
    key: str
    phrase: str
    is_condition: bool


def find_mentions(text: str, names: NoteNames) -> list[Found]:
    """Everything that is named, in its order, without overlaps."""
    known = [
        Found(
            each.start,
            each.end,
            each.text,
            each.concepts[0].concept_id,
            each.text,
            each.concepts[0].kind == "condition",
        )
        for each in names.find_concepts_in(text, limit=MOST_MENTIONS)
    ]
    starts = [each.start for each in known]
    fuller: list[Found] = []
    for each in _iter_written(text):
        at = bisect_left(starts, each.end)
        over = [known[i] for i in range(max(0, at - 3), at) if known[i].end > each.start]
        if not any(other.start <= each.start and other.end >= each.end for other in over) and not any(
            other.end > each.start for other in fuller[-1:]
        ):
            fuller.append(_name_written(each, names))
    kept = [
        each
        for each in known
        if not any(other.start <= each.start and each.end <= other.end for other in fuller)
    ]
    return sorted([*kept, *fuller])[:MOST_MENTIONS]


def list_names(phrases: Iterable[str], names: NoteNames) -> tuple[Words, ...]:
    """The names of a concept as words: those that a note uses, then others, then as registries turn them round.

    A registry's conditions are often headings: "Arthritis, Rheumatoid".
    """
    said = list(dict.fromkeys(phrases))
    synonyms = [synonym for each in said for synonym in names.find_synonyms(each)[:MOST_NAMES]]
    said += [synonym.text for synonym in synonyms] + [synonym.concept_name for synonym in synonyms]
    return tuple(dict.fromkeys(words for each in said if (words := tuple(cut_words(each)))))


def _iter_written(text: str) -> Iterator[Found]:
    """What is written in a way that only diseases, drugs and procedures are."""
    found = [Found(*each.span(), each[0], "", _SHORTHAND[each[0]], True) for each in _SHORT.finditer(text)]
    found += [
        Found(*each.span(), each[0], "", _CA.sub("cancer", each[0]), True)
        for each in _PAIR.finditer(text)
        if each["first"].lower() not in _NO_FIRST
    ]
    found += [
        Found(*each.span(), each[0], "", each[0], True)
        for each in _MEDICAL.finditer(text)
        if each[0].lower() not in _NOT_MEDICAL
    ]
    return iter(sorted(found, key=lambda each: (each.start, -each.end)))


def _name_written(each: Found, names: NoteNames) -> Found:
    known = names.find_concepts_in(each.phrase, limit=1)
    if known and len(known[0].text) == len(each.phrase):
        concept = known[0].concepts[0]
        return each._replace(key=concept.concept_id, is_condition=concept.kind == "condition")
    return each._replace(key=" ".join(cut_words(each.phrase)))
