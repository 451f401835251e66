"""The engine answers like the plain evaluator: random queries over real and fictional records, now and as of a day.

The plain evaluator (tests/naive) goes over the raw records and shares nothing with the engine but the
parsed tree and the tables of pieces. The words of the queries are taken from the records, so that a
good part of them finds something.
"""

from __future__ import annotations

import copy
import gzip
import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from tests.conftest import SHARED
from tests.library import find, make_library, open_engine
from tests.naive.evaluate import evaluate

from trialbook.changes.state import read_states
from trialbook.errors import QueryError
from trialbook.model.present import make_present
from trialbook.record.pieces import find_piece, get_areas, get_enums, get_pieces, get_values
from trialbook.search.engine.engine import SearchEngine
from trialbook.search.language.parse import parse_query
from trialbook.search.language.places import widen_places
from trialbook.store import Store
from trialbook.terms import Mention, NamedMention, Synonym, get_thesaurus

SAMPLES = Path(__file__).parents[2] / "src" / "trialbook" / "samples" / "records.jsonl"
SYNONYMS = {
    "heart attack": ("myocardial infarction", "MI"),
    "placebo": ("sham", "dummy treatment"),
    "stem cell": ("progenitor cell",),
    "diabetes": ("diabetes mellitus", "DM"),
    "fever": ("pyrexia",),
}


class FewNames:
    """A small thesaurus, so that both sides know the same names."""

    known_names = get_thesaurus().known_names

    def expand(self, query: str) -> tuple[NamedMention, ...]:
        found = re.finditer(r"(?<!\S)(?:" + "|".join(SYNONYMS) + r")(?!\S)", query.lower())
        return tuple(
            NamedMention(Mention(m.start(), m.end(), m[0], ()), self.find_synonyms(m[0])) for m in found
        )

    def find_synonyms(self, phrase: str) -> tuple[Synonym, ...]:
        return tuple(map(_as_synonym, SYNONYMS.get(phrase.lower(), ())))


def _as_synonym(text: str) -> Synonym:
    return Synonym(text, "", "", "synonym")  # type: ignore[arg-type]


