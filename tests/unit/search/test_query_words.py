"""Words fold together when a searcher means the same, and stay apart when not."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.naive.words import exact_words, folded_words

from trialbook.record.pieces import find_piece
from trialbook.search.engine.names import read_groups, read_whole
from trialbook.search.engine.record_check import has_written
from trialbook.terms import Mention, NamedMention, Synonym, SynonymKind
from trialbook.terms.folding import _FoldedChunks, fold_words, split_words
from trialbook.terms.known_names import NO_NAMES


@pytest.mark.parametrize(
    "forms",
    [
        ("virus", "viruses", "Virus’s"),
        ("disease", "diseases", "disease's", "diseases'"),
        ("biopsy", "biopsies"),
        ("diagnosis", "diagnoses"),
        ("metastasis", "metastases"),
        ("thrombosis", "thromboses"),
        ("analysis", "analyses"),
        ("dose", "doses"),
        ("cause", "causes"),
        ("mass", "masses"),
        ("headache", "headaches"),
        ("patch", "patches"),
        ("woman", "women", "WOMEN"),
        ("criterion", "criteria"),
        ("tumor", "tumour", "Tumours"),
        ("leukemia", "leukaemia", "leukaemias"),
        ("randomized", "randomised", "Randomised"),
        ("center", "centre", "centers", "centres"),
        ("fetal", "foetal"),
        ("Sjogren", "Sjögren", "SJÖGREN’S", "Sjo\u0308gren"),
        ("follow-up", "follow up", "Follow–Up"),
        ("O'Brien", "O’Brien", "obrien"),
        ("allogenic", "allogeneic", "Allogeneic"),
        ("xenogenic", "xenogeneic"),
        ("Humira", "Humira™", "HUMIRA®", "Humira℠"),
        ("5 mg", "5™ mg"),
        ("Straße", "STRASSE"),
        ("fibrosis", "ﬁbrosis"),
        ("µg", "μg"),
    ],
)
def test_forms_that_mean_the_same_fold_alike(forms: tuple[str, ...]) -> None:
    assert len({tuple(fold_words(form)) for form in forms}) == 1


@pytest.mark.parametrize(
    "word",
    ["diabetes", "sepsis", "virus", "pancreas", "lupus", "herpes", "series", "bias", "pelvis", "aids", "sars",
     "rabies", "species", "bypass", "lens", "gas", "stress", "arthritis", "mers", "als", "hiv"],
)  # fmt: skip
def test_words_that_only_look_plural_stay_whole(word: str) -> None:
    assert fold_words(word) == [word]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("AIDS", "aid"),
        ("SARS", "sar"),
        ("mg", "g"),
        ("il-1", "il-10"),
        ("0.5", "5"),
        ("genetic", "genic"),
        ("homogeneity", "homogenity"),
    ],
)
def test_different_meanings_stay_apart(one: str, other: str) -> None:
    assert fold_words(one) != fold_words(other)


def test_punctuation_separates_and_decimals_hold() -> None:
    assert fold_words("CD34+/CD45- 2.5mg (n=10), e.g. x_y") == [
        "cd34", "cd45", "2.5", "mg", "n", "10", "e", "g", "x", "y"
    ]  # fmt: skip
    assert fold_words(" \n-+'’ ") == []


def test_exact_words_keep_case_accents_and_hyphens() -> None:
    assert split_words("Sjögren's anti-PD1, (SLE). v1.2-") == ["Sjögren's", "anti-PD1", "SLE", "v1.2"]


@pytest.mark.parametrize(
    "text",
    [
        "Lung cancer", "lung, cancer", "lung-cancer", "lung - cancer", "lung\n(cancer)", "small-lung cancer",
        "lung cancer's", "lung cancer’s x", "lung cancer.", "lung.cancer", "'lung cancer'", "xlung cancer",
        "lung cancers lung cancer", "lung--cancer", "-lung cancer-", "a.lung cancer", "lung 'cancer", "lung’ cancer",
        "lung_cancer", "_lung cancer", "lunglung cancer", "lung", "lung lung cancer cancer", "lung cancer-x lung",
    ],
)  # fmt: skip
def test_words_as_written_are_found_where_cutting_the_text_gives_them(text: str) -> None:
    title = find_piece("BriefTitle")
    assert title is not None
    for words in (["lung", "cancer"], ["lung"], ["cancer"], ["lung-cancer"], ["lung.cancer"], ["cancer’s"]):
        cut = exact_words(text)
        runs = [cut[at : at + len(words)] for at in range(len(cut))]
        assert has_written(title, text, words, "Contains") is (words in runs), words
        assert has_written(title, text, words, "FullMatch") is (cut == words), words


def test_text_that_cannot_be_encoded_is_folded_all_the_same() -> None:
    assert fold_words("a \ud800 heart") == ["a", "heart"]


class HeartNames:
    """Knows a heart attack by names of which only one says more than a part of these words."""

    known_names = NO_NAMES

    def expand(self, query: str) -> tuple[NamedMention, ...]:
        return (NamedMention(Mention(0, len("heart attack"), "heart attack", ()), self.find_synonyms(query)),)

    def find_synonyms(self, phrase: str) -> tuple[Synonym, ...]:
        names = ("Attack", "Myocardial infarction", "HEART ATTACK", "myocardial-infarction", "")
        return tuple(Synonym(name, "", "", SynonymKind.SYNONYM) for name in names)


def test_a_name_that_says_no_more_than_a_part_of_the_words_is_not_searched_for() -> None:
    (group,) = read_groups("heart attack", HeartNames())
    for found in (group, read_whole("heart attack", HeartNames())):
        assert [name.text for name in found.names] == ["Myocardial infarction"]
    assert [group.words for group in read_groups("heart attack", None)] == [("heart",), ("attack",)]


def test_what_was_folded_before_is_kept_in_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trialbook.terms.folding._MOST_KEPT", 3)
    kept, most = _FoldedChunks(), 0
    for number in range(10):
        assert kept[f"x{number}-tumours"] == (f"x{number}", "tumor")
        most = max(most, len(kept))
    assert most == 3


def texts_of(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts_of(inner)


def test_both_implementations_agree_on_every_word_of_real_records(shared_data: Path) -> None:
    chunks = set()
    with gzip.open(shared_data / "ctgov" / "records.jsonl.gz") as lines:
        for number, line in enumerate(lines):
            if number % 12 == 0:
                chunks |= {chunk for text in texts_of(json.loads(line)) for chunk in text.split()}
    assert len(chunks) > 20_000
    assert [chunk for chunk in chunks if fold_words(chunk) != folded_words(chunk)] == []
    assert [chunk for chunk in chunks if split_words(chunk) != exact_words(chunk)] == []
