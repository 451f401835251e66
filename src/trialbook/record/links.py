"""Where things are: our own pages, and other people's pages for an id that resolves."""

from __future__ import annotations

import re
from urllib.parse import quote

NCT_ID = re.compile(r"NCT\d{8}")
PMID = re.compile(r"\d{1,9}")
EUDRACT = re.compile(r"\d{4}-\d{6}-\d{2}")
CTIS = re.compile(r"20\d\d-5\d{5}-\d{2}(?:-\d{2})?")
ISRCTN = re.compile(r"ISRCTN\d{8}")
OTHER_REGISTRIES = (
    (re.compile(r"(?:DRKS)\d{8}"), "https://drks.de/search/en/trial/{}"),
    (re.compile(r"ACTRN\d{14}"), "https://www.anzctr.org.au/{}.aspx"),
    (re.compile(r"jRCTs?\d{9,10}"), "https://jrct.mhlw.go.jp/en-latest-detail/{}"),
    (re.compile(r"NL-OMON\d+"), "https://onderzoekmetmensen.nl/en/trial/{}"),
)


def study_url(nct_id: str) -> str:
    """Our own page of a study."""
    return f"/study/{quote(nct_id, safe='')}"


def registry_url(nct_id: str) -> str:
    """The registry's own page of a study."""
    return f"https://clinicaltrials.gov/study/{quote(nct_id, safe='')}"


def pubmed_url(pmid: str) -> str:
    """The PubMed page of a publication; "" where the text is no PubMed id."""
    return f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if PMID.fullmatch(pmid) else ""


def mesh_url(mesh_id: str) -> str:
    """The National Library of Medicine's page of a MeSH descriptor; "" for other texts."""
    return f"https://meshb.nlm.nih.gov/record/ui?ui={mesh_id}" if re.fullmatch(r"[CD]\d+", mesh_id) else ""


def document_url(nct_id: str, filename: str) -> str:
    """Where the registry keeps an uploaded document: a folder by the id's last two digits.

    >>> document_url("NCT01234567", "Prot_SAP_000.pdf")
    'https://cdn.clinicaltrials.gov/large-docs/67/NCT01234567/Prot_SAP_000.pdf'
    """
    if not NCT_ID.fullmatch(nct_id):
        return ""
    return f"https://cdn.clinicaltrials.gov/large-docs/{nct_id[-2:]}/{nct_id}/{quote(filename, safe='')}"


def map_url(lat: float, lon: float) -> str:
    """A public map with a marker at a site."""
    return f"https://www.openstreetmap.org/?mlat={lat:.5f}&mlon={lon:.5f}#map=12/{lat:.5f}/{lon:.5f}"


def resolve_id(value: str, *, type: str = "", link: str = "") -> str:
    """The page of an id that another registry or a funder gave, or "" where none is known.

    Parameters
    ----------
    value
        The id as the record gives it.
    type
        The registry's kind of id (`EUDRACT_NUMBER`, `NIH`…).
    link
        The address that the record itself gives; it wins.
    """
    if is_web_address(link):
        return link
    bare = value.strip()
    if NCT_ID.fullmatch(bare):
        return study_url(bare)
    if CTIS.fullmatch(bare) and type != "EUDRACT_NUMBER":
        return f"https://euclinicaltrials.eu/ctis-public/view/{bare}"
    if EUDRACT.fullmatch(bare):
        return f"https://www.clinicaltrialsregister.eu/ctr-search/search?query={bare}"
    if ISRCTN.fullmatch(bare):
        return f"https://www.isrctn.com/{bare}"
    if type == "NIH":
        return f"https://reporter.nih.gov/search-results?query={quote(bare, safe='')}"
    for pattern, address in OTHER_REGISTRIES:
        if pattern.fullmatch(bare):
            return address.format(bare)
    return ""


def phone_url(number: str, extension: str = "") -> str:
    """The address that calls a number as people write it; "" where the text is none.

    >>> phone_url("+1 (305) 243-5535", "12"), phone_url("ask the nurse"), phone_url("00 44 20 7946 0000")
    ('tel:+13052435535;ext=12', '', 'tel:00442079460000')
    """
    text = re.sub(r"^\s*\+?\s*\(\s*\+", "+(", number.strip())
    if not re.fullmatch(r"\+?[\d\s().\-/\u2010-\u2015\u00a0]{5,40}", text, re.ASCII):
        return ""
    digits = "".join(re.findall(r"[0-9]", text))
    if not 5 <= len(digits) <= 18:
        return ""
    inner = extension.strip()
    ext = f";ext={inner}" if re.fullmatch(r"[0-9]{1,8}", inner) else ""
    return f"tel:{'+' if text.startswith('+') else ''}{digits}{ext}"


def mail_url(address: str) -> str:
    """The address that writes to an e-mail address; "" where the text is none, or has more in it than one.

    >>> mail_url(" jmhare@med.example "), mail_url("a@b.example?bcc=c@d.example")
    ('mailto:jmhare@med.example', '')
    """
    found = re.fullmatch(r"[A-Za-z0-9._+'\-]{1,64}@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+", address.strip())
    return f"mailto:{found[0].replace(chr(39), '%27')}" if found and len(found[0]) < 255 else ""


def is_contact_address(url: str) -> bool:
    """Whether a text is what `phone_url` or `mail_url` gives."""
    return bool(
        re.fullmatch(r"tel:\+?[0-9]{5,18}(?:;ext=[0-9]{1,8})?|mailto:[A-Za-z0-9._+%\-]+@[A-Za-z0-9.\-]+", url)
    )


def is_web_address(url: str) -> bool:
    """Whether a text is an http(s) address with a host and nothing that could end an attribute."""
    return bool(re.fullmatch(r"https?://[^\s<>\"'`\\/?#][^\s<>\"'`\\]*", url, re.IGNORECASE))


def is_own_address(url: str) -> bool:
    r"""Whether a text is a path, a query or a place on a page of our own site.

    Browsers read a backslash as a slash, and pass over tabs and line ends, so none of these may be in it.

    >>> is_own_address("/study/NCT00000001"), is_own_address("//evil.example"), is_own_address(r"/\evil.example")
    (True, False, False)
    """
    return bool(re.fullmatch(r"(?:/(?!/)|[#?])[^\s\\\x00-\x1f\x7f]*", url))
