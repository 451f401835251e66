"""Do requests of all sorts, right and wrong, get an answer that the OpenAPI document allows, and never a 500?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from trialbook.web.app import make_app
from trialbook.web.own_api.endpoints import ENDPOINTS

# The document's own address is left out by the program that reads it.
PATHS = [endpoint.path for endpoint in ENDPOINTS if endpoint.operation != "openapi"]


@pytest.fixture(scope="module")
def operations(own_home: Path) -> dict[str, Any]:
    """The operations of the served document, by path."""
    schema = schemathesis.openapi.from_asgi(
        "/api/trialbook/openapi.json", make_app(own_home, hosts=["testserver"])
    )
    return {found.ok().path: found.ok() for found in schema.get_all_operations()}


@pytest.mark.parametrize("path", PATHS)
def test_random_requests_are_answered_as_the_document_says(operations: dict[str, Any], path: str) -> None:
    # The document cannot say which texts are queries, points or lists of names: others are refused with a 400.
    acceptance = schemathesis.checks.CHECKS.get_one("positive_data_acceptance")

    @settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operations[path].as_strategy())
    def check(case: Any) -> None:
        case.validate_response(case.call(), excluded_checks=[acceptance])

    check()
