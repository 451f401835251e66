"""Is a language model asked within bounds, its key kept, and each way in which it can fail told in a sentence?"""

from __future__ import annotations

import asyncio
import logging
import re

import msgspec
import pytest
from tests.stand_in.language_model import Answer, StandInModel, complete, drip_headers, say
from tests.stand_in.registry import cut_in_the_middle, drip, hang_up, refuse, send_packed, stay_silent

from trialbook.errors import SourceReadError, UsageError
from trialbook.settings import SETTINGS
from trialbook.source.live.language_model import (
    LanguageModel,
    LanguageModelClient,
    NoAnswerError,
    find_language_model,
)

KEY = "sk-secret-3141"
ROUTE = {"Location": "http://127.0.0.1:1/elsewhere"}


def ask(server: StandInModel, question: str = "{}", **more: float) -> str:
    waits: list[float] = []
    model = LanguageModel(url=server.address, name="small", key=KEY, **more)  # type: ignore[arg-type]
    client = LanguageModelClient(model, sleep=waits.append)
    try:
        return client.ask("Read.", question)
    finally:
        assert len(waits) < 2


def fail(*answers: Answer, **more: float) -> SourceReadError:
    with StandInModel(*answers) as server, pytest.raises(SourceReadError) as caught:
        ask(server, **more)
    error = caught.value
    assert KEY not in f"{error!s} {error!r} {error.__cause__!r}"
    assert str(error).isprintable()
    return error


def test_a_question_goes_out_once_as_it_is_given_with_the_key_and_at_temperature_0() -> None:
    with StandInModel('{"a": 1}') as server:
        assert ask(server, "What is asked?") == '{"a": 1}'
    (asked,) = server.asked
    assert server.paths == ["/v1/chat/completions"]
    assert asked["messages"] == [
        {"role": "system", "content": "Read."},
        {"role": "user", "content": "What is asked?"},
    ]
    assert (asked["model"], asked["temperature"], asked["stream"]) == ("small", 0, False)
    assert asked["response_format"] == {"type": "json_object"}
    assert server.headers["authorization"] == f"Bearer {KEY}"
    assert server.headers["user-agent"].startswith("Trialbook/")


def test_a_field_that_the_server_does_not_know_is_left_off_from_then_on() -> None:
    unknown = refuse(400, "'response_format.type' must be 'json_schema' or 'text'")
    with StandInModel(unknown, "{}") as server:
        model = LanguageModel(url=server.address, name="small")
        client = LanguageModelClient(model, sleep=lambda seconds: None)
        assert [client.ask("", ""), client.ask("", "")] == ["{}", "{}"]
    assert ["response_format" in each for each in server.asked] == [True, False, False]
    assert "authorization" not in server.headers


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_a_second_try_may_mend_is_tried_once_more(status: int) -> None:
    with StandInModel(refuse(status, "busy"), "{}") as server:
        assert ask(server) == "{}"
        assert len(server.asked) == 2
    error = fail(refuse(status, "busy"))
    assert isinstance(error, NoAnswerError)
    assert error.reason == f"the model's server answered {status}: busy"


def test_a_server_that_wants_to_be_left_alone_for_long_is_not_asked_again() -> None:
    with StandInModel(refuse(429, "later", {"Retry-After": "3600"})) as server:
        with pytest.raises(NoAnswerError, match="answered 429: later"):
            ask(server)
        assert len(server.asked) == 1


def test_a_key_that_is_not_taken_ends_it_and_stands_in_no_error_though_the_server_sends_it_back() -> None:
    error = fail(refuse(401, f"Incorrect API key: {KEY}\x1b[31m"))
    assert not isinstance(error, NoAnswerError)
    assert (
        "answered 401: Incorrect API key: … [31m. It does not take what stands in TRIALBOOK_MODEL_KEY"
        in str(error)
    )
    assert KEY not in str(fail(say(f"<html>{KEY}".encode())))


def test_a_redirect_is_not_followed() -> None:
    with StandInModel("{}") as other, StandInModel(refuse(307, "", {"Location": other.address})) as server:
        with pytest.raises(
            SourceReadError, match="sends on to another address \\(307\\), which is not followed"
        ):
            ask(server)
        assert other.asked == []


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (say(b"<html><title>Welcome</title></html>"), "begins with 'Welcome'. Is this its base address"),
        (say(b'{"object": "list", "data": []}'), "not what an OpenAI-compatible API gives"),
        (say(b"[" * 100_000), "not what an OpenAI-compatible API gives"),
        (say(b"\xff\xfe"), "not what an OpenAI-compatible API gives"),
        (refuse(404, "no such page"), "answered 404: no such page. Is the base address right"),
        (refuse(400, "unknown model"), "answered 400: unknown model"),
    ],
)
def test_what_no_other_question_will_mend_ends_it(answer: Answer, told: str) -> None:
    error = fail(answer)
    assert not isinstance(error, NoAnswerError)
    assert told in str(error)
    assert error.place.startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (say(complete(None)), "an answer without words"),
        (say(b'{"choices": []}'), "an answer without words"),
        (say(complete("{", "length")), "cut off: it was longer than the model may write"),
        (say(complete("x" * 1_100_000)), "an answer of more than 1,048,576 bytes"),
        (cut_in_the_middle, "the answer broke off"),
        (hang_up, "the answer broke off"),
        (send_packed, "not what an OpenAI-compatible API gives"),
    ],
)
def test_a_question_without_an_answer_says_why(answer: Answer, told: str) -> None:
    assert told in str(fail(answer))


