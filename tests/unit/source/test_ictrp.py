"""Trials of other registers, as the WHO's portal exports them, become records with nothing invented."""

from __future__ import annotations

import csv
import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialbook.errors import SourceReadError
from trialbook.model import parse_study
from trialbook.source.ictrp import read as ictrp
from trialbook.source.ictrp.design import as_design
from trialbook.source.ictrp.kinds import as_status, as_study_type
from trialbook.source.ictrp.participants import as_age, as_count, as_sex
from trialbook.source.ictrp.phases import as_phases
from trialbook.source.ictrp.read import CARRIES, is_ictrp, read_ictrp
from trialbook.source.ictrp.spellings import as_criteria, as_date, split_list
from trialbook.source.incoming import Incoming, Rejected

FIXTURES = Path(__file__).parents[2] / "fixtures" / "ictrp"
EXPECTED: list[dict[str, Any]] = json.loads((FIXTURES / "expected.json").read_text("utf-8"))
HEADER = "TrialID,Public title,Source Register\n"


def read(data: bytes, place: str = "export") -> list[Incoming | Rejected]:
    return list(read_ictrp(io.BytesIO(data), place))


def ids(items: list[Incoming | Rejected]) -> list[str]:
    return [
        json.loads(item.body)["protocolSection"]["identificationModule"]["nctId"]
        for item in items
        if isinstance(item, Incoming)
    ]


def rejections(items: list[Incoming | Rejected]) -> list[Rejected]:
    return [item for item in items if isinstance(item, Rejected)]


def title(item: Incoming | Rejected) -> str:
    assert isinstance(item, Incoming)
    return str(json.loads(item.body)["protocolSection"]["identificationModule"]["briefTitle"])


@pytest.mark.parametrize("name", ["export.csv", "export.xml"])
def test_both_forms_of_the_sample_become_the_expected_records(name: str) -> None:
    items = read((FIXTURES / name).read_bytes(), name)
    assert rejections(items) == []
    assert [json.loads(item.body) for item in items if isinstance(item, Incoming)] == EXPECTED
    assert {item.format for item in items if isinstance(item, Incoming)} == {"ictrp"}


def test_the_sample_s_first_trial_in_full() -> None:
    """Written out here, so that nobody regenerates it unseen."""
    assert EXPECTED[0]["protocolSection"]["statusModule"] == {
        "overallStatus": "RECRUITING",
        "startDateStruct": {"date": "2024-02-01"},
        "studyFirstSubmitDate": "2024-01-02",
    }
    # The day on which the WHO took the record over is no update of it.
    assert EXPECTED[0]["derivedSection"] == {"miscInfoModule": {"versionHolder": "2024-03-15"}}
    assert EXPECTED[0]["protocolSection"]["identificationModule"] == {
        "nctId": "ISRCTN99000011",
        "secondaryIdInfos": [
            {"id": "2023-000123-45", "type": "EUDRACT_NUMBER"},
            {"id": "U1111-0000-0001"},
            {"id": "NCT99000021", "type": "REGISTRY"},
        ],
        "briefTitle": "Warm baths for stiff hands",
        "officialTitle": "Warm baths for stiff hands: a randomised trial, in winter",
        "acronym": "BATHE",
    }
    assert EXPECTED[0]["protocolSection"]["contactsLocationsModule"] == {
        "centralContacts": [
            {"name": "Ada Winter", "role": "CONTACT", "phone": "+44 555 0100", "email": "ada@example.org"},
            {"name": "Carl Frost", "role": "CONTACT", "email": "carl@example.org"},
        ],
        "locations": [{"country": "United Kingdom"}, {"country": "Iceland"}],
    }


