"""A record page shows all that the record holds, says what it lacks, and lets no text become markup."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest

from trialbook.model import PartialDate, Study, parse_record
from trialbook.pages import render_study_page, render_study_text
from trialbook.pages.contents import (
    ChangeNote,
    Near,
    PlaceForm,
    RelatedGroup,
    RelatedStudy,
    RelatedView,
    StudyHistory,
    VersionLine,
)
from trialbook.record.links import is_web_address
from trialbook.samples import sample_paths

TODAY = date(2026, 1, 15)
VOID = {"meta", "link", "br", "input", "img", "hr", "path", "rect"}
SECTIONS = [
    "glance",
    "key-facts",
    "summary",
    "description",
    "conditions",
    "results",
    "design",
    "arms",
    "interventions",
    "other-names",
    "eligibility",
    "outcomes",
    "sponsors",
    "responsible-party",
    "officials",
    "sites",
    "countries",
    "links",
    "references",
    "other-ids",
    "documents",
    "sharing",
    "expanded-access",
    "oversight",
    "participant-flow",
    "baseline",
    "outcome-measures",
    "adverse-events",
    "more-info",
    "derived-terms",
    "record-dates",
    "annotations",
    "versions",
    "unread",
]
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>[x](javascript:alert(3))"


class Page(HTMLParser):
    """Reads a page strictly: tags must nest, and what matters is kept for the assertions."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open_tags: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.headings: list[int] = []
        self.tables: list[dict[str, int]] = []
        self.words: list[str] = []
        self.feed(source)
        assert self.open_tags == [], self.open_tags

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open_tags.append(tag)
        if tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            self.headings.append(int(tag[1]))
        if tag == "table":
            self.tables.append({"caption": 0, "unscoped": 0})
        if tag == "caption":
            self.tables[-1]["caption"] += 1
        if tag == "th" and not any(name == "scope" for name, _ in attrs):
            self.tables[-1]["unscoped"] += 1

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open_tags.pop() == tag, (tag, self.getpos())

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def values(self, name: str) -> list[str]:
        return [value for _, own, value in self.attributes if own == name]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def page_of(study: Study, **more: Any) -> Page:
    return Page(render_study_page(study, today=TODAY, **more))


def leaves(value: Any, steps: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*steps, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*steps, index))
    else:
        yield steps, value


def put(record: Any, steps: tuple[str | int, ...], value: Any) -> None:
    for step in steps[:-1]:
        record = record[step]
    record[steps[-1]] = value


