"""The quick ways in which documents are cut give what the index's own way gives."""

from __future__ import annotations

import pytest

from trialbook.terms.text import (
    cut_all,
    cut_quickly,
    cut_words,
    drop_possessives,
    get_splitter,
    join_compounds,
)

TEXTS = (
    "",
    "UC-MSCs in COVID-19: a Phase-2/3 study_of IL-6",
    "tabs\tand\nlines\x1cand_underscores, 3.5mg/ml (b)",
    "Ménière façade ≥ 5 µg - Straße-ähnlich",
    "ὄνομα, 日本語 and (中文)-text",
    "- -a b- a--b x-y-z-w-v 1-2\u00a03-4",
)


@pytest.mark.parametrize("text", TEXTS)
def test_quickly_cut_words_are_those_of_the_index_in_their_order(text: str) -> None:
    assert cut_quickly(text) == cut_words(text)


def test_a_run_too_long_to_remember_gives_its_compounds_too() -> None:
    run = "IL-6/" * 20
    assert join_compounds(run) == ["IL6"] * 20


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("UC-MSCs\nin COVID-19-like, (IL-6)", ["UCMSCs", "COVID19like", "IL6"]),
        ("- -a b- a--b x-y-z-w-v", []),
        ("1-2\u00a03-4", ["12", "34"]),
        ("no compound here", []),
    ],
)
def test_compounds_are_found_between_any_blanks(text: str, expected: list[str]) -> None:
    assert join_compounds(text) == expected


def test_texts_cut_together_are_parted_as_the_index_parts_them() -> None:
    texts = [*TEXTS, "a" * 99 + " kept", "a" * 100 + " dropped", "é" * 60 + " dropped too"]
    for together in (texts, [*texts, "a\0nul\x1e-parts\u00a0words"], [], [""]):
        cut = cut_all(together)
        assert [get_splitter().analyze(text) for text in cut] == [cut_words(text) for text in together]


def test_a_possessive_needs_a_letter_before_it_and_none_behind() -> None:
    assert drop_possessives("dogs' 'S x'sy 's O’S's (a)'s _'s") == "dogs' 'S x'sy 's O (a)'s _"
