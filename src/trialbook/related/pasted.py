"""What can be compared of a text that is no record yet: a synopsis, a draft protocol?"""

from __future__ import annotations

import re

from trialbook.errors import UsageError
from trialbook.related.headings import Headings, find_headings
from trialbook.related.kin import Kin, read_kin
from trialbook.related.traits import FIELDS, Population, Traits
from trialbook.terms import Thesaurus

LONGEST_PASTED = 100_000
LONGEST_TITLE = 400
MOST_MENTIONS = 200
# A heading that a text mentions once beside ten others is not what it is about.
MOST_HEADINGS = 8

# Where a part of a text begins, and which.
_PARTS = (
    (
        "criteria",
        re.compile(r"^.{0,20}\b(?:eligibility|inclusion|exclusion)\b.{0,40}$", re.IGNORECASE | re.MULTILINE),
    ),
    (
        "outcome",
        re.compile(
            r"^.{0,20}\b(?:primary|secondary) (?:outcome|end\s?point)s?\b", re.IGNORECASE | re.MULTILINE
        ),
    ),
)
# How files of word processors begin, read as text: PDF, Word and zip, RTF.
_NO_TEXTS = ("%PDF", "PK\x03\x04", "{\\rtf")
_PHASE = re.compile(r"\bphase\s+(IV|III|II|I|[1-4])(?:\s?[ab])?(?:\s?[/-]\s?(III|II|[23]))?\b", re.IGNORECASE)
_ROMAN = {"I": "1", "II": "2", "III": "3", "IV": "4"}
_DESIGN = (
    ("allocation", "RANDOMIZED", re.compile(r"(?<!non-)(?<!non)\brandomi[sz]ed\b", re.IGNORECASE)),
    ("masking", "DOUBLE", re.compile(r"\bdouble[\s-]?(?:blind|masked)", re.IGNORECASE)),
    ("masking", "NONE", re.compile(r"\bopen[\s-]?label\b", re.IGNORECASE)),
    ("model", "CROSSOVER", re.compile(r"\bcross-?over\b", re.IGNORECASE)),
    (
        "study type",
        "OBSERVATIONAL",
        re.compile(r"\b(?:observational|cohort) study\b|\bregistry\b", re.IGNORECASE),
    ),
)


def read_pasted(text: str, thesaurus: Thesaurus) -> Traits:
    """The traits of a free text: its first line as the title, what it mentions, what it says of the design.

    Raises UsageError for more than 100,000 characters, and for the bytes of a file that is no plain text.
    """
    if text.startswith(_NO_TEXTS) or "\0" in text:
        raise UsageError("what was given is no plain text: save it as plain text (UTF-8), or paste its words")
    if len(text) > LONGEST_PASTED:
        raise UsageError(
            f"a text to compare has at most {LONGEST_PASTED:,} characters, this one {len(text):,}"
        )
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    texts = dict.fromkeys(FIELDS, "") | _split(text)
    texts["title"] = lines[0][:LONGEST_TITLE] if lines else ""
    found = _find_named(text, thesaurus)
    for kind, field in (("condition", "condition"), ("drug", "intervention")):
        texts[field] = "\n".join(name for name, its in found.items() if its == kind)
    return Traits(
        nct_id="",
        texts=texts,
        conditions=_find_headings(found, "condition", thesaurus),
        interventions=_find_headings(found, "drug", thesaurus),
        design=_find_design(text),
        population=Population(),
        kin=_find_kin(texts),
        people={},
        sponsor_name="",
        status="",
        has_results=False,
    )


def _split(text: str) -> dict[str, str]:
    """The text in parts, each from where it begins to where the next does."""
    starts = sorted(
        (match.start(), name)
        for name, pattern in _PARTS
        for match in [pattern.search(text)]
        if match is not None
    )
    ends = [start for start, _ in (*starts, (len(text), ""))][1:]
    parts = {name: text[start:end] for (start, name), end in zip(starts, ends, strict=True)}
    return {"summary": (text[: starts[0][0]] if starts else text).strip(), **parts}


def _find_named(text: str, thesaurus: Thesaurus) -> dict[str, str]:
    """What a text names as condition or drug, the most frequent first."""
    counts: dict[str, int] = {}
    kinds: dict[str, str] = {}
    for mention in thesaurus.find_concepts_in(text, limit=MOST_MENTIONS):
        name = mention.text.casefold()
        kind = mention.concepts[0].kind
        if kind in ("condition", "drug"):
            counts[name] = counts.get(name, 0) + 1
            kinds[name] = kind
    chosen: dict[str, str] = {}
    for kind in ("condition", "drug"):
        names = sorted((name for name in counts if kinds[name] == kind), key=lambda name: -counts[name])
        chosen |= dict.fromkeys(names[:MOST_HEADINGS], kind)
    return chosen


def _find_headings(found: dict[str, str], kind: str, thesaurus: Thesaurus) -> Headings:
    return find_headings([name for name, its in found.items() if its == kind], kind, thesaurus)


def _find_design(text: str) -> dict[str, tuple[str, ...]]:
    design: dict[str, tuple[str, ...]] = {}
    for name, value, pattern in _DESIGN:
        if pattern.search(text):
            design.setdefault(name, (value,))
    match = _PHASE.search(text)
    if match:
        numbers = (_ROMAN.get(each.upper(), each) for each in match.groups() if each)
        design["phase"] = tuple(sorted({f"PHASE{number}" for number in numbers}))
    return design


def _find_kin(texts: dict[str, str]) -> Kin:
    return read_kin({}, texts)
