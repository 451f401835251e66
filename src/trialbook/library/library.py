"""The library: one object that opens a folder of records and answers for it, behind every door."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from trialbook.ask.dates import read_as_of
from trialbook.ask.filters import make_request
from trialbook.ask.told import tell_asked
from trialbook.errors import NotFoundError, UsageError
from trialbook.export.aact.files import write_tables
from trialbook.export.forms import write_records
from trialbook.library.backup import Manifest, restore_backup, write_backup
from trialbook.library.build import ImportCounts, import_paths
from trialbook.library.check import find_problems
from trialbook.library.export import Export, find_form, iter_found, make_export, write_file
from trialbook.library.found import Found, complete
from trialbook.library.keeping import LibraryKeeping
from trialbook.library.landscape import Landscape, make_landscape
from trialbook.library.patient import NoteMatch, match_note, read_patient_note
from trialbook.library.rebuild import Standing, bring_into_step, find_standings, rebuild
from trialbook.library.related import THE_TEXT, find_related, make_reader, name_record
from trialbook.library.repair import Repair, repair_library
from trialbook.library.search_report import SearchReport, make_search_report
from trialbook.library.taking_out import put_back, take_out
from trialbook.model.dates import find_asked_day
from trialbook.related.engine import RelatedList
from trialbook.search.engine.engine import SearchRequest
from trialbook.search.engine.gazetteer import Place
from trialbook.settings import expand
from trialbook.store.store import OnDamage, refuse_damage

if TYPE_CHECKING:
    from trialbook.eligibility.proposed.parts import ProposedCriterion
    from trialbook.eligibility.verdicts import Contest, PatientVerdict
    from trialbook.export.cohort.cohort import Cohort, Form, Persons
    from trialbook.library.matching import PatientMatch
    from trialbook.library.screening import Patient, Told
    from trialbook.patient.note import PatientNote
    from trialbook.source.live.language_model import LanguageModel
    from trialbook.source.live.request import PullRequest

# What says in which form a search answers; all else that it is asked by name is a filter.
SHAPE = ("sort", "offset", "limit")


class Library(LibraryKeeping):
    """A library of registry records, open for reading by any number of threads.

    Opening and reading make, clear and lock nothing; another process may write meanwhile. What writes
    (`import_files`, `pull`, `rebuild`) holds the writer's lock while it runs, and no longer.

    Parameters
    ----------
    home
        The library's folder.

    Raises
    ------
    NoLibraryError
        There is no library in the folder.
    StoreError
        It cannot be read, or a newer Trialbook wrote it; so raise all methods.
    """

    # Search.

    def search(
        self,
        text: str = "",
        *,
        note: str = "",
        sort: str = "relevance",
        as_of: str | None = None,
        offset: int = 0,
        limit: int = 20,
        **filters: Any,
    ) -> Found:
        """Find studies.

        Parameters
        ----------
        text
            A query in the registry's language; "" for all studies.
        note
            A description of a patient in English; studies are ranked by what it says.
        sort
            "relevance", "updated", "started", "enrollment", "distance" (to the nearest open site, where `near`
            names a place) or "id".
        as_of
            A date, at whose end the records are asked.
        offset, limit
            The window; `offset` + `limit` is at most 100,000.
        filters
            The everyday filters by name, see `trialbook.ask.filters`: `status="RECRUITING"`,
            `phase=("PHASE2", "PHASE3")`, `country="Norway"`, `age_years=57`, `near="Miami", within="30km"`…

        Raises
        ------
        QueryError
            Something cannot be understood; it says what, and what would be right.
        """
        return self.ask(
            self._make_request(text, note=note, sort=sort, as_of=as_of, offset=offset, limit=limit, **filters)
        )

    def _make_request(self, text: str, *, note: str = "", as_of: str | None, **asked: Any) -> SearchRequest:
        filters = {name: asked.pop(name) for name in list(asked) if name not in SHAPE}
        as_of = read_as_of(as_of or "")
        read = read_patient_note(note, as_of) if note else None
        return make_request(text, filters, note=read, as_of=as_of, find_place=self.find_place, **asked)

    def report_search(
        self,
        text: str = "",
        *,
        as_of: str | None = None,
        areas: Mapping[str, str] | None = None,
        **filters: Any,
    ) -> SearchReport:
        """Run a search and say of it what a systematic review must: PRISMA-S.

        Parameters
        ----------
        text, as_of, filters
            As in `search`.
        areas
            Queries that look in one search area each: `{"cond": "heart failure", "intr": "cells"}`.

        Raises
        ------
        QueryError
            As `search`.

        Examples
        --------
        >>> library = getfixture("sample_library")
        >>> report = library.report_search("heart failure", status="RECRUITING")
        >>> report.total, report.query
        (1, 'heart failure AND AREA[OverallStatus]RECRUITING')
        >>> print(report.write().splitlines()[0])
        Search report
        """
        request = make_request(text, filters, areas=areas, as_of=as_of, find_place=self.find_place)
        asked = tell_asked(text, areas or {}, filters, as_of=request.as_of)
        return make_search_report(self, request, asked=asked)

    def match_note(
        self, note: str | PatientNote, *, limit: int = 20, as_of: str | None = None, **filters: Any
    ) -> NoteMatch:
        """Find the trials that fit what a note says of a patient, each with its reasons.

        Parameters
        ----------
        note
            A description in English, or what was read from one (`read_note`) and put right (`correct_note`).
        limit
            So many of the best, up to 1,000.
        as_of, filters
            As in `search`: `near="Miami"`, `status="RECRUITING"`…

        Raises
        ------
        QueryError
            The note says nothing, or something cannot be understood.

        Examples
        --------
        >>> library = getfixture("sample_library")
        >>> match = library.match_note("My mother, 64, has heart failure.", status="RECRUITING", limit=1)
        >>> match.note.subject, match.fitting > len(match.hits), match.hits[0].conditions
        ('My mother', True, ('heart failure',))
        """
        if isinstance(note, str):
            note = read_patient_note(note, read_as_of(as_of or ""))
        return match_note(self, note, filters, limit=limit, as_of=as_of)

    def find_place(self, text: str) -> Place:
        """The place that a text means: a town, a postal code, a region, a country, or a point in degrees.

        Those where this library's studies have sites come first, the one with the most of them; its `others` are
        what the text may mean as well.

        Raises
        ------
        QueryError
            It means none; says what may have been meant.

        Examples
        --------
        >>> library = getfixture("sample_library")
        >>> library.find_place("Miami").label, library.find_place("33136").kind
        ('Miami, Florida, United States', 'postcode')
        """
        return self.engine.find_place(text)

    @property
    def index_lag(self) -> int:
        """How many changes of the records a search does not see yet; 0 where the index is in step.

        A running import lags for a while; after a run that was killed the next one catches up, or
        `bring_into_step` does.
        """
        engine = self.engine
        return max(0, self.store.seq - engine.reached[0])

    def ask(self, request: SearchRequest) -> Found:
        """Answer a request that was made before; raises QueryError."""
        return Found(self, request, self.engine.search(request))

    def complete(self, piece: str, text: str, *, most: int = 10) -> list[str]:
        """Values of a piece that begin so, whole, those that the most studies have first; see `found.complete`."""
        return complete(self.engine, piece, text, most=most)

    def find_related(
        self,
        *asked: str,
        text: str = "",
        records: Sequence[dict[str, Any]] = (),
        facets: Sequence[str] = (),
        limit: int = 10,
    ) -> RelatedList:
        """The studies most like one, several, or a text that is no record yet, each with its reasons.

        Parameters
        ----------
        asked
            Ids, in any form that `find_id` reads; up to ten, whose likeness counts the same.
        text
            A synopsis or a draft in English, up to 100,000 characters; its first line is taken for the title.
        records
            Raw records (API v2) that need not be in this library; `trialbook.library.related.read_records`
            reads them from a file of any form that an import knows.
        facets
            What counts how much ("drug=2"), alone ("disease"), or is demanded ("same-drug", "recruiting"): the
            names in `trialbook.related.facets`.
        limit
            So many, 1 to 100.

        Raises
        ------
        NotFoundError
            A study is not in this library.
        UsageError
            Nothing, too much, or an unknown facet is asked.
        StoreError
            Nothing was made yet to find them by, and the library is too large for that to be done at once:
            `trialbook rebuild related`.
        """
        return find_related(
            self.related_engine,
            [self.find_id(each) for each in asked],
            text=text,
            records=records,
            facets=facets,
            limit=limit,
        )

    def propose_criteria(
        self,
        asked: str,
        *,
        model: LanguageModel | None = None,
        as_of: str | None = None,
        on_question: Callable[[LanguageModel, int, int], None] = lambda model, number, of: None,
    ) -> tuple[ProposedCriterion, ...]:
        """A study's criteria, each with what a language model proposes for what was not understood of it.

        Words of the record are sent to the model, nothing else. What it answers is checked against them, and refused
        with the reason where it does not stand in them. It stays a proposal: nothing else here ever reads it.

        Parameters
        ----------
        model
            Who is asked; the one of the settings `model_url`, `model_name` and `model_key` unless told.
        as_of
            Read the record as it stood on that day.
        on_question
            Hears before each question who is asked, its number, and how many there are.

        Raises
        ------
        NotFoundError
            The study is not in this library.
        UsageError
            No model is set: nothing is sent.
        SourceReadError
            The model cannot be asked.
        """
        from trialbook.library import proposals

        return proposals.propose_criteria(
            self.get_known_study(asked, as_of=as_of), model, on_question=on_question
        )

    def screen(
        self,
        asked: str,
        patient: Patient,
        *,
        day: date | None = None,
        told: Told | None = None,
        contests: Iterable[Contest] = (),
        as_of: str | None = None,
    ) -> PatientVerdict:
        """May a person take part in a study? The verdict on each criterion, with evidence and what is missing.

        Parameters
        ----------
        patient
            A `Person`, decoded JSON (a FHIR bundle or plain values), a note or JSON as text, or the `Path` of a
            file. Nothing of it is kept.
        day
            The day for which it is evaluated, and on which holds what has no day of its own; today unless told.
        told
            What is said beside the data: complete domains, answers to questions, days of visits.
        contests
            Verdicts that a person overrules, with their reasons.
        as_of
            Read the record as it stood on that day.

        Raises
        ------
        NotFoundError
            The study is not in this library.
        UsageError, SourceFormatError, SourceReadError, QueryError
            The patient data tell of nobody or of several, or cannot be read.

        Examples
        --------
        >>> library = getfixture("sample_library")
        >>> found = library.screen("NCT04776239", {"birth_date": "2020-05-01"}, day=date(2026, 11, 29))
        >>> found.overall, found.because[0].text
        ('ineligible', 'Minimum age: 18 Years')
        """
        from trialbook.library import screening

        day = day or find_asked_day(None)
        person = screening.get_person(patient, day)
        screener = screening.make_screener(self.get_known_study(asked, as_of=as_of))
        return screener.screen(told.add_to(person) if told else person, day, contests)

    def screen_all(
        self,
        asked: str,
        patients: Patient,
        *,
        day: date | None = None,
        told: Told | None = None,
        as_of: str | None = None,
    ) -> Iterator[PatientVerdict]:
        """The verdicts on each person of a file, an archive, a folder or an OMOP database, one held at a time.

        Parameters and errors are those of `screen`; errors of the data come where the walk has come to.
        """
        from trialbook.library import screening

        day = day or find_asked_day(None)
        screener = screening.make_screener(self.get_known_study(asked, as_of=as_of))
        persons = screening.read_persons(patients, day)
        return screener.screen_all((told.add_to(each) if told else each for each in persons), day)

    def match(
        self,
        patient: Patient,
        *,
        day: date | None = None,
        told: Told | None = None,
        limit: int = 20,
        as_of: str | None = None,
        **filters: Any,
    ) -> PatientMatch:
        """Find the studies that would take a person, each with what speaks for it, against it, and what is open.

        Studies that take people now, of that age and sex, are looked for by the person's conditions, and those
        that are most about them held against their criteria. One that excludes the person is shown apart; the
        others are ranked by how much they are about what the person has, times the share of their criteria that
        speak for it, one half for each that is open. Equals stand newest first.

        Parameters
        ----------
        patient, day, told
            As in `screen`. A note is looked for by all its words, as in `match_note`.
        limit
            So many of the best, and of those that exclude the person, 1 to 100.
        as_of, filters
            As in `search`; without `status` those that are recruiting, or give access.

        Raises
        ------
        UsageError, SourceFormatError, SourceReadError, QueryError
            The patient data tell of nobody or of several, or cannot be read; or a filter cannot be understood.

        Examples
        --------
        >>> library = getfixture("sample_library")
        >>> told = {"birth_date": "1962-05-01", "sex": "female", "conditions": ["heart failure"]}
        >>> match = library.match(told, day=date(2026, 11, 29))
        >>> match.hits[0].shares, match.hits[0].verdict.overall
        (('heart failure',), 'open')
        """
        from trialbook.library import matching, screening

        day = day or find_asked_day(None)
        person, note = screening.read_person(patient, day)
        return matching.match_person(
            self,
            told.add_to(person) if told else person,
            note,
            filters,
            day=day,
            limit=limit,
            as_of=read_as_of(as_of or ""),
        )

    def make_cohort(
        self,
        asked: str,
        form: Form = "sql",
        *,
        vocabulary: Path | None = None,
        day: date | None = None,
        persons: Persons = "eligible",
        as_of: str | None = None,
    ) -> Cohort:
        """A study's criteria in a form that finds patients, with the list of what it could not carry over.

        Parameters
        ----------
        form
            "circe" for OHDSI's cohort definitions, "sql" for an OMOP CDM in DuckDB or SQLite, "fhir" for a Group.
        vocabulary
            Where the user's OMOP vocabulary lies: a folder, an archive or a database with the table CONCEPT. FHIR
            does without.
        day
            The day as of which patients are found; today unless told.
        persons
            "eligible": who is so by all that could be carried over; "possible": whom nothing of it excludes.
        as_of
            Read the record as it stood on that day.

        Raises
        ------
        NotFoundError
            The study is not in this library.
        UsageError, SourceReadError
            There is no such form, or its vocabulary is missing or cannot be read.

        Examples
        --------
        >>> library = getfixture("sample_library")
        >>> cohort = library.make_cohort("NCT04776239", "fhir")
        >>> cohort.form, {each.cause for each in cohort.not_carried} >= {"absence", "opaque"}
        ('fhir', True)
        """
        from trialbook.library import cohorts

        day = day or find_asked_day(None)
        study = self.get_known_study(asked, as_of=as_of)
        return cohorts.make_study_cohort(study, form, vocabulary=vocabulary, day=day, persons=persons)

    def find_landscape(
        self, nct_ids: Iterable[str], *asked: str, text: str = "", records: Sequence[dict[str, Any]] = ()
    ) -> Landscape:
        """Who works on some studies, what do they share, and which outcomes do they measure, and when?

        Parameters
        ----------
        nct_ids
            The studies to count over, such as those of a `RelatedList`; the first hundred are read. Those that
            went away since they were listed are left out: `Landscape.nct_ids` has the others.
        asked, text, records
            What these are like, as in `find_related`: they are not counted, what they have too is
            marked as `is_own`.

        Raises
        ------
        NotFoundError
            A study of `asked`, or each of `nct_ids`, is not in this library.
        StoreError
            Nothing was made yet to find related studies by.

        Examples
        --------
        >>> library = getfixture("sample_library")
        >>> found = library.find_related("NCT04776239")
        >>> landscape = library.find_landscape((each.nct_id for each in found.studies), "NCT04776239")
        >>> len(landscape.nct_ids)
        10
        """
        given = {name_record(place): record for place, record in enumerate(records, 1)}
        given |= {THE_TEXT: {}} if text.strip() else {}

        def read_body(nct_id: str) -> bytes | None:
            return msgspec.json.encode(given[nct_id]) if nct_id in given else self.find_body(nct_id)

        return make_landscape(
            self._find_those_here(nct_ids),
            [*(self.find_id(each) for each in asked), *given],
            read_body=read_body,
            read_traits=make_reader(self.related_engine, records, text),
        )

    def _find_those_here(self, nct_ids: Iterable[str]) -> list[str]:
        """The ids of those that are here; raises NotFoundError where some are named and none is."""
        found: list[str] = []
        missing: list[NotFoundError] = []
        for each in nct_ids:
            try:
                found.append(self.find_id(each))
            except NotFoundError as error:
                missing.append(error)
        if missing and not found:
            raise missing[0]
        return found

    @property
    def related_lag(self) -> int:
        """How many changes of the records the lists of related studies do not know of yet; 0 where in step."""
        return max(0, self.store.seq - self.related_engine.position)

    def iter_export(self, asked: Export, *, on_damage: OnDamage = refuse_damage) -> Iterator[bytes]:
        """An export in blocks; of all records it is read without a look at the index.

        `on_damage` as in `iter_bodies`.
        """
        return write_records(self.iter_found(asked, on_damage=on_damage), asked.wanted)

    def iter_found(self, asked: Export, *, on_damage: OnDamage = refuse_damage) -> Iterator[bytes]:
        """The records of an export as they were received, by id."""
        request = asked.request
        if request.filters:
            return iter_found(self.engine, request, self.find_body, on_damage=on_damage)
        return self.iter_bodies(as_of=request.as_of, on_damage=on_damage)

    def export(
        self,
        path: str | Path,
        *,
        query: str = "",
        form: str = "",
        fields: Sequence[str] = (),
        as_of: str | None = None,
        **filters: Any,
    ) -> None:
        """Write the records that a search finds, or all, to a file, which appears when it is complete.

        Parameters
        ----------
        path
            Its end says in which form: `.jsonl`, `.json`, `.csv`, `.excel.csv`, `.xlsx`, `.parquet`, `.ris`,
            `.fhir.ndjson`, `.zip`; or else `form` does.
        fields
            Parts of the records (JSON) or columns (the tables); all unless told.
        query, as_of, filters
            As in `search`.

        Raises
        ------
        QueryError, ApiError
            The search or the fields cannot be understood.
        UsageError
            The file cannot be written.
        """
        target = expand(path)
        if shape := [name for name in SHAPE if name in filters]:
            raise UsageError(f"an export holds all that is found, by id: {shape[0]} says nothing here")
        request = self._make_request(query, as_of=as_of, **filters)
        wanted = make_export(request, form=form or find_form(target), names=fields)
        write_file(self.iter_export(wanted), target, apart_from=self.home)

    def export_tables(
        self,
        path: str | Path,
        *,
        query: str = "",
        as_of: str | None = None,
        on_damage: OnDamage = refuse_damage,
        **filters: Any,
    ) -> dict[str, int]:
        """Write the records that a search finds, or all, as tables in the shape of AACT's, for questions in SQL.

        Parameters
        ----------
        path
            Its end says whose file it is: `.sqlite`, `.sqlite3` or `.db`, or `.duckdb` (which needs the extra
            `duckdb`). It appears when it is complete.
        query, as_of, filters
            As in `search`.

        Returns
        -------
        dict
            Table -> how many rows it has.

        Raises
        ------
        QueryError
            The search cannot be understood.
        UsageError
            The file cannot be written.

        Examples
        --------
        >>> import sqlite3
        >>> library, folder = getfixture("sample_library"), getfixture("tmp_path")
        >>> library.export_tables(folder / "tables.sqlite", status="RECRUITING")["studies"]
        13
        >>> with sqlite3.connect(folder / "tables.sqlite") as tables:
        ...     tables.execute("SELECT count(*) FROM studies JOIN facilities USING (nct_id)").fetchone()
        (179,)
        """
        request = self._make_request(query, as_of=as_of, **filters)
        asked = make_export(request, form="jsonl")
        return dict(
            write_tables(self.iter_found(asked, on_damage=on_damage), expand(path), apart_from=self.home)
        )

    # Write.

    def import_files(self, *paths: str | Path) -> ImportCounts:
        """Read files or folders of any known form into the library; see `build.import_paths`."""
        return import_paths(self._open_home, [expand(path) for path in paths])

    def take_out(self, asked: str, version: int, reason: str, *, copy: int | None = None) -> None:
        """Let a version (by its number in the history), or one copy of it, count no longer.

        Its bytes and the reason are kept.

        Raises NotFoundError, UsageError without a reason.
        """
        copies = self.find_copies(asked, version=version)
        if copy is not None:
            copies = (self.find_version(asked, version=version, copy=copy),)
        take_out(self._open_home, copies, reason)

    def put_back(self, asked: str, number: int, reason: str = "") -> None:
        """Let a version count again that was taken out, by the number in `find_taken_out`; raises NotFoundError."""
        log = self.find_taken_out(asked)
        put_back(self._open_home, log[-1].nct_id if log else asked, number, reason)

    def pull(self, request: PullRequest, *, registry: str | None = None) -> ImportCounts:
        """Fetch records from a live registry into the library; see `pull.pull_records`."""
        from trialbook.library.pull import pull_records

        return pull_records(self._open_home, request, registry=registry)

    def pull_histories(self, *nct_ids: str, registry: str | None = None) -> ImportCounts:
        """Fetch the past versions of records from a live registry; see `pull.pull_histories`."""
        from trialbook.library.pull import pull_histories

        return pull_histories(self._open_home, nct_ids, registry=registry)

    def backup(self, path: str | Path, *, on_damage: OnDamage = refuse_damage) -> Manifest:
        """Keep all that cannot be made again in one file, as it stands at one moment; see `backup.write_backup`."""
        return write_backup(self._open_home, expand(path), on_damage=on_damage)

    @classmethod
    def restore(cls, path: str | Path, home: str | Path, *, is_replaced: bool = False) -> Library:
        """Bring a library back from a backup into a folder; see `backup.restore_backup`."""
        restore_backup(expand(path), expand(home), is_replaced=is_replaced)
        return cls(home)

    def check(self) -> tuple[str, ...]:
        """A sentence for each thing that is wrong with the library: all of it is read, nothing is changed."""
        return tuple(find_problems(self.store))

    @classmethod
    def repair(cls, home: str | Path) -> Repair:
        """Bring out all that is whole in a damaged library, also one that cannot be opened; see `repair`.

        A library that is open goes on reading what it has opened: open it anew.
        """
        return repair_library(expand(home))

    @property
    def standings(self) -> tuple[Standing, ...]:
        """What is derived from the records, and how far each has come."""
        return find_standings(self.store)

    def rebuild(self, *names: str, on_damage: OnDamage = refuse_damage) -> dict[str, int]:
        """Make what is derived anew: what is named, or all; see `rebuild.rebuild`."""
        return rebuild(self._open_home, names, on_damage=on_damage)

    def bring_into_step(self, *, on_damage: OnDamage = refuse_damage) -> dict[str, int]:
        """Complete what is behind; see `rebuild.bring_into_step`."""
        return bring_into_step(self._open_home, on_damage=on_damage)
