"""What can a tool be asked? Its arguments, each with the words and limits that the tool's JSON schema states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Meta

from trialbook.errors import UsageError
from trialbook.record.pieces import get_enums
from trialbook.search.engine.engine import FACETS

LONGEST_QUERY = 20_000
LONGEST_LIST = 100
MOST_STUDIES = 50
MOST_VALUES = 200
LEAST_CHARS, DEFAULT_CHARS, MOST_CHARS = 1_000, 20_000, 100_000

Words: TypeAlias = Annotated[str, Meta(max_length=LONGEST_QUERY)]
Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]
Day: TypeAlias = Annotated[str, Meta(max_length=40)]
Years: TypeAlias = Annotated[float, Meta(ge=0, le=150)]
Number: TypeAlias = Annotated[int, Meta(ge=1)]
NctId: TypeAlias = Annotated[str, Meta(max_length=40, examples=["NCT04776239"])]


def _listed(enum: str) -> Meta:
    """The values go into the schema only: older wordings ("Recruiting") are understood as well."""
    return Meta(max_length=200, extra_json_schema={"enum": [value.value for value in get_enums()[enum]]})


Status: TypeAlias = Annotated[str, _listed("Status")]
Phase: TypeAlias = Annotated[str, _listed("Phase")]
StudyType: TypeAlias = Annotated[str, _listed("StudyType")]
Sex: TypeAlias = Annotated[str, _listed("Sex")]


class Arguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every tool's arguments."""


class StudyQuery(Arguments, frozen=True, kw_only=True):
    """Which studies: the queries and filters that `search` and `facets` share. All that are given must hold."""

    cond: Annotated[
        Words,
        Meta(
            description="Condition or disease: looks in Condition, Keyword, MeSH terms and titles.",
            examples=["heart failure", '"type 2 diabetes" OR obesity'],
        ),
    ] = ""
    intr: Annotated[
        Words,
        Meta(
            description="Intervention or treatment: names, types, arms, MeSH terms, titles.",
            examples=["metformin"],
        ),
    ] = ""
    term: Annotated[
        Words,
        Meta(
            description="Other terms, anywhere in the usual fields (BasicSearch). EligibilityCriteria and"
            " DetailedDescription are not among them: ask AREA[EligibilityCriteria]pregnancy."
        ),
    ] = ""
    titles: Annotated[Words, Meta(description="Words in BriefTitle, OfficialTitle or Acronym.")] = ""
    outc: Annotated[Words, Meta(description="Words in outcome measures.")] = ""
    spons: Annotated[Words, Meta(description="Sponsor or collaborator.")] = ""
    lead: Annotated[Words, Meta(description="Lead sponsor alone.")] = ""
    id: Annotated[Words, Meta(description="NCT id or any other id or acronym of a study.")] = ""
    locn: Annotated[
        Words,
        Meta(description="City, state, country or facility of a site.", examples=["Boston", "Norway"]),
    ] = ""
    patient: Annotated[
        Words, Meta(description="Words as a patient would use them (PatientSearch): ranks for that reader.")
    ] = ""
    status: Annotated[
        tuple[Status, ...], Meta(max_length=LONGEST_LIST, description="OverallStatus is one of these.")
    ] = ()
    phase: Annotated[
        tuple[Phase, ...], Meta(max_length=LONGEST_LIST, description="Phase is one of these.")
    ] = ()
    study_type: Annotated[
        tuple[StudyType, ...], Meta(max_length=LONGEST_LIST, description="StudyType is one of these.")
    ] = ()
    sex: Annotated[
        tuple[Sex, ...],
        Meta(max_length=LONGEST_LIST, description="Sex is one of these; ALL means open to both."),
    ] = ()
    age_years: Annotated[
        Years | None,
        Meta(description="An age in years that the study admits. A study that states no limit admits it."),
    ] = None
    country: Annotated[
        tuple[Name, ...],
        Meta(
            max_length=LONGEST_LIST,
            description="A site in one of these countries, whole names as the registry writes them.",
            examples=[["United States"]],
        ),
    ] = ()
    geo: Annotated[
        str,
        Meta(
            max_length=100,
            description="A site within a distance, distance(latitude,longitude,radius) with km or mi.",
            examples=["distance(42.36,-71.06,50mi)"],
        ),
    ] = ""
    has_results: Annotated[bool | None, Meta(description="Whether results were posted.")] = None
    start_from: Annotated[Day, Meta(description="StartDate on or after: 2021, 2021-08 or 2021-08-16.")] = ""
    start_to: Annotated[Day, Meta(description="StartDate on or before.")] = ""
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


class SearchArguments(StudyQuery, frozen=True, kw_only=True):
    """Arguments of `search`."""

    sort: Annotated[
        tuple[Name, ...],
        Meta(
            max_length=2,
            description="Up to two of: a date, number or age field with :asc or :desc, or @relevance."
            " Unless given: by relevance where there is a query, else by NCT id.",
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
            " LocationCity.",
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


# Worked out here, since that several threads work out a type at once can end the process.
for _kind in (SearchArguments, FacetArguments, ReadArguments, HistoryArguments):
    msgspec.json.Decoder(_kind)

A = TypeVar("A", bound=Arguments)


def read_arguments(given: Mapping[str, Any], kind: type[A]) -> A:
    """Check what was given and make it a record; null counts as not given.

    Raises
    ------
    UsageError
        An unknown name, a value of the wrong type or outside its limits, or text that is no Unicode.
    """
    filled = {name: value for name, value in given.items() if value is not None}
    try:
        msgspec.json.encode(filled)
    except UnicodeEncodeError:
        raise UsageError("the arguments hold half of a character (a lone surrogate)") from None
    try:
        return msgspec.convert(filled, kind, strict=False)
    except msgspec.ValidationError as error:
        about_names = "field" in str(error)
        known = f"; the arguments are {', '.join(kind.__struct_fields__)}" if about_names else ""
        raise UsageError(f"the arguments cannot be used: {error}{known}") from None


def describe_arguments(kind: type[Arguments]) -> dict[str, Any]:
    """The JSON schema of a tool's arguments, without references and without our own names in it."""
    (_,), components = msgspec.json.schema_components((kind,), ref_template="{name}")
    schema = dict(components[kind.__name__])
    return {
        name: schema[name]
        for name in ("type", "properties", "required", "additionalProperties")
        if name in schema
    }
