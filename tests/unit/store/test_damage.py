"""What lies in the library and is not what was kept is named and never handed out; an import mends it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
import zstandard

from trialbook.changes.state import read_states
from trialbook.errors import RecordDamagedError
from trialbook.store import NewVersion, Store, Writer, compute_wire_hash

MakeVersion = Callable[..., NewVersion]
NAMED = r"NCT00000001, version of 2024-01-01: its bytes are not those that were kept; import it again"


def save(store: Store, *versions: NewVersion) -> None:
    with Writer(store, "test") as writer:
        writer.save(list(versions))


def swap_body(store: Store, body: bytes, *, has_checksum: bool = False) -> None:
    """Put another body, soundly packed, in the place of the first version's."""
    packed = zstandard.ZstdCompressor(write_checksum=has_checksum).compress(body)
    store.connection.execute("UPDATE version SET body = ?, dictionary_id = 0 WHERE version_id = 1", (packed,))


def flip(store: Store, column: str, at: int) -> None:
    (value,) = store.fetch_one(f"SELECT {column} FROM version WHERE version_id = 1")
    changed = bytearray(value)
    changed[at] ^= 1
    store.connection.execute(f"UPDATE version SET {column} = ? WHERE version_id = 1", (bytes(changed),))


@pytest.mark.parametrize("original", [None, b"<clinical_study/>"], ids=["as received", "from XML"])
def test_an_altered_body_of_a_library_without_checksums_is_named(
    empty_store: Store, make_version: MakeVersion, original: bytes | None
) -> None:
    version = make_version(title="is prohibited", original=original)
    save(empty_store, version)

    swap_body(empty_store, version.body)
    assert empty_store.get_body("NCT00000001") == version.body

    swap_body(empty_store, version.body.replace(b"prohibited", b"poohibited"))
    with pytest.raises(RecordDamagedError, match=NAMED):
        empty_store.get_body("NCT00000001")
    with pytest.raises(RecordDamagedError, match=NAMED):
        empty_store.get_body("NCT00000001", as_of="2024-02-01")
    with pytest.raises(RecordDamagedError, match=NAMED):
        empty_store.get_version_body(1)


