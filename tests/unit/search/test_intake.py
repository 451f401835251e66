"""Whatever ends a feed early, the next one leaves each study in the index once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tantivy import Query

from trialbook.errors import StoreError
from trialbook.search.index import intake as intake_module
from trialbook.search.index.disk import StudyIndex
from trialbook.search.index.document import build_document
from trialbook.search.index.intake import Dated, IndexIntake
from trialbook.search.index.writable import WritableIndex
from trialbook.terms.known_names import KnownNames
from trialbook.terms.text import cut_words

IDS = [f"NCT{number:08d}" for number in range(1, 8)]


def record(nct_id: str) -> dict[str, Any]:
    return {"protocolSection": {"identificationModule": {"nctId": nct_id, "briefTitle": "A study"}}}


def begin(folder: Path) -> WritableIndex:
    """An empty index that readers have at once."""
    index = WritableIndex(folder, "a library")
    index.put_in_place()
    return index


def fill(index: WritableIndex, ids: list[str], *, after: int = 0) -> None:
    with IndexIntake(index) as feed:
        for seq, nct_id in enumerate(ids, after + 1):
            feed.add(seq, nct_id, [Dated("2024-05-01", record(nct_id))], is_new=True)


def break_off(index: WritableIndex) -> None:
    with IndexIntake(index) as feed:
        for seq, nct_id in enumerate(IDS[:5], 1):
            feed.add(seq, nct_id, [Dated("2024-05-01", record(nct_id))], is_new=True)
        raise KeyboardInterrupt


def count(folder: Path) -> int:
    return int(StudyIndex(folder, "a library").snapshot().searcher.search(Query.all_query()).count or 0)


def list_files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_feed_that_breaks_off_leaves_the_last_committed_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_module, "COMMIT_EVERY", 3)
    index = begin(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        break_off(index)
    torn = WritableIndex(tmp_path, "a library")
    assert (torn.state.seq, torn.state.is_dirty, count(tmp_path)) == (3, True, 3)

    fill(torn, IDS[3:], after=3)

    assert (torn.state.seq, torn.state.is_dirty, count(tmp_path)) == (7, False, 7)


def test_what_was_committed_and_not_noted_is_replaced(tmp_path: Path) -> None:
    index = begin(tmp_path)
    fill(index, IDS)
    index.save_state(seq=2, is_dirty=True)

    fill(WritableIndex(tmp_path, "a library"), IDS[2:], after=2)

    assert count(tmp_path) == len(IDS)


def test_a_further_version_replaces_its_study_within_one_feed(tmp_path: Path) -> None:
    index = begin(tmp_path)
    with IndexIntake(index) as feed:
        feed.add(1, IDS[0], [Dated("2024-05-01", record(IDS[0]))])
        feed.add(2, IDS[0], [Dated("2024-05-01", record(IDS[0])), Dated("2024-06-01", record(IDS[0]))])

    assert count(tmp_path) == 2
    assert index.state.holds_past


def test_an_empty_feed_touches_nothing(tmp_path: Path) -> None:
    index = begin(tmp_path)
    before = list_files(tmp_path)
    fill(index, [])

    assert list_files(tmp_path) == before


def test_a_full_disk_is_named_and_leaves_the_index_to_be_completed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class FullDisk:
        def add_document(self, document: object) -> None:
            """Takes it into memory."""

        def commit(self) -> None:
            raise ValueError("No space left on device")

    index = begin(tmp_path)
    monkeypatch.setattr(index, "open_writer", FullDisk)
    with pytest.raises(StoreError, match="No space left on device; all records read so far are kept"):
        fill(index, IDS)

    assert StudyIndex(tmp_path, "a library").state.is_dirty


def test_a_run_that_was_killed_when_all_was_in_is_ended_by_one_that_has_nothing_to_add(
    tmp_path: Path,
) -> None:
    index = begin(tmp_path)
    fill(index, IDS)
    index.save_state(is_dirty=True)

    fill(index, [])

    state = StudyIndex(tmp_path, "a library").state
    assert (state.is_dirty, state.seq, state.documents) == (False, len(IDS), len(IDS))


def test_an_index_whose_documents_were_searched_for_other_names_is_made_anew(tmp_path: Path) -> None:
    first = KnownNames(["heart_attack"], "1")
    index = WritableIndex(tmp_path, "a library", names=first)
    index.put_in_place()
    fill(index, IDS)
    assert WritableIndex(tmp_path, "a library", names=first).state.seq == len(IDS)
    others = WritableIndex(tmp_path, "a library", names=KnownNames(["heart_attack", "a_study"], "2"))
    assert (others.state.seq, others.state.names, others.is_in_place) == (0, "2", False)
    assert count(tmp_path) == len(IDS), "readers have the old one until the other is whole"
    others.put_in_place()
    assert count(tmp_path) == 0


def test_a_name_within_values_is_a_term_and_one_across_them_is_none() -> None:
    names = KnownNames(["heart_attack", "attack_unit"], "1")
    found = names.find_in(cut_words("Heart attacks, attack; unit"))
    assert found == [(0, "heart_attack", "heart_attacks"), (2, "attack_unit", "attack_unit")]
    values = {"conditionsModule": {"conditions": ["Severe heart", "Attack", "Heart attacks"]}}
    document = build_document("NCT00000001", {"protocolSection": values}, names=names).to_dict()
    assert {term.partition("#")[0] for term in document["name"][0].split()} == {
        "heart_attack",
        "=heart_attacks",
    }
