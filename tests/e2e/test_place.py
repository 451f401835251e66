"""An open cell-therapy trial for heart failure near Miami and its telephone number, as somebody new would look for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

pytest.importorskip("selenium", reason="needs the package selenium")

from selenium.webdriver.common.by import By
from tests.e2e.conftest import run_trialbook, serve
from tests.e2e.test_browser import find, find_all, follow, search_for, set_width

from trialbook.samples import sample_paths

pytestmark = pytest.mark.browser
PHONE, CLOSED_PHONE = "+1 305-555-0117", "+1 305-555-0199"
MIAMI, ORLANDO = (25.77427, -80.19366), (28.53834, -81.37924)


def write_site(status: str, city: str, point: tuple[float, float], phone: str) -> dict[str, Any]:
    return {
        "facility": f"{city} Heart Centre",
        "status": status,
        "city": city,
        "state": "Florida",
        "zip": "33136",
        "country": "United States",
        "contacts": [{"name": "Ana Ruiz", "role": "CONTACT", "phone": phone, "email": "ana@example.org"}],
        "geoPoint": {"lat": point[0], "lon": point[1]},
    }


def write_study(nct_id: str, title: str, *sites: dict[str, Any]) -> bytes:
    protocol = {
        "identificationModule": {"nctId": nct_id, "briefTitle": title},
        "statusModule": {"overallStatus": "RECRUITING", "lastUpdateSubmitDate": "2026-01-01"},
        "conditionsModule": {"conditions": ["Heart Failure"]},
        "contactsLocationsModule": {"locations": list(sites)},
    }
    return msgspec.json.encode({"protocolSection": protocol})


@pytest.fixture(scope="module")
def place_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("place")
    title = "Cell therapy for heart failure"
    closed = write_site("COMPLETED", "Miami", MIAMI, CLOSED_PHONE)
    lines = (
        write_study(
            "NCT99100001",
            f"{title}, closed in Miami",
            closed,
            write_site("RECRUITING", "Orlando", ORLANDO, "1"),
        ),
        write_study(
            "NCT99100002", f"{title}, open in Miami", write_site("RECRUITING", "Miami", MIAMI, PHONE)
        ),
        write_study("NCT99100003", f"{title}, in Orlando", write_site("RECRUITING", "Orlando", ORLANDO, "2")),
    )
    (folder / "records.jsonl").write_bytes(b"\n".join(lines))
    run_trialbook(folder / "library", "import", folder / "records.jsonl", *sample_paths())
    with serve(folder / "library") as where:
        yield where


def test_typed_into_the_one_box_a_place_is_understood_and_the_telephone_stands_first(
    browser: Any, place_address: str
) -> None:
    search_for(browser, place_address, "heart failure cell therapy near Miami")
    assert find(browser, "#q").get_attribute("value") == "heart failure cell therapy"
    assert find(browser, "#f-near").get_attribute("value") == "Miami"
    assert "Within 50 mi of Miami, Florida, United States" in find(browser, ".askbar").text
    hits = find_all(browser, "ol.hits > li")
    first = hits[0]
    (second,) = [hit for hit in hits if "closed in Miami" in hit.text]
    (ended,) = [hit for hit in hits if "NCT04776239" in hit.text]
    assert "Nearest site (Completed) University of Miami" in ended.text
    assert "open in Miami" in first.text
    assert "Nearest open site" in first.text
    assert "Miami, less than 1 km, centre of town" in first.text
    phone = first.find_element(By.CSS_SELECTOR, ".hit-site a")
    assert (phone.text, phone.get_attribute("href")) == (PHONE, "tel:+13055550117")
    assert "Nearest site (Completed)" in second.text
    assert "The nearest open site: Orlando" in second.text
    assert not any("in Orlando" in hit.text.splitlines()[1] for hit in find_all(browser, "ol.hits > li"))

    follow(browser, find(browser, ".askbar a[href*='words=1']"))
    assert find(browser, "#q").get_attribute("value") == "heart failure cell therapy near Miami"


def test_an_empty_circle_tells_how_far_the_next_site_is(browser: Any, place_address: str) -> None:
    browser.get(f"{place_address}?q=cell+therapy+heart&near=Key+West&within=20km")
    words = find(browser, ".none").text
    assert "No study within 20 km of Key West" in words
    assert re.search(r"Miami, about 2\d\d km", words)


def test_an_unknown_place_is_never_an_empty_answer(browser: Any, place_address: str) -> None:
    browser.get(f"{place_address}?q=heart&near=Miamy")
    assert "no place is called 'Miamy'" in find(browser, "[role=alert]").text
    follow(browser, find(browser, ".askbar a[href*='near=Miami']"))
    assert find(browser, "#f-near").get_attribute("value") == "Miami"
    assert find_all(browser, "ol.hits > li")


def test_a_record_shows_its_sites_on_a_map_nearest_first_also_on_a_phone(
    browser: Any, place_address: str
) -> None:
    for width in (390, 1440):
        set_width(browser, width)
        browser.get(f"{place_address}study/NCT99100001?near=33136")
        section = find(browser, "#sites")
        assert "Nearest open site: Orlando Heart Centre" in section.text
        names = [each.text for each in section.find_elements(By.CSS_SELECTOR, "ul.sites strong")]
        assert names == ["Miami Heart Centre", "Orlando Heart Centre"]
        drawn = section.find_element(By.CSS_SELECTOR, "svg.map")
        assert len(drawn.find_elements(By.CSS_SELECTOR, "circle.open")) == 1
        assert len(drawn.find_elements(By.CSS_SELECTOR, "rect.other")) == 1
        assert len(drawn.find_elements(By.CSS_SELECTOR, "path.here")) == 1
        assert drawn.rect["width"] <= width
        assert browser.execute_script("return document.documentElement.scrollWidth") == width
    assert find(browser, "#sites a[href='mailto:ana@example.org']")
