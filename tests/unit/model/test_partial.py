"""A record that is decoded in part says of its conditions and of who may take part what the whole one says."""

from __future__ import annotations

import msgspec
import pytest

import trialbook
from trialbook.errors import SourceFormatError
from trialbook.model.partial import parse_partial
from trialbook.model.present import parse_present


def test_every_sample_says_the_same(sample_library: trialbook.Library) -> None:
    bodies = list(sample_library.iter_bodies())
    assert len(bodies) == 71
    for body in bodies:
        part, whole = parse_partial(body), parse_present(body)
        assert part.eligibility == whole.eligibility
        assert part.conditions == whole.conditions
        assert part.nct_id == ""


@pytest.mark.parametrize(
    "record",
    [
        {"protocolSection": {"eligibilityModule": {"sex": "Both", "healthyVolunteers": "No"}}},
        {"protocolSection": {"eligibilityModule": {"minimumAge": 18, "eligibilityCriteria": "A &lt; 3"}}},
        {
            "protocolSection": {
                "eligibilityModule": None,
                "conditionsModule": {"conditions": ["A&amp;B", None]},
            }
        },
        {"protocolSection": {"statusModule": {"overallStatus": "UNKNOWN_STATUS"}}},
        {"protocolSection": "none"},
        {"derivedSection": []},
        {},
    ],
)
def test_odd_records_say_the_same(record: dict[str, object]) -> None:
    body = msgspec.json.encode(record)
    part, whole = parse_partial(body), parse_present(body)
    assert (part.eligibility, part.conditions) == (whole.eligibility, whole.conditions)


def test_what_is_no_record_is_refused() -> None:
    with pytest.raises(SourceFormatError):
        parse_partial(b"[1, 2")
