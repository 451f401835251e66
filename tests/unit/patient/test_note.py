"""What is read from a patient's note, and which trials it finds."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.library import make_library, open_engine
from tests.naive.records import make_record

from trialbook.__main__ import main
from trialbook.ask.filters import make_request
from trialbook.errors import QueryError
from trialbook.patient.note import LONGEST_NOTE, PatientNote, read_note
from trialbook.search.engine.engine import SearchEngine
from trialbook.terms import load_thesaurus


def read(text: str) -> PatientNote:
    return read_note(text, load_thesaurus())


@pytest.mark.parametrize(
    ("text", "age", "sex"),
    [
        ("A 45-year-old man with asthma.", 45, "MALE"),
        ("Patient is a 32 year old woman; her husband is 40 years old.", 32, "FEMALE"),
        ("48 M with a h/o HTN", 48, "MALE"),
        ("74F hx of CAD", 74, "FEMALE"),
        ("70 y/o with COPD. He is on oxygen.", 70, "MALE"),
        ("61 yo gentleman", 61, "MALE"),
        ("An 8-month-old girl with fever", 8 / 12, "FEMALE"),
        ("3 week old boy", 21 / 365.25, "MALE"),
        ("Female, aged 29, fever for 3 days", 29, "FEMALE"),
        ("Fever for 3 days, enrolled in 2021", None, None),
        ("She and he have asthma", None, None),
        ("A 450-year-old man", None, "MALE"),
    ],
)
def test_age_and_sex_are_read_where_they_are_said(text: str, age: float | None, sex: str | None) -> None:
    note = read(text)
    assert note.sex == sex
    assert note.age_years == (None if age is None else pytest.approx(age))


def test_what_is_denied_or_of_a_relative_is_told_from_what_the_patient_has() -> None:
    note = read(
        "She has asthma. She denies chest pain, but has hypertension. No history of stroke. "
        "Her mother had breast cancer. Asthma since childhood."
    )
    affirmed = {concept.text.lower(): concept.affirmed for concept in note.concepts}
    assert affirmed == {"asthma": 2, "chest pain": 0, "hypertension": 1, "stroke": 0, "breast cancer": 0}
    assert note.explain() == (
        'age not found; female ("She"); asthma, hypertension; not: chest pain ("denies"), stroke ("No"); '
        'of others: breast cancer ("Her mother")'
    )


def test_a_relative_for_whom_somebody_asks_is_who_the_note_is_about() -> None:
    note = read("My mother, 64, has breast cancer. Her sister had asthma, and I have eczema.")
    assert note.explain() == (
        'about "My mother"; age 64 years ("My mother, 64"); female ("My mother"); breast cancer; '
        'of others: asthma ("Her sister"), eczema ("I")'
    )


@pytest.mark.parametrize(
    ("text", "ages"),
    [
        ("She is in her sixties", (60, 70)),
        ("He is turning 50", (49, 50)),
        ("Age: 18-64, asthma", (18, 64)),
        ("A man of about 60", (58, 62)),
        ("Asthma since he was 16; his brother is 40", None),
        ("Her haemoglobin is 10, her BMI is 24", None),
    ],
)
def test_an_age_that_is_not_said_exactly_is_an_interval_or_unknown(
    text: str, ages: tuple[float, float] | None
) -> None:
    note = read(text)
    assert note.ages == ages
    assert note.age_years is None


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("My mother's mother had gout, and now my mother (72) has asthma.", ["gout"]),
        ("Grandpa is 91 and has asthma, and grandma (88) has gout.", ["gout"]),
        ("I have asthma and I'm 44. My neighbour's friend has gout.", ["gout"]),
        ("A 45 year old lady, whose mother had gout, presents with asthma.", ["gout"]),
        ("Her mother reports that she has asthma; gout in her father.", ["gout"]),
        ("Husband of 45yo woman with asthma asking about trials.", []),
        ("My wife and I are looking for a trial for asthma; I'm 40.", []),
        ("62 year old man with family history of gout presents with asthma.", ["gout"]),
    ],
)
def test_only_what_is_of_others_is_theirs(text: str, others: list[str]) -> None:
    concepts = read(text).concepts
    assert [concept.text for concept in concepts if concept.standing == "other"] == others
    assert [concept.text for concept in concepts if concept.affirmed] == ["asthma"]


@pytest.mark.parametrize(
    ("text", "sex"),
    [
        ("I am the mother of a 10 year old boy with autism.", "MALE"),
        ("I'm a mother of two with lupus.", "FEMALE"),
        ("Asthma; pregnant: no", None),
        ("Trans man, 28, asthma", None),
        ("My partner has asthma", None),
        ("My partner has asthma. He is 40.", "MALE"),
    ],
)
def test_a_sex_is_that_of_the_one_who_looks_for_a_trial(text: str, sex: str | None) -> None:
    assert read(text).sex == sex


@pytest.mark.parametrize(
    ("text", "standing"),
    [
        ("He was diagnosed with lupus in 2015.", "present"),
        ("Not only lupus.", "present"),
        ("Lupus has not been excluded.", "possible"),
        ("Rule out lupus.", "possible"),
        ("Lupus ruled out.", "denied"),
        ("Negative: lupus.", "denied"),
        ("He has not been diagnosed with lupus.", "denied"),
        ("Lupus: unknown. He smokes.", None),
        ("He takes insulin 2000 units.", "present"),
        ("Insulin was stopped in May.", "past"),
    ],
)
def test_how_a_condition_stands(text: str, standing: str | None) -> None:
    assert [concept.standing for concept in read(text).concepts] == ([standing] if standing else [])


def test_a_year_of_birth_says_an_age_on_a_known_day_alone() -> None:
    told = "She was born in 1957 and has asthma."
    assert read(told).ages is None
    assert read_note(told, load_thesaurus(), day=date(2024, 3, 1)).ages == (66, 67)


@pytest.mark.parametrize(
    ("text", "main"),
    [
        ("Gout\nSmoker: no\nDiagnosis: asthma", ["Gout", "asthma"]),
        ("A man with gout, later asthma", ["gout"]),
        ("No gout. Asthma.", ["Asthma"]),
    ],
)
def test_a_note_is_about_its_diagnosis_or_the_first_condition_that_it_affirms(
    text: str, main: list[str]
) -> None:
    assert [concept.text for concept in read(text).concepts if concept.is_main] == main


def test_labels_and_what_is_denied_are_no_words_of_the_patient() -> None:
    note = read(
        "Glaucoma\nVisual field: normal\nPrior trabeculectomy: no\nIntraocular pressure: 24 mmHg\nHer2: negative"
    )
    assert [word for word, _ in note.words] == [
        "glaucoma",
        "intraocular",
        "pressure",
        "her2",
        "negative",
    ]
    assert [(concept.text, concept.standing) for concept in note.concepts] == [
        ("Glaucoma", "present"),
        ("trabeculectomy", "denied"),
    ]


@pytest.mark.parametrize("text", ["", " \n", "of the and", "!?", "x" * (LONGEST_NOTE + 1)])
def test_a_note_that_says_nothing_or_too_much_is_refused(text: str) -> None:
    with pytest.raises(QueryError, match=r"says nothing|too long"):
        read(text)


def test_half_a_character_stands_for_nothing() -> None:
    assert read("A man \ud800 with asthma.") == read("A man ? with asthma.")


def trial(number: int, condition: str, **eligibility: Any) -> dict[str, Any]:
    title = {"identificationModule.briefTitle": f"A trial in {condition}"}
    values = {**title, "conditionsModule.conditions": [condition], "eligibilityModule": eligibility}
    return make_record(f"NCT0000000{number}", values)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> SearchEngine:
    records = [
        trial(1, "Myocardial Infarction", minimumAge="18 Years", sex="ALL"),
        trial(2, "Heart attack", minimumAge="18 Years", maximumAge="50 Years"),
        trial(3, "Heart attack", sex="FEMALE"),
        trial(4, "Heart attack"),
        trial(5, "Eczema"),
        trial(6, "Asthma", eligibilityCriteria="Patients after a heart attack are excluded."),
    ]
    return open_engine(make_library(tmp_path_factory.mktemp("trials"), records))


def match(engine: SearchEngine, note: str, **asked: Any) -> list[str]:
    return [found[-1] for found in engine.search(make_request(note=read(note), **asked)).nct_ids]


def test_trials_on_the_condition_come_first_under_any_name_and_none_that_excludes_by_age_or_sex(
    engine: SearchEngine,
) -> None:
    found = match(engine, "A 63-year-old man after a heart attack.")
    assert set(found[:2]) == {"1", "4"}
    assert found[2:] == ["6"]


def test_limits_that_a_record_or_note_leaves_open_exclude_nobody(engine: SearchEngine) -> None:
    assert set(match(engine, "Heart attack last year.")) == {"1", "2", "3", "4", "6"}
    assert set(match(engine, "A woman of 40 years, heart attack.")) == {"1", "2", "3", "4", "6"}


def test_an_age_between_two_excludes_what_admits_none_of_them(engine: SearchEngine) -> None:
    assert "2" not in match(engine, "A man in his sixties, heart attack.")
    assert "2" in match(engine, "Heart attack, in his fifties.")


def test_no_trial_is_found_for_being_about_what_the_patient_has_not(engine: SearchEngine) -> None:
    assert match(engine, "A boy with eczema. He denies asthma.") == ["5"]
    assert match(engine, "eczema; asthma: no; smoker: no") == ["5"]


def test_what_the_note_is_about_counts_more_than_what_else_the_patient_has(engine: SearchEngine) -> None:
    assert match(engine, "Asthma, also eczema.")[0] == "6"
    assert match(engine, "Eczema, also asthma.")[0] == "5"
    assert match(engine, "Smoker: no\nComorbidity: asthma\nDiagnosis: eczema")[0] == "5"


def test_a_condition_is_found_as_registries_turn_it_round(tmp_path: Path) -> None:
    records = [trial(1, "Arthritis, Rheumatoid"), trial(2, "Arthritis, Juvenile")]
    library = make_library(tmp_path, records)
    assert match(open_engine(library), "Rheumatoid arthritis.")[0] == "1"
    assert [names for names in read("RA on MTX").concepts[0].names if names == ("arthritis", "rheumatoid")]


def test_a_story_is_told_in_words_that_say_nothing_of_the_patient() -> None:
    note = read("A 52-year-old woman presented to the clinic 3 days ago with HER2 positive breast cancer.")
    assert [word for word, _ in note.words] == ["her2", "positive", "breast", "cancer"]
    assert [" ".join(pair) for pair, _ in note.pairs] == ["her2 positive", "positive breast"]


def test_words_that_follow_one_another_count_more_than_the_same_apart(tmp_path: Path) -> None:
    summary = "descriptionModule.briefSummary"
    texts = (
        "A thin lining, and a rim",
        "A thin rim, and a lining",
        "No lining at all but a thin, bright rim",
    )
    records = [make_record(f"NCT0000000{n}", {summary: text}) for n, text in enumerate(texts, 1)]
    assert match(open_engine(make_library(tmp_path, records)), "Thin rim.")[0] == "2"


def test_a_short_text_counts_more_than_a_long_one_with_the_same_word(tmp_path: Path) -> None:
    summary = "descriptionModule.briefSummary"
    records = [
        make_record(
            "NCT00000001", {summary: "Zosteriform rash. " + "It is of interest to many people. " * 50}
        ),
        make_record("NCT00000002", {summary: "Zosteriform rash."}),
    ]
    assert match(open_engine(make_library(tmp_path, records)), "Zosteriform lesion") == ["2", "1"]


def test_age_and_sex_alone_leave_every_trial_that_admits_them(engine: SearchEngine) -> None:
    assert set(match(engine, "A 63-year-old man.")) == {"1", "4", "5", "6"}


def test_each_study_says_what_it_shares_with_the_note(engine: SearchEngine) -> None:
    note = read("A 40-year-old woman with eczema after a heart attack. She denies asthma. Excluded before.")
    reasons = engine.explain_note(note, ["NCT00000001", "NCT00000005", "NCT00000006"])
    assert reasons == {
        "NCT00000001": ("heart attack",),
        "NCT00000005": ("eczema",),
        "NCT00000006": ("heart attack", "excluded"),
    }
    assert engine.explain_note(note, []) == {}
    assert engine.explain_note(note, ["NCT00000001"], as_of="1990-01-01") == {"NCT00000001": ()}
    with pytest.raises(QueryError, match="at most 1,000"):
        engine.explain_note(note, ["NCT00000001"] * 1001)


def test_a_note_of_the_greatest_length_is_answered_soon(engine: SearchEngine) -> None:
    words = " ".join(f"heart attack eczema{number} asthma infarction" for number in range(500))
    started = time.process_time()
    match(engine, words[:LONGEST_NOTE])
    assert time.process_time() - started < 2


def test_a_note_goes_with_queries_and_filters(engine: SearchEngine) -> None:
    assert match(engine, "Heart attack", text="infarction") == ["1"]
    assert match(engine, "Heart attack", given={"sex": "FEMALE"}) == ["3"]


def test_the_command_reads_a_note_and_says_what_it_read(engine: SearchEngine, tmp_path: Path) -> None:
    home = make_library(tmp_path, [trial(1, "Myocardial Infarction"), trial(5, "Eczema")])
    asked = ["--home", str(home), "search", "--patient", "-"]
    done = CliRunner().invoke(main, asked, input="A 63-year-old man after a heart attack.\n")
    assert done.exit_code == 0
    assert done.output.startswith("2 studies within these limits")
    assert (
        'read from the note: age 63 years ("63-year-old"); male ("man"); in the past: heart attack ("after")'
        in done.output
    )
    assert "NCT00000001" in done.output
    assert "both say: heart attack" in done.output
    assert CliRunner().invoke(main, asked, input="").exit_code != 0
    assert CliRunner().invoke(main, asked, input=b"asthma \xff").exit_code == 0


@pytest.mark.parametrize(
    ("text", "age", "sex", "standings"),
    [
        ("im 29 m, crohns since 2015, failed humira", 29, "MALE", {"crohns": "present", "humira": "past"}),
        ("Trials for my twin boys, age 7, with cystic fibrosis.", 7, "MALE", {"cystic fibrosis": "present"}),
        (
            "I am writing about my late father's brother, 77, who has mesothelioma. My father died of lung cancer.",
            77, "MALE", {"mesothelioma": "present", "lung cancer": "other"},
        ),
        ("71M ex-smoker COPD GOLD 3", 71, "MALE", {"smoker": "past", "COPD": "present"}),
        ("In her late 40s, never had diabetes, MS for 10 years.", None, "FEMALE", {"diabetes": "denied", "MS": "present"}),
        ("MS for 10 years, aged 48", 48, None, {"MS": "present"}),
        (
            "My nephew is seventeen and has sickle cell. He doesn't have asthma anymore.",
            17, "MALE", {"sickle cell": "present", "asthma": "past"},
        ),
        (
            "Former smoker, 3 kids aged 5, 7 and 9, now 44 with triple negative breast cancer.",
            44, None, {"smoker": "past", "triple negative breast cancer": "present"},
        ),
        ("A patient, 52 y/o man with HIV, hep C treated and cured.", 52, "MALE", {"HIV": "present", "hep C": "past"}),
        ("68 y.o. male, h/o prostate ca. No colon ca.", 68, "MALE", {"prostate ca": "past", "colon ca": "denied"}),
        ("BMI 41, 39 years, female, no retinopathy", 39, "FEMALE", {"retinopathy": "denied"}),
    ],
)  # fmt: skip
def test_short_notes_say_what_they_say(
    text: str, age: float | None, sex: str | None, standings: dict[str, str]
) -> None:
    note = read(text)
    assert (note.age_years, note.sex) == (age, sex)
    assert {concept.text: concept.standing for concept in note.concepts} == standings
