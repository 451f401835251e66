"""Which address answers what? Each endpoint reads its parameters, asks one module, and sends what it says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from trialbook.ask.address import read_asked
from trialbook.ask.parameters import Parameters
from trialbook.ask.refusals import quote, refuse_format
from trialbook.derived.field_statistics import Statistics
from trialbook.errors import ApiError, NotFoundError, TrialbookError
from trialbook.export import forms
from trialbook.library import Library
from trialbook.library.nothing import suggest_places
from trialbook.model.api_version import API_VERSION
from trialbook.record.ids import find_nct_id
from trialbook.web.api_v2 import (
    answers,
    download,
    listing,
    metadata,
    one_study,
    openapi,
    site_history,
    statistics,
)
from trialbook.web.api_v2.answers import guard, refuse, run_guarded, send, send_blocks
from trialbook.web.exports import send_export
from trialbook.web.problems import log_damage

BASE = "/api/v2"
PLAIN = one_study.StudyAnswer(forms.JSON, lambda _, body: body)


class Api:
    """The registry's API over one library."""

    def __init__(self, library: Library, turns: answers.Turns) -> None:
        self._library, self._turns = library, turns
        self._statistics = statistics.StatisticsKeeper(library.home)
        self._room = listing.Room()
        self._archive = download.Archive(self._find_after, lambda: answers.find_tag(library.store))

    async def study(self, request: Request) -> Response:
        """One record. As plain JSON it leaves from here at once; all else may take longer than others like."""
        asked = request.path_params["nct_id"]
        nct_id = find_nct_id(asked)
        try:
            # Other registers' ids, which the registry itself does not answer for.
            if nct_id is None and self._library.store.has_study(asked):
                nct_id = asked
            if nct_id is None:
                return (
                    guard(show_nothing)(request)
                    if "/" in asked or not asked
                    else refuse(refuse_format("nctId"))
                )
            query = request.scope["query_string"]
            answer = one_study.read_study_request(Parameters(query, one_study.KNOWN)) if query else PLAIN
            tag = answers.find_tag(self._library.store)
            body = await self._find_body(nct_id)
        except TrialbookError as error:
            return refuse(error)
        if body is None:
            return await run_guarded(lambda each: self._redirect(each, nct_id), request)
        if answer is PLAIN:
            return send(request, body, forms.JSON, tag)

        def write(request: Request) -> Response:
            if answers.has_already(request, tag):
                return answers.send_unchanged(tag)
            return send(request, answer.write(nct_id, body), answer.media_type, tag, **answer.name(nct_id))

        return await run_guarded(write, request)

    async def _find_body(self, nct_id: str) -> bytes | None:
        """A record's bytes: from here, unless it is large and has to wait for others."""
        try:
            return self._library.store.find_body(nct_id)
        except ApiError:
            return await run_in_threadpool(lambda: self._library.store.find_body(nct_id))

    def _redirect(self, request: Request, nct_id: str) -> Response:
        """Send the client to the record that an alias belongs to."""
        try:
            found = self._library.find_id(nct_id)
        except NotFoundError:
            raise ApiError(f"NCT number {nct_id} not found", 404) from None
        query = request.url.query
        return RedirectResponse(found + (f"?{query}" if query else ""), status_code=301)

    def studies(self, request: Request) -> Response:
        """One page of the studies that are asked for."""
        asked = listing.read_list_request(Parameters(request.scope["query_string"], listing.KNOWN))
        store = self._library.store
        seq = store.seq
        tag = answers.make_tag(store.library_id, seq, store.find_mark(seq), self._library.engine.state)
        if answers.has_already(request, tag):
            return answers.send_unchanged(tag)
        page = self._library.engine.search_page(
            asked.asked.request,
            page_size=asked.page_size,
            page_token=asked.page_token,
            count_total=asked.is_total_due,
        )
        total = page.total if asked.is_total_due else None
        bodies = listing.PageBodies(page.nct_ids, self._library.read_hit, self._room)
        for error in bodies.damaged:
            log_damage(error)
        which = asked.asked.request
        is_nothing = not page.nct_ids and asked.page_token is None
        places = suggest_places(self._library.engine, which.queries + which.filters) if is_nothing else {}
        warning = bodies.make_warning(self._library.index_lag, places)
        if asked.columns is None:
            blocks = listing.write_json(
                asked,
                bodies,
                total=total,
                next_token=page.next_page_token,
                meant={place: better for place, better in places.items() if better},
            )
            return send_blocks(blocks, forms.JSON, {"etag": tag, "warning": warning})
        headers = {
            "etag": tag,
            "x-total-count": None if total is None else str(total),
            "x-next-page-token": page.next_page_token,
            "content-disposition": 'attachment; filename="ctg-studies.csv"',
            "warning": warning,
        }
        return send_blocks(listing.write_csv(asked, bodies), forms.CSV, headers)

    def download(self, request: Request) -> Response:
        """The whole library, or what a search finds, as one archive."""
        parameters = Parameters(request.scope["query_string"], download.KNOWN)
        if download.is_of_a_search(parameters):
            asked = read_asked(parameters).request
            return send_export(self._library, self._turns, request, asked, form="json.zip")
        tag = answers.find_tag(self._library.store)
        if answers.has_already(request, tag):
            return answers.send_unchanged(tag)
        headers = {
            "etag": tag,
            "content-disposition": f'attachment; filename="{download.FILE_NAME}"',
            "accept-ranges": "bytes",
        }
        learnt_at = self._library.store.find_last_learnt()
        if learnt_at is not None:
            headers["last-modified"] = format_datetime(datetime.fromisoformat(learnt_at), usegmt=True)
        if request.method != "GET":
            return answers.stream(iter(()), forms.ZIP, headers)
        if_range = request.headers.get("if-range")
        if "range" in request.headers and if_range in (None, tag, headers.get("last-modified")):
            part = self._send_part(request.headers["range"], tag, headers)
            if part is not None:
                return part
        return answers.stream(self._turns.take(self._archive.write(tag)), forms.ZIP, headers)

    def _send_part(self, asked: str, tag: str, headers: dict[str, str]) -> Response | None:
        """A part of the archive; None where no single part is asked for, or the library is changing."""
        layout = self._archive.find_layout(tag)
        try:
            found = None if layout is None else download.read_range(asked, layout.size)
        except ApiError as error:
            size = {"content-range": f"bytes */{layout.size if layout else 0}"}
            return Response(str(error), error.status, headers=size, media_type=answers.TEXT)
        if layout is None or found is None:
            return None
        first, last = found
        more = {
            "content-range": f"bytes {first}-{last}/{layout.size}",
            "content-length": str(last - first + 1),
        }
        blocks = self._turns.take(self._archive.write_part(layout, first, last))
        return answers.stream(blocks, forms.ZIP, {**headers, **more}, status=206)

    def _find_after(self, nct_id: str, limit: int) -> list[tuple[str, bytes]]:
        return self._library.store.find_after(nct_id, limit, on_damage=log_damage)

    def metadata(self, request: Request) -> Response:
        """The tree of the record's fields."""
        parameters = _read(request, "includeIndexedOnly", "includeHistoricOnly")
        parameters.flag("includeHistoricOnly")
        body = metadata.write_metadata(is_indexed_only_due=parameters.flag("includeIndexedOnly"))
        return self._send_json(request, body)

    def search_areas(self, request: Request) -> Response:
        """The search areas."""
        _read(request)
        return self._send_json(request, metadata.write_areas())

    def enums(self, request: Request) -> Response:
        """The enumerations."""
        _read(request)
        return self._send_json(request, metadata.write_enums())

    def openapi(self, request: Request) -> Response:
        """The description of the API for programs."""
        _read(request)
        return Response(openapi.write_document(), media_type=forms.JSON)

    def version(self, request: Request) -> Response:
        """The version of the API, and when the library last learnt something."""
        _read(request)
        tag = answers.find_tag(self._library.store)
        shown = {"apiVersion": API_VERSION}
        learnt_at = self._library.store.find_last_learnt()
        if learnt_at is not None:
            shown["dataTimestamp"] = learnt_at[:19]
        return send(request, msgspec.json.encode(shown), forms.JSON, tag)

    def sizes(self, request: Request) -> Response:
        """How large the records are."""
        _read(request)
        found = self._statistics.get(self._library.store)
        tag = answers.make_tag(found.library_id, found.seq, found.mark)
        return send(request, statistics.write_sizes(found.sizes), forms.JSON, tag)

    def field_values(self, request: Request) -> Response:
        """How the values of fields are spread."""
        pieces, types = statistics.read_value_request(_read(request, "types", "fields"))
        found = self._statistics.get(self._library.store)
        rows = statistics.choose(found.values, pieces, types)
        tag = answers.make_tag(found.library_id, found.seq, found.mark)
        return send(request, msgspec.json.encode(rows), forms.JSON, tag)

    def one_field_values(self, request: Request) -> Response:
        """How the values of one field are spread, at an address of the API's first days."""
        _read(request, "format").choice("format", ("json",))
        found = self._statistics.get(self._library.store)
        return self._send_row(request, found, found.values)

    def one_field_sizes(self, request: Request) -> Response:
        """How long the lists of one field are."""
        _read(request, "format").choice("format", ("json",))
        found = self._statistics.get(self._library.store)
        return self._send_row(request, found, found.lists)

    def _send_row(self, request: Request, found: Statistics, rows: dict[str, dict[str, Any]]) -> Response:
        row = statistics.get_row(rows, request.path_params["field"])
        tag = answers.make_tag(found.library_id, found.seq, found.mark)
        return send(request, msgspec.json.encode(row), forms.JSON, tag)

    def field_sizes(self, request: Request) -> Response:
        """How long the lists are."""
        pieces = statistics.read_size_request(_read(request, "fields"))
        found = self._statistics.get(self._library.store)
        rows = statistics.choose(found.lists, pieces)
        tag = answers.make_tag(found.library_id, found.seq, found.mark)
        return send(request, msgspec.json.encode(rows), forms.JSON, tag)

    def _send_json(self, request: Request, body: bytes) -> Response:
        return send(request, body, forms.JSON, answers.find_tag(self._library.store))


