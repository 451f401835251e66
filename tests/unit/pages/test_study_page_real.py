"""Every real record has a page: it renders with the record's own words on it."""

from __future__ import annotations

import gzip
import html
import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from trialbook.model import Study, parse_study
from trialbook.pages import render_events_page, render_study_page, render_study_text
from trialbook.record.markup import unescape

TODAY = date(2026, 1, 15)
FILES = ("records.jsonl.gz", "records_stem_cells_2022.jsonl.gz", "records_trimmed.jsonl.gz")
KEYS = re.compile(r"(?:groupIds?|groups\.id|eventGroups\.id|\.lat|\.lon|\.link)$")
"""Leaves that are not words: keys that join a cell to its column, positions and addresses behind a link."""


def read_bodies(shared_data: Path, name: str) -> list[bytes]:
    bodies = gzip.decompress((shared_data / "ctgov" / name).read_bytes()).splitlines()
    if b'"protocolSection"' in bodies[0]:
        return bodies
    return [
        json.dumps(json.loads(line)["record"]).encode() for line in bodies if "record" in json.loads(line)
    ]


@pytest.fixture(scope="module")
def real_sample(shared_data: Path) -> list[bytes]:
    """About 150 records: evenly spread, with the largest among them."""
    bodies = read_bodies(shared_data, "records.jsonl.gz")
    return (
        bodies[::20]
        + sorted(bodies, key=len)[-5:]
        + read_bodies(shared_data, "records_stem_cells_2022.jsonl.gz")[::80]
    )


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, path)
    elif not isinstance(value, bool) and value is not None:
        yield path, str(value)


def squeeze(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()


def words_on(page: str) -> str:
    page = re.sub(r'(?:datetime|data-term)="([^"]*)"', r"> \1 <", page)
    page = re.sub(r'<span class="mark"[^>]*>[^<]*</span>', " ", page)
    return squeeze(html.unescape(re.sub(r"<[^>]*>", " ", page)))


def lines_of(text: str) -> Iterator[str]:
    """A text's lines without list marks; the tagged form of older records counts as lines too."""
    plain = html.unescape(unescape(re.sub(r"</?(?:p|ul|ol|li|br)\s*/?>", "\n", text)))
    for line in plain.split("\n"):
        yield re.sub(r"^\s*#?\(?(?:\d+(?:\.\d+)*|[a-zA-Z]|[ivxIVX]{2,5})[.):]+\)?\s*", "", line)


def test_a_sample_of_real_records_renders_as_page_and_text(real_sample: list[bytes]) -> None:
    for body in real_sample:
        study = parse_study(body)
        assert study.nct_id in render_study_page(study, today=TODAY)
        assert study.nct_id in render_study_text(study, today=TODAY)


def show_all(study: Study) -> str:
    """The words of a record's page, and of the pages that its long table of adverse events has to itself."""
    shown = words_on(render_study_page(study, today=TODAY))
    results = study.results_section
    module = results.adverse_events_module if results else None
    count = len(module.serious_events) + len(module.other_events) if module else 0
    pages = range(1, -(-count // 100) + 1)
    return shown + "".join(words_on(render_events_page(study, {"page": str(page)})) for page in pages)


@pytest.mark.parametrize("every", [9, pytest.param(1, marks=pytest.mark.slow)])
def test_every_leaf_of_real_records_is_on_the_page(real_sample: list[bytes], every: int) -> None:
    missing = []
    for body in real_sample[::every]:
        record = json.loads(body)
        shown = show_all(parse_study(body))
        for path, value in leaves(record):
            if not KEYS.search(path):
                missing += [(path, line) for line in lines_of(value) if squeeze(line) not in shown]
    assert missing == []


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_every_real_record_renders_as_page_and_text(shared_data: Path, name: str) -> None:
    count = 0
    for body in read_bodies(shared_data, name):
        study = parse_study(body)
        assert study.nct_id in render_study_page(study, today=TODAY)
        assert study.nct_id in render_study_text(study, today=TODAY)
        count += 1
    assert count > 90
