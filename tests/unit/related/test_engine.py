"""Does a list hold the study's family first, then what is like it, with reasons that add up?"""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import msgspec
import pytest
from tests.unit.related.conftest import make_record, make_records, make_trial, write_records

from trialbook.derived import related
from trialbook.errors import NotFoundError, StoreError, UsageError
from trialbook.library import Library
from trialbook.related import engine
from trialbook.related.engine import RelatedEngine, RelatedStudy
from trialbook.related.likeness import OTHER_DISEASE
from trialbook.store.file import FILE_NAME

PARENT, EXTENSION, STRANGER = "NCT10000001", "NCT10000002", "NCT10000003"


def find(home: Path, *asked: str, **more: object) -> tuple[RelatedStudy, ...]:
    with Library(home) as library:
        return library.find_related(*asked, **more).studies  # type: ignore[arg-type]


def get_kinds(study: RelatedStudy) -> set[str]:
    return {reason.kind for reason in study.reasons}


def test_the_extension_comes_first_and_is_named_as_such(related_home: Path) -> None:
    first, second, *_ = find(related_home, PARENT)
    assert (first.nct_id, first.group, first.relation) == (EXTENSION, "family", "extension")
    assert (second.nct_id, second.group, second.relation) == (STRANGER, "related", "")
    assert {"named by id", "same run of study ids", "same sponsor", "said by the title"} <= get_kinds(first)
    assert not {"named by id", "same sponsor", "same run of study ids"} & get_kinds(second)


def test_the_parent_is_the_predecessor_of_its_extension(related_home: Path) -> None:
    first = find(related_home, EXTENSION)[0]
    assert (first.nct_id, first.relation) == (PARENT, "predecessor")


def test_trials_of_one_sponsor_and_drug_in_other_diseases_are_no_family(tmp_path: Path) -> None:
    asked, same, other = (f"NCT5000000{number}" for number in (1, 2, 3))
    maker = {"sponsor": "Maker of it"}
    records = [
        make_trial(asked, "Blue cells", "Parkinson Disease", title="Expanded Access to Blue Cells", **maker),
        make_trial(same, "Blue cells", "Parkinson Disease", title="Blue Cells in Parkinson Disease", **maker),
        make_trial(other, "Blue cells", "Multiple Sclerosis", title="Blue Cells in Sclerosis", **maker),
    ]
    with Library.create(tmp_path / "library") as library:
        library.import_files(write_records(tmp_path / "r.jsonl", records))
        found = {each.nct_id: each for each in library.find_related(asked).studies}
    assert (found[same].group, found[same].relation) == ("family", "predecessor")
    assert "said by the title" in get_kinds(found[same])
    assert (found[other].group, found[other].relation) == ("related", "")
    assert "said by the title" not in get_kinds(found[other])


def test_whose_extension_a_study_is_its_drug_alone_does_not_say(tmp_path: Path) -> None:
    asked, other = "NCT50000001", "NCT50000002"
    maker = {"sponsor": "Maker of it"}
    records = [
        make_trial(
            asked, "Blue cells", "Asthma", title="Sleep and daily walks of adults with asthma", **maker
        ),
        make_trial(other, "Blue cells", "Asthma", title="Extension for those who completed ZOR-HF", **maker),
    ]
    for record, said in zip(records, ("actigraphy ramipril wrist", "mortality hospital epoch"), strict=True):
        record["protocolSection"]["descriptionModule"] = {"briefSummary": said * 9}
    with Library.create(tmp_path / "library") as library:
        library.import_files(write_records(tmp_path / "r.jsonl", records))
        (found,) = library.find_related(asked).studies
    assert (found.group, found.relation) == ("family", "same programme")


