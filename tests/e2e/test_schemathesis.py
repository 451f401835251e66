"""schemathesis asks whatever the registry's own OpenAPI document allows, and much that it forbids: no answer
may be a server's error, every answer must have the form of the document, and what departs from it is declared
in docs/reference/api.md.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "api.md"
QUERIED = ("GET /studies", "GET /studies/{nctId}", "GET /stats/field/values", "GET /stats/field/sizes")
PLAIN = (
    "GET /studies/metadata",
    "GET /studies/search-areas",
    "GET /studies/enums",
    "GET /stats/size",
    "GET /version",
)
WITHOUT_PARAMETERS = PLAIN[1:]

# Types that answers have by the document's text but not by its list of contents.
UNLISTED = {"GET /studies": "text/csv", "GET /studies/{nctId}": "application/x-research-info-systems"}

NOT_FOUND = re.compile(r"NCT number NCT\d{8} not found")

QUICK = settings(max_examples=40, derandomize=True)
BRIEF = settings(max_examples=15, derandomize=True)
LONG = settings(max_examples=1_500)
SHARED_SETTINGS = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}

QUERIES = [
    "heart failure",
    '"heart failure" OR stroke',
    "AREA[Phase](PHASE2 OR PHASE3) NOT placebo",
    "AREA[StartDate]RANGE[2015, MAX]",
    "SEARCH[Location](AREA[LocationCountry]Sweden)",
    "NCT90000001, NCT90000002",
    "ALL",
]
PIECES = ["NCTId", "BriefTitle", "Phase", "Location", "OutcomesModule", "resultsSection", "EnrollmentCount"]
COLUMNS = ["NCT Number", "Study Title", "Locations", "Study Design"]
# Values that mean something, put in the place of generated ones: else hardly a request would find a study.
SENSIBLE = {
    **{
        f"query.{name}": st.sampled_from(QUERIES)
        for name in ("cond", "term", "locn", "titles", "intr", "outc", "spons", "lead", "id", "patient")
    },
    **{f"{kind}.advanced": st.sampled_from(QUERIES) for kind in ("filter", "postFilter")},
    **{
        f"{kind}.geo": st.sampled_from(["distance(59.3,18.07,100km)", "distance(-0.5,0.123456789012345,500)"])
        for kind in ("filter", "postFilter")
    },
    **{
        f"{kind}.ids": st.sampled_from(["NCT90000003", "NCT90000001|nct090000002"])
        for kind in ("filter", "postFilter")
    },
    "aggFilters": st.sampled_from(["results:with", "phase:2 3,status:com rec", "healthy:y"]),
    "geoDecay": st.sampled_from(["func:gauss,scale:10km,offset:1mi,decay:0.3"]),
    "fields": st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map("|".join),
    "sort": st.sampled_from(["@relevance", "StartDate:asc", "EnrollmentCount:desc|@relevance"]),
    "pageToken": st.just(""),
}
# The same for what is sent by POST: most persons whom a schema allows are none that can be read.
PERSON = st.fixed_dictionaries(
    {
        "patient": st.sampled_from(
            [
                {
                    "birth_date": "1970-05",
                    "sex": "female",
                    "conditions": ["heart failure"],
                    "stroke": False,
                },
                {"resourceType": "Patient", "birthDate": "1960-01-01", "gender": "male"},
                [{"age": 54, "HbA1c": "8.2 %"}],
                "A 70-year-old woman with diabetes.",
            ]
        )
    },
    optional={
        "day": st.just("2026-11-30"),
        "complete": st.just(["condition"]),
        "answers": st.just({"mdrd_constant": "175"}),
        "visits": st.just({"screening": "2026-11-02"}),
    },
)
SENT = dict.fromkeys(("/studies/{nctId}/screen", "/match"), PERSON)


def read_declared() -> list[re.Pattern[str]]:
    """How answers begin that decline what the document allows, as declared; `…` stands for anything."""
    text = REFERENCE.read_text(encoding="utf-8").partition("### Declined although")[2]
    rows = re.findall(r"^\| .*? \| (\d+) \| ``(.+?)`` \|", text, re.MULTILINE)
    return [
        re.compile(status + " " + ".*".join(map(re.escape, begin.strip().split("…"))))
        for status, begin in rows
    ]


@pytest.fixture(scope="module")
def document(shared_spec: Path) -> Any:
    """The registry's document, as schemathesis reads it."""
    import schemathesis

    return schemathesis.openapi.from_path(str(shared_spec / "ctgov" / "openapi-2.0.5.yaml"))


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


