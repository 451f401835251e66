"""Where does a study's own register show it?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from trialbook.record.ids import find_european_number
from trialbook.record.links import NCT_ID, is_web_address, registry_url, resolve_id
from trialbook.record.texts import find_structures, find_text

_NOT_THE_STUDY = frozenset(("Results", "Protocol"))


def choose_address(nct_id: str, links: Iterable[tuple[str, str]]) -> str:
    """A study's page in its own register, from its id and the links (label, address) that its record gives.

    "" where none is known.

    >>> choose_address("NCT00000102", []), choose_address("X-7", [("Results", "https://r.example")])
    ('https://clinicaltrials.gov/study/NCT00000102', '')
    """
    if NCT_ID.fullmatch(nct_id):
        return registry_url(nct_id)
    told = (url for label, url in links if nct_id and label not in _NOT_THE_STUDY and is_web_address(url))
    return next(told, "") or resolve_id(find_european_number(nct_id) or nct_id)


def find_study_address(record: dict[str, Any]) -> str:
    """A study's page in its own register, as `choose_address`."""
    links = find_structures(record, "protocolSection.referencesModule.seeAlsoLinks")
    nct_id = find_text(record, "protocolSection.identificationModule.nctId")
    return choose_address(nct_id, [(find_text(link, "label"), find_text(link, "url")) for link in links])


def find_resource_address(record: dict[str, Any]) -> str:
    """An address that names a study; WHO's page of it where its own register's is not known."""
    nct_id = find_text(record, "protocolSection.identificationModule.nctId")
    return find_study_address(record) or (
        f"https://trialsearch.who.int/Trial2.aspx?TrialID={quote(nct_id, safe='')}" if nct_id else ""
    )
