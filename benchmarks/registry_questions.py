"""The questions that a large registry is asked, and the same asked of SQLite by who has no Trialbook."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench import QUERIES, ask_fts5, read_for_fts5
from trialbook.model.study import decode_record
from trialbook.record.pieces import get_pieces, get_values
from trialbook.search.engine.engine import FACETS, SearchEngine, SearchRequest
from trialbook.search.engine.order import GeoDecay, SortKey
from trialbook.search.engine.reader import MOST_COMPILED, Recent
from trialbook.search.index.sites import find_point
from trialbook.search.language.parse import parse_query
from trialbook.store import Store

CITIES = (
    ("Boston", 42.36, -71.06),
    ("London", 51.51, -0.13),
    ("Paris", 48.86, 2.35),
    ("Toronto", 43.70, -79.42),
    ("Houston", 29.76, -95.37),
    ("Berlin", 52.52, 13.41),
    ("Beijing", 39.91, 116.40),
    ("Cairo", 30.04, 31.24),
)
YEARS = (2006, 2010, 2014, 2017, 2019, 2021, 2023, 2024)
ABSENT = ("ResultsFirstPostDate", "WhyStopped", "StartDate", "Phase", "LocationGeoPoint", "Keyword")
RADIUS_KM = 80.5
EARTH_KM = 6371.0
ROWS_A_COMMIT = 20_000

Ask = Callable[[Any], Any]


def compute_km(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """The distance of two places in degrees, along the great circle, in km."""
    north, other_north = math.radians(latitude), math.radians(other_latitude)
    east = math.radians(longitude - other_longitude)
    part = math.sin((north - other_north) / 2) ** 2
    part += math.cos(north) * math.cos(other_north) * math.sin(east / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(part)))


def make_questions() -> dict[str, list[SearchRequest]]:
    """Requests by kind, each kind with several that differ."""

    def where(text: str) -> SearchRequest:
        return SearchRequest(queries=(parse_query(text),), limit=20)

    sites = [
        f"SEARCH[Location](AREA[LocationCity]{city} AND AREA[LocationStatus]RECRUITING)"
        for city, *_ in CITIES
    ]
    near = [
        SearchRequest(
            queries=(parse_query("cancer"),),
            filters=(parse_query(f"AREA[LocationGeoPoint]DISTANCE[{lat}, {lon}, 50mi]"),),
            geo_decay=GeoDecay(latitude=lat, longitude=lon, radius_km=RADIUS_KM),
            limit=20,
        )
        for _, lat, lon in CITIES
    ]
    newest = (SortKey("LastUpdatePostDate", descending=True),)
    return {
        "text query + total + 8 facets": [
            SearchRequest(queries=(parse_query(text),), facets=FACETS, limit=20) for text in QUERIES
        ],
        "SEARCH[Location]": [where(text) for text in sites],
        "within 50 miles, nearest first": near,
        "date range": [where(f"AREA[StartDate]RANGE[{year}-01-01, {year + 1}-06-30]") for year in YEARS],
        "MISSING": [where(f"AREA[{name}]MISSING") for name in ABSENT],
        "sorted by date": [
            SearchRequest(queries=(parse_query(text),), sort=newest, limit=20) for text in QUERIES
        ],
    }


def ask_engine(engine: SearchEngine) -> Ask:
    """Asks the engine as if the question were new: what it remembers of compiled queries is forgotten."""

    def ask(request: SearchRequest) -> int:
        reader = engine._open_reader()
        reader._compiled, reader._tiers = Recent(MOST_COMPILED), Recent(MOST_COMPILED)
        return engine.search(request).total

    return ask


class PlainSqlite:
    """The same registry in SQLite: FTS5 for text, a table of facets, one of sites, one of dates."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path)
        self.connection.create_function("km", 4, compute_km, deterministic=True)

    def build(self, store: Store) -> None:
        """Fill the tables from a library."""
        execute = self.connection.execute
        execute("CREATE VIRTUAL TABLE text USING fts5 (body, tokenize = 'porter unicode61')")
        execute("CREATE TABLE facet (study INTEGER, piece TEXT, value TEXT)")
        execute("CREATE TABLE site (study INTEGER, city TEXT, status TEXT, latitude REAL, longitude REAL)")
        execute("CREATE TABLE absent (piece TEXT, study INTEGER, PRIMARY KEY (piece, study)) WITHOUT ROWID")
        execute("CREATE TABLE day (study INTEGER PRIMARY KEY, start TEXT, updated TEXT)")
        for number, (_, body) in enumerate(store.iter_current(), 1):
            self._add(number, decode_record(body))
            if number % ROWS_A_COMMIT == 0:
                self.connection.commit()
        execute("CREATE INDEX facet_study ON facet (study)")
        execute("CREATE INDEX site_city ON site (city, status)")
        execute("CREATE INDEX site_place ON site (latitude, longitude)")
        execute("CREATE INDEX day_start ON day (start)")
        self.connection.commit()

    def _add(self, number: int, record: dict[str, Any]) -> None:
        text, facets = read_for_fts5(record)
        self.connection.execute("INSERT INTO text (rowid, body) VALUES (?, ?)", (number, text))
        self.connection.executemany("INSERT INTO facet VALUES (?, ?, ?)", [(number, *row) for row in facets])
        sites = get_values(record, get_pieces()["Location"])
        self.connection.executemany(
            "INSERT INTO site VALUES (?, ?, ?, ?, ?)",
            [
                (number, site.get("city"), site.get("status"), *(find_point(site) or (None, None)))
                for site in sites
                if isinstance(site, dict)
            ],
        )
        absent = [name for name in ABSENT if not get_values(record, get_pieces()[name])]
        self.connection.executemany("INSERT INTO absent VALUES (?, ?)", [(name, number) for name in absent])
        days = [
            next(iter(get_values(record, get_pieces()[name])), None)
            for name in ("StartDate", "LastUpdatePostDate")
        ]
        self.connection.execute("INSERT INTO day VALUES (?, ?, ?)", (number, *days))

    def iter_kinds(self) -> Iterator[tuple[str, Ask, list[Any]]]:
        """Each kind that SQLite can be asked, how, and the questions."""
        yield "text query + total + 8 facets", lambda text: ask_fts5(self.connection, text), list(QUERIES)
        yield "SEARCH[Location]", self._ask_site, [city for city, *_ in CITIES]
        yield "within 50 miles, nearest first", self._ask_near, [place for _, *place in CITIES]
        yield "date range", self._ask_range, list(YEARS)
        yield "MISSING", self._ask_missing, list(ABSENT)
        yield "sorted by date", self._ask_newest, list(QUERIES)

    def _ask_site(self, city: str) -> Any:
        asked = "SELECT count(DISTINCT study) FROM site WHERE city = ? AND status = 'RECRUITING'"
        return self.connection.execute(asked, (city,)).fetchone()

    def _ask_near(self, place: list[float]) -> Any:
        latitude, longitude = place
        high = RADIUS_KM / 111.2
        wide = high / math.cos(math.radians(latitude))
        asked = (
            "SELECT study, min(km(latitude, longitude, ?, ?)) AS away FROM site JOIN text ON text.rowid = study"
            " WHERE latitude BETWEEN ? AND ? AND longitude BETWEEN ? AND ? AND text MATCH 'cancer'"
            " GROUP BY study HAVING away <= ? ORDER BY away"
        )
        box = (latitude - high, latitude + high, longitude - wide, longitude + wide)
        return self.connection.execute(asked, (latitude, longitude, *box, RADIUS_KM)).fetchall()

    def _ask_missing(self, piece: str) -> Any:
        return self.connection.execute("SELECT count(*) FROM absent WHERE piece = ?", (piece,)).fetchone()

    def _ask_range(self, year: int) -> Any:
        asked = "SELECT count(*) FROM day WHERE start BETWEEN ? AND ?"
        return self.connection.execute(asked, (f"{year}-01-01", f"{year + 1}-06-30")).fetchone()

    def _ask_newest(self, text: str) -> Any:
        match = " ".join(f'"{word}"' for word in text.split())
        asked = "SELECT study FROM text JOIN day ON study = text.rowid WHERE text MATCH ? ORDER BY updated DESC LIMIT 20"
        return self.connection.execute(asked, (match,)).fetchall()
