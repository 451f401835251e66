"""What a form sends is read as browsers write it, and costs little more than its size."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs, quote_plus

import pytest
from starlette.requests import Request

from trialbook.errors import ApiError
from trialbook.web.posted import FORM, UNQUOTED_AT_ONCE, read_form

LONG = "é, 50 % & more + €" * 10_000


def send(body: bytes, *, most_fields: int = 200) -> Mapping[str, Sequence[str]]:
    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", FORM.encode())]}
    return asyncio.run(read_form(Request(scope, receive), most_bytes=20_000_000, most_fields=most_fields))


@pytest.mark.parametrize(
    "body",
    [
        b"a=1&b=2&a=3",
        b"a=&b&=c&&d==",
        b"a=%",
        b"a=%4&b=%zz&c=%41%",
        b"a=%C3%A9+%2B&%26=1",
        b"a=\xff%ff",
        f"a={quote_plus(LONG)}".encode(),
        b"a=" + b"x" * (UNQUOTED_AT_ONCE - 1) + b"%41%42",
        b"a=" + b"x" * (UNQUOTED_AT_ONCE - 2) + b"%41%42",
    ],
)
def test_a_form_is_read_as_everywhere(body: bytes) -> None:
    expected = parse_qs(body.decode("latin-1"), keep_blank_values=True, errors="replace")
    if b"\xff" not in body:
        assert send(body) == expected
    assert list(send(body)) == list(expected)


def test_escapes_without_end_cost_little_more_than_their_size() -> None:
    body = b"a=" + b"%41" * 1_000_000
    tracemalloc.start()
    assert send(body) == {"a": ["A" * 1_000_000]}
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * len(body)


def test_more_fields_than_a_form_has_are_refused() -> None:
    with pytest.raises(ApiError, match="more than 3 fields"):
        send(b"a=1&b=2&c=3&d=4", most_fields=3)
