"""Has the person it, had he it, is it only possible, or does the note deny it?

In prose a cue before a mention reaches to it until a word that turns, one behind it must follow at once; in a
form the value of a field says how what its label names stands.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from trialbook.patient import cues
from trialbook.patient.asides import Aside, find_aside
from trialbook.patient.boxes import read_box
from trialbook.patient.clauses import Clause, Span
from trialbook.patient.cues import YEAR, compile_cues

# What a note says of a concept; "other" is said of somebody else, "unknown" in a form ("Epilepsy: unknown").
Standing = Literal["present", "past", "possible", "denied", "other", "unknown"]
# The strongest first.
STANDINGS: tuple[Standing, ...] = ("present", "past", "possible", "denied", "other", "unknown")
# So far before and behind a mention is looked for what decides of it.
_REACH, _BEHIND = 160, 90

# What the value of a field says, by its beginning; the first that fits.
_ANSWERS: tuple[tuple[Standing, re.Pattern[str]], ...] = (
    (
        "denied",
        compile_cues(
            r"\s*(?:no(?:ne|pe|t)?\b(?! (?:longer|(?:known )?(?:available|assessed|tested|recorded|documented|applicable)))"
            r"|n\b(?!/)|never\b|absent\b|denie[sd]\b|negative\b|neg\b|nil\b|false\b|0\s*$|[-–]\s*$|ruled out|excluded|without\b"
            r"|free\b|not (?:given|present|detected|found)|unremarkable"
            r"|vaccinated|immuni[sz]ed|immune\b|non-?reactive)"
        ),
    ),
    (
        "unknown",
        compile_cues(
            r"\s*(?:unknown|n/?a\b|not (?:available|assessed|tested|recorded|documented|applicable|known)|normal"
            r"|within normal|wnl\b|unclear|\?|withheld|pending|tbd|declined|refused|contraindicated|offered|recommended"
            r"|(?:on )?h(?:o|e)ld\b|$)"
        ),
    ),
    (
        "possible",
        compile_cues(
            r"\s*(?:suspected|possibl[ey]|probabl[ey]|likely|planned|scheduled|considered|query|maybe"
            r"|under (?:investigation|evaluation)|to (?:start|begin))"
        ),
    ),
    (
        "past",
        compile_cues(
            rf"\s*(?:(?:yes\b|positive\b|\+)?\s*[,(]?\s*(?:in )?{YEAR}|former(?:ly)?|previous(?:ly)?|past\b"
            rf"|treated (?:in )?{YEAR}|treated\s*(?:$|,)|prior\b|stopped"
            r"|discontinued|resolved|failed|history|quit|ex\b|in remission|cured|\d+ years? ago)"
        ),
    ),
    (
        "present",
        compile_cues(
            r"\s*(?:yes\b|y\b|true\b|present\b|positive\b|pos\b|\+|confirmed|active\b|current(?:ly)?\b|mild|moderate|severe"
            r"|chronic|stage|grade|type|well|poor|controlled|uncontrolled|since|diagnosed|x\s?\d|[1-9])"
        ),
    ),
)
# Shorthand: "-DM +HTN", "(-) DM", "HIV-, HBV+". A dash with which a line begins may only mark a list.
_MINUS = re.compile(r"(?:^|(?<=[\s(,;:/+]))(?:[-−]|\([-−]\)\s?)$")
_PLUS = re.compile(r"(?:^|(?<=[\s(,;:/]))(?:\+|\(\+\)\s?)$")
_MINUS_BEHIND = re.compile(r"\s?\([-−]\)|\s?[-−]ve\b|[-−](?=\s*(?:[,;/).]|$)|\s+[A-Z\d+]{2})")
_SIGNS = re.compile(r"(?:^|(?<=[\s(,;/]))[-−+](?=[^\W\d])")
_SIGN = 6
_OF_SYMPTOMS = compile_cues(r"\b(?:ros|review of systems|symptoms?|negatives?|denies|exam)\b")
_FIRST = compile_cues(r"\s*\S+(?: (?:out|given|present))?")
# What a label says of each thing in its value: "Prior treatment: …".
_LABELS: tuple[tuple[Standing, re.Pattern[str]], ...] = (
    (
        "denied",
        compile_cues(r"^\W*(?:pertinent )?(?:negatives?|denies|denied|absent|excluded|ruled out|no)\W*$"),
    ),
    (
        "possible",
        compile_cues(
            r"\b(?:suspected|differential|possible|planned|plan|imp|rule\s*out|r/o|question|query|interested|considered)\b"
        ),
    ),
    (
        "past",
        compile_cues(
            r"\b(?:prior|previous(?:ly)?|past|history|former(?:ly)?|hx|h/o|pmhx?|pshx?|failed|tried|s/p|earlier|completed)\b"
        ),
    ),
)


class Told(NamedTuple):
    """How a concept stands, and the span of the words that say so (empty where none does).

    `is_aside` where it is only asked about, tested for, prevented or met: a search may ask for it, no fact is told.
    """

    standing: Standing
    start: int = 0
    end: int = 0
    is_aside: bool = False


def find_standing(text: str, start: int, end: int, clause: Clause) -> Told:
    """What a note says of the concept that it names at `text[start:end]`, whoever has it."""
    low = clause.start
    if box := read_box(text, start, end):
        if box.says != "ticked":
            answers: dict[str, Standing] = {"empty": "unknown", "yes": "present", "no": "denied"}
            return Told(answers[box.says], box.start, box.end)
        low = max(low, box.end if box.end <= start else low)
        if box.start >= end:
            return Told("present", box.start, box.end)
    if clause.label and clause.label[0] <= start < clause.label[1]:
        return _judge_label(text, clause.label, clause.value or (clause.end, clause.end))
    low = max(low, clause.value[0] if clause.value else low)
    if signed := _read_sign(text, start, end, clause):
        return signed
    low, high = max(low, start - _REACH), min(clause.end, end + _BEHIND)
    told = _judge_prose(text, start, end, low, high)
    aside = find_aside(text, start, end, low, high)
    if aside is not None and not _is_stronger(told, aside, text, start):
        standing: Standing = "unknown" if aside.is_unknown else "possible"
        return Told(standing, aside.start, aside.end, not aside.is_wish and not aside.is_unknown)
    if clause.label and told.standing == "present":
        return _read_label(text, clause.label) or told
    return told


def _is_stronger(told: Told, aside: Aside, text: str, start: int) -> bool:
    """Whether what decides stands nearer than what makes an aside, or is a test's result."""
    if told.standing not in ("denied", "past"):
        return False
    is_result = told.standing == "denied" and (told.end > start or cues.NEGATIVE.search(text[:start][-30:]))
    return bool(is_result) or aside.end <= told.start < start


