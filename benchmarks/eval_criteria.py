"""Score the parser of criteria on whatever annotated files lie in a folder, without learning from them.

    python benchmarks/eval_criteria.py [--data ../shared/data/eligibility] [--json]

Reads `chia_with_scope.zip`, `lct.zip`, `lct_logical_forms.json` and `criterion_labels.json` where they are there.
Of Chia and LCT only trials are scored that the recogniser did not learn from: of the folder that it was trained
on the part that a hash kept aside, of any other all. Entities: strict is the same kind and the same characters;
relaxed is the same kind and any character in common. Intervals are 95 %, by drawing trials (criteria, patients)
anew 1,000 times.

Chia: 15 kinds (`criterion_corpora.CHIA`), without scopes, notes and stretches in several pieces; of two that
overlap the longer. LCT: both of its layers (things, and the names and parts of comparisons within), without the
six kinds of `LCT_LEFT_OUT`. Comparisons and trees: `criterion_forms`. Verdicts on patients' notes: `criterion_verdicts`.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from criterion_corpora import Line, Span, read_chia, read_lct_inner, read_lct_outer
from criterion_forms import (
    are_same,
    count_agreeing,
    read_gold_bounds,
    read_gold_shape,
    read_our_bounds,
    read_our_shape,
)
from criterion_verdicts import score_verdicts
from trialbook.eligibility.parse import parse_criteria
from trialbook.eligibility.recognise import Layer, Recogniser, load_stored
from trialbook.eligibility.tree import All, Tree
from trialbook.eligibility.tree import Span as Place
from trialbook.terms import get_thesaurus

DATA = Path(__file__).parents[2] / "shared" / "data" / "eligibility"
DRAWS = 1000
SEED = 12
Numbers = dict[str, float | int | list[float] | str]


class Counts(NamedTuple):
    """What was found and what is right, of one trial or criterion."""

    gold: int
    ours: int
    agree: int
    gold_touched: int = 0
    ours_touched: int = 0


class LogicalForm(msgspec.Struct, frozen=True):
    intent: str
    snippet: str


def score_entities(name: str, layers: Sequence[tuple[Layer, Sequence[Line]]], numbers: Numbers) -> None:
    """Strict and relaxed F1 of one corpus over the trials that were not learnt from."""
    recogniser = Recogniser(load_stored(), get_thesaurus())
    by_trial: dict[str, list[Counts]] = {}
    left_out: set[str] = set()
    for layer, lines in layers:
        learnt = set(load_stored().learnt[layer])
        left_out |= {line.nct_id for line in lines if line.nct_id in learnt}
        scored = [line for line in lines if line.nct_id not in learnt]
        for line, found in zip(scored, recogniser.find([line.text for line in scored], layer), strict=True):
            ours = [Span(each.start, each.end, each.kind) for each in found]
            by_trial.setdefault(line.nct_id, []).append(_count(line.spans, ours))
    if not by_trial:
        return
    drawn = [_add(each) for each in by_trial.values()]
    total = _add(drawn)
    numbers[f"{name}_strict_f1"] = _f1(total)
    numbers[f"{name}_strict_f1_interval"] = _interval(drawn, _f1)
    numbers[f"{name}_strict_precision"] = _share(total.agree, total.ours)
    numbers[f"{name}_strict_recall"] = _share(total.agree, total.gold)
    numbers[f"{name}_relaxed_f1"] = _relaxed(total)
    numbers[f"{name}_relaxed_f1_interval"] = _interval(drawn, _relaxed)
    numbers[f"{name}_trials"] = len(by_trial)
    numbers[f"{name}_entities"] = total.gold
    numbers[f"{name}_trials_learnt_from_and_left_out"] = len(left_out)


def _count(gold: Sequence[Span], ours: Sequence[Span]) -> Counts:
    def touch(one: Span, others: Iterable[Span]) -> bool:
        return any(one.kind == two.kind and one.start < two.end and two.start < one.end for two in others)

    return Counts(
        len(gold),
        len(ours),
        len(set(gold) & set(ours)),
        sum(touch(each, ours) for each in gold),
        sum(touch(each, gold) for each in ours),
    )


def score_forms(path: Path, numbers: Numbers) -> None:
    """Comparisons and trees against LCT's logical forms, each criterion by itself."""
    forms = msgspec.json.decode(path.read_bytes(), type=list[LogicalForm])
    bounds, same = [], []
    parsed = [_parse_alone(form.intent) for form in forms]
    for form, tree in zip(forms, parsed, strict=True):
        gold, ours = read_gold_bounds(form.snippet), read_our_bounds(tree)
        bounds.append(Counts(len(gold), len(ours), count_agreeing(gold, ours)))
        same.append(Counts(1, 1, int(are_same(read_gold_shape(form.snippet), read_our_shape(tree)))))
    _add_forms("", bounds, same, numbers)
    aside = [at for at, form in enumerate(forms) if _is_aside(form.intent)]
    _add_forms("_unseen_part", [bounds[at] for at in aside], [same[at] for at in aside], numbers)


