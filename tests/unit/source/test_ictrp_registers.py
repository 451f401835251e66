"""What some twenty registers write comes out in the registry's values, or beside them in their own words."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import find_shared

from trialbook.model import parse_study
from trialbook.record.pieces import get_enums, get_pieces, get_values
from trialbook.record.walk import get_country_codes
from trialbook.source.files import read_path
from trialbook.source.ictrp.conditions import as_conditions
from trialbook.source.ictrp.ids import is_placeholder, read_id
from trialbook.source.ictrp.kinds import as_status
from trialbook.source.ictrp.participants import as_age, as_count, as_sex
from trialbook.source.ictrp.phases import as_phases
from trialbook.source.ictrp.places import as_countries
from trialbook.source.ictrp.read import is_ictrp, read_ictrp
from trialbook.source.ictrp.spellings import as_date
from trialbook.source.incoming import Incoming


def read(data: bytes) -> list[dict[str, Any]]:
    items = list(read_ictrp(io.BytesIO(data), "export"))
    assert all(isinstance(item, Incoming) for item in items)
    return [json.loads(item.body) for item in items if isinstance(item, Incoming)]


def read_case(name: str) -> list[dict[str, Any]]:
    return [
        json.loads(item.body) for item in read_path(find_shared("cases") / name) if isinstance(item, Incoming)
    ]


def make_row(**cells: str) -> dict[str, Any]:
    """The record of one row, by its cells."""
    row = [cells.pop("TrialID", "DRKS00099001"), "A trial", *cells.values()]
    text = (
        ",".join(["TrialID", "Public title", *cells])
        + "\n"
        + ",".join('"' + cell.replace('"', '""') + '"' for cell in row)
        + "\n"
    )
    (record,) = read(text.encode())
    return record


@pytest.mark.parametrize(
    ("text", "found", "others"),
    [
        ("Japan,Asia(except Japan),North America", ["Japan"], ["Asia(except Japan)", "North America"]),
        ("none (Japan only)", ["Japan"], []),
        ("Sri Lanka,India", ["Sri Lanka", "India"], []),
        ("Taiwan, Province Of China;Korea, Republic Of;Viet Nam", ["Taiwan", "South Korea", "Vietnam"], []),
        ("Korea, Republic of, Japan", ["South Korea", "Japan"], []),
        ("USA and Canada", ["United States", "Canada"], []),
        ("UK/France", ["United Kingdom", "France"], []),
        ("Bosnia and Herzegovina, Trinidad and Tobago", ["Bosnia and Herzegovina", "Trinidad and Tobago"], []),
        ("Germany (Berlin);Australia - NSW", ["Germany", "Australia"], []),
        ("china;Chian;China?;Chinese", ["China"], []),
        ("Wuhan, China", ["China"], ["Wuhan"]),
        ("France;France", ["France"], []),
        ("Worldwide;??", [], ["Worldwide"]),
        ("Nigera", [], ["Nigera"]),
        ("Nigeria, South Africa, & Zambia", ["Nigeria", "South Africa", "Zambia"], []),
        ("Thailand (Bangkok), Laos", ["Thailand", "Laos"], []),
        ("Japan only", ["Japan"], []),
        ("N. Ireland", ["United Kingdom"], []),
    ],
)  # fmt: skip
def test_countries_are_the_registry_s_and_regions_are_none(
    text: str, found: list[str], others: list[str]
) -> None:
    assert as_countries(text) == (found, others)


@pytest.mark.parametrize(
    ("text", "lower", "upper"),
    [
        ("-2147483648", None, None), ("2147483647 No limit", None, None), ("999 Years", None, None),
        ("0", "0 Years", None), ("18-65", "18 Years", "65 Years"), ("18 Years 6 Months", "222 Months", "222 Months"),
        ("65 años", "65 Years", "65 Years"), ("14 Gestation (weeks)", None, None), ("no maximum age", None, None),
        ("20歳以上", "20 Years", None), ("80歳以下", None, "80 Years"), ("20 years-old <=", "20 Years", "20 Years"),
        ("80 years-old >=", "80 Years", "80 Years"), ("> 18 years", "18 Years", None),
        ("??", None, None), ("99 Years", "99 Years", "99 Years"),
    ],
)  # fmt: skip
def test_ages_of_no_person_are_none(text: str, lower: str | None, upper: str | None) -> None:
    assert (as_age(text).value, as_age(text, is_upper=True).value) == (lower, upper)


def test_what_is_not_certain_stands_beside_in_the_register_s_own_words() -> None:
    record = make_row(
        **{"Study type": "Diagnostic test", "Phase": "Retrospective study", "Recruitment Status": "Not Recruiting",
           "Target size": "100 in each arm", "Countries": "China;Asia", "Inclusion agemin": "14 Gestation (weeks)",
           "Inclusion gender": "Female: no Male: no"}
    )  # fmt: skip
    protocol = record["protocolSection"]
    assert "designModule" not in protocol
    assert "statusModule" not in protocol
    assert "eligibilityModule" not in protocol
    study = parse_study(json.dumps(record).encode())
    assert study.register_words == {
        "Recruitment status": "Not Recruiting", "Study type": "Diagnostic test", "Phase": "Retrospective study",
        "Target size": "100 in each arm", "Minimum age": "14 Gestation (weeks)", "Sex": "Female: no Male: no",
        "Places": "Asia",
    }  # fmt: skip


def test_phase_zero_is_a_phase_of_interventions_alone() -> None:
    assert make_row(**{"Study type": "Interventional study", "Phase": "0"})["protocolSection"]["designModule"] == {
        "studyType": "INTERVENTIONAL", "phases": ["EARLY_PHASE1"],
    }  # fmt: skip
    observed = make_row(**{"Study type": "Observational study", "Phase": "0"})
    assert observed["protocolSection"]["designModule"] == {"studyType": "OBSERVATIONAL"}
    assert observed["derivedSection"]["registerWords"] == [{"label": "Phase", "words": "0"}]


def test_lines_of_meddra_are_no_conditions_and_their_terms_are() -> None:
    text = (
        "Pneumonia\nMedDRA version: 20.1\nLevel: LLT\nClassification code 10010120\nTerm: Lung infection\n"
        "System Organ Class: 100000004862\n;Therapeutic area: Diseases [C] - Virus Diseases [C02]"
    )
    assert as_conditions(text) == (["Pneumonia", "Lung infection"], ["Diseases [C] - Virus Diseases [C02]"])
    line = "Flu MedDRA version: 20.0 Level: PT Classification code 10022000 Term: Influenza System Organ Class: 1 - Infections"
    assert as_conditions(line) == (["Flu", "Influenza"], [])
    assert as_conditions(
        "Asthma; MedDRA version: 14.1; Level: PT; Classification code: 10003553; Term: Asthma; "
        "System Organ Class: 10038738 - Respiratory, thoracic and mediastinal disorders"
    ) == (["Asthma"], [])
    assert as_conditions("Stroke of any kind MedDRA version 27.0: Stroke (10042244, PT)") == (
        ["Stroke of any kind", "Stroke"],
        [],
    )
    assert as_conditions("Health Condition 1: E119- Type 2 diabetes;Health Condition 2: null- Flu") == (
        ["Type 2 diabetes", "Flu"],
        [],
    )
    assert as_conditions("Level of anxiety; SOC in farmers") == (["Level of anxiety", "SOC in farmers"], [])
    assert as_conditions("Levels of iron; Terminal cancer") == (["Levels of iron", "Terminal cancer"], [])


def test_placeholders_are_no_ids_and_numbers_of_european_registers_are_known() -> None:
    texts = (
        "Nil known",
        "None",
        "N/A",
        "Not applicable",
        "nil",
        "0000",
        "xxx",
        "-",
        "To be determined",
        "TBD",
    )
    assert [text for text in texts if not is_placeholder(text)] == []
    assert [
        text
        for text in ("RECOVERY", "U1111-1234-5678", "Nilotinib-01", "07", "No. 12")
        if is_placeholder(text)
    ] == []
    kinds = {
        "2013-009999-36": "EUDRACT_NUMBER",
        "2024-509999-11-00": "CTIS",
        "NCT01234567": "REGISTRY",
        "A-1": None,
    }
    assert {text: read_id(text)[1] for text in kinds} == kinds
    ids = make_row(**{"Secondary IDs": "Nil known;2013-009999-36;None"})["protocolSection"][
        "identificationModule"
    ]
    assert ids["secondaryIdInfos"] == [{"id": "2013-009999-36", "type": "EUDRACT_NUMBER"}]


def test_an_export_without_a_header_is_read_by_the_published_order_of_its_columns() -> None:
    cells = [""] * 63
    for at, text in ((0, "PACTR209900000000001"), (1, "1 May 2024"), (3, "A\nB"), (18, "Interventional"),
                     (20, "II"), (24, "Recruiting"), (28, "Kenya"), (31, "18 Years"), (33, "Female")):  # fmt: skip
        cells[at] = text
    row = ",".join(f'"{cell}"' for cell in cells) + "\n"
    data = ("\ufeff" + row + row.replace("000001", "000002")).encode()
    assert is_ictrp(data[:4096])
    first, second = read(data)
    assert first["protocolSection"]["identificationModule"] == {
        "nctId": "PACTR209900000000001",
        "briefTitle": "A B",
    }
    assert first["protocolSection"]["designModule"] == {"studyType": "INTERVENTIONAL", "phases": ["PHASE2"]}
    assert first["protocolSection"]["eligibilityModule"]["sex"] == "FEMALE"
    assert second["protocolSection"]["identificationModule"]["nctId"] == "PACTR209900000000002"
    assert not is_ictrp(b"a1234,2 May 2024,x\n")
    assert not is_ictrp(",".join(["word"] * 63).encode())


def test_every_value_of_the_real_exports_is_one_of_the_registry_s(shared_data: Path) -> None:
    """Before, 662 of 1,135 and 324 of 578 records had a value of their register's in its place."""
    known = {
        kind: {each.value for each in get_enums()[kind]} for kind in ("Status", "StudyType", "Phase", "Sex")
    }
    for name in ("covid19_trials_1135.csv.gz", "ictrp_results_578.xml.gz"):
        with gzip.open(shared_data / "ictrp" / name) as file:
            records = read(file.read())
        listed = [
            piece for piece in get_pieces().values() if piece.enum in get_enums() and not piece.search_only
        ]
        for record in records:
            for piece in listed:
                values = {each.value for each in get_enums()[piece.enum]}
                assert set(get_values(record, piece)) <= values, piece.name
            protocol = record["protocolSection"]
            design = protocol.get("designModule", {})
            assert protocol["statusModule"].get("overallStatus", "UNKNOWN") in known["Status"]
            assert design.get("studyType", "OBSERVATIONAL") in known["StudyType"]
            assert set(design.get("phases", ())) <= known["Phase"]
            assert protocol.get("eligibilityModule", {}).get("sex", "ALL") in known["Sex"]
            assert isinstance(design.get("enrollmentInfo", {}).get("count", 0), int)
            for place in protocol.get("contactsLocationsModule", {}).get("locations", ()):
                assert place["country"].casefold() in get_country_codes()
            for condition in protocol.get("conditionsModule", {}).get("conditions", ()):
                assert not condition.startswith(
                    ("MedDRA", "Level:", "Classification code", "System Organ Class")
                )


