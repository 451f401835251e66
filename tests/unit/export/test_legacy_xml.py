"""Does the old XML that leaves say what the record says, in the order of the registry's schema?"""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import msgspec
import pytest
from starlette.testclient import TestClient
from tests.library import make_library
from tests.unit.web.api_v2.conftest import make_record

from trialbook.export.legacy_xml.record import write_legacy_xml
from trialbook.library.build import import_paths
from trialbook.model.present import decode_shortened
from trialbook.record.extent import MOST_ENTRIES
from trialbook.samples import sample_paths
from trialbook.source.legacy.carries import CARRIES
from trialbook.source.legacy.read import parse_legacy_xml
from trialbook.web.app import make_app

SCHEMA = "{http://www.w3.org/2001/XMLSchema}"
# What the old XML writes in another way, or has no room for: further contacts, kinds of references, who is who.
NOT_CARRIED = (
    "protocolSection.contactsLocationsModule.centralContacts",
    "protocolSection.contactsLocationsModule.locations.contacts",
    "protocolSection.designModule.patientRegistry",
    "protocolSection.identificationModule.organization.class",
    "protocolSection.referencesModule.references.type",
    "protocolSection.sponsorCollaboratorsModule.leadSponsor.class",
    "resultsSection.moreInfoModule.certainAgreement.otherDetails",
    "protocolSection.armsInterventionsModule",
    "resultsSection.outcomeMeasuresModule.outcomeMeasures.analyses.testedNonInferiority",
    "resultsSection.outcomeMeasuresModule.outcomeMeasures.analyses.ciLowerLimitComment",
    "resultsSection.outcomeMeasuresModule.outcomeMeasures.denomUnitsSelected",
    "resultsSection.participantFlowModule.periods.dropWithdraws.reasons.numUnits",
    "annotationSection",
)

MEASURE = ("unitOfMeasure", "paramType", "dispersionType", "groups", "denoms", "classes", "analyses")


def list_leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """What a record says where old XML can: letters alone, since marks of lists and escapes are written otherwise."""
    if isinstance(value, dict):
        # Of an outcome that is not posted the old XML gives no measure.
        left_out = MEASURE if value.get("reportingStatus") == "NOT_POSTED" else ()
        for key, below in value.items():
            if key not in left_out:
                yield from list_leaves(below, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for below in value:
            yield from list_leaves(below, path)
    elif any(path == each or path.startswith(each + ".") for each in CARRIES) and not path.startswith(
        NOT_CARRIED
    ):
        yield path, "".join(filter(str.isalnum, value)) if isinstance(value, str) else value


def find_differences(records: list[dict[str, Any]]) -> tuple[Counter[str], Counter[str]]:
    lost: Counter[str] = Counter()
    added: Counter[str] = Counter()
    for record in records:
        read = parse_legacy_xml(write_legacy_xml(record))
        before, after = (Counter(list_leaves(each)) for each in (record, read))
        lost.update(path for path, _ in (before - after).elements())
        added.update(path for path, _ in (after - before).elements())
    return lost, added


@pytest.fixture(scope="module")
def samples() -> list[dict[str, Any]]:
    (lines,) = [path for path in sample_paths() if path.suffix == ".jsonl"]
    return [json.loads(line) for line in lines.read_bytes().splitlines()]


def test_what_is_written_is_read_back(samples: list[dict[str, Any]]) -> None:
    lost, added = find_differences(samples)
    assert (dict(lost), dict(added)) == ({}, {})


@pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.slow)])
def test_real_records_are_read_back(shared_data: Path, every: int) -> None:
    with gzip.open(shared_data / "ctgov/records.jsonl.gz") as file:
        records = [json.loads(line) for line in islice(file, 0, 120, every)]
    lost, added = find_differences(records)
    assert sum(lost.values()) + sum(added.values()) <= 3, (lost, added)