def test_the_original_is_the_rows_own_bytes() -> None:
    data = (FIXTURES / "export.csv").read_bytes()
    rows = [item.original for item in read(data) if isinstance(item, Incoming)]
    assert data.endswith(b"".join(row or b"" for row in rows))
    xml = (FIXTURES / "export.xml").read_bytes()
    for item in read(xml):
        assert isinstance(item, Incoming)
        assert item.original is not None
        assert item.original in xml
        assert item.original.startswith(b"<Trial>")
        assert item.original.endswith(b"</Trial>")


def test_a_trial_is_at_its_line_in_csv_and_at_its_number_in_xml() -> None:
    text = HEADER + 'NCT99000001,"a\nb",x\nNCT99000002,c,x\n'
    assert [item.place for item in read(text.encode(), "e.csv")] == ["e.csv:2", "e.csv:4"]
    assert [item.place for item in read((FIXTURES / "export.xml").read_bytes(), "e.xml")][:2] == [
        "e.xml:1",
        "e.xml:2",
    ]


def test_what_the_export_lacks_is_absent() -> None:
    (item,) = read(b"TrialID,Public title,Phase,Condition\nDRKS00099099,,,NULL\n")
    assert isinstance(item, Incoming)
    assert json.loads(item.body) == {"protocolSection": {"identificationModule": {"nctId": "DRKS00099099"}}}


def test_every_record_fits_the_model_and_writes_declared_paths() -> None:
    for item in read((FIXTURES / "export.csv").read_bytes()):
        assert isinstance(item, Incoming)
        assert set(parse_study(item.body).unmodelled) <= {"/derivedSection/registerWords"}
    modules = {".".join(path.split(".")[:2]) for path in CARRIES}
    assert modules <= {
        f"{section}.{name}"
        for record in EXPECTED
        for section in record
        if section != "hasResults"
        for name in record[section]
    }


