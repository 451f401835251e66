"""How does a record become a document of the registry's old XML?"""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import Comment, Element, indent, tostring

from trialbook.export.legacy_xml.elements import clean
from trialbook.export.legacy_xml.protocol import add_protocol
from trialbook.export.legacy_xml.results import add_results


def write_legacy_xml(record: dict[str, Any], left_out: str = "") -> bytes:
    """A record as a `clinical_study` of public.xsd (2020); what that has no place for is left out.

    A comment says what of a giant record is not in `record`, as `decode_shortened` gives it.

    >>> b"<nct_id>NCT1</nct_id>" in write_legacy_xml({"protocolSection": {"identificationModule": {"nctId": "NCT1"}}})
    True
    """
    root = Element("clinical_study")
    add_protocol(root, record)
    add_results(root, record)
    _drop_empty(root)
    if left_out:
        told = f" The record is too long for this form. Left out: {left_out}. "
        # Two hyphens, of which a record's own keys may have any number, would end the comment.
        root.insert(0, Comment(re.sub("-(?=-)", "- ", clean(told))))
    indent(root)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _drop_empty(node: Element) -> None:
    """An element that holds nothing says nothing."""
    for child in node:
        _drop_empty(child)
    # In one step: to take them out one by one costs the square of their number.
    node[:] = [child for child in node if len(child) or (child.text or "").strip() or child.attrib]
