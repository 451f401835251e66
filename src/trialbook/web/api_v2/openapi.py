"""How do programs learn of the registry's API as it is answered here? An OpenAPI document, made from our tables.

The form of a record comes from the table of pieces, as the registry's does; a record may hold more.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from trialbook.ask.queries import QUERIES
from trialbook.model.api_version import API_VERSION
from trialbook.record.pieces import Piece, get_enums, get_pieces
from trialbook.web.api_v2 import download, listing, one_study
from trialbook.web.api_v2.statistics import TYPES

_TEXT: dict[str, Any] = {"type": "string"}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
_SCALARS: dict[str, dict[str, Any]] = {
    "text": _TEXT,
    "enum": _TEXT,
    "age": _TEXT,
    "date": {"type": "string", "description": "2021-08-16, 2021-08 or 2021; some have a time."},
    "boolean": {"type": "boolean"},
    "geo": {"$ref": "#/components/schemas/GeoPoint"},
}
_WHOLE = frozenset(("short", "integer", "long"))
_FORM = {"json": "application/json", "csv": "text/csv", "json.zip": "application/zip"} | {
    "fhir.json": "application/fhir+json",
    "ris": "application/x-research-info-systems",
}
_NCT_ID = r"^[Nn][Cc][Tt]0*[1-9]\d{0,7}$"


@cache
def write_document() -> bytes:
    """The document as bytes."""
    return msgspec.json.encode(make_document())


def make_document() -> dict[str, Any]:
    """The OpenAPI document (3.0.3), as JSON values."""
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "ClinicalTrials.gov REST API, as Trialbook answers it",
            "version": API_VERSION,
            "description": "A library of registry records behind the addresses of the registry's API.",
        },
        "servers": [{"url": "/api/v2"}],
        "paths": {path: {"get": operation} for path, operation in _list_operations().items()},
        "components": {"schemas": _make_schemas()},
    }


def _list_operations() -> dict[str, dict[str, Any]]:
    fields = _make_list("fields", "Names of areas, pieces or paths; of columns in CSV, of tags in RIS.")
    markup = _make_choice("markupFormat", one_study.MARKUPS)
    which = _list_which()
    study = {
        "name": "nctId",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "pattern": _NCT_ID},
    }
    field = {"name": "field", "in": "path", "required": True, "schema": _TEXT}
    values, sizes = _refer("FieldStatistics"), _refer("ListStatistics")
    types = _make_list("types", "Kinds of fields.", TYPES)
    return {
        "/studies": _describe(
            "listStudies",
            "Studies",
            [_make_choice("format", listing.FORMATS), markup, *which, *_list_paging(), fields],
            {"application/json": _refer("PagedStudies"), "text/csv": _TEXT},
        ),
        "/studies/{nctId}": _describe(
            "fetchStudy",
            "Single study",
            [study, _make_choice("format", one_study.FORMATS), markup, fields],
            {_FORM[form]: _refer("Study") if form == "json" else _TEXT for form in one_study.FORMATS},
        ),
        "/studies/metadata": _describe(
            "studiesMetadata",
            "Fields of a study",
            [_make_flag("includeIndexedOnly"), _make_flag("includeHistoricOnly")],
            {"application/json": _list_of(_refer("FieldNode"))},
        ),
        "/studies/search-areas": _describe("searchAreas", "Search areas", [], _json(_list_of(_OBJECT))),
        "/studies/enums": _describe("enums", "Enumerations", [], _json(_list_of(_refer("EnumInfo")))),
        "/studies/download": _describe(
            "download",
            "All studies, or those that match, as files in one archive",
            [_make_choice("format", download.FORMATS), *which],
            {"application/zip": {"type": "string", "format": "binary"}},
        ),
        "/stats/size": _describe("sizeStats", "Sizes of studies", [], _json(_refer("SizeStatistics"))),
        "/stats/field/values": _describe(
            "fieldValuesStats", "Values of fields", [types, fields], _json(_list_of(values))
        ),
        "/stats/field/sizes": _describe(
            "listFieldSizesStats", "Lengths of lists", [fields], _json(_list_of(sizes))
        ),
        "/stats/fieldValues/{field}": _describe(
            "oneFieldValues", "Values of a field", [field], _json(values)
        ),
        "/stats/listSizes/{field}": _describe("oneListSizes", "Lengths of a list", [field], _json(sizes)),
        "/version": _describe("version", "Version", [], _json(_refer("Version"))),
    }


_OBJECT: dict[str, Any] = {"type": "object"}


def _refer(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _list_of(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": schema}


def _describe(
    operation: str, summary: str, parameters: list[dict[str, Any]], answers: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    refusals = {
        "400": "The request makes no sense; the text says why.",
        "404": "It is not in this library.",
        "503": "The library cannot answer now.",
    }
    return {
        "operationId": operation,
        "summary": summary,
        "parameters": parameters,
        "responses": {
            "200": {
                "description": "The answer.",
                "content": {kind: {"schema": schema} for kind, schema in answers.items()},
            },
            **{
                status: {"description": text, "content": {"text/plain": {"schema": _TEXT}}}
                for status, text in refusals.items()
            },
        },
    }


def _make_parameter(name: str, schema: dict[str, Any], meaning: str = "") -> dict[str, Any]:
    described = {"description": meaning} if meaning else {}
    return {"name": name, "in": "query", **described, "schema": schema}


def _make_choice(name: str, choices: tuple[str, ...]) -> dict[str, Any]:
    return _make_parameter(name, {"type": "string", "enum": list(choices), "default": choices[0]})


def _make_flag(name: str) -> dict[str, Any]:
    return _make_parameter(name, {"type": "boolean", "default": False})


def _make_list(name: str, meaning: str, choices: tuple[str, ...] = ()) -> dict[str, Any]:
    item = {"type": "string", "enum": list(choices)} if choices else _TEXT
    return {
        **_make_parameter(name, _list_of(item), meaning),
        "style": "pipeDelimited",
        "explode": False,
    }


def _list_which() -> list[dict[str, Any]]:
    """The parameters that say which studies."""
    found = [_make_parameter(each.parameter, _TEXT, each.meaning) for each in QUERIES]
    statuses = tuple(value.value for value in get_enums()["Status"])
    for kind in ("filter", "postFilter"):
        found += [
            _make_list(f"{kind}.overallStatus", "Statuses.", statuses),
            _make_parameter(f"{kind}.geo", _TEXT, "distance(latitude,longitude,50mi)"),
            _make_list(f"{kind}.ids", "NCT numbers."),
            _make_parameter(f"{kind}.advanced", _TEXT, "A query of the language."),
            _make_list(f"{kind}.synonyms", "Accepted, without effect."),
        ]
    return [*found, _make_parameter("aggFilters", _TEXT, "The site's own filters: results:with,phase:2 3")]


def _list_paging() -> list[dict[str, Any]]:
    size = {"type": "integer", "minimum": 0, "default": listing.DEFAULT_PAGE_SIZE}
    meaning = f"More than {listing.LARGEST_PAGE_SIZE:,} counts as {listing.LARGEST_PAGE_SIZE:,}."
    return [
        _make_parameter("geoDecay", _TEXT, "How relevance falls with the distance from filter.geo."),
        _make_list("sort", "At most two of: a date, number or age with :asc or :desc, and @relevance."),
        _make_flag("countTotal"),
        _make_parameter("pageSize", size, meaning),
        _make_parameter("pageToken", _TEXT, "nextPageToken of the page before."),
    ]


def _make_schemas() -> dict[str, dict[str, Any]]:
    schemas = {
        "Study": _make_object(
            {piece.keys[-1]: _make_schema(piece) for piece in _list_children("")}, "A record."
        ),
        "GeoPoint": _make_object({"lat": {"type": "number"}, "lon": {"type": "number"}}),
        "PagedStudies": _make_object(
            {
                "studies": _list_of(_refer("Study")),
                "nextPageToken": _TEXT,
                "totalCount": _COUNT,
                # Of a page without a study: places that no site is in, with those that may be meant.
                "didYouMean": {"type": "object", "additionalProperties": _list_of(_TEXT)},
            },
            required=("studies",),
        ),
        "FieldNode": _make_object(
            {
                **dict.fromkeys(("name", "piece", "title", "sourceType", "type", "rules"), _TEXT),
                **{key: {"type": "boolean"} for key in ("nested", "isEnum", "synonyms", "indexedOnly")},
                "altPieceNames": _list_of(_TEXT),
                "dedLink": _make_object({"label": _TEXT, "url": _TEXT}),
                "children": _list_of(_refer("FieldNode")),
            },
            required=("name", "piece", "sourceType", "type"),
        ),
        "EnumInfo": _make_object(
            {
                "type": _TEXT,
                "pieces": _list_of(_TEXT),
                "values": _list_of(_make_object({"value": _TEXT, "legacyValue": _TEXT})),
            },
            required=("type", "pieces", "values"),
        ),
        "Version": _make_object({"apiVersion": _TEXT, "dataTimestamp": _TEXT}, required=("apiVersion",)),
    } | _make_statistics()
    for piece in get_pieces().values():
        if piece.kind == "struct" and not piece.search_only:
            inside = {child.keys[-1]: _make_schema(child) for child in _list_children(piece.path)}
            schemas[_name(piece)] = _make_object(inside)
    return schemas


def _make_statistics() -> dict[str, dict[str, Any]]:
    named = {"piece": _TEXT, "field": _TEXT}
    top = _list_of(_make_object({"value": _TEXT, "studiesCount": _COUNT}))
    counts = dict.fromkeys(("missingStudiesCount", "uniqueValuesCount", "trueCount", "falseCount"), _COUNT)
    longest = _make_object({"length": _COUNT, "nctId": _TEXT, "value": _TEXT})
    bounds: dict[str, Any] = {"min": {}, "max": {}, "avg": {"type": "number"}, "formats": _list_of(_TEXT)}
    return {
        "FieldStatistics": _make_object(
            {"type": {**_TEXT, "enum": list(TYPES)}, **named, **counts, "topValues": top, "longest": longest}
            | bounds,
            required=("type", "piece", "field", "missingStudiesCount"),
        ),
        "ListStatistics": _make_object(
            {
                **named,
                **dict.fromkeys(("uniqueSizesCount", "minSize", "maxSize"), _COUNT),
                "topSizes": _list_of(_make_object({"size": _COUNT, "studiesCount": _COUNT})),
            },
            required=("piece", "field", "uniqueSizesCount"),
        ),
        "SizeStatistics": _make_object(
            {
                "averageSizeBytes": _COUNT,
                "totalStudies": _COUNT,
                "largestStudies": _list_of(_make_object({"id": _TEXT, "sizeBytes": _COUNT})),
                "percentiles": {"type": "object", "additionalProperties": _COUNT},
                "ranges": _list_of(_make_object({"sizeRange": _TEXT, "studiesCount": _COUNT})),
            }
        ),
    }


def _make_object(
    properties: dict[str, Any], meaning: str = "", *, required: tuple[str, ...] = ()
) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "object", "properties": properties}
    if meaning:
        made["description"] = meaning
    if required:
        made["required"] = list(required)
    return made


def _list_children(path: str) -> list[Piece]:
    pieces = get_pieces().values()
    return [each for each in pieces if each.path.rpartition(".")[0] == path and not each.search_only]


def _make_schema(piece: Piece) -> dict[str, Any]:
    base = piece.type.removesuffix("[]")
    if piece.kind == "struct":
        schema = _refer(_name(piece))
    elif piece.kind == "number":
        schema = {"type": "integer" if base in _WHOLE else "number"}
    else:
        schema = _SCALARS[piece.kind]
    if piece.enum:
        values = ", ".join(value.value for value in get_enums()[piece.enum])
        schema = {**_TEXT, "description": f"One of {values}; older records may have others."}
    return _list_of(schema) if piece.type.endswith("[]") else schema


def _name(piece: Piece) -> str:
    """What a structure is called: by its piece, whose names are all different."""
    return piece.name[0].upper() + piece.name[1:] if piece.name != "Study" else "StudyPiece"
