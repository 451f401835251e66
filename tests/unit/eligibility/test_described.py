"""What a note says as facts: values with units and days, what stands how since when, what is not borne, whose it is."""

from __future__ import annotations

from datetime import date

import pytest

from trialbook.eligibility.facts import Fact, Person
from trialbook.eligibility.readers.described import describe_patient
from trialbook.terms import get_thesaurus

DAY = date(2026, 11, 29)


def read(note: str) -> Person:
    return describe_patient(note, get_thesaurus(), DAY)


def tell(note: str) -> list[str]:
    return [each.describe() for each in read(note).facts if each.concept.domain != "person"]


def tell_values(note: str) -> list[str]:
    """The measurements of a note, without the day where none is told."""
    undated = f", {DAY} or earlier"
    return [
        each.describe().removesuffix(undated)
        for each in read(f"{note} Male.").facts
        if each.concept.domain == "measurement"
    ]


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("HbA1c 8.2%, creatinine 1.4 mg/dL, EF 35%.", ["HbA1c 8.2 %", "creatinine 1.4 mg/dL", "LVEF 35 %"]),
        ("HbA1c: 64 mmol/mol.", ["HbA1c 64 mmol/mol"]),
        ("Her hemoglobin A1c was 7.9 percent.", ["HbA1c 7.9 %"]),
        ("My A1C is around 8.", ["HbA1c 7.6 to 8.4 %"]),
        ("BP 150/90.", ["systolic blood pressure 150 mmHg", "diastolic blood pressure 90 mmHg"]),
        ("An ejection fraction of 25 to 30 %.", ["LVEF 25 to 30 %"]),
        ("35% ejection fraction.", ["LVEF 35 %"]),
        ("Platelets 90,000, WBC of 17,580/mm.", ["platelets 90000 /uL", "leukocytes 17580 /uL"]),
        ("WBC 7.4, ANC 0.8 x10^9/L.", ["leukocytes 7.4 10^9/L", "neutrophils 0.8 10^9/L"]),
        ("Glucose 250. Fasting glucose 5.6.", ["glucose 250 mg/dL", "fasting glucose 5.6 mmol/L"]),
        ("Cr 1.9, K 5.1, Na 128.", ["creatinine 1.9 mg/dL", "potassium 5.1 mmol/L", "sodium 128 mmol/L"]),
        ("Temp 38.2. HR 132, SpO2 92% on room air.", ["temperature 38.2 °C", "heart rate 132 /min", "oxygen saturation 92 %"]),
        ("ALT 3 x ULN, AST > 100 U/L.", ["ALT 3 × ULN", "AST > 100 U/L"]),
        ("ECOG 1, KPS 80.", ["ECOG 1", "Karnofsky 80"]),
        ("MMSE 24/30, NYHA class III.", ["MMSE 24", "NYHA 3"]),
        ("Heart rate of 115 beats/min, RR 22 breaths/min.", ["heart rate 115 /min", "respiratory rate 22 /min"]),
        ("Gleason 3+4=7.", ["Gleason score 7"]),
        ("5'10\" tall, weighs 180 lb.", ["height 70 in", "weight 180 lb"]),
        ("FEV1 48 % predicted.", ["FEV1 48 %"]),
        ("A1c 9.1 -> 7.5.", ["HbA1c 7.5 %"]),
        ("A1c decreased from 9.1% to 7.5%.", ["HbA1c 7.5 %"]),
    ],
)  # fmt: skip
def test_a_value_is_read_with_its_unit(note: str, told: list[str]) -> None:
    assert tell_values(note) == told


