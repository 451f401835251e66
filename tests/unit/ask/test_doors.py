"""Does every door offer every everyday filter, and only those? All are compared with the one table."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from trialbook.__main__ import main
from trialbook.ask.address import WHICH
from trialbook.ask.filters import FILTERS, list_facets, make_request
from trialbook.ask.form import BOXES
from trialbook.ask.queries import QUERIES
from trialbook.library import Library
from trialbook.library.build import import_paths
from trialbook.library.rebuild import rebuild
from trialbook.mcp.arguments import StudyQuery, describe_arguments
from trialbook.mcp.tools import TOOLS, call_tool
from trialbook.record.pieces import find_piece
from trialbook.samples import sample_paths
from trialbook.search.engine.facets import is_countable
from trialbook.web.app import make_app

NAMES = [each.name for each in FILTERS]
# A value of each filter that some samples have and others have not.
VALUES: dict[str, Any] = {
    "status": "RECRUITING",
    "phase": "PHASE2",
    "study_type": "OBSERVATIONAL",
    "sex": "FEMALE",
    "country": "Norway",
    "city": "Lund",
    "condition_name": "heart failure",
    "intervention_name": "Placebo",
    "lead_sponsor": "Kestrel Bio",
    "funder": "INDUSTRY",
    "near": "Miami",
    "within": "30km",
    "age_years": 12,
    "accepts": "pregnant",
    "start_year": "2021",
    "start_from": "2022",
    "start_to": "2020-06",
    "has_results": True,
    "results_overdue": True,
    "status_outdated": True,
    "outcome_changed": True,
}
# What a filter cannot be asked without.
WITH: dict[str, dict[str, str]] = {"within": {"near": "Miami"}}
# What stands in this list was taken for an address, and stays one.
OLD_FIELDS = {"status", "phase", "type", "sex", "country", "age", "start_from", "start_to", "results"}
OLD_OPTIONS = {
    "--status", "--phase", "--type", "--sex", "--country", "--age", "--start-from", "--start-to",
    "--results", "--no-results",
}  # fmt: skip
# How a row of the table reaches every door, asked of a process that has one row more.
ONE_ROW_MORE = """
import json, sys
from pathlib import Path
from trialbook.ask import filters
from trialbook.ask.kinds import Filter
filters.FILTERS = (*filters.FILTERS, Filter(
    name="toy_masking", kind="choices", piece="DesignMasking", facet="DesignMasking",
    label="Toy masking", meaning="DesignMasking is one of these.", example="DOUBLE",
))
from click.testing import CliRunner
from starlette.testclient import TestClient
from trialbook.__main__ import main
from trialbook.ask.filters import list_facets, make_request
from trialbook.library import Library
from trialbook.mcp.arguments import describe_arguments
from trialbook.mcp.tools import find_tool
from trialbook.web.app import make_app
home = Path(sys.argv[1])
client = TestClient(make_app(home), base_url="http://localhost")
document = client.get("/api/trialbook/openapi.json").json()
run = lambda *given: CliRunner().invoke(main, ["--home", str(home), *given])
print(json.dumps({
    "python": Library(home).engine.search(make_request("", {"toy_masking": "DOUBLE"}, facets=list_facets())).facets,
    "cli": run("search", "--toy-masking", "DOUBLE", "--limit", "0").output,
    "export": len(run("export", "--toy-masking", "double").output.splitlines()),
    "page": client.get("/?q=&toy_masking=DOUBLE").text,
    "api": client.get("/api/trialbook/search?toy_masking=DOUBLE,TRIPLE").json()["total"],
    "parameters": {path: [each["name"] for each in item["get"]["parameters"]]
                   for path, item in document["paths"].items() if "get" in item},
    "mcp": describe_arguments(find_tool("search").arguments)["properties"]["toy_masking"],
}))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the samples, of which one changes its primary outcome after the start."""
    folder: Path = tmp_path_factory.mktemp("doors") / "library"
    import_paths(folder, sample_paths())
    with Library(folder) as library:
        record = msgspec.json.decode(library.get_body("NCT99000001"))
    protocol = record["protocolSection"]
    changed = folder.parent / "changed.jsonl"
    versions = []
    for day, measure in (("2020-01-01", "Steps a day"), ("2021-01-01", "Hours of sleep")):
        protocol["statusModule"] |= {"lastUpdateSubmitDate": day}
        protocol["outcomesModule"]["primaryOutcomes"] = [{"measure": measure, "timeFrame": "1 year"}]
        versions.append(msgspec.json.encode(record))
    changed.write_bytes(b"\n".join(versions))
    import_paths(folder, [changed])
    rebuild(folder, ["criteria"])
    return folder


@pytest.fixture(scope="module")
def site(home: Path) -> TestClient:
    return TestClient(make_app(home), base_url="http://localhost")


def write(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def find_options(command: str) -> dict[str, click.Option]:
    return {each.name or "": each for each in main.commands[command].params if isinstance(each, click.Option)}


def test_names_of_every_door_are_unlike() -> None:
    for names in (NAMES, [each.field for each in FILTERS], [each.option for each in FILTERS]):
        assert len(set(names)) == len(names)
    assert not set(NAMES) & {each.name for each in QUERIES}
    assert set(VALUES) == set(NAMES)
    assert all(each.label and each.meaning.endswith(".") and each.example for each in FILTERS)
    for each in FILTERS:
        piece = find_piece(each.piece)
        assert piece is not None, f"{each.name} asks a piece that is none: {each.piece}"
        assert each.kind != "choices" or piece.enum, f"{each.name} offers choices of a piece that has none"
        assert not each.facet or is_countable(each.facet), f"{each.name} counts what the index cannot count"


@pytest.mark.parametrize("command", ["search", "export"])
def test_the_command_line_has_an_option_for_each(command: str) -> None:
    options = find_options(command)
    for each in FILTERS:
        option = options[each.name]
        assert "/".join((*option.opts, *option.secondary_opts)) == each.option
        assert (option.help or "").startswith(each.meaning)
    assert {name for each in options.values() for name in (*each.opts, *each.secondary_opts)} >= OLD_OPTIONS


def test_the_form_has_a_field_for_each(site: TestClient) -> None:
    form = re.search("<form.*</form>", site.get("/?q=heart").text, re.DOTALL)
    assert form is not None
    fields = set(re.findall(r' name="(\w+)"', form[0]))
    assert fields == {each.field for each in FILTERS} | {"q", "as_of", "sort", "ids", *BOXES}
    assert fields >= OLD_FIELDS


def test_the_api_has_a_parameter_for_each(site: TestClient) -> None:
    document = site.get("/api/trialbook/openapi.json").json()
    for path in ("/search", "/export", "/feed"):
        parameters = {each["name"]: each for each in document["paths"][path]["get"]["parameters"]}
        assert parameters.keys() >= WHICH
        for each in FILTERS:
            assert parameters[each.name]["description"].startswith(each.meaning)
            assert parameters[each.name]["example"] == each.example
            for choice in each.choices:
                assert choice in parameters[each.name]["description"]


def test_the_registrys_own_api_has_none(site: TestClient) -> None:
    for name in NAMES:
        assert site.get("/api/v2/studies", params={name: ""}).text == f"`{name}` is unknown parameter"


def test_agents_have_an_argument_for_each() -> None:
    others = {"geo", "ids", "advanced", "as_of"}
    assert set(StudyQuery.__struct_fields__) == {*NAMES, *(each.name for each in QUERIES), *others}
    for tool in TOOLS[0], TOOLS[3]:
        properties = describe_arguments(tool.arguments)["properties"]
        for each in FILTERS:
            assert properties[each.name]["description"] == each.meaning
            if each.choices:
                assert properties[each.name]["items"]["enum"] == list(each.choices)


def test_counts_are_kept_for_each_facet(home: Path) -> None:
    found = CliRunner().invoke(main, ["--home", str(home), "search", "--json", "--limit", "0"])
    assert {each.facet for each in FILTERS if each.facet} <= set(json.loads(found.output)["facets"])
    assert set(json.loads(found.output)["facets"]) == set(list_facets())


@pytest.mark.parametrize("asked", FILTERS, ids=lambda each: each.name)
def test_every_door_finds_the_same(home: Path, site: TestClient, asked: Any) -> None:
    value = VALUES[asked.name]
    text, library = write(value), Library(home)
    others = WITH.get(asked.name, {})
    option = [asked.option.split("/")[0], *([] if asked.kind == "yes_no" else [text])]
    option += [word for name, other in others.items() for word in (f"--{name}", other)]
    agent = call_tool(library, TOOLS[0], {asked.name: [value] if asked.takes_several else value, **others})
    shown = CliRunner().invoke(main, ["--home", str(home), "search", "--json", "--limit", "0", *option])
    exported = CliRunner().invoke(main, ["--home", str(home), "export", *option])
    page = site.get("/", params={"q": "", asked.field: text, **others}).text
    totals = {
        "agent": agent.facts["total"],
        "command": json.loads(shown.output)["total"],
        "export": len(exported.output.splitlines()),
        "api": site.get("/api/trialbook/search", params={asked.name: text, **others}).json()["total"],
        "api export": len(
            site.get("/api/trialbook/export", params={asked.name: text, **others}).text.splitlines()
        ),
        "page": int(re.findall(r"<strong>(\d+) stud", page)[0]),
    }
    assert len(set(totals.values())) == 1, totals
    assert 0 < totals["agent"] < library.store.count().studies
    assert site.get("/api/trialbook/feed", params={asked.name: text, **others}).status_code == 200


def test_one_row_more_reaches_every_door(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ONE_ROW_MORE, home], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    double = said["python"]["DesignMasking"]["DOUBLE"]
    assert said["python"]["DesignMasking"]["NONE"] > double, "counted without its own filter"
    assert said["cli"].startswith(f"{double} stud")
    assert said["export"] == double
    assert said["api"] > double > 0
    assert [path for path, names in said["parameters"].items() if "toy_masking" in names] == [
        "/search",
        "/export",
        "/report",
        "/feed",
    ]
    assert "DOUBLE" in said["mcp"]["items"]["enum"]
    assert re.search(
        rf'name="toy_masking" value="DOUBLE" checked><span>Double blind</span><span class="count">{double}<',
        said["page"],
    )
    assert "Toy masking: Double blind" in said["page"]


def test_python_takes_each_by_its_name() -> None:
    for name, value in VALUES.items():
        assert make_request("", {name: value, **WITH.get(name, {})}).filters
