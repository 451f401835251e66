"""What do the pages of related studies show, and what do they make of odd and hostile requests?"""

from __future__ import annotations

import html
import json
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient
from tests.unit.related.conftest import make_records, make_trial, write_records
from tests.unit.related.test_engine import damage

from trialbook.derived import counting, related
from trialbook.library import Library
from trialbook.store import Store
from trialbook.web.app import SECURITY_HEADERS, make_app
from trialbook.web.posted import FORM, MOST_BYTES

PARENT, EXTENSION, STRANGER, HOSTILE = "NCT10000001", "NCT10000002", "NCT10000003", "NCT10000004"
TITLE = "<script>alert('1')</script> \"bosentan\" & more \u202e"
HEADERS = {"content-type": FORM}


def open_site(home: Path, wait_s: float = 60.0) -> TestClient:
    app = make_app(home, related_wait_s=wait_s)
    return TestClient(app, base_url="http://localhost", follow_redirects=False)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    hostile = make_trial(
        HOSTILE,
        "<b>bosentan</b>",
        "Pulmonary Arterial Hypertension",
        title=TITLE,
        sponsor='<i>Sponsor</i> "of" it',
        outcomesModule={
            "primaryOutcomes": [{"measure": "<u>Walk</u> distance", "timeFrame": "<s>12 weeks</s>"}]
        },
    )
    with Library.create(folder / "library") as library:
        library.import_files(write_records(folder / "records.jsonl", [*make_records(), hostile]))
    return folder / "library"


@pytest.fixture(scope="module")
def site(home: Path) -> Iterator[TestClient]:
    with open_site(home) as client:
        yield client


