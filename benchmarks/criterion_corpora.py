"""Read Chia and LCT, eligibility criteria that people annotated (both CC BY 4.0), line by line.

Counted are spans of one stretch; of two that overlap the longer is kept, of two as long the first. A trial
belongs to the part kept aside by a hash of its number, whatever else is in the folder.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

_CHIA = """
Condition Drug Procedure Measurement Observation Person Device Visit Value Temporal Qualifier Negation
Multiplier Reference_point Mood
"""
CHIA = frozenset(_CHIA.split())
# LCT annotates twice over: things with all that belongs to them, and within them names and parts of comparisons.
_LCT_INNER = """
Condition-Name Procedure-Name Drug-Name Observation-Name Eq-Operator Eq-Value Eq-Unit Eq-Temporal-Unit
Immunization-Name Allergy-Name Organism-Name
"""
LCT_INNER = frozenset(_LCT_INNER.split())
LCT_LEFT_OUT = frozenset(
    ["Other", "Coreference", "Code", "c-Requires_causality", "Condition-Type", "Insurance"]
)
NCT_ID = re.compile(r"NCT\d{8}")


class Span(msgspec.Struct, frozen=True, order=True):
    start: int
    end: int
    kind: str


class Line(msgspec.Struct, frozen=True):
    """One line of a trial's criteria with the spans in it, in characters of the line."""

    nct_id: str
    text: str
    spans: tuple[Span, ...]


def is_kept_aside(nct_id: str) -> bool:
    """Whether a trial is never learnt from: some three in twenty are not."""
    return hashlib.sha256(nct_id.encode()).digest()[0] % 20 < 3


def read_chia(path: Path) -> list[Line]:
    return [*_read(path, lambda kind: kind in CHIA)]


def read_lct_outer(path: Path) -> list[Line]:
    return [*_read(path, lambda kind: kind not in LCT_INNER and kind not in LCT_LEFT_OUT)]


def read_lct_inner(path: Path) -> list[Line]:
    return [*_read(path, lambda kind: kind in LCT_INNER)]


def _read(path: Path, counts) -> Iterator[Line]:
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if not name.endswith(".ann"):
                continue
            found = NCT_ID.search(name)
            text = archive.read(name[:-4] + ".txt").decode("utf-8")
            spans = _read_spans(archive.read(name).decode("utf-8"), counts)
            yield from _cut_lines(found[0] if found else name, text, spans)


def _read_spans(annotations: str, counts) -> list[Span]:
    spans = []
    for line in annotations.splitlines():
        fields = line.split("\t")
        if not line.startswith("T") or len(fields) < 2 or ";" in fields[1]:
            continue
        kind, start, end = fields[1].split(" ")
        if counts(kind) and int(start) < int(end):
            spans.append(Span(int(start), int(end), kind))
    return spans


def _cut_lines(nct_id: str, text: str, spans: list[Span]) -> Iterator[Line]:
    position = 0
    for row in text.split("\n"):
        end = position + len(row)
        inside = [
            Span(each.start - position, each.end - position, each.kind)
            for each in spans
            if position <= each.start and each.end <= end
        ]
        if row.strip():
            yield Line(nct_id, row, tuple(_keep_longest(inside)))
        position = end + 1


def _keep_longest(spans: list[Span]) -> list[Span]:
    kept: list[Span] = []
    for span in sorted(spans, key=lambda each: each.start - each.end):
        if not any(span.start < other.end and other.start < span.end for other in kept):
            kept.append(span)
    return sorted(kept)
