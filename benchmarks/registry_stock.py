"""The stock from which a made-up registry's records are put together: words, shapes and a calendar."""

from __future__ import annotations

import datetime
import itertools
import json
import random
from bisect import bisect
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

from registry_results import MAX_GROUPS, ResultPools
from registry_shape import SHAPE_FILE, is_about_heart_failure
from registry_words import (
    HEART_FAILURE_WEIGHT,
    TOPICS,
    FragmentPool,
    Record,
    TextPool,
    coin_words,
    cut_runs,
    encode,
    escape,
    find_topic,
    iterate_prose,
    make_contact,
    make_locations,
    make_person,
    make_places,
    read_sources,
)

VERSION_DAY = datetime.date(2026, 3, 16)
# Studies registered by the first of January of a year, in thousands: the growth of the registry.
GROWTH = {1999: 0, 2003: 8, 2005: 13, 2006: 25, 2008: 50, 2010: 85, 2012: 120, 2014: 158, 2016: 205}
GROWTH |= {2018: 262, 2020: 325, 2022: 399, 2024: 478, 2026: 568, 2027: 607}
# Only studies registered before this year can have posted results by now.
RESULTS_BEFORE = 2022
# Of the records on heart failure, so many lend their prose: they are most of those at hand.
HEART_FAILURE_PROSE = 0.06
SPONSORS = 30_000
CLASSES = ("OTHER", "OTHER", "OTHER", "OTHER", "INDUSTRY", "INDUSTRY", "OTHER_GOV", "NETWORK", "NIH", "FED")


class Condition:
    """What a study is about: its conditions, keywords and MeSH terms as one real record named them."""

    __slots__ = ("browse", "name", "names", "place", "topic", "weight", "words")

    def __init__(self, record: Record) -> None:
        module = record["protocolSection"].get("conditionsModule", {})
        self.names = [escape(name) for name in module.get("conditions", ["Healthy"])]
        self.name = self.names[0]
        self.words = [escape(word) for word in module.get("keywords", ())]
        self.topic = find_topic(record)
        self.place = 0.0
        browse = record["derivedSection"].get("conditionBrowseModule", {})
        self.browse = encode({key: value for key, value in browse.items() if value})
        self.weight = HEART_FAILURE_WEIGHT if is_about_heart_failure(record) else 1.0


