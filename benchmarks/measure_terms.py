"""Measure the thesaurus on real records and topics: what resolves, to what, and how fast.

    python benchmarks/measure_terms.py ../shared/data [rows to list]

A condition (or drug) string that resolves counts as exact when one of its concepts carries a name among
the record's own browse terms, and as near when it lies on the same branch of the tree as one of them.
The registry derived those terms by its own method, from keywords too, so neither side is the truth.
"""

from __future__ import annotations

import gzip
import json
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trialbook.terms import Thesaurus, load_thesaurus


def main(data: Path) -> None:
    thesaurus = measure_loading()
    records = list(iterate_records(data / "ctgov" / "records.jsonl.gz"))
    print(f"\n{len(records)} records")
    measure_strings(thesaurus, records, "conditions")
    measure_strings(thesaurus, records, "interventions")
    measure_headings(thesaurus, records)
    measure_topics(thesaurus, data / "trec")
    measure_spotting(thesaurus, records)


def measure_loading() -> Thesaurus:
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        started = time.perf_counter()
        load_thesaurus(cache)
        built = time.perf_counter() - started
        best = min(_time_load(cache) for _ in range(5))
        size = sum(path.stat().st_size for path in cache.iterdir())
        thesaurus = load_thesaurus(cache)
    print(thesaurus.version)
    times = f"build {built:.2f} s, load {best * 1000:.0f} ms"
    print(f"{thesaurus.concept_count} concepts; {times}, {size / 1e6:.1f} MB on disk")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak memory of this process, build included: {peak} MB")
    return thesaurus


def _time_load(cache: Path) -> float:
    started = time.perf_counter()
    load_thesaurus(cache)
    return time.perf_counter() - started


def iterate_records(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def list_strings(record: dict[str, Any], what: str) -> list[str]:
    protocol = record["protocolSection"]
    if what == "conditions":
        return list(protocol.get("conditionsModule", {}).get("conditions", []))
    interventions = protocol.get("armsInterventionsModule", {}).get("interventions", [])
    return [
        item["name"]
        for item in interventions
        if item.get("type") in {"DRUG", "BIOLOGICAL"} and "name" in item
    ]


def list_names(thesaurus: Thesaurus, text: str) -> set[str]:
    return {concept.name.casefold() for concept in thesaurus.find_concepts(text)}


def is_narrower(thesaurus: Thesaurus, text: str, headings: set[str]) -> bool:
    """Say whether what `text` means lies under one of the record's headings in the MeSH tree."""
    trees = [tree for concept in thesaurus.find_concepts(text) for tree in concept.tree_numbers]
    above = [
        tree
        for heading in headings
        for concept in thesaurus.find_concepts(heading)
        for tree in concept.tree_numbers
    ]
    return any(tree.startswith(other + ".") for tree in trees for other in above)


def list_headings(record: dict[str, Any], what: str, part: str) -> set[str]:
    module = "conditionBrowseModule" if what == "conditions" else "interventionBrowseModule"
    terms = record.get("derivedSection", {}).get(module, {}).get(part, [])
    return {term["term"].casefold() for term in terms}


def measure_strings(thesaurus: Thesaurus, records: list[dict[str, Any]], what: str) -> None:
    counts: Counter[str] = Counter()
    unresolved: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for record in records:
        right, above = list_headings(record, what, "meshes"), list_headings(record, what, "ancestors")
        right |= {name for heading in right for name in list_names(thesaurus, heading)}
        reached: set[str] = set()
        for text in list_strings(record, what):
            counts["strings"] += 1
            names = list_names(thesaurus, text)
            spotted = {
                concept.name.casefold()
                for mention in thesaurus.find_concepts_in(text)
                for concept in mention.concepts
            }
            reached |= names | spotted
            counts["mentioned"] += bool(spotted or names)
            if not names:
                unresolved[text] += 1
                continue
            counts["resolved"] += 1
            if right:
                counts["judged"] += 1
                counts["exact"] += bool(names & right)
                near = names & (right | above) or is_narrower(thesaurus, text, right)
                counts["near"] += bool(near)
                if not near:
                    wrong[f"{text} -> {sorted(names)} not in {sorted(right)[:4]}"] += 1
        for heading in list_headings(record, what, "meshes"):
            counts["headings"] += 1
            counts["reached"] += bool(({heading} | list_names(thesaurus, heading)) & reached)
    print(f"\n{what}: {dict(counts)}")
    print(
        f"  resolves whole {_share(counts, 'resolved', 'strings')}, mentions something"
        f" {_share(counts, 'mentioned', 'strings')}; precision exact {_share(counts, 'exact', 'judged')},"
        f" on the same branch {_share(counts, 'near', 'judged')}; record headings reached"
        f" {_share(counts, 'reached', 'headings')}"
    )
    print("  unresolved:", unresolved.most_common(int(sys.argv[2]) if len(sys.argv) > 2 else 12))
    print("  elsewhere:", wrong.most_common(int(sys.argv[2]) if len(sys.argv) > 2 else 12))


def measure_headings(thesaurus: Thesaurus, records: list[dict[str, Any]]) -> None:
    for what in ("conditions", "interventions"):
        used = Counter(term for record in records for term in list_headings(record, what, "meshes"))
        known = {term for term in used if thesaurus.find_concepts(term)}
        share = sum(used[term] for term in known) / sum(used.values())
        print(f"\n{what}: {len(known)} of {len(used)} browse headings known, {share:.1%} of their uses")


def measure_topics(thesaurus: Thesaurus, folder: Path) -> None:
    for path in sorted(folder.glob("*queries*.jsonl")):
        topics = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        texts = [str(topic.get("text") or topic) for topic in topics]
        started = time.perf_counter()
        found = [thesaurus.find_concepts_in(text) for text in texts]
        spent = (time.perf_counter() - started) / len(texts)
        words = sum(len(text.split()) for text in texts) / len(texts)
        mentions = sum(map(len, found)) / len(texts)
        shape = f"{len(texts)} topics of {words:.0f} words"
        print(f"\n{path.name}: {shape}, {mentions:.1f} mentions, {spent * 1000:.1f} ms")
        for text, some in list(zip(texts, found, strict=True))[:4]:
            print("  ", text[:110].replace("\n", " "), "…")
            print("     ", "; ".join(f"{m.text} = {m.concepts[0].name}" for m in some))


def measure_spotting(thesaurus: Thesaurus, records: list[dict[str, Any]]) -> None:
    texts = [
        record["protocolSection"].get("descriptionModule", {}).get("briefSummary", "") for record in records
    ]
    started = time.perf_counter()
    found = Counter(
        (mention.text.casefold(), mention.concepts[0].name)
        for text in texts
        for mention in thesaurus.find_concepts_in(text, limit=1000)
    )
    spent = time.perf_counter() - started
    words = sum(len(text.split()) for text in texts)
    print(f"\nbrief summaries: {words} words in {spent:.1f} s ({words / spent:,.0f} words/s)")
    shown = int(sys.argv[2]) if len(sys.argv) > 2 else 12
    print(
        "  most mentioned:", [(f"{form} = {name}", count) for (form, name), count in found.most_common(shown)]
    )


def _share(counts: Counter[str], part: str, whole: str) -> str:
    return f"{counts[part] / max(counts[whole], 1):.1%}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
