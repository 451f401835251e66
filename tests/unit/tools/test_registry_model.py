"""The model and its tables are what the registry's documents say, and a new version of these is a diff."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.registry_model.__main__ import main
from tools.registry_model.documents import DocumentError, Documents, Node, read_documents
from tools.registry_model.files import compare_files, make_files, save_files
from tools.registry_model.model import write_model
from tools.registry_model.tables import write_areas, write_enums, write_metadata, write_pieces
from trialbook.web.api_v2 import metadata

MODEL = "src/trialbook/model"
SEARCH = "src/trialbook/record/data"
DESIGN = "protocolSection.designModule"


@pytest.fixture
def spec(shared_spec: Path, tmp_path: Path) -> Path:
    """A copy of the registry's documents that a test may change."""
    folder = tmp_path / "spec"
    folder.mkdir()
    for path in (shared_spec / "ctgov").iterdir():
        shutil.copyfile(path, folder / path.name)
    return folder


def change_openapi(spec: Path, name: str, changes: dict[str, Any]) -> None:
    path = spec / "openapi-2.0.5.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    schemas = document["components"]["schemas"]
    schemas[name] = schemas.get(name, {"type": "object"}) | changes
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def add_element(spec: Path, schema: str, name: str, kind: dict[str, Any]) -> None:
    """Add an element at the end of a schema of the OpenAPI document."""
    document = yaml.safe_load((spec / "openapi-2.0.5.yaml").read_text(encoding="utf-8"))
    properties = document["components"]["schemas"][schema]["properties"]
    change_openapi(spec, schema, {"properties": properties | {name: kind}})


def add_piece(spec: Path, parent: str, node: dict[str, Any]) -> None:
    """Add a piece below a structure of the metadata, and below it in the table."""
    path = spec / "studies_metadata.json"
    roots = json.loads(path.read_bytes())
    children = roots
    for step in parent.split("."):
        children = next(each for each in children if each["name"] == step)["children"]
    children.append(node)
    path.write_text(json.dumps(roots), encoding="utf-8")
    add_row(spec, node["piece"], f"{parent}.{node['name']}", node["type"])


def add_row(spec: Path, piece: str, path: str, kind: str, *, search_only: str = "") -> None:
    """Add a row at the end of the table of pieces."""
    with (spec / "pieces.tsv").open("a", encoding="utf-8", newline="") as lines:
        csv.writer(lines, delimiter="\t").writerow([piece, path, kind, "", search_only, "", "", "", ""])


def find_changes(spec: Path) -> dict[str, list[str]]:
    """Find the lines that a version of the documents adds to and takes from each file."""
    changes: dict[str, list[str]] = {}
    for line in compare_files(make_files(read_documents(spec))).splitlines():
        if line.startswith("+++ b/"):
            lines = changes.setdefault(line.removeprefix("+++ b/"), [])
        elif line.startswith(("+", "-")) and not line.startswith("---"):
            lines.append(line)
    return changes


def test_all_files_are_as_the_registrys_documents_have_them(
    shared_spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["--spec", str(shared_spec / "ctgov"), "--check"])
    assert (status, *capsys.readouterr()) == (0, "", "")


def test_a_new_element_shows_in_model_pieces_and_metadata(spec: Path) -> None:
    add_element(spec, "DesignModule", "washoutDays", {"type": "integer"})
    link = {"label": "Washout", "url": "https://clinicaltrials.gov/policy/protocol-definitions#Washout"}
    node = {"name": "washoutDays", "piece": "WashoutDays", "sourceType": "NUMERIC", "type": "integer"}
    add_piece(spec, DESIGN, node | {"dedLink": link, "altPieceNames": ["WASHOUT-DAYS"]})
    assert find_changes(spec) == {
        f"{MODEL}/protocol.py": ["+    washout_days: int | None = None"],
        f"{SEARCH}/pieces.json": [
            '-{"piece":"SeriousEventAssessmentType",'
            '"path":"resultsSection.adverseEventsModule.seriousEvents.assessmentType",'
            '"type":"EventAssessment","enum":true}',
            '+{"piece":"SeriousEventAssessmentType",'
            '"path":"resultsSection.adverseEventsModule.seriousEvents.assessmentType",'
            '"type":"EventAssessment","enum":true},',
            f'+{{"piece":"WashoutDays","path":"{DESIGN}.washoutDays",'
            '"type":"integer","alt":["WASHOUT-DAYS"]}',
        ],
        "src/trialbook/web/api_v2/data/metadata.json": [
            '-{"piece":"SeriousEventAssessmentType","link":["Collection Approach","results","AssessType"]}',
            '+{"piece":"SeriousEventAssessmentType","link":["Collection Approach","results","AssessType"]},',
            '+{"piece":"WashoutDays","link":["Washout","protocol","Washout"]}',
        ],
        "tests/unit/samples/leaf_paths.txt": [f"+{DESIGN}.washoutDays"],
    }


