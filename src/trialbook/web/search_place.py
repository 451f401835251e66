"""The place on the search page: its fields, what was taken for it, and "near X" typed into the one box."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from trialbook.ask.filters import find_near
from trialbook.ask.form import Fields, get_text, read_fields
from trialbook.ask.near import DEFAULT_RADIUS, Near
from trialbook.errors import QueryError
from trialbook.library import Library
from trialbook.library.nearby import tell_place
from trialbook.model.nearest import NearSite
from trialbook.pages.contents import HitSite, PlaceView
from trialbook.record.links import mail_url, phone_url, study_url
from trialbook.record.pieces import find_enum_label
from trialbook.search.engine.engine import SearchRequest
from trialbook.web.search_filters import list_items, write_url

# Asks that "near" in the box be a word like any other.
AS_WORDS = "words"
_TYPED = re.compile(r"(?P<rest>.*?)(?:^|\s)near\s+(?P<place>[^\"()\[\]]{2,80})", re.IGNORECASE | re.DOTALL)


def read_typed_place(library: Library, fields: Fields) -> Fields:
    """The fields, with "… near X" at the end of the box read as a place, where X is one and none is given."""
    found = _TYPED.fullmatch(get_text(fields, "q"))
    if found is None or get_text(fields, "near") or get_text(fields, AS_WORDS):
        return fields
    place = " ".join(found["place"].split())
    try:
        library.find_place(place)
    except QueryError:
        return fields
    return {
        **fields,
        "q": [found["rest"].strip()],
        "near": [place],
        "sort": fields.get("sort") or ["distance"],
    }


def view_place(
    library: Library, given: Fields, fields: Fields, request: SearchRequest, total: int
) -> PlaceView:
    """The fields of a place and what is told of it; `given` as they were sent, `fields` as they were read."""
    text, radius = get_text(fields, "near"), get_text(fields, "within")
    near = find_near(read_fields(fields), library.find_place)
    if near is None:
        return PlaceView(within_hint=DEFAULT_RADIUS)
    told = tell_place(library, near, request, total)
    rest = list_items(fields, without=("near", "page"))
    typed = get_text(given, "q") if fields is not given else ""
    return PlaceView(
        near=text,
        within=radius,
        within_hint=DEFAULT_RADIUS,
        words=_write_words(near),
        others=tuple((each, write_url([*rest, ("near", each)])) for each in told.others),
        typed_url=write_url([("q", typed), (AS_WORDS, "1")]) if typed else "",
        typed=typed,
        next_words=told.next_words,
        next_url=study_url(told.next_nct_id) + "?" + urlencode({"near": text}) if told.next_nct_id else "",
    )


def _write_words(near: Near) -> str:
    return near.words[0].upper() + near.words[1:]


def view_site(site: NearSite | None) -> HitSite | None:
    """The nearest site of a study in a list."""
    if site is None:
        return None
    status = find_enum_label("RecruitmentStatus", site.status) or find_enum_label("Status", site.status)
    return HitSite(
        is_open=site.is_open,
        status=status or site.status or "status not given",
        facility=site.facility,
        distance=site.distance,
        next_open=site.next_open,
        contact=site.contact,
        phone=site.phone,
        phone_url=phone_url(site.phone),
        email=site.email,
        email_url=mail_url(site.email),
    )
