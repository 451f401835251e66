"""Is the page on the criteria of NCT04776239 what its trees and verdicts are now?"""

from __future__ import annotations

from tests.docs.write_reference_criteria import PAGE, render


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "run tests/docs/write_reference_criteria.py"
