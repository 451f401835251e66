"""Measure related studies: how often do lists hold what records and reviews themselves say belongs together?

    python benchmarks/eval_related.py [--data ../shared/data] [--json]

Every record of DATA/ctgov is searched in. Asked for are studies of which one names the other ("named"), that
share a publication of results ("publications"), and that one review pooled ("cochrane", "rapidmeta"). What
makes a pair is removed from all records first: no id of another study stands in a text, no reference is
left. The last table alone ("family, ids kept") leaves them, and shows the ranks that people see.

Named and publication pairs are in two parts: choices were made by the one, the other was set aside. Numbers
are means over queries with their 95 % bootstrap intervals; gains are paired.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from eval_measures import compute_interval
from related_baselines import MoreLikeThis, make_mesh, make_tf_idf
from related_pairs import (
    GROUPS,
    Answers,
    Record,
    find_family,
    find_groups,
    find_named,
    find_parts,
    find_publications,
    remove_links,
)
from trialbook.derived.related import RelatedProfiles
from trialbook.library.build import import_paths
from trialbook.model.study import decode_record
from trialbook.related.engine import Features, RelatedEngine
from trialbook.related.facets import get_weights
from trialbook.store import Store
from trialbook.terms import get_thesaurus

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
OURS = "trialbook"
DEPTH = 200
NEAR = 3

Rank = Callable[[str], list[str]]
Ranks = dict[str, int]
"""By query, the place of the first right answer; 0 where there is none."""


def read_records(data: Path) -> dict[str, Record]:
    """All records of a folder's `ctgov`, in force, read as the product reads them."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        import_paths(home, sorted(path for path in (data / "ctgov").iterdir() if path.is_file()))
        with Store(home) as store:
            return {nct_id: decode_record(body) for nct_id, body in store.iter_current()}


class Ours:
    """Trialbook's list, over a library of some records."""

    def __init__(self, home: Path, records: dict[str, Record]) -> None:
        home.mkdir(parents=True)
        source = home / "records.jsonl"
        source.write_bytes(b"\n".join(map(msgspec.json.encode, records.values())))
        import_paths(home, [source])
        self._store = Store(home)
        profiles = RelatedProfiles(home)
        if profiles.find_state(self._store) is None:
            profiles.apply(self._store, lambda: None)
        data = profiles.open(self._store.library_id, lambda: self._store)
        self._engine = RelatedEngine(data, get_thesaurus(), self._store.find_body)
        self._weights = get_weights()

    def rank(self, nct_id: str) -> list[str]:
        """The ids of the studies most like one."""
        return self._engine.rank(self._engine.read_traits(nct_id), self._weights, limit=DEPTH)

    def find_features(self, nct_id: str) -> dict[str, Features]:
        """The candidates for one, best first, each with its features."""
        return self._engine.find_features(self._engine.read_traits(nct_id), self._weights)

    def close(self) -> None:
        """Close the library."""
        self._store.close()


def find_ranks(rank: Rank, answers: Answers) -> Ranks:
    """Where the first right answer stands, for each query."""
    ranks: Ranks = {}
    for nct_id, right in sorted(answers.items()):
        found = rank(nct_id)[:DEPTH]
        ranks[nct_id] = next((place for place, each in enumerate(found, 1) if each in right), 0)
    return ranks


def score(ranks: Ranks, measure: str) -> list[float]:
    """One number a query: hit@10, hit@3 or the reciprocal rank."""
    if measure == "MRR":
        return [1 / place if place else 0.0 for place in ranks.values()]
    depth = int(measure.partition("@")[2])
    return [float(0 < place <= depth) for place in ranks.values()]


def summarise(methods: dict[str, Ranks]) -> dict[str, object]:
    """Means with intervals of each method, and our gains, paired, over each other."""
    measures = ("hit@10", "MRR", f"hit@{NEAR}")
    table: dict[str, object] = {"queries": len(methods[OURS])}
    for method, ranks in methods.items():
        row: dict[str, object] = {name: _round(compute_interval(score(ranks, name))) for name in measures}
        if method != OURS:
            row["our gain"] = {
                name: _round(compute_interval(_subtract(score(methods[OURS], name), score(ranks, name))))
                for name in measures
            }
        table[method] = row
    return table


