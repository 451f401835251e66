"""What does an everyday filter take? Its kinds of values, each read and checked in one place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Literal, TypeAlias

import msgspec

from trialbook.errors import QueryError
from trialbook.model import PartialDate
from trialbook.record.pieces import find_enum_value, find_piece, get_enums
from trialbook.search.engine.gazetteer import LONGEST_PLACE
from trialbook.search.language.bounds import MAX_RADIUS, find_radius

LEAST_YEARS, MOST_YEARS = 0, 150
YEAR_DIGITS = 4
# So many characters may tell of a person in a filter; notes are longer.
LONGEST_TOLD = 1_000

# Among the values of a list: studies whose record has none.
NOT_STATED = "NOT_STATED"

Kind: TypeAlias = Literal[
    "choices", "texts", "years", "age", "first_day", "last_day", "yes_no", "place", "radius", "person"
]
Value: TypeAlias = tuple[str, ...] | float | str | bool


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """An everyday filter, as every door offers it.

    Attributes
    ----------
    name
        What Python, our own API and agents call it.
    kind
        What its values are: `choices` of an enumeration, whole `texts` or calendar `years` of a date (of these
        several, any of which may hold, and `NOT_STATED`), an `age` in years, the `first_day` or the `last_day`
        of a span, `yes_no`, a `place` by its name, a `radius` around it, or what is told of a `person`.
    piece
        What it asks of a record. An age asks MinimumAge and MaximumAge; the days of one piece make one span.
    label, hint
        What the search page calls it, and a few words beside its field.
    meaning, example
        A sentence for help texts and schemas, and one value.
    short
        What the command line and the search page's addresses call it, where that is not its name.
    facet
        The piece by whose values studies are counted for it; "" for none.
    counted_apart
        As `facet`, counted on a page of its own alone: that takes more than an answer may wait for.
    answers
        What the search page calls yes and no.
    order
        The values that stand first where they are listed, in the order in which people look for them.
    is_plain
        Whether a value says by itself what it is: "Phase 3", "Recruiting".
    """

    name: str
    kind: Kind
    piece: str
    label: str
    meaning: str
    example: str
    short: str = ""
    hint: str = ""
    facet: str = ""
    counted_apart: str = ""
    answers: tuple[str, str] = ("Yes", "No")
    order: tuple[str, ...] = ()
    is_plain: bool = False

    @property
    def takes_several(self) -> bool:
        """Whether its value is a list."""
        return self.kind in ("choices", "texts", "years")

    @property
    def choices(self) -> tuple[str, ...]:
        """The values that it takes; () where it is not chosen from a list."""
        values = tuple(value.value for value in get_enums()[self.enum]) if self.enum else ()
        return (*values, NOT_STATED) if values else ()

    @property
    def enum(self) -> str:
        """The enumeration that its values are of; "" where it is not chosen from a list."""
        piece = find_piece(self.piece)
        return piece.enum if piece and self.kind == "choices" else ""

    @property
    def field(self) -> str:
        """The field of the search page's form."""
        return self.short or self.name

    @property
    def option(self) -> str:
        """The option of the command line, as click writes it."""
        name = self.field.replace("_", "-")
        return f"--{name}/--no-{name}" if self.kind == "yes_no" else f"--{name}"


def read_value(asked: Filter, given: object, *, called: str = "") -> Value | None:
    """The value of a filter, checked; None where nothing is given: None, "" or an empty list.

    Parameters
    ----------
    asked
        The filter.
    given
        Of choices and texts one or several; an age as a number or as text; a day as a date or as text; yes
        and no as True and False or as "true" and "false".
    called
        What the filter is called where it was given; its name unless told.

    Raises
    ------
    QueryError
        The value is not what the filter takes: says which filter, what was found and what would be right.

    Examples
    --------
    >>> about = {"label": "", "meaning": "", "example": ""}
    >>> phase = Filter(name="phase", kind="choices", piece="Phase", **about)
    >>> read_value(phase, ["Phase 2", "PHASE3"]), read_value(phase, "")
    (('PHASE2', 'PHASE3'), None)
    """
    name = called or asked.name
    if given is None or (isinstance(given, str) and not given.strip()):
        return None
    if asked.takes_several:
        return _read_several(asked, given, name) or None
    if asked.kind == "age":
        return _read_age(given, name)
    if asked.kind == "yes_no":
        return _read_yes_or_no(given, name)
    if asked.kind == "place":
        return _read_place(given, name)
    if asked.kind == "radius":
        return _read_radius(given, name)
    if asked.kind == "person":
        return _read_told(given, name)
    return _read_day(given, name)


