"""Train the recogniser of criteria on Chia and LCT, and write the weights that come with the program.

    nice python benchmarks/fit_criteria.py [--data ../shared/data] [--out src/trialbook/eligibility/recogniser.bin]

Needs python-crfsuite, which the program itself does not. Chia (Kury et al. 2020, doi:10.1038/s41597-020-00620-0)
and LCT (Dobbins et al. 2022, doi:10.1038/s41597-022-01521-0) are both CC BY 4.0. Trials kept aside
(`criterion_corpora.is_kept_aside`) are not learnt from. Groups of words of like use are learnt from the criteria
of all records in the folder, which nobody annotated. The same data give the same weights.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pycrfsuite
import zstandard

from criterion_corpora import Line, is_kept_aside, read_chia, read_lct_inner, read_lct_outer
from trialbook.eligibility.chain import Chain, Layout
from trialbook.eligibility.features import describe_word, fill_columns, list_features
from trialbook.eligibility.recognise import MOST_MENTIONS, STACKED, Stored, describe, stack
from trialbook.eligibility.words import Token, cut_tokens
from trialbook.terms import get_thesaurus

Floats = npt.NDArray[np.float32]

DATA = Path(__file__).parents[2] / "shared" / "data"
OUT = Path(__file__).parents[1] / "src" / "trialbook" / "eligibility" / "recogniser.bin"
RECORDS = ("ctgov/records.jsonl.gz", "ctgov/records_stem_cells_2022.jsonl.gz", "trec/*trials.jsonl.gz")
SEED = 20261129
RARE = 5
CONTEXTS = 1500
DIMENSIONS = 100
COARSE, FINE = 64, 500
ROUNDS = 15
# Found on an eighth of the trials that are learnt from.
SETTINGS = {
    "lct_outer": {"c1": 0.3, "c2": 0.05, "max_iterations": 80},
    "lct_inner": {"c1": 0.25, "c2": 0.03, "max_iterations": 70},
    "chia": {"c1": 0.4, "c2": 0.1, "max_iterations": 90},
}
# By how much a word is less often held to name nothing: what balances precision and recall.
OUTSIDE = {"lct_outer": 0.2, "lct_inner": 0.0, "chia": 0.0}


def list_texts(folder: Path) -> list[str]:
    """The eligibility texts of all records in a folder, each once."""
    texts: dict[str, None] = {}
    for pattern in RECORDS:
        for path in sorted(folder.glob(pattern)):
            with gzip.open(path, "rb") as file:
                for line in file:
                    texts.update(dict.fromkeys(_find_texts(msgspec.json.decode(line))))
    return list(texts)


def _find_texts(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "eligibilityCriteria" and isinstance(value, str):
                yield value
            else:
                yield from _find_texts(value)
    elif isinstance(part, list):
        for value in part:
            yield from _find_texts(value)


def learn_groups(texts: Sequence[str]) -> dict[str, str]:
    """Group words by the words that stand one or two places beside them: "coarse.fine"."""
    lines = [
        [describe_word(token.text)["w"] for token in cut_tokens(line)]
        for text in texts
        for line in text.split("\n")
    ]
    counts = Counter(word for line in lines for word in line)
    words = [word for word, count in counts.most_common() if count >= RARE]
    number = {word: at for at, word in enumerate(words)}
    seen = np.zeros((len(words), 4 * CONTEXTS), dtype=np.float32)
    for line in lines:
        ids = [number.get(word, -1) for word in line]
        for at, word in enumerate(ids):
            for slot, offset in enumerate((-2, -1, 1, 2)):
                beside = at + offset
                if word >= 0 and 0 <= beside < len(ids) and 0 <= ids[beside] < CONTEXTS:
                    seen[word, slot * CONTEXTS + ids[beside]] += 1
    places = _place(seen)
    rng = np.random.default_rng(SEED)
    coarse, fine = _cluster(places, COARSE, rng), _cluster(places, FINE, rng)
    return {word: f"{coarse[at]}.{fine[at]}" for at, word in enumerate(words)}


def _place(seen: Floats) -> Floats:
    """Words as points: singular vectors of the positive pointwise mutual information with their contexts."""
    total = seen.sum()
    context = (seen.sum(axis=0, keepdims=True) + 1e-9) ** 0.75
    expected = seen.sum(axis=1, keepdims=True) * context / context.sum() + 1e-12
    information: Floats = np.maximum(np.log(np.maximum(seen, 1e-12) / expected), 0).astype(np.float32)
    assert total > 0
    rng = np.random.default_rng(SEED)
    basis = information @ rng.standard_normal((information.shape[1], DIMENSIONS + 60)).astype(np.float32)
    for _ in range(3):
        basis = np.linalg.qr(basis)[0]
        basis = information @ np.linalg.qr(information.T @ basis)[0]
    left, sizes, _ = np.linalg.svd(basis, full_matrices=False)
    points: Floats = left[:, :DIMENSIONS] * np.sqrt(sizes[:DIMENSIONS])
    return points / (np.linalg.norm(points, axis=1, keepdims=True) + 1e-9)


def _cluster(points: Floats, size: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Spherical k-means."""
    centres = points[rng.choice(len(points), min(size, len(points)), replace=False)].copy()
    nearest = (points @ centres.T).argmax(axis=1)
    for _ in range(ROUNDS):
        for at in range(len(centres)):
            members = points[nearest == at]
            if len(members):
                centres[at] = members.mean(axis=0)
                centres[at] /= np.linalg.norm(centres[at]) + 1e-9
        nearest = (points @ centres.T).argmax(axis=1)
    return nearest


