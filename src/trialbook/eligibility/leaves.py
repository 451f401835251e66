"""From a stretch without joining words to atoms: which value, time and count belongs to which thing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from trialbook.eligibility.analytes import get_analyte
from trialbook.eligibility.items import Item
from trialbook.eligibility.times import GESTATION, PAST
from trialbook.eligibility.tree import (
    All,
    Any,
    Assertion,
    Atom,
    Concept,
    IfThen,
    Interval,
    Not,
    Opaque,
    Reason,
    Span,
    Tree,
    Window,
)
from trialbook.eligibility.units import TIME_UNITS

BLOOD_PRESSURE = ("loinc:85354-9",)
SYSTOLIC = Concept("systolic blood pressure", "measurement", ("loinc:8480-6",))
DIASTOLIC = Concept("diastolic blood pressure", "measurement", ("loinc:8462-4",))
PRESSURES = (SYSTOLIC.ids, DIASTOLIC.ids)
AGE = Concept("age", "person", ("loinc:30525-0",))
# Words that say only that someone has something, and narrow nothing.
_FILLER = """
so did anything else condition conditions limits limit limiting part takes take
patients patient subjects subject participants participant individuals individual persons person people
volunteers volunteer those all any a an the of with who whom whose that which has have had having be been
being is are was were will must should shall may can to for in on at by from as or and other known
documented diagnosis diagnosed diagnoses evidence presence present current currently existing confirmed
clinical clinically established proven suffering suffer receiving received receive taking take takes
taken use uses using used treatment treated therapy undergoing undergone undergo meeting meet meets
positive positivity seropositive serum into their his her its this these such than least one more
following also it she he they do does did there time same study trial entry enrollment enrolment
inclusion screening baseline visit value values level levels count result results number score since
about approximately only both either included eligible between during within prior before after some each
per participating participate participation experienced experience signs sign symptoms aged age ages
years old male female men women man woman demonstrated demonstrate show shows showing showed based upon
including inclusive require requires requiring required needs need criteria criterion exclusion candidate
candidates provided provide history previous previously past concurrent concomitant ongoing active x
times s t mentioned above below gender sex sexes genders regardless ethnicity race adult adults child
children cases case
"""
FILLER = frozenset(_FILLER.split())
GENERIC = re.compile(
    r"(?:any|other|another|a|an|the|some|serious|severe|significant|underlying|concurrent|medical"
    r"|psychiatric|psychological|social|physical|mental|clinical|clinically|uncontrolled"
    r"|concomitant|acute|chronic|relevant|major|or|and|of|/|,|"
    r"conditions?|diseases?|disorders?|illness(?:es)?|circumstances?|situations?|reasons?|factors?"
    r"|problems?|abnormalit(?:y|ies)|findings?|history|evidence|medical history|issues?"
    r"|comorbidit(?:y|ies)|patients?|subjects?|participants?|who|have|has|with|that|which|is|are"
    r"|for|whom|in|presence)(?:[\s,/]+|\Z)",
    re.IGNORECASE,
)
PEOPLE = re.compile(
    r"(?:(?:healthy|adult|eligible|all|study|elderly|pediatric|paediatric|young"
    r"|older)\s+)*(?:patients?|subjects?|participants?|individuals?|volunteers?|persons?|people"
    r"|adults?|age[ds]?|gender|sex|children|those|candidates?)",
    re.IGNORECASE,
)
SEX = re.compile(r"(?:male|female|men|women|man|woman|boy|girl)s?", re.IGNORECASE)
CONSENT = re.compile(
    r"\b(?:informed|written|signed|voluntary)?\s*(?:consent|assent)\b|\bICF\b", re.IGNORECASE
)
ADEQUATE = re.compile(
    r"\b(?:in)?(?:adequate(?:ly)?|sufficient|acceptable|satisfactory|appropriate|normal|abnormal"
    r"|good|proper)\b[^.;]{0,60}\b(?:functions?|reserves?|parameters|laboratory|lab values|blood"
    r" counts?|tests?|values|hepatic|renal|organ|marrow|hematologic\w*|haematologic\w*)\b"
    r"|\b(?:organ|marrow|renal|hepatic|liver|kidney|cardiac|pulmonary|hematologic)"
    r" function(?:s)?(?: (?:that )?(?:is|are|must be))? (?:in)?adequate",
    re.IGNORECASE,
)
APART = re.compile(
    r"\b(?:with|on|receiving|taking|have|has|having|who|and|plus|presenting|under|using"
    r"|undergoing|treated with|had|receive)\b[\w\s-]{0,25}\Z|\A[\s:,(–-]*\Z",
    re.IGNORECASE,
)
TIED = re.compile(
    r"\b(?:due to|caused by|because of|secondary to|for|of|related to|associated with|from|against"
    r"|in|to|by|requiring|that|which|compatible with|consistent with|based on|via)\b",
    re.IGNORECASE,
)
# After a name only these turn it: "HIV negative".
NEVER_AFTER = re.compile(
    r"(?!(?:is|are|will be|would be) (?:(?:not el|inel)igible|not (?:permitted|allowed)|prohibited)|not eligible)"
    r"(?!(?:is|are|was|were) (?:absent|not (?:present|detected|found|seen|evident)))"
    r"(?:without|no\b|not\b|non\b|lack|absence|free|never|nor|can|do|did|is|are|was|were|has|have|will|must|may|should|rule)",
    re.IGNORECASE,
)
# What turns the name behind it: "must have a negative pregnancy test".
A_NEGATIVE = re.compile(
    r"\b(?:have|has|having|with|had|and|an?)\s+(?:an?\s+)?(?:\w+\s+)?negative\b(?! for\b)", re.IGNORECASE
)
# "Grade 2 and above imaging of arthritis": no number of times.
GRADE_OF = re.compile(
    r"\b(?:grades?|stages?|class(?:es)?|scores?|levels?|degrees?|categor(?:y|ies))\W*\Z", re.IGNORECASE
)
GRADES = re.compile(r"\b(?:grades?|stages?|class(?:es)?)\b", re.IGNORECASE)
SAID = frozenset(["word", "concept", "timed", "and", "or", "comma"])
IN_THE_PAST = "in the past"
NOT_COUNTED = frozenset(["measurement"])


class Scope(NamedTuple):
    """What a stretch takes over from what stands around it."""

    kind: str = "other"
    assertion: Assertion = "present"
    concept: Concept | None = None


class _Bound(NamedTuple):
    concept: Item
    value: Item | None
    often: Item | None
    window: Window | None
    lasting: Interval | None


def read_leaf(text: str, items: Sequence[Item], start: int, end: int, scope: Scope) -> Tree:
    """The tree of a stretch `text[start:end]` without joining words.

    What names nothing is opaque; what narrows a thing without being understood is its qualifier.
    """
    span = Span(start, end)
    if not text[start:end].strip(" \t\n.,;:()[]-*"):
        return Opaque(span, "empty")
    if any(each.type == "judgement" for each in items):
        return Opaque(span, "judgement")
    things = [each for each in items if each.type == "concept" and not _is_people(each)]
    timed = [each for each in items if each.type == "timed" and each.timed]
    sexes = [
        each
        for each in things
        if each.concept and each.concept.domain == "person" and SEX.fullmatch(each.concept.words)
    ]
    has_value = any(each.timed and each.timed.role != "bare" for each in timed)
    if CONSENT.search(text, start, end) and not has_value and len(things) <= 2:
        return _negate(text, items, Atom(span, (Concept(text[start:end].strip(" .;,"), "consent"),)), end)
    if ADEQUATE.search(text, start, end) and not any(
        each.timed and each.timed.role in ("value", "age") for each in timed
    ):
        return Opaque(span, "elsewhere")
    parts: list[Tree] = []
    ages = [each for each in timed if each.timed and each.timed.role == "age"]
    for each in ages:
        assert each.timed
        parts.append(Atom(Span(each.start, each.end), (AGE,), interval=each.timed.interval))
    for each in sexes:
        assert each.concept
        parts.append(Atom(Span(each.start, each.end), (each.concept,)))
    rest = [each for each in things if each not in sexes]
    timed = [each for each in timed if each not in ages]
    if not rest:
        rest = _invent_names(text, items, timed, scope)
    bound = _bind(text, rest, timed)
    if bound:
        parts += _make_atoms(text, items, bound, sexes, span, scope)
    elif parts and any(each.timed and each.timed.role == "value" for each in timed):
        parts.append(Opaque(span, "unparsed", "of what the value is"))
    elif not parts:
        return Opaque(span, _why(text[start:end]))
    elif any(_content(text, items, parts, start, end)) and not ages:
        parts.append(Opaque(span, "unparsed"))
    if len(parts) == 1:
        return _widen(parts[0], span)
    if sexes and scope.kind != "exclusion" and (measured := [each for each in parts if _is_measured(each)]):
        return _ask_sexes(span, parts, measured)
    parts = _part_pressures(parts, scope.kind)
    return parts[0] if len(parts) == 1 else All(span, tuple(sorted(parts, key=lambda each: each.span)))


def _is_measured(tree: Tree) -> bool:
    return isinstance(tree, Atom) and tree.interval is not None and tree.concepts != (AGE,)


def _ask_sexes(span: Span, parts: Sequence[Tree], measured: Sequence[Tree]) -> Tree:
    """A value asked of one sex alone: "ferritin > 200 in women"."""
    others = tuple(each for each in parts if each not in measured)
    condition = others[0] if len(others) == 1 else All(span, others)
    return IfThen(span, condition, measured[0] if len(measured) == 1 else All(span, tuple(measured)))


def _part_pressures(parts: list[Tree], kind: str) -> list[Tree]:
    """The parts with the two pressures as one, where either is enough: too high by either, or kept out by either."""
    two = [
        each
        for each in parts
        if isinstance(each, Atom) and each.interval and each.concepts[0].ids in PRESSURES
    ]
    if len(two) != 2 or two[0].concepts[0].ids == two[1].concepts[0].ids:
        return parts
    lows = [each.interval.low is not None for each in two if each.interval]
    highs = [each.interval.high is not None for each in two if each.interval]
    is_either = (all(lows) and not any(highs)) or (kind == "exclusion" and all(highs) and not any(lows))
    if not is_either:
        return parts
    others = [each for each in parts if each not in two]
    span = (
        Span(min(each.span.start for each in two), max(each.span.end for each in two))
        if others
        else _hull(parts)
    )
    return [*others, Any(span, tuple(two))]


def _hull(parts: Sequence[Tree]) -> Span:
    return Span(min(each.span.start for each in parts), max(each.span.end for each in parts))


def _why(words: str) -> Reason:
    return "judgement" if GENERIC.sub("", words).strip(" .,;:") == "" else "unparsed"


def _is_people(item: Item) -> bool:
    return bool(item.concept and PEOPLE.fullmatch(item.concept.words.strip()))


def _widen(tree: Tree, span: Span) -> Tree:
    """The same node over all words of its stretch."""
    return msgspec.structs.replace(tree, span=span)


def _invent_names(text: str, items: Sequence[Item], timed: Sequence[Item], scope: Scope) -> list[Item]:
    """Name what a value or a time is of by the words beside it, where the recogniser saw nothing."""
    asked = [each for each in timed if each.timed and (each.timed.role != "bare" or each.timed.interval.unit)]
    asked = asked or list(timed)
    if not asked:
        # In a list of what someone is allergic to, or had, a name that is not known is a name all the same.
        is_told = scope.assertion in ("allergy", "history", "family") or any(each.assertion for each in items)
        runs = _list_runs(text, items) if is_told else []
        return [
            Item(low, high, "concept", concept=Concept(text[low:high], "observation"))
            for low, high in runs[:1]
        ]
    first = asked[0]
    assert first.timed
    if scope.concept is not None and first.timed.role == "value":
        # What was counted stands behind its number, what was measured before it.
        at = first.start if scope.concept.domain == "measurement" else first.end
        return [Item(at, at, "concept", concept=scope.concept)]
    if GESTATION.search(text, first.start, first.end):
        return [Item(first.start, first.start, "concept", concept=Concept("gestational age", "measurement"))]
    runs = _list_runs(text, items)
    before = [each for each in runs if each[1] <= first.start]
    after = [each for each in runs if each[0] >= first.end]
    is_value = first.timed.role == "value" and bool(first.timed.interval.unit or first.timed.interval.limit)
    is_window = first.timed.role in ("window", "lasting")
    nearest = before[-1:] or after[:1] if is_value or is_window else after[:1] or before[-1:]
    if not nearest:
        return []
    low, high = nearest[0]
    words = text[low:high]
    analyte = get_analyte(words)
    if analyte or (first.timed.role == "value" and before and is_value):
        return [
            Item(low, high, "concept", concept=Concept(words, "measurement", analyte.ids if analyte else ()))
        ]
    return [Item(low, high, "concept", concept=Concept(words, "observation"))]


def _list_runs(text: str, items: Sequence[Item]) -> list[tuple[int, int]]:
    """Runs of words that say something, small words within them included."""
    runs: list[tuple[int, int]] = []
    goes_on = False
    for each in items:
        words = text[each.start : each.end]
        if each.type not in ("word", "or", "and") or " " in words:
            goes_on = False
        elif each.type == "word" and words.lower() not in FILLER and re.search(r"\w", words):
            if goes_on and runs:
                runs[-1] = (runs[-1][0], each.end)
            else:
                runs.append((each.start, each.end))
            goes_on = True
    return runs


def _bind(text: str, things: Sequence[Item], timed: Sequence[Item]) -> list[_Bound]:
    """Give each thing its value, count and times: those next to it, what stands before first."""
    bound = [_Bound(each, None, None, None, None) for each in things]
    if not bound:
        return []
    for each in timed:
        assert each.timed
        role = each.timed.role
        before = [at for at, one in enumerate(bound) if one.concept.end <= each.start]
        after = [at for at, one in enumerate(bound) if one.concept.start >= each.end]
        if role in ("value", "bare"):
            at = _find_measured(text, each, bound, before, after)
            if at is None:
                continue
            concept = bound[at].concept.concept
            is_time = each.timed.interval.unit in TIME_UNITS
            if is_time and concept is not None and concept.domain != "measurement":
                if each.timed.interval.low != each.timed.interval.high and bound[at].lasting is None:
                    bound[at] = bound[at]._replace(lasting=each.timed.interval)
            elif _is_count(text, each, bound[at]):
                bound[at] = bound[at]._replace(often=bound[at].often or each)
            elif bound[at].value is None:
                bound[at] = bound[at]._replace(value=each)
            elif _is_of_another(each, bound[at]):
                continue
            else:
                bound.insert(at + 1, bound[at]._replace(value=each, window=None, lasting=None))
                is_pair = text[each.start - 1 : each.start] == "/" and each.timed.interval.unit == "mm[Hg]"
                _tell_pressures(bound, at, is_pair=is_pair)
        else:
            at = before[-1] if before else after[0] if after else 0
            if role == "window" and bound[at].window is None:
                bound[at] = bound[at]._replace(window=each.timed.window)
            elif role == "lasting" and bound[at].lasting is None:
                bound[at] = bound[at]._replace(lasting=each.timed.interval)
    return bound


def _is_of_another(each: Item, bound: _Bound) -> bool:
    """Whether a number without a unit is none of a thing that has a value with one: "on ≥ 4 drugs"."""
    first = bound.value.timed if bound.value else None
    second = each.timed
    if first is None or second is None or second.role != "value":
        return False
    return bool(first.interval.unit) and not second.interval.unit and not second.interval.limit


def _tell_pressures(bound: list[_Bound], at: int, *, is_pair: bool) -> None:
    """Of two values of a blood pressure the first is the systolic, the second the diastolic."""
    item = bound[at].concept
    if is_pair and item.concept is not None and item.concept.ids != BLOOD_PRESSURE:
        # "High blood pressure (> 180/110)"
        if item.concept.ids != SYSTOLIC.ids:
            bound[at] = bound[at]._replace(concept=item._replace(concept=SYSTOLIC))
        bound[at + 1] = bound[at + 1]._replace(concept=item._replace(concept=DIASTOLIC))
    for place, code, name in ((at, "8480-6", "systolic"), (at + 1, "8462-4", "diastolic")):
        item = bound[place].concept
        if item.concept is not None and item.concept.ids == BLOOD_PRESSURE:
            named = Concept(f"{name} {item.concept.words}", "measurement", (f"loinc:{code}",))
            bound[place] = bound[place]._replace(concept=item._replace(concept=named))


def _find_measured(
    text: str, each: Item, bound: list[_Bound], before: list[int], after: list[int]
) -> int | None:
    def is_measured(at: int) -> bool:
        concept = bound[at].concept.concept
        return bool(concept and concept.domain == "measurement")

    assert each.timed
    if before and is_measured(before[-1]):
        return before[-1]
    if after and is_measured(after[0]) and not before:
        return after[0]
    if each.timed.role == "bare":
        near = [at for at in after if not re.search(r"[.;]", text[each.end : bound[at].concept.start])]
        return near[0] if near and len(text[each.end : bound[near[0]].concept.start].split()) <= 3 else None
    is_plain = not each.timed.interval.unit and not each.timed.interval.limit
    if is_plain and after and len(text[each.end : bound[after[0]].concept.start].split()) <= 4:
        return after[0]
    measured = [at for at in before if is_measured(at)]
    if measured:
        return measured[-1]
    if before:
        return before[-1]
    return after[0] if after else None


def _is_count(text: str, each: Item, bound: _Bound) -> bool:
    assert each.timed
    concept = bound.concept.concept
    if concept is None or concept.domain in NOT_COUNTED or each.timed.interval.limit:
        return False
    if GRADE_OF.search(text, max(0, each.start - 20), each.timed.number_start):
        return False
    return not each.timed.interval.unit and (
        each.end <= bound.concept.start
        or bool(
            re.match(
                r"\s*(?:times|episodes|occasions|events|occurrences|attacks)", text[each.end : each.end + 14]
            )
        )
    )


def _make_atoms(
    text: str, items: Sequence[Item], bound: list[_Bound], sexes: Sequence[Item], span: Span, scope: Scope
) -> list[Tree]:
    """An atom for each thing that stands for itself; the others narrow the thing before them."""
    heads: list[_Bound] = []
    for each in bound:
        if heads and not _is_apart(text, heads[-1], each):
            heads[-1] = heads[-1]._replace(
                window=heads[-1].window or each.window, lasting=heads[-1].lasting or each.lasting
            )
            continue
        heads.append(each)
    made: list[Tree] = []
    values = [*sexes, *(each.value for each in heads if each.value)]
    for at, head in enumerate(heads):
        low = span.start if at == 0 else _cut_before(text, heads[at - 1].concept.end, head.concept.start)
        high = (
            span.end
            if at == len(heads) - 1
            else _cut_before(text, head.concept.end, heads[at + 1].concept.start)
        )
        inside = [each for each in items if low <= each.start < high]
        made.append(_make_atom(text, inside, head, Span(low, high), scope, values=values))
    return made


def _cut_before(text: str, after: int, start: int) -> int:
    """Where the words that lead to a thing begin: after the thing before and what belongs to it."""
    between = text[after:start]
    if found := A_NEGATIVE.search(between):
        return after + found.start()
    found = re.search(
        r"(?:\b(?:not|never|without)\s+(?:(?:currently|been|be|yet)\s+)*)?"
        r"\b(?:with|without|on|receiving|taking|who|and|plus|under|using|undergoing|treated)\b",
        between,
        re.IGNORECASE,
    )
    return after + found.start() if found else start


def _is_apart(text: str, before: _Bound, here: _Bound) -> bool:
    between = text[before.concept.end : here.concept.start]
    if here.value is not None or here.often is not None:
        return True
    if TIED.search(between):
        return False
    # What parts them stands near the second.
    return bool(between.strip()) and bool(APART.search(between, max(0, len(between) - 60)))


def _make_atom(
    text: str, inside: Sequence[Item], head: _Bound, span: Span, scope: Scope, *, values: Sequence[Item]
) -> Tree:
    concept = head.concept.concept
    assert concept is not None
    told = [
        each.assertion
        for each in inside
        if each.type == "assertion"
        and each.assertion
        and (each.start <= head.concept.start or text[each.start : each.end].lower() == IN_THE_PAST)
    ]
    assertion: Assertion = told[0] if told else scope.assertion
    stronger = [each for each in told if each in ("family", "allergy", "at_risk")]
    if stronger:
        assertion = stronger[-1]
    if assertion == "planned" and _was_elective(text, inside, head.window):
        assertion = "history"
    window = head.window
    if assertion == "planned" and window is not None and not _is_told_past(text, inside, window):
        # What is planned "within 3 months" lies before us.
        window = msgspec.structs.replace(window, earliest=0.0, latest=-(window.earliest or 0.0))
    if any(
        each.type == "not" and each.assertion == "able" and each.start < head.concept.start for each in inside
    ):
        assertion = "able"
    value = head.value.timed.interval if head.value and head.value.timed else None
    count = head.often.timed.interval if head.often and head.often.timed else None
    lasted = [each for each in inside if each.timed and each.timed.interval == head.lasting]
    own = {(each.start, each.end) for each in (head.concept, head.often, *values, *lasted) if each}
    if (
        re.search(r"\ballerg(?:y|ies|ic)\b|\bhypersensitivity\b", concept.words, re.IGNORECASE)
        and concept.domain == "drug"
    ):
        assertion = "allergy"
    atom = Atom(
        span,
        (concept,),
        interval=value,
        window=window,
        lasting=head.lasting,
        count=count,
        assertion=assertion,
        qualifiers=_qualify(text, inside, own, head.concept.end),
    )
    if _turns_unclearly(text, inside, head.concept.start):
        return Opaque(span, "unparsed", "what is turned by a word of it")
    told_two = _joins_past_and_planned(text, inside, head.concept.start)
    tree = _ask_either(atom) if told_two else atom
    return _negate(text, inside, tree, head.concept.start)


def _joins_past_and_planned(text: str, items: Sequence[Item], first: int) -> bool:
    """Whether one thing is asked of the past or the time to come: "prior or planned surgery"."""
    told = [each for each in items if each.type == "assertion" and each.start < first]
    if {each.assertion for each in told} != {"history", "planned"} or len(told) != 2:
        return False
    return text[told[0].end : told[1].start].strip().lower() in ("or", "and/or", "/")


def _ask_either(atom: Atom) -> Any:
    return Any(
        atom.span,
        tuple(msgspec.structs.replace(atom, assertion=each) for each in ("history", "planned")),
    )


def _was_elective(text: str, items: Sequence[Item], window: Window | None) -> bool:
    """Whether what was planned is over: "elective surgery within 6 weeks prior to screening"."""
    planned = {text[each.start : each.end].lower() for each in items if each.assertion == "planned"}
    is_past = (
        window is not None
        and window.anchor != "now"
        and (window.latest or 0.0) >= 0 < (window.earliest or 0.0)
    )
    return planned == {"elective"} and is_past


def _is_told_past(text: str, items: Sequence[Item], window: Window) -> bool:
    """Whether a window from now is not one that only says how far it reaches: "within 3 months"."""
    if window.anchor != "now" or window.latest != 0 or not window.earliest:
        return True
    told = [each for each in items if each.timed is not None and each.timed.window == window]
    return not told or any(
        re.search(rf"\b{PAST}\b|\bago\b|\bprior\b|\bbefore\b", text[each.start : each.end], re.IGNORECASE)
        for each in told
    )


def _turns_unclearly(text: str, items: Sequence[Item], first: int) -> bool:
    """Whether words that are not understood stand before a "no": "could become so and uses no …"."""
    said = False
    for each in items:
        if each.start >= first:
            return False
        if each.type == "not" and said:
            return True
        words = text[each.start : each.end]
        said = said or (each.type == "word" and words.lower() not in FILLER and bool(re.search(r"\w", words)))
    return False


def _negate(text: str, items: Sequence[Item], atom: Tree, first: int) -> Tree:
    """Turn what is asked as often as words before it do: a double negative is none."""
    turns = sum(
        1
        for each in items
        if each.type == "not" and (each.start < first or not NEVER_AFTER.match(text, each.start))
    )
    return Not(atom.span, atom) if turns % 2 else atom


def _qualify(text: str, items: Sequence[Item], own: set[tuple[int, int]], after: int) -> tuple[str, ...]:
    """The words of a stretch that narrow and that nothing else says, in runs; `after` is where the name ends."""
    runs: list[list[int]] = []
    goes_on = False
    for each in items:
        words = text[each.start : each.end]
        is_own = any(low <= each.start and each.end <= high for low, high in own) or (
            each.type == "concept" and _is_people(each)
        )
        grade = GRADES.search(text, each.start, each.timed.number_start) if each.timed else None
        if grade:
            runs.append([grade.start(), grade.end()])
        if is_own or (each.timed and each.timed.role not in ("bare", "value")):
            goes_on = False
        elif each.type == "not" and each.start >= after and NEVER_AFTER.match(text, each.start):
            # "Stroke not treated": it turns what follows, not the stroke.
            if goes_on and runs:
                runs[-1][1] = each.end
            else:
                runs.append([each.start, each.end])
            goes_on = True
        elif each.type not in SAID and not (runs and goes_on):
            continue
        elif each.type != "word" or words.lower() not in FILLER:
            if not re.search(r"\w", words) or (each.type in ("and", "or", "comma") and not goes_on):
                continue
            if goes_on and runs:
                runs[-1][1] = each.end
            else:
                runs.append([each.start, each.end])
            goes_on = True
    return tuple(one for one in (text[low:high].strip(" -/+,(") for low, high in runs) if one)


def _content(text: str, items: Sequence[Item], parts: Sequence[Tree], start: int, end: int) -> list[str]:
    """Words that no part says."""
    left = []
    for each in items:
        words = text[each.start : each.end]
        is_said = any(one.span.start <= each.start < one.span.end for one in parts)
        if each.type == "word" and words.lower() not in FILLER and re.search(r"\w", words) and not is_said:
            left.append(words)
    return left
