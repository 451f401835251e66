"""An AACT export comes out study by study, whatever its order, quoting and damage."""

from __future__ import annotations

import re
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest

from trialbook.errors import SourceReadError
from trialbook.source.aact import row_cells
from trialbook.source.aact.cells import as_day
from trialbook.source.aact.lines import restore_lines
from trialbook.source.aact.read import is_aact_archive, parse_study_rows
from trialbook.source.aact.row_cells import iter_cells
from trialbook.source.aact.tables import get_table_name
from trialbook.source.containers.byte_stream import Budget
from trialbook.source.containers.zip_archive import ZipArchive
from trialbook.source.files import read_path
from trialbook.source.incoming import Incoming, Rejected
from trialbook.source.limits import DEFAULT, Limits

TABLES = Path(__file__).parents[2] / "fixtures" / "aact"
STUDIES = ["NCT90000021", "NCT90000022", "NCT90000023"]


def write_zip(path: Path, changed: dict[str, str] | None = None, folder: str = "") -> Path:
    texts = {table.name: table.read_text(encoding="utf-8") for table in sorted(TABLES.glob("*.txt"))}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (texts | (changed or {})).items():
            archive.writestr(f"{folder}{name}", text)
    return path


def is_aact(path: Path) -> bool:
    with path.open("rb") as file:
        return is_aact_archive(ZipArchive(file, place=str(path), budget=Budget(DEFAULT)))


def read(path: Path, **limits: int) -> tuple[dict[str, Any], list[Rejected]]:
    records: dict[str, Any] = {}
    rejected = []
    for found in read_path(path, limits=Limits(**limits)):
        if isinstance(found, Incoming):
            records[found.place.rpartition("!")[2]] = msgspec.json.decode(found.body)
        else:
            rejected.append(found)
    return records, rejected


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    found, rejected = read(write_zip(tmp_path_factory.mktemp("aact") / "export.zip"))
    assert rejected == []
    return found


def test_studies_come_in_the_order_of_their_ids(records: dict[str, Any]) -> None:
    assert list(records) == STUDIES
    assert [record["hasResults"] for record in records.values()] == [True, False, False]


def test_trial_with_results_is_mapped_whole(records: dict[str, Any]) -> None:
    protocol = records["NCT90000021"]["protocolSection"]
    assert protocol["identificationModule"] == {
        "nctId": "NCT90000021",
        "nctIdAliases": ["NCT90000001"],
        "orgStudyIdInfo": {"id": "LULL-1"},
        "secondaryIdInfos": [
            {"id": "U01MF000001", "type": "NIH", "link": "https://grants.example/U01MF000001"},
            {"id": "2014-000000-00", "type": "EUDRACT_NUMBER"},
            {"id": "SL-9", "type": "OTHER", "domain": "Slumber Labs"},
        ],
        "organization": {"fullName": "Moonfield University", "class": "OTHER"},
        "briefTitle": 'Lullabine for Night "Owls" | a Pilot',
        "officialTitle": "A Randomised, Double-masked Trial of Lullabine in Adults With Delayed Sleep",
        "acronym": "LULL",
    }
    assert protocol["designModule"]["phases"] == ["PHASE2", "PHASE3"]
    assert protocol["designModule"]["designInfo"]["maskingInfo"] == {
        "masking": "TRIPLE",
        "maskingDescription": "Same capsules",
        "whoMasked": ["PARTICIPANT", "INVESTIGATOR", "OUTCOMES_ASSESSOR"],
    }
    assert protocol["armsInterventionsModule"] == {
        "armGroups": [
            {
                "label": "Lullabine",
                "type": "EXPERIMENTAL",
                "description": "5 mg at ten",
                "interventionNames": ["Drug: Lullabine"],
            },
            {
                "label": "Placebo",
                "type": "PLACEBO_COMPARATOR",
                "description": "A capsule at ten",
                "interventionNames": ["Drug: Placebo"],
            },
        ],
        "interventions": [
            {
                "type": "DRUG",
                "name": "Lullabine",
                "description": "5 mg",
                "armGroupLabels": ["Lullabine"],
                "otherNames": ["LB-5", "Slumberol"],
            },
            {"type": "DRUG", "name": "Placebo", "armGroupLabels": ["Placebo"]},
        ],
    }