@pytest.mark.parametrize(
    "note",
    [
        "Goal A1c < 7.",
        "Target BP 130/80.",
        "He needs hemoglobin above 8 for surgery.",
        "Looking for trials that accept creatinine 2.0.",
        "No creatinine > 2.",
        "Normal range of creatinine 0.6-1.2 mg/dL.",
        "Father's creatinine 3.0 mg/dL.",
        "C-reactive protein 4.5 mg.",
        "Creatinine 3 months ago.",
        "HbA1c 82 %.",
        "EF 35-year-old.",
        "NYHA II-III.",
        "BP 90/150.",
        "MMSE 24/100.",
        "WBC: 2 WBCs/hpf.",
        "LDL and HDL were 545 and 53 mg/dL.",
    ],
)
def test_what_is_no_value_of_the_patient_stays_out(note: str) -> None:
    assert tell_values(note) == []


def test_a_number_that_two_units_allow_has_none() -> None:
    (hemoglobin,) = [each for each in read("Hemoglobin 10.2.").facts if each.value]
    assert hemoglobin.value is not None
    assert (hemoglobin.value.low, hemoglobin.value.unit) == (10.2, "")


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("HbA1c 8.2% on 2026-03-01.", ["HbA1c 8.2 %, 2026-03-01"]),
        # The third of January or the first of March.
        ("HbA1c 8.2% on 3/1.", ["HbA1c 8.2 %, 2026-01-03 to 2026-03-01"]),
        ("HbA1c 8.2% on 3/15.", ["HbA1c 8.2 %, 2026-03-15"]),
        ("HbA1c 8.2% on 12/15.", ["HbA1c 8.2 %, 2025-12-15"]),
        ("HbA1c 8.2% (March 2025).", ["HbA1c 8.2 %, 2025-03"]),
        ("HbA1c 8.2% two months ago.", ["HbA1c 8.2 %, 2026-09-14 to 2026-10-14"]),
        ("HbA1c 8.2% today.", ["HbA1c 8.2 %, 2026-11-29"]),
        ("3/15/2026: HbA1c 8.2%.", ["HbA1c 8.2 %, 2026-03-15"]),
        ("On 15 March 2026 her HbA1c was 8.2%.", ["HbA1c 8.2 %, 2026-03-15"]),
        ("HbA1c 8.2% on 2026-03-01, 7.5% on 2026-06-01.", ["HbA1c 8.2 %, 2026-03-01", "HbA1c 7.5 %, 2026-06-01"]),
        ("LVEF was previously 45%, LVEF now 40%.", ["LVEF 45 %, 2026-11-28 or earlier", "LVEF 40 %, 2026-11-29"]),
    ],
)  # fmt: skip
def test_a_value_has_the_day_that_is_told(note: str, told: list[str]) -> None:
    assert tell_values(note) == told


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("COPD for 10 years.", "COPD, since 2016-05-29 to 2017-05-29"),
        ("10-year history of type 2 diabetes.", "type 2 diabetes, since 2016-05-29 to 2017-05-29"),
        ("Diagnosed with lupus in 2015.", "lupus, since 2015"),
        ("On methotrexate since 2019, planned for hip replacement.", "methotrexate, since 2019"),
        ("On methotrexate since 2019, planned for hip replacement.", "hip replacement (planned)"),
        ("Stroke 6 months ago.", "Stroke, 2026-05-14 to 2026-06-14"),
        ("s/p CABG 2015.", "CABG, 2015"),
        ("Warfarin (stopped 2024).", "Warfarin, 2024-12-31 or earlier to 2024"),
        ("She had breast cancer in 2012.", "breast cancer, 2012 to 2012-01-01 to 2026-11-29"),
        ("Will start pembrolizumab.", "pembrolizumab (planned)"),
        # What nobody loses again is there still; other things of the past may be over.
        ("PMH: T2DM, pneumonia.", "T2DM, since 2026-11-29 or earlier"),
        ("PMH: T2DM, pneumonia.", "pneumonia, 2026-11-29 or earlier"),
        ("History of hypertension.", "hypertension, since 2026-11-29 or earlier"),
        ("History of gestational diabetes.", "gestational diabetes, 2026-11-29 or earlier"),
        ("Previously had diabetes.", "diabetes, 2026-11-29 or earlier"),
    ],
)
def test_a_thing_has_the_days_that_are_told(note: str, told: str) -> None:
    assert told in tell(note)


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("Allergies: penicillin (rash), sulfa. Male.", ["penicillin (allergy)", "sulfa (allergy)"]),
        ("Allergic to aspirin, takes clopidogrel.", ["aspirin (allergy)", "clopidogrel, since 2026-11-29 or earlier"]),
        ("Penicillin-allergic man.", ["Penicillin (allergy)"]),
        ("Not allergic to penicillin.", ["no penicillin (allergy)"]),
        ("Allergies: NKDA. Meds: aspirin.", ["aspirin, since 2026-11-29 or earlier"]),
        ("Anaphylaxis to penicillin. On aspirin.", ["aspirin, since 2026-11-29 or earlier", "penicillin (allergy)"]),
        ("Intolerant of statins. Male.", ["statins, 2026-11-29 or earlier"]),
    ],
)  # fmt: skip
def test_what_is_not_borne_is_not_taken(note: str, told: list[str]) -> None:
    assert sorted(tell(note)) == sorted(told)


