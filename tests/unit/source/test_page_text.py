"""The saved page says what the record said, but for the trial's own history and what a page cannot say."""

from __future__ import annotations

import io
import random
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from trialbook.errors import SourceReadError
from trialbook.source.incoming import Incoming, Rejected
from trialbook.source.page.draft import read_labelled
from trialbook.source.page.read import (
    CARRIES,
    HEADINGS,
    MAX_PAGE_BYTES,
    MAX_PAGE_LINES,
    is_page_text,
    parse_page_text,
    read_page_text,
)

PAGES = Path(__file__).parents[2] / "fixtures" / "page_text"

# What happened to the trial between October 2022 and September 2025: (2022, page).
HISTORY = {
    "statusModule.overallStatus": ("RECRUITING", "COMPLETED"),
    "statusModule.completionDateStruct.date": ("2024-07-16", "2025-08-26"),
    "statusModule.lastUpdatePostDateStruct.date": ("2022-07-11", "2025-09-02"),
    "designModule.enrollmentInfo.count": (30, 26),
    "contactsLocationsModule.locations.0.status": ("RECRUITING", None),
}
# The record of 2022 came through an API that dropped these; the page prints them.
DROPPED_IN_2022 = {
    "identificationModule.secondaryIdInfos.0.type": "NIH",
    "sponsorCollaboratorsModule.responsibleParty.investigatorFullName": "Joshua M Hare",
    "sponsorCollaboratorsModule.responsibleParty.investigatorTitle": "Professor of Clinical Medicine",
    "armsInterventionsModule.armGroups.0.interventionNames.0": (
        "Drug: 100 million Allogeneic Mesenchymal Human Stem Cells"
    ),
    "armsInterventionsModule.armGroups.1.interventionNames.0": "Other: Placebo",
    "armsInterventionsModule.interventions.0.armGroupLabels.0": (
        "Group A: Allogeneic Mesenchymal Stem Cells (MSCs) Group"
    ),
    "armsInterventionsModule.interventions.1.armGroupLabels.0": "Group 2: Placebo Group",
    "contactsLocationsModule.overallOfficials.0.name": "Nikolaos Spilias, MD",
    "contactsLocationsModule.overallOfficials.0.affiliation": "University of Miami",
    "contactsLocationsModule.overallOfficials.0.role": "PRINCIPAL_INVESTIGATOR",
    "referencesModule.seeAlsoLinks.0.label": (
        "Interdisciplinary Stem Cell Institute at the University of Miami Miller School website"
    ),
    "referencesModule.seeAlsoLinks.0.url": "http://isci.med.miami.edu",
}
# The page has no place for these.
NOT_ON_THE_PAGE = (
    r"identificationModule\.(organization\.|officialTitle|acronym)",
    r"statusModule\.(statusVerifiedDate|studyFirst|lastUpdateSubmitDate|primaryCompletionDateStruct\.)",
    r"statusModule\.\w+Struct\.type",
    r"designModule\.enrollmentInfo\.type",
    r"oversightModule\.",
    r"conditionsModule\.keywords\.",
    r"outcomesModule\.",
    r"eligibilityModule\.stdAges\.",
    r"contactsLocationsModule\.locations\.0\.zip",
)


def flatten(value: Any, path: str = "") -> dict[str, Any]:
    if isinstance(value, dict):
        items: Any = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    else:
        return {path: value}
    flat: dict[str, Any] = {}
    for key, child in items:
        flat |= flatten(child, f"{path}.{key}" if path else str(key))
    return flat


def load_page(name: str) -> dict[str, Any]:
    return parse_page_text((PAGES / name).read_bytes())


@pytest.fixture(scope="module")
def seed(shared_seed: Path) -> dict[str, Any]:
    return parse_page_text((shared_seed / "NCT04776239.txt").read_bytes())