def test_every_bit_of_a_packed_body_counts(empty_store: Store, make_version: MakeVersion) -> None:
    version = make_version()
    save(empty_store, version)
    (packed,) = empty_store.fetch_one("SELECT body FROM version")

    for bit in range(len(packed) * 8):
        changed = bytearray(packed)
        changed[bit // 8] ^= 1 << bit % 8
        empty_store.connection.execute("UPDATE version SET body = ?", (bytes(changed),))
        # A bit that says only how the bytes are packed may change without harm to them.
        served = dict(empty_store.iter_current(on_damage=lambda error: None))
        assert served in ({}, {"NCT00000001": version.body})


@pytest.mark.parametrize("value", ["'text'", "1", "x''", "x'28b52ffd'"])
def test_anything_else_in_the_place_of_a_body_is_named(
    empty_store: Store, make_version: MakeVersion, value: str
) -> None:
    save(empty_store, make_version())
    empty_store.connection.execute(f"UPDATE version SET body = {value}")
    with pytest.raises(RecordDamagedError, match=NAMED):
        empty_store.get_body("NCT00000001")


def test_a_study_whose_version_is_lost_is_named(empty_store: Store, make_version: MakeVersion) -> None:
    save(empty_store, make_version())
    empty_store.connection.execute("UPDATE study SET current_version_id = 77")
    with pytest.raises(RecordDamagedError, match="NCT00000001, a version whose day is lost"):
        empty_store.get_body("NCT00000001")


def test_a_record_of_another_study_is_not_handed_out(empty_store: Store, make_version: MakeVersion) -> None:
    save(empty_store, make_version(), make_version(2))
    empty_store.connection.execute("UPDATE study SET nct_id = 'NCT00000009' WHERE nct_id = 'NCT00000001'")
    with pytest.raises(RecordDamagedError, match="NCT00000009"):
        empty_store.get_body("NCT00000009")
    assert empty_store.get_body("NCT00000002")


def test_an_id_in_another_spelling_is_the_same_id(empty_store: Store, make_version: MakeVersion) -> None:
    plain = make_version()
    body = plain.body.replace(b"NCT00000001", rb"\u004eCT00000001")
    save(empty_store, msgspec.structs.replace(plain, body=body, wire_hash=compute_wire_hash(body)))
    assert empty_store.get_body("NCT00000001") == body


def test_a_study_that_points_to_the_version_of_another_is_named(
    empty_store: Store, make_version: MakeVersion
) -> None:
    save(empty_store, make_version(), make_version(2))
    empty_store.connection.execute("UPDATE study SET current_version_id = 2 WHERE nct_id = 'NCT00000001'")
    with pytest.raises(RecordDamagedError, match="NCT00000001"):
        empty_store.get_body("NCT00000001")


@pytest.mark.parametrize("lost", ["UPDATE version SET original = NULL", None])
def test_an_original_that_is_another_is_named(
    empty_store: Store, make_version: MakeVersion, lost: str | None
) -> None:
    save(empty_store, make_version(original=b"<clinical_study/>"))
    if lost:
        empty_store.connection.execute(lost)
    else:
        flip(empty_store, "original", 12)
    with pytest.raises(RecordDamagedError, match=NAMED):
        empty_store.get_original(1)


def test_walks_go_past_what_is_damaged_and_name_it(empty_store: Store, make_version: MakeVersion) -> None:
    good = make_version(2)
    save(empty_store, make_version(), good)
    flip(empty_store, "body", -1)
    named: list[str] = []

    def note(error: RecordDamagedError) -> None:
        named.append(error.nct_id)

    assert list(empty_store.iter_current(on_damage=note)) == [(good.nct_id, good.body)]
    assert list(empty_store.iter_current(as_of="2024-02-01", on_damage=note)) == [(good.nct_id, good.body)]
    assert empty_store.find_after("", 1, on_damage=note) == [(good.nct_id, good.body)]
    states = [
        [state.version.nct_id for state in read_states(empty_store, nct_id, on_damage=note)]
        for _, nct_id in empty_store.iter_changed_ids(0)
    ]
    assert states == [[], [good.nct_id]]
    assert named == ["NCT00000001"] * 4
    with pytest.raises(RecordDamagedError):
        list(empty_store.iter_current())


@pytest.mark.parametrize("damaged", ["body", "original"])
@pytest.mark.parametrize("served", ["2025-01-01", "2025-03-03"])
def test_the_same_record_mends_what_is_damaged(
    empty_store: Store, make_version: MakeVersion, damaged: str, served: str
) -> None:
    original = b"<clinical_study/>" if damaged == "original" else None
    later = make_version(day="2024-06-01", title="later")
    save(empty_store, make_version(original=original), later)
    seq, before = empty_store.seq, empty_store.find_versions("NCT00000001")
    flip(empty_store, damaged, -1)
    again = make_version(served=served, original=original)

    with Writer(empty_store, "again") as writer:
        assert not writer.knows(again.wire_hash)
        (change,) = writer.save([again])
        assert (change.is_mended, change.is_first, change.seq) == (True, False, seq + 1)
        assert writer.knows(again.wire_hash)
        assert writer.save([again]) == []

    assert empty_store.find_versions("NCT00000001") == before
    assert empty_store.get_version_body(1) == again.body
    assert empty_store.get_original(1) == (original or again.body)
    assert empty_store.get_body("NCT00000001") == later.body


def test_an_import_gives_a_study_its_version_in_force_again(
    empty_store: Store, make_version: MakeVersion
) -> None:
    version = make_version()
    save(empty_store, version)
    empty_store.connection.execute("UPDATE study SET current_version_id = 77")

    with Writer(empty_store, "again") as writer:
        assert not writer.knows(version.wire_hash)
        assert [change.is_mended for change in writer.save([version])] == [True]
    assert empty_store.get_body("NCT00000001") == version.body