def test_the_shared_cases_of_who_exports() -> None:
    assert read_case("06a_ictrp_full_export_without_header.csv") == read_case(
        "06a_same_with_header_for_comparison.csv"
    )
    ages = [each["protocolSection"].get("eligibilityModule", {}) for each in read_case("06b_ictrp_ages.xml")]
    limits = [(each.get("minimumAge"), each.get("maximumAge")) for each in ages]
    assert limits == [("18 Years", None), (None, None), (None, None), ("18 Years", None)]
    phases = [each["protocolSection"]["designModule"]["phases"] for each in read_case("06c_ictrp_phases.xml")]
    both = ["PHASE1", "PHASE2"]
    assert phases == [["PHASE2"], ["PHASE2"], ["PHASE3"], both, both, both, ["PHASE2"]]
    places = [
        [site["country"] for site in each["protocolSection"]["contactsLocationsModule"]["locations"]]
        for each in read_case("06d_ictrp_countries.xml")
    ]
    assert places == [
        ["Japan"], ["Japan"], ["Sri Lanka", "India"],
        ["Netherlands", "Taiwan", "Iran", "Moldova", "Tanzania", "Turkey (Türkiye)", "United Kingdom"],
    ]  # fmt: skip
    (slovak, _) = read_case("06h_ictrp_eudract_number.xml")
    assert slovak["protocolSection"]["contactsLocationsModule"]["locations"] == [{"country": "Slovakia"}]