def test_a_new_structure_becomes_a_class_above_its_holder(spec: Path) -> None:
    kind = {"stageKind": {"$ref": "#/components/schemas/Phase"}, "from": {"type": "string", "format": "date"}}
    change_openapi(spec, "StageInfo", {"properties": kind})
    items = {"$ref": "#/components/schemas/StageInfo"}
    add_element(spec, "DesignModule", "stageInfos", {"type": "array", "items": items})
    lines = find_changes(spec)[f"{MODEL}/protocol.py"]
    assert sorted(lines) == sorted(
        [
            "+class StageInfo(Element, frozen=True):",
            f'+    """Stage Info (`{DESIGN}.stageInfos`)."""',
            "+",
            "+    stage_kind: Phase | None = None",
            '+    from_: PartialDate | None = msgspec.field(default=None, name="from")',
            "+",
            "+",
            "+    stage_infos: tuple[StageInfo, ...] = ()",
        ]
    )
    text = make_files(read_documents(spec))[f"{MODEL}/protocol.py"]
    assert text.index("class StageInfo(") < text.index("class DesignModule(")


def test_a_new_value_shows_in_both_places_of_enumerations(spec: Path) -> None:
    values = ["NA", "EARLY_PHASE1", "PHASE1", "PHASE2", "PHASE3", "PHASE4", "PHASE5_LATE"]
    change_openapi(spec, "Phase", {"enum": values})
    enums = json.loads((spec / "enums.json").read_bytes())
    (spec / "enums.json").write_text(json.dumps(enums | {"Phase": values}), encoding="utf-8")
    changes = find_changes(spec)
    assert changes[f"{MODEL}/enums.py"] == ['+    PHASE5_LATE = "PHASE5_LATE"']
    (_, added) = changes[f"{SEARCH}/enums.json"]
    assert added.endswith('["PHASE4","Phase 4","Phase IV"],["PHASE5_LATE","Phase5 Late"]]},')
    assert len(changes) == 2


def test_the_registrys_own_wording_of_a_value_comes_first(spec: Path) -> None:
    enums = json.loads((spec / "enums.json").read_bytes())
    answer = [
        {"type": name, "pieces": [], "values": [{"value": each, "legacyValue": each} for each in values]}
        for name, values in enums.items()
    ]
    (spec / "enums.json").write_text(json.dumps(answer), encoding="utf-8")
    rows = {row["enum"]: row["values"] for row in json.loads(write_enums(read_documents(spec)))}
    assert rows["Sex"] == [["FEMALE", "FEMALE"], ["MALE", "MALE"], ["ALL", "ALL", "All", "Both"]]


def test_another_version_shows_where_it_is_named(spec: Path) -> None:
    path = spec / "openapi-2.0.5.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("2.0.5", "2.0.6"), encoding="utf-8")
    path.rename(spec / "openapi-2.0.6.yaml")
    changes = find_changes(spec)
    assert changes[f"{MODEL}/api_version.py"] == ['-API_VERSION = "2.0.5"', '+API_VERSION = "2.0.6"']
    assert sorted(changes) == [
        f"{MODEL}/{name}.py" for name in ("api_version", "derived", "enums", "protocol", "results")
    ]


def test_the_answers_of_the_api_do_as_well_as_the_tables_of_its_pages(spec: Path) -> None:
    """The server answers as the registry does, so its answers stand in for the registry's."""
    expected = read_documents(spec)
    (spec / "pieces.tsv").unlink()
    (spec / "studies_metadata.json").write_bytes(metadata.write_metadata(is_indexed_only_due=True))
    (spec / "search_areas.json").write_bytes(metadata.write_areas())
    (spec / "enums.json").write_bytes(metadata.write_enums())
    documents = read_documents(spec)
    for write in (write_pieces, write_metadata):
        rows = [json.loads(write(each)) for each in (documents, expected)]
        one, other = ({row["piece"]: row for row in table} for table in rows)
        assert one == other
    assert write_areas(documents) == write_areas(expected)
    assert write_enums(documents) == write_enums(expected)


def test_a_count_that_can_only_be_searched_counts_the_list_before_it(spec: Path) -> None:
    add_row(spec, "NumKeywordsToo", "protocolSection.conditionsModule.numToo", "short", search_only="Y")
    rows = json.loads(write_pieces(read_documents(spec)))
    assert rows[-1]["derive"] == ["count", "keywords"]


def test_what_can_only_be_searched_and_follows_no_rule_is_asked_for(spec: Path) -> None:
    add_row(spec, "Weirdness", f"{DESIGN}.weirdness", "number", search_only="Y")
    with pytest.raises(DocumentError, match=r"Weirdness .* say it under \[derive\] in additions.toml"):
        make_files(read_documents(spec))