class Asker:
    """Writes queries at random, with words of the records."""

    def __init__(self, seed: int, records: list[dict[str, Any]]) -> None:
        self.random = random.Random(seed)
        self.records = records

    def write(self, depth: int = 3) -> str:
        kind = self.random.random()
        if depth == 0 or kind < 0.45:
            return self.write_leaf()
        if kind < 0.6:
            return f"({self.write(depth - 1)} AND {self.write(depth - 1)})"
        if kind < 0.75:
            return f"({self.write(depth - 1)} OR {self.write(depth - 1)})"
        if kind < 0.85:
            return f"(NOT {self.write(depth - 1)})"
        if kind < 0.93:
            expansion = self.random.choice(("None", "Term", "Concept", "Relaxation", "Lossy"))
            return f"EXPANSION[{expansion}]({self.write(depth - 1)})"
        return f"TILT[StudyFirstPostDate]({self.write(depth - 1)})"

    def write_leaf(self) -> str:
        leaves: tuple[Callable[[], str], ...] = (
            self.say, self.say_in_area, self.say_in_piece, self.say_covering, self.say_as_written, self.value, self.range,
            self.size, self.missing, self.site, self.distance,
        )  # fmt: skip
        return self.random.choice(leaves)()

    def say(self, text: str = "") -> str:
        known = " ".join(self.random.choice(list(SYNONYMS)).split())
        words = re.findall(r"(?<![\w.'’-])[^\W\d_]+(?:-[^\W\d_]+)?(?![\w.'’-])", text or self.pick_text())
        start = self.random.randrange(len(words)) if words else 0
        run = words[start : start + self.random.choice((1, 1, 2, 3))] or ["nothing"]
        spelt = [f"\\{word}" if word.isupper() else word for word in run]
        if self.random.random() < 0.15:
            spelt.append(known)
        if self.random.random() < 0.2:
            self.random.shuffle(spelt)
        said = " ".join(spelt)
        return f'"{said}"' if self.random.random() < 0.25 and "\\" not in said else said

    def pick_text(self, piece: str = "") -> str:
        record = self.random.choice(self.records)
        names = [piece] if piece else self.random.choices(_text_pieces(), k=20)
        for name in names:
            found = [v for v in get_values(record, find_piece(name)) if isinstance(v, str)]  # type: ignore[arg-type]
            if found:
                return self.random.choice(found)
        return "study of patients"

    def say_in_area(self) -> str:
        area = self.random.choice(list(get_areas()))
        return f"AREA[{area}]({self.say()})"

    def say_in_piece(self) -> str:
        piece = self.random.choice(_text_pieces())
        return f"AREA[{piece}]({self.say(self.pick_text(piece))})"

    def say_covering(self) -> str:
        kind = self.random.choice(("FullMatch", "StartsWith", "EndsWith", "Contains"))
        piece = self.random.choice(("Condition", "Keyword", "LocationCity", "BriefTitle", "LeadSponsorName"))
        whole = self.pick_text(piece)
        plain = re.sub(r"[^\w\s]", " ", whole) if self.random.random() < 0.5 else whole
        text = plain.strip() if re.fullmatch(r"[A-Za-z ]+", plain.strip()) else self.say(whole)
        return f"AREA[{piece}]COVERAGE[{kind}]({text.lower()})"

    def say_as_written(self) -> str:
        """Words whose capitals matter, in pieces whose values the index keeps, in others, and in areas of both."""
        kind = self.random.choice(("FullMatch", "StartsWith", "EndsWith", "Contains"))
        piece = self.random.choice(
            (
                "Condition",
                "Keyword",
                "InterventionName",
                "LeadSponsorName",
                "LocationCountry",
                "OfficialTitle",
            )
        )
        area = self.random.choice(
            (piece, "ConditionSearch", "InterventionSearch", "SponsorSearch", "StatusModule")
        )
        said = self.say(self.pick_text(piece))
        return f"AREA[{area}]EXPANSION[None]COVERAGE[{kind}]({self.random.choice((said, said.lower()))})"

    def value(self) -> str:
        piece = self.random.choice([each for each in get_pieces().values() if each.kind == "enum"])
        return f"AREA[{piece.name}]{self.random.choice(get_enums()[piece.enum]).value}"

    def range(self) -> str:
        days = ["MIN", "2015", "2019-06", "2021-03-15", "2022-12-31", "MAX"]
        ages = ["MIN", "6 months", "18 years", "40 years", "780 months", "MAX"]
        counts = ["MIN", "0", "10", "26", "100.5", "1000", "MAX"]
        piece, bounds = self.random.choice(
            (("StartDate", days), ("LastUpdatePostDate", days), ("MinimumAge", ages), ("MaximumAge", ages),
             ("EnrollmentCount", counts), ("NumConditions", counts))
        )  # fmt: skip
        low, high = sorted(self.random.sample(range(len(bounds)), k=2))
        return f"AREA[{piece}]RANGE[{bounds[low]}, {bounds[high]}]"

    def size(self) -> str:
        piece = self.random.choice(
            (
                "Phase",
                "Condition",
                "Location",
                "PrimaryOutcome",
                "EnrollmentCount",
                "OfficialTitle",
                "LocationCity",
            )
        )
        low = self.random.randrange(4)
        return f"AREA[{piece}:size]RANGE[{low}, {self.random.choice((low, low + 1, low + 30, 'MAX'))}]"

    def missing(self) -> str:
        names = ("ResultsSection", "WhyStopped", "Phase", "Location", "LocationGeoPoint", "OutcomeSearch")
        return f"AREA[{self.random.choice(names)}]MISSING"

    def site(self) -> str:
        def part() -> str:
            kind = self.random.random()
            if kind < 0.6:
                piece = self.random.choice(
                    ("LocationCity", "LocationState", "LocationCountry", "LocationFacility")
                )
                how = self.random.choice(
                    (
                        "",
                        "",
                        "COVERAGE[StartsWith]",
                        "COVERAGE[EndsWith]",
                        "EXPANSION[Lossy]",
                        "EXPANSION[None]",
                    )
                )
                return f"AREA[{piece}]{how}({self.say(self.pick_text(piece))})"
            if kind < 0.65:
                return "SEARCH[Study](AREA[Phase]PHASE2)"
            if kind < 0.75:
                return f"AREA[LocationStatus]{self.random.choice(('RECRUITING', 'COMPLETED', 'WITHDRAWN'))}"
            if kind < 0.85:
                return f"AREA[LocationGeoPoint]{self.distance_alone()}"
            return f"(NOT {part()})"

        joint = self.random.choice((" AND ", " OR "))
        return f"SEARCH[Location]({joint.join(part() for _ in range(self.random.choice((1, 2, 3))))})"

    def distance_alone(self) -> str:
        place = self.random.choice(("25.77, -80.19", "48.85, 2.35", "39.9, 116.4", "31.2, 121.5"))
        return f"DISTANCE[{place}, {self.random.choice((10, 200, 800))}km]"

    def distance(self) -> str:
        return f"AREA[LocationGeoPoint]{self.distance_alone()}"


@cache
def _text_pieces() -> list[str]:
    return [piece.name for piece in get_pieces().values() if piece.kind == "text"]


