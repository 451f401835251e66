"""Which concepts of the user's own vocabulary stand for what a criterion names?

Nothing licensed comes with the program: concepts are those of the tables CONCEPT, CONCEPT_ANCESTOR and
CONCEPT_RELATIONSHIP that the user has, found by the matching that screening finds facts by.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from trialbook.eligibility.matching import IS, Matcher, Relation
from trialbook.eligibility.readers.answers import read_answer
from trialbook.eligibility.readers.omop import HISTORY_OF, SYSTEMS
from trialbook.eligibility.readers.omop_tables import Database, open_tables
from trialbook.eligibility.tree import Concept
from trialbook.export.cohort.predicates import Table

TABLES: dict[str, tuple[str, ...]] = {
    "concept": (
        "concept_id",
        "concept_name",
        "domain_id",
        "vocabulary_id",
        "standard_concept",
        "concept_code",
    ),
    "concept_ancestor": ("ancestor_concept_id", "descendant_concept_id"),
    "concept_relationship": ("concept_id_1", "concept_id_2", "relationship_id"),
}
# The table that a concept's domain puts its rows in.
_DOMAINS: dict[str, Table] = {
    "Condition": "condition",
    "Drug": "drug",
    "Procedure": "procedure",
    "Device": "device",
    "Measurement": "measurement",
    "Observation": "observation",
}
_ANSWERS = ("yes", "no", "positive", "negative", "present", "absent", "detected", "not detected", "true", "false",
            "reactive", "non-reactive", "nonreactive", "confirmed", "active", "current", "never", "none", "denied",
            "undetectable", "not present", "ongoing")  # fmt: skip
_MESH = "mesh:"
_A_TIME = 500


class Found(NamedTuple):
    """A concept of the vocabulary beside a concept that a criterion names.

    Attributes
    ----------
    relation
        "same" or "kind" stand for it; "wider" leaves open whether it is it.
    is_by_vocabulary
        Whether only the vocabulary's own maps and hierarchy lead to it, which screening does not look at.
    """

    concept_id: int
    name: str
    vocabulary: str
    code: str
    table: Table
    relation: Relation
    is_by_vocabulary: bool = False

    @property
    def told(self) -> Concept:
        """The concept of the facts that a row of it makes."""
        system = SYSTEMS.get(self.vocabulary.lower(), self.vocabulary.lower())
        words = self.name
        if self.table not in ("measurement", "observation") and words.lower().startswith(HISTORY_OF):
            words = words[len(HISTORY_OF) :]
        return Concept(words, self.table, (f"omop:{self.concept_id}", f"{system}:{self.code}"))


class Vocabulary(NamedTuple):
    """What a vocabulary has of the concepts that were asked for.

    Attributes
    ----------
    found
        By the concept of the criterion; none for one that it does not have.
    units
        The concepts of each unit, by UCUM code.
    yes, no
        The concepts of answers.
    """

    found: Mapping[Concept, tuple[Found, ...]]
    units: Mapping[str, tuple[int, ...]]
    yes: tuple[int, ...] = ()
    no: tuple[int, ...] = ()


EMPTY = Vocabulary({}, {})


def read_vocabulary(path: Path, asked: Iterable[Concept], matcher: Matcher) -> Vocabulary:
    """What the vocabulary in an OMOP folder, archive or database has of the concepts that are asked for.

    Raises SourceReadError where there is no table CONCEPT.
    """
    with open_tables(path, TABLES, ("concept",)) as (database, columns):
        reader = _Reader(database, columns, matcher, tuple(dict.fromkeys(asked)))
        return Vocabulary(reader.find_all(), reader.read_units(), *reader.read_answers())


class _Reader:
    def __init__(
        self,
        database: Database,
        columns: Mapping[str, tuple[str, ...]],
        matcher: Matcher,
        asked: Sequence[Concept],
    ) -> None:
        self._database, self._columns, self._matcher, self._asked = database, columns, matcher, asked
        self._by_name: dict[str, list[Concept]] = {}
        for each in asked:
            for name in matcher.find_meaning(each).names:
                self._by_name.setdefault(name, []).append(each)

    def find_all(self) -> dict[Concept, tuple[Found, ...]]:
        found: dict[Concept, dict[int, Found]] = {each: {} for each in self._asked}
        for row in self._iter_concepts("standard_concept = 'S'"):
            for concept, each in self._relate(row):
                found[concept][each.concept_id] = each
        for concept in self._asked:
            self._add_mapped(concept, found[concept])
            self._add_below(found[concept])
        return {
            concept: tuple(sorted(each.values(), key=lambda one: one.concept_id))
            for concept, each in found.items()
        }

    def read_units(self) -> dict[str, tuple[int, ...]]:
        units: dict[str, list[int]] = {}
        for concept_id, code in self._fetch(
            "SELECT concept_id, concept_code FROM concept WHERE vocabulary_id = 'UCUM'"
        ):
            units.setdefault(str(code), []).append(int(concept_id))
        return {code: tuple(sorted(ids)) for code, ids in units.items()}

    def read_answers(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        marks = ", ".join(f"'{each}'" for each in _ANSWERS)
        sql = f"SELECT concept_id, concept_name FROM concept WHERE lower(concept_name) IN ({marks})"
        told = [(int(concept_id), read_answer(str(name))) for concept_id, name in self._fetch(sql)]
        yes, no = (
            tuple(sorted(one for one, said in told if said == answer and one)) for answer in ("yes", "no")
        )
        return yes, no

    def _iter_concepts(self, condition: str) -> Iterator[Found]:
        lacking = [each for each in TABLES["concept"] if each not in self._columns["concept"]]
        named = ", ".join("NULL" if each in lacking else each for each in TABLES["concept"])
        # A list of concepts without that column has only those that rows may have.
        where = "" if "standard_concept" in lacking and "standard" in condition else f" WHERE {condition}"
        for concept_id, name, domain, vocabulary, _, code in self._fetch(
            f"SELECT {named} FROM concept{where}"
        ):
            # Some are of two domains, "Condition/Meas": rows lie in the table of the first.
            table = _DOMAINS.get(str(domain or "").partition("/")[0])
            if table is not None and int(concept_id):
                yield Found(
                    int(concept_id), str(name or ""), str(vocabulary or ""), str(code or ""), table, "other"
                )

    def _relate(self, row: Found) -> Iterator[tuple[Concept, Found]]:
        told = row.told
        names = self._matcher.find_meaning(told).names
        near = {concept for name in names for concept in self._by_name.get(name, ())}
        for concept in near:
            relation = self._matcher.relate(told, (concept,))
            if relation != "other":
                yield concept, row._replace(relation=relation)

    def _add_mapped(self, concept: Concept, found: dict[int, Found]) -> None:
        """What MeSH's heading maps to, where the vocabulary has MeSH."""
        headings = [each.removeprefix(_MESH) for each in concept.ids if each.startswith(_MESH)]
        if not headings or not self._columns["concept_relationship"]:
            return
        names = ", ".join("'" + each.replace("'", "''") + "'" for each in headings)
        condition = (
            "concept_id IN (SELECT r.concept_id_2 FROM concept_relationship r JOIN concept m"
            " ON m.concept_id = r.concept_id_1 WHERE r.relationship_id = 'Maps to'"
            f" AND m.vocabulary_id = 'MeSH' AND m.concept_name IN ({names}))"
        )
        for each in self._iter_concepts(condition):
            if each.concept_id not in found or found[each.concept_id].relation not in IS:
                found[each.concept_id] = each._replace(relation="kind", is_by_vocabulary=True)

    def _add_below(self, found: dict[int, Found]) -> None:
        """What the vocabulary has under those that stand for the concept."""
        if not self._columns["concept_ancestor"]:
            return
        above = [each.concept_id for each in found.values() if each.relation in IS]
        for at in range(0, len(above), _A_TIME):
            ids = ", ".join(map(str, above[at : at + _A_TIME]))
            condition = (
                "standard_concept = 'S' AND concept_id IN (SELECT descendant_concept_id FROM concept_ancestor"
                f" WHERE CAST(ancestor_concept_id AS BIGINT) IN ({ids}))"
            )
            for each in self._iter_concepts(condition):
                if each.concept_id not in found or found[each.concept_id].relation not in IS:
                    found[each.concept_id] = each._replace(relation="kind", is_by_vocabulary=True)

    def _fetch(self, sql: str) -> Iterator[tuple[Any, ...]]:
        # DuckDB's connection holds one answer at a time: each question has a cursor of its own.
        make = getattr(self._database, "cursor", None)
        cursor: Any = make() if make else self._database
        found = cursor.execute(sql)
        while rows := found.fetchmany(2_000):
            yield from rows
