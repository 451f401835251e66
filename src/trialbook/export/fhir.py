"""How does a record become FHIR? A bundle of the study and of the group that it looks for (release 5)."""

from __future__ import annotations

import re
from typing import Any

from trialbook.model import Age, PartialDate
from trialbook.record.address import find_resource_address
from trialbook.record.links import NCT_ID
from trialbook.record.markup import unescape
from trialbook.record.texts import find_structures, find_text, find_texts, join_filled

HL7 = "http://hl7.org/fhir/"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"
MESH = "http://id.nlm.nih.gov/mesh"
PROFILE = HL7 + "uv/ebm/StructureDefinition/study-registry-record"
PROGRESS = {
    "NOT_YET_RECRUITING": "not-yet-recruiting",
    "RECRUITING": "recruiting",
    "ENROLLING_BY_INVITATION": "enrolling-by-invitation",
    "ACTIVE_NOT_RECRUITING": "active-but-not-recruiting",
    "COMPLETED": "completed",
    "SUSPENDED": "temporarily-closed-to-accrual",
    "TERMINATED": "terminated",
    "WITHDRAWN": "withdrawn",
    "APPROVED_FOR_MARKETING": "approved",
}
PHASES = {
    ("NA",): "n-a",
    ("EARLY_PHASE1",): "early-phase-1",
    ("PHASE1",): "phase-1",
    ("PHASE1", "PHASE2"): "phase-1-phase-2",
    ("PHASE2",): "phase-2",
    ("PHASE2", "PHASE3"): "phase-2-phase-3",
    ("PHASE3",): "phase-3",
    ("PHASE4",): "phase-4",
}
PURPOSES = {
    "TREATMENT",
    "PREVENTION",
    "DIAGNOSTIC",
    "SUPPORTIVE_CARE",
    "SCREENING",
    "HEALTH_SERVICES_RESEARCH",
    "BASIC_SCIENCE",
    "DEVICE_FEASIBILITY",
}
ARM_TYPES = {"EXPERIMENTAL", "ACTIVE_COMPARATOR", "PLACEBO_COMPARATOR", "SHAM_COMPARATOR", "NO_INTERVENTION"}
ROLES = {
    "PRINCIPAL_INVESTIGATOR": "primary-investigator",
    "STUDY_DIRECTOR": "study-director",
    "STUDY_CHAIR": "study-chair",
    "SUB_INVESTIGATOR": "sub-investigator",
}
# An id of FHIR; those of other registers have slashes.
_NOT_OF_AN_ID = re.compile(r"[^A-Za-z0-9.-]")
LONGEST_ID = 64 - len("-eligibility")
WHOLE_NUMBER = re.compile(r"[0-9]{1,10}")
AGE_UNITS = {"Year": "a", "Month": "mo", "Week": "wk", "Day": "d", "Hour": "h", "Minute": "min"}

Record = dict[str, Any]
Resource = dict[str, Any]

_ID = "protocolSection.identificationModule."
_STATUS = "protocolSection.statusModule."
_DESIGN = "protocolSection.designModule."
_SPONSORS = "protocolSection.sponsorCollaboratorsModule."
_ELIGIBILITY = "protocolSection.eligibilityModule."
_PLACES = "protocolSection.contactsLocationsModule."


def make_bundle(record: Record, left_out: str = "") -> Resource:
    """The study and its eligible group as a FHIR bundle of type collection; absent elements are left out.

    A note of the study says what of a giant record is not in `record`, as `decode_shortened` gives it.
    """
    nct_id = find_text(record, _ID + "nctId")
    address, nct_id = find_resource_address(record), _NOT_OF_AN_ID.sub("-", nct_id)[:LONGEST_ID]
    study, group = _make_study(record, nct_id), _make_group(record, nct_id)
    if left_out:
        study["note"] = [{"text": f"The record is too long for this form. Left out: {left_out}."}]
    return {
        "resourceType": "Bundle",
        "id": nct_id,
        "type": "collection",
        "entry": [
            {"fullUrl": address, "resource": study},
            {"fullUrl": f"{address}#eligibility", "resource": group},
        ],
    }


