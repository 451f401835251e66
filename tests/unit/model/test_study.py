"""A study holds its record whole, whatever stands in it."""

from __future__ import annotations

import json
from types import NoneType
from typing import Any, get_args, get_origin

import msgspec
import pytest

from trialbook.errors import SourceFormatError
from trialbook.model import PartialDate, Study, encode_study, parse_study
from trialbook.model.enums import Phase, Status
from trialbook.model.study import read_typed


def make_record(**modules: Any) -> dict[str, Any]:
    identification = {"nctId": "NCT99000001", "briefTitle": "Aspirin & <b>rest</b>"}
    return {"protocolSection": {"identificationModule": identification, **modules}}


def parse(record: dict[str, Any]) -> Study:
    return parse_study(json.dumps(record).encode())


def test_what_is_written_equals_what_was_read_and_what_is_new_is_kept_by_its_place() -> None:
    record = make_record(statusModule={"overallStatus": "RECRUITING", "new~/key": {"a": [1, None]}})
    record["futureSection"] = [1.5]

    study = parse(record)

    assert study.to_dict() == record
    assert json.loads(encode_study(study)) == record
    assert study.unmodelled == {
        "/protocolSection/statusModule/new~0~1key": {"a": [1, None]},
        "/futureSection": [1.5],
    }


def test_an_unlisted_value_of_an_enumeration_is_kept_and_shown() -> None:
    study = parse(make_record(statusModule={"overallStatus": "PAUSED_BY_WEATHER"}))

    assert study.overall_status is not None
    assert study.overall_status == "PAUSED_BY_WEATHER"
    assert study.overall_status.words == "Paused by weather"
    assert not study.overall_status.is_listed
    assert Status.RECRUITING.is_listed
    assert study.unmodelled == {}


@pytest.mark.parametrize(
    ("module", "value", "place", "kept"),
    [
        ("conditionsModule", {"conditions": [1]}, "conditions", [1]),
        ("conditionsModule", {"conditions": ["Cough", 1, "Fever"]}, "conditions", ["Cough", 1, "Fever"]),
        ("conditionsModule", {"conditions": "Cough"}, "conditions", "Cough"),
        ("eligibilityModule", {"healthyVolunteers": "No", "sex": "ALL"}, "healthyVolunteers", "No"),
        ("designModule", {"enrollmentInfo": {"count": "30", "type": "ACTUAL"}}, "enrollmentInfo/count", "30"),
        ("contactsLocationsModule", {"locations": [{"city": "A"}, {"city": 7}]}, "locations/1/city", 7),
        (
            "contactsLocationsModule",
            {"locations": [{"city": "A"}, {"contacts": [{"name": "B"}, {"name": 7}, {"name": "C"}]}]},
            "locations/1/contacts/1/name",
            7,
        ),
    ],
)
def test_a_value_of_a_wrong_type_is_absent_from_the_view_and_kept(
    module: str, value: Any, place: str, kept: Any
) -> None:
    record = make_record(**{module: value})

    study = parse(record)

    assert study.unmodelled == {f"/protocolSection/{module}/{place}": kept}
    assert study.to_dict() == record
    assert study.nct_id == "NCT99000001"


def test_right_items_beside_wrong_ones_stay_in_the_view() -> None:
    study = parse(
        make_record(
            conditionsModule={"conditions": ["Cough", 1, "Fever"]},
            contactsLocationsModule={"locations": [{"city": "Avon"}, {"city": 7, "country": "France"}]},
        )
    )

    assert study.conditions == ("Cough", "Fever")
    assert [(site.city, site.country) for site in study.locations] == [("Avon", None), (None, "France")]


def test_explicit_nulls_and_empty_lists_survive() -> None:
    record = make_record(statusModule=None, conditionsModule={"conditions": [], "keywords": None})

    study = parse(record)

    assert study.conditions == ()
    assert study.to_dict() == record


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not valid JSON"),
        (b"[1]", "not a record"),
        (b'{"a":', "not valid JSON"),
        (b'{"a":"\xff"}', "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b'{"a":' * 100_000, "not valid JSON"),
    ],
)
def test_what_is_no_record_is_refused_with_its_reason(body: bytes, reason: str) -> None:
    with pytest.raises(SourceFormatError, match=reason):
        parse_study(body)


def test_more_misfits_than_a_record_may_have_are_refused_by_place_and_id() -> None:
    elements = ["facility", "city", "state", "zip", "country", "status"]
    deep = [
        {"contacts": [{element: wrong}]} for element in ("name", "role", "phone") for wrong in (1, True, 1.5)
    ]
    flat = [{element: wrong} for element in elements for wrong in (1, 1.5, True, [], {})]
    officials = [
        {element: wrong} for element in ("name", "affiliation", "role") for wrong in (1, 1.5, True, [], {})
    ]
    record = make_record(contactsLocationsModule={"locations": flat + deep, "overallOfficials": officials})

    with pytest.raises(SourceFormatError) as caught:
        parse(record)

    assert caught.value.nct_id == "NCT99000001"
    assert caught.value.path.startswith("protocolSection.contactsLocationsModule.")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (
            {
                "lastUpdateSubmitDate": "2021-03-01",
                "lastUpdatePostDateStruct": {"date": "2021-03-04"},
                "statusVerifiedDate": "2021-02",
            },
            "2021-03-01",
        ),
        ({"lastUpdatePostDateStruct": {"date": "2021-03-04"}, "statusVerifiedDate": "2021-02"}, "2021-03-04"),
        ({"statusVerifiedDate": "2021-02"}, "2021-02"),
        ({"lastUpdateSubmitDate": "soon", "statusVerifiedDate": "2021-02"}, "2021-02"),
        ({"lastUpdateSubmitDate": "soon"}, None),
        ({}, None),
    ],
)
def test_a_version_is_dated_by_the_registrys_last_update_or_what_stands_in_for_it(
    status: dict[str, Any], expected: str | None
) -> None:
    assert parse(make_record(statusModule=status)).version_date == expected


