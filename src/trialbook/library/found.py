"""What a search found: how many, which, how they divide; read as studies or as a table."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from trialbook.errors import QueryError, UsageError
from trialbook.library.study import LibraryStudy
from trialbook.model.present import decode_present
from trialbook.record.pieces import find_piece, get_values
from trialbook.search.engine.engine import FACETS, SearchEngine, SearchRequest, SearchResult
from trialbook.search.engine.facets import is_countable
from trialbook.search.engine.snippets import Passage, find_passages
from trialbook.search.language.syntax import And, Area, Expansion, Expression, Or, Query, Term
from trialbook.terms.text import cut_words

if TYPE_CHECKING:
    from trialbook.library.library import Library

# So many values are looked at: of the studies that have the words; of places, which stand in no common text, of all.
MOST_COUNTED = 1_000
COLUMNS = (
    "NCTId",
    "BriefTitle",
    "OverallStatus",
    "StudyType",
    "Phase",
    "Condition",
    "InterventionName",
    "LeadSponsorName",
    "EnrollmentCount",
    "StartDate",
    "PrimaryCompletionDate",
    "HasResults",
)


class Found:
    """The answer to a search: a sequence of its studies, which are read as they are looked at.

    Attributes
    ----------
    total
        How many studies match, of which this holds those of the asked window.
    nct_ids, scores
        The window, in order.
    words, added
        The words to look for in the studies, and the other names that were searched for.
    milliseconds
        How long the search took.

    Examples
    --------
    >>> library = getfixture("sample_library")
    >>> found = library.search("heart failure", status="RECRUITING", limit=2)
    >>> found.total, len(found), found.facets["OverallStatus"]
    (1, 1, {'RECRUITING': 1})
    >>> [study.nct_id for study in found] == list(found.nct_ids)
    True
    """

    def __init__(self, library: Library, request: SearchRequest, result: SearchResult) -> None:
        self._library, self._request = library, request
        self.total, self.nct_ids, self.scores = result.total, result.nct_ids, result.scores
        self.words, self.added, self.milliseconds = result.words, result.added, result.milliseconds

    @cached_property
    def facets(self) -> dict[str, dict[str, int]]:
        """How many of all matching studies have which value, by piece; counted when first asked for."""
        return self.count(*FACETS)

    def count(self, *pieces: str, size: int = 1_000) -> dict[str, dict[str, int]]:
        """Count all matching studies by the values of pieces, up to `size` values of each.

        Raises QueryError for a piece that cannot be counted.
        """
        asked = self._request.for_counting(pieces, size)
        return {name: dict(values) for name, values in self._library.engine.search(asked).facets.items()}

    def __len__(self) -> int:
        return len(self.nct_ids)

    def __getitem__(self, place: int) -> LibraryStudy:
        """The study at a place of the window, from 0."""
        if not isinstance(place, int):
            raise TypeError("a study is taken by its place; several with list(found)[start:end]")
        return self._library.get_study(self.nct_ids[place], as_of=self._request.as_of)

    def __iter__(self) -> Iterator[LibraryStudy]:
        return (self[place] for place in range(len(self)))

    def find_passages(self, nct_id: str) -> list[Passage]:
        """The passages of a study in which the words of the search stand."""
        return find_passages(self._decode(nct_id), self.words)

    def to_rows(self, pieces: Sequence[str] = COLUMNS) -> list[dict[str, Any]]:
        """The window as rows: a value for each piece, a list where the registry has one, None where absent.

        Raises QueryError for a name that is no piece with values.
        """
        columns = []
        for name in pieces:
            piece = find_piece(name)
            if piece is None or piece.kind == "struct":
                raise QueryError(f"there is no piece with values called {name[:60]!r}")
            columns.append((name, piece))
        rows = []
        for nct_id in self.nct_ids:
            record = self._decode(nct_id)
            row: dict[str, Any] = {}
            for name, piece in columns:
                values = get_values(record, piece)
                row[name] = values if _is_list(piece.path) else next(iter(values), None)
            rows.append(row)
        return rows

    def _decode(self, nct_id: str) -> dict[str, Any]:
        return decode_present(self._library.get_body(nct_id, as_of=self._request.as_of))

    def to_pandas(self, pieces: Sequence[str] = COLUMNS) -> Any:
        """The window as a `pandas.DataFrame`, as `to_rows`; raises UsageError where pandas is not here."""
        return _import("pandas").DataFrame(self.to_rows(pieces), columns=list(pieces))

    def to_polars(self, pieces: Sequence[str] = COLUMNS) -> Any:
        """The window as a `polars.DataFrame`, as `to_rows`; raises UsageError where polars is not here."""
        polars = _import("polars")
        rows = self.to_rows(pieces)
        return polars.DataFrame({name: [row[name] for row in rows] for name in pieces}, strict=False)

    def to_arrow(self, pieces: Sequence[str] = COLUMNS) -> Any:
        """The window as a `pyarrow.Table`, as `to_rows`; raises UsageError where pyarrow is not here."""
        arrow = _import("pyarrow")
        rows = self.to_rows(pieces)
        return arrow.table({name: [row[name] for row in rows] for name in pieces})

    def __repr__(self) -> str:
        shown = f", {len(self)} of them here" if len(self) < self.total else ""
        return f"<Found {self.total:,} studies{shown}>"

    def _repr_html_(self) -> str:
        """A table for a notebook."""
        from html import escape

        names = ("NCTId", "BriefTitle", "OverallStatus", "Phase", "EnrollmentCount")
        head = "".join(f"<th>{name}</th>" for name in names)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(_write(row[name]))}</td>" for name in names) + "</tr>"
            for row in self.to_rows(names)
        )
        caption = f"<caption>{escape(repr(self)[1:-1])}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _write(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _is_list(path: str) -> bool:
    """Whether a record may have several values there: the element, or one that it stands in, is a list."""
    parts = path.split(".")
    pieces = (find_piece(".".join(parts[:end])) for end in range(1, len(parts) + 1))
    return any(piece is not None and piece.type.endswith("[]") for piece in pieces)


def _import(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UsageError(f"this needs {name}: pip install {name}") from error


def complete(engine: SearchEngine, piece: str, text: str, *, most: int = 10) -> list[str]:
    """Values of a countable piece that begin so, in whatever case, whole, those of the most studies first.

    Raises QueryError for a piece that cannot be counted.
    """
    if not is_countable(piece):
        raise QueryError(f"there is nothing to complete `{piece[:60]}` with")
    asked = () if piece.startswith("Location") else make_begun(engine, piece, text)
    if asked is None:
        return []
    request = SearchRequest(filters=asked, facets=(piece,), facet_size=MOST_COUNTED, limit=0)
    return _choose(engine.search(request).facets[piece], text, most)


def make_begun(engine: SearchEngine, piece: str, text: str) -> tuple[Query, ...] | None:
    """The studies with a piece in which the text's words may stand, its last begun; None where there are none."""
    *whole, last = cut_words(text) or [""]
    words = engine.find_words(last) if last else []
    if not words:
        return None
    begun = Or(tuple(Term(word) for word in words)) if len(words) > 1 else Term(words[0])
    terms: list[Expression] = [Term(word) for word in whole]
    return (Query(Area(piece, Expansion("Term", And((*terms, begun)) if terms else begun))),)


def _choose(counts: Mapping[str, int], text: str, most: int) -> list[str]:
    """The values that begin with a text; of those that differ by case alone, the most frequent."""
    beginning = text.casefold()
    best: dict[str, str] = {}
    for value in sorted(counts, key=lambda value: (-counts[value], value)):
        if value.casefold().startswith(beginning):
            best.setdefault(value.casefold(), value)
    return list(best.values())[:most]
