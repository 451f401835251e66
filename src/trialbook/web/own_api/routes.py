"""Who answers which address of our own API? Each method reads parameters, asks one module, sends what it says."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from trialbook.ask import query_string as followed
from trialbook.ask.address import WHICH, read_asked
from trialbook.ask.dates import read_as_of
from trialbook.ask.parameters import Parameters
from trialbook.ask.refusals import quote
from trialbook.errors import ApiError, TrialbookError, UsageError
from trialbook.export import forms
from trialbook.library import Library
from trialbook.library.export import iter_bodies_of
from trialbook.library.news import make_urn
from trialbook.library.saved import SavedSearch
from trialbook.library.search_report import make_search_report
from trialbook.pages.api_page import render_api_page
from trialbook.web.api_v2.answers import Turns, find_tag, guard, refuse, run_guarded, send
from trialbook.web.exports import send_export, send_records
from trialbook.web.own_api import feed_request as following
from trialbook.web.own_api import feeds, keeping, screening, versions
from trialbook.web.own_api import openapi as document
from trialbook.web.own_api import related as relating
from trialbook.web.own_api import search as finding
from trialbook.web.own_api.answers import SavedAnswer, SavedLine
from trialbook.web.own_api.endpoints import BASE, ENDPOINTS, Endpoint, get_endpoint
from trialbook.web.own_api.parameters import FEED_FORMATS
from trialbook.web.posted import read_body
from trialbook.web.problems import keep_told_out_of_logs, log_damage

SAVED_PAGE = "/saved"


class OwnApi:
    """Our own API over one library; its methods are named as the operations of `ENDPOINTS`."""

    def __init__(self, library: Library, turns: Turns) -> None:
        self._library, self._turns = library, turns

    def search(self, request: Request, parameters: Parameters) -> Response:
        """A window of the studies that match."""
        asked = finding.read_finding(parameters, self._library.find_place)
        return _send_json(finding.answer_finding(self._library, asked))

    def export(self, request: Request, parameters: Parameters) -> Response:
        """All studies that match."""
        asked = msgspec.structs.replace(
            read_asked(parameters, self._library.find_place).request,
            as_of=read_as_of(parameters.text("as_of")),
        )
        form, names = parameters.choice("format", forms.FORMS), parameters.field_names()
        return send_export(self._library, self._turns, request, asked, form=form, names=names, stem="studies")

    def report(self, request: Request, parameters: Parameters) -> Response:
        """What a systematic review says of a search."""
        asked = msgspec.structs.replace(
            read_asked(parameters, self._library.find_place).request,
            as_of=read_as_of(parameters.text("as_of")),
        )
        told = [(name, value) for name, value in parameters.items() if value.strip()]
        return _send_json(make_search_report(self._library, asked, asked=told))

    def study(self, request: Request, parameters: Parameters) -> Response:
        """A record, now or then."""
        tag = find_tag(self._library.store)
        body = versions.find_record(self._library, request.path_params["nct_id"], parameters)
        return send(request, body, forms.JSON, tag)

    def versions(self, request: Request, parameters: Parameters) -> Response:
        """The versions of a study."""
        return _send_json(versions.answer_versions(self._library, request.path_params["nct_id"]))

    def changes(self, request: Request, parameters: Parameters) -> Response:
        """What differs between two versions."""
        nct_id = request.path_params["nct_id"]
        return _send_json(versions.answer_changes(self._library, nct_id, parameters))

    def criteria(self, request: Request, parameters: Parameters) -> Response:
        """The criteria of a study with their trees."""
        return _send_json(screening.answer_criteria(self._library, request.path_params["nct_id"], parameters))

    def cohort(self, request: Request, parameters: Parameters) -> Response:
        """The criteria of a study as a FHIR Group."""
        return _send_json(screening.answer_cohort(self._library, request.path_params["nct_id"], parameters))

    def screen(self, request: Request, body: bytes) -> Response:
        """The verdicts on a person who is told of."""
        return _send_of_person(screening.answer_screen(self._library, request.path_params["nct_id"], body))

    def match(self, request: Request, body: bytes) -> Response:
        """The studies for a person who is told of."""
        return _send_of_person(screening.answer_match(self._library, body))

    def related(self, request: Request, parameters: Parameters) -> Response:
        """What is like a study."""
        nct_id = self._library.find_id(request.path_params["nct_id"])
        return _send_json(relating.answer_related(self._library, (nct_id,), parameters))

    def related_to_any(self, request: Request, parameters: Parameters) -> Response:
        """What is like several studies, or a text."""
        ids = relating.read_ids(parameters)
        return _send_json(relating.answer_related(self._library, ids, parameters))

    def saved(self, request: Request, parameters: Parameters) -> Response:
        """The saved searches."""
        return _send_json(SavedAnswer(tuple(map(view_saved, self._library.find_saved()))))

    def feed(self, request: Request, parameters: Parameters) -> Response:
        """The feed of any search."""
        asked = parameters.items(without=parameters_of_feeds())
        query = followed.normalise_query(urlencode(asked), self._library.find_place)
        return self._send_feed(request, parameters, query, None)

    def saved_feed(self, request: Request, parameters: Parameters) -> Response:
        """The feed of a saved search."""
        saved = self._library.get_saved(request.path_params["name"])
        return self._send_feed(request, parameters, saved.query, saved)

    def _send_feed(
        self, request: Request, parameters: Parameters, query: str, saved: SavedSearch | None
    ) -> Response:
        store, site = self._library.store, str(request.base_url).rstrip("/")
        asked = following.read_followed(parameters, self._library.find_place, saved)
        last = self._library.last_arrival
        news = self._library.find_news(asked.request, after=asked.after, since=asked.since, limit=asked.limit)
        words = followed.describe_query(query) or "all studies"
        feed = feeds.Feed(
            feed_id=make_urn(store, f"feed {saved.name} {saved.saved_at}" if saved else f"feed {query}"),
            title=f"Trialbook: {saved.name if saved else words}",
            description=f"New and changed studies: {words}",
            site=site,
            self_url=str(request.url),
            home_url=site + SAVED_PAGE,
            updated_at=news[0].learnt_at if news else saved.saved_at if saved else NEVER,
            last=last,
            news=news,
        )
        return _send_written(request, feed, asked.form)

    def lists(self, request: Request, parameters: Parameters) -> Response:
        """The lists."""
        return _send_json(keeping.answer_lists(self._library))

    def one_list(self, request: Request, parameters: Parameters) -> Response:
        """A list."""
        return _send_json(keeping.answer_list(self._library, request.path_params["name"]))

    def list_export(self, request: Request, parameters: Parameters) -> Response:
        """The records of a list."""
        kept = self._library.get_list(request.path_params["name"])
        form = parameters.choice("format", forms.FORMS)
        try:
            wanted = forms.make_wanted(form, parameters.field_names())
        except UsageError as error:
            raise ApiError(str(error), 501) from error

        def find_bodies() -> Iterator[bytes]:
            return iter_bodies_of(kept.nct_ids, self._library.find_body, on_damage=log_damage)

        return send_records(self._turns, request, find_bodies, wanted, stem=kept.name)

    def list_feed(self, request: Request, parameters: Parameters) -> Response:
        """The feed of a list."""
        last, site = self._library.last_arrival, str(request.base_url).rstrip("/")
        name = request.path_params["name"]
        feed = keeping.make_list_feed(
            self._library, name, parameters, self_url=str(request.url), site=site, last=last
        )
        return _send_written(request, feed, parameters.choice("format", FEED_FORMATS))

    def compare(self, request: Request, parameters: Parameters) -> Response:
        """Studies side by side."""
        return _send_json(keeping.answer_compare(self._library, parameters))

    def openapi(self, request: Request, parameters: Parameters) -> Response:
        """The description for programs."""
        return Response(document.write_document(), media_type=forms.JSON)

    def page(self, request: Request, parameters: Parameters) -> Response:
        """The description for people."""
        return HTMLResponse(render_api_page(document.make_document()))


# The feed of a library that knows nothing yet was never updated; Atom wants a date all the same.
NEVER = "1970-01-01T00:00:00+00:00"


def parameters_of_feeds() -> frozenset[str]:
    """The parameters that say what a feed is like, not which studies it follows."""
    return get_endpoint("feed").known - WHICH


def view_saved(saved: SavedSearch) -> SavedLine:
    """A saved search with its addresses."""
    feed = f"{BASE}/saved/{saved.name}/feed"
    return SavedLine(
        name=saved.name,
        query=saved.query,
        saved_at=saved.saved_at,
        search_url=f"{BASE}/search?{saved.query}",
        atom_url=f"{feed}?format=atom",
        json_feed_url=f"{feed}?format=json",
    )


def _send_written(request: Request, feed: feeds.Feed, form: str) -> Response:
    body, media_type = feeds.write_feed(feed, form)
    return send(request, body, media_type, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


def _send_json(answer: Any) -> Response:
    return Response(msgspec.json.encode(answer), media_type=forms.JSON)


def _send_of_person(answer: Any) -> Response:
    return Response(msgspec.json.encode(answer), media_type=forms.JSON, headers={"cache-control": "no-store"})


def show_nothing(request: Request) -> Response:
    """There is no such address."""
    raise ApiError(f"There is nothing at {quote(request.url.path)}", 404)


def _make_sent_route(api: OwnApi, endpoint: Endpoint) -> Route:
    """The route of what is sent by POST, whose body is read before a thread takes it."""
    answer: Callable[[Request, bytes], Response] = getattr(api, endpoint.operation)

    async def read_and_answer(request: Request) -> Response:
        try:
            Parameters(request.scope["query_string"], endpoint.known)
            body = await read_body(request, most_bytes=screening.MOST_BYTES)
        except TrialbookError as error:
            return refuse(error)
        with keep_told_out_of_logs():
            return await run_guarded(lambda each: answer(each, body), request)

    return Route(
        BASE + endpoint.path.replace("{nctId}", "{nct_id:path}"), read_and_answer, methods=[endpoint.method]
    )


def _make_route(api: OwnApi, endpoint: Endpoint) -> Route:
    if endpoint.takes:
        return _make_sent_route(api, endpoint)
    answer: Callable[[Request, Parameters], Response] = getattr(api, endpoint.operation)

    def read_and_answer(request: Request) -> Response:
        return answer(request, Parameters(request.scope["query_string"], endpoint.known))

    # Ids of other registries may have slashes in them.
    path = endpoint.path.replace("{nctId}", "{nct_id:path}")
    return Route(BASE + path, guard(read_and_answer), methods=["GET"])


def make_routes(library: Library, turns: Turns) -> list[Route]:
    """The addresses of our own API for the application of one library."""
    api = OwnApi(library, turns)
    return [
        *(_make_route(api, endpoint) for endpoint in ENDPOINTS),
        Route(BASE + "/{rest:path}", guard(show_nothing), methods=["GET"]),
    ]