@pytest.mark.parametrize(
    ("low", "high", "read", "words"),
    [
        ("18 Years to 65 Years", "", ("18 Years", "65 Years"), {}),
        ("", "6-24 months", ("6 Months", "24 Months"), {}),
        ("-1", "-1", (None, None), {}),
        ("0 No limit", "No limit", (None, None), {}),
        ("18,5", "6 mths", ("18.5 Years", "6 Months"), {}),
        ("up to 18", "", (None, None), {"Minimum age": "up to 18"}),
        ("18 and over", "18 years and older", ("18 Years", None), {"Maximum age": "18 years and older"}),
        ("Day 1", "65 yaers", (None, None), {"Minimum age": "Day 1", "Maximum age": "65 yaers"}),
    ],
)
def test_an_age_is_read_as_far_as_its_words_go(
    low: str, high: str, read: tuple[str | None, str | None], words: dict[str, str]
) -> None:
    record = make_row(**{"Inclusion agemin": low, "Inclusion agemax": high})
    people = record["protocolSection"].get("eligibilityModule", {})
    found = tuple(people.get(name) for name in ("minimumAge", "maximumAge"))
    assert [age and age.lower() for age in found] == [age and age.lower() for age in read]
    told = record.get("derivedSection", {}).get("registerWords", ())
    assert {each["label"]: each["words"] for each in told if "means" not in each} == words


