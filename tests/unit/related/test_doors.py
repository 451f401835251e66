"""Do all doors list the same studies in the same order for the same question?"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient
from tests.unit.related.conftest import make_trial, write_records

from trialbook.__main__ import main
from trialbook.library import Library
from trialbook.mcp.tools import call_tool, find_tool
from trialbook.web.app import make_app

PARENT, EXTENSION = "NCT10000001", "NCT10000002"
TEXT = "Macitentan for pulmonary arterial hypertension\n\nInclusion criteria: adults of 18 years or older."


@pytest.mark.parametrize(
    ("ids", "text", "facets"),
    [
        ([PARENT], "", []),
        ([PARENT], "", ["drug=2", "disease=0.5"]),
        ([PARENT], "", ["disease"]),
        ([PARENT], "", ["recruiting"]),
        ([PARENT, EXTENSION], "", []),
        ([], TEXT, ["text=0"]),
        ([PARENT], TEXT, []),
    ],
)
def test_every_door_gives_the_list_of_the_library(
    related_home: Path, tmp_path: Path, ids: list[str], text: str, facets: list[str]
) -> None:
    with Library(related_home) as library:
        expected = [each.nct_id for each in library.find_related(*ids, text=text, facets=facets).studies]
        tool = find_tool("related")
        assert tool is not None
        reply = call_tool(library, tool, {"nct_ids": ids, "text": text, "facets": facets})
        assert [each["NCTId"] for each in reply.facts["studies"]] == expected
    assert expected
    (tmp_path / "text").write_text(text)
    arguments = [
        *ids,
        *(part for each in facets for part in ("--facet", each)),
        "--text",
        str(tmp_path / "text"),
    ]
    printed = CliRunner().invoke(main, ["--home", str(related_home), "related", "--json", *arguments]).stdout
    assert [each["nct_id"] for each in json.loads(printed)] == expected
    asked = {"ids": ",".join(ids), "text": text, "facet": facets}
    with TestClient(make_app(related_home), base_url="http://localhost") as client:
        answer = client.get(
            "/api/trialbook/related", params={"ids": asked["ids"], "text": text, "facets": "|".join(facets)}
        )
        assert [each["nctId"] for each in answer.json()["studies"]] == expected
        pages = [client.post("/related", data=asked).text, client.get("/related", params=asked).text]
        if len(ids) == 1 and not text:
            pages.append(client.get(f"/study/{PARENT}/related", params={"facet": facets}).text)
            answer = client.get(
                f"/api/trialbook/studies/{PARENT}/related", params={"facets": ",".join(facets)}
            )
            assert [each["nctId"] for each in answer.json()["studies"]] == expected
    for page in pages:
        listed = page.partition('<ul class="related">')[2].partition("<table>")[0]
        # A page keeps the family apart: the order is the list's within each group.
        assert sorted(re.findall(r'<li><a href="/study/(NCT\d{8})"', listed)) == sorted(expected)


@pytest.mark.parametrize(
    ("more", "facets", "said"),
    [
        ([], [], "No study of this library is like it."),
        (["bosentan"], ["results"], "No study of this library is like it in the way that is asked."),
    ],
)
def test_a_list_without_a_study_says_so_at_every_door(
    tmp_path: Path, more: list[str], facets: list[str], said: str
) -> None:
    home, nct_id = tmp_path / "library", "NCT10000001"
    records = [
        make_trial(f"NCT1000000{number}", drug, "Pulmonary Arterial Hypertension")
        for number, drug in enumerate(["macitentan", *more], 1)
    ]
    with Library.create(home) as library:
        library.import_files(write_records(tmp_path / "records.jsonl", records))
        found = library.find_related(nct_id, facets=facets)
        assert (found.studies, found.note) == ((), said)
        tool = find_tool("related")
        assert tool is not None
        told = call_tool(library, tool, {"nct_ids": [nct_id], "facets": facets, "landscape": True}).facts
        assert (told["studies"], told["note"]) == ([], said)
    arguments = [
        "--home",
        str(home),
        "related",
        nct_id,
        *(part for each in facets for part in ("--facet", each)),
    ]
    assert CliRunner().invoke(main, arguments).stdout == f"{said}\n"
    as_json = CliRunner().invoke(main, [*arguments, "--json"])
    assert (json.loads(as_json.stdout), as_json.stderr) == ([], f"{said}\n")
    with TestClient(make_app(home, related_wait_s=60.0), base_url="http://localhost") as client:
        asked = {"facets": ",".join(facets), "landscape": "true"}
        answer = client.get(f"/api/trialbook/studies/{nct_id}/related", params=asked).json()
        assert (answer["studies"], answer["note"]) == ([], said)
        page = client.get(f"/study/{nct_id}/related", params={"facet": facets})
        assert page.status_code == 200
        assert page.text.count(said) == 1
        assert '<svg class="drawing' not in page.text
        if not facets:
            assert client.get(f"/study/{nct_id}").text.count(said) == 1
            assert said in client.get(f"/study/{nct_id}.txt").text
