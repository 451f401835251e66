"""Limits, times and grades whose words were once misread: each kind, in its plain reading."""

from __future__ import annotations

import pytest
from tests.unit.eligibility.shorthand import read_criteria


@pytest.mark.parametrize(
    ("kind", "words", "tree"),
    [
        # A unit that ends with a point at the end of a sentence.
        ("E", "Diastolic pressure > 110 mmHg.", "Diastolic pressure > 110 mmHg"),
        ("I", "lumbar T-score ≤ -2.5", "T-score ≤ -2.5 [lumbar]"),
        ("I", "sphere from -1.00 to -6.00 D, myopia", "all of sphere ≥ -6 and ≤ -1 diop myopia"),
        ("E", "refractive error above ±5 D", "refractive error > 5 diop"),
        ("I", "temperature > 37.5 C", "temperature > 37.5 °C"),
        ("I", "BMI = or > 27", "BMI ≥ 27"),
        ("I", "gout； BMI ＞ 27", "all of gout BMI > 27"),
        ("E", "sleep < 300 min per week", "sleep < 300 min/wk"),
        ("E", "wine > 2 x/week", "wine > 2 /wk"),
        ("I", "two to four earlier regimens", "earlier regimens ≥ 2 and ≤ 4 times"),
        ("I", "headache rated 4 or more on a 0-10 scale", "headache ≥ 4 [rated; 0-10 scale]"),
        ("E", "platelet count < 90 × 109, gout", "any of platelet count < 90 10^9/L gout"),
        ("I", "ALT ≤ 2 x ULN or creatinine clearance ≥ 55 mL/min.",
         "any of ALT ≤ 2 × ULN creatinine clearance ≥ 55 mL/min"),
        ("I", "haemoglobin (Hb) > 110 g/L", "haemoglobin > 110 g/L"),
        ("I", "Alanine aminotransferase (ALT)/aspartate aminotransferase (AST) ≤ 3 x ULN",
         "all of Alanine aminotransferase ≤ 3 × ULN aspartate aminotransferase ≤ 3 × ULN"),
        ("I", "Systolic blood pressure < 120/80 mmHg",
         "all of Systolic blood pressure < 120 mmHg diastolic blood pressure < 80 mmHg"),
        ("E", "High blood pressure (>170/100)",
         "any of systolic blood pressure > 170 mmHg diastolic blood pressure > 100 mmHg"),
        ("E", "Hypotension with blood pressure <85/55 mmHg",
         "all of Hypotension any of systolic blood pressure < 85 mmHg diastolic blood pressure < 55 mmHg"),
        ("I", "dopamine ≤ 5 μg/kg per minute", "dopamine ≤ 5 µg/kg/min"),
        ("E", "AST > 10 times the upper reference range", "AST > 10 × ULN"),
        ("I", "serum calcium 8.0-10.0 mg/dL (2.0-2.5 mmol/L)", "calcium ≥ 8 and ≤ 10 mg/dL"),
        ("E", "hypertension (systolic blood pressure ≥ 165 mmHg despite use of ≥ 4 drugs)",
         "systolic blood pressure ≥ 165 mmHg [despite use of ≥ 4 drugs]"),
        ("E", "methotrexate > 20 mg/week", "methotrexate > 20 mg/wk"),
        ("E", "ALT > 2 times ULRR", "ALT > 2 × ULN"),
        ("I", "able to take part in a 12-week exercise program", "able: 12-week exercise program"),
        ("E", "LV end systolic dimension > 70 mm", "LV end systolic dimension > 70 mm"),
        ("E", "exercise less than 4 metabolic equivalents", "exercise < 4 MET"),
        ("E", "not expected to survive > 48 hours", "not expected to survive > 48 hours"),
        ("E", "AST/ALT > 4 x ULN", "any of AST > 4 × ULN ALT > 4 × ULN"),
        ("I", "AST/ALT ≤ 4 x ULN", "all of AST ≤ 4 × ULN ALT ≤ 4 × ULN"),
        ("E", "haemoglobin < 9 and > 18 g/dL", "any of haemoglobin < 9 g/dL haemoglobin > 18 g/dL"),
        ("E", "platelets < 70 and or > 500 K/uL", "any of platelets < 70 10^3/uL platelets > 500 10^3/uL"),
        ("E", "Resting blood pressure of > 150/95.",
         "any of systolic Resting blood pressure > 150 mmHg diastolic Resting blood pressure > 95 mmHg"),
    ],
)  # fmt: skip
def test_limits(kind: str, words: str, tree: str) -> None:
    assert read_criteria(kind, words) == tree


@pytest.mark.parametrize(
    ("kind", "words", "tree"),
    [
        ("E", "at least grade 2 neuropathy", "neuropathy ≥ 2 [grade]"),
        ("E", "mucositis > CTCAE grade 1", "mucositis > 1 [grade]"),
        ("I", "at least stage III melanoma", "melanoma ≥ 3 [stage]"),
        ("E", "NYHA class 2 or 3.", "NYHA class ≥ 2 and ≤ 3"),
        ("I", "(ASA 2)", "ASA = 2"),
        ("E", "Kidney disease (stage 4 or greater)", "all of Kidney disease stage ≥ 4"),
        ("I", "Eastern Cooperative Oncology Group Performance Status (ECOG PS) 0-1",
         "Eastern Cooperative Oncology Group Performance Status ≥ 0 and ≤ 1"),
        ("E", "Peripheral neuropathy not resolved to grade ≤ 1",
         "Peripheral neuropathy > 1 [not resolved to grade]"),
        ("E", "cardiac failure (NYHA 3 and 4)", "all of cardiac failure NYHA ≥ 3 and ≤ 4"),
        ("I", "asthma with heart failure (ejection fraction < 45%)",
         "all of asthma heart failure ejection fraction < 45 %"),
        ("E", "has not recovered from knee surgery", "knee surgery [not recovered]"),
        ("E", "inhibitors of CYP 3A4", "inhibitors of CYP 3A4"),
    ],
)  # fmt: skip
def test_grades(kind: str, words: str, tree: str) -> None:
    assert read_criteria(kind, words) == tree