def _make_study(record: Record, nct_id: str) -> Resource:
    sites = _make_sites(record)
    start, end = (
        _as_date(find_text(record, f"{_STATUS}{name}.date"))
        for name in ("startDateStruct", "completionDateStruct")
    )

    return _drop_empty(
        {
            "resourceType": "ResearchStudy",
            "id": nct_id,
            "meta": {"profile": [PROFILE]},
            "contained": sites,
            "url": find_resource_address(record),
            "identifier": _make_identifiers(record, nct_id),
            "title": find_text(record, _ID + "officialTitle") or find_text(record, _ID + "briefTitle"),
            "label": _make_labels(record),
            "relatedArtifact": _make_citations(record),
            "date": _as_date(find_text(record, _STATUS + "lastUpdatePostDateStruct.date")),
            "status": "active",
            "primaryPurposeType": _code_one(
                TERMINOLOGY + "research-study-prim-purp-type",
                find_text(record, _DESIGN + "designInfo.primaryPurpose"),
                PURPOSES,
            ),
            "phase": _make_phase(record),
            "studyDesign": _make_designs(record),
            "focus": [{"concept": {"text": text}} for text in _find_interventions(record)],
            "condition": _make_conditions(record),
            "keyword": [
                {"text": text} for text in find_texts(record, "protocolSection.conditionsModule.keywords")
            ],
            "descriptionSummary": find_text(record, "protocolSection.descriptionModule.briefSummary"),
            "description": find_text(record, "protocolSection.descriptionModule.detailedDescription"),
            "period": _drop_empty({"start": start, "end": end}),
            "site": [{"reference": f"#{site['id']}"} for site in sites],
            "associatedParty": _make_parties(record),
            "progressStatus": _make_progress(record),
            "whyStopped": _text_concept(unescape(find_text(record, _STATUS + "whyStopped"))),
            "recruitment": _make_recruitment(record, nct_id),
            "comparisonGroup": _make_arms(record),
            "outcomeMeasure": _make_outcomes(record),
        }
    )


def _as_date(text: str) -> str:
    """A date as FHIR has it, whole or partial; "" for a text that is none."""
    return text[:10] if PartialDate(text).earliest is not None else ""


def _make_identifiers(record: Record, nct_id: str) -> list[Resource]:
    is_ours = NCT_ID.fullmatch(nct_id)
    system = "https://clinicaltrials.gov" if is_ours else "https://trialsearch.who.int"
    given = find_text(record, _ID + "nctId")
    found = [{"use": "official", "system": system, "value": given}] if given else []
    found += [{"use": "secondary", "value": value} for value in find_texts(record, _ID + "orgStudyIdInfo.id")]
    for each in find_structures(record, _ID + "secondaryIdInfos"):
        kind = join_filled((find_text(each, "type"), find_text(each, "domain")), ", ")
        found.append(
            _drop_empty({"use": "secondary", "type": _text_concept(kind), "value": find_text(each, "id")})
        )
    return found


def _make_labels(record: Record) -> list[Resource]:
    names = (("briefTitle", "brief-title"), ("officialTitle", "official-title"), ("acronym", "acronym"))
    return [
        {"type": {"coding": [{"system": HL7 + "title-type", "code": code}]}, "value": value}
        for name, code in names
        for value in find_texts(record, _ID + name)[:1]
    ]


