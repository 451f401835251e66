"""New inputs out of kept ones: bytes, words, values of JSON and entries of archives changed by chance."""

from __future__ import annotations

import gzip
import io
import random
import zipfile
from collections.abc import Sequence
from typing import Any

import msgspec
import zstandard

LONGEST = 200_000
ZIP, GZIP, ZSTD = b"PK\x03\x04", b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
# What means something to one of the readers.
TOKENS = [
    b'"', b"'", b"\\", b"\\u0000", b"\\ud800", b"\\ud83d\\ude00", b"{", b"}", b"[", b"]", b",", b":", b"null",
    b"true", b"-0", b"1e999", b"9" * 30, b"NaN", b"\0", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf",
    b"\xf0\x9f\xa7\xaa", b"\n", b"\r\n", b"\n\n\n", b"\x0b", b"\xe2\x80\xa8", b"\t", b" ", b"|", b";", b"<", b">",
    b"</", b"/>", b"&amp;", b"&#0;", b"&#x110000;", b"&#55296;", b"&nbsp;", b"<![CDATA[", b"]]>", b"<!--", b"-->",
    b"<?xml version='1.0' encoding='utf-16'?>", b"<?xml version='1.0' encoding='undefined'?>", b"<!DOCTYPE a>",
    b"<ul><li>", b"* ", b"1. ", b"   * ", b"&lt;", b"http://", b"javascript:", b"[a](b)", b"_", b"**", b"\\[",
    b"9999-12-31", b"9999", b"0000-00-00", b"2023-02-30", b"2023-13", b"January 2020", b"31/12/1999", b"-1", b"0",
    b"NCT00000000", b"NCT", b"0 Days", b"-5 Years", b"1e400 Years", b"N/A", b"Yes", b"No", b"0.5", b"<0.001",
]  # fmt: skip
QUERY_TOKENS = [
    b"AND ", b"OR ", b"NOT ", b"(", b")", b'"', b"\\", b"[", b"]", b",", b":", b"ALL ", b"MISSING ", b"AREA[",
    b"AREA[Condition]", b"AREA[StartDate]", b"AREA[MinimumAge]", b"AREA[EnrollmentCount]", b"AREA[HasResults]",
    b"AREA[Phase]", b"RANGE[", b"RANGE[MIN, MAX]", b"RANGE[2020-01-01, MAX]", b"RANGE[9999-12-31, MIN]",
    b"RANGE[0000, 99999]", b"SEARCH[Location](", b"SEARCH[", b"EXPANSION[None]", b"EXPANSION[Concept]", b"COVER[",
    b"COVER[FullMatch]", b"COVER[StartsWith]", b"TILT[StartDate]", b"DISTANCE[", b"distance(90,-180,1mi)",
    b"COUNT[", b"DISTANCE(0,0,9999999km)", b"heart ", b"NCT90000001", b"%00", b"%ff", b"%ed%a0%80", b"&", b"=", b"+",
    b"%26", b"query.term=", b"filter.geo=distance(1,2,3mi)", b"pageToken=", b"pageSize=", b"fields=", b"format=csv",
    b"sort=StartDate:desc", b"filter.overallStatus=", b"countTotal=true", b"aggFilters=", b"as_of=9999", b"?", b"/",
    b"version=", b"from=1&to=2", b"near=1,2", b"-1", b"0", b"9" * 25, b"\0", b"\n", b"\xff", b"\xed\xa0\x80",
    "肝".encode(), "İ".encode(), "٣".encode(), b"*", b"-", b"'", b"''", b"~", b"^",
]  # fmt: skip
CRITERIA_TOKENS = [
    b"\n\n* ", b"\n   1. ", b"\n\nExclusion Criteria:\n\n", b"Cohort A:\n", b"(", b")", b"[", b"]", b", ", b"; ", b". ", b": ",
    b"/", b"and/or ", b"or ", b"and ", b"not ", b"no history of ", b"except ", b"unless ", b"if ", b"without ", b"e.g. ",
    b"at least two of the following: ", b"any of the following:", b"defined as ", b"in the opinion of the investigator ",
    b"within 30 days ", b"for at least 5 years ", b"before screening ", b"in the past year ", b"> 3 x ULN ", b"\\> ", b"&gt; ",
    "≥ ".encode(), b"< 100,000/uL ", b"10*9/L ", b"1.5 x 10^9/L ", b"ml/min 1.73m2 ", b"140/90 mmHg ", b"0 100", b"1,000,0",
    b"9" * 400, b"1e400 ", b"III-IV ", b"NYHA class ", b"twenty-one ", b"hundred million ", b"aged 18 ", b"HbA1c ",
    b"diabetes ", b"aspirin ", b"HIV negative ", b"pregnant ", b"abuse of ", b"family history of ", b"allergic to ", b"planned ",
    "İ".encode(), "ß".encode(), "²".encode(), "٣".encode(), "½".encode(), "肝".encode(), b"\0", b"\xff", b"\xe2\x80\xa8",
]  # fmt: skip
ODD_VALUES: list[Any] = [
    None, True, False, 0, -1, 1.5, -0.0, 1e308, 2**63, -(2**63), 10**18, "", " ", "\0", "\n", "x", "9999-12-31", "9999",
    "0001-01-01", "2023-02-30", "NaN", "-5 Years", "1e400 Years", "N/A", "\u202e", "\u2028", "é" * 50,
    "<ul><li>" * 40, "* a\n  * b\n" * 40, "a\n\n" * 200, "http://[", "javascript:alert(1)", "\U0001f9ea", "\ufffe", [], {},
    [[]], [None], [{}], {"": ""}, [1, "a"], "NCT00000001", "PHASE1", "ACTUAL", "=1+1", "|", '"', "\\", "MALE", "0", "1,5",
]  # fmt: skip


