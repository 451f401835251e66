"""A pull whose saved state was damaged walks again, says so, and loses nothing."""

from __future__ import annotations

import sys
from pathlib import Path

from trialbook.library.build import pull_records
from trialbook.samples import sample_paths
from trialbook.source.live.api import PullRequest
from trialbook.store import Store

sys.path.insert(0, str(Path(__file__).parents[3]))
from tests.stand_in.registry import StandInRegistry


def test_a_damaged_state_costs_a_new_walk_and_no_record(tmp_path: Path) -> None:
    request = PullRequest(condition="asthma")
    with StandInRegistry(sample_paths()[0].read_bytes().splitlines()) as registry:
        first = pull_records(tmp_path, request, registry=registry.address)
        with Store(tmp_path) as store:
            assert store.connection.execute("UPDATE sync_state SET state = '{\"half'").rowcount == 1
        again = pull_records(tmp_path, request, registry=registry.address)
        whole = pull_records(tmp_path, request, registry=registry.address)
    assert first.stored > 0
    assert (again.stored, again.unchanged) == (0, first.stored)
    assert "starts anew" in again.problems[0]
    assert whole.problems == []
