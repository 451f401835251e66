"""One state of the index with all that is worked out from it: places, and what was looked up in records."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from datetime import date
from functools import cache, cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import tantivy
from tantivy import Occur, Query

from trialbook.errors import NotFoundError, QueryError
from trialbook.model import PartialDate
from trialbook.model.dates import find_asked_day
from trialbook.model.present import decode_present
from trialbook.record.pieces import get_asked_pieces
from trialbook.search.engine.compile import Compiler, Outline, RecordCheck, State, outline
from trialbook.search.engine.names import Names, read_groups, read_whole
from trialbook.search.engine.note_query import FIELDS, WEIGHTS, NoteCompiler, NoteWeights
from trialbook.search.engine.order import count_matches, find_ids
from trialbook.search.engine.places import Places
from trialbook.search.engine.targets import Tier, all_of, everything, unscored
from trialbook.search.engine.tilt import find_steps
from trialbook.search.engine.towns import TownNames
from trialbook.search.engine.variants import find_variants
from trialbook.search.index.disk import Snapshot
from trialbook.search.index.intake import to_day_number
from trialbook.search.index.schema import get_schema
from trialbook.search.language.places import widen_places
from trialbook.search.language.syntax import Area, walk
from trialbook.search.language.syntax import Query as ParsedQuery
from trialbook.terms.known_names import NO_NAMES

if TYPE_CHECKING:
    from trialbook.patient.note import PatientNote

MOST_CHECKED = 10_000
# Bytes of JSON, times the parts of the query that look at them: some 5 s of work where each reads all texts.
MOST_CHECKED_BYTES = 192 << 20
MOST_REMEMBERED = 64
MOST_VARIANTS = 50_000
MOST_COMPILED = 256

# Gives the JSON of a record in force, now or at the end of a day (ISO).
ReadRecord = Callable[[str, str | None], bytes]
# Gives, for what words tell of a person on a day, the ids of the studies in force whose criteria refuse that person,
# and of those of which nobody knows. Raises QueryError where the words are not understood, or none was read.
FindRefusing = Callable[[str, date], tuple[Collection[str], Collection[str]]]


_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Compiled(NamedTuple):
    """A query of the index, the words to look for in its answers, the names that were added, and whether it has scores."""

    query: Query
    words: tuple[str, ...]
    added: tuple[str, ...]
    ranks: bool


class LookUpBudget:
    """How much of the records one query may still have looked up: work, so that a busy machine refuses no more."""

    def __init__(self) -> None:
        self._records, self._bytes = MOST_CHECKED, MOST_CHECKED_BYTES

    def take(self, records: int) -> None:
        """Take so many records; raises QueryError where they are not left."""
        self._records -= records
        if self._records < 0:
            raise QueryError(
                f"a part of the query would have to be looked up in {MOST_CHECKED - self._records:,} records"
                " one by one",
                hint="EXPANSION[None], or what SEARCH[Location] asks beyond words and status, "
                f"works where at most {MOST_CHECKED:,} studies come into question: name rarer words",
            )

    def take_bytes(self, count: int) -> None:
        """Take so many bytes, times the parts that look at them; raises QueryError where they are not left."""
        self._bytes -= count
        if self._bytes < 0:
            raise QueryError(
                f"a part of the query was looked up in {MOST_CHECKED_BYTES >> 20} MB of records one by one",
                hint="name rarer words beside it, or ask for fewer things at once",
            )


class Recent(Generic[_Key, _Value]):
    """The values that were asked for last, at most so many; serves all threads.

    `lru_cache` over a method would hold the object whose method it is, in a circle: an old state of the
    index would then keep its files until Python looks for circles.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[_Key, _Value] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: _Key, make: Callable[[], _Value]) -> _Value:
        """The value of a key, made where it is not there; threads that come together may each make it."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()
        with self._lock:
            self._values[key] = value
            if len(self._values) > self._most:
                self._values.popitem(last=False)
        return value


class Reader:
    """A state of the index, ready to be asked; serves all threads."""

    def __init__(
        self,
        snapshot: Snapshot,
        names: Names | None,
        read_record: ReadRecord,
        find_refusing: FindRefusing | None = None,
    ) -> None:
        self.searcher, self.number = snapshot.searcher, snapshot.number
        self._read_record, self._find_refusing = read_record, find_refusing
        is_of_them = names is not None and names.known_names.version == snapshot.names
        self._state = State(
            searcher=snapshot.searcher,
            read_groups=lru_cache(MOST_COMPILED)(partial(read_groups, names=names)),
            read_whole=lru_cache(MOST_COMPILED)(partial(read_whole, names=names)),
            known_names=names.known_names if names is not None and is_of_them else NO_NAMES,
            variants=lru_cache(MOST_VARIANTS)(partial(find_variants, snapshot.searcher)),
            places=cache(partial(Places, snapshot.searcher)),
            steps=cache(partial(find_steps, snapshot.searcher)),
        )
        self._looked_up: Recent[tuple[str, str | None], tuple[str, ...]] = Recent(MOST_REMEMBERED)
        self._outlines: Recent[tuple[ParsedQuery, ...], Outline] = Recent(MOST_COMPILED)
        self._tiers: Recent[ParsedQuery, list[Tier] | None] = Recent(MOST_COMPILED)
        self._compiled: Recent[tuple[ParsedQuery, str | None, date, int, bool], Compiled] = Recent(
            MOST_COMPILED
        )

    @property
    def places(self) -> Places:
        """The places where studies have sites."""
        return self._state.places()

    @cached_property
    def town_names(self) -> TownNames:
        """What the places are called; looked through when a map is first asked for."""
        return TownNames(self.searcher)

    @cached_property
    def holds_past(self) -> bool:
        """Whether there are versions that are no longer in force."""
        return self.searcher.doc_freq("exact.State", "past") > 0

    def restrict_to(self, as_of: str | None) -> Query | None:
        """The versions in force now or at the end of a day; None where all are."""
        if as_of is None:
            if not self.holds_past:
                return None
            return Query.term_query(get_schema(), "exact.State", "current", "basic")
        day = to_day_number(as_of, is_end=True)
        if not day:
            raise QueryError(f"as_of is no date: {as_of[:40]!r}", hint="write a date as 2021-08-16")
        unsigned = tantivy.FieldType.Unsigned
        return all_of(
            [
                Query.range_query(get_schema(), "from_day", unsigned, None, day),
                Query.range_query(get_schema(), "to_day", unsigned, day + 1, None),
            ]
        )

    def outline(self, queries: Sequence[ParsedQuery]) -> Outline:
        """What the order of the answers to some queries depends on."""
        key = tuple(queries)
        return self._outlines.get(key, lambda: outline([widen_places(query) for query in key], self._state))

    def compile_ranked(
        self, queries: Sequence[ParsedQuery], as_of: str | None, *, is_best: bool = False
    ) -> list[Compiled]:
        """Parsed queries of one request as such of the index, with scores that add up to its order.

        `is_best` leaves out the tail of their `outline`: most pages of an answer need no more, and what
        stands last costs most to find.
        """
        count = self.outline(queries).groups
        return [self._compile(query, as_of, count, is_best=is_best) for query in queries]

    def compile(self, query: ParsedQuery, as_of: str | None) -> Compiled:
        """A parsed query as one of the index, which matches the same for less and has no scores."""
        return self._compile(query, as_of, 0)

    def _compile(
        self, query: ParsedQuery, as_of: str | None, group_count: int, *, is_best: bool = False
    ) -> Compiled:
        key = (query, as_of, find_asked_day(as_of), group_count, is_best)
        if _asks_of_persons(query):
            # What criteria refuse may become known while the index stays as it is.
            return self._compile_anew(*key)
        return self._compiled.get(key, lambda: self._compile_anew(*key))

    def _compile_anew(
        self, query: ParsedQuery, as_of: str | None, day: date, group_count: int, is_best: bool
    ) -> Compiled:
        compiler = self._make_compiler(as_of, group_count, day, is_best=is_best)
        compiled = compiler.compile(widen_places(query))
        return Compiled(compiled, tuple(compiler.words), tuple(compiler.added), compiler.ranks)

    def find_tiers(self, queries: Sequence[ParsedQuery]) -> list[Tier] | None:
        """The best answers to one query by their scores (`Compiler.find_tiers`); None where that cannot be told."""
        if len(queries) != 1:
            return None
        query = widen_places(queries[0])
        return self._tiers.get(
            query, lambda: self._make_compiler(None, 1, find_asked_day(None)).find_tiers(query)
        )

    def _make_compiler(
        self, as_of: str | None, group_count: int, day: date, *, is_best: bool = False
    ) -> Compiler:
        budget = LookUpBudget()

        def resolve(key: str, candidates: Query, check: RecordCheck) -> Query:
            return self._look_up(key, candidates, check, as_of, budget)

        def find_refusing(text: str) -> tuple[Collection[str], Collection[str]]:
            if as_of is not None:
                raise QueryError(
                    "what criteria refuse is known of today's versions alone", hint="ask without a day"
                )
            if self._find_refusing is None:
                raise QueryError("what criteria refuse is not known here")
            return self._find_refusing(text, day)

        return Compiler(
            self._state,
            resolve=resolve,
            find_refusing=find_refusing,
            group_count=group_count,
            day=day,
            is_best=is_best,
        )

    def compile_note(self, note: PatientNote, weights: NoteWeights) -> Compiled:
        """A patient's note as a query of the index."""
        query = NoteCompiler(self.searcher, self._state.variants, weights).compile(note)
        names = [word for concept in note.concepts for words in concept.names for word in words]
        words = dict.fromkeys([*names, *(word for word, _ in note.words)])
        return Compiled(query, tuple(words), (), ranks=True)

    def find_reasons(
        self, note: PatientNote, nct_ids: Sequence[str], as_of: str | None, fields: tuple[str, ...] = FIELDS
    ) -> dict[str, tuple[str, ...]]:
        """For each study what the note affirms and the study says too, in the note's words."""
        reasons: dict[str, tuple[str, ...]] = dict.fromkeys(nct_ids, ())
        among = self.join([], [Query.term_set_query(get_schema(), "nct_id", list(nct_ids))], as_of)
        compiler = NoteCompiler(self.searcher, self._state.variants, WEIGHTS)
        for text, query in compiler.iter_reasons(note, fields) if reasons else ():
            found = self.searcher.search(all_of([among, query]), len(reasons), count=False).hits
            for nct_id in find_ids(self.searcher, [address for _, address in found]):
                reasons[nct_id] += (text,)
        return reasons

    def join(self, queries: Sequence[Query], filters: Sequence[Query], as_of: str | None) -> Query:
        """All of the queries, within the filters and the versions in force."""
        force = self.restrict_to(as_of)
        narrowed = [unscored(each) for each in (*filters, *([force] if force else []))]
        parts = [*(queries or [everything()]), *narrowed]
        return Query.boolean_query([(Occur.Must, each) for each in parts])

    def _look_up(
        self,
        key: str,
        candidates: Query,
        check: RecordCheck,
        as_of: str | None,
        budget: LookUpBudget,
    ) -> Query:
        """The studies among candidates whose record passes a check; the same check is made once."""
        nct_ids = self._looked_up.get(
            (key, as_of), lambda: self._check_records(candidates, check, as_of, budget)
        )
        return unscored(Query.term_set_query(get_schema(), "nct_id", list(nct_ids)))

    def _check_records(
        self,
        candidates: Query,
        check: RecordCheck,
        as_of: str | None,
        budget: LookUpBudget,
    ) -> tuple[str, ...]:
        force = self.restrict_to(as_of)
        query = all_of([candidates, force]) if force else candidates
        count = count_matches(self.searcher, query)
        budget.take(count)
        found = self.searcher.search(query, max(count, 1), count=False)
        # The store counts days, not months or years: a partial date is asked at its end, as in the index.
        latest = None if as_of is None else PartialDate(as_of).latest
        day = None if latest is None else latest.isoformat()
        kept = []
        for nct_id in find_ids(self.searcher, [address for _, address in found.hits]):
            try:
                body = self._read_record(nct_id, day)
            except NotFoundError:
                continue
            budget.take_bytes(len(body) * check.parts)
            if check.is_match(decode_present(body)):
                kept.append(nct_id)
        return tuple(kept)


def _asks_of_persons(query: ParsedQuery) -> bool:
    areas = (node.name for node in walk(query.expression) if isinstance(node, Area))
    return query.default_area in get_asked_pieces() or any(name in get_asked_pieces() for name in areas)