def test_page_differs_from_the_record_of_2022_only_by_the_trials_history(
    seed: dict[str, Any], shared_data: Path
) -> None:
    record = msgspec.json.decode((shared_data / "ctgov" / "NCT04776239.json").read_bytes())
    before = flatten(record["protocolSection"])
    now = flatten(seed["protocolSection"])
    differences = {path: (before.get(path), now.get(path)) for path in before | now}
    differences = {path: pair for path, pair in differences.items() if pair[0] != pair[1]}

    criteria = differences.pop("eligibilityModule.eligibilityCriteria")
    assert re.sub(r"(?m)^\d+\. ", "", criteria[1]) == criteria[0]  # the record of 2022 lost its numbering
    assert differences.pop("conditionsModule.conditions.0") == (
        "Diabetes Mellitus",
        "Diabetes Mellitus Ischemic Heart Disease",
    )
    assert differences.pop("conditionsModule.conditions.1") == ("Ischemic Heart Disease", None)
    for path in [path for path in differences if any(re.match(p, path) for p in NOT_ON_THE_PAGE)]:
        assert differences.pop(path)[1] is None
    for path, value in DROPPED_IN_2022.items():
        assert differences.pop(path) == (None, value)
    assert differences == HISTORY
    assert seed["hasResults"] is record["hasResults"] is False


def test_page_keeps_what_the_record_has_no_place_for(seed: dict[str, Any]) -> None:
    assert seed["pageSection"] == {
        "results": ["Results pending"],
        "joinedLists": [
            "protocolSection.conditionsModule.conditions",
            "pageSection.interventionOtherNames",
        ],
        "interventionOtherNames": ["allo-human Mesenchymal Stem Cells (hMSCs) stem cells"],
        "relatedTrials": [
            {
                "nctId": "NCT00221182",
                "briefTitle": "Stem Cell Study for Patients With Heart Disease",
                "overallStatus": "TERMINATED",
                "phases": ["PHASE1", "PHASE2"],
            },
            {
                "nctId": "NCT02509156",
                "briefTitle": "Stem Cell Injection in Cancer Survivors",
                "overallStatus": "COMPLETED",
                "phases": ["PHASE1"],
            },
            {
                "nctId": "NCT01719640",
                "briefTitle": "MSC and MC in Type 2 Diabetes Mellitus",
                "overallStatus": "COMPLETED",
                "phases": ["PHASE1", "PHASE2"],
            },
        ],
    }


def test_every_value_read_lies_below_a_declared_path(seed: dict[str, Any]) -> None:
    pages = [seed, *(load_page(path.name) for path in PAGES.glob("*.txt"))]
    assert len(pages) == 4
    beyond = {
        path
        for page in pages
        for path in (re.sub(r"\.\d+", "", path) for path in flatten(page))
        if not path.startswith("pageSection.") and not any(f"{path}.".startswith(f"{c}.") for c in CARRIES)
    }
    # Labels that only some pages print: a page that lacks them does not say that they are absent.
    assert beyond == {
        "protocolSection.contactsLocationsModule.locations.status",
        "protocolSection.identificationModule.acronym",
        "protocolSection.conditionsModule.keywords",
        "protocolSection.contactsLocationsModule.locations.zip",
        "protocolSection.sponsorCollaboratorsModule.responsibleParty.investigatorAffiliation",
    }


def test_a_text_on_the_line_of_its_label_belongs_to_it() -> None:
    lines = ["Before", "Title: A study: of rest", "and sleep", "Other:", "More"]
    assert read_labelled(lines, ("Title", "Other")) == (
        ["Before"],
        {"Title": ["A study: of rest", "and sleep"], "Other": ["More"]},
    )


def test_explaining_sentences_are_no_content(seed: dict[str, Any]) -> None:
    text = msgspec.json.encode(seed).decode()
    for words in (
        "snapshot",
        "sponsor-provided",
        "extended narrative",
        "Check back later",
        "similarity analysis",
    ):
        assert words not in text
    assert "detailedDescription" not in seed["protocolSection"]["descriptionModule"]


def test_escapes_are_undone_and_nothing_else(seed: dict[str, Any]) -> None:
    criteria = seed["protocolSection"]["eligibilityModule"]["eligibilityCriteria"]
    assert "\\" not in criteria
    assert "(HbA1C) > 7%" in criteria
    assert "(GFR) <30 ml/min" in criteria
    assert (
        "\n* Tremor after a head injury (score > 2 on the [local] scale)"
        in (
            load_page("observational_several_sites.txt")["protocolSection"]["eligibilityModule"][
                "eligibilityCriteria"
            ]
        )
    )