@pytest.mark.parametrize(
    ("low", "high", "unlimited"),
    [
        ("18 Years", "No limit", {"Maximum age": "No limit"}),
        ("-2147483648", "2147483647", {"Minimum age": "-2147483648", "Maximum age": "2147483647"}),
        ("N/A", "150 years", {"Minimum age": "N/A", "Maximum age": "150 years"}),
        ("Any age", "unlimited", {"Minimum age": "Any age", "Maximum age": "unlimited"}),
        ("18", "Not applicable", {"Maximum age": "Not applicable"}),
        # These say nothing of a limit.
        ("", "??", {}), ("-", "not specified", {}), ("14 Gestation (weeks)", "28 weeks GA", {}),
        ("18", "0", {}), ("18 Years", "65 Years", {}), ("Limit", "ND", {}),
    ],
)  # fmt: skip
def test_a_limit_that_the_register_says_there_is_none_of_is_told_apart_from_one_not_told(
    low: str, high: str, unlimited: dict[str, str]
) -> None:
    record = make_row(**{"Inclusion agemin": low, "Inclusion agemax": high})
    study = parse_study(json.dumps(record).encode())
    assert study.unlimited == unlimited
    assert not set(unlimited) & set(study.register_words)


@pytest.mark.parametrize("text", ["male, not female", "No females", "Both, except pregnant women"])
def test_a_sex_that_is_denied_is_not_taken(text: str) -> None:
    assert as_sex(text)[:2] == (None, False)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Active, recruiting", "RECRUITING"), ("Ongoing, not yet recruiting", "NOT_YET_RECRUITING"),
        ("Ongoing but not recruiting", "ACTIVE_NOT_RECRUITING"), ("Closed: stopped early", "TERMINATED"),
        ("Withdrawn before first participant", "WITHDRAWN"), ("Authorised-recruiting", "RECRUITING"),
        ("Suspended by competent authority", "SUSPENDED"), ("Recruiting: no", None), ("Ongoing", None),
        ("Withdrawn consent form", None), ("Not Authorised", None), ("GB - no longer in EU/EEA", None),
    ],
)  # fmt: skip
def test_a_status_of_two_parts_is_read_by_the_one_that_says_more(text: str, status: str | None) -> None:
    assert as_status(text).value == status


def test_words_in_an_id_s_place_stand_beside_in_any_language() -> None:
    texts = ("ingen", "해당 없음", "There is no secondary ID", "To be added", "ABC-1", "RECOVERY", "Nessuno")
    record = make_row(**{"Secondary IDs": ";".join(texts)})
    assert record["protocolSection"]["identificationModule"]["secondaryIdInfos"] == [
        {"id": "ABC-1"},
        {"id": "RECOVERY"},
    ]
    assert record["derivedSection"]["registerWords"] == [
        {"label": "Other ids", "words": "ingen; 해당 없음; To be added; Nessuno"}
    ]


