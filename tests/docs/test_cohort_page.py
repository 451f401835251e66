"""The page on cohorts says what the program does: its forms and causes are those of the code, its commands run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import trialbook
from trialbook.cli.cohort import cohort
from trialbook.export.cohort.carried import Cause
from trialbook.export.cohort.cohort import FORMS, Persons
from trialbook.export.cohort.fhir_group import NOT_CARRIED

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "find-a-cohort.md").read_text(encoding="utf-8")


def test_forms_causes_and_persons_are_all_named() -> None:
    first_cells = set(re.findall(r"^\| `([a-z]+)` \|", PAGE, re.MULTILINE))
    assert first_cells == set(FORMS) | set(get_args(Cause))
    assert all(f"--persons {each}" in PAGE for each in get_args(Persons))
    assert NOT_CARRIED in PAGE


def test_the_commands_have_the_options_that_the_page_gives_them() -> None:
    options = {name for each in cohort.params for name in each.opts}
    shown = set(re.findall(r"(?<!\S)(-o|--[a-z]+)", " ".join(re.findall(r"trialbook cohort .*", PAGE))))
    assert shown
    assert shown <= options
    choice = next(each for each in cohort.params if each.name == "form").type
    assert set(choice.choices) == set(FORMS)  # type: ignore[attr-defined]


def test_the_group_is_made_without_a_vocabulary(sample_library: trialbook.Library) -> None:
    made = sample_library.make_cohort("NCT04776239", "fhir")
    assert made.not_carried
    assert made.definition.startswith("{")
