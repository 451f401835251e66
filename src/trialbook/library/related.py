"""Related studies as a person asks for them: of studies by id, of a text, of a record elsewhere, of several."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from trialbook.derived.related import RelatedProfiles, can_wait_for_profiles
from trialbook.errors import SourceFormatError, SourceReadError, StoreError, UsageError
from trialbook.library.rebuild import rebuild
from trialbook.model.study import decode_record
from trialbook.related.engine import MOST_ASKED, MOST_LISTED, RelatedEngine, RelatedList
from trialbook.related.facets import parse_facets
from trialbook.related.traits import Traits, read_traits
from trialbook.source.api_v2 import check_incoming
from trialbook.source.files import read_path
from trialbook.source.incoming import Incoming, Rejected
from trialbook.store import Store
from trialbook.terms import get_thesaurus

Record = dict[str, Any]
# How a text that is no record is called among the studies that are asked for.
THE_TEXT = "the text"
# How JSON and XML begin; prose may begin with a bracket too ("[Draft 3]", "<5 mg").
_LIKE_A_RECORD = re.compile(r"[\s\ufeff]*(?:\{\s*[\"}]|\[\s*[{\[\]]|<[?!a-zA-Z])")


def find_related(
    engine: RelatedEngine,
    nct_ids: Sequence[str],
    *,
    text: str,
    records: Sequence[Record],
    facets: Sequence[str],
    limit: int,
) -> RelatedList:
    """See `Library.find_related`; the ids are as the library writes them."""
    distinct = list(dict.fromkeys(nct_ids))
    if not distinct and not text.strip() and not records:
        raise UsageError("name a study by its id, or give a text, to find what is related to it")
    if len(distinct) + len(records) > MOST_ASKED:
        raise UsageError(
            f"at most {MOST_ASKED} studies can be asked for at once, not {len(distinct) + len(records)}"
        )
    if not 1 <= limit <= MOST_LISTED:
        raise UsageError(f"a list has from 1 to {MOST_LISTED} studies, not {limit}")
    wanted = parse_facets(facets)
    asked = [engine.read_traits(nct_id) for nct_id in distinct]
    asked += [read_traits(record, get_thesaurus()) for record in records]
    if text.strip():
        asked.append(engine.read_text(text))
    return engine.find(asked, facets=wanted, limit=limit)


def list_notes(found: RelatedList, seq: int) -> tuple[str, ...]:
    """What a reader of a list should know: too little to compare, nothing found, or profiles behind change `seq`."""
    notes = [found.note] if found.note else []
    behind = max(0, seq - found.seq)
    if behind:
        changes = f"{behind:,} change" + "s" * (behind != 1)
        notes.append(
            f"This list does not know the last {changes} of the records yet; a running import adds them,"
            " otherwise `trialbook rebuild --behind` does."
        )
    return tuple(notes)


def keep_profiles(home: Path, on_begin: Callable[[], None] = lambda: None) -> None:
    """Make the profiles of related studies on disk where there are none, unless the library cannot be written.

    So that a person who asks for one list after the other waits once; a server makes them in memory.
    """
    with Store(home) as store:
        is_made = RelatedProfiles(home).find_state(store) is not None
    if not is_made and can_wait_for_profiles(home):
        on_begin()
        with suppress(StoreError):
            rebuild(home, [RelatedProfiles.name])


def make_reader(engine: RelatedEngine, records: Sequence[Record], text: str) -> Callable[[str], Traits]:
    """What reads the traits of a study by its id, by "#1" of a record that is in no library, or of the text."""
    given = {name_record(place): record for place, record in enumerate(records, 1)}

    def read(nct_id: str) -> Traits:
        if nct_id in given:
            return read_traits(given[nct_id], get_thesaurus())
        return engine.read_text(text) if nct_id == THE_TEXT else engine.read_traits(nct_id)

    return read


def name_record(place: int) -> str:
    """How a record that is in no library is called: by its place among those that were given, from 1."""
    return f"#{place}"


def read_records(path: Path) -> tuple[Record, ...]:
    """The records of a file in any form that an import reads; none of them is kept.

    Raises SourceReadError where it cannot be read, SourceFormatError where it holds no record, or something
    else beside, and UsageError for more records than can be asked for at once.
    """
    found: list[Record] = []
    for item in islice(read_path(path), MOST_ASKED + 1):
        checked = check_incoming(item) if isinstance(item, Incoming) else item
        if isinstance(checked, Rejected):
            raise SourceFormatError(f"{checked.place}: {checked.reason}")
        if isinstance(item, Incoming):
            found.append(decode_record(item.body))
    if len(found) > MOST_ASKED:
        raise UsageError(f"{path} holds more than the {MOST_ASKED} records that can be asked for at once")
    if not found:
        raise SourceFormatError(f"{path}: no registry record is in it")
    return tuple(found)


def read_pasted_records(text: str) -> tuple[Record, ...]:
    """The records of a text that was pasted, where it looks like JSON or XML; none where it is prose.

    Raises as `read_records`.

    >>> read_pasted_records("[Draft 3] <5 mg of it in adults")
    ()
    """
    if not _LIKE_A_RECORD.match(text):
        return ()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pasted"
        path.write_text(text.lstrip(), encoding="utf-8", errors="replace")
        try:
            return read_records(path)
        except (SourceFormatError, SourceReadError, UsageError) as error:
            # Where the file lay for a moment is nobody's business.
            kind = UsageError if isinstance(error, UsageError) else SourceFormatError
            raise kind(str(error).replace(str(path), "the text")) from None