def test_what_began_later_is_no_predecessor(tmp_path: Path) -> None:
    asked, earlier, later, same_month = (f"NCT5000000{number}" for number in (1, 2, 3, 4))
    days = {asked: "2021-05", earlier: "2020-01-07", later: "2022-03-01", same_month: "2021-05-30"}
    records = [
        make_trial(
            each,
            "Blue cells",
            "Asthma",
            sponsor="Maker of it",
            title="Expanded Access to Blue Cells" if each == asked else "Blue Cells in Asthma",
            statusModule={"startDateStruct": {"date": day}},
        )
        for each, day in days.items()
    ]
    with Library.create(tmp_path / "library") as library:
        library.import_files(write_records(tmp_path / "r.jsonl", records))
        found = {each.nct_id: each.relation for each in library.find_related(asked).studies}
    assert found == {earlier: "predecessor", same_month: "predecessor", later: "same programme"}


@pytest.mark.parametrize(("least", "is_named"), [("18 Years", False), ("1 Day", True), ("", True)])
def test_a_heading_of_newborns_is_none_of_adults(tmp_path: Path, least: str, is_named: bool) -> None:
    heading = "Respiratory Distress Syndrome, Newborn"
    records = [make_trial(f"NCT5000000{number}", f"drug{number}", "ARDS") for number in (1, 2)]
    for record in records:
        record["protocolSection"]["eligibilityModule"] = {"minimumAge": least} if least else {}
        record["derivedSection"] = {"conditionBrowseModule": {"meshes": [{"id": "D012127", "term": heading}]}}
    with Library.create(tmp_path / "library") as library:
        library.import_files(write_records(tmp_path / "r.jsonl", records))
        (found,) = library.find_related("NCT50000001").studies
    said = {word for reason in found.reasons for word in reason.theirs}
    assert (heading in said) is is_named


def damage(home: Path, *nct_ids: str) -> None:
    """Alter a byte of what is kept of some studies."""
    with sqlite3.connect(home / FILE_NAME) as connection:
        for nct_id in nct_ids:
            version_id, body = connection.execute(
                "SELECT version_id, body FROM study JOIN version ON version_id = current_version_id"
                " WHERE nct_id = ?",
                (nct_id,),
            ).fetchone()
            changed = bytes([*body[:-1], body[-1] ^ 1])
            connection.execute("UPDATE version SET body = ? WHERE version_id = ?", (changed, version_id))
    connection.close()


