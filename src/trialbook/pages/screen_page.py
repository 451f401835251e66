"""Would somebody fit a study? The form, what its answers come to, and the sheet to sign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from trialbook.eligibility.questions import Asked
from trialbook.eligibility.readers.form import list_answers
from trialbook.eligibility.screening import name_criteria
from trialbook.eligibility.unit_names import write_unit
from trialbook.eligibility.verdicts import VERDICTS, CriterionVerdict, PatientVerdict
from trialbook.eligibility.worksheet import NOTICE, SAID, shorten_words
from trialbook.model import Study
from trialbook.pages.environment import render
from trialbook.pages.record.shorten import shorten_title
from trialbook.record.links import study_url
from trialbook.record.markup import strip_markup

# So many questions stand open; further ones, which decide less, are folded.
SHOWN = 12
STANDINGS = {
    "present": "",
    "planned": "planned",
    "at_risk": "at risk of",
    "family": "in the family",
    "able": "able, willing or agreeing to",
    "allergy": "allergic or intolerant to",
}
SPEAKS = {"for": "speaks for taking part", "against": "keeps the person out", "open": "open"}
TONES = {"for": "open", "against": "stopped", "open": "running"}
LONGEST_QUOTE = 220


class ScreenForm(msgspec.Struct, frozen=True, kw_only=True):
    """Everything on the page.

    Attributes
    ----------
    questions
        What is asked, the most deciding first; None where nothing could be evaluated.
    verdict
        What the answers come to; None before any were sent.
    given
        The form as it was filled in, by name.
    told, told_facts
        What was read from data that were handed over, as it goes along with the page, and in lines.
    complete
        Domains that can be told in full: name, words, and whether they were.
    """

    questions: tuple[Asked, ...] = ()
    criteria: tuple[CriterionVerdict, ...] = ()
    verdict: PatientVerdict | None = None
    given: Mapping[str, str] = {}
    told: str = ""
    told_facts: tuple[str, ...] = ()
    complete: tuple[tuple[str, str, bool], ...] = ()
    error: str = ""


def render_screen_page(study: Study, form: ScreenForm, *, note: str = "") -> str:
    """Render the form, and once answers were sent what they come to; `note` as in `render_checklist_page`."""
    names = _name(form.criteria)
    answered = [each for each in form.questions if _is_answered(each, form.given)]
    others = [each for each in form.questions if not _is_answered(each, form.given)]
    asked = [each for each in others if each.decides or form.verdict is None]
    return render(
        "screen.html",
        **_describe(study),
        note=note,
        form=form,
        groups=(
            ("", asked[:SHOWN], True),
            ("{} more, which decide less", asked[SHOWN:], False),
            ("{} answered", answered, bool(form.error)),
            ("{} that decide nothing any more", [each for each in others if each not in asked], False),
        ),
        names=names,
        asked_keys={each.key for each in form.questions},
        verdict=form.verdict,
        given=form.given,
        list_answers=list_answers,
        write_unit=write_unit,
        standings=STANDINGS,
        shorten=_shorten,
        said=SAID,
        speaks=SPEAKS,
        tones=TONES,
        verdicts=VERDICTS,
        notice=NOTICE,
        query="",
    )


def render_worksheet_page(
    study: Study, criteria: Sequence[CriterionVerdict], verdict: PatientVerdict | None, *, note: str = ""
) -> str:
    """Render the sheet to print and sign: with verdicts, or blank where there is no `verdict`; `note` as above."""
    return render(
        "worksheet.html",
        **_describe(study),
        note=note,
        criteria=criteria,
        verdict=verdict,
        names=_name(criteria),
        plain=_plain,
        said=SAID,
        speaks=SPEAKS,
        notice=NOTICE,
        query="",
    )


def _describe(study: Study) -> dict[str, object]:
    text = study.eligibility.eligibility_criteria or ""

    def quote(start: int, end: int) -> str:
        return _shorten(text[start:end])

    return {
        "study": study,
        "title": shorten_title(
            study.brief_title or study.official_title or study.nct_id or "Untitled record"
        ),
        "url": study_url(study.nct_id),
        "quote": quote,
    }


def _name(criteria: Sequence[CriterionVerdict]) -> dict[int, str]:
    """How each criterion is called: "Exclusion 3", "Minimum age"."""
    names = name_criteria(criteria)
    return {
        each.start: name.replace("_", " ").capitalize() for each, name in zip(criteria, names, strict=True)
    }


def _is_answered(asked: Asked, given: Mapping[str, str]) -> bool:
    names = {
        "age": ("age", "birth"),
        "value": (f"{asked.key}.value",),
        "thing": (f"{asked.key}.answer",),
    }.get(asked.kind, (asked.key,))
    return any(given.get(name, "").strip() for name in names)


def _shorten(text: str) -> str:
    plain = _plain(text)
    return plain if len(plain) <= LONGEST_QUOTE else plain[: LONGEST_QUOTE - 1] + "…"


def _plain(text: str) -> str:
    return strip_markup(shorten_words(text))
