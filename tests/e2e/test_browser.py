"""Can a person import, search, read a record and see what changed in it, with a real browser?"""

from __future__ import annotations

import base64
import os
import re
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("selenium", reason="needs the package selenium")

from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.ui import Select, WebDriverWait
from tests.e2e.conftest import HOSTILE_ID

pytestmark = pytest.mark.browser

PICTURE = Path(__file__).parents[2] / "docs/images/record-page.png"
STUDY = "study/NCT04776239"
# Each section of the record page in its order, and words that it must show.
SECTIONS = (
    (
        "At a glance",
        ("Is it open?", "Completed", "Who can join?", "Results pending", "primary outcome changed?"),
    ),
    ("Key facts", ("Completed", "Phase 1 / Phase 2", "26 participants", "16 August 2021", "26 August 2025")),
    ("Brief summary", ("mesenchymal stem cells", "placebo")),
    ("Conditions and keywords", ("Diabetes Mellitus", "Ischemic Heart Disease")),
    ("Study results", ("Results pending", "due")),
    (
        "Study design",
        ("Randomised", "Parallel groups", "Treatment", "Double blind", "Participant", "Investigator"),
    ),
    ("Study groups", ("Group A", "Group 2: Placebo Group", "Experimental", "100 million")),
    ("Interventions", ("100 million Allogeneic Mesenchymal Human Stem Cells", "Drug", "Placebo", "Other")),
    ("Other intervention names", ("allo-human Mesenchymal Stem Cells (hMSCs)",)),
    (
        "Eligibility criteria",
        ("Inclusion Criteria", "Exclusion Criteria", "18 Years", "All", "HbA1C", "> 8.5%"),
    ),
    ("Outcomes", ("Primary outcomes", "Secondary outcomes", "6 months")),
    ("Sponsors", ("National Heart, Lung, and Blood Institute", "Joshua M Hare", "Lead sponsor")),
    ("Responsible party", ("Joshua M Hare", "Professor of Clinical Medicine", "Sponsor investigator")),
    ("Investigators and contacts", ("Nikolaos Spilias, MD", "Principal investigator", "University of Miami")),
    ("Locations", ("University of Miami", "Miami, Florida, United States")),
    ("Countries", ("United States",)),
    ("Related links", ("http://isci.med.miami.edu", "Interdisciplinary Stem Cell Institute")),
    ("Other identifiers", ("1R01HL134558-01", "20200874")),
)


def open_study(browser: Any, address: str) -> None:
    browser.get(address + STUDY)


def find(browser: Any, css: str) -> Any:
    return browser.find_element(By.CSS_SELECTOR, css)


def find_all(browser: Any, css: str) -> list[Any]:
    found: list[Any] = browser.find_elements(By.CSS_SELECTOR, css)
    return found


def search_for(browser: Any, address: str, words: str) -> None:
    browser.get(address)
    find(browser, "#q").send_keys(words)
    follow(browser, find(browser, "form.ask button"))


def follow(browser: Any, link: Any) -> None:
    """Click what leads to another page, and wait until that page is there."""
    page = find(browser, "html")
    link.click()
    # While the pages change places, the browser may know neither.
    WebDriverWait(browser, 20, ignored_exceptions=[WebDriverException]).until(staleness_of(page))


def set_width(browser: Any, width: int) -> None:
    """Set the width of the page in CSS pixels; a window without a screen cannot be made that narrow."""
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def test_a_search_leads_to_the_record_and_its_page_tells_everything_in_order(
    browser: Any, address: str
) -> None:
    search_for(browser, address, "stem cells diabetes")
    hit = find(browser, f"ol.hits a[href='/{STUDY}']")
    assert "Mesenchymal" in hit.text
    follow(browser, hit)

    assert "ACESO-IHD" in find(browser, "h1").text
    assert "2 September 2025" in find(browser, "dl.ids").text
    sections = find_all(browser, ".text > section")
    titles = [section.find_element(By.TAG_NAME, "h2").text for section in sections]
    assert titles[: len(SECTIONS)] == [title for title, _ in SECTIONS]
    missing = {element.text for element in find_all(browser, "#not-here span")}
    assert {"Detailed description", "References"} <= missing
    assert not {element.text for element in find_all(browser, ".contents a")} & missing
    assert "PHASE1" not in find(browser, "#key-facts").text
    find(browser, "#codes").click()
    assert "PHASE1, PHASE2" in find(browser, "#key-facts").text
    find(browser, "#codes").click()
    for section, (title, words) in zip(sections, SECTIONS, strict=False):
        missing = [word for word in words if word not in section.text]
        assert not missing, f"{title} does not show {missing}: {section.text}"
    for section in sections:
        purpose = section.find_element(By.CSS_SELECTOR, "h2 ~ p, h2 + *").text
        assert purpose.endswith((".", "?")), f"no sentence says what this is for: {section.text[:80]}"