@pytest.mark.parametrize(
    ("note", "told"),
    [
        (
            "71M -DM -CAD +HTN",
            ["no DM, 2026-11-29", "no CAD, 2026-11-29", "HTN, since 2026-11-29 or earlier"],
        ),
        ("Male. (-) DM (+) HTN", ["no DM, 2026-11-29", "HTN, since 2026-11-29 or earlier"]),
        ("HIV-, HCV+. Male.", ["no HIV, 2026-11-29", "HCV, since 2026-11-29 or earlier"]),
        ("PMH:\n- DM\n- HTN", ["DM, since 2026-11-29 or earlier", "HTN, since 2026-11-29 or earlier"]),
        ("71M +/- DM", ["DM (suspected), since 2026-11-29 or earlier"]),
        # A list's dashes, or minuses: nobody knows.
        ("71M. PMH: -DM -CAD", []),
        ("71M. ROS: -chest pain -fever", ["no chest pain, 2026-11-29", "no fever, 2026-11-29"]),
    ],
)
def test_a_minus_denies_where_it_marks_no_list(note: str, told: list[str]) -> None:
    assert tell(note) == told


def test_a_short_form_of_several_meanings_is_uncertain() -> None:
    assert tell("MS since 2010. Male. PE: lungs clear.") == ["MS (suspected), since 2010"]
    assert tell("No PE. Male.") == []
    assert tell("Multiple sclerosis since 2010.") == ["Multiple sclerosis, since 2010"]


def test_who_tells_of_a_relative_and_of_oneself_is_the_patient() -> None:
    person = read("My mom (65) has breast cancer. I'm a carrier, 34, and look for prevention trials.")
    assert [each.describe() for each in person.facts] == ["breast cancer (family)"]
    assert (person.birth, person.sex) == (read("I am 34.").birth, None)


def test_a_relative_for_whom_somebody_asks_is_the_patient() -> None:
    person = read("A trial for my mom (65), who has breast cancer. I'm a carrier, 34.")
    assert (person.birth, person.sex) == (read("A woman of 65.").birth, "female")
    assert "breast cancer, since 2026-11-29 or earlier" in [each.describe() for each in person.facts]


def test_what_was_measured_is_not_taken() -> None:
    assert tell("Creatinine was normal. Male.") == []
    assert tell("On potassium 20 mEq daily.") == ["potassium, since 2026-11-29 or earlier"]


def test_a_fact_quotes_its_words() -> None:
    note = "Male. EF 35 % in May. Allergic to sulfa."
    facts = [each for each in read(note).facts if each.concept.domain != "person"]
    assert [quote(note, each) for each in facts] == ["EF 35 % in May", "sulfa"]


