"""A pull against a registry that changes under it, breaks its promises or means harm."""

from __future__ import annotations

import gzip
import io
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from trialbook import __version__
from trialbook.errors import SourceReadError, UsageError
from trialbook.source.incoming import HistoryNotice, Incoming, Rejected
from trialbook.source.live.address import check_redirect
from trialbook.source.live.api import (
    ClientSettings,
    Page,
    PullRequest,
    RegistryClient,
    RegistryRefusal,
    Wait,
    find_registry,
    pull_history,
    pull_studies,
)
from trialbook.source.version_history import read_history

sys.path.insert(0, str(Path(__file__).parents[3]))
from tests.stand_in.registry import StandInRegistry, cut_in_the_middle, drip, hang_up, refuse

EVERYTHING = PullRequest(everything=True)


def make_body(number: int, day: str = "2026-03-01", *, aliases: str = "", end: bytes = b"") -> bytes:
    dated = (
        f'"statusModule":{{"lastUpdatePostDateStruct":{{"date":"{day}"}}}}' if day else '"statusModule":{}'
    )
    named = f'"nctId":"NCT{number:08d}","nctIdAliases":[{aliases}]'
    return f'{{"protocolSection":{{"identificationModule":{{{named}}},{dated}}}}}'.encode()[:-1] + end + b"}"


def find_ids(pages: list[Page]) -> list[str]:
    records = [record for page in pages for record in page.records]
    return [record.place.rsplit("/", 1)[1] for record in records if isinstance(record, Incoming)]


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInRegistry]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with StandInRegistry([make_body(n, f"2026-03-{n:02d}") for n in range(1, 13)]) as server:
        yield server


@pytest.fixture
def waits() -> list[Wait]:
    return []


def connect(registry: StandInRegistry, waits: list[Wait], **settings: Any) -> RegistryClient:
    return RegistryClient(
        ClientSettings(**{"registry": registry.address, "read_seconds": 5.0, "tries": 3, **settings}),
        sleep=lambda seconds: None,
        now=lambda: datetime(2026, 6, 2, 12, 0, tzinfo=UTC),
        jitter=lambda: 1.0,
        on_wait=waits.append,
    )


def pull(
    registry: StandInRegistry,
    waits: list[Wait],
    request: PullRequest = EVERYTHING,
    *,
    page_size: int = 5,
    on_page: Callable[[int], None] = lambda number: None,
    **settings: Any,
) -> list[Page]:
    pages: list[Page] = []
    with connect(registry, waits, **settings) as client:
        for page in pull_studies(client, request, page_size=page_size):
            pages.append(page)
            on_page(len(pages))
    return pages


def test_a_record_that_changes_during_the_walk_comes_again_at_its_end(
    registry: StandInRegistry, waits: list[Wait]
) -> None:
    changed = make_body(2, "2026-05-30", end=b',"new":1')

    def change(number: int) -> None:
        if number == 1:
            registry.bodies[1] = changed
            registry.expire_tokens()
            registry.data_timestamp = "2026-06-02T09:00:05"

    pages = pull(registry, waits, on_page=change)
    bodies = [record.body for page in pages for record in page.records if isinstance(record, Incoming)]
    assert set(bodies) >= set(registry.bodies)
    assert bodies[-1] == changed
    end = pages[-1].state
    assert end.data_timestamps == ("2026-06-01T09:00:05", "2026-06-02T09:00:05")
    assert end.high_water == "2026-05-30"


def test_records_without_a_date_survive_a_token_that_expires(
    registry: StandInRegistry, waits: list[Wait]
) -> None:
    registry.bodies.append(make_body(77, ""))

    def expire(number: int) -> None:
        if number == 2:
            registry.expire_tokens()

    assert set(find_ids(pull(registry, waits, on_page=expire))) == {
        f"NCT{n:08d}" for n in [*range(1, 13), 77]
    }


