"""Does the page for a person say what it read, let it be put right, and keep it to itself?"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from starlette.testclient import TestClient
from tests.library import make_library
from tests.naive.records import make_record

from trialbook.web.app import make_app

NOTE = "My mother, 64, lives in Miami. She has heart failure, no diabetes. Her sister had breast cancer."
TITLE, STATUS = "identificationModule.briefTitle", "statusModule.overallStatus"
CONDITIONS, SITES = "conditionsModule.conditions", "contactsLocationsModule.locations"
SEX, LEAST, MOST = (f"eligibilityModule.{name}" for name in ("sex", "minimumAge", "maximumAge"))
MIAMI: dict[str, Any] = {
    "facility": "Bay Clinic",
    "city": "Miami",
    "state": "Florida",
    "country": "United States",
    "status": "RECRUITING",
    "geoPoint": {"lat": 25.77, "lon": -80.19},
    "contacts": [{"name": "Nurse Ok", "role": "CONTACT", "phone": "555-555-0142"}],
}
OSLO: dict[str, Any] = {
    "facility": "Fjord Clinic",
    "city": "Oslo",
    "country": "Norway",
    "geoPoint": {"lat": 59.91, "lon": 10.75},
}
HEART, ABROAD, MEN, YOUNG, DIABETES, CANCER, OVER = (f"NCT0000000{number}" for number in range(1, 8))
HOSTILE = "<script>alert(1)</script>"


def trial(nct_id: str, condition: str, **more: Any) -> dict[str, Any]:
    values = {TITLE: f"A trial in {condition}", STATUS: "RECRUITING", CONDITIONS: [condition], SITES: [MIAMI]}
    return make_record(nct_id, values | {"eligibilityModule." + name: value for name, value in more.items()})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    records = [
        trial(HEART, "Heart Failure", sex="ALL", minimumAge="18 Years", maximumAge="80 Years"),
        make_record(ABROAD, {TITLE: "Abroad", STATUS: "RECRUITING", CONDITIONS: ["Heart Failure"], SITES: [OSLO]}),
        trial(MEN, "Heart Failure", sex="MALE"),
        trial(YOUNG, "Heart Failure", maximumAge="17 Years"),
        trial(DIABETES, "Diabetes"),
        trial(CANCER, "Breast Cancer"),
        make_record(OVER, {TITLE: "Over", STATUS: "COMPLETED", CONDITIONS: ["Heart Failure"], SITES: [MIAMI]}),
    ]  # fmt: skip
    return make_library(tmp_path_factory.mktemp("patient") / "library", records)


@pytest.fixture(scope="module")
def site(home: Path) -> Iterator[TestClient]:
    with TestClient(make_app(home), base_url="http://localhost") as client:
        yield client


def send(site: TestClient, note: str = NOTE, **fields: Any) -> Response:
    return site.post("/patient", data={"note": note, "taking": "1", **fields})


def list_hits(page: Response) -> list[str]:
    return re.findall(r'<h3><a href="/study/(NCT\d+)">', page.text)


def read(page: Response) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", page.text)).split())


def read_chosen(page: Response) -> dict[str, str]:
    """How each concept stands in the form."""
    rows = re.findall(r'<li><label for="c-\d+">([^<]*)</label>.*?</select>', page.text, re.DOTALL)
    chosen = re.findall(r'name="concept".*?<option value="[^"]*" selected>([^<]*)<', page.text)
    return dict(zip(rows, chosen, strict=True))


def test_a_note_is_read_with_the_words_that_say_so_and_finds_trials_with_reasons(site: TestClient) -> None:
    page = send(site)
    assert page.status_code == 200
    words = read(page)
    assert "What was read about “My mother”" in words
    assert 'name="age" value="64"' in page.text
    assert "from “My mother, 64”" in words
    assert 'value="Miami"' in page.text
    assert "from “lives in Miami”" in words
    assert '<option value="FEMALE" selected>' in page.text
    assert read_chosen(page) == {"heart failure": "yes", "diabetes": "no", "breast cancer": "somebody else"}
    assert "She has <mark>heart failure</mark>, no diabetes." in page.text
    assert "by the words “Her sister”" in words
    # The man's, the child's, the one abroad and the one that is over are no trials for her.
    assert list_hits(page)[0] == HEART
    assert set(list_hits(page)) <= {HEART, DIABETES, CANCER}
    assert "open to age 64, open to women, with a site within 50 mi of Miami" in words
    assert "3 studies of this library" in words
    assert "Both name heart failure" in words
    assert "Takes 18 to 80 years, any sex" in words
    assert 'Nearest open site</b> Bay Clinic, <span class="distance">Miami, ' in page.text
    assert '<a href="tel:5555550142">555-555-0142</a>' in page.text


def test_what_is_put_right_counts_and_not_the_note(site: TestClient) -> None:
    page = send(
        site, do="match", age="15", sex="MALE", near="", concept=[":heart failure", "present:diabetes"]
    )
    assert 'name="age" value="15"' in page.text
    assert "from “My mother, 64”" not in read(page)
    assert read_chosen(page)["heart failure"] == "leave out"
    assert list_hits(page)[0] == DIABETES
    assert "open to age 15, open to men: 5 studies" in read(page)
    assert "Both name heart failure" not in read(page)


def test_a_condition_can_be_added_and_stays(site: TestClient) -> None:
    page = send(site, do="match", concept=[":heart failure"], added="breast cancer, gout")
    assert read_chosen(page)["gout"] == "yes"
    again = send(site, do="match", concept=["present:gout", "past:lupus"])
    assert (read_chosen(again)["gout"], read_chosen(again)["lupus"]) == ("yes", "in the past")


def test_studies_that_take_nobody_show_when_they_are_asked_for(site: TestClient) -> None:
    page = site.post("/patient", data={"note": NOTE})
    assert OVER in list_hits(page)
    assert 'value="1" checked' not in page.text


def test_nothing_is_read_from_an_address_and_nothing_may_be_kept(site: TestClient, home: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*") if path.is_file()}
    page = send(site, "I am 71 and have zygomycosis near Miami")
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "zygomycosis" in page.text
    assert not [
        url for url in re.findall(r'(?:href|action)="([^"]*)"', page.text) if "zygo" in url or "Miami" in url
    ]
    assert 'action="/patient" method="post"' in page.text
    assert "get" not in re.findall(r'class="weigh[^>]*method="(\w+)"', page.text)
    empty = site.get("/patient", params={"note": "zygomycosis"})
    assert "zygomycosis" not in empty.text
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*") if path.is_file()} == before  # fmt: skip


def test_another_site_cannot_send_it_and_what_it_says_is_only_text(site: TestClient) -> None:
    foreign = site.post("/patient", data={"note": NOTE}, headers={"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 403
    page = send(site, f"A woman of 40 with asthma {HOSTILE} and \"lupus\" 'x'", near=f'"{HOSTILE}')
    assert HOSTILE not in page.text
    assert html.escape(HOSTILE) in page.text
    assert "there is no place called" in read(page) or "no place" in read(page)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"note": ""}, "the note says nothing"),
        ({"note": "x" * 20_001}, "is too long"),
        ({"note": NOTE, "do": "match", "age": "old"}, "the age is no number of years"),
        ({"note": NOTE, "near": "Miami", "within": "far"}, "far"),
        ({"note": NOTE, "do": "match", "added": "x" * 101}, "100 characters"),
    ],
)
def test_what_cannot_be_understood_is_said_on_the_page(
    site: TestClient, fields: dict[str, str], said: str
) -> None:
    page = site.post("/patient", data=fields)
    assert page.status_code == 400
    assert said in read(page)
    assert 'role="alert"' in page.text


def test_a_place_that_is_none_is_said_beside_its_field_and_nothing_is_found_by_guessing(
    site: TestClient,
) -> None:
    page = send(site, near="Xyzzyville")
    assert page.status_code == 200
    assert 'aria-invalid="true"' in page.text
    assert not list_hits(page)


def test_more_of_the_best_are_shown_when_asked_for(tmp_path: Path) -> None:
    home = make_library(tmp_path / "many", [trial(f"NCT{number:08d}", "Gout") for number in range(10, 60)])
    with TestClient(make_app(home), base_url="http://localhost") as site:
        page = send(site, "A man with gout")
        assert len(list_hits(page)) == 20
        assert 'name="shown" value="40"' in page.text
        assert "50 studies of this library. Here are the 20 that share the most with what was read." in read(
            page
        )
        assert len(list_hits(send(site, "A man with gout", shown="60"))) == 50
        assert len(list_hits(send(site, "A man with gout", shown="x"))) == 20