def test_declared_paths_exist_in_the_registry(shared_spec: Path) -> None:
    pieces = (shared_spec / "ctgov" / "pieces.tsv").read_text("utf-8").splitlines()[1:]
    assert CARRIES - {line.split("\t")[1] for line in pieces} == set()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15/03/2021", "2021-03-15"),
        ("3/25/2021", "2021-03-25"),
        ("20210315", "2021-03-15"),
        ("2021-03-15", "2021-03-15"),
        ("2021-03-15 00:00:00", "2021-03-15"),
        ("2021/3/5", "2021-03-05"),
        ("15-03-2021", "2021-03-15"),
        ("15.03.2021", "2021-03-15"),
        ("5 March 2021", "2021-03-05"),
        ("05-Mar-2021", "2021-03-05"),
        ("March 5, 2021", "2021-03-05"),
        ("March 2021", "2021-03"),
        ("2021-03", "2021-03"),
        ("2021", "2021"),
        ("2021-02-30", "2021-02-30"),
        ("31/02/2021", "31/02/2021"),
        ("soon", "soon"),
        ("N/A", None),
        ("", None),
    ],
)
def test_dates(text: str, expected: str | None) -> None:
    assert as_date(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("18", "18 Years"),
        ("18 Years", "18 Years"),
        ("1 Year", "1 Year"),
        ("18Y", "18 Years"),
        ("6M", "6 Months"),
        ("6.00 Month(s)", "6 Months"),
        ("2 weeks", "2 Weeks"),
        ("36 hours", "36 Hours"),
        ("30 minutes", "30 Minutes"),
        (">= 20age old", "20 Years"),
        ("75years-old >", "75 Years"),
        ("0.5 years", "0.5 Years"),
        ("No limit", ""),
        ("None", ""),
        ("N/A", ""),
        ("", ""),
    ],
)
def test_ages(text: str, expected: str) -> None:
    assert (as_age(text).value or "") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Both", "ALL"),
        ("All", "ALL"),
        ("Both males and females", "ALL"),
        ("Male and Female", "ALL"),
        ("Males", "MALE"),
        ("F", "FEMALE"),
        ("Female: yes\nMale: yes", "ALL"),
        ("Female: yes\nMale: no", "FEMALE"),
        ("Female: \nMale: yes", "MALE"),
        ("-", None),
        ("Not applicable", None),
        ("X", None),
        ("M/F", "ALL"),
        ("Female: no\nMale: no", None),
        ("Male, Both", None),
        ("Females: No Males: Yes", "MALE"),
        ("Mujeres", "FEMALE"),
    ],
)
def test_sexes(text: str, expected: str | None) -> None:
    assert as_sex(text).value == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Phase 2/Phase 3", ["PHASE2", "PHASE3"]),
        ("Phase II-III", ["PHASE2", "PHASE3"]),
        ("II", ["PHASE2"]),
        ("1", ["PHASE1"]),
        ("PHASE IV", ["PHASE4"]),
        ("Phase 0", ["EARLY_PHASE1"]),
        ("Early Phase 1", ["EARLY_PHASE1"]),
        ("N/A", ["NA"]),
        ("Not Selected", []),
        ("", []),
        ("Human pharmacology (Phase I): no\nTherapeutic exploratory (Phase II): yes", ["PHASE2"]),
        ("Human pharmacology (Phase I): \nTherapeutic exploratory (Phase II): ", []),
        ("Post-market", []),
        ("Retrospective study", []),
        ("IIa", ["PHASE2"]),
        ("Phase 2a", ["PHASE2"]),
        ("IIIB", ["PHASE3"]),
        ("Phase Ib/IIa", ["PHASE1", "PHASE2"]),
        ("I+II (Phase I+Phase II)", ["PHASE1", "PHASE2"]),
        ("Phase I | II", ["PHASE1", "PHASE2"]),
        ("2b", ["PHASE2"]),
        ("Phase-3", ["PHASE3"]),
        ("Ⅱ", ["PHASE2"]),
        ("Fase II", ["PHASE2"]),
        ("Phase I to III", ["PHASE1", "PHASE2", "PHASE3"]),
        ("Phase 4 (post marketing)", ["PHASE4"]),
        ("In vitro", []),
    ],
)
def test_phases(text: str, expected: list[str]) -> None:
    assert as_phases(text)[0] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Recruiting", "RECRUITING"),
        ("Pending", "NOT_YET_RECRUITING"),
        ("Active, not recruiting", "ACTIVE_NOT_RECRUITING"),
        ("Complete: follow-up complete", "COMPLETED"),
        ("Not Recruiting", None),
        ("Recruitment completed", None),
        ("Authorised", None),
        ("Ended", None),
        ("Temporarily Halted", "SUSPENDED"),
        ("Prematurely Ended", "TERMINATED"),
        ("Authorised, recruitment pending", "NOT_YET_RECRUITING"),
        ("Ongoing, recruiting", "RECRUITING"),
        ("Ongoing, recruitment ended", "ACTIVE_NOT_RECRUITING"),
        ("Other (Terminated)", "TERMINATED"),
        ("Closed: follow-up complete", "COMPLETED"),
        ("Not Available", None),
    ],
)
def test_statuses_are_never_more_precise_than_the_register(text: str, expected: str | None) -> None:
    assert as_status(text).value == expected


