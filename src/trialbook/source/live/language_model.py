"""What does a language model answer? One question at a time to an OpenAI-compatible address, within bounds.

Nothing here asks by itself: who calls says what is sent. The key goes to that address alone; it stands in no error
and no text.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import httpx
import msgspec

from trialbook.errors import SourceReadError, UsageError
from trialbook.settings import SETTINGS, VERSION, read_text
from trialbook.source.live.address import can_connect, clean_words

_PATH = "/chat/completions"
_LONGEST_KEY = 4_096
_LONGEST_NAME = 200
_MENDABLE = (408, 425, 429)
# Fields that some servers do not know; without them they are asked again.
_OPTIONAL = ("response_format", "max_tokens")


class LanguageModel(msgspec.Struct, frozen=True, kw_only=True):
    """Where a model is asked, and how patiently. Its `repr` has no key.

    Attributes
    ----------
    url
        Base address of an OpenAI-compatible API, without a trailing slash, mostly ending in /v1.
    name
        The model's name there.
    key
        Sent as a bearer token; "" for none.
    tries
        How often one question is asked before it is given up.
    answer_seconds, all_seconds
        Longest time for one question, and for all that one client asks.
    wait_seconds, longest_wait_seconds
        The wait before the next try, and the most that is waited where the server names a time.
    max_answer_bytes, max_tokens
        Largest answer read, and asked for.
    """

    url: str
    name: str
    key: str = ""
    tries: int = 2
    answer_seconds: float = 120.0
    all_seconds: float = 600.0
    wait_seconds: float = 2.0
    longest_wait_seconds: float = 30.0
    max_answer_bytes: int = 1024 * 1024
    max_tokens: int = 4_000

    def __repr__(self) -> str:
        return f"LanguageModel(url={self.url!r}, name={self.name!r}, key={'…' if self.key else ''!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("url", self.url), ("name", self.name)]

    @property
    def host(self) -> str:
        """Who is asked, for people."""
        return httpx.URL(self.url).netloc.decode("ascii")


class NoAnswerError(SourceReadError):
    """One question has no answer that can be used; another may have."""


class _Message(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice]


_COMPLETION = msgspec.json.Decoder(_Completion)


class _Answer(NamedTuple):
    status: int
    headers: httpx.Headers
    body: bytes


def find_language_model(url: str | None = None, name: str | None = None) -> LanguageModel:
    """The model that is given, else that of the settings `model_url`, `model_name` and `model_key`.

    Raises UsageError where none is set, or the address may not be used: https, or http to this machine.

    Examples
    --------
    >>> find_language_model("http://127.0.0.1:11434/v1/", "llama3.1").url
    'http://127.0.0.1:11434/v1'
    >>> find_language_model("http://models.example.org/v1", "llama3.1")
    Traceback (most recent call last):
    trialbook.errors.UsageError: http://models.example.org/v1: over plain http everybody on the way reads words and \
key: only this machine is asked so. Name an address that begins with https, or tunnel to one
    """
    address, variable = read_text("model_url", url), SETTINGS["model_url"].variable
    if not address:
        raise UsageError(
            f"no language model is set, and none is asked: name its address in {variable}, as"
            f" http://127.0.0.1:11434/v1, and the model in {SETTINGS['model_name'].variable}"
        )
    named = read_text("model_name", name)
    if not named or len(named) > _LONGEST_NAME or not named.isprintable():
        raise UsageError(f"which model is asked at {variable}? Name it in {SETTINGS['model_name'].variable}")
    key = read_text("model_key")
    if len(key) > _LONGEST_KEY or not (key.isascii() and key.isprintable() and " " not in key):
        raise UsageError(f"{SETTINGS['model_key'].variable} is no key: printable letters without blanks")
    return LanguageModel(url=_check_address(address, variable), name=named, key=key)


def _check_address(address: str, variable: str) -> str:
    try:
        url = httpx.URL(address)
        is_good = can_connect(url) and not (url.query or url.fragment)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise UsageError(f"{variable} is no address: {clean_words(str(error))}") from error
    if url.userinfo:
        # Not shown: it holds a password.
        raise UsageError(
            f"{variable} has a user name in it: a key belongs in {SETTINGS['model_key'].variable}"
        )
    shown = clean_words(address)[:100]
    if not is_good:
        raise UsageError(f"{variable} is no address of a model: {shown!r}, where http(s)://HOST/v1 is wanted")
    if url.scheme == "http" and not _is_here(url):
        raise UsageError(
            f"{shown}: over plain http everybody on the way reads words and key: only this machine is asked so."
            " Name an address that begins with https, or tunnel to one"
        )
    return address.rstrip("/").removesuffix(_PATH)


def _is_here(url: httpx.URL) -> bool:
    """Whether an address is this machine's own."""
    if url.host.rstrip(".").lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(url.host).is_loopback
    except ValueError:
        return False


