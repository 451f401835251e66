"""The search, history, difference and message pages: complete, sound, and deaf to markup."""

from __future__ import annotations

from html.parser import HTMLParser

from trialbook.model import PartialDate
from trialbook.pages import render_diff_page, render_history_page, render_message_page, render_search_page
from trialbook.pages.contents import (
    ActiveFilter,
    ChangeGroup,
    ChoiceFilter,
    DiffView,
    Fragment,
    HistoryView,
    Hit,
    Option,
    PageLink,
    SearchView,
    ShownChange,
    Snippet,
    StudyHistory,
    TextFilter,
    VersionLine,
)

EVIL = "<script>alert(1)</script>"
OLD = VersionLine(number=1, version_date=PartialDate("2022-07-07"), url="/study/NCT99000001?version=1")
NEW = VersionLine(number=2, version_date=PartialDate("2025-09-02"), is_shown=True, source=EVIL)


class Form(HTMLParser):
    """Collects the fields of a form, and the labels that name them."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.fields: list[dict[str, str]] = []
        self.labelled: set[str] = set()
        self.inside_label = 0
        self.unlabelled: list[dict[str, str]] = []
        self.feed(source)
        self.unlabelled = [item for item in self.unlabelled if item.get("id") not in self.labelled]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "label":
            self.inside_label += 1
            self.labelled.add(values.get("for", "-"))
        if tag in ("input", "select"):
            self.fields.append(values)
            if not self.inside_label and values.get("type") != "hidden":
                self.unlabelled.append(values)

    def handle_endtag(self, tag: str) -> None:
        self.inside_label -= tag == "label"


def full_view() -> SearchView:
    hit = Hit(
        nct_id="NCT99000001",
        title=EVIL,
        url="/study/NCT99000001",
        status="ACTIVE_NOT_RECRUITING",
        phases=("PHASE1", "PHASE2"),
        conditions=("Asthma & hay fever",),
        sponsor="Larkspur",
        enrollment_count=1204,
        start_date="2021-08-16",
        completion_date="2025-08",
        place="Norway, 3 sites",
        snippets=(
            Snippet(label="Title", fragments=(Fragment(text="a <b>"), Fragment(text=EVIL, is_hit=True))),
        ),
    )
    return SearchView(
        query='asthma "x',
        total=1704,
        hits=(hit,),
        first_rank=11,
        choices=(
            ChoiceFilter(
                name="status",
                label="Status",
                options=(Option(value="RECRUITING", label="Recruiting", count=1412, is_selected=True),),
            ),
        ),
        texts=(TextFilter(name="age", label="Age", kind="number", value="44"),),
        active=(ActiveFilter(label="Recruiting", remove_url="/?q=asthma"),),
        sorts=(Option(value="date", label="Newest", is_selected=True),),
        previous_url="/?page=1",
        next_url="/?page=3",
        suggestion=("asthma y", "/?q=y", 12),
        pages=(PageLink(number=1, url="/?page=1"), PageLink(number=2), PageLink(number=3, url="/?page=3")),
        page_count=86,
        also_searched=("bronchial asthma",),
    )


def test_the_search_page_shows_hits_filters_counts_and_ways_on() -> None:
    html = render_search_page(full_view())
    for words in (
        "1,704 studies",
        "Active, not recruiting",
        "Phase 1 / Phase 2",
        "Asthma &amp; hay fever",
        "1,204 participants",
        "16 August 2021 – August 2025",
        "<mark>&lt;script&gt;",
        "1,412",
        "Did you mean",
        "12 studies",
        "page 2 of 86",
        'aria-label="Page 3"',
        "Norway, 3 sites",
        "bronchial asthma",
        'start="11"',
        'rel="next"',
        'rel="prev"',
        'value="asthma &#34;x"',
    ):
        assert words in html, words
    assert EVIL not in html


def test_the_filters_are_a_plain_form_whose_fields_all_have_labels() -> None:
    html = render_search_page(full_view())
    form = Form(html)
    assert 'action="/" method="get"' in html
    assert {item["name"] for item in form.fields} == {"q", "near", "within", "status", "age", "sort", "ids"}
    assert form.unlabelled == []


def test_an_empty_answer_an_error_and_the_first_visit_are_told_apart() -> None:
    assert "No study in this library answers that" in render_search_page(SearchView(query="x", total=0))
    error = render_search_page(SearchView(query="AREA[", error="unclosed <bracket>\n  AREA[\n      ^"))
    assert "unclosed &lt;bracket&gt;" in error
    assert "No study" not in error
    first = render_search_page(SearchView(library_size=2535))
    assert "2,535 studies in this library" in first
    assert 'aria-label="Results"' not in first


def test_the_difference_page_groups_marks_and_warns() -> None:
    changes = (
        ShownChange(
            label="Primary outcome",
            kind="reworded",
            before="at 6 months",
            after="at 3 months",
            note="time frame",
        ),
        ShownChange(label="Secondary outcome", kind="added", after=EVIL),
        ShownChange(label="Secondary outcome", kind="removed", before="Quality of life"),
    )
    view = DiffView(
        nct_id="NCT99000001",
        title="A study",
        before=OLD,
        after=NEW,
        groups=(ChangeGroup(label="Outcomes", changes=changes),),
        warnings=("A primary outcome changed 14 months after the start.",),
        versions=(NEW, OLD),
        compare_url="/study/NCT99000001/diff",
    )
    html = render_diff_page(view)
    assert "at <del>6</del> months" in html
    assert "at <ins>3</ins> months" in html
    assert "<del>Quality of life</del>" in html
    assert "14 months after the start" in html
    assert "7 July 2022" in html
    assert EVIL not in html
    assert Form(html).unlabelled == []
    same = DiffView(nct_id="NCT99000001", title="A study", before=OLD, after=NEW)
    assert "The two versions say the same" in render_diff_page(same)


def test_the_history_page_lists_versions_newest_first() -> None:
    history = StudyHistory(versions=(NEW, OLD))
    html = render_history_page(
        HistoryView(nct_id="NCT99000001", title=EVIL, history=history, compare_url="/d")
    )
    listed = html.split('<ol class="versions"')[1]
    assert listed.index("Version 2") < listed.index("Version 1")
    assert 'href="/study/NCT99000001?version=1"' in listed
    assert EVIL not in html


def test_a_message_says_what_happened_and_what_to_do() -> None:
    html = render_message_page("No such study", EVIL, "Import it first.", 404)
    assert "Import it first." in html
    assert "404" in html
    assert EVIL not in html
