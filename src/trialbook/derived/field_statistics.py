"""Which values does each field have over a whole library, how many, how long are its lists?

One pass over the records in bounded memory. What is counted exactly and what is estimated:

exact      totals, missing counts, sizes of records and lists, minimum, maximum and average, true and
           false, values of enumerations, the longest text; the values of a text field with at most
           `TRACKED` different ones
estimated  for a text field with more: the number of different values (a sketch, standard error 1.6 %)
           and the counts of the most frequent ones (never too high; a value may be undercounted by what
           was forgotten of it while it was rare)
"""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
from array import array
from collections import Counter
from collections.abc import Callable
from hashlib import blake2b
from heapq import nlargest, nsmallest
from typing import Any

import msgspec

from trialbook.record.pieces import Piece, get_pieces
from trialbook.record.walk import find_present_country
from trialbook.search.index.document import collect_values

# Bump whenever the same records would give other statistics: libraries then compute theirs anew.
STATISTICS_VERSION = 3
TRACKED = 5_000
SKETCHED = 4_096
LONGEST_TOP_VALUE = 500
TOP_VALUES = 250
LARGEST_STUDIES = 10
PERCENTS = (1, 5, 10, 25, 50, 75, 90, 95, 99)
KB_BOUNDS = (2, 5, 10, 20, 50, 100, 200, 500, 1_000)
LARGEST_NUMBER = 1 << 63
DATE_FORMATS = {4: "yyyy", 7: "yyyy-MM", 10: "yyyy-MM-dd", 16: "yyyy-MM-dd'T'HH:mm"}
_TYPES = {"text": "STRING", "age": "STRING", "enum": "ENUM", "boolean": "BOOLEAN", "date": "DATE"}


class SizeStatistics(msgspec.Struct, frozen=True, rename="camel"):
    """How large the records are, in bytes of JSON; `percentiles` by percent, `ranges` as (from-to, studies)."""

    average_size_bytes: int
    largest_studies: tuple[tuple[str, int], ...]
    percentiles: dict[str, int]
    ranges: tuple[tuple[str, int], ...]
    total_studies: int


class Statistics(msgspec.Struct, frozen=True):
    """All statistics of a library, as the registry's API gives them.

    Attributes
    ----------
    library_id, seq
        The library and the number of its last change that is counted in.
    mark
        The store's mark of the way to that change.
    values
        By piece name, in the order of the record: what `/stats/field/values` answers.
    lists
        By piece name: what `/stats/field/sizes` answers.
    """

    library_id: str
    seq: int
    sizes: SizeStatistics
    values: dict[str, dict[str, Any]]
    lists: dict[str, dict[str, Any]]
    version: int = STATISTICS_VERSION
    mark: str = ""


def find_statistics_type(piece: Piece) -> str | None:
    """ENUM, STRING, DATE, INTEGER, NUMBER or BOOLEAN; None for structures and points."""
    if piece.kind == "number":
        return "NUMBER" if piece.type.removesuffix("[]") == "number" else "INTEGER"
    return _TYPES.get(piece.kind)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


