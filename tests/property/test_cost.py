"""What is twice as long costs about twice as much, whatever its shape: memory and work, from reading to the page.

Work is counted in calls of functions, not in seconds: a busy machine counts the same as an idle one.
"""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trialbook.errors import TrialbookError
from trialbook.model import parse_study
from trialbook.pages import render_study_page, render_study_text
from trialbook.record.pieces import Piece, get_pieces
from trialbook.search.index.document import build_document
from trialbook.search.language.parse import parse_query
from trialbook.search.language.render import render_query
from trialbook.source.api_v2 import check_record

TODAY = date(2026, 1, 15)
MOST_GROWTH = 2.5
# Below these, what is there once (caches, buffers, a frame of a page) outweighs what grows.
LEAST_BYTES, LEAST_CALLS = 2_000_000, 20_000
FRAGMENTS = [
    "<ul><li>", "<ol><li>a</li>", "</li></ul>", "* a\n", "  * a\n", "   1. b\n", "1. ", "\n\n", "a ", "a\n", "\\", "\\[",
    "&lt;", "&amp;", "&", "<", "<b>", "**", "_", "*", "[a](b)", "[", "](", "http://a.b/c ", "(", "((a) ", "Inclusion Criteria:\n",
    "Exclusion Criteria: ", "> ", "# ", "`", "|", "é", "肝", "\U0001f9ea", "NCT00000001 ", "a-b-c ", "\u00a0", "\t", ": ", "; ",
    "18 Years ", "- ", "--", "=", "~", "^",
]  # fmt: skip
QUERY_FRAGMENTS = [
    "a ", "(", ")", "a OR ", "a AND ", "NOT ", '"', '"a b" ', "AREA[Phase]", "AREA[Condition]a ", "EXPANSION[None]",
    "COVER[FullMatch]", "SEARCH[Location](", "RANGE[1, 2] ", "AREA[StartDate]RANGE[2020, MAX] OR ", "\\", "[", "]", "ALL ",
    "MISSING ", "TILT[StartDate]", "a-b ", "é", ",", ":", "heart attack ",
]  # fmt: skip


@dataclass
class Cost:
    """What one run took: the most memory at a time, and how many functions were called."""

    peak_bytes: int
    calls: int


def measure(work: Callable[[], object]) -> Cost:
    """What a piece of work costs."""
    calls = 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event.endswith("call")

    gc.collect()
    tracemalloc.start()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return Cost(peak, calls)


def assert_in_proportion(make: Callable[[int], Callable[[], object]], size: int) -> None:
    """Twice the size costs no more than `MOST_GROWTH` times as much."""
    once, twice = measure(make(size)), measure(make(2 * size))
    for name, least in (("peak_bytes", LEAST_BYTES), ("calls", LEAST_CALLS)):
        first, second = getattr(once, name), getattr(twice, name)
        assert second <= max(first, least) * MOST_GROWTH, (name, once, twice)


def read_and_show(body: bytes) -> Callable[[], object]:
    """From the bytes of a record to its document in the index and its pages; refusals are answers."""

    def work() -> None:
        try:
            record = check_record(body)
        except TrialbookError:
            return
        build_document("NCT00000001", record)
        study = parse_study(body)
        render_study_page(study, today=TODAY)
        render_study_text(study, today=TODAY)

    return work


def put(path: tuple[str, ...], value: Any, *, repeated: int = 1) -> bytes:
    """A record in which a value stands at a path; of the innermost list on the way, so many items of it."""
    lists, left = find_lists(), repeated
    for length in range(len(path), 0, -1):
        if ".".join(path[:length]) in lists:
            value, left = [value] * left, 1
        value = {path[length - 1]: value}
    record = {"protocolSection": {"identificationModule": {"nctId": "NCT00000001"}}}
    return msgspec.json.encode(_merge(record, value))


