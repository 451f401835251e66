"""Eligibility texts fall into single criteria, in every form that sponsors use, and nothing is lost."""

from __future__ import annotations

import gzip
import re
import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialbook.model.criteria import Criterion, split_criteria
from trialbook.model.protocol import EligibilityModule

FORMS = [
    ("Inclusion Criteria:\n\n* a\n* b\n\nExclusion Criteria:\n\n* c", "ia ib ec"),
    ("INCLUSION CRITERIA\n\n1. a\n2. b\n\nEXCLUSION CRITERIA\n\n1. c", "ia ib ec"),
    ("Key Inclusion Criteria:\na\nb\nKey Exclusion Criteria:\nc".replace("\n", "\n\n"), "ia ib ec"),
    ("Inclusion:\n\n- a\n\nExclusion:\n\n- c", "ia ec"),
    ("Criteria of inclusion:\n\n* a\n\nNon-inclusion Criteria:\n\n* c", "ia ec"),
    ("I. Inclusion Criteria\n\n* a\n\nII. Exclusion Criteria\n\n* c", "ia ec"),
    ("[Inclusion Criteria]\n\n* a\n\n[Exclusion Criteria]\n\n* c", "ia ec"),
    ("Inclusion Criteria: a\n\nExclusion Criteria: c", "ia ec"),
    ("Inclusion Criteria: - A - B Exclusion Criteria: - C", "iA iB eC"),
    ("Included will be those with:\n\n* a\n\nExcluded will be those with:\n\n* c", "ia ec"),
    (
        "Inclusion Criteria\n\nEach participant must meet all of these:\n\n* a",
        "ia",
    ),
    ("Subjects must meet all of the following criteria to participate:\n\n1. a\n2. b", "ia ib"),
    ("Inclusion Criteria:\n\nIn order to participate in this study, a subject must:\n\na\n\nb", "ia ib"),
    (
        "Inclusion Criteria:\n\n* a\n\nPatients must meet one of the following:\n\n* b",
        "ia iPatients must meet one of the following: ib",
    ),
    ("Exclusion Criteria:\n\nPatients must meet all of these:\n\n* c", "ec"),
    (
        "Inclusion Criteria:\n\nPatients with asthma (A):\n\n* a\n\nHealthy controls:\n\n* b\n\nExclusion Criteria:\n\n* c",
        "ia ib ec",
    ),
    ("Inclusion Criteria:\n\nPatients with any of these:\n\n* a", "iPatients with any of these: ia"),
    ("Participants will be excluded from the study if they:\n\n* c", "ec"),
    ("DISEASE CHARACTERISTICS:\n\n* a\n\nPATIENT CHARACTERISTICS:\n\n* b", "ia ib"),
    ("* a\n\nExclusion Criteria:\n\n* c", "ia ec"),
    ("* a\n* b", "oa ob"),
    ("Key Inclusion/Exclusion Criteria:\n\n* a", "oa"),
    (
        "<p>Inclusion Criteria:</p><ul><li>a</li><li><p>b</p></li></ul><p>Exclusion:</p><ul><li>c</li></ul>",
        "ia ib ec",
    ),
    (
        "Inclusion Criteria:\n\n* a\n\nInclusion/exclusion criteria may apply beyond these.",
        "ia oInclusion/exclusion criteria may apply beyond these.",
    ),
]


def shorthand(text: str) -> str:
    return " ".join(f"{item.kind[0]}{item.text}" for item in split_criteria(text))


def uncovered(text: str, found: tuple[Criterion, ...]) -> str:
    position, rest = 0, []
    for item in found:
        assert position <= item.start <= item.end
        assert text[item.start : item.end] == item.text
        rest.append(text[position : item.start])
        position = item.end
    return "".join([*rest, text[position:]])


@pytest.mark.parametrize(("text", "expected"), FORMS, ids=[form[0][:30] for form in FORMS])
def test_each_form_of_heading_is_read(text: str, expected: str) -> None:
    assert shorthand(text) == expected


@pytest.mark.parametrize(
    "line",
    [
        "* Patient meets the inclusion criteria for trial entry",
        "* Myocardial infarction within one month of trial inclusion",
        "Any condition not fulfilling inclusion criteria",
        "11. Exclusion criteria of the core study",
        "* A female participant is eligible if at least one of the following applies:",
    ],
)
def test_a_criterion_that_speaks_of_inclusion_opens_no_list(line: str) -> None:
    found = split_criteria(f"Exclusion Criteria:\n\n* a\n\n{line}\n\n* b")
    assert [item.kind for item in found] == ["exclusion"] * 3


def test_nested_and_numbered_lists_keep_their_marks_and_levels() -> None:
    text = "Inclusion Criteria:\n\n1. One\n\n   * Two\n   * Three\n\n     a) Four\n2. Five"
    assert [(item.number, item.level) for item in split_criteria(text)] == [
        ("1.", 0),
        ("*", 1),
        ("*", 1),
        ("a)", 2),
        ("2.", 0),
    ]


