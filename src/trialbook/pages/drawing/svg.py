"""How is a drawing written as SVG? Elements with quoted attributes and texts, and texts cut into lines that fit."""

from __future__ import annotations

import textwrap
import unicodedata
from functools import cache, lru_cache

from markupsafe import Markup

from trialbook.record.links import is_own_address
from trialbook.record.markup import quote_text

LETTER = 7.4
LINE = 18.0
# Longer texts are broken anew each time.
LONGEST_KEPT = 300


def element(name: str, /, *inside: str, **attributes: str | float) -> str:
    """An element; `inside` is SVG that was written before. `_` at an attribute's end is left out (`class_`).

    >>> element("rect", x=1.0, width=2.5, class_='a"b')
    '<rect x="1" width="2.5" class="a&#34;b"></rect>'
    """
    return f"<{name}{_write_all(attributes)}>{''.join(inside)}</{name}>"


def text_element(name: str, text: str, /, **attributes: str | float) -> str:
    """An element that holds a text."""
    return f"<{name}{_write_all(attributes)}>{quote_text(text)}</{name}>"


def link(url: str, *inside: str, **attributes: str | float) -> str:
    """A link to a page of our own; where the address is none, what stands inside it."""
    if not is_own_address(url):
        return element("g", *inside, **attributes)
    return element("a", *inside, href=url, **attributes)


def drawing(
    name: str, *inside: str, width: float, height: float, title: str, meaning: str, class_: str = "drawing"
) -> Markup:
    """A whole drawing with its title and what it means, for those who do not see it.

    Parameters
    ----------
    name
        Begins the ids on the page: letters and hyphens.
    width, height
        In units of the drawing; on a page it takes what room there is.
    """
    svg = element(
        "svg",
        text_element("title", title, id=f"{name}-title"),
        text_element("desc", meaning, id=f"{name}-desc"),
        *inside,
        class_=class_,
        viewBox=f"0 0 {write_length(width)} {write_length(height)}",
        role="group",
        aria_labelledby=f"{name}-title",
        aria_describedby=f"{name}-desc",
    )
    return Markup(svg)  # noqa: S704 - each part is quoted where it is written


def cut_lines(text: str, width: float, *, most: int) -> list[str]:
    """A text in at most so many lines of a width in units; what does not fit ends in "…".

    >>> cut_lines("Cells for the heart and the vessels", 100, most=2)
    ['Cells for the', 'heart and…']
    """
    letters = max(4, int(width / LETTER))
    if len(text) <= letters and text.isascii() and text.isprintable():
        return [" ".join(text.split())]
    return (
        list(_cut(text, letters, most))
        if len(text) <= LONGEST_KEPT
        else list(_cut.__wrapped__(text, letters, most))
    )


@lru_cache(maxsize=2048)
def _cut(text: str, letters: int, most: int) -> tuple[str, ...]:
    """Lines of a text; a page says the same names many times."""
    clean = " ".join(
        "".join(char for char in text if unicodedata.category(char)[0] != "C" or char == " ").split()
    )
    if not clean.isascii() and any(unicodedata.east_asian_width(char) in "WF" for char in clean):
        letters //= 2
    lines = textwrap.wrap(clean, letters, max_lines=most, placeholder="…")
    return tuple(lines) or ("",)


def _write_all(attributes: dict[str, str | float]) -> str:
    """Attributes as they stand in a tag. A page has thousands: numbers, which need no quoting, go straight."""
    return "".join(
        [
            f' {_name(key)}="{quote_text(value) if isinstance(value, str) else write_length(value)}"'
            for key, value in attributes.items()
        ]
    )


@cache
def _name(key: str) -> str:
    """An attribute's name as SVG has it, of one that Python can write."""
    return key.removesuffix("_").replace("_", "-")


def write_length(value: float) -> str:
    """A length or a place in units of the drawing.

    >>> write_length(12.0), write_length(0.26)
    ('12', '0.3')
    """
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text