@pytest.mark.parametrize(
    ("kind", "words", "tree"),
    [
        ("I", "Age from 4 up to 9 years", "age ≥ 4 and ≤ 9 years"),
        ("I", "Being between the ages of 20-60", "age ≥ 20 and ≤ 60"),
        ("I", "An adult patient (> 18 years) with diagnosed gout", "all of gout age > 18 years"),
        ("I", "Men, between 19 and 70 years, scheduled for dialysis",
         "all of Men age ≥ 19 and ≤ 70 years planned: dialysis"),
        ("I", "Karnofsky score ≥ 60 if ≥ 16 years, Lansky score ≥ 60 if < 16 years",
         "all of if age ≥ 16 years then Karnofsky score ≥ 60 if age < 16 years then Lansky score ≥ 60"),
        ("I", "Male or non-pregnant female adult 20-60 years of age", "age ≥ 20 and ≤ 60 years"),
        ("I", "Active patients (30 to 75 years)", "age ≥ 30 and ≤ 75 years"),
        ("I", "Adults 20-50 years scheduled for knee surgery", "all of planned: knee surgery age ≥ 20 and ≤ 50 years"),
        ("I", "Age20-60 years old", "age ≥ 20 and ≤ 60 years"),
        ("I", "Are 20 (twenty) years of age or older", "age ≥ 20 years"),
        ("I", "3 years' follow-up without recurrence", "follow-up [3 years; without recurrence]"),
        ("I", "gestational age between 26 0/7 and 31 weeks", "gestational age ≥ 26 and ≤ 31 weeks"),
        ("I", "24-28 weeks of gestation", "gestational age ≥ 24 and ≤ 28 weeks"),
    ],
)  # fmt: skip
def test_ages(kind: str, words: str, tree: str) -> None:
    assert read_criteria(kind, words) == tree


@pytest.mark.parametrize(
    ("kind", "words", "tree"),
    [
        ("I", "more than 9 months post-stroke", "stroke 9 months or more ago"),
        ("E", "less than 6 weeks after hip surgery", "hip surgery within the last 6 weeks"),
        ("I", "hip surgery 6 to 9 hours after admission", "hip surgery 6 to 9 hours after admission"),
        ("I", "surgery time > 6 hours after symptom onset", "surgery 6 hours or more after symptom onset"),
        ("E", "planned transplantation within 5 months", "planned: transplantation within 5 months from now"),
        ("E", "planned surgery within 30 days before enrollment", "planned: surgery within 30 days before enrollment"),
        ("E", "Recent stroke (< 2 months)", "stroke within the last 2 months [Recent]"),
        ("E", "live vaccine within 14 days before or after enrolment",
         "live vaccine within 14 days before to 14 days after enrollment"),
        ("E", "Cardiac surgery or stroke within 8 weeks before screening",
         "any of Cardiac surgery within 8 weeks before screening stroke within 8 weeks before screening"),
        ("E", "Warfarin, if taken within the last 7 days", "Warfarin within the last 7 days"),
        ("I", "insulin naive, disease duration of at least 4 months",
         "all of insulin [naive] disease duration ≥ 4 months"),
        ("I", "Rectal enemas (i.e. mesalamine given as foam) for at least 2 weeks",
         "Rectal enemas lasting ≥ 2 weeks"),
        ("E", "antibiotics within the longer of 20 days or 5 half-lives",
         "antibiotics within the last 20 days [5 half-lives]"),
    ],
)  # fmt: skip
def test_times(kind: str, words: str, tree: str) -> None:
    assert read_criteria(kind, words) == tree


@pytest.mark.parametrize(
    ("kind", "words", "tree"),
    [
        ("I", "CHADS2 score ≥ 2 in men / ≥ 3 in women",
         "all of if men then CHADS2 score ≥ 2 if women then CHADS2 score ≥ 3"),
        ("E", "QTcF > 440 msec (male) or > 460 msec (female)",
         "any of all of QTcF > 440 ms male all of QTcF > 460 ms female"),
        ("E", "Patients with gout are not eligible for this study", "gout"),
        ("I", "Use of aspirin or warfarin is not permitted.", "not any of aspirin warfarin"),
        ("E", "Use of aspirin is not allowed", "aspirin"),
        ("I", "Smokers with gout are not eligible", "not all of Smokers gout"),
        ("E", "Infections. Mild infections need not be considered exclusions",
         "Infections except Mild infections"),
        ("I", "adults who have undergone or will undergo dialysis", "any of history: dialysis planned: dialysis"),
        ("E", "4) gout", "gout"),
        ("I", "①gout; ②asthma", "all of gout asthma"),
        ("E", "Any lifetime history of gout", "history: gout"),
        ("I", "Stroke confirmed by CT or MRI", "Stroke [CT or MRI]"),
        ("E", "Stroke confirmed by CT or MRI of the head", "Stroke [CT or MRI of the head]"),
        ("E", r"* 17\. Patients with diabetes", "diabetes"),
    ],
)  # fmt: skip
def test_who_is_meant(kind: str, words: str, tree: str) -> None:
    assert read_criteria(kind, words) == tree
