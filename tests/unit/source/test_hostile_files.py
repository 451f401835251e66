"""Broken and malicious files: a clear reason each, nothing lost before the break, bounded memory."""

from __future__ import annotations

import gzip
import io
import random
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
import zstandard

from trialbook.errors import SourceReadError
from trialbook.source.containers import zip_archive
from trialbook.source.containers.zip_archive import ZipEntry, measure_descriptor
from trialbook.source.files import read_path
from trialbook.source.incoming import Incoming, Rejected
from trialbook.source.limits import MIB, Limits

SMALL = Limits(max_record_bytes=2000, kept_bytes=100)


def record(number: int) -> bytes:
    # Text that does not compress well, so that a stream that is cut off holds whole records.
    noise = random.Random(number).randbytes(300).hex().encode()
    return b'{"protocolSection":{"identificationModule":{"nctId":"NCT%08d"}},"x":"%s"}' % (number, noise)


RECORDS = [record(number) for number in range(2000)]
LINES = b"\n".join(RECORDS)


def save(folder: Path, data: bytes, name: str = "file") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def read_until_error(
    path: Path, limits: Limits = SMALL
) -> tuple[list[bytes], list[Rejected], SourceReadError | None]:
    bodies, rejected = [], []
    try:
        for piece in read_path(path, limits=limits):
            if isinstance(piece, Rejected):
                rejected.append(piece)
            else:
                assert isinstance(piece, Incoming)
                bodies.append(piece.body)
    except SourceReadError as error:
        return bodies, rejected, error
    return bodies, rejected, None