def test_what_a_register_writes_before_an_id_is_no_part_of_it() -> None:
    kinds = {
        "EudraCT Number: 2019-001234-56": ("2019-001234-56", "EUDRACT_NUMBER"),
        "EU CT number 2022-500123-31-00": ("2022-500123-31-00", "CTIS"),
        "ClinicalTrials.gov: NCT04320615": ("NCT04320615", "REGISTRY"),
        "IRAS 283423": ("IRAS 283423", None),
    }
    assert {text: read_id(text) for text in kinds} == kinds
    (outside, greek) = (
        make_row(TrialID=each)["protocolSection"]
        for each in ("EUCTR2019-001234-56-Outside-EU/EEA", "EUCTR2019-001234-56-EL")
    )
    assert outside["identificationModule"]["secondaryIdInfos"][0]["id"] == "2019-001234-56"
    assert greek["contactsLocationsModule"]["locations"] == [{"country": "Greece"}]


def test_sizes_are_neither_shortened_nor_counted_twice() -> None:
    assert as_count("Planned Sample Size: 100; UK Sample Size: 20") == (100, True)
    assert as_count("1.000") == (None, False)
    assert as_count("-1") == (None, True)
    assert as_count("UK: 20; Ireland: 30") == (50, True)


@pytest.mark.parametrize(
    "text",
    [
        "1900-01-01",
        "01/01/1900",
        "9999-12-31",
        "00000000",
        "1/1/0001 12:00:00 AM",
        "31/12/9999",
        "1970-01-01",
    ],
)
def test_a_day_that_stands_for_none_is_no_date(text: str) -> None:
    assert as_date(text) is None


@pytest.mark.parametrize("text", ["1899-12-30", "30/12/1899", "1753-01-01", "01/01/1753 00:00:00"])
def test_the_day_zero_of_a_spreadsheet_or_database_is_no_date(text: str) -> None:
    assert as_date(text) is None


def test_dates_of_east_asia_are_read() -> None:
    assert [as_date(text) for text in ("2021年4月3日", "2021년 4월", "2021年13月3日")] == [
        "2021-04-03",
        "2021-04",
        "2021年13月3日",
    ]


def test_short_names_of_months_are_read() -> None:
    assert [as_date(text) for text in ("Feb 2020", "Sept. 2020", "17-Feb-2020", "Aug 5, 2020")] == [
        "2020-02",
        "2020-09",
        "2020-02-17",
        "2020-08-05",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "To be advised",
        "not issued",
        "ClinicalTrials.gov number not yet assigned",
        "EudraCT number",
        "NCTXXXXXXXX",
        "NCT00000000",
        "Keine",
        "nicht zutreffend",
    ],
)
def test_more_ways_to_have_no_id(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize(
    "text", ["EudraCT Number: 2013-009999-36", "IRAS: 12345", "RECOVERY", "PROTOCOL-7", "SIN-2020-01"]
)
def test_an_id_with_its_register_is_one(text: str) -> None:
    assert not is_placeholder(text)


def test_a_phase_that_is_denied_is_none() -> None:
    assert as_phases("not phase 3") == ([], False)
    assert as_phases("Phase: N/A") == (["NA"], True)


def test_a_design_has_values_of_the_list_alone_and_keeps_the_register_s_words() -> None:
    words = "Purpose: Natural history; Duration: Longitudinal; Timing: Prospective;"
    observed = make_row(**{"Study type": "Observational", "Study design": words})["protocolSection"]
    assert observed["designModule"]["designInfo"] == {"interventionModelDescription": words}
    taught = make_row(
        **{"Study type": "Interventional", "Study design": "Purpose: Educational/counseling/training"}
    )
    assert taught["protocolSection"]["designModule"]["designInfo"] == {"primaryPurpose": "ECT"}
    shared = make_row(**{"results IPD plan": "By request", "results IPD description": "Write to us"})
    assert shared["protocolSection"]["ipdSharingStatementModule"] == {
        "description": "By request\n\nWrite to us"
    }
