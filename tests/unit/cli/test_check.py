"""Is what a disk has altered ever handed out as a record, and is it named, gone past and mended?"""

from __future__ import annotations

import io
import json
import random
import shutil
import sqlite3
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from starlette.testclient import TestClient

from trialbook.__main__ import main
from trialbook.library import Library
from trialbook.library.build import import_paths
from trialbook.mcp.arguments import SearchArguments
from trialbook.mcp.search import search_studies
from trialbook.samples import sample_paths
from trialbook.store.file import FILE_NAME
from trialbook.web.api_v2 import listing
from trialbook.web.app import make_app

LIBRARIES, RECORDS = 60, 20


def run(home: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(main, ["--home", str(home), *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of twenty of the sample records."""
    (path,) = (path for path in sample_paths() if path.suffix == ".jsonl")
    target: Path = tmp_path_factory.mktemp("records") / "records.jsonl"
    target.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:RECORDS]))
    return target


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, records: Path) -> Path:
    """A library of them, never written to."""
    home: Path = tmp_path_factory.mktemp("kept") / "library"
    import_paths(home, [records])
    return home


@pytest.fixture
def home(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "library"))


def find_ids(home: Path) -> list[str]:
    records = [json.loads(line) for line in run(home, "export").stdout.splitlines()]
    return [record["protocolSection"]["identificationModule"]["nctId"] for record in records]


def damage(home: Path, nct_id: str) -> None:
    """Alter a byte of the version of a study that is in force."""
    with sqlite3.connect(home / FILE_NAME) as connection:
        version_id, body = connection.execute(
            "SELECT version_id, body FROM study JOIN version ON version_id = current_version_id"
            " WHERE nct_id = ?",
            (nct_id,),
        ).fetchone()
        changed = bytes([*body[:-1], body[-1] ^ 1])
        connection.execute("UPDATE version SET body = ? WHERE version_id = ?", (changed, version_id))
    connection.close()


def test_no_single_bit_gives_an_altered_record(kept: Path, tmp_path: Path) -> None:
    chance = random.Random(20261129)
    right = run(kept, "export").stdout_bytes.splitlines()
    whole = (kept / FILE_NAME).read_bytes()
    home = tmp_path / "library"
    shutil.copytree(kept, home)
    said = 0
    for number in range(LIBRARIES):
        bit = chance.randrange(len(whole) * 8)
        altered = bytearray(whole)
        altered[bit // 8] ^= 1 << bit % 8
        (home / FILE_NAME).write_bytes(bytes(altered))

        result = run(home, "export")
        lines = result.stdout_bytes.splitlines()

        assert not set(lines) - set(right), f"library {number}, bit {bit}: an altered record"
        if result.exit_code == 0:
            assert lines == right, f"library {number}, bit {bit}: a record is missing"
        else:
            said += 1
            assert "kept" in result.stderr or "library" in result.stderr
            assert run(home, "check").exit_code == 1
    # The other bits lie where a file of so few records holds nothing.
    assert said > LIBRARIES // 4


def test_an_export_goes_past_a_damaged_record_and_names_it(home: Path, tmp_path: Path) -> None:
    ids = find_ids(home)
    damage(home, ids[3])

    for asked in ((), ("--query", "AREA[NCTId]NCT OR NOT AREA[NCTId]NCT")):
        target = tmp_path / "out.jsonl"
        result = run(home, "export", *asked, "-o", str(target))
        assert result.exit_code == 1
        assert result.stderr.count(f"{ids[3]}, version of") == 1
        assert len(target.read_text().splitlines()) == len(ids) - 1

    shown = run(home, "show", ids[3])
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert "import it again to mend it" in shown.stderr


def test_an_index_is_made_without_a_damaged_record_which_is_named(home: Path) -> None:
    ids = find_ids(home)
    damage(home, ids[3])
    result = run(home, "rebuild", "index")
    assert (result.exit_code, result.stdout) == (1, f"index: {RECORDS} studies taken up\n")
    assert result.stderr.count(f"{ids[3]}, version of") == 1
    assert run(home, "search", "--json").exit_code == 0
    assert json.loads(run(home, "search", "--json").stdout)["total"] == RECORDS - 1


def test_an_import_beside_a_damaged_version_keeps_what_is_new_and_names_it(
    home: Path, records: Path, tmp_path: Path
) -> None:
    ids = find_ids(home)
    damage(home, ids[3])
    (line,) = (line for line in records.read_text().splitlines() if f'"nctId":"{ids[3]}"' in line)
    record = json.loads(line)
    record["protocolSection"]["statusModule"]["lastUpdateSubmitDate"] = "2031-01-01"
    later = tmp_path / "later.json"
    later.write_text(json.dumps(record))

    result = run(home, "import", str(later))
    assert result.exit_code == 1
    assert "1 stored (1 of them new versions)" in result.stdout
    assert f"{ids[3]}, version of" in result.stderr
    assert json.loads(run(home, "show", ids[3], "--json").stdout) == record


@pytest.mark.parametrize("address", ["/api/trialbook/export", "/api/v2/studies/download?format=json.zip"])
def test_a_stream_goes_past_a_damaged_record_and_the_log_names_it(
    home: Path, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    ids = find_ids(home)
    damage(home, ids[3])
    with TestClient(make_app(home), base_url="http://localhost") as client:
        answer = client.get(address)
    assert answer.status_code == 200
    if "zip" in address:
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert len(archive.namelist()) == RECORDS - 1
    else:
        assert len(answer.text.splitlines()) == RECORDS - 1
    assert f"{ids[3]}, version of" in caplog.text


def test_a_check_names_what_is_damaged_and_an_import_mends_it(home: Path, records: Path) -> None:
    assert run(home, "check").stdout == f"as it was kept: {RECORDS} studies in {RECORDS} versions\n"
    damage(home, find_ids(home)[0])
    result = run(home, "check", "--json")
    assert result.exit_code == 1
    (problem,) = json.loads(result.stdout)["problems"]
    assert "its bytes are not those that were kept" in problem

    mended = run(home, "import", str(records))
    assert mended.exit_code == 0
    assert mended.stdout == (
        f"{RECORDS} read = 1 stored (0 of them new versions, 1 mended) + {RECORDS - 1} unchanged + 0 rejected\n"
    )
    assert run(home, "check").exit_code == 0
    assert json.loads(run(home, "search", "--json").stdout)["total"] == RECORDS


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE version SET version_date = '2031-01-01' WHERE version_id = 2", "kept as of 2031-01-01"),
        ("UPDATE version SET content_hash = x'00' WHERE version_id = 2", "its fingerprint is not that"),
        ("UPDATE study SET nct_id = 'NCT00000000' WHERE study_id = 2", "the record is one of"),
        ("UPDATE study SET current_version_id = 3 WHERE study_id = 2", "is not its version in force"),
        ("DELETE FROM study WHERE study_id = 2", "no study has it"),
        ("UPDATE library SET value = '99' WHERE key = 'seq'", "index: it is"),
    ],
)
def test_a_check_names_what_records_do_not_say(home: Path, statement: str, named: str) -> None:
    with sqlite3.connect(home / FILE_NAME) as connection:
        connection.execute(statement)
    connection.close()
    result = run(home, "check")
    assert result.exit_code == 1
    assert named in result.stdout


def test_a_repair_brings_out_what_is_whole_and_keeps_the_damaged_file(home: Path, records: Path) -> None:
    ids = find_ids(home)
    run(home, "saved", "add", "mine", "--query", "heart")
    damage(home, ids[3])
    broken = (home / FILE_NAME).read_bytes()

    result = run(home, "check", "--repair")
    assert result.exit_code == 1
    assert result.stdout.count(f"{ids[3]}, version of") == 2
    assert "lost; import it again, or restore a backup" in result.stdout
    assert f"mended; now as it was kept: {RECORDS - 1} studies in {RECORDS - 1} versions" in result.stdout
    (kept,) = home.glob(f"{FILE_NAME}.damaged-*")
    assert kept.read_bytes() == broken
    assert run(home, "check").exit_code == 0
    assert find_ids(home) == [each for each in ids if each != ids[3]]
    assert json.loads(run(home, "search", "--json").stdout)["total"] == RECORDS - 1
    assert run(home, "saved", "list").stdout.startswith("mine ")

    assert "1 stored (0 of them new versions)" in run(home, "import", str(records)).stdout
    assert find_ids(home) == ids
    assert (
        run(home, "check", "--repair").stdout == f"as it was kept: {RECORDS} studies in {RECORDS} versions\n"
    )


@pytest.mark.parametrize("page", [1, 2, 5, 8])
def test_a_library_that_cannot_be_opened_is_repaired(home: Path, page: int) -> None:
    ids = find_ids(home)
    with (home / FILE_NAME).open("r+b") as file:
        file.seek((page - 1) * 8192)
        file.write(bytes(8192))
    assert run(home, "check").exit_code == 1
    said = run(home, "check", "--repair").stdout
    assert run(home, "check").stdout == said.splitlines()[-1].removeprefix("mended; now ") + "\n", said
    assert find_ids(home) == ids


def test_a_server_goes_on_with_what_was_repaired(home: Path) -> None:
    ids = find_ids(home)
    with TestClient(make_app(home), base_url="http://localhost") as client:
        assert client.get(f"/study/{ids[3]}").status_code == 200
        damage(home, ids[3])
        assert client.get(f"/study/{ids[3]}").status_code == 503
        run(home, "check", "--repair")
        assert "ask again" in client.get(f"/study/{ids[3]}").text
        assert client.get(f"/study/{ids[3]}").status_code == 404
        assert client.get(f"/study/{ids[4]}").status_code == 200
        assert client.get("/api/v2/studies?countTotal=true").json()["totalCount"] == RECORDS - 1


def test_damaged_saved_searches_are_kept_beside_new_ones(home: Path) -> None:
    run(home, "saved", "add", "mine", "--query", "heart")
    run(home, "list", "add", "to-read", find_ids(home)[0], "--note", "Call them")
    path = home / "saved.sqlite"
    with sqlite3.connect(path) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'saved_search'"
        ).fetchone()
    whole = path.read_bytes()
    path.write_bytes(whole[: (page - 1) * 4_096] + b"\xa5" * 4_096 + whole[page * 4_096 :])
    assert run(home, "check").exit_code == 1
    result = run(home, "check", "--repair")
    assert result.exit_code == 1
    assert "saved searches may be lost" in result.stdout
    assert len(list(home.glob("saved.sqlite.damaged-*"))) == 1
    assert run(home, "check").exit_code == 0
    assert "Call them" in run(home, "list", "show", "to-read").stdout


def test_every_door_to_a_search_goes_past_a_damaged_hit_and_names_it(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ids = find_ids(home)
    damage(home, ids[3])
    named = f"{ids[3]}, version of"

    shown = run(home, "search", "--sort", "id", "--limit", "30")
    assert shown.exit_code == 1
    assert f"{ids[3]}  damaged" in shown.stdout
    assert named in shown.stderr
    assert all(f"{nct_id}  " in shown.stdout for nct_id in ids)

    with TestClient(make_app(home), base_url="http://localhost") as client:
        page = client.get("/?sort=id&q=")
        assert page.status_code == 200
        assert page.text.count(named) == 1
        assert page.text.count("<article>") == RECORDS

        registry = client.get(f"/api/v2/studies?countTotal=true&pageSize={RECORDS}")
        assert registry.status_code == 200
        assert registry.json()["totalCount"] == RECORDS
        found = [
            each["protocolSection"]["identificationModule"]["nctId"] for each in registry.json()["studies"]
        ]
        assert found == [each for each in ids if each != ids[3]]
        assert registry.headers["warning"].startswith(f'299 trialbook "{named}')
        table = client.get(f"/api/v2/studies?format=csv&pageSize={RECORDS}")
        assert table.headers["warning"] == registry.headers["warning"]
        assert len(table.text.splitlines()) == RECORDS
        assert "warning" not in client.get("/api/v2/studies?pageSize=2").headers
        assert named in caplog.text

        own = client.get(f"/api/trialbook/search?limit={RECORDS}").json()
        assert (own["total"], len(own["studies"])) == (RECORDS, RECORDS - 1)
        assert [each["nctId"] for each in own["damaged"]] == [ids[3]]
        assert named in own["damaged"][0]["problem"]

        feed = client.get("/api/trialbook/feed?format=json&limit=200")
        assert feed.status_code == 200
        assert f"{ids[3]} new: its record is damaged" in [item["title"] for item in feed.json()["items"]]
        assert client.get("/api/v2/stats/size").json()["totalStudies"] == RECORDS - 1
        assert client.get(f"/study/{ids[3]}").status_code == 503

    with Library(home) as library:
        told = search_studies(library, SearchArguments(limit=RECORDS))
        assert len(told["studies"]) == RECORDS - 1
        assert [named in each for each in told["damaged"]] == [True]
        assert "shown_by_id_alone" not in told


def test_a_page_of_large_records_is_read_again_beyond_what_is_held(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = find_ids(home)
    damage(home, ids[3])
    monkeypatch.setattr(listing, "MOST_HELD_BYTES", 20_000)
    with TestClient(make_app(home), base_url="http://localhost") as client:
        answer = client.get(f"/api/v2/studies?pageSize={RECORDS}")
    assert len(answer.json()["studies"]) == RECORDS - 1
    assert ids[3] in answer.headers["warning"]


def test_all_that_is_derived_is_made_without_a_damaged_record(home: Path) -> None:
    ids = find_ids(home)
    damage(home, ids[3])
    result = run(home, "rebuild")
    assert result.exit_code == 1
    assert f"{ids[3]}, version of" in result.stderr
    assert f"statistics: {RECORDS - 1} studies taken up" in result.stdout
    counted = run(home, "statistics")
    assert (counted.exit_code, counted.stdout.startswith(f"{RECORDS - 1} studies")) == (1, True)
