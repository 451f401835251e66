"""Measure ranking: against the registry's own lists, and for patients whose trials experts judged.

    python benchmarks/eval.py [--data ../shared/data] [--json]

Each number is a mean over queries or topics with its 95 % bootstrap interval. Nothing here is tuned when
it runs, except where a line says so: "held out" chooses the weights of notes anew on two collections, from
settings drawn by chance, and measures on the third.
"""

from __future__ import annotations

import argparse
import dataclasses
import gzip
import json
import random
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

import msgspec

from eval_baselines import Bm25s, PlainBm25, Ranker
from eval_forms import make_forms
from eval_measures import (
    compute_gain_interval,
    compute_interval,
    compute_ndcg,
    compute_overlap,
    compute_precision,
    compute_recall,
    compute_reciprocal_rank,
    compute_spearman,
)
from eval_pools import Pool, read_pool
from trialbook.ask.filters import make_request
from trialbook.library import Library
from trialbook.library.build import import_paths
from trialbook.patient.note import read_note
from trialbook.patient.stop_words import STOP_WORDS
from trialbook.search.engine.engine import SearchEngine, SearchRequest
from trialbook.search.engine.note_query import WEIGHTS, NoteWeights
from trialbook.search.language.parse import parse_query
from trialbook.terms import Thesaurus, load_thesaurus

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
POOLS = ("trec_2021", "trec_2022", "sigir")
DEPTH = 2_000
# Shorter lists have no order to speak of.
LEAST_RANKED = 20
# "Held out" draws its settings from these, whatever the set weights are: those were chosen on all three
# collections, so settings around them would hold nothing out.
DRAWN_SHARES = (0.0, 0.5, 1.0, 2.0, 4.0)
DRAWN_WORDS = (8, 12, 16, 24, 32, 48)
DRAWN_DENIED = (0.0, 0.3, 1.0)
DRAWN_MAIN = (1.0, 1.5, 2.0, 3.0)
MOST_DRAWN = 60
# The mean of some good settings holds elsewhere; the best one alone fits its collections too closely.
BEST_DRAWN = 10
# What the short forms of a collection's topics are called.
FORMS = ", short forms"
TABLES = ("concept", "word", "pair", "density")

Scores = dict[str, list[float]]
Rank = Callable[[str], list[str]]


@dataclass(frozen=True)
class Engines:
    """Records as a library of Trialbook and in both baselines."""

    engine: SearchEngine
    baselines: dict[str, Ranker]


def make_library(home: Path, records: dict[str, dict[str, Any]], *, with_baselines: bool = True) -> Engines:
    """Import records, and index them for the baselines too."""
    home.mkdir(parents=True)
    source = home / "records.jsonl"
    source.write_bytes(b"\n".join(map(msgspec.json.encode, records.values())))
    counts = import_paths(home, [source])
    if counts.rejected or counts.problems:
        raise SystemExit(f"{counts.rejected} records were rejected: {counts.reasons[:1]} {counts.problems}")
    baselines: dict[str, Ranker] = {}
    if with_baselines:
        baselines = {"plain BM25": PlainBm25(records), "bm25s": Bm25s(records)}
    return Engines(Library(home).engine, baselines)


# The registry's own lists


def compare_lists(data: Path, home: Path, *, with_baselines: bool = True) -> dict[str, Scores]:
    """Ours and the baselines against the ranked lists that the registry gave in 2022."""
    with gzip.open(data / "ctgov" / "records_stem_cells_2022.jsonl.gz") as lines:
        records = {
            record["protocolSection"]["identificationModule"]["nctId"]: record
            for record in map(json.loads, lines)
        }
    lists = json.loads((data / "search" / "ctgov_ranked_queries.json").read_text())
    library = make_library(home, records, with_baselines=with_baselines)
    rankers: dict[str, Rank] = {"trialbook": partial(find, library.engine)}
    for name, baseline in library.baselines.items():
        rankers[name] = partial(baseline.rank, is_strict=True)
    return {name: score_lists(rank, lists, set(records)) for name, rank in rankers.items()}


def find(engine: SearchEngine, text: str) -> list[str]:
    """The ids that a query finds, best first."""
    return list(engine.search(SearchRequest(queries=(parse_query(text),), limit=DEPTH)).nct_ids)


