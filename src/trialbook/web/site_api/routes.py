"""Who answers which address of the registry's own site?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trialbook.ask.address import read_asked
from trialbook.ask.parameters import Parameters
from trialbook.ask.site_address import read_site_address
from trialbook.errors import ApiError
from trialbook.export import forms
from trialbook.export.legacy_xml.record import write_legacy_xml
from trialbook.export.projection import Selection, select_fields
from trialbook.library import Library
from trialbook.library.nothing import suggest_places
from trialbook.model.present import decode_shortened
from trialbook.web.api_v2.answers import Turns, find_tag, guard, send, send_blocks
from trialbook.web.exports import send_export
from trialbook.web.problems import log_damage
from trialbook.web.site_api import rss

FOUND_KNOWN = frozenset({"from", "limit", "fields", "sort", "format"})
DEFAULT_LIMIT, MOST_STUDIES = 10, 10_000
# A longer answer counts among those of which a few leave at once.
LONG_ANSWER = 1_000
DOWNLOAD_KNOWN = frozenset({"format", "fields", "sort", "limit", "from"})
DOWNLOADS = ("json", *(form for form in forms.FORMS if form != "json"))
DICTIONARIES = (
    "Condition",
    "InterventionName",
    "LeadSponsorName",
    "CollaboratorName",
    "Keyword",
    "LocationCity",
    "LocationState",
    "LocationCountry",
)
LEAST_INPUT, LONGEST_INPUT = 2, 100
RSS_KNOWN = frozenset({"dateField", "sort", "limit"})


class SiteApi:
    """The addresses of the registry's site over one library."""

    def __init__(self, library: Library, turns: Turns) -> None:
        self._library, self._turns = library, turns

    def studies(self, request: Request) -> Response:
        """A window of the studies that match."""
        parameters = read_site_address(request.scope["query_string"], FOUND_KNOWN)
        parameters.choice("format", ("json",))
        asked = read_asked(parameters)
        names = parameters.field_names(is_query_known=True)
        selection = select_fields(names, queried=asked.queried) if names else None
        offset = parameters.whole("from") or 0
        limit = parameters.whole("limit")
        limit = DEFAULT_LIMIT if limit is None else min(limit, MOST_STUDIES)
        result = self._library.engine.search(
            msgspec.structs.replace(asked.request, offset=offset, limit=limit)
        )
        head = {"from": offset, "limit": limit, "total": result.total}
        places = {} if result.total else suggest_places(self._library.engine, asked.request.queries)
        meant = {place: better for place, better in places.items() if better}
        blocks = self._write_hits(head | ({"didYouMean": meant} if meant else {}), result.nct_ids, selection)
        if len(result.nct_ids) > LONG_ANSWER:
            blocks = self._turns.take(blocks)
        return send_blocks(blocks, forms.JSON, {})

    def _write_hits(
        self, head: dict[str, Any], nct_ids: tuple[str, ...], selection: Selection | None
    ) -> Iterator[bytes]:
        yield msgspec.json.encode(head)[:-1] + b',"hits":['
        separator = b""
        for nct_id in nct_ids:
            body = self._library.read_hit(nct_id)
            if isinstance(body, bytes):
                study = forms.cut(body, selection)
                yield separator + b'{"id":%s,"study":%s}' % (msgspec.json.encode(nct_id), study)
                separator = b","
            elif body is not None:
                log_damage(body)
        yield b"]}"

    def download(self, request: Request) -> Response:
        """All studies that match, as one file."""
        parameters = read_site_address(request.scope["query_string"], DOWNLOAD_KNOWN)
        form = parameters.choice("format", DOWNLOADS)
        asked = read_asked(parameters).request
        names = parameters.field_names()
        return send_export(self._library, self._turns, request, asked, form=form, names=names)

    def old_archive(self, request: Request) -> Response:
        """All studies as the registry's old XML."""
        parameters = read_site_address(request.scope["query_string"], {"format"})
        parameters.choice("format", ("zip",))
        asked = read_asked(parameters).request
        return send_export(self._library, self._turns, request, asked, form="xml.zip", stem="ctg-public-xml")

    def old_study(self, request: Request) -> Response:
        """One study as the registry's old XML."""
        Parameters(request.scope["query_string"], ())
        tag = find_tag(self._library.store)
        body = self._library.get_body(request.path_params["nct_id"])
        return send(request, write_legacy_xml(*decode_shortened(body)), forms.XML, tag)

    def suggest(self, request: Request) -> Response:
        """What a word that is being typed may become: values that studies have, the most frequent first."""
        parameters = Parameters(request.scope["query_string"], {"input", "dictionary"})
        piece = parameters.choice("dictionary", DICTIONARIES)
        text = parameters.text("input")
        if not LEAST_INPUT <= len(text) <= LONGEST_INPUT:
            raise ApiError(f"Parameter `input` must have {LEAST_INPUT} to {LONGEST_INPUT} characters")
        found = self._library.complete(piece, text)
        return Response(msgspec.json.encode(found), media_type=forms.JSON)

    def rss(self, request: Request) -> Response:
        """The studies that were posted or updated last, as RSS."""
        parameters = read_site_address(request.scope["query_string"], RSS_KNOWN)
        field = parameters.choice("dateField", rss.DATE_FIELDS)
        limit = min(parameters.whole("limit") or rss.MOST_ITEMS, rss.MOST_ITEMS)
        found = rss.find_newest(self._library, read_asked(parameters).request, field, limit)
        site = str(request.base_url).rstrip("/")
        body = rss.write_rss(found, field, site=site, self_url=str(request.url))
        return send(request, body, rss.RSS, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


def make_routes(library: Library, turns: Turns) -> list[Route]:
    """The site's addresses, for the application of one library; before those with an id in their place."""
    api = SiteApi(library, turns)
    endpoints = {
        "/api/int/studies": api.studies,
        "/api/int/studies/download": api.download,
        "/api/int/suggest": api.suggest,
        "/api/rss": api.rss,
        "/api/legacy/public-xml": api.old_archive,
        "/api/legacy/public-xml/{nct_id}": api.old_study,
    }
    return [Route(path, guard(endpoint), methods=["GET"]) for path, endpoint in endpoints.items()]
