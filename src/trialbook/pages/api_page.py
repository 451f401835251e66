"""Our own API for a reader, and the page of saved searches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, quote

import msgspec

from trialbook.pages.environment import render


class SavedView(msgspec.Struct, frozen=True, kw_only=True):
    """A saved search as its page shows it; `query` as the parameters of an address,
    `site_url` the page of what it finds."""

    name: str
    query: str
    saved_at: str
    search_url: str
    atom_url: str
    json_feed_url: str
    site_url: str

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """The parameters, one by one."""
        return tuple(parse_qsl(self.query))


def render_api_page(document: dict[str, Any]) -> str:
    """Render an OpenAPI document as a page without scripts.

    Each of its paths has one way to be asked, a GET with a query string in `x-example`, or a POST.
    """
    base = document["servers"][0]["url"]
    endpoints = [
        {"path": path, "method": method.upper(), "example": _make_example(base, path, operation), **operation}
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]
    return render("api.html", base=base, endpoints=endpoints, describe=describe_schema, query="")


def _make_example(base: str, path: str, operation: dict[str, Any]) -> str:
    """An address that can be opened."""
    for parameter in operation["parameters"]:
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", quote(parameter["example"]))
    return base + path + (f"?{operation['x-example']}" if operation["x-example"] else "")


def describe_schema(schema: dict[str, Any]) -> str:
    """The form of a parameter's values in words.

    >>> describe_schema({"type": "integer", "minimum": 1, "maximum": 5, "default": 2})
    '1 to 5; 2 unless told'
    >>> describe_schema({"type": "string"}), describe_schema({"type": "string", "pattern": "^[0-9]{4}$"})
    ('text', 'a date')
    >>> describe_schema({"type": "boolean"})
    'true or false'
    """
    default = f"; {schema['default']} unless told" if "default" in schema else ""
    if "enum" in schema:
        return ", ".join(schema["enum"]) + default
    if schema["type"] == "boolean":
        return "true or false"
    if schema["type"] in ("integer", "number"):
        return f"{schema['minimum']} to {schema['maximum']}{default}"
    return "a date" if "pattern" in schema else "text"


def render_saved_page(saved: Sequence[SavedView], *, refusal: str = "") -> str:
    """Render the saved searches with their feeds; `refusal` says why they cannot be changed here."""
    return render("saved.html", saved=saved, refusal=refusal, query="")