def quote(note: str, fact: Fact) -> str:
    start, _, end = fact.source.where.removeprefix("characters ").partition(" to ")
    return note[int(start) : int(end)]


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("He will provide informed consent.", ["informed consent, since 2026-11-29 or earlier"]),
        ("She refuses to give informed consent.", ["no informed consent, 2026-11-29"]),
        (
            "He will comply with the trial protocol.",
            ["comply with the protocol (able), since 2026-11-29 or earlier"],
        ),
        (
            "Unable to comply with the study protocol. Male.",
            ["no comply with the protocol (able), 2026-11-29"],
        ),
        ("He read the informed consent form twice.", []),
    ],
)
def test_consent_is_what_the_note_says_of_it(note: str, told: list[str]) -> None:
    assert [each for each in tell(note) if "comply" in each or "consent" in each] == told


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("No evidence of alcoholic liver disease.", ["no alcoholic liver disease, 2026-11-29"]),
        ("No known diabetes.", ["no diabetes, 2026-11-29"]),
        ("Denies chest pain, fever and abdominal pain.", ["no chest pain", "no fever", "no abdominal pain"]),
        ("No acute MI.", ["no acute MI, 2026-11-29"]),
    ],
)
def test_what_is_denied_is_no_wider_than_the_words(note: str, told: list[str]) -> None:
    assert [each[: len(one)] for each, one in zip(tell(note), told, strict=True)] == told


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("A woman. Her husband has colon cancer.", []),
        ("A woman. No family history of cancer.", ["no cancer (family)"]),
        ("A woman. Her mother has no diabetes.", []),
        ("A woman. Her father died of MI.", ["MI (family)"]),
    ],
)
def test_a_family_is_of_the_same_blood(note: str, told: list[str]) -> None:
    assert tell(note) == told


def test_what_works_where_it_is_put_is_not_surely_taken() -> None:
    told = {
        each.concept.words: each
        for each in read("Inhaled corticosteroids, fluticasone cream, metformin.").facts
    }
    assert {name: (each.is_certain, each.detail) for name, each in told.items()} == {
        "corticosteroids": (False, "Inhaled"),
        "fluticasone": (False, "cream"),
        "metformin": (True, ""),
    }


def test_a_loss_of_weight_is_no_weight() -> None:
    assert tell_values("About 5 kg weight loss. She lost 5 kg weight. Weight loss of 12 kg.") == []


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("A man. He had his flu shot.", []),
        ("A man. HIV test pending.", []),
        ("A man. HIV test negative.", ["no HIV, 2026-11-29"]),
        ("A man. HIV test was positive.", ["HIV, since 2026-11-29 or earlier"]),
        ("A man. Beta-hydroxybutyrate: 0.1 mmol/L.", []),
        ("A man. He will be treated with ACE inhibitors.", ["ACE inhibitors (planned)"]),
    ],
)
def test_what_is_done_against_an_illness_is_not_the_illness(note: str, told: list[str]) -> None:
    assert tell(note) == told


