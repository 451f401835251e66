"""Does somebody without scripts find a trial for a relative, put right what was read, and leave no trace in an address?"""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("selenium", reason="needs the package selenium")

from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.ui import Select, WebDriverWait

pytestmark = pytest.mark.browser

NOTE = "My mother, 64, has heart failure and asthma."


def press(browser: Any, css: str) -> None:
    page = browser.find_element(By.TAG_NAME, "html")
    browser.find_element(By.CSS_SELECTOR, css).click()
    WebDriverWait(browser, 30, ignored_exceptions=[WebDriverException]).until(staleness_of(page))


def read_reasons(browser: Any) -> list[str]:
    return [each.text for each in browser.find_elements(By.CSS_SELECTOR, "ol.hits .why strong")]


def test_a_note_is_read_put_right_and_kept_out_of_addresses(plain_browser: Any, address: str) -> None:
    browser = plain_browser
    browser.get(address)
    press(browser, "a[href='/patient']")
    browser.find_element(By.ID, "note").send_keys(NOTE)
    browser.find_element(By.NAME, "taking").click()
    press(browser, ".tell button")
    assert browser.find_element(By.ID, "age").get_attribute("value") == "64"
    assert "My mother" in browser.find_element(By.ID, "read").text
    assert any("asthma" in each for each in read_reasons(browser))
    Select(browser.find_element(By.XPATH, "//li[label='asthma']/select")).select_by_visible_text("leave out")
    age = browser.find_element(By.ID, "age")
    age.clear()
    age.send_keys("12")
    press(browser, "#correct .apply button")
    assert browser.find_element(By.ID, "age").get_attribute("value") == "12"
    assert "Open to age 12" in browser.find_element(By.CSS_SELECTOR, ".found .purpose").text
    assert not any("asthma" in each for each in read_reasons(browser))
    assert browser.current_url == f"{address}patient"
    press(browser, "ol.hits h3 a")
    assert browser.current_url.startswith(f"{address}study/NCT")
    assert "?" not in browser.current_url