def score_lists(rank: Rank, lists: Sequence[dict[str, Any]], held: set[str]) -> Scores:
    """Each measure over the lists for which it is defined."""
    scores: Scores = {"precision": [], "recall": [], "spearman": [], "overlap@10": []}
    for row in lists:
        wanted = [nct_id for nct_id in row["ranked"] if nct_id in held]
        found = rank(row["expression"])
        common = set(found) & set(wanted)
        if wanted:
            scores["recall"].append(len(common) / len(wanted))
        if row["NStudiesFound"] == len(row["ranked"]) and (found or not wanted):
            scores["precision"].append(len(common) / len(found) if found else 1.0)
        if len(wanted) >= LEAST_RANKED:
            both = [nct_id for nct_id in wanted if nct_id in common]
            places = {nct_id: place for place, nct_id in enumerate(found)}
            rho = compute_spearman(range(len(both)), [places[nct_id] for nct_id in both])
            scores["spearman"].append(rho or 0.0)
            scores["overlap@10"].append(compute_overlap(found, wanted))
    return scores


# Patients


def compare_pools(data: Path, home: Path) -> dict[str, dict[str, Scores]]:
    """By collection and method: the scores of its topics, then of their short forms."""
    thesaurus = load_thesaurus()
    pools = {name: read_pool(data / "trec", name) for name in POOLS}
    forms = {
        name: dataclasses.replace(pool, topics=make_forms(pool, thesaurus)) for name, pool in pools.items()
    }
    libraries = {name: make_library(home / name, pool.records) for name, pool in pools.items()}
    settings = draw_settings()
    rated = {
        name: rate_settings(settings, libraries[name].engine, thesaurus, (pools[name], forms[name]))
        for name in POOLS
    }
    compared: dict[str, dict[str, Scores]] = {}
    for title, asked in (("", pools), (FORMS, forms)):
        for name, pool in asked.items():
            chosen = choose_weights([rated[each] for each in POOLS if each != name])
            rankers = list_rankers(libraries[name], pool, thesaurus, chosen)
            compared[f"{name}{title}"] = {
                method: score_topics(rank, pool) for method, rank in rankers.items()
            }
    return compared


def rate_settings(
    settings: Sequence[NoteWeights], engine: SearchEngine, thesaurus: Thesaurus, pools: Sequence[Pool]
) -> dict[NoteWeights, float]:
    """How well each setting does on a collection: its mean nDCG@10 on the topics, and on their forms."""
    rated = {}
    for weights in settings:
        rank = partial(match, engine, thesaurus, weights=weights)
        rated[weights] = sum(fmean(score_topics(rank, pool)["nDCG@10"]) for pool in pools)
    return rated


def list_rankers(library: Engines, pool: Pool, thesaurus: Thesaurus, chosen: NoteWeights) -> dict[str, Rank]:
    """Ours with the set weights and with those chosen on other collections, and the baselines."""
    rankers: dict[str, Rank] = {"trialbook": partial(match, library.engine, thesaurus, weights=WEIGHTS)}
    for other, baseline in library.baselines.items():
        rankers[other] = partial(baseline.rank, is_strict=False)
    without = PlainBm25(pool.records, STOP_WORDS)
    rankers["BM25, our stop words"] = partial(without.rank, is_strict=False)
    rankers["trialbook, held out"] = partial(match, library.engine, thesaurus, weights=chosen)
    return rankers


def match(engine: SearchEngine, thesaurus: Thesaurus, text: str, *, weights: NoteWeights) -> list[str]:
    """The trials for a patient's note, best first."""
    asked = make_request(note=read_note(text, thesaurus), limit=DEPTH)
    request = msgspec.structs.replace(asked, note_weights=weights)
    return list(engine.search(request).nct_ids)


def draw_settings() -> list[NoteWeights]:
    """Settings by chance, the same in every run, and but for `main` the same as ever."""
    chance, main_chance = random.Random(1), random.Random(2)

    def draw(table: str) -> tuple[tuple[str, float], ...]:
        return tuple((field, chance.choice(DRAWN_SHARES)) for field, _ in getattr(WEIGHTS, table))

    return [
        NoteWeights(
            **{table: draw(table) for table in TABLES},
            most_words=chance.choice(DRAWN_WORDS),
            denied=chance.choice(DRAWN_DENIED),
            main=main_chance.choice(DRAWN_MAIN),
        )
        for _ in range(MOST_DRAWN)
    ]