@pytest.mark.parametrize(
    "note",
    [
        "HIV status unknown.", "Unknown HIV status.", "HIV and hepatitis B status unknown.", "HIV status: unknown",
        "HIV not tested.",
        "Never tested for HIV.", "PrEP for HIV.", "On PrEP for HIV prevention.", "HIV prophylaxis.", "HIV positive partner.",
        "HIV-positive husband.", "Sexual partner with HIV.", "Exposed to HIV.", "No exposure to tuberculosis.",
        "Contact with tuberculosis.", "Vaccinated against hepatitis B.", "HIV screening was done.", "Works with HIV patients.",
        "Here for diabetes screening.", "Diabetes screening done.", "Screened for diabetes and depression.",
        "Tested for celiac disease.",
        "Worried about breast cancer.", "To prevent stroke.", "Counseled on pregnancy.", "Not planning pregnancy.",
        "If she develops diabetes, metformin.", "Return if chest pain.", "Watch for seizures.",
    ],
)  # fmt: skip
def test_what_is_only_asked_tested_prevented_or_met_is_no_fact(note: str) -> None:
    assert tell(f"A patient of 30. {note}") == []


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("HIV nonreactive.", ["no HIV, 2026-11-29"]),
        ("HIV test was non-reactive.", ["no HIV, 2026-11-29"]),
        ("Negative HIV test.", ["no HIV, 2026-11-29"]),
        ("HBsAg negative, HCV nonreactive.", ["no HBsAg, 2026-11-29", "no HCV, 2026-11-29"]),
        ("HIV negative, on PrEP for HIV.", ["no HIV, 2026-11-29"]),
        ("HIV reactive.", ["HIV, since 2026-11-29 or earlier"]),
        ("HIV positive on ART.", ["HIV, since 2026-11-29 or earlier"]),
        ("HER2 negative breast cancer.", ["breast cancer, since 2026-11-29 or earlier"]),
        ("Diabetes found on screening.", ["Diabetes, since 2026-11-29 or earlier"]),
        ("Screening for a trial, has diabetes.", ["diabetes, since 2026-11-29 or earlier"]),
        ("Planning pregnancy.", ["pregnancy (planned)"]),
        ("She hopes to become pregnant.", ["pregnant (planned)"]),
        ("Rule out pulmonary embolism.", ["pulmonary embolism (suspected), since 2026-11-29 or earlier"]),
        ("Concern for sepsis.", ["sepsis (suspected), since 2026-11-29 or earlier"]),
        ("Neither diabetes nor hypertension.", ["no diabetes, 2026-11-29", "no hypertension, 2026-11-29"]),
        ("She has neither asthma nor COPD.", ["no asthma, 2026-11-29", "no COPD, 2026-11-29"]),
    ],
)  # fmt: skip
def test_a_result_a_wish_and_a_suspicion_are_told_apart(note: str, told: list[str]) -> None:
    assert tell(f"A patient of 30. {note}") == told


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("[ ] atrial fibrillation", []),
        ("[x] atrial fibrillation", ["atrial fibrillation"]),
        ("- [ ] asthma\n- [X] hypertension", ["hypertension"]),
        ("[x] diabetes [ ] asthma [x] hypertension", ["diabetes", "hypertension"]),
        ("☐ atrial fibrillation ☑ diabetes", ["diabetes"]),
        ("PMH: ( ) asthma (x) diabetes", ["diabetes"]),
        ("Diabetes [ ] Asthma [x]", ["Asthma"]),
        ("Diabetes: [ ]\nAsthma: [x]", ["Asthma"]),
        ("Diabetes: [x] yes [ ] no", ["Diabetes"]),
        ("Diabetes [ ] yes [x] no", ["no Diabetes"]),
        ("Diabetes [ ] yes [ ] no", []),
        ("Diabetes [x] yes [x] no", []),
    ],
)
def test_a_box_says_something_where_it_is_ticked(note: str, told: list[str]) -> None:
    assert [each.split(",")[0] for each in tell(f"A patient of 30.\n{note}")] == told


@pytest.mark.parametrize(
    ("note", "age", "sex"),
    [
        ("5 ft 9, 66 yo.", 66, None),
        ("Male, 5 ft 9, 66 yo.", 66, "male"),
        ("Male 5'9\", 66 yo.", 66, "male"),
        ("5 foot 4 female, 45 yo.", 45, "female"),
        ("He is 6 feet tall and 50 years old.", 50, "male"),
        ("She is 2 para 1, 28 years old.", 28, "female"),
        ("He is 1 of 4 brothers, aged 33.", 33, "male"),
        ("Temp 101 F, 66 yo man.", 66, "male"),
        ("Male, 98.6 F, 66 yo.", 66, "male"),
        ("12 F catheter, 66 yo male.", 66, "male"),
        ("Room 12 F, 66 yo male.", 66, "male"),
        ("70-year-old husband; she is 40.", 40, "female"),
        ("She is accompanied by her 70-year-old husband; she is 40.", 40, "female"),
        ("Wife is 34 and pregnant; he is 36 with asthma.", 36, "male"),
        ("The patient's wife is 62. He is 66 with COPD.", 66, "male"),
        ("My husband is 70 and has COPD.", 70, "male"),
    ],
)
def test_no_other_number_and_nobody_else_gives_the_age(note: str, age: int, sex: str | None) -> None:
    person = read(note)
    assert person.sex == sex
    assert person.birth is not None
    assert (person.birth.last, person.birth.first) == (
        date(DAY.year - age, 11, 29),
        date(DAY.year - age - 1, 11, 30),
    )


