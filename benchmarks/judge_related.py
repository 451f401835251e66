"""Set thirty lists of related studies before a judge who does not know which method made them.

    python benchmarks/judge_related.py [--data ../shared/data]            # the table of what was judged
    python benchmarks/judge_related.py --sheet FILE [--reasons FILE]      # what is to be judged, in text

The thirty are drawn by a hash of their ids, kind by kind as in `draw`, before any list is made. Of three
the record is stripped first, for the registry has none like them here: of conditions, or of all but one word.
Our ten and the ten of TF-IDF cosine over the same records are pooled and shuffled by a hash; a sheet says
nothing of who named what. Grades are kept in `related_judged.tsv` beside this file: 2 closely related, 1
related, 0 not. What a list holds that was never judged is counted as such and left out of the means.
"""

from __future__ import annotations

import argparse
import copy
import csv
import hashlib
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from eval_measures import compute_interval
from eval_related import DATA, read_records
from related_baselines import make_tf_idf
from related_pairs import Record, get_module
from trialbook import Library
from trialbook.library.build import import_paths
from trialbook.related.engine import RelatedStudy

SEED = "related, judged anew"
JUDGED = Path(__file__).with_name("related_judged.tsv")
DEPTH = 10
OURS, THEIRS = "Trialbook", "TF-IDF cosine"
CROWDED, RARE, SHORT = 40, 2, 140
_WORD = re.compile(r"[^\W\d_]+")
_FOREIGN = re.compile(
    r"(?:de|la|el|los|las|del|con|para|en|y|una|por|des|les|et|du|dans|pour|avec|sur|der|die|und|mit|von|il|di|nel)"
)
_ENGLISH = re.compile(r"(?:the|of|and|to|in|with|for|is|an?|was|were|are|this|that|by|on)")

Lists = dict[str, dict[str, list[str]]]
"""By method and study, the ids of its list."""


def draw(records: Mapping[str, Record]) -> dict[str, str]:
    """The thirty studies, each with its kind; a study of several kinds is of the first that takes it."""
    held = Counter(each for record in records.values() for each in set(_list_conditions(record)))

    def is_rare(record: Record) -> bool:
        found = _list_conditions(record)
        return bool(found) and all(held[each] <= RARE for each in found)

    def is_crowded(record: Record) -> bool:
        return any(held[each] >= CROWDED for each in _list_conditions(record))

    foreign = max(records, key=lambda nct_id: (_measure_foreign(records[nct_id]), nct_id))
    kinds: tuple[tuple[str, int, Callable[[str, Record], bool]], ...] = (
        ("of the first page", 1, lambda nct_id, _: nct_id == "NCT04776239"),
        ("not English alone", 1, lambda nct_id, _: nct_id == foreign),
        ("expanded access", 2, lambda _, each: "EXPANDED_ACCESS" in _get_type(each)),
        ("no interventions", 2, lambda _, each: not _list_types(each)),
        ("observational", 2, lambda _, each: _get_type(each) == "OBSERVATIONAL"),
        ("short", 2, lambda _, each: len(_get_summary(each)) < SHORT),
        ("device", 3, lambda _, each: _list_types(each) == {"DEVICE"}),
        ("behaviour", 3, lambda _, each: _list_types(each) == {"BEHAVIORAL"}),
        ("rare condition", 4, lambda _, each: is_rare(each)),
        ("crowded field", 4, lambda _, each: is_crowded(each)),
        ("drug", 3, lambda _, each: _list_types(each) == {"DRUG"}),
        ("stripped of conditions", 2, lambda _, each: _get_type(each) == "INTERVENTIONAL"),
        ("stripped to a word", 1, lambda _, each: _get_type(each) == "INTERVENTIONAL"),
    )
    order = sorted(records, key=lambda nct_id: _hash(SEED, nct_id))
    drawn: dict[str, str] = {}
    for kind, count, is_of in kinds:
        fitting = (each for each in order if each not in drawn and is_of(each, records[each]))
        drawn |= {nct_id: kind for nct_id, _ in zip(fitting, range(count), strict=False)}
    return drawn


