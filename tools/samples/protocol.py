"""The protocol section of a sample record."""

from __future__ import annotations

import random

from tools.samples.dates import make_status_module
from tools.samples.people import make_citation_authors, make_contacts_module, make_person
from tools.samples.plots import Plot, Record, assign_ids, get_sponsor, load_table

KIND_WORDS = {
    "BEHAVIORAL": "Behavioral",
    "BIOLOGICAL": "Biological",
    "COMBINATION_PRODUCT": "Combination Product",
    "DEVICE": "Device",
    "DIAGNOSTIC_TEST": "Diagnostic Test",
    "DIETARY_SUPPLEMENT": "Dietary Supplement",
    "DRUG": "Drug",
    "GENETIC": "Genetic",
    "PROCEDURE": "Procedure",
    "RADIATION": "Radiation",
    "OTHER": "Other",
}
MASKED_BY_DEFAULT = ("PARTICIPANT", "CARE_PROVIDER", "INVESTIGATOR", "OUTCOMES_ASSESSOR")
EUROPE = {"Germany", "France", "Spain", "Italy", "Poland", "Netherlands", "Sweden", "Denmark", "Finland"}


def make_protocol(plot: Plot, rng: random.Random) -> Record:
    """Make the protocol section: every module that the plot's type of study has."""
    section = {
        "identificationModule": make_identification(plot, rng),
        "statusModule": make_status_module(plot, rng),
        "sponsorCollaboratorsModule": make_sponsors(plot, rng),
    }
    if plot.get("withheld"):
        return section
    section |= {
        "oversightModule": make_oversight(plot, rng),
        "descriptionModule": make_description(plot, rng),
        "conditionsModule": {"conditions": plot["conditions"], "keywords": plot["keywords"]},
        "designModule": make_design(plot, rng),
        "armsInterventionsModule": make_arms(plot),
        "outcomesModule": make_outcomes(plot),
        "eligibilityModule": make_eligibility(plot),
        "contactsLocationsModule": make_contacts_module(plot, rng),
        "referencesModule": make_references(plot, rng),
        "ipdSharingStatementModule": make_ipd(plot),
    }
    if not plot["keywords"]:
        del section["conditionsModule"]["keywords"]
    return {name: module for name, module in section.items() if module}


def make_identification(plot: Plot, rng: random.Random) -> Record:
    sponsor = get_sponsor(plot["sponsor"])
    letters = "".join(word[0] for word in sponsor["name"].split() if word[0].isalpha())[:3].upper()
    org_id: Record = {"id": f"{letters}-{rng.randrange(1000, 9999)}-{rng.randrange(10, 99)}"}
    if "org_type" in plot:
        org_id |= {"type": plot["org_type"], "link": f"https://grants.example.org/{org_id['id']}"}
    module: Record = {"nctId": assign_ids()[plot["key"]], "orgStudyIdInfo": org_id}
    if secondary := make_secondary_ids(plot, rng):
        module["secondaryIdInfos"] = secondary
    module["organization"] = {"fullName": sponsor["name"], "class": sponsor["class"]}
    module["briefTitle"] = plot["title"]
    for name, key in (("officialTitle", "official"), ("acronym", "acronym")):
        if key in plot:
            module[name] = plot[key]
    return module


def make_secondary_ids(plot: Plot, rng: random.Random) -> list[Record]:
    ids: list[Record] = []
    medicine = any(row[0] in ("DRUG", "BIOLOGICAL") for row in plot.get("iv", ()))
    if medicine and EUROPE & set(plot["countries"]):
        start = plot.get("start", "2020")
        if start < "2023":
            ids.append(
                {
                    "id": f"{start[:4]}-99{rng.randrange(1000, 9999)}-{rng.randrange(10, 99)}",
                    "type": "EUDRACT_NUMBER",
                }
            )
        else:
            ids.append(
                {
                    "id": f"{start[:4]}-59{rng.randrange(1000, 9999)}-{rng.randrange(10, 99)}-00",
                    "type": "CTIS",
                }
            )
    if "juniper" in plot.get("collab", ()):
        ids.append(
            {"id": f"JUN-{rng.randrange(100, 999)}", "type": "OTHER_GRANT", "domain": "Juniper Foundation"}
        )
    if "Japan" in plot.get("countries", ()):
        ids.append(
            {
                "id": f"jX-{rng.randrange(10**5, 10**6)}",
                "type": "REGISTRY",
                "domain": "Invented Registry of Japan",
            }
        )
    if plot["sponsor"] == "birch":
        ids.append(
            {"id": f"SBOG-{rng.randrange(10, 99)}", "type": "OTHER", "domain": "Silver Birch Oncology Group"}
        )
    return ids