def _read_several(asked: Filter, given: object, name: str) -> tuple[str, ...]:
    texts = []
    for item in [given] if isinstance(given, str) or not isinstance(given, Iterable) else given:
        if not isinstance(item, str):
            raise QueryError(f"{name} holds no text: {_show(item)}", hint=f"for example {asked.example!r}")
        if item.encode(errors="replace").decode() != item:
            raise QueryError(f"{name} holds half of a character (a lone surrogate)")
        texts += [item.strip()] if item.strip() else []
    if asked.enum:
        texts = [_read_choice(asked, text, name) for text in texts]
    if asked.kind == "years":
        texts = [_read_year(text, name) for text in texts]
    return tuple(dict.fromkeys(texts))


def _read_year(text: str, name: str) -> str:
    is_year = len(text) == YEAR_DIGITS and text.isascii() and text.isdigit()
    if text != NOT_STATED and not (is_year and PartialDate(text).earliest):
        raise QueryError(f"{name} is no year: {_show(text)}", hint="write a year as 2021")
    return text


def _read_choice(asked: Filter, text: str, name: str) -> str:
    if text == NOT_STATED:
        return text
    found = find_enum_value(asked.enum, text)
    if found is None:
        raise QueryError(
            f"Invalid value in parameter `{name}`: `{text[:40]}`", hint=f"one of {', '.join(asked.choices)}"
        )
    return found


def _read_age(given: object, name: str) -> float:
    age = -1.0
    if isinstance(given, int | float | str) and not isinstance(given, bool):
        try:
            age = float(given)
        except (ValueError, OverflowError):
            age = -1.0
    if not LEAST_YEARS <= age <= MOST_YEARS:
        raise QueryError(f"{name} is no number of years from {LEAST_YEARS} to {MOST_YEARS}: {_show(given)}")
    return age


def _read_day(given: object, name: str) -> str:
    text = given.isoformat()[:10] if isinstance(given, date) else given
    if not isinstance(text, str) or PartialDate(text.strip()).earliest is None:
        raise QueryError(
            f"{name} is no date: {_show(given)}", hint="write a date as 2021-08-16, 2021-08 or 2021"
        )
    return text.strip()


def _read_yes_or_no(given: object, name: str) -> bool:
    if isinstance(given, bool):
        return given
    if not isinstance(given, str) or given.strip().lower() not in ("true", "false"):
        raise QueryError(f"{name} is neither true nor false: {_show(given)}")
    return given.strip().lower() == "true"


def _read_place(given: object, name: str) -> str:
    """A place's name, of which only the search can say where it is."""
    if not isinstance(given, str):
        raise QueryError(f"{name} is no name of a place: {_show(given)}", hint="for example 'Miami'")
    return _read_line(given, name, LONGEST_PLACE, hint="for example 'Miami'")


def _read_told(given: object, name: str) -> str:
    """What is told of a person, which only the search can understand."""
    if not isinstance(given, str):
        raise QueryError(f"{name} is no text: {_show(given)}", hint="for example 'HbA1c 8.2 %, prior stroke'")
    return _read_line(given, name, LONGEST_TOLD, hint="tell one thing or two")


def _read_line(given: str, name: str, most: int, *, hint: str) -> str:
    """A text of at most so many characters, its whitespace made single spaces."""
    if given.encode(errors="replace").decode() != given:
        raise QueryError(f"{name} holds half of a character (a lone surrogate)")
    text = " ".join(given.split())
    if len(text) > most:
        raise QueryError(f"{name} has more than {most:,} characters", hint=hint)
    return text


def _read_radius(given: object, name: str) -> str:
    """A distance in kilometres or miles, kilometres where it has no unit, as the query language writes it."""
    text = "".join(given.split()).lower() if isinstance(given, str) else f"{given}"
    if isinstance(given, int | float | str) and not isinstance(given, bool):
        text = re.sub(r"(?:miles?)$", "mi", re.sub(r"(?:kilomet(?:re|er)s?|kms)$", "km", text))
        found = find_radius(text if text.endswith(("km", "mi")) else text + "km")
        if found and 1 <= found[1] <= MAX_RADIUS[found[2]]:
            return found[0]
    most = " or ".join(f"{value:g} {unit}" for unit, value in sorted(MAX_RADIUS.items()))
    raise QueryError(
        f"{name} is no distance from 1 up to {most}: {_show(given)}",
        hint="write 50km or 30mi; without a unit it is km",
    )


def _show(given: object) -> str:
    return repr(str(given)[:40])