def test_an_expired_token_in_an_order_that_cannot_be_trusted_means_all_over_again(
    registry: StandInRegistry, waits: list[Wait], monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.bodies.reverse()
    sort_nothing = registry._find
    monkeypatch.setattr(registry, "_find", lambda query: sort_nothing({**query, "sort": ""}))

    def expire(number: int) -> None:
        if number == 2:
            registry.expire_tokens()

    pages = pull(registry, waits, on_page=expire)
    assert not pages[-1].state.is_sorted
    assert "filter.advanced" not in registry.asked[3]
    assert Counter(find_ids(pages)).total() == 10 + 12
    assert set(find_ids(pages)) == {f"NCT{n:08d}" for n in range(1, 13)}


def test_ids_whose_token_expires_are_all_found_and_none_is_called_unknown(
    registry: StandInRegistry, waits: list[Wait]
) -> None:
    request = PullRequest(ids=tuple(f"NCT{n:08d}" for n in range(1, 13)))

    def expire(number: int) -> None:
        if number == 1:
            registry.expire_tokens()

    pages = pull(registry, waits, request, on_page=expire)
    assert all(isinstance(record, Incoming) for page in pages for record in page.records)
    assert set(find_ids(pages)) == {f"NCT{n:08d}" for n in range(1, 13)}


def test_an_id_that_became_another_ones_alias_is_not_unknown(
    registry: StandInRegistry, waits: list[Wait]
) -> None:
    registry.bodies.append(make_body(40, aliases='"NCT00000041"'))
    (page,) = pull(registry, waits, PullRequest(ids=("NCT00000041",)))
    assert find_ids([page]) == ["NCT00000040"]
    assert len(page.records) == 1


@pytest.mark.parametrize(
    ("count", "sizes"),
    [(1200, [100, *[50] * 8, *[100] * 8]), (338, [25, *[12] * 8, *[24] * 8, 25, 25])],
)
def test_small_pages_grow_again_after_a_bad_spell_up_to_what_was_asked(
    registry: StandInRegistry, waits: list[Wait], count: int, sizes: list[int]
) -> None:
    registry.bodies = [make_body(n) for n in range(1, count + 1)]
    registry.faults = [refuse(504)]
    pages = pull(registry, waits, page_size=sizes[0])
    assert find_ids(pages) == [f"NCT{n:08d}" for n in range(1, count + 1)]
    assert [int(query["pageSize"]) for query in registry.asked] == sizes


def test_one_cut_connection_makes_pages_no_smaller_two_in_a_row_do(
    registry: StandInRegistry, waits: list[Wait]
) -> None:
    registry.bodies = [make_body(n) for n in range(1, 51)]
    registry.faults = [hang_up, None, cut_in_the_middle, cut_in_the_middle]
    pages = pull(registry, waits, page_size=20)
    assert find_ids(pages) == [f"NCT{n:08d}" for n in range(1, 51)]
    assert [query["pageSize"] for query in registry.asked] == ["20", "20", "20", "20", "10", "10", "10"]


def test_the_client_names_itself_and_what_it_speaks_with(
    registry: StandInRegistry, waits: list[Wait]
) -> None:
    pull(registry, waits)
    assert registry.headers["User-Agent"] == f"Trialbook/{__version__} python-httpx/{httpx.__version__}"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "Tue, 02 Jun 2026 12:00:41 GMT"}, 41.0),
        # The server's clock runs an hour late: what counts is the difference on its own clock.
        ({"Retry-After": "Tue, 02 Jun 2026 11:00:09 GMT", "Date": "Tue, 02 Jun 2026 11:00:00 GMT"}, 9.0),
        ({"Retry-After": "Mon, 01 Jun 2026 12:00:00 GMT"}, 1.0),
        ({"Retry-After": "0"}, 1.0),
        ({"Retry-After": "soon"}, 1.0),
        ({"Retry-After": "-5"}, 1.0),
        ({}, 1.0),
    ],
)
def test_retry_after_is_read_as_a_date_and_nonsense_falls_back_to_our_own_wait(
    registry: StandInRegistry,
    waits: list[Wait],
    monkeypatch: pytest.MonkeyPatch,
    headers: dict[str, str],
    seconds: float,
) -> None:
    monkeypatch.setattr(
        "http.server.BaseHTTPRequestHandler.date_time_string", lambda self: headers.get("Date", "")
    )
    registry.faults = [refuse(429, "", {name: text for name, text in headers.items() if name != "Date"})]
    pull(registry, waits)
    assert [wait.seconds for wait in waits] == [seconds]


