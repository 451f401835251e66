"""How do programs learn of our own API? Its OpenAPI document, made from the table of addresses."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from trialbook.settings import VERSION
from trialbook.web.own_api.endpoints import BASE, ENDPOINTS, Endpoint
from trialbook.web.own_api.parameters import Parameter

_REF = "#/components/schemas/{name}"
_REFUSALS = {
    "400": "The request makes no sense; the text says why.",
    "403": "It was sent by a page of another site.",
    "404": "There is no such study, version, saved search or address.",
    "408": "What was sent did not come in.",
    "413": "What was sent is too long.",
    "415": "What was sent is no JSON.",
    "501": "Parquet is asked for and its library is not installed.",
    "503": "The library cannot be read for now.",
}
# Answers to what is sent by POST alone.
_OF_SENT = ("403", "408", "413", "415")


@cache
def make_document() -> dict[str, Any]:
    """The OpenAPI document (3.1), as JSON values."""
    types = [
        kind
        for endpoint in ENDPOINTS
        for kind in (*endpoint.answers.values(), endpoint.takes)
        if kind is not None
    ]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    by_type = dict(zip(map(str, types), schemas, strict=True))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Trialbook",
            "version": VERSION,
            "summary": "What a library of registry records can tell beyond the registry's own API.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": BASE}],
        "paths": {
            endpoint.path: {endpoint.method.lower(): _describe(endpoint, by_type)} for endpoint in ENDPOINTS
        },
        "components": {"schemas": components},
    }


@cache
def write_document() -> bytes:
    """The same as bytes."""
    return msgspec.json.encode(make_document())


def _describe(endpoint: Endpoint, by_type: dict[str, Any]) -> dict[str, Any]:
    content = {
        media_type.partition(";")[0]: {} if kind is None else {"schema": by_type[str(kind)]}
        for media_type, kind in endpoint.answers.items()
    }
    refusals = {
        status: {"description": text, "content": {"text/plain": {"schema": {"type": "string"}}}}
        for status, text in _REFUSALS.items()
        if (status != "501" or endpoint.operation in ("export", "list_export"))
        and (status not in _OF_SENT or endpoint.takes)
    }
    sent = (
        {
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": by_type[str(endpoint.takes)]}},
            }
        }
        if endpoint.takes
        else {}
    )
    return {
        "operationId": endpoint.operation,
        **sent,
        "summary": endpoint.summary,
        "description": endpoint.meaning,
        "parameters": [_describe_parameter(each) for each in endpoint.parameters],
        "x-example": endpoint.example,
        "responses": {"200": {"description": "The answer.", "content": content}, **refusals},
    }


def _describe_parameter(parameter: Parameter) -> dict[str, Any]:
    described = {
        "name": parameter.name,
        "in": "path" if parameter.is_in_path else "query",
        "required": parameter.is_in_path,
        "description": parameter.meaning,
        "schema": dict(parameter.schema),
    }
    return {**described, "example": parameter.example} if parameter.example else described