def _make_citations(record: Record) -> list[Resource]:
    found = find_structures(record, "protocolSection.referencesModule.references")
    return [
        _drop_empty(
            {
                "type": "documentation" if find_text(each, "type") == "BACKGROUND" else "derived-from",
                "citation": find_text(each, "citation"),
                "document": {"url": f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/"}
                if (pmid := find_text(each, "pmid")).isdigit()
                else {},
            }
        )
        for each in found
    ]


def _make_phase(record: Record) -> Resource:
    phases = tuple(sorted(find_texts(record, _DESIGN + "phases")))
    code = PHASES.get(phases)
    return _code(TERMINOLOGY + "research-study-phase", code, "|".join(phases)) if phases else {}


def _make_designs(record: Record) -> list[Resource]:
    names = (
        "studyType",
        "designInfo.allocation",
        "designInfo.interventionModel",
        "designInfo.maskingInfo.masking",
        "designInfo.observationalModel",
        "designInfo.timePerspective",
    )
    return [{"text": value} for name in names for value in find_texts(record, _DESIGN + name)[:1]]


def _find_interventions(record: Record) -> list[str]:
    found = find_structures(record, "protocolSection.armsInterventionsModule.interventions")
    return [join_filled((find_text(each, "type"), find_text(each, "name")), ": ") for each in found]


def _make_conditions(record: Record) -> list[Resource]:
    own = [{"text": text} for text in find_texts(record, "protocolSection.conditionsModule.conditions")]
    meshes = find_structures(record, "derivedSection.conditionBrowseModule.meshes")
    return own + [_code(MESH, find_text(each, "id"), find_text(each, "term")) for each in meshes]


def _make_parties(record: Record) -> list[Resource]:
    parties = [
        _make_party(find_text(each, "name"), role, find_text(each, "class"))
        for name, role in (("leadSponsor", "lead-sponsor"), ("collaborators", "collaborator"))
        for each in find_structures(record, _SPONSORS + name)
    ]
    for each in find_structures(record, _PLACES + "overallOfficials"):
        name = join_filled((find_text(each, "name"), find_text(each, "affiliation")), ", ")
        parties.append(_make_party(name, ROLES.get(find_text(each, "role")), find_text(each, "role")))
    for each in find_structures(record, _PLACES + "centralContacts"):
        name = join_filled((find_text(each, key) for key in ("name", "phone", "email")), ", ")
        parties.append(_make_party(name, "recruitment-contact", ""))
    return parties


def _make_party(name: str, role: str | None, kind: str) -> Resource:
    return _drop_empty(
        {
            "name": name,
            "role": _code(HL7 + "research-study-party-role", role, kind if role is None else ""),
            "classifier": [{"text": kind}] if kind and role is not None else [],
        }
    )


def _make_progress(record: Record) -> list[Resource]:
    status = find_text(record, _STATUS + "overallStatus")
    return [{"state": _code(HL7 + "research-study-status", PROGRESS.get(status), status)}] if status else []


def _make_recruitment(record: Record, nct_id: str) -> Resource:
    counts = find_texts(record, _DESIGN + "enrollmentInfo.count")
    is_actual = find_text(record, _DESIGN + "enrollmentInfo.type") == "ACTUAL"
    number = int(counts[0]) if counts and WHOLE_NUMBER.fullmatch(counts[0]) else None
    return _drop_empty(
        {
            "actualNumber" if is_actual else "targetNumber": number,
            "eligibility": {"reference": f"Group/{nct_id}-eligibility"},
        }
    )


def _make_arms(record: Record) -> list[Resource]:
    found = find_structures(record, "protocolSection.armsInterventionsModule.armGroups")
    return [
        _drop_empty(
            {
                "linkId": f"arm-{number}",
                "name": find_text(each, "label") or f"Arm {number}",
                "type": _code_one(
                    TERMINOLOGY + "research-study-arm-type", find_text(each, "type"), ARM_TYPES
                ),
                "description": find_text(each, "description"),
            }
        )
        for number, each in enumerate(found, 1)
    ]


def _make_outcomes(record: Record) -> list[Resource]:
    kinds = (
        ("primaryOutcomes", "primary"),
        ("secondaryOutcomes", "secondary"),
        ("otherOutcomes", "exploratory"),
    )
    return [
        _drop_empty(
            {
                "name": find_text(each, "measure"),
                "type": [_code(TERMINOLOGY + "research-study-objective-type", code, "")],
                "description": join_filled(
                    (find_text(each, "description"), find_text(each, "timeFrame")), "\n\n"
                ),
            }
        )
        for key, code in kinds
        for each in find_structures(record, f"protocolSection.outcomesModule.{key}")
    ]


def _make_sites(record: Record) -> list[Resource]:
    sites = []
    for number, each in enumerate(find_structures(record, _PLACES + "locations"), 1):
        point = each.get("geoPoint", {})
        position = {"longitude": _find_number(point, "lon"), "latitude": _find_number(point, "lat")}
        names = (("city", "city"), ("state", "state"), ("zip", "postalCode"), ("country", "country"))
        sites.append(
            _drop_empty(
                {
                    "resourceType": "Location",
                    "id": f"site-{number}",
                    "name": find_text(each, "facility"),
                    "address": _drop_empty({ours: find_text(each, name) for name, ours in names}),
                    "position": position if None not in position.values() else {},
                }
            )
        )
    return sites


def _make_group(record: Record, nct_id: str) -> Resource:
    return _drop_empty(
        {
            "resourceType": "Group",
            "id": f"{nct_id}-eligibility",
            "type": "person",
            "membership": "definitional",
            "name": "Eligibility Criteria",
            "description": find_text(record, _ELIGIBILITY + "eligibilityCriteria"),
            "characteristic": [*_make_age(record), *_make_traits(record)],
        }
    )


def _make_age(record: Record) -> list[Resource]:
    limits = {
        bound: _make_quantity(find_text(record, _ELIGIBILITY + name))
        for bound, name in (("low", "minimumAge"), ("high", "maximumAge"))
    }
    found = _drop_empty(limits)
    return [{"code": {"text": "Age"}, "valueRange": found, "exclude": False}] if found else []


def _make_quantity(text: str) -> Resource:
    age = Age(text)
    if age.days is None:
        return {}
    value, _, unit = text.partition(" ")
    code = AGE_UNITS.get(unit.rstrip("s"))
    amount = float(value) if value.replace(".", "", 1).isdigit() else None
    if code is None or amount is None:
        return {}
    return {"value": amount, "unit": unit, "system": "http://unitsofmeasure.org", "code": code}


def _make_traits(record: Record) -> list[Resource]:
    traits = []
    sex = find_text(record, _ELIGIBILITY + "sex")
    if sex:
        traits.append({"code": {"text": "Sex"}, "valueCodeableConcept": {"text": sex}, "exclude": False})
    for answer in find_texts(record, _ELIGIBILITY + "healthyVolunteers")[:1]:
        traits.append(
            {"code": {"text": "Healthy volunteers"}, "valueBoolean": answer == "true", "exclude": False}
        )
    return traits


def _find_number(record: Record, path: str) -> float | None:
    found = find_text(record, path)
    try:
        return float(found)
    except ValueError:
        return None


def _code(system: str, code: str | None, text: str) -> Resource:
    return _drop_empty({"coding": [{"system": system, "code": code}] if code else [], "text": text})


def _code_one(system: str, value: str, known: set[str]) -> Resource:
    return _code(system, value.lower().replace("_", "-") if value in known else None, value)


def _text_concept(text: str) -> Resource:
    return {"text": text} if text else {}


def _drop_empty(resource: Resource) -> Resource:
    """FHIR knows no empty texts, lists and objects: what is absent is left out."""
    return {key: value for key, value in resource.items() if value not in ("", None, [], {})}