def test_an_answer_that_drips_is_cut_off_by_the_limit_on_the_whole(
    registry: StandInRegistry, waits: list[Wait]
) -> None:
    registry.faults = [drip]
    start = time.monotonic()
    pages = pull(registry, waits, read_seconds=2.0, answer_seconds=0.3)
    assert len(find_ids(pages)) == 12
    assert "took longer than 0.3 seconds" in waits[0].reason
    assert time.monotonic() - start < 5


def test_a_small_answer_that_unpacks_to_a_huge_one_is_not_unpacked_whole(
    registry: StandInRegistry, waits: list[Wait]
) -> None:
    bomb = gzip.compress(b'{"studies": [' + b" " * 100_000_000 + b"]}")

    def explode(handler: Any, body: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Length", str(len(bomb)))
        handler.end_headers()
        handler.wfile.write(bomb)

    registry.always, registry.pages_left = explode, 0
    with pytest.raises(SourceReadError, match=r"larger than 1,000,000 bytes: ask for smaller pages"):
        pull(registry, waits, page_size=10, max_answer_bytes=1_000_000)
    assert not waits


@pytest.mark.parametrize("encoding", ["zstd", "gzip, gzip", "br"])
def test_an_encoding_that_was_not_asked_for_is_not_unpacked(
    registry: StandInRegistry, waits: list[Wait], encoding: str
) -> None:
    registry.always, registry.pages_left = refuse(200, "x", {"Content-Encoding": encoding}), 0
    with pytest.raises(SourceReadError, match="an encoding that was not asked for"):
        pull(registry, waits)


@pytest.mark.parametrize(
    "text",
    ["[" * 200_000, '{"studies": [' + "[" * 200_000, "null", "[]", '{"studies": 7}', '{"studies": [{]}', ""],
)
def test_json_of_another_shape_or_depth_is_an_error_not_a_crash(
    registry: StandInRegistry, waits: list[Wait], text: str
) -> None:
    registry.always, registry.pages_left = refuse(200, text), 0
    with pytest.raises(SourceReadError, match=r"not what the API promises.*3 tries"):
        pull(registry, waits)


@pytest.mark.parametrize(
    "body",
    [
        b"7",
        b"null",
        b'"NCT00000001"',
        b'{"protocolSection": []}',
        b'{"protocolSection": {"identificationModule": {"nctId": 5}}}',
        b'{"protocolSection": {"identificationModule": {"nctId": "NCT1\\n; rm"}}}',
        b'{"a": "\xff", "protocolSection": {"identificationModule": {"nctId": "NCT00000001"}}}',
    ],
)
def test_a_piece_that_is_no_record_costs_no_other_record(
    registry: StandInRegistry, waits: list[Wait], body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_find", lambda query: [make_body(1), body, make_body(2)])
    (page,) = pull(registry, waits)
    assert find_ids([page]) == ["NCT00000001", "NCT00000002"]
    (rejected,) = [record for record in page.records if isinstance(record, Rejected)]
    assert rejected.original == body
    assert rejected.reason.startswith("no record of a study")
    assert (page.state.received, page.state.is_complete) == (3, True)


def test_a_date_of_a_wrong_type_costs_nothing_but_the_date(
    registry: StandInRegistry, waits: list[Wait]
) -> None:
    wrong = make_body(5).replace(b'"2026-03-01"', b'["2026-02-30"]')
    registry.faults = [refuse(200, '{"studies": [' + wrong.decode() + "]}")]
    (page,) = pull(registry, waits)
    assert find_ids([page]) == ["NCT00000005"]
    assert page.state.high_water == ""


def test_fewer_records_than_announced_are_noticed(registry: StandInRegistry, waits: list[Wait]) -> None:
    registry.faults = [refuse(200, '{"studies": [' + make_body(1).decode() + '], "totalCount": 4}')]
    (page,) = pull(registry, waits)
    assert page.state.shortfall == 3


def test_a_server_at_the_door_that_says_403_is_named_with_a_way_out(
    registry: StandInRegistry, waits: list[Wait]
) -> None:
    registry.version_faults = [refuse(403, "<html><head><title>403 Forbidden</title></head></html>")]
    with pytest.raises(
        RegistryRefusal, match=r"403: 403 Forbidden.*bulk download.*trialbook import"
    ) as caught:
        pull(registry, waits)
    assert caught.value.status == 403
    assert registry.asked == []


def test_a_registry_without_a_version_page_can_be_pulled(
    registry: StandInRegistry, waits: list[Wait]
) -> None:
    registry.version_faults = [refuse(404), refuse(404)]
    end = pull(registry, waits)[-1].state
    assert (end.is_complete, end.data_timestamps, end.high_water) == (True, (), "2026-03-12")


def test_a_version_page_that_fails_at_the_end_spoils_nothing(
    registry: StandInRegistry, waits: list[Wait]
) -> None:
    registry.version_faults = [None, refuse(500), refuse(500), refuse(500)]
    assert pull(registry, waits)[-1].state.is_complete


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_on_the_same_host_is_followed(
    registry: StandInRegistry, waits: list[Wait], status: int
) -> None:
    registry.other_pages["/moved"] = b'{"studies": [' + make_body(9) + b"]}"
    registry.faults = [refuse(status, "", {"Location": "/moved"})]
    assert find_ids(pull(registry, waits)) == ["NCT00000009"]


def test_redirects_that_go_round_and_round_come_to_an_end(
    registry: StandInRegistry, waits: list[Wait]
) -> None:
    registry.always, registry.pages_left = refuse(302, "", {"Location": "/api/v2/studies"}), 0
    with pytest.raises(SourceReadError, match="redirects more than 5 times"):
        pull(registry, waits)
    assert len(registry.asked) == 1 + 5


@pytest.mark.parametrize(
    "location",
    [
        "",
        "http://example.org/x",
        "https://example.org:8443/x",
        "//evil.test/x",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://user:word@example.org/x",
        "https://example.org:99999999/x",
        "https://xn--zzzzzzzzz/",
    ],
)
def test_a_redirect_leads_to_no_other_place_and_never_down_to_http(location: str) -> None:
    with pytest.raises(SourceReadError, match="redirects to"):
        check_redirect(httpx.URL("https://example.org/a"), location)


def test_a_redirect_from_http_up_to_https_on_the_same_host_is_followed() -> None:
    target = check_redirect(httpx.URL("http://example.org/a"), "https://example.org/b")
    assert str(target) == "https://example.org/b"


@pytest.mark.parametrize(
    "address",
    [
        "ftp://example.org",
        "example.org/api/v2",
        "http://",
        "https://u:secret@example.org/api/v2",
        "https://u:secret@xn--zzzzzzzzz/",
        "http://[x",
        "http://a..b/",
        "http://xn--zzzzzzzzz/",
        "http://" + "a" * 64 + ".org",
        "http://exa mple.org/",
        "http://exa\x00mple/",
        "http://example.org:0/",
        "http://example.org:70000/",
        "http://example.org/api?x=1",
    ],
)
def test_an_address_that_is_none_is_refused_without_repeating_a_password(address: str) -> None:
    with pytest.raises(UsageError, match="not an address of a registry") as caught:
        find_registry(address)
    assert "secret" not in str(caught.value)


def test_the_address_comes_from_the_flag_then_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRIALBOOK_REGISTRY", raising=False)
    assert find_registry() == "https://clinicaltrials.gov/api/v2"
    monkeypatch.setenv("TRIALBOOK_REGISTRY", "http://127.0.0.1:1/api/v2/")
    assert find_registry() == "http://127.0.0.1:1/api/v2"
    assert find_registry("http://127.0.0.1:2/x") == "http://127.0.0.1:2/x"


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (PullRequest(), "say what to pull"),
        (PullRequest(condition="  "), "say what to pull"),
        (PullRequest(everything=True, term="x"), "not both"),
        (PullRequest(ids=("NCT123456789",)), "no NCT number"),
        (PullRequest(ids=("NCT00000000",)), "no NCT number"),
        (PullRequest(ids=("NCT٣",)), "no NCT number"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_before_anything_is_sent(
    registry: StandInRegistry, waits: list[Wait], request_: PullRequest, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        pull(registry, waits, request_)
    assert registry.asked == []


def test_a_request_keeps_its_name_whatever_the_order_of_its_ids() -> None:
    address = "http://127.0.0.1/api/v2"
    one = PullRequest(ids=("NCT2", "NCT1")).compute_fingerprint(address)
    assert one == PullRequest(ids=("nct00000001", "NCT2", "NCT1")).compute_fingerprint(address)
    others = {
        PullRequest(ids=("NCT1",)).compute_fingerprint(address),
        PullRequest(ids=("NCT2", "NCT1"), since=date(2026, 1, 1)).compute_fingerprint(address),
        PullRequest(ids=("NCT2", "NCT1")).compute_fingerprint("http://127.0.0.2/api/v2"),
        one,
    }
    assert len(others) == 4


def test_nobody_listening_is_said_after_the_tries(waits: list[Wait]) -> None:
    server = StandInRegistry([])
    with server:
        address = server.address
    client = RegistryClient(
        ClientSettings(registry=address, tries=2), sleep=lambda seconds: None, on_wait=waits.append
    )
    with client, pytest.raises(SourceReadError, match=r"no connection.*2 tries"):
        list(pull_studies(client, EVERYTHING))


def test_histories_are_read_by_the_reader_of_histories(registry: StandInRegistry, waits: list[Wait]) -> None:
    def make_study(day: str) -> bytes:
        return make_body(7).replace(
            b'"statusModule":{', b'"statusModule":{"lastUpdateSubmitDate":"%b",' % day.encode()
        )

    root = "/api/int/studies/NCT00000007"
    days = ["2020-01-01", "2021-02-02"]
    changes = ",".join(f'{{"version":{n},"date":"{day}"}}' for n, day in enumerate(days)).encode()
    registry.other_pages[root] = b'{"study":%b,"history":{"changes":[%b]}}' % (make_study(days[1]), changes)
    for n, day in enumerate(days):
        registry.other_pages[f"{root}/history/{n}"] = b'{"studyVersion":%d,"study":%b}' % (n, make_study(day))
    with connect(registry, waits) as client:
        pieces = [
            piece
            for item in pull_history(
                client,
                "NCT00000007",
                known={f"{registry.address.removesuffix('/v2')}/int/studies/NCT00000007/history/1"},
            )
            for piece in read_history(io.BytesIO(item.body), item.place)
        ]
    assert [piece.version for piece in pieces if isinstance(piece, HistoryNotice)] == [0, 1]
    assert [piece.body for piece in pieces if isinstance(piece, Incoming)] == [
        make_study(days[1]),
        make_study(days[0]),
    ]


@pytest.mark.parametrize("page_size", [1000, 333])
def test_every_real_record_comes_byte_for_byte(shared_data: Path, waits: list[Wait], page_size: int) -> None:
    path = shared_data / "ctgov" / "records.jsonl.gz"
    bodies = gzip.decompress(path.read_bytes()).splitlines()
    with StandInRegistry(bodies) as registry:
        pages = pull(registry, waits, page_size=page_size, requests_per_minute=180.0)
    records = [record for page in pages for record in page.records]
    assert len(records) == 2_535
    assert Counter(record.body for record in records if isinstance(record, Incoming)) == Counter(bodies)
    assert pages[-1].state.shortfall == 0
    assert pages[-1].state.is_sorted