def strip(records: Mapping[str, Record], drawn: Mapping[str, str]) -> dict[str, Record]:
    """The records as both methods see them."""
    stripped = dict(records)
    for nct_id, kind in drawn.items():
        if kind.startswith("stripped"):
            record = stripped[nct_id] = copy.deepcopy(records[nct_id])
            record["protocolSection"].pop("conditionsModule", None)
            record.get("derivedSection", {}).pop("conditionBrowseModule", None)
        if kind == "stripped to a word":
            title = get_module(record, "identificationModule")["briefTitle"]
            word = max(_WORD.findall(title), key=len)
            record["protocolSection"] = {"identificationModule": {"nctId": nct_id, "briefTitle": word}}
            record.pop("derivedSection", None)
    return stripped


def make_lists(
    records: Mapping[str, Record], asked: Iterable[str], home: Path
) -> tuple[Lists, dict[str, tuple[RelatedStudy, ...]]]:
    """The first ten of each method, and ours with reasons."""
    source = home / "records.jsonl"
    source.write_bytes(b"\n".join(map(msgspec.json.encode, records.values())))
    import_paths(home / "library", [source])
    baseline = make_tf_idf(records)
    ours = {}
    with Library(home / "library") as library:
        library.rebuild("related")
        for nct_id in asked:
            ours[nct_id] = library.find_related(nct_id, limit=DEPTH).studies
    lists = {
        OURS: {nct_id: [each.nct_id for each in found] for nct_id, found in ours.items()},
        THEIRS: {nct_id: baseline.rank(nct_id)[:DEPTH] for nct_id in ours},
    }
    return lists, ours


def write_sheet(
    path: Path, drawn: Mapping[str, str], lists: Lists, records: Mapping[str, Record], judged: Iterable[str]
) -> None:
    """Each study with the pool of both lists, in an order that tells nothing; `judged` ones are left out."""
    done = set(judged)
    with path.open("w", encoding="utf-8") as file:
        for nct_id, kind in drawn.items():
            pool = {each for found in lists.values() for each in found[nct_id]}
            left = sorted(
                (each for each in pool if f"{nct_id} {each}" not in done),
                key=lambda each: _hash(SEED, nct_id, each),
            )
            if left:
                print(f"\n=== {nct_id} ({kind}) {_tell(records[nct_id], 500)}", file=file)
                for each in left:
                    print(f"- {each} {_tell(records[each], 220)}", file=file)


def write_reasons(
    path: Path, ours: Mapping[str, Sequence[RelatedStudy]], records: Mapping[str, Record]
) -> None:
    """Our lists with the reasons, beside what the records say, for a second judging."""
    with path.open("w", encoding="utf-8") as file:
        for nct_id, found in ours.items():
            print(f"\n=== {nct_id} {_tell(records[nct_id], 300)}", file=file)
            for study in found:
                print(
                    f"- {study.nct_id} [{study.group} {study.relation}] {_tell(records[study.nct_id], 0)}",
                    file=file,
                )
                for each in study.reasons:
                    print(
                        f"    {each.share:.3f} {each.kind}: {'; '.join(each.ours)} || {'; '.join(each.theirs)}",
                        file=file,
                    )


def read_grades() -> dict[str, int]:
    """What was judged: by study and entry, from 0 to 2."""
    with JUDGED.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return {f"{row['study']} {row['entry']}": int(row["grade"]) for row in rows}


