"""The pages of what a person keeps: lists, studies side by side, news, and the form that saves a search."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from trialbook.pages.contents import Hit
from trialbook.pages.environment import render
from trialbook.pages.side_by_side import LEAST, MEANINGS, MOST, SideBySide


class ListLink(msgspec.Struct, frozen=True):
    """A list by its name: its page, how many studies are on it, and the day (ISO) when it was made."""

    name: str
    url: str
    studies: int
    made_at: str


class EntryView(msgspec.Struct, frozen=True, kw_only=True):
    """A study on a list: `hit` is what its record says, None where it is not in this library."""

    nct_id: str
    hit: Hit | None
    note: str = ""
    added_at: str = ""


class ListView(msgspec.Struct, frozen=True, kw_only=True):
    """A list, or studies that an address names.

    Attributes
    ----------
    name
        "" for studies that an address names.
    refusal
        Why nothing can be saved here, in a sentence; "" where it can.
    downloads
        (form, address) of its records as files.
    share_url, file_url
        The address that names its studies, and the file that another library takes; "" where there is none.
    """

    name: str
    entries: tuple[EntryView, ...]
    total: int
    refusal: str = ""
    pages: tuple[tuple[int, str], ...] = ()
    downloads: tuple[tuple[str, str], ...] = ()
    share_url: str = ""
    file_url: str = ""
    feed_url: str = ""
    ids: str = ""


class ToldView(msgspec.Struct, frozen=True):
    """A piece of news: where it leads, its title, what happened in lines, and the lines that are left out."""

    url: str
    title: str
    lines: tuple[str, ...]
    left_out: int


class WatchedView(msgspec.Struct, frozen=True, kw_only=True):
    """News of a list or a saved search; `action` takes the word "seen", `count` is in words."""

    name: str
    what: str
    url: str
    action: str
    since: str
    count: str
    news: tuple[ToldView, ...]
    problem: str = ""


def render_lists_page(lists: Sequence[ListLink], *, refusal: str) -> str:
    """Render all lists, and the form that takes one from a file."""
    return render("lists.html", lists=lists, refusal=refusal, query="")


def render_list_page(view: ListView) -> str:
    """Render a list."""
    return render("list.html", view=view, least=LEAST, most=MOST, query="")


def render_add_page(
    studies: Sequence[EntryView], lists: Sequence[ListLink], *, on: Sequence[str], refusal: str
) -> str:
    """Render the form that puts studies on a list; `on` are the lists on which all of them are."""
    ids = " ".join(each.nct_id for each in studies)
    return render("add.html", studies=studies, lists=lists, on=on, ids=ids, refusal=refusal, query="")


def render_compare_page(
    table: SideBySide | None, *, ids: str, error: str, is_short: bool, json_url: str, other_url: str
) -> str:
    """Render studies side by side, or the form that asks for them.

    `is_short` leaves out what is the same in all and what is in none; `other_url` leads to the other of the two.
    """
    return render(
        "compare.html",
        table=table,
        ids=ids,
        error=error,
        is_short=is_short,
        json_url=json_url,
        other_url=other_url,
        meanings=MEANINGS,
        least=LEAST,
        most=MOST,
        query="",
    )


def render_news_page(watched: Sequence[WatchedView], *, last: int, refusal: str) -> str:
    """Render what is new; `last` is the number of the version that came last."""
    return render("news.html", watched=watched, last=last, refusal=refusal, query="")


def render_save_page(query: str, words: str, *, name: str, command: str, refusal: str) -> str:
    """Render the form that saves a search: `query` as parameters, `words` for a reader, `name` as a proposal."""
    return render(
        "save.html", asked=query, words=words, name=name, command=command, refusal=refusal, query=""
    )
