"""However poor a copy of a version is, and whichever comes first: the fuller one counts, and nothing was removed."""

from __future__ import annotations

import copy
import random
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.property.test_mutated_records import iter_paths, load_records

from trialbook.changes.history import compare, find_history
from trialbook.changes.state import read_states
from trialbook.export.projection import project, select_fields
from trialbook.model.present import make_present
from trialbook.model.version_days import find_days
from trialbook.source.carried import find_fidelity
from trialbook.source.ictrp.record import map_trial
from trialbook.source.page.read import parse_page_text
from trialbook.store import NewVersion, Store, Writer, compute_wire_hash
from trialbook.store.arrivals import find_arrivals
from trialbook.store.check import find_damage

ID = ("protocolSection", "identificationModule", "nctId")
FIELDS = ("NCTId", "BriefTitle", "OverallStatus", "Condition", "LeadSponsorName", "PrimaryOutcomeMeasure")
DAYS = ("LastUpdateSubmitDate", "LastUpdatePostDate", "StatusVerifiedDate")


def load_full() -> list[dict[str, Any]]:
    """Records that are whole: those with a day on which they were submitted, and outcomes to lose."""
    return [
        record
        for record in load_records()
        if find_days(record).submitted and record["protocolSection"].get("outcomesModule")
    ]


def drop(record: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """A record without some of its sections, modules and elements, whichever they are."""
    poorer = copy.deepcopy(dict(record))
    for _ in range(chance.randint(1, 12)):
        paths = [path for path in iter_paths(poorer) if path != ID and path not in (ID[:1], ID[:2])]
        if not paths:
            break
        *above, last = chance.choice([path for path in paths if len(path) <= chance.randint(1, 7)] or paths)
        holder: Any = poorer
        for step in above:
            holder = holder[step]
        if isinstance(last, str):
            del holder[last]
    return poorer


def cut(record: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """As the registry's API gives it where a few fields are asked, sometimes with a day."""
    asked = [*chance.sample(FIELDS, 3), *chance.sample(DAYS, chance.randint(0, 2)), "NCTId"]
    return project(record, select_fields(asked))


def write_who(record: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """As the WHO has it, taken over at some time after."""
    protocol = record["protocolSection"]
    day = find_days(record).submitted
    return map_trial(
        {
            "trialid": protocol["identificationModule"]["nctId"],
            "publictitle": protocol["identificationModule"].get("briefTitle", ""),
            "recruitmentstatus": "Not recruiting",
            "lastrefreshedon": f"{chance.randint(1, 28)} July {int(day[:4]) + 1}",
        }
    )


def save_page(record: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """As a page shows it that somebody saved on any day."""
    own = record["protocolSection"]["identificationModule"]
    day = find_days(record).posted or find_days(record).submitted
    text = f"{own.get('briefTitle', 'A study')}\n\nNCT ID: {own['nctId']}\n\nLast Updated: {day}\n"
    return parse_page_text(f"{text}\nBasic Information\n\nRecruitment Status\n\nCOMPLETED\n".encode())


WAYS = {
    "drop": (drop, "api_v2"),
    "cut": (cut, "api_v2"),
    "who": (write_who, "ictrp"),
    "page": (save_page, "page_text"),
}


def make_version(record: dict[str, Any], form: str) -> NewVersion:
    body = msgspec.json.encode(record)
    return NewVersion(
        nct_id=record["protocolSection"]["identificationModule"]["nctId"],
        version_date=find_days(record).first,
        body=body,
        record=record,
        wire_hash=compute_wire_hash(body),
        place=form,
        format=form,
        fidelity=find_fidelity(form, record),
    )


@pytest.mark.parametrize("way", sorted(WAYS))
@given(index=st.integers(0, 2**16), seed=st.integers(0, 2**32), is_first=st.booleans())
# One whose status the WHO's row has in words of its own.
@example(index=4505, seed=0, is_first=False)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_poorer_copy_never_stands_before_a_fuller_one_and_removes_nothing(
    way: str, index: int, seed: int, is_first: bool
) -> None:
    records = load_full()
    full, chance = dict(records[index % len(records)]), random.Random(seed)
    make, form = WAYS[way]
    poorer = make(full, chance)
    if poorer == full:
        return
    nct_id = full["protocolSection"]["identificationModule"]["nctId"]
    both = [make_version(full, "api_v2"), make_version(poorer, form)]
    with tempfile.TemporaryDirectory() as folder, Store.create(Path(folder)) as store:
        for version in reversed(both) if is_first else both:
            with Writer(store, "test") as writer:
                writer.save([version])
        assert store.get_body(nct_id) == both[0].body
        assert store.get_body(nct_id, as_of="2999-01-01") == both[0].body
        said: list[str] = []
        for line in find_history(store, nct_id):
            assert not [text for _, text in line.changes if "removed" in text], line
        for arrival in find_arrivals(store, nct_id):
            if arrival.before is not None:
                found = compare(store, nct_id, arrival.before, arrival.version)
                said += [change.kind for change in found.changes]
                assert found.warnings == ()
        assert "removed" not in said
        (*_, state) = read_states(store, nct_id)
        assert state.record == make_present(full)
        assert state.findings == ()
        assert list(find_damage(store)) == []
