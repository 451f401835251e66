"""What the routes hand to the pages beside the record itself. All of it is plain text unless it is `Markup`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec
from markupsafe import Markup

from trialbook.model import PartialDate
from trialbook.pages.answer import AnswerView

if TYPE_CHECKING:
    from trialbook.pages.marked_text import ReadLine


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what a page is given."""


class Near(Content, frozen=True):
    """A place that the reader gave: sites are then listed nearest first. Degrees, WGS 84."""

    lat: float
    lon: float
    label: str = ""


class PlaceForm(Content, frozen=True):
    """A field on a record page for the place to sort sites by; sent by GET to `action` as `near`.

    `problem` says why the last place could not be used, `others` (name, address) what it may mean as well.
    """

    action: str
    value: str = ""
    problem: str = ""
    others: tuple[tuple[str, str], ...] = ()


class ChangeNote(Content, frozen=True):
    """One line of what changed between two versions, under its group (`status`, `outcomes`…)."""

    group: str
    text: str


class VersionLine(Content, frozen=True):
    """One version of a record; `learnt_at` is ISO 8601.

    `meaning` says what its date is where it is not when the sponsor submitted it, `doubt` why it is not believed.
    One that the registry lists and that is not held has `status` and `labels` of that list, and no `url`.
    `copies` are the poorer copies of it, as (words, address).
    """

    number: int
    version_date: PartialDate | None = None
    meaning: str = ""
    is_held: bool = True
    status: str = ""
    labels: tuple[str, ...] = ()
    copies: tuple[tuple[str, str], ...] = ()
    learnt_at: str = ""
    doubt: str = ""
    source: str = ""
    changes: tuple[ChangeNote, ...] = ()
    is_shown: bool = False
    url: str = ""
    diff_url: str = ""


class StudyHistory(Content, frozen=True):
    """The versions of a record that are known of, newest first. `url` is the page of all of them."""

    versions: tuple[VersionLine, ...] = ()
    url: str = ""

    @property
    def held(self) -> tuple[VersionLine, ...]:
        """Those that the library holds."""
        return tuple(line for line in self.versions if line.is_held)


class RelatedStudy(Content, frozen=True):
    """A study that resembles the one shown, and why.

    `status` is the registry's value, `status_age` says as of when it is, `is_outdated` that time has passed it by;
    `phase` is ready to read. `relation` says what it is to the one shown
    where they are of one family. `version_date` is that of the copy held here, `learnt_at` (ISO 8601) when
    this library received it.
    """

    nct_id: str
    title: str
    status: str = ""
    status_age: str = ""
    is_outdated: bool = False
    phase: str = ""
    reasons: tuple[str, ...] = ()
    url: str = ""
    relation: str = ""
    version_date: PartialDate | None = None
    learnt_at: str = ""


class RelatedGroup(Content, frozen=True):
    """Related studies that belong together; `title` is "" where all are of one group."""

    title: str
    studies: tuple[RelatedStudy, ...]


class RelatedView(Content, frozen=True):
    """What the section of related studies holds.

    `notes` say what is missing or behind, `url` is the page with all of them, "" where there is none.
    """

    groups: tuple[RelatedGroup, ...] = ()
    notes: tuple[str, ...] = ()
    url: str = ""


ChangeKind = Literal["added", "removed", "changed", "reworded"]


class ShownChange(Content, frozen=True):
    """One changed field. `before` is empty for an added one, `after` for a removed one."""

    label: str
    kind: ChangeKind
    before: str = ""
    after: str = ""
    note: str = ""


class ChangeGroup(Content, frozen=True):
    """The changes of one class: status, dates, enrollment, arms, outcomes, eligibility, sites, sponsor…"""

    label: str
    changes: tuple[ShownChange, ...]


class DiffView(Content, frozen=True):
    """The difference of two versions.

    `warnings` call out outcome switching after the start, and its like; `left_out` says what the page, which would
    be too long, does not show.
    """

    nct_id: str
    title: str
    before: VersionLine
    after: VersionLine
    groups: tuple[ChangeGroup, ...] = ()
    warnings: tuple[str, ...] = ()
    history_url: str = ""
    versions: tuple[VersionLine, ...] = ()
    compare_url: str = ""
    left_out: str = ""


class HistoryView(Content, frozen=True):
    """All versions of one record. `compare_url` takes `from` and `to` as version numbers, "" if none does."""

    nct_id: str
    title: str
    history: StudyHistory
    compare_url: str = ""


class CriterionLine(msgspec.Struct, frozen=True):
    """A criterion on a checklist; `text` is HTML that was written from quoted text.

    `read` is what was understood of it, and of the list below that it leads in; empty where that stands above.
    """

    anchor: str
    number: int
    level: int
    mark: str
    text: Markup
    lead: str = ""
    read: tuple[ReadLine, ...] = ()


class CriteriaGroup(msgspec.Struct, frozen=True):
    """The criteria under one heading; `kind` is inclusion, exclusion or other."""

    heading: str
    kind: str
    lines: tuple[CriterionLine, ...]


class Option(Content, frozen=True):
    """One value of a filter, with its count among the results where that is known."""

    value: str
    label: str
    count: int | None = None
    is_selected: bool = False


class TextFilter(Content, frozen=True):
    """A filter that is typed: a country, an age in years, a date. `kind` is the HTML input type.

    `dictionary` names what a script may complete what is typed with (`/api/int/suggest`); `more` and `more_url`
    lead to a page of what can be chosen.
    """

    name: str
    label: str
    value: str = ""
    kind: Literal["text", "number", "date"] = "text"
    hint: str = ""
    suggestions: tuple[str, ...] = ()
    dictionary: str = ""
    more: str = ""
    more_url: str = ""


