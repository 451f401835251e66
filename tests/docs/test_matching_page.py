"""The page on finding trials for a patient says what the program does: its example runs, its numbers are the code's."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

import trialbook
from trialbook.derived.criteria import MOST_BY_IMPORT
from trialbook.library.matching import MOST_COMPARED, MOST_PARSED, MatchedStudy, PatientMatch

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "match-a-patient.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_example_runs(sample_library: trialbook.Library, capsys: pytest.CaptureFixture[str]) -> None:
    exec(EXAMPLE, {"library": sample_library})
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert all(line.startswith("NCT") for line in lines)


def test_its_numbers_and_names_are_those_of_the_code() -> None:
    assert f"the {MOST_COMPARED} nearest" in PAGE
    assert f"{MOST_BY_IMPORT:,} new texts" in PAGE
    assert f"{MOST_PARSED:,} characters" in PAGE
    known = {
        *(each.name for kind in (PatientMatch, MatchedStudy) for each in msgspec.structs.fields(kind)),
        *("speaks_for", "speaks_against"),
    }
    named = {"sharing", "aside", "excluded_by", "unevaluated", "score", "relevance", "fit", "open"}
    assert all(f"`{each}`" in PAGE for each in named)
    assert named - {"open"} <= known
