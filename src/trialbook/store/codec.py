"""How a record's bytes are packed and recognised."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import msgspec
import zstandard

DICTIONARY_BYTES = 112_640
MIN_TRAINING_RECORDS = 256
LEVEL = 3
MAX_RECORD_BYTES = 1 << 30

# The registry stamps each record with the day on which it was served. That day is no part of what
# the record says: two copies that differ in it alone are the same version.
SERVED_ON = re.compile(rb'"versionHolder"\s*:\s*"[^"]*"')


class Codec:
    """Packs bytes with zstd; each record remembers which dictionary packed it (0 is none)."""

    def __init__(self, dictionaries: dict[int, bytes]) -> None:
        self._dictionaries = {key: zstandard.ZstdCompressionDict(body) for key, body in dictionaries.items()}
        self._decompressors = {
            key: zstandard.ZstdDecompressor(dict_data=body) for key, body in self._dictionaries.items()
        }
        self._decompressors[0] = zstandard.ZstdDecompressor()
        self._plain = zstandard.ZstdCompressor(level=LEVEL)
        self.newest_id = max(dictionaries, default=0)
        newest = self._dictionaries.get(self.newest_id)
        self._compressor = zstandard.ZstdCompressor(level=LEVEL, dict_data=newest) if newest else self._plain

    def pack(self, body: bytes) -> tuple[int, bytes]:
        """Pack a record; returns the dictionary's id and the packed bytes."""
        return self.newest_id, self._compressor.compress(body)

    def pack_plain(self, data: bytes) -> bytes:
        """Pack bytes that are no JSON record."""
        return self._plain.compress(data)

    def knows(self, dictionary_id: int) -> bool:
        """Whether what a dictionary packed can be unpacked."""
        return dictionary_id in self._decompressors

    def unpack(self, dictionary_id: int, packed: bytes) -> bytes:
        """Restore the bytes that were packed."""
        return self._decompressors[dictionary_id].decompress(packed, max_output_size=MAX_RECORD_BYTES)


def train_dictionary(bodies: list[bytes]) -> bytes | None:
    """Learn a dictionary from records, or None where they are too few or too small to learn from."""
    if len(bodies) < MIN_TRAINING_RECORDS:
        return None
    try:
        return zstandard.train_dictionary(DICTIONARY_BYTES, [body[:65_536] for body in bodies]).as_bytes()
    except zstandard.ZstdError:
        return None


def compute_wire_hash(received: bytes) -> bytes:
    """A 16-byte fingerprint of bytes as received, blind to the day on which they were served."""
    at = received.find(b'"versionHolder"')
    digest = hashlib.blake2b(digest_size=16)
    if at < 0:
        digest.update(received)
    else:
        digest.update(received[:at])
        digest.update(SERVED_ON.sub(b"", received[at:]))
    return digest.digest()


def compute_content(record: dict[str, Any]) -> tuple[bytes, int]:
    """A 16-byte fingerprint of a record's JSON values, and the length of what the sponsor wrote."""
    own = {key: value for key, value in record.items() if key != "derivedSection"}
    text = msgspec.json.encode(own, order="deterministic")
    digest = hashlib.blake2b(text, digest_size=16)
    if "derivedSection" in record:
        derived = record["derivedSection"]
        misc = derived.get("miscInfoModule") if isinstance(derived, dict) else None
        if isinstance(misc, dict) and "versionHolder" in misc:
            kept = {key: value for key, value in misc.items() if key != "versionHolder"}
            derived = {**derived, "miscInfoModule": kept}
        digest.update(msgspec.json.encode(derived, order="deterministic"))
    return digest.digest(), len(text)