def test_the_criteria_are_four_and_nineteen(browser: Any, address: str) -> None:
    open_study(browser, address)
    # Numbered lines alone: the sample ends its list with a note that its words are retold.
    for kind, expected in (("inclusion", 4), ("exclusion", 19)):
        marks = [mark.text for mark in find_all(browser, f"#eligibility .{kind} ol > li > .mark")]
        numbered = [mark for mark in marks if mark.endswith(".")]
        assert numbered == [f"{number}." for number in range(1, expected + 1)]


def test_the_criteria_are_a_checklist_on_one_sheet(plain_browser: Any, address: str) -> None:
    open_study(plain_browser, address)
    follow(plain_browser, find(plain_browser, f"#eligibility a[href='/{STUDY}/criteria']"))
    assert len(find_all(plain_browser, "section.inclusion li")) >= 4
    line = find(plain_browser, "#criterion-exclusion-3")
    line.find_element(By.CSS_SELECTOR, "input[value=no]").click()
    assert (
        find_all(plain_browser, "input[type=radio]:checked")[0].get_attribute("name")
        == "criterion-exclusion-3"
    )
    assert find(plain_browser, "a[href$='.csv']").get_attribute("href").endswith(f"{STUDY}/criteria.csv")
    printed = plain_browser.execute_cdp_cmd("Page.printToPDF", {"paperWidth": 8.27, "paperHeight": 11.69})
    pages = re.findall(rb"/Type\s*/Page\b", base64.b64decode(printed["data"]))
    assert len(pages) == 1


def test_the_matrix_shows_which_arm_gets_which_intervention(browser: Any, address: str) -> None:
    open_study(browser, address)
    table = find(browser, "#arms table")
    heads = [cell.text for cell in table.find_elements(By.CSS_SELECTOR, "thead th")]
    assert [head[:7] for head in heads[1:]] == ["Group A", "Group 2"]
    rows = table.find_elements(By.CSS_SELECTOR, "tbody tr")
    given = [["●" in cell.text for cell in row.find_elements(By.TAG_NAME, "td")] for row in rows]
    assert given == [[True, False], [False, True]]


def test_two_versions_compared_show_thirty_planned_and_twentysix_enrolled(browser: Any, address: str) -> None:
    open_study(browser, address)
    follow(browser, find(browser, f"#versions a[href='/{STUDY}/history']"))
    assert find(browser, "h1").text == "Versions of this record"
    numbers = sorted(int(option.get_attribute("value")) for option in find_all(browser, "[name=to] option"))
    Select(find(browser, "[name=from]")).select_by_value(str(numbers[0]))
    Select(find(browser, "[name=to]")).select_by_value(str(numbers[-1]))
    follow(browser, find(browser, "form.compare button"))

    assert find(browser, "h1").text == "What changed"
    groups = {
        group.find_element(By.TAG_NAME, "h2").text.split("\n")[0]: group
        for group in find_all(browser, "section.changes")
    }
    enrolment = next(group for title, group in groups.items() if title.startswith("Enrolment"))
    before, after = enrolment.find_elements(By.CSS_SELECTOR, ".sides .text")[:2]
    assert (before.text, after.text) == ("30 (estimated)", "26 (actual)")
    status = next(group for title, group in groups.items() if title.startswith("Status"))
    assert "Recruiting" in status.text
    assert "Completed" in status.text


