"""One study and many persons: fields beside the text, counts with their zeros, a log that its owner alone may read."""

from __future__ import annotations

import csv
import logging
import os
import stat
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.unit.eligibility.aceso import CRITERIA, DAY, atom, read_person
from tests.unit.eligibility.test_aceso_patients import FIT, PATIENTS

from trialbook.eligibility.readers.files import read_patient_bytes
from trialbook.eligibility.screening import Screener, Tally, write_log_csv, write_log_parquet
from trialbook.eligibility.tree import ParsedCriterion
from trialbook.eligibility.verdicts import Contest, PatientVerdict
from trialbook.eligibility.worksheet import NOTICE, make_answer, render_worksheet
from trialbook.errors import UsageError
from trialbook.model.ages import Age
from trialbook.model.protocol import EligibilityModule
from trialbook.terms import get_thesaurus

MODULE = EligibilityModule(minimum_age=Age("18 Years"), maximum_age=Age("75 Years"), healthy_volunteers=False)
SCREENER = Screener(CRITERIA, MODULE, get_thesaurus())
GOUT = ParsedCriterion("inclusion", "Gout", 0, 4, atom("gout"))
ASTHMA = ParsedCriterion("exclusion", "Asthma", 5, 11, atom("asthma"))


def screen(told: dict[str, Any], **module: Any) -> PatientVerdict:
    return Screener([GOUT, ASTHMA], EligibilityModule(**module), get_thesaurus()).screen(
        read_person(told), DAY
    )


@pytest.mark.parametrize(
    ("module", "told", "expected"),
    [
        ({"minimum_age": Age("18 Years")}, {"birth_date": "2008-11-29"}, {-1: "met"}),
        ({"minimum_age": Age("18 Years")}, {"birth_date": "2008-11-30"}, {-1: "not_met"}),
        ({"maximum_age": Age("75 Years")}, {"birth_date": "1950-11-30"}, {-2: "met"}),
        ({"maximum_age": Age("75 Years")}, {"birth_date": "1950-11-29"}, {-2: "not_met"}),
        ({"minimum_age": Age("6 Months")}, {"birth_date": "2026-05-29"}, {-1: "met"}),
        ({"maximum_age": Age("28 Days")}, {"birth_date": "2026-10-31"}, {-2: "not_met"}),
        ({"minimum_age": Age("grown up")}, {"birth_date": "1970"}, {-1: "unknown"}),
        ({"sex": "FEMALE"}, {"sex": "female"}, {-3: "met"}),
        ({"sex": "MALE"}, {"sex": "female"}, {-3: "not_met"}),
        ({"sex": "FEMALE"}, {}, {-3: "unknown"}),
        ({"sex": "ALL"}, {}, {}),
        ({"healthy_volunteers": False}, {"gout": True}, {-4: "not_met"}),
        ({"healthy_volunteers": False}, {"healthy volunteer": True}, {-4: "met"}),
        ({"healthy_volunteers": False}, {}, {-4: "unknown"}),
        ({"healthy_volunteers": True}, {}, {}),
    ],
)
def test_a_records_fields_are_criteria_of_their_own(
    module: dict[str, Any], told: dict[str, Any], expected: dict[int, str]
) -> None:
    found = {each.start: each.verdict for each in screen(told, **module).criteria if each.start < 0}
    assert found == expected


def test_counts_have_their_zeros_and_add_up() -> None:
    persons = [
        read_person({"person_id": str(number), **said}) for number, (_, said, _) in enumerate(PATIENTS)
    ]
    tally = Tally()
    for each in SCREENER.screen_all(persons, DAY):
        tally.add(each)
    counts = tally.count()
    assert counts.assessed == len(PATIENTS) == sum(counts.overall.values())
    assert len(counts.criteria) == len(CRITERIA) + 3
    assert all(sum(each.verdicts.values()) == len(PATIENTS) for each in counts.criteria)
    by_name = {each.name: each for each in counts.criteria}
    assert by_name["minimum_age"].verdicts["not_met"] == by_name["inclusion_1"].verdicts["not_met"] == 1
    assert by_name["exclusion_5"].excluded == 0
    assert "Eligible (n = 0)" in counts.explain()


def test_a_reason_counts_for_whom_it_is_the_only_one() -> None:
    tally = Tally()
    for told in (
        {"gout": False, "asthma": True},
        {"gout": False, "asthma": False},
        {"gout": True, "asthma": True},
        {"gout": True},
    ):
        tally.add(screen(told))
    first, second = tally.count().criteria
    assert (first.excluded, first.excluded_alone, second.excluded, second.excluded_alone) == (2, 1, 2, 1)