def test_headings_of_groups_are_kept_with_their_criteria() -> None:
    text = "Inclusion Criteria:\n\nDonor Inclusion Criteria:\n\n* a\n\nRecipient Inclusion Criteria:\n\n* b"
    headings = [item.heading for item in split_criteria(text)]
    assert headings == ["Inclusion Criteria: Donor Inclusion Criteria", "Recipient Inclusion Criteria"]


def test_wrapped_lines_stay_one_criterion_and_single_lines_do_not() -> None:
    text = "Inclusion Criteria:\n\nHeart failure that has lasted\nfor a year\nAge over 18"
    assert [item.text for item in split_criteria(text)] == [
        "Heart failure that has lasted\nfor a year",
        "Age over 18",
    ]


def test_an_empty_heading_and_an_empty_text_are_told_apart() -> None:
    assert split_criteria("") == ()
    assert split_criteria("   \n\n") == ()
    assert [(item.kind, item.text) for item in split_criteria("Exclusion Criteria:")] == [
        ("other", "Exclusion Criteria:")
    ]


def test_the_model_gives_criteria_by_name() -> None:
    module = EligibilityModule(eligibility_criteria=r"Inclusion Criteria:" "\n\n" r"* HbA1c \> 7%")
    assert [item.text for item in module.criteria] == [r"HbA1c \> 7%"]
    assert EligibilityModule().criteria == ()


HEADINGS = ("Inclusion Criteria:", "Exclusion criteria", "Excluded are", "heart", "Age", " > 18", " and ")
MARKS = (
    "* ",
    "1. ",
    "a) ",
    "- ",
    "  ",
    "\t",
    "\n",
    "\n\n",
    "\r\n",
    ".",
    ":",
    "[",
    "<p>",
    "<ul>",
    "<li>",
    "</li>",
)
PIECES = st.sampled_from((*HEADINGS, *MARKS))


@given(st.lists(PIECES, max_size=40))
def test_whatever_is_outside_the_criteria_is_heading_mark_or_space(pieces: list[str]) -> None:
    text = "".join(pieces)
    found = split_criteria(text)
    rest = re.sub(r"<[^>]*>", " ", uncovered(text, found))
    headings = " ".join(item.heading for item in found)
    for word in re.findall(r"\w{2,}", rest):
        assert word in headings, (word, rest)


@given(st.text(max_size=400))
def test_any_text_is_split_in_order_without_overlap(text: str) -> None:
    uncovered(text, split_criteria(text))


@pytest.mark.parametrize(
    "text",
    [
        "a" * 300_000,
        "inclusion " * 30_000,
        "* x\n" * 50_000,
        "word\n" * 40_000,
        " " * 300_000,
        "- A " * 60_000,
    ],
    ids=["one word", "one line", "many entries", "one wrapped text", "blank", "one run"],
)
def test_a_huge_text_takes_seconds_not_minutes(text: str) -> None:
    start = time.process_time()
    split_criteria(text)
    assert time.process_time() - start < 3