class Stock:
    """Everything that the records of one made-up registry are put together from."""

    def __init__(self, studies: int, seed: int, shared_data: Path | None) -> None:
        self.studies, self.seed = studies, seed
        rng = random.Random(seed)
        sources = read_sources(shared_data)
        coined = coin_words(rng)
        self.coined = [escape(word) for word in coined]
        self.conditions = [Condition(record) for record in sources]
        self.place_conditions()
        self.condition_sums = list(itertools.accumulate(item.weight for item in self.conditions))
        self.make_texts(sources, coined, rng)
        self.make_interventions(sources, coined, rng)
        places = make_places(sources)
        self.sites = {
            "": make_locations(places, coined, rng, status="", contacts=False),
            "RECRUITING": make_locations(places, coined, rng, status="RECRUITING", contacts=False),
            "contacts": make_locations(places, coined, rng, status="RECRUITING", contacts=True),
        }
        self.make_parties(coined, rng)
        self.results = [ResultPools(groups, self.texts[-1], rng) for groups in range(1, MAX_GROUPS + 1)]
        self.load_shape()
        self.make_calendar()

    def place_conditions(self) -> None:
        """Where in the prose of its topic each condition's own record stands, in [0, 1)."""
        for topic in range(len(TOPICS)):
            alike = [condition for condition in self.conditions if condition.topic == topic]
            for number, condition in enumerate(alike):
                condition.place = number / len(alike)

    def make_texts(self, sources: list[Record], coined: list[str], rng: random.Random) -> None:
        runs: list[list[str]] = [[] for _ in TOPICS]
        criteria: list[str] = []
        measures: list[str] = []
        for record in sources:
            if is_about_heart_failure(record) and rng.random() > HEART_FAILURE_PROSE:
                continue
            protocol = record["protocolSection"]
            topic = find_topic(record)
            for text in iterate_prose(record):
                runs[topic].extend(cut_runs(text, rng))
            criteria.extend(
                cut_runs(protocol.get("eligibilityModule", {}).get("eligibilityCriteria", ""), rng)
            )
            for outcomes in protocol.get("outcomesModule", {}).values():
                measures.extend(run for outcome in outcomes for run in cut_runs(outcome["measure"], rng))
        everything = [run for group in runs for run in group[:: 1 + len(group) // 9000]]
        # A thin topic borrows from all; the last pool is everything.
        self.texts = [
            TextPool(group if len(group) > 4000 else group + everything, coined, rng) for group in runs
        ]
        self.texts[-1] = TextPool(everything, coined, rng)
        self.words = FragmentPool([encode(run) for run in everything[:: 1 + len(everything) // 6000]])
        self.criteria = TextPool(criteria, coined, rng, bullets=True)
        self.measures = TextPool(measures, coined, rng)

    def make_interventions(self, sources: list[Record], coined: list[str], rng: random.Random) -> None:
        found: list[tuple[bytes, bytes]] = []
        browse: Counter[bytes] = Counter()
        for record in sources:
            module = record["protocolSection"].get("armsInterventionsModule", {})
            found.extend(
                (item["type"].encode(), escape(item["name"]))
                for item in module.get("interventions", ())
                if "type" in item
            )
            terms = record["derivedSection"].get("interventionBrowseModule", {})
            browse.update([encode(terms)] if terms else [])
        found += [(b"DRUG", escape(rng.choice(coined).capitalize())) for _ in range(len(found) // 3)]
        self.interventions = found
        self.intervention_browse = FragmentPool(sorted(browse))

    def make_parties(self, coined: list[str], rng: random.Random) -> None:
        kinds = (
            "University",
            "University Hospital",
            "Pharma",
            "Hospital",
            "Institute",
            "Medical Center",
            "Therapeutics",
        )
        names = [f"{coined[i * 2].title()} {rng.choice(kinds)}" for i in range(SPONSORS)]
        self.sponsors = [(escape(name), rng.choice(CLASSES).encode()) for name in names]
        self.people = [escape(make_person(rng)) for _ in range(8000)]
        self.contacts = FragmentPool([make_contact(rng) for _ in range(4000)])
        general = self.texts[-1]
        self.citations = FragmentPool(
            [
                b'{"pmid":"99%06d","type":"BACKGROUND","citation":"%b, et al. %b. J Imag Med. %d;%d:%d."}'
                % (i, rng.choice(self.people), general.cut(110, rng), 1995 + i % 30, i % 60, i)
                for i in range(4000)
            ]
        )

    def load_shape(self) -> None:
        shape = json.loads(SHAPE_FILE.read_text(encoding="utf-8"))
        rows = [SimpleNamespace(**dict(zip(shape["columns"], row, strict=True))) for row in shape["rows"]]
        self.skeletons = []
        for wanted in (0, 1):
            group = [row for row in rows if row.results == wanted]
            self.skeletons.append((group, list(itertools.accumulate(row.weight for row in group))))
        self.phases = [
            b",".join(b'"%b"' % phase.encode() for phase in key.split("/")) for key in shape["phases"]
        ]
        self.phase_sums = list(itertools.accumulate(shape["phases"].values()))
        self.results_share = shape["targets"]["results"]

    def make_calendar(self) -> None:
        years = sorted(GROWTH)
        self.growth = [(GROWTH[year], datetime.date(year, 1, 1).toordinal()) for year in years]
        first, last = self.growth[0][1] - 4000, VERSION_DAY.toordinal() + 6000
        self.first_day = first
        self.days = [datetime.date.fromordinal(day).isoformat().encode() for day in range(first, last)]
        self.total = self.find_count(VERSION_DAY.toordinal())
        old = self.find_count(datetime.date(RESULTS_BEFORE, 1, 1).toordinal()) / self.total
        self.results_share_of_old = self.results_share / old

    def find_count(self, day: int) -> float:
        for (low, start), (high, end) in itertools.pairwise(self.growth):
            if start <= day <= end:
                return low + (high - low) * (day - start) / (end - start)
        raise ValueError(f"no growth figure for day {day}")

    def find_day(self, number: int) -> int:
        """On which day (ordinal) was the number-th study registered?"""
        count = self.total * number / self.studies
        at = bisect(self.growth, (count,)) - 1
        (low, start), (high, end) = self.growth[at], self.growth[at + 1]
        return start + round((end - start) * (count - low) / (high - low))

    def pick_condition(self, rng: random.Random) -> Condition:
        return self.conditions[bisect(self.condition_sums, rng.random() * self.condition_sums[-1])]

    def get_date(self, day: int) -> bytes:
        """A day as the registry writes it; the few later than the calendar become its last one."""
        return self.days[min(day - self.first_day, len(self.days) - 1)]

    def make_id(self, number: int) -> bytes:
        """Ids rise with the number, with gaps, as the registry's do."""
        return b"NCT%08d" % (100 + number * 12 + (number * 2654435761 >> 7) % 12)
