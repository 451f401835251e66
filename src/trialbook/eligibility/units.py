"""Which unit is meant, and how do two units of one kind convert?"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

TABLE = "units.tsv"
TIME_UNITS = frozenset(["s", "ms", "min", "h", "d", "wk", "mo", "a"])
# "10^9", "10e9", "10⁹" and, where the exponent lost its place, "109" all stand for the table's "10*9".
POWER = re.compile(
    r"[x×*·✕]?\s*10\s*(?:\^|\*\*|\*|[eE]|\s)?\s*\(?(?P<sup>[⁰¹²³⁴⁵⁶⁷⁸⁹]+|\d{1,2})\)?(?=\s*(?:/|cells|per|$|[ \])]|[,;.](?!\d)))"
)
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
LONGEST = 60
# Between two letters a blank counts, elsewhere it does not: "ml / min", "1.73 m2".
BLANKS = re.compile(r"(?<![^\W\d_])\s+|\s+(?![^\W\d_])")


class Unit(NamedTuple):
    """A unit in UCUM, what it measures, and its factor to the unit of that dimension."""

    ucum: str
    dimension: str
    factor: float


class _Forms(NamedTuple):
    units: dict[str, Unit]
    by_form: dict[str, Unit]
    # By the first letter, how long forms are, the longest first.
    sizes: dict[str, tuple[int, ...]]


@cache
def _load() -> _Forms:
    units: dict[str, Unit] = {}
    by_form: dict[str, Unit] = {}
    for line in files(__package__).joinpath(TABLE).read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        ucum, dimension, factor, forms = line.split("\t")
        unit = units.setdefault(ucum, Unit(ucum, dimension, float(factor)))
        for form in forms.split("|"):
            by_form[BLANKS.sub("", form.lower())] = unit
    sizes: dict[str, set[int]] = {}
    for form in by_form:
        sizes.setdefault(form[0], set()).add(len(form))
    return _Forms(units, by_form, {one: tuple(sorted(each, reverse=True)) for one, each in sizes.items()})


def find_unit(text: str, at: int) -> tuple[Unit, int] | None:
    """The unit that is written at a place after any blanks, and where it ends; None where there is none.

    Examples
    --------
    >>> find_unit("5 x 10^9/L", 1)[0].ucum, find_unit("8.5%", 3)[0].ucum, find_unit("18 patients", 2)
    ('10*9/L', '%', None)
    """
    start = at
    while start < len(text) and start < at + 3 and text[start] in " \t -":
        start += 1
    window = text[start : start + LONGEST]
    power = POWER.match(window)
    if power and (window[0] in "x×*·✕" or not power["sup"].isdigit() or "^" in power[0]):
        head = f"10*{power['sup'].translate(SUPERSCRIPTS)}"
        found = _longest(head + window[power.end() :])
        if found:
            return found[0], start + power.end() + found[1] - len(head)
    found = _longest(window)
    return (found[0], start + found[1]) if found else None


def _longest(window: str) -> tuple[Unit, int] | None:
    """The longest form that a text begins with, and how many characters of it it takes."""
    forms = _load()
    low = window.lower()
    sizes = forms.sizes.get(low[:1])
    if sizes is None:
        return None
    squeezed: list[str] = []
    places = []
    for place, letter in enumerate(low):
        if len(squeezed) == sizes[0]:
            break
        if letter.isspace() and BLANKS.match(low, place):
            continue
        squeezed.append(letter)
        places.append(place)
    plain = "".join(squeezed)
    for size in sizes:
        unit = forms.by_form.get(plain[:size])
        if unit is None or size > len(plain):
            continue
        end = places[size - 1] + 1
        after = window[end : end + 1]
        if not (after.isalnum() and (plain[size - 1].isalnum() or after.isdigit())) and after != "%":
            return unit, end
    return None


def get_unit(ucum: str) -> Unit | None:
    """The unit of the table with a UCUM code; None where the table has none."""
    return _load().units.get(ucum)


def list_units() -> tuple[str, ...]:
    """The UCUM codes of all units, in the order of the table."""
    return tuple(_load().units)


def convert(value: float, given: str, wanted: str, *, molar_mass: float | None = None) -> float | None:
    """A value in another unit; None where the two do not measure the same.

    Parameters
    ----------
    given, wanted
        UCUM codes of the table. Years and months are those of the Julian calendar (365.25 days): for time
        that has passed between dates use the calendar instead.
    molar_mass
        In g/mol: with it, a mass concentration and an amount concentration convert.

    Examples
    --------
    >>> round(convert(150, "10*9/L", "/uL")), round(convert(1.5, "mg/dL", "umol/L", molar_mass=113.12), 1)
    (150000, 132.6)
    """
    source, target = get_unit(given), get_unit(wanted)
    if given == wanted:
        return value
    if source is None or target is None:
        return None
    if {given, wanted} == {"Cel", "[degF]"}:
        return value * 9 / 5 + 32 if given == "Cel" else (value - 32) * 5 / 9
    if source.dimension == target.dimension:
        return value * source.factor / target.factor
    if molar_mass and (source.dimension, target.dimension) == ("mass concentration", "amount concentration"):
        return value * source.factor / molar_mass / target.factor
    if molar_mass and (source.dimension, target.dimension) == ("amount concentration", "mass concentration"):
        return value * source.factor * molar_mass / target.factor
    return None