class Mutator:
    """Makes inputs from seeds; the same seed of chance gives the same ones."""

    def __init__(self, seeds: Sequence[bytes], chance: random.Random, tokens: Sequence[bytes]) -> None:
        self._seeds, self._chance, self._tokens = list(seeds), chance, tokens

    def make(self) -> bytes:
        """One more input."""
        data = self._chance.choice(self._seeds)
        return self._mutate(data)[:LONGEST]

    def _mutate(self, data: bytes) -> bytes:
        if data[:4] == ZIP and self._chance.random() < 0.9:
            return self._mutate_zip(data)
        if data[:2] == GZIP and self._chance.random() < 0.8:
            return gzip.compress(self._mutate(gzip.decompress(data)), 1)
        if data[:4] == ZSTD and self._chance.random() < 0.8:
            return zstandard.compress(self._mutate(zstandard.decompress(data)), 1)
        if data[:1] in (b"{", b"[") and self._chance.random() < 0.6:
            changed = self._mutate_json(data)
            if changed is not None:
                return changed
        for _ in range(self._chance.choice((1, 1, 1, 2, 3, 5))):
            data = self._change_bytes(data)
        return data

    def _mutate_zip(self, data: bytes) -> bytes:
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                entries = {name: archive.read(name) for name in archive.namelist()}
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError, RuntimeError):
            return self._change_bytes(data)
        for _ in range(self._chance.choice((1, 1, 2, 4))):
            name = self._chance.choice(list(entries))
            if self._chance.random() < 0.5 and b"|" in entries[name]:
                entries[name] = self._change_cells(entries[name])
            else:
                entries[name] = self._mutate(entries[name])
        return pack_zip(entries)

    def _change_cells(self, table: bytes) -> bytes:
        rows = [line.split(b"|") for line in table.split(b"\n")]
        row = self._chance.choice(rows)
        row[self._chance.randrange(len(row))] = self._chance.choice((b"", *self._tokens))
        return b"\n".join(map(b"|".join, rows))

    def _mutate_json(self, data: bytes) -> bytes | None:
        try:
            lines = [msgspec.json.decode(line) for line in data.splitlines()]
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            try:
                lines = [msgspec.json.decode(data)]
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                return None
        places: list[tuple[Any, Any]] = []
        _gather(lines, places)
        if not places:
            return None
        for _ in range(self._chance.choice((1, 1, 1, 2, 3, 6))):
            self._change_value(places)
        try:
            return b"\n".join(map(msgspec.json.encode, lines))
        except (TypeError, ValueError, RecursionError):  # a value that came to stand inside itself
            return None

    def _change_value(self, places: list[tuple[Any, Any]]) -> None:
        chance = self._chance
        holder, key = chance.choice(places)
        if (isinstance(holder, dict) and key not in holder) or (
            isinstance(holder, list) and key >= len(holder)
        ):
            return
        value, action = holder[key], chance.randrange(8)
        if action <= 2:
            holder[key] = chance.choice(ODD_VALUES)
        elif action == 3:
            other, there = chance.choice(places)
            try:
                taken = msgspec.json.decode(msgspec.json.encode(other[there]))
            except (KeyError, IndexError, ValueError, RecursionError):
                return
            holder[key] = taken
        elif action == 4:
            del holder[key]
        elif action == 5:
            holder[key] = [value] if chance.random() < 0.5 else {"value": value}
        elif action == 6:
            if isinstance(value, list) and value:
                holder[key] = value * chance.choice((2, 3, 20))
            elif isinstance(value, str):
                holder[key] = value * chance.choice((2, 50)) if len(value) < 2_000 else value[:1]
        elif isinstance(value, str):
            at = chance.randrange(len(value) + 1)
            token = chance.choice(self._tokens).decode("utf-8", "ignore")
            holder[key] = value[:at] + token + value[at:]

    def _change_bytes(self, data: bytes) -> bytes:
        chance = self._chance
        at = chance.randrange(len(data) + 1)
        length = chance.choice((1, 1, 2, 4, 16, 100))
        match chance.randrange(9):
            case 0:
                return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
            case 1:
                return data[:at] + data[at + length :]
            case 2 | 3:
                return data[:at] + chance.choice(self._tokens) + data[at:]
            case 4:
                return data[:at] + chance.choice(self._tokens) + data[at + length :]
            case 5:
                return data[:at] + data[at : at + length] * chance.choice((2, 3, 30)) + data[at + length :]
            case 6:
                other = chance.choice(self._seeds)
                start = chance.randrange(len(other) + 1)
                return data[:at] + other[start : start + chance.choice((4, 40, 400, LONGEST))]
            case 7:
                return self._change_lines(data)
            case _:
                return data[:at]

    def _change_lines(self, data: bytes) -> bytes:
        lines = data.split(b"\n") if b"\n" in data else data.split(b" ")
        separator = b"\n" if b"\n" in data else b" "
        first, second = (self._chance.randrange(len(lines)) for _ in range(2))
        if self._chance.random() < 0.5:
            lines[first], lines[second] = lines[second], lines[first]
        else:
            lines.insert(first, lines[second])
        return separator.join(lines)


def pack_zip(entries: dict[str, bytes]) -> bytes:
    """An archive of entries, not packed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def _gather(holder: Any, places: list[tuple[Any, Any]]) -> None:
    pairs = holder.items() if isinstance(holder, dict) else enumerate(holder)
    for key, value in pairs:
        places.append((holder, key))
        if isinstance(value, dict | list):
            _gather(value, places)