def _is_aside(intent: str) -> bool:
    return hashlib.sha256(intent.encode()).digest()[0] % 20 < 3


def _parse_alone(intent: str) -> Tree:
    """The tree of a criterion that stands alone; where it falls into several, all of them."""
    trees = [each.tree for each in parse_criteria(intent)]
    return trees[0] if len(trees) == 1 else All(Place(0, len(intent)), tuple(trees))


def _add_forms(suffix: str, bounds: Sequence[Counts], same: Sequence[Counts], numbers: Numbers) -> None:
    if not bounds:
        return
    total, trees = _add(bounds), _add(same)
    numbers[f"comparison_precision{suffix}"] = _share(total.agree, total.ours)
    numbers[f"comparison_precision{suffix}_interval"] = _interval(
        bounds, lambda one: _share(one.agree, one.ours)
    )
    numbers[f"comparison_recall{suffix}"] = _share(total.agree, total.gold)
    numbers[f"comparison_recall{suffix}_interval"] = _interval(
        bounds, lambda one: _share(one.agree, one.gold)
    )
    numbers[f"comparisons{suffix}"] = total.gold
    numbers[f"comparisons_found{suffix}"] = total.ours
    numbers[f"tree_exact{suffix}"] = _share(trees.agree, trees.gold)
    numbers[f"tree_exact{suffix}_interval"] = _interval(same, lambda one: _share(one.agree, one.gold))
    numbers[f"trees{suffix}"] = trees.gold


def _add(counts: Iterable[Counts]) -> Counts:
    return Counts(*(sum(column) for column in zip(*counts, strict=True)))


def _share(part: float, whole: float) -> float:
    return round(part / whole, 4) if whole else 0.0


def _f1(counts: Counts) -> float:
    return _share(2 * counts.agree, counts.gold + counts.ours)


def _relaxed(counts: Counts) -> float:
    recall, precision = _share(counts.gold_touched, counts.gold), _share(counts.ours_touched, counts.ours)
    return _share(2 * precision * recall, precision + recall)


def _interval(drawn: Sequence[Counts], measure: Callable[[Counts], float]) -> list[float]:
    rng = np.random.default_rng(SEED)
    table = np.array(drawn)
    picks = rng.integers(0, len(table), size=(DRAWS, len(table)))
    values = [measure(Counts(*(int(one) for one in table[pick].sum(axis=0)))) for pick in picks]
    low, high = np.percentile(values, [2.5, 97.5])
    return [round(float(low), 4), round(float(high), 4)]


def score(folder: Path) -> Numbers:
    """All that the files of a folder allow."""
    numbers: Numbers = {}
    chia, lct, forms = (
        folder / name for name in ("chia_with_scope.zip", "lct.zip", "lct_logical_forms.json")
    )
    if chia.is_file():
        score_entities("chia", [("chia", read_chia(chia))], numbers)
    if lct.is_file():
        layers: list[tuple[Layer, Sequence[Line]]] = [
            ("lct_outer", read_lct_outer(lct)),
            ("lct_inner", read_lct_inner(lct)),
        ]
        score_entities("lct", layers, numbers)
    if forms.is_file():
        score_forms(forms, numbers)
    labels = folder / "criterion_labels.json"
    if labels.is_file():
        numbers |= score_verdicts(labels)
    return numbers


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    numbers = score(asked.data)
    if asked.json:
        print(msgspec.json.encode(numbers).decode())
        return
    for name, value in numbers.items():
        print(f"{name:40} {value}")
    if "chia_trials_learnt_from_and_left_out" in numbers or "lct_trials_learnt_from_and_left_out" in numbers:
        print("Entities are those of trials that the recogniser did not learn from.")
    print(
        "Criteria of lct_logical_forms.json were not learnt from; of the unseen part few were read before it was set aside."
    )


if __name__ == "__main__":
    main()
