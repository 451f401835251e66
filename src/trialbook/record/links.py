"""Where things are: our own pages, and other people's pages for an id that resolves."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

PHONE = re.compile(
    r"(?P<number>\+?[0-9()\[\] ./\u2010-\u2013-]{5,40}?)(?:\s*(?:ext\.?|extension|x)\s*(?P<extension>[0-9]{1,8}))?",
    re.IGNORECASE,
)
TEL_URL = re.compile(r"tel:\+?[0-9]{5,18}(?:;ext=[0-9]{1,8})?")
MAIL = re.compile(r"[A-Za-z0-9._+'-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,24}")
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


def phone_url(text: str) -> str:
    """Where a tap dials a telephone number; "" where the text is none.

    >>> phone_url("+1 (305) 243-5535 ext. 12"), phone_url("call John")
    ('tel:+13052435535;ext=12', '')
    """
    found = PHONE.fullmatch(text.strip())
    digits = re.sub(r"[^0-9]", "", found["number"].replace("(0)", "")) if found else ""
    if found is None or not 5 <= len(digits) <= 18:
        return ""
    plus = "+" if found["number"].lstrip().startswith("+") else ""
    return f"tel:{plus}{digits}" + (f";ext={found['extension']}" if found["extension"] else "")


def mail_url(text: str) -> str:
    """Where a tap writes to an e-mail address; "" where the text is none.

    >>> mail_url("trials@example.org"), mail_url("a@b.org?cc=c@d.org")
    ('mailto:trials@example.org', '')
    """
    address = text.strip()
    is_one = len(address) <= 254 and MAIL.fullmatch(address)
    return f"mailto:{quote(address, safe='@+')}" if is_one else ""


def is_contact_address(url: str) -> bool:
    """Whether an address is one that `phone_url` or `mail_url` makes."""
    return bool(TEL_URL.fullmatch(url)) or (url.startswith("mailto:") and mail_url(unquote(url[7:])) == url)


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