def test_observational_page_with_sites_in_three_countries() -> None:
    page = load_page("observational_several_sites.txt")
    protocol = page["protocolSection"]
    assert protocol["designModule"] == {
        "enrollmentInfo": {"count": 1240},
        "studyType": "OBSERVATIONAL",
        "designInfo": {"observationalModel": "COHORT", "timePerspective": "PROSPECTIVE"},
    }
    assert protocol["conditionsModule"]["conditions"] == [
        "Essential Tremor",
        "Sleep Initiation and Maintenance Disorders",
        "Restless Legs Syndrome, Familial",
    ]
    assert [
        tuple(site.get(key) for key in ("city", "state", "zip", "country", "status"))
        for site in protocol["contactsLocationsModule"]["locations"]
    ] == [
        ("Willowford", "Oregon", "97000", "United States", "RECRUITING"),
        ("Busan", None, None, "Korea, Republic of", None),
        ("Lumen", "Genève", None, "Switzerland", "WITHDRAWN"),
    ]
    assert page["pageSection"]["countries"] == ["Iceland"]  # named by no site
    assert [group.get("type") for group in protocol["armsInterventionsModule"]["armGroups"]] == [None, None]
    assert protocol["armsInterventionsModule"]["armGroups"][0]["description"].endswith(
        "\n\nThey are seen each spring."
    )
    assert protocol["armsInterventionsModule"]["interventions"] == [
        {
            "type": "DEVICE",
            "name": "Wrist actigraph",
            "description": "Worn for seven nights.",
            "armGroupLabels": ["Villagers with tremor", "Villagers without tremor"],
            "otherNames": ["Sleep watch"],
        }
    ]
    assert protocol["contactsLocationsModule"]["overallOfficials"] == [
        {"name": "Ada Quill, MD", "affiliation": "Riverside Institute of Neurology", "role": "STUDY_CHAIR"},
        {"name": "Ben Arrow, PhD", "role": "PRINCIPAL_INVESTIGATOR"},
    ]
    assert protocol["identificationModule"]["nctIdAliases"] == ["NCT90000001"]
    assert protocol["sponsorCollaboratorsModule"]["collaborators"][1] == {"name": "Friends of the River"}
    assert "maximumAge" not in protocol["eligibilityModule"]
    assert "hasResults" not in page  # the page has no section on results


def test_sections_in_another_order_and_unknown_ones_are_kept() -> None:
    page = load_page("withdrawn_other_order.txt")
    protocol = page["protocolSection"]
    assert protocol["statusModule"] == {
        "lastUpdatePostDateStruct": {"date": "2024-11"},
        "overallStatus": "WITHDRAWN",
        "completionDateStruct": {"date": "2024"},
    }
    assert protocol["eligibilityModule"] == {"eligibilityCriteria": "Participants must want to take part."}
    assert protocol["descriptionModule"]["briefSummary"].endswith(
        "Conditions\n\nwere unclear to many readers."
    )
    assert "conditionsModule" not in protocol
    assert "contactsLocationsModule" not in protocol
    assert page["hasResults"] is True
    assert page["pageSection"]["otherSections"] == [
        {
            "heading": "Publications of the Team",
            "text": "Browse the articles that this trial has led to so far.\n\nWafers and Throats, 2023.",
        }
    ]
    assert page["pageSection"]["unread"] == [
        {"section": "Study Start Date", "text": "soon"},
        {"section": "Study Design", "text": "Gatekeepers"},
        {"section": "Study Groups", "text": "Usual care\n\nNothing but water."},
    ]


def test_page_without_blank_lines_reads_the_same_way() -> None:
    protocol = load_page("no_blank_lines.txt")["protocolSection"]
    assert protocol["statusModule"]["overallStatus"] == "UNKNOWN"
    assert protocol["designModule"]["phases"] == ["NA"]
    assert protocol["designModule"]["designInfo"]["maskingInfo"] == {
        "masking": "TRIPLE",
        "whoMasked": ["PARTICIPANT", "CARE_PROVIDER", "OUTCOMES_ASSESSOR"],
    }
    assert protocol["armsInterventionsModule"]["armGroups"] == [
        {
            "label": "Walk first",
            "type": "ACTIVE_COMPARATOR",
            "description": "Walks, then rest.",
            "interventionNames": ["Behavioral: Walk"],
        },
        {"label": "Rest first", "type": "OTHER", "interventionNames": ["Behavioral: Walk"]},
    ]
    assert protocol["eligibilityModule"]["eligibilityCriteria"] == (
        "Inclusion Criteria:\n\n1. Stiff knees\n\nExclusion Criteria:\n\n1. No knees"
    )
    assert protocol["sponsorCollaboratorsModule"]["responsibleParty"] == {
        "type": "PRINCIPAL_INVESTIGATOR",
        "investigatorFullName": "Cleo Marsh",
        "investigatorTitle": "Reader in Walking",
        "investigatorAffiliation": "Dusk University",
    }


