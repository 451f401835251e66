"""What does a study's record in the registry's old XML say, in the shape of API v2?

The registry served one `clinical_study` document per study until June 2024, and zip files of them.
Schema: the registry's public.xsd of 2020-05-08; elements that earlier versions had are read too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.etree.ElementTree import Element

import msgspec

from trialbook.errors import SourceFormatError, SourceReadError
from trialbook.source.containers.xml_elements import KEPT_BYTES, parse_element, split_elements
from trialbook.source.incoming import Form, Format, Incoming, Rejected, map_one
from trialbook.source.legacy.carries import CARRIES
from trialbook.source.legacy.documents import map_annotations, map_derived, map_documents
from trialbook.source.legacy.protocol import map_protocol
from trialbook.source.legacy.results import map_results
from trialbook.source.legacy.text import keep, words

__all__ = [
    "CARRIES",
    "FORMAT",
    "is_legacy_xml",
    "is_legacy_xml_lines",
    "parse_legacy_xml",
    "read_legacy_xml",
    "read_legacy_xml_lines",
]

MAX_LINE_BYTES = 64 << 20

_NCT_ID = re.compile(r"NCT\d{8}")
_SNIFFED = re.compile(rb"<clinical_study[\s>]")
_SNIFFED_LINE = re.compile(rb'\s*\{.{0,200}?"xml"\s*:\s*".{0,400}?<clinical_study', re.DOTALL)
_DECLARATION = re.compile(rb"""^(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")


def is_legacy_xml(head: bytes) -> bool:
    """Whether a file that starts with these bytes holds old XML records (a few KiB are enough)."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<" and bool(_SNIFFED.search(head))


def is_legacy_xml_lines(head: bytes) -> bool:
    """Whether a file that starts with these bytes holds JSON lines with an old record in `xml`."""
    return bool(_SNIFFED_LINE.match(head))


def parse_legacy_xml(data: bytes) -> dict[str, Any]:
    """Map one `clinical_study` document to the registry's API v2 record.

    Parameters
    ----------
    data
        The document, in the encoding that it declares (UTF-8 where it declares none).

    Returns
    -------
    dict
        The record as API v2 JSON values. What the document lacks is absent; an enumeration's
        unknown word is kept in API v2's spelling. Elements that the registry itself gave up
        (`authority`, `safety_issue`, `is_fda_regulated`, `is_section_801`, endpoint classification)
        and counts that it derives (`number_of_arms`) have no place in API v2.

    Raises
    ------
    SourceFormatError
        Not well-formed, not a `clinical_study`, without an NCT number, or declaring a document type
        or an entity.

    Examples
    --------
    >>> record = parse_legacy_xml(b"<clinical_study><id_info><nct_id>NCT00000001</nct_id></id_info>"
    ...                           b"<phase>Phase 1/Phase 2</phase></clinical_study>")
    >>> record["protocolSection"]["designModule"]
    {'phases': ['PHASE1', 'PHASE2']}
    """
    declared = _DECLARATION.match(data)
    return _map_study(parse_element(data, encoding=declared[1].decode("ascii") if declared else "utf-8"))


def _map_study(root: Element) -> dict[str, Any]:
    if root.tag != "clinical_study":
        raise SourceFormatError("the document is no study", found=root.tag, expected="clinical_study")
    nct_id = words(root, "id_info/nct_id")
    if root.find("id_info") is None and root.find("nct_id") is not None:
        nct_id = words(root, "nct_id")
        raise SourceFormatError(
            "this is a line of a search result, not the study's record; download the record", nct_id=nct_id
        )
    if not _NCT_ID.fullmatch(nct_id):
        raise SourceFormatError(
            "the study has no NCT number", path="id_info/nct_id", found=nct_id, expected="NCT00000000"
        )
    results = map_results(root)
    record = keep(
        {
            "protocolSection": map_protocol(root),
            "resultsSection": results,
            "annotationSection": map_annotations(root),
            "documentSection": map_documents(root),
            "derivedSection": map_derived(root),
        }
    )
    return record | {"hasResults": bool(results)}


def read_legacy_xml(stream: BinaryIO, place: str) -> Iterator[Incoming | Rejected]:
    """Read a file of one old record, or of several under any root or after one another.

    Parameters
    ----------
    stream
        Read once, from where it stands; memory is bounded by the largest record (32 MiB).
    place
        The file's name; the second record of a file is at `place:2`.

    Raises
    ------
    SourceReadError
        The stream cannot be read any further.
    """
    count = 0
    for piece in split_elements(stream, "clinical_study", place=place):
        count += 1
        at = place if piece.number == 1 else f"{place}:{piece.number}"
        if piece.problem:
            yield Rejected(reason=piece.problem, place=at, original=piece.raw)
        else:
            yield _read_one(piece.raw, at, encoding=piece.encoding)
    if not count:
        yield Rejected(reason="there is no <clinical_study> in the file", place=place, original=b"")


def read_legacy_xml_lines(stream: BinaryIO, place: str) -> Iterator[Incoming | Rejected]:
    """Read JSON lines that hold an old record each, as `{"nct_id": …, "xml": "<clinical_study>…"}`.

    Raises
    ------
    SourceReadError
        The stream cannot be read any further.
    """
    number = 0
    while True:
        try:
            line = stream.readline(MAX_LINE_BYTES)
            if not line:
                return
            number += 1
            kept = line
            while len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
                line = stream.readline(MAX_LINE_BYTES)
        except (OSError, EOFError, ValueError) as error:
            raise SourceReadError(
                f"reading stopped ({error}); the file may be damaged", place=place
            ) from error
        at = f"{place}:{number}"
        if line is not kept:
            reason = f"the line is longer than {MAX_LINE_BYTES >> 20} MiB"
            yield Rejected(reason=reason, place=at, original=kept[:KEPT_BYTES])
        elif line.strip():
            yield _read_line(line.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n"), at)


class _Line(msgspec.Struct):
    xml: str


def _read_line(line: bytes, place: str) -> Incoming | Rejected:
    try:
        xml = msgspec.json.decode(line, type=_Line).xml.encode()
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        reason = f"the line is no JSON object with the record in `xml`: {error}"
        return Rejected(reason=reason, place=place, original=line[:KEPT_BYTES])
    read = _read_one(xml, place, encoding="utf-8")
    if isinstance(read, Incoming):
        return read
    return Rejected(reason=read.reason, place=place, original=line[:KEPT_BYTES])


def _read_one(raw: bytes, place: str, *, encoding: str) -> Incoming | Rejected:
    return map_one(
        lambda: _map_study(parse_element(raw, encoding=encoding)), raw, place, format_name=FORMAT.name
    )


FORMAT = Format(
    name="legacy_xml",
    says="the registry's old XML",
    fidelity=2,
    carries=CARRIES,
    forms=(
        Form(is_legacy_xml_lines, lambda stream, place, limits: read_legacy_xml_lines(stream, place)),
        Form(is_legacy_xml, lambda stream, place, limits: read_legacy_xml(stream, place)),
    ),
)