def _read(request: Request, *known: str) -> Parameters:
    return Parameters(request.scope["query_string"], known)


def show_nothing(request: Request) -> Response:
    """There is no such address in the API."""
    raise ApiError(f"There is nothing at {quote(request.url.path)}", 404)


def make_routes(library: Library, turns: answers.Turns) -> list[Route]:
    """The API's addresses, for the application of one library."""
    api = Api(library, turns)
    paths: dict[str, Callable[[Request], Response]] = {
        "/studies": api.studies,
        "/studies/metadata": api.metadata,
        "/studies/search-areas": api.search_areas,
        "/studies/enums": api.enums,
        "/studies/download": api.download,
        "/stats/size": api.sizes,
        "/stats/field/values": api.field_values,
        "/stats/field/sizes": api.field_sizes,
        "/version": api.version,
        # Their older addresses, which clients still use.
        "/stats/fieldValues": api.field_values,
        "/stats/fieldSizes": api.field_sizes,
        "/stats/listSizes": api.field_sizes,
        "/stats/field/values/{field}": api.one_field_values,
        "/stats/fieldValues/{field}": api.one_field_values,
        "/stats/field/sizes/{field}": api.one_field_sizes,
        "/stats/fieldSizes/{field}": api.one_field_sizes,
        "/stats/listSizes/{field}": api.one_field_sizes,
        "/openapi.json": api.openapi,
    }
    routes = [Route(BASE + path, guard(endpoint), methods=["GET"]) for path, endpoint in paths.items()]
    # Single records are asked for most: right behind the few addresses that look like one.
    under = sum(path.startswith("/studies") for path in paths)
    routes.insert(under, Route(BASE + "/studies/{nct_id:path}", api.study, methods=["GET"]))
    routes += [Route(BASE + path, guard(show_nothing), methods=["GET"]) for path in ("", "/{rest:path}")]
    return routes + site_history.make_routes(library)