def test_another_name_that_is_empty_is_none(tmp_path: Path) -> None:
    names = "id|nct_id|intervention_id|name\n1|NCT90000021|1|\n2|NCT90000021|1|Slumberol\n"
    found, rejected = read(write_zip(tmp_path / "export.zip", {"intervention_other_names.txt": names}))
    first, _ = found["NCT90000021"]["protocolSection"]["armsInterventionsModule"]["interventions"]
    assert (first["otherNames"], rejected) == (["Slumberol"], [])


def test_cells_keep_pipes_quotes_and_line_breaks(records: dict[str, Any]) -> None:
    protocol = records["NCT90000021"]["protocolSection"]
    assert protocol["descriptionModule"]["briefSummary"] == (
        'Adults who fall asleep late take lullabine or placebo.\n\nThey say "good night" at ten | or try to.'
    )
    assert protocol["eligibilityModule"]["eligibilityCriteria"] == (
        'Inclusion Criteria:\n\n* Asleep after 02:00\n* Says "late" | means late\n\n'
        "Exclusion Criteria:\n\n* Night work"
    )


def test_rows_are_ordered_by_id_where_the_file_is_not(records: dict[str, Any]) -> None:
    conditions = records["NCT90000021"]["protocolSection"]["conditionsModule"]["conditions"]
    assert conditions == ["Delayed Sleep Phase", "Sleep Onset Insomnia"]


def test_measurements_are_folded_back_into_classes_and_categories(records: dict[str, Any]) -> None:
    primary, snorers, mood = records["NCT90000021"]["resultsSection"]["outcomeMeasuresModule"][
        "outcomeMeasures"
    ]
    assert primary["classes"] == [
        {
            "title": "Week 2",
            "categories": [
                {
                    "measurements": [
                        {
                            "groupId": "OG000",
                            "value": "30",
                            "lowerLimit": "25.10",
                            "upperLimit": "NA",
                            "comment": "Too few",
                        },
                        {"groupId": "OG001", "value": "41", "lowerLimit": "35.0", "upperLimit": "47.0"},
                    ]
                }
            ],
        },
        {
            "title": "Week 4",
            "categories": [
                {
                    "measurements": [
                        {"groupId": "OG000", "value": "22"},
                        {"groupId": "OG001", "value": "40"},
                    ]
                }
            ],
        },
    ]
    assert primary["analyses"][0]["groupIds"] == ["OG000", "OG001"]
    assert primary["analyses"][0]["pValue"] == "<0.001"
    assert snorers["groups"] == [{"id": "OG000", "title": "All Owls", "description": "Both arms"}]
    assert mood == {
        "type": "SECONDARY",
        "title": "Mood",
        "timeFrame": "4 weeks",
        "anticipatedPostingDate": "2019-01",
    }


def test_participant_flow_and_adverse_events_are_grouped(records: dict[str, Any]) -> None:
    results = records["NCT90000021"]["resultsSection"]
    (period,) = results["participantFlowModule"]["periods"]
    assert [milestone["type"] for milestone in period["milestones"]] == ["STARTED", "COMPLETED"]
    assert period["dropWithdraws"] == [
        {
            "type": "Lost to Follow-up",
            "reasons": [
                {"groupId": "FG000", "numSubjects": "2"},
                {"groupId": "FG001", "comment": "moved", "numSubjects": "1"},
            ],
        }
    ]
    events = results["adverseEventsModule"]
    assert events["eventGroups"][1] == {
        "id": "EG001",
        "title": "Placebo",
        "deathsNumAffected": 0,
        "deathsNumAtRisk": 20,
    }
    assert events["seriousEvents"][0]["stats"] == [
        {"groupId": "EG000", "numEvents": 1, "numAffected": 1, "numAtRisk": 20},
        {"groupId": "EG001", "numAffected": 0, "numAtRisk": 20},
    ]
    assert events["otherEvents"][0]["assessmentType"] == "NON_SYSTEMATIC_ASSESSMENT"