def test_elements_stand_in_the_order_of_the_schema(samples: list[dict[str, Any]], shared_spec: Path) -> None:
    schema = fromstring((shared_spec / "ctgov/legacy_public.xsd").read_bytes())
    types = {each.get("name"): each for each in schema.findall(f"{SCHEMA}complexType")}
    (root,) = schema.findall(f"{SCHEMA}element")
    for record in samples:
        faults = [
            *find_faults(fromstring(write_legacy_xml(record)), root.find(f"{SCHEMA}complexType"), types)
        ]
        assert faults == []


def find_faults(node: Element, kind: Element | None, types: dict[str | None, Element]) -> Iterator[str]:
    """Where the children of a node are none of the schema's, or stand in another order."""
    if kind is None:
        return
    named = {each.get("name"): each for each in _list_elements(kind)}
    names = list(named)
    at = 0
    for child in node:
        if child.tag not in named:
            yield f"{node.tag} may not have {child.tag}"
            continue
        if names.index(child.tag) < at and kind.find(f"{SCHEMA}choice") is None:
            yield f"{child.tag} stands too late in {node.tag}"
        at = names.index(child.tag)
        inner = named[child.tag]
        yield from find_faults(child, types.get(inner.get("type"), inner.find(f"{SCHEMA}complexType")), types)


def _list_elements(kind: Element) -> Iterator[Element]:
    """The elements that a type has itself, in order."""
    for child in kind:
        if child.tag == f"{SCHEMA}element":
            yield child
        elif child.tag != f"{SCHEMA}attribute":
            yield from _list_elements(child)


def test_hostile_texts_stay_texts() -> None:
    record = make_record("NCT97000001")
    record["protocolSection"]["identificationModule"]["briefTitle"] = "<a>&b\x00\x0b]]>"
    record["protocolSection"]["designModule"] = 7
    record["resultsSection"] = {"outcomeMeasuresModule": {"outcomeMeasures": [7, {"groups": "x"}]}}
    root = fromstring(write_legacy_xml(record))
    assert root.findtext("brief_title") == "<a>&b]]>"


def test_it_leaves_at_the_registrys_address_and_can_be_imported(tmp_path: Path) -> None:
    home = make_library(tmp_path / "library", [make_record(f"NCT9700000{number}") for number in (1, 2)])
    client = TestClient(make_app(home), base_url="http://localhost")
    answer = client.get("/api/legacy/public-xml?format=zip")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as opened:
        assert opened.namelist() == [f"NCT9700xxxx/NCT9700000{number}.xml" for number in (1, 2)]
    (tmp_path / "old.zip").write_bytes(answer.content)
    assert import_paths(tmp_path / "other", [tmp_path / "old.zip"]).stored == 2
    one = client.get("/api/legacy/public-xml/NCT97000001")
    assert one.headers["content-type"] == "application/xml"
    assert fromstring(one.content).findtext("id_info/nct_id") == "NCT97000001"
    assert client.get("/api/legacy/public-xml/NCT97000009").status_code == 404
    assert client.get("/api/legacy/public-xml?format=json").status_code == 400


def test_what_holds_nothing_goes_in_one_step_and_what_is_left_out_is_told() -> None:
    sites = [{"unknown": number} for number in range(MOST_ENTRIES + 1)]
    record = {
        "protocolSection": {
            "identificationModule": {"nctId": "NCT1"},
            "contactsLocationsModule": {"locations": sites},
        }
    }
    xml = write_legacy_xml(*decode_shortened(msgspec.json.encode(record))).decode()
    assert "<location>" not in xml
    assert "Left out: 1 of 100,001 entries of contactsLocationsModule.locations." in xml
    assert len(xml) < 1_000


def test_no_key_of_a_record_ends_the_comment_on_what_is_left_out() -> None:
    for key in ("a--b", "a--->", "--->" * 1_000):
        given = msgspec.json.encode({"protocolSection": {key: [None] * (MOST_ENTRIES + 1)}})
        xml = write_legacy_xml(*decode_shortened(given)).decode()
        assert "Left out: 1 of 100,001 entries" in xml
        assert xml.count("-->") == xml.count("--") - 1 == 1
        assert fromstring(xml).tag == "clinical_study"
        assert len(xml) < 1_000
