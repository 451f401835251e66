"""Each id that an import takes is reached at every door; what an address of ours would hide is rejected."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from trialbook.__main__ import main
from trialbook.library.build import import_paths
from trialbook.record.ids import RESERVED, find_fault
from trialbook.record.links import study_url
from trialbook.web.app import make_app

TAKEN = [
    "NCT00000001",
    "2004-000123-12",
    "EUCTR2004-000123-12-GB",
    "2022-500014-26-00",
    "CTRI/2020/03/023944",
    "SLCTR/2010/005",
    "ISRCTN12345678",
    "ChiCTR-IOR-17013141",
    "JPRN-UMIN000012345",
    "IRCT20120215009014N1",
    "U1111-1122-3344",
    "RBR-2qn4z9",
    "NL-OMON12345",
    "ACTRN12605000000628",
    "PER-015-16",
    "7/NCT1",
    "Studie 4 (Köln)",
    "A?b=1#c% d&e+f",
    "a:b",
    "1.5",
    "historic",
    "x/diff/1",
]
REFUSED = [
    *("NCT1/history", "x/diff", "x/versions", "1/changes", "metadata", "download", "x.json", "x.TXT"),
    *(".", "..", "a/../b", "a/./b", "/x", "x/", "a//b", "-x", "--help"),
    *("https://example.org/1", "clinicaltrials.gov/study/1", "x" * 65, "a\tb", "a\u200bb"),
]


def make_file(path: Path, ids: list[str]) -> Path:
    records = [
        {"protocolSection": {"identificationModule": {"nctId": each, "briefTitle": f"A study, {number}"}}}
        for number, each in enumerate(ids)
    ]
    path.write_text("\n".join(map(json.dumps, records)))
    return path


def test_ids_that_are_taken_are_reached_at_every_door(tmp_path: Path) -> None:
    home = tmp_path / "library"
    counts = import_paths(home, [make_file(tmp_path / "records.jsonl", TAKEN)])
    assert (counts.stored, counts.reasons) == (len(TAKEN), [])
    with TestClient(make_app(home), base_url="http://localhost") as client:
        listed = client.get("/api/v2/studies?pageSize=100").json()["studies"]
        assert {each["protocolSection"]["identificationModule"]["nctId"] for each in listed} == set(TAKEN)
        for number, nct_id in enumerate(TAKEN):
            title, name = f"A study, {number}", quote(nct_id, safe="")
            for address in (
                study_url(nct_id),
                f"{study_url(nct_id)}.json",
                f"{study_url(nct_id)}.txt",
                f"{study_url(nct_id)}/history",
                f"/api/trialbook/studies/{name}",
                f"/api/v2/studies/{name}",
            ):
                answer = client.get(address)
                assert (answer.status_code, title in answer.text) == (200, True), address
                raw = address.replace("%2F", "/")  # as some proxies hand it on
                assert client.get(raw).text == answer.text
            versions = client.get(f"/api/trialbook/studies/{name}/versions")
            assert versions.json()["nctId"] == nct_id
            packed = client.get(f"/api/v2/studies/{name}?format=json.zip")
            assert packed.status_code == 200
    for number, nct_id in enumerate(TAKEN):
        for command in ("show", "history"):
            result = CliRunner().invoke(main, ["--home", str(home), command, nct_id])
            assert result.exit_code == 0, (command, nct_id, result.output)
            assert command == "history" or f"A study, {number}" in result.stdout


def test_ids_that_an_address_would_hide_are_rejected_with_the_reason(tmp_path: Path) -> None:
    home = tmp_path / "library"
    counts = import_paths(home, [make_file(tmp_path / "records.jsonl", REFUSED)])
    assert (counts.stored, counts.rejected) == (0, len(REFUSED))
    assert all(
        "the id cannot be used: it" in each or "cannot be used: between" in each for each in counts.reasons
    )


@given(
    st.one_of(
        st.text(max_size=12), st.lists(st.sampled_from([*RESERVED, ".", "..", "1", "x.json", "", "NCT1"]))
    )
)
def test_an_id_without_a_fault_leads_to_its_page_alone(text: str | list[str]) -> None:
    nct_id = text if isinstance(text, str) else "/".join(text)
    if find_fault(nct_id):
        return
    assert not any(nct_id.endswith(f"/{word}") for word in ("history", "diff", "versions", "changes"))
    assert not {".", "..", ""} & set(nct_id.split("/"))
    assert not nct_id.endswith((".json", ".txt"))


@pytest.mark.parametrize("address", ["/api/v2/studies/no/such", "/study/no/such"])
def test_what_is_not_here_is_not_found(tmp_path: Path, address: str) -> None:
    import_paths(tmp_path / "library", [make_file(tmp_path / "records.jsonl", TAKEN[:1])])
    with TestClient(make_app(tmp_path / "library"), base_url="http://localhost") as client:
        assert client.get(address).status_code == 404


IDS = ["2011-003156-20", "2023-505678-12-00", "ISRCTN12345678", "DRKS00012345", "CTRI/2020/05/025210"]
WRITTEN = [
    *("NCT 00000333", "nct-333", "NCT: 333", "NCT00000111", "nct 111"),
    *("EudraCT 2011-003156-20", "EUCTR2011-003156-20-DE", "EU CT 2023-505678-12-00"),
    *("isrctn12345678", "ISRCTN 12345678", "DRKS: 00012345", "ctri/2020/05/025210"),
    *("https://clinicaltrials.gov/ct2/show/NCT00000333", "clinicaltrials.gov/study/nct00000111?tab=table"),
]


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with one study of many ids, and another that shares one of them."""
    home = tmp_path_factory.mktemp("named")
    other = [{"id": each} for each in (*IDS, "ACTRN12617000123456")]
    own = {"nctId": "NCT00000333", "nctIdAliases": ["NCT00000111"], "briefTitle": "The one meant"}
    second = {"nctId": "NCT00000444", "briefTitle": "Another"}
    records = [
        {"protocolSection": {"identificationModule": {**own, "secondaryIdInfos": other}}},
        {"protocolSection": {"identificationModule": {**second, "secondaryIdInfos": other[-1:]}}},
    ]
    (home / "records.jsonl").write_text("\n".join(map(json.dumps, records)))
    import_paths(home / "library", [home / "records.jsonl"])
    return home / "library"


@pytest.mark.parametrize("written", WRITTEN)
def test_an_id_leads_to_its_study_however_it_is_written(named: Path, written: str) -> None:
    shown = CliRunner().invoke(main, ["--home", str(named), "show", written])
    assert "The one meant" in shown.stdout
    with TestClient(make_app(named), base_url="http://localhost") as client:
        assert client.get("/", params={"q": written}).url.path == "/study/NCT00000333"
        if "/" not in written:
            name = quote(written, safe="")
            for address in (f"/study/{name}", f"/study/{name}/criteria", f"/api/trialbook/studies/{name}"):
                answer = client.get(address)
                assert (answer.status_code, "NCT00000333" in answer.text) == (200, True), address


@pytest.mark.parametrize("written", ["ACTRN12617000123456", "NCT 00000999", "ISRCTN99999999", "heart 333"])
def test_an_id_of_several_studies_or_of_none_leads_nowhere(named: Path, written: str) -> None:
    shown = CliRunner().invoke(main, ["--home", str(named), "show", written])
    assert (shown.exit_code, "is not in this library" in shown.output) == (1, True)
