"""Which studies belong together, by what records themselves say? Pairs to measure with, pairs to learn from.

Measured with: studies of which one names the other's id, and studies that share a publication of results.
Learnt from, never measured with: what else shows kinship (a sponsor's study ids, a background publication, an
acronym). Pairs that are linked with each other lie in one part, chosen by a hash, so that nothing that a
choice was made by is reported.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

Record = dict[str, Any]
# By a study's id, the ids that are right to find.
Answers = dict[str, set[str]]

NCT_ID = re.compile(r"NCT\s?(\d{8})(?!\d)", re.IGNORECASE)
# What makes a named pair one of a family, in a title or just around the mention.
FAMILY_WORDS = re.compile(
    r"\bextension|\broll[\s-]?over|\bfollow(?:ed)?[\s-]?up|\bcontinuation|\bcontinued access|\bsub-?study"
    r"|\bparent (?:study|trial)"
    r"|\bexpanded access|\b(?:previously|who were|who) (?:enrolled|treated|participated)|\bcompleted\b|\blong[\s-]term\b"
    r"|\bmain study|\bpredecessor|\bcore study|\bsubsequent",
    re.IGNORECASE,
)
AROUND = 150
MOST_TOGETHER = 12
GROUPS = {"cochrane": "cochrane_review_groups.json", "rapidmeta": "rapidmeta_groups.json"}


def iter_texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from iter_texts(each)


def get_module(record: Record, name: str) -> Record:
    """A module of the protocol section; empty where there is none."""
    found = record.get("protocolSection", {}).get(name, {})
    return found if isinstance(found, dict) else {}


def find_mentions(record: Record) -> Iterator[tuple[str, str]]:
    """Ids that a record names, each with the text around."""
    for text in iter_texts(record.get("protocolSection", {})):
        for match in NCT_ID.finditer(text):
            yield f"NCT{match[1]}", text[max(0, match.start() - AROUND) : match.end() + AROUND]


def find_named(records: Mapping[str, Record]) -> Answers:
    """Pairs of which one names the other, in both directions."""
    return _pair(
        {(nct_id, named) for nct_id, record in records.items() for named, _ in find_mentions(record)}, records
    )


def find_family(records: Mapping[str, Record]) -> Answers:
    """Those of the named pairs that are said to be one of a family."""

    def is_said(nct_id: str, named: str, around: str) -> bool:
        titles = " ".join(
            str(get_module(records[each], "identificationModule").get(key, ""))
            for each in (nct_id, named)
            if each in records
            for key in ("briefTitle", "officialTitle")
        )
        return bool(FAMILY_WORDS.search(around) or FAMILY_WORDS.search(titles))

    return _pair(
        {
            (nct_id, named)
            for nct_id, record in records.items()
            for named, around in find_mentions(record)
            if is_said(nct_id, named, around)
        },
        records,
    )


def _pair(pairs: Iterable[tuple[str, str]], records: Mapping[str, Record]) -> Answers:
    answers: Answers = defaultdict(set)
    for one, other in pairs:
        if one != other and other in records:
            answers[one].add(other)
            answers[other].add(one)
    return dict(answers)


def find_sharing(records: Mapping[str, Record], list_keys: Callable[[Record], Iterable[str]]) -> Answers:
    """Studies with a key in common, where not too many have it."""
    held: dict[str, set[str]] = defaultdict(set)
    for nct_id, record in records.items():
        for key in list_keys(record):
            held[key].add(nct_id)
    return _pair(
        {
            pair
            for group in held.values()
            if len(group) <= MOST_TOGETHER
            for pair in itertools.combinations(sorted(group), 2)
        },
        records,
    )


def list_publications(record: Record, types: Iterable[str]) -> list[str]:
    """PubMed ids of a record's references of some types."""
    references = get_module(record, "referencesModule").get("references") or []
    return [str(each["pmid"]) for each in references if each.get("pmid") and each.get("type") in types]


def find_publications(records: Mapping[str, Record]) -> Answers:
    """Studies that share a publication of results."""
    return find_sharing(records, lambda record: list_publications(record, ("RESULT", "DERIVED")))


def find_groups(data: Path, name: str, records: Mapping[str, Record]) -> Answers:
    """Studies that one review pooled, as far as they are held."""
    path = data / "similarity" / GROUPS[name]
    pairs: set[tuple[str, str]] = set()
    for group in json.loads(path.read_text()) if path.exists() else ():
        held = sorted({nct_id for nct_id in group["ncts"] if nct_id in records})
        pairs.update(itertools.combinations(held, 2))
    return _pair(pairs, records)


def list_own_ids(record: Record) -> list[str]:
    """The ids by which a text can name a study."""
    module = get_module(record, "identificationModule")
    rows = [module.get("orgStudyIdInfo") or {}, *(module.get("secondaryIdInfos") or [])]
    ids = [str(row.get("id", "")) for row in rows if isinstance(row, dict)]
    return [
        each for each in ids if len(each) > 4 and re.search(r"\d\d", each) and re.search(r"[A-Za-z]", each)
    ]


def remove_links(records: Mapping[str, Record]) -> dict[str, Record]:
    """The records without what the measured pairs were found by.

    No id of another study stands in a text, neither the registry's nor, of a study that it names, the
    sponsor's; no reference has its publication.
    """
    named = find_named(records)
    return {
        nct_id: _remove(
            record, nct_id, [each for other in named.get(nct_id, ()) for each in list_own_ids(records[other])]
        )
        for nct_id, record in records.items()
    }


def _remove(record: Record, nct_id: str, ids: list[str]) -> Record:
    pattern = re.compile("|".join(map(re.escape, sorted(set(ids), key=len, reverse=True))), re.IGNORECASE)

    def clean(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: each if key == "nctId" else clean(each) for key, each in value.items()}
        if isinstance(value, list):
            return [clean(each) for each in value]
        if isinstance(value, str):
            value = NCT_ID.sub(lambda match: match[0] if match[0].upper() == nct_id else " ", value)
            return pattern.sub(" ", value) if ids else value
        return value

    protocol = dict(record.get("protocolSection", {}))
    identification = protocol.get("identificationModule")
    protocol.pop("referencesModule", None)
    cleaned = clean(protocol)
    if isinstance(identification, dict) and isinstance(identification.get("orgStudyIdInfo"), dict):
        # Its own id is its own, even where another's is a part of it.
        cleaned["identificationModule"]["orgStudyIdInfo"] = identification["orgStudyIdInfo"]
    return {**record, "protocolSection": cleaned}


def find_parts(*measured: Answers) -> dict[str, str]:
    """For each measured study "tuned on" or "set aside"; studies that any pair links are in the same part."""
    above: dict[str, str] = {}

    def find_root(nct_id: str) -> str:
        while above.setdefault(nct_id, nct_id) != nct_id:
            nct_id = above[nct_id]
        return nct_id

    for answers in measured:
        for one, others in answers.items():
            for other in others:
                low, high = sorted((find_root(one), find_root(other)))
                above[high] = low
    return {
        nct_id: ("tuned on", "set aside")[hashlib.sha256(find_root(nct_id).encode()).digest()[0] % 2]
        for nct_id in list(above)
    }
