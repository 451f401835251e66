"""How does a match read? As JSON's values for programs, and as lines for people."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

import msgspec

from trialbook.eligibility.facts import Fact
from trialbook.eligibility.screening import name_criteria
from trialbook.eligibility.tree import Span
from trialbook.eligibility.verdicts import CriterionVerdict, Overall, Verdict
from trialbook.eligibility.worksheet import NOTICE
from trialbook.library.hits import HitFacts
from trialbook.library.matching import MatchedStudy, PatientMatch
from trialbook.library.nearby import PlaceTold
from trialbook.model.criteria import Kind

WIDTH = 100
# So many criteria of each kind a study shows in lines; all of them stand in the JSON.
MOST_LINES = 5
LONGEST_LINE = 160
# What an exclusion does that speaks so.
_EXCLUSIONS = {"for": "does not exclude: ", "against": "excludes: ", "open": "may exclude: "}


class FactLine(msgspec.Struct, frozen=True):
    """What is told of the person and bears on a criterion, how, and on which words of the study's text."""

    fact: str
    says: Verdict
    words: str
    where: str
    note: str


class CriterionLine(msgspec.Struct, frozen=True, kw_only=True):
    """A criterion with its verdict: `start` is below 0 for a field of the record; `missing` is what would settle it."""

    name: str
    kind: Kind
    text: str
    start: int
    end: int
    cohort: str
    verdict: Verdict
    evidence: tuple[FactLine, ...]
    missing: tuple[str, ...]


class StudyLine(msgspec.Struct, frozen=True, kw_only=True):
    """A study of a match; what its attributes mean says `MatchedStudy`."""

    study: HitFacts
    overall: Overall
    score: float
    relevance: float
    fit: float
    shares: tuple[str, ...]
    conditions: tuple[str, ...]
    is_evaluated: bool
    speaks_for: tuple[CriterionLine, ...]
    speaks_against: tuple[CriterionLine, ...]
    open: tuple[CriterionLine, ...]


class MatchAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The studies for a person; what its attributes mean says `PatientMatch`. `read` is what they were looked for by."""

    person_id: str
    day: str
    read: str
    fitting: int
    sharing: int
    compared: int
    aside: int
    unevaluated: int
    matching: int
    excluded: int
    excluded_by: dict[str, int]
    studies: tuple[StudyLine, ...]
    excluding: tuple[StudyLine, ...]
    place: PlaceTold | None
    unread: tuple[str, ...]
    notice: str


# Made here: that several threads work out a type at once can end the process.
_ENCODER = msgspec.json.Encoder()


def make_match_answer(match: PatientMatch) -> MatchAnswer:
    """A match as JSON's values."""
    return MatchAnswer(
        person_id=match.person_id,
        day=match.day.isoformat(),
        read=match.asked.explain(),
        fitting=match.fitting,
        sharing=match.sharing,
        compared=match.compared,
        aside=match.aside,
        unevaluated=match.unevaluated,
        matching=match.matching,
        excluded=match.excluded,
        excluded_by=match.excluded_by,
        studies=tuple(map(_answer_study, match.hits)),
        excluding=tuple(map(_answer_study, match.refusals)),
        place=match.place,
        unread=match.unread,
        notice=NOTICE,
    )


def write_match(match: PatientMatch) -> bytes:
    """A match as JSON."""
    return _ENCODER.encode(make_match_answer(match))


def _answer_study(study: MatchedStudy) -> StudyLine:
    names = {
        each.start: name
        for name, each in zip(name_criteria(study.verdict.criteria), study.verdict.criteria, strict=True)
    }

    def show(criteria: Iterable[CriterionVerdict]) -> tuple[CriterionLine, ...]:
        return tuple(_answer_criterion(names[each.start], each, study.text) for each in criteria)

    return StudyLine(
        study=study.facts,
        overall=study.verdict.overall,
        score=study.score,
        relevance=round(study.relevance, 4),
        fit=round(study.fit, 4),
        shares=study.shares,
        conditions=study.conditions,
        is_evaluated=study.is_evaluated,
        speaks_for=show(study.speaks_for),
        speaks_against=show(study.speaks_against),
        open=show(study.open),
    )