def test_study_types_sizes_and_lists() -> None:
    types = {
        "Interventional clinical trial of medicinal product": "INTERVENTIONAL",
        "Observational [Patient Registry]": "OBSERVATIONAL",
        "Observational non invasive": "OBSERVATIONAL",
        "Non-interventional": "OBSERVATIONAL",
        "Interventinal": "INTERVENTIONAL",
        "BA/BE": "INTERVENTIONAL",
        "Expanded Access": "EXPANDED_ACCESS",
        "Diagnostic test": None,
        "Epidemilogical research": None,
        "Others,meta-analysis etc": None,
    }
    assert {text: as_study_type(text)[0].value for text in types} == types
    assert as_study_type("Observational [Patient Registry]")[1]
    sizes = {
        "120": 120, "120.0": 120, "a:49;b:50;": 99, "Target condition:200;Difficult condition:0": 200,
        "about 1,200 patients": 1200, "N=60": 60, "Total:80;A:40;B:40;": 80, "1:1 ratio": None, "N/A": None,
        "20 to 30": None, "100 in each arm": None, "at least 60": None, "Two groups:16;": None, "99999999": None,
    }  # fmt: skip
    assert {text: as_count(text)[0] for text in sizes} == sizes
    assert split_list("Pain [0;10]; Sleep\nPain [0;10];(broken; one\nnext") == [
        "Pain [0;10]",
        "Sleep",
        "(broken; one",
        "next",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Allocation: Non-Randomized. Intervention model: Single Group Assignment."
            " Masking: None (Open Label).",
            {
                "allocation": "NON_RANDOMIZED",
                "interventionModel": "SINGLE_GROUP",
                "maskingInfo": {"masking": "NONE"},
            },
        ),
        ("Single arm", {"interventionModel": "SINGLE_GROUP"}),
        (
            "Randomised: no Open: yes Parallel group: no Cross over: yes",
            {
                "allocation": "NON_RANDOMIZED",
                "interventionModel": "CROSSOVER",
                "maskingInfo": {"masking": "NONE"},
                "interventionModelDescription": "Randomised: no Open: yes Parallel group: no Cross over: yes",
            },
        ),
        (
            "Randomization: Randomized, Blinding: Double blinded, Placebo: Used, Assignment: Parallel",
            {
                "allocation": "RANDOMIZED",
                "interventionModel": "PARALLEL",
                "maskingInfo": {"masking": "DOUBLE"},
                "interventionModelDescription": "Randomization: Randomized, Blinding: Double blinded,"
                " Placebo: Used, Assignment: Parallel",
            },
        ),
        ("A parallel or crossover plan", {"interventionModelDescription": "A parallel or crossover plan"}),
        ("N/A", {}),
    ],
)
def test_designs_keep_the_registers_words_where_they_say_more(text: str, expected: dict[str, Any]) -> None:
    assert as_design(text) == expected


def test_only_known_parties_count_as_masked() -> None:
    assert as_design("Masking: Double (Participant, everyone else)")["maskingInfo"] == {
        "masking": "DOUBLE",
        "whoMasked": ["PARTICIPANT"],
    }


def test_the_day_of_export_is_written_month_first_and_all_others_day_first() -> None:
    (item,) = read(b"TrialID,Export date,Date registration\nDRKS00099099,4/5/2024 1:02:03 PM,4/5/2024\n")
    assert isinstance(item, Incoming)
    record = json.loads(item.body)
    assert record["derivedSection"]["miscInfoModule"]["versionHolder"] == "2024-04-05"
    assert record["protocolSection"]["statusModule"]["studyFirstSubmitDate"] == "2024-05-04"


def test_a_sponsor_that_also_pays_is_named_once() -> None:
    (item,) = read(
        b"TrialID,Primary sponsor,Secondary Sponsor,Source Support\nDRKS00099099,A,B;a,b;C;Please refer\n"
    )
    assert isinstance(item, Incoming)
    assert json.loads(item.body)["protocolSection"]["sponsorCollaboratorsModule"] == {
        "leadSponsor": {"name": "A"},
        "collaborators": [{"name": "B"}, {"name": "C"}],
    }


@settings(max_examples=150, deadline=None)
@given(data=st.data(), name=st.sampled_from(["export.csv", "export.xml"]))
def test_no_damage_to_an_export_raises(data: st.DataObject, name: str) -> None:
    whole = bytearray((FIXTURES / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole) - 1))
        length = data.draw(st.sampled_from([0, 1, 3, 40]))
        whole[at : at + length] = data.draw(
            st.binary(max_size=6) | st.sampled_from([b'"', b",", b"\n", b"<", b"&"])
        )
    assert read(bytes(whole))