@pytest.mark.parametrize(
    "note",
    [
        "Partner is HIV positive.", "Partner: HIV positive", "Partner HIV+.", "His partner is HIV positive.",
        "Her roommate has tuberculosis.", "Roommate, 25, had COVID-19.", "Housemate with scabies.", "Coworker has influenza.",
        "Her boss has hepatitis C.", "Friend died from COVID-19.", "Husband's diabetes worries her.", "His wife is pregnant.",
    ],
)  # fmt: skip
def test_what_those_have_with_whom_somebody_lives_is_no_fact(note: str) -> None:
    assert tell(f"A patient of 30. {note}") == []


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("Not on warfarin.", ["no warfarin, 2026-11-29"]),
        ("He is not currently on warfarin.", ["no warfarin, 2026-11-29"]),
        ("He declined warfarin.", ["no warfarin, 2026-11-29"]),
        ("Refuses to take statins.", ["no statins, 2026-11-29"]),
        ("Warfarin was declined.", ["no Warfarin, 2026-11-29"]),
        ("Declined HIV testing.", []),
        ("Metformin contraindicated.", []),
        ("Metformin: contraindicated", []),
        ("Contraindication to aspirin.", []),
        ("Offered warfarin.", []),
        ("Metformin on hold.", []),
        ("Off metformin.", ["metformin, 2026-11-29 or earlier"]),
        ("He has been off metformin for 3 months.", ["metformin, 2026-09-14 or earlier to 2026-08-14 to 2026-09-14"]),
        ("Stopped metformin in 2020.", ["metformin, 2020-12-31 or earlier to 2020"]),
        ("Metformin was stopped.", ["Metformin, 2026-11-29 or earlier"]),
        ("Discontinued warfarin.", ["warfarin, 2026-11-29 or earlier"]),
        ("No longer takes metformin.", ["metformin, 2026-11-29 or earlier"]),
        ("Switched from warfarin to apixaban.", ["warfarin, 2026-11-29 or earlier", "apixaban, since 2026-11-29 or earlier"]),
        ("Medications: metformin (stopped).", ["metformin, 2026-11-29 or earlier"]),
        ("Statins stopped and insulin started.", ["Statins, 2026-11-29 or earlier", "insulin, since 2026-11-29 or earlier"]),
        ("Never took warfarin.", ["no warfarin, as of 2026-11-29"]),
        ("Never been on insulin.", ["no insulin, as of 2026-11-29"]),
        ("Insulin-naïve.", ["no Insulin, as of 2026-11-29"]),
        ("Allergic to penicillin.", ["penicillin (allergy)"]),
        ("Intolerant to metformin.", ["metformin, 2026-11-29 or earlier"]),
        ("Statin intolerance.", ["Statin, 2026-11-29 or earlier"]),
        ("Takes metformin, not on insulin.", ["metformin, since 2026-11-29 or earlier", "no insulin, 2026-11-29"]),
        ("Takes metformin off and on.", ["metformin, since 2026-11-29 or earlier"]),
        ("Refused surgery for breast cancer.", ["breast cancer, since 2026-11-29 or earlier"]),
    ],
)  # fmt: skip
def test_what_is_not_taken_is_told_apart_from_what_is(note: str, told: list[str]) -> None:
    assert tell(f"A patient of 30. {note}") == told
