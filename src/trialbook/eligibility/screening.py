"""One study, many persons: who may take part, who may not and why, and how many by each criterion.

Counted in CONSORT's terms: assessed, excluded by reason, zeros included.
"""

from __future__ import annotations

import csv
import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import IO, Any

import msgspec

from trialbook.eligibility.derive.deriver import Formulas
from trialbook.eligibility.evaluate import evaluate_patient
from trialbook.eligibility.facts import Person
from trialbook.eligibility.fields import FIELD_NAMES, evaluate_fields
from trialbook.eligibility.matching import Matcher, Names
from trialbook.eligibility.measures import ClinicalMeasures
from trialbook.eligibility.reading import make_reading
from trialbook.eligibility.tree import ParsedCriterion
from trialbook.eligibility.verdicts import (
    VERDICTS,
    Contest,
    CriterionVerdict,
    Overall,
    PatientVerdict,
    Verdict,
)
from trialbook.errors import UsageError
from trialbook.model.criteria import Kind
from trialbook.model.protocol import EligibilityModule

_OVERALLS: tuple[Overall, ...] = ("eligible", "ineligible", "open")
_FILE_MODE = 0o600


class Screener:
    """Holds persons against one study. Reading only: one serves any number of threads.

    Parameters
    ----------
    criteria
        Those of the text, with their trees.
    module
        The record's eligibility module, for its fields and its text.
    names
        Where conditions and drugs are known by name; None for codes and words alone.
    """

    def __init__(
        self,
        criteria: Sequence[ParsedCriterion],
        module: EligibilityModule | None = None,
        names: Names | None = None,
    ) -> None:
        self._criteria, self._module = tuple(criteria), module
        self._measures = ClinicalMeasures()
        self._matcher = Matcher(names, self._measures)
        self._formulas = Formulas()

    def screen(self, person: Person, day: date, contests: Iterable[Contest] = ()) -> PatientVerdict:
        """The verdict on a person as of a day.

        Raises UsageError where a contest names no criterion of the study.
        """
        text = (self._module.eligibility_criteria or "") if self._module else ""
        reading = make_reading(person, day, self._matcher, self._measures, self._formulas)
        reading = reading.of_study(self._module, text)
        before: list[CriterionVerdict] = evaluate_fields(self._module, reading)
        said = tuple(contests)
        places = {each.start for each in before} | {each.start for each in self._criteria}
        for each in said:
            if each.start not in places:
                raise UsageError(f"no criterion begins at {each.start}: there are {sorted(places)}")
            if not each.reason.strip():
                raise UsageError(
                    f"the verdict on the criterion at {each.start} is overruled without a reason"
                )
        return evaluate_patient(self._criteria, reading, contests=said, before=before)

    def screen_all(self, persons: Iterable[Person], day: date) -> Iterator[PatientVerdict]:
        """The verdicts on many persons, one at a time."""
        return (self.screen(each, day) for each in persons)


class CriterionCount(msgspec.Struct, frozen=True):
    """How many persons by one criterion.

    Attributes
    ----------
    excluded
        Those whom it keeps out, whatever else does.
    excluded_alone
        Those whom nothing else keeps out.
    """

    name: str
    kind: Kind
    text: str
    verdicts: dict[Verdict, int]
    excluded: int
    excluded_alone: int


class ScreeningCounts(msgspec.Struct, frozen=True):
    """How many persons were assessed, and what came of it; zeros included."""

    assessed: int
    overall: dict[Overall, int]
    criteria: tuple[CriterionCount, ...]

    def explain(self) -> str:
        """The counts as CONSORT's flow diagram has them, as text."""
        lines = [
            f"Assessed for eligibility (n = {self.assessed})",
            f"Excluded (n = {self.overall['ineligible']})",
        ]
        lines += [
            f"  {each.name}: n = {each.excluded}, by it alone {each.excluded_alone}: {' '.join(each.text.split())}"
            for each in self.criteria
        ]
        lines += [f"Eligible (n = {self.overall['eligible']})", f"Open (n = {self.overall['open']})"]
        return "\n".join(lines)


