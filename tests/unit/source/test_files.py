"""Any file of records is recognised by what is in it, and its records come out byte for byte."""

from __future__ import annotations

import gzip
import io
import json
import os
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard

from trialbook.errors import SourceReadError
from trialbook.source.containers.byte_stream import ByteStream
from trialbook.source.containers.folder import Archive
from trialbook.source.files import Progress, measure_path, read_path
from trialbook.source.incoming import ArchiveForm, HistoryNotice, Incoming, Item, Rejected
from trialbook.source.legacy import read as legacy_xml
from trialbook.source.limits import Limits
from trialbook.source.page import read as page_text


def record(number: int) -> bytes:
    return (
        b'{"protocolSection":{"identificationModule":{"nctId":"NCT%08d","briefTitle":"Sleep \xc3\xa9"}}}'
        % number
    )


RECORDS = [record(number) for number in range(1, 6)]


def save(folder: Path, data: bytes, name: str = "file") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def pack_zip(entries: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def read_bodies(path: Path) -> list[bytes]:
    found = list(read_path(path))
    assert all(isinstance(piece, Incoming) for piece in found), found
    return [piece.body for piece in found if isinstance(piece, Incoming)]


PRETTY = json.dumps(json.loads(RECORDS[0]), indent=2, ensure_ascii=False).encode()

FORMS: dict[str, tuple[bytes, list[bytes]]] = {
    "one study": (RECORDS[0], RECORDS[:1]),
    "one study, pretty": (b"\n" + PRETTY + b"\n", [PRETTY]),
    "lines": (b"\n".join(RECORDS) + b"\n", RECORDS),
    "lines without a last newline": (b"\n".join(RECORDS), RECORDS),
    "lines of Windows, blank ones between": (b"\r\n\r\n".join(RECORDS) + b"\r\n", RECORDS),
    "byte order mark": (b"\xef\xbb\xbf" + b"\n".join(RECORDS), RECORDS),
    "files with marks joined": (b"\n".join(b"\xef\xbb\xbf" + body for body in RECORDS), RECORDS),
    "list": (b"[" + b",".join(RECORDS) + b"]", RECORDS),
    "list, one a line": (b"[\n" + b",\n".join(RECORDS) + b"\n]\n", RECORDS),
    "list, pretty": (b"[\n  " + PRETTY + b",\n  " + PRETTY + b"\n]", [PRETTY, PRETTY]),
    "empty list": (b"[]", []),
    "page": (b'{"totalCount":5,"studies":[' + b",".join(RECORDS) + b'],"nextPageToken":"a]}"}', RECORDS),
    "page, token first": (b'{"nextPageToken": "a\\"b",\n"studies": [' + b",".join(RECORDS) + b"]}", RECORDS),
    "empty page": (b'{"studies":[]}', []),
    "pages joined": ((b'{"studies":[' + RECORDS[0] + b'],"totalCount":1}\n') * 3, RECORDS[:1] * 3),
    "objects joined": (b"".join(RECORDS), RECORDS),
    "an object that breaks its lines oddly": (
        b'{"list":[\n{"a":1},\n{"a":2}]}',
        [b'{"list":[\n{"a":1},\n{"a":2}]}'],
    ),
    "pretty objects joined": (PRETTY + b"\n" + PRETTY, [PRETTY, PRETTY]),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress], ids=["plain", "gzip", "zstd"])
def test_every_form_of_json_gives_its_records_byte_for_byte(tmp_path, form, pack):
    data, expected = FORMS[form]
    assert read_bodies(save(tmp_path, pack(data), "looks_like.png")) == expected


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_json_is_cut_right_wherever_the_stream_is_cut_into_chunks(form):
    from trialbook.source.containers.json_slices import slice_records
    from trialbook.source.limits import DEFAULT

    data, expected = FORMS[form]
    for size in (1, 2, 3, 7, 64):
        chunks = (data[at : at + size] for at in range(0, len(data), size))
        pieces = list(slice_records(ByteStream(chunks), DEFAULT))  # type: ignore[arg-type]
        assert [piece.body for piece in pieces] == expected
        assert not any(piece.problem for piece in pieces)


