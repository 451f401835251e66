"""What is fed: readers of files, all that is made of a record, the query language, searches, addresses, criteria.

A target takes bytes and returns; whatever it raises is a failure. What Trialbook raises on purpose, it takes.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import fromstring

import msgspec

from trialbook.changes.history import Comparison, HistoryLine, compare_records, summarise_pair
from trialbook.changes.outcomes import note_outcome_switching
from trialbook.derived.field_statistics import StatisticsBuilder
from trialbook.eligibility.describe import describe_tree
from trialbook.eligibility.parse import parse_criteria
from trialbook.eligibility.segments import cut_segments
from trialbook.eligibility.tree import iter_nodes
from trialbook.errors import SourceFormatError, TrialbookError
from trialbook.export import references
from trialbook.export.aact.files import make_rows
from trialbook.export.csv_table import choose_columns, write_table
from trialbook.export.excel import write_excel_csv, write_workbook
from trialbook.export.fhir import make_bundle
from trialbook.export.forms import cut, write_line
from trialbook.export.legacy_xml.record import write_legacy_xml
from trialbook.export.parquet import write_parquet
from trialbook.export.projection import select_fields
from trialbook.export.ris import choose_tags, write_reference
from trialbook.export.typed_table import TYPED
from trialbook.library import Library
from trialbook.library.hits import find_hit_facts
from trialbook.model import encode_study, parse_study
from trialbook.pages import render_diff_page, render_history_page, render_study_page, render_study_text
from trialbook.pages.history_page import view_comparison, view_history, view_history_page
from trialbook.related.decode import decode_compared
from trialbook.related.profile import count_terms, list_learnable
from trialbook.related.traits import read_traits
from trialbook.search.engine.engine import SearchRequest
from trialbook.search.engine.snippets import find_passages
from trialbook.search.index.document import build_document
from trialbook.search.language.parse import parse_query
from trialbook.search.language.render import render_query
from trialbook.search.language.syntax import Query
from trialbook.source.api_v2 import CheckedRecord, check_incoming
from trialbook.source.files import read_path
from trialbook.source.incoming import HistoryNotice, Incoming, Rejected
from trialbook.source.limits import MIB, Limits
from trialbook.store import Version
from trialbook.terms import get_thesaurus
from trialbook.web.app import make_app

Target = Callable[[bytes], None]
TODAY = date(2026, 1, 15)
LIMITS = Limits(max_record_bytes=8 * MIB)
# What `reject_unforeseen` begins with: contained for people, a failure here.
UNFORESEEN = "a reader failed"


class Unforeseen(Exception):
    """A reader failed in a way that it did not foresee."""


class Wrong(Exception):
    """An answer came, and it is not one that may come."""


def read_items(path: Path, data: bytes) -> Iterator[tuple[Incoming, CheckedRecord]]:
    """The records of a file of these bytes."""
    path.write_bytes(data)
    try:
        for item in read_path(path, limits=LIMITS):
            if isinstance(item, HistoryNotice):
                continue
            checked = check_incoming(item, LIMITS) if isinstance(item, Incoming) else item
            if isinstance(checked, Rejected):
                if UNFORESEEN in checked.reason:
                    raise Unforeseen(checked.reason)
                if not checked.reason or len(checked.reason) > 5_000:
                    raise Wrong(f"no sentence: {checked.reason[:100]!r}")
                continue
            assert isinstance(item, Incoming)
            yield item, checked
    except TrialbookError as error:
        if not str(error):
            raise Wrong("an error without a sentence") from error


def make_reader(folder: Path) -> Target:
    """Feeds the readers alone."""
    path = folder / "read"

    def read(data: bytes) -> None:
        for item, _ in read_items(path, data):
            assert item.received is not None

    return read


def make_outputs(folder: Path) -> Target:
    """Feeds the readers, and all that is made of a record with what they read."""
    path = folder / "shown"
    columns, tags, thesaurus = choose_columns([]), choose_tags([]), get_thesaurus()
    selection = select_fields(["NCTId", "BriefTitle", "Condition", "LocationCity", "ResultsSection"])
    before: dict[str, Any] = {}
    turn = itertools.count()

    def show(data: bytes) -> None:
        for number, (item, checked) in enumerate(read_items(path, data)):
            if number == 3:
                return
            body, record = item.body, checked.record
            try:
                study = parse_study(body)
            except SourceFormatError as error:
                raise Wrong(f"read, and yet no study: {error}") from error
            if msgspec.json.decode(encode_study(study)) is None:
                raise Wrong("nothing left of the record")
            html = render_study_page(study, today=TODAY)
            if "</html>" not in html:
                raise Wrong("a page without end")
            render_study_text(study, today=TODAY).encode()
            for line in (write_line(body), cut(body, selection), cut(body, None, is_legacy=True)):
                msgspec.json.decode(line)
            write_table([record], columns, is_header_due=True).encode()
            msgspec.json.encode(make_bundle(record))
            write_reference(record, tags).encode()
            references.write_reference(record).encode()
            b"".join(write_excel_csv([record], columns))
            fromstring(write_legacy_xml(record))
            for _ in make_rows(record, Counter()).iter_values():
                pass
            msgspec.json.encode(find_hit_facts(record, checked.nct_id, TODAY))
            build_document(checked.nct_id, record, names=thesaurus.known_names)
            find_passages(record, ("heart", "study"))
            list_learnable(count_terms(read_traits(decode_compared(body), thesaurus)))
            show_difference(checked, before, item.format)
            shown = next(turn)
            if shown % 8 == 0:  # these take as long as all others together
                for _ in write_parquet([record], list(TYPED)):
                    pass
                for _ in write_workbook([record], columns):
                    pass
                counted = StatisticsBuilder()
                counted.add(checked.nct_id, record, len(body))
                msgspec.json.encode(counted.finish("", 0))
            before.clear()
            before.update(record)

    return show


def show_difference(checked: CheckedRecord, other: dict[str, Any], form: str) -> None:
    """The history and the comparison of a record and another version of it."""
    old, new = (
        Version(
            n, checked.nct_id, n, checked.version_date, "2026-01-15T00:00:00+00:00", "", "x", form, n == 2
        )
        for n in (1, 2)
    )
    summary = summarise_pair(other, checked.record, before_format="api_v2", after_format=form)
    lines = (HistoryLine(old, ()), HistoryLine(new, summary))
    changes = compare_records(other, checked.record, before_format="api_v2", after_format=form)
    switching = note_outcome_switching(changes, other, checked.record)
    comparison = Comparison(checked.nct_id, old, new, switching.changes, switching.warnings)
    comparison.write().encode()
    comparison.write(as_json=True).encode()
    render_diff_page(view_comparison(comparison, "A title", lines)).encode()
    history = view_history(checked.nct_id, lines, shown=new)
    render_history_page(view_history_page(checked.nct_id, "A title", history)).encode()


def read_query(data: bytes) -> Query | None:
    """A query that has a normal form; None where the language refuses the text."""
    try:
        query = parse_query(data.decode("utf-8", "surrogateescape"))
    except TrialbookError as error:
        str(error).encode()
        return None
    written = render_query(query)
    if render_query(parse_query(written)) != written:
        raise Wrong(f"no normal form: {written[:200]!r}")
    return query


def make_grammar(folder: Path) -> Target:
    """Feeds the query language: read, and in normal form; thousands in a second."""

    def ask(data: bytes) -> None:
        read_query(data)

    return ask


def make_queries(home: Path) -> Target:
    """Feeds searches: read, in normal form, searched."""
    engine = Library(home).engine

    def ask(data: bytes) -> None:
        query = read_query(data)
        if query is None:
            return
        text = data.decode("utf-8", "surrogateescape")
        try:
            found = engine.search(SearchRequest(queries=(query,), limit=3))
            engine.search(SearchRequest(filters=(query,), limit=3))
        except TrialbookError:
            return
        msgspec.json.encode(found)
        if not found.total:
            engine.suggest(text)

    return ask


def make_addresses(home: Path) -> Target:
    """Feeds all addresses of the site and of both APIs, through the whole application."""
    app = make_app(home)
    loop = asyncio.new_event_loop()

    async def request(path: str, query: bytes) -> int:
        status, is_asked = 0, False

        async def send(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                for name, value in message["headers"]:
                    if b"\n" in name + value or b"\r" in name + value:
                        raise Wrong("a header of several lines")

        async def receive() -> Any:
            nonlocal is_asked
            if is_asked:  # whoever waits for the end of the connection waits for good
                await asyncio.Event().wait()
            is_asked = True
            return {"type": "http.request", "body": b"", "more_body": False}

        scope = {
            "type": "http", "method": "GET", "path": path, "raw_path": path.encode("utf-8", "replace"),
            "root_path": "", "query_string": query, "scheme": "http", "http_version": "1.1",
            "headers": [(b"host", b"localhost")], "server": ("localhost", 80), "client": ("127.0.0.1", 1),
        }  # fmt: skip
        await app(scope, receive, send)
        return status

    def ask(data: bytes) -> None:
        path, _, query = data.partition(b"?")
        text = "/" + unquote(path.decode("latin-1")).lstrip("/")
        status = loop.run_until_complete(request(text, query))
        if not 200 <= status < 500 and status != 501:
            raise Wrong(f"answered with {status}")

    return ask


def make_criteria(folder: Path) -> Target:
    """Feeds eligibility texts: cut into segments, parsed, described; each node over words of its own criterion."""

    def ask(data: bytes) -> None:
        text = data.decode("utf-8", "replace")
        if "".join(text[each.start : each.end] for each in cut_segments(text)) != text:
            raise Wrong("segments that are not the text")
        for criterion in parse_criteria(text):
            if text[criterion.start : criterion.end] != criterion.text:
                raise Wrong("a criterion that is not where it says")
            for node in iter_nodes(criterion.tree):
                if not criterion.start <= node.span.start <= node.span.end <= criterion.end:
                    raise Wrong(f"a {node.type} outside its criterion")
            describe_tree(criterion.tree, text)

    return ask


MAKERS: dict[str, Callable[[Path], Target]] = {
    "readers": make_reader,
    "outputs": make_outputs,
    "grammar": make_grammar,
    "queries": make_queries,
    "addresses": make_addresses,
    "criteria": make_criteria,
}
