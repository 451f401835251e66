"""Does a person get three trials side by side, keep them on a list, and read both on a phone, without script too?"""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("selenium", reason="needs the package selenium")

from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.ui import WebDriverWait

pytestmark = pytest.mark.browser


def press(browser: Any, css: str) -> None:
    """Press a button; the page that follows is there when this returns."""
    page = browser.find_element(By.CSS_SELECTOR, "html")
    browser.find_element(By.CSS_SELECTOR, css).click()
    WebDriverWait(browser, 60, ignored_exceptions=[WebDriverException]).until(staleness_of(page))


def choose(browser: Any, most: int) -> list[str]:
    """Tick the first studies of a page by keyboard."""
    boxes = browser.find_elements(By.CSS_SELECTOR, ".pick input")[:most]
    for box in boxes:
        box.send_keys(" ")
    return [box.get_attribute("value") for box in boxes]


@pytest.mark.parametrize("which", ["browser", "plain_browser"])
def test_three_trials_from_a_search_stand_side_by_side(
    which: str, address: str, request: pytest.FixtureRequest
) -> None:
    browser = request.getfixturevalue(which)
    browser.get(f"{address}?q=heart")
    ids = choose(browser, 3)
    press(browser, ".picked button[formaction='/compare']")
    heads = [each.text for each in browser.find_elements(By.CSS_SELECTOR, "table.beside th[scope=col] a")]
    assert heads == ids
    labels = [
        each.text.split("\n")[0]
        for each in browser.find_elements(By.CSS_SELECTOR, "table.beside th[scope=row]")
    ]
    for label in ("Status", "Primary outcomes", "Inclusion criteria", "Countries"):
        assert any(each.startswith(label) for each in labels), labels
    rows = browser.find_elements(By.CSS_SELECTOR, "table.beside tbody tr:not(.group)")
    assert all(len(row.find_elements(By.TAG_NAME, "td")) == 3 for row in rows)


def test_on_a_phone_each_value_says_whose_it_is_and_nothing_is_wider(browser: Any, address: str) -> None:
    browser.get(f"{address}?q=heart")
    ids = choose(browser, 3)
    phone = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    try:
        browser.get(f"{address}compare?ids={','.join(ids)}")
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
        told = browser.execute_script(
            "return [...document.querySelectorAll('table.beside tbody tr:not(.group)')[0].querySelectorAll('td')]"
            ".map(cell => [getComputedStyle(cell, '::before').content, cell.getBoundingClientRect().left])"
        )
        assert [words.strip('"') for words, _ in told] == ids
        assert len({left for _, left in told}) == 1
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_study_comes_onto_a_list_with_a_note_without_script(plain_browser: Any, address: str) -> None:
    browser = plain_browser
    browser.get(f"{address}study/NCT99000001")
    page = browser.find_element(By.CSS_SELECTOR, "html")
    browser.find_element(By.LINK_TEXT, "on a list").click()
    WebDriverWait(browser, 60, ignored_exceptions=[WebDriverException]).until(staleness_of(page))
    browser.find_element(By.ID, "new").send_keys("Mother's trials")
    browser.find_element(By.ID, "note").send_keys("Ask about Miami")
    press(browser, ".keep-form button")
    assert browser.current_url == f"{address}lists/mother-s-trials"
    assert browser.find_element(By.CSS_SELECTOR, ".own-note").text == "Ask about Miami"