@pytest.fixture(scope="module")
def samples() -> list[dict[str, Any]]:
    return [json.loads(line) for line in sample_paths()[0].read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def with_results(samples: list[dict[str, Any]]) -> dict[str, Any]:
    return samples[0]


@pytest.fixture(scope="module")
def bare() -> Study:
    return parse_record({"protocolSection": {"identificationModule": {"nctId": "NCT99000099"}}})


def test_sections_stand_in_the_order_of_the_reference_page_each_with_a_purpose(
    with_results: dict[str, Any], bare: Study
) -> None:
    for study in (parse_record(with_results), bare, parse_record({})):
        html = render_study_page(study, today=TODAY)
        shown = [part.split('"')[1] for part in html.split("<section ")[1:]]
        missing = set(SECTIONS) - set(shown)
        assert [name for name in shown if name != "not-here"] == [
            name for name in SECTIONS if name not in missing
        ]
        assert html.count('<p class="purpose">') == len(shown)


def test_what_a_record_lacks_stands_by_its_name_in_one_section_and_not_in_the_contents(bare: Study) -> None:
    html = render_study_page(bare, today=TODAY)
    named = html.split('id="not-here"')[1].split("</section>")[0]
    contents = html.split('<nav class="contents"')[1].split("</details>")[0]
    for anchor, title in (
        ("description", "Detailed description"),
        ("eligibility", "Eligibility criteria"),
        ("sites", "Locations"),
        ("annotations", "Annotations by the registry"),
        ("unread", "Not understood"),
    ):
        assert f'<span id="{anchor}">{title}</span>' in named
        assert title not in contents
    assert set(SECTIONS) <= set(Page(html).values("id"))
    assert "Empty, as every element of the record is shown: <span" in named
    text = " ".join(render_study_text(bare, today=TODAY).split())
    assert "Not in this record: Brief summary, Detailed description, Conditions and keywords" in text


def test_every_leaf_of_a_record_changes_the_page_and_the_text(samples: list[dict[str, Any]]) -> None:
    """For each path of the model that the samples use, a change of its value must show."""
    seen: set[tuple[str, ...]] = set()
    silent = []
    # The shortest first: most paths are then looked at where a page costs little.
    for record in sorted(samples, key=lambda each: len(json.dumps(each))):
        baseline: tuple[str, str] | None = None
        for steps, value in leaves(record):
            path = tuple(step for step in steps if isinstance(step, str))
            if path in seen:
                continue
            seen.add(path)
            study = parse_record(record)
            baseline = baseline or (
                render_study_page(study, today=TODAY),
                render_study_text(study, today=TODAY),
            )
            changed = copy.deepcopy(record)
            put(changed, steps, change(value))
            other = parse_record(changed)
            if render_study_page(other, today=TODAY) == baseline[0]:
                silent.append(("page", *path))
            if render_study_text(other, today=TODAY) == baseline[1] and path[-1] not in ("lat", "lon"):
                silent.append(("text", *path))
    assert len(seen) > 250
    assert silent == [], "\n".join(".".join(path) for path in silent)


def change(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 7
    return f"{value} ZZQ"


def test_no_text_of_a_record_becomes_markup(samples: list[dict[str, Any]]) -> None:
    for record in samples[:12]:
        hostile = copy.deepcopy(record)
        for steps, value in list(leaves(hostile)):
            if isinstance(value, str):
                put(hostile, steps, HOSTILE)
        html = render_study_page(parse_record(hostile), today=TODAY)
        assert "<script>alert" not in html
        page = Page(html)
        assert "img" not in page.tags
        assert [name for _, name, _ in page.attributes if name.startswith("on")] == []
        assert [link for link in page.values("href") if link.lower().startswith("javascript")] == []


def test_links_leave_only_for_the_web_and_carry_no_trust(with_results: dict[str, Any]) -> None:
    record = copy.deepcopy(with_results)
    module = record["protocolSection"].setdefault("referencesModule", {})
    module["seeAlsoLinks"] = [
        {"label": "good", "url": "https://example.org/a?b=1&c=2"},
        {"label": "bad", "url": "javascript:alert(1)"},
        {"label": "odd", "url": 'https://example.org/"onmouseover="alert(1)'},
        {"label": "data", "url": "data:text/html,x"},
    ]
    html = render_study_page(parse_record(record), today=TODAY)
    page = Page(html)
    outside = [link for link in page.values("href") if not link.startswith(("/", "#", "tel:", "mailto:"))]
    assert "https://example.org/a?b=1&c=2" in outside
    assert all(is_web_address(link) for link in outside)
    assert [link for link in outside if "onmouseover" in link] == []
    assert html.count('href="https://example.org/a?b=1&amp;c=2" rel="noopener nofollow"') == 1
    assert "javascript:alert(1)" in page.text


def test_the_page_fetches_nothing_from_elsewhere(with_results: dict[str, Any]) -> None:
    page = page_of(parse_record(with_results))
    fetched = [
        value for tag, name, value in page.attributes if name == "src" or (tag == "link" and name == "href")
    ]
    assert fetched
    assert all(value.startswith("/static/") for value in fetched)
    assert page.values("style") == []


def test_every_sample_page_is_sound_for_a_screen_reader(samples: list[dict[str, Any]]) -> None:
    for record in samples:
        page = page_of(parse_record(record))
        assert page.headings[0] == 1
        assert page.headings.count(1) == 1
        steps = zip(page.headings, page.headings[1:], strict=False)
        assert all(after <= before + 1 for before, after in steps)
        assert all(table == {"caption": 1, "unscoped": 0} for table in page.tables)
        ids = page.values("id")
        assert len(ids) == len(set(ids))
        anchors = {link[1:] for link in page.values("href") if link.startswith("#")}
        assert anchors <= set(ids)
        assert {"header", "main", "nav", "footer"} <= page.tags


def test_unknown_values_and_elements_are_shown_as_they_stand(with_results: dict[str, Any]) -> None:
    record = copy.deepcopy(with_results)
    record["protocolSection"]["statusModule"]["overallStatus"] = "PAUSED_FOR_REVIEW"
    record["protocolSection"]["designModule"]["moonPhase"] = {"name": "waxing <b>"}
    page = page_of(parse_record(record))
    assert "PAUSED_FOR_REVIEW" in page.text
    assert "/protocolSection/designModule/moonPhase" in page.text
    assert "waxing <b>" in page.text
    assert "b" not in page.tags


def test_a_matrix_cell_is_given_not_given_or_not_stated() -> None:
    arms = [
        {"label": "A", "type": "EXPERIMENTAL", "interventionNames": ["Drug: Alpha"]},
        {"label": "B", "type": "NO_INTERVENTION"},
        {"label": "C", "type": "OTHER"},
    ]
    module = {"armGroups": arms, "interventions": [{"type": "DRUG", "name": "Alpha"}]}
    study = parse_record({"protocolSection": {"armsInterventionsModule": module}})
    html = render_study_page(study, today=TODAY)
    row = html.split(
        '<table class="matrix">' if '<table class="matrix">' in html else "<table class=matrix>"
    )[1]
    cells = [part.split("<")[0] for part in row.split('<span class="hidden">')[1:4]]
    assert cells == ["given", "not given", "not stated"]
    assert "the record does not say what this group gets" in html


def test_sites_are_nearest_first_when_a_place_is_given() -> None:
    places = [
        ("Boston", 42.36, -71.06),
        ("Lyon", 45.76, 4.84),
        ("Paris", 48.86, 2.35),
        ("Nowhere", None, None),
    ]
    locations: list[dict[str, Any]] = []
    for city, lat, lon in places:
        site: dict[str, Any] = {"facility": f"{city} Hospital", "city": city, "status": "RECRUITING"}
        if lat is not None:
            site["geoPoint"] = {"lat": lat, "lon": lon}
        locations.append(site)
    study = parse_record({"protocolSection": {"contactsLocationsModule": {"locations": locations}}})
    html = render_study_page(study, today=TODAY, near=Near(lat=48.8566, lon=2.3522, label="Paris, France"))
    sites = html.split('id="sites"')[1].split("</section>")[0]
    order = [sites.index(f"{city} Hospital") for city in ("Paris", "Lyon", "Boston", "Nowhere")]
    assert order == sorted(order)
    assert "392 km" in sites  # Paris to Lyon on a sphere of 6,371 km
    assert "nearest to Paris, France first" in sites
    form = PlaceForm(action="/study/NCT99000099#sites", value='"x', problem="No such place.")
    asked = page_of(study, place_form=form)
    assert "/study/NCT99000099#sites" in asked.values("action")
    assert '"x' in asked.values("value")
    assert "No such place." in asked.text


def test_versions_and_related_studies_are_listed_with_links(bare: Study) -> None:
    lines = (
        VersionLine(
            number=2,
            version_date=PartialDate("2025-09-02"),
            learnt_at="2026-01-01T09:00:00Z",
            source="<page>",
            changes=(ChangeNote(group="Status", text="Recruiting became Completed"),),
            diff_url="/study/NCT99000099/diff?from=1&to=2",
        ),
        VersionLine(number=1, version_date=PartialDate("2022-07"), url="/study/x?version=1", is_shown=True),
    )
    like = RelatedStudy(
        nct_id="NCT99000098",
        title="Like <it>",
        status="RECRUITING",
        status_age="as of October 2024, out of date",
        is_outdated=True,
        reasons=("same drug",),
        url="/study/NCT99000098",
        relation="extension",
        version_date=PartialDate("2025-09-02"),
        learnt_at="2026-01-01T09:00:00Z",
    )
    related = RelatedView(
        groups=(RelatedGroup(title="Its own family", studies=(like,)),),
        notes=("Behind by one.",),
        url="/study/NCT99000099/related",
    )
    history = StudyHistory(versions=lines, url="/study/NCT99000099/history")
    page = page_of(bare, history=history, related=related)
    assert "/study/NCT99000099/diff?from=1&to=2" in page.values("href")
    assert "Recruiting became Completed" in page.text
    assert "<page>" in page.text
    assert "You see version 1 of this record, not the newest" in page.text
    assert {"/study/NCT99000098", "/study/NCT99000099/related"} <= set(page.values("href"))
    for words in ("same drug", "Like <it>", "Its own family", "extension", "Recruiting", "Behind by one."):
        assert words in page.text
    assert (
        '<span class="badge quiet">Recruiting</span><span>as of October 2024, out of date</span>'
        in render_study_page(bare, related=related, today=TODAY)
    )
    for words in ("record of", "2 September 2025", "learnt 1 January 2026"):
        assert words in page.text
    written = " ".join(render_study_text(bare, related=related).split())
    assert (
        "* Like <it> NCT99000098, extension, Recruiting as of October 2024, out of date, record of 2"
        in written
    )
    assert "Behind by one." in written


def test_without_an_answer_of_the_library_there_is_no_section_of_related_studies(bare: Study) -> None:
    assert "More related trials" not in page_of(bare).text
    assert "More related trials" in page_of(bare, related=RelatedView(notes=("No study is like it.",))).text


def test_a_past_date_is_announced(bare: Study) -> None:
    assert "as it stood on 1 March 2024" in page_of(bare, as_of="2024-03-01").text


def test_results_are_tables_with_their_numbers(with_results: dict[str, Any]) -> None:
    study = parse_record(with_results)
    results = study.results_section
    assert results is not None
    page = page_of(study)
    flow = results.participant_flow_module
    events = results.adverse_events_module
    outcomes = results.outcome_measures_module
    assert flow is not None
    assert events is not None
    assert outcomes is not None
    assert len(page.tables) >= len(flow.periods) + 1 + len(outcomes.outcome_measures) + 2
    for group in events.event_groups:
        assert f"{group.serious_num_affected} of {group.serious_num_at_risk} (" in page.text


def test_the_seed_trial_shows_its_facts() -> None:
    study = parse_record(json.loads(sample_paths()[-1].read_text(encoding="utf-8")))
    page = page_of(study)
    for fact in (
        "NCT04776239",
        "ACESO-IHD",
        "2 September 2025",
        "26 participants",
        "26 August 2025",
        "1R01HL134558-01",
    ):
        assert fact in page.text, fact
    assert "by 26 August 2026 at the latest" in page.text
