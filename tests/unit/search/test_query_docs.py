"""The page on the query language shows queries that parse, normal forms and messages that are so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from trialbook.errors import QueryError
from trialbook.search.query.parse import parse_query
from trialbook.search.query.render import render_query
from trialbook.search.query.scanner import MAX_DEPTH, MAX_LENGTH, MAX_SOURCES

PAGE = (Path(__file__).parents[3] / "docs" / "query-language.md").read_text(encoding="utf-8")
QUERIES = [
    line for block in re.findall(r"```query\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()
]
ROWS = re.findall(r"^\| `([^`]*)` \| `([^`]*)` \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("text", QUERIES)
def test_query_on_the_page_parses(text: str) -> None:
    parse_query(text)


def test_the_page_shows_queries() -> None:
    assert len(QUERIES) > 25
    assert len(ROWS) == 5


@pytest.mark.parametrize(("text", "normal"), ROWS)
def test_normal_form_on_the_page_is_so(text: str, normal: str) -> None:
    assert render_query(parse_query(text)) == normal


def test_message_on_the_page_is_so() -> None:
    with pytest.raises(QueryError) as caught:
        parse_query("AREA[Conditon]asthma", where="advanced filter")
    assert str(caught.value) in PAGE


def test_limits_on_the_page_are_so() -> None:
    limits = re.search(r"have ([\d,]+) characters, ([\d,]+) terms, .*? and (\d+) parentheses", PAGE)
    assert limits is not None
    assert [int(n.replace(",", "")) for n in limits.groups()] == [MAX_LENGTH, MAX_SOURCES, MAX_DEPTH]
