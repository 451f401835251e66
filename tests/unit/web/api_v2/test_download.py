"""Does the whole library leave as one archive that any program opens?"""

from __future__ import annotations

import io
import json
import zipfile
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.library import make_library
from tests.unit.web.api_v2.conftest import make_record

from trialbook.errors import ApiError
from trialbook.export import zip_stream
from trialbook.export.zip_stream import write_zip
from trialbook.library.build import import_paths
from trialbook.store import Store
from trialbook.web.api_v2 import download
from trialbook.web.api_v2.download import Archive, read_range
from trialbook.web.app import make_app


def read_zip(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def test_each_study_is_a_file_with_the_bytes_that_were_received(api: TestClient, api_home: Path) -> None:
    answer = api.get("/studies/download?format=json.zip")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="ctg-studies.json.zip"'
    with Store(api_home) as store:
        held = {f"{nct_id}.json": body for nct_id, body in store.iter_current()}
    assert len(held) > 10
    assert read_zip(answer.content) == held


def test_a_download_is_a_file_to_import(api: TestClient, tmp_path: Path) -> None:
    archive = tmp_path / "download.zip"
    archive.write_bytes(api.get("/studies/download").content)
    counts = import_paths(tmp_path / "library", [archive])
    assert (counts.stored, counts.rejected) == (counts.read, 0)
    with Store.create(tmp_path / "library") as store:
        assert {f"{nct_id}.json": body for nct_id, body in store.iter_current()} == read_zip(
            archive.read_bytes()
        )


def test_a_client_that_has_it_is_not_sent_it_again(api: TestClient) -> None:
    tag = api.head("/studies/download").headers["etag"]
    answer = api.get("/studies/download", headers={"if-none-match": tag})
    assert (answer.status_code, answer.content) == (304, b"")


@pytest.mark.parametrize("query", ["format=json", "format=json.zip&query.cond=(x", "fields=NCTId"])
def test_no_other_form_can_be_had_so(api: TestClient, query: str) -> None:
    assert api.get(f"/studies/download?{query}").status_code == 400


def test_ids_of_other_registries_make_no_folders() -> None:
    def find_after(nct_id: str, limit: int) -> list[tuple[str, bytes]]:
        return [] if nct_id else [("../CTRI/2019/05/1", b"{}")]

    assert list(read_zip(b"".join(Archive(find_after, str).write("")))) == ["..%2FCTRI%2F2019%2F05%2F1.json"]


def test_more_files_than_sixteen_bits_count() -> None:
    archive = b"".join(write_zip(((f"{n}.json", b"%d" % n) for n in range(66_000)), level=1))
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert len(opened.namelist()) == 66_000
        assert opened.read("65999.json") == b"65999"


def test_places_that_thirty_two_bits_do_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_stream, "LARGEST_32", 1_000)
    files = {f"{n}.json": b"%d" % n * 100 for n in range(200)}
    assert read_zip(b"".join(write_zip(files.items()))) == files


def test_a_broken_download_is_taken_up_where_it_ended(
    api: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "FILES_BETWEEN", 7)
    whole = api.get("/studies/download")
    assert whole.headers["accept-ranges"] == "bytes"
    assert parsedate_to_datetime(whole.headers["last-modified"]).tzinfo is not None
    size = len(whole.content)
    for first, last in (
        (0, 0),
        (0, size - 1),
        (1, 5),
        (size // 2, size - 1),
        (size - 1, size - 1),
        (77, 70_000),
    ):
        asked = {"range": f"bytes={first}-{last}", "if-range": whole.headers["etag"]}
        part = api.get("/studies/download", headers=asked)
        assert part.status_code == 206
        assert part.headers["content-range"] == f"bytes {first}-{min(last, size - 1)}/{size}"
        assert part.content == whole.content[first : last + 1]
        assert part.headers["content-length"] == str(len(part.content))
    assert api.get("/studies/download", headers={"range": "bytes=-22"}).content == whole.content[-22:]
    assert api.get("/studies/download", headers={"range": "bytes=100-"}).content == whole.content[100:]


def test_a_part_can_be_asked_for_before_the_whole_was(api_home: Path) -> None:
    client = TestClient(make_app(api_home), base_url="http://localhost/api/v2")
    part = client.get("/studies/download", headers={"range": "bytes=4-"})
    assert (part.status_code, b"PK\3\4" + part.content) == (206, client.get("/studies/download").content)


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "items=0-1", "bytes=-", "bytes=5-2", "nonsense"])
def test_what_is_no_single_part_gets_the_whole(api: TestClient, asked: str) -> None:
    assert api.get("/studies/download", headers={"range": asked}).status_code == 200


def test_behind_the_end_there_is_nothing(api: TestClient) -> None:
    answer = api.get("/studies/download", headers={"range": "bytes=999999999-"})
    assert answer.status_code == 416
    assert answer.headers["content-range"].startswith("bytes */")
    with pytest.raises(ApiError):
        read_range("bytes=-0", 10)


def test_a_part_of_another_state_is_not_sent(tmp_path: Path) -> None:
    home = make_library(tmp_path / "library", [make_record("NCT90000001")])
    client = TestClient(make_app(home), base_url="http://localhost/api/v2")
    before = client.get("/studies/download")
    (tmp_path / "more.json").write_text(json.dumps(make_record("NCT90000002")))
    import_paths(home, [tmp_path / "more.json"])
    asked = {"range": "bytes=10-", "if-range": before.headers["etag"]}
    answer = client.get("/studies/download", headers=asked)
    assert answer.status_code == 200
    assert len(read_zip(answer.content)) == 2
    part = client.get("/studies/download", headers={"range": "bytes=10-"})
    assert (part.status_code, part.content) == (206, answer.content[10:])


def test_parts_are_measured_once_at_a_time() -> None:
    archive = Archive(lambda nct_id, limit: [], lambda: "a")
    with archive._lock, pytest.raises(ApiError, match="ask again in a minute"):
        archive.find_layout("a")
    assert archive.find_layout("a") is not None
    assert archive.find_layout("b") is None
