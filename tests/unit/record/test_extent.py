"""Lists of a giant record are cut to what a page or a document holds, and what is left out is counted by its place."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from trialbook.record.extent import (
    LONG_TEXT,
    MOST_CHARACTERS,
    MOST_ENTRIES,
    LeftOut,
    describe_left_out,
    may_have_long_lists,
    shorten_lists,
    shorten_texts,
)


def test_each_list_and_all_together_have_a_bound() -> None:
    record: dict[str, Any] = {"a": list(range(10)), "b": [{"c": [1, 2, 3]} for _ in range(4)], "d": "text"}
    assert shorten_lists(record, most=5, most_of_all=12) == (LeftOut("a", 5, 10), LeftOut("b.c", 9, 12))
    assert record == {
        "a": [0, 1, 2, 3, 4],
        "b": [{"c": [1, 2, 3]}, {"c": []}, {"c": []}, {"c": []}],
        "d": "text",
    }


@pytest.mark.parametrize("value", [[1, 2], [[1], [2]], [{"c": [None, "x"]}]])
def test_what_is_short_stays_as_it_is(value: list[Any]) -> None:
    record = {"a": value}
    assert shorten_lists(record) == ()
    assert record == {"a": value}


def test_many_lists_are_told_by_their_number() -> None:
    left_out = [LeftOut(f"protocolSection.m{number}", 1, 2) for number in range(8)]
    assert describe_left_out(left_out).endswith("1 of 2 entries of m4; parts of 3 more")


def test_a_text_without_end_says_where_it_was_cut_and_all_together_have_a_bound() -> None:
    record: dict[str, Any] = {
        "a": ["y" * LONG_TEXT, "x" * 3_000_000],
        "b": {f"c{n}": "z" * MOST_CHARACTERS for n in range(20)},
    }
    told = shorten_texts(record)
    assert {each.of for each in told} == {"characters"}
    assert record["a"][0] == "y" * LONG_TEXT
    assert record["a"][1].endswith("x … [cut here: 3,000,000 characters]")
    assert sum(map(len, record["b"].values())) < 17_000_000


@pytest.mark.parametrize(
    ("record", "may"),
    [
        ({"a": [0] * MOST_ENTRIES}, False),
        ({"a": [0] * (MOST_ENTRIES + 1)}, True),
        ({"a": [[0]] * (MOST_ENTRIES + 1)}, True),
        ({"a": "x,[" * 10}, False),
    ],
)
def test_what_has_a_list_to_cut_is_told_by_its_bytes(record: dict[str, Any], may: bool) -> None:
    body = msgspec.json.encode(record)
    assert may_have_long_lists(body) == may
    assert may or not shorten_lists(record)
