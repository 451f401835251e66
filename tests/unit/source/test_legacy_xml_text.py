"""The old XML's dates and wrapped, indented text come out as API v2 writes them."""

from __future__ import annotations

import json

import pytest

from trialbook.source.legacy.text import as_iso_date, as_markdown, escape_markdown, unwrap_block


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("February 8, 2019", "2019-02-08"),
        ("February 2019", "2019-02"),
        ("December 31,  1999", "1999-12-31"),
        ("12/2020", "2020-12"),
        ("2025", "2025"),
        ("Unknown", None),
        ("", None),
        ("Smarch 13, 2019", "Smarch 13, 2019"),
        ("soon", "soon"),
    ],
)
def test_dates_become_partial_dates_and_other_words_stay(text: str, expected: str | None) -> None:
    assert as_iso_date(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            r"a < b > c [d] *e* 10^3 ~f g_h I & J k|l \m",
            r"a \< b \> c \[d\] \*e\* 10\^3 \~f g\_h I \& J k\|l \\m",
        ),
        ("1. one", r"1\. one"),
        ("2) two", r"2\) two"),
        ("- three", r"\- three"),
        ("-3 is a number", "-3 is a number"),
        ("3.5 mg", "3.5 mg"),
        ("", ""),
    ],
)
def test_what_markdown_would_take_for_its_own_is_escaped(text: str, expected: str) -> None:
    assert escape_markdown(text) == expected


def test_each_line_of_a_short_text_is_a_paragraph_and_an_indented_line_goes_on() -> None:
    assert as_markdown("First,\r\n    and on.\nSecond.") == "First, and on.\n\nSecond."


NESTED = """
        Inclusion Criteria:

          -  Any of the following, as shown by an
             old record

               1. one

               2. two, with

                    -  deep

             A note on these.

         10. ten

        1. an unlisted number

        Exclusion Criteria:

          -  None
      """


def test_nested_lists_keep_their_depth() -> None:
    assert unwrap_block(NESTED).split("\n") == [
        "Inclusion Criteria:",
        "",
        "* Any of the following, as shown by an old record",
        "",
        "  1. one",
        "  2. two, with",
        "",
        "     * deep",
        "",
        "  A note on these.",
        "10. ten",
        "",
        "1\\. an unlisted number",
        "",
        "Exclusion Criteria:",
        "",
        "* None",
    ]


def test_windows_line_ends_and_missing_indentation_make_no_difference() -> None:
    assert unwrap_block(NESTED.replace("\n", "\r\n")) == unwrap_block(NESTED)
    assert unwrap_block("One paragraph") == "One paragraph"
    assert unwrap_block("\n   \n") == ""


def test_a_long_block_takes_no_time() -> None:
    block = "\n\n".join("  -  " + "x" * 50 for _ in range(20_000))
    assert unwrap_block(block).count("* ") == 20_000


def test_json_can_hold_every_result() -> None:
    assert json.loads(json.dumps(unwrap_block("\n  a\u2028b\n"))) == "a b"