def test_country_with_commas_is_known_from_the_list_of_countries() -> None:
    page = (
        "T\n\nNCT ID: NCT90000015\n\nLast Updated: 2025-01-01\n\nLocations\n\nExplore where the study is.\n\n"
        "Reef Clinic\n\nKralendijk, Bonaire, Sint Eustatius and Saba\n\nSite Status\n\n"
        "Countries\n\nReview the countries.\n\nBonaire, Sint Eustatius and Saba\n"
    )
    (site,) = parse_page_text(page.encode())["protocolSection"]["contactsLocationsModule"]["locations"]
    page = page.replace("Kralendijk, Bonaire, Sint Eustatius and Saba\n\nSite", "Site")
    (bare,) = parse_page_text(page.encode())["protocolSection"]["contactsLocationsModule"]["locations"]
    assert bare == {"facility": "Reef Clinic"}
    assert site == {
        "facility": "Reef Clinic",
        "city": "Kralendijk",
        "country": "Bonaire, Sint Eustatius and Saba",
    }


def list_pages(folder: Path) -> list[str]:
    return [
        path.read_text(encoding="utf-8")
        for path in (*sorted(PAGES.glob("*.txt")), folder / "NCT04776239.txt")
    ]


@pytest.mark.parametrize("seed_number", range(40))
def test_no_text_is_lost_from_a_page_with_lines_missing_or_moved(shared_seed: Path, seed_number: int) -> None:
    chance = random.Random(seed_number)
    for text in list_pages(shared_seed):
        front, *lines = re.split(r"(?<=\n)(?=\n)", text) if "\n\n" in text else text.splitlines(keepends=True)
        at = next(n for n, line in enumerate(lines) if "Last Updated" in line) + 1
        body = [line for line in lines[at:] if chance.random() > 0.1]
        if seed_number % 2:
            first, second = sorted(chance.sample(range(len(body)), 2))
            body[first:second] = chance.sample(body[first:second], second - first)
        page = parse_page_text("".join([front, *lines[:at], *body]).encode())
        kept = "\n".join(str(value) for value in flatten(page).values())
        for line in "".join(body).splitlines():
            wanted = re.sub(r"\\(.)", r"\1", line).strip(" *").removeprefix("Description: ")
            if len(wanted) > 25 and not is_furniture(wanted):
                assert wanted in kept or wanted.split(", ")[0] in kept, wanted


def is_furniture(line: str) -> bool:
    """Tell whether a line explains or labels; its value is kept in the registry's spelling."""
    labels = (
        "Accepts Healthy",
        "Group Type",
        "Identifier",
        "Intervention Type",
        "Participant",
        "Responsib",
        "Role",
    )
    other = ("Browse", "NCT", "Sponsor Role", "The study team", "##")
    openings = (opening for opening in HEADINGS.values() if opening)
    return line.startswith((*openings, *labels, *other))


@pytest.mark.parametrize("change", ["crlf", "no_blank", "utf16", "bom"])
def test_seed_reads_the_same_however_it_was_saved(
    seed: dict[str, Any], shared_seed: Path, change: str
) -> None:
    data = (shared_seed / "NCT04776239.txt").read_bytes()
    saved = {
        "crlf": data.replace(b"\n", b"\r\n"),
        "no_blank": re.sub(rb"\n+", b"\n", data),
        "utf16": data.decode().encode("utf-16"),
        "bom": b"\xef\xbb\xbf" + data,
    }[change]
    assert is_page_text(saved[:4096])
    assert parse_page_text(saved) == seed


