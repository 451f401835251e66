"""What can a tool be asked? Its arguments, each with the words and limits that the tool's JSON schema states."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeAlias, TypeVar, cast

import msgspec
from msgspec import Meta

from trialbook.ask.filters import FILTERS
from trialbook.ask.kinds import LEAST_YEARS, LONGEST_TOLD, MOST_YEARS, Filter
from trialbook.ask.queries import QUERIES, AreaQuery
from trialbook.pages.side_by_side import LEAST, MOST
from trialbook.related.engine import MOST_ASKED
from trialbook.related.facets import DEMANDS
from trialbook.related.facets import FACETS as LIKENESS
from trialbook.related.pasted import LONGEST_PASTED
from trialbook.results.adverse_events import KINDS, SORTINGS
from trialbook.search.engine.engine import FACETS

LONGEST_QUERY = 20_000
LONGEST_PATIENT = 16_000_000
LONGEST_LIST = 100
MOST_STUDIES = 50
MOST_VALUES = 200
LEAST_CHARS, DEFAULT_CHARS, MOST_CHARS = 1_000, 20_000, 100_000

Words: TypeAlias = Annotated[str, Meta(max_length=LONGEST_QUERY)]
Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]
Day: TypeAlias = Annotated[str, Meta(max_length=40)]
Number: TypeAlias = Annotated[int, Meta(ge=0)]
# The address of a record's page is understood too.
NctId: TypeAlias = Annotated[str, Meta(max_length=300, examples=["NCT04776239"])]

A = TypeVar("A", bound="Arguments")


class Arguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every tool's arguments."""


def _make_query(asked: AreaQuery) -> tuple[str, Any, str]:
    meta = Meta(description=asked.meaning, examples=list(asked.examples) or None)
    return asked.name, Annotated[Words, meta], ""


def _make_filter(asked: Filter) -> tuple[str, Any, Any]:
    """The argument of an everyday filter; older wordings of a value ("Recruiting") are understood as well."""
    if asked.takes_several:
        listed = {"enum": list(asked.choices)} if asked.choices else None
        item = Meta(max_length=200, min_length=None if listed else 1, extra_json_schema=listed)
        meta = Meta(max_length=LONGEST_LIST, description=asked.meaning, examples=[[asked.example]])
        return asked.name, Annotated[tuple[Annotated[str, item], ...], meta], ()
    meta = Meta(description=asked.meaning)
    if asked.kind == "age":
        years = Annotated[float, Meta(ge=LEAST_YEARS, le=MOST_YEARS)]
        return asked.name, Annotated[years | None, meta], None
    if asked.kind == "yes_no":
        return asked.name, Annotated[bool | None, meta], None
    if asked.kind == "person":
        return asked.name, Annotated[str, Meta(max_length=LONGEST_TOLD, description=asked.meaning)], ""
    return asked.name, Annotated[Day, meta], ""


def _offer(*fields: tuple[str, Any, Any]) -> Callable[[type[A]], type[A]]:
    """Adds arguments to a class of them."""

    def add(kind: type[A]) -> type[A]:
        made = msgspec.defstruct(
            kind.__name__,
            fields,
            bases=(kind,),
            namespace={"__doc__": kind.__doc__},
            module=kind.__module__,
            frozen=True,
            kw_only=True,
            forbid_unknown_fields=True,
        )
        return cast(type[A], made)

    return add


@_offer(*map(_make_query, QUERIES), *map(_make_filter, FILTERS))
class EverydayQuery(Arguments, frozen=True, kw_only=True):
    """The queries and the everyday filters, one argument each."""