def test_what_cannot_be_read_any_more_leaves_its_place_to_the_next_and_is_named(
    related_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = [each.nct_id for each in find(related_home, PARENT, limit=5)]
    home = Path(shutil.copytree(related_home, tmp_path / "library"))
    damage(home, *whole[:2])
    with Library(home) as library:
        found = library.find_related(PARENT, limit=3)
    assert [each.nct_id for each in found.studies] == whole[2:5]
    assert f"a damaged record: {', '.join(whole[:2])};" in found.note
    damage(home, *whole[2:])
    monkeypatch.setattr(engine, "MOST_NAMED", 1)
    with Library(home) as library:
        note = library.find_related(PARENT, limit=3).note
    assert note.startswith(f"Left out, as nothing can be said of a damaged record: {whole[0]} and others;")


def test_a_list_never_holds_what_was_asked_for(related_home: Path) -> None:
    assert PARENT not in {each.nct_id for each in find(related_home, PARENT, limit=100)}
    both = {each.nct_id for each in find(related_home, PARENT, EXTENSION, limit=100)}
    assert STRANGER in both
    assert not {PARENT, EXTENSION} & both


def test_shares_add_up_to_the_score_and_scores_fall(related_home: Path) -> None:
    for asked in ((PARENT,), (STRANGER,), (PARENT, STRANGER, "NCT20000001")):
        studies = find(related_home, *asked)
        assert studies
        for study in studies:
            assert sum(reason.share for reason in study.reasons) == pytest.approx(study.score)
            assert all(reason.share > 0 for reason in study.reasons)
        scores = [study.score for study in studies]
        assert scores == sorted(scores, reverse=True)


def test_reasons_name_the_words_on_both_sides(related_home: Path) -> None:
    stranger = next(each for each in find(related_home, PARENT) if each.nct_id == STRANGER)
    reasons = {reason.kind: reason for reason in stranger.reasons}
    words = reasons["words of conditions and keywords"]
    assert {"pulmonary", "arterial", "hypertension"} == set(words.ours) == set(words.theirs)
    assert "Pulmonary Arterial Hypertension" in reasons["same condition"].ours
    assert reasons["same ages"].theirs == ("18 years or older",)
    assert reasons["same limits"].theirs == ("all sexes",)
    assert reasons["same design"].ours == ("study type: INTERVENTIONAL",)


def test_ages_that_only_overlap_are_not_called_the_same(tmp_path: Path) -> None:
    asked, wider, older = (f"NCT5000000{number}" for number in (1, 2, 3))
    records = [make_trial(each, "Blue capsule", "Frozen Shoulder Syndrome") for each in (asked, wider, older)]
    records[1]["protocolSection"]["eligibilityModule"] = {"minimumAge": "12 Years", "maximumAge": "50 Years"}
    records[2]["protocolSection"]["eligibilityModule"] = {"maximumAge": "17 Years", "sex": "ALL"}
    with Library.create(tmp_path / "library") as library:
        library.import_files(write_records(tmp_path / "r.jsonl", records))
        found = {each.nct_id: each for each in library.find_related(asked).studies}
    reasons = {reason.kind: reason for reason in found[wider].reasons}
    assert not {"same ages", "same limits"} & reasons.keys()
    assert reasons["overlapping ages"].ours == ("18 years or older",)
    assert reasons["overlapping ages"].theirs == ("12 years to 50 years",)
    assert get_kinds(found[older]) & {"same ages", "overlapping ages", "same limits"} == {"same limits"}


def test_an_investigator_is_named_as_each_record_writes_it(tmp_path: Path) -> None:
    records = [
        make_trial("NCT50000001", "Blue capsule", "Frozen Shoulder Syndrome"),
        make_trial("NCT50000002", "Red capsule", "Restless Ear Syndrome"),
    ]
    for record, name in zip(records, ("Ada M. Lovelace, MD, PhD", "ADA M LOVELACE"), strict=True):
        record["protocolSection"]["contactsLocationsModule"] = {"overallOfficials": [{"name": name}]}
    with Library.create(tmp_path / "library") as library:
        library.import_files(write_records(tmp_path / "r.jsonl", records))
        (found,) = library.find_related("NCT50000001").studies
    reason = next(each for each in found.reasons if each.kind == "same investigator")
    assert (reason.ours, reason.theirs) == (("Ada M. Lovelace",), ("ADA M LOVELACE",))


def test_to_share_a_word_is_not_to_be_the_same(tmp_path: Path) -> None:
    records = [
        make_trial("NCT50000001", "Blue capsule", "Frozen Shoulder Syndrome"),
        make_trial("NCT50000002", "Red capsule", "Restless Ear Syndrome"),
    ]
    with Library.create(tmp_path / "library") as library:
        library.import_files(write_records(tmp_path / "r.jsonl", records))
        (found,) = library.find_related("NCT50000001").studies
    assert "same intervention" not in get_kinds(found)
    reasons = {reason.kind: reason for reason in found.reasons}
    assert reasons["words of interventions"].ours == reasons["words of interventions"].theirs == ("capsule",)


def test_what_no_vocabulary_knows_is_the_same_by_the_same_name(tmp_path: Path) -> None:
    asked, same, other = (f"NCT5000000{number}" for number in (1, 2, 3))
    records = [
        make_trial(asked, "Zorblax catheter (second model)", "Facetogenic Elbow Gloom"),
        make_trial(same, "ZORBLAX Catheter", "facetogenic elbow gloom (chronic)"),
        make_trial(other, "Zorblax ointment", "Facetogenic Knee Gloom"),
    ]
    with Library.create(tmp_path / "library") as library:
        library.import_files(write_records(tmp_path / "r.jsonl", records))
        found = {each.nct_id: each for each in library.find_related(asked).studies}
        demanded = {
            demand: [each.nct_id for each in library.find_related(asked, facets=[demand]).studies]
            for demand in ("same-drug", "same-disease")
        }
    reasons = {reason.kind: reason for reason in found[same].reasons}
    assert reasons["same intervention"].ours == ("Zorblax catheter",)
    assert reasons["same intervention"].theirs == ("ZORBLAX Catheter",)
    assert reasons["same condition"].theirs == ("facetogenic elbow gloom",)
    assert not {"same intervention", "same condition"} & get_kinds(found[other])
    assert demanded == {"same-drug": [same], "same-disease": [same]}


def test_another_disease_counts_against_a_study_unless_diseases_are_left_out(tmp_path: Path) -> None:
    asked, other, unsaid = "NCT50000001", "NCT50000002", "NCT50000003"
    records = [
        make_trial(asked, "Blue capsule", "Frozen Shoulder Syndrome"),
        make_trial(other, "Blue capsule", "Asthma"),
        make_trial(unsaid, "Blue capsule", "Asthma"),
    ]
    del records[2]["protocolSection"]["conditionsModule"]
    with Library.create(tmp_path / "library") as library:
        library.import_files(write_records(tmp_path / "r.jsonl", records))

        def find_shares(*facets: str) -> dict[str, float]:
            found = library.find_related(asked, facets=facets).studies
            return {
                each.nct_id: reason.share
                for each in found
                for reason in each.reasons
                if reason.kind == "words of interventions"
            }

        shares, without = find_shares(), find_shares("disease=0")
    assert shares[other] == pytest.approx(OTHER_DISEASE * without[other])
    assert shares[unsaid] == pytest.approx(without[unsaid])


def test_what_changed_since_the_index_was_made_is_told_as_it_is_now(tmp_path: Path) -> None:
    records = make_records()
    with Library.create(tmp_path / "library") as library:
        library.import_files(write_records(tmp_path / "r.jsonl", records))
        engine = library.related_engine
        changed = make_trial(EXTENSION, "macitentan", "Pulmonary Arterial Hypertension", sponsor="Another")
        bodies = {EXTENSION: msgspec.json.encode(changed)}
        newer = RelatedEngine(
            engine._data, engine._thesaurus, lambda nct_id: bodies.get(nct_id) or library.find_body(nct_id)
        )
        told = {each.nct_id: each for each in newer.find([newer.read_traits(PARENT)]).studies}[EXTENSION]
    assert not {"same sponsor", "named by id", "same run of study ids"} & get_kinds(told)
    assert sum(reason.share for reason in told.reasons) == pytest.approx(told.score)


def test_the_list_for_one_facet_alone_has_its_reasons_alone(related_home: Path) -> None:
    for study in find(related_home, PARENT, facets=["drug"]):
        assert get_kinds(study) <= {"same intervention", "same class", "words of interventions"}
    assert find(related_home, PARENT, facets=["drug"])[0].nct_id == EXTENSION


def test_a_weight_of_nothing_leaves_a_facet_out(related_home: Path) -> None:
    first = find(related_home, PARENT, facets=["links=0", "family=0", "sponsor=0"])[0]
    assert not {"named by id", "same sponsor", "said by the title"} & get_kinds(first)


def test_what_is_demanded_is_true_of_every_study(related_home: Path) -> None:
    assert [each.nct_id for each in find(related_home, PARENT, facets=["recruiting"])] == [STRANGER]
    assert [each.nct_id for each in find(related_home, PARENT, facets=["same-drug"])] == [EXTENSION]
    same = {each.nct_id for each in find(related_home, PARENT, facets=["same-disease"])}
    assert same == {EXTENSION, STRANGER}
    assert find(related_home, PARENT, facets=["results"]) == ()


def test_a_pasted_text_finds_what_is_like_it(related_home: Path) -> None:
    with Library(related_home) as library:
        found = library.find_related(
            text="Macitentan in adults with pulmonary arterial hypertension\n\nPhase 3."
        )
        assert {each.nct_id for each in found.studies[:2]} == {PARENT, EXTENSION}
        assert found.note == ""
        assert all(each.group != "family" for each in found.studies)


@pytest.mark.parametrize("text", ["heart", "zzz qqq", "1 2 3"])
def test_too_little_to_compare_is_said(related_home: Path, text: str) -> None:
    with Library(related_home) as library:
        assert "too little to compare" in library.find_related(text=text).note


def test_nonsense_is_declined_in_a_sentence(related_home: Path) -> None:
    with Library(related_home) as library:
        with pytest.raises(NotFoundError, match="NCT99999999 is not in this library"):
            library.find_related("NCT99999999")
        with pytest.raises(UsageError, match="name a study by its id, or give a text"):
            library.find_related()
        with pytest.raises(UsageError, match="at most 100,000 characters"):
            library.find_related(text="x " * 60_000)
        with pytest.raises(UsageError, match="there is no facet 'colour'"):
            library.find_related(PARENT, facets=["colour"])
        with pytest.raises(UsageError, match="from 1 to 100"):
            library.find_related(PARENT, limit=0)


def test_a_large_library_without_profiles_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(related, "MADE_IN_MEMORY_BYTES", 0)
    with Library.create(tmp_path / "library") as library:
        library.import_files(
            write_records(tmp_path / "r.jsonl", [make_trial("NCT10000001", "aspirin", "Stroke")])
        )
        for place in (tmp_path / "library" / "related").glob("*.json"):
            place.unlink()
        with pytest.raises(StoreError, match="trialbook rebuild related"):
            library.find_related("NCT10000001")


def test_records_that_say_little_or_odd_things_get_a_list_or_a_note(tmp_path: Path) -> None:
    odd = [
        make_record("NCT30000001", identificationModule={"nctId": "NCT30000001", "briefTitle": ""}),
        make_record("NCT30000002", identificationModule={"nctId": "NCT30000002", "briefTitle": "Heart"}),
        make_record(
            "NCT30000003", conditionsModule={"conditions": "Stroke", "keywords": [1, None, {"a": 2}]}
        ),
        make_record("NCT30000004", armsInterventionsModule={"interventions": {"name": ["aspirin"]}}),
        make_record(
            "NCT30000005", eligibilityModule={"minimumAge": "ripe", "sex": 7}, designModule={"phases": "odd"}
        ),
        make_record(
            "NCT30000006",
            identificationModule={
                "nctId": "NCT30000006",
                "briefTitle": "心不全患者における研究 Étude de l’asthme",
            },
        ),
        make_trial("NCT30000007", "aspirin", "Stroke", designModule={"studyType": "EXPANDED_ACCESS"}),
        make_trial("NCT30000008", "aspirin", "Stroke", title="aspirin " * 5_000),
        make_trial("NCT30000009", "aspirin", "Stroke", designModule={"studyType": "OBSERVATIONAL"}),
    ]
    with Library.create(tmp_path / "library") as library:
        assert library.import_files(write_records(tmp_path / "r.jsonl", odd)).problems == []
        notes = {}
        for record in odd:
            nct_id = record["protocolSection"]["identificationModule"]["nctId"]
            found = library.find_related(nct_id)
            notes[nct_id] = found.note
            assert all(each.score > 0 and each.nct_id != nct_id for each in found.studies)
        assert "too little to compare" in notes["NCT30000001"]
        assert "too little to compare" in notes["NCT30000002"]
        assert notes["NCT30000007"] == ""
        expanded = {each.nct_id: each for each in library.find_related("NCT30000009").studies}
        assert "same intervention" in get_kinds(expanded["NCT30000007"])
