"""Does the whole library leave as one archive that any program opens?"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from trialbook.export import zip_stream
from trialbook.export.zip_stream import write_zip
from trialbook.library.build import import_paths
from trialbook.store import Store
from trialbook.web.api_v2.download import write_download


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

    assert list(read_zip(b"".join(write_download(find_after)))) == ["..%2FCTRI%2F2019%2F05%2F1.json"]


def test_more_files_than_sixteen_bits_count() -> None:
    archive = b"".join(write_zip(((f"{n}.json", b"%d" % n) for n in range(66_000)), level=1))
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert len(opened.namelist()) == 66_000
        assert opened.read("65999.json") == b"65999"


def test_places_that_thirty_two_bits_do_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_stream, "LARGEST_32", 1_000)
    files = {f"{n}.json": b"%d" % n * 100 for n in range(200)}
    assert read_zip(b"".join(write_zip(files.items()))) == files
