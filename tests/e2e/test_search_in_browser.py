"""Does a search in a real browser help on, with script, without, and by keyboard alone?"""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("selenium", reason="needs the package selenium")

from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.ui import WebDriverWait

pytestmark = pytest.mark.browser

MOST_TABS = 12
HIT = "ol.hits h2 a"


def find(browser: Any, css: str) -> Any:
    return browser.find_element(By.CSS_SELECTOR, css)


def read_count(browser: Any) -> int:
    return int(find(browser, "[role=status] strong").text.split()[0])


def read_status_values(browser: Any) -> list[str]:
    boxes = browser.find_elements(By.CSS_SELECTOR, ".filters input[name=status]")
    return [box.get_attribute("value") for box in boxes]


def tick(browser: Any, value: str) -> None:
    """Tick a value; the page that follows is there when this returns."""
    page = find(browser, "html")
    find(browser, f"input[name=status][value={value}]").click()
    WebDriverWait(browser, 30, ignored_exceptions=[WebDriverException]).until(staleness_of(page))


def test_ticks_apply_at_once_and_alternatives_stay_to_be_combined(browser: Any, address: str) -> None:
    browser.get(f"{address}?q=heart")
    everything, offered = read_count(browser), read_status_values(browser)
    assert offered[0] == "RECRUITING"
    assert "COMPLETED" in offered
    tick(browser, "RECRUITING")
    recruiting = read_count(browser)
    assert 0 < recruiting < everything
    assert read_status_values(browser) == offered
    assert browser.switch_to.active_element.get_attribute("value") == "RECRUITING"
    tick(browser, "COMPLETED")
    assert read_count(browser) > recruiting
    chips = [each.text.rstrip(" ×") for each in browser.find_elements(By.CSS_SELECTOR, "ul.active li")]
    assert chips == ["“heart”", "Recruiting", "Completed"]
    # What is empty does not stand in the address, which is shared.
    assert not {"age=", "cond="} & set(browser.current_url.replace("=", "=&").split("&"))


def test_without_script_a_button_in_view_applies_what_is_ticked(plain_browser: Any, address: str) -> None:
    plain_browser.get(f"{address}?q=heart")
    everything = read_count(plain_browser)
    find(plain_browser, "input[name=status][value=COMPLETED]").click()
    apply = find(plain_browser, ".filters .apply button")
    assert apply.is_displayed()
    assert apply.location["y"] < 800
    page = find(plain_browser, "html")
    apply.click()
    WebDriverWait(plain_browser, 30, ignored_exceptions=[WebDriverException]).until(staleness_of(page))
    assert 0 < read_count(plain_browser) < everything
    assert find(plain_browser, "input[name=status][value=COMPLETED]").is_selected()


def test_a_few_tab_presses_reach_the_first_hit(browser: Any, address: str) -> None:
    browser.get(f"{address}?q=heart&status=COMPLETED")
    first = find(browser, HIT)
    find(browser, "body").send_keys(Keys.TAB)
    presses = 1
    while browser.switch_to.active_element != first and presses < MOST_TABS:
        browser.switch_to.active_element.send_keys(Keys.TAB)
        presses += 1
    assert browser.switch_to.active_element == first, f"not reached after {presses} presses"


def test_the_first_link_of_an_answer_leads_past_the_form(browser: Any, address: str) -> None:
    browser.get(f"{address}?q=heart&near=Miami&within=9000km&status=COMPLETED&phase=PHASE2")
    find(browser, "body").send_keys(Keys.TAB)
    link = browser.switch_to.active_element
    assert link.text == "Skip to the results"
    link.send_keys(Keys.ENTER)
    results = browser.switch_to.active_element
    assert results.get_attribute("id") == "results"
    assert find(browser, "#results .tally").is_displayed()


def test_a_slash_leads_to_the_box_and_words_are_completed(browser: Any, address: str) -> None:
    browser.get(f"{address}?q=asthma")
    find(browser, "body").send_keys("/")
    box = browser.switch_to.active_element
    assert (box.get_attribute("id"), box.get_attribute("value")) == ("q", "asthma")
    box.clear()
    box.send_keys("heart fa")
    offered = WebDriverWait(browser, 30).until(
        lambda _: browser.execute_script(
            "return Array.from(document.getElementById('s-q').options).map(each => each.value)"
        )
    )
    assert "Heart Failure" in offered
    box.send_keys("/")
    assert box.get_attribute("value") == "heart fa/", "within a field a slash is a slash"


def test_boxes_beside_the_one_for_everything_ask_together(browser: Any, address: str) -> None:
    browser.get(address)
    find(browser, "details.more summary").click()
    find(browser, "#f-cond").send_keys("heart failure")
    find(browser, "#f-intr").send_keys("placebo")
    page = find(browser, "html")
    find(browser, "#f-intr").send_keys(Keys.ENTER)
    WebDriverWait(browser, 30, ignored_exceptions=[WebDriverException]).until(staleness_of(page))
    assert "cond=heart+failure" in browser.current_url
    assert read_count(browser) > 0
    assert find(browser, "details.more").get_attribute("open") is not None


def test_an_id_opens_its_record_and_a_facet_is_searched_within(browser: Any, address: str) -> None:
    browser.get(f"{address}?q=nct4776239")
    assert browser.current_url == f"{address}study/NCT04776239"
    browser.get(f"{address}values?facet=condition_name&q=heart&facet_q=heart+fail")
    words = find(browser, "form.values .choice").text
    assert words.startswith("Heart Failure")
    find(browser, "form.values .choice input").click()
    page = find(browser, "html")
    find(browser, "form.values button").click()
    WebDriverWait(browser, 30, ignored_exceptions=[WebDriverException]).until(staleness_of(page))
    assert find(browser, "ul.active").text.startswith("“heart”")
    assert "Condition: Heart Failure" in find(browser, "ul.active").text