@pytest.mark.parametrize("slow", [stay_silent, drip, drip_headers])
def test_a_slow_answer_is_given_up_however_it_drips(slow: Answer) -> None:
    error = fail(slow, answer_seconds=0.3)
    assert isinstance(error, NoAnswerError)
    assert str(error) == "no whole answer within 0.3 seconds"


def test_when_the_time_for_all_is_over_nothing_more_is_sent() -> None:
    ticks = iter([0.0, 599.0, 601.0])
    with StandInModel("{}") as server:
        model = LanguageModel(url=server.address, name="small")
        client = LanguageModelClient(model, clock=lambda: next(ticks))
        assert client.ask("", "") == "{}"
        with pytest.raises(NoAnswerError, match="not asked: the 600 seconds for all are over"):
            client.ask("", "")
    assert len(server.asked) == 1


def test_nobody_listens() -> None:
    with StandInModel("{}") as server:
        address = server.address
    with pytest.raises(SourceReadError, match=r"no connection: .*Does the model's server run") as caught:
        LanguageModelClient(LanguageModel(url=address, name="small")).ask("", "")
    assert not isinstance(caught.value, NoAnswerError)


def test_it_is_asked_from_within_a_running_loop_too() -> None:
    async def ask_within(server: StandInModel) -> str:
        return ask(server)

    with StandInModel("{}") as server:
        assert asyncio.run(ask_within(server)) == "{}"


def test_a_proxy_of_the_surroundings_is_not_used_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with StandInModel("{}") as server:
        assert ask(server) == "{}"


def test_the_key_is_logged_by_nobody_and_no_part_of_what_a_model_is_called(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG), StandInModel("{}") as server:
        ask(server)
    assert caplog.records
    assert KEY not in caplog.text
    model = LanguageModel(url="http://127.0.0.1:1/v1", name="small", key=KEY)
    assert KEY not in f"{model!r} {model} {model.__rich_repr__()}"


def set_model(monkeypatch: pytest.MonkeyPatch, url: str, name: str = "small", key: str = "") -> None:
    for setting, value in (("model_url", url), ("model_name", name), ("model_key", key)):
        monkeypatch.setenv(SETTINGS[setting].variable, value)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("http://localhost:11434/v1", "http://localhost:11434/v1"),
        ("http://127.0.0.2:8000/v1/", "http://127.0.0.2:8000/v1"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
        ("https://models.example.org/v1/chat/completions", "https://models.example.org/v1"),
    ],
)
def test_addresses_that_are_asked(monkeypatch: pytest.MonkeyPatch, url: str, kept: str) -> None:
    set_model(monkeypatch, url, key=KEY)
    found = find_language_model()
    assert (found.url, found.name, found.key) == (kept, "small", KEY)
    assert msgspec.structs.replace(found, key="") == LanguageModel(url=kept, name="small")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "no language model is set, and none is asked: name its address in TRIALBOOK_MODEL_URL"),
        ("http://models.example.org/v1", "over plain http everybody on the way reads words and key"),
        ("http://192.168.1.5:11434/v1", "over plain http"),
        ("http://localhost.example.org/v1", "over plain http"),
        ("http://127.0.0.1.example.org/v1", "over plain http"),
        ("ftp://127.0.0.1/v1", "TRIALBOOK_MODEL_URL is no address of a model"),
        ("https://models.example.org/v1?a=b", "TRIALBOOK_MODEL_URL is no address of a model"),
        ("models", "TRIALBOOK_MODEL_URL is no address of a model"),
        ("http://127.0.0.1:99999/v1", "TRIALBOOK_MODEL_URL is no address"),
        (
            "https://me:hidden@models.example.org/v1",
            "has a user name in it: a key belongs in TRIALBOOK_MODEL_KEY",
        ),
    ],
)
def test_addresses_that_are_not(monkeypatch: pytest.MonkeyPatch, url: str, told: str) -> None:
    set_model(monkeypatch, url, key=KEY)
    with pytest.raises(UsageError, match=re.escape(told)) as caught:
        find_language_model()
    assert KEY not in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_a_name_and_a_key_that_make_no_sense_are_refused_and_the_key_is_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_model(monkeypatch, "http://127.0.0.1:1/v1", name="")
    with pytest.raises(UsageError, match="Name it in TRIALBOOK_MODEL_NAME"):
        find_language_model()
    for key in ("two words", "a\r\nX-Other: b", "ключ", "k" * 5_000):
        set_model(monkeypatch, "http://127.0.0.1:1/v1", key=key)
        with pytest.raises(UsageError) as caught:
            find_language_model()
        assert str(caught.value) == "TRIALBOOK_MODEL_KEY is no key: printable letters without blanks"
