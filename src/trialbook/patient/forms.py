"""What do the fields of a form say? Labels name a thing or a kind of thing; values say whether it is there."""

from __future__ import annotations

from collections.abc import Sequence

from trialbook.patient.clauses import Clause, Clauses, Span
from trialbook.patient.cues import compile_cues
from trialbook.patient.mentions import Found
from trialbook.patient.standing import read_answer

# A form has at least so many fields.
LEAST_FIELDS = 2
_MOST_HEADING_WORDS = 8
# Labels of kinds of things: no condition or drug is called so.
_KINDS = compile_cues(
    r"\b(?:age|sex|gender|birth|dob|name|date|re|diagnos[ie]s|dx|diseases?|disorders?|conditions?|indications?|template|topic"
    r"|problems?|complaint|impression|imp|assessment|reason|history|pmhx?|pshx?|fhx?|hx|medications?|meds|drugs?|treatments?"
    r"|tx|therap(?:y|ies)|surger(?:y|ies)|procedures?|comorbid\w*|allerg(?:y|ies)|stage|grade|type|class|status|course"
    r"|duration|control|severity|score|number|weight|height|bmi|ecog|plan|labs?|exam\w*|results?|test\w*|level|pressure|rate"
    r"|count|visual|field|acuity|fev1|fraction|group|participant|patient|race|ethnicity|location|country|onset|symptoms?"
    r"|signs?|subtype|notes?|other|question|profile|report|story)\b"
)
# With these beside it, a kind is one still: "definitive diagnosis", "prior treatment".
_QUALIFIER = compile_cues(
    r"\b(?:definitive|primary|main|principal|final|prior|previous|past|current|known|chief|medical|surgical|social|family"
    r"|(?:patient|child|mother|father)(?:['’]?s)?|of|the|and|in|first|line|tried|used|years?|ongoing|relevant|working|clinical|associated)\b",
    r"[^\w\s]",
)
_MAIN = compile_cues(
    r"\b(?:diagnos[ie]s|dx|disease|disorder|condition|indication|template|topic|problem|cancer type)\b"
)
_NOT_MAIN = compile_cues(
    r"\b(?:comorbid\w*|other|secondary|prior|previous|past|differential|history|problem list|family)\b"
)
_BEFORE_NAME = compile_cues(
    r"^(?:(?:prior|previous|past|known|any|current(?:ly)?|active|history|of|hx|presence|long-term|concomitant|concurrent"
    r"|comorbid|on|has|the) )+"
)
_THERE = compile_cues(r"\s*(?:yes|present|\+)")
# What a test found is no thing that somebody has or lacks: "HER2: negative".
_MEASURED = compile_cues(r"\s*[<>=≥≤~]?\s*\d")
_TESTED = compile_cues(r"\s*(?:neg|pos)")


def find_labelled(text: str, clauses: Clauses, found: Sequence[Found]) -> list[Found]:
    """The labels that name something which no vocabulary knows, and are answered with yes or no."""
    labelled = []
    for clause in _list_fields(clauses):
        start, end = clause.label or (0, 0)
        value = text[slice(*(clause.value or (0, 0)))]
        core = _BEFORE_NAME.sub("", text[start:end])
        start = end - len(core)
        is_answer = read_answer(value) in ("denied", "possible", "past") or _THERE.match(value)
        is_known = any(each.start < end and each.end > start for each in found)
        if core and is_answer and not is_known and not _KINDS.search(core) and not _TESTED.match(value):
            labelled.append(Found(start, end, core, core.lower(), core, False))
    return labelled


def find_main(text: str, clauses: Clauses, affirmed: Sequence[Found]) -> frozenset[str]:
    """The keys of what a note is about: in a form its heading and diagnosis, else the first condition."""
    main = []
    for each in affirmed:
        clause = clauses.find(each.start)
        label = text[slice(*clause.label)] if clause.label else ""
        is_value = clause.value is not None and clause.value[0] <= each.start
        if is_value and _MAIN.search(label) and not _NOT_MAIN.search(label):
            main.append(each.key)
    if len(_list_fields(clauses)) >= LEAST_FIELDS:
        heading = next((clause for clause in clauses.all if text[clause.start : clause.end].strip()), None)
        if heading and len(text[heading.start : heading.end].split()) <= _MOST_HEADING_WORDS:
            main += [each.key for each in affirmed if heading.start <= each.start < heading.end]
    if not main:
        main = [each.key for each in affirmed if each.is_condition][:1]
    return frozenset(main)


def list_idle(text: str, clauses: Clauses, found: Sequence[Found]) -> list[Span]:
    """The labels and answers that are no evidence of anything: "visual field: normal", "smoker: no"."""
    idle = []
    for clause in _list_fields(clauses):
        label, value = clause.label or (0, 0), clause.value or (0, 0)
        said = text[slice(*value)]
        standing = read_answer(said)
        is_kind = not _QUALIFIER.sub("", _KINDS.sub("", text[slice(*label)])).strip()
        is_named = any(label[0] <= each.start < label[1] for each in found)
        if _TESTED.match(said) and not is_kind and not is_named:
            continue
        # "Course: relapsing" tells of a course what it is; "FEV1: 48 %" that it was measured.
        is_told = standing is None and not is_named and not _MEASURED.match(said)
        if is_kind or is_told or standing in ("denied", "unknown"):
            idle.append(label)
        if standing in ("denied", "unknown") and len(said.split()) <= 3:
            idle.append(value)
    return idle


def _list_fields(clauses: Clauses) -> list[Clause]:
    return [
        clause
        for clause in clauses.fields
        if clause.value and clause.label and clause.label[1] <= clause.value[0]
    ]
