"""Is each setting read where its row says, and refused by the name of its variable where it makes no sense?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.stand_in.language_model import StandInModel

import trialbook
from trialbook import web
from trialbook.__main__ import main
from trialbook.changes.history import pair_versions
from trialbook.derived.index import SearchIndex
from trialbook.errors import UsageError
from trialbook.search.index import writable
from trialbook.settings import SETTINGS, read_number, read_text
from trialbook.source.live.address import find_registry
from trialbook.source.live.language_model import LanguageModelClient, find_language_model
from trialbook.terms.thesaurus import load_thesaurus

# Each has a test below, which sets its variable and looks at what it is for.
TESTED = {
    "home", "registry", "host", "port", "allow_origin", "allow_host", "cache", "compared_versions",
    "index_memory_mb", "model_key", "model_name", "model_url", "writing",
}  # fmt: skip


class Recorder:
    """A tantivy index that notes the memory which a writer of it may use."""

    def __init__(self, index: Any, asked: list[int]) -> None:
        self._index, self._asked = index, asked

    def writer(self, memory_bytes: int, threads: int) -> Any:
        self._asked.append(memory_bytes)
        return self._index.writer(memory_bytes, threads)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)


@pytest.fixture
def serving(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What `trialbook serve` hands to the server, instead of one that runs."""
    given: dict[str, Any] = {}
    monkeypatch.setattr(web, "run_server", lambda home, **more: given.update(home=home, **more))
    return given


def set_variable(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(SETTINGS[name].variable, value)


def test_none_is_forgotten_here() -> None:
    assert set(SETTINGS) == TESTED
    assert all(each.meaning.endswith(".") for each in SETTINGS.values())
    assert {each.variable for each in SETTINGS.values()} == {f"TRIALBOOK_{name.upper()}" for name in TESTED}


@pytest.mark.parametrize("name", [name for name, each in SETTINGS.items() if isinstance(each.default, int)])
def test_a_number_that_is_none_or_out_of_bounds_is_refused_by_the_name_of_its_variable(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting = SETTINGS[name]
    for value in ("many", "-1", "1.5", str(setting.most + 1), "9" * 400):
        set_variable(monkeypatch, name, value)
        with pytest.raises(UsageError, match=f"{setting.variable} is no number from {setting.least:,} to"):
            read_number(name)
    for value in (setting.least, setting.most):
        set_variable(monkeypatch, name, str(value))
        assert read_number(name) == value


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, setting in SETTINGS.items():
        set_variable(monkeypatch, name, " ")
        assert read_text(name) == str(setting.default)


def test_home_is_the_folder_of_the_library(
    sample_library: trialbook.Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    set_variable(monkeypatch, "home", str(sample_library.home))
    with trialbook.open() as library:
        assert len(library) == 71
    assert "NCT99000032" in CliRunner().invoke(main, ["search", "asthma"]).output
    # What stands on the command line comes first.
    assert "no library" in CliRunner().invoke(main, ["--home", str(tmp_path), "search", "asthma"]).output


def test_registry_is_the_address_that_a_pull_asks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    set_variable(monkeypatch, "registry", "http://127.0.0.1:1/api/v2")
    assert find_registry() == "http://127.0.0.1:1/api/v2"
    assert find_registry("http://127.0.0.1:2/api/v2") == "http://127.0.0.1:2/api/v2"
    set_variable(monkeypatch, "registry", "ftp://somewhere")
    done = CliRunner().invoke(main, ["--home", str(tmp_path), "pull", "--ids", "NCT04776239"])
    assert "'ftp://somewhere' is not an address of a registry" in done.output


def test_host_port_and_what_is_allowed_are_those_of_the_server(
    serving: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = ["--home", str(tmp_path), "serve"]
    CliRunner().invoke(main, asked, catch_exceptions=False)
    assert serving == {
        "home": tmp_path,
        "host": "127.0.0.1",
        "port": 8080,
        "allow_origin": "",
        "allow_host": "",
        "writing": "auto",
    }
    set_variable(monkeypatch, "host", "127.0.0.2")
    set_variable(monkeypatch, "port", "0")
    set_variable(monkeypatch, "allow_origin", "https://example.org")
    set_variable(monkeypatch, "allow_host", "example.org")
    set_variable(monkeypatch, "writing", "no")
    CliRunner().invoke(main, asked, catch_exceptions=False)
    assert serving == {
        "home": tmp_path,
        "host": "127.0.0.2",
        "port": 0,
        "allow_origin": "https://example.org",
        "allow_host": "example.org",
        "writing": "no",
    }
    CliRunner().invoke(main, [*asked, "--port", "9000", "--host", "::1"], catch_exceptions=False)
    assert (serving["host"], serving["port"]) == ("::1", 9000)
    set_variable(monkeypatch, "port", "65536")
    assert "65536 is not in the range 0<=x<=65535" in CliRunner().invoke(main, asked).output


def test_the_model_is_asked_at_its_address_by_its_name_with_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="no language model is set, and none is asked"):
        find_language_model()
    with StandInModel("{}") as server:
        set_variable(monkeypatch, "model_url", server.address)
        set_variable(monkeypatch, "model_name", "small")
        set_variable(monkeypatch, "model_key", "k-1")
        LanguageModelClient(find_language_model()).ask("", "")
    assert (server.asked[0]["model"], server.headers["authorization"]) == ("small", "Bearer k-1")


def test_cache_is_where_the_vocabularies_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    set_variable(monkeypatch, "cache", str(tmp_path / "cache"))
    load_thesaurus()
    assert [each.name for each in tmp_path.iterdir()] == ["cache"]
    assert any((tmp_path / "cache" / "terms").iterdir())


def test_compared_versions_is_how_many_a_history_compares(
    sample_library: trialbook.Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    (version,) = sample_library.store.find_versions("NCT99000001")
    versions = [version] * 80
    assert len(pair_versions(versions)) == 60
    set_variable(monkeypatch, "compared_versions", "3")
    assert len(pair_versions(versions)) == 3


def test_index_memory_is_what_the_writer_of_the_index_gets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[int] = []
    opened = writable.open_index
    monkeypatch.setattr(writable, "open_index", lambda place: Recorder(opened(place), asked))
    for value in ("", "15", "4000"):
        set_variable(monkeypatch, "index_memory_mb", value)
        writable.WritableIndex(tmp_path, "a library").open_writer()
    assert asked == [200_000_000, 15_000_000, 4_000_000_000]


def test_index_memory_without_sense_ends_an_import_with_a_sentence_and_nothing_stored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trialbook.open(tmp_path, create=True).close()
    before = SearchIndex(tmp_path).open(trialbook.open(tmp_path).library_id).state
    set_variable(monkeypatch, "index_memory_mb", "14")
    record = tmp_path / "record.json"
    record.write_text('{"protocolSection":{"identificationModule":{"nctId":"NCT00000001","briefTitle":"A"}}}')
    done = CliRunner().invoke(main, ["--home", str(tmp_path), "import", str(record)])
    assert (done.exit_code, done.output) == (
        1,
        "trialbook: TRIALBOOK_INDEX_MEMORY_MB is no number from 15 to 4,000: '14'\n",
    )
    with trialbook.open(tmp_path) as library:
        assert SearchIndex(tmp_path).open(library.library_id).state == before
        assert len(library) == 0