def average_settings(settings: Sequence[NoteWeights]) -> NoteWeights:
    """The setting in the middle of several."""

    def average(table: str) -> tuple[tuple[str, float], ...]:
        columns = zip(*(getattr(each, table) for each in settings), strict=True)
        return tuple((column[0][0], fmean(weight for _, weight in column)) for column in columns)

    return NoteWeights(
        **{table: average(table) for table in TABLES},
        most_words=round(fmean(each.most_words for each in settings)),
        denied=fmean(each.denied for each in settings),
        main=fmean(each.main for each in settings),
    )


def choose_weights(rated: Sequence[dict[NoteWeights, float]]) -> NoteWeights:
    """The mean of the settings that do best on some collections, by their sums of nDCG@10."""
    best = sorted(rated[0], key=lambda weights: sum(each[weights] for each in rated), reverse=True)
    return average_settings(best[:BEST_DRAWN])


def score_topics(rank: Rank, pool: Pool) -> Scores:
    """Each measure over the topics; relevant is who is eligible (excluded, where nobody is)."""
    scores: Scores = {"nDCG@10": [], "P@10": [], "MRR": [], "recall@100": []}
    for topic, text in pool.topics.items():
        judged = pool.judgements[topic]
        about = {nct_id for nct_id, grade in judged.items() if grade}
        eligible = {nct_id for nct_id, grade in judged.items() if grade == 2} or about
        found = rank(text)
        scores["nDCG@10"].append(compute_ndcg(found, judged))
        scores["P@10"].append(compute_precision(found, eligible))
        scores["MRR"].append(compute_reciprocal_rank(found, eligible))
        scores["recall@100"].append(compute_recall(found, about, depth=100))
    return scores


def pool_scores(tables: dict[str, dict[str, Scores]]) -> dict[str, Scores]:
    """The scores of several collections as one."""
    return {
        method: {
            name: [score for table in tables.values() for score in table[method][name]] for name in scores
        }
        for method, scores in next(iter(tables.values())).items()
    }


# Output


def print_scores(title: str, methods: dict[str, Scores]) -> None:
    """A table: a line for each method, a column for each measure."""
    names = list(next(iter(methods.values())))
    print(f"\n{title}\n{'':22}" + "".join(f"{name:>24}" for name in names))
    for method, scores in methods.items():
        cells = []
        for name in names:
            mean, low, high = compute_interval(scores[name])
            cells.append(f"{mean:8.3f} [{low:.3f}, {high:.3f}]".rjust(24))
        print(f"{method:22}" + "".join(cells))


def print_gains(title: str, ours: Sequence[float], methods: dict[str, Scores]) -> None:
    """How much better the mean nDCG@10 is than a baseline's, in percent."""
    for name in ("plain BM25", "bm25s", "BM25, our stop words"):
        gain, low, high = compute_gain_interval(ours, methods[name]["nDCG@10"])
        print(f"{title}: nDCG@10 {gain:+.0%} [{low:+.0%}, {high:+.0%}] against {name}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--json", action="store_true", help="print the means alone, as JSON")
    asked = parser.parse_args()
    if not (asked.data / "search").is_dir():
        sys.exit(f"There are no judged lists and topics in {asked.data}; name their folder with --data.")
    with tempfile.TemporaryDirectory() as folder:
        lists = compare_lists(asked.data, Path(folder) / "lists")
        pools = compare_pools(asked.data, Path(folder))
    full = {name: table for name, table in pools.items() if not name.endswith(FORMS)}
    short = {name: table for name, table in pools.items() if name.endswith(FORMS)}
    every = {"all topics": pool_scores(full), f"all topics{FORMS}": pool_scores(short)}
    if asked.json:
        tables = {"lists": lists, **pools, **every}
        means = {
            title: {
                m: {n: round(sum(s) / len(s), 4) for n, s in scores.items()} for m, scores in table.items()
            }
            for title, table in tables.items()
        }
        print(json.dumps(means, indent=2))
        return
    print_scores(f"The registry's own lists ({len(lists['trialbook']['recall'])} not empty)", lists)
    for name, methods in {**pools, **every}.items():
        print_scores(f"{name}: {len(methods['trialbook']['MRR'])} topics", methods)
        print_gains("  trialbook", methods["trialbook"]["nDCG@10"], methods)
        print_gains("  held out", methods["trialbook, held out"]["nDCG@10"], methods)


if __name__ == "__main__":
    main()
