"""Does the page on results have each case of the two tables in code, and no other?"""

from __future__ import annotations

import re
from pathlib import Path

from trialbook.results.due import CASES
from trialbook.results.duty import DUTY

PAGE = Path(__file__).parents[2] / "docs" / "concepts" / "results-due.md"


def test_the_page_has_the_cases_in_their_order() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [(case.state, case.paragraph, case.meaning) for case in CASES]


def test_the_page_has_the_paragraphs_of_the_duty() -> None:
    rows = re.findall(r"^\| (yes|no|not known) \| (.+?) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    told = {"yes": "likely", "no": "unlikely", "not known": "unclear"}
    assert {(told[verdict], paragraph) for verdict, paragraph in rows} == {
        (case.applies, case.paragraph) for case in DUTY
    }