def find_operation(document: Any, label: str) -> Any:
    method, _, path = label.partition(" ")
    return document[path][method]


def ask(case: Any, base: str, session: requests.Session) -> Any:
    """The answer, which keeps to the document in all but whether it should have been a refusal."""
    from schemathesis.specs.openapi import checks

    left_out = [checks.negative_data_rejection, checks.positive_data_acceptance]
    answer = case.call(base_url=base, session=session, timeout=60)
    kind = answer.headers["content-type"][0]
    if answer.status_code == 200 and kind.partition(";")[0] == UNLISTED.get(case.operation.label):
        left_out += [checks.content_type_conformance, checks.response_schema_conformance]
    case.validate_response(answer, excluded_checks=left_out)
    if answer.status_code >= 400:
        assert kind.startswith("text/plain")
        assert "Traceback" not in answer.text
    return answer


def run_allowed(
    document: Any, label: str, registry: str, session: requests.Session, extent: settings
) -> None:
    declared = read_declared()

    def check(answer: Any) -> None:
        if answer.status_code >= 400 and not NOT_FOUND.fullmatch(answer.text):
            said = f"{answer.status_code} {answer.text}"
            assert any(pattern.match(said) for pattern in declared), said

    run(find_operation(document, label), registry, session, extent, check)


def run(
    operation: Any, base: str, session: requests.Session, extent: settings, check: Callable[[Any], None]
) -> None:
    """Ask what a document allows, half of it with values that mean something."""
    statuses = Counter[int]()

    @settings(extent, **SHARED_SETTINGS)
    @given(case=operation.as_strategy(), data=st.data())
    def try_out(case: Any, data: Any) -> None:
        given_names = sorted(set(case.query) & set(SENSIBLE))
        replaced = data.draw(st.sets(st.sampled_from(given_names))) if given_names else ()
        case.query.update({name: data.draw(SENSIBLE[name]) for name in sorted(replaced)})
        if operation.path in SENT and data.draw(st.booleans()):
            case.body = data.draw(SENT[operation.path])
        if "nctId" in case.path_parameters and data.draw(st.booleans()):
            case.path_parameters["nctId"] = "NCT90000001"
        answer = ask(case, base, session)
        statuses[answer.status_code] += 1
        check(answer)

    try_out()
    assert statuses[200] >= statuses.total() / 20, statuses