def test_an_element_that_only_one_document_has_is_named(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add_element(spec, "DesignModule", "washoutDays", {"type": "integer"})
    node = {"name": "dose", "piece": "Dose", "sourceType": "TEXT", "type": "text"}
    add_piece(spec, DESIGN, node)
    assert main(["--spec", str(spec), "--check"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        f"{DESIGN}.washoutDays stands in openapi*.yaml and is no piece of studies_metadata.json: "
        "it is kept and cannot be searched.",
        f"Dose ({DESIGN}.dose) of studies_metadata.json does not stand in openapi*.yaml: "
        "the model does not have it.",
    ]


def test_documents_of_different_days_are_refused(spec: Path) -> None:
    enums = json.loads((spec / "enums.json").read_bytes())
    del enums["Sex"][0]
    (spec / "enums.json").write_text(json.dumps(enums), encoding="utf-8")
    with pytest.raises(DocumentError, match=r"enums.json: Sex differs from openapi\*.yaml in FEMALE"):
        make_files(read_documents(spec))
    table = (spec / "pieces.tsv").read_text(encoding="utf-8")
    add_row(spec, "Dose", f"{DESIGN}.dose", "text")
    with pytest.raises(DocumentError, match=r"pieces.tsv: has Dose, which studies_metadata.json lacks"):
        read_documents(spec)
    rows = [line for line in table.splitlines(keepends=True) if not line.startswith("HasResults\t")]
    (spec / "pieces.tsv").write_text("".join(rows), encoding="utf-8")
    with pytest.raises(DocumentError, match=r"pieces.tsv: lacks HasResults of studies_metadata.json"):
        read_documents(spec)


def test_an_addition_whose_subject_is_gone_is_refused(spec: Path) -> None:
    change_openapi(spec, "Sex", {"enum": ["FEMALE", "MALE"]})
    with pytest.raises(DocumentError, match=r"\[wordings\] speaks of Sex.ALL"):
        make_files(read_documents(spec))


def test_a_new_section_is_left_to_people(spec: Path) -> None:
    add_element(spec, "Study", "consentSection", {"$ref": "#/components/schemas/DocumentSection"})
    with pytest.raises(DocumentError, match=r"Study differs from trialbook.model.study in consentSection"):
        make_files(read_documents(spec))


def test_a_missing_document_is_named_and_a_command_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--spec", str(tmp_path)]) == 2
    assert f"{tmp_path} has 0 files of this name" in capsys.readouterr().err


def test_files_are_written_once_and_a_change_by_hand_is_seen(shared_spec: Path, tmp_path: Path) -> None:
    files = make_files(read_documents(shared_spec / "ctgov"))
    assert sorted(save_files(files, tmp_path)) == sorted(files)
    assert save_files(files, tmp_path) == []
    assert compare_files(files, tmp_path) == ""
    with (tmp_path / MODEL / "enums.py").open("a", encoding="utf-8") as file:
        file.write("BY_HAND = 1\n")
    assert "\n-BY_HAND = 1" in compare_files(files, tmp_path)
    assert save_files(files, tmp_path) == [f"{MODEL}/enums.py"]


def refer(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def make_documents(**schemas: dict[str, Any]) -> Documents:
    """Documents of a record whose sections are empty but for `protocolSection`."""
    names = ("protocolSection", "resultsSection", "annotationSection", "documentSection", "derivedSection")
    sections = {name: refer(name[0].upper() + name[1:]) for name in names}
    empty = {name[0].upper() + name[1:]: {"properties": {}} for name in names}
    study = {"properties": {**sections, "hasResults": {"type": "boolean"}}}
    nodes = (Node("ProtocolSection", "protocolSection", "ProtocolSection", title="The Protocol"),)
    return Documents("9.9", {"Study": study, **empty, **schemas}, nodes, (), {})


def test_each_kind_of_value_has_its_type() -> None:
    properties = {
        "nctId": refer("nct"),
        "aliases": {"type": "array", "items": refer("nct")},
        "isPpsd": {"type": "boolean"},
        "count": {"type": "integer"},
        "lat": {"type": "number"},
        "day": {"type": "string", "format": "date"},
        "month": refer("PartialDate"),
        "class": refer("Kind"),
    }
    documents = make_documents(
        ProtocolSection={"properties": properties},
        nct={"type": "string"},
        PartialDate={"type": "string"},
        Kind={"type": "string", "enum": ["A", "1_SIDED"]},
    )
    texts = write_model(documents)
    assert texts["protocol"].partition("\n\n\n")[2] == (
        "class ProtocolSection(Element, frozen=True):\n"
        '    """The Protocol (`protocolSection`)."""\n'
        "\n"
        "    nct_id: str | None = None\n"
        "    aliases: tuple[str, ...] = ()\n"
        "    is_ppsd: bool | None = None\n"
        "    count: int | None = None\n"
        "    lat: float | None = None\n"
        "    day: PartialDate | None = None\n"
        "    month: PartialDate | None = None\n"
        '    class_: Kind | None = msgspec.field(default=None, name="class")\n'
    )
    assert texts["enums"].partition("\n\n\n")[2] == (
        'class Kind(RegistryEnum):\n    """Values of Kind."""\n\n    A = "A"\n    VALUE_1_SIDED = "1_SIDED"\n'
    )
    assert 'API_VERSION = "9.9"' in texts["api_version"]


def test_a_kind_of_value_that_the_model_does_not_know_is_refused() -> None:
    documents = make_documents(ProtocolSection={"properties": {"odd": {"anyOf": [{"type": "string"}]}}})
    with pytest.raises(DocumentError, match=r"protocolSection.odd is of a kind that the model does not know"):
        write_model(documents)