def test_criteria_become_two_lists() -> None:
    text = as_criteria(
        "Inclusion criteria: 1) Adults\n2、Fever > 38\n3.5 mg of X", "Key exclusion criteria: none"
    )
    assert text == (
        "Inclusion Criteria:\n\n1. Adults\n2. Fever \\> 38\n\n3.5 mg of X\n\nExclusion Criteria:\n\nnone"
    )


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_separators_and_byte_order_marks(separator: str, mark: bytes) -> None:
    text = separator.join(("TrialID", "Public title", "Source Register")) + "\r\n"
    text += separator.join(("NCT99000001", '"a, b; c"', "x"))
    data = mark + text.encode()
    assert is_ictrp(data)
    assert [title(item) for item in read(data)] == ["a, b; c"]


def test_a_row_in_another_encoding_is_read_or_refused_with_the_reason() -> None:
    rows = [b"NCT99000001,Z\xfcrich,x", "NCT99000002,Zürich,x".encode(), b"NCT99000003,\x81,x"]
    items = read(HEADER.encode() + b"\n".join(rows))
    assert [title(item) for item in items[:2]] == ["Zürich", "Zürich"]
    assert [(item.reason, item.original) for item in rejections(items)] == [
        ("the row is neither in UTF-8 nor in Windows-1252", rows[2])
    ]
    (item,) = read((HEADER + "NCT99000001,a,x").encode("utf-16"))
    assert isinstance(item, Rejected)
    assert "UTF-16" in item.reason


def test_an_xml_export_in_latin_1_is_read() -> None:
    text = "<?xml version='1.0' encoding='ISO-8859-1'?><Trials_downloaded_from_ICTRP><Trial>" + (
        "<TrialID>NCT99000001</TrialID><Public_title>Zürich</Public_title></Trial></Trials_downloaded_from_ICTRP>"
    )
    assert title(read(text.encode("latin-1"))[0]) == "Zürich"
    (broken,) = rejections(read(text.replace("ISO-8859-1", "UTF-8").encode("latin-1")))
    assert "not valid utf-8" in broken.reason


def test_a_row_of_the_wrong_width_costs_only_itself() -> None:
    rows = ["NCT99000001,a,x", "NCT99000002,b,x,too many", "NCT99000003", "NCT99000004,d,x"]
    items = read((HEADER + "\n".join(rows) + "\n").encode(), "e.csv")
    assert ids(items) == ["NCT99000001", "NCT99000004"]
    assert [(item.place, item.original) for item in rejections(items)] == [
        ("e.csv:3", b"NCT99000002,b,x,too many\n"),
        ("e.csv:4", b"NCT99000003\n"),
    ]


def test_a_quote_that_is_never_closed_swallows_no_other_row() -> None:
    rows = [
        "NCT99000001,a,x",
        'ISRCTN99000002,"never closed,x',
        "and on",
        "EUCTR2024-990003-11-ES,c,x",
        'ChiCTR2400099004,"d",x',
        'CTRI/2024/02/990005,5" tube,x',
        "ACTRN12624990006,f,x",
    ]
    items = read((HEADER + "\n".join(rows) + "\n").encode(), "e.csv")
    assert ids(items) == [
        "NCT99000001",
        "EUCTR2024-990003-11-ES",
        "ChiCTR2400099004",
        "CTRI/2024/02/990005",
        "ACTRN12624990006",
    ]
    (lost,) = rejections(items)
    assert lost.original == b'ISRCTN99000002,"never closed,x\nand on\n'
    assert lost.place == "e.csv:3"
    assert title(items[4]) == '5" tube'


def test_a_quote_in_the_header_swallows_no_row() -> None:
    items = read(b'TrialID,"Public title,x\nNCT99000001,a,x\nNCT99000002,b,x\n')
    assert [type(item) for item in items] == [Rejected, Rejected]


