"""A pull over real HTTP: nothing is lost and nothing invented, whatever the server does."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from trialbook.errors import SourceFormatError, SourceReadError, UsageError
from trialbook.source.incoming import Incoming, Rejected
from trialbook.source.live.api import (
    ClientSettings,
    Page,
    PullRequest,
    PullState,
    RegistryClient,
    RegistryRefusal,
    Wait,
    _Walk,
    decode_state,
    encode_state,
    pull_history,
    pull_studies,
)

sys.path.insert(0, str(Path(__file__).parents[3]))
from tests.stand_in.registry import (
    StandInRegistry,
    cut_in_the_middle,
    hang_up,
    refuse,
    say_garbage,
    send_packed,
    stay_silent,
)

EVERYTHING = PullRequest(everything=True)
RECORDS = 25


def make_body(number: int, day: str, condition: str = "Asthma") -> bytes:
    """One record, spaced and escaped as no encoder of ours would write it."""
    return (
        b'{ "protocolSection" : {"identificationModule":{"nctId":"NCT%08d", "briefTitle":"Caf\\u00e9 \xce\xb2\\/2"},'
        b'\n  "statusModule":{"lastUpdatePostDateStruct":{"date":"%b"}},'
        b' "conditionsModule":{"conditions":["%b"]}}, "x":1.50e+2 }'
    ) % (number, day.encode(), condition.encode())


def make_bodies() -> list[bytes]:
    """The newest first, two a day."""
    return [make_body(n, f"2026-03-{1 + n // 2:02d}") for n in range(RECORDS, 0, -1)]


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInRegistry]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with StandInRegistry(make_bodies()) as server:
        yield server


class Clock:
    """Time that passes only while someone sleeps."""

    def __init__(self) -> None:
        self.seconds, self.waits = 0.0, list[Wait]()

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def connect(registry: StandInRegistry, clock: Clock, **settings: Any) -> RegistryClient:
    return RegistryClient(
        ClientSettings(registry=registry.address, **{"read_seconds": 5.0, **settings}),
        sleep=clock.sleep,
        clock=lambda: clock.seconds,
        now=lambda: datetime(2026, 6, 2, tzinfo=UTC),
        jitter=lambda: 1.0,
        on_wait=clock.waits.append,
    )


def pull(
    registry: StandInRegistry,
    clock: Clock,
    request: PullRequest = EVERYTHING,
    *,
    checkpoint: PullState | None = None,
    page_size: int = 10,
    on_page: Callable[[int], None] = lambda number: None,
    **settings: Any,
) -> list[Page]:
    pages: list[Page] = []
    with connect(registry, clock, **settings) as client:
        for page in pull_studies(client, request, checkpoint=checkpoint, page_size=page_size):
            pages.append(page)
            on_page(len(pages))
    return pages


def find_bodies(pages: list[Page]) -> list[bytes]:
    records = [record for page in pages for record in page.records]
    assert all(isinstance(record, Incoming) for record in records), records
    return [record.body for record in records if isinstance(record, Incoming)]


def test_every_record_comes_once_and_byte_for_byte_oldest_update_first(
    registry: StandInRegistry, clock: Clock
) -> None:
    pages = pull(registry, clock)
    assert [len(page.records) for page in pages] == [10, 10, 5]
    assert sorted(find_bodies(pages)) == sorted(registry.bodies)
    assert [page.state.is_complete for page in pages] == [False, False, True]
    end = pages[-1].state
    assert (end.total, end.received, end.shortfall) == (RECORDS, RECORDS, 0)
    assert (end.mark, end.high_water, end.is_sorted, end.restarts) == ("2026-03-13", "2026-03-13", True, 0)
    assert end.data_timestamps == ("2026-06-01T09:00:05",)
    assert registry.asked[1]["pageToken"].endswith("==")
    assert not clock.waits


def test_requests_are_paced(registry: StandInRegistry, clock: Clock) -> None:
    pull(registry, clock, requests_per_minute=30.0)
    assert clock.seconds == pytest.approx(4 * 2.0)  # version, three pages, version


def test_an_unknown_id_comes_back_as_rejected(registry: StandInRegistry, clock: Clock) -> None:
    request = PullRequest(ids=("nct7", "NCT00000003", "NCT00099999"))
    (page,) = pull(registry, clock, request)
    assert registry.asked[0]["filter.ids"] == "NCT00000003|NCT00000007|NCT00099999"
    *known, unknown = page.records
    assert {record.body for record in known if isinstance(record, Incoming)} == {
        make_body(3, "2026-03-02"),
        make_body(7, "2026-03-04"),
    }
    assert isinstance(unknown, Rejected)
    assert unknown.original == b"NCT00099999"
    assert "no study with this number" in unknown.reason


def test_ids_are_asked_in_chunks_and_a_stopped_pull_counts_each_chunk_once(
    registry: StandInRegistry, clock: Clock
) -> None:
    registry.bodies = [make_body(n, "2026-03-01") for n in range(1, 231)]
    request = PullRequest(ids=tuple(f"NCT{n:08d}" for n in range(1, 231)))
    registry.pages_left, registry.always = 1, hang_up
    first: list[Page] = []
    with connect(registry, clock) as client, pytest.raises(SourceReadError):
        first.extend(iter(pull_studies(client, request, page_size=150)))
    registry.pages_left = None
    saved = decode_state(encode_state(first[-1].state))
    rest = pull(registry, clock, request, checkpoint=saved, page_size=150)
    assert set(find_bodies(first + rest)) == set(registry.bodies)
    assert (rest[-1].state.total, rest[-1].state.received) == (230, 230)


def test_a_record_that_is_none_is_kept_as_rejected_beside_the_others(
    registry: StandInRegistry, clock: Clock
) -> None:
    registry.bodies = [make_body(1, "2026-03-01"), b'{"protocolSection": {}, "hasResults": false}']
    (page,) = pull(registry, clock)
    good, bad = page.records
    assert isinstance(good, Incoming)
    assert isinstance(bad, Rejected)
    assert bad.original == registry.bodies[1]
    assert page.state.is_complete


def test_retry_after_is_waited_for(registry: StandInRegistry, clock: Clock) -> None:
    registry.faults = [None, refuse(429, "Too many requests", {"Retry-After": "37"})]
    pages = pull(registry, clock)
    assert sorted(find_bodies(pages)) == sorted(registry.bodies)
    assert [(wait.seconds, wait.attempt) for wait in clock.waits] == [(37.0, 1)]
    assert "429: Too many requests" in clock.waits[0].reason


def test_a_wait_longer_than_the_limit_is_said_not_slept(registry: StandInRegistry, clock: Clock) -> None:
    registry.faults = [refuse(503, "", {"Retry-After": "86400"})]
    with pytest.raises(SourceReadError, match=r"left alone for 86400 seconds.*same command again"):
        pull(registry, clock)
    assert clock.seconds < 5


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (refuse(500, "<html><title>Internal error</title><b>x</b></html>"), "500: Internal error"),
        (cut_in_the_middle, "the answer broke off"),
        (hang_up, "the answer broke off"),
        (say_garbage, "begins with 'Maintenance'"),
    ],
)
def test_a_stumble_is_tried_again_and_nothing_is_lost_or_invented(
    registry: StandInRegistry, clock: Clock, fault: Any, reason: str
) -> None:
    registry.faults = [fault, None, fault, fault]
    pages = pull(registry, clock, page_size=12)
    assert sorted(find_bodies(pages)) == sorted(registry.bodies)
    assert len(clock.waits) == 3
    assert all(reason in wait.reason for wait in clock.waits)
    assert [wait.seconds for wait in clock.waits] == [1.0, 1.0, 2.0]


def test_it_gives_up_after_its_tries_and_says_how_to_go_on(registry: StandInRegistry, clock: Clock) -> None:
    registry.pages_left, registry.always = 1, refuse(500, "down")
    with pytest.raises(SourceReadError, match=r"500: down \(4 tries\).*same command again") as caught:
        pull(registry, clock, tries=4)
    assert not isinstance(caught.value, RegistryRefusal)
    assert caught.value.place == f"{registry.address}/studies"
    assert len(registry.asked) == 1 + 4


def test_a_refusal_carries_the_words_of_the_server_and_is_not_repeated(
    registry: StandInRegistry, clock: Clock
) -> None:
    registry.faults = [refuse(400, "`query.cond` has \x1b[31man error\n near `(`")]
    with pytest.raises(RegistryRefusal) as caught:
        pull(registry, clock, PullRequest(condition="("))
    assert caught.value.status == 400
    assert caught.value.text == "`query.cond` has [31man error near `(`"
    assert len(registry.asked) == 1
    assert not clock.waits


def test_tokens_that_expire_half_way_lose_nothing_and_invent_nothing(
    registry: StandInRegistry, clock: Clock
) -> None:
    def expire(number: int) -> None:
        if number == 2:
            registry.expire_tokens()

    pages = pull(registry, clock, page_size=7, on_page=expire)
    assert set(find_bodies(pages)) == set(registry.bodies)
    end = pages[-1].state
    assert (end.restarts, end.is_complete, end.shortfall) == (1, True, 0)
    # It starts again at the date reached, not from the beginning.
    assert registry.asked[3]["filter.advanced"] == (
        "AREA[LastUpdatePostDate]RANGE[2026-03-08,MAX] OR AREA[LastUpdatePostDate]MISSING"
    )
    assert len(find_bodies(pages)) == RECORDS + 1  # 14 came; the last of them again


def test_tokens_that_always_expire_end_in_a_clear_error(registry: StandInRegistry, clock: Clock) -> None:
    registry.bodies = [make_body(n, "2026-03-01") for n in range(1, 30)]
    with pytest.raises(SourceReadError, match="tokens expire faster"):
        pull(registry, clock, on_page=lambda number: registry.expire_tokens())


def test_a_stopped_pull_goes_on_from_its_saved_state(registry: StandInRegistry, clock: Clock) -> None:
    with connect(registry, clock) as client:
        first = next(pull_studies(client, EVERYTHING, page_size=10))
    saved = decode_state(encode_state(first.state))
    asked_before = len(registry.asked)
    rest = pull(registry, clock, checkpoint=saved)
    assert registry.asked[asked_before]["pageToken"] == saved.token
    assert find_bodies([first, *rest]) == find_bodies(pull(registry, clock))
    assert (rest[-1].state.total, rest[-1].state.received) == (RECORDS, RECORDS)


def test_a_pull_that_goes_on_notices_that_the_order_is_not_what_it_was(
    registry: StandInRegistry, clock: Clock
) -> None:
    """Records with earlier dates have come in: what follows the saved place lies before the date reached."""
    with connect(registry, clock) as client:
        first = next(pull_studies(client, EVERYTHING, page_size=10)).state
    registry.bodies += [make_body(number, "2026-02-01") for number in range(100, 110)]
    rest = pull(registry, clock, checkpoint=first)
    assert (first.is_sorted, rest[-1].state.is_sorted) == (True, False)


@pytest.mark.parametrize(
    ("stamps", "noted"), [(("", ""), ()), (("A", "A"), ("A",)), (("A", "B", "A"), ("A", "B", "A"))]
)
def test_each_change_of_the_data_is_noted_once(
    registry: StandInRegistry, clock: Clock, stamps: tuple[str, ...], noted: tuple[str, ...]
) -> None:
    registry.data_timestamp, *later = stamps
    with connect(registry, clock) as client:
        walk = _Walk(client, EVERYTHING, PullState(fingerprint="x"), 10)
        walk._note_version()
        for registry.data_timestamp in later:
            walk._note_version()
    assert walk.state.data_timestamps == noted


def test_a_registry_that_does_not_say_how_many_there_are_is_short_of_none() -> None:
    assert PullState(fingerprint="x", received=3, is_complete=True).shortfall == 0
    assert PullState(fingerprint="x", total=5, received=3, is_complete=True).shortfall == 2
    assert PullState(fingerprint="x", total=5, received=3).shortfall == 0


def test_a_finished_pull_asks_only_for_what_changed_since(registry: StandInRegistry, clock: Clock) -> None:
    end = pull(registry, clock)[-1].state
    changed = make_body(4, "2026-05-20", "Severe asthma")
    registry.bodies = [changed, *(body for body in registry.bodies if b"NCT00000004" not in body)]
    registry.asked.clear()
    again = pull(registry, clock, checkpoint=end)
    assert registry.asked[0]["filter.advanced"] == "AREA[LastUpdatePostDate]RANGE[2026-03-12,MAX]"
    assert changed in find_bodies(again)
    assert len(find_bodies(again)) == 5  # the day of overlap: numbers 22 to 25
    assert again[-1].state.high_water == "2026-05-20"


def test_a_date_in_the_future_does_not_hide_later_updates(registry: StandInRegistry, clock: Clock) -> None:
    registry.bodies.append(make_body(26, "2126-01-01"))
    assert pull(registry, clock)[-1].state.high_water == "2026-06-01"


def test_a_since_date_and_a_condition_narrow_the_pull(registry: StandInRegistry, clock: Clock) -> None:
    registry.bodies.append(make_body(99, "2026-03-13", "Gout"))
    request = PullRequest(condition=" asthma ", since=date(2026, 3, 13))
    bodies = find_bodies(pull(registry, clock, request))
    assert registry.asked[0]["query.cond"] == "asthma"
    # Numbers 22 to 25: the day itself and the day of overlap before it.
    expected = ((23, "2026-03-12"), (22, "2026-03-12"), (25, "2026-03-13"), (24, "2026-03-13"))
    assert bodies == [make_body(number, day) for number, day in expected]


def test_pages_that_go_round_in_a_circle_are_noticed(registry: StandInRegistry, clock: Clock) -> None:
    same = refuse(200, '{"studies": [], "nextPageToken": "again"}')
    registry.faults = [same, same, same]
    with pytest.raises(SourceReadError, match="circle"):
        pull(registry, clock)


def test_a_redirect_to_another_host_is_not_followed(registry: StandInRegistry, clock: Clock) -> None:
    registry.faults = [refuse(302, "", {"Location": "http://127.0.0.2:1/api/v2/studies"})]
    with pytest.raises(SourceReadError, match="redirects to another address"):
        pull(registry, clock)


def test_an_answer_over_the_limit_is_asked_again_in_smaller_pages(
    registry: StandInRegistry, clock: Clock
) -> None:
    pages = pull(registry, clock, page_size=25, max_answer_bytes=4_000)
    assert sorted(find_bodies(pages)) == sorted(registry.bodies)
    assert [query["pageSize"] for query in registry.asked][:2] == ["25", "12"]


def test_a_state_of_another_pull_or_a_damaged_one_is_refused(registry: StandInRegistry, clock: Clock) -> None:
    with pytest.raises(UsageError, match="another pull"):
        pull(registry, clock, checkpoint=PullState(fingerprint="0" * 64))
    with pytest.raises(SourceFormatError):
        decode_state(b'{"fingerprint": "x", "mark": "2026-02-30"}')
    assert registry.asked == []


def test_a_silent_server_is_asked_again_for_less(registry: StandInRegistry, clock: Clock) -> None:
    registry.faults = [stay_silent]
    pages = pull(registry, clock, page_size=20, read_seconds=0.3)
    assert sorted(find_bodies(pages)) == sorted(registry.bodies)
    assert [wait.reason for wait in clock.waits] == ["no answer in time (ReadTimeout)"]
    assert [query["pageSize"] for query in registry.asked] == ["20", "10", "10", "10"]


def test_a_packed_answer_gives_the_same_bytes(registry: StandInRegistry, clock: Clock) -> None:
    registry.faults = [send_packed, send_packed, send_packed]
    assert sorted(find_bodies(pull(registry, clock))) == sorted(registry.bodies)


def test_a_history_comes_as_received_without_the_versions_known(
    registry: StandInRegistry, clock: Clock
) -> None:
    root = "/api/int/studies/NCT00000007"
    changes = (
        b'{"study":{}, "history":{"changes":'
        b'[{"version":-1},{"version":0,"date":"2020-01-01"},{"version":1}]}}'
    )
    version = b'{"studyVersion":1, "study":{"protocolSection":{}}}'
    registry.other_pages = {root: changes, f"{root}/history/1": version}
    # What is no version of a study is asked for again.
    registry.site_faults = [refuse(200, changes.decode()), say_garbage, refuse(200, '{"studyVersion":1}')]
    with connect(registry, clock) as client:
        bodies = list(
            pull_history(
                client,
                "NCT7",
                known={f"{registry.address.removesuffix('/v2')}/int/studies/NCT00000007/history/0"},
            )
        )
    assert [(item.version, item.body) for item in bodies] == [(None, changes), (1, version)]
    assert bodies[1].place.endswith("/api/int/studies/NCT00000007/history/1")
    assert len(clock.waits) == 2


def test_an_address_that_is_no_api_is_told_where_one_is() -> None:
    said = str(RegistryRefusal(404, "No such page", place="http://127.0.0.1:8080/version"))
    assert "ends in /api/v2" in said
    assert "/api/v2:" not in str(
        RegistryRefusal(404, "no", place="http://127.0.0.1:8080/api/v2/studies/NCT1")
    )
