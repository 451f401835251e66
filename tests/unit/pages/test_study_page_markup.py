"""The registry's markdown dialect becomes paragraphs, lists and links, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialbook.pages.history_page import mark_words
from trialbook.record.markup import parse_entries, render_inline, render_link, render_markup

ALLOWED = {"p", "ul", "ol", "li", "a", "strong"}


class Tags(HTMLParser):
    def __init__(self, source: str) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.seen: set[str] = set()
        self.hrefs: list[str] = []
        self.text = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.stack.append(tag)
        self.seen.add(tag)
        assert {name for name, _ in attrs} <= {"href", "rel", "value"}, attrs
        self.hrefs += [value or "" for name, value in attrs if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("One.\n\nTwo.", "<p>One.</p><p>Two.</p>"),
        ("* a\n* b", "<ul><li>a</li><li>b</li></ul>"),
        ("3. c\n4. d", '<ol><li value="3">c</li><li value="4">d</li></ol>'),
        ("* a\n\n  * b\n* c", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"),
        (r"HbA1c \> 7% and \<9%", "<p>HbA1c &gt; 7% and &lt;9%</p>"),
        (r"5 \* 3 \[sic\]", "<p>5 * 3 [sic]</p>"),
        ("<b>bold</b>", "<p>&lt;b&gt;bold&lt;/b&gt;</p>"),
        ("<p>A &gt; B</p><ul><li>x</li></ul>", "<p>A &gt; B</p><ul><li>x</li></ul>"),
    ],
)
def test_each_form_of_the_dialect(source: str, expected: str) -> None:
    assert str(render_markup(source)) == expected


def test_links_open_addresses_and_records_only() -> None:
    html = str(
        render_inline(
            "See https://example.org/a_(b). Also [here](https://example.org/?a=1&b=2) and NCT01234567."
        )
    )
    assert 'href="https://example.org/a_(b)"' in html
    assert 'href="https://example.org/?a=1&amp;b=2" rel="noopener nofollow">here</a>' in html
    assert 'href="/study/NCT01234567"' in html
    assert "<a" not in str(render_inline("[x](javascript:alert(1)) and ftp://example.org"))


@given(st.text(alphabet=st.sampled_from("ab<>&\"'*[]()\\/:.1 \n\t-+hNCT0phtps"), max_size=300))
def test_any_text_gives_sound_markup_of_allowed_tags_only(text: str) -> None:
    tags = Tags(str(render_markup(text)))
    assert tags.stack == []
    assert tags.seen <= ALLOWED
    assert all(href.startswith(("http://", "https://", "/study/NCT")) for href in tags.hrefs)


@given(st.text(max_size=200))
def test_words_survive(text: str) -> None:
    words = {word for word in "".join(c if c.isalnum() else " " for c in text).split() if not word.isdigit()}
    shown = Tags(str(render_inline(text))).text
    assert all(word in shown or word.upper() in shown for word in words)


@given(st.text(max_size=80), st.text(max_size=80))
def test_marked_differences_keep_both_texts(before: str, after: str) -> None:
    for side, whole in (("before", before), ("after", after)):
        html = str(mark_words(before, after, side))
        for tag in ("<del>", "</del>", "<ins>", "</ins>"):
            html = html.replace(tag, "")
        shown = html.replace("&lt;", "<").replace("&gt;", ">").replace("&#34;", '"').replace("&#39;", "'")
        assert shown.replace("&amp;", "&") == whole


@pytest.mark.parametrize("url", ["/", "/study/NCT00000001?version=2#flow", "#flow", "?version=2", "?"])
def test_an_address_of_our_own_is_a_link(url: str) -> None:
    assert Tags(render_link("here", url)).hrefs == [url]


@pytest.mark.parametrize(
    "url",
    [
        r"/\evil.example",
        "//evil.example",
        r"\\evil.example",
        r"\/evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        "/\x00/evil.example",
        r"/study/..\..\evil.example",
        "javascript:alert(1)",
        "evil.example",
        "",
    ],
)
def test_an_address_that_browsers_take_for_another_site_is_no_link(url: str) -> None:
    page = Tags(render_link("here", url))
    assert (page.hrefs, page.text) == ([], "here")


def test_lists_in_tags_nest_as_deep_as_those_in_marks() -> None:
    text = "<ul><li>a" * 12 + "</ul>" * 9 + "<li>b"
    entries = parse_entries(text)
    assert [entry.depth for entry in entries] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 8, 8, 2]
    assert {entry.text for entry in entries} == {"a", "b"}


LONG = 4 * 2**20
MEASURE = """
import re, sys
from pathlib import Path
from trialbook.pages.tree import Prose
from trialbook.pages.write_html import WRITERS as HTML
from trialbook.pages.write_text import WRITERS as TEXT
unit, size = sys.argv[1].encode().decode("unicode_escape"), int(sys.argv[2])
text = unit * (size // len(unit))
HTML[Prose](Prose(text), 2), list(TEXT[Prose](Prose(text), 80, 1))
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""


def measure_peak_mib(unit: str, size: int) -> int:
    """Write a text as HTML and as text; the peak memory of a process that does nothing else, in MiB."""
    command = [sys.executable, "-c", MEASURE, unit.encode("unicode_escape").decode(), str(size)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return int(done.stdout)


@pytest.mark.parametrize("unit", ["<ul><li>", "<ol><li>x<p>", "<ul><li>a</li>"])
def test_lists_in_lists_cost_memory_in_proportion_to_their_length(unit: str) -> None:
    # Two spaces for each open list were 4 GiB here.
    assert measure_peak_mib(unit, 2**19) < 300


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit", ["<ul><li>", "<ol><li>x<p>", "**a", "[a](http://", "\\", "a\n", "* a\n", "<p>", "&amp;<br>", "\t"]
)
def test_a_long_text_of_any_kind_costs_memory_in_proportion_to_its_length(unit: str) -> None:
    assert measure_peak_mib(unit, LONG) < 1500