def test_several_pages_in_one_file_come_out_one_by_one() -> None:
    data = b"".join(
        (PAGES / name).read_bytes() for name in ("no_blank_lines.txt", "withdrawn_other_order.txt")
    )
    first, second = read_page_text(io.BytesIO(data), "pages.txt")
    assert isinstance(first, Incoming)
    assert isinstance(second, Incoming)
    assert first.place == "pages.txt"
    assert second.place == "pages.txt:69"
    assert (first.original or b"") + (second.original or b"") == data
    assert [
        msgspec.json.decode(i.body)["protocolSection"]["identificationModule"]["nctId"]
        for i in (first, second)
    ] == [
        "NCT90000014",
        "NCT90000012",
    ]
    assert first.format == "page_text"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\xfa",
        b"\x80\x81 NCT ID: NCT00000001",
        b"A page about nothing\n\nLast Updated: 2025-01-01\n",
        b"NCT ID: NCT123\n",
        b"\x00" * 100,
    ],
)
def test_what_is_no_page_is_rejected_with_its_bytes(data: bytes) -> None:
    assert not is_page_text(data)
    (rejected,) = read_page_text(io.BytesIO(data), "x.txt")
    assert isinstance(rejected, Rejected)
    assert rejected.original == data
    assert rejected.reason


def test_other_formats_are_no_page(shared_data: Path) -> None:
    assert not is_page_text((shared_data / "ctgov" / "NCT04776239.json").read_bytes()[:4096])
    assert not is_page_text(b"<html><body>NCT ID: NCT00000001\nLast Updated: 2025-01-01</body></html>")
    assert not is_page_text(b"nct_id|name\nNCT00000001|Conditions\n")


def test_a_page_too_large_is_rejected_and_not_read_on() -> None:
    stream = io.BytesIO(b"NCT ID: NCT00000001\n" * (MAX_PAGE_BYTES // 20 + 2))
    (rejected,) = read_page_text(stream, "big.txt")
    assert isinstance(rejected, Rejected)
    assert len(rejected.original) == 2**20
    assert stream.tell() == MAX_PAGE_BYTES + 1


def test_a_stream_that_breaks_off_says_where() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise EOFError("compressed file ended early")

    with pytest.raises(SourceReadError, match=r"cut\.gz: cannot be read to its end"):
        list(read_page_text(Broken(), "cut.gz"))


@pytest.mark.parametrize(
    "filler",
    [
        "Inclusion Criteria ",
        "Review study " * 3,
        "(" + " " * 50,
        "Group Type X\nlabel\n",
        "Intervention Type DRUG\nname\n",
        "Role: X\nname\n",
        "place, place, \nSite Status\n",
        "Conditions\n",
        "\\>",
        "participant ",
    ],
)
def test_hostile_repetition_takes_no_more_than_seconds(filler: str) -> None:
    front = "T\nNCT ID: NCT90000001\nLast Updated: 2025-01-01\n"
    sections = "".join(
        f"{heading}\n{opening} x.\n{filler * 3000}\n"
        for heading, opening in (
            ("Study Groups", "Review each arm or cohort"),
            ("Locations", "Explore where the study"),
            ("Principal Investigators", "Learn about the lead researchers"),
            ("Study Design", "Understand how the trial is structured"),
            ("Eligibility Criteria", "Check the participation requirements"),
        )
    )
    assert parse_page_text((front + sections).encode())["protocolSection"]


@pytest.mark.parametrize("ending", ["", "\n", "\n\n \n", "\x0c", "\r\n\x0b\n"])
@pytest.mark.parametrize("pages", [1, 3])
def test_a_page_that_ends_below_its_date_is_read(ending: str, pages: int) -> None:
    page = "A Study of Rest\n\nNCT ID: NCT90000001\n\nLast Updated: 2025-01-01"
    items = list(read_page_text(io.BytesIO(("\n".join([page] * pages) + ending).encode()), "file"))
    assert len(items) == pages
    for item in items:
        assert isinstance(item, Incoming)
        protocol = msgspec.json.decode(item.body)["protocolSection"]
        assert protocol == {
            "identificationModule": {"nctId": "NCT90000001", "briefTitle": "A Study of Rest"},
            "statusModule": {"lastUpdatePostDateStruct": {"date": "2025-01-01"}},
        }


def test_a_file_of_more_lines_than_pages_have_is_refused() -> None:
    stream = io.BytesIO(b"A Study\n\nNCT ID: NCT00000001\n" + b"\n" * MAX_PAGE_LINES)
    (refused,) = read_page_text(stream, "page.txt")
    assert isinstance(refused, Rejected)
    assert refused.reason == "more than 200,000 lines, which no record page has"
