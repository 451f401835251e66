"""What a record would cost once it is read is told from its bytes, and too much is refused in a sentence."""

from __future__ import annotations

import io

import msgspec
import pytest

from trialbook.errors import SourceFormatError
from trialbook.source.api_v2 import check_record
from trialbook.source.containers.json_slices import slice_records
from trialbook.source.files import read_path
from trialbook.source.incoming import Rejected
from trialbook.source.limits import DEFAULT, MIB, Limits, estimate_memory, is_above_memory

ID = {"protocolSection": {"identificationModule": {"nctId": "NCT00000001"}}}


@pytest.mark.parametrize(
    ("inside", "units"),
    [
        ([{"city": "X"}] * 1_000_000, "sites"),
        ([{}] * 5_000_000, "objects"),
        ([[]] * 5_000_000, "lists"),
        ([1] * 10_000_000, "numbers"),
        ("\U0001f600" + "a" * 60_000_000, "text of wide characters"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 40 else "",
)
def test_a_record_that_takes_too_much_memory_is_refused(inside: object, units: str) -> None:
    body = msgspec.json.encode({**ID, "x": inside})
    assert len(body) < DEFAULT.max_record_bytes, units
    with pytest.raises(SourceFormatError, match=r"more than 320\.0 MiB of memory to read"):
        check_record(body)


@pytest.mark.parametrize("text", ["a, b, {c}, [d] " * 2_000_000, 'say ", {[ \\" ' * 1_000_000])
def test_what_stands_in_a_text_is_no_structure(text: str) -> None:
    body = msgspec.json.encode({**ID, "x": text})
    assert estimate_memory(body) > DEFAULT.max_record_memory
    assert not is_above_memory(body, DEFAULT.max_record_memory)
    assert check_record(body)["x"] == text


def test_a_broken_record_of_many_open_texts_is_refused_in_bounded_time() -> None:
    body = b'{"a":[' + b"{}," * 2_000_000 + b'"' + b'\\"' * 2_000_000
    with pytest.raises(SourceFormatError, match="not valid JSON"):
        check_record(body)


def test_a_long_list_far_down_is_looked_at_without_writing_it_out() -> None:
    value: object = [1] * 2_000_000
    for _ in range(180):
        value = [value]
    check_record(msgspec.json.encode({**ID, "x": value}))


@pytest.mark.parametrize("levels", [198, 199, 200])
def test_depth_counts_objects_and_lists(levels: int) -> None:
    value: object = "text"
    for level in range(levels - 1):
        value = {"a": value} if level % 2 else [value]
    body = msgspec.json.encode({**ID, "x": value})
    if levels <= 199:
        assert check_record(body)
        return
    with pytest.raises(SourceFormatError, match="more than 199 deep"):
        check_record(body, Limits(max_depth=199))


@pytest.mark.parametrize(
    ("body", "is_doubled"),
    [
        (b'{"protocolSection": {"identificationModule": {"nctId": "NCT00000001"}}, "a": 1, "a": 2}', True),
        (b'{"protocolSection": {"identificationModule": {"nctId": "NCT00000001"}}, "a:": ":\\":"}', False),
        (
            b'{"protocolSection": {"identificationModule": {"nctId": "NCT00000001"}}, "x": [{"b":1,"\\u0062":2}]}',
            True,
        ),
    ],
)
def test_keys_are_counted_outside_of_texts(body: bytes, is_doubled: bool) -> None:
    if not is_doubled:
        assert check_record(body)
        return
    with pytest.raises(SourceFormatError, match="duplicate key"):
        check_record(body)


def test_records_broken_inside_one_another_are_given_up(tmp_path) -> None:
    path = tmp_path / "open.json"
    path.write_bytes(b'{"protocolSection":{"a":' * 20_000)
    found = list(read_path(path, limits=Limits(max_record_bytes=MIB // 2)))
    assert all(isinstance(piece, Rejected) for piece in found)
    assert "from here on the file was not read" in found[-1].reason
    assert len(found) < 1_000


@pytest.mark.parametrize("ending", [b"", b"\n" + msgspec.json.encode(ID) + b"\n"])
def test_a_line_of_many_mib_is_moved_a_few_times(ending: bytes) -> None:
    line = msgspec.json.encode({**ID, "x": "a" * 40 * MIB})
    reads: list[int] = []

    class Counted(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            reads.append(self.tell())
            return super().read(size)

    pieces = list(slice_records(Counted(line + ending), DEFAULT))
    assert [piece.problem for piece in pieces] == [""] * len(pieces)
    assert pieces[0].body == line
    # Each moves all that is in memory: one for each MiB would be forty.
    assert len(reads) < 20
