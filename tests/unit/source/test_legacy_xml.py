"""One old XML record becomes the API v2 record that the registry would serve for it."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialbook.errors import SourceFormatError, SourceReadError
from trialbook.source.containers import xml_elements
from trialbook.source.incoming import Incoming, Rejected
from trialbook.source.legacy.design import derive_std_ages, map_masking, split_old_design
from trialbook.source.legacy.read import (
    is_legacy_xml,
    is_legacy_xml_lines,
    parse_legacy_xml,
    read_legacy_xml,
    read_legacy_xml_lines,
)

FIXTURES = Path(__file__).parents[2] / "fixtures" / "legacy"
LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE clinical_study [<!ENTITY a "ha">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>
<clinical_study><id_info><nct_id>NCT99000001</nct_id></id_info><brief_title>&c;</brief_title></clinical_study>"""


def study(nct_id: str = "NCT99000001", inside: str = "") -> bytes:
    return f"<clinical_study><id_info><nct_id>{nct_id}</nct_id></id_info>{inside}</clinical_study>".encode()


def protocol(inside: str) -> dict[str, dict[str, object]]:
    return parse_legacy_xml(study(inside=inside))["protocolSection"]


def read(data: bytes) -> list[Incoming | Rejected]:
    return list(read_legacy_xml(io.BytesIO(data), "old.xml"))


def ids(read_in: list[Incoming | Rejected]) -> list[str]:
    return [
        json.loads(item.body)["protocolSection"]["identificationModule"]["nctId"]
        for item in read_in
        if isinstance(item, Incoming)
    ]


def test_a_record_with_every_element_becomes_the_expected_record() -> None:
    expected = json.loads((FIXTURES / "full_study.json").read_text("utf-8"))
    assert parse_legacy_xml((FIXTURES / "full_study.xml").read_bytes()) == expected


def test_the_original_bytes_are_handed_over_with_the_record() -> None:
    data = (FIXTURES / "full_study.xml").read_bytes()
    (item,) = read(data)
    assert isinstance(item, Incoming)
    assert (item.place, item.format) == ("old.xml", "legacy_xml")
    assert item.original == data[data.index(b"<clinical_study") :].rstrip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("None (Open Label)", {"masking": "NONE"}),
        ("Open Label", {"masking": "NONE"}),
        ("No masking", {"masking": "NONE"}),
        ("Double", {"masking": "DOUBLE"}),
        ("Single (Outcomes Assessor)", {"masking": "SINGLE", "whoMasked": ["OUTCOMES_ASSESSOR"]}),
        (
            "Double-Blind (Subject, Caregiver)",
            {"masking": "DOUBLE", "whoMasked": ["PARTICIPANT", "CARE_PROVIDER"]},
        ),
        ("Participant, Investigator", {"masking": "DOUBLE", "whoMasked": ["PARTICIPANT", "INVESTIGATOR"]}),
        ("", {}),
    ],
)
def test_masking_words_are_taken_apart(text: str, expected: dict[str, object]) -> None:
    assert map_masking(text) == expected


def test_the_design_of_records_before_2017_is_taken_apart() -> None:
    text = (
        "Allocation: Randomized, Endpoint Classification: Safety/Efficacy Study, Intervention Model:"
        " Factorial Assignment, Masking: Double Blind (Subject, Investigator), Primary Purpose: Treatment"
    )
    assert split_old_design(text)["masking"] == "Double Blind (Subject, Investigator)"
    assert protocol(f"<study_design>{text}</study_design>")["designModule"]["designInfo"] == {
        "allocation": "RANDOMIZED",
        "interventionModel": "FACTORIAL",
        "primaryPurpose": "TREATMENT",
        "maskingInfo": {"masking": "DOUBLE", "whoMasked": ["PARTICIPANT", "INVESTIGATOR"]},
    }


