"""Which addresses are there, what can each be asked, and what does it answer? One table of all.

Routes, the OpenAPI document and the page that people read are made from it: an address, a parameter or
a kind of answer that does not stand here does not exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from trialbook.eligibility.tree import ParsedCriterion
from trialbook.export import forms
from trialbook.library.match_answer import MatchAnswer
from trialbook.library.search_report import SearchReport
from trialbook.search.engine.engine import MOST_FACETS
from trialbook.web.own_api import answers as shapes
from trialbook.web.own_api.counting import MOST_READ
from trialbook.web.own_api.parameters import (
    AS_OF,
    ATOM,
    COMPARED,
    COPY,
    FACET_SIZE,
    FIELDS,
    FOLLOWED,
    FROM,
    JSON_FEED,
    LANDSCAPE,
    LIKE_IDS,
    LIKE_TEXT,
    LIMIT,
    LIST_NAME,
    LISTED,
    NAME,
    NCT_ID,
    OFFSET,
    SNIPPETS,
    TO,
    VERSION,
    WEIGHED,
    WHICH,
    Parameter,
    make_choice,
)

BASE = "/api/trialbook"
HTML = "text/html; charset=utf-8"


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An address.

    Attributes
    ----------
    operation
        Its name, also that of the method that answers it.
    path
        Below `BASE`, with its parameters in braces.
    example
        A query string that shows what it is for.
    answers
        What it can answer, by media type: a type of `shapes`, or None for anything else.
    takes
        The type of the JSON that is sent to it by POST; None where it is asked with GET.
    """

    operation: str
    path: str
    summary: str
    meaning: str
    parameters: tuple[Parameter, ...] = ()
    example: str = ""
    answers: Mapping[str, Any]
    takes: type | None = None

    @property
    def method(self) -> str:
        """How it is asked."""
        return "POST" if self.takes else "GET"

    @property
    def known(self) -> frozenset[str]:
        """The names that may stand behind the question mark."""
        return frozenset(each.name for each in self.parameters if not each.is_in_path)


