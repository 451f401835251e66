"""No format was forgotten, none lacks a part, and what people are told of them is what is read."""

from __future__ import annotations

import importlib
import inspect
import io
import pkgutil
import re
from pathlib import Path
from typing import Any

import click
import pytest

from trialbook import source
from trialbook.cli.main import main
from trialbook.record.pieces import get_pieces
from trialbook.source.carried import CUT_FIDELITY, find_carried, find_fidelity
from trialbook.source.formats import FORMATS, describe_formats, get_format
from trialbook.source.incoming import ArchiveForm, Form, Format, Incoming, Rejected
from trialbook.source.limits import DEFAULT

ROOT = Path(__file__).parents[3]
XML = b"<clinical_study><id_info><nct_id>NCT00000001</nct_id></id_info></clinical_study>"
RECORD = b'{"protocolSection":{"identificationModule":{"nctId":"NCT00000001"}}}'
WHOLE: dict[str, Any] = {
    "protocolSection": {
        "identificationModule": {"nctId": "NCT00000001", "briefTitle": "Rest"},
        "statusModule": {"overallStatus": "COMPLETED", "lastUpdateSubmitDate": "2024-01-10"},
        "sponsorCollaboratorsModule": {"leadSponsor": {"name": "A University"}},
        "descriptionModule": {"briefSummary": "Rest or none."},
        "conditionsModule": {"conditions": ["Cough"]},
        "designModule": {"studyType": "INTERVENTIONAL"},
        "outcomesModule": {"primaryOutcomes": [{"measure": "Cough"}]},
        "eligibilityModule": {"sex": "ALL"},
        "contactsLocationsModule": {"locations": [{"city": "Oslo"}]},
    },
    "hasResults": False,
}
HELD = {
    "protocolSection.identificationModule.nctId",
    "protocolSection.identificationModule.briefTitle",
    "protocolSection.statusModule.overallStatus",
    "protocolSection.statusModule.lastUpdateSubmitDate",
    "protocolSection.sponsorCollaboratorsModule.leadSponsor.name",
    "protocolSection.descriptionModule.briefSummary",
    "protocolSection.conditionsModule.conditions",
    "protocolSection.designModule.studyType",
    "protocolSection.outcomesModule.primaryOutcomes.measure",
    "protocolSection.eligibilityModule.sex",
    "protocolSection.contactsLocationsModule.locations.city",
    "hasResults",
}
# One small file of each form that is a file; an archive form has its own tests.
FILES = {
    "legacy_xml": [b'{"nct_id":"NCT00000001","xml":"' + XML + b'"}', XML],
    "history": [b'{"studyVersion":0,"study":' + RECORD + b"}"],
    "api_v2": [RECORD],
    "ictrp": [b"TrialID,Public title,Source Register\nChiCTR1,Rest,ChiCTR\n"],
    "page_text": [
        b"A Study of Rest\n\nNCT ID: NCT00000001\n\nLast Updated: 2025-01-01\n\nKeywords\n\nrest\n"
    ],
    "aact": [],
}


def find_readers() -> dict[str, list[str]]:
    """The modules of `source` with a function `read_…` that turns bytes or a zip into records."""
    readers: dict[str, list[str]] = {}
    for found in pkgutil.walk_packages(source.__path__, "trialbook.source."):
        module = importlib.import_module(found.name)
        for name, function in vars(module).items():
            if not (name.startswith("read_") and inspect.isfunction(function)):
                continue
            if function.__module__ == module.__name__ and _makes_records(function):
                readers.setdefault(found.name, []).append(name)
    return readers


def _makes_records(function: Any) -> bool:
    taken = list(function.__annotations__)
    made = str(function.__annotations__.get("return"))
    return taken[0] in ("stream", "archive") and bool(re.search(r"Iterator\[.*(Incoming|Item)", made))


def test_every_module_that_reads_records_has_its_format_in_the_table() -> None:
    readers = find_readers()
    assert sum(map(len, readers.values())) == sum(len(each.forms) for each in FORMATS)
    own = {name: importlib.import_module(name).FORMAT for name in readers}
    assert len(own) == len(FORMATS)
    assert set(own.values()) == set(FORMATS)


def test_every_format_has_all_its_parts() -> None:
    assert len({each.name for each in FORMATS}) == len({each.says for each in FORMATS}) == len(FORMATS)
    paths = {piece.path for piece in get_pieces().values()}
    for each in FORMATS:
        assert each.says.strip()
        assert 0 <= each.fidelity <= 4
        assert each.forms
        assert all(isinstance(form, Form | ArchiveForm) for form in each.forms)
        if each.carries is not None:
            assert each.carries
            for carried in each.carries:
                assert any(path == carried or path.startswith(f"{carried}.") for path in paths), carried
    assert max(FORMATS, key=lambda each: each.fidelity).name == "api_v2"
    assert [each.name for each in FORMATS if each.fidelity == 4] == ["api_v2"]


