"""What do some studies measure, and when? Outcomes in groups of what is measured, each by its time frame."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from trialbook.record.texts import find_structures, find_text
from trialbook.related.stems import cut_text, find_stem

LISTS = ("primaryOutcomes", "secondaryOutcomes", "otherOutcomes")
MOST_OF_STUDY = 60
MOST_GROUPS = 100
LONGEST_MEASURE = 300
LONGEST_TIME_FRAME = 2_000
# So much of the words of the shorter wording stand in the longer one, and so much of both is common.
LEAST_COVER, LEAST_LIKE = 0.8, 0.6
NOT_SAID = "time not given"
_DAYS = {"hour": 1 / 24, "day": 1.0, "week": 7.0, "month": 30.44, "year": 365.25}
_TIME = re.compile(r"(\d{1,4}(?:\.\d)?)\s*-?\s*(hour|day|week|month|year|hr|wk|mo|yr)s?\b", re.IGNORECASE)
_TIME_BEFORE = re.compile(
    r"\b(hour|day|week|month|year)s?\s*(\d{1,4}(?:\s*(?:,|;|&|/|-|and|or|to)\s*\d{1,4}){0,20})\b",
    re.IGNORECASE,
)
_NUMBERS = {
    name: str(number)
    for number, name in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), 1
    )
}
_WRITTEN_OUT = re.compile(rf"\b(?:{'|'.join(_NUMBERS)})\b", re.IGNORECASE)
_SHORT = {"hr": "hour", "wk": "week", "mo": "month", "yr": "year"}
# The longest time that a time frame names, in days, and how it is called.
_SPANS = (
    (1.01, "within a day"),
    (31, "up to a month"),
    (92, "up to 3 months"),
    (184, "up to 6 months"),
    (367, "up to a year"),
    (732, "up to 2 years"),
    (1830, "up to 5 years"),
    (float("inf"), "more than 5 years"),
)
# Words that say how something is counted, not what.
_HOW = frozenset({
    "change", "changes", "baseline", "number", "percentage", "percent", "proportion", "mean", "measured", "measure",
    "rate", "total", "time", "from", "score", "scores", "assessed", "assessment", "level", "levels", "incidence",
    "occurrence", "related", "first", "through", "post", "after", "before", "during", "between", "outcome",
    "evaluated", "reported", "experiencing", "participants", "hour", "hours", "end", "overall", "all", "any",
})  # fmt: skip
# Without what stands beside it this is too short to be told from others.
_IN_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")


class MeasuredWhen(msgspec.Struct, frozen=True):
    """When something is measured, and by which studies; `time_frames` as the records write them."""

    when: str
    nct_ids: tuple[str, ...]
    time_frames: tuple[str, ...]


class OutcomeGroup(msgspec.Struct, frozen=True):
    """Outcomes that measure the same by their words.

    Attributes
    ----------
    measure
        The wording that most studies have, of those the shortest.
    nct_ids, primary_in
        The studies behind it, and those of which it is a primary outcome.
    times
        By when, the soonest first.
    wordings
        The others, at most ten.
    is_own
        Whether the study that was asked for measures it too.
    """

    measure: str
    nct_ids: tuple[str, ...]
    primary_in: tuple[str, ...]
    times: tuple[MeasuredWhen, ...]
    wordings: tuple[str, ...]
    is_own: bool


class _Outcome(msgspec.Struct, frozen=True):
    nct_id: str
    measure: str
    time_frame: str
    is_primary: bool
    is_own: bool
    stems: frozenset[str]


def group_outcomes(
    records: Mapping[str, dict[str, Any]], own: Mapping[str, dict[str, Any]]
) -> tuple[OutcomeGroup, ...]:
    """Outcomes of raw records by what they measure, those of most studies first.

    Wordings are compared by the stems of their words, without those that only say how something is counted;
    an outcome joins the first group whose first wording is like it. Nothing else is known of what they mean:
    "death" and "survival" stay apart.
    """
    outcomes = [each for nct_id, record in records.items() for each in _iter_outcomes(nct_id, record)]
    outcomes += [
        each for nct_id, record in own.items() for each in _iter_outcomes(nct_id, record, is_own=True)
    ]
    groups: list[list[_Outcome]] = []
    by_stem: dict[str, list[int]] = {}
    # The shortest wordings make the groups, whatever the order of the list.
    for outcome in sorted(outcomes, key=lambda each: (len(each.stems), each.measure)):
        near = Counter(number for stem in outcome.stems for number in by_stem.get(stem, ()))
        found = next(
            (
                number
                for number, _ in sorted(near.items(), key=lambda item: (-item[1], item[0]))
                if _is_like(outcome.stems, groups[number][0].stems)
            ),
            None,
        )
        if found is None:
            groups.append([outcome])
            for stem in outcome.stems:
                by_stem.setdefault(stem, []).append(len(groups) - 1)
        else:
            groups[found].append(outcome)
    order = {nct_id: place for place, nct_id in enumerate(records)}
    described = [_describe(group, order) for group in groups]
    told = [each for each in described if each.nct_ids]
    told.sort(key=lambda each: (-len(each.nct_ids), -len(each.primary_in), each.measure))
    return tuple(told[:MOST_GROUPS])


def find_when(time_frame: str) -> str:
    """By when something is measured, as a span: the longest time that a time frame names.

    >>> [find_when(text) for text in ("Baseline, Week 12", "at 6 and 24 months", "one year", "to the end")]
    ['up to 3 months', 'up to 2 years', 'up to a year', 'time not given']
    """
    time_frame = _WRITTEN_OUT.sub(lambda found: _NUMBERS[found[0].lower()], time_frame[:LONGEST_TIME_FRAME])
    named = [(float(number), unit) for number, unit in _TIME.findall(time_frame)]
    for unit, numbers in _TIME_BEFORE.findall(time_frame):
        named += [(float(number), unit) for number in re.findall(r"\d+", numbers)]
    if not named:
        return NOT_SAID
    days = max(number * _DAYS[_SHORT.get(unit.lower(), unit.lower())] for number, unit in named)
    return next(name for most, name in _SPANS if days <= most)


def _iter_outcomes(nct_id: str, record: dict[str, Any], *, is_own: bool = False) -> Iterator[_Outcome]:
    for name in LISTS:
        found = find_structures(record, f"protocolSection.outcomesModule.{name}")
        for each in found[:MOST_OF_STUDY]:
            measure = " ".join(find_text(each, "measure").split())
            if stems := _find_stems(measure):
                yield _Outcome(
                    nct_id,
                    measure[:LONGEST_MEASURE],
                    find_text(each, "timeFrame"),
                    name == LISTS[0],
                    is_own,
                    stems,
                )


def _find_stems(measure: str) -> frozenset[str]:
    for text in (_IN_BRACKETS.sub(" ", measure), measure):
        words = [word for word in cut_text(text) if not word.isdigit()]
        stems = frozenset(stem for word in words if word not in _HOW and (stem := find_stem(word)))
        if stems:
            return stems
    # What says only how it is counted ("Overall change") is taken by all its words.
    return frozenset(words)


def _is_like(these: frozenset[str], those: frozenset[str]) -> bool:
    common = len(these & those)
    return common >= LEAST_COVER * min(len(these), len(those)) and common >= LEAST_LIKE * len(these | those)


def _describe(group: list[_Outcome], order: Mapping[str, int]) -> OutcomeGroup:
    others = [each for each in group if not each.is_own]
    wordings = Counter(each.measure for each in others)
    ranked = sorted(wordings, key=lambda text: (-wordings[text], len(text), text))
    times: dict[str, list[_Outcome]] = {}
    for each in others:
        times.setdefault(find_when(each.time_frame), []).append(each)
    spans = [name for _, name in _SPANS] + [NOT_SAID]

    def list_ids(outcomes: list[_Outcome]) -> tuple[str, ...]:
        return tuple(sorted({each.nct_id for each in outcomes}, key=lambda nct_id: order[nct_id]))

    return OutcomeGroup(
        measure=ranked[0] if ranked else "",
        nct_ids=list_ids(others),
        primary_in=list_ids([each for each in others if each.is_primary]),
        times=tuple(
            MeasuredWhen(
                when,
                list_ids(times[when]),
                tuple(dict.fromkeys(each.time_frame[:LONGEST_MEASURE] for each in times[when]))[:10],
            )
            for when in spans
            if when in times
        ),
        wordings=tuple(ranked[1:11]),
        is_own=any(each.is_own for each in group),
    )
