"""A library that an earlier schema version left still opens, reads and grows."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from trialbook.model import parse_study
from trialbook.store import AnnouncedVersion, Counts, Store, Writer
from trialbook.store.file import FILE_NAME
from trialbook.store.schema import SCHEMA_VERSION

LIBRARIES = sorted(Path(__file__).parent.glob("library-*.sqlite"))
IDS = ["NCT04776239", "NCT99000001", "NCT99000002", "NCT99000003"]


@pytest.fixture(params=LIBRARIES, ids=lambda path: path.stem)
def old_home(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    shutil.copy(request.param, tmp_path / FILE_NAME)
    return tmp_path


def test_each_schema_version_has_a_library_here() -> None:
    numbers = [int(re.sub(r"\D", "", path.stem)) for path in LIBRARIES]

    assert numbers == list(range(1, SCHEMA_VERSION + 1))


def test_an_old_library_reads_whole(old_home: Path) -> None:
    with Store(old_home) as store:
        assert store.count() == Counts(studies=4, versions=5, rejections=1)
        assert [nct_id for nct_id, _ in store.iter_current()] == IDS
        assert [parse_study(body).nct_id for _, body in store.iter_current()] == IDS
        assert store.seq == 5

        versions = store.find_versions("NCT04776239")
        bodies = [store.get_version_body(version.version_id) for version in versions]
        assert [parse_study(body).enrollment_count for body in bodies] == [30, 26]
        assert [version.is_current for version in versions] == [False, True]
        assert store.get_body("NCT04776239", as_of="2023-01-01") == bodies[0]

        (mapped,) = store.find_versions("NCT99000003")
        assert (mapped.location, mapped.place, mapped.format) == ("compat", "record.xml", "legacy_xml")
        assert store.get_original(mapped.version_id) == b"<clinical_study/>"
        assert store.find_rejections() == [("broken.json", "not valid JSON", b"{")]
        assert store.find_announced("NCT04776239") == (
            AnnouncedVersion(0, "2021-02-23", "NOT_YET_RECRUITING", ("Study Status", "Design")),
        )
        assert store.find_sync_state("everything") == '{"since":"2024-01-01"}'


def test_an_old_library_takes_new_records(old_home: Path) -> None:
    with Store(old_home) as store, Writer(store, "now") as writer:
        writer.announce([("NCT04776239", 1, "2021-08-16", "RECRUITING", ())])
        writer.reject([("other.json", "not a record", b"[]")])

        assert store.count().rejections == 2
        assert len(store.find_announced("NCT04776239")) == 2