class StudyQuery(EverydayQuery, frozen=True, kw_only=True):
    """Which studies: the queries and filters that `search` and `facets` share. All that are given must hold."""

    geo: Annotated[
        str,
        Meta(
            max_length=100,
            description="A site within a distance, distance(latitude,longitude,radius) with km or mi.",
            examples=["distance(42.36,-71.06,50mi)"],
        ),
    ] = ""
    ids: Annotated[tuple[NctId, ...], Meta(max_length=1_000, description="Only these NCT ids.")] = ()
    advanced: Annotated[
        Words,
        Meta(
            description="Any expression of the query language as a filter; does not rank.",
            examples=[
                "AREA[PrimaryCompletionDate]RANGE[2024-01, MAX] AND AREA[EnrollmentCount]RANGE[100, MAX]",
                "SEARCH[Location](AREA[LocationCity]Boston AND AREA[LocationStatus]RECRUITING)",
            ],
        ),
    ] = ""
    as_of: Annotated[
        Day,
        Meta(description="Ask the records as they stood at the end of that day, if the library has them."),
    ] = ""

    def which(self) -> dict[str, Any]:
        """The arguments that say which studies, by name."""
        return {name: getattr(self, name) for name in StudyQuery.__struct_fields__}


class SearchArguments(StudyQuery, frozen=True, kw_only=True):
    """Arguments of `search`."""

    sort: Annotated[
        tuple[Name, ...],
        Meta(
            max_length=2,
            description="Up to two of: a date, number or age field with :asc or :desc, @relevance, or with near @distance (to the"
            " nearest open site). Unless given: by relevance where there is a query, else by NCT id.",
            examples=[["LastUpdatePostDate:desc"], ["EnrollmentCount:desc", "StartDate"]],
        ),
    ] = ()
    fields: Annotated[
        tuple[Name, ...],
        Meta(
            max_length=20,
            description="Further fields to show of each study, in short.",
            examples=[["EnrollmentCount", "PrimaryOutcomeMeasure"]],
        ),
    ] = ()
    limit: Annotated[int, Meta(ge=1, le=MOST_STUDIES, description="Studies a page.")] = 10
    page_token: Annotated[
        str,
        Meta(max_length=100, description="next_page_token of the page before; all else must stay the same."),
    ] = ""


class FacetArguments(StudyQuery, frozen=True, kw_only=True):
    """Arguments of `facets`."""

    fields: Annotated[
        tuple[Name, ...],
        Meta(
            max_length=20,
            description="Fields to count studies by: those with a list of values (OverallStatus, Phase,"
            " InterventionType, DesignAllocation…) and Condition, ConditionMeshTerm, Keyword, InterventionName,"
            " InterventionMeshTerm, LeadSponsorName, CollaboratorName, LocationCountry, LocationState,"
            " LocationCity; StartYear counts by the year of StartDate.",
        ),
    ] = FACETS
    size: Annotated[
        int, Meta(ge=1, le=MOST_VALUES, description="Values of each field, the most frequent first.")
    ] = 20


class ReadArguments(Arguments, frozen=True, kw_only=True):
    """Arguments of `read`."""

    nct_id: Annotated[NctId, Meta(min_length=1, description="The study's id.")]
    fields: Annotated[
        tuple[Name, ...],
        Meta(
            max_length=100,
            description="Fields, sections or search areas; without them, the whole record. Sections:"
            " IdentificationModule, StatusModule, SponsorCollaboratorsModule, DescriptionModule,"
            " ConditionsModule, DesignModule, ArmsInterventionsModule, OutcomesModule, EligibilityModule,"
            " ContactsLocationsModule, ReferencesModule, IPDSharingStatementModule; with results"
            " ParticipantFlowModule, BaselineCharacteristicsModule, OutcomeMeasuresModule, AdverseEventsModule.",
            examples=[["EligibilityModule"], ["BriefTitle", "PrimaryOutcome", "EnrollmentCount"]],
        ),
    ] = ()
    format: Annotated[
        Literal["text", "json"],
        Meta(description="text is shorter and explains itself; json is the registry's own structure."),
    ] = "text"
    version: Annotated[
        Number | None, Meta(description="Number of a version, from `history`; without it, the one in force.")
    ] = None
    as_of: Annotated[Day, Meta(description="The record as it stood at the end of that day.")] = ""
    offset: Annotated[
        int, Meta(ge=0, le=100_000_000, description="Where to go on: next_offset of the part before.")
    ] = 0
    max_chars: Annotated[
        int, Meta(ge=LEAST_CHARS, le=MOST_CHARS, description="Characters of the record in one answer.")
    ] = DEFAULT_CHARS