def test_dates_of_records_before_2018_find_their_place() -> None:
    status = protocol(
        "<firstreceived_date>May 3, 2011</firstreceived_date><lastchanged_date>June 2012</lastchanged_date>"
        "<firstreceived_results_date>July 1, 2012</firstreceived_results_date>"
        "<firstreceived_results_disposition_date>May 4, 2012</firstreceived_results_disposition_date>"
    )["statusModule"]
    assert status == {
        "studyFirstSubmitDate": "2011-05-03",
        "resultsFirstSubmitDate": "2012-07-01",
        "dispFirstSubmitDate": "2012-05-04",
        "lastUpdateSubmitDate": "2012-06",
    }


def test_measures_of_results_before_2017_keep_counts_and_categories() -> None:
    def measure(title: str, units: str, value: str) -> str:
        found = f"<measurement_list><measurement group_id='O1' value='{value}'/></measurement_list>"
        return (
            f"<measure><title>{title}</title><units>{units}</units><param>Number</param><category_list>"
            f"<category><sub_title>Good</sub_title>{found}</category></category_list></measure>"
        )

    counts, scores = (
        measure("Number of Participants Analyzed", "participants", "9"),
        measure("Score", "points", "4"),
    )
    record = parse_legacy_xml(
        study(
            inside="<clinical_results><outcome_list><outcome><type>Primary</type><title>Score</title>"
            f"<measure_list>{counts}{scores}</measure_list></outcome></outcome_list></clinical_results>"
        )
    )
    (outcome,) = record["resultsSection"]["outcomeMeasuresModule"]["outcomeMeasures"]
    assert outcome["denoms"] == [{"units": "Participants", "counts": [{"groupId": "OG000", "value": "9"}]}]
    assert outcome["unitOfMeasure"] == "points"
    assert outcome["classes"] == [
        {"categories": [{"title": "Good", "measurements": [{"groupId": "OG000", "value": "4"}]}]}
    ]


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        (
            "<study_type>Observational [Patient Registry]</study_type><phase>N/A</phase>",
            ("OBSERVATIONAL", True, None),
        ),
        ("<study_type>Observational</study_type>", ("OBSERVATIONAL", False, None)),
        ("<study_type>Interventional</study_type><phase>N/A</phase>", ("INTERVENTIONAL", None, ["NA"])),
        (
            "<study_type>Interventional</study_type><phase>Phase 0</phase>",
            ("INTERVENTIONAL", None, ["EARLY_PHASE1"]),
        ),
        ("<study_type>N/A</study_type>", (None, None, None)),
    ],
)
def test_study_types_and_phases(inside: str, expected: tuple[object, ...]) -> None:
    design = protocol(inside).get("designModule", {})
    assert tuple(design.get(name) for name in ("studyType", "patientRegistry", "phases")) == expected


def test_an_arm_names_each_of_its_interventions_once() -> None:
    drug = "<intervention><intervention_type>Drug</intervention_type><intervention_name>X</intervention_name>"
    drug += "<arm_group_label>A</arm_group_label></intervention>"
    arms = protocol(f"<arm_group><arm_group_label>A</arm_group_label></arm_group>{drug}{drug}")
    assert arms["armsInterventionsModule"]["armGroups"] == [{"label": "A", "interventionNames": ["Drug: X"]}]


