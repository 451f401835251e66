"""What a page says of results and of a status, on small inputs with their right values."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.conftest import find_shared

from trialbook.library import Library
from trialbook.library.build import import_paths
from trialbook.model.present import parse_present
from trialbook.pages import render_study_text
from trialbook.web.app import make_app

TODAY = date(2026, 11, 29)
SAID = {
    "03a_submission_cancelled.json": (
        ("past the usual due date", "5 March 2021", "taken back on 20 March 2021"),
        ("checks their quality",),
    ),
    "03c_submission_returned.json": (
        ("Results returned to the sponsor", "20 April 2021", "send them again"),
        ("checks their quality", "past the usual due date"),
    ),
    "03d_certificate_limit_past.json": (
        ("They ended on 1 January 2023", "no longer delayed by it", "past the usual due date"),
        (),
    ),
    "03f_site_in_puerto_rico.json": (
        ("the rule seems to apply", "a site in the United States (Puerto Rico)", "5 March 2021, passed"),
        (),
    ),
    "03g_drug_trial_phase_na.json": (("its phase is given as not applicable",), ("beyond phase 1",)),
    "03h_withheld_delayed_posting.json": (
        ("Posting delayed until the device is cleared", "42 CFR 11.35"),
        ("No results yet",),
    ),
    "03i_legacy_pending_results_submitted.xml": (
        ("Results submitted", "20 February 2019", "due day, 1 March 2019"),
        ("past the usual due date",),
    ),
    "03i_legacy_pending_results_submitted_cancelled.xml": (
        ("past the usual due date", "20 February 2019", "20 March 2019", "1 March 2019"),
        ("checks their quality",),
    ),
    "07d_recruiting_not_verified_since_2015.json": (("January 2015", "Unknown"), ()),
}


def find_case(name: str) -> Path:
    path = find_shared("cases") / name
    if not path.exists():
        pytest.skip(f"{path} is not here")
    return path


@pytest.mark.parametrize("name", SAID)
def test_a_page_says_what_follows_from_the_record_and_no_more(name: str, tmp_path: Path) -> None:
    import_paths(tmp_path / "library", [find_case(name)])
    with Library(tmp_path / "library") as library:
        (nct_id,) = library.search().nct_ids
        study = parse_present(library.get_body(nct_id))
    told = " ".join(render_study_text(study, today=TODAY).split())
    said, unsaid = SAID[name]
    assert [words for words in said if words not in told] == []
    assert [words for words in unsaid if words in told] == []


def test_requests_are_refused_in_the_registrys_words(tmp_path: Path) -> None:
    """The lines of a list of requests, each with the answer that people had from the registry."""
    path = find_case("07g_requests.txt")
    Library.create(tmp_path / "library").close()
    site = TestClient(make_app(tmp_path / "library"), base_url="http://localhost")
    asked = 0
    for line in path.read_text(encoding="utf-8").splitlines():
        request, _, answer = line.partition("->")
        if "=" not in request or not answer.strip().startswith("400"):
            continue
        wanted = answer.partition("(now")[0].strip().removeprefix("400").strip(' ,"')
        for one in request.split(", "):
            name, _, value = one.strip().partition("=")
            found = site.get("/api/v2/studies", params={name: value})
            assert found.status_code == 400, one
            assert wanted in found.text, one
            asked += 1
    assert asked >= 6
