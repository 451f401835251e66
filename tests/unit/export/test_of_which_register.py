"""Does an export say no more of a record than its copy does: from which register, and whether there are results?"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from trialbook.export.aact.rows import Rows
from trialbook.export.csv_table import COLUMNS, clean_cell
from trialbook.export.references import write_reference
from trialbook.export.ris import TAGS
from trialbook.export.ris import write_reference as write_ris
from trialbook.export.typed_table import TYPED


def make_record(nct_id: str, **more: Any) -> dict[str, Any]:
    return {
        "protocolSection": {"identificationModule": {"nctId": nct_id, "briefTitle": "A trial of tea"}},
        **more,
    }


def test_only_a_record_of_the_registry_names_it_as_its_source() -> None:
    own, other = make_record("NCT00000001"), make_record("ISRCTN12345678")
    for write in (write_reference, lambda record: write_ris(record, list(TAGS))):
        assert "ClinicalTrials.gov" in write(own).replace("https://clinicaltrials.gov", "")
        assert "ClinicalTrials.gov" not in write(other)
        assert "National Library of Medicine" not in write(other)


@pytest.mark.parametrize(
    ("more", "cell", "tag", "value"),
    [
        ({"hasResults": True}, "YES", "C6  - Has Results", True),
        ({"hasResults": False}, "NO", "C6  - No Results", False),
        ({}, "", "", None),
    ],
)
def test_a_copy_that_does_not_tell_of_results_says_neither(
    more: dict[str, Any], cell: str, tag: str, value: bool | None
) -> None:
    record = make_record("NCT00000001", **more)
    assert COLUMNS["Study Results"](record) == cell
    lines = write_ris(record, list(TAGS)).split("\r\n")
    assert [line for line in lines if line.startswith("C6")] == ([tag] if tag else [])
    assert TYPED["Study Results"].read(record) is value


def test_no_control_character_of_a_record_reaches_a_reference_or_a_table() -> None:
    record = make_record("NCT00000001")
    record["protocolSection"]["identificationModule"]["briefTitle"] = "A\x00 trial\x07 of\r\nER  - tea\x1a"
    for write in (write_reference, lambda record: write_ris(record, list(TAGS))):
        written = write(record)
        assert "A trial of ER - tea" in written
        assert not set(written) & set("\x00\x07\x1a")
        assert written.count("\nER  - ") == 1
    assert clean_cell("A\x00 trial\nof tea") == "A trial of tea"


def test_a_table_for_sql_has_no_text_at_whose_end_functions_stop_too_soon() -> None:
    rows = Rows("NCT00000001", Counter())
    rows.add("conditions", name="Flu\x00 of birds")
    assert rows.made["conditions"][0]["name"] == "Flu of birds"
