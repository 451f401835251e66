"""Whoever consents and keeps to the protocol meets what asks for no more than that, in whatever words."""

from __future__ import annotations

from datetime import date

import pytest

from trialbook.eligibility.parse import parse_criteria
from trialbook.eligibility.readers.described import describe_patient
from trialbook.eligibility.screening import Screener
from trialbook.model.protocol import EligibilityModule
from trialbook.terms import get_thesaurus

DAY = date(2026, 11, 30)
CONSENTS = "A man of 60 with gout. He gives informed consent."
PLEDGES = f"{CONSENTS} He will comply with the study protocol."


def screen(note: str, asked: str, kind: str = "Inclusion") -> list[str]:
    text = f"{kind} Criteria:\n\n* {asked}"
    screener = Screener(parse_criteria(text), EligibilityModule(), get_thesaurus())
    person = describe_patient(note, get_thesaurus(), DAY)
    return [each.verdict for each in screener.screen(person, DAY).criteria]


@pytest.mark.parametrize(
    "asked",
    [
        "Parental consent is required",
        "Signed and dated ICF",
        "Participates voluntarily",
        "Patient's or relatives' agreement, with informed consent in writing",
    ],
)
def test_consent_in_many_words(asked: str) -> None:
    assert screen(CONSENTS, asked) == ["met"]


@pytest.mark.parametrize(
    "asked",
    [
        "Able to attend all scheduled visits",
        "Willing to follow study procedures",
        "Willing to provide blood and urine samples",
        "Commitment to the study for its entire duration",
        "Compliance with the protocol, and written informed consent",
        "Gives informed consent and returns for all follow-up visits and adheres to study requirements",
    ],
)
def test_whoever_pledges_both_meets_what_asks_for_either(asked: str) -> None:
    assert screen(PLEDGES, asked) == ["met"]
    assert screen(CONSENTS, asked) == ["unknown"]


@pytest.mark.parametrize(
    "asked",
    [
        "Able to comply with weekly lung scans",
        "Able to attend 12 visits",
        "Consents to a skin biopsy",
        "Willing to provide tumor tissue samples",
        "Available for kidney transplantation",
    ],
)
def test_what_asks_for_more_stays_open(asked: str) -> None:
    assert screen(PLEDGES, asked) not in (["met"], ["not_met"])


def test_inability_excludes_nobody_who_pledges() -> None:
    assert screen(PLEDGES, "Unable to comply with study visits", "Exclusion") != ["met"]
