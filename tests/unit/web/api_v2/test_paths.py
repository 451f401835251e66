"""Is a path with repeated slashes the one that is meant?"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.testclient import TestClient

from trialbook.web.paths import FoldedPaths


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/v2//studies", "/api/v2/studies"),
        ("//api/v2/studies/NCT98000001", "/api/v2/studies/NCT98000001"),
        ("/api//v2///stats//size", "/api/v2/stats/size"),
        ("/api/v2/studies", "/api/v2/studies"),
    ],
)
def test_slashes_fold(path: str, expected: str) -> None:
    seen: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    scope = {"type": "http", "path": path, "raw_path": path.encode()}
    asyncio.run(FoldedPaths(app)(scope, None, None))  # type: ignore[arg-type]
    assert (seen[0]["path"], seen[0]["raw_path"]) == (expected, expected.encode())


@pytest.mark.parametrize(
    "path", ["//studies?pageSize=1", "//studies/NCT98000001", "//stats/size", "//version"]
)
def test_a_base_address_may_end_in_a_slash(api: TestClient, path: str) -> None:
    wanted = api.get(path[1:])
    found = api.get(f"http://localhost/api/v2{path}")
    assert (found.status_code, found.content) == (200, wanted.content)


def test_the_bare_base_address_is_no_loop(api: TestClient) -> None:
    assert api.get("http://localhost/api/v2").status_code == 404
    assert api.get("http://localhost/api/v2/studies/").status_code == 404