def test_registry_study_keeps_partial_dates_contacts_and_removed_countries(records: dict[str, Any]) -> None:
    record = records["NCT90000022"]
    protocol = record["protocolSection"]
    assert protocol["statusModule"]["startDateStruct"] == {"date": "2020-03", "type": "ACTUAL"}
    assert protocol["statusModule"]["statusVerifiedDate"] == "2021-04"
    assert protocol["designModule"]["studyType"] == "OBSERVATIONAL"
    assert protocol["designModule"]["patientRegistry"] is True
    assert protocol["contactsLocationsModule"]["locations"][0]["contacts"] == [
        {
            "name": "Desk",
            "role": "CONTACT",
            "phone": "555-0101",
            "phoneExt": "7",
            "email": "desk@saltmarsh.example",
        },
        {"name": "Orla Finch", "role": "PRINCIPAL_INVESTIGATOR"},
    ]
    assert record["derivedSection"] == {"miscInfoModule": {"removedCountries": ["Iceland"]}}
    assert record["annotationSection"]["annotationModule"]["unpostedAnnotation"]["unpostedEvents"] == [
        {"type": "RELEASE", "date": "2021-03-04"},
        {"type": "UNRELEASE", "dateUnknown": True},
    ]


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2021-05-03", "2021-05-03"),
        ("2021-05-03 00:00:00", "2021-05-03"),
        ("May 3, 2021", "2021-05-03"),
        ("May 2021", "2021-05"),
        ("", None),
        ("soon", None),
    ],
)
def test_a_day_is_read_with_the_time_behind_it_or_in_words(cell: str, day: str | None) -> None:
    assert as_day(cell) == day


def test_older_exports_spell_values_in_words(records: dict[str, Any]) -> None:
    protocol = records["NCT90000023"]["protocolSection"]
    assert protocol["statusModule"]["overallStatus"] == "ACTIVE_NOT_RECRUITING"
    assert protocol["statusModule"]["startDateStruct"] == {"date": "2009-08"}
    assert protocol["statusModule"]["completionDateStruct"] == {"date": "2010-08-16", "type": "ESTIMATED"}
    assert protocol["designModule"]["designInfo"] == {
        "allocation": "NA",
        "interventionModel": "SINGLE_GROUP",
        "primaryPurpose": "SUPPORTIVE_CARE",
        "maskingInfo": {"masking": "NONE"},
    }
    assert protocol["sponsorCollaboratorsModule"]["leadSponsor"]["class"] == "FED"
    assert protocol["eligibilityModule"]["healthyVolunteers"] is True
    assert "minimumAge" not in protocol["eligibilityModule"]


def test_older_exports_have_totals_among_the_events_and_one_id_column() -> None:
    group = {"id": "1", "ctgov_group_code": "E1", "result_type": "Reported Event", "title": "All"}
    event = {
        "ctgov_group_code": "E1",
        "event_type": "serious",
        "subjects_affected": "2",
        "subjects_at_risk": "9",
    }
    record = parse_study_rows(
        "NCT90000024",
        {
            "studies": [{"brief_title": "Old"}],
            "id_information": [
                {"id_type": "secondary_id", "id_value": "S1"},
                {"id_type": "org_study_id", "id_value": "O1"},
            ],
            "result_groups": [group],
            "reported_events": [event | {"adverse_event_term": "Total, serious adverse events"}],
        },
    )
    assert record["resultsSection"]["adverseEventsModule"] == {
        "eventGroups": [{"id": "E1", "title": "All", "seriousNumAffected": 2, "seriousNumAtRisk": 9}]
    }
    assert record["protocolSection"]["identificationModule"]["secondaryIdInfos"] == [{"id": "S1"}]
    assert record["protocolSection"]["identificationModule"]["orgStudyIdInfo"] == {"id": "O1"}


