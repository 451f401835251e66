"""What has the registry added to the study? Documents, submissions under review, derived terms."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from trialbook.source.legacy.text import all_words, as_iso_date, flag, keep, words

_EVENTS = {"submitted": "RELEASE", "returned": "RESET", "submission_canceled": "UNRELEASE"}
_PROCESSED_ON = "ClinicalTrials.gov processed this data on "


def map_annotations(root: Element) -> dict[str, Any]:
    """Map `pending_results` to `annotationSection`: results that are submitted and not yet posted."""
    node = root.find("pending_results")
    events = [_map_event(found) for found in node if found.tag in _EVENTS] if node is not None else []
    unposted = keep({"unpostedEvents": events})
    return keep({"annotationModule": keep({"unpostedAnnotation": unposted})})


def _map_event(node: Element) -> dict[str, Any]:
    date = as_iso_date(words(node))
    return {"type": _EVENTS[node.tag]} | ({"date": date} if date else {"dateUnknown": True})


def map_documents(root: Element) -> dict[str, Any]:
    """Map `provided_document_section` to `documentSection`."""
    documents = [_map_document(node) for node in root.findall("provided_document_section/provided_document")]
    return keep({"largeDocumentModule": keep({"largeDocs": documents})})


def _map_document(node: Element) -> dict[str, Any]:
    has = {
        "Prot": flag(words(node, "document_has_protocol")),
        "SAP": flag(words(node, "document_has_sap")),
        "ICF": flag(words(node, "document_has_icf")),
    }
    return keep(
        {
            "typeAbbrev": "_".join(name for name, value in has.items() if value is True),
            "hasProtocol": has["Prot"],
            "hasSap": has["SAP"],
            "hasIcf": has["ICF"],
            "label": words(node, "document_type"),
            "date": as_iso_date(words(node, "document_date")),
            # API v2 derives the address from the study and this name.
            "filename": words(node, "document_url").rpartition("/")[2],
        }
    )


def map_derived(root: Element) -> dict[str, Any]:
    """Map the date of the data, the removed countries and the MeSH terms to `derivedSection`."""
    processed = words(root, "required_header/download_date")
    version = as_iso_date(processed.removeprefix(_PROCESSED_ON)) if _PROCESSED_ON in processed else None
    return keep(
        {
            "miscInfoModule": keep(
                {
                    "versionHolder": version,
                    "removedCountries": all_words(root, "removed_countries/country"),
                }
            ),
            "conditionBrowseModule": _map_browse(root, "condition_browse"),
            "interventionBrowseModule": _map_browse(root, "intervention_browse"),
        }
    )


def _map_browse(root: Element, path: str) -> dict[str, Any]:
    return keep({"meshes": [{"term": term} for term in all_words(root, f"{path}/mesh_term")]})
