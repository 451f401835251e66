"""What the registry adds to a record: MeSH terms, annotations, documents, submission tracking."""

from __future__ import annotations

import random

from tools.samples.dates import VERSION_DATE, make_post_date, shift_date
from tools.samples.plots import Plot, Record, get_sponsor, load_table

BRANCH_OF = {
    "Cardiovascular Diseases": "BC14",
    "Respiratory Tract Diseases": "BC08",
    "Metabolic Diseases": "BC18",
    "Endocrine System Diseases": "BC19",
    "Neoplasms": "BC04",
    "Nervous System Diseases": "BC10",
    "Mental Disorders": "BXM",
    "Skin Diseases": "BC17",
    "Infections": "BC01",
    "Genetic Diseases, Inborn": "BC16",
    "Hematologic Diseases": "BC15",
}
DOCUMENTS = (
    ("Prot_SAP", True, True, False, "Study Protocol and Statistical Analysis Plan"),
    ("ICF", False, False, True, "Informed Consent Form"),
)


def make_derived(plot: Plot, rng: random.Random) -> Record:
    misc: Record = {"versionHolder": VERSION_DATE}
    if "removed" in plot:
        misc["removedCountries"] = plot["removed"]
    if "unposted" in plot:
        misc["submissionTracking"] = make_tracking(plot, rng)
    section: Record = {"miscInfoModule": misc}
    if "mesh" in plot:
        section["conditionBrowseModule"] = make_browse("condition", plot["mesh"], plot["conditions"][0], rng)
    if "imesh" in plot:
        section["interventionBrowseModule"] = make_browse(
            "intervention", plot["imesh"], plot["imesh"][0], rng
        )
    return section


def make_browse(kind: str, names: list[str], found: str, rng: random.Random) -> Record:
    """Look the terms up in the table of MeSH facts; half of the records carry the older leaves as well."""
    tables = load_table("mesh.json")
    terms = tables[kind]
    ancestors = {
        tuple(pair): None for name in names for pair in terms[name]["ancestors"] if pair[1] not in names
    }
    module: Record = {
        "meshes": [{"id": terms[name]["id"], "term": name} for name in names],
        "ancestors": [{"id": mesh_id, "term": term} for mesh_id, term in ancestors],
    }
    if rng.random() < 0.5:
        return module
    leaves: list[Record] = []
    for name in names:
        if name in tables["leaves"]:
            leaf = {"id": tables["leaves"][name], "name": name, "asFound": found, "relevance": "HIGH"}
            leaves.append(leaf)
    for _, term in ancestors:
        if term in tables["leaves"]:
            leaves.append({"id": tables["leaves"][term], "name": term, "relevance": "LOW"})
    everything = "All Conditions" if kind == "condition" else "All Drugs and Chemicals"
    branches = [
        {"abbrev": BRANCH_OF[term], "name": tables["branches"][BRANCH_OF[term]]}
        for _, term in ancestors
        if term in BRANCH_OF
    ]
    if leaves:
        module |= {
            "browseLeaves": leaves,
            "browseBranches": [*branches, {"abbrev": "All", "name": everything}],
        }
    return module


def make_tracking(plot: Plot, rng: random.Random) -> Record:
    """Make the history of results that were sent but are not yet public."""
    first = shift_date(plot["pc"], 200)
    again = shift_date(first, 120)
    return {
        "estimatedResultsFirstSubmitDate": first,
        "firstMcpInfo": {"postDateStruct": make_post_date(shift_date(first, 30))},
        "submissionInfos": [
            {"releaseDate": first, "unreleaseDate": shift_date(first, 9), "mcpReleaseN": 1},
            {"releaseDate": again, "unreleaseDateUnknown": True, "resetDate": shift_date(again, 28)},
        ],
    }


def make_annotations(plot: Plot) -> Record:
    module: Record = {}
    if "unposted" in plot:
        first = shift_date(plot["pc"], 200)
        events: list[Record] = []
        for i, kind in enumerate(plot["unposted"]["events"]):
            when: Record = {"dateUnknown": True} if i == 2 else {"date": shift_date(first, 9 * i)}
            events.append({"type": kind} | when)
        sponsor = get_sponsor(plot["sponsor"])["name"]
        module["unpostedAnnotation"] = {"unpostedResponsibleParty": sponsor, "unpostedEvents": events}
    if "violation" in plot:
        module["violationAnnotation"] = {"violationEvents": make_violation_events(plot)}
    return {"annotationModule": module} if module else {}


def make_violation_events(plot: Plot) -> list[Record]:
    texts = (
        ("VIOLATION_IDENTIFIED", plot["violation"]["reason"]),
        ("PENALTY_IMPOSED", "A civil money penalty was set."),
        ("CORRECTION_CONFIRMED", "The responsible party has sent the results."),
        ("ISSUES_IN_LETTER_ADDRESSED_CONFIRMED", "All points of the letter are settled."),
    )
    first = shift_date(plot["upd"], -300)
    return [
        {
            "type": kind,
            "description": text,
            "creationDate": shift_date(first, 60 * i),
            "issuedDate": shift_date(first, 60 * i - 5),
            "releaseDate": shift_date(first, 60 * i - 2),
            "postedDate": shift_date(first, 60 * i + 1),
        }
        for i, (kind, text) in enumerate(texts)
    ]


def make_documents(plot: Plot, rng: random.Random) -> Record:
    if not plot.get("docs"):
        return {"largeDocumentModule": {"noSap": True}} if "results" in plot and rng.random() < 0.2 else {}
    documents: list[Record] = []
    for i, (abbrev, protocol, plan, consent, label) in enumerate(DOCUMENTS):
        documents.append(
            {
                "typeAbbrev": abbrev,
                "hasProtocol": protocol,
                "hasSap": plan,
                "hasIcf": consent,
                "label": label,
                "date": shift_date(plot["start"], -rng.randrange(30, 200)),
                "uploadDate": shift_date(plot["upd"], -60)
                + f"T{rng.randrange(8, 18):02d}:{rng.randrange(60):02d}",
                "filename": f"{abbrev}_{i:03d}.pdf",
                "size": rng.randrange(120_000, 4_000_000),
            }
        )
    return {"largeDocumentModule": {"largeDocs": documents}}
