"""Does it rank trials better for a patient to hold the patient against each trial's criteria?

    python benchmarks/eval_verdict_ranking.py [--data ../shared/data] [--json]

Patients of TREC 2021, TREC 2022 and SIGIR 2016 (`eval_pools`), each with all judged trials of the collection as a
library. The search for a note ranks all of them; the first `DEPTH` are ranked anew by the verdicts on each trial's
criteria, whatever was judged, the rest stay behind them. A criterion that speaks for the patient counts 1, one that is
open one half, one against 0; a trial with any against is "violated".

How much that weighs is chosen on TREC 2021 alone, among `SETTINGS`, and reported on the others. Beside the chosen
setting stand two that nobody chose: violated trials last, and left out.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from eval import DATA, POOLS, Engines, make_library, match
from eval_measures import compute_interval, compute_ndcg, compute_precision
from eval_pools import Pool, read_pool
from trialbook.eligibility.derive.deriver import Formulas
from trialbook.eligibility.evaluate import evaluate_patient
from trialbook.eligibility.matching import Matcher
from trialbook.eligibility.measures import ClinicalMeasures
from trialbook.eligibility.parse import parse_criteria
from trialbook.eligibility.readers.described import describe_patient
from trialbook.eligibility.reading import make_reading
from trialbook.eligibility.tree import ParsedCriterion
from trialbook.search.engine.note_query import WEIGHTS
from trialbook.terms import Thesaurus, load_thesaurus

TUNED_ON = "trec_2021"
DEPTH = 100
# Topics have no day of their own.
DAY = date(2021, 7, 1)
Scores = dict[str, list[float]]


class Setting(NamedTuple):
    """What verdicts weigh: a trial's base score is 1 / (`smoothing` + its rank).

    `share` times the mean of its criteria, as far as it lies above one half, is added as a part of the base;
    a violated trial keeps `kept` of its score.
    """

    smoothing: float
    share: float
    kept: float


class Held(NamedTuple):
    """A patient held against a trial: how many criteria, the mean of what they count, and how many are against."""

    count: int
    mean: float
    against: int


SETTINGS = [
    Setting(*each) for each in itertools.product((10.0, 60.0), (0.0, 0.5, 1.0, 2.0), (1.0, 0.9, 0.7, 0.4))
]
WITHOUT = Setting(60.0, 0.0, 1.0)
LAST = Setting(60.0, 0.0, 0.0)


class Ranked(NamedTuple):
    """One topic: the trials as the search ranks them, and those of the first that were held against the patient."""

    topic: str
    found: list[str]
    held: dict[str, Held]


def rank_pool(pool: Pool, engines: Engines, thesaurus: Thesaurus) -> list[Ranked]:
    """Each topic's trials with the verdicts on them; each trial's criteria are parsed once."""
    measures = ClinicalMeasures()
    matcher, formulas = Matcher(thesaurus, measures), Formulas()
    parsed: dict[str, tuple[str, Sequence[ParsedCriterion]]] = {}
    ranked = []
    for topic, text in pool.topics.items():
        found = match(engines.engine, thesaurus, text, weights=WEIGHTS)
        reading = make_reading(describe_patient(text, thesaurus, DAY), DAY, matcher, measures, formulas)
        held = {}
        for nct_id in found[:DEPTH]:
            if nct_id not in parsed:
                module = pool.records[nct_id]["protocolSection"].get("eligibilityModule") or {}
                words = str(module.get("eligibilityCriteria") or "")
                parsed[nct_id] = words, parse_criteria(words)
            words, criteria = parsed[nct_id]
            speaks = [
                each.speaks for each in evaluate_patient(criteria, reading._replace(text=words)).criteria
            ]
            counts = [1.0 if each == "for" else 0.0 if each == "against" else 0.5 for each in speaks]
            held[nct_id] = Held(len(counts), fmean(counts) if counts else 0.5, speaks.count("against"))
        ranked.append(Ranked(topic, found, held))
    return ranked


def rank_anew(ranked: Ranked, setting: Setting) -> list[str]:
    """The trials of a topic in the order that verdicts give them; those further down stay where they are.

    >>> held = {"NCT1": Held(2, 0.5, 1), "NCT2": Held(2, 0.5, 0)}
    >>> rank_anew(Ranked("1", ["NCT1", "NCT2", "NCT3"], held), LAST)
    ['NCT2', 'NCT1', 'NCT3']
    """

    def score(place: int, nct_id: str) -> float:
        held = ranked.held[nct_id]
        base = (1 + setting.share * (held.mean - 0.5)) / (setting.smoothing + place)
        return base * (setting.kept if held.against else 1.0)

    first = ranked.found[:DEPTH]
    places = {nct_id: score(place, nct_id) for place, nct_id in enumerate(first, 1)}
    return [*sorted(first, key=lambda nct_id: -places[nct_id]), *ranked.found[DEPTH:]]


def leave_out(ranked: Ranked) -> list[str]:
    """The trials of a topic without those that a criterion speaks against."""
    return [nct_id for nct_id in ranked.found if nct_id not in ranked.held or not ranked.held[nct_id].against]


def score_lists(pool: Pool, lists: dict[str, list[str]]) -> Scores:
    scores: Scores = {"nDCG@10": [], "P@10": []}
    for topic, found in lists.items():
        judged = pool.judgements[topic]
        eligible = {nct_id for nct_id, grade in judged.items() if grade == 2} or {
            nct_id for nct_id, grade in judged.items() if grade
        }
        scores["nDCG@10"].append(compute_ndcg(found, judged))
        scores["P@10"].append(compute_precision(found, eligible))
    return scores


def choose(pool: Pool, ranked: Sequence[Ranked]) -> Setting:
    """The setting with the best mean nDCG@10; of equal ones the first, which weighs verdicts least."""
    return max(SETTINGS, key=lambda each: fmean(score_lists(pool, _list(ranked, each))["nDCG@10"]))


def _list(ranked: Sequence[Ranked], setting: Setting) -> dict[str, list[str]]:
    return {each.topic: rank_anew(each, setting) for each in ranked}


def compare(
    data: Path, home: Path
) -> tuple[Setting, dict[str, dict[str, Scores]], dict[str, dict[str, float]]]:
    """The chosen setting, the scores by collection and method, and how many trials were violated by their grades."""
    thesaurus = load_thesaurus()
    pools = {name: read_pool(data / "trec", name) for name in POOLS}
    ranked = {}
    for name, pool in pools.items():
        engines = make_library(home / name, pool.records, with_baselines=False)
        ranked[name] = rank_pool(pool, engines, thesaurus)
    chosen = choose(pools[TUNED_ON], ranked[TUNED_ON])
    scores = {
        name: {
            "without criteria": score_lists(pool, _list(ranked[name], WITHOUT)),
            "with criteria": score_lists(pool, _list(ranked[name], chosen)),
            "violated last": score_lists(pool, _list(ranked[name], LAST)),
            "violated left out": score_lists(pool, {each.topic: leave_out(each) for each in ranked[name]}),
        }
        for name, pool in pools.items()
    }
    return chosen, scores, {name: count_violated(pool, ranked[name]) for name, pool in pools.items()}


def count_violated(pool: Pool, ranked: Sequence[Ranked]) -> dict[str, float]:
    """Of judged trials among the first, by their grade: how many, and what share of them a criterion speaks against."""
    counted: dict[str, float] = {}
    for grade, name in ((2, "eligible"), (1, "excluded"), (0, "not relevant")):
        held = [
            each.held[nct_id]
            for each in ranked
            for nct_id in each.held
            if pool.judgements[each.topic].get(nct_id) == grade
        ]
        counted[name] = len(held)
        counted[f"{name}, violated"] = (
            round(sum(each.against > 0 for each in held) / len(held), 4) if held else 0.0
        )
        counted[f"{name}, mean"] = round(fmean(each.mean for each in held), 4) if held else 0.0
    return counted


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        chosen, scores, violated = compare(asked.data, Path(folder))
    if asked.json:
        means = {
            name: {
                method: {one: round(fmean(all_), 4) for one, all_ in each.items()}
                for method, each in table.items()
            }
            for name, table in scores.items()
        }
        print(json.dumps({"chosen": chosen._asdict(), "means": means, "violated": violated}, indent=2))
        return
    print(f"\nCriteria in the ranking: chosen on {TUNED_ON}: {chosen}")
    for name, table in scores.items():
        print(
            f"\n{name}: {len(table['without criteria']['P@10'])} topics"
            + (" (tuned on)" if name == TUNED_ON else "")
        )
        for method, each in table.items():
            cells = "".join("{:8.3f} [{:.3f}, {:.3f}]  ".format(*compute_interval(each[one])) for one in each)
            pairs = zip(each["nDCG@10"], table["without criteria"]["nDCG@10"], strict=True)
            gain = "{:+.3f} [{:+.3f}, {:+.3f}]".format(*compute_interval([one - two for one, two in pairs]))
            print(f"  {method:20}{cells} {gain}")
        print(f"  {violated[name]}")


if __name__ == "__main__":
    main()
