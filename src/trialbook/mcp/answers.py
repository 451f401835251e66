"""What form do the tools' answers have? The output schemas that agents are shown; what is absent is left out."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

Texts: TypeAlias = list[str]
# One value, or a list where the record has several; a record may hold another type than the registry's.
Values: TypeAlias = Any
Query: TypeAlias = Annotated[
    str, Meta(description="The query that ran, as one expression of the query language; ALL for all studies.")
]
Left: TypeAlias = Annotated[
    Texts, Meta(description="Studies of this page for which there was no room: read them by id.")
]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every tool's answer."""


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A study in short, by field names of the registry; further fields as asked for."""

    NCTId: Values
    BriefTitle: Values | UnsetType = UNSET
    OverallStatus: Values | UnsetType = UNSET
    status_age: (
        Annotated[str, Meta(description="As of when the status is, and whether it is out of date.")]
        | UnsetType
    ) = UNSET
    StudyType: Values | UnsetType = UNSET
    Phase: Values | UnsetType = UNSET
    Condition: Values | UnsetType = UNSET
    InterventionName: Values | UnsetType = UNSET
    LeadSponsorName: Values | UnsetType = UNSET
    EnrollmentCount: Values | UnsetType = UNSET
    StartDate: Values | UnsetType = UNSET
    CompletionDate: Values | UnsetType = UNSET
    LastUpdatePostDate: Values | UnsetType = UNSET
    HasResults: Values | UnsetType = UNSET
    countries: Texts | UnsetType = UNSET
    sites: int | UnsetType = UNSET
    nearest_site: (
        Annotated[
            dict[str, Any],
            Meta(
                description="Where near is asked: the nearest site that is open, or if none is the nearest, with its"
                " distance to the centre of its town and whom to call."
            ),
        ]
        | UnsetType
    ) = UNSET
    matched: (
        Annotated[dict[str, str], Meta(description="Passages that hold the words searched for, by field.")]
        | UnsetType
    ) = UNSET
    evidence: (
        Annotated[
            list[dict[str, str]],
            Meta(
                description="Where results overdue or a changed primary outcome were asked for: what that rests on, in"
                " words, and the page of the site that shows it."
            ),
        ]
        | UnsetType
    ) = UNSET


class SearchAnswer(Answer, frozen=True, kw_only=True):
    """What `search` answers."""

    query: Query
    studies: list[Hit]
    has_more: Annotated[bool, Meta(description="Whether there is a further page.")]
    total: Annotated[int, Meta(description="How many studies match; on the first page.")] | UnsetType = UNSET
    next_page_token: str | UnsetType = UNSET
    note: str | UnsetType = UNSET
    words_added: Annotated[Texts, Meta(description="Other names that were searched for too.")] | UnsetType = (
        UNSET
    )
    near: (
        Annotated[
            dict[str, Any],
            Meta(
                description="What near was taken for, what else it may mean (others), and where nothing is found the"
                " next site (next_site)."
            ),
        ]
        | UnsetType
    ) = UNSET
    changes_not_searched_yet: int | UnsetType = UNSET
    damaged: Texts | UnsetType = UNSET
    shown_by_id_alone: Left | UnsetType = UNSET
    found_by_each_part_alone: dict[str, int] | UnsetType = UNSET
    found_without_this_part: dict[str, int] | UnsetType = UNSET
    did_you_mean: dict[str, Texts] | UnsetType = UNSET


class ReadAnswer(Answer, frozen=True, kw_only=True):
    """What `read` answers."""

    nct_id: str
    text: Annotated[str, Meta(description="The record, or the part of it that was asked for.")]
    format: str
    characters: Annotated[int, Meta(description="How many the whole text has.")]
    as_of: str | UnsetType = UNSET
    version: int | UnsetType = UNSET
    version_date: str | UnsetType | None = UNSET
    offset: int | UnsetType = UNSET
    next_offset: Annotated[int, Meta(description="Where to go on.")] | UnsetType = UNSET


class HistoryAnswer(Answer, frozen=True, kw_only=True):
    """What `history` answers: a list of versions, or a comparison of two."""

    nct_id: str
    versions_in_library: int | UnsetType = UNSET
    versions: list[dict[str, Any]] | UnsetType = UNSET
    older_versions_left_out: int | UnsetType = UNSET
    versions_at_the_registry: int | UnsetType = UNSET
    registry_lists: list[dict[str, Any]] | UnsetType = UNSET
    from_version: dict[str, Any] | UnsetType = UNSET
    to_version: dict[str, Any] | UnsetType = UNSET
    changes: list[dict[str, Any]] | UnsetType = UNSET
    warnings: Texts | UnsetType = UNSET
    changes_left_out: int | UnsetType = UNSET


class ValueCount(msgspec.Struct, frozen=True):
    """How many studies have a value."""

    value: str
    studies: int


class FacetsAnswer(Answer, frozen=True, kw_only=True):
    """What `facets` answers."""

    total: int
    query: Query
    facets: Annotated[
        dict[str, list[ValueCount]],
        Meta(
            description="By field, the most frequent values first; counted without the everyday filter that"
            " chooses among a field's values, so that the alternatives are seen."
        ),
    ]
    not_stated: (
        Annotated[dict[str, int], Meta(description="How many of the counted studies have no value.")]
        | UnsetType
    ) = UNSET
    words_added: Texts | UnsetType = UNSET


class Reason(msgspec.Struct, frozen=True):
    """Why two studies are alike: a kind, its share in the score, the words on both sides."""

    kind: str
    share: float
    of_the_asked: Texts
    of_this_one: Texts


class RelatedHit(msgspec.Struct, frozen=True, kw_only=True):
    """A related study in short, by field names of the registry."""

    NCTId: Values
    score: float
    group: str
    reasons: list[Reason]
    relation: str | UnsetType = UNSET


class RelatedAnswer(Answer, frozen=True, kw_only=True):
    """What `related` answers."""

    studies: list[RelatedHit]
    note: str | UnsetType = UNSET
    changes_not_compared_yet: int | UnsetType = UNSET
    shown_by_id_alone: Left | UnsetType = UNSET
    landscape: dict[str, Any] | UnsetType = UNSET


class ComparedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a comparison."""

    row: str
    sameness: Annotated[
        Literal["same", "partly", "different", "missing"],
        Meta(
            description="same: all records say this and nothing else; partly: some of it stands in all of them;"
            " missing: no record says it."
        ),
    ]
    in_all: Annotated[Texts, Meta(description="What all the records say.")] | UnsetType = UNSET
    only_some: (
        Annotated[
            dict[str, Texts],
            Meta(description="What not all say, by study; a study without an entry says nothing else here."),
        ]
        | UnsetType
    ) = UNSET
    not_in_record: Annotated[Texts, Meta(description="Studies whose record says nothing.")] | UnsetType = (
        UNSET
    )
    not_known: (
        Annotated[Texts, Meta(description="Studies of which no copy that could say it is held.")] | UnsetType
    ) = UNSET
    rests_on: (
        Annotated[
            dict[str, str],
            Meta(description="The version that says it, by study, where the copy in force cannot carry it."),
        ]
        | UnsetType
    ) = UNSET


