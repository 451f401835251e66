"""Who runs the study, where, and what can be read about it? The contacts, sites and references."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from trialbook.source.legacy.text import all_words, enum, keep, markdown, words
from trialbook.source.spellings import as_enum


def _map_name(node: Element) -> str:
    name = " ".join(filter(None, (words(node, part) for part in ("first_name", "middle_name", "last_name"))))
    return ", ".join(filter(None, (name, words(node, "degrees"))))


def _map_contact(node: Element, role: str) -> dict[str, Any]:
    return keep(
        {
            "name": _map_name(node),
            "role": role,
            "phone": words(node, "phone"),
            "phoneExt": words(node, "phone_ext"),
            "email": words(node, "email"),
        }
    )


def map_contacts(root: Element) -> dict[str, Any]:
    officials = [
        keep(
            {
                "name": _map_name(node),
                "affiliation": words(node, "affiliation"),
                "role": enum("OfficialRole", words(node, "role")),
            }
        )
        for node in root.findall("overall_official")
    ]
    locations = [_map_location(node) for node in root.findall("location")]
    # A study without sites can still name its countries; API v2 knows countries only as those of sites.
    named = {location.get("country") for location in locations}
    countries = all_words(root, "location_countries/country")
    locations += [{"country": country} for country in countries if country not in named]
    return keep(
        {
            "centralContacts": [
                _map_contact(node, "CONTACT")
                for path in ("overall_contact", "overall_contact_backup")
                for node in root.findall(path)
            ],
            "overallOfficials": officials,
            "locations": locations,
        }
    )


def _map_location(node: Element) -> dict[str, Any]:
    contacts = [
        _map_contact(found, "CONTACT")
        for path in ("contact", "contact_backup")
        for found in node.findall(path)
    ]
    contacts += [
        _map_contact(found, enum("ContactRole", words(found, "role")) or "")
        for found in node.findall("investigator")
    ]
    return keep(
        {
            "facility": words(node, "facility/name"),
            "status": enum("RecruitmentStatus", words(node, "status")),
            **{part: words(node, f"facility/address/{part}") for part in ("city", "state", "zip", "country")},
            "contacts": contacts,
        }
    )


def map_references(root: Element) -> dict[str, Any]:
    references = [
        keep({"pmid": words(node, "PMID"), "type": kind, "citation": words(node, "citation")})
        for path, kind in (("reference", "BACKGROUND"), ("results_reference", "RESULT"))
        for node in root.findall(path)
    ]
    links = [
        keep({"label": markdown(node, "description"), "url": words(node, "url")})
        for node in root.findall("link")
    ]
    shared = [
        keep(
            {
                "id": words(node, "doc_id"),
                "type": words(node, "doc_type"),
                "url": words(node, "doc_url"),
                "comment": markdown(node, "doc_comment"),
            }
        )
        for node in root.findall("study_docs/study_doc")
    ]
    return keep({"references": references, "seeAlsoLinks": links, "availIpds": shared})


def map_ipd(root: Element) -> dict[str, Any]:
    node = root.find("patient_data")
    if node is None:
        return {}
    return keep(
        {
            "ipdSharing": enum("IpdSharing", words(node, "sharing_ipd")),
            "description": markdown(node, "ipd_description"),
            "infoTypes": [as_enum("IpdSharingInfoType", text) for text in all_words(node, "ipd_info_type")],
            "timeFrame": markdown(node, "ipd_time_frame"),
            "accessCriteria": markdown(node, "ipd_access_criteria"),
            "url": words(node, "ipd_url"),
        }
    )
