"""How does the registry's site tell what was posted or updated? As RSS 2.0, newest day first."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime
from email.utils import format_datetime
from typing import Any

import msgspec
from markupsafe import escape

from trialbook.library import Library
from trialbook.library.news_words import cut_text
from trialbook.model import PartialDate
from trialbook.model.present import decode_present
from trialbook.record.links import study_url
from trialbook.record.texts import find_text, find_texts
from trialbook.search.engine.engine import SearchRequest
from trialbook.search.engine.order import SortKey
from trialbook.settings import VERSION
from trialbook.web.own_api.feeds import NO_XML

RSS = "application/rss+xml; charset=utf-8"
DATE_FIELDS = {
    "LastUpdatePostDate": "protocolSection.statusModule.lastUpdatePostDateStruct.date",
    "StudyFirstPostDate": "protocolSection.statusModule.studyFirstPostDateStruct.date",
    "ResultsFirstPostDate": "protocolSection.statusModule.resultsFirstPostDateStruct.date",
}
_CAUSES = {"LastUpdatePostDate": "updated", "StudyFirstPostDate": "first posted"} | {
    "ResultsFirstPostDate": "with results first posted"
}
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
ATOM = "http://www.w3.org/2005/Atom"
MOST_ITEMS = 100
LONGEST_TEXT = 2_000
_FACTS = {
    "Status": "protocolSection.statusModule.overallStatus",
    "Conditions": "protocolSection.conditionsModule.conditions",
    "Interventions": "protocolSection.armsInterventionsModule.interventions.name",
    "Sponsors": "protocolSection.sponsorCollaboratorsModule.leadSponsor.name",
}


class Item(msgspec.Struct, frozen=True):
    """A study in a feed: its id, title, the day of the field (ISO, "" where it has none), facts by label."""

    nct_id: str
    title: str
    day: str
    facts: dict[str, str]


def find_newest(library: Library, asked: SearchRequest, field: str, limit: int) -> list[Item]:
    """The studies that a request finds, those with the last day in a field first; without one they are left out."""
    request = SearchRequest(
        filters=(*asked.queries, *asked.filters),
        sort=(SortKey(field, descending=True),),
        limit=limit,
    )
    items = []
    for nct_id in library.engine.search(request).nct_ids:
        body = library.read_hit(nct_id)
        if isinstance(body, bytes):
            item = _read_item(decode_present(body), nct_id, DATE_FIELDS[field])
            items += [item] if item.day else []
    return items


def _read_item(record: dict[str, Any], nct_id: str, path: str) -> Item:
    day = PartialDate(find_text(record, path)).earliest
    identification = "protocolSection.identificationModule."
    title = find_text(record, identification + "briefTitle") or find_text(
        record, identification + "officialTitle"
    )
    facts = {label: "; ".join(find_texts(record, place)) for label, place in _FACTS.items()}
    return Item(nct_id, title or nct_id, day.isoformat() if day else "", facts)


def write_rss(items: list[Item], field: str, *, site: str, self_url: str) -> bytes:
    """Write a feed; `site` is the address of this site, without a slash at its end."""
    ET.register_namespace("dc", DUBLIN_CORE)
    ET.register_namespace("atom", ATOM)
    root = ET.Element("rss", version="2.0")
    channel = ET.SubElement(root, "channel")
    _add(channel, "title", f"Studies {_CAUSES[field]}")
    _add(channel, "link", site + "/")
    _add(channel, "description", f"The studies of this library that match, the last {_CAUSES[field]} first")
    _add(channel, "generator", f"Trialbook {VERSION}")
    ET.SubElement(
        channel,
        f"{{{ATOM}}}link",
        rel="self",
        type=RSS.partition(";")[0],
        href=NO_XML.sub("", self_url),
    )
    if items:
        _add(channel, "lastBuildDate", _write_day(items[0].day))
    for item in items:
        entry = ET.SubElement(channel, "item")
        _add(entry, "title", item.title)
        _add(entry, "link", site + study_url(item.nct_id))
        _add(entry, "description", _describe(item))
        ET.SubElement(entry, "guid", isPermaLink="false").text = NO_XML.sub("", item.nct_id)
        _add(entry, "pubDate", _write_day(item.day))
        _add(entry, f"{{{DUBLIN_CORE}}}date", item.day)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = NO_XML.sub("", text)


def _describe(item: Item) -> str:
    """The facts of a study as HTML, which readers take a description for."""
    return "".join(
        f"<p><b>{label}</b>: {escape(cut_text(text, LONGEST_TEXT))}</p>"
        for label, text in item.facts.items()
        if text
    )


def _write_day(day: str) -> str:
    """A day as RSS writes it: its first moment."""
    parsed = date.fromisoformat(day)
    return format_datetime(datetime(parsed.year, parsed.month, parsed.day, tzinfo=UTC), usegmt=True)
