"""Are reasons true? Each is worked out again from the raw records, in the plainest way."""

from __future__ import annotations

import gzip
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.related.conftest import make_trial, write_records

from trialbook.library import Library
from trialbook.related.engine import RelatedStudy
from trialbook.related.reasons import Reason
from trialbook.terms import get_thesaurus
from trialbook.terms.text import cut_words

Record = dict[str, Any]
AGES = re.compile(r"(\d[\d.]*) (years|months|days)")


def iter_texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from iter_texts(each)


def fold(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def unescape(value: Any) -> Any:
    """What a copy wrote with entities ("Alzheimer&#39;s") is read as it is meant."""
    if isinstance(value, str):
        return html.unescape(value)
    if isinstance(value, list):
        return [unescape(each) for each in value]
    return {name: unescape(each) for name, each in value.items()} if isinstance(value, dict) else value


class Side:
    """A raw record, with what a reason may say of it."""

    def __init__(self, record: Record) -> None:
        self.protocol = record["protocolSection"]
        self.text = "\n".join(iter_texts(self.protocol)).casefold()
        # As the index cuts them, which writes "m²" as "m2".
        self.words = set(cut_words(self.text))
        self.folded = fold(self.text)
        browsed = record.get("derivedSection", {})
        self.headings = {
            row["term"].casefold()
            for module in ("conditionBrowseModule", "interventionBrowseModule")
            for kind in ("meshes", "ancestors")
            for row in browsed.get(module, {}).get(kind, [])
        }
        self.design = self.protocol.get("designModule", {})
        self.references = self.protocol.get("referencesModule", {}).get("references", [])

    def means(self, heading: str) -> bool:
        """Whether the registry gives a heading, or a name in the record is it, means it or a narrower one."""
        if heading.casefold() in self.headings:
            return True
        thesaurus = get_thesaurus()
        modules = [
            self.protocol.get("conditionsModule", {}),
            self.protocol.get("armsInterventionsModule", {}),
        ]
        for name in {text for module in modules for text in iter_texts(module)}:
            if fold(re.sub(r"\([^()]*\)", "", name)) == fold(heading):
                return True
            concepts = list(thesaurus.find_concepts(name)[:1])
            concepts += [mention.concepts[0] for mention in thesaurus.find_concepts_in(name)]
            for concept in concepts:
                broader = {each.casefold() for each, _ in thesaurus.find_broader(concept.concept_id)}
                if heading.casefold() in {concept.name.casefold(), *broader}:
                    return True
        return False

    def says(self, word: str) -> bool:
        return word in self.words or fold(word) in self.folded


def is_true(reason: Reason, own: Side, other: Side) -> bool:
    """Whether what a reason says of two records stands there."""
    check = CHECKS[reason.kind]
    sides = ((own, reason.ours), (other, reason.theirs))
    if reason.kind in SAME_IN_ALL and (reason.ours == reason.theirs) is not SAME_IN_ALL[reason.kind]:
        return False
    return bool(reason.ours and reason.theirs) and all(
        check(side, said) for side, each in sides for said in each
    )


# Whether what both sides say of these is the same.
SAME_IN_ALL = {"same ages": True, "same limits": True, "overlapping ages": False}


def has_design(side: Side, said: str) -> bool:
    name, _, values = said.partition(": ")
    info = side.design.get("designInfo", {})
    held = {
        "study type": side.design.get("studyType"),
        "phase": side.design.get("phases"),
        "purpose": info.get("primaryPurpose"),
        "allocation": info.get("allocation"),
        "model": info.get("interventionModel"),
        "masking": info.get("maskingInfo", {}).get("masking"),
        "observational model": info.get("observationalModel"),
        "time perspective": info.get("timePerspective"),
    }[name]
    return values == (", ".join(sorted(held)) if isinstance(held, list) else held)


def has_limit(side: Side, said: str) -> bool:
    module = side.protocol["eligibilityModule"]
    sexes = {"all sexes": "ALL", "women": "FEMALE", "men": "MALE"}
    # Copies that are older than the registry's API say it in words.
    healthy = {"healthy volunteers too": (True, "Yes"), "no healthy volunteers": (False, "No")}
    if said in sexes:
        return bool(module.get("sex") == sexes[said])
    return module.get("healthyVolunteers") in healthy[said]


def has_ages(side: Side, said: str) -> bool:
    module = side.protocol["eligibilityModule"]
    numbers = {float(number) for number, _ in AGES.findall(said)}
    limits = " ".join(str(module.get(name, "")) for name in ("minimumAge", "maximumAge"))
    return bool(numbers) and all(
        any(abs(number - float(each)) < 0.51 for each in re.findall(r"[\d.]+", limits))
        or re.search(r"Month|Week|Day|Hour|Minute", limits)
        for number in numbers
    )


def has_publication(side: Side, said: str) -> bool:
    return said.removeprefix("PMID ") in {each.get("pmid") for each in side.references}


def has_title(side: Side, said: str) -> bool:
    module = side.protocol["identificationModule"]
    return said in {module.get("briefTitle"), module.get("officialTitle")}


def has_sponsor(side: Side, said: str) -> bool:
    return bool(side.protocol["sponsorCollaboratorsModule"]["leadSponsor"]["name"] == said)


def has_folded(side: Side, said: str) -> bool:
    return fold(said) in side.folded


def has_measure(side: Side, said: str) -> bool:
    module = side.protocol["outcomesModule"]
    rows = [*module.get("primaryOutcomes", []), *module.get("secondaryOutcomes", [])]
    return any(said in row["measure"] for row in rows)


def has_heading(side: Side, said: str) -> bool:
    return side.means(said)


CHECKS = {
    "text": Side.says,
    "title": Side.says,
    "same outcome": has_measure,
    "words of outcomes": Side.says,
    "words of criteria": Side.says,
    "same intervention": has_heading,
    "same condition": has_heading,
    "words of interventions": Side.says,
    "words of conditions and keywords": Side.says,
    "same class": has_heading,
    "broader condition": has_heading,
    "same design": has_design,
    "same ages": has_ages,
    "overlapping ages": has_ages,
    "same limits": has_limit,
    "same sponsor": has_sponsor,
    "same investigator": has_folded,
    "shared publication of results": has_publication,
    "shared background publication": has_publication,
    "named by id": has_folded,
    "shared id": has_folded,
    "same run of study ids": has_folded,
    "same acronym": has_folded,
    "said by the title": has_title,
}


def check_lists(library: Library, records: dict[str, Record], asked: list[str]) -> int:
    """Look at every reason; all that are false are told at once, since looking takes minutes."""
    count, false = 0, []
    for nct_id in asked:
        own = Side(records[nct_id])
        found: tuple[RelatedStudy, ...] = library.find_related(nct_id).studies
        for study in found:
            other = Side(records[study.nct_id])
            assert sum(reason.share for reason in study.reasons) == pytest.approx(study.score)
            for reason in study.reasons:
                count += 1
                if not is_true(reason, own, other):
                    false.append(f"{nct_id} → {study.nct_id}: {reason}")
    assert not false, "\n".join(false)
    return count


def test_words_that_all_records_have_are_named_only_for_want_of_others(tmp_path: Path) -> None:
    said = "Written informed consent. Able to comply."
    more = ["Vitiligo ulcers heal after tacrolimus", "Vitiligo ulcers, tacrolimus", *[""] * 30]
    records = [make_trial(f"NCT5000{at:04}", f"drug{at}", f"condition{at}") for at in range(len(more))]
    for record, its in zip(records, more, strict=True):
        record["protocolSection"]["eligibilityModule"] = {"eligibilityCriteria": f"{said} {its}"}
    with Library.create(tmp_path / "library") as library:
        library.import_files(write_records(tmp_path / "r.jsonl", records))
        found = {each.nct_id: each for each in library.find_related("NCT50000000", limit=50).studies}
    words = {
        nct_id: next(reason.ours for reason in study.reasons if reason.kind == "words of criteria")
        for nct_id, study in found.items()
    }
    assert set(words.pop("NCT50000001")) == {"vitiligo", "ulcers", "tacrolimus"}
    assert words
    for each in words.values():
        assert len(each) == 3
        assert set(each) < {"written", "informed", "consent", "able", "to", "comply"}


def test_of_all_texts_words_of_what_is_studied_are_named_first(tmp_path: Path) -> None:
    records = [
        make_trial(f"NCT5000{at:04}", "tacrolimus", "vitiligo", title=f"Study {at}") for at in range(8)
    ]
    records += [make_trial(f"NCT6000{at:04}", f"drug{at}", f"condition{at}") for at in range(30)]
    rare = "sachet lifespan viremic explanation withdrawn evidenced plasma coded"
    for record in records[:2]:
        record["protocolSection"]["descriptionModule"] = {"briefSummary": f"{rare}, {rare}"}
    with Library.create(tmp_path / "library") as library:
        library.import_files(write_records(tmp_path / "r.jsonl", records))
        found = {each.nct_id: each for each in library.find_related("NCT50000000").studies}
    words = next(reason.ours for reason in found["NCT50000001"].reasons if reason.kind == "text")
    assert set(words[:2]) == {"tacrolimus", "vitiligo"}


def test_an_outcome_is_the_same_where_a_measure_is_and_else_it_shares_words(tmp_path: Path) -> None:
    asked, same, words, other_day = (f"NCT5000000{number}" for number in (1, 2, 3, 4))
    measures = {
        asked: ["Mortality at day 28", "Change of the walking distance"],
        same: ["Walking distance: the change", "Forced vital capacity"],
        words: ["Walking aids bought", "Walking distance: the change of change"],
        other_day: ["Mortality at day 90"],
    }
    records = [make_trial(each, f"drug of {each}", f"condition of {each}") for each in measures]
    for record, its in zip(records, measures.values(), strict=True):
        record["protocolSection"]["outcomesModule"] = {"primaryOutcomes": [{"measure": each} for each in its]}
    with Library.create(tmp_path / "library") as library:
        library.import_files(write_records(tmp_path / "r.jsonl", records))
        found = {each.nct_id: each for each in library.find_related(asked).studies}
    reasons = {
        nct_id: {reason.kind: reason for reason in study.reasons if "outcome" in reason.kind}
        for nct_id, study in found.items()
    }
    assert set(reasons[same]) == {"same outcome"}
    assert reasons[same]["same outcome"].ours == ("Change of the walking distance",)
    assert reasons[same]["same outcome"].theirs == ("Walking distance: the change",)
    assert reasons[words]["words of outcomes"].theirs == ("change", "walking", "distance")
    assert set(reasons[words]) == set(reasons[other_day]) == {"words of outcomes"}


def read_records(library: Library) -> dict[str, Record]:
    return {nct_id: unescape(json.loads(body)) for nct_id, body in library.store.iter_current()}


def test_reasons_of_real_records_stand_in_the_records(shared_data: Path, tmp_path: Path) -> None:
    with gzip.open(shared_data / "ctgov" / "records.jsonl.gz") as lines:
        (tmp_path / "some.jsonl").write_bytes(
            b"".join(line for _, line in zip(range(250), lines, strict=False))
        )
    with Library.create(tmp_path / "library") as library:
        library.import_files(tmp_path / "some.jsonl")
        records = read_records(library)
        assert check_lists(library, records, sorted(records)[::8]) > 1_500


@pytest.mark.slow
def test_all_reasons_of_a_thousand_lists_stand_in_the_records(shared_data: Path, tmp_path: Path) -> None:
    with Library.create(tmp_path / "library") as library:
        library.import_files(shared_data / "ctgov")
        records = read_records(library)
        assert check_lists(library, records, sorted(records)[::4][:1_000]) > 50_000