def test_a_word_that_the_registry_never_had_is_kept() -> None:
    inside = "<study_design_info><time_perspective>Longitudinal</time_perspective></study_design_info>"
    assert protocol(inside)["designModule"]["designInfo"] == {"timePerspective": "LONGITUDINAL"}
    assert protocol("<enrollment>a few</enrollment>")["designModule"]["enrollmentInfo"] == {"count": "a few"}


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (("", ""), ["CHILD", "ADULT", "OLDER_ADULT"]),
        (("18 Years", "64 Years"), ["ADULT"]),
        (("6 Months", "17 Years"), ["CHILD"]),
        (("216 Months", "65 Years"), ["ADULT", "OLDER_ADULT"]),
        (("1 Minute", "30 Days"), ["CHILD"]),
        (("65 Years", ""), ["OLDER_ADULT"]),
        (("six Years", "N/A"), ["CHILD", "ADULT", "OLDER_ADULT"]),
    ],
)
def test_age_groups_follow_from_the_limits(limits: tuple[str, str], expected: list[str]) -> None:
    assert derive_std_ages(*limits) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            "There is NOT an agreement between Principal Investigators and the Sponsor (or its agents) that"
            " restricts the PI's rights to discuss or publish trial results after the trial is completed.",
            {"restrictiveAgreement": False},
        ),
        (
            "The only disclosure restriction on the PI is that the sponsor can review results communications"
            " prior to public release and can embargo communications regarding trial results for a period"
            " that is more than 60 days but less than or equal to 180 days. The sponsor cannot require"
            " changes to the communication and cannot extend the embargo.",
            {"restrictionType": "GT60", "restrictiveAgreement": True},
        ),
        (
            "There is NOT an agreement, but please ask.",
            {
                "restrictionType": "OTHER",
                "restrictiveAgreement": True,
                "otherDetails": "There is NOT an agreement, but please ask.",
            },
        ),
    ],
)
def test_only_the_registrys_own_sentences_are_read_as_standard_agreements(
    words: str, expected: dict[str, object]
) -> None:
    agreement = (
        f"<certain_agreements><restrictive_agreement>{words}</restrictive_agreement></certain_agreements>"
    )
    record = parse_legacy_xml(study(inside=f"<clinical_results>{agreement}</clinical_results>"))
    assert record["resultsSection"]["moreInfoModule"]["certainAgreement"] == expected


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not well-formed"),
        (b"<clinical_study>", "not well-formed"),
        (b"<html/>", "no study"),
        (study("12345"), "no NCT number"),
        (b"<clinical_study><order>1</order><nct_id>NCT99000001</nct_id></clinical_study>", "search result"),
        (study(inside="<brief_title>\xff</brief_title>").replace(b"\xc3\xbf", b"\xff"), "not valid utf-8"),
        (b"<?xml version='1.0' encoding='klingon'?>" + study(), "unknown encoding"),
        (b"<?xml version='1.0' encoding='undefined'?>" + study(), "unknown encoding"),
        (b"<?xml version='1.0' encoding='punycode'?>" + study(), "unknown encoding"),
        (b"<?xml version='1.0' encoding='idna'?>" + study(), "unknown encoding"),
        (b"<?xml version='1.0' encoding='raw-unicode-escape'?>" + study(), "unknown encoding"),
        (b"<?xml version='1.0' encoding='utf-7'?>" + study(), "unknown encoding"),
        (LAUGHS, "document type or an entity"),
        (b"<!DOCTYPE clinical_study SYSTEM 'file:///etc/passwd'>" + study(), "document type or an entity"),
        (study(inside="<a>" * 100 + "</a>" * 100), "nests deeper"),
        (study(inside="<a>" * 1_000_000 + "</a>" * 1_000_000), "more than 2,000,000 tags"),
        (study(inside="&nbsp;"), "not well-formed"),
    ],
)
def test_what_is_no_record_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(SourceFormatError, match=reason):
        parse_legacy_xml(data)


def test_a_billion_laughs_are_over_at_once() -> None:
    started = time.process_time()
    (item,) = read(LAUGHS + b" " * 5_000_000)
    assert isinstance(item, Rejected)
    assert "entity" in item.reason
    assert time.process_time() - started < 1


def test_a_document_in_another_declared_encoding_is_read() -> None:
    data = b"<?xml version='1.0' encoding='ISO-8859-1'?>" + study(
        inside="<brief_title>Zürich</brief_title>"
    ).decode().encode("latin-1")
    assert parse_legacy_xml(data)["protocolSection"]["identificationModule"]["briefTitle"] == "Zürich"
    (item,) = read(data)
    assert isinstance(item, Incoming)
    assert "Zürich" in item.body.decode()


def test_many_records_are_read_from_one_file_and_a_broken_one_costs_only_itself() -> None:
    broken = study("NCT99000002", "<brief_title>a < b</brief_title>")
    items = read(
        b"<search_results>\n" + study("NCT99000001") + broken + study("NCT99000003") + b"</search_results>"
    )
    assert ids(items) == ["NCT99000001", "NCT99000003"]
    (rejected,) = [item for item in items if isinstance(item, Rejected)]
    assert rejected.original == broken
    assert rejected.place == "old.xml:2"
    assert "not well-formed" in rejected.reason


