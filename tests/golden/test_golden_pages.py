"""Pages of a dozen frozen records, kept so that a change of any of them is seen in review.

`TRIALBOOK_REGENERATE=1 pytest tests/golden` writes them anew; then read the difference.
"""

from __future__ import annotations

import json
import os
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from trialbook.model import parse_record
from trialbook.pages import render_study_page, render_study_text

HERE = Path(__file__).parent
TODAY = date(2026, 1, 15)
RECORDS: list[dict[str, Any]] = [
    json.loads(line) for line in (HERE / "records.jsonl").read_text(encoding="utf-8").splitlines()
]


def name_of(record: dict[str, Any]) -> str:
    return str(record["protocolSection"]["identificationModule"]["nctId"])


def by_line(html: str) -> str:
    """A page with one element a line, without the style's hash, so that a difference can be read."""
    page = re.sub(r"\?v=[0-9a-f]+", "", html).replace("><", ">\n<")
    return page.rstrip() + "\n"


def compare(path: Path, shown: str) -> None:
    if os.environ.get("TRIALBOOK_REGENERATE"):
        path.write_text(shown, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == shown, f"{path.name} changed; see this module's docstring"


@pytest.mark.parametrize("record", RECORDS, ids=name_of)
def test_the_page_is_the_one_that_was_reviewed(record: dict[str, Any]) -> None:
    study = parse_record(record)
    compare(HERE / f"{study.nct_id}.html", by_line(render_study_page(study, today=TODAY)))


@pytest.mark.parametrize("record", RECORDS[:4], ids=name_of)
def test_the_text_is_the_one_that_was_reviewed(record: dict[str, Any]) -> None:
    study = parse_record(record)
    compare(HERE / f"{study.nct_id}.txt", render_study_text(study, today=TODAY, width=88))