class HistoryArguments(Arguments, frozen=True, kw_only=True):
    """Arguments of `history`."""

    nct_id: Annotated[NctId, Meta(min_length=1, description="The study's id.")]
    from_version: Annotated[
        Number | None,
        Meta(description="Compare this version with a later one, field by field."),
    ] = None
    to_version: Annotated[
        Number | None,
        Meta(description="The later version of the comparison; the newest unless given."),
    ] = None
    as_of: Annotated[Day, Meta(description="Only versions that were there at the end of that day.")] = ""


class RelatedArguments(Arguments, frozen=True, kw_only=True):
    """Arguments of `related`."""

    nct_ids: Annotated[
        tuple[NctId, ...],
        Meta(
            max_length=MOST_ASKED,
            description="The studies to find others like; likeness to each counts the same.",
        ),
    ] = ()
    text: Annotated[
        str,
        Meta(
            max_length=LONGEST_PASTED,
            description="A synopsis or draft protocol in English that is no record yet, its title in the first line.",
        ),
    ] = ""
    facets: Annotated[
        tuple[Name, ...],
        Meta(
            max_length=40,
            description="What counts how much: drug=2 twice, drug=0 not at all, drug alone. Facets:"
            f" {', '.join(LIKENESS)}. Demanded of every study listed: {', '.join(DEMANDS)}.",
            examples=[["drug=2", "recruiting"], ["disease"]],
        ),
    ] = ()
    fields: Annotated[
        tuple[Name, ...], Meta(max_length=20, description="Further fields to show of each study.")
    ] = ()
    landscape: Annotated[
        bool,
        Meta(
            description="Also who works on the listed studies, what they share, and which outcomes they measure"
            " when; ask with a limit of 30 or more."
        ),
    ] = False
    limit: Annotated[int, Meta(ge=1, le=MOST_STUDIES, description="How many studies to list.")] = 10


class CompareArguments(Arguments, frozen=True, kw_only=True):
    """Arguments of `compare`."""

    nct_ids: Annotated[
        tuple[NctId, ...],
        Meta(min_length=LEAST, max_length=MOST, description="The studies to set side by side."),
    ] = ()
    as_of: Annotated[Day, Meta(description="The records as they stood at the end of that day.")] = ""


class CriteriaArguments(Arguments, frozen=True, kw_only=True):
    """Arguments of `get_criteria`."""

    nct_id: Annotated[NctId, Meta(min_length=1, description="The study's id.")]
    as_of: Annotated[Day, Meta(description="The record as it stood at the end of that day.")] = ""


class PersonArguments(Arguments, frozen=True, kw_only=True):
    """What is told of a person, whatever they are held against."""

    patient: Annotated[
        dict[str, Any] | list[dict[str, Any]] | Annotated[str, Meta(max_length=LONGEST_PATIENT)],
        Meta(
            description='One person: a FHIR R4 bundle; plain values, as {"birth_date": "1970-05", "sex": "male",'
            ' "HbA1c": "8.2 %", "conditions": ["type 2 diabetes"], "myocardial infarction": false}; or a note in'
            " English. What is not told is unknown, never no."
        ),
    ]
    day: Annotated[Day, Meta(description="The day of the evaluation, YYYY-MM-DD; today unless given.")] = ""
    complete: Annotated[
        tuple[Name, ...],
        Meta(
            max_length=20,
            description="Domains of which all is told (condition, drug, procedure…): what is not named is not so.",
        ),
    ] = ()
    answers: Annotated[
        dict[str, str],
        Meta(description='Answers to questions that came with a verdict, as {"mdrd_constant": "175"}.'),
    ] = {}
    visits: Annotated[
        dict[str, str], Meta(description='Days of visits by name, as {"screening": "2026-11-02"}.')
    ] = {}


