"""Can somebody without scripts, or with the keyboard alone, find out whether a person fits, and leave no trace?"""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("selenium", reason="needs the package selenium")

from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.ui import Select, WebDriverWait

pytestmark = pytest.mark.browser

STUDY = "NCT04776239"


def press(browser: Any, css: str) -> None:
    page = browser.find_element(By.TAG_NAME, "html")
    browser.find_element(By.CSS_SELECTOR, css).click()
    WebDriverWait(browser, 60, ignored_exceptions=[WebDriverException]).until(staleness_of(page))


def find_field(browser: Any, words: str, kind: str) -> Any:
    """The field of the question with these words."""
    for each in browser.find_elements(By.CSS_SELECTOR, "li.q"):
        if words in (each.find_element(By.TAG_NAME, "label").get_attribute("textContent") or ""):
            return each.find_element(By.CSS_SELECTOR, kind)
    raise AssertionError(words)


def test_a_form_is_filled_in_evaluated_and_printed_without_scripts(plain_browser: Any, address: str) -> None:
    browser = plain_browser
    browser.get(f"{address}study/{STUDY}")
    press(browser, f"a[href='/study/{STUDY}/screen']")
    browser.find_element(By.ID, "age").send_keys("54")
    Select(find_field(browser, "Proliferative retinopathy", "select")).select_by_value("yes")
    press(browser, "section[aria-labelledby=ask] .apply button")
    assert browser.current_url == f"{address}study/{STUDY}/screen"
    outcome = browser.find_element(By.CSS_SELECTOR, ".outcome").text
    assert "Not eligible" in outcome
    assert "Exclusion 5" in outcome
    # What was answered stands in the form, and a person may say otherwise.
    assert find_field(browser, "Age in years", "input").get_attribute("value") == "54"
    criterion = browser.find_element(By.XPATH, "//ol[@class='verdicts']/li[p/b='Exclusion 5']")
    criterion.find_element(By.CSS_SELECTOR, "details > summary").click()
    Select(criterion.find_element(By.CSS_SELECTOR, "select")).select_by_value("not_met")
    criterion.find_element(By.CSS_SELECTOR, "input").send_keys("Seen by an eye doctor")
    press(browser, "section[aria-labelledby=each] .apply button")
    assert "Open" in browser.find_element(By.ID, "outcome").text
    assert "computed: met" in browser.find_element(By.CSS_SELECTOR, ".verdicts").text
    press(browser, ".outcome button")
    assert browser.current_url == f"{address}study/{STUDY}/worksheet"
    sheet = browser.find_element(By.TAG_NAME, "main").text
    assert "because Seen by an eye doctor" in sheet
    assert "age 54 years" in sheet


def test_a_form_is_filled_in_by_the_keyboard_alone(browser: Any, address: str) -> None:
    browser.get(f"{address}study/{STUDY}/screen")
    field = browser.find_element(By.ID, "age")
    for _ in range(25):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        if browser.switch_to.active_element == field:
            break
    assert browser.switch_to.active_element == field
    page = browser.find_element(By.TAG_NAME, "html")
    field.send_keys("12", Keys.ENTER)
    WebDriverWait(browser, 60, ignored_exceptions=[WebDriverException]).until(staleness_of(page))
    assert "Not eligible" in browser.find_element(By.ID, "outcome").text


def test_marks_say_what_was_understood_and_can_be_put_away_without_scripts(
    plain_browser: Any, address: str
) -> None:
    browser = plain_browser
    browser.get(f"{address}study/{STUDY}/criteria")
    marks = browser.find_elements(By.CSS_SELECTOR, ".criteria mark")
    assert {"as-thing", "as-value", "as-time", "as-turn"} <= {each.get_attribute("class") for each in marks}
    assert all(each.get_attribute("title") for each in marks)
    reading = browser.find_element(By.CSS_SELECTOR, ".reading")
    assert reading.is_displayed()
    browser.find_element(By.ID, "understood").click()
    assert not reading.is_displayed()
