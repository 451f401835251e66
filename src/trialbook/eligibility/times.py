"""When, for how long, at what age? Comparisons of time told apart by the words around them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple

from trialbook.eligibility.comparisons import Comparison, read_comparisons
from trialbook.eligibility.tree import Anchor, Interval, Window

Role = Literal["value", "age", "window", "lasting", "count", "bare"]

ANCHORS: tuple[tuple[Anchor, str], ...] = (
    ("randomization", r"(?:being )?randomi[sz](?:ation|ed)"),
    ("screening", r"(?:(?:initial|the) )?screen(?:ing|ed)?(?: visit| period| phase)?|visit (?:1|one)|V1"),
    (
        "treatment",
        r"(?:(?:(?:the|first|initial|planned|start(?:ing)?|initiation|administration|commencement"
        r"|beginning|receipt|receiving|initiating|date|day|time|of|anticipated)\s+)*"
        r"(?:study|trial|protocol|investigational|experimental)[ -]?(?:drugs?|medications?|treatments?"
        r"|therap(?:y|ies)|products?|agents?|intervention|vaccin(?:e|ation)|medicinal product|infusion"
        r"|dos(?:e|ing))(?: administration| dosing| infusion| initiation| start)?"
        r"|(?:the )?(?:first|initial) (?:dose|dosing|administration|infusion|injection|treatment"
        r"|vaccination|intake|day)(?: of(?: the)? (?:study|trial|investigational|protocol) (?:drug"
        r"|medication|treatment|vaccine|therapy|product|agent|intervention))?"
        r"|(?:the )?(?:start|initiation|commencement|beginning) of (?:the )?(?:treatment|therapy|dosing"
        r"|intervention)|dosing|(?:cycle 1,? )?day 1|(?:first )?(?:IMP|IP|IND)\b(?: administration)?"
        r"|(?:infusion|treatment|intervention)(?=\W*\Z|[.,;)]))",
    ),
    (
        "enrollment",
        r"(?:(?:the|date|time|of|day|patient|subject|study|trial|start|signing|obtaining|providing"
        r"|giving|participating in|entering|entry into|enrolled|being|registration|entry to|entry in"
        r"|participation in|inclusion in|enrollment in|enrolment in|enrollment into|beginning"
        r"|initiation|commencement|recruitment to|into|this|present|current)\s+)*"
        r"(?:enrol?lment|enrolling|enrolled|stud(?:y|ies)(?: entry| start| inclusion| participation|"
        r" enrol?lment| initiation| begin\w*| commencement| recruitment| visit)?|trial(?: entry| start|"
        r" inclusion| participation| enrol?lment)?|entry|inclusion(?: visit)?|included|baseline(?:"
        r" visit| assessment)?|registration|recruitment|(?:informed )?consent(?: form)?(?: signature)?"
        r"|ICF|admission to the study|participation)",
    ),
    ("birth", r"birth|delivery of the infant"),
    ("now", r"now|today|present|the present|current"),
)
ANCHOR = re.compile(
    r"\s*(?:the |their |his |her |a |an |date of |day of |time of |onset of )*(?:"
    + "|".join(f"(?P<{name}>{form})" for name, form in ANCHORS)
    + r")(?![\w-])",
    re.IGNORECASE,
)
EVENT = re.compile(
    r"[\s-]*(?:the |their |a |an )?(?P<words>[\w'-]+(?: (?!(?:and|or|with|which|that|who|unless|except"
    r"|if|in|is|are|was|were|will)\b)[\w'-]+){0,4})"
)
PERIOD = {
    "second": "s",
    "minute": "min",
    "hour": "h",
    "day": "d",
    "week": "wk",
    "month": "mo",
    "year": "a",
    "decade": "a",
}

OLDER = re.compile(
    r"\s*-?\s*(?:of age|olds?\b|in age|/o\b|yo\b|at (?:the )?(?:time|day) of|aged\b)", re.IGNORECASE
)
AGE_BEFORE = re.compile(r"\b(?:age[ds]?|aging|older|younger)\b[^.;]{0,40}\Z", re.IGNORECASE)
# "Age ≥ 18", "over the age of 18": the number is of years though nothing says so.
AGED = re.compile(
    r"\b(?:age[ds]?|aging)\b"
    r"(?: (?:of|between|from|is|was|must be|range|group|limit|older|over|the|at))*[\s:\[(,=]*(?:\W{0,3}|[a-z ]{0,30})\Z",
    re.IGNORECASE,
)
# "20-70 age", "18 ≤ Age ≤ 80".
AGE_AFTER = re.compile(r"[\s<>=≤≥≦≧⩽⩾]+age\b", re.IGNORECASE)
NO_AGE = re.compile(
    r"gestation|bone age|post-?menstrual|diagnos|onset|menarche|within|for\b|since|lasting|duration"
    r"|after|before|prior|lesion|disease|symptom",
    re.IGNORECASE,
)
NO_AGE_AFTER = re.compile(
    r"\A\s*(?:for|within)\b|\A\s*['’]|follow[- ]?up"
    r"|gestation|bone age|post-?menstrual|diagnos|onset|since|lasting|duration|after|before|prior|lesion"
    r"|disease|symptom",
    re.IGNORECASE,
)
# "Active patients (30 to 75 years)".
PEOPLE_OPEN = re.compile(
    r"\b(?:patients?|subjects?|participants?|volunteers|individuals|adults?|adolescents?|children|men|women|m?ales?|females?)\s*\(\s*\Z",
    re.IGNORECASE,
)
GESTATION = re.compile(r"gestation|pregnan|amenorrh|GA\b", re.IGNORECASE)
PERSON_START = re.compile(
    r"[\W\d]*(?:(?:healthy|all|be|is|are|must|the|a|an|adult|male|female|men|man|women|woman|males"
    r"|females|and|or|both|patients?|subjects?|participants?|individuals?|volunteers?|persons?"
    r"|people"
    r"|children|adults?|adolescents?|boys|girls|sexes|sex|either|gender|genders|who|being|been|at"
    r"|have|of|any|ethnicity|race|in|with|from|aged|age|between|infants?|over|under|only"
    r"|non-?pregnant|inclusive)[\W_]*)*",
    re.IGNORECASE,
)
PAST = r"(?:last|past|previous|prior|preceding|recent|most recent|latest)"
NEXT = r"(?:next|following|coming|first|subsequent|initial)"
WITHIN = re.compile(
    rf"(?P<in>\b(?:with ?in|in|during|over|throughout|for|of|at|at any time in|anytime in|any time"
    rf" within)\s+)?(?:the |a |an |their |\()?(?:(?:longer|shorter|greater|longest) of (?:the )?)?(?:period of |time of"
    rf" )?(?P<past>{PAST}\s+)?(?P<next>{NEXT}\s+)?(?:the )?(?:a period of )?\Z",
    re.IGNORECASE,
)
LASTS = re.compile(
    r"(?:\bfor(?: a| the)?(?: minimum| period| duration| total)?(?: of)?(?: approximately| about)?"
    r"|\blast(?:ing|s|ed)(?: for)?|\bto last(?: for)?|\bduration(?: of| is| was|:)?(?:[\w"
    r" ]{1,30}(?:of|is))?|\bpersist\w*(?: for)?|\bcontinu\w+(?: for)?|\bsince|\bover a period of"
    r"|\bperiod of)\s*:?\s*(?:the |a )?"
    rf"(?P<past>{PAST}\s+)?\Z",
    re.IGNORECASE,
)
LASTS_AFTER = re.compile(
    r"[\s-]*(?:in |of )?(?:duration|history of|long\b|of (?:continuous|stable|symptoms|treatment))",
    re.IGNORECASE,
)
BEFORE_ANCHOR = re.compile(
    r"[\s,]*(?:\(?[^\w]{0,2})?(?:immediately |directly |just )?(?P<word>"
    r"(?P<around>(?:before|prior to)(?:,? (?:and|or|and/or)|/) ?(?:after|following))"
    r"|prior(?: to)?|before"
    r"|preceding|previous to|previously|ago|earlier|leading up to|in advance of|of|from|to(?="
    r" (?:screening|enrol|random|study|inclusion|baseline|treatment|the (?:screening|study|start"
    r"|first|time)))|at|since|after|following|post|subsequent to|thereafter)(?![\w])(?: or (?:at"
    r"|during|on|planned|expected)(?: the)?(?: time of)?(?: date of)?)?",
    re.IGNORECASE,
)
PERIOD_ALONE = re.compile(
    rf"\b(?P<in>within|in|during|over|for|throughout)\s+(?!one second\b)(?:the |a |an )?(?P<side>{PAST}|{NEXT}|one"
    rf"|current|same)?\s*(?:calendar )?(?P<unit>second|minute|hour|day|week|month|year"
    rf"|decade)\b(?!s)",
    re.IGNORECASE,
)
TIME_OF_LIFE = re.compile(
    r"(?:life[ -]?(?:expectancy|span)|lifespan|survival|QT\w*|PR interval|QRS|time|PTT|APTT"
    r"|duration|interval|wait|half[- ]?li(?:fe|ves))[^.;]{0,40}\Z",
    re.IGNORECASE,
)


ONSET = re.compile(
    r"\s*(?:the |a |an )?(?:(?:[\w-]+ ){0,2}onset|visit \d"
    r"|surgery|operation|diagnosis|transplant|stroke|admission|delivery|injury|procedure"
    r"|discharge|infusion|hospital)",
    re.IGNORECASE,
)


# "An echocardiogram not older than 1 month".
NOT_OLDER = re.compile(r"(?:not|no) (?:be )?older than", re.IGNORECASE)
# "Recent stroke (< 3 months)".
RECENT = re.compile(r"\brecent(?:ly)?\b[^.;()]*\(\s*\Z", re.IGNORECASE)
# "Lansky ≥ 60 if < 16 years", "in patients ≥ 16 years": years of age.
IF_AGED = re.compile(
    r"\b(?:if|(?:for|in)(?: all)? (?:patients?|subjects?|participants?|those|children|adults?|adolescents?|persons|individuals))"
    r"(?: (?:who|are|is|that))*\s*\Z",
    re.IGNORECASE,
)
# "Pregnancy at 37 to 41 weeks".
AT_A_WEEK = re.compile(r"(?:gestation|pregnan)\w*[^.;,]{0,20} (?:at|between|of)\s*\Z", re.IGNORECASE)
GESTATION_AFTER = re.compile(
    r"\s*(?:of )?(?:gestation|gestational age|pregnancy|amenorrh\w+)\b", re.IGNORECASE
)


class Timed(NamedTuple):
    """A comparison with the part that it plays; a window or a lasting where it is one of time."""

    start: int
    end: int
    role: Role
    interval: Interval
    window: Window | None = None
    number_start: int = 0


@lru_cache(maxsize=512)
def lex_times(text: str) -> tuple[Timed, ...]:
    """The comparisons of a criterion, each with its part; remembered, since recogniser and grammar both ask."""
    return tuple(read_times(text, read_comparisons(text)))


def read_times(text: str, comparisons: list[Comparison]) -> list[Timed]:
    """Tell for each comparison what part it plays, and add windows without a number ("in the past year")."""
    found = [_place(text, each, comparisons) for each in comparisons]
    for match in PERIOD_ALONE.finditer(text):
        if match["side"] and not any(each.start < match.end() and match.start() < each.end for each in found):
            found.append(_place_period(text, match))
    return sorted(_drop_overlaps(found))


def _drop_overlaps(found: list[Timed]) -> list[Timed]:
    kept: list[Timed] = []
    for each in sorted(found):
        if kept and each.start < kept[-1].end:
            if each.number_start >= kept[-1].end:
                kept.append(each._replace(start=max(each.start, kept[-1].end)))
            continue
        kept.append(each)
    return kept


def _place(text: str, each: Comparison, others: list[Comparison]) -> Timed:
    if (
        not each.is_time
        and not each.interval.unit
        and _is_age(text, each, text[max(0, each.start - 60) : each.start], text[each.end : each.end + 80])
    ):
        return Timed(each.start, each.end, "age", each.interval, None, each.number_start)
    if not each.is_time:
        return Timed(
            each.start,
            each.end,
            "bare" if each.is_bare and not each.interval.unit else "value",
            each.interval,
            None,
            each.number_start,
        )
    before, after = text[max(0, each.start - 60) : each.start], text[each.end : each.end + 80]
    if _is_age(text, each, before, after):
        older = OLDER.match(text, each.end)
        return Timed(
            each.start, older.end() if older else each.end, "age", each.interval, None, each.number_start
        )
    anchored = _anchor_after(text, each.end)
    if _is_time_of_life(before, anchored):
        return Timed(each.start, each.end, "value", each.interval, None, each.number_start)
    if (
        GESTATION.search(text, each.number_start, each.end)
        or GESTATION_AFTER.match(after)
        or AT_A_WEEK.search(before)
    ):
        role: Role = "lasting" if re.search("pregnan", text, re.IGNORECASE) else "value"
        return Timed(each.start, each.end, role, each.interval, None, each.number_start)
    if anchored and anchored[0] in ("of", "from") and each.interval.high is None:
        anchored = None
    lasts = LASTS.search(before)
    within = WITHIN.search(before)
    own_operator = text[each.start : each.number_start].strip().lower()
    is_for = lasts is not None and lasts[0].strip().lower() == "for"
    if lasts and not (is_for and anchored and anchored[0] != "at" and each.interval.low is None):
        end = each.end
        if lasts["past"] is None and anchored and anchored[0] in ("prior", "before"):
            end = anchored[3]
        return Timed(each.start - len(lasts[0]), end, "lasting", _lasting(each), None, each.number_start)
    lasted = LASTS_AFTER.match(after)
    if lasted and not (within and within["past"]):
        end = each.end + lasted.end()
        return Timed(each.start, end, "lasting", _lasting(each), None, each.number_start)
    is_within = bool(within and within["in"] and within["in"].strip().lower() != "of")
    has_side = bool(within and (within["past"] or within["next"]))
    is_within |= bool(RECENT.search(before)) or (
        each.interval.unit != "a" and bool(NOT_OLDER.match(own_operator))
    )
    if anchored or is_within or has_side:
        start = each.start - len(within[0]) if within and (within["in"] or has_side) else each.start
        is_within = is_within or has_side
        is_next = bool(within and within["next"] and not within["past"])
        window = _window(each, anchored, is_within=is_within, is_next=is_next, operator=own_operator)
        return Timed(
            start, anchored[3] if anchored else each.end, "window", each.interval, window, each.number_start
        )
    return Timed(each.start, each.end, "value", each.interval, None, each.number_start)


def _is_time_of_life(before: str, anchored: tuple[str, Anchor, str, int] | None) -> bool:
    """Whether a time is a value by itself: a life expectancy, a QT interval; no "time of surgery > 6 h after onset"."""
    found = TIME_OF_LIFE.search(before)
    if found is None or re.search(
        rf"\b(?:within|(?:during|in|over|for) (?:the )?{PAST})\s*\Z", before, re.IGNORECASE
    ):
        return False
    return not (anchored and anchored[0] in ("after", "following") and found[0].lower().startswith("time"))


def _lasting(each: Comparison) -> Interval:
    low, high = each.interval.low, each.interval.high
    if low is not None and high == low:
        return Interval(low, None, unit=each.interval.unit)
    return each.interval


def _is_age(text: str, each: Comparison, before: str, after: str) -> bool:
    if each.interval.unit not in ("a", "mo", "wk", "d", "h", ""):
        return False
    if not each.interval.unit:
        return _is_bare_age(text, each, before, after)
    if each.interval.unit != "a" and (
        GESTATION.search(before[-30:])
        or GESTATION.match(after.lstrip(" -of"))
        or re.match(r"\s*(?:of )?(?:post)?gestation", after)
    ):
        return False
    asked = text[each.start : each.end]
    if re.match(r"\s+(?:years? of )?age\b", after):
        return True
    if each.interval.unit == "a" and after.startswith(")") and PEOPLE_OPEN.search(before):
        return True
    if each.interval.unit == "a" and IF_AGED.search(before) and re.match(r"\W*(?:\Z|[,;).])", after):
        return True
    told = re.search(
        r"\b(?:age[ds]?|aging)\b[^.;,]{0,30}\Z|\b(?:older|younger)(?: than)?\s*\Z", before, re.IGNORECASE
    )
    if NOT_OLDER.match(asked) and not PERSON_START.fullmatch(text[: each.start]):
        return False
    if OLDER.match(text, each.end) and not re.match(r"\s*at ", after):
        return True
    if re.search(r"\b(?:older|younger|elder|of age|old)\b|\by/?o\b", asked, re.IGNORECASE):
        return True
    if told and not NO_AGE.search(told[0]):
        return True
    if each.interval.unit in ("a", "mo") and PERSON_START.fullmatch(text[: each.start]):
        return after.startswith(")") or not (
            BEFORE_ANCHOR.match(after)
            or NO_AGE_AFTER.search(re.split(r"[,;.]", after[:25])[0])
            or re.match(r"\s*\w*\s*(?:of|with)\b", after)
        )
    return False


def _is_bare_age(text: str, each: Comparison, before: str, after: str) -> bool:
    """Whether a number without a unit is an age: "aged over 18", "60 or older", "20-70 age"."""
    if each.interval.limit or NO_AGE.search(before[-30:]):
        return False
    asked = text[each.start : each.end]
    if re.search(r"\b(?:older|younger|ages?)\b", asked, re.IGNORECASE) or AGE_AFTER.match(after):
        return True
    return bool(AGED.search(before))


def _anchor_after(text: str, at: int) -> tuple[str, Anchor, str, int] | None:
    """The word that ties a time to its anchor, the anchor, its words if an event, and where they end."""
    found = BEFORE_ANCHOR.match(text, at)
    if found is None:
        return None
    word = "around" if found["around"] else re.split(r"\s", found["word"].lower())[0]
    if word in ("ago", "earlier", "previously", "thereafter", "since"):
        return word, "now", "", found.end()
    anchor = ANCHOR.match(text, found.end())
    event = EVENT.match(text, found.end())
    if anchor and not (anchor["now"] is not None and event and len(event["words"]) > len(anchor[0].strip())):
        name = next(name for name, _ in ANCHORS if anchor[name])
        return word, name, "", anchor.end()
    if word in ("to", "at") or (word in ("of", "from") and not ONSET.match(text, found.end())):
        return None
    if event is None:
        return word, "now", "", found.end()
    return word, "event", event["words"], event.end()


def _window(
    each: Comparison,
    anchored: tuple[str, Anchor, str, int] | None,
    *,
    is_within: bool,
    is_next: bool,
    operator: str,
) -> Window:
    interval = each.interval
    word, anchor, event = anchored[:3] if anchored else ("", "now", "")
    value = interval.low if interval.low is not None else interval.high
    other = interval.high if interval.low is not None else None
    is_after = word in ("after", "following", "post", "subsequent") or (is_next and not anchored)
    is_open_end = interval.high is None and interval.low is not None and not is_within
    if other is not None and other != value:
        earliest, latest = other, value
        included = (interval.high_included, interval.low_included)
    elif is_open_end:
        earliest, latest = None, value
        included = (True, interval.low_included)
    else:
        earliest, latest = value, 0.0
        included = (interval.high_included if interval.low is None else True, True)
    if is_after:
        earliest, latest = (None if latest is None else -latest), (None if earliest is None else -earliest)
        earliest = 0.0 if earliest == 0 else earliest
        included = (included[1], included[0])
    elif word in ("around", "of", "from", "to", "at") and earliest is not None and latest == 0:
        latest, included = -earliest, (included[0], included[0])
    return Window(
        earliest,
        latest,
        interval.unit,
        anchor,
        event,
        earliest_included=included[0],
        latest_included=included[1],
    )


def _place_period(text: str, match: re.Match[str]) -> Timed:
    size = 10.0 if match["unit"].lower() == "decade" else 1.0
    interval = Interval(size, size, unit=PERIOD[match["unit"].lower()])
    each = Comparison(match.start(), match.end(), interval, True, match.start())
    is_next = bool(re.fullmatch(NEXT, match["side"], re.IGNORECASE))
    anchored = _anchor_after(text, match.end())
    window = _window(each, anchored, is_within=True, is_next=is_next, operator="")
    return Timed(
        match.start(), anchored[3] if anchored else match.end(), "window", interval, window, match.start()
    )