def test_a_row_without_a_trial_id_is_refused() -> None:
    items = read((HEADER + ",a,x\nnot an id,b,x\n\n").encode())
    assert ["no trial id" in item.reason for item in rejections(items)] == [True, True]
    assert ids(items) == []


@pytest.mark.parametrize("data", [b"", b"a,b\n1,2\n", b"<html/>", b"\x00\x01\x02", b"\n\n"])
def test_a_file_that_is_no_export_is_one_rejection(data: bytes) -> None:
    assert not is_ictrp(data)
    assert len(rejections(read(data))) == 1
    assert ids(read(data)) == []


def test_a_broken_trial_of_an_xml_export_costs_only_itself() -> None:
    data = (FIXTURES / "export.xml").read_bytes()
    broken = data.replace(b"<TrialID>NCT99000013", b"<TrialID>&nbsp;&#x1;", 1)
    items = read(broken, "e.xml")
    assert [item.place for item in rejections(items)] == ["e.xml:3"]
    assert len(ids(items)) == 7
    cut = read(data[:-200])
    assert len(ids(cut)) == 7
    assert ["incomplete" in item.reason for item in rejections(cut)] == [True]


def test_entities_are_refused_at_once() -> None:
    bomb = (
        b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>' + (FIXTURES / "export.xml").read_bytes()
    )
    started = time.process_time()
    (item,) = read(bomb)
    assert isinstance(item, Rejected)
    assert "entity" in item.reason
    assert time.process_time() - started < 1


def test_a_huge_line_and_a_huge_row_are_passed_over_in_bounded_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ictrp, "MAX_ROW_BYTES", 1 << 16)
    line = b"NCT99000001," + b"x" * (1 << 20) + b",x\n"
    row = b'NCT99000002,"' + b"y\n" * (1 << 17) + b'",x\n'
    items = read(HEADER.encode() + line + row + b"NCT99000003,c,x\n", "e.csv")
    assert ids(items) == ["NCT99000003"]
    assert items[-1].place == f"e.csv:{3 + (1 << 17) + 1}"
    assert all(len(item.original) <= 1 << 17 for item in rejections(items))


def test_long_fields_take_no_time() -> None:
    started = time.process_time()
    for filler in ("(", "a; ", " [", "<br>", "1. x<br>", "Randomised: ", "- ", "Timepoint: "):
        text = io.StringIO()
        names = [
            "TrialID",
            "Condition",
            "Study design",
            "Primary outcome",
            "Inclusion Criteria",
            "Intervention",
        ]
        csv.writer(text).writerows([names, ["NCT99000001", *[(filler * 40_000)[:100_000]] * 5]])
        assert len(read(text.getvalue().encode())) == 1
    assert time.process_time() - started < 10


def test_a_stream_that_fails_is_a_read_error() -> None:
    class Failing(io.RawIOBase):
        def __init__(self) -> None:
            self.rest = io.BytesIO(HEADER.encode() + b"NCT99000001,a,x\n" * 10_000)

        def read(self, size: int = -1) -> bytes:
            if chunk := self.rest.read(size):
                return chunk
            raise EOFError("cut off")

    reading = read_ictrp(Failing(), "e.csv")
    assert len(ids([next(reading) for _ in range(9_000)])) == 9_000
    with pytest.raises(SourceReadError, match="cut off"):
        list(reading)


def test_exports_are_recognised_by_their_head() -> None:
    assert is_ictrp((FIXTURES / "export.csv").read_bytes()[:4096])
    assert is_ictrp((FIXTURES / "export.xml").read_bytes()[:4096])
    assert is_ictrp(b"<?xml version='1.0'?><Trials_downloaded_from_ICTRP>")
    assert is_ictrp(b"<export><Trial><TrialID>")
    assert not is_ictrp(b"<export><Trial><Number>")
    assert not is_ictrp(b"<clinical_study>")
    assert not is_ictrp(b'{"TrialID": 1}')
