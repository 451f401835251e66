"""Nothing that an old XML record says is lost on the way, and what the format cannot say is declared."""

from __future__ import annotations

import copy
import gzip
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trialbook.errors import SourceFormatError
from trialbook.model import parse_study
from trialbook.source.incoming import Incoming
from trialbook.source.legacy.read import CARRIES, parse_legacy_xml, read_legacy_xml_lines

FIXTURE = Path(__file__).parents[2] / "fixtures" / "legacy" / "full_study.xml"
MARK = "zq7341"

EVENTS = r"clinical_results/reported_events/(serious|other)_events"
UNMAPPED = {
    r"@rank": "the place in the search that found the record, not the record",
    r"required_header/(link_text|url)": "the same words in every record; the address follows from the id",
    r"last_update_submitted_qc": "API v2 has no such element; equal to last_update_submitted in all 129",
    r"number_of_(arms|groups)": "the registry counts the arms",
    r"study_design": "a line of names and values until January 2017; test_legacy_xml takes it apart",
    r"firstreceived_(date|results_date|results_disposition_date)|lastchanged_date": (
        "old names of dates, equal where both stand; test_legacy_xml finds them where they stand alone"
    ),
    r"oversight_info/authority": "given up by the registry in January 2017",
    r"is_fda_regulated|is_section_801": "given up by the registry in January 2017",
    r".*/safety_issue": "given up by the registry in January 2017",
    r"location/investigator/affiliation": "API v2's site contacts have no affiliation",
    r".*/analyzed/scope": "follows from where the count stands",
    r"clinical_results/outcome_list/outcome/measure/(title|description|population)": (
        "the outcome's own words again: equal in all 293 measures"
    ),
    rf"{EVENTS}/frequency_threshold": "one threshold in the record, written up to twice",
    r"id_info/nct_id": "another word there is refused; test_what_is_no_record_is_refused_with_its_reason",
}


def is_unmapped(path: str) -> bool:
    return any(re.fullmatch(pattern, path) for pattern in UNMAPPED)


def said(root: ET.Element, path: str = "") -> Iterator[tuple[str, ET.Element, str]]:
    """Every text and attribute of a document: its path, its element, and the attribute's name or ""."""
    for name in root.attrib:
        yield f"{path}@{name}", root, name
    if root.text and root.text.strip():
        yield path, root, ""
    for child in root:
        yield from said(child, f"{path}/{child.tag}" if path else child.tag)