def test_the_facts_are_at_hand_at_the_prompt() -> None:
    study = parse(
        make_record(
            statusModule={"overallStatus": "COMPLETED", "startDateStruct": {"date": "2021-08"}},
            designModule={
                "studyType": "INTERVENTIONAL",
                "phases": ["PHASE1", "PHASE2"],
                "enrollmentInfo": {"count": 26},
            },
            armsInterventionsModule={"armGroups": [{"label": "Rest"}], "interventions": [{"name": "Bed"}]},
        )
    )

    assert study.phases == (Phase.PHASE1, Phase.PHASE2)
    assert (study.brief_title, study.enrollment_count) == ("Aspirin & <b>rest</b>", 26)
    assert [arm.label for arm in study.arm_groups] == ["Rest"]
    assert [item.name for item in study.interventions] == ["Bed"]
    start = study.status.start_date_struct
    assert start is not None
    assert isinstance(start.date, PartialDate)
    assert repr(study) == (
        "<Study NCT99000001: 'Aspirin & <b>rest</b>', COMPLETED, PHASE1/PHASE2, 26 participants>"
    )


def test_the_notebook_view_lets_no_text_become_markup() -> None:
    page = parse(make_record())._repr_html_()

    assert "Aspirin &amp; &lt;b&gt;rest&lt;/b&gt;" in page
    assert "<b>" not in page


def test_an_empty_record_is_a_study_without_facts() -> None:
    study = parse_study(b"{}")

    assert (study.nct_id, study.overall_status, study.phases, study.locations) == ("", None, (), ())
    assert repr(study) == "<Study without id: '', status unknown, type unknown>"
    assert study.to_dict() == {}


def test_lists_and_what_stands_in_their_place_may_both_be_wrong() -> None:
    """What is wrong in one site's list says nothing of a site that has no list there."""
    sites = [{"contacts": [{"name": 5, "role": "CONTACT"}]}, {"contacts": 1.5, "city": "Lund"}]
    record = {"protocolSection": {"contactsLocationsModule": {"locations": sites}}}
    study = parse_study(json.dumps(record).encode())
    assert [site.city for site in study.locations] == [None, "Lund"]
    assert study.to_dict() == record
    place = "/protocolSection/contactsLocationsModule/locations"
    assert study.unmodelled == {f"{place}/0/contacts/0/name": 5, f"{place}/1/contacts": 1.5}


def test_misfits_are_named_by_place_and_type_whatever_the_decoder_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record = make_record(
        conditionsModule={"conditions": ["Cough", 1, "Fever", 2, None]},
        contactsLocationsModule={"locations": [{"city": 7}, 5, {"geoPoint": {"lat": "north", "lon": 1}}]},
        designModule={"phases": [2, "PHASE2"], "enrollmentInfo": {"count": "many"}},
        statusModule=[],
    )
    convert = msgspec.convert

    def convert_in_other_words(*args: Any, **kwargs: Any) -> Any:
        try:
            return convert(*args, **kwargs)
        except msgspec.ValidationError:
            raise msgspec.ValidationError("that does not fit") from None

    monkeypatch.setattr(msgspec, "convert", convert_in_other_words)
    study, misfits = read_typed(record)

    assert study.conditions == ("Cough", "Fever")
    assert [(site.city, site.geo_point and site.geo_point.lon) for site in study.locations] == [
        (None, None),
        (None, 1.0),
    ]
    assert study.phases == (Phase.PHASE2,)
    place = "protocolSection."
    assert {(error.path.removeprefix(place), error.found, error.expected) for error in misfits} == {
        ("conditionsModule.conditions[...]", "int", "str"),
        ("conditionsModule.conditions[...]", "null", "str"),
        ("contactsLocationsModule.locations[...].city", "int", "str"),
        ("contactsLocationsModule.locations[...]", "int", "object"),
        ("contactsLocationsModule.locations[...].geoPoint.lat", "str", "float"),
        ("designModule.phases[...]", "int", "str"),
        ("designModule.enrollmentInfo.count", "str", "int"),
        ("statusModule", "array", "object"),
    }
    assert {error.nct_id for error in misfits} == {"NCT99000001"}


def test_every_type_of_the_model_is_one_of_which_misfits_can_be_found() -> None:
    waiting: list[Any] = [Study]
    seen: set[Any] = set()
    while waiting:
        kind = waiting.pop()
        options = [each for each in get_args(kind) if each is not NoneType] or [kind]
        if get_origin(kind) is tuple:
            assert options[1:] == [...]
            options = options[:1]
        for each in options:
            if get_origin(each) is tuple:
                waiting.append(each)
            elif issubclass(each, msgspec.Struct) and each not in seen:
                seen.add(each)
                waiting += [field.type for field in msgspec.structs.fields(each)]
            elif not issubclass(each, msgspec.Struct):
                assert len(options) == 1
                assert issubclass(each, str | int | float | bool), each
    assert len(seen) > 80