class Tally:
    """Counts verdicts as they come."""

    def __init__(self) -> None:
        self._assessed = 0
        self._overall: Counter[Overall] = Counter()
        self._names: dict[int, tuple[str, CriterionVerdict]] = {}
        self._verdicts: dict[int, Counter[Verdict]] = {}
        self._excluded: Counter[int] = Counter()
        self._alone: Counter[int] = Counter()

    def add(self, verdict: PatientVerdict) -> None:
        """Count one person in."""
        self._assessed += 1
        self._overall[verdict.overall] += 1
        against = [each.start for each in verdict.criteria if each.speaks == "against"]
        for name, each in zip(name_criteria(verdict.criteria), verdict.criteria, strict=True):
            self._names.setdefault(each.start, (name, each))
            self._verdicts.setdefault(each.start, Counter())[each.counted] += 1
        if verdict.overall == "ineligible":
            self._excluded.update(against)
            self._alone.update(against if len(against) == 1 else ())

    def count(self) -> ScreeningCounts:
        """All that was counted so far."""
        rows = tuple(
            CriterionCount(
                name,
                each.kind,
                each.text,
                {said: self._verdicts[start][said] for said in VERDICTS},
                self._excluded[start],
                self._alone[start],
            )
            for start, (name, each) in self._names.items()
        )
        return ScreeningCounts(self._assessed, {each: self._overall[each] for each in _OVERALLS}, rows)


def name_criteria(criteria: Sequence[CriterionVerdict]) -> list[str]:
    """A name for each criterion: a field's own, else its kind and which of them it is.

    >>> name_criteria([CriterionVerdict("inclusion", "", 4, 5, "met"), CriterionVerdict("inclusion", "", -3, -3, "met")])
    ['inclusion_1', 'sex']
    """
    counted: Counter[str] = Counter()
    names = []
    for each in criteria:
        if each.start in FIELD_NAMES:
            names.append(FIELD_NAMES[each.start])
        else:
            counted[each.kind] += 1
            names.append(f"{each.kind}_{counted[each.kind]}")
    return names


def write_log_csv(verdicts: Iterable[PatientVerdict], path: Path) -> ScreeningCounts:
    """Write a screening log, a row a person, that its owner alone may read; say what was counted."""
    tally = Tally()
    with _open_private(path) as file:
        writer = csv.writer(file)
        for number, each in enumerate(verdicts):
            names = name_criteria(each.criteria)
            if number == 0:
                writer.writerow(["person_id", "day", "overall", "because", *names])
            tally.add(each)
            writer.writerow(_make_row(each, names))
    return tally.count()


def write_log_parquet(verdicts: Iterable[PatientVerdict], path: Path) -> ScreeningCounts:
    """As `write_log_csv`, as Parquet. Raises UsageError where pyarrow is not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise UsageError("Parquet needs the package pyarrow: `pip install pyarrow`") from error
    tally = Tally()
    writer: Any = None
    # The file is there before the writer opens it, so that nobody else may read it at any time.
    with _open_private(path):
        pass
    try:
        for rows in _group(verdicts):
            for each in rows:
                tally.add(each)
            names = ["person_id", "day", "overall", "because", *name_criteria(rows[0].criteria)]
            made = [_make_row(each, names[4:]) for each in rows]
            schema = pyarrow.schema([(name, pyarrow.string()) for name in names])
            writer = writer or pyarrow.parquet.ParquetWriter(path, schema, compression="zstd")
            columns = [pyarrow.array(column, pyarrow.string()) for column in zip(*made, strict=True)]
            writer.write_table(pyarrow.Table.from_arrays(columns, schema=schema))
    finally:
        if writer is not None:
            writer.close()
    return tally.count()


def _make_row(verdict: PatientVerdict, names: Sequence[str]) -> list[str]:
    by_start = dict(zip((each.start for each in verdict.criteria), names, strict=True))
    because = "; ".join(by_start[each.start] for each in verdict.because)
    day = verdict.day.isoformat() if verdict.day else ""
    return [verdict.person_id, day, verdict.overall, because, *(each.counted for each in verdict.criteria)]


def _group(verdicts: Iterable[PatientVerdict], size: int = 1_000) -> Iterator[list[PatientVerdict]]:
    rows: list[PatientVerdict] = []
    for each in verdicts:
        rows.append(each)
        if len(rows) == size:
            yield rows
            rows = []
    if rows:
        yield rows


def _open_private(path: Path) -> IO[str]:
    """Open a file for writing that its owner alone may read, one that was there too."""
    file = open(  # noqa: SIM115 - whoever asked closes it
        path, "w", encoding="utf-8", newline="", opener=lambda name, flags: os.open(name, flags, _FILE_MODE)
    )
    # Of a device the rights are nobody's to change here.
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        path.chmod(_FILE_MODE)
    return file