def read(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def find_listed(page: str) -> list[str]:
    listed = page.partition('<ul class="related">')[2]
    return re.findall(r'<li><a href="/study/(NCT\d{8})"', listed)


def test_a_record_names_its_family_apart_from_the_rest_with_reasons(site: TestClient) -> None:
    page = site.get(f"/study/{PARENT}").text
    section = page.partition('<section id="related"')[2]
    assert find_listed(section)[0] == EXTENSION
    words = read(section)
    assert re.search("Its own family.*extension.*named by id: NCT10000001.*Others like it", words)
    assert f'href="/study/{PARENT}/related"' in section
    assert re.search(r"learnt \d+ [A-Z][a-z]+ 20\d\d", words)


def test_the_text_of_a_record_names_them_too(site: TestClient) -> None:
    text = site.get(f"/study/{PARENT}.txt").text
    assert re.search(r"MORE RELATED TRIALS\n=+\n.*NCT10000002, extension", text, re.DOTALL)


def test_an_older_version_says_that_they_are_like_the_newest(
    site: TestClient, home: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "library"
    shutil.copytree(home, copy)
    record = make_records()[0]
    record["protocolSection"]["statusModule"]["lastUpdateSubmitDate"] = "2025-01-01"
    with Library(copy) as library:
        library.import_files(write_records(tmp_path / "later.jsonl", [record]))
    with open_site(copy) as later:
        assert "They are like the newest version" in read(later.get(f"/study/{PARENT}?version=0").text)
        assert "They are like the newest version" not in read(later.get(f"/study/{PARENT}").text)


def test_what_is_missing_or_late_is_a_sentence_and_never_an_error(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "library"
    shutil.copytree(home, copy)
    (copy / "related" / "state.json").unlink()
    # As in a large library: those of a small one are made in memory.
    monkeypatch.setattr(related, "MADE_IN_MEMORY_BYTES", 0)
    with open_site(copy) as missing:
        for address in (f"/study/{PARENT}", f"/study/{PARENT}/related", f"/related?ids={PARENT}"):
            answer = missing.get(address)
            assert answer.status_code == 200
            assert "has not been worked out in this library yet" in read(answer.text)
            assert str(copy) not in answer.text
    find, may_go_on = Library.find_related, threading.Event()

    def find_late(self: Library, *asked: Any, **how: Any) -> Any:
        may_go_on.wait(30)
        return find(self, *asked, **how)

    monkeypatch.setattr(Library, "find_related", find_late)
    with open_site(home, wait_s=0.0) as late:
        said = read(late.get(f"/study/{PARENT}").text)
        may_go_on.set()
    assert "They are being worked out" in said


def test_what_the_records_got_ahead_of_is_said(home: Path, tmp_path: Path) -> None:
    copy = tmp_path / "library"
    shutil.copytree(home, copy)
    state = copy / "related" / "state.json"
    known = json.loads(state.read_bytes())
    state.write_text(json.dumps(known | {"seq": known["seq"] - 3}))
    with open_site(copy) as behind:
        for address in (f"/study/{PARENT}", f"/study/{PARENT}/related"):
            assert "does not know the last 3 changes" in read(behind.get(address).text)


def test_the_page_of_a_record_has_list_drawing_table_people_and_outcomes(site: TestClient) -> None:
    answer = site.get(f"/study/{PARENT.lower()}/related")
    assert answer.status_code == 200
    assert find_listed(answer.text)[0] == EXTENSION
    drawing = answer.text.partition('<svg class="drawing')[2].partition("</svg>")[0]
    table = answer.text.partition("What each of them shares")[2].partition("</table>")[0]
    drawn = set(re.findall(r"<title>([^<]*)</title>", drawing))
    assert drawn
    for name in drawn:
        told = re.sub(r" \(NCT\d{8}(?:, asked for)?\)$", "", html.unescape(name))
        assert " ".join(told.split()) in read(table), name
    words = read(answer.text)
    for part in (
        "Who else works on this",
        "Maker of it 1 and the one asked for",
        "Which outcomes they measure",
    ):
        assert part in words
    assert "Sponsor of NCT10000003" in words


def test_a_crowded_field_has_a_drawing_of_its_first_studies(tmp_path: Path) -> None:
    names = [f"zor{letter}mab" for letter in "abcdefgh"]
    records = [
        make_trial(f"NCT5000{number:04}", "zoramab", "Gloom A", title=f"Zoramab, study {number}")
        for number in range(101)
    ]
    for record in records:
        protocol = record["protocolSection"]
        protocol["conditionsModule"] = {"conditions": [f"Gloom of the {name}" for name in names]}
        protocol["armsInterventionsModule"] = {"interventions": [{"name": name} for name in names]}
    with Library.create(tmp_path / "library") as library:
        library.import_files(write_records(tmp_path / "r.jsonl", records))
    with open_site(tmp_path / "library") as client:
        answer = client.get("/study/NCT50000000/related?limit=100")
    assert answer.status_code == 200
    assert answer.text.count('class="line') == 14 * 13


def test_every_name_leads_to_the_studies_that_have_it(site: TestClient) -> None:
    page = site.get(f"/study/{STRANGER}/related").text
    searches = {html.unescape(each) for each in re.findall(r'href="(/\?q=[^"]+)"', page)}
    assert any("LeadSponsorName" in each for each in searches)
    for address in searches:
        answer = site.get(address)
        assert answer.status_code == 200, address
        assert re.search(r"<strong>[1-9]\d* stud", answer.text), address
    (as_json,) = set(re.findall(r'href="(/api/trialbook/[^"]*related[^"]*)"', page))
    told = site.get(html.unescape(as_json)).json()
    assert set(find_listed(page)) <= {each["nctId"] for each in told["studies"]}
    assert told["landscape"]["sponsors"]


def test_facets_stand_in_the_address_and_in_the_form(site: TestClient) -> None:
    page = site.get(f"/study/{PARENT}/related?facet=drug%3D2&facet=&facet=recruiting&limit=20").text
    assert find_listed(page) == [STRANGER]
    assert '<option value="drug=2" selected>' in page
    assert 'value="recruiting" checked' in page
    assert '<option value="20" selected>' in page
    assert site.get(f"/study/{PARENT}/related?facet=disease").status_code == 200


def test_several_studies_and_a_text_are_asked_in_one_form(site: TestClient) -> None:
    page = site.get(f"/related?ids={PARENT}%2C+{EXTENSION.lower()}").text
    assert STRANGER in find_listed(page)
    assert not {PARENT, EXTENSION} & set(find_listed(page))
    text = "Macitentan in adults with pulmonary arterial hypertension\n\nPhase 3 <script>"
    answer = site.post("/related", content=urlencode({"text": text, "ids": ""}), headers=HEADERS)
    assert answer.status_code == 200
    assert {PARENT, EXTENSION} == set(find_listed(answer.text)[:2])
    assert "Phase 3 &lt;script&gt;" in answer.text


def list_shared(page: str) -> dict[str, str]:
    """What the table beside the drawing says of each study."""
    table = page.partition("What each of them shares")[2].partition("</table>")[0]
    rows = [read(row) for row in table.split("<tr>")[2:]]
    return {row.partition(" ")[0]: row for row in rows}


def test_of_several_each_is_joined_with_what_it_has_itself(site: TestClient) -> None:
    page = site.get(f"/related?ids={PARENT}+{STRANGER}").text
    rows = list_shared(page)
    assert "asked for" in rows[PARENT]
    assert "asked for" in rows[STRANGER]
    assert "acitentan" in rows[PARENT].partition("asked for")[2]
    assert "acitentan" not in rows[STRANGER].partition("asked for")[2]
    assert "Pulmonary" in rows[STRANGER].partition("asked for")[2]
    drawing = page.partition('<svg class="drawing')[2].partition("</svg>")[0]
    strong = drawing.count('class="line strong"')
    assert strong == sum(rows[each].partition("asked for")[2].count(";") + 2 for each in (PARENT, STRANGER))


def test_a_text_is_joined_with_what_it_names(site: TestClient) -> None:
    text = "Macitentan in adults with pulmonary arterial hypertension"
    page = site.post("/related", content=urlencode({"text": text, "ids": ""}), headers=HEADERS).text
    row = list_shared(page)["the"]
    assert row.startswith("the text asked for")
    assert "acitentan" in row
    assert "Pulmonary Arterial Hypertension" in row
    assert 'class="line strong"' in page


def test_a_pasted_record_is_read_as_one(site: TestClient) -> None:
    record = json.dumps(
        make_trial("NCT19999999", "macitentan", "Pulmonary Arterial Hypertension", title="A <draft>")
    )
    answer = site.post("/related", content=urlencode({"text": record}), headers=HEADERS)
    assert "same intervention" in read(answer.text)
    assert "A <draft>" in read(answer.text)
    broken = site.post("/related", content=urlencode({"text": '{"protocolSection": 3}'}), headers=HEADERS)
    assert broken.status_code == 400
    assert "looks like a record, and is none" in read(broken.text)
    assert "/tmp" not in broken.text


def test_what_records_say_is_escaped_everywhere(site: TestClient) -> None:
    for address in (f"/study/{STRANGER}", f"/study/{STRANGER}/related", f"/study/{HOSTILE}/related"):
        answer = site.get(address)
        assert HOSTILE in answer.text
        for markup in ("<script>alert", "<b>bosentan", "<i>Sponsor", "<u>Walk", "<s>12"):
            assert markup not in answer.text
        assert not re.search(r"\sstyle=", answer.text)
        assert (
            answer.headers["content-security-policy"] == SECURITY_HEADERS[b"content-security-policy"].decode()
        )


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("facet=colour", "there is no facet 'colour'"),
        ("facet=drug%3D99", "weighs at most 10"),
        ("limit=0", "from 1 to 100"),
        ("limit=%D9%A3", "limit is no number of studies"),
        ("limit=99999999999999999999", "limit is no number of studies"),
        ("&".join(["facet=drug"] * 60), "at most 40 facets"),
    ],
)
def test_what_makes_no_sense_is_said_above_the_form(site: TestClient, query: str, message: str) -> None:
    for address in (f"/study/{PARENT}/related", f"/related?ids={PARENT}"):
        answer = site.get(address + ("&" if "?" in address else "?") + query)
        assert answer.status_code == 400
        assert message in read(answer.text)
        assert "<form" in answer.text


@pytest.mark.parametrize(
    "query",
    [
        "ids=" + "x" * 2_000,
        "ids=NCT99999999",
        "ids=" + "+".join(f"NCT1000000{n}" for n in range(1, 4)) + "+NCT2000000" * 20,
        "ids=%00%ff%f0&facet=%00&limit=%00",
        "text=" + "x" * 3_000 + "&ids=%F0%9F%98%80",
    ],
)
def test_odd_requests_are_never_the_servers_fault(site: TestClient, query: str) -> None:
    assert site.get(f"/related?{query}").status_code in (200, 400)
    assert site.post("/related", content=query, headers=HEADERS).status_code in (200, 400)
    assert site.get(f"/study/{PARENT}/related?{query}").status_code in (200, 400)
    assert site.get("/study/NCT77777777/related").status_code == 404


def test_a_file_is_compared_as_if_its_text_were_pasted(site: TestClient) -> None:
    text = "Macitentan in adults with pulmonary arterial hypertension"
    record = json.dumps(
        make_trial("NCT19999999", "macitentan", "Pulmonary Arterial Hypertension", title="A <draft>")
    )
    for body in (text.encode(), b"\xef\xbb\xbf" + text.encode(), record.encode()):
        answer = site.post("/related", data={"ids": "", "text": " "}, files={"file": ("draft.txt", body)})
        assert answer.status_code == 200
        assert {PARENT, EXTENSION} == set(find_listed(answer.text)[:2])
    # A form whose file was left empty is as one that was typed.
    typed = site.post("/related", data={"text": text}, files={"file": ("", b"")})
    assert {PARENT, EXTENSION} == set(find_listed(typed.text)[:2])


def test_a_damaged_study_that_is_asked_for_is_named_and_not_the_profiles(home: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(home, tmp_path / "library"))
    damage(copy, PARENT)
    with open_site(copy) as client:
        answer = client.get(f"/related?ids={PARENT}")
    assert answer.status_code == 400
    assert f"{PARENT}, version of" in read(answer.text)
    assert "trialbook rebuild related" not in read(answer.text)


@pytest.mark.parametrize("begins", ["[Draft 3] ", "[1] ", "<5 mg of it: ", "{Title} ", "(a) ", "\ufeff"])
def test_a_synopsis_may_begin_with_a_bracket(site: TestClient, begins: str) -> None:
    answer = site.post("/related", data={"text": f"{begins}Macitentan in pulmonary arterial hypertension"})
    assert answer.status_code == 200
    assert PARENT in find_listed(answer.text)[:2]


def test_a_file_of_too_many_records_is_refused_without_a_word_of_where_it_lay(site: TestClient) -> None:
    records = [make_trial(f"NCT1999990{number:1}", "macitentan", "Asthma") for number in range(10)]
    records.append(make_trial("NCT19999990", "bosentan", "Asthma"))
    answer = site.post("/related", files={"file": ("a.jsonl", "\n".join(map(json.dumps, records)).encode())})
    assert answer.status_code == 400
    assert "the text holds more than the 10 records" in read(answer.text)
    assert "/tmp" not in answer.text


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("a.pdf", b"%PDF-1.7 ...", 415),
        ("a.docx", b"PK\x03\x04...", 415),
        ("<b>.doc", b"\xd0\xcf\x11\xe0...", 415),
        ("a.bin", b"text\0text", 415),
        ("a.txt", b"y" * MOST_BYTES, 413),
    ],
)
def test_a_file_that_is_no_text_is_refused_in_a_sentence(
    site: TestClient, name: str, body: bytes, status: int
) -> None:
    answer = site.post("/related", files={"file": (name, body)})
    assert answer.status_code == status
    assert "<b>" not in answer.text
    assert "plain text" in answer.text or "bytes" in answer.text


