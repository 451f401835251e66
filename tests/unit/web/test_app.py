"""What does the site answer, to sensible and to hostile addresses?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from trialbook.library.build import import_paths
from trialbook.web.app import SECURITY_HEADERS, make_app

STUDY = "/study/NCT99000501"
SLASHED = "CTRI/2024/02/990015"
HOSTILE = "<script>alert(1)</script>"
# One trial as it was planned, as it ended, and corrected on the same day.
VERSIONS = (
    ("RECRUITING", 30, "2022-07-07"),
    ("COMPLETED", 27, "2025-09-02"),
    ("COMPLETED", 26, "2025-09-02"),
)


def write_record(
    nct_id: str, status: str, enrollment: int, day: str, title: str = "Blood and sugar"
) -> bytes:
    protocol = {
        "identificationModule": {"nctId": nct_id, "briefTitle": title},
        "statusModule": {
            "overallStatus": status,
            "startDateStruct": {"date": "2021-08-16"},
            "lastUpdatePostDateStruct": {"date": day, "type": "ACTUAL"},
        },
        "conditionsModule": {"conditions": ["Diabetes"]},
        "designModule": {"studyType": "INTERVENTIONAL", "enrollmentInfo": {"count": enrollment}},
    }
    # The spaces are for the proof that a record leaves as the bytes that came.
    return json.dumps({"protocolSection": protocol}, indent=1).encode()


@pytest.fixture(scope="module")
def bodies() -> list[bytes]:
    """The versions of the trial, oldest first."""
    return [write_record("NCT99000501", *version) for version in VERSIONS]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, bodies: list[bytes]) -> TestClient:
    """A site of three records, one of them in three versions."""
    home: Path = tmp_path_factory.mktemp("site")
    others = [
        write_record(SLASHED, "RECRUITING", 8, "2024-02-01", "A study from elsewhere"),
        write_record("NCT99000502", "UNKNOWN", 5, "2020-01-01", HOSTILE),
    ]
    for position, body in enumerate([*bodies, *others]):
        (home / f"{position}.json").write_bytes(body)
        import_paths(home / "library", [home / f"{position}.json"])
    return TestClient(make_app(home / "library"), base_url="http://localhost", follow_redirects=False)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/", 200),
        ("/?q=sugar", 200),
        ("/?q=nothing+has+these+wordsxyz", 200),
        ("/?q=sugar&page=2", 200),
        (STUDY, 200),
        (f"{STUDY}.json", 200),
        (f"{STUDY}.txt", 200),
        (f"{STUDY}/history", 200),
        (f"{STUDY}/diff", 200),
        ("/static/style.css", 200),
        ("/study/NCT00000000", 404),
        ("/study/NCT00000000.json", 404),
        ("/study/NCT00000000/history", 404),
        ("/study/NCT00000000/diff", 404),
        ("/no/such/page", 404),
        ("/static/../app.py", 404),
        ("/static/%2e%2e/app.py", 404),
        ("/?q=" + "a" * 9_000, 414),
    ],
)
def test_every_answer_has_its_status_and_keeps_the_page_to_itself(
    site: TestClient, address: str, status: int
) -> None:
    answer = site.get(address)
    assert answer.status_code == status
    for name, value in SECURITY_HEADERS.items():
        assert answer.headers[name.decode()] == value.decode()
    assert "Traceback" not in answer.text


def test_a_newborn_may_search(site: TestClient) -> None:
    assert site.get("/?q=&age=0").status_code == 200


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("page=0", "page is no number from 1 to 1000"),
        ("page=-1", "page is no number"),
        ("page=1e3", "page is no number"),
        ("page=99999999999999999999", "page is no number"),
        ("page=²", "page is no number"),
        ("age=old", "age is no number of years from 0 to 150"),
        ("age=-1", "age is no number"),
        ("age=nan", "age is no number"),
        ("age=inf", "age is no number"),
        ("start_from=yesterday", "yesterday"),
        ("start_to=2021-13-40", "2021-13-40"),
        ("as_of=soon", "as_of is no date"),
        ("sort=beauty", "there is no order called"),
    ],
)
def test_a_wrong_question_is_refused_and_stays_to_be_put_right(
    site: TestClient, question: str, message: str
) -> None:
    answer = site.get(f"/?q=sugar&{question}")
    assert answer.status_code == 400
    assert message in answer.text
    assert 'value="sugar"' in answer.text
    assert "0 studies" not in answer.text
    name, value = question.split("=")
    if name in ("age", "start_from", "start_to", "as_of"):
        assert f'name="{name}"' in answer.text
        assert f'value="{value}"' in answer.text


def test_an_id_in_lower_case_leads_to_the_record(site: TestClient) -> None:
    answer = site.get("/study/nct99000501?as_of=2023")
    assert answer.status_code == 301
    assert answer.headers["location"].endswith(f"{STUDY}?as_of=2023")


def test_a_record_leaves_as_the_bytes_that_came(site: TestClient, bodies: list[bytes]) -> None:
    assert site.get(f"{STUDY}.json").content == bodies[-1]
    assert site.get(f"{STUDY}.json").headers["content-type"] == "application/json"


def test_an_earlier_day_shows_the_record_as_it_stood(site: TestClient, bodies: list[bytes]) -> None:
    assert site.get(f"{STUDY}.json?as_of=2023-01").content == bodies[0]
    page = site.get(f"{STUDY}?as_of=2023-01").text
    assert "30 participants" in page
    assert f'href="{STUDY}.json?as_of=2023-01-31"' in page
    assert "See the newest version" in page
    assert "30 participants" in site.get("/?q=sugar&as_of=2023-01").text
    for suffix in ("", ".json", ".txt"):
        assert site.get(f"{STUDY}{suffix}?as_of=1999").status_code == 404
        assert site.get(f"{STUDY}{suffix}?as_of=never").status_code == 400


@pytest.mark.parametrize(
    ("asked", "body", "enrollment"),
    [("version=0", 0, 30), ("version=1", 2, 26), ("version=1&copy=1", 2, 26), ("version=1&copy=2", 1, 27)],
)
def test_each_copy_of_each_version_can_be_read(
    site: TestClient, bodies: list[bytes], asked: str, body: int, enrollment: int
) -> None:
    assert site.get(f"{STUDY}.json?{asked}").content == bodies[body]
    page = site.get(f"{STUDY}?{asked}").text
    assert f"{enrollment} participants" in page
    assert ("See the newest version" in page) == (body == 0)
    assert page.count("shown here") == 1


@pytest.mark.parametrize(
    ("version", "status"), [("2", 404), ("4", 404), ("x", 400), ("-1", 400), ("9" * 30, 400)]
)
def test_a_version_that_is_not_there_is_said_so(site: TestClient, version: str, status: int) -> None:
    for path in (STUDY, f"{STUDY}.json", f"{STUDY}.txt"):
        assert site.get(f"{path}?version={version}").status_code == status
    assert site.get(f"{STUDY}/diff?from=0&to={version}").status_code == status


def test_the_history_links_each_version_and_each_difference(site: TestClient) -> None:
    page = site.get(f"{STUDY}/history").text
    for address in ("?version=0", "?version=1&amp;copy=2", "/diff?from=0&amp;to=1"):
        assert f'href="{STUDY}{address}"' in page
    assert "30 → 26" in page


def test_the_difference_of_two_versions_marks_what_changed(site: TestClient) -> None:
    page = site.get(f"{STUDY}/diff?from=0&to=1").text
    assert "<del>30</del>" in page
    assert "<ins>26</ins>" in page
    assert "The two versions say the same." in site.get(f"{STUDY}/diff?from=1&to=1").text


def test_an_id_with_slashes_has_all_its_pages(site: TestClient) -> None:
    for suffix in ("", ".json", ".txt", "/history", "/diff"):
        for written in (SLASHED, SLASHED.replace("/", "%2F")):
            answer = site.get(f"/study/{written}{suffix}")
            assert answer.status_code == 200, (written, suffix)
            assert SLASHED in answer.text
    assert f"/study/{SLASHED.replace('/', '%2F')}" in site.get("/?q=elsewhere").text


@pytest.mark.parametrize(
    "address",
    [
        f"/?q={HOSTILE}",
        f"/?q=sugar&country={HOSTILE}&status={HOSTILE}",
        f"/?q=sugar&as_of={HOSTILE}",
        f"/study/{HOSTILE}",
        f"{STUDY}/diff?from={HOSTILE}",
        f"/{HOSTILE}",
        "/study/NCT99000502",
        "/study/NCT99000502/history",
        "/study/NCT99000502/diff",
    ],
)
def test_no_text_becomes_markup(site: TestClient, address: str) -> None:
    answer = site.get(address)
    assert HOSTILE not in answer.text
    assert "&lt;script&gt;" in answer.text


@pytest.mark.parametrize("query", ['"', "((((", "AND", "a" * 3_000, "\0", "*", "AREA[", "🧬", "' OR 1=1 --"])
def test_no_query_breaks_the_site(site: TestClient, query: str) -> None:
    assert site.get("/", params={"q": query}).status_code in (200, 400)


def test_bytes_that_are_no_text_break_nothing(site: TestClient) -> None:
    assert site.get("/?q=%ff%fe%00&country=%80").status_code == 200
    assert site.get("/study/%ff%fe").status_code == 404
    assert HOSTILE not in site.get(f"{STUDY}?near={HOSTILE}").text


def test_nothing_can_be_written(site: TestClient) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert site.request(method, STUDY).status_code == 405
