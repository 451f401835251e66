"""The registry's markdown dialect becomes paragraphs, lists and links, and nothing else."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialbook.pages.history_page import mark_words
from trialbook.record.markup import render_inline, render_markup

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
