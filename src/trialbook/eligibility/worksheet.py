"""How do verdicts read? As a sheet to print and sign, and as JSON."""

from __future__ import annotations

import textwrap
from typing import Any

from trialbook.eligibility.screening import name_criteria
from trialbook.eligibility.tree import Span
from trialbook.eligibility.verdicts import CriterionVerdict, Evidence, PatientVerdict, Verdict

WIDTH = 100
# Longer than any real criterion: so much of one stands on a sheet.
LONGEST_WORDS = 50_000
NOTICE = (
    "This sheet says what a program read in the registry's words and in the data that it was given. It is no medical "
    "advice and no decision: a clinician checks each line against the protocol."
)
SAID: dict[Verdict, str] = {
    "met": "met",
    "not_met": "not met",
    "unknown": "not known",
    "conflict": "the data disagree",
    "judgement": "a person has to judge",
}


def render_worksheet(verdict: PatientVerdict, *, title: str, text: str = "") -> str:
    """A sheet with each criterion, its verdict, what it rests on, and room to say otherwise and sign.

    `title` names the study, `text` is its eligibility text.
    """
    parts = [title, f"Person: {verdict.person_id or '—'}    As of: {verdict.day or '—'}", ""]
    parts += textwrap.wrap(f"Overall: {verdict.explain()}", WIDTH)
    parts += [f"  {cohort}: {overall}" for cohort, overall in verdict.cohorts.items()]
    parts += ["", *textwrap.wrap(NOTICE, WIDTH), ""]
    for name, each in zip(name_criteria(verdict.criteria), verdict.criteria, strict=True):
        parts += _render_criterion(name, each, text)
    if verdict.unread:
        told = "; ".join(verdict.unread)
        parts += textwrap.wrap(f"In the data, and not read: {told}", WIDTH)
    parts += [
        "",
        "Checked by: ______________________________   Date: ______________   Signature: ______________",
    ]
    return "\n".join(parts) + "\n"


def _render_criterion(name: str, verdict: CriterionVerdict, text: str) -> list[str]:
    kind = {"inclusion": "Inclusion", "exclusion": "Exclusion"}.get(
        verdict.kind, "Neither said to include nor exclude"
    )
    heading = (
        f"{name}  {kind}{f', {verdict.cohort}' if verdict.cohort else ''}:"
        f" {' '.join(shorten_words(verdict.text).split())}"
    )
    lines = textwrap.wrap(heading, WIDTH, subsequent_indent="    ")
    lines.append(f"    Verdict: {SAID[verdict.verdict]}")
    for one in verdict.evidence:
        lines += _indent(f"- {one.fact.describe()} [{one.fact.source.where or one.fact.source.origin}] "
                         f"→ {SAID[one.says]}{_quote(text, one.span)}{f'; {one.note}' if one.note else ''}")  # fmt: skip
    for what in dict.fromkeys(each.what for each in verdict.missing):
        lines += _indent(f"? {what}")
    for question in verdict.questions:
        lines += _indent(f"? {question.text} ({question.key}: {' or '.join(question.answers)})")
    for contest in verdict.contests:
        by = f" by {contest.by}" if contest.by else ""
        on = f" on {contest.day}" if contest.day else ""
        lines += _indent(f"! Overruled{by}{on}: {SAID[contest.verdict]}, because {contest.reason}")
    lines += ["    [ ] agreed   [ ] otherwise: ____________________________________________________", ""]
    return lines


def shorten_words(text: str) -> str:
    """The words of a criterion as far as a sheet has room for them, and how many characters more there are.

    >>> shorten_words("Adult"), shorten_words("a" * 50_007)[-43:]
    ('Adult', "… [7 characters more, in the record's JSON]")
    """
    if (more := len(text) - LONGEST_WORDS) <= 0:
        return text
    return f"{text[:LONGEST_WORDS]} … [{more:,} characters more, in the record's JSON]"


def make_answer(verdict: PatientVerdict, *, text: str = "") -> dict[str, Any]:
    """A verdict as JSON's values. `verdict` of a criterion is the computed one, `counted` the one that counts."""
    return {
        "person_id": verdict.person_id,
        "day": verdict.day.isoformat() if verdict.day else None,
        "overall": verdict.overall,
        "because": [each.start for each in verdict.because],
        "cohorts": verdict.cohorts,
        "criteria": [
            _make_criterion(name, each, text)
            for name, each in zip(name_criteria(verdict.criteria), verdict.criteria, strict=True)
        ],
        "unread": list(verdict.unread),
        "notice": NOTICE,
    }


def _make_criterion(name: str, verdict: CriterionVerdict, text: str) -> dict[str, Any]:
    return {
        "name": name,
        "kind": verdict.kind,
        "text": verdict.text,
        "start": verdict.start,
        "end": verdict.end,
        "cohort": verdict.cohort,
        "verdict": verdict.verdict,
        "counted": verdict.counted,
        "evidence": [_make_evidence(each, text) for each in verdict.evidence],
        "missing": [
            {"what": each.what, "start": each.span.start, "end": each.span.end} for each in verdict.missing
        ],
        "questions": [
            {"key": each.key, "text": each.text, "answers": list(each.answers)} for each in verdict.questions
        ],
        "contests": [
            {
                "verdict": each.verdict,
                "reason": each.reason,
                "by": each.by,
                "day": each.day.isoformat() if each.day else None,
            }
            for each in verdict.contests
        ],
    }


def _make_evidence(evidence: Evidence, text: str) -> dict[str, Any]:
    fact = evidence.fact
    return {
        "fact": fact.describe(),
        "says": evidence.says,
        "when": str(fact.start or fact.end or ""),
        "codes": list(fact.concept.ids),
        "origin": fact.source.origin,
        "where": fact.source.where,
        "words": fact.source.words,
        "note": evidence.note,
        "start": evidence.span.start,
        "end": evidence.span.end,
        "criterion_words": text[evidence.span.start : evidence.span.end],
    }


def _quote(text: str, span: Span) -> str:
    words = " ".join(text[span.start : span.end].split())
    return f': "{words}"' if words else ""


def _indent(line: str) -> list[str]:
    return textwrap.wrap(line, WIDTH, initial_indent="    ", subsequent_indent="      ")