def test_neighbours_of_one_title_stay_apart_where_a_group_comes_again() -> None:
    row = {"period": "Overall Study", "title": "Visit", "ctgov_group_code": "FG000"}
    rows = [row | {"count": "9"}, row | {"ctgov_group_code": "FG001", "count": "8"}, row | {"count": "7"}]
    record = parse_study_rows("NCT90000024", {"studies": [{"brief_title": "Old"}], "milestones": rows})
    (period,) = record["resultsSection"]["participantFlowModule"]["periods"]
    assert [
        [one["numSubjects"] for one in milestone["achievements"]] for milestone in period["milestones"]
    ] == [
        ["9", "8"],
        ["7"],
    ]


def test_original_holds_every_cell_of_the_study(tmp_path: Path) -> None:
    first = next(iter(read_path(write_zip(tmp_path / "export.zip"))))
    assert isinstance(first, Incoming)
    assert first.format == "aact"
    original = msgspec.json.decode(first.original or b"")
    assert set(original) == {
        path.stem for path in TABLES.glob("*.txt") if "NCT90000021" in path.read_text(encoding="utf-8")
    }
    calculated = original["calculated_values"]
    assert dict(zip(calculated["columns"], calculated["rows"][0], strict=True))["actual_duration"] == "28"


def test_windows_line_ends_and_a_folder_in_the_zip_change_nothing(
    tmp_path: Path, records: dict[str, Any]
) -> None:
    texts = {
        path.name: path.read_text(encoding="utf-8").replace("\n", "\r\n") for path in TABLES.glob("*.txt")
    }
    texts["brief_summaries.txt"] = "\ufeff" + texts["brief_summaries.txt"]
    path = write_zip(tmp_path / "crlf.zip", texts, folder="20250101_export/")
    found, rejected = read(path)
    assert rejected == []
    assert found == records
    assert is_aact(path)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("9|NCT90000021", "has 2 cells, expected 4"),
        ("9|NCT90000021|Snoring|snoring|x", "has 5 cells, expected 4"),
        ("9|21|Snoring|snoring", "has nct_id '21'"),
        ('9|NCT90000021|"Snoring', "never closed"),
        ("9|NCT90000021|Sn\udce9|x", "not UTF-8"),
    ],
)
def test_a_bad_row_is_rejected_with_its_place_and_the_others_stay(
    tmp_path: Path, records: dict[str, Any], line: str, reason: str
) -> None:
    lines = (TABLES / "conditions.txt").read_text(encoding="utf-8").splitlines()
    lines.insert(3, line)
    text = "\n".join(lines).encode("utf-8", "surrogateescape")
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for table in TABLES.glob("*.txt"):
            archive.writestr(table.name, text if table.stem == "conditions" else table.read_bytes())
    found, (bad,) = read(path)
    assert reason in bad.reason
    assert bad.place == f"{path}!conditions.txt:4"
    assert bad.original.decode("utf-8", "surrogateescape") == line
    assert found == records


def test_a_study_without_its_own_row_is_rejected_with_its_rows(tmp_path: Path) -> None:
    text = (TABLES / "studies.txt").read_text(encoding="utf-8")
    text = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("NCT90000023"))
    found, (bad,) = read(write_zip(tmp_path / "export.zip", {"studies.txt": text}))
    assert list(found) == STUDIES[:2]
    assert "NCT90000023 has rows in" in bad.reason
    assert "but none in studies" in bad.reason
    assert b"Warm" not in bad.original
    assert b"Hypothermia" in bad.original


def test_studies_without_their_own_row_beyond_a_hundred_are_rejected_as_one(
    tmp_path: Path, records: dict[str, Any]
) -> None:
    rows = "".join(f"{k}|NCT{k // 2:08}|word {k}|word {k}\n" for k in range(2, 402))
    text = (TABLES / "keywords.txt").read_text(encoding="utf-8") + rows
    found, rejected = read(write_zip(tmp_path / "export.zip", {"keywords.txt": text}))
    assert found == records
    others, *each = rejected
    assert len(each) == 100
    assert all("has rows in keywords but none in studies" in bad.reason for bad in each)
    assert "200 rows of 100 more studies (NCT00000101, NCT00000102, NCT00000103, …)" in others.reason
    assert msgspec.json.decode(others.original)["keywords"][0] == [
        "202",
        "NCT00000101",
        "word 202",
        "word 202",
    ]


