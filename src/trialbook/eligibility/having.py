"""Does a person have, take or undergo a thing, at the time that a criterion asks of?

What is told of the thing or of a kind of it speaks for it; what is denied of it or of something wider speaks
against it. Both at one time are a conflict. Nothing told is unknown, but in a domain declared complete.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from trialbook.eligibility.days import (
    Days,
    covers,
    fits,
    fits_length,
    is_within,
    one_day,
    overlaps,
    place_window,
)
from trialbook.eligibility.facts import Fact
from trialbook.eligibility.matching import HOLDS, IS
from trialbook.eligibility.reading import Reading, leave_open, settle
from trialbook.eligibility.tree import Atom, Span, Window
from trialbook.eligibility.verdicts import Evidence, Finding

# What happens on a day and is then part of the past, however long a list keeps it.
_EVENTS = re.compile(
    r"\b(?:infarction|stroke|attack|embolism|fracture|arrest|h(?:a)?emorrhage|injury|surgery|transplant(?:ation)?|"
    r"revasculari[sz]ation|transfusion|hospitali[sz]ation|overdose|miscarriage|birth|biopsy)s?\b",
    re.IGNORECASE,
)
# What men cannot have, whatever else is known of them.
_OF_WOMEN = re.compile(
    r"\b(?:pregnan(?:t|cy)|(?:breast|chest)[- ]?feeding|lactat(?:ing|ion)|child-?\s?bearing)\b"
    r"|^(?:is |are |currently )*nursing(?: (?:a child|an infant|mothers?|wom[ae]n|females?))?$",
    re.IGNORECASE,
)
_OF_OTHERS = re.compile(
    r"\b(?:partners?|wife|wives|spouses?|mothers?|father(?:ing)?|planning)\b", re.IGNORECASE
)
_BEGINS = re.compile(r"\b(?:diagnos\w+|onset|new(?:ly)?|first|initiat\w+|started|began)\b", re.IGNORECASE)
_SINCE = re.compile(r"\b(?:since|after|from|following|elapsed|wash-?\s?out|post|interval)\b", re.IGNORECASE)
_EVER = one_day(date.max)
# "Other malignancies", "no prior cancer": the one that a study treats is not meant.
_ANOTHER = re.compile(
    r"(?<!\bor )(?<!\band )(?<!, )(?<!\w)(?:other|another|second(?:ary)?|additional)\s+(?!than\b)(?:[\w-]+\s+){0,2}",
    re.IGNORECASE,
)
_PRIOR = re.compile(r"\b(?:prior|previous|concurrent|concomitant|synchronous|history of)\b", re.IGNORECASE)
_CANCER = re.compile(r"^(?:\w+ )?(?:malignan\w+|cancers?|neoplas\w+|tumou?rs?)$", re.IGNORECASE)
_OF_CANCER = re.compile(
    r"cancer|carcinoma|lymphoma|leuk(?:a)?emia|myeloma|tumou?r|neoplas|metasta|sarcoma|melanoma|malignan|glioma|blastoma",
    re.IGNORECASE,
)
_EXCLUSION = re.compile(r"\bexclu(?:sion|de)", re.IGNORECASE)
_LEAD, _NEAR = 40, 15


class Told(NamedTuple):
    """A fact that bears on an atom, with the stretch of days that it holds for."""

    fact: Fact
    start: Days
    end: Days


class Perhaps(NamedTuple):
    """A fact that may bear on an atom; what would settle it; whether only its days leave it open."""

    told: Told
    why: str
    is_of_days: bool = False


class Sorted(NamedTuple):
    """What is told of a thing: surely so, perhaps so, and surely not so."""

    sure: list[Told]
    perhaps: list[Perhaps]
    denied: list[Told]


def evaluate_having(atom: Atom, reading: Reading) -> Finding:
    """Whether a person has what an atom without an interval asks for."""
    anchor = _find_anchor(atom, reading)
    if anchor is None:
        event = atom.window.event if atom.window else ""
        visit = atom.window.anchor if atom.window else ""
        return leave_open(atom.span, f"the day of {event or visit}, from which it is counted")
    if _is_untold(atom, reading):
        return leave_open(atom.span, f"whether: {name_thing(atom, reading)}")
    window = _place_window(atom, anchor)
    found = _sort(atom, reading, window)
    if atom.count is not None:
        return _count(atom, reading, found)
    sure, denied = found.sure, [each for each in found.denied if covers(each.start, each.end, window)]
    # Whose days are told too loosely may lie outside the window, but not where all of them are denied.
    spoken = sure + [each.told for each in found.perhaps if each.is_of_days and denied]
    against = [
        each
        for each in found.denied
        if any(overlaps(each.start, each.end, one.start, one.end) for one in spoken)
    ]
    if spoken and against:
        return _say_conflict(atom.span, spoken, against)
    if sure or denied:
        later = _find_later(atom, reading, window)
        is_since = later is not None and _SINCE.search(name_thing(atom, reading)) is not None
        if sure and later and is_since:
            what = f"whether what was later counts as well: {later[0].fact.describe()}"
            return leave_open(atom.span, what, *((each.fact, "") for each in (*sure, *later)))
        if denied and not sure and is_since and not reading.any_value_counts:
            what = f"whether it is asked of those alone who had it: {name_thing(atom, reading)}"
            return leave_open(atom.span, what, *((each.fact, "") for each in denied))
    if sure and _is_of_another(atom, reading):
        what = f"whether it is another than what the study is about: {sure[0].fact.describe()}"
        return leave_open(atom.span, what, *((each.fact, "") for each in sure), verdict="judgement")
    if sure:
        return _narrow(atom, settle("met", atom.span, *((each.fact, "") for each in sure)))
    if denied:
        return _deny(atom, found, denied)
    if found.perhaps:
        return leave_open(
            atom.span,
            "; ".join(dict.fromkeys(each.why for each in found.perhaps)),
            *((each.told.fact, each.why) for each in found.perhaps),
        )
    if _is_closed(atom, reading):
        return Finding("not_met")
    if {each.domain for each in atom.concepts} <= reading.person.complete:
        what = f"whether something told is it, by another name: {name_thing(atom, reading)}"
        return leave_open(atom.span, what, *((each.fact, "") for each in found.denied))
    return leave_open(
        atom.span, f"whether: {name_thing(atom, reading)}", *((each.fact, "") for each in found.denied)
    )


def _is_untold(atom: Atom, reading: Reading) -> bool:
    """Whether nothing at all bears on it, as on most of what a study asks: it stays open, whatever days are asked of."""
    return (
        atom.count is None
        and not reading.person.complete
        and not reading.known.find(atom.concepts, any_domain=True)
        and not _of_sex(atom, reading)
    )


def _is_closed(atom: Atom, reading: Reading) -> bool:
    """Whether what nothing tells is not so: all of its kind is told, and what is told can be told apart from it."""
    person, matcher = reading.person, reading.matcher
    domains = {each.domain for each in atom.concepts}
    if not domains <= person.complete:
        return False
    if not reading.known.find(atom.concepts) and not all(matcher.is_known(each) for each in atom.concepts):
        return False
    told = {each.concept for each in person.facts if each.concept.domain in domains and not each.denied}
    known = {fact.concept for fact, _ in reading.known.find(atom.concepts)}
    return not any(matcher.may_speak_of(each, atom.concepts) for each in told - known)


def _is_of_another(atom: Atom, reading: Reading) -> bool:
    """Whether the words keep out for another illness than the study's own: "other malignancy", "a second cancer"."""
    is_against = reading.any_value_counts and reading.text
    if not is_against or any(each.domain != "condition" for each in atom.concepts):
        return False
    start, end = atom.span.start, atom.span.end
    low = max(start - _LEAD, *(reading.text.rfind(mark, 0, start) + 1 for mark in ".;\n"), 0)
    lead, said = reading.text[low:start], reading.text[start:end]
    for found in _ANOTHER.finditer(lead + said):
        if found.end() >= len(lead) > found.start() - _NEAR:
            return True
    # "Prior malignancy" is any in a study of the heart, and another one in a study of cancer.
    is_cancer = all(_CANCER.search(each.words) for each in atom.concepts)
    head = _EXCLUSION.split(reading.text, maxsplit=1)[0]
    return is_cancer and bool(_PRIOR.search(lead + said)) and bool(_OF_CANCER.search(head))