def values(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for below in value.values():
            yield from values(below)
    elif isinstance(value, list):
        for below in value:
            yield from values(below)
    else:
        yield str(value)


def paths(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, below in value.items():
            yield from paths(below, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for below in value:
            yield from paths(below, path)
    else:
        yield path


def marked(root: ET.Element, node: ET.Element, attribute: str, was: str) -> dict[str, Any]:
    """The record when one text is another word; the document is as before afterwards."""
    mark = "ClinicalTrials.gov processed this data on " + MARK if node.tag == "download_date" else MARK
    if attribute:
        node.set(attribute, mark)
    else:
        node.text = mark
    try:
        return parse_legacy_xml(ET.tostring(root))
    finally:
        if attribute:
            node.set(attribute, was)
        else:
            node.text = was


def lost(root: ET.Element, tried: dict[str, int], *, times: int) -> set[str]:
    """Paths where another word does not show in the record."""
    missing = set()
    for path, node, attribute in list(said(root)):
        if tried.get(path, 0) >= times or is_unmapped(path):
            continue
        tried[path] = tried.get(path, 0) + 1
        was = node.get(attribute, "") if attribute else node.text or ""
        shown = " ".join(values(marked(root, node, attribute, was))).lower()
        if MARK not in shown:
            missing.add(path)
    return missing


@pytest.fixture(scope="module")
def real_documents(shared_data: Path) -> list[ET.Element]:
    with gzip.open(shared_data / "ctgov" / "records_legacy_xml.jsonl.gz") as lines:
        return [ET.fromstring(json.loads(line)["xml"]) for line in lines]


def test_every_text_and_attribute_of_the_full_fixture_reaches_the_record() -> None:
    assert lost(ET.parse(FIXTURE).getroot(), {}, times=3) == set()


def test_the_fixture_uses_every_element_of_the_schema(shared_spec: Path) -> None:
    schema = (shared_spec / "ctgov" / "legacy_public.xsd").read_text("utf-8")
    elements = set(re.findall(r'<xs:element name="(\w+)"', schema))
    attributes = set(re.findall(r'<xs:attribute name="(\w+)"', schema))
    root = ET.parse(FIXTURE).getroot()
    assert elements - {node.tag for node in root.iter()} == set()
    assert attributes - {name for node in root.iter() for name in node.attrib} == set()


def test_every_text_and_attribute_of_real_records_reaches_the_record(
    real_documents: list[ET.Element],
) -> None:
    tried: dict[str, int] = {}
    missing = set()
    # The shortest first: most elements are then tried where a record costs little.
    for root in sorted(real_documents, key=lambda each: sum(1 for _ in each.iter())):
        missing |= lost(root, tried, times=2)
    assert missing == set()
    assert len(tried) > 250


REWRITTEN = re.compile(
    "masking|allocation|intervention_model|observational_model|download_date|healthy_volunteers|study_type"
    "|sampling_method|pi_employee|restrictive_agreement|document_url|ipd_info_type|non_inferiority_type"
    "|default_assessment|assessment"
)


def folded(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()


def test_the_words_of_all_real_records_are_in_their_records(real_documents: list[ET.Element]) -> None:
    """Texts of 20 letters and more, apart from those that the mapping rewrites."""
    for root in real_documents:
        written = {folded(text) for text in values(parse_legacy_xml(ET.tostring(root)))}
        whole = " ".join(written)
        for path, node, attribute in said(root):
            text = node.get(attribute, "") if attribute else node.text or ""
            if len(folded(text)) < 20 or is_unmapped(path) or REWRITTEN.fullmatch(node.tag):
                continue
            if text.lower().startswith("total, "):
                continue
            assert folded(text) in written or folded(text) in whole, (path, text[:80])


def test_all_real_records_are_read_and_typed(shared_data: Path) -> None:
    with gzip.open(shared_data / "ctgov" / "records_legacy_xml.jsonl.gz") as stream:
        items = list(read_legacy_xml_lines(stream, "records_legacy_xml.jsonl.gz"))
    assert len(items) == 137
    for item in items:
        assert isinstance(item, Incoming)
        assert parse_study(item.body).unmodelled == {}
    assert sum(json.loads(item.body)["hasResults"] for item in items if isinstance(item, Incoming)) == 29


def test_the_record_that_exists_in_both_forms_differs_only_where_it_was_edited(
    shared_data: Path, real_documents: list[ET.Element]
) -> None:
    """NCT02513394 in August 2020 (old XML) and in June 2023 (API v2)."""
    nct_id = "NCT02513394"
    (root,) = [root for root in real_documents if root.findtext("id_info/nct_id") == nct_id]
    with gzip.open(shared_data / "ctgov" / "records.jsonl.gz") as lines:
        (later,) = [json.loads(line) for line in lines if nct_id.encode() in line[:400]]
    old, new = parse_legacy_xml(ET.tostring(root))["protocolSection"], later["protocolSection"]
    for module, elements in old.items():
        for name, value in elements.items():
            if f"{module}.{name}" not in EDITED:
                assert value == new[module][name], f"{module}.{name}"


EDITED = {
    "identificationModule.secondaryIdInfos": "the old XML has no types and domains",
    "statusModule.statusVerifiedDate": "edited",
    "statusModule.primaryCompletionDateStruct": "edited: it came",
    "statusModule.lastUpdateSubmitDate": "edited",
    "statusModule.lastUpdatePostDateStruct": "edited",
    "sponsorCollaboratorsModule.collaborators": "the old XML knows no networks: they are Other",
    "outcomesModule.primaryOutcomes": "edited with the results",
    "outcomesModule.secondaryOutcomes": "edited with the results",
    "contactsLocationsModule.overallOfficials": "edited: another principal investigator",
    "contactsLocationsModule.locations": "the old XML has no coordinates",
}


def test_every_path_that_is_written_is_declared_and_every_declared_path_exists(
    shared_spec: Path, real_documents: list[ET.Element]
) -> None:
    pieces = (shared_spec / "ctgov" / "pieces.tsv").read_text("utf-8").splitlines()[1:]
    known = {line.split("\t")[1] for line in pieces}
    assert CARRIES - known == set()
    written = set(paths(parse_legacy_xml(FIXTURE.read_bytes())))
    for root in real_documents:
        written |= set(paths(parse_legacy_xml(ET.tostring(root))))
    assert written - known == set()
    assert {
        path for path in written if not any((path + ".").startswith(each + ".") for each in CARRIES)
    } == set()
    assert {
        each for each in CARRIES if not any((path + ".").startswith(each + ".") for path in written)
    } == set()


def test_a_record_with_any_element_missing_is_still_read() -> None:
    root = ET.parse(FIXTURE).getroot()
    parents = [(parent, child) for parent in root.iter() for child in parent]
    for parent, child in parents:
        place = list(parent).index(child)
        parent.remove(child)
        data = ET.tostring(root)
        parent.insert(place, child)
        if child.tag in ("id_info", "nct_id"):
            with pytest.raises(SourceFormatError):
                parse_legacy_xml(data)
        else:
            parse_legacy_xml(data)
    assert ET.tostring(root) == ET.tostring(copy.deepcopy(root))