@pytest.mark.parametrize("part", ["name", "says", "fidelity", "carries", "forms"])
def test_a_format_without_one_of_its_parts_cannot_be_made(part: str) -> None:
    parts: dict[str, Any] = {"name": "x", "says": "x", "fidelity": 1, "carries": None, "forms": ()}
    assert Format(**parts).name == "x"
    del parts[part]
    with pytest.raises(TypeError, match=f"Missing required argument '{part}'"):
        Format(**parts)


def test_what_is_looked_up_by_an_unknown_name_is_an_error_and_not_the_lowest_rank() -> None:
    assert get_format("legacy_xml").fidelity == 2
    with pytest.raises(KeyError):
        get_format("legacy")


def test_a_comparison_knows_what_each_poorer_format_can_say() -> None:
    poorer = {each.name: each.carries for each in FORMATS if each.carries is not None}
    assert set(poorer) == {"aact", "ictrp", "legacy_xml", "page_text"}
    for name, paths in poorer.items():
        held = find_carried(name, WHOLE)
        assert held == (paths if get_format(name).fidelity > CUT_FIDELITY else HELD), name
    assert find_carried("api_v2", WHOLE) is None
    protocol = find_carried("api_v2", {"protocolSection": WHOLE["protocolSection"]})
    assert protocol is not None
    assert "protocolSection.referencesModule" in protocol
    assert not {"resultsSection", "hasResults"} & protocol


@pytest.mark.parametrize("lacking", ["descriptionModule", "designModule", "conditionsModule"])
def test_of_a_record_that_was_cut_no_more_is_known_than_it_holds(lacking: str) -> None:
    modules = {name: part for name, part in WHOLE["protocolSection"].items() if name != lacking}
    cut = {**WHOLE, "protocolSection": modules}
    assert find_carried("api_v2", cut) == {path for path in HELD if lacking not in path}
    assert (find_fidelity("api_v2", cut), find_fidelity("api_v2", WHOLE)) == (CUT_FIDELITY, 4)


def test_that_a_record_has_no_outcomes_is_not_believed_where_the_registry_demands_some() -> None:
    modules = {name: part for name, part in WHOLE["protocolSection"].items() if name != "outcomesModule"}
    carried = find_carried("api_v2", {**WHOLE, "protocolSection": modules})
    assert carried is not None
    assert "protocolSection.outcomesModule" not in carried
    assert {"protocolSection.referencesModule", "hasResults", "resultsSection"} <= carried


def test_nothing_is_measured_in_an_expanded_access() -> None:
    modules = {name: part for name, part in WHOLE["protocolSection"].items() if name != "outcomesModule"}
    modules["designModule"] = {"studyType": "EXPANDED_ACCESS"}
    assert find_carried("api_v2", {**WHOLE, "protocolSection": modules}) is None
    del modules["eligibilityModule"]
    carried = find_carried("api_v2", {**WHOLE, "protocolSection": modules})
    assert carried is not None
    assert "protocolSection.eligibilityModule" not in carried


@pytest.mark.parametrize("each", FORMATS, ids=lambda each: each.name)
def test_each_form_is_known_read_and_named_by_its_own_format_alone(each: Format) -> None:
    forms = [form for form in each.forms if isinstance(form, Form)]
    assert len(FILES[each.name]) == len(forms)
    every = [form for other in FORMATS for form in other.forms if isinstance(form, Form)]
    for data, form in zip(FILES[each.name], forms, strict=True):
        assert next(other for other in every if other.is_this(data)) is form
        (item,) = form.read(io.BytesIO(data), "file", DEFAULT)
        assert isinstance(item, Incoming), item
        assert item.format == each.name
        assert item.received in data


def test_people_are_told_of_every_format() -> None:
    # A command keeps the help option of the first context that asks for it: ask as people do.
    context = click.Context(main, terminal_width=100, **main.context_settings)
    told = " ".join(main.commands["import"].get_help(context).split())
    page = (ROOT / "docs" / "reference" / "formats.md").read_text(encoding="utf-8")
    rows = [
        tuple(cell.strip() for cell in line.split("|")[1:-1]) for line in page.splitlines() if "| `" in line
    ]
    assert describe_formats() in told
    assert set(rows) == {
        (
            f"`{each.name}`",
            each.says,
            str(each.fidelity),
            "part of a record" if each.carries else "everything",
        )
        for each in FORMATS
    }


def test_what_is_no_format_is_told_what_would_be() -> None:
    from trialbook.source.files import read_path

    (item,) = read_path(ROOT / "LICENSE")
    assert isinstance(item, Rejected)
    assert describe_formats() in item.reason