class StatisticsBuilder:
    """Takes records one by one and says in the end how their values are spread."""

    def __init__(self) -> None:
        self._pieces = get_pieces()
        self._tallies = {name: _make_tally(piece) for name, piece in self._pieces.items()}
        self._lists = {
            name: Counter[int]() for name, piece in self._pieces.items() if piece.type.endswith("[]")
        }
        self._sizes = array("Q")
        self._largest: list[tuple[int, str]] = []

    def add(self, nct_id: str, record: dict[str, Any], size_bytes: int) -> None:
        """Count one record in."""
        values, lengths = collect_values(record)
        if countries := values.get("LocationCountry"):
            values["LocationCountry"] = dict.fromkeys(map(find_present_country, filter(_is_text, countries)))
        for name, found in values.items():
            tally = self._tallies[name]
            if tally is not None and found:
                tally.studies += 1
                tally.add(nct_id, found)
        for name, length in lengths.items():
            if name in self._lists:
                self._lists[name][length] += 1
        self._sizes.append(size_bytes)
        self._largest.append((size_bytes, nct_id))
        if len(self._largest) > 10 * LARGEST_STUDIES:
            self._largest = nlargest(LARGEST_STUDIES, self._largest)

    def finish(self, library_id: str, seq: int, mark: str = "") -> Statistics:
        """Give what was counted."""
        total = len(self._sizes)
        values: dict[str, dict[str, Any]] = {}
        for name, tally in self._tallies.items():
            piece = self._pieces[name]
            if tally is not None:
                shown = {"type": find_statistics_type(piece), "piece": name, "field": piece.path}
                values[name] = {**shown, "missingStudiesCount": total - tally.studies, **tally.describe()}
        lists = {
            name: {"piece": name, "field": self._pieces[name].path, **_describe_list(sizes)}
            for name, sizes in self._lists.items()
        }
        return Statistics(library_id, seq, self._describe_sizes(total), values, lists, mark=mark)

    def _describe_sizes(self, total: int) -> SizeStatistics:
        ordered = sorted(self._sizes)
        bounds = [kb * 1_000 for kb in KB_BOUNDS]
        counts = [0] * (len(bounds) + 1)
        for size in ordered:
            counts[next((at for at, bound in enumerate(bounds) if size < bound), len(bounds))] += 1
        lows = (0, *KB_BOUNDS)
        names = [f"{low} KB - {high} KB" for low, high in zip(lows, KB_BOUNDS, strict=False)]
        names.append(f"{KB_BOUNDS[-1]} KB and more")
        return SizeStatistics(
            average_size_bytes=round(sum(ordered) / total) if total else 0,
            largest_studies=tuple(
                (nct_id, size) for size, nct_id in nlargest(LARGEST_STUDIES, self._largest)
            ),
            percentiles={str(each): ordered[(total - 1) * each // 100] for each in PERCENTS} if total else {},
            ranges=tuple(zip(names, counts, strict=True)),
            total_studies=total,
        )


def _describe_list(sizes: Counter[int]) -> dict[str, Any]:
    shown: dict[str, Any] = {"uniqueSizesCount": len(sizes)}
    if sizes:
        shown |= {"minSize": min(sizes), "maxSize": max(sizes)}
        top = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))[:TOP_VALUES]
        shown["topSizes"] = [{"size": size, "studiesCount": count} for size, count in top]
    return shown


class _Tally(ABC):
    """What is known of one field's values so far; `studies` is the number of studies that have any."""

    def __init__(self) -> None:
        self.studies = 0

    @abstractmethod
    def add(self, nct_id: str, values: dict[Any, None]) -> None:
        """Take up the values of one study."""

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """What is known, as the registry's API names it."""


def _make_tally(piece: Piece) -> _Tally | None:
    kind = find_statistics_type(piece)
    if kind is None:
        return None
    if kind in ("INTEGER", "NUMBER"):
        return _NumberTally(is_whole=kind == "INTEGER")
    makers: dict[str, Callable[[], _Tally]] = {
        "ENUM": _EnumTally,
        "STRING": _TextTally,
        "DATE": _DateTally,
        "BOOLEAN": _FlagTally,
    }
    return makers[kind]()


class _EnumTally(_Tally):
    def __init__(self) -> None:
        super().__init__()
        self._counts: Counter[str] = Counter()

    def add(self, nct_id: str, values: dict[Any, None]) -> None:
        self._counts.update(value[:LONGEST_TOP_VALUE] for value in values if isinstance(value, str))
        if len(self._counts) > 2 * TRACKED:
            self._counts = Counter(dict(self._counts.most_common(TRACKED)))

    def describe(self) -> dict[str, Any]:
        return {"uniqueValuesCount": len(self._counts), "topValues": _list_top(self._counts)}


class _FlagTally(_Tally):
    def __init__(self) -> None:
        super().__init__()
        self._true = self._false = 0

    def add(self, nct_id: str, values: dict[Any, None]) -> None:
        self._true += True in values
        self._false += False in values

    def describe(self) -> dict[str, Any]:
        return {"trueCount": self._true, "falseCount": self._false}