def test_records_longer_than_the_window_are_cut_right(tmp_path):
    long = [b'{"protocolSection":{"x":"%s"},"n":%d}' % (b"a" * 3_000_000, number) for number in range(3)]
    assert read_bodies(save(tmp_path, b"[" + b", ".join(long) + b"]")) == long
    lines = save(tmp_path, b"\n".join(long))
    assert read_bodies(lines) == long
    assert [piece.place for piece in read_path(lines)] == [f"{lines}:{number}" for number in (1, 2, 3)]


def test_a_stream_is_read_no_further_than_it_is_asked():
    taken = []

    def hand_over():
        for chunk in (b"ab", b"cd", b"ef", b"gh\n", b"ij"):
            taken.append(chunk)
            yield chunk

    stream = ByteStream(hand_over())
    assert (stream.peek(1), stream.read(3), len(taken)) == (b"a", b"abc", 2)
    assert (stream.read1(), len(taken)) == (b"d", 2)
    assert (stream.readline(1), len(taken)) == (b"e", 3)
    assert (stream.readline(), len(taken)) == (b"fgh\n", 4)
    assert (stream.read(), stream.read()) == (b"ij", b"")


def test_a_named_pipe_is_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(
        target=(tmp_path / "pipe").write_bytes, args=(b"\n".join(RECORDS),), daemon=True
    )
    writer.start()
    assert read_bodies(tmp_path / "pipe") == RECORDS
    writer.join()


def test_a_zip_gives_one_record_an_entry_in_its_order(tmp_path):
    path = save(tmp_path, pack_zip({f"d/{n}.json": body for n, body in enumerate(RECORDS)}))
    found = list(read_path(path))
    assert [piece.body for piece in found] == RECORDS
    assert found[1].place == f"{path}!d/1.json"


def test_containers_inside_containers_are_opened(tmp_path):
    inner = pack_zip({"lines.gz": gzip.compress(b"\n".join(RECORDS))})
    assert read_bodies(save(tmp_path, pack_zip({"inner.zip": inner}))) == RECORDS
    assert read_bodies(save(tmp_path, gzip.compress(pack_zip({"a": RECORDS[0]})))) == RECORDS[:1]
    assert read_bodies(save(tmp_path, gzip.compress(zstandard.compress(RECORDS[0])))) == RECORDS[:1]


def test_gzip_members_and_zstd_frames_one_after_another_are_one_file(tmp_path):
    lines = [body + b"\n" for body in RECORDS]
    assert read_bodies(save(tmp_path, b"".join(map(gzip.compress, lines)))) == RECORDS
    assert read_bodies(save(tmp_path, b"".join(map(zstandard.compress, lines)))) == RECORDS
    padded = gzip.compress(lines[0]) + b"\0" * 300_000
    assert read_bodies(save(tmp_path, padded)) == RECORDS[:1]


def test_a_folder_is_read_in_the_order_of_names_with_all_below_it(tmp_path):
    (tmp_path / "b").mkdir()
    save(tmp_path, RECORDS[2], "c.json")
    save(tmp_path / "b", RECORDS[1], "any")
    save(tmp_path, gzip.compress(RECORDS[0]), "a.json.gz")
    assert read_bodies(tmp_path) == RECORDS[:3]


def test_hidden_files_and_links_out_of_the_folder_are_passed_over_and_counted(tmp_path):
    secret = save(tmp_path, RECORDS[4], "secret.json")
    folder = tmp_path / "in"
    (folder / ".hidden").mkdir(parents=True)
    save(folder / ".hidden", RECORDS[3], "a.json")
    save(folder, RECORDS[3], ".a.json")
    kept = save(folder, RECORDS[0], "a.json")
    (folder / "out.json").symlink_to(secret)
    (folder / "inside.json").symlink_to(kept)
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe")
    progress = Progress()
    bodies = [piece.body for piece in read_path(folder, progress=progress)]
    assert bodies == [RECORDS[0], RECORDS[0]]
    assert (progress.files, progress.skipped_files) == (2, 5)


