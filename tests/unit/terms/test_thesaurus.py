"""Phrases find their concept, concepts give the words worth adding, and texts give their mentions."""

from __future__ import annotations

import time

import pytest

from trialbook.terms import SynonymKind, Thesaurus


def texts(thesaurus: Thesaurus, phrase: str) -> list[str]:
    return [synonym.text for synonym in thesaurus.find_synonyms(phrase)]


@pytest.mark.parametrize(
    "phrase",
    [
        "brontal fever",
        "BRONTAL FEVERS",
        "Fever, Brontal",
        "brontal-fever",
        "mill coughs",
        "Brontal Fever (first episode)",
    ],
)
def test_any_spelling_finds_the_concept(small_thesaurus: Thesaurus, phrase: str) -> None:
    (concept,) = small_thesaurus.find_concepts(phrase)
    assert concept.concept_id == "mesh:Brontal Fever"
    assert concept.kind == "condition"
    assert concept.tree_numbers == ("C90.100",)


@pytest.mark.parametrize("phrase", ["", "   ", "?!", "unheard of", "yesterday", "x" * 5000, "brontal " * 100])
def test_unknown_phrases_find_nothing(small_thesaurus: Thesaurus, phrase: str) -> None:
    assert small_thesaurus.find_concepts(phrase) == ()
    assert small_thesaurus.find_synonyms(phrase) == ()


def test_synonyms_start_with_the_heading_and_leave_out_what_adds_nothing(small_thesaurus: Thesaurus) -> None:
    assert texts(small_thesaurus, "mill cough") == ["brontal fever", "BRF", "shared name"]
    assert texts(small_thesaurus, "brontal fever") == ["BRF", "shared name", "mill cough"]


def test_each_synonym_names_its_concept(small_thesaurus: Thesaurus) -> None:
    for synonym in small_thesaurus.find_synonyms("mill cough"):
        assert (synonym.concept_id, synonym.concept_name) == ("mesh:Brontal Fever", "Brontal Fever")


def test_limit_bounds_the_synonyms(small_thesaurus: Thesaurus) -> None:
    assert len(small_thesaurus.find_synonyms("mill cough", limit=1)) == 1


@pytest.mark.parametrize("phrase", ["bf", "Bf", "mf", "Mf"])
def test_short_abbreviations_in_small_letters_mean_nothing(small_thesaurus: Thesaurus, phrase: str) -> None:
    assert small_thesaurus.find_concepts(phrase) == ()


@pytest.mark.parametrize("phrase", ["BF", "MF", "BRF", "brf", "ZONA"])
def test_abbreviations_are_read_in_capitals_and_ours_in_any_case(
    small_thesaurus: Thesaurus, phrase: str
) -> None:
    assert [concept.name for concept in small_thesaurus.find_concepts(phrase)] == ["Brontal Fever"]


def test_a_name_of_two_concepts_gives_both(small_thesaurus: Thesaurus) -> None:
    assert [concept.name for concept in small_thesaurus.find_concepts("shared name")] == [
        "Brontal Fever",
        "Ague",
    ]


def test_brands_come_before_names_in_other_languages_and_formulas(small_thesaurus: Thesaurus) -> None:
    found = [(synonym.text, synonym.kind) for synonym in small_thesaurus.find_synonyms("morvastine")]
    assert found == [
        ("calmara", SynonymKind.BRAND),
        ("dolvan", SynonymKind.SYNONYM),
        ("2,4-dimorphyl", SynonymKind.SYNONYM),
        ("morvastinum", SynonymKind.SYNONYM),
    ]
    assert texts(small_thesaurus, "Calmara")[0] == "morvastine"


@pytest.mark.parametrize(
    ("phrase", "name"),
    [
        ("Plainol / Morvastine", "Morvastine and Plainol"),
        ("plainol-morvastine", "Morvastine and Plainol"),
        ("tertiol and plainol", "Plainol/Tertiol"),
    ],
)
def test_combinations_are_found_however_they_are_joined(
    small_thesaurus: Thesaurus, phrase: str, name: str
) -> None:
    assert [concept.name for concept in small_thesaurus.find_concepts(phrase)] == [name]


def test_markup_in_the_vocabulary_is_no_name(small_thesaurus: Thesaurus) -> None:
    assert small_thesaurus.find_concepts("infobox") == ()
    assert small_thesaurus.find_concepts("more") == ()