def test_studies_may_be_the_last_table_of_the_export(tmp_path: Path, records: dict[str, Any]) -> None:
    path = tmp_path / "export.zip"
    names = sorted(TABLES.glob("*.txt"), key=lambda table: (table.stem == "studies", table.name))
    with zipfile.ZipFile(path, "w") as archive:
        for table in names:
            archive.writestr(table.name, table.read_bytes())
    assert read(path) == (records, [])


def test_a_study_twice_in_studies_is_rejected(tmp_path: Path) -> None:
    text = (TABLES / "studies.txt").read_text(encoding="utf-8")
    doubled = text + next(line for line in text.splitlines(keepends=True) if line.startswith("NCT90000022"))
    found, (bad,) = read(write_zip(tmp_path / "export.zip", {"studies.txt": doubled}))
    assert "NCT90000022" not in found
    assert "2 rows in studies" in bad.reason


def test_a_study_with_too_many_rows_is_rejected_and_the_next_one_read(tmp_path: Path) -> None:
    text = "id|nct_id|name|downcase_name\n" + "".join(
        f"{n}|NCT90000021|condition number {n} of far too many|x\n" for n in range(3000)
    )
    found, (bad,) = read(write_zip(tmp_path / "export.zip", {"keywords.txt": text}), max_record_bytes=60_000)
    assert list(found) == STUDIES[1:]
    assert "NCT90000021 has" in bad.reason


@pytest.mark.parametrize("later", ['"a ""b"" | {n}"', "plain {n}"])
def test_an_open_quote_costs_its_own_line_only(later: str) -> None:
    rows = [f"{n}|NCT90000021|{later.format(n=n)}" for n in range(5)]
    rows.insert(2, '"9|NCT90000021|never closed')
    found = list(iter_cells(["\n".join(["id|nct_id|name", *rows]).encode()], "t.txt"))
    assert [entry[1][0] for entry in found if not isinstance(entry, Rejected)] == [
        "id", "0", "1", '"9', "2", "3", "4",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ('"Time is Muscle" trial', '"Time is Muscle" trial'),
        ('"Never closed', '"Never closed'),
        ('"A|B"', "A|B"),
        ('"He said ""no"" | left"', 'He said "no" | left'),
        ('5" needle', '5" needle'),
        ('"First line\nsecond | line"', "First line\nsecond | line"),
        ('"" and nothing', '"" and nothing'),
    ],
)
def test_a_quote_at_the_start_of_a_cell_may_be_the_text_s_own(name: str, expected: str) -> None:
    rows = ["id|nct_id|name|status", "1|NCT90000021|plain|OPEN", f"2|NCT90000022|{name}|OPEN"]
    rows += ['3|NCT90000023|Ends with "quote"|OPEN', '4|NCT90000024|ends with quote"|OPEN']
    found = list(iter_cells(["\n".join(rows).encode()], "t.txt"))
    assert not [entry for entry in found if isinstance(entry, Rejected)]
    assert [cells[2] for _, cells in found] == [
        "name", "plain", expected, 'Ends with "quote"', 'ends with quote"',
    ]  # fmt: skip


def test_a_cell_that_spans_more_than_4_mib_is_not_waited_for() -> None:
    text = (
        b'id|nct_id|name\n1|NCT90000021|"open|\n' + b"2|NCT90000021|x|\n" * 400_000 + b'3|NCT90000021|"y"\n'
    )
    found = list(iter_cells([text], "t.txt"))
    assert isinstance(found[1], Rejected)
    assert len(found) == 400_003


def test_a_line_without_end_is_rejected_in_bounded_memory() -> None:
    chunk = b"x" * 2**20
    header, *bad, row = iter_cells([b"id|nct_id\n", *[chunk] * 40, b"\n1|NCT90000021\n"], "t.txt")
    assert (header, row) == ((1, ["id", "nct_id"]), (3, ["1", "NCT90000021"]))
    (rejected,) = bad
    assert isinstance(rejected, Rejected)
    assert rejected.place == "t.txt:2"
    assert len(rejected.original) == 2**20


