"""What form do the answers have? The OpenAPI document takes its schemas from here."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from trialbook.changes.compare import Change
from trialbook.export.cohort.carried import NotCarried
from trialbook.library.screening import ContestGiven


class FragmentAnswer(msgspec.Struct, frozen=True):
    """A piece of text, not yet escaped for any markup, and whether a searched word stands in it."""

    text: str
    hit: bool


class SnippetAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """A passage of a record: the field it stands in, by name and path, and its text in order."""

    field: str
    path: str
    fragments: tuple[FragmentAnswer, ...]


class NearSiteAnswer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A site near a place, and whom to ask there; `distance` says `distance_km` in words: to the centre of its town."""

    facility: str
    city: str
    state: str
    country: str
    status: str
    is_open: bool
    distance_km: float
    distance: str
    next_open: str
    contact: str
    phone: str
    email: str


class NearAnswer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What `near` was taken for; `others` are what it may mean as well, `next_site` is the next where nothing is found."""

    label: str
    kind: str
    latitude: float
    longitude: float
    words: str
    others: tuple[str, ...]
    next_nct_id: str
    next_site: NearSiteAnswer | None


class EvidenceAnswer(msgspec.Struct, frozen=True):
    """What a finding that was asked for rests on: a sentence, and a page of the site that shows it."""

    finding: str
    words: str
    url: str


class FoundStudy(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One study of an answer.

    `score` is given where relevance decides the order; `study` is the part of the record that `fields`
    asks for, in the record's own shape. `nearest_site` is given where `near` names a place: open ones come first;
    `evidence` where `results_overdue` or `outcome_changed` is asked, by a filter or within a query.
    """

    nct_id: str
    score: float | None
    study: dict[str, Any]
    snippets: tuple[SnippetAnswer, ...]
    nearest_site: NearSiteAnswer | None = None
    evidence: tuple[EvidenceAnswer, ...] = ()


class ValueCount(msgspec.Struct, frozen=True):
    """How many of the studies have a value."""

    value: str
    count: int


class DamagedStudy(msgspec.Struct, frozen=True, rename="camel"):
    """A study that matches and cannot be shown: its record is damaged; `problem` says so in a sentence."""

    nct_id: str
    problem: str


class SearchAnswer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The answer to a search.

    `synonyms` are the other names that were searched for too; `suggestions` give, for each parameter with
    words that no or hardly any study has, its text put right, the likeliest first; `index_lag` counts the last changes of
    the records that a search does not see yet. A facet is counted without the everyday filter that chooses among its
    values; `not_stated` says how many of the studies that it counts have none. `damaged` names the studies of this
    window that cannot be shown; they count in `total`.
    """

    total: int
    index_lag: int
    offset: int
    as_of: str | None
    synonyms: tuple[str, ...]
    suggestions: dict[str, tuple[str, ...]]
    facets: dict[str, tuple[ValueCount, ...]]
    not_stated: dict[str, int]
    studies: tuple[FoundStudy, ...]
    damaged: tuple[DamagedStudy, ...]
    milliseconds: float
    near: NearAnswer | None = None


class ChangeAnswer(msgspec.Struct, frozen=True):
    """A change in short."""

    group: str
    text: str


class VersionAnswer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A version that the library holds, by its fullest copy.

    `number` is the registry's own, from 0, where its list is known; otherwise the oldest version held is 0.
    `meaning` says what its date is: when it was `submitted`, `posted`, `verified` or `served`. `changes`
    are those against the version before, in short; only the last 60 versions have them. `doubt` says why its date is
    not believed; it is empty where it is.
    """

    number: int
    version_date: str | None
    meaning: str
    copies: int
    learnt_at: str
    format: str
    is_current: bool
    doubt: str
    changes: tuple[ChangeAnswer, ...]


class AnnouncedLine(msgspec.Struct, frozen=True, rename="camel"):
    """A version that the registry's own history lists, numbered by the registry from 0; `isHeld` here or not."""

    number: int
    version_date: str
    overall_status: str
    changed_modules: tuple[str, ...]
    is_held: bool


class VersionsAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """The versions of a study, the oldest first."""

    nct_id: str
    versions: tuple[VersionAnswer, ...]
    announced: tuple[AnnouncedLine, ...]


class ComparedVersion(msgspec.Struct, frozen=True, rename="camel"):
    """One of two versions that are compared."""

    number: int
    version_date: str | None
    learnt_at: str


class ChangesAnswer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What differs between two versions of a study.

    `warnings` say what a reader of results should know: primary outcomes changed after the start.
    """

    nct_id: str
    before: ComparedVersion
    after: ComparedVersion
    changes: tuple[Change, ...]
    warnings: tuple[str, ...]


class SavedLine(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A saved search and where its answer and its feeds are."""

    name: str
    query: str
    saved_at: str
    search_url: str
    atom_url: str
    json_feed_url: str


