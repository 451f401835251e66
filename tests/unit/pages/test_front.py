"""The front of a record answers what readers ask first, says nothing that is not proven, and draws its dates truly."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from typing import Any
from xml.etree import ElementTree

import pytest

from trialbook.changes.past import Past, PastDate, Switch
from trialbook.errors import UsageError
from trialbook.library.checklist import write_criteria_csv
from trialbook.model import PartialDate, Study, parse_record
from trialbook.pages import render_history_page, render_study_page, render_study_text
from trialbook.pages.checklist_page import render_checklist_page
from trialbook.pages.contents import ChangeNote, HistoryView, Near, StudyHistory, VersionLine
from trialbook.pages.drawing.timebar import Ghost, Moment, draw_timebar
from trialbook.pages.drawing.versionline import Drawn, draw_versionline
from trialbook.pages.record.versionline import draw_history

TODAY = date(2026, 1, 15)
SITES = [
    {
        "facility": "Far",
        "city": "Lyon",
        "country": "France",
        "status": "RECRUITING",
        "geoPoint": {"lat": 45.76, "lon": 4.84},
        "contacts": [{"name": "Dr Far", "phone": "+33 4 72 00 00 00", "email": "far@lyon.example"}],
    },
    {
        "facility": "Closed",
        "city": "Paris",
        "country": "France",
        "status": "COMPLETED",
        "geoPoint": {"lat": 48.86, "lon": 2.35},
        "contacts": [{"name": "Dr Closed", "phone": "01 00 00 00 00"}],
    },
]
PROTOCOL: dict[str, Any] = {
    "identificationModule": {"nctId": "NCT99000099", "briefTitle": "Tea"},
    "statusModule": {
        "overallStatus": "RECRUITING",
        "statusVerifiedDate": "2025-11",
        "startDateStruct": {"date": "2024-03", "type": "ACTUAL"},
        "primaryCompletionDateStruct": {"date": "2026-06-30", "type": "ESTIMATED"},
        "completionDateStruct": {"date": "2027", "type": "ESTIMATED"},
    },
    "eligibilityModule": {
        "minimumAge": "18 Years",
        "maximumAge": "75 Years",
        "sex": "FEMALE",
        "healthyVolunteers": False,
        "eligibilityCriteria": "Inclusion Criteria:\n\n1. Cough\n2. =Tea\n\nExclusion Criteria:\n\n* Coffee",
    },
    "armsInterventionsModule": {
        "armGroups": [
            {"label": "Tea", "type": "EXPERIMENTAL"},
            {"label": "Water", "type": "PLACEBO_COMPARATOR"},
        ],
        "interventions": [{"type": "DRUG", "name": "Green tea"}],
    },
    "designModule": {
        "studyType": "INTERVENTIONAL",
        "phases": ["PHASE1", "PHASE2"],
        "designInfo": {"allocation": "RANDOMIZED", "maskingInfo": {"masking": "NONE"}},
    },
    "contactsLocationsModule": {"locations": SITES},
}


def make(**modules: Any) -> Study:
    return parse_record({"protocolSection": {**PROTOCOL, **modules}})


def glance_of(study: Study, **more: Any) -> str:
    html = render_study_page(study, today=TODAY, **more)
    return html.split('id="glance"')[1].split("</section>")[0]


def words_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", html).split())


def test_the_first_section_answers_what_readers_ask_with_links() -> None:
    glance = glance_of(make())
    words = words_of(glance)
    for said in (
        "Recruiting, as of November 2025.",
        "2 sites in France, 1 of them open.",
        "18 to 75 years, women only, no healthy volunteers.",
        "1. Cough",
        "All 3 criteria, also as a checklist.",
        "Randomised, open label, 2 groups: Tea (experimental); Water (placebo comparator).",
        "Data for the primary outcome complete: 30 June 2026 (estimated).",
        "Last visit of the last participant: 2027 (estimated).",
    ):
        assert said in words, said
    for link in (
        "#key-facts",
        "#sites",
        "#eligibility",
        "#criterion-inclusion-1",
        "#arms",
        "#results",
        "/study/NCT99000099/criteria",
        "tel:+33472000000",
        "mailto:far@lyon.example",
    ):
        assert f'href="{link}"' in glance, link


def test_only_an_open_site_is_the_nearest_and_is_asked() -> None:
    near = Near(lat=48.86, lon=2.35, label="Paris")
    words = words_of(glance_of(make(), near=near))
    assert "Nearest open site: Far, Lyon, about 392 km (244 mi), centre of town." in words
    assert "Dr Far: +33 4 72 00 00 00" in words
    assert "Dr Closed" not in words
    closed = make(contactsLocationsModule={"locations": SITES[1:]})
    assert "1 site in France, not open." in words_of(glance_of(closed, near=near))
    assert "Dr Closed" not in words_of(glance_of(closed, near=near))


@pytest.mark.parametrize(
    ("phone", "mail", "links"),
    [
        ("call the nurse", "nobody", []),
        ("javascript:alert(1)", 'a@b.example"onmouseover="x', []),
        ("555", "a@b.example?cc=c@d.example", []),
        ("(305) 555-0100", "o'neil+t@b.example", ["tel:3055550100", "mailto:o%27neil+t@b.example"]),
    ],
)
def test_only_a_number_can_be_called_and_only_an_address_written_to(
    phone: str, mail: str, links: list[str]
) -> None:
    contact = {"name": "N", "phone": phone, "email": mail}
    study = make(contactsLocationsModule={"centralContacts": [contact]})
    html = render_study_page(study, today=TODAY)
    assert sorted(set(re.findall(r'href="((?:tel|mailto):[^"]*)"', html))) == sorted(links)
    assert "onmouseover=" not in html.replace("&#34;onmouseover=", "")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({"statusVerifiedDate": "2025-11"}, "1 site in France, open."),
        ({"statusVerifiedDate": "2020-11"}, "1 site in France, open as of November 2020."),
        ({"overallStatus": "UNKNOWN"}, "1 site in France; whether it is open is not known."),
        ({"overallStatus": "COMPLETED"}, "1 site in France, not open."),
        ({"overallStatus": None}, "1 site in France, open."),
    ],
)
def test_a_site_is_called_open_only_as_of_when_the_record_says_so(status: dict[str, Any], said: str) -> None:
    given = {name: value for name, value in {**PROTOCOL["statusModule"], **status}.items() if value}
    study = make(statusModule=given, contactsLocationsModule={"locations": SITES[:1]})
    assert said in words_of(glance_of(study))


def test_what_is_said_of_unposted_results_has_its_day() -> None:
    ended = {
        "overallStatus": "COMPLETED",
        "primaryCompletionDateStruct": {"date": "2020-03-05", "type": "ACTUAL"},
    }
    protocol = {
        **PROTOCOL,
        "statusModule": ended,
        "oversightModule": {"isFdaRegulatedDrug": True, "isFdaRegulatedDevice": False},
        "contactsLocationsModule": {"locations": [{"city": "Boston", "country": "United States"}]},
    }
    derived = {"miscInfoModule": {"versionHolder": "2021-04-01"}}
    study = parse_record({"protocolSection": protocol, "derivedSection": derived, "hasResults": False})
    assert (
        "Results pending, past the usual due date, as of 1 April 2021; were due if the rule applies on 5 March 2021."
        in words_of(glance_of(study))
    )


def test_the_last_known_status_is_not_told_as_one_of_today() -> None:
    status = {"overallStatus": "UNKNOWN", "lastKnownStatus": "RECRUITING", "statusVerifiedDate": "2020-11"}
    words = words_of(render_study_page(make(statusModule=status), today=TODAY))
    assert "What the record said until nobody had confirmed it for two years." in words
    assert "looking for participants now" not in words


def test_no_meaning_of_a_value_says_more_than_the_record() -> None:
    design = {"studyType": "INTERVENTIONAL", "phases": ["NA"], "designInfo": {"allocation": "NA"}}
    words = words_of(render_study_page(make(designModule=design), today=TODAY))
    # It is a trial of a drug, with two groups.
    assert "a study of a device, a behaviour or a procedure has none" not in words
    assert "There is one group only" not in words


def test_versions_are_offered_for_comparison_only_where_there_are_two() -> None:
    lines = tuple(VersionLine(number=number, version_date=PartialDate("2024-01-01")) for number in (1, 0))
    for versions, leads in ((lines, "Compare any two versions"), (lines[:1], "Where it came from")):
        history = StudyHistory(versions=versions, url="/study/NCT99000099/history")
        words = words_of(render_study_page(make(), today=TODAY, history=history))
        assert leads in words
        assert ("Compare any two versions" in words) is (len(versions) == 2)


def test_a_switch_is_told_only_where_versions_prove_it() -> None:
    told = ("Primary outcome removed", "Primary outcome removed", "Primary outcome added")
    switch = Switch(0, 3, told, "5 months after the study started (March 2024)")
    html = render_study_page(make(), today=TODAY, past=Past(4, (switch,)))
    assert 'href="/study/NCT99000099/diff?from=0&amp;to=3"' in html
    words = words_of(html)
    said = "Yes: primary outcome removed (2) and primary outcome added 5 months after the study started"
    assert said in words
    assert "Primary outcome changed after the start" in words.split("At a glance")[0]
    one = words_of(glance_of(make(), past=Past(1)))
    assert "Cannot be told: no earlier version of the record is held here." in one
    none = words_of(glance_of(make(), past=Past(3)))
    assert "None was after the start, as far as the 3 versions held here prove." in none
    assert "primary outcome changed" not in words_of(glance_of(make()))


def test_dates_are_drawn_with_what_stood_there_before() -> None:
    dates = (PastDate("primaryCompletionDateStruct", PartialDate("2025-02"), "ESTIMATED", 0),)
    html = glance_of(make(), past=Past(2, dates=dates))
    words = words_of(html)
    assert "Primary completion stood at February 2025 (planned) in version 0" in words
    drawing = html.split("<svg")[1].split("</svg>")[0]
    assert drawing.count('class="ghost"') == 1
    assert "February 2025, (planned) in version 0" in drawing
    assert "Completion: 2027, planned" in drawing
    text = " ".join(render_study_text(make(), today=TODAY, past=Past(2, dates=dates)).split())
    assert (
        "Start March 2024 (actual); Primary completion 30 June 2026 (planned); Completion 2027 (planned)"
        in text
    )


def find_width(drawing: str, title: str) -> float:
    found = re.search(
        rf'<rect class="mark[^"]*" x="[\d.]+" y="[\d.]+" width="([\d.]+)"[^>]*><title>{title}', drawing
    )
    assert found, drawing
    return float(found[1])


def test_a_month_and_a_year_are_as_long_as_they_are_and_no_day() -> None:
    moments = [
        Moment("Year", PartialDate("2025")),
        Moment("Month", PartialDate("2025-06")),
        Moment("Day", PartialDate("2025-06-01")),
    ]
    drawn = draw_timebar("t", moments, today=TODAY, span=("Year", "Day"), title="T", meaning="M")
    assert 11.5 < find_width(drawn, "Year: 2025") / find_width(drawn, "Month: June 2025") < 12.5
    assert re.search(r"<circle[^>]*><title>Day: 1 June 2025", drawn)


def test_a_drawing_of_dates_is_bounded_and_escapes() -> None:
    ghosts = tuple(Ghost(PartialDate(f"{year}"), "<b>") for year in range(1970, 2020))
    moments = [Moment("<i>", PartialDate("2025-01-01"), ghosts=ghosts)] * 40
    drawn = draw_timebar("t", moments, today=TODAY, span=("", ""), title="<T>", meaning="M")
    assert drawn.count("<circle") == 2 * 16
    assert drawn.count('class="ghost"') == 2 * 16 * 12
    assert "<b>" not in drawn
    assert "<i>" not in drawn
    far = [Moment("A", PartialDate("0001-01-01")), Moment("B", PartialDate("soon"))]
    with pytest.raises(ValueError, match="no date to draw"):
        draw_timebar("t", far, today=TODAY, span=("", ""), title="T", meaning="M")


def list_texts(svg: ElementTree.Element) -> list[tuple[float, float, float]]:
    """Where each text begins and ends, as wide as letters are on average, and the height at which it stands."""
    found = []
    for text in svg.iter("text"):
        width = len(text.text or "") * (6.2 if "small" in text.get("class", "") else 7.0)
        x, y = float(text.get("x", "0")), float(text.get("y", "0"))
        start = x - {"end": 1.0, "middle": 0.5}.get(text.get("text-anchor", ""), 0.0) * width
        found.append((start, start + width, y))
    return found


@pytest.mark.parametrize("start", ["1999-01-01", "2016-05-03", "2025-09-30", "2031-12-31"])
def test_dates_are_drawn_for_a_screen_and_for_a_phone_and_no_words_meet(start: str) -> None:
    kind = "planned or actual: not said"
    earlier = (Ghost(PartialDate("2001-09"), "in version 1"),)
    moments = [
        Moment("Start", PartialDate(start), kind),
        Moment("Primary completion", PartialDate("2030-09-28"), kind, ghosts=earlier),
        Moment("Results first posted", PartialDate("2031-09-28"), "if the rule applies"),
    ]
    drawn = draw_timebar("t", moments, today=TODAY, span=("Start", ""), title="T", meaning="M")
    wide, narrow = (ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", drawn, re.DOTALL))
    assert (wide.get("class"), narrow.get("class")) == ("drawing timebar wide", "drawing timebar narrow")
    assert len({each.get("id") for svg in (wide, narrow) for each in svg.iter() if each.get("id")}) == 4
    for svg, width in ((wide, 760), (narrow, 380)):
        _, _, right, bottom = map(float, svg.get("viewBox", "").split())
        assert right == width
        texts = list_texts(svg)
        assert all(begin >= 0 and end <= right and y < bottom for begin, end, y in texts), texts
        pairs = [(one, other) for at, one in enumerate(texts) for other in texts[at + 1 :]]
        assert not [
            (one, other)
            for one, other in pairs
            if abs(one[2] - other[2]) < 12 and min(one[1], other[1]) > max(one[0], other[0])
        ]


def test_todays_line_crosses_no_date_that_can_stand_elsewhere() -> None:
    moments = [
        Moment("Start", PartialDate("2019-01-01"), "actual"),
        Moment("Record last updated", PartialDate("2025-11-20")),
        Moment("This copy received", PartialDate("2026-01-14")),
        Moment("Completion", PartialDate("2029-06-01"), "planned"),
    ]
    drawn = draw_timebar("t", moments, today=TODAY, span=("Start", ""), title="T", meaning="M")
    wide = ElementTree.fromstring(re.findall(r"<svg.*?</svg>", drawn, re.DOTALL)[0])
    line = next(each for each in wide.iter() if each.get("class") == "today")
    now = float(line.get("d", "").removeprefix("M").split()[0])
    rows = [text for text in list_texts(wide) if text[2] < max(each[2] for each in list_texts(wide)) - 20]
    assert len(rows) == 2 * len(moments)
    assert not [(begin, end) for begin, end, _ in rows if begin < now < end]


def test_versions_are_drawn_for_a_screen_and_for_a_phone() -> None:
    versions = [Drawn(date(2020 + at, 1, 1), f"Version {at}", groups=("Status",)) for at in range(5)]
    drawn = draw_versionline("v", versions, ["Status"], today=TODAY, title="T", meaning="M")
    wide, narrow = (ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", drawn, re.DOTALL))
    for svg, width in ((wide, 760), (narrow, 380)):
        assert float(svg.get("viewBox", "").split()[2]) == width
        assert len(svg.findall(".//circle")) == len(svg.findall(".//rect")) == 5
        assert all(begin >= 0 and end <= width for begin, end, _ in list_texts(svg))


def test_codes_stand_behind_a_switch_and_two_phases_are_one_value() -> None:
    html = render_study_page(make(), today=TODAY)
    assert '<span class="words">Phase 1 / Phase 2</span> <code class="term">PHASE1, PHASE2</code>' in html
    assert '<input type="checkbox" id="codes">' in html


def test_what_to_print_is_chosen_by_name() -> None:
    html = render_study_page(make(), today=TODAY, chosen=["eligibility", "references", "nonsense"])
    assert [part.split('"')[1] for part in html.split("<section ")[1:]] == ["eligibility", "not-here"]
    assert "Only the sections that were chosen." in html
    assert 'value="eligibility" checked' in html
    assert 'value="glance" checked' not in html
    whole = render_study_page(make(), today=TODAY, chosen=["nonsense"])
    assert "Only the sections" not in whole
    assert 'id="glance"' in whole
    assert 'class="record unfolded whole"' in render_study_page(make(), today=TODAY, chosen=["folds"])
    assert '<section id="glance"' in render_study_page(make(), today=TODAY, chosen=["folds"])


def test_one_section_is_written_as_text() -> None:
    text = render_study_text(make(), today=TODAY, section="eligibility")
    assert text.startswith("ELIGIBILITY CRITERIA\n")
    assert "Coffee" in text
    assert "KEY FACTS" not in text
    assert "References" in render_study_text(make(), today=TODAY, section="references")
    with pytest.raises(UsageError, match=r"no section 'tea'; it has .*eligibility"):
        render_study_text(make(), today=TODAY, section="tea")


def test_the_checklist_and_its_table_have_the_criteria_of_the_page() -> None:
    study = make()
    page = render_study_page(study, today=TODAY)
    sheet = render_checklist_page(study)
    rows = list(csv.DictReader(io.StringIO(write_criteria_csv(study).decode("utf-8-sig"))))
    assert [(row["number"], row["kind"], row["level"], row["text"], row["answer"]) for row in rows] == [
        ("1", "inclusion", "0", "Cough", ""),
        ("2", "inclusion", "0", "'=Tea", ""),
        ("1", "exclusion", "0", "Coffee", ""),
    ]
    for anchor in ("criterion-inclusion-1", "criterion-inclusion-2", "criterion-exclusion-1"):
        assert f'<li id="{anchor}"' in page
        assert f'<li id="{anchor}"' in sheet
        assert sheet.count(f'name="{anchor}"') == 3
    assert "gives no eligibility criteria" in render_checklist_page(parse_record({}))


def test_the_title_lies_in_the_main_part_and_the_brand_has_a_name() -> None:
    html = render_study_page(make(), today=TODAY)
    assert html.index('<main id="main"') < html.index("<h1>") < html.index("</main>")
    assert 'class="brand" href="/" aria-label="Trialbook"' in html
    assert 'role="region"' not in html


def test_versions_are_a_line_with_what_changed_in_each() -> None:
    lines = (
        VersionLine(
            number=2,
            version_date=PartialDate("2025-09-02"),
            changes=(
                ChangeNote(group="Status", text="<b>"),
                ChangeNote(group="Outcomes", text="one removed"),
            ),
            url="/study/NCT99000099",
        ),
        VersionLine(number=1, version_date=PartialDate("2024-07"), is_held=False, labels=("Study Status",)),
        VersionLine(number=0, version_date=PartialDate("2023-01-05"), url="/study/NCT99000099?version=0"),
        VersionLine(number=7, version_date=PartialDate("soon")),
    )
    html = render_study_page(make(), today=TODAY, history=StudyHistory(versions=lines))
    section = html.split('id="versions"')[1].split("</section>")[0]
    drawing = section.split("<svg")[1].split("</svg>")[0]
    assert drawing.count("<circle") == 3
    assert drawing.count('class="mark planned"') == 1
    assert "<title>Version 1, July 2024, not held here</title>" in drawing
    assert "<title>Version 2, 2 September 2025: Outcomes</title>" in drawing
    assert drawing.count('class="mark record"') == 2
    assert 'href="/study/NCT99000099?version=0"' in drawing
    words = words_of(section)
    assert (
        "4 versions are known, the newest 3 with a date drawn, from 5 January 2023 to 2 September 2025"
        in words
    )
    page = render_history_page(
        HistoryView(nct_id="NCT99000099", title="Tea", history=StudyHistory(versions=lines)), today=TODAY
    )
    assert drawing in page


def test_a_line_of_versions_is_bounded() -> None:
    many = tuple(VersionLine(number=number, version_date=PartialDate("2025-01-01")) for number in range(500))
    picture = draw_history(StudyHistory(versions=many), TODAY)
    assert picture is not None
    assert picture.drawing.count("<circle") == 2 * 120
    assert "the newest 120 with a date drawn" in picture.meaning
    assert draw_history(StudyHistory(versions=many[:1]), TODAY) is None