def make_sponsors(plot: Plot, rng: random.Random) -> Record:
    lead = get_sponsor(plot["sponsor"])
    country = (plot.get("countries") or ["United States"])[0]
    person, title = make_person(country, rng, degree=False), "Principal Investigator"
    party: Record = {"type": "SPONSOR"}
    match plot.get("rp"):
        case "PI":
            party = {"type": "PRINCIPAL_INVESTIGATOR", "investigatorFullName": person}
            party |= {"investigatorTitle": title, "investigatorAffiliation": lead["name"]}
        case "SI":
            party = {"type": "SPONSOR_INVESTIGATOR", "investigatorFullName": lead["name"]}
            party |= {
                "investigatorTitle": "Consultant",
                "investigatorAffiliation": "Granskog Research Hospital",
            }
        case "OLD":
            party = {"oldNameTitle": f"{person}, head of department", "oldOrganization": lead["name"]}
    module: Record = {"responsibleParty": party, "leadSponsor": lead}
    if "collab" in plot:
        module["collaborators"] = [get_sponsor(key) for key in plot["collab"]]
    return module


def make_oversight(plot: Plot, rng: random.Random) -> Record:
    american = "United States" in plot["countries"]
    kinds = {row[0] for row in plot["iv"]}
    return {
        "oversightHasDmc": "PHASE3" in plot.get("phase", ()) or rng.random() < 0.4,
        "isFdaRegulatedDrug": american and bool(kinds & {"DRUG", "BIOLOGICAL", "COMBINATION_PRODUCT"}),
        "isFdaRegulatedDevice": american and "DEVICE" in kinds,
    }


def make_description(plot: Plot, rng: random.Random) -> Record:
    module: Record = {"briefSummary": plot["summary"]}
    if "detail" in plot:
        module["detailedDescription"] = plot["detail"]
    elif plot["arms"] and rng.random() < 0.6:
        names = "\n".join(f"* {row[0]}: {row[2]}" for row in plot["arms"])
        outcome = plot["primary"][0]
        module["detailedDescription"] = (
            f"The study has these groups:\n\n{names}\n\n"
            f"The main question is answered by one measure: {outcome[0]}. Measured: {outcome[2]}.\n\n"
            "Taking part is voluntary. Participants may leave at any time without giving a reason, and "
            "their care does not change if they do."
        )
    return module


def make_design(plot: Plot, rng: random.Random) -> Record:
    kind = plot.get("type", "INTERVENTIONAL")
    module: Record = {"studyType": kind}
    if kind == "EXPANDED_ACCESS":
        module["nPtrsToThisExpAccNctId"] = plot["pointers"]
        module["expandedAccessTypes"] = dict.fromkeys(plot["access"], True)
        return module
    if plot.get("registry"):
        module |= {"patientRegistry": True, "targetDuration": plot["target"]}
    if kind == "OBSERVATIONAL":
        module.setdefault("patientRegistry", False)
        module["designInfo"] = {"observationalModel": plot["omodel"], "timePerspective": plot["persp"]}
        if "retention" in plot:
            module["bioSpec"] = {"retention": plot["retention"]}
            if "biospec" in plot:
                module["bioSpec"]["description"] = plot["biospec"]
    else:
        module |= {"phases": plot["phase"], "designInfo": make_design_info(plot, rng)}
    counted = plot["status"] in ("COMPLETED", "TERMINATED", "WITHDRAWN", "ACTIVE_NOT_RECRUITING")
    module["enrollmentInfo"] = {"count": plot["n"], "type": "ACTUAL" if counted else "ESTIMATED"}
    return module


def make_design_info(plot: Plot, rng: random.Random) -> Record:
    phrases = load_table("phrases.toml")
    info: Record = {"allocation": plot["alloc"], "interventionModel": plot["model"]}
    if rng.random() < 0.5:
        info["interventionModelDescription"] = phrases["model"][plot["model"]]
    info["primaryPurpose"] = plot["purpose"]
    masking: Record = {"masking": plot["mask"]}
    if plot["mask"] != "NONE":
        if rng.random() < 0.6:
            masking["maskingDescription"] = phrases["mask"][plot["mask"]]
        masking["whoMasked"] = list(plot.get("who", MASKED_BY_DEFAULT))
    info["maskingInfo"] = masking
    return info


