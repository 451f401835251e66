"""Count what the pages of a library say, and where they say less or something else than the records hold.

    python benchmarks/count_told.py [--data ../shared/data] [--home LIBRARY] [--every N] [--json]

All records under the data's `ctgov` and `ictrp` are imported into a new library, or the one at `--home` is
asked; each page of a study in force is made as `trialbook show` prints it, and each name of each country is
asked for. Each row is a count and that of which it is one; nothing is judged here.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Any

import trialbook
from trialbook.export.fhir import make_bundle
from trialbook.library.page import find_page
from trialbook.model.status_age import OPEN, find_status_age
from trialbook.pages import render_study_text
from trialbook.record.pieces import get_enums, get_pieces, get_values
from trialbook.results.due import derive_results_outlook
from trialbook.terms.countries import find_country

WIDE = 100_000
SENTINEL = 99_999_999
ENTITY = re.compile(r"&(?:amp;)*(?:lt|gt|amp|quot|apos|nbsp|#\d{2,5}|#x[0-9a-f]{2,4});", re.IGNORECASE)
DAY = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?(?:T.*)?")
# What pages say; each is counted by pages that say it at least once.
SAID = {
    "1 the record gives none of something": re.compile(r"^The record gives no ", re.MULTILINE),
    "1 this copy cannot carry something": re.compile(r"cannot carry"),
    "1 not known, as no copy here can carry it": re.compile(r"[Nn]ot known: this copy cannot carry"),
    "1 a list of a page is taken apart": re.compile(r"^Taken apart here", re.MULTILINE),
    "4 the completion date of an open study has passed": re.compile(r"own completion date, .* has passed"),
    "4 nobody confirmed the status for two years": re.compile(r"Nobody has (?:confirmed|updated) this since"),
    "4 the record does not say as of when": re.compile(r"The record does not say as of when"),
    "5 the page shows a raw entity": ENTITY,
    "5 the page shows a ~ as a line break": re.compile(r"~ *~|\w~\w+ \w+ \w+"),
    "5 the page shows 99,999,999 participants": re.compile(r"99,999,999|99999999"),
}
# A short line that ends in a colon, or names a part of a study and no more.
HEADING = re.compile(r"(?:[\w/() -]{2,50}:|(?:sub-?study|cohort|part|arm|group)\s+\w{1,3}\W*)", re.IGNORECASE)


@dataclass
class Row:
    """How many of how many."""

    what: str
    count: int
    of: int


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--home", type=Path)
    parser.add_argument("--every", type=int, default=1, help="look at each so-manieth study alone")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, open_library(asked.home, Path(folder)) as library:
        if asked.home is None:
            library.import_files(asked.data / "ctgov", asked.data / "ictrp")
        rows = [
            *count_pages(library, asked.every),
            *count_versions(library, asked.every),
            *count_countries(library),
        ]
    if asked.json:
        print(json.dumps([asdict(row) for row in rows]))
        return
    for row in sorted(rows, key=lambda each: each.what):
        print(f"{row.count:>7,} of {row.of:>7,}  {row.what}")


def open_library(home: Path | None, folder: Path) -> trialbook.Library:
    """The library that is there, or an empty one in a folder."""
    return trialbook.open(home) if home else trialbook.Library.create(folder / "library")


def count_pages(library: trialbook.Library, every: int) -> Iterator[Row]:
    """What pages say of each study in force, and what they say of what its bytes hold."""
    found: Counter[str] = Counter()
    today = date.today()  # noqa: DTZ011 - a due date is a calendar day where the reader is
    for study in islice(library, 0, None, every):
        page = find_page(library, study.nct_id)
        text = render_study_text(
            page.study, width=WIDE, history=page.history, state=page.state, today=page.day
        )
        record = page.state.record
        found["studies"] += 1
        found.update(name for name, said in SAID.items() if said.search(text))
        found[f"3 results: {derive_results_outlook(page.study, today=today).headline.lower()}"] += 1
        found["5 the bytes hold an escaped entity"] += bool(ENTITY.search(study.body.decode()))
        is_open = page.study.overall_status in OPEN
        found["open"] += is_open
        found["4 an open status is out of date"] += find_status_age(
            page.study.status, page.study.served
        ).is_outdated(today)
        if not re.match(r"NCT\d{8}$", study.nct_id or ""):
            found["others"] += 1
            found["5 another register's study has words of its own beside"] += bool(
                (record.get("derivedSection") or {}).get("registerWords")
            )
            found["5 another register's study has a value that no list holds"] += has_unlisted(record)
        found.update(count_criteria(study.criteria))
        found["5 a day that is none stands in what goes out as FHIR"] += has_false_day(make_bundle(record))
    of = {"open": found["open"], "others": found["others"], "criteria": found["criteria"]}
    for name in dict.fromkeys((*SAID, *(each for each in found if each[0].isdigit()))):
        whole = "open" if name.startswith("4 an open") else "others" if "another register" in name else ""
        whole = "criteria" if "criteri" in name else whole
        yield Row(name, found[name], of.get(whole, found["studies"]))


def count_criteria(criteria: tuple[Any, ...]) -> Counter[str]:
    """How many criteria are only a heading: nothing deeper follows, and the words announce or name a part."""
    alone = sum(
        bool(HEADING.fullmatch(each.text.strip())) and (after is None or after.level <= each.level)
        for each, after in zip(criteria, [*criteria[1:], None], strict=False)
    )
    return Counter({"criteria": len(criteria), "5 a line counted as a criterion reads like a heading": alone})


def has_unlisted(record: dict[str, Any]) -> bool:
    """Whether an element with a list of values holds one that the list lacks."""
    enums = get_enums()
    return any(
        value not in {each.value for each in enums[piece.enum]}
        for piece in get_pieces().values()
        if piece.enum in enums and not piece.search_only
        for value in get_values(record, piece)
    )


def has_false_day(resource: Any) -> bool:
    """Whether a FHIR resource holds a start, end or date that is no day."""
    if isinstance(resource, dict):
        return any(
            (name in ("start", "end", "date") and isinstance(held, str) and not DAY.fullmatch(held))
            or has_false_day(held)
            for name, held in resource.items()
        )
    return isinstance(resource, list) and any(has_false_day(each) for each in resource)


def count_versions(library: trialbook.Library, every: int) -> Iterator[Row]:
    """Versions and copies, and what of a registry's own list is held."""
    copies = versions = shared = listed = held = 0
    for study in islice(library, 0, None, every):
        by_version = library.store.find_copies(study.nct_id)
        versions += len(by_version)
        copies += sum(map(len, by_version))
        shared += sum(len(each) > 1 for each in by_version)
        if library.find_announced(study.nct_id):
            lines = library.list_versions(study.nct_id)
            listed += len(lines)
            held += sum(each.version is not None for each in lines)
    yield Row("2 versions, of the copies held", versions, copies)
    yield Row("2 versions of which several copies are held", shared, versions)
    yield Row("2 versions that are held, of those that a registry's list names", held, listed)


def count_countries(library: trialbook.Library) -> Iterator[Row]:
    """Names of a country that find other studies than the name that the registry writes."""
    names = [name for name in iterate_names() if find_country(name)]
    other = 0
    totals: dict[str, int] = {}
    for name in names:
        country = find_country(name)
        assert country is not None
        if country.name not in totals:
            totals[country.name] = library.search(country=country.name, limit=0).total
        other += library.search(country=name, limit=0).total != totals[country.name]
    yield Row("5 names of countries that find another set of studies", other, len(names))


def iterate_names() -> Iterator[str]:
    """Every name that the table of countries has, in its languages and spellings."""
    for line in (
        (resources.files("trialbook.terms") / "countries.tsv").read_text(encoding="utf-8").splitlines()
    ):
        yield from (name for cell in line.split("\t")[1:] for name in cell.split("|") if name)


if __name__ == "__main__":
    main()