def test_narrower_concepts_come_nearest_first_and_stay_on_the_branch(small_thesaurus: Thesaurus) -> None:
    found = small_thesaurus.find_narrower("mesh:Brontal Fever")
    assert [synonym.text for synonym in found] == ["Pulmonary Brontal Fever", "Relapsing Brontal Fever"]
    assert {synonym.kind for synonym in found} == {SynonymKind.NARROWER}
    assert small_thesaurus.find_narrower("mesh:Nothing") == ()


def test_broader_headings_come_nearest_first(small_thesaurus: Thesaurus) -> None:
    assert small_thesaurus.find_broader("mesh:Brontal Fever, Relapsing") == (
        ("Fever, Brontal, Pulmonary", 1),
        ("Brontal Fever", 2),
        ("Ague", 3),
    )
    assert small_thesaurus.find_broader("mesh:Nothing") == ()


def test_our_own_concepts_stand_beside_the_vocabularies(small_thesaurus: Thesaurus) -> None:
    (concept,) = small_thesaurus.find_concepts("lung washing")
    assert (concept.concept_id, concept.vocabulary) == ("trialbook:Whole Lung Lavage", "Trialbook")
    assert small_thesaurus.get_concept(concept.concept_id) == concept
    assert small_thesaurus.get_concept("trialbook:Nothing") is None


def test_mentions_carry_the_span_of_the_longest_match(small_thesaurus: Thesaurus) -> None:
    text = "Adults with Brontal Fevers, on calmara or lung-washing."
    mentions = small_thesaurus.find_concepts_in(text)
    assert [mention.text for mention in mentions] == ["Brontal Fevers", "calmara", "lung-washing"]
    assert all(text[mention.start : mention.end] == mention.text for mention in mentions)
    assert mentions[0].concepts[0].name == "Brontal Fever"


def test_the_longest_match_wins_and_is_not_read_twice(small_thesaurus: Thesaurus) -> None:
    found = small_thesaurus.find_concepts_in("chill rash, chill and rash")
    assert [mention.text for mention in found] == ["chill rash", "chill", "rash"]


def test_a_mention_never_begins_with_a_connective(small_thesaurus: Thesaurus) -> None:
    (mention,) = small_thesaurus.find_concepts_in("on and plainol tertiol")
    assert mention.text == "plainol tertiol"


@pytest.mark.parametrize(
    "text",
    [
        "brontal, fever",
        "He said bf and left.",
        "hearing zona",
        "an ague in the valley",
        "brontal feverish",
        "level of FXT1c",
        "level of 9FXT1",
        "a quiet room",
        "THE WHOLE PROTOCOL IS WRITTEN IN CAPITALS BF",
    ],
)
def test_what_only_looks_like_a_mention_is_left_alone(small_thesaurus: Thesaurus, text: str) -> None:
    assert small_thesaurus.find_concepts_in(text) == ()


def test_limit_bounds_the_mentions(small_thesaurus: Thesaurus) -> None:
    assert len(small_thesaurus.find_concepts_in("mill cough. " * 50, limit=3)) == 3


def test_an_expansion_says_which_words_were_added_and_why(small_thesaurus: Thesaurus) -> None:
    (expansion,) = small_thesaurus.expand("children with mill cough")
    assert expansion.explain() == (
        '"mill cough" is Brontal Fever (MeSH C90.100); added "brontal fever", "BRF", "shared name"'
    )
    (drug,) = small_thesaurus.expand("CALMARA")
    assert drug.explain().startswith('"CALMARA" is Morvastine (DrugBank); added "morvastine"')


def test_version_is_the_one_of_the_tables(small_thesaurus: Thesaurus) -> None:
    assert small_thesaurus.version == "test-1"


def test_a_query_that_is_one_phrase_is_read_as_a_whole(small_thesaurus: Thesaurus) -> None:
    (expansion,) = small_thesaurus.expand(" ague ")
    assert (expansion.mention.start, expansion.mention.end) == (1, 5)
    assert [synonym.text for synonym in expansion.added] == ["fxt1", "shared name"]
    assert small_thesaurus.expand("an ague") == ()


def test_text_without_spaces_takes_no_longer_than_its_length_allows(small_thesaurus: Thesaurus) -> None:
    started = time.process_time()
    small_thesaurus.find_concepts_in("a1" * 500_000)
    assert time.process_time() - started < 2