def test_of_nobody_nothing_is_counted(tmp_path: Path) -> None:
    assert write_log_csv([], tmp_path / "log.csv").assessed == 0
    assert Tally().count().overall == {"eligible": 0, "ineligible": 0, "open": 0}


def test_a_log_has_a_row_a_person_and_its_owner_alone_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.touch(mode=0o644)
    told = [{"person_id": "a", "gout": True, "asthma": False}, {"person_id": "b", "gout": False}]
    counts = write_log_csv([screen(each) for each in told], path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with path.open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["person_id", "day", "overall", "because", "inclusion_1", "exclusion_1"],
            ["a", "2026-11-29", "eligible", "", "met", "not_met"],
            ["b", "2026-11-29", "ineligible", "inclusion_1", "not_met", "unknown"],
        ]
    assert counts.overall == {"eligible": 1, "ineligible": 1, "open": 0}


def test_a_log_as_parquet_says_the_same(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "log.parquet"
    write_log_parquet([screen({"person_id": "a", "gout": True, "asthma": False})], path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert parquet.read_table(path).to_pylist() == [
        {
            "person_id": "a",
            "day": "2026-11-29",
            "overall": "eligible",
            "because": "",
            "inclusion_1": "met",
            "exclusion_1": "not_met",
        }
    ]


def test_the_rights_of_a_device_stay_as_they_are() -> None:
    before = Path(os.devnull).stat().st_mode
    assert write_log_csv([screen({"gout": True})], Path(os.devnull)).assessed == 1
    assert Path(os.devnull).stat().st_mode == before


def test_a_worksheet_has_each_criterion_what_it_rests_on_and_room_to_sign() -> None:
    contest = Contest(0, "met", "seen in the chart", "Dr. A", date(2026, 11, 28))
    screener = Screener(
        [GOUT, ASTHMA], EligibilityModule(eligibility_criteria="Gout Asthma"), get_thesaurus()
    )
    person = read_person({"person_id": "p1", "gout": False})
    sheet = render_worksheet(
        screener.screen(person, DAY, [contest]), title="NCT1: A study", text="Gout Asthma"
    )
    for words in (
        "Overall: open until known: Asthma",
        "inclusion_1  Inclusion: Gout",
        "Verdict: not met",
        "- no gout, as of 2026-11-29 [gout] → not met",
        "! Overruled by Dr. A on 2026-11-28: met, because seen in the chart",
        "Verdict: not known",
        "? whether:",
        "Signature",
    ):
        assert words in sheet
    assert " ".join(sheet.split()).count(NOTICE) == 1


def test_an_answer_has_the_computed_verdict_and_the_one_that_counts() -> None:
    contest = Contest(0, "met", "seen in the chart")
    screener = Screener([GOUT, ASTHMA], None, get_thesaurus())
    found = make_answer(screener.screen(read_person({"gout": False}), DAY, [contest]))
    assert found["overall"] == "open"
    assert found["because"] == [5]
    first = found["criteria"][0]
    assert (first["kind"], first["text"], first["verdict"], first["counted"]) == (
        "inclusion",
        "Gout",
        "not_met",
        "met",
    )
    assert first["evidence"][0]["where"] == "gout"
    assert found["criteria"][1]["missing"] == [{"what": "whether: asthma", "start": 0, "end": 0}]


def test_a_contest_names_a_criterion_and_has_a_reason() -> None:
    screener = Screener([GOUT], None)
    with pytest.raises(UsageError, match="no criterion begins at 7"):
        screener.screen(read_person({}), DAY, [Contest(7, "met", "because")])
    with pytest.raises(UsageError, match="without a reason"):
        screener.screen(read_person({}), DAY, [Contest(0, "met", " ")])


def test_a_persons_values_are_never_logged(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    (person,) = read_patient_bytes(
        b'{"person_id": "p-7731", "HbA1c": "8.2 %", "sex": "F"}', DAY, get_thesaurus()
    )
    SCREENER.screen(person, DAY)
    out, err = capfd.readouterr()
    assert not caplog.records
    assert out + err == ""


def test_who_fits_is_open_until_an_investigator_has_judged() -> None:
    found = SCREENER.screen(read_person(FIT), DAY)
    assert (found.overall, [each.number for each in found.because]) == ("open", ["e18"])
    judged = Contest(found.because[0].start, "not_met", "nothing speaks against it", "PI")
    assert SCREENER.screen(read_person(FIT), DAY, [judged]).overall == "eligible"
