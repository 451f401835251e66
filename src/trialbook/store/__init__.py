"""What a record said, and when this library learnt it: every version, forever."""

from trialbook.store.codec import compute_wire_hash
from trialbook.store.store import Store
from trialbook.store.versions import AnnouncedVersion, Counts, ListedVersion, Version
from trialbook.store.writer import KeptVersion, NewVersion, Writer

__all__ = [
    "AnnouncedVersion",
    "Counts",
    "KeptVersion",
    "ListedVersion",
    "NewVersion",
    "Store",
    "Version",
    "Writer",
    "compute_wire_hash",
]
