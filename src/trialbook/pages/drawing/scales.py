"""Where does a number stand on an axis? Linear and logarithmic scales with round ticks, and numbers from texts."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

import msgspec

NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:[eE][+-]?\d{1,2})?")
LARGEST = 1e15
TICKS = 5
LOG_STEPS = ((1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0), (1.0, 2.0, 5.0), (1.0,))


class Scale(msgspec.Struct, frozen=True):
    """An axis from `low` to `high`, with the numbers at its ticks."""

    low: float
    high: float
    ticks: tuple[float, ...]
    is_log: bool = False

    def place(self, value: float, start: float, width: float) -> float:
        """Where a value stands on an axis that begins at `start`; what lies outside stands at its end."""
        low, high, at = self.low, self.high, min(max(value, self.low), self.high)
        if self.is_log:
            low, high, at = math.log(low), math.log(high), math.log(at)
        return start + width * (at - low) / (high - low)


def read_number(text: str | None) -> float | None:
    """The number that a text is, or None: "NA", "<0.1", "1 to 2" are none.

    >>> read_number("1,234.5"), read_number("-.5"), read_number("<0.1"), read_number("1e99"), read_number(".")
    (1234.5, -0.5, None, None, None)
    """
    if not text or len(text) > 40 or not NUMBER.fullmatch(clean := text.strip().replace("\u2212", "-")):
        return None
    try:
        number = float(clean.replace(",", ""))
    except ValueError:
        return None
    return number if abs(number) <= LARGEST else None


def make_linear_scale(values: Iterable[float], *, ticks: int = TICKS) -> Scale:
    """A scale over all values that begins and ends at a round number.

    >>> make_linear_scale([0.3, 9.2]).ticks
    (0.0, 2.0, 4.0, 6.0, 8.0, 10.0)
    """
    held = list(values) or [0.0]
    low, high = min(held), max(held)
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-12):
        room = abs(low) / 2 or 1.0
        low, high = low - room, high + room
    step = _round_up((high - low) / ticks)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    places = tuple(round(number * step, 12) for number in range(first, last + 1))
    return Scale(places[0], places[-1], places)


def make_log_scale(values: Iterable[float], *, ticks: int = TICKS) -> Scale:
    """A logarithmic scale over positive values.

    >>> make_log_scale([0.6, 1.3]).ticks
    (0.6, 0.7, 0.8, 0.9, 1.0, 1.5)
    >>> make_log_scale([0.004, 30.0]).ticks
    (0.001, 0.01, 0.1, 1.0, 10.0, 100.0)
    """
    held = [value for value in values if value > 0] or [1.0]
    low, high = max(min(held), 1e-12), max(held)
    for steps in LOG_STEPS:
        first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
        all_ticks = [float(f"{step}e{power}") for power in range(first - 1, last + 1) for step in steps]
        begin = max((tick for tick in all_ticks if tick <= low * (1 + 1e-9)), default=all_ticks[0])
        end = min((tick for tick in all_ticks if tick >= high * (1 - 1e-9)), default=all_ticks[-1])
        if begin == end:
            begin, end = begin / 2, end * 2
        chosen = [tick for tick in all_ticks if begin <= tick <= end]
        if len(chosen) <= ticks + 2:
            break
    every = max(1, math.ceil(len(chosen) / (ticks + 2)))
    kept = tuple(tick for number, tick in enumerate(chosen) if number % every == 0)
    return Scale(begin, end, kept, is_log=True)


def write_tick(value: float) -> str:
    """A number at an axis.

    >>> write_tick(-0.5), write_tick(12000.0), write_tick(0.001), write_tick(3e9)
    ('−0.5', '12,000', '0.001', '3e+09')
    """
    text = f"{value:,.10g}" if 1e-4 <= abs(value) < 1e7 or not value else f"{value:.3g}"
    return text.replace("-", "\u2212", 1) if text.startswith("-") else text


def _round_up(step: float) -> float:
    power = 10.0 ** math.floor(math.log10(step))
    return next(power * mark for mark in (1, 2, 2.5, 5, 10) if power * mark >= step * (1 - 1e-9))
