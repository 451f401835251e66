"""Fit the weights of related studies to pairs that records themselves yield, and say how they would do.

    python benchmarks/fit_related.py [--data ../shared/data] [--queries 300]

Learnt from are studies of one sponsor whose study ids have one stem, that share a background publication, or
whose acronyms have one stem. The features that such a pair was found by are taken away before it is learnt
from, and no study of a measured pair is in any. Only features that describe are fitted: those of kinship are
what the pairs are found by, and keep their weights. Prints both tables, and what each gives: over the pairs,
every fifth left out in turn, and over the measured pairs that choices were made by. Writes nothing. The same
records give the same numbers.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from eval_related import DATA, Ours, read_records
from related_pairs import (
    Answers,
    Record,
    find_named,
    find_parts,
    find_publications,
    find_sharing,
    get_module,
    list_publications,
    remove_links,
)
from trialbook.related.facets import get_weights
from trialbook.related.kin import cut_acronym, cut_study_id, fold_name
from trialbook.related.likeness import FEATURES, PLACE

Floats = npt.NDArray[np.float64]

# Which pairs are learnt from, and the features that are taken away from them.
HIDDEN = {
    "study ids": ("study id", "sponsor", "said by title"),
    "background publication": ("background publication", "result publication"),
    "acronym": ("acronym", "study id", "title"),
}
FITTED = FEATURES[: FEATURES.index("sponsor")]
FOLDS = 5
STEPS = 200
RATE = 0.2
# So sharp is the choice among candidates: a score that is higher by a tenth is e² times as likely.
SHARPNESS = 20.0


class Query(msgspec.Struct, frozen=True):
    """One study asked for: its candidates' features, and which of them are right."""

    nct_id: str
    features: Floats
    is_right: npt.NDArray[np.bool_]


def list_study_ids(record: Record) -> list[str]:
    """Sponsor and stem of the study's id, as one key."""
    study_id = str((get_module(record, "identificationModule").get("orgStudyIdInfo") or {}).get("id", ""))
    lead = get_module(record, "sponsorCollaboratorsModule").get("leadSponsor") or {}
    stem, sponsor = cut_study_id(study_id), fold_name(str(lead.get("name", "")))
    return [f"{sponsor}|{stem}"] if stem and sponsor else []


def list_acronyms(record: Record) -> list[str]:
    """The stem of the acronym."""
    acronym = get_module(record, "identificationModule").get("acronym")
    stem = cut_acronym(str(acronym)) if acronym else ""
    return [stem] if stem else []


LISTED: dict[str, Callable[[Record], Iterable[str]]] = {
    "study ids": list_study_ids,
    "background publication": lambda record: list_publications(record, ("BACKGROUND",)),
    "acronym": list_acronyms,
}


def gather(ours: Ours, answers: Answers, hidden: Sequence[str], most: int) -> list[Query]:
    """The candidates of some studies, the same ones each time."""
    chosen = sorted(answers, key=lambda nct_id: hashlib.sha256(nct_id.encode()).digest())[:most]
    queries = []
    for nct_id in chosen:
        found = ours.find_features(nct_id)
        features = np.array(list(found.values())).reshape(-1, len(FEATURES))
        features[:, [PLACE[name] for name in hidden]] = 0.0
        is_right = np.array([each in answers[nct_id] for each in found], bool)
        queries.append(Query(nct_id, features, is_right))
    return queries


def fit(queries: Sequence[Query], start: Floats) -> Floats:
    """Weights of `FITTED`, none below 0, under which the right ones of the candidates are likeliest."""
    places = [PLACE[name] for name in FITTED]
    whole = start[places].sum()
    weights = start.copy()
    moved = np.zeros(len(places))
    usable = [each for each in queries if each.is_right.any() and not each.is_right.all()]
    if not usable:
        return weights
    rows = np.concatenate([each.features for each in usable])
    is_right = np.concatenate([each.is_right for each in usable])
    sizes = np.array([len(each.is_right) for each in usable])
    starts, owners = np.cumsum(sizes) - sizes, np.repeat(np.arange(len(sizes)), sizes)
    for _ in range(STEPS):
        scores = SHARPNESS * (rows @ weights)
        chances = np.exp(scores - np.maximum.reduceat(scores, starts)[owners])
        right = chances * is_right
        pulls = (
            right / np.add.reduceat(right, starts)[owners]
            - chances / np.add.reduceat(chances, starts)[owners]
        )
        slope = (pulls @ rows[:, places]) / len(usable)
        moved += slope**2
        weights[places] = np.maximum(weights[places] + RATE * slope / np.sqrt(moved + 1e-9) / SHARPNESS, 0.0)
        weights[places] *= whole / (weights[places].sum() or 1.0)
    return weights


def measure(queries: Sequence[Query], weights: Floats) -> list[tuple[float, float]]:
    """Hit@10 and reciprocal rank of each query."""
    rows = []
    for query in queries:
        order = np.argsort(-(query.features @ weights), kind="stable")
        places = np.flatnonzero(query.is_right[order])
        place = int(places[0]) + 1 if len(places) else 0
        rows.append((float(0 < place <= 10), 1 / place if place else 0.0))
    return rows


def measure_left_out(queries: Sequence[Query], start: Floats) -> list[tuple[float, float]]:
    """The same, each query under weights that were fitted without it."""
    rows: list[tuple[float, float]] = []
    for fold in range(FOLDS):
        rows += measure(
            queries[fold::FOLDS], fit([q for at, q in enumerate(queries) if at % FOLDS != fold], start)
        )
    return rows


def write(name: str, rows: Sequence[tuple[float, float]]) -> str:
    """One line of means."""
    hit, rank = np.mean(rows, axis=0)
    return f"{name:44}{len(rows):5} queries  hit@10 {hit:.3f}  MRR {rank:.3f}"


def find_training_pairs(records: Mapping[str, Record], measured: Mapping[str, str]) -> dict[str, Answers]:
    """Pairs of each kind, without the studies of any measured pair."""
    free = {nct_id: record for nct_id, record in records.items() if nct_id not in measured}
    return {kind: find_sharing(free, list_keys) for kind, list_keys in LISTED.items()}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--queries", type=int, default=300, help="at most so many studies of each kind")
    asked = parser.parse_args()
    records = read_records(asked.data)
    named, published = find_named(records), find_publications(records)
    where = find_parts(named, published)
    start = get_weights()
    with tempfile.TemporaryDirectory() as folder:
        ours = Ours(Path(folder) / "library", remove_links(records))
        training: list[Query] = []
        for kind, answers in find_training_pairs(records, where).items():
            # References are removed from what is measured, and so from what is learnt from.
            queries = gather(ours, answers, HIDDEN[kind], asked.queries)
            print(write(f"{kind}, weights as they are", measure(queries, start)))
            training += queries
        tuned_on = [
            query
            for answers in (named, published)
            for query in gather(
                ours,
                {each: right for each, right in answers.items() if where[each] == "tuned on"},
                (),
                10_000,
            )
        ]
        ours.close()
    fitted = fit(training, start)
    print(write("all of them, weights as they are", measure(training, start)))
    print(write("all of them, fitted without the fifth", measure_left_out(training, start)))
    print(write("measured, tuned on, weights as they are", measure(tuned_on, start)))
    print(write("measured, tuned on, fitted", measure(tuned_on, fitted)))
    print(f"\n{'feature':24}{'as it is':>10}{'fitted':>10}")
    for name in FITTED:
        print(f"{name:24}{start[PLACE[name]]:10.3f}{fitted[PLACE[name]]:10.3f}")


if __name__ == "__main__":
    main()