def test_documents_that_follow_one_another_are_all_read() -> None:
    one = b"<?xml version='1.0'?>\n<!-- a > comment -->" + study("NCT99000001") + b"\n"
    assert ids(read(one + one.replace(b"0001", b"0002"))) == ["NCT99000001", "NCT99000002"]


def test_a_file_that_breaks_off_keeps_what_came_before() -> None:
    items = read(b"<x>" + study("NCT99000001") + study("NCT99000002")[:-10])
    assert ids(items) == ["NCT99000001"]
    assert isinstance(items[1], Rejected)
    assert "incomplete" in items[1].reason


def test_text_outside_records_and_a_file_without_any_are_reported() -> None:
    assert [type(item) for item in read(b"oops " + study())] == [Rejected, Incoming]
    for data in (b"", b"<html></html>", "<clinical_study/>".encode("utf-16")):
        (item,) = read(data)
        assert isinstance(item, Rejected)


def test_an_oversized_record_is_passed_over_in_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_elements, "MAX_ELEMENT_BYTES", 1 << 20)
    huge = study("NCT99000001", "<brief_title>" + "x" * (5 << 20) + "</brief_title>")
    items = read(huge + study("NCT99000002"))
    assert isinstance(items[0], Rejected)
    assert "larger than 1 MiB" in items[0].reason
    assert len(items[0].original) == xml_elements.KEPT_BYTES
    assert ids(items) == ["NCT99000002"]


def test_markup_without_end_is_passed_over_in_linear_time() -> None:
    started = time.process_time()
    for opening in (b"<!-- ", b"<? ", b"<a ", b"<", b" "):
        read(opening * (1 << 17) + study())
    assert time.process_time() - started < 5


def test_a_stream_that_fails_is_a_read_error() -> None:
    class Failing(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise OSError("device gone")

        def readline(self, size: int | None = -1) -> bytes:
            raise EOFError("cut off")

    with pytest.raises(SourceReadError, match="device gone"):
        list(read_legacy_xml(Failing(), "old.xml"))
    with pytest.raises(SourceReadError, match="cut off"):
        list(read_legacy_xml_lines(Failing(), "old.jsonl"))


def test_json_lines_with_a_record_each_are_read() -> None:
    good = json.dumps({"nct_id": "NCT99000001", "xml": study().decode()}).encode()
    lines = [b"\xef\xbb\xbf" + good, b"", b"{", b'{"nct_id": "NCT99000002"}', b'{"xml": "<a/>"}', good]
    items = list(read_legacy_xml_lines(io.BytesIO(b"\n".join(lines)), "old.jsonl"))
    assert [(type(item), item.place) for item in items] == [
        (Incoming, "old.jsonl:1"),
        (Rejected, "old.jsonl:3"),
        (Rejected, "old.jsonl:4"),
        (Rejected, "old.jsonl:5"),
        (Incoming, "old.jsonl:6"),
    ]
    assert items[3].original == lines[4]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_damage_to_a_record_raises_or_leaves_no_trace(data: st.DataObject) -> None:
    whole = bytearray((FIXTURES / "full_study.xml").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole) - 1))
        length = data.draw(st.sampled_from([1, 3, 40]))
        whole[at : at + length] = data.draw(st.binary(max_size=6))
    items = read(bytes(whole))
    assert items
    list(read_legacy_xml_lines(io.BytesIO(whole), "old.jsonl"))


def test_a_file_is_recognised_by_its_head() -> None:
    assert is_legacy_xml(b"\xef\xbb\xbf<?xml version='1.0'?>\n<clinical_study rank='1'>")
    assert is_legacy_xml(study())
    assert not is_legacy_xml(b'{"xml": "<clinical_study>"}')
    assert not is_legacy_xml(b"<Trials_downloaded_from_ICTRP>")
    assert is_legacy_xml_lines(b'{"nct_id": "NCT99000001", "xml": "<clinical_study>\\r\\n')
    assert is_legacy_xml_lines(b'{"xml":"<?xml version=\\"1.0\\"?>\\n<clinical_study rank=')
    assert not is_legacy_xml_lines(b'{"protocolSection": {}}')