class ScreenArguments(PersonArguments, frozen=True, kw_only=True):
    """Arguments of `screen_patient`."""

    nct_id: Annotated[NctId, Meta(min_length=1, description="The study's id.")]
    contests: Annotated[
        tuple[dict[str, Any], ...],
        Meta(
            max_length=100,
            description="Verdicts that a person overrules: start of the criterion (the fields are -1 to -4), verdict,"
            " reason, by.",
        ),
    ] = ()


@_offer(*map(_make_filter, FILTERS))
class MatchArguments(PersonArguments, frozen=True, kw_only=True):
    """Arguments of `match_patient`."""

    as_of: Annotated[
        Day, Meta(description="The studies as they stood at the end of that day, if the library has them.")
    ] = ""
    limit: Annotated[
        int,
        Meta(ge=1, le=MOST_STUDIES, description="So many that may take the person, and that exclude them."),
    ] = 10


class EventsArguments(Arguments, frozen=True, kw_only=True):
    """Arguments of `get_adverse_events`."""

    nct_id: Annotated[NctId, Meta(min_length=1, description="The study's id.")]
    kind: Annotated[
        str,
        Meta(description="serious or other; both unless given.", extra_json_schema={"enum": ["", *KINDS]}),
    ] = ""
    organ: Annotated[str, Meta(max_length=300, description="An organ system, as the record writes it.")] = ""
    words: Annotated[
        str, Meta(max_length=200, description="Words that the names of event and organ system must have.")
    ] = ""
    sort: Annotated[
        str,
        Meta(
            description="; ".join(f"{name}: {meaning}" for name, meaning in SORTINGS.items()) + ".",
            extra_json_schema={"enum": list(SORTINGS)},
        ),
    ] = "difference"
    first: Annotated[
        str, Meta(max_length=100, description="Id of the group that is compared, from `groups`.")
    ] = ""
    second: Annotated[str, Meta(max_length=100, description="Id of the group that it is compared with.")] = ""
    as_of: Annotated[Day, Meta(description="The record as it stood at the end of that day.")] = ""
    limit: Annotated[int, Meta(ge=1, le=MOST_VALUES, description="Events an answer.")] = 20
    offset: Annotated[int, Meta(ge=0, le=1_000_000, description="Where to go on: next_offset.")] = 0


class ReportArguments(StudyQuery, frozen=True, kw_only=True):
    """Arguments of `report_search`."""


class ListsArguments(Arguments, frozen=True, kw_only=True):
    """Arguments of `get_lists`."""

    name: Annotated[
        str, Meta(max_length=200, description="A list, to see its studies; without it, all lists.")
    ] = ""
    limit: Annotated[int, Meta(ge=1, le=MOST_VALUES, description="Studies an answer.")] = 50
    offset: Annotated[int, Meta(ge=0, le=1_000_000, description="Where to go on: next_offset.")] = 0


# Worked out here, since that several threads work out a type at once can end the process.
for _kind in (
    SearchArguments,
    FacetArguments,
    ReadArguments,
    HistoryArguments,
    RelatedArguments,
    CompareArguments,
    CriteriaArguments,
    ScreenArguments,
    MatchArguments,
    EventsArguments,
    ReportArguments,
    ListsArguments,
):
    msgspec.json.Decoder(_kind)


def describe_arguments(kind: type[Arguments]) -> dict[str, Any]:
    """The JSON schema of a tool's arguments, without references and without our own names in it."""
    (_,), components = msgspec.json.schema_components((kind,), ref_template="{name}")
    schema = dict(components[kind.__name__])
    return {
        name: schema[name]
        for name in ("type", "properties", "required", "additionalProperties")
        if name in schema
    }