class ChoiceFilter(Content, frozen=True):
    """A filter with listed values; several may be chosen. `name` is the form field.

    `add` is a field for a value that is not listed, `left` how many more values there are, at `more_url`.
    """

    name: str
    label: str
    options: tuple[Option, ...]
    add: TextFilter | None = None
    left: int = 0
    more_url: str = ""
    is_folded: bool = False


class ActiveFilter(Content, frozen=True):
    """A part of what is asked, with the address without it."""

    label: str
    remove_url: str


class PageLink(Content, frozen=True):
    """A page of the results; `url` is "" for the one shown, `number` 0 for a gap."""

    number: int = 0
    url: str = ""


class NothingPart(Content, frozen=True):
    """A part of a search that finds nothing: what it finds alone, and what the rest finds without it."""

    label: str
    alone: int
    alone_url: str
    without: int
    without_url: str


class FacetView(Content, frozen=True):
    """All values of one facet, to choose among. `hidden` are the other fields of the search, as (name, value).

    `title` heads the page and `purpose` says what the counts are, where they are not how many studies have a value.
    """

    label: str
    name: str
    text: str
    options: tuple[Option, ...]
    left: int
    hidden: tuple[tuple[str, str], ...]
    back_url: str
    title: str = ""
    purpose: str = ""


class Fragment(Content, frozen=True):
    """A piece of a snippet; `is_hit` marks the words that were found."""

    text: str
    is_hit: bool = False


class Snippet(Content, frozen=True):
    """Where in the record the words were found: the field's label and the text around them."""

    label: str
    fragments: tuple[Fragment, ...]


class HitSite(Content, frozen=True):
    """The site of a study that is nearest to the place asked for; `next_open` an open one where it is not open."""

    is_open: bool
    status: str
    facility: str = ""
    distance: str = ""
    next_open: str = ""
    contact: str = ""
    phone: str = ""
    phone_url: str = ""
    email: str = ""
    email_url: str = ""


class Proof(Content, frozen=True):
    """What a finding that was asked for rests on, and the page that shows it."""

    words: str
    url: str
    link: str


class PlaceView(Content, frozen=True):
    """The fields for a place and a distance, and what was taken for it.

    `words` say where was looked, `others` (name, address) what else may be meant; `typed` was in the box, and
    `typed_url` asks for it as words; `next_words` say how far the next study is where there is none.
    """

    near: str = ""
    within: str = ""
    within_hint: str = ""
    words: str = ""
    others: tuple[tuple[str, str], ...] = ()
    typed: str = ""
    typed_url: str = ""
    next_words: str = ""
    next_url: str = ""


class Hit(Content, frozen=True):
    """One study in the list of results. `status` and `phases` are the registry's values.

    `status_age` says as of when the status is, `is_outdated` that time has passed it by. `problem` says why
    nothing else of it can be shown.
    """

    nct_id: str
    title: str
    url: str
    status: str = ""
    status_age: str = ""
    is_outdated: bool = False
    study_type: str = ""
    phases: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    interventions: tuple[str, ...] = ()
    sponsor: str = ""
    enrollment_count: int | None = None
    start_date: str = ""
    primary_completion_date: str = ""
    completion_date: str = ""
    last_update_posted: str = ""
    countries: tuple[str, ...] = ()
    sites: int = 0
    place: str = ""
    has_results: bool = False
    snippets: tuple[Snippet, ...] = ()
    site: HitSite | None = None
    evidence: tuple[Proof, ...] = ()
    problem: str = ""


class SearchView(Content, frozen=True):
    """Everything on the search page. `total` is None before anything was asked.

    `boxes` are the fields beside the one for everything, `choices` and `texts` the filters, `active` all that is
    asked. `suggestion` is (words, address, how many studies) of a better spelling; `also_searched` the synonyms that
    were added; `nothing` says of a search that finds none what its parts find; `feed_url` where what is new or
    changed in the answer can be followed, `save_url` where the search is saved;
    `downloads` (form, address) where all of it leaves; `report_url` is
    the report of the search; `answer` says in which view it is shown.
    """

    query: str = ""
    total: int | None = None
    library_size: int | None = None
    milliseconds: float | None = None
    hits: tuple[Hit, ...] = ()
    first_rank: int = 1
    choices: tuple[ChoiceFilter, ...] = ()
    texts: tuple[TextFilter, ...] = ()
    place: PlaceView = PlaceView()
    active: tuple[ActiveFilter, ...] = ()
    sorts: tuple[Option, ...] = ()
    boxes: tuple[TextFilter, ...] = ()
    clear_url: str = "/"
    previous_url: str = ""
    next_url: str = ""
    pages: tuple[PageLink, ...] = ()
    page_count: int = 0
    suggestion: tuple[str, str, int] | None = None
    nothing: tuple[NothingPart, ...] = ()
    also_searched: tuple[str, ...] = ()
    error: str = ""
    as_of: str = ""
    index_lag: int = 0
    feed_url: str = ""
    save_url: str = ""
    downloads: tuple[tuple[str, str], ...] = ()
    report_url: str = ""
    answer: AnswerView = AnswerView()
    examples: tuple[tuple[str, str], ...] = ()

    @property
    def has_boxes(self) -> bool:
        """Whether anything stands in the fields beside the one for everything."""
        return any(box.value for box in self.boxes)

    @property
    def page_number(self) -> int:
        """The page of results that is shown."""
        return next((page.number for page in self.pages if page.number and not page.url), 1)