def run_forbidden(
    document: Any, label: str, registry: str, session: requests.Session, extent: settings
) -> None:
    from schemathesis import GenerationMode

    statuses = Counter[int]()
    operation = find_operation(document, label)

    @settings(extent, **SHARED_SETTINGS)
    @given(case=operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def try_out(case: Any) -> None:
        answer = ask(case, registry, session)
        statuses[answer.status_code] += 1
        if answer.status_code < 400:
            assert is_lenient(case, answer.request.url), answer.request.url

    try_out()
    assert statuses[400] > statuses.total() / 2, statuses


def is_lenient(case: Any, address: str) -> bool:
    """Whether a request has what the document forbids and we declare to accept, or nothing forbidden after all.

    schemathesis takes a number for a list of texts as forbidden; in an address it is a list of one text.
    A parameter whose value is an empty list does not reach the address at all.
    """
    pairs = parse_qsl(urlsplit(address).query, keep_blank_values=True)
    items = [item for _, value in pairs for item in re.split("[,|]", value)]
    return (
        set(case.query) > {name for name, _ in pairs}
        or any(name.endswith(".synonyms") for name, _ in pairs)
        or any(name == "pageSize" and value.isdecimal() and int(value) >= 2**31 for name, value in pairs)
        or any(item != item.strip() or not item or item.lower() in ("true", "false") for item in items)
    )


@pytest.mark.parametrize("label", [*QUERIED, *PLAIN])
def test_what_the_document_allows_is_answered_or_declined_as_declared(
    document: Any, registry: str, session: requests.Session, label: str
) -> None:
    run_allowed(document, label, registry, session, QUICK)


@pytest.mark.parametrize("label", [*QUERIED, "GET /studies/metadata"])
def test_what_the_document_forbids_is_declined(
    document: Any, registry: str, session: requests.Session, label: str
) -> None:
    run_forbidden(document, label, registry, session, QUICK)


@pytest.mark.slow
@pytest.mark.parametrize("label", QUERIED)
def test_the_same_at_length(document: Any, registry: str, session: requests.Session, label: str) -> None:
    run_allowed(document, label, registry, session, LONG)
    run_forbidden(document, label, registry, session, LONG)


@pytest.mark.parametrize("how_long", [BRIEF, pytest.param(LONG, marks=pytest.mark.slow)])
def test_our_own_api_keeps_to_its_own_document(
    registry: str, session: requests.Session, how_long: settings
) -> None:
    import schemathesis

    base = registry.removesuffix("v2") + "trialbook"
    document = schemathesis.openapi.from_url(f"{base}/openapi.json")
    operations = [each.ok() for each in document.get_all_operations()]
    assert {"GET /search", "GET /export", "GET /studies/{nctId}/changes"} <= {
        each.label for each in operations
    }
    for operation in operations:
        # Names of what is kept, and ids of several studies that are there, are not guessed.
        if "{name}" not in operation.path and operation.path != "/compare":
            run(operation, base, session, how_long, lambda answer: None)


@pytest.mark.parametrize("label", [*QUERIED, *PLAIN])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_written(registry: str, session: requests.Session, label: str, method: str) -> None:
    path = label.partition(" ")[2].replace("{nctId}", "NCT90000001")
    answer = session.request(method, registry + path, data=b"x" * 1_000, timeout=60)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


@pytest.mark.parametrize("label", WITHOUT_PARAMETERS)
def test_an_unknown_parameter_is_declined(registry: str, session: requests.Session, label: str) -> None:
    answer = session.get(registry + label.partition(" ")[2] + "?a=b", timeout=60)
    assert (answer.status_code, answer.text) == (400, "`a` is unknown parameter")


def test_types_that_the_document_does_not_list_are_declared() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    assert all(f"`{kind}`" in text for kind in UNLISTED.values())


# A request for each row of the table, which the document allows.
DECLINED = [
    "studies?query.cond=(a",
    "studies?postFilter.advanced=AREA[Nothing]b",
    "studies?filter.geo=distance(91,0,10km)",
    "studies?filter.geo=distance(%D9%A1,0,10km)",
    "studies?geoDecay=func:exp,scale:0km,offset:0km,decay:0.5",
    "studies?aggFilters=colour:red",
    "studies?aggFilters=colour",
    "studies?fields=Nothing",
    "studies?fields=@queryX",
    "studies?format=csv&fields=NCTId",
    "studies?format=csv&fields=@query",
    "studies?sort=Nothing",
    "studies?sort=BriefTitle",
    "studies?pageToken=x",
    "studies/NCT90000001?fields=Nothing",
    "studies/NCT90000001?format=ris&fields=Nothing",
    "studies/NCT90000001?format=fhir.json&fields=NCTId",
    "stats/field/values?fields=Nothing",
    "stats/field/sizes?fields=Nothing",
    "studies?filter.ids=" + ",".join(["NCT00000001"] * 2_001),
]


def test_every_declared_refusal_is_given(registry: str, session: requests.Session) -> None:
    answers = [session.get(f"{registry}/{ask}", timeout=60) for ask in DECLINED]
    said = [f"{answer.status_code} {answer.text}" for answer in answers]
    declared = read_declared()
    assert len(declared) > 5
    for pattern in declared:
        assert any(pattern.match(text) for text in said), pattern
    for text in said:
        assert any(pattern.match(text) for pattern in declared), text


@pytest.mark.parametrize(
    "query",
    [
        "format=&sort=&fields=&pageSize=",
        "fields=NCTId,%20Phase,,",
        "countTotal=TRUE",
        "sort=,@relevance|",
        "pageSize=2147483648",
    ],
)
def test_every_declared_leniency_is_granted(registry: str, session: requests.Session, query: str) -> None:
    assert session.get(f"{registry}/studies?{query}", timeout=60).status_code == 200