def make_arms(plot: Plot) -> Record:
    module: Record = {}
    arms: list[Record] = []
    for label, kind, text, used in plot["arms"]:
        arm: Record = {"label": label} | ({"type": kind} if kind else {}) | {"description": text}
        if used:
            arm["interventionNames"] = [f"{KIND_WORDS[plot['iv'][i][0]]}: {plot['iv'][i][1]}" for i in used]
        arms.append(arm)
    if arms:
        module["armGroups"] = arms
    interventions: list[Record] = []
    for i, (kind, name, text, others) in enumerate(plot["iv"]):
        item: Record = {"type": kind, "name": name, "description": text}
        labels = [arm[0] for arm in plot["arms"] if i in arm[3]]
        if labels:
            item["armGroupLabels"] = labels
        if others:
            item["otherNames"] = others
        interventions.append(item)
    if interventions:
        module["interventions"] = interventions
    return module


def make_outcomes(plot: Plot) -> Record:
    return {
        f"{kind}Outcomes": [
            {"measure": row[0], "description": row[1], "timeFrame": row[2]} for row in plot[kind]
        ]
        for kind in ("primary", "secondary", "other")
        if kind in plot
    }


def make_eligibility(plot: Plot) -> Record:
    lists = (("Inclusion Criteria", "inc"), ("Exclusion Criteria", "exc"))
    text = "\n\n".join(f"{title}:\n\n" + "\n".join(f"* {line}" for line in plot[key]) for title, key in lists)
    module: Record = {
        "eligibilityCriteria": text,
        "healthyVolunteers": plot.get("hv", False),
        "sex": plot.get("sex", "ALL"),
    }
    for name, key in (("minimumAge", "min"), ("maximumAge", "max")):
        if key in plot:
            module[name] = plot[key]
    module["stdAges"] = find_age_bands(plot.get("min", "0 Days"), plot.get("max", "150 Years"))
    for name, key in (("studyPopulation", "pop"), ("samplingMethod", "sampling")):
        if key in plot:
            module[name] = plot[key]
    return module


def find_age_bands(minimum: str, maximum: str) -> list[str]:
    """Name the registry's age bands (child under 18, older adult from 65) that the limits touch."""

    def years(age: str) -> float:
        number, unit = age.split()
        return int(number) / {"Y": 1, "M": 12, "D": 365.25}[unit[0]]

    low, high = years(minimum), years(maximum)
    bands = (("CHILD", 0, 18), ("ADULT", 18, 65), ("OLDER_ADULT", 65, 200))
    return [name for name, start, end in bands if low < end and high >= start]


def make_references(plot: Plot, rng: random.Random) -> Record:
    module: Record = {}
    country = (plot["countries"] or ["United States"])[0]
    references: list[Record] = []
    for kind, title, journal, year, *flags in plot.get("refs", ()):
        pages = rng.randrange(10, 900)
        authors = make_citation_authors(country, rng)
        reference: Record = {"pmid": f"99{rng.randrange(10**6):06d}", "type": kind}
        issue = f"{year};{year - 1990}({rng.randrange(1, 13)}):{pages}-{pages + 9}"
        reference["citation"] = f"{authors}. {title}. {journal}. {issue}."
        if "retracted" in flags:
            reference["retractions"] = [{"pmid": "99000009", "source": f"{journal}. {year + 1};1(1):1"}]
        references.append(reference)
    if references:
        module["references"] = references
    name = plot.get("acronym", "").lower().replace(" ", "-")
    if name:
        label = f"Website of the {plot['acronym']} study"
        module["seeAlsoLinks"] = [{"label": label, "url": f"https://{name}.example.org"}]
    if plot.get("docs") and plot.get("ipd") == "YES":
        data_id = f"DATA-{rng.randrange(1000, 9999)}"
        module["availIpds"] = [
            {
                "id": data_id,
                "type": "Individual Participant Data Set",
                "url": f"https://data.example.org/{data_id}",
                "comment": "Opens after a data use agreement is signed.",
            }
        ]
    return module


def make_ipd(plot: Plot) -> Record:
    phrases = load_table("phrases.toml")["ipd"]
    match plot.get("ipd"):
        case "YES":
            infos = ["STUDY_PROTOCOL", "SAP", "ICF"] + (["CSR", "ANALYTIC_CODE"] if plot.get("docs") else [])
            module = {"ipdSharing": "YES", "description": phrases["yes"], "infoTypes": infos}
            module |= {"timeFrame": phrases["time"], "accessCriteria": phrases["access"]}
            return module | {"url": "https://data.example.org"}
        case "NO":
            return {"ipdSharing": "NO", "description": phrases["no"]}
        case "UNDECIDED":
            return {"ipdSharing": "UNDECIDED"}
    return {}
