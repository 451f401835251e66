"""Is the documentation whole as pages of the site, and does each of its links lead somewhere?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from trialbook.library import Library
from trialbook.pages.docs_page import BASE, HOME, list_docs, render_docs_page
from trialbook.web.app import make_app

ROOT = Path(__file__).parents[3]
SHOWN = {path: render_docs_page(path) or "" for path in list_docs()}


def test_every_page_of_the_documentation_is_shown() -> None:
    pages = {
        path.relative_to(ROOT / "docs").with_suffix("").as_posix() for path in (ROOT / "docs").rglob("*.md")
    }
    assert set(list_docs()) == pages
    assert len(pages) > 15


@pytest.mark.parametrize("path", list_docs())
def test_each_link_leads_to_a_page_and_a_heading_that_are_there(path: str) -> None:
    page = SHOWN[path]
    assert len(re.findall(r"<h1\b", page)) == 1
    anchors = re.findall(r' id="([^"]+)"', page)
    assert len(anchors) == len(set(anchors))
    main = page[page.index("<main") : page.index("</main>")]
    for address in re.findall(r'href="([^"]*)"', main):
        if address.startswith(("http", "/?q=")):
            continue
        where, _, anchor = address.partition("#")
        name = where.removeprefix(BASE).strip("/") or (HOME if where else path)
        assert name in SHOWN, address
        assert not anchor or f'id="{anchor}"' in SHOWN[name], address
    # What is no page of the site is text, never a link into nothing.
    assert not re.search(r'href="[^"#]*\.(md|py|ipynb)\b', main)


def test_markup_of_a_page_is_text() -> None:
    assert not any("<script>alert" in page for page in SHOWN.values())
    assert all("style=" not in page for page in SHOWN.values())


def test_the_site_serves_them_and_nothing_beside_them(tmp_path: Path) -> None:
    Library.create(tmp_path).close()
    with TestClient(make_app(tmp_path), base_url="http://localhost") as site:
        assert "The query language" in site.get(f"{BASE}/query-language").text
        assert site.get(BASE).text == site.get(f"{BASE}/").text
        for path in (
            "/nothing",
            "/../pyproject",
            "/%2e%2e/README",
            "x",
            "/query-language.md",
            "/images/record-page",
        ):
            assert site.get(BASE + path).status_code == 404, path
        assert f'href="{BASE}"' in site.get("/").text