EXPORT_FORMAT = make_choice("format", "The form of the answer.", forms.FORMS)
EXPORT_FIELDS = Parameter(
    name="fields",
    meaning="JSON and zip: parts of the record; tables: names of columns. All unless told. Not for RIS and FHIR.",
    example="NCTId|BriefTitle",
)
ENDPOINTS = (
    Endpoint(
        operation="search",
        example="query.cond=heart+failure&facets=Phase%7COverallStatus&limit=3",
        path="/search",
        summary="Search",
        meaning="One window of the studies that match, with the total, counts by value of any fields, the"
        " passages in which the words stand, the synonyms that were added, and spelling suggestions.",
        parameters=(
            *WHICH,
            Parameter(
                name="geoDecay",
                meaning="How relevance falls with the distance from the point of filter.geo.",
                example="func:exp,scale:300mi,offset:0mi,decay:0.5",
            ),
            Parameter(
                name="sort",
                meaning="At most two of: a date, number or age, with :asc or :desc, and @relevance.",
                example="LastUpdatePostDate:desc",
            ),
            AS_OF,
            FIELDS,
            Parameter(
                name="facets",
                meaning=f"Fields to count the studies by, up to {MOST_FACETS}. Of any number of studies: those with a"
                " list of values, true or false, and conditions, keywords, interventions, sponsors and places;"
                f" all others where at most {MOST_READ} studies match.",
                example="Phase|OverallStatus|LocationCountry",
            ),
            FACET_SIZE,
            SNIPPETS,
            OFFSET,
            LIMIT,
        ),
        answers={forms.JSON: shapes.SearchAnswer},
    ),
    Endpoint(
        operation="export",
        example="query.cond=heart+failure&format=csv",
        path="/export",
        summary="Export",
        meaning="All studies that match, by number, however many: as JSON lines, one JSON list or a zip of files"
        " (each record as it was received, or its asked fields); as the registry's table in CSV (`excel.csv`"
        " for spreadsheets), as an Excel workbook, or typed in Parquet; as RIS for reference managers, or as"
        " lines of FHIR resources.",
        parameters=(
            *WHICH,
            AS_OF,
            EXPORT_FORMAT,
            EXPORT_FIELDS,
        ),
        answers=dict.fromkeys(forms.FORMS.values()),
    ),
    Endpoint(
        operation="report",
        example="query.cond=heart+failure&as_of=2024-06-30",
        path="/report",
        summary="Report of a search",
        meaning="What a systematic review must say of a search (PRISMA-S): what was asked and how it ran, with the"
        " other names that were searched for, when, on which state of the library, how many studies it found, and"
        " how to run it again.",
        parameters=(*WHICH, AS_OF),
        answers={forms.JSON: SearchReport},
    ),
    Endpoint(
        operation="versions",
        path="/studies/{nctId}/versions",
        summary="Versions of a study",
        meaning="Every version that the library holds, with what changed in it, and the versions that the"
        " registry's own history lists, where that was imported: both by the registry's numbers then.",
        parameters=(NCT_ID,),
        answers={forms.JSON: shapes.VersionsAnswer},
    ),
    Endpoint(
        operation="changes",
        path="/studies/{nctId}/changes",
        summary="Changes between two versions",
        meaning="What differs, element by element. Without numbers, the last version against the one before.",
        parameters=(NCT_ID, FROM, TO, AS_OF),
        answers={forms.JSON: shapes.ChangesAnswer},
    ),
    Endpoint(
        operation="related",
        path="/studies/{nctId}/related",
        summary="Related studies",
        meaning="The studies most like one, each with its reasons, whose shares add up to the score; with"
        " `landscape`, who works on them and which outcomes they measure.",
        parameters=(NCT_ID, WEIGHED, FIELDS, LANDSCAPE, LISTED),
        example="landscape=true",
        answers={forms.JSON: shapes.RelatedAnswer},
    ),
    Endpoint(
        operation="criteria",
        path="/studies/{nctId}/criteria",
        summary="Criteria of a study, parsed",
        meaning="Each criterion of the eligibility text with its words, its place in the text, and a tree of what it"
        " asks: things with their codes, values with UCUM units, times, and what is not understood, with the reason.",
        parameters=(NCT_ID, AS_OF),
        answers={forms.JSON: tuple[ParsedCriterion, ...]},
    ),
    Endpoint(
        operation="cohort",
        path="/studies/{nctId}/cohort",
        summary="Criteria of a study as a FHIR Group",
        meaning="Who may take part, as a Group in the form of HL7's guide on evidence-based medicine, and the list of"
        " what it does not carry, with the causes. Circe and SQL need the concepts of your own vocabulary: see"
        " `trialbook cohort`.",
        parameters=(NCT_ID, AS_OF),
        answers={forms.JSON: shapes.CohortAnswer},
    ),
    Endpoint(
        operation="screen",
        path="/studies/{nctId}/screen",
        summary="Hold a person against a study",
        meaning="Sent by POST: what is told of one person, as a FHIR R4 bundle, plain values or a note. Answered:"
        " the verdict on each criterion and field of the record with its evidence, what is missing and what would"
        " settle it. Nothing of what is sent is kept or logged.",
        parameters=(NCT_ID,),
        takes=shapes.ScreenRequest,
        answers={forms.JSON: shapes.ScreenAnswer},
    ),
    Endpoint(
        operation="match",
        path="/match",
        summary="Studies for a person",
        meaning="Sent by POST: what is told of one person, as for one study, and filters. Answered: the studies that"
        " take people now and would take this one, as far as their criteria tell, ranked, each with what speaks for"
        " it, what against and what is open; those that exclude the person apart, with the reason. Nothing of what is"
        " sent is kept or logged.",
        takes=shapes.MatchRequest,
        answers={forms.JSON: MatchAnswer},
    ),
    Endpoint(
        operation="study",
        path="/studies/{nctId}",
        summary="A record, now or then",
        meaning="The bytes that were received: of the version in force, of the one in force at the end of a"
        " day, or of a version by number.",
        parameters=(NCT_ID, AS_OF, VERSION, COPY),
        answers={forms.JSON: dict[str, Any]},
    ),
    Endpoint(
        operation="related_to_any",
        path="/related",
        summary="Studies related to several, or to a text",
        meaning="As for one study, of up to ten, of a text that is no record yet, or of a record that is not"
        " in this library.",
        parameters=(LIKE_IDS, LIKE_TEXT, WEIGHED, FIELDS, LANDSCAPE, LISTED),
        example="text=Stem+cells+for+heart+failure",
        answers={forms.JSON: shapes.RelatedAnswer},
    ),
    Endpoint(
        operation="saved",
        path="/saved",
        summary="Saved searches",
        meaning="All of them, with the addresses of their answers and feeds. Searches are saved and removed on"
        " the site and on the command line: trialbook saved.",
        answers={forms.JSON: shapes.SavedAnswer},
    ),
    Endpoint(
        operation="saved_feed",
        path="/saved/{name}/feed",
        summary="Feed of a saved search",
        meaning="What is new or changed among its studies since it was saved, the last thing first.",
        parameters=(NAME, *FOLLOWED),
        answers={ATOM: None, JSON_FEED: shapes.JsonFeed},
    ),
    Endpoint(
        operation="feed",
        example="query.cond=heart+failure&format=json",
        path="/feed",
        summary="Feed of any search",
        meaning="What is new or changed among the studies that match, the last thing first.",
        parameters=(*WHICH, *FOLLOWED),
        answers={ATOM: None, JSON_FEED: shapes.JsonFeed},
    ),
    Endpoint(
        operation="lists",
        path="/lists",
        summary="Lists of studies",
        meaning="All of them. Lists are made and changed on the site and on the command line: trialbook list.",
        answers={forms.JSON: shapes.ListsAnswer},
    ),
    Endpoint(
        operation="one_list",
        path="/lists/{name}",
        summary="A list of studies",
        meaning="Its studies in the order in which they were added, with their notes.",
        parameters=(LIST_NAME,),
        answers={forms.JSON: shapes.ListAnswer},
    ),
    Endpoint(
        operation="list_feed",
        path="/lists/{name}/feed",
        summary="Feed of a list",
        meaning="What changed in its studies since each was put on it, the last thing first.",
        parameters=(LIST_NAME, *FOLLOWED),
        answers={ATOM: None, JSON_FEED: shapes.JsonFeed},
    ),
    Endpoint(
        operation="list_export",
        example="format=csv",
        path="/lists/{name}/export",
        summary="Export of a list",
        meaning="The records of its studies, in its order, in any form of the export of a search.",
        parameters=(LIST_NAME, EXPORT_FORMAT, EXPORT_FIELDS),
        answers=dict.fromkeys(forms.FORMS.values()),
    ),
    Endpoint(
        operation="compare",
        example="ids=NCT04776239%7CNCT99000001",
        path="/compare",
        summary="Studies side by side",
        meaning="Two to six studies row by row: state, dates, sponsor, design, size, conditions, arms, interventions,"
        " primary outcomes, criteria, sites. Two things are the same when their words are.",
        parameters=(COMPARED, AS_OF),
        answers={forms.JSON: shapes.CompareAnswer},
    ),
    Endpoint(
        operation="openapi",
        path="/openapi.json",
        summary="This description for programs",
        meaning="An OpenAPI document, version 3.1.",
        answers={forms.JSON: dict[str, Any]},
    ),
    Endpoint(
        operation="page",
        path="/",
        summary="This description for people",
        meaning="A page that needs no scripts.",
        answers={HTML: None},
    ),
)


def get_endpoint(operation: str) -> Endpoint:
    """The address of an operation."""
    return next(endpoint for endpoint in ENDPOINTS if endpoint.operation == operation)