def test_real_texts_split_into_both_lists(shared_data: Path) -> None:
    both = total = 0
    slowest = 0.0
    for name in ("records.jsonl.gz", "records_stem_cells_2022.jsonl.gz"):
        for line in gzip.decompress((shared_data / "ctgov" / name).read_bytes()).splitlines():
            protocol = msgspec.json.decode(line)["protocolSection"]
            text = protocol.get("eligibilityModule", {}).get("eligibilityCriteria")
            if not text:
                continue
            start = time.process_time()
            found = split_criteria(text)
            slowest = max(slowest, time.process_time() - start)
            rest = uncovered(text, found)
            headings = " ".join(item.heading for item in found)
            assert all(
                word in headings
                for word in re.findall(r"\b(?![ivx]+\b)\w{4,}", re.sub(r"<[^>]*>", " ", rest))
            )
            total += 1
            both += {"inclusion", "exclusion"} <= {item.kind for item in found}
    assert total > 4000
    assert both / total > 0.98
    assert slowest < 0.2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Inclusion Criteria:\n\nCohort A:\n\n* Adult\n\nCohort B\n\n* Child\n\nExclusion Criteria:\n\n* Ill",
            [("inclusion", "Adult", "Inclusion Criteria: Cohort A"),
             ("inclusion", "Child", "Inclusion Criteria: Cohort B"), ("exclusion", "Ill", "Exclusion Criteria")],
        ),
        (
            "Sub-study 1 (biopsy):\n\n* Adult\n\nOptional PK Sub-study:\n\n* Willing",
            [("other", "Adult", "Sub-study 1 (biopsy)"), ("other", "Willing", "Optional PK Sub-study")],
        ),
        (
            "Part 1: Inclusion Criteria:\n\n* Adult\n\nPart 1: Exclusion Criteria:\n\n* Ill\n\n"
            "Part 2: Inclusion Criteria:\n\n* Well",
            [("inclusion", "Adult", "Part 1: Inclusion Criteria"), ("exclusion", "Ill", "Part 1: Exclusion Criteria"),
             ("inclusion", "Well", "Part 2: Inclusion Criteria")],
        ),
        (
            "Inclusion Criteria:\n\nFor Part 2A and 2B:\n\n* Adult\n\nHigh Risk Arm:\n\n* Smoker",
            [("inclusion", "Adult", "Inclusion Criteria: For Part 2A and 2B"),
             ("inclusion", "Smoker", "Inclusion Criteria: High Risk Arm")],
        ),
        (
            "Inclusion Criteria:\n\n* Stage III\n* Cohort 1: Biliary tract cancer\n* Cohort 2: Bladder cancer\n"
            "* Age group of 20-45 years\n* Part A\n* Skin stage 4",
            [("inclusion", each, "Inclusion Criteria") for each in (
                "Stage III", "Cohort 1: Biliary tract cancer", "Cohort 2: Bladder cancer",
                "Age group of 20-45 years", "Part A", "Skin stage 4")],
        ),
    ],
)  # fmt: skip
def test_headings_of_cohorts_and_parts_are_headings(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert [(each.kind, each.text, each.heading) for each in split_criteria(text)] == expected


def test_behind_what_any_real_text_has_all_is_one_criterion() -> None:
    text = "Inclusion Criteria:\n\n" + "* HIV\n" * 100_000
    found = split_criteria(text)
    assert (found[0].text, found[0].kind) == ("HIV", "inclusion")
    assert len(found) < 20_000
    assert (found[-1].kind, found[-1].end) == ("other", len(text) - 1)
    assert found[-1].text == text[found[-1].start : found[-1].end]
    assert text[found[-2].end : found[-1].start].strip() == ""


PARTS = [
    *("Control group", "Healthy Controls", "Mothers", "AIM 1", "Study 2", "Surgical cohort", "HBPLS01"),
    *("Open-label extension", "OLE:", "Randomization:", "SAFETY LEAD-IN", "Phase 1b portion", "Period 2"),
    *(
        "Healthy controls (HCs)",
        "Group 1: Patients with asthma",
        "Cohort B - relapsed disease:",
        "Caregivers",
    ),
]


@pytest.mark.parametrize("name", PARTS)
def test_what_stands_alone_before_a_title_of_inclusion_names_whose_criteria_follow(name: str) -> None:
    block = "{}\n\nInclusion Criteria:\n\n* Age {} years or older\n\nExclusion Criteria:\n\n* {}\n\n"
    found = split_criteria(block.format(name, 18, "Diabetes") + block.format("Substudy C", 65, "Stroke"))
    assert [(each.kind, each.text) for each in found] == [
        ("inclusion", "Age 18 years or older"),
        ("exclusion", "Diabetes"),
        ("inclusion", "Age 65 years or older"),
        ("exclusion", "Stroke"),
    ]
    assert found[0].heading == f"{name.rstrip(':')}: Inclusion Criteria"
    assert found[2].heading == "Substudy C: Inclusion Criteria"


@pytest.mark.parametrize("name", ["Substudy B", "Part 1", "Arm 1", "Period 2", "PART B", "Phase 1b portion"])
def test_a_part_that_is_a_list_item_with_a_list_below_is_its_heading(name: str) -> None:
    found = split_criteria(
        f"Inclusion Criteria:\n\n* {name}\n\n  * Adult\n  * Asthma\n* Cohort C\n\n  * Child\n\nExclusion Criteria:\n\n* Stroke"
    )
    assert [each.text for each in found] == ["Adult", "Asthma", "Child", "Stroke"]
    assert name in found[0].heading


@pytest.mark.parametrize(
    "text",
    [
        "Exclusion Criteria:\n\nDiabetes\n\nPregnancy\n\nInclusion Criteria:\n\nAdult",
        "Exclusion Criteria:\n\n* Diabetes\n* Pregnancy\n\nInclusion Criteria:\n\n* Adult",
        "Exclusion Criteria:\n\n* Diabetes\n\nPatients must not be pregnant.\n\nInclusion Criteria:\n\n* Adult",
        "Exclusion Criteria:\n\n* Diabetes\n\nAny of the following\n\nInclusion Criteria:\n\n* Adult",
        "Inclusion Criteria:\n\n* Skin stage 4\n* Adult",
        "Inclusion Criteria:\n\n* Cohort A\n* Cohort B",
    ],
)
def test_what_asks_something_or_stands_in_a_list_stays_a_criterion(text: str) -> None:
    lines = [line.strip("* ") for line in text.splitlines() if line and not line.endswith("Criteria:")]
    assert [each.text for each in split_criteria(text)] == lines
