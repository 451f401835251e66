"""How do news become a feed that readers understand? Atom (RFC 4287) and JSON Feed 1.1."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import msgspec
from markupsafe import Markup, escape

from trialbook.changes.compare import Change
from trialbook.library.news import News
from trialbook.library.news_words import MOST_CHANGES, cut_text, find_tags, write_lines, write_title
from trialbook.record.links import study_url
from trialbook.settings import VERSION
from trialbook.web.own_api.answers import Author, FeedFacts, FeedItem, ItemFacts, JsonFeed
from trialbook.web.own_api.parameters import ATOM, JSON_FEED

NAMESPACE = "http://www.w3.org/2005/Atom"
JSON_FEED_VERSION = "https://jsonfeed.org/version/1.1"
AUTHOR = "Trialbook"
LONGEST_VALUE = 500
# What XML 1.0 cannot hold, escaped or not.
NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """A feed before it is written.

    Attributes
    ----------
    feed_id
        An URN that stays the same.
    title, description
        Plain text.
    site, self_url, home_url
        Absolute addresses: of the site (without a slash at its end), of the feed, of a page about it.
    updated_at
        When something last changed, ISO 8601.
    last
        The number of the last version that the library held when the feed was made.
    """

    feed_id: str
    title: str
    description: str
    site: str
    self_url: str
    home_url: str
    updated_at: str
    last: int
    news: tuple[News, ...]


def write_feed(feed: Feed, form: str) -> tuple[bytes, str]:
    """The feed in a form (`FEED_FORMATS`), and its media type."""
    if form == "json":
        return msgspec.json.encode(make_json_feed(feed)), JSON_FEED
    return write_atom(feed), ATOM


def write_atom(feed: Feed) -> bytes:
    """Write Atom."""
    ET.register_namespace("", NAMESPACE)
    root = ET.Element(_tag("feed"))
    _add(root, "id", feed.feed_id)
    _add(root, "title", feed.title)
    _add(root, "subtitle", feed.description)
    _add(root, "updated", feed.updated_at)
    _add(_add(root, "author"), "name", AUTHOR)
    _add(root, "generator", AUTHOR, version=VERSION)
    _add(root, "link", rel="self", type=ATOM, href=feed.self_url)
    _add(root, "link", rel="alternate", type="text/html", href=feed.home_url)
    for news in feed.news:
        entry = _add(root, "entry")
        _add(entry, "id", news.entry_id)
        _add(entry, "title", write_title(news))
        _add(entry, "updated", news.learnt_at)
        _add(entry, "published", news.learnt_at)
        _add(entry, "link", rel="alternate", type="text/html", href=feed.site + study_url(news.nct_id))
        for tag in find_tags(news):
            _add(entry, "category", term=tag)
        _add(entry, "content", write_html(news), type="html")
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    kept = {key: NO_XML.sub("", value) for key, value in attributes.items()}
    element = ET.SubElement(parent, _tag(name), kept)
    element.text = NO_XML.sub("", text) or None
    return element


def make_json_feed(feed: Feed) -> JsonFeed:
    """Make a JSON Feed."""
    return JsonFeed(
        version=JSON_FEED_VERSION,
        title=feed.title,
        home_page_url=feed.home_url,
        feed_url=feed.self_url,
        description=feed.description,
        language="en",
        authors=(Author(AUTHOR),),
        items=tuple(_make_item(feed, news) for news in feed.news),
        trialbook=FeedFacts(feed.last),
    )


def _make_item(feed: Feed, news: News) -> FeedItem:
    return FeedItem(
        id=news.entry_id,
        url=feed.site + study_url(news.nct_id),
        title=write_title(news),
        content_html=write_html(news),
        content_text="\n".join(write_lines(news)),
        date_published=news.learnt_at,
        date_modified=news.learnt_at,
        tags=find_tags(news),
        trialbook=ItemFacts(
            nct_id=news.nct_id,
            number=news.number,
            is_new=news.is_new,
            version_date=news.version_date,
            changes=tuple(map(_shorten, news.changes[:MOST_CHANGES])),
            warnings=news.warnings,
        ),
    )


def write_html(news: News) -> str:
    """The same as HTML."""
    first, *others = write_lines(news)
    items = Markup("").join(Markup("<li>{}</li>").format(cut_text(line, LONGEST_VALUE)) for line in others)
    listed = Markup("<ul>{}</ul>").format(items) if others else Markup("")
    return str(Markup("<p>{}</p>{}").format(escape(first), listed))


def _shorten(change: Change) -> Change:
    return msgspec.structs.replace(
        change, before=cut_text(change.before, LONGEST_VALUE), after=cut_text(change.after, LONGEST_VALUE)
    )
