"""What is reported of a search that was asked on the search page, and in which forms?"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from trialbook.ask.form import Fields, get_boxes, get_text, read_fields, read_form
from trialbook.ask.told import tell_asked
from trialbook.library import Library
from trialbook.library.search_report import SearchReport, make_search_report
from trialbook.pages import render_report_page
from trialbook.pages.report_page import ReportItem, ReportView
from trialbook.web.search_filters import list_items, write_query, write_url
from trialbook.web.search_place import read_typed_place

PATH = "/report"


def write_report_url(fields: Fields, form: str = "") -> str:
    """The address of the report of what a form asks; `form` is "", "txt" or "json"."""
    return f"{PATH}{'.' if form else ''}{form}?{write_query(list_items(fields, without=('page', 'view', 'col')))}"


def find_report(library: Library, fields: Fields) -> SearchReport:
    """The report of what a form asks; raises QueryError."""
    read = read_typed_place(library, fields)
    request = read_form(read, library.find_place)
    asked = tell_asked(get_text(read, "q"), get_boxes(read), read_fields(read), as_of=request.as_of)
    address = write_url(list_items(fields, without=("page", "view", "col")))
    return make_search_report(library, request, asked=asked, site_url=address)


def send_report(library: Library, request: Request) -> Response:
    """The report as a page, plain text or JSON, by the end of the path."""
    given = request.query_params
    fields = {name: given.getlist(name) for name in given}
    report = find_report(library, fields)
    form = request.url.path.removeprefix(PATH).removeprefix(".")
    if form:
        headers = {"content-disposition": f'attachment; filename="search-report.{form}"'}
        if form == "json":
            return Response(report.to_json(), media_type="application/json", headers=headers)
        return PlainTextResponse(report.write(), headers=headers)
    view = ReportView(
        total=report.total,
        query=report.query,
        facts=report.facts,
        items=tuple(ReportItem(each.number, each.name, each.words, each.is_left) for each in report.items),
        answer_url=write_url(list_items(fields)),
        text_url=write_report_url(fields, "txt"),
        json_url=write_report_url(fields, "json"),
    )
    return HTMLResponse(render_report_page(view))