def print_table(drawn: Mapping[str, str], lists: Lists, grades: Mapping[str, int]) -> None:
    """A row for each study, one for each kind, and the totals."""
    means: dict[str, dict[str, float]] = {method: {} for method in lists}
    left: Counter[str] = Counter()
    print(f"| Study | Kind | {OURS} | {THEIRS} |\n|---|---|---|---|")
    for nct_id, kind in drawn.items():
        cells = []
        for method, found in lists.items():
            each = [grades.get(f"{nct_id} {entry}") for entry in found[nct_id]]
            known = [grade for grade in each if grade is not None]
            left[method] += len(each) - len(known)
            means[method][nct_id] = sum(known) / len(known) if known else 0.0
            cells.append(" ".join("?" if grade is None else str(grade) for grade in each) or "none")
        print(f"| {nct_id} | {kind} | {' | '.join(cells)} |")
    of_kind: dict[str, list[str]] = defaultdict(list)
    for nct_id, kind in drawn.items():
        of_kind[kind].append(nct_id)
    for kind, ids in {**of_kind, "all": list(drawn)}.items():
        row = " | ".join(f"{sum(means[method][each] for each in ids) / len(ids):.2f}" for method in lists)
        print(f"| {kind} ({len(ids)}) | {row} |")
    for method in lists:
        print(f"{method}: {_write(means[method].values())}; never judged: {left[method]}")
    print("gain:", _write([means[OURS][each] - means[THEIRS][each] for each in drawn]))


def _write(each: Iterable[float]) -> str:
    mean, low, high = compute_interval(list(each))
    return f"{mean:.3f} [{low:.3f}, {high:.3f}]"


def _hash(*parts: str) -> str:
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()


def _tell(record: Record, most: int) -> str:
    """What a judge reads of a record."""
    title = get_module(record, "identificationModule").get("briefTitle", "")
    conditions = "; ".join(get_module(record, "conditionsModule").get("conditions") or [])
    rows = get_module(record, "armsInterventionsModule").get("interventions") or []
    done = "; ".join(str(row.get("name", "")) for row in rows)
    summary = " ".join(_get_summary(record).split())[:most]
    return f"{title} | {conditions[:200]} | {done[:200]}" + (f" | {summary}" if most else "")


def _list_conditions(record: Record) -> list[str]:
    return [str(each).casefold() for each in get_module(record, "conditionsModule").get("conditions") or []]


def _list_types(record: Record) -> set[str]:
    rows = get_module(record, "armsInterventionsModule").get("interventions") or []
    return {str(row.get("type", "")) for row in rows}


def _get_type(record: Record) -> str:
    return str(get_module(record, "designModule").get("studyType", ""))


def _get_summary(record: Record) -> str:
    module = get_module(record, "descriptionModule")
    return f"{module.get('briefSummary') or ''} {module.get('detailedDescription') or ''}".strip()


def _measure_foreign(record: Record) -> float:
    names = get_module(record, "identificationModule")
    text = f"{names.get('briefTitle', '')} {names.get('officialTitle') or ''} {_get_summary(record)}"
    found = _WORD.findall(text.casefold())
    return sum(bool(_FOREIGN.fullmatch(word)) - bool(_ENGLISH.fullmatch(word)) for word in found) / max(
        1, len(found)
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--sheet", type=Path, help="write what was not judged yet, blind")
    parser.add_argument("--reasons", type=Path, help="write our lists with their reasons")
    asked = parser.parse_args()
    if not (asked.data / "ctgov").is_dir():
        sys.exit(f"There are no records in {asked.data / 'ctgov'}; name their folder with --data.")
    records = read_records(asked.data)
    drawn = draw(records)
    grades = read_grades()
    with tempfile.TemporaryDirectory() as folder:
        lists, ours = make_lists(strip(records, drawn), drawn, Path(folder))
    if asked.sheet:
        write_sheet(asked.sheet, drawn, lists, records, grades)
    if asked.reasons:
        write_reasons(asked.reasons, ours, records)
    if not asked.sheet and not asked.reasons:
        print_table(drawn, lists, grades)


if __name__ == "__main__":
    main()