def find_window(atom: Atom, reading: Reading) -> tuple[Days, Days] | None:
    """The first and last day that an atom asks of; None where they hang on a day that nobody gave."""
    anchor = _find_anchor(atom, reading)
    return None if anchor is None else _place_window(atom, anchor)


def _find_anchor(atom: Atom, reading: Reading) -> Days | None:
    return reading.person.find_anchor(atom.window.anchor if atom.window else "now", reading.day)


def _place_window(atom: Atom, anchor: Days) -> tuple[Days, Days]:
    if not _is_timed(atom):
        return anchor, anchor
    if atom.window is not None:
        return place_window(atom.window, anchor)
    if atom.assertion == "history" or is_event(atom):
        return place_window(Window(latest=0), anchor)
    return anchor, anchor


def _find_later(atom: Atom, reading: Reading, window: tuple[Days, Days]) -> list[Told] | None:
    """What is told after a window that only says how long ago it must have been; None of another window."""
    asked = atom.window
    if asked is None or asked.earliest is not None or asked.latest is None or asked.latest <= 0:
        return None
    told = [
        _stretch(fact, reading.day)
        for fact, relation in reading.known.find(atom.concepts)
        if relation in IS and not fact.denied and fact.status == "present"
    ]
    return [each for each in told if is_within(each.start, each.start, window) is False]