def _answer_criterion(name: str, verdict: CriterionVerdict, text: str) -> CriterionLine:
    return CriterionLine(
        name=name,
        kind=verdict.kind,
        text=verdict.text,
        start=verdict.start,
        end=verdict.end,
        cohort=verdict.cohort,
        verdict=verdict.verdict,
        evidence=tuple(
            FactLine(
                each.fact.describe(), each.says, _quote(text, each.span), _say_where(each.fact), each.note
            )
            for each in verdict.evidence
        ),
        missing=tuple(dict.fromkeys(each.what for each in verdict.missing)),
    )


def _quote(text: str, span: Span) -> str:
    return " ".join(text[span.start : span.end].split())


def _say_where(fact: Fact) -> str:
    return fact.source.where or fact.source.origin


def render_match(match: PatientMatch) -> str:
    """A match in lines: what was asked, what was found, and the studies, each with what speaks for it and against."""
    lines = [f"Person: {match.person_id or '—'}    As of: {match.day}"]
    lines += textwrap.wrap(f"Looked for by: {match.asked.explain()}", WIDTH)
    lines += textwrap.wrap(f"Found: {match.explain()}.", WIDTH)
    if match.place and match.place.next_words:
        lines += textwrap.wrap(match.place.next_words, WIDTH)
    lines += ["", *textwrap.wrap(NOTICE, WIDTH), ""]
    for number, each in enumerate(match.hits, 1):
        lines += [*_render_study(f"{number}. ", each), ""]
    if match.refusals:
        told = ", ".join(f"{name} {count}" for name, count in match.excluded_by.items())
        lines.append(f"Studies that exclude this person: {match.excluded} (by {told})")
        for each in match.refusals:
            lines += _wrap("- ", f"{each.facts.nct_id}: {each.facts.title}")
            lines += _list_lines("", each.verdict.because, each.text)
        lines.append("")
    if match.unread:
        lines += textwrap.wrap(f"In the data, and not read: {'; '.join(match.unread)}", WIDTH)
    return "\n".join(lines).rstrip("\n") + "\n"


def _render_study(number: str, study: MatchedStudy) -> Iterator[str]:
    facts = study.facts
    yield from _wrap(number, f"{facts.nct_id}: {facts.title}")
    about = "; ".join({each.casefold(): each for each in (*study.shares, *study.conditions)}.values())
    site = f" Nearest open site: {facts.nearest_site.distance}." if facts.nearest_site else ""
    status = ", ".join(filter(None, (facts.status or "status not stated", facts.status_age)))
    yield from _wrap("   ", f"{status}.{site}")
    yield from _wrap(
        "   ", f"About: {about or '—'}. Score {study.score:.2f} = {study.relevance:.2f} × {study.fit:.2f}"
    )
    if not study.is_evaluated:
        yield "   Its criteria were not evaluated."
    yield from _list_lines("For", study.speaks_for, study.text)
    yield from _list_lines("Against", study.speaks_against, study.text)
    yield from _list_lines("Open", study.open, study.text)


def _list_lines(name: str, criteria: tuple[CriterionVerdict, ...], text: str) -> Iterator[str]:
    if not criteria:
        return
    if name:
        yield f"   {name} ({len(criteria)}):"
    for each in criteria[:MOST_LINES]:
        said = _shorten(each.text)
        facts = "; ".join(dict.fromkeys(one.fact.describe() for one in each.evidence))
        open_part = "; ".join(dict.fromkeys(one.what for one in each.missing))
        told = facts if each.speaks != "open" else open_part
        kind = _EXCLUSIONS[each.speaks] if each.kind == "exclusion" else ""
        yield from _wrap("     - ", f"{kind}{said}{f' ← {_shorten(told)}' if told else ''}")
    if len(criteria) > MOST_LINES:
        yield f"       and {len(criteria) - MOST_LINES} more"


def _shorten(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= LONGEST_LINE else words[: LONGEST_LINE - 1] + "…"


def _wrap(mark: str, words: str) -> list[str]:
    return textwrap.wrap(words, WIDTH, initial_indent=mark, subsequent_indent=" " * len(mark))