def _read_sign(text: str, start: int, end: int, clause: Clause) -> Told | None:
    """What a minus or plus beside the mention says; "unknown" where a minus may mark a line of a list."""
    low = max(clause.start, start - _SIGN)
    before = text[low:start]
    if plus := _PLUS.search(before):
        return Told("present", low + plus.start(), start)
    minus = _MINUS.search(before)
    if before.rstrip().endswith(("+/-", "+/−", "±")):
        return Told("possible", start - 4, start)
    if minus is None:
        behind = _MINUS_BEHIND.match(text, end) if text[start:end].isupper() else None
        return Told("denied", end, behind.end()) if behind else None
    line = text[text.rfind("\n", 0, start) + 1 : clause.end]
    is_first = not text[clause.start : low + minus.start()].strip() and "(" not in minus[0]
    if is_first and len(_SIGNS.findall(line)) < 2:
        return None
    label = text[slice(*clause.label)] if clause.label else ""
    is_list = bool(label) and "+" not in line and not _OF_SYMPTOMS.search(label)
    return Told("unknown" if is_list else "denied", low + minus.start(), start)


def read_answer(value: str) -> Standing | None:
    """What the value of a field says of the thing in its label; None where it is no answer, as a measure."""
    return next((standing for standing, answer in _ANSWERS if answer.match(value)), None)