def _subtract(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    return [own - other for own, other in zip(ours, theirs, strict=True)]


def _round(interval: tuple[float, float, float]) -> list[float]:
    return [round(each, 4) for each in interval]


def choose(methods: dict[str, Ranks], queries: set[str]) -> dict[str, Ranks]:
    """The ranks of some queries alone."""
    return {
        method: {query: place for query, place in ranks.items() if query in queries}
        for method, ranks in methods.items()
    }


def count_other_drugs(ranks: Ranks, answers: Answers, records: dict[str, Record]) -> dict[str, int]:
    """Of the queries whose list misses all that was pooled with them, how many share no intervention with it."""
    missed = [query for query, place in ranks.items() if not 0 < place <= 10]
    return {
        "missed": len(missed),
        "with no intervention in common": sum(
            not any(_list_drugs(records[query]) & _list_drugs(records[other]) for other in answers[query])
            for query in missed
        ),
    }


def _list_drugs(record: Record) -> set[str]:
    module = record.get("derivedSection", {}).get("interventionBrowseModule", {})
    terms = {str(row.get("term", "")).casefold() for row in module.get("meshes") or []}
    protocol = record.get("protocolSection", {}).get("armsInterventionsModule", {})
    names = {str(row.get("name", "")).casefold() for row in protocol.get("interventions") or []}
    return {each for each in terms | names if each and "placebo" not in each}


def evaluate(data: Path, folder: Path, *, parts: Sequence[str]) -> dict[str, object]:
    """All tables."""
    records = read_records(data)
    named, published = find_named(records), find_publications(records)
    where = find_parts(named, published)
    bare = remove_links(records)
    ours = Ours(folder / "bare", bare)
    rankers: dict[str, Rank] = {
        OURS: ours.rank,
        "TF-IDF cosine": make_tf_idf(bare).rank,
        "BM25, more like this": MoreLikeThis(bare).rank,
        "MeSH overlap": make_mesh(bare).rank,
    }
    results: dict[str, object] = {"records": len(records)}
    by_kind = {"named": named, "publications": published}
    either: Answers = {
        query: named.get(query, set()) | published.get(query, set()) for query in (*named, *published)
    }
    for kind, answers in {**by_kind, "named and publications": either}.items():
        for part in parts:
            wanted = {query: right for query, right in answers.items() if where[query] == part}
            if wanted:
                methods = {method: find_ranks(rank, wanted) for method, rank in rankers.items()}
                results[f"{kind}, {part}"] = summarise(methods)
    if "set aside" in parts:
        for name in GROUPS:
            answers = find_groups(data, name, records)
            if answers:
                methods = {method: find_ranks(rank, answers) for method, rank in rankers.items()}
                results[name] = {
                    **summarise(methods),
                    "misses": count_other_drugs(methods[OURS], answers, records),
                }
    family = find_family(records)
    kept = Ours(folder / "kept", records)
    for part in parts:
        wanted = {query: right for query, right in family.items() if where[query] == part}
        if wanted:
            results[f"family, ids removed, {part}"] = summarise(
                {method: find_ranks(rankers[method], wanted) for method in (OURS, "TF-IDF cosine")}
            )
            results[f"family, ids kept, {part}"] = summarise({OURS: find_ranks(kept.rank, wanted)})
    ours.close()
    kept.close()
    return results


def print_results(results: dict[str, object]) -> None:
    """A table for each kind of pairs."""
    print(f"{results['records']:,} records")
    for title, table in results.items():
        if not isinstance(table, dict):
            continue
        print(f"\n{title}: {table['queries']} queries")
        for method, row in table.items():
            if isinstance(row, dict) and "MRR" in row:
                cells = "  ".join(_write(name, row[name]) for name in ("hit@10", "MRR", f"hit@{NEAR}"))
                gains = row.get("our gain")
                more = (
                    ""
                    if gains is None
                    else "   we gain " + "  ".join(_write(n, gains[n]) for n in ("hit@10", "MRR"))
                )
                print(f"  {method:22}{cells}{more}")
            elif method == "misses":
                print(
                    f"  our misses: {row['missed']}, {row['with no intervention in common']} of them share no intervention"
                )


def _write(name: str, interval: Sequence[float]) -> str:
    mean, low, high = interval
    return f"{name} {mean:.3f} [{low:.3f}, {high:.3f}]"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--json", action="store_true", help="print the tables as JSON")
    parser.add_argument("--tuned-on", action="store_true", help="measure the part that choices were made by")
    asked = parser.parse_args()
    if not (asked.data / "ctgov").is_dir():
        sys.exit(f"There are no records in {asked.data / 'ctgov'}; name their folder with --data.")
    with tempfile.TemporaryDirectory() as folder:
        results = evaluate(
            asked.data, Path(folder), parts=("tuned on",) if asked.tuned_on else ("set aside",)
        )
    if asked.json:
        print(json.dumps(results, indent=2))
    else:
        print_results(results)


if __name__ == "__main__":
    main()
