"""Does an answer have the form that the registry's own OpenAPI document gives it? The part of JSON Schema it uses."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


@cache
def read_document(path: Path) -> dict[str, Any]:
    """The registry's document."""
    document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document


def find_faults(document: dict[str, Any], schema: dict[str, Any], value: Any, at: str = "$") -> Iterator[str]:
    """Where and how a value departs from a schema."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        yield from find_faults(document, schema, value, at)
        return
    if "oneOf" in schema or "anyOf" in schema:
        choices = schema.get("oneOf") or schema["anyOf"]
        if all(any(find_faults(document, choice, value, at)) for choice in choices):
            yield f"{at}: none of the alternatives"
        return
    kind = schema.get("type")
    if kind and not (isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))):
        yield f"{at}: {value!r:.60} is no {kind}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: {value!r:.60} is not allowed"
    if kind == "array" and "items" in schema:
        for number, item in enumerate(value):
            yield from find_faults(document, schema["items"], item, f"{at}[{number}]")
    if kind == "object":
        yield from _find_object_faults(document, schema, value, at)


def _find_object_faults(
    document: dict[str, Any], schema: dict[str, Any], value: dict[str, Any], at: str
) -> Iterator[str]:
    known = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{at}: {name} is missing"
    for name, item in value.items():
        if name in known:
            yield from find_faults(document, known[name], item, f"{at}.{name}")
        elif schema.get("additionalProperties") is False:
            yield f"{at}: {name} is not known"