def pack_zip(entries: list[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in entries:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return buffer.getvalue()


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_a_stream_that_is_cut_off_gives_all_records_before_the_break(tmp_path, pack):
    packed = pack(LINES)
    path = save(tmp_path, packed[: len(packed) // 2])
    bodies, rejected, error = read_until_error(path)
    assert 400 < len(bodies) < 1200
    assert bodies == RECORDS[: len(bodies)]
    assert [piece.reason for piece in rejected] == ["the file ends inside this line"]
    assert RECORDS[len(bodies)].startswith(rejected[0].original)
    assert error is not None
    assert "is cut off after" in error.reason
    assert error.place == str(path)


def test_a_gzip_stream_that_lacks_only_its_last_byte_gives_every_record_and_an_error(tmp_path):
    bodies, rejected, error = read_until_error(save(tmp_path, gzip.compress(LINES)[:-1]))
    # The last line is whole, but nothing proves it: the checksum is missing.
    assert bodies == RECORDS[:-1]
    assert [piece.original for piece in rejected] == [RECORDS[-1][:100]]
    assert error is not None


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_a_list_that_is_cut_off_gives_all_records_before_the_break(tmp_path, pack):
    packed = pack(b"[" + b",".join(RECORDS) + b"]")
    bodies, rejected, error = read_until_error(save(tmp_path, packed[: len(packed) // 2]))
    assert len(bodies) > 400
    assert bodies == RECORDS[: len(bodies)]
    assert "the file ends inside this record" in rejected[0].reason
    assert len(rejected) == 1
    assert error is not None


def test_a_damaged_gzip_stream_is_named(tmp_path):
    packed = bytearray(gzip.compress(LINES))
    packed[-8] ^= 0xFF
    _, _, error = read_until_error(save(tmp_path, bytes(packed)))
    assert error is not None
    assert "is damaged" in error.reason
    _, _, error = read_until_error(save(tmp_path, gzip.compress(LINES) + b"rubbish"))
    assert error is not None
    assert "is damaged" in error.reason


def test_a_broken_file_of_a_folder_is_rejected_and_the_others_are_read(tmp_path):
    save(tmp_path, gzip.compress(LINES)[:-20_000], "a.gz")
    save(tmp_path, RECORDS[-1], "b.json")
    bodies, rejected, error = read_until_error(tmp_path)
    assert error is None
    assert bodies[-1] == RECORDS[-1]
    assert "is cut off" in rejected[-1].reason
    assert rejected[-1].place == str(tmp_path / "a.gz")


class Pipe(io.BytesIO):
    """A file that cannot go back, as when an archive is written to a connection."""

    def seek(self, *_: int) -> int:
        raise OSError

    def tell(self) -> int:
        raise OSError


def stream_zip(entries: list[tuple[str, bytes]], *, is_long: bool) -> bytes:
    """Pack as a server does: the sizes of an entry stand behind it, in 4 or 8 bytes."""
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            with archive.open(name, "w", force_zip64=is_long) as entry:
                entry.write(data)
    return pipe.getvalue()


@pytest.mark.parametrize("kind", ["sized", "streamed", "streamed zip64"])
def test_a_zip_without_its_end_gives_the_entries_before_the_break(tmp_path, kind):
    entries = [(f"{n}.json", body) for n, body in enumerate(RECORDS[:50])]
    packed = pack_zip(entries) if kind == "sized" else stream_zip(entries, is_long="zip64" in kind)
    assert read_until_error(save(tmp_path, packed)) == (RECORDS[:50], [], None)
    bodies, rejected, error = read_until_error(save(tmp_path, packed[: len(packed) // 2]))
    assert 20 < len(bodies) < 30
    assert (bodies, rejected) == (RECORDS[: len(bodies)], [])
    assert error is not None
    assert f"cut off: its list of entries is missing; the {len(bodies)} entries" in error.reason


GIB = 2**30
SIZES = [
    (2, 0),
    (1_000, 5_000),
    (2**32 - 1, 2**32 - 1),
    (4 * GIB, 4 * GIB),
    (4 * GIB + 7, 9 * GIB),
    (GIB, 9 * GIB),
]


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("mark", [b"PK\x07\x08", b""], ids=["marked", "bare"])
@pytest.mark.parametrize(
    "following", [b"", b"PK\x03\x04" + bytes(26), bytes(30)], ids=["end", "entry", "zeros"]
)
def test_what_stands_behind_an_entry_is_measured_whatever_its_size(sizes, mark, following):
    entry = ZipEntry("a.json", 8, 8, 0xDEADBEEF, *sizes, offset=0)
    long = mark + struct.pack("<L2Q", entry.checksum, *sizes)
    assert measure_descriptor((long + following)[:24], entry) == len(long)
    if max(sizes) < 2**32 and following != bytes(30):
        short = mark + struct.pack("<3L", entry.checksum, *sizes)
        assert measure_descriptor((short + following)[:24], entry) == len(short)
    assert measure_descriptor(b"PK\x03\x04" + bytes(20), entry) == 0


def test_entries_behind_one_too_long_for_the_short_form_are_found_in_a_cut_archive(tmp_path, monkeypatch):
    # As if a size had 8 bits in the short form: each of these entries is then "4 GiB" and more.
    monkeypatch.setattr(zip_archive, "MAX32", 0xFF)
    packed = stream_zip([(f"{n}.json", body) for n, body in enumerate(RECORDS[:50])], is_long=True)
    bodies, rejected, error = read_until_error(save(tmp_path, packed[: len(packed) // 2]))
    assert 20 < len(bodies) < 30
    assert (bodies, rejected) == (RECORDS[: len(bodies)], [])
    assert error is not None


def test_an_empty_zip_holds_nothing(tmp_path):
    assert read_until_error(save(tmp_path, pack_zip([]))) == ([], [], None)


def test_what_the_list_of_entries_says_beside_their_names_is_passed_over(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(3):
            entry = zipfile.ZipInfo(f"{number}.json")
            entry.extra, entry.comment = struct.pack("<2H5s", 0x5455, 5, b"times"), b"a comment"
            archive.writestr(entry, RECORDS[number])
    assert read_until_error(save(tmp_path, buffer.getvalue())) == (RECORDS[:3], [], None)


@pytest.mark.parametrize("extra", [b"", b"\1", b"\1\0\xff", b"\1\0\xff\xff", b"\7\0\0\0\1\0\4\0long"])
def test_a_long_size_that_is_given_nowhere_costs_its_entry_only(tmp_path, extra):
    bad = zipfile.ZipInfo("bad.json")
    bad.extra = extra
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(bad, RECORDS[0])
        archive.writestr("good.json", RECORDS[1])
    bodies, rejected, error = read_until_error(
        save(tmp_path, change_listed(buffer.getvalue(), 24, "<L", 2**32 - 1))
    )
    assert (bodies[-1], error) == (RECORDS[1], None)
    assert [piece.place.rpartition("!")[2] for piece in rejected] == ["bad.json"]
    assert "entry is damaged" in rejected[0].reason


def test_an_entry_that_packs_well_is_read_to_its_end(tmp_path):
    # For some of these lengths all packed bytes are taken while a few of what they unpack to are to come.
    record = b'{"protocolSection":{}}'
    for beyond in range(4, 264, 10):
        path = save(tmp_path, pack_zip([("a", record.ljust(MIB + beyond))]))
        assert read_until_error(path, Limits()) == ([record], [], None), beyond


def test_a_zip_that_lost_its_start_is_named(tmp_path):
    packed = pack_zip([(f"{n}.json", body) for n, body in enumerate(RECORDS[:50])])
    second = packed.index(b"PK\x03\x04", 4)
    _, _, error = read_until_error(save(tmp_path, packed[second:]))
    assert error is not None
    assert "cut off or joined wrongly" in error.reason


def test_a_zip_after_other_bytes_is_read(tmp_path):
    packed = pack_zip([("a.json", RECORDS[0])])
    # What is in front starts like a zip archive: only its end says where it lies.
    bodies, rejected, error = read_until_error(save(tmp_path, b"PK\x03\x04 in front" + packed))
    assert (bodies, rejected, error) == (RECORDS[:1], [], None)


def change_listed(packed: bytes, field_at: int, form: str, value: int) -> bytes:
    """Write a field of the first entry in a zip archive's central directory."""
    changed = bytearray(packed)
    struct.pack_into(form, changed, packed.index(b"PK\x01\x02") + field_at, value)
    return bytes(changed)


@pytest.mark.parametrize(
    ("field_at", "form", "value", "words"),
    [
        (8, "<H", 1, "encrypted"),
        (10, "<H", 99, "compressed with AES"),
        (10, "<H", 14, "compressed with LZMA"),
        (10, "<H", 77, "compressed with method 77"),
        (16, "<L", 1, "checksum is wrong"),
        (24, "<L", 10, "longer than the 10 bytes"),
        (24, "<L", 1999, "is damaged"),
        (20, "<L", 20, "is damaged"),
        (42, "<L", 7, "does not lie where"),
    ],
)
def test_one_bad_entry_of_a_zip_is_rejected_and_the_others_are_read(tmp_path, field_at, form, value, words):
    packed = pack_zip([("bad.json", RECORDS[0]), ("good.json", RECORDS[1])])
    path = save(tmp_path, change_listed(packed, field_at, form, value))
    bodies, rejected, error = read_until_error(path)
    assert (bodies, error) == (RECORDS[1:2], None)
    assert words in rejected[0].reason
    assert rejected[0].place == f"{path}!bad.json"


def test_a_damaged_entry_never_gives_a_record(tmp_path):
    packed = bytearray(pack_zip([("a.json", RECORDS[0])], zipfile.ZIP_STORED))
    packed[packed.index(b"NCT0") + 5] ^= 1
    bodies, rejected, _ = read_until_error(save(tmp_path, bytes(packed)))
    assert bodies == []
    assert "checksum is wrong" in rejected[0].reason
    assert rejected[0].original


def test_entries_that_overlap_are_refused(tmp_path):
    packed = pack_zip([("a.json", RECORDS[0])])
    listed = packed[packed.index(b"PK\x01\x02") : packed.index(b"PK\x05\x06")]
    start, count = packed.index(b"PK\x01\x02"), 1000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, count * len(listed), start, 0)
    bodies, _, error = read_until_error(save(tmp_path, packed[:start] + listed * count + end))
    assert error is not None
    assert "overlaps others" in error.reason
    assert len(bodies) < 200


def test_a_count_of_entries_that_is_not_true_is_named(tmp_path):
    packed = bytearray(pack_zip([("a.json", RECORDS[0])]))
    struct.pack_into("<H", packed, packed.index(b"PK\x05\x06") + 10, 2)
    bodies, _, error = read_until_error(save(tmp_path, bytes(packed)))
    assert bodies == RECORDS[:1]
    assert error is not None
    assert "2 entries, but lists 1" in error.reason


def test_a_damaged_list_of_entries_is_named(tmp_path):
    packed = pack_zip([("a.json", RECORDS[0]), ("b.json", RECORDS[1])])
    second = packed.rindex(b"PK\x01\x02")
    bodies, _, error = read_until_error(save(tmp_path, packed[:second] + b"XXXX" + packed[second + 4 :]))
    assert bodies == RECORDS[:1]
    assert error is not None
    assert "list of entries is damaged" in error.reason


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_of_entries_are_labels_only(tmp_path):
    names = ["../../etc/passwd", "./x", "/root/x", "C:\\x", "a\nb\x1b[31m", "n" * 5000, "same", "same"]
    path = save(tmp_path, pack_zip([(name, body) for name, body in zip(names, RECORDS, strict=False)]))
    before = sorted(tmp_path.rglob("*"))
    pieces = list(read_path(path))
    assert [piece.body for piece in pieces] == RECORDS[: len(names)]
    assert all(piece.place.isprintable() and len(piece.place) < 600 for piece in pieces)
    assert sorted(tmp_path.rglob("*")) == before


def test_zip_archives_inside_one_another_end_at_a_depth(tmp_path):
    data = RECORDS[0]
    for _ in range(3):
        data = pack_zip([("inner", data)])
    assert read_until_error(save(tmp_path, data))[0] == RECORDS[:1]
    bodies, rejected, _ = read_until_error(save(tmp_path, pack_zip([("inner", data)])))
    assert bodies == []
    assert "packed more than 3 times over" in rejected[0].reason


def test_streams_inside_one_another_end_at_a_depth(tmp_path):
    data = RECORDS[0]
    for pack in (gzip.compress, zstandard.compress, gzip.compress):
        data = pack(data)
    assert read_until_error(save(tmp_path, data)) == (RECORDS[:1], [], None)
    bodies, rejected, _ = read_until_error(save(tmp_path, gzip.compress(data)))
    assert bodies == []
    assert "packed more than 3 times over" in rejected[0].reason


def test_a_zip_too_large_to_be_held_inside_another_file_says_what_to_do(tmp_path):
    packed = pack_zip([(f"{n}.json", body) for n, body in enumerate(RECORDS[:50])])
    path = save(tmp_path, gzip.compress(packed))
    at_most = Limits(max_record_bytes=len(packed), kept_bytes=100)
    assert read_until_error(path, at_most) == (RECORDS[:50], [], None)
    bodies, rejected, error = read_until_error(path, Limits(max_record_bytes=len(packed) - 1, kept_bytes=100))
    assert (bodies, error) == ([], None)
    assert "inside another file or a pipe; save it first" in rejected[0].reason
    assert rejected[0].original == packed[:100]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress, lambda data: pack_zip([("a", data)])])
def test_what_expands_too_far_is_given_up(tmp_path, pack):
    limits = Limits(max_record_bytes=10_000, free_expansion_bytes=3 * MIB, kept_bytes=100)
    path = save(tmp_path, pack(RECORDS[0] + b"\n" + b"{" * 64 * MIB))
    bodies, rejected, error = read_until_error(path, limits)
    assert bodies == RECORDS[:1]
    reasons = [error.reason] if error else [piece.reason for piece in rejected]
    assert any("over 200-fold" in reason for reason in reasons)


def test_many_archives_inside_one_share_what_they_may_expand_to(tmp_path):
    limits = Limits(free_expansion_bytes=3 * MIB)
    inner = pack_zip([("a", RECORDS[0] + b" " * MIB)])
    path = save(tmp_path, pack_zip([(str(n), inner) for n in range(20)]))
    bodies, _, error = read_until_error(path, limits)
    assert len(bodies) == 2
    assert error is not None
    assert "over 200-fold" in error.reason


@pytest.mark.parametrize("joined", [b"\n", b","])
def test_a_record_that_is_too_long_is_told_with_its_length_and_costs_no_other(tmp_path, joined):
    long = b'{"protocolSection":{"x":"' + b"a" * 3 * MIB + b'"}}'
    data = joined.join([RECORDS[0], long, RECORDS[1]])
    path = save(tmp_path, data if joined == b"\n" else b"[" + data + b"]")
    bodies, rejected, error = read_until_error(path)
    assert (bodies, error) == (RECORDS[:2], None)
    assert len(rejected) == 1
    assert f"{len(long)} bytes" in rejected[0].reason or f"{len(long) + 1} bytes" in rejected[0].reason
    assert rejected[0].original == long[:100]


@pytest.mark.parametrize(
    "broken",
    [
        b'{"protocolSection":{"x":"no end}}',
        b'{"protocolSection":{"x":1}',
        b'{"protocolSection":{"x":\xff\xfe}}',
        b'{"protocolSection":' + b"[" * 3000,
        b"null",
        b'"a text"',
        b"[1, 2]",
        b"17",
        b"}{",
    ],
)
@pytest.mark.parametrize("form", ["lines", "list", "page"])
def test_a_broken_record_costs_no_other(tmp_path, broken, form):
    pieces = [RECORDS[0], broken, RECORDS[1], RECORDS[2]]
    data = {
        "lines": b"\n".join(pieces),
        "list": b"[" + b",\n".join(pieces) + b"]",
        "page": b'{"studies":[' + b",".join(pieces) + b'],"totalCount":4}',
    }[form]
    bodies, rejected, error = read_until_error(save(tmp_path, data), Limits())
    good = [body for body in bodies if body in RECORDS]
    assert good == RECORDS[:3]
    assert error is None
    # In lines, what is broken inside comes out as it is, for `check_record` to judge.
    assert len(rejected) + len(bodies) - len(good) == 1
    kept = b"".join(piece.original for piece in rejected) + b"".join(set(bodies) - set(good))
    assert kept.replace(b"}", b"") == broken.replace(b"}", b"")


def test_a_list_that_ends_between_two_records_is_told(tmp_path):
    bodies, rejected, error = read_until_error(save(tmp_path, b"[" + RECORDS[0] + b"," + RECORDS[1]))
    assert (bodies, error) == (RECORDS[:2], None)
    assert [piece.reason for piece in rejected] == [
        "the list of records is not closed: the file may be cut off"
    ]


def test_a_bracket_too_many_after_a_record_is_told(tmp_path):
    path = save(tmp_path, b"[" + RECORDS[0] + b"}," + RECORDS[1] + b"]")
    bodies, rejected, error = read_until_error(path)
    assert (bodies, error) == (RECORDS[:2], None)
    assert [piece.original for piece in rejected] == [b"}"]


UNKNOWN = {
    b"": "an empty file",
    b" \n\n ": "a file of blanks only",
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR": "a PNG image",
    b"%PDF-1.7\n": "a PDF document",
    b"<!DOCTYPE html><html><body>NCT00000001</body></html>": "a web page (HTML)",
    b"<?xml version='1.0'?><feed><entry/></feed>": "XML with the root element <feed>",
    b"name,age\nAnn,50\n": "a table with the columns 'name', 'age'",
    b"Dear all,\nplease find attached": "text that starts with",
    b"BZh91AY": "a bzip2 file",
    '{"protocolSection":{}}'.encode("utf-16"): "text in UTF-16",
    '{"protocolSection":{}}'.encode("utf-16-le"): "text in UTF-16",
    b"abc\0def" * 10: "a binary file",
    b"caf\xe9 and more text": "a file that is not UTF-8 (byte 3 is 0xe9)",
}


@pytest.mark.parametrize("data", UNKNOWN, ids=UNKNOWN.values())
def test_a_file_that_is_no_registry_record_is_named(tmp_path, data):
    bodies, rejected, error = read_until_error(save(tmp_path, data, "records.jsonl"), Limits())
    assert (bodies, error) == ([], None)
    assert UNKNOWN[data] in rejected[0].reason
    assert "Accepted: API v2 JSON" in rejected[0].reason
    assert rejected[0].original == data


def test_a_rejected_file_keeps_its_first_mebibyte(tmp_path):
    _, rejected, _ = read_until_error(save(tmp_path, b"\x89PNG\r\n" + b"x" * 3 * MIB), Limits())
    assert len(rejected[0].original) == MIB


def write_long_gzip(path: Path, head: bytes, unit: bytes, count: int) -> None:
    """Write head and then count times unit, without ever holding it."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    with path.open("wb") as file:
        file.write(packer.compress(head))
        for _ in range(count):
            file.write(packer.compress(unit))
        file.write(packer.flush())


MEASURE = r"""
import re, sys
from pathlib import Path
from trialbook.source.files import read_path
pieces = [(type(piece).__name__, getattr(piece, "reason", "")) for piece in read_path(Path(sys.argv[1]))]
# Of this program alone: what getrusage gives begins with the memory of the process that started it.
peak_kb = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])
print(pieces, peak_kb // 1024, sep="|")
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("head", "unit", "count", "words"),
    [
        (RECORDS[0] + b'\n{"x":"', b"a" * MIB, 1024, f"{1024 * MIB + 6} bytes without the end"),
        (b'{"x":"', b"a" * MIB, 1024, f"{1024 * MIB + 6} bytes without the end"),
        (b"[", b" " * MIB, 1024, "the list of records is not closed"),
        (b"", b"[" * MIB, 100, "a list where the object of a study was expected"),
        (b"", b'{"a":' * (MIB // 5), 100, "nest too deep"),
    ],
    ids=["second line", "only line", "blanks", "brackets", "objects"],
)
def test_a_gibibyte_in_one_line_is_read_in_bounded_memory(tmp_path, head, unit, count, words):
    path = tmp_path / "long.gz"
    write_long_gzip(path, head, unit, count)
    command = [sys.executable, "-c", MEASURE, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    pieces, peak_mib = done.stdout.split("|")
    assert words in pieces
    assert int(peak_mib) < 320


@pytest.mark.parametrize("inside", [b"<a>" * 2_000_000 + b"</a>" * 2_000_000, b"<a/>" * 4_000_000])
def test_an_element_of_too_many_tags_is_refused_before_it_is_parsed(tmp_path, inside):
    head = b"<clinical_study><id_info><nct_id>NCT00000001</nct_id></id_info>"
    path = save(tmp_path, head + inside + b"</clinical_study>")
    command = [sys.executable, "-c", MEASURE, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    pieces, peak_mib = done.stdout.split("|")
    assert "more than 2,000,000 tags" in pieces
    assert int(peak_mib) < 300  # 640 for the first where it is parsed
