"""The library's own things: searches that are saved, lists of studies, and what is new in both since a look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from trialbook.ask.address import WHICH, read_asked
from trialbook.ask.dates import read_as_of
from trialbook.ask.parameters import Parameters
from trialbook.ask.query_string import normalise_query
from trialbook.errors import NotFoundError, QueryError, UsageError
from trialbook.export.forms import Wanted, make_wanted, write_records
from trialbook.library import lists, news, saved
from trialbook.library.export import find_form, iter_bodies_of, write_file
from trialbook.library.kept import Kind, Look, show_name
from trialbook.library.records import LibraryRecords
from trialbook.model.present import parse_present
from trialbook.pages.record.told import Told
from trialbook.pages.side_by_side import SideBySide, check_asked, set_side_by_side
from trialbook.record.ids import find_fault, find_nct_id
from trialbook.search.engine.engine import SearchRequest
from trialbook.settings import expand
from trialbook.store.arrivals import find_last_arrival, find_last_before
from trialbook.store.store import OnDamage, refuse_damage

# Of more, none stand side by side.
MOST_NAMED = 50


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """What is new in a list or a saved search since the last look.

    Attributes
    ----------
    kind, name
        "list" or "search", and what it is called.
    since
        The moment of the last look, or else of when it was made: UTC, ISO 8601.
    news
        The last thing first.
    is_all
        Whether these are all that there are.
    problem
        Why nothing can be told of it: a sentence.
    """

    kind: Kind
    name: str
    since: str
    news: tuple[news.News, ...] = ()
    is_all: bool = True
    problem: str = ""


class LibraryKeeping(LibraryRecords):
    """What a person keeps in a library, and follows; `Library` has it all."""

    # Follow what changes.

    def find_news(
        self, request: SearchRequest, *, after: int = 0, since: str | None = None, limit: int = 50
    ) -> tuple[news.News, ...]:
        """What is new or changed among the studies that a request finds; see `news.find_news`.

        `since` (ISO date, UTC) leaves out what came before that day.
        """
        if since:
            after = max(after, find_last_before(self.store, since))
        return news.find_news(self.store, self.engine, request, after=after, limit=limit)

    def find_news_of_list(
        self, name: str, *, after: int = 0, since: str | None = None, limit: int = 50
    ) -> tuple[news.News, ...]:
        """What changed in the studies of a list since each was put on it; `after` and `since` as in `find_news`."""
        if since:
            after = max(after, find_last_before(self.store, since))
        kept = self.get_list(name)
        return news.find_news_of(self.store, self._find_starts(kept, after), limit=limit)

    def _find_starts(self, kept: lists.KeptList, after: int) -> dict[str, int]:
        looks = {
            each: news.find_look(self.store, each)
            for each in {Look(entry.after, entry.added_at) for entry in kept.entries}
        }
        return {entry.nct_id: max(after, looks[Look(entry.after, entry.added_at)]) for entry in kept.entries}

    @property
    def last_arrival(self) -> int:
        """The number of the version that came last; numbers only grow."""
        return find_last_arrival(self.store)

    def find_watched(
        self, *, kind: Kind | None = None, name: str | None = None, limit: int = 50
    ) -> tuple[Watched, ...]:
        """What is new or changed in each list and each saved search since the last look, lists first.

        Looking changes nothing: `mark_seen` remembers a look. `kind` and `name` ask for those alone.

        Raises
        ------
        NotFoundError
            There is no such list or saved search.
        """
        found = []
        if kind != "search":
            found += [
                self._watch_list(each.name, limit) for each in self.find_lists() if name in (None, each.name)
            ]
        if kind != "list":
            found += [
                self._watch_saved(each, limit) for each in self.find_saved() if name in (None, each.name)
            ]
        if name is not None and not found:
            what = {"list": "no list", "search": "no saved search", None: "neither a list nor a saved search"}
            raise NotFoundError(f"there is {what[kind]} called {show_name(name)}")
        return tuple(found)

    def _watch_list(self, name: str, limit: int) -> Watched:
        kept = self.get_list(name)
        after = news.find_look(self.store, kept.seen) if kept.seen else 0
        since = kept.seen.at if kept.seen else kept.made_at
        told = news.find_news_of(self.store, self._find_starts(kept, after), limit=limit + 1)
        return Watched(kind="list", name=name, since=since, news=told[:limit], is_all=len(told) <= limit)

    def _watch_saved(self, search: saved.SavedSearch, limit: int) -> Watched:
        look = search.seen or Look(search.after, search.saved_at)
        try:
            asked = read_asked(Parameters(search.query.encode(), WHICH), self.engine.find_place).request
            told = self.find_news(asked, after=news.find_look(self.store, look), limit=limit + 1)
        except QueryError as error:
            return Watched(kind="search", name=search.name, since=look.at, problem=str(error))
        return Watched(
            kind="search", name=search.name, since=look.at, news=told[:limit], is_all=len(told) <= limit
        )

    def mark_seen(self, kind: Kind, name: str, *, number: int | None = None) -> None:
        """Remember that a person has seen what is new in a list or a saved search.

        `number` is the last version that was there to be seen, the last one of all unless told. Raises
        NotFoundError, UsageError for a version that has not come yet.
        """
        last = self.last_arrival
        if number is not None and not 0 <= number <= last:
            raise UsageError(f"no version with the number {number} has come yet")
        see = lists.see_list if kind == "list" else saved.see_search
        see(self._open_home, name, last if number is None else number)

    # Saved searches.

    def save_search(self, name: str, query: str) -> saved.SavedSearch:
        """Keep a search under a name; what comes later is its news. As `saved.save_search`."""
        text = normalise_query(query, self.engine.find_place)
        if not text:
            raise UsageError("a search needs something that it asks for")
        return saved.save_search(self._open_home, name, text, after=self.last_arrival)

    def find_saved(self) -> tuple[saved.SavedSearch, ...]:
        """All saved searches, by name."""
        return saved.find_searches(self._open_home)

    def get_saved(self, name: str) -> saved.SavedSearch:
        """The saved search of a name; raises NotFoundError."""
        return saved.get_search(self._open_home, name)

    def rename_saved(self, name: str, new: str) -> None:
        """Call a saved search otherwise, its feed too; raises NotFoundError, UsageError."""
        saved.rename_search(self._open_home, name, new)

    def remove_saved(self, name: str) -> None:
        """Forget a saved search; raises NotFoundError."""
        saved.remove_search(self._open_home, name)

    # Lists of studies.

    def find_lists(self) -> tuple[lists.ListLine, ...]:
        """All lists, by name."""
        return lists.find_lists(self._open_home)

    def find_lists_with(self, asked: str) -> tuple[str, ...]:
        """The names of the lists on which a study is; raises NotFoundError."""
        return lists.find_lists_with(self._open_home, self.find_id(asked))

    def get_list(self, name: str) -> lists.KeptList:
        """The list of a name; raises NotFoundError."""
        return lists.get_list(self._open_home, name)

    def add_to_list(self, name: str, *asked: str, note: str = "") -> tuple[str, ...]:
        """Put studies on a list, which is made where there is none; says which were not on it yet.

        A note is written for each of them. Raises NotFoundError for a study that is not here; and as
        `lists.add_studies`.

        Examples
        --------
        >>> library = getfixture("sample_library")
        >>> library.add_to_list("to-read", "nct4776239", note="Ask about Miami")
        ('NCT04776239',)
        >>> library.get_list("to-read").entries[0].note
        'Ask about Miami'
        """
        if not asked:
            raise UsageError("name the studies that are to be on the list")
        return self._add(name, dict.fromkeys(map(self.find_id, asked), note))

    def _add(self, name: str, notes: Mapping[str, str], *, is_new: bool = False) -> tuple[str, ...]:
        return lists.add_studies(self._open_home, name, notes, after=self.last_arrival, is_new=is_new)

    def make_list(self, name: str, nct_ids: Sequence[str] = ()) -> lists.KeptList:
        """A new list, of ids that need not be in this library; raises UsageError."""
        self._add(name, dict.fromkeys(map(self.write_id, nct_ids), ""), is_new=True)
        return self.get_list(name)

    def write_id(self, asked: str) -> str:
        """An id as the library writes it, or of a study that is not here as it would; raises UsageError."""
        with suppress(NotFoundError):
            return self.find_id(asked)
        written = find_nct_id(asked.strip()) or asked.strip()
        if find_fault(written):
            raise UsageError(f"{written[:60]!r} is no id of a study")
        return written

    def remove_from_list(self, name: str, *asked: str) -> None:
        """Take studies off a list, with their notes; raises NotFoundError."""
        for each in asked:
            lists.remove_study(self._open_home, name, self._find_on_list(name, each))

    def _find_on_list(self, name: str, asked: str) -> str:
        """A study's id as it stands on a list, also where the library has it no more."""
        return asked if asked in self.get_list(name).nct_ids else self.write_id(asked)

    def note_in_list(self, name: str, asked: str, note: str) -> None:
        """Write a note for a study on a list, "" for none; raises NotFoundError, UsageError."""
        lists.note_study(self._open_home, name, self._find_on_list(name, asked), note)

    def rename_list(self, name: str, new: str) -> None:
        """Call a list otherwise; raises NotFoundError, UsageError."""
        lists.rename_list(self._open_home, name, new)

    def delete_list(self, name: str) -> None:
        """Forget a list with all its notes; raises NotFoundError."""
        lists.delete_list(self._open_home, name)

    def take_list(self, text: bytes, *, name: str = "") -> lists.KeptList:
        """Keep a list that was written by `lists.write_shared`, under its own name or another that is free.

        Studies that are not in this library stay on it too. Raises UsageError.
        """
        shared = lists.read_shared(text)
        notes = {self.write_id(each.nct_id): each.note for each in shared.studies}
        self._add(name or shared.name, notes, is_new=True)
        return self.get_list(name or shared.name)

    def iter_list(self, name: str, wanted: Wanted, *, on_damage: OnDamage = refuse_damage) -> Iterator[bytes]:
        """The records of a list in one of the forms of exports, in blocks, in the order of the list."""
        bodies = iter_bodies_of(self.get_list(name).nct_ids, self.find_body, on_damage=on_damage)
        return write_records(bodies, wanted)

    def export_list(self, name: str, path: str | Path, *, form: str = "", fields: Sequence[str] = ()) -> None:
        """Write the records of a list to a file, in any form that `export` knows; as that."""
        target = expand(path)
        wanted = make_wanted(form or find_form(target), fields)
        write_file(self.iter_list(name, wanted), target, apart_from=self.home)

    # Side by side.

    def set_side_by_side(self, *asked: str, as_of: str | None = None) -> SideBySide:
        """Two to six studies, row by row, with what is the same in all; see `pages.side_by_side`.

        Raises
        ------
        UsageError
            These are fewer or more.
        NotFoundError
            A study is not in this library, or none of its versions is as old as the day `as_of`.

        Examples
        --------
        >>> library = getfixture("sample_library")
        >>> table = library.set_side_by_side("NCT04776239", "NCT99000001")
        >>> [(row.name, row.sameness) for row in table.rows][:2]
        [('overall_status', 'same'), ('study_type', 'same')]
        """
        nct_ids = check_asked([self.find_id(each) for each in asked[:MOST_NAMED]])
        day = read_as_of(as_of or "")
        states = [self.find_state(each, as_of=day) for each in nct_ids]
        bodies = [self.store.get_version_body(each.version.version_id) for each in states]
        return set_side_by_side([*map(parse_present, bodies)], told=[*map(Told, states)], as_of=day)
