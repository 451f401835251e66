"""How are the terms of a study's record counted, and those of many at once?"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path
from zlib import crc32

import msgspec

from trialbook.derived.beside import work_beside
from trialbook.related.decode import decode_compared
from trialbook.related.profile import COUNTED_DECODER, Counted, count_terms
from trialbook.related.traits import read_traits
from trialbook.store import Store
from trialbook.terms import get_thesaurus

# Of fewer studies, processes of their own would be the greater part.
WORTHWHILE = 5_000
AT_ONCE = 128

Answer = tuple[str, Counted | None]
"""An id, and its study's numbers; None where it was not counted."""


def count_study(store: Store, nct_id: str) -> Counted | None:
    """The numbers of a study in force; None for one that is not here. Raises RecordDamagedError."""
    body = store.find_body(nct_id)
    if body is None:
        return None
    return count_terms(read_traits(decode_compared(body), get_thesaurus()), crc32(body))


def count_beside(home: Path, nct_ids: Sequence[str]) -> Generator[Answer]:
    """The numbers of many studies of a library, in their order, counted in processes of their own.

    What such a process cannot count, or has not counted when it ends, comes without numbers.
    """
    with closing(work_beside(home, nct_ids, count_packed, at_once=AT_ONCE)) as answers:
        for nct_id, packed in answers:
            yield nct_id, COUNTED_DECODER.decode(packed) if packed else None


def count_packed(store: Store, nct_ids: Sequence[str]) -> list[bytes | None]:
    """The numbers of studies as bytes; as `count_study`."""
    counted = [count_study(store, nct_id) for nct_id in nct_ids]
    return [None if each is None else msgspec.msgpack.encode(each) for each in counted]
