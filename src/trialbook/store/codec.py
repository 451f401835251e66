"""How a record's bytes are packed, recognised, and known to be those that were kept."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, NamedTuple

import msgspec
import zstandard

DICTIONARY_BYTES = 112_640
MIN_TRAINING_RECORDS = 256
LEVEL = 3
MAX_RECORD_BYTES = 1 << 30
LARGE_BYTES = 1 << 20
# Is told of each larger record before it is unpacked, by whoever reads in the same context; it may wait, or raise.
ON_LARGE: ContextVar[Callable[[int], None] | None] = ContextVar("ON_LARGE", default=None)

# The registry stamps each record with the day on which it was served. That day is no part of what
# the record says: two copies that differ in it alone are the same version.
SERVED_ON = re.compile(rb'"versionHolder"\s*:\s*"[^"]*"')


# Where a zstd frame says what it holds, and the bit that stands for a checksum at its end.
DESCRIPTOR_AT, CHECKSUM_BIT = 4, 0b100


class ChangedBytesError(Exception):
    """Packed bytes are not those that were kept; the store says of which record."""


class HeldBody(NamedTuple):
    """What lies in the library as a version's body, and what tells whether it is what was kept there."""

    version_id: int
    dictionary_id: int
    packed: bytes
    wire_hash: bytes
    content_hash: bytes
    is_as_received: int


# The columns of the table of versions that make a `HeldBody`; whether there is an original is seen
# without reading it.
HELD_BODY = "version_id, dictionary_id, body, wire_hash, content_hash, typeof(original) = 'null'"


class Codec:
    """Packs bytes with zstd; each record remembers which dictionary packed it (0 is none)."""

    def __init__(self, dictionaries: dict[int, bytes]) -> None:
        self._dictionaries = {key: zstandard.ZstdCompressionDict(body) for key, body in dictionaries.items()}
        self._decompressors = {
            key: zstandard.ZstdDecompressor(dict_data=body) for key, body in self._dictionaries.items()
        }
        self._decompressors[0] = zstandard.ZstdDecompressor()
        # A decompressor that two threads use at once ends the process.
        self._guard = threading.Lock()
        self._plain = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
        self.newest_id = max(dictionaries, default=0)
        newest = self._dictionaries.get(self.newest_id)
        self._compressor = zstandard.ZstdCompressor(level=LEVEL, dict_data=newest, write_checksum=True)

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
        """Restore the bytes that were packed.

        Raises ChangedBytesError where these are not what was packed; without a checksum in them (see
        `has_checksum`) that is not always seen.
        """
        try:
            # A length that was changed may ask for more memory than there is.
            size = zstandard.frame_content_size(packed)
            if size > MAX_RECORD_BYTES:
                raise ChangedBytesError
            if size > LARGE_BYTES and (tell := ON_LARGE.get()):
                tell(size)
            with self._guard:
                decompressor = self._decompressors[dictionary_id]
                return decompressor.decompress(packed, max_output_size=MAX_RECORD_BYTES)
        except (KeyError, TypeError, ValueError, MemoryError, zstandard.ZstdError) as error:
            raise ChangedBytesError from error


def has_checksum(packed: bytes) -> bool:
    """Whether packed bytes end with a checksum, which unpacking compares; those of earlier libraries do not."""
    return bool(packed[DESCRIPTOR_AT] & CHECKSUM_BIT)


def unpack_body(codec: Codec, held: HeldBody) -> bytes:
    """The record's bytes as they were kept; raises ChangedBytesError.

    Where no checksum lies with them they are compared with the fingerprint that was taken when they came:
    of the bytes, or of the values where the bytes as received were another format. The day on which a
    record was served is in neither.
    """
    body = codec.unpack(held.dictionary_id, held.packed)
    if has_checksum(held.packed):
        return body
    if held.is_as_received:
        is_whole = compute_wire_hash(body) == held.wire_hash
    else:
        try:
            is_whole = compute_content(msgspec.json.decode(body))[0] == held.content_hash
        except (msgspec.DecodeError, AttributeError, TypeError, ValueError, RecursionError) as error:
            raise ChangedBytesError from error
    if not is_whole:
        raise ChangedBytesError
    return body


def unpack_original(codec: Codec, packed: bytes, wire_hash: bytes) -> bytes:
    """Bytes as they were received, of which the fingerprint was taken; raises ChangedBytesError."""
    original = codec.unpack(0, packed)
    if compute_wire_hash(original) != wire_hash:
        raise ChangedBytesError
    return original


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