class SavedAnswer(msgspec.Struct, frozen=True):
    """All saved searches, by name."""

    saved: tuple[SavedLine, ...]


class ListLineAnswer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A list and where it, its feeds and its records are."""

    name: str
    made_at: str
    studies: int
    url: str
    atom_url: str
    json_feed_url: str
    export_url: str


class ListsAnswer(msgspec.Struct, frozen=True):
    """All lists, by name."""

    lists: tuple[ListLineAnswer, ...]


class EntryAnswer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A study on a list, with the person's note; `isHere`: whether this library has it."""

    nct_id: str
    note: str
    added_at: str
    is_here: bool


class ListAnswer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A list, its studies in the order in which they were added; `seenAt` is "" where nobody said "seen" yet."""

    name: str
    made_at: str
    seen_at: str
    studies: tuple[EntryAnswer, ...]


class ItemAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """One thing that a record says, and how many of the compared records say it."""

    text: str
    said_by: int


class CellAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """What one record says in a row: no items where it says nothing; `leftOut` more are not given.

    `restsOn` names the version that says it where the copy in force cannot carry it; where nothing is there,
    `isKnown` tells whether the record has none, or no copy that could say it is held.
    """

    items: tuple[ItemAnswer, ...]
    left_out: int
    rests_on: str
    is_known: bool


class ComparedRowAnswer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A row; `sameness` is "same", "partly" (some of it in all), "different" or "missing" (in none)."""

    name: str
    label: str
    group: str
    sameness: str
    is_list: bool
    cells: tuple[CellAnswer, ...]


class ComparedStudyAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """One of the compared studies; `versionDate` says of which day the record is."""

    nct_id: str
    title: str
    url: str
    version_date: str


class CompareAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """Studies side by side: the cells of each row stand in the order of the studies."""

    studies: tuple[ComparedStudyAnswer, ...]
    rows: tuple[ComparedRowAnswer, ...]
    as_of: str


class ScreenRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One person, held against a study.

    `patient` is a FHIR R4 bundle or plain values as an object or a list, or a note, CSV or JSON as text. `day` is
    the day of the evaluation, today unless told; `complete` names domains of which all is told; `answers` are to
    questions that came with a verdict; `visits` the days of visits by name.
    """

    patient: dict[str, Any] | list[dict[str, Any]] | str
    day: Annotated[str, Meta(max_length=40)] = ""
    complete: Annotated[tuple[str, ...], Meta(max_length=20)] = ()
    answers: dict[str, str] = {}
    visits: dict[str, str] = {}
    contests: Annotated[tuple[ContestGiven, ...], Meta(max_length=1_000)] = ()


class MatchRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One person, for whom studies are looked for; `patient` to `visits` as in `ScreenRequest`.

    `limit` is for the studies that may take the person and for those that exclude them; `as_of` the day on whose
    evening the records are asked; `filters` are everyday filters by name: {"country": ["Norway"], "near": "Oslo"}.
    """

    patient: dict[str, Any] | list[dict[str, Any]] | str
    day: Annotated[str, Meta(max_length=40)] = ""
    complete: Annotated[tuple[str, ...], Meta(max_length=20)] = ()
    answers: dict[str, str] = {}
    visits: dict[str, str] = {}
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    as_of: Annotated[str, Meta(max_length=40)] = ""
    filters: dict[str, Any] = {}


class EvidenceOfPerson(msgspec.Struct, frozen=True):
    """A fact that bears on a part of a criterion, what it makes of it, and the criterion's words."""

    fact: str
    says: str
    when: str
    codes: tuple[str, ...]
    origin: str
    where: str
    words: str
    note: str
    start: int
    end: int
    criterion_words: str


class MissingLine(msgspec.Struct, frozen=True):
    """What would settle a part of a criterion."""

    what: str
    start: int
    end: int


class QuestionLine(msgspec.Struct, frozen=True):
    """What has to be decided; it is answered as `key: answer`."""

    key: str
    text: str
    answers: tuple[str, ...]


class ContestLine(msgspec.Struct, frozen=True):
    """A verdict that a person overruled."""

    verdict: str
    reason: str
    by: str
    day: str | None


class CriterionAnswer(msgspec.Struct, frozen=True):
    """The verdict on a criterion (an exclusion that applies is met), as computed and as it counts."""

    name: str
    kind: str
    text: str
    start: int
    end: int
    cohort: str
    verdict: str
    counted: str
    evidence: tuple[EvidenceOfPerson, ...]
    missing: tuple[MissingLine, ...]
    questions: tuple[QuestionLine, ...]
    contests: tuple[ContestLine, ...]


