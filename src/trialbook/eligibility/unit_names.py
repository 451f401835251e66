"""How is a unit written for people? UCUM's codes as laboratories and clinicians write them."""

from __future__ import annotations

_TIMES = {"a": "year", "mo": "month", "wk": "week", "d": "day", "h": "hour", "min": "minute", "s": "second"}
# A score and a number without a unit have none that people write.
_UNSAID = frozenset(("1", "{score}"))
_SIGNS = (
    ("{1.73_m2}", "1.73 m²"),
    ("10*", "10^"),
    ("u[iU]", "µIU"),
    ("m[iU]", "mIU"),
    ("[iU]", "IU"),
    ("Cel", "°C"),
    ("[degF]", "°F"),
    ("[in_i]", "in"),
    ("[ft_i]", "ft"),
    ("[lb_av]", "lb"),
    ("mm[Hg]", "mmHg"),
    ("ug", "µg"),
    ("umol", "µmol"),
)
_PLAIN = str.maketrans("_", " ", "{}[]")


def write_unit(unit: str, number: float | None = None) -> str:
    """A unit as people write it; of a time the word, "year" where the number is 1.

    >>> write_unit("a", 18), write_unit("mL/min/{1.73_m2}"), write_unit("10*9/L"), write_unit("mo", 1)
    ('years', 'mL/min/1.73 m²', '10^9/L', 'month')
    """
    if unit in _UNSAID:
        return ""
    if unit in _TIMES:
        return _TIMES[unit] if number == 1 else f"{_TIMES[unit]}s"
    for code, sign in _SIGNS:
        unit = unit.replace(code, sign)
    unit = unit.replace("m2", "m²").replace("pack}.a", "pack} years").replace("wood'U", "Wood unit")
    return unit.translate(_PLAIN)
