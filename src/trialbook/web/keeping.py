"""What do the pages of lists, saved searches, news and comparisons answer, and what may their forms change?

Nothing is changed by an address that is opened: what changes something is sent by a form of a page of this
site, and the answer leads on to a page.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from trialbook.ask.query_string import describe_query, normalise_query, write_site_url
from trialbook.errors import NotFoundError, QueryError, StoreReadOnlyError, TrialbookError, UsageError
from trialbook.library import Library
from trialbook.library.keeping import Watched
from trialbook.library.kept import find_refusal, make_name
from trialbook.library.lists import MOST_STUDIES, write_shared
from trialbook.library.news import News
from trialbook.library.news_words import cut_text, write_lines, write_title
from trialbook.pages.api_page import SavedView, render_saved_page
from trialbook.pages.contents import Hit
from trialbook.pages.keeping_page import (
    EntryView,
    ListLink,
    ListView,
    ToldView,
    WatchedView,
    render_add_page,
    render_compare_page,
    render_list_page,
    render_lists_page,
    render_news_page,
    render_save_page,
)
from trialbook.record.ids import find_nct_id
from trialbook.record.links import study_url
from trialbook.search.engine.engine import SearchRequest
from trialbook.web.own_api.endpoints import BASE
from trialbook.web.own_api.routes import view_saved
from trialbook.web.posted import check_own_page, read_form
from trialbook.web.search_hits import view_hits
from trialbook.web.search_page import DOWNLOADS

Fields = Mapping[str, Sequence[str]]
STUDIES_AT_ONCE = 50
LINES_SHOWN, LONGEST_LINE = 8, 300
NEWS_SHOWN = 50
# A browser's and a server's bounds of an address leave so many characters.
LONGEST_SHARED = 7_500
SERVED_READ_ONLY = (
    "This site is served for reading alone, so nothing can be saved here. Whoever serves it can allow it:"
    " trialbook serve --writing yes. On the machine itself, trialbook list and trialbook saved do the same."
)


class Keeping:
    """The pages and forms of what is kept in one library; `is_read_only` where its forms may change nothing."""

    def __init__(self, library: Library, *, is_read_only: bool) -> None:
        self._library, self._is_read_only = library, is_read_only

    def _find_refusal(self) -> str:
        return SERVED_READ_ONLY if self._is_read_only else find_refusal(self._library.home)

    # Pages.

    def lists(self, request: Request) -> Response:
        """All lists."""
        return HTMLResponse(render_lists_page(self._link_lists(), refusal=self._find_refusal()))

    def _link_lists(self) -> list[ListLink]:
        return [
            ListLink(each.name, f"/lists/{each.name}", each.studies, each.made_at[:10])
            for each in self._library.find_lists()
        ]

    def one_list(self, request: Request) -> Response:
        """A list."""
        kept = self._library.get_list(request.path_params["name"])
        number, last = _read_page(request, len(kept.entries))
        window = kept.entries[(number - 1) * STUDIES_AT_ONCE : number * STUDIES_AT_ONCE]
        hits = self._find_hits([each.nct_id for each in window])
        own = f"{BASE}/lists/{kept.name}"
        share_url = f"/list?ids={quote(','.join(kept.nct_ids), safe=',')}"
        view = ListView(
            name=kept.name,
            entries=tuple(
                EntryView(
                    nct_id=each.nct_id, hit=hits.get(each.nct_id), note=each.note, added_at=each.added_at[:10]
                )
                for each in window
            ),
            total=len(kept.entries),
            refusal=self._find_refusal(),
            pages=tuple((each, "" if each == number else f"?page={each}") for each in range(1, last + 1)),
            downloads=tuple(
                (label, f"{own}/export?{urlencode({'format': form})}") for label, form in DOWNLOADS
            )
            if kept.entries
            else (),
            share_url=share_url if kept.entries and len(share_url) < LONGEST_SHARED else "",
            file_url=f"/lists/{kept.name}.list.json",
            feed_url=f"{own}/feed",
        )
        return HTMLResponse(render_list_page(view))

    def list_file(self, request: Request) -> Response:
        """A list as a file that another library takes."""
        kept = self._library.get_list(request.path_params["name"])
        headers = {"content-disposition": f'attachment; filename="{kept.name}.list.json"'}
        return Response(write_shared(kept), media_type="application/json", headers=headers)

    def shared_list(self, request: Request) -> Response:
        """The studies that an address names."""
        ids = [self._library.write_id(each) for each in _read_ids(request.query_params.getlist("ids"))]
        number, last = _read_page(request, len(ids))
        window = ids[(number - 1) * STUDIES_AT_ONCE : number * STUDIES_AT_ONCE]
        hits = self._find_hits(window)
        joined = quote(",".join(ids), safe=",")
        asked = {"filter.ids": ",".join(ids)}
        downloads = tuple(
            (label, f"{BASE}/export?{urlencode({**asked, 'format': form})}") for label, form in DOWNLOADS
        )
        view = ListView(
            name="",
            entries=tuple(EntryView(nct_id=each, hit=hits.get(each)) for each in window),
            total=len(ids),
            pages=tuple(
                (each, "" if each == number else f"?ids={joined}&page={each}") for each in range(1, last + 1)
            ),
            downloads=downloads if ids and all(map(find_nct_id, ids)) else (),
            ids=" ".join(ids),
        )
        return HTMLResponse(render_list_page(view))

    def add(self, request: Request) -> Response:
        """The form that puts studies on a list."""
        ids = [self._library.write_id(each) for each in _read_ids(request.query_params.getlist("ids"))]
        hits = self._find_hits(ids[:STUDIES_AT_ONCE])
        on = [set(self._library.find_lists_with(each)) for each in ids[:STUDIES_AT_ONCE] if each in hits]
        page = render_add_page(
            [EntryView(nct_id=each, hit=hits.get(each)) for each in ids],
            self._link_lists(),
            on=sorted(set.intersection(*on)) if on else [],
            refusal=self._find_refusal(),
        )
        return HTMLResponse(page)

    def _find_hits(self, nct_ids: Sequence[str]) -> dict[str, Hit]:
        return {each.nct_id: each for each in view_hits(self._library, nct_ids, SearchRequest(), ())}

    def compare(self, request: Request) -> Response:
        """Studies side by side."""
        ids = _read_ids(request.query_params.getlist("ids"))
        is_short = request.query_params.get("only", "") == "different"
        table, error = None, ""
        if len(ids) == 1:
            error = "Name at least one more study to set beside it."
        elif ids:
            try:
                table = self._library.set_side_by_side(*ids, as_of=request.query_params.get("as_of") or None)
            except TrialbookError as problem:
                error = str(problem)
        shown = [each.nct_id for each in table.studies] if table else ids
        which = [("ids", ",".join(shown))] + ([("as_of", table.as_of)] if table and table.as_of else [])
        other = [] if is_short else [("only", "different")]
        page = render_compare_page(
            table,
            ids=" ".join(shown),
            error=error,
            is_short=is_short,
            json_url=f"{BASE}/compare?{urlencode(which)}",
            other_url=f"/compare?{urlencode([*which, *other])}",
        )
        return HTMLResponse(page, status_code=400 if error and len(ids) != 1 else 200)

    def news(self, request: Request) -> Response:
        """What is new in what is kept."""
        name, last = request.query_params.get("list"), self._library.last_arrival
        told = self._library.find_watched(kind="list" if name else None, name=name or None, limit=NEWS_SHOWN)
        views = [self._view_watched(each) for each in told]
        return HTMLResponse(render_news_page(views, last=last, refusal=self._find_refusal()))

    def _view_watched(self, watched: Watched) -> WatchedView:
        is_list = watched.kind == "list"
        count = "Nothing new" if not watched.news else f"{len(watched.news):,} new or changed"
        return WatchedView(
            name=watched.name,
            what="list" if is_list else "saved search",
            url=f"/lists/{watched.name}" if is_list else self._write_search_url(watched.name),
            action=f"/lists/{watched.name}" if is_list else "/saved",
            since=watched.since[:10],
            count=count if watched.is_all else f"More than {len(watched.news):,} new or changed",
            news=tuple(map(_view_told, watched.news)),
            problem=watched.problem,
        )

    def _write_search_url(self, name: str) -> str:
        return write_site_url(self._library.get_saved(name).query, self._library.find_place)

    def saved(self, request: Request) -> Response:
        """The saved searches."""
        views = []
        for each in self._library.find_saved():
            told = view_saved(each)
            views.append(
                SavedView(
                    name=told.name,
                    query=told.query,
                    saved_at=told.saved_at,
                    search_url=told.search_url,
                    atom_url=told.atom_url,
                    json_feed_url=told.json_feed_url,
                    site_url=write_site_url(each.query, self._library.find_place),
                )
            )
        return HTMLResponse(render_saved_page(views, refusal=self._find_refusal()))

    def save(self, request: Request) -> Response:
        """The form that saves a search."""
        query = normalise_query(request.query_params.get("asked", ""), self._library.find_place)
        if not query:
            raise UsageError("a search needs something that it asks for")
        words = describe_query(query)
        try:
            name = make_name(words)[:40].strip("-")
        except UsageError:
            name = ""
        command = f"trialbook saved add {name or 'NAME'} --ask {shlex.quote(query)}"
        page = render_save_page(query, words, name=name, command=command, refusal=self._find_refusal())
        return HTMLResponse(page)

    # Forms.

    async def change_lists(self, request: Request) -> Response:
        """What a form of the pages of lists asks for."""
        return await self._change(request, self._change_lists)

    async def change_list(self, request: Request) -> Response:
        """What a form of the page of one list asks for."""
        return await self._change(request, self._change_list)

    async def change_saved(self, request: Request) -> Response:
        """What a form of the pages of saved searches asks for."""
        return await self._change(request, self._change_saved)

    async def _change(self, request: Request, change: Callable[[Request, Fields], str]) -> Response:
        check_own_page(request)
        if self._is_read_only:
            raise StoreReadOnlyError(SERVED_READ_ONLY)
        fields = await read_form(request)
        url = await run_in_threadpool(change, request, fields)
        return RedirectResponse(url, status_code=303)

    def _change_lists(self, request: Request, fields: Fields) -> str:
        do = _get(fields, "do")
        if do == "take":
            name = _get(fields, "name")
            text = "".join(fields.get("file", ())).encode(errors="replace")
            kept = self._library.take_list(text, name=make_name(name) if name else "")
            return f"/lists/{kept.name}"
        if do != "add":
            raise _refuse_word(do)
        new = _get(fields, "new")
        name = make_name(new) if new else _get(fields, "list")
        if not name:
            raise UsageError("choose a list, or name a new one")
        ids = _read_ids(fields.get("ids", ()))
        self._library.add_to_list(name, *ids, note=_get(fields, "note"))
        return f"/lists/{name}"

    def _change_list(self, request: Request, fields: Fields) -> str:
        name, do = request.path_params["name"], _get(fields, "do")
        own, nct_id = f"/lists/{quote(name)}", _get(fields, "id")
        if do == "note":
            self._library.note_in_list(name, nct_id, _get(fields, "note").replace("\r\n", "\n"))
            return f"{own}#{quote(nct_id, safe='')}"
        if do == "remove":
            self._library.remove_from_list(name, nct_id)
        elif do == "rename":
            new = make_name(_get(fields, "new"))
            self._library.rename_list(name, new)
            return f"/lists/{new}"
        elif do == "delete":
            self._library.delete_list(name)
            return "/lists"
        elif do == "seen":
            self._library.mark_seen("list", name, number=_read_number(fields))
            return "/news"
        else:
            raise _refuse_word(do)
        return own

    def _change_saved(self, request: Request, fields: Fields) -> str:
        name, do = _get(fields, "name"), _get(fields, "do")
        if do == "save":
            self._library.save_search(make_name(name), _get(fields, "asked"))
        elif do == "rename":
            self._library.rename_saved(name, make_name(_get(fields, "new")))
        elif do == "remove":
            self._library.remove_saved(name)
        elif do == "seen":
            self._library.mark_seen("search", name, number=_read_number(fields))
            return "/news"
        else:
            raise _refuse_word(do)
        return "/saved"


def _get(fields: Fields, name: str) -> str:
    return next(iter(fields.get(name, ())), "").strip()


def _refuse_word(do: str) -> UsageError:
    return UsageError(f"a form asks for {do[:40]!r}, which means nothing here")


def _read_number(fields: Fields) -> int | None:
    text = _get(fields, "number")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 15):
        raise UsageError(f"{text[:40]!r} is no number of a version")
    return int(text)


def _read_ids(texts: Sequence[str]) -> list[str]:
    """The ids in one or several fields, each once, in their order; raises UsageError for too many."""
    ids = list(dict.fromkeys(each for text in texts for each in re.split(r"[\s,;|]+", text) if each))
    if len(ids) > MOST_STUDIES:
        raise UsageError(f"a list holds up to {MOST_STUDIES:,} studies; these are {len(ids):,}")
    return ids


def _read_page(request: Request, total: int) -> tuple[int, int]:
    """The page that is asked for, and the last one."""
    last = max(1, -(-total // STUDIES_AT_ONCE))
    text = request.query_params.get("page", "") or "1"
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise QueryError(f"page is no number: {text[:40]!r}", hint="pages count from 1")
    if not 1 <= int(text) <= last:
        raise NotFoundError(f"there is no page {int(text)} of this list: it has {last}")
    return int(text), last


def _view_told(news: News) -> ToldView:
    lines = write_lines(news)
    shown = tuple(cut_text(" ".join(each.split()), LONGEST_LINE) for each in lines[:LINES_SHOWN])
    return ToldView(study_url(news.nct_id), write_title(news), shown, max(0, len(lines) - LINES_SHOWN))


def make_routes(library: Library, *, is_read_only: bool) -> list[Route]:
    """The addresses of what is kept, for the application of one library."""
    keeping = Keeping(library, is_read_only=is_read_only)
    return [
        Route("/lists", keeping.lists, methods=["GET"]),
        Route("/lists", keeping.change_lists, methods=["POST"]),
        Route("/add-to-list", keeping.add, methods=["GET"]),
        Route("/lists/{name}.list.json", keeping.list_file, methods=["GET"]),
        Route("/lists/{name}", keeping.one_list, methods=["GET"]),
        Route("/lists/{name}", keeping.change_list, methods=["POST"]),
        Route("/list", keeping.shared_list, methods=["GET"]),
        Route("/compare", keeping.compare, methods=["GET"]),
        Route("/news", keeping.news, methods=["GET"]),
        Route("/saved", keeping.saved, methods=["GET"]),
        Route("/saved", keeping.change_saved, methods=["POST"]),
        Route("/saved/new", keeping.save, methods=["GET"]),
    ]