class ScreenAnswer(msgspec.Struct, frozen=True):
    """One person against one study: `overall` is "eligible", "ineligible" or "open", `because` the criteria by start."""

    person_id: str
    day: str | None
    overall: str
    because: tuple[int, ...]
    cohorts: dict[str, str]
    criteria: tuple[CriterionAnswer, ...]
    unread: tuple[str, ...]
    notice: str


class CohortAnswer(msgspec.Struct, frozen=True):
    """A study's criteria as a FHIR Group, and what it does not carry: each with cause, words and their place."""

    group: dict[str, Any]
    not_carried: tuple[NotCarried, ...]


class ReasonAnswer(msgspec.Struct, frozen=True):
    """Why two studies are alike: a label, its share in the score, the words of what was asked and of the study."""

    kind: str
    share: float
    ours: tuple[str, ...]
    theirs: tuple[str, ...]


class RelatedLine(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A related study.

    `group` is "family", "near duplicate" or "related"; `relation` says what it is to the one asked for, where
    they are of one family; `study` is the part of the record that `fields` asks for.
    """

    nct_id: str
    title: str
    score: float
    group: str
    relation: str
    reasons: tuple[ReasonAnswer, ...]
    study: dict[str, Any]


class NamedLine(msgspec.Struct, frozen=True, rename="camel"):
    """One who works on studies; `is_own`: the study asked for names it too."""

    name: str
    place: str
    nct_ids: tuple[str, ...]
    is_own: bool


class SharedLine(msgspec.Struct, frozen=True, rename="camel"):
    """A condition or an intervention that at least two of the studies have."""

    kind: str
    name: str
    nct_ids: tuple[str, ...]
    is_own: bool
    own: tuple[str, ...]


class MeasuredLine(msgspec.Struct, frozen=True, rename="camel"):
    """When an outcome is measured, by which studies, and how their records say it."""

    when: str
    nct_ids: tuple[str, ...]
    time_frames: tuple[str, ...]


class OutcomeLine(msgspec.Struct, frozen=True, rename="camel"):
    """Outcomes that measure the same by their words; `primary_in` are studies of which it is a primary one."""

    measure: str
    nct_ids: tuple[str, ...]
    primary_in: tuple[str, ...]
    times: tuple[MeasuredLine, ...]
    wordings: tuple[str, ...]
    is_own: bool


class LandscapeAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """Who works on the listed studies, what they share and measure, each ranked by the number of studies."""

    nct_ids: tuple[str, ...]
    sponsors: tuple[NamedLine, ...]
    collaborators: tuple[NamedLine, ...]
    investigators: tuple[NamedLine, ...]
    sites: tuple[NamedLine, ...]
    outcomes: tuple[OutcomeLine, ...]
    shared: tuple[SharedLine, ...]


class RelatedAnswer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Related studies, best first.

    `note` says where there is too little to compare or nothing is found. Words were weighed by `learnt_from` records on
    `learnt_at`; `lag` counts the last changes of the records that the list does not know yet. `landscape` is
    null unless it is asked for.
    """

    studies: tuple[RelatedLine, ...]
    note: str
    learnt_from: int
    learnt_at: str
    lag: int
    landscape: LandscapeAnswer | None


class ItemFacts(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What a program wants to know of an item: what changed, element by element.

    Long values are cut, and at most 100 changes are given.
    """

    nct_id: str
    number: int
    is_new: bool
    version_date: str | None
    changes: tuple[Change, ...]
    warnings: tuple[str, ...]


class FeedItem(msgspec.Struct, frozen=True, rename={"trialbook": "_trialbook"}, kw_only=True):
    """A new or changed study, as jsonfeed.org has it."""

    id: str
    url: str
    title: str
    content_html: str
    content_text: str
    date_published: str
    date_modified: str
    tags: tuple[str, ...]
    trialbook: ItemFacts


class Author(msgspec.Struct, frozen=True):
    """Who made a feed."""

    name: str


class FeedFacts(msgspec.Struct, frozen=True):
    """`after=last` asks for what comes later than all that this feed holds."""

    last: int


class JsonFeed(msgspec.Struct, frozen=True, rename={"trialbook": "_trialbook"}, kw_only=True):
    """A JSON Feed, version 1.1 (jsonfeed.org)."""

    version: str
    title: str
    home_page_url: str
    feed_url: str
    description: str
    language: str
    authors: tuple[Author, ...]
    items: tuple[FeedItem, ...]
    trialbook: FeedFacts
