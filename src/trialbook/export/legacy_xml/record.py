"""How does a record become a document of the registry's old XML?"""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, indent, tostring

from trialbook.export.legacy_xml.protocol import add_protocol
from trialbook.export.legacy_xml.results import add_results


def write_legacy_xml(record: dict[str, Any]) -> bytes:
    """A record as a `clinical_study` of public.xsd (2020); what that has no place for is left out.

    >>> b"<nct_id>NCT1</nct_id>" in write_legacy_xml({"protocolSection": {"identificationModule": {"nctId": "NCT1"}}})
    True
    """
    root = Element("clinical_study")
    add_protocol(root, record)
    add_results(root, record)
    _drop_empty(root)
    indent(root)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _drop_empty(node: Element) -> None:
    """An element that holds nothing says nothing."""
    for child in list(node):
        _drop_empty(child)
        if not (len(child) or (child.text or "").strip() or child.attrib):
            node.remove(child)
