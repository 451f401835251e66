"""The documentation as pages of the site: the Markdown of `docs/`, which lies in the package."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from markupsafe import Markup

from trialbook.pages.environment import render
from trialbook.record.links import is_web_address
from trialbook.record.markup import quote_text

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

BASE = "/docs"
HOME = "index"


@cache
def list_docs() -> Mapping[str, str]:
    """The Markdown of each page by its path below `BASE`, without ".md"."""
    return dict(sorted(_walk(files("trialbook") / "docs", "")))


def _walk(folder: Traversable, path: str) -> list[tuple[str, str]]:
    found = []
    for each in folder.iterdir():
        if each.is_dir():
            found += _walk(each, f"{path}{each.name}/")
        elif each.name.endswith(".md"):
            found.append((path + each.name.removesuffix(".md"), each.read_text(encoding="utf-8")))
    return found


def render_docs_page(path: str) -> str | None:
    """A page of the documentation as HTML; None where there is no such page.

    Parameters
    ----------
    path
        As in `list_docs`; "" for the first page.
    """
    text = list_docs().get(path.strip("/") or HOME)
    if text is None:
        return None
    tokens = _make_reader().parse(text)
    headings = _name_headings(tokens)
    _turn_links(tokens, path.strip("/") or HOME)
    body = _make_reader().renderer.render(tokens, _make_reader().options, {})
    # A column without a heading has none to read out either.
    body = body.replace("<th></th>", "<td></td>")
    return render(
        "docs.html",
        title=headings[0][2] if headings else "Documentation",
        headings=[(anchor, title) for anchor, level, title in headings if level == "h2"],
        body=Markup(body),  # noqa: S704 - the project's own pages, in which markup is text
        home=BASE,
        is_home=(path.strip("/") or HOME) == HOME,
        query="",
    )


def _render_fence(_: object, tokens: Sequence[Token], at: int, *__: object) -> str:
    """A block of code; of queries each line can be tried."""
    token = tokens[at]
    lines = token.content.rstrip("\n").split("\n")
    if token.info.strip() == "query":
        shown = [f'<a href="/?{quote_text(urlencode({"q": line}))}">{quote_text(line)}</a>' for line in lines]
    else:
        shown = [quote_text(line) for line in lines]
    # One wider than the window is scrolled, by keyboard too.
    return '<pre tabindex="0"><code>' + "\n".join(shown) + "</code></pre>\n"


@cache
def _make_reader() -> MarkdownIt:
    # Most commands render no documentation.
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    reader.add_render_rule(
        "table_open", lambda *_: '<div class="scroll" role="group" aria-label="Table" tabindex="0"><table>'
    )
    reader.add_render_rule("fence", _render_fence)
    reader.add_render_rule("table_close", lambda *_: "</table></div>")
    return reader


def _name_headings(tokens: list[Token]) -> list[tuple[str, str, str]]:
    """Give each heading its anchor, and return them with their level and words."""
    found: list[tuple[str, str, str]] = []
    taken: dict[str, int] = {}
    for token, inside in pairwise(tokens):
        if token.type == "heading_open":
            title = "".join(child.content for child in inside.children or ())
            anchor = make_anchor(title)
            taken[anchor] = taken.get(anchor, -1) + 1
            anchor += f"-{taken[anchor]}" if taken[anchor] else ""
            token.attrSet("id", anchor)
            found.append((anchor, token.tag, title))
    return found


def make_anchor(title: str) -> str:
    """The anchor of a heading, as code hosts write it.

    >>> make_anchor("Related studies: `/studies/{nctId}/related`")
    'related-studies-studiesnctidrelated'
    """
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _turn_links(tokens: list[Token], path: str) -> None:
    """Let links lead to pages of the site. One to a file that is no page of it leads nowhere, and becomes text."""
    for token in tokens:
        children = token.children or []
        opened: list[bool] = []
        for child in children:
            if child.type == "link_open":
                address = _turn_link(str(child.attrGet("href") or ""), path)
                opened.append(bool(address))
                if address:
                    child.attrSet("href", address)
                else:
                    child.tag, child.attrs = "span", {}
            elif child.type == "link_close" and not opened.pop():
                child.tag = "span"


def _turn_link(address: str, path: str) -> str:
    parts = urlsplit(address)
    if is_web_address(address) or not parts.path:
        return address
    page = posixpath.normpath(posixpath.join(posixpath.dirname(path), parts.path)).removesuffix(".md")
    if page not in list_docs():
        return ""
    below = "" if page == HOME else f"/{page}"
    return f"{BASE}{below}" + (f"#{parts.fragment}" if parts.fragment else "")