class _DateTally(_Tally):
    def __init__(self) -> None:
        super().__init__()
        self._formats: set[str] = set()
        self._min = self._max = ""

    def add(self, nct_id: str, values: dict[Any, None]) -> None:
        for value in values:
            form = DATE_FORMATS.get(len(value)) if isinstance(value, str) else None
            if form is not None and value[:4].isascii() and value[:4].isdigit():
                self._formats.add(form)
                self._min = min(self._min or value, value)
                self._max = max(self._max, value)

    def describe(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"formats": sorted(self._formats)}
        return shown | ({"min": self._min, "max": self._max} if self._max else {})


class _NumberTally(_Tally):
    def __init__(self, *, is_whole: bool) -> None:
        super().__init__()
        self._is_whole = is_whole
        self._count, self._sum = 0, 0.0
        self._min: float | None = None
        self._max: float | None = None

    def add(self, nct_id: str, values: dict[Any, None]) -> None:
        found: list[float] = [
            value
            for value in values
            if (type(value) is int or (type(value) is float and not self._is_whole))
            and abs(value) < LARGEST_NUMBER
        ]
        if not found:
            return
        self._count += len(found)
        self._sum += sum(found)
        self._min = min(found if self._min is None else (self._min, *found))
        self._max = max(found if self._max is None else (self._max, *found))

    def describe(self) -> dict[str, Any]:
        if not self._count:
            return {}
        return {"min": self._min, "max": self._max, "avg": round(self._sum / self._count, 2)}


class _TextTally(_Tally):
    """Counts each value while there are few; later the frequent ones, and how many there are by a sketch."""

    def __init__(self) -> None:
        super().__init__()
        self._counts: dict[str | int, int] = {}
        self._sketch: set[int] | None = None
        self._bound = 1 << 32
        self._longest = ("", "")

    def add(self, nct_id: str, values: dict[Any, None]) -> None:
        counts, sketch = self._counts, self._sketch
        for value in values:
            if not isinstance(value, str):
                continue
            if len(value) > len(self._longest[1]):
                self._longest = (nct_id, value)
            key = value if len(value) <= LONGEST_TOP_VALUE else _digest(value)
            counts[key] = counts.get(key, 0) + 1
            if sketch is not None and (mark := _mark(key)) < self._bound:
                sketch.add(mark)
        if len(counts) > 2 * TRACKED:
            self._forget_rare()
        if sketch is not None and len(sketch) > 2 * SKETCHED:
            self._narrow(sketch)

    def _forget_rare(self) -> None:
        if self._sketch is None:
            self._sketch = {_mark(key) for key in self._counts}
            self._narrow(self._sketch)
        kept = nlargest(TRACKED, self._counts.items(), key=lambda item: item[1])
        self._counts = dict(kept)

    def _narrow(self, sketch: set[int]) -> None:
        """Keep the smallest marks: their density tells how many there would be in all."""
        kept = nsmallest(SKETCHED, sketch)
        sketch.clear()
        sketch.update(kept)
        self._bound = kept[-1] + 1

    def describe(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"uniqueValuesCount": self._count_unique()}
        shown["topValues"] = _list_top({key: n for key, n in self._counts.items() if isinstance(key, str)})
        nct_id, value = self._longest
        if value:
            shown["longest"] = {"length": len(value), "nctId": nct_id, "value": value}
        return shown

    def _count_unique(self) -> int:
        if self._sketch is None:
            return len(self._counts)
        marks = nsmallest(SKETCHED, self._sketch)
        return round((len(marks) - 1) * (1 << 32) / (marks[-1] + 1))


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest())


def _mark(key: str | int) -> int:
    """A number below 2 to the 32nd, spread evenly over all keys and the same in every run."""
    return key & 0xFFFFFFFF if isinstance(key, int) else zlib.crc32(key.encode(errors="surrogatepass"))


def _list_top(counts: dict[str, int]) -> list[dict[str, Any]]:
    top = nsmallest(TOP_VALUES, counts.items(), key=lambda item: (-item[1], item[0]))
    return [{"value": value, "studiesCount": count} for value, count in top]