Record = dict[str, Any]
# Days on which the version in force of some studies changes, and days to ask about, with the last
# of the days before on which one changed: a partial date is asked at its end.
CHANGES = ("2019-03-01", "2021-06-15", "2022-12-31")
ASKED = {"2019-02-28": 0, "2019-03-01": 1, "2021-05": 1, "2021": 2, "2022-12-30": 2, "2022": 3}


@dataclass(frozen=True, repr=False)
class Corpus:
    """A library, and its records in force now (None) and at the end of each day in `ASKED`."""

    engine: SearchEngine
    in_force: dict[str | None, list[Record]]


def open_corpus(home: Path, records: list[Record]) -> Corpus:
    """A library of one to three versions of each record; what a study was before is told by another record.

    All versions lie between two of `CHANGES`, so that the first of two studies' versions is in force later.
    """
    versions: dict[str, list[tuple[int, Record]]] = {}
    for number, record in enumerate(records):
        nct_id = record["protocolSection"]["identificationModule"]["nctId"]
        changes = sorted({number % 3, number % 2, 2 - number % 5 % 3})
        versions[nct_id] = [
            (change, write_version(records[(number + change + 1) % len(records)], nct_id, CHANGES[change]))
            for change in changes[:-1]
        ] + [(changes[-1], write_version(record, nct_id, CHANGES[changes[-1]]))]
    library = make_library(home, [record for each in versions.values() for _, record in each])
    engine = open_engine(library)
    engine._names = FewNames()
    # What is searched of a copy that was cut is completed from others; that is tested where it is done.
    with Store(home) as store:
        states = {nct_id: read_states(store, nct_id) for nct_id in versions}
    in_force: dict[str | None, list[Record]] = {None: [each[-1].record for each in states.values()]}
    for day, changes_before in ASKED.items():
        before = [
            [state.record for state in each if state.version.version_date in CHANGES[:changes_before]]
            for each in states.values()
        ]
        in_force[day] = [each[-1] for each in before if each]
    return Corpus(engine, in_force)


def write_version(record: Record, nct_id: str, day: str) -> Record:
    """A copy of a record as the version of a study that was submitted on a day."""
    version = copy.deepcopy(record)
    version["protocolSection"]["identificationModule"]["nctId"] = nct_id
    version["protocolSection"].setdefault("statusModule", {})["lastUpdateSubmitDate"] = day
    return version


@pytest.fixture(scope="module")
def fictional(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    records: list[Record] = [json.loads(line) for line in SAMPLES.read_text(encoding="utf-8").splitlines()]
    return open_corpus(tmp_path_factory.mktemp("fictional"), records)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    source = SHARED / "data" / "ctgov" / "records.jsonl.gz"
    if not source.is_file():
        pytest.skip(f"needs the real records in {SHARED}")
    with gzip.open(source) as lines:
        records = [make_present(json.loads(line)) for line in islice(lines, 0, 1_200, 20)]
    return open_corpus(tmp_path_factory.mktemp("real"), records)


def check(corpus: Corpus, seed: int) -> None:
    """Ask now and as of a day, in either order: what was worked out for one is not taken for the other."""
    text = Asker(seed, corpus.in_force[None]).write()
    try:
        query = parse_query(text)
    except QueryError:
        reject()
    chance = random.Random(seed)
    days = [None, chance.choice(list(ASKED))]
    for as_of in chance.sample(days, k=2):
        records = corpus.in_force[as_of]
        # Names of places are widened in the tree, before anyone evaluates it.
        asked = widen_places(query)
        expected = evaluate(asked, records, synonyms=lambda phrase: SYNONYMS.get(phrase.lower(), ()))
        for is_ranked in (True, False):
            found = find(corpus.engine, query, is_ranked=is_ranked, as_of=as_of)
            assert sorted(found) == sorted(expected), (text, as_of)


seeds = st.integers(0, 2**32)
slowly = settings(deadline=None, suppress_health_check=list(HealthCheck))


@given(seeds)
@settings(slowly, max_examples=40)
def test_fictional_records_are_found_as_the_plain_evaluator_finds_them(fictional: Corpus, seed: int) -> None:
    check(fictional, seed)


@given(seeds)
@settings(slowly, max_examples=15)
def test_real_records_are_found_as_the_plain_evaluator_finds_them(real: Corpus, seed: int) -> None:
    check(real, seed)


@pytest.mark.slow
@given(seeds)
@settings(slowly, max_examples=300)
def test_many_more_of_both_are_found_alike(fictional: Corpus, real: Corpus, seed: int) -> None:
    check(fictional, seed)
    check(real, seed)