class CompareAnswer(Answer, frozen=True, kw_only=True):
    """What `compare` answers."""

    studies: Annotated[dict[str, str], Meta(description="The titles, by id.")]
    rows: list[ComparedLine]
    rows_left_out: (
        Annotated[Texts, Meta(description="Rows for which there was no room: `read` shows their fields.")]
        | UnsetType
    ) = UNSET


class FaultLine(msgspec.Struct, frozen=True):
    """What in a record contradicts itself, with the record's words."""

    message: str
    words: Texts


class CriteriaAnswer(Answer, frozen=True, kw_only=True):
    """What `get_criteria` answers."""

    nct_id: str
    note: (
        Annotated[str, Meta(description="Where the copy in force cannot carry criteria: whose they are.")]
        | UnsetType
    ) = UNSET
    criteria: Annotated[
        list[dict[str, Any]],
        Meta(
            description="Each criterion: kind (inclusion, exclusion, other), text, start and end (characters of the"
            " eligibility text), asks (the tree in plain words), tree (types all, any, atleast, not, except, ifthen,"
            " atom, opaque; an exclusion's tree says what the excluded have; opaque parts were not understood)."
        ),
    ]
    criteria_left_out: (
        Annotated[int, Meta(description="How many more there are, for which there was no room.")] | UnsetType
    ) = UNSET
    faults: list[FaultLine] | UnsetType = UNSET


class CohortAnswer(Answer, frozen=True, kw_only=True):
    """What `get_cohort` answers."""

    nct_id: str
    group: Annotated[
        dict[str, Any],
        Meta(description="The Group: a characteristic for each criterion; those that nest are contained."),
    ]
    not_carried: Annotated[
        list[dict[str, Any]],
        Meta(
            description="What it does not carry: cause, what, words, and their place (start, end) in the text."
        ),
    ]
    criteria_left_out: (
        Annotated[int, Meta(description="How many more there are, for which there was no room.")] | UnsetType
    ) = UNSET
    not_carried_left_out: (
        Annotated[int, Meta(description="How many more lines there are, for which there was no room.")]
        | UnsetType
    ) = UNSET


class ScreenAnswer(Answer, frozen=True, kw_only=True):
    """What `screen_patient` answers."""

    nct_id: str
    note: (
        Annotated[str, Meta(description="Where the copy in force cannot carry criteria: whose they are.")]
        | UnsetType
    ) = UNSET
    person_id: str
    day: str | None
    overall: Literal["eligible", "ineligible", "open"]
    because: Annotated[
        list[int], Meta(description="The criteria against, or those that are open, by their start.")
    ]
    cohorts: dict[str, str]
    criteria: Annotated[
        list[dict[str, Any]],
        Meta(
            description="Each criterion and field: kind, text, verdict (met, not_met, unknown, conflict, judgement; an"
            " exclusion that applies is met), counted (after contests), evidence (facts with dates and the"
            " criterion's words), missing (what would settle it), questions to decide, contests."
        ),
    ]
    unread: Annotated[Texts, Meta(description="What the data hold and nothing here reads.")]
    notice: str
    criteria_left_out: (
        Annotated[Texts, Meta(description="Criteria for which there was no room.")] | UnsetType
    ) = UNSET


class MatchedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A study that may take the person."""

    nct_id: str
    title: str
    status: str
    status_age: str
    overall: Literal["eligible", "open"]
    score: Annotated[float, Meta(description="0 to 1; an open criterion counts one half.")]
    about: Annotated[Texts, Meta(description="What the person has and the study is about.")]
    speaks_for: Annotated[
        list[dict[str, str]], Meta(description="Criteria, each with the facts it rests on.")
    ]
    open: Annotated[list[dict[str, str]], Meta(description="Criteria, each with what would settle it.")]
    nearest_site: str | UnsetType = UNSET
    criteria_not_evaluated: bool | UnsetType = UNSET


class RefusalLine(msgspec.Struct, frozen=True):
    """A study that excludes the person."""

    nct_id: str
    title: str
    because: list[dict[str, str]]


class MatchAnswer(Answer, frozen=True, kw_only=True):
    """What `match_patient` answers."""

    read: Annotated[str, Meta(description="What was read of the person and looked for.")]
    found: Annotated[str, Meta(description="What was found, in a sentence.")]
    fitting: Annotated[int, Meta(description="Studies that pass the filters and take that age and sex.")]
    sharing: Annotated[int, Meta(description="Those that share a condition or a word with the person.")]
    compared: Annotated[int, Meta(description="The nearest of these, which were looked at.")]
    aside: Annotated[int, Meta(description="Of those compared, the ones about something else.")]
    unevaluated: Annotated[int, Meta(description="Those whose criteria were not evaluated.")]
    matching: int
    excluded: int
    excluded_by: dict[str, int]
    studies: list[MatchedLine]
    excluding: list[RefusalLine]
    notice: str
    shown_by_id_alone: Left | UnsetType = UNSET
    nearest: str | UnsetType = UNSET


class EventsAnswer(Answer, frozen=True, kw_only=True):
    """What `get_adverse_events` answers."""

    nct_id: str
    groups: list[dict[str, str]]
    compared: Annotated[Texts, Meta(description="Ids of the two groups whose shares are compared.")]
    totals: Annotated[
        list[dict[str, Any]],
        Meta(description="Deaths from any cause, and participants with any serious and any other event."),
    ]
    in_all: int
    found: Annotated[int, Meta(description="How many events were asked for.")]
    events: Annotated[
        list[dict[str, Any]],
        Meta(
            description="Each event: kind, term, organ_system, counts by group (affected, at_risk, events) and"
            " difference_points (value, lower, upper)."
        ),
    ]
    note: str
    time_frame: str | UnsetType = UNSET
    frequency_threshold: (
        Annotated[str, Meta(description="Other events are listed from this percentage on.")] | UnsetType
    ) = UNSET
    groups_left_out: int | UnsetType = UNSET
    next_offset: Annotated[int, Meta(description="Where to go on.")] | UnsetType = UNSET


class ReportAnswer(Answer, frozen=True, kw_only=True):
    """What `report_search` answers."""

    total: int
    query: Query
    asked: Annotated[dict[str, str], Meta(description="What was asked, part by part.")]
    words_added: Annotated[Texts, Meta(description="Other names that were searched for too.")]
    searched_at: str
    library: Annotated[dict[str, Any], Meta(description="What was searched.")]
    to_run_it_again: dict[str, str]
    prisma_s: Annotated[
        list[dict[str, Any]],
        Meta(description="The items of PRISMA-S; is_left: only the author of the review can say it."),
    ]
    text: Annotated[str, Meta(description="The report as plain text, for an appendix.")]


class ListsAnswer(Answer, frozen=True, kw_only=True):
    """What `get_lists` answers: all lists, or one with its studies."""

    lists: list[dict[str, Any]] | UnsetType = UNSET
    name: str | UnsetType = UNSET
    made_at: str | UnsetType = UNSET
    total: int | UnsetType = UNSET
    studies: list[dict[str, str]] | UnsetType = UNSET
    next_offset: Annotated[int, Meta(description="Where to go on.")] | UnsetType = UNSET


# Worked out here, since that several threads work out a type at once can end the process.
_KINDS = (
    SearchAnswer,
    ReadAnswer,
    HistoryAnswer,
    FacetsAnswer,
    RelatedAnswer,
    CompareAnswer,
    CriteriaAnswer,
    CohortAnswer,
    ScreenAnswer,
    MatchAnswer,
    EventsAnswer,
    ReportAnswer,
    ListsAnswer,
)
_SCHEMAS = dict(zip(_KINDS, (msgspec.json.schema(kind) for kind in _KINDS), strict=True))


def describe_answer(kind: type[Answer]) -> dict[str, Any]:
    """The JSON schema of a tool's answer, an object at its top."""
    schema = _SCHEMAS[kind]
    inside = dict(schema["$defs"])
    top = inside.pop(kind.__name__)
    kept = {name: top[name] for name in ("type", "properties", "required") if name in top}
    return {**kept, "$defs": inside} if inside else kept
