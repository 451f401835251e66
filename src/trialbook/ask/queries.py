"""Which queries can be asked, and in which part of a record does each look? One table, and what queries share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from trialbook.record.ids import cut_address, find_nct_id
from trialbook.record.pieces import Piece, get_areas
from trialbook.search.engine.order import SortKey
from trialbook.search.language.parse import parse_query
from trialbook.search.language.syntax import Area, AreaSize, Query, walk

_SEPARATOR = re.compile(r"[,\s]+")
# The registry answers to this parameter too, but lists it among no search area's.
_LEAD = ("query.lead", "LeadSponsorName")


class AreaQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A query that looks in one search area.

    Attributes
    ----------
    name
        What an agent calls it; in addresses it is `query.name`.
    label
        What the registry calls it, in its answers and its messages.
    meaning, examples
        Where it looks, in a sentence, and queries that show what it is for.
    """

    name: str
    label: str
    meaning: str
    examples: tuple[str, ...] = ()

    @property
    def parameter(self) -> str:
        """Its name in an address."""
        return f"query.{self.name}"

    @property
    def area(self) -> str:
        """The search area or piece in which it looks."""
        return _find_area(self.parameter)


def _find_area(parameter: str) -> str:
    areas = {area.param: area.name for area in get_areas().values() if area.param}
    return dict((_LEAD, *areas.items()))[parameter]


QUERIES = (
    AreaQuery(
        name="cond",
        label="Conditions or disease",
        meaning="Condition or disease: looks in Condition, Keyword, MeSH terms and titles.",
        examples=("heart failure", '"type 2 diabetes" OR obesity'),
    ),
    AreaQuery(
        name="term",
        label="Other terms",
        meaning="Other terms, anywhere in the usual fields (BasicSearch). EligibilityCriteria and"
        " DetailedDescription are not among them: ask AREA[EligibilityCriteria]pregnancy.",
        examples=("stroke AND aspirin",),
    ),
    AreaQuery(
        name="locn",
        label="Location terms",
        meaning="City, state, country or facility of a site.",
        examples=("Miami", "Norway"),
    ),
    AreaQuery(
        name="titles",
        label="Title / acronym",
        meaning="Words in BriefTitle, OfficialTitle or Acronym.",
    ),
    AreaQuery(
        name="intr",
        label="Intervention / treatment",
        meaning="Intervention or treatment: names, types, arms, MeSH terms, titles.",
        examples=("metformin",),
    ),
    AreaQuery(name="outc", label="Outcome measure", meaning="Words in outcome measures."),
    AreaQuery(name="spons", label="Sponsor / collaborator", meaning="Sponsor or collaborator."),
    AreaQuery(name="lead", label="Lead sponsor", meaning="Lead sponsor alone."),
    AreaQuery(name="id", label="Study IDs", meaning="NCT id or any other id or acronym of a study."),
    AreaQuery(
        name="patient",
        label="Patient",
        meaning="Words as a patient would use them (PatientSearch): ranks for that reader.",
    ),
)


def find_areas(queries: Iterable[Query]) -> tuple[str, ...]:
    """The search areas and pieces in which queries look for words."""
    names: dict[str, None] = {}
    for query in queries:
        named = (node.name for node in walk(query.expression) if isinstance(node, Area | AreaSize))
        names |= dict.fromkeys((query.default_area, *named))
    return tuple(names)


def make_id_query(nct_ids: Sequence[str], *, area: str = "BasicSearch") -> Query:
    """The studies of these NCT ids, which must have the form of ids."""
    alternatives = " OR ".join(dict.fromkeys(nct_ids))
    return parse_query(f"AREA[NCTIdSearch]EXPANSION[Term]({alternatives})", default_area=area)


def read_query(text: str, *, where: str, area: str = "BasicSearch") -> Query:
    """A query as people type it: a list of NCT ids, in any form of them, or one in the registry's language.

    Raises QueryError where it cannot be parsed.
    """
    ids = find_ids(text)
    return make_id_query(ids, area=area) if ids else parse_query(text, where=where, default_area=area)


def find_ids(text: str) -> list[str]:
    """The ids that a query consists of, or the addresses of their pages; empty where it has anything else.

    >>> find_ids("nct1, NCT00000002"), find_ids("NCT00000001 heart")
    (['NCT00000001', 'NCT00000002'], [])
    >>> find_ids("https://clinicaltrials.gov/study/NCT00000001?tab=history"), find_ids("clinicaltrials.gov/study/nct1")
    (['NCT00000001'], ['NCT00000001'])
    """
    ids = [find_nct_id(cut_address(item)) for item in _SEPARATOR.split(text) if item]
    return [nct_id for nct_id in ids if nct_id is not None] if all(ids) else []


def make_geo_query(latitude: str, longitude: str, radius: str, *, where: str) -> Query:
    """Studies with a site within a radius (`50mi`, `80km`) of a point in degrees; `where` as in messages."""
    text = f"AREA[LocationGeoPoint]DISTANCE[{latitude}, {longitude}, {radius}]"
    return parse_query(text, where=where)


def make_key(piece: Piece, direction: str | None) -> SortKey:
    """An order by a piece, "asc" or "desc"; unless told, dates newest first and the others smallest first."""
    return SortKey(piece.name, descending=direction == "desc" if direction else piece.kind == "date")
