"""Two spellings of one phrase get one key, two meanings do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialbook.terms.phrase_key import fold_words, iterate_words, make_key, turn_round


def key(text: str) -> str:
    return make_key(fold_words(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Infarction, Myocardial", "myocardial infarctions"),
        ("Diabetes Mellitus, Type 2", "type II diabetes mellitus"),
        ("Type2 diabetes", "diabetes, type-2"),
        ("Sjögren's Syndrome", "Sjogren syndrome"),
        ("Alzheimer’s disease", "Alzheimers Disease"),
        ("oesophageal tumours", "esophageal tumor"),
        ("leukaemia", "Leukemias"),
        ("cancer of the breast", "breast cancer"),
        ("COVID-19", "covid19"),
        ("BAY 63-2521", "BAY63-2521"),
    ],
)
def test_spellings_of_one_phrase_share_a_key(one: str, other: str) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("T1DM", "T-DM1"),
        ("vitamin A", "vitamin"),
        ("type 1 diabetes", "type 2 diabetes"),
        ("hypertension", "hypotension"),
        ("heart failure", "heart failure with stroke"),
        ("pulmonary hypertension", "hypertension and pulmonary"),
    ],
)
def test_different_meanings_keep_different_keys(one: str, other: str) -> None:
    assert key(one) != key(other)


@pytest.mark.parametrize(
    ("heading", "spoken"),
    [
        ("Infarction, Myocardial", "Myocardial Infarction"),
        ("Carcinoma, Non-Small-Cell Lung", "Non-Small-Cell Lung Carcinoma"),
        ("Leukemia, Lymphocytic, Chronic, B-Cell", "B-Cell Chronic Lymphocytic Leukemia"),
        ("abacavir, lamivudine, and zidovudine", "abacavir, lamivudine, and zidovudine"),
        ("1,2-dimethyl something, 3", "1,2-dimethyl something, 3"),
        ("Stroke", "Stroke"),
    ],
)
def test_inverted_headings_are_turned_round(heading: str, spoken: str) -> None:
    assert turn_round(heading) == spoken


@given(st.text(max_size=200))
def test_spans_point_at_the_words_and_never_overlap(text: str) -> None:
    end = 0
    for word, start, stop in iterate_words(text):
        assert word
        assert end <= start < stop <= len(text)
        end = stop


@given(st.lists(st.sampled_from(["heart", "Failure", "chronic", "of", "lungs"]), min_size=1, max_size=6))
def test_order_and_case_never_change_the_key(words: list[str]) -> None:
    assert key(" ".join(words)) == key(" ".join(reversed(words)).upper())


def test_a_very_long_word_is_cut_and_not_remembered() -> None:
    words = fold_words("x" * 100_000)
    assert [len(word) for word in words] == [48]