class LanguageModelClient:
    """Asks one model; each question on a connection of its own.

    `clock` (seconds, monotonic) and `sleep` are given from outside in tests.
    """

    def __init__(
        self,
        model: LanguageModel,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.model = model
        self._clock, self._sleep = clock, sleep
        self._url = httpx.URL(f"{model.url}{_PATH}")
        self._left_off: set[str] = set()
        self._until = clock() + model.all_seconds

    def ask(self, instructions: str, question: str) -> str:
        """The words that the model answers.

        Raises
        ------
        NoAnswerError
            This question has no answer: too late, too large, cut off, the server stumbles.
        SourceReadError
            No question will have one: nobody listens, the key is not taken, this is no such API.
        """
        attempt = 1
        while True:
            answer = self._send(self._write(instructions, question))
            if answer.status == 200:
                return self._read_content(answer.body)
            if answer.status == 400 and self._leave_off(answer.body):
                continue
            is_mendable = answer.status in _MENDABLE or answer.status >= 500
            wait = self._find_wait(answer.headers)
            if not is_mendable or attempt >= self.model.tries or wait > self.model.longest_wait_seconds:
                raise self._judge(answer, is_mendable=is_mendable)
            attempt += 1
            self._sleep(wait)

    def _write(self, instructions: str, question: str) -> bytes:
        asked: dict[str, Any] = {
            "model": self.model.name,
            "messages": [
                {"role": "system", "content": instructions},
                {"role": "user", "content": question},
            ],
            "temperature": 0,
            "stream": False,
            "max_tokens": self.model.max_tokens,
            "response_format": {"type": "json_object"},
        }
        return msgspec.json.encode({name: each for name, each in asked.items() if name not in self._left_off})

    def _leave_off(self, body: bytes) -> bool:
        """Whether the server does not know a field that it can do without; it is not sent any more."""
        for name in _OPTIONAL:
            if name not in self._left_off and name.encode() in body[:20_000]:
                self._left_off.add(name)
                return True
        return False

    def _send(self, body: bytes) -> _Answer:
        seconds = min(self.model.answer_seconds, self._until - self._clock())
        if seconds <= 0:
            raise NoAnswerError(f"not asked: the {self.model.all_seconds:g} seconds for all are over")
        try:
            return _run(self._post(body, seconds))
        except (TimeoutError, httpx.TimeoutException) as error:
            if isinstance(error, httpx.ConnectTimeout):
                raise SourceReadError("nobody answers there", place=self._place) from None
            raise NoAnswerError(f"no whole answer within {seconds:.3g} seconds") from None
        except httpx.ConnectError as error:
            raise SourceReadError(
                f"no connection: {self._clean(error)}. Does the model's server run, and is the address right?",
                place=self._place,
            ) from None
        except httpx.HTTPError as error:
            raise NoAnswerError(f"the answer broke off: {self._clean(error)}") from None

    async def _post(self, body: bytes, seconds: float) -> _Answer:
        """Send once; the time is that of the whole, however the answer drips."""
        headers = {
            "User-Agent": f"Trialbook/{VERSION}",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
        }
        if self.model.key:
            headers["Authorization"] = f"Bearer {self.model.key}"
        client = httpx.AsyncClient(
            headers=headers,
            timeout=httpx.Timeout(seconds, connect=min(seconds, 15.0)),
            follow_redirects=False,
            # What is asked on this machine stays on it, whatever proxy the surroundings name.
            trust_env=not _is_here(self._url),
        )
        async with (
            asyncio.timeout(seconds),
            client,
            client.stream("POST", self._url, content=body) as response,
        ):
            chunks, size = [], 0
            async for chunk in response.aiter_raw():
                size += len(chunk)
                if size > self.model.max_answer_bytes:
                    raise NoAnswerError(f"an answer of more than {self.model.max_answer_bytes:,} bytes")
                chunks.append(chunk)
            return _Answer(response.status_code, response.headers, b"".join(chunks))

    def _read_content(self, body: bytes) -> str:
        try:
            completion = _COMPLETION.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            start = self._clean(body)[:80]
            raise SourceReadError(
                f"the answer is not what an OpenAI-compatible API gives; it begins with {start!r}. Is this its base"
                " address, which mostly ends in /v1?",
                place=self._place,
            ) from None
        if not completion.choices or not completion.choices[0].message.content:
            raise NoAnswerError("an answer without words")
        if completion.choices[0].finish_reason == "length":
            raise NoAnswerError("an answer that was cut off: it was longer than the model may write")
        return completion.choices[0].message.content

    def _judge(self, answer: _Answer, *, is_mendable: bool) -> SourceReadError:
        said = self._clean(answer.body)
        told = f"the model's server answered {answer.status}" + (f": {said}" if said else "")
        if is_mendable:
            return NoAnswerError(told)
        if 300 <= answer.status < 400:
            told = (
                f"the model's server sends on to another address ({answer.status}), which is not followed: if that is"
                f" where it lives, name it in {SETTINGS['model_url'].variable}"
            )
        elif answer.status in (401, 403):
            told += f". It does not take what stands in {SETTINGS['model_key'].variable}, or that is not set"
        elif answer.status == 404:
            told += (
                f". Is the base address right, which mostly ends in /v1, and the name {self.model.name!r}?"
            )
        return SourceReadError(told, place=self._place)

    def _find_wait(self, headers: httpx.Headers) -> float:
        """How long to wait before the next try; a day and an hour that the server names is not read."""
        told = headers.get("Retry-After", "").strip()
        return float(told) if told.isascii() and told.isdigit() and len(told) < 9 else self.model.wait_seconds

    def _clean(self, said: bytes | Exception) -> str:
        """A server's words, safe to print: a server may send back the key that it was given."""
        words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        return clean_words((words.replace(self.model.key, "…") if self.model.key else words)[:20_000])

    @property
    def _place(self) -> str:
        return self.model.url


def _run(asked: Coroutine[Any, Any, _Answer]) -> _Answer:
    """The answer, also where the caller's own loop runs in this thread (a notebook)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(asked)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, asked).result()
