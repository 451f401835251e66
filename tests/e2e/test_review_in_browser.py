"""Does a reviewer, and a journalist, get in a real browser from a search to what they came for?"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from tests.conftest import find_shared
from tests.e2e.conftest import run_trialbook, serve

pytest.importorskip("selenium", reason="needs the package selenium")

from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.ui import WebDriverWait

pytestmark = pytest.mark.browser

WORDS = "mesenchymal stem cells"
MOST_BYTES, SWITCHED = 12_000, b'"nctId":"NCT04325594"'
FINDINGS = "heart failure AND (AREA[PrimaryOutcomeChanged]true OR AREA[ResultsOverdue]true)"


@pytest.fixture(scope="module")
def real_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real records of stem cells of 2022, and of heart failure those that are not large, of now."""
    folder, own = find_shared("data") / "ctgov", tmp_path_factory.mktemp("review")
    with gzip.open(folder / "records.jsonl.gz", "rb") as file:
        lines = [
            line for line in file if (b"eart failure" in line and len(line) < MOST_BYTES) or SWITCHED in line
        ]
    assert len(lines) > 300
    (own / "heart.jsonl").write_bytes(b"".join(lines))
    run_trialbook(own / "library", "import", folder / "records_stem_cells_2022.jsonl.gz")
    run_trialbook(own / "library", "import", own / "heart.jsonl")
    return own / "library"


@pytest.fixture(scope="module")
def real(real_library: Path) -> Iterator[str]:
    """Where they are served."""
    with serve(real_library) as where:
        yield where


def find(browser: Any, css: str) -> Any:
    return browser.find_element(By.CSS_SELECTOR, css)


def read_count(browser: Any) -> int:
    return int(find(browser, "[role=status] strong").text.split()[0].replace(",", ""))


def follow(browser: Any, link: Any) -> None:
    """Click a link; the page that follows is there when this returns."""
    page = find(browser, "html")
    link.click()
    WebDriverWait(browser, 60, ignored_exceptions=[WebDriverException]).until(staleness_of(page))


def search(browser: Any, address: str, words: str) -> None:
    browser.get(address)
    box = find(browser, "#q")
    box.send_keys(words)
    page = find(browser, "html")
    box.submit()
    WebDriverWait(browser, 60, ignored_exceptions=[WebDriverException]).until(staleness_of(page))


def fetch(url: str) -> bytes:
    with urlopen(url) as answer:
        body: bytes = answer.read()
        return body


def test_a_reviewer_takes_all_trials_with_dates_to_excel_and_as_ris_with_a_report(
    browser: Any, real: str, real_library: Path
) -> None:
    search(browser, real, WORDS)
    total = read_count(browser)
    assert total > 1_000
    assert "mesenchymal stromal cells" in find(browser, ".askbar").text
    find(browser, ".take > summary").click()
    links = {
        each.text: each.get_attribute("href") for each in browser.find_elements(By.CSS_SELECTOR, ".take a")
    }
    assert fetch(links["RIS (references)"]).count(b"\nER  -") == total
    with zipfile.ZipFile(io.BytesIO(fetch(links["Excel"]))) as workbook:
        sheet = workbook.read("xl/worksheets/sheet1.xml").decode()
    assert len(re.findall(r"<row\b", sheet)) == total + 1
    rows = list(csv.DictReader(io.StringIO(fetch(links["CSV"]).decode("utf-8-sig"))))
    assert len(rows) == total
    assert sum(bool(re.match(r"\d{4}", row["Start Date"])) for row in rows) > total * 0.9
    follow(browser, find(browser, ".take a[href^='/report?']"))
    facts = find(browser, ".report dl").text
    assert f"{total:,} studies" in facts
    assert WORDS in facts
    assert "mesenchymal stromal cells" in facts
    assert "records_stem_cells_2022.jsonl.gz" in facts
    assert str(real_library) not in browser.page_source
    assert len(browser.find_elements(By.CSS_SELECTOR, ".prisma tbody tr")) == 16
    report = json.loads(fetch(find(browser, "a[href^='/report.json']").get_attribute("href")))
    assert report["total"] == total
    assert json.loads(fetch(real.rstrip("/") + report["api_url"]))["total"] == total


def test_a_journalist_gets_who_switched_an_outcome_or_owes_results_as_a_list_with_evidence(
    browser: Any, real: str
) -> None:
    browser.get(real)
    example = browser.find_element(By.PARTIAL_LINK_TEXT, "a primary outcome changed or results overdue")
    follow(browser, example)
    assert find(browser, "#q").get_attribute("value") == FINDINGS
    total = read_count(browser)
    hits = browser.find_elements(By.CSS_SELECTOR, "ol.hits > li")
    assert len(hits) == min(total, 20)
    proofs = [each.find_elements(By.CSS_SELECTOR, ".proof") for each in hits]
    assert all(proofs)
    said = [proof.text for each in proofs for proof in each]
    assert any("under 42 CFR 11.44(a)" in words and re.search(r"by \d+ \w+ \d{4}", words) for words in said)
    switched = next(proof for each in proofs for proof in each if "Primary outcome" in proof.text)
    link = switched.find_element(By.TAG_NAME, "a")
    follow(browser, link)
    assert "/diff?from=" in browser.current_url
    assert "primary outcome" in find(browser, "main").text.lower()


def test_views_of_an_answer_are_readable_on_a_telephone_and_each_mark_leads_on(
    browser: Any, real: str
) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True},
    )
    try:
        search(browser, real, WORDS)
        total = read_count(browser)
        for name in ("Table", "Map", "Charts"):
            follow(browser, find(browser, ".views").find_element(By.LINK_TEXT, name))
            assert read_count(browser) == total
            assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
        texts = browser.find_elements(By.CSS_SELECTOR, ".chart.bars text")
        assert min(each.rect["height"] for each in texts if each.text) >= 9
        bar = find(browser, "a.bar-link[data-value='PHASE3']")
        count = int(bar.get_attribute("data-count"))
        follow(browser, bar.find_element(By.TAG_NAME, "text"))
        assert read_count(browser) == count
        follow(browser, find(browser, ".views").find_element(By.LINK_TEXT, "Map"))
        # A town of the map narrows to the studies near it.
        find(browser, ".chart-part details > summary").click()
        town = find(browser, "table.counts tbody a")
        near = town.text
        follow(browser, town)
        assert near in find(browser, "ul.active").text
        assert 0 < read_count(browser) < count
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