def test_a_folder_below_that_cannot_be_listed_is_rejected_and_the_others_are_read(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    save(tmp_path, RECORDS[0], "b.json")
    list_folder = Path.iterdir

    def refuse(path: Path):
        if path.name == "a":
            raise PermissionError(13, "Permission denied", str(path))
        return list_folder(path)

    monkeypatch.setattr(Path, "iterdir", refuse)
    record, rejected = read_path(tmp_path)
    assert record.body == RECORDS[0]
    assert rejected.place == str(tmp_path / "a")
    assert "Permission denied" in rejected.reason


def test_hidden_entries_of_a_zip_are_passed_over_and_counted(tmp_path):
    path = save(tmp_path, pack_zip({"__MACOSX/._a": b"x", "d/.DS_Store": b"x", "d/": b"", "a": RECORDS[0]}))
    progress = Progress()
    assert [piece.body for piece in read_path(path, progress=progress)] == RECORDS[:1]
    assert progress.skipped_files == 2


@pytest.mark.parametrize(
    "data", [b"\n".join(RECORDS), gzip.compress(RECORDS[0], mtime=0), pack_zip({"a": RECORDS[0]})]
)
def test_progress_ends_at_what_was_measured(tmp_path, data):
    save(tmp_path, data, "a")
    save(tmp_path, b"\x89PNG\r\n" + b"x" * 3_000_000, "b")
    progress = Progress()
    for _ in read_path(tmp_path, progress=progress):
        assert progress.read_bytes <= measure_path(tmp_path)
    assert progress.read_bytes == measure_path(tmp_path) > 3_000_000


def test_progress_moves_on_from_entry_to_entry_of_a_zip(tmp_path):
    path = save(tmp_path, pack_zip({f"{n}.json": body for n, body in enumerate(RECORDS)}))
    progress = Progress()
    seen = [progress.read_bytes for _ in read_path(path, progress=progress)]
    assert 0 < seen[0] < seen[-1] < measure_path(path)
    assert seen == sorted(set(seen))


def test_places_name_the_line_the_entry_or_the_number(tmp_path):
    lines = save(tmp_path, b"\n" + RECORDS[0] + b"\n\n" + RECORDS[1] + b"\n")
    assert [piece.place for piece in read_path(lines)] == [f"{lines}:2", f"{lines}:4"]
    several = save(tmp_path, b"[" + b",".join(RECORDS[:2]) + b"]")
    assert [piece.place for piece in read_path(several)] == [f"{several}#1", f"{several}#2"]
    alone = save(tmp_path, PRETTY)
    assert [piece.place for piece in read_path(alone)] == [str(alone)]


def test_standard_input_is_read(monkeypatch):
    class Input:
        buffer = io.BytesIO(gzip.compress(b"\n".join(RECORDS)))

    monkeypatch.setattr("sys.stdin", Input)
    assert [piece.body for piece in read_path(Path("-"))] == RECORDS


def test_other_forms_reach_their_readers(tmp_path):
    xml = b"<clinical_study><id_info><nct_id>NCT00000001</nct_id></id_info></clinical_study>"
    changes = b'{"changes":[{"version":0,"date":"2020-01-01"}]}'
    page = b"A Study of Rest\n\nNCT ID: NCT00000001\n\nLast Updated: 2025-01-01\n\nKeywords\n\nrest\n"
    assert [piece.format for piece in read_path(save(tmp_path, xml))] == ["legacy_xml"]
    line = json.dumps({"nct_id": "NCT00000001", "xml": xml.decode()}).encode()
    assert [piece.format for piece in read_path(save(tmp_path, line))] == ["legacy_xml"]
    assert [piece.format for piece in read_path(save(tmp_path, page))] == ["page_text"]
    notices = list(read_path(save(tmp_path, changes, "NCT00000001.json")))
    assert [type(notice) for notice in notices] == [HistoryNotice]


def test_all_the_real_files_are_read_without_one_rejection(shared_data):
    counts: dict[str, int] = {}
    for piece in read_path(shared_data / "ctgov"):
        assert not isinstance(piece, Rejected), piece
        name = piece.format if isinstance(piece, Incoming) else "notice"
        counts[name] = counts.get(name, 0) + 1
    assert counts == {"api_v2": 4174, "history": 6, "notice": 267, "legacy_xml": 137}


def test_the_reference_page_is_read(shared_seed):
    assert [piece.format for piece in read_path(shared_seed / "NCT04776239.txt")] == ["page_text"]


def test_a_path_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(SourceReadError, match="no such file") as caught:
        list(read_path(tmp_path / "missing.json"))
    assert caught.value.place == str(tmp_path / "missing.json")
    with pytest.raises(SourceReadError, match="no such file"):
        measure_path(tmp_path / "missing.json")
    with pytest.raises(SourceReadError, match="neither a file nor a folder"):
        list(read_path(Path("/dev/null")))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_is_named(tmp_path):
    path = save(tmp_path, RECORDS[0])
    path.chmod(0)
    with pytest.raises(SourceReadError, match="Permission denied"):
        list(read_path(path))


PAGE = b"A Study of Rest\n\nNCT ID: NCT00000001\n\nLast Updated: 2025-01-01\n"
FAILURES = [ValueError("zip() argument 2 is longer"), KeyError("label"), RecursionError(), UnicodeError("no")]


@pytest.mark.parametrize("error", FAILURES, ids=repr)
@pytest.mark.parametrize("form", ["folder", "zip", "zip in a folder", "gzip in a zip"])
def test_a_reader_that_fails_costs_no_other_file(tmp_path, monkeypatch, form, error):
    def fail(data: bytes) -> None:
        raise error

    monkeypatch.setattr(page_text, "parse_page_text", fail)
    files = {"a.json": RECORDS[0], "b.txt": PAGE, "c.json": RECORDS[1]}
    if form == "folder":
        for name, data in files.items():
            save(tmp_path, data, name)
    elif form == "gzip in a zip":
        save(tmp_path, pack_zip({name: gzip.compress(data) for name, data in files.items()}))
    else:
        save(tmp_path, pack_zip(files))
    first, rejected, last = read_path(tmp_path / "file" if form == "zip" else tmp_path)
    assert (first.body, last.body) == (RECORDS[0], RECORDS[1])
    assert isinstance(rejected, Rejected)
    assert rejected.place.endswith("b.txt")
    assert rejected.reason.startswith(f"a reader failed: {type(error).__name__}")
    assert str(error) in rejected.reason
    assert rejected.original == PAGE


def test_what_a_reader_gave_before_it_failed_is_kept_and_the_first_mebibyte_of_its_file(
    tmp_path, monkeypatch
):
    study = b"<clinical_study><id_info><nct_id>NCT0000000%d</nct_id></id_info></clinical_study>"
    data = study % 1 + study % 2 + study % 3 + b" " * 2**21
    read_one = legacy_xml._read_one

    def fail_at_second(raw: bytes, place: str, *, encoding: str) -> Incoming | Rejected:
        if b"NCT00000002" in raw:
            raise TypeError("no such thing")
        return read_one(raw, place, encoding=encoding)

    monkeypatch.setattr(legacy_xml, "_read_one", fail_at_second)
    first, rejected = read_path(save(tmp_path, data))
    assert first.original == study % 1
    assert "TypeError: no such thing, and what follows in this file was not read" in rejected.reason
    assert rejected.original == data[: 2**20]


def test_a_reader_of_a_whole_archive_that_fails_costs_no_other_file(tmp_path, monkeypatch):
    def fail(archive: Archive, limits: Limits) -> Iterator[Item]:
        yield Incoming(RECORDS[2], "first", "aact")
        raise IndexError("list index out of range")

    form = ArchiveForm(is_this=lambda archive: archive.place.endswith(".zip"), read=fail)
    monkeypatch.setattr("trialbook.source.files._ARCHIVE_FORMS", (form,))
    packed = pack_zip({"studies.txt": b"nct_id|"})
    save(tmp_path, packed, "a.zip")
    save(tmp_path, RECORDS[0], "b.json")
    first, rejected, last = read_path(tmp_path)
    assert (first.body, last.body) == (RECORDS[2], RECORDS[0])
    assert rejected.place == str(tmp_path / "a.zip")
    assert "IndexError: list index out of range" in rejected.reason
    assert rejected.original == packed


def test_no_memory_and_an_interrupt_are_no_rejection(tmp_path, monkeypatch):
    for error in (MemoryError, KeyboardInterrupt):
        monkeypatch.setattr(page_text, "parse_page_text", lambda data, error=error: raise_(error))
        with pytest.raises(error):
            list(read_path(save(tmp_path, PAGE)))


def raise_(error: type[BaseException]) -> None:
    raise error