def _is_timed(atom: Atom) -> bool:
    """Whether the days of a fact matter: an allergy or a family's disease has none."""
    return atom.assertion in ("present", "history") or (
        atom.assertion == "planned" and atom.window is not None
    )


def is_event(atom: Atom) -> bool:
    """Whether what is asked for happens on a day."""
    return all(each.domain == "procedure" or is_event_named(each.words) for each in atom.concepts)


@lru_cache(maxsize=4_096)
def is_event_named(words: str) -> bool:
    """Whether a name is of something that happens on a day, as an infarction."""
    return _EVENTS.search(words) is not None


def name_thing(atom: Atom, reading: Reading) -> str:
    """What an atom asks for, in the criterion's words where they are there."""
    return reading.quote(atom.span) or " or ".join(each.words for each in atom.concepts)


def _sort(atom: Atom, reading: Reading, window: tuple[Days, Days]) -> Sorted:
    status = "present" if atom.assertion == "history" else atom.assertion
    found = Sorted([], [], [])
    narrowed: set[str] = set()
    for fact in _of_sex(atom, reading):
        found.denied.append(Told(fact, one_day(date.min), _EVER))
    for fact, relation in reading.known.find(atom.concepts, any_domain=status == "allergy"):
        if fact.status != status or (fact.value is not None and fact.concept.domain == "measurement"):
            continue
        if fact.denied:
            # Who has no diabetes has none of type 2, but not the other way round; nor has who has no severe
            # pain none at all.
            if relation in HOLDS and set(fact.only) <= set(atom.qualifiers):
                found.denied.append(_stretch(fact, reading.day))
                narrowed.update(fact.only)
        else:
            _place(fact, atom, reading, window, found, is_wider=relation == "wider")
    if narrowed:
        # Of what is denied as far as some words narrow it, only what is told with these words speaks for it.
        return Sorted(
            [each for each in found.sure if _has_words(each.fact, narrowed)],
            [each for each in found.perhaps if _has_words(each.told.fact, narrowed)],
            found.denied,
        )
    return found


def _has_words(fact: Fact, words: Iterable[str]) -> bool:
    told = f"{fact.concept.words} {fact.detail}".lower()
    return all(each.lower() in told for each in words)


def _place(
    fact: Fact, atom: Atom, reading: Reading, window: tuple[Days, Days], found: Sorted, *, is_wider: bool
) -> None:
    told = _stretch(fact, reading.day)
    if asks_when_it_began(atom, reading):
        told = Told(fact, told.start, told.start)
    within = is_within(told.start, told.end, window) if _is_timed(atom) else True
    if within and atom.lasting is not None:
        until = one_day(reading.day) if told.end.lowest >= reading.day else told.end
        within = fits_length(told.start, until, atom.lasting)
    if within is False:
        return
    thing = name_thing(atom, reading)
    if is_wider:
        found.perhaps.append(Perhaps(told, f"whether {fact.concept.words} is: {thing}"))
    elif not fact.is_certain:
        found.perhaps.append(Perhaps(told, f"whether {fact.concept.words} is confirmed"))
    elif within is None:
        why = f"from when to when, more exactly: {fact.concept.words}"
        found.perhaps.append(Perhaps(told, why, is_of_days=True))
    else:
        found.sure.append(told)


