"""How does our own API tell of a record's past?"""

from __future__ import annotations

from trialbook.ask.dates import read_as_of
from trialbook.ask.parameters import Parameters, find_nct_id
from trialbook.errors import ApiError, NotFoundError
from trialbook.library.history import compare_versions, find_history
from trialbook.store import Store, Version
from trialbook.web.own_api.askable import FROM, TO, VERSION, read_number
from trialbook.web.own_api.shapes import (
    AnnouncedLine,
    ChangeNote,
    ChangesAnswer,
    ComparedVersion,
    VersionLine,
    VersionsAnswer,
)

LONGEST_ID = 100


def find_id(store: Store, asked: str) -> str:
    """An id as the library writes it; raises NotFoundError for a study that is not here."""
    if len(asked) > LONGEST_ID:
        raise NotFoundError(f"{asked[:LONGEST_ID]}… is not in this library")
    for nct_id in (find_nct_id(asked), asked, asked.upper()):
        if nct_id and store.has_study(nct_id):
            return nct_id
    raise NotFoundError(f"{asked} is not in this library")


def find_record(store: Store, asked: str, parameters: Parameters) -> bytes:
    """The bytes of the version that is asked for; raises NotFoundError, ApiError and QueryError."""
    nct_id = find_id(store, asked)
    number = read_number(parameters, VERSION)
    if number and parameters.text("as_of"):
        raise ApiError("Parameters `version` and `as_of` exclude each other")
    if not number:
        return store.get_body(nct_id, as_of=read_as_of(parameters.text("as_of")))
    versions = store.find_versions(nct_id)
    if number > len(versions):
        raise NotFoundError(f"{nct_id} has versions 1 to {len(versions)}, no version {number}")
    return store.get_version_body(versions[number - 1].version_id)


def answer_versions(store: Store, asked: str) -> VersionsAnswer:
    """All versions of a study; raises NotFoundError."""
    nct_id = find_id(store, asked)
    return VersionsAnswer(
        nct_id,
        tuple(
            VersionLine(
                number=line.version.number,
                version_date=line.version.version_date,
                learnt_at=line.version.learnt_at,
                format=line.version.format,
                is_current=line.version.is_current,
                changes=tuple(ChangeNote(group, text) for group, text in line.changes),
            )
            for line in find_history(store, nct_id)
        ),
        tuple(
            AnnouncedLine(each.number, each.version_date, each.overall_status, each.module_labels)
            for each in store.find_announced(nct_id)
        ),
    )


def answer_changes(store: Store, asked: str, parameters: Parameters) -> ChangesAnswer:
    """What differs between two versions; raises NotFoundError, ApiError and QueryError."""
    before, after = (read_number(parameters, asked) or None for asked in (FROM, TO))
    as_of = read_as_of(parameters.text("as_of"))
    found = compare_versions(store, find_id(store, asked), before, after, as_of=as_of)
    return ChangesAnswer(
        nct_id=found.nct_id,
        before=_name(found.before),
        after=_name(found.after),
        changes=found.changes,
        warnings=found.warnings,
    )


def _name(version: Version) -> ComparedVersion:
    return ComparedVersion(version.number, version.version_date, version.learnt_at)