def _judge_label(text: str, label: Span, value: Span) -> Told:
    answer = text[slice(*value)]
    standing = read_answer(answer) or "present"
    first = _FIRST.match(answer)
    if standing == "present" and (told := _read_label(text, label)):
        standing = told.standing
    return Told(standing, value[0], value[0] + (first.end() if first else 0))


def _read_label(text: str, label: Span) -> Told | None:
    words = text[slice(*label)]
    for standing, cue in _LABELS:
        if found := cue.search(words):
            return Told(standing, label[0] + found.start(), label[0] + found.end())
    return None


def _judge_prose(text: str, start: int, end: int, low: int, high: int) -> Told:
    """The first that holds: possible before denied where it stands nearer, what is behind before the past."""
    before, behind = text[low:start], text[end:high]
    if cues.LASTS.match(behind):
        low += before.rfind(",") + 1
        before = text[low:start]
    if before.endswith(("?", "? ")):
        return Told("possible", start - 2, start)
    if behind.lstrip()[:1] == "+" and not behind.lstrip()[1:].lstrip()[:1].isalnum():
        return Told("present", end, end + 1)
    denied = (
        cues.NON.search(before)
        or cues.NEGATIVE.search(before)
        or cues.DECLINED.search(before)
        or _find_last(cues.DENIED, before, cues.TURN)
    )
    if denied and (ended := cues.NO_LONGER.match(behind)):
        return Told("past", low + denied.start(), end + ended.end())
    # "No dementia, DBS in 2019": what has its year happened.
    if denied and "," in before[denied.end() :] and cues.IN_A_YEAR.match(behind):
        denied = None
    possible = _find_last(cues.POSSIBLE, before, cues.TURN)
    if possible and denied and possible.start() < denied.start():
        possible = None
    judged: tuple[tuple[Standing, re.Match[str] | None, int], ...] = (
        ("possible", possible, low),
        ("denied", denied, low),
        ("possible", _match_behind(cues.POSSIBLE_BEHIND, behind), end),
        ("denied", cues.NAIVE_BEHIND.match(behind) or _find_ruled_out(behind), end),
        ("past", _find_ended(before, behind), end),
        ("past", cues.OFF.search(before), low),
        ("past", None if cues.STARTED_BEHIND.match(behind) else _find_past(before), low),
    )
    for standing, found, offset in judged:
        if found is not None:
            return Told(standing, offset + found.start(), offset + found.end())
    return Told("present")


def _find_past(before: str) -> re.Match[str] | None:
    past = _find_last(cues.PAST, before, cues.TURN_OF_PAST)
    if past and cues.NEAR.fullmatch(past[0]) and "," in before[past.end() :]:
        past = None
    if past and cues.OF_A_PERSON.fullmatch(past[0]) and cues.A_PERSON.search(before, past.end()):
        past = None
    return past or _find_last(cues.HAD, before, cues.TURN_OF_PAST)


def _find_ended(before: str, behind: str) -> re.Match[str] | None:
    ended = _match_behind(cues.PAST_BEHIND, behind)
    began = ended and cues.WHEN.search(ended[0]) and cues.BEGAN.search(before)
    return None if began else ended


def _find_ruled_out(behind: str) -> re.Match[str] | None:
    found = _match_behind(cues.DENIED_BEHIND, behind)
    return None if found and cues.NOT_EXCLUDED.search(found[0]) else found


def _find_last(cue: re.Pattern[str], before: str, turn: re.Pattern[str]) -> re.Match[str] | None:
    """The last cue before a mention, where nothing turns from it."""
    last = None
    for found in cue.finditer(before):
        last = found
    if last is None or ("none" in last.groupdict() and last["none"]):
        return None
    return None if turn.search(before, last.end()) else last


def _match_behind(cue: re.Pattern[str], behind: str) -> re.Match[str] | None:
    found = cue.match(behind)
    gap = (found.groupdict().get("gap") or "") if found else ""
    # "Embolism and myocarditis were ruled out" is said of both, "cough, asthma ruled out" of the second.
    if found and "and" in gap and cues.OF_ONE.search(found[0]):
        return None
    is_of_another = cues.VERB.search(gap) or ("," in gap and not cues.AND.search(gap))
    return None if is_of_another else found
