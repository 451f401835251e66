"""One study of a library: the typed record, and the way to its past."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trialbook.changes.history import Comparison, HistoryLine
from trialbook.changes.state import KnownState
from trialbook.model import Study
from trialbook.model.criteria import Criterion
from trialbook.model.present import parse_present
from trialbook.pages.record.told import Told
from trialbook.store import Version

if TYPE_CHECKING:
    from trialbook.eligibility.tree import ParsedCriterion
    from trialbook.library.records import LibraryRecords


_CRITERIA = "eligibilityModule.eligibilityCriteria"


class LibraryStudy(Study, frozen=True, dict=True, gc=True):
    """A `Study` as a library holds it, in one of its versions: all of its fields, its past, its criteria.

    Examples
    --------
    >>> import trialbook
    >>> library = getfixture("sample_library")
    >>> study = library["nct4776239"]
    >>> study.nct_id, str(study.overall_status), study.enrollment_count
    ('NCT04776239', 'COMPLETED', 26)
    >>> [line.version.version_date for line in study.history]
    ['2022-07-07', '2025-09-02']
    >>> print(study.diff("2022", "2025").changes[0].label)
    Overall status
    >>> len([each for each in study.criteria if each.kind == "inclusion"])
    4
    """

    @classmethod
    def make(
        cls, library: LibraryRecords, version: Version, body: bytes, *, state: KnownState | None = None
    ) -> LibraryStudy:
        """The study in one version, from its bytes; `state` is what is known of it, where they rest on that."""
        plain = parse_present(body)
        study = cls(**{name: getattr(plain, name) for name in plain.__struct_fields__})
        study.__dict__.update(plain.__dict__, _library=library, _version=version, _body=body, _state=state)
        return study

    @property
    def _library(self) -> LibraryRecords:
        library: LibraryRecords = self.__dict__["_library"]
        return library

    @property
    def version(self) -> Version:
        """Which version of the record this is, when and from where it came."""
        version: Version = self.__dict__["_version"]
        return version

    @property
    def body(self) -> bytes:
        """The record's bytes, API v2 JSON."""
        body: bytes = self.__dict__["_body"]
        return body

    @property
    def history(self) -> tuple[HistoryLine, ...]:
        """All versions that the library holds, oldest first, each with what changed in it."""
        return self._library.find_history(self.version.nct_id)

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """The single criteria of the eligibility text, each with its place in it."""
        return self.eligibility.criteria

    @property
    def criteria_note(self) -> str:
        """What to know of the criteria where the copy in front cannot carry them: of which version they are, or
        that they are not known; "" where they are its own.
        """
        told = Told(self.__dict__["_state"])
        if rests_on := told.name_resting(_CRITERIA):
            return f"The criteria are those of {rests_on}: the copy in front cannot carry them."
        if not self.eligibility.eligibility_criteria and not told.is_known(_CRITERIA):
            return "The criteria are not known: no copy in this library can carry them."
        return ""

    @property
    def parsed_criteria(self) -> tuple[ParsedCriterion, ...]:
        """The criteria, each with the tree of what it asks; a list below its lead is one of them."""
        from trialbook.library.criteria import find_criteria

        return find_criteria(self)

    def diff(self, before: int | str | None = None, after: int | str | None = None) -> Comparison:
        """What differs between two versions.

        Parameters
        ----------
        before, after
            A version's number, or a day for the version in force at its end ("2022-05", "2022").
            Without `after` this version; without `before` the one before the other.

        Raises
        ------
        NotFoundError
            There is no such version, or none as old as that.
        QueryError
            A text is no date.
        """
        newer = self.version.number if after is None else self._find_number(after)
        older = None if before is None else self._find_number(before)
        return self._library.compare(self.version.nct_id, older, newer)

    def _find_number(self, asked: int | str) -> int:
        if isinstance(asked, int):
            return asked
        return self._library.find_version(self.version.nct_id, as_of=asked).number

    def __copy__(self) -> LibraryStudy:
        return LibraryStudy.make(self._library, self.version, self.body, state=self.__dict__["_state"])

    def __reduce__(self) -> Any:
        """A copy elsewhere (another process) is the record alone, without the library."""
        return parse_present, (self.body,)
