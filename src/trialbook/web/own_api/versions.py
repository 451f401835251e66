"""How does our own API tell of a record's past?"""

from __future__ import annotations

from trialbook.ask.parameters import Parameters
from trialbook.errors import ApiError
from trialbook.library import Library
from trialbook.store import Version
from trialbook.web.own_api.answers import (
    AnnouncedLine,
    ChangeAnswer,
    ChangesAnswer,
    ComparedVersion,
    VersionAnswer,
    VersionsAnswer,
)
from trialbook.web.own_api.parameters import COPY, FROM, TO, VERSION, find_number


def find_record(library: Library, asked: str, parameters: Parameters) -> bytes:
    """The bytes of the version that is asked for; raises NotFoundError, ApiError and QueryError."""
    number, copy = find_number(parameters, VERSION), find_number(parameters, COPY)
    if number is not None and parameters.text("as_of"):
        raise ApiError("Parameters `version` and `as_of` exclude each other")
    return library.get_body(asked, version=number, as_of=parameters.text("as_of"), copy=copy)


def answer_versions(library: Library, asked: str) -> VersionsAnswer:
    """All versions of a study; raises NotFoundError."""
    nct_id = library.find_id(asked)
    lines = library.find_history(nct_id)
    held = {line.version.number for line in lines if line.version.is_numbered}
    return VersionsAnswer(
        nct_id,
        tuple(
            VersionAnswer(
                number=line.version.number,
                version_date=line.version.version_date,
                meaning=line.version.meaning,
                copies=line.version.copies,
                learnt_at=line.version.learnt_at,
                format=line.version.format,
                is_current=line.version.is_current,
                doubt=line.version.doubt,
                changes=tuple(ChangeAnswer(group, text) for group, text in line.changes),
            )
            for line in lines
        ),
        tuple(
            AnnouncedLine(
                each.number,
                each.version_date,
                each.overall_status,
                each.module_labels,
                each.number in held,
            )
            for each in library.find_announced(nct_id)
        ),
    )


def answer_changes(library: Library, asked: str, parameters: Parameters) -> ChangesAnswer:
    """What differs between two versions; raises NotFoundError, ApiError and QueryError."""
    before, after = (find_number(parameters, each) for each in (FROM, TO))
    found = library.compare(asked, before, after, as_of=parameters.text("as_of"))
    return ChangesAnswer(
        nct_id=found.nct_id,
        before=_name(found.before),
        after=_name(found.after),
        changes=found.changes,
        warnings=found.warnings,
    )


def _name(version: Version) -> ComparedVersion:
    return ComparedVersion(version.number, version.version_date, version.learnt_at)
