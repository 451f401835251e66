"""Do all doors list the same studies in the same order for the same question?"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

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