def test_a_form_with_two_files_is_refused(site: TestClient) -> None:
    answer = site.post("/related", files=[("file", ("a", b"x")), ("file", ("b", b"y"))])
    assert answer.status_code == 400


def test_a_form_is_taken_from_this_site_alone_and_within_bounds(site: TestClient) -> None:
    text = urlencode({"ids": PARENT})
    for headers, status in (
        ({}, 200),
        ({"origin": "null", "sec-fetch-site": "same-origin"}, 200),
        ({"origin": "http://localhost"}, 200),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null", "sec-fetch-site": "cross-site"}, 403),
        ({"origin": "http://[evil"}, 403),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "multipart/form-data"}, 400),
        ({"content-type": "multipart/form-data; boundary=x"}, 400),
        ({"host": "evil.example"}, 421),
    ):
        assert site.post("/related", content=text, headers={**HEADERS, **headers}).status_code == status, (
            headers
        )
    assert site.post("/related", content="x=" + "y" * MOST_BYTES, headers=HEADERS).status_code == 413
    assert site.post("/related", content="&".join(["facet="] * 300), headers=HEADERS).status_code == 400
    long = urlencode({"text": "heart failure " * 10_000})
    answer = site.post("/related", content=long, headers=HEADERS)
    assert answer.status_code == 400
    assert "at most 100,000 characters" in read(answer.text)


def test_a_server_that_ends_waits_for_no_profiles(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(home, tmp_path / "library")
    shutil.rmtree(tmp_path / "library" / "related")
    begun, closed, counted = threading.Event(), threading.Event(), []

    def count_in_a_process_of_its_own(_: Path, nct_ids: list[str]) -> Iterator[tuple[str, Any]]:
        for nct_id in nct_ids:
            begun.set()
            assert closed.wait(60)
            counted.append(nct_id)
            yield nct_id, counting.count_study(store, nct_id)

    close = Library.close
    monkeypatch.setattr(related, "WORTHWHILE", 1)
    monkeypatch.setattr(related, "count_beside", count_in_a_process_of_its_own)
    monkeypatch.setattr(Library, "close", lambda library: (close(library), closed.set()))
    with Store(tmp_path / "library") as store:
        with open_site(tmp_path / "library", wait_s=0.0) as client:
            assert client.get(f"/study/{PARENT}").status_code == 200
            assert begun.wait(60)
        assert len(counted) == 1