def label_tokens(tokens: Sequence[Token], line: Line) -> list[str]:
    labels = ["O"] * len(tokens)
    for span in line.spans:
        first = True
        for at, token in enumerate(tokens):
            if token.end > span.start and token.start < span.end and labels[at] == "O":
                labels[at] = ("B-" if first else "I-") + span.kind
                first = False
    return labels


def fit(name: str, lines: Sequence[Line], groups: Mapping[str, str], stacked: Sequence[Chain] = ()) -> Layout:
    """Train one layer; the labels of those stacked are features of its own."""
    thesaurus = get_thesaurus()
    trainer = pycrfsuite.Trainer(verbose=False)
    for line in lines:
        seen = describe(line.text, thesaurus.find_concepts_in(line.text, limit=MOST_MENTIONS))
        if not seen.tokens:
            continue
        told = seen.tell()
        if stacked:
            told = stack([told], stacked)[0]
        features = list_features(fill_columns(told["t"], told, groups))
        trainer.append(features, label_tokens(seen.tokens, line))
    trainer.set_params({**SETTINGS[name], "feature.possible_transitions": True})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        trainer.train(str(path))
        tagger = pycrfsuite.Tagger()
        tagger.open(str(path))
        info = tagger.info()
    return pack(sorted(info.labels), info.state_features, info.transitions, OUTSIDE[name])


def pack(
    labels: list[str],
    states: Mapping[tuple[str, str], float],
    moves: Mapping[tuple[str, str], float],
    shift: float,
) -> Layout:
    """Weights as eighths of bytes; those that round to nothing are left out."""
    number = {label: at for at, label in enumerate(labels)}
    states = {**states, ("b", "O"): states.get(("b", "O"), 0.0) - shift}
    scale = max(map(abs, [*states.values(), *moves.values()])) / 127
    by_feature: dict[str, list[tuple[int, int]]] = {"b": []}
    for (feature, label), weight in sorted(states.items()):
        rounded = round(weight / scale)
        if rounded:
            by_feature.setdefault(feature, []).append((number[label], rounded))
    features = sorted(by_feature)
    cells = [cell for feature in features for cell in sorted(by_feature[feature])]
    transitions = np.zeros((len(labels), len(labels)), dtype=np.int8)
    for (before, after), weight in moves.items():
        transitions[number[before], number[after]] = round(weight / scale)
    for label in labels:
        if label.startswith("I-"):
            for before in labels:
                if before[2:] != label[2:]:
                    transitions[number[before], number[label]] = -127
    return Layout(
        labels,
        features,
        bytes(len(by_feature[feature]) for feature in features),
        bytes(label for label, _ in cells),
        np.array([weight for _, weight in cells], dtype=np.int8).tobytes(),
        transitions.tobytes(),
        scale,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args()
    groups = learn_groups(list_texts(asked.data))
    folder = asked.data / "eligibility"
    sets = {
        "lct_outer": read_lct_outer(folder / "lct.zip"),
        "lct_inner": read_lct_inner(folder / "lct.zip"),
        "chia": read_chia(folder / "chia_with_scope.zip"),
    }
    layers: dict[str, Layout] = {}
    trials: dict[str, list[str]] = {}
    for name, lines in sets.items():
        learnt = [line for line in lines if not is_kept_aside(line.nct_id)]
        stacked = [Chain(layers[one], groups) for one in STACKED] if name == "chia" else []
        layers[name] = fit(name, learnt, groups, stacked)
        trials[name] = sorted({line.nct_id for line in learnt})
        print(f"{name}: {len(learnt)} lines, {len(layers[name].features)} features", flush=True)
    body = zstandard.ZstdCompressor(level=19).compress(msgspec.msgpack.encode(Stored(groups, layers, trials)))
    asked.out.write_bytes(body)
    print(f"{asked.out}: {len(body)} bytes, sha256 {hashlib.sha256(body).hexdigest()[:16]}")


if __name__ == "__main__":
    main()
