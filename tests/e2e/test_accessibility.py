"""Does axe find nothing on any kind of page, light and dark, wide and narrow?"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("selenium", reason="needs the package selenium")

from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.ui import WebDriverWait

pytestmark = pytest.mark.browser

# A sample with all parts of results, one without, and the one that is there in two versions.
WITH_RESULTS, WITHOUT, CHANGED = "NCT99000001", "NCT99000002", "NCT04776239"
PAGES = {
    "home": "",
    "search": "?q=heart&near=Miami&within=9000km&status=COMPLETED",
    "no hits": "?q=heart+zzzzqqq",
    "query with a fault": "?q=AREA[Phase]PHASEX",
    "values": "values?facet=condition_name",
    "record with results": f"study/{WITH_RESULTS}",
    "record without": f"study/{WITHOUT}?near=Oslo",
    "history": f"study/{CHANGED}/history",
    "difference": f"study/{CHANGED}/diff",
    "related": f"study/{CHANGED}/related",
    "related to a text": "related",
    "events": f"study/{WITH_RESULTS}/events",
    "checklist": f"study/{CHANGED}/criteria",
    "screening": f"study/{CHANGED}/screen",
    "screening sheet": f"study/{CHANGED}/worksheet",
    "matching": "match",
    "documentation": "docs/query-language",
    "saved searches": "saved",
    "interface for programs": "api/trialbook/",
    "nothing there": "nope",
    "person": "patient",
}
NOTE = "My mother, 64, has heart failure, no diabetes. She lives in Miami. Her sister had asthma."
LONGEST_S = 120
# Width and colours; the quick run looks at two of the four.
QUICK = ((1440, "light"), (390, "dark"))
ALL = (*QUICK, (1440, "dark"), (390, "light"))
RUN = """
const done = arguments[0];
axe.run(document, {resultTypes: ["violations"]}).then(found => done(found.violations.map(each =>
  each.id + " (" + each.impact + "): " + each.nodes.slice(0, 3).map(node => node.html.slice(0, 200)).join(" … "))));
"""


@pytest.fixture(scope="module")
def axe() -> str:
    """The checker as a script; it stands in a package whose own code needs Playwright, and is only read here."""
    found = find_spec("axe_playwright_python")
    folders = found.submodule_search_locations if found else None
    script = Path(folders[0]) / "axe.min.js" if folders else None
    if script is None or not script.is_file():
        pytest.skip("needs axe.min.js of the package axe-playwright-python (constraints.txt has it)")
    return script.read_text(encoding="utf-8")


def check(browser: Any, axe: str, sights: Sequence[tuple[int, str]] = QUICK) -> list[str]:
    """What axe finds on the page that is open, at each width and in each colours."""
    browser.set_script_timeout(LONGEST_S)
    browser.execute_script(axe)
    found = []
    try:
        for width, scheme in sights:
            size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
            media = [{"name": "prefers-color-scheme", "value": scheme}]
            browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})
            found += [f"{width} px, {scheme}: {each}" for each in browser.execute_async_script(RUN)]
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    return found


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_axe_finds_nothing(browser: Any, address: str, axe: str, path: str) -> None:
    browser.get(address + path)
    assert check(browser, axe) == []


@pytest.mark.slow
@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_axe_finds_nothing_in_any_width_and_colour(browser: Any, address: str, axe: str, path: str) -> None:
    browser.get(address + path)
    assert check(browser, axe, ALL) == []


def test_axe_finds_nothing_on_what_was_read_of_a_person(browser: Any, address: str, axe: str) -> None:
    browser.get(f"{address}patient")
    browser.find_element(By.ID, "note").send_keys(NOTE)
    page = browser.find_element(By.TAG_NAME, "html")
    browser.find_element(By.CSS_SELECTOR, ".tell button").click()
    WebDriverWait(browser, 30, ignored_exceptions=[WebDriverException]).until(staleness_of(page))
    assert browser.find_elements(By.CSS_SELECTOR, "ul.read mark")
    assert check(browser, axe) == []
    assert browser.current_url == f"{address}patient"


def test_axe_finds_nothing_on_the_verdicts_of_a_person(browser: Any, address: str, axe: str) -> None:
    browser.get(f"{address}study/{CHANGED}/screen")
    browser.find_element(By.ID, "age").send_keys("54")
    browser.find_element(By.CSS_SELECTOR, "details.handed > summary").click()
    browser.find_element(By.ID, "pasted").send_keys(NOTE)
    page = browser.find_element(By.TAG_NAME, "html")
    browser.find_element(By.CSS_SELECTOR, "section[aria-labelledby=ask] .apply button").click()
    WebDriverWait(browser, 60, ignored_exceptions=[WebDriverException]).until(staleness_of(page))
    assert browser.find_elements(By.CSS_SELECTOR, ".verdicts .badge")
    for fold in browser.find_elements(By.CSS_SELECTOR, "details:not([open]) > summary"):
        browser.execute_script("arguments[0].parentNode.open = true", fold)
    assert check(browser, axe) == []


def test_axe_finds_nothing_on_the_studies_for_a_person(browser: Any, address: str, axe: str) -> None:
    browser.get(f"{address}match")
    browser.find_element(By.ID, "pasted").send_keys(NOTE)
    page = browser.find_element(By.TAG_NAME, "html")
    browser.find_element(By.CSS_SELECTOR, ".weigh .apply button").click()
    WebDriverWait(browser, 60, ignored_exceptions=[WebDriverException]).until(staleness_of(page))
    assert browser.find_elements(By.CSS_SELECTOR, "ol.hits article")
    for fold in browser.find_elements(By.CSS_SELECTOR, "details:not([open]) > summary"):
        browser.execute_script("arguments[0].parentNode.open = true", fold)
    assert check(browser, axe) == []


def test_a_fault_would_be_found(browser: Any, address: str, axe: str) -> None:
    browser.get(address)
    browser.execute_script(
        "document.querySelector('#q').insertAdjacentHTML('afterend', '<input><img src=x>')"
    )
    found = " ".join(check(browser, axe))
    assert "label (critical)" in found
    assert "image-alt (critical)" in found
