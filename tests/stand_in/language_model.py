"""An OpenAI-compatible API on 127.0.0.1 that answers what it is told to, and stumbles when told to.

    with StandInModel(tree) as server:
        ...  # server.address, server.asked, server.headers

Each question takes the next of the answers, a tree, the words of an answer or a fault; the last stays.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.stand_in.registry import Fault, send

Answer = Fault | str | dict[str, Any]


def complete(content: str | None, finish_reason: str = "stop") -> bytes:
    """The body of an answer with these words."""
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "message": message, "finish_reason": finish_reason}
    return json.dumps({"id": "1", "object": "chat.completion", "model": "any", "choices": [choice]}).encode()


def say(body: bytes) -> Fault:
    """Answer 200 with another body."""
    return lambda handler, _: send(handler, 200, body, {})


def drip_headers(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """Send headers byte by byte and come to no end (10 seconds at most)."""
    with contextlib.suppress(OSError):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(500):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.02)


class StandInModel:
    """The server. `asked` are the bodies of the questions, `headers` those of the last, `paths` where they went."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.headers: dict[str, str] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._make_handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def questions(self) -> list[dict[str, Any]]:
        """What the user's messages say."""
        return [json.loads(each["messages"][-1]["content"]) for each in self.asked]

    def __enter__(self) -> StandInModel:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=10)

    def _take(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def _make_handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                server.headers = {name.lower(): each for name, each in self.headers.items()}
                server.paths.append(self.path)
                server.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                answer = server._take()
                if callable(answer):
                    answer(self, complete("{}"))
                    return
                content = answer if isinstance(answer, str) else json.dumps(answer)
                send(self, 200, complete(content), {"Content-Type": "application/json"})

            def log_message(self, format: str, *args: Any) -> None:
                """Says nothing."""

        return Handler