def _merge(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    both = {**first, **second}
    for key in first.keys() & second.keys():
        if isinstance(first[key], dict) and isinstance(second[key], dict):
            both[key] = _merge(first[key], second[key])
    return both


def find_texts() -> list[Piece]:
    """Every text of a record."""
    return [
        each
        for each in get_pieces().values()
        if each.kind == "text" and not each.derive and each.name != "NCTId"
    ]


@cache
def find_lists() -> frozenset[str]:
    """The paths of all lists, of texts and of structures."""
    return frozenset(each.path for each in get_pieces().values() if each.type.endswith("[]"))


def find_listed_texts() -> list[Piece]:
    """Every text in a list, or in something that stands in one."""
    return [
        each
        for each in find_texts()
        if any(".".join(each.keys[:length]) in find_lists() for length in range(1, len(each.keys) + 1))
    ]


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """What is made once (templates, tables) is made before anything is measured."""
    read_and_show(put(("protocolSection", "descriptionModule", "briefSummary"), "* a\n" * 10))()
    render_query(parse_query("a AND (b OR AREA[Phase]PHASE2)"))


def hurried(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


texts = st.sampled_from(find_texts())
listed_texts = st.sampled_from(find_listed_texts())
fragments = st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=3).map("".join)
query_fragments = st.lists(st.sampled_from(QUERY_FRAGMENTS), min_size=1, max_size=3).map("".join)


def check_text(piece: Piece, fragment: str, size: int) -> None:
    assert_in_proportion(
        lambda count: read_and_show(put(piece.keys, fragment * count)), size // len(fragment)
    )


def check_list(piece: Piece, fragment: str, size: int) -> None:
    assert_in_proportion(lambda count: read_and_show(put(piece.keys, fragment, repeated=count)), size)


def check_query(fragment: str, size: int) -> None:
    def make(count: int) -> Callable[[], object]:
        text = fragment * count

        def work() -> None:
            try:
                render_query(parse_query(text))
            except TrialbookError:
                return

        return work

    assert_in_proportion(make, size // len(fragment))


@hurried(4)
@given(texts, fragments)
def test_a_text_of_one_piece_over_and_over(piece: Piece, fragment: str) -> None:
    check_text(piece, fragment, 5_000)


@hurried(4)
@given(listed_texts, fragments)
def test_many_items_of_one_list(piece: Piece, fragment: str) -> None:
    check_list(piece, fragment, 100)


@hurried(6)
@given(query_fragments)
def test_a_query_of_one_piece_over_and_over(fragment: str) -> None:
    check_query(fragment, 2_500)


@pytest.mark.slow
@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_each_piece_of_markup_in_the_text_with_most_markup(fragment: str) -> None:
    check_text(get_pieces()["EligibilityCriteria"], fragment, 16_000)


@pytest.mark.parametrize("levels", [20, 60])
def test_what_is_nested(levels: int) -> None:
    def make(count: int) -> Callable[[], object]:
        value: Any = "x" * 100
        for number in range(count):
            value = [value] * 2 if number < 3 else {"a": value} if number % 2 else [value]
        return read_and_show(put(("protocolSection", "descriptionModule", "unknown"), value))

    assert_in_proportion(make, levels)


@pytest.mark.slow
@hurried(60)
@given(texts, fragments)
def test_a_long_text_of_one_piece_over_and_over(piece: Piece, fragment: str) -> None:
    check_text(piece, fragment, 20_000)


@pytest.mark.slow
@hurried(40)
@given(listed_texts, fragments)
def test_very_many_items_of_one_list(piece: Piece, fragment: str) -> None:
    check_list(piece, fragment, 1_000)


@pytest.mark.slow
@hurried(80)
@given(query_fragments)
def test_a_long_query_of_one_piece_over_and_over(fragment: str) -> None:
    check_query(fragment, 12_000)


def test_what_costs_more_than_its_size_is_seen() -> None:
    def make(count: int) -> Callable[[], object]:
        return lambda: [bytes(count) for _ in range(count)]

    with pytest.raises(AssertionError, match="peak_bytes"):
        assert_in_proportion(make, 3_000)
