"""The templates, compiled once; autoescape is always on and an unknown name is an error."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from trialbook.model import PartialDate
from trialbook.model.sentences import count_of, write_day
from trialbook.pages.labels import phase_words, status_tone, status_words

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def get_environment() -> Environment:
    """The environment that every page is rendered with."""
    # Most commands render no page.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("trialbook.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals.update(style_version=_style_version(), count_of=count_of)
    environment.filters.update(
        day=_day, status_tone=status_tone, status_words=status_words, phase_words=phase_words
    )
    return environment


def render(template: str, **values: Any) -> str:
    """Render a template of `web/templates`."""
    return get_environment().get_template(template).render(**values)


def _day(value: str | None) -> str:
    return write_day(PartialDate(value)) if value else ""


def _style_version() -> str:
    static = files("trialbook.pages") / "static"
    parts = (static.joinpath(name).read_bytes() for name in ("style.css", "page.js"))
    return hashlib.sha256(b"".join(parts)).hexdigest()[:12]