def test_a_table_that_is_there_twice_is_read_once(tmp_path: Path, records: dict[str, Any]) -> None:
    path = write_zip(tmp_path / "export.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("copy/conditions.txt", (TABLES / "conditions.txt").read_bytes())
    found, (bad,) = read(path)
    assert found == records
    assert "conditions is in the export twice" in bad.reason


def test_other_zips_are_no_export(tmp_path: Path) -> None:
    bulk = tmp_path / "bulk.zip"
    with zipfile.ZipFile(bulk, "w") as archive:
        archive.writestr("NCT00000001.json", "{}")
        archive.writestr("studies.txt", "a note on studies")
    assert not is_aact(bulk)
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK\x03\x04 and nothing else")
    assert not is_aact(broken)
    assert is_aact(write_zip(tmp_path / "export.zip"))


def test_a_bomb_is_given_up_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    rows = "1|NCT90000021|" + "0" * 1000 + "|x\n"
    path = write_zip(
        tmp_path / "bomb.zip", {"keywords.txt": "id|nct_id|name|downcase_name\n" + rows * 20_000}
    )
    with pytest.raises(SourceReadError, match="expand to more than"):
        list(read_path(path, limits=Limits(free_expansion_bytes=2**20, max_expansion=50)))
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_damaged_table_yields_no_study_at_all(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "export.zip")
    data = bytearray(path.read_bytes())
    at = data.index(b"eligibilities.txt") + 60
    data[at : at + 8] = b"\xff" * 8
    path.write_bytes(data)
    found: list[object] = []
    with pytest.raises(SourceReadError, match=r"eligibilities\.txt"):
        found.extend(read_path(path))
    assert found == []


def test_names_in_the_zip_are_labels_and_never_paths(tmp_path: Path, records: dict[str, Any]) -> None:
    path = write_zip(tmp_path / "export.zip", folder="../../../../tmp/escape/")
    found, rejected = read(path)
    assert (found, rejected) == (records, [])
    assert not Path("/tmp/escape").exists()
    assert get_table_name("../../etc/passwd") == ""


def test_a_full_disk_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trialbook.source.aact.tables._PRAGMAS", ("max_page_count=3",))
    rows = "".join(f"{n}|NCT90000021|{'k' * 2000}|x\n" for n in range(50))
    path = write_zip(tmp_path / "export.zip", {"keywords.txt": "id|nct_id|name|downcase_name\n" + rows})
    with pytest.raises(SourceReadError, match=re.escape("set TMPDIR to a larger disk")):
        list(read_path(path))


def test_a_study_of_more_rows_than_any_has_is_refused_and_the_others_are_read(tmp_path: Path) -> None:
    rows = "".join(f"{number}|NCT90000021|word {number}|\n" for number in range(2_000))
    path = write_zip(tmp_path / "export.zip", {"keywords.txt": "id|nct_id|name|downcase_name\n" + rows})
    records, (refused,) = read(path, max_record_memory=1_500_000)
    assert list(records) == STUDIES[1:]
    assert "which would take more than 1.4 MiB of memory to read" in refused.reason
    assert refused.original.startswith(b"{")


def test_a_cell_that_stays_open_is_not_looked_through_for_each_of_its_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[int] = []
    split = row_cells._split

    def count(record: bytes) -> Any:
        looked.append(len(record))
        return split(record)

    monkeypatch.setattr(row_cells, "_split", count)
    data = b"id|nct_id|name\n" + b'1|NCT90000021|"a"b\n' + b'1|NCT90000022|"a\n' + b'"" x\n' * 20_000
    list(iter_cells([data], "keywords.txt"))
    assert sum(looked) < 10 * len(data)


def test_in_a_text_without_end_only_the_signs_of_a_break_are_read() -> None:
    text = "about ~ 5 mg~" * 40_000
    assert restore_lines(text) == text.replace("~", "\n")