def asks_when_it_began(atom: Atom, reading: Reading) -> bool:
    """Whether a window is of its beginning: "diagnosed within 5 years" is not said of who has had it for longer."""
    has_first = atom.window is not None and atom.window.earliest is not None
    return has_first and _BEGINS.search(name_thing(atom, reading)) is not None


def _stretch(fact: Fact, day: date) -> Told:
    """From when to when a fact holds."""
    if fact.denied:
        return Told(fact, fact.start or one_day(date.min), fact.end or one_day(day))
    start = fact.start or Days(None, fact.end.last if fact.end else day)
    if fact.concept.domain == "procedure" or is_event_named(fact.concept.words):
        return Told(fact, start, fact.end if fact.end and not fact.is_ongoing else start)
    if fact.is_ongoing:
        return Told(fact, start, _EVER)
    return Told(fact, start, fact.end or Days(start.first, None))


def _of_sex(atom: Atom, reading: Reading) -> list[Fact]:
    """What follows from the person's sex: no man is pregnant."""
    if reading.person.sex != "male" or atom.assertion not in ("present", "history", "able"):
        return []
    if not is_of_women(atom):
        return []
    return [fact for fact in reading.person.facts if fact.concept.domain == "person" and is_sex(fact)][:1]


def is_of_women(atom: Atom) -> bool:
    """Whether no man has what is asked for, whatever else is known of him."""
    return bool(atom.concepts) and all(
        _OF_WOMEN.search(each.words)
        and not _OF_OTHERS.search(re.sub(r"(?i)nursing mothers?", "", each.words))
        for each in atom.concepts
    )


def is_sex(fact: Fact) -> bool:
    """Whether a fact tells the person's sex."""
    return fact.concept.words in ("male", "female")


def _say_conflict(span: Span, sure: list[Told], against: list[Told]) -> Finding:
    evidence = [Evidence(each.fact, "met", span) for each in sure]
    evidence += [Evidence(each.fact, "not_met", span) for each in against]
    found = leave_open(
        span,
        f"which is right: {sure[0].fact.describe()}, or {against[0].fact.describe()}",
        verdict="conflict",
    )
    return Finding("conflict", tuple(evidence), found.missing)


def _deny(atom: Atom, found: Sorted, denied: list[Told]) -> Finding:
    unsure = [each.told for each in found.perhaps if not each.told.fact.is_certain]
    if unsure:
        return leave_open(
            atom.span,
            f"which is right: {unsure[0].fact.describe()}, or {denied[0].fact.describe()}",
            *((each.fact, "") for each in (*unsure, *denied)),
        )
    return settle("not_met", atom.span, *((each.fact, "") for each in denied))


def _narrow(atom: Atom, found: Finding) -> Finding:
    """What has it, with what nothing here evaluates ("severe"): a person judges, unless a fact says it."""
    lacking = [
        each for each in atom.qualifiers if not any(_has_words(one.fact, [each]) for one in found.evidence)
    ]
    if not lacking:
        return found
    asked = leave_open(atom.span, f"whether it is: {', '.join(lacking)}", verdict="judgement")
    return Finding("judgement", found.evidence, asked.missing)


def _count(atom: Atom, reading: Reading, found: Sorted) -> Finding:
    """How often: at least as often as separate days tell, at most as often as all that is told."""
    assert atom.count is not None
    least, last = 0, date.min
    for each in sorted(found.sure, key=lambda one: one.start.highest):
        if least == 0 or each.start.lowest > last:
            least, last = least + 1, each.start.highest
    is_all = _is_closed(atom, reading)
    most = len(found.sure) + len(found.perhaps) if is_all else float("inf")
    verdict = fits(least, most, atom.count)
    facts = [(each.fact, "") for each in found.sure]
    if verdict is None:
        return leave_open(atom.span, f"how often: {name_thing(atom, reading)}", *facts)
    return settle("met" if verdict else "not_met", atom.span, *facts)