def test_everything_works_without_scripts(plain_browser: Any, address: str) -> None:
    plain_browser.get("data:text/html,<title>off</title><script>document.title='on'</script>")
    assert plain_browser.title == "off"
    search_for(plain_browser, address, "mesenchymal")
    follow(plain_browser, find(plain_browser, f"ol.hits a[href='/{STUDY}']"))
    assert "26 participants" in find(plain_browser, "#key-facts").text
    assert "Participants in whom the treated vessel" in find(plain_browser, "#outcomes").get_attribute(
        "textContent"
    )
    follow(plain_browser, find(plain_browser, f"#versions a[href='/{STUDY}/history']"))
    follow(plain_browser, find(plain_browser, "form.compare button"))
    assert find(plain_browser, "h1").text == "What changed"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "?q=diabetes&status=COMPLETED",
        "?q=zzzz+heart",
        "values?facet=condition_name&q=",
        "docs/query-language",
        STUDY,
        "study/NCT99000001",
        f"{STUDY}/history",
        f"{STUDY}/diff",
        f"study/{HOSTILE_ID}",
    ],
)
def test_a_telephone_shows_each_page_without_scrolling_sideways(
    browser: Any, address: str, path: str
) -> None:
    set_width(browser, 360)
    try:
        browser.get(address + path)
        assert browser.execute_script("return innerWidth") == 360
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 360
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_telephone_shows_what_related_studies_share_as_a_list_that_fits(browser: Any, address: str) -> None:
    set_width(browser, 390)
    try:
        browser.get(f"{address}{STUDY}/related")
        assert not find(browser, ".canvas.shared").is_displayed()
        table = find(browser, "table.stacked")
        assert table.is_displayed()
        assert browser.execute_script(
            "const box = arguments[0].parentNode; return box.scrollWidth <= box.clientWidth", table
        )
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_long_flag_of_a_record_fits_a_narrow_screen(browser: Any, address: str) -> None:
    set_width(browser, 320)
    try:
        browser.get(address + STUDY)
        words = "A primary outcome changed after the start, and more"
        flag = f'<p class="flags"><a class="badge stopped" href="#">{words}</a></p>'
        browser.execute_script(
            "document.querySelector('h1').insertAdjacentHTML('afterend', arguments[0])", flag
        )
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 320
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize("width", [320, 600, 640, 768])
def test_the_name_of_the_site_stays_on_one_line(browser: Any, address: str, width: int) -> None:
    set_width(browser, width)
    try:
        browser.get(address + STUDY)
        name = find(browser, "header.top .brand")
        assert name.size["height"] < 40
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_first_tab_key_reaches_the_link_to_the_content(browser: Any, address: str) -> None:
    open_study(browser, address)
    find(browser, "body").send_keys(Keys.TAB)
    focused = browser.switch_to.active_element
    assert focused.text == "Skip to the content"
    assert focused.is_displayed()
    focused.send_keys(Keys.ENTER)
    assert browser.switch_to.active_element.get_attribute("id") == "main"


@pytest.mark.parametrize("path", ["study/NCT99999999", "?q=Hostile", "study/NCT99999999/history"])
def test_a_script_in_a_title_is_shown_and_not_run(browser: Any, address: str, path: str) -> None:
    browser.get(address + path)
    assert "<script>document.title='taken'</script>" in find(browser, "body").text
    assert browser.title != "taken"
    assert not find_all(browser, "img, body script")


def test_on_paper_all_that_is_drawn_stands_and_what_is_long_is_told(browser: Any, address: str) -> None:
    browser.get(f"{address}study/NCT99000001")
    boxes = (
        "return Array.from(document.querySelectorAll('#arms .lanes.wide .station'))"
        ".map(each => each.getBoundingClientRect().height > 9)"
    )
    on_screen = browser.execute_script(boxes)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert browser.execute_script(boxes) == on_screen
        assert on_screen
        assert all(on_screen)
        assert find(browser, "#related .in-print").is_displayed()
        assert not find(browser, "#related .unprinted").is_displayed()
        folded = "return getComputedStyle(document.querySelector('.text details:not([open]) > summary'), '::after')"
        assert "not printed" in browser.execute_script(f"{folded}.content")
        browser.get(f"{address}study/NCT99000001?print=related&print=arms")
        assert not find_all(browser, "#related .in-print")[0].is_displayed()
        assert find(browser, "#related .unprinted").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    printed = browser.execute_cdp_cmd("Page.printToPDF", {})["data"]
    assert base64.b64decode(printed).count(b"/Type /Page\n") < 10


def test_on_paper_a_checklist_keeps_its_answers_and_studies_stand_side_by_side(
    browser: Any, address: str
) -> None:
    sheet = {"width": 690, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", sheet)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        browser.get(f"{address}{STUDY}/criteria")
        assert browser.execute_script(
            "return Array.from(document.querySelectorAll('.checklist fieldset'))"
            ".every(each => each.scrollWidth <= each.clientWidth)"
        )
        browser.get(f"{address}compare?ids=NCT04776239,NCT99000001")
        first, second = find_all(browser, "table.beside tbody tr:not(.group) td")[:2]
        assert first.location["y"] == second.location["y"]
        assert first.location["x"] < second.location["x"]
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_pages_load_nothing_that_fails_or_is_refused(browser: Any, address: str) -> None:
    for path in ("", "?q=diabetes", STUDY, f"{STUDY}/diff"):
        browser.get(address + path)
        assert [entry["message"] for entry in browser.get_log("browser")] == []


@pytest.mark.skipif("TRIALBOOK_SCREENSHOT" not in os.environ, reason="takes the README's picture on request")
def test_picture_of_the_record_page(browser: Any, address: str) -> None:
    size = {"width": 1280, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    open_study(browser, address)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    assert browser.save_screenshot(str(PICTURE))
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert PICTURE.stat().st_size < 400_000
