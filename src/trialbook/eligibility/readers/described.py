"""What does a note say of a patient, as facts?

Age, sex, measured values, and conditions, drugs, allergies and procedures with how they stand and since when. What
may mean several things ("PE", a minus that may be a list's dash) is left out, or told as uncertain.
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple, Protocol

from trialbook.eligibility.analytes import get_analyte
from trialbook.eligibility.days import Days, find_birth, one_day
from trialbook.eligibility.facts import Fact, Person, Source
from trialbook.eligibility.having import is_event_named
from trialbook.eligibility.matching import Names
from trialbook.eligibility.readers.note_days import When, find_when_before, find_when_behind
from trialbook.eligibility.readers.note_values import ReadValue, find_values
from trialbook.eligibility.readers.told_consent import find_consent
from trialbook.eligibility.tree import Concept, Domain
from trialbook.patient.allergies import find_unnamed, is_not_borne, read_allergy
from trialbook.patient.clauses import Clauses
from trialbook.patient.cues import ENDED
from trialbook.patient.mentions import NoteNames
from trialbook.patient.note import NoteConcept, PatientNote, read_note
from trialbook.patient.persons import Persons
from trialbook.patient.standing import find_standing
from trialbook.patient.stop_words import STOP_WORDS
from trialbook.terms import Concept as Known

# These deny that it ever was; others only that it is so now.
_EVER = re.compile(r"\b(?:history|prior|previous|never|ever|past|hx|h/o|na[iï]ve)\b", re.IGNORECASE)
# Who declines a test for an illness may have it.
_DECLINED = re.compile(r"\b(?:declin|refus|unwilling)", re.IGNORECASE)
# So far before a mention its lead is looked for.
_BEFORE = 60
_PLANNED = re.compile(
    r"\b(?:plan(?:ned|s|ning)?|trying|tries|hop(?:es|ing)|wants?|wish\w*|desir\w+|attempt\w*|intends?|seeking|like|schedul\w+"
    r"|(?:to|will) (?:start|begin|undergo|receive|be)|about to|awaiting|listed)\b",
    re.IGNORECASE,
)
_PROCEDURE = re.compile(
    r"(?:ectomy|otomy|ostomy|oscopy|plasty|surgery|surgeries|transplant\w*|bypass|biopsy|angiography|dialysis|radiotherapy|chemo"
    r"|chemotherapy|replacement|resection|ablation|transfusions?|implant(?:ation)?|catheterization|repair)$",
    re.IGNORECASE,
)
_FOUND = re.compile(r"(?:\bantigens?|\bantibod(?:y|ies)|HBs?Ag|RNA|DNA)$", re.IGNORECASE)
# Short forms that stand for several things in notes; what one of them means is not certain.
_SHORT = """
AD AS CAP CF CHD CP CVD ED HA HD HE ICH MM MS NEC PD PDA PE PSC PT RA RDS SI
"""
_SEVERAL = frozenset(_SHORT.split())
# What nobody loses again: in a "history of" these, or under a heading of the past, they are there still.
_LASTING = """
Alzheimer Disease|Amyotrophic Lateral Sclerosis|Anemia, Sickle Cell|Arthritis, Rheumatoid|Bipolar Disorder
Coronary Artery Disease|Crohn Disease|Colitis, Ulcerative|Cystic Fibrosis|Diabetes Mellitus|Dementia|Heart Failure
Hemophilia A|HIV Infections|Huntington Disease|Hypertension|Liver Cirrhosis|Lupus Erythematosus, Systemic
Multiple Sclerosis|Muscular Dystrophies|Parkinson Disease|Pulmonary Disease, Chronic Obstructive|Pulmonary Fibrosis
Renal Insufficiency, Chronic|Schizophrenia|Congenital Abnormalities|Genetic Diseases, Inborn
Primary Immunodeficiency Diseases|Common Variable Immunodeficiency
"""
_LIFELONG = frozenset(f"mesh:{name}" for name in re.split(r"[|\n]", _LASTING.strip()))
_NOT_LIFELONG = frozenset(
    {"mesh:Diabetes, Gestational", "mesh:Hypertension, Pregnancy-Induced", "mesh:Pre-Eclampsia"}
)
_HISTORY_ONLY = re.compile(
    r"\W*(?:(?:past|known|significant|medical|personal|long|longstanding|for|of|is|includes?|notable|remarkable|and"
    r"|with|pmhx?|history|hx|h/o|\d+[ -]years?)\W*)+",
    re.IGNORECASE,
)
# Of these a person inherits nothing.
_NO_KIN = re.compile(
    r"\b(?:husband|wife|spouse|partner|boyfriend|girlfriend|bf|gf|fianc\w+|friend|neighbou?r|step\w+|roommate|housemate|flatmate|co-?worker|colleague|boss|in-law)",
    re.IGNORECASE,
)
# What works where it is put is not taken as a drug of the whole body is.
_LOCAL = re.compile(
    r"\b(?:inhaled|inhaler|topical|intra-?nasal|nasal|ophthalmic|ocular|otic|vaginal|rectal|dermal|intra-?articular)\s+(?:\w+\s+)?$",
    re.IGNORECASE,
)
_LOCAL_BEHIND = re.compile(
    r"\s+(?:\w+\s+)?(?:inhalers?|cream|ointment|gel|eye drops|ear drops|nasal spray|lotion|enemas?|patch)\b",
    re.IGNORECASE,
)
_CONCENTRATION = re.compile(r"\s*[:=]?\s*[<>]?\s?\d+(?:[.,]\d+)?\s?[a-zµμ]{1,5}\s?/\s?d?m?l\b", re.IGNORECASE)
# Words between a denial and what it denies: of all but these a part is denied and not the whole.
_WORDS_BEFORE = re.compile(r"([^\W\d_][\w'’-]*)(\s+)(?=(?:[^\W\d_][\w'’-]*\s+)*$)")
_NEUTRAL = """
known evidence sign signs symptom symptoms previous documented reported personal medical positive clear obvious either neither nor
ever never denies denied deny negative neg free lack absence use taken take takes took used diagnosed test tested
pertinent excluded ruled cannot unlikely surgical current currently without no not any prior history hx h/o pmh
declined declines declining refused refuses refusing refusal unwilling
"""
_NARROWS_NOT = STOP_WORDS | set(_NEUTRAL.split())
_TAKEN = re.compile(
    r"\b(?:on|takes?|taking|taken|receiv\w+|given|start\w*|prescri\w+|inject\w*|meds?|medications?|supplement\w*|dose)\b",
    re.IGNORECASE,
)
_DATED: frozenset[str] = frozenset({"present", "past"})


class DescribedNames(NoteNames, Names, Protocol):
    """The thesaurus, as a note and its facts need it."""

    def find_concepts(self, phrase: str) -> tuple[Known, ...]:
        """What a whole phrase means."""


class _Note(NamedTuple):
    """A note with what is needed to read facts from it."""

    text: str
    clauses: Clauses
    names: Names | None
    day: date
    values: list[ReadValue]


def describe_patient(text: str, names: DescribedNames | None, day: date) -> Person:
    """The person of a note as it was on a day.

    A value without a day of its own was measured on some day up to then.

    Raises
    ------
    QueryError
        The note is empty, too long or says nothing.
    """
    text = text.encode("utf-8", "replace").decode()
    told = read_note(text, names, day=day)
    clauses = Clauses(text)
    note = _Note(text, clauses, names, day, find_values(text, clauses, Persons(text, clauses), day))
    facts = []
    sex = None
    if told.sex is not None:
        sex = "female" if told.sex.lower().startswith("f") else "male"
        facts.append(Fact(Concept(sex, "person"), _find_source(text, told.sex_words)))
    facts += [_make_measured(each, text) for each in note.values]
    facts += [fact for each in told.concepts if (fact := _make_fact(each, note)) is not None]
    facts += [*_make_unnamed(told, note), *find_consent(text, day)]
    birth = find_birth(*told.ages, day) if told.ages else None
    return Person("", tuple(facts), birth, "female" if sex == "female" else "male" if sex else None)


def _make_measured(read: ReadValue, text: str) -> Fact:
    words = " ".join(text[read.start : read.end].split())
    source = Source("note", f"characters {read.start} to {read.end}", words)
    return Fact(read.concept, source, value=read.value, start=read.days, end=read.days)


def _make_fact(told: NoteConcept, note: _Note) -> Fact | None:
    if _is_measured(told, note):
        return None
    source = _quote(told, note.text)
    clause = note.clauses.find(told.span[0])
    allergy = read_allergy(note.text, *told.span, clause)
    if allergy is not None and told.standing != "other":
        if not allergy.what:
            return None
        concept = Concept(allergy.what, _find_domain(allergy.what, note.names))
        return Fact(
            concept,
            source,
            status="allergy",
            denied=allergy.is_denied,
            is_certain=told.standing != "possible",
        )
    concept = Concept(told.text, _find_domain(told.text, note.names))
    detail = f"{told.text} may stand for several things" if told.text in _SEVERAL else ""
    if concept.domain == "drug":
        detail = _find_local(told, note)
    is_label = clause.label is not None and clause.label[0] <= told.span[0] < clause.label[1]
    if told.text in _SEVERAL and (told.standing != "present" or is_label):
        return None
    if concept.domain == "drug" and is_not_borne(note.text, *told.span, clause):
        ended = Days(None, note.day)
        return Fact(concept, source, start=ended, end=ended, detail="not tolerated")
    if _DECLINED.search(told.cue) and concept.domain not in ("drug", "procedure"):
        return None
    if told.standing == "denied":
        narrow = _find_narrow(told, note)
        concept = Concept(narrow + told.text, concept.domain)
        ever = bool(_EVER.search(f"{told.cue} {_find_lead(told, note)}"))
        return Fact(
            concept, source, denied=True, start=None if ever else one_day(note.day), end=one_day(note.day)
        )
    if told.is_aside:
        return None
    if told.standing == "possible":
        if _PLANNED.search(told.cue):
            return Fact(concept, source, status="planned")
        return Fact(concept, source, is_certain=False, start=Days(None, note.day), is_ongoing=True)
    if told.standing == "other":
        if _NO_KIN.search(told.cue):
            return None
        said = find_standing(note.text, *told.span, clause).standing
        # What one relative has not, another may have.
        if said == "denied" and "famil" not in told.cue.lower():
            return None
        return Fact(concept, source, status="family", denied=said == "denied", detail=told.cue)
    return _make_dated(told, concept, source, note, detail=detail) if told.standing in _DATED else None


def _make_unnamed(told: PatientNote, note: _Note) -> list[Fact]:
    """What somebody is allergic to and no vocabulary here knows: "sulfa", "latex"."""
    persons = Persons(note.text, note.clauses)
    facts = []
    for start, end, is_denied in find_unnamed(note.text, note.clauses):
        is_known = any(each.span[0] < end and start < each.span[1] for each in told.concepts)
        if not is_known and persons.find_owner(start, end).is_subject:
            words = " ".join(note.text[start:end].split())
            source = Source("note", f"characters {start} to {end}", words)
            concept = Concept(words, _find_domain(words, note.names))
            facts.append(Fact(concept, source, status="allergy", denied=is_denied))
    return facts


def _make_dated(told: NoteConcept, concept: Concept, source: Source, note: _Note, *, detail: str) -> Fact:
    """What is there, or was, from when on; with a `detail` that makes it uncertain."""
    when = _find_when(told, note)
    is_procedure = concept.domain == "procedure"
    is_there = told.standing == "present" or (_is_lifelong(told, note.names) and _is_only_history(told))
    if when and (when.part == "end" or (told.standing == "past" and _is_ended(told, note))):
        return Fact(concept, source, start=Days(None, when.days.last), end=when.days, is_certain=not detail)
    if not is_there:
        start = when.days if when else Days(None, note.day)
        # An event is over on its day; when an illness that was there then ended, nobody says.
        is_event = is_procedure or is_event_named(told.text)
        end = start if is_event and when and not when.part else Days(start.first, note.day)
        return Fact(concept, source, is_certain=not detail, start=start, end=end)
    start = when.days if when else Days(None, note.day)
    return Fact(
        concept, source, is_certain=not detail, start=start, is_ongoing=not is_procedure, detail=detail
    )


def _is_ended(told: NoteConcept, note: _Note) -> bool:
    """Whether the day that is told is that of the end: "stopped metformin in 2020"."""
    return bool(ENDED.search(told.cue) or ENDED.search(" ".join(_find_lead(told, note).split()[-2:])))


def _find_narrow(told: NoteConcept, note: _Note) -> str:
    """The words that narrow what is denied: who has no alcoholic liver disease may have another."""
    start = told.span[0]
    low = max(note.clauses.find(start).start, start - _BEFORE)
    narrow = ""
    for word, blank in reversed(_WORDS_BEFORE.findall(note.text[low:start])):
        if word.lower() in _NARROWS_NOT or word.lower().endswith(("ing", "n't")) or len(narrow) > _BEFORE:
            break
        narrow = f"{word} {narrow}" if blank else narrow
    return narrow


def _find_local(told: NoteConcept, note: _Note) -> str:
    """The words that say that a drug works where it is put, "" where none does: "inhaled corticosteroids"."""
    start, end = told.span
    low = max(note.clauses.find(start).start, start - _BEFORE)
    found = _LOCAL.search(note.text, low, start) or _LOCAL_BEHIND.match(note.text, end)
    return " ".join(found[0].split()) if found else ""


def _find_when(told: NoteConcept, note: _Note) -> When | None:
    start, end = told.span
    if end <= start:
        return None
    clause = note.clauses.find(start)
    return find_when_behind(note.text, end, max(end, clause.end), note.day) or find_when_before(
        note.text, clause.start, start, note.day
    )


def _is_measured(told: NoteConcept, note: _Note) -> bool:
    """Whether it only names what was measured: nobody takes the creatinine of his blood."""
    start, end = told.span
    if any(each.start < end and start < each.end for each in note.values):
        return True
    if _CONCENTRATION.match(note.text, end):
        return True
    if get_analyte(told.text) is None:
        return False
    clause = note.clauses.find(start)
    lead = note.text[max(clause.start, start - _BEFORE) : start]
    return not _TAKEN.search(lead)


def _is_lifelong(told: NoteConcept, names: Names | None) -> bool:
    known = names.find_concepts(told.text) if names else ()
    if not names or not known:
        return False
    above = {known[0].concept_id, *(f"mesh:{name}" for name, _ in names.find_broader(known[0].concept_id))}
    return bool(above & _LIFELONG) and not above & _NOT_LIFELONG


def _is_only_history(told: NoteConcept) -> bool:
    return bool(_HISTORY_ONLY.fullmatch(told.cue))


def _find_domain(words: str, names: Names | None) -> Domain:
    if _FOUND.search(words):
        return "observation"
    known = names.find_concepts(words) if names else ()
    if known and known[0].kind == "drug":
        return "drug"
    is_procedure = (known and known[0].kind == "other") or _PROCEDURE.search(words)
    return "procedure" if is_procedure else "condition"


def _find_lead(told: NoteConcept, note: _Note) -> str:
    """What stands before the mention that decides, in its sentence."""
    start = told.span[0]
    return re.split(r"[.;\n]", note.text[max(0, start - _BEFORE) : start])[-1]


def _quote(told: NoteConcept, text: str) -> Source:
    start, end = told.span
    words = " ".join(text[start:end].split()) or told.text
    where = f"characters {start} to {end}" if end > start else ""
    return Source("note", where, " … ".join(dict.fromkeys(filter(None, (told.cue, words)))))


def _find_source(text: str, words: str) -> Source:
    """Where words stand in a note; those that were read are told with their blanks drawn together."""
    parts = words.rstrip("…").split()
    at = re.search(r"\s+".join(map(re.escape, parts)), text) if parts else None
    where = f"characters {at.start()} to {at.end()}" if at else ""
    return Source("note", where, words)
