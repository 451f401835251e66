"""How does the whole library leave as one archive, at the pace of its reader and in bounded memory?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from trialbook.ask.address import REGISTRY_WHICH
from trialbook.ask.parameters import Parameters
from trialbook.export.forms import name_file
from trialbook.export.zip_stream import write_zip

KNOWN = frozenset({"format", *REGISTRY_WHICH})
FORMATS = ("json.zip",)
FILE_NAME = "ctg-studies.json.zip"
RECORDS_AT_ONCE = 100
# Level 6 makes the archive a sixth smaller and takes three times as long.
LEVEL = 1

# Gives the next records behind an id.
FindAfter = Callable[[str, int], list[tuple[str, bytes]]]


def is_of_a_search(parameters: Parameters) -> bool:
    """Whether not all studies are asked for; raises ApiError for any form but the one there is."""
    parameters.choice("format", FORMATS)
    return any(value.strip() for _, value in parameters.items(without=("format",)))


def write_download(find_after: FindAfter) -> Iterator[bytes]:
    """An archive with a file for each study. Each part may be made in another thread."""
    return write_zip(_iter_files(find_after), level=LEVEL)


def _iter_files(find_after: FindAfter) -> Iterator[tuple[str, bytes]]:
    last = ""
    while records := find_after(last, RECORDS_AT_ONCE):
        for nct_id, body in records:
            yield name_file(nct_id), body
        last = records[-1][0]
