"""What does one row of a WHO ICTRP export say, in the shape of API v2?"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Mapping
from typing import Any

from trialbook.errors import SourceFormatError
from trialbook.model.study import NO_LIMIT
from trialbook.record.ids import find_european_number
from trialbook.record.pieces import find_enum_value
from trialbook.source.ictrp.conditions import as_conditions
from trialbook.source.ictrp.design import as_design
from trialbook.source.ictrp.ids import is_about_ids, is_placeholder, is_trial_id, read_id
from trialbook.source.ictrp.kinds import as_status, as_study_type
from trialbook.source.ictrp.participants import Told, as_age, as_count, as_sex, split_ages
from trialbook.source.ictrp.phases import as_phases, is_phase_zero
from trialbook.source.ictrp.places import as_countries, find_member_state
from trialbook.source.ictrp.spellings import (
    as_criteria,
    as_date,
    as_paragraphs,
    clean,
    is_given,
    split_list,
)
from trialbook.source.legacy.design import derive_std_ages
from trialbook.source.legacy.text import keep
from trialbook.source.spellings import as_enum

_NOT_A_NAME = re.compile(r"[^a-z0-9]")
_OUTCOME = re.compile(r"([^\[\]]+?)\s*\[([^\[\]]+)\][;.\s]*|(.+?)\s*\bTime ?points?\s*:\s*(.+)", re.DOTALL)
_INTERVENTION = re.compile(
    r"(Behavioral|Biological|Combination Product|Device|Diagnostic Test|Dietary Supplement|Drug|Genetic"
    r"|Other|Procedure|Radiation)\s*:\s*(.+)",
    re.DOTALL,
)
_MAX_NAME = 200

# The names that the portal's XML, its CSV and the full database export give the same field.
_ALIASES = {
    "url": "webaddress",
    "agemin": "inclusionagemin",
    "agemax": "inclusionagemax",
    "gender": "inclusiongender",
    "dateenrolment": "dateenrollement",
    "dateenrollment": "dateenrollement",
    "conditions": "condition",
    "interventions": "intervention",
    "primaryoutcomes": "primaryoutcome",
    "secondaryoutcomes": "secondaryoutcome",
    "secondaryids": "secondaryid",
    "sourcename": "sourcesupport",
    "secondarysponsors": "secondarysponsor",
    "lastupdate": "lastrefreshedon",
} | {f"publiccontact{part}": f"contact{part}" for part in ("firstname", "lastname", "email", "tel")}


@functools.lru_cache(maxsize=512)
def fold_name(name: str) -> str:
    """One name for a field, however the export spells it.

    Examples
    --------
    >>> fold_name("Last Refreshed on"), fold_name("Last_Refreshed_on"), fold_name("Agemin")
    ('lastrefreshedon', 'lastrefreshedon', 'inclusionagemin')
    """
    folded = _NOT_A_NAME.sub("", name.lower())
    return _ALIASES.get(folded, folded)


def map_trial(fields: Mapping[str, str]) -> dict[str, Any]:
    """Map one trial to the registry's API v2 record.

    Parameters
    ----------
    fields
        Texts as they stand in the export, by name as `fold_name` gives it.

    Returns
    -------
    dict
        The record as API v2 JSON values. The trial's id in its own register stands as `nctId`.
        What says in the register's own way what API v2 has a list of values for, and means none of
        them for certain, stands in `derivedSection.registerWords`; so does an age limit that it says there
        is none of. Ethics reviews, results summaries,
        contact addresses and affiliations, and the flags of bridged and prospective registrations have
        no place in API v2.

    Raises
    ------
    SourceFormatError
        There is no trial id.
    """
    said = {name: clean(value) for name, value in fields.items()}
    said = {name: text for name, text in said.items() if text and text.upper() != "NULL"}
    trial_id = said.get("trialid", "")
    if not is_trial_id(trial_id):
        raise SourceFormatError(
            "the row has no trial id", path="TrialID", found=trial_id, expected="such as NCT00000000"
        )
    own = _OwnWords()
    protocol = {
        "identificationModule": _map_identification(said, trial_id, own),
        "statusModule": _map_status(said, own),
        "sponsorCollaboratorsModule": _map_sponsors(said),
        "conditionsModule": _map_conditions(said, own),
        "designModule": _map_design(said, own),
        "armsInterventionsModule": keep({"interventions": _map_interventions(said.get("intervention", ""))}),
        "outcomesModule": keep(
            {
                f"{kind}Outcomes": [_map_outcome(text) for text in split_list(said.get(f"{kind}outcome", ""))]
                for kind in ("primary", "secondary")
            }
        ),
        "eligibilityModule": _map_eligibility(said, own),
        "contactsLocationsModule": keep(
            {"centralContacts": _map_contacts(said), "locations": _map_countries(said, trial_id, own)}
        ),
        "referencesModule": keep({"seeAlsoLinks": _map_links(said)}),
        "ipdSharingStatementModule": _map_ipd(said),
    }
    # The day on which the WHO took the record over is no update of it, by the register or by anybody.
    served = as_date(said.get("lastrefreshedon", "")) or as_date(said.get("exportdate", ""), month_first=True)
    derived = keep({"miscInfoModule": keep({"versionHolder": served}), "registerWords": own.write()})
    return keep(
        {"protocolSection": keep(protocol), "derivedSection": derived, "hasResults": _find_results(said)}
    )


class _OwnWords:
    """What a register says in its own way where API v2 has a list of values, none of which means the same."""

    def __init__(self) -> None:
        self._told: dict[str, str] = {}
        self._unlimited: dict[str, str] = {}

    def read(self, label: str, text: str, told: Told) -> str | None:
        """The value that a text was read as; the text is kept where that is not all it says."""
        if told.is_unlimited:
            self._unlimited[label] = text
        elif not told.is_whole:
            self.keep(label, text)
        return told.value

    def keep(self, label: str, text: str) -> None:
        self._told[label] = " ".join(text.split())

    def write(self) -> list[dict[str, str]]:
        told = [{"label": label, "words": text} for label, text in self._told.items() if text]
        return [
            *told,
            *({"label": label, "words": text, "means": NO_LIMIT} for label, text in self._unlimited.items()),
        ]


def _find_results(said: Mapping[str, str]) -> bool | None:
    """Whether results were posted; None where the export does not say so, since a "no" of WHO is often old."""
    is_told = said.get("resultsyesno", "").casefold() in ("yes", "y")
    return True if is_told or as_date(said.get("resultsdateposted", "")) else None


def _given(said: Mapping[str, str], name: str) -> str:
    text = " ".join(said.get(name, "").split())
    return text if is_given(text) else ""


def _map_identification(said: Mapping[str, str], trial_id: str, own: _OwnWords) -> dict[str, Any]:
    others = [find_european_number(trial_id), *split_list(said.get("secondaryid", ""))]
    told = dict.fromkeys(text for text in others if text != trial_id and not is_placeholder(text))
    words = [text for text in told if is_about_ids(text)]
    own.keep("Other ids", "; ".join(words))
    ids = dict(read_id(text) for text in told if text not in words)
    return keep(
        {
            "nctId": trial_id.upper() if trial_id.lower().startswith("nct") else trial_id,
            "secondaryIdInfos": [keep({"id": text, "type": kind}) for text, kind in ids.items()],
            "briefTitle": _given(said, "publictitle"),
            "officialTitle": _given(said, "scientifictitle"),
            "acronym": _given(said, "acronym"),
        }
    )


def _map_status(said: Mapping[str, str], own: _OwnWords) -> dict[str, Any]:
    status = _given(said, "recruitmentstatus")
    registered = as_date(said.get("dateregistration3", "")) or as_date(said.get("dateregistration", ""))
    return keep(
        {
            "overallStatus": own.read("Recruitment status", status, as_status(status)),
            "startDateStruct": keep({"date": as_date(said.get("dateenrollement", ""))}),
            "completionDateStruct": keep({"date": as_date(said.get("resultsdatecompleted", ""))}),
            "studyFirstSubmitDate": registered,
            "resultsFirstPostDateStruct": keep({"date": as_date(said.get("resultsdateposted", ""))}),
        }
    )


def _map_sponsors(said: Mapping[str, str]) -> dict[str, Any]:
    lead = _given(said, "primarysponsor")
    others = split_list(said.get("secondarysponsor", "")) + split_list(said.get("sourcesupport", ""))
    known = {lead.lower()}
    collaborators = []
    for name in others:
        if name.lower() not in known and not name.lower().startswith("please refer"):
            known.add(name.lower())
            collaborators.append({"name": name})
    return keep({"leadSponsor": keep({"name": lead}), "collaborators": collaborators})


def _map_conditions(said: Mapping[str, str], own: _OwnWords) -> dict[str, Any]:
    conditions, areas = as_conditions(said.get("condition", ""))
    if areas:
        own.keep("Therapeutic area", "; ".join(areas))
    return keep({"conditions": conditions})


def _map_design(said: Mapping[str, str], own: _OwnWords) -> dict[str, Any]:
    type_text, size_text = _given(said, "studytype"), _given(said, "targetsize")
    told, is_registry = as_study_type(type_text)
    kind = own.read("Study type", type_text, told)
    phases = _read_phases(" ".join(said.get("phase", "").split()), kind, own)
    count, is_certain = as_count(size_text)
    if not is_certain:
        own.keep("Target size", size_text)
    return keep(
        {
            "studyType": kind,
            "patientRegistry": is_registry or None,
            "phases": phases,
            "designInfo": as_design(said.get("studydesign", "")),
            "enrollmentInfo": keep({"count": count}),
        }
    )


def _read_phases(text: str, kind: str | None, own: _OwnWords) -> list[str]:
    """The phases of a study; one that is no trial of an intervention has none, and "0" says nothing of it."""
    phases, is_understood = as_phases(text)
    if not is_understood or (kind != "INTERVENTIONAL" and is_phase_zero(text)):
        own.keep("Phase", text)
        return []
    return [] if phases == ["NA"] and kind != "INTERVENTIONAL" else phases


def _map_interventions(text: str) -> list[dict[str, Any]]:
    parts = split_list(text)
    typed = [_INTERVENTION.fullmatch(part) for part in parts]
    if parts and all(typed):
        return [
            {"type": as_enum("InterventionType", match[1]), "name": match[2].strip()}
            for match in typed
            if match
        ]
    if not parts:
        return []
    # In free words a semicolon may end a sentence as well as an intervention, so they stay together.
    short = len(text) <= _MAX_NAME and "\n" not in text
    return [{"name": text.strip("; ")} if short else {"description": as_paragraphs(text)}]


def _map_outcome(text: str) -> dict[str, Any]:
    match = _OUTCOME.fullmatch(text)
    if match is None:
        return {"measure": text}
    return {"measure": match[1] or match[3], "timeFrame": (match[2] or match[4]).strip()}


def _map_eligibility(said: Mapping[str, str], own: _OwnWords) -> dict[str, Any]:
    low_text, high_text = (" ".join(said.get(f"inclusionage{end}", "").split()) for end in ("min", "max"))
    given = [text for text in (low_text, high_text) if is_given(text)]
    if len(given) == 1 and (ends := split_ages(given[0])):
        low_text, high_text = ends
    low, high = as_age(low_text), as_age(high_text, is_upper=True)
    lowest = own.read("Minimum age", low_text, low) or ""
    highest = own.read("Maximum age", high_text, high) or ""
    # Of a limit that is not told nothing is certain but that the other one is within.
    ends = (lowest or ("" if low.is_unlimited else highest), highest or ("" if high.is_unlimited else lowest))
    sex = said.get("inclusiongender", "")
    return keep(
        {
            "eligibilityCriteria": as_criteria(
                said.get("inclusioncriteria", ""), said.get("exclusioncriteria", "")
            ),
            "sex": own.read("Sex", sex, as_sex(sex)),
            "minimumAge": lowest,
            "maximumAge": highest,
            "stdAges": derive_std_ages(*ends) if lowest or highest else [],
        }
    )


def _map_contacts(said: Mapping[str, str]) -> list[dict[str, Any]]:
    def column(name: str) -> list[str]:
        return [part.strip() for part in said.get(f"contact{name}", "").replace("\n", ";").split(";")]

    contacts = []
    columns = (column("firstname"), column("lastname"), column("tel"), column("email"))
    for first, last, phone, email in itertools.zip_longest(*columns, fillvalue=""):
        contact = keep({"name": " ".join(filter(None, (first, last))), "phone": phone, "email": email})
        if contact:
            contacts.append(keep({"name": contact.get("name"), "role": "CONTACT"}) | contact)
    return contacts


def _map_countries(said: Mapping[str, str], trial_id: str, own: _OwnWords) -> list[dict[str, Any]]:
    countries, others = as_countries(said.get("countries", ""))
    if others:
        own.keep("Places", "; ".join(others))
    if not countries and (state := find_member_state(trial_id)):
        countries = [state]
    return [{"country": name} for name in countries]


def _map_links(said: Mapping[str, str]) -> list[dict[str, Any]]:
    named = (
        ("webaddress", _given(said, "sourceregister") or "Register"),
        ("resultsurllink", "Results"),
        ("resultsurlprotocol", "Protocol"),
    )
    return [{"label": label, "url": url} for name, label in named if (url := _given(said, name))]


def _map_ipd(said: Mapping[str, str]) -> dict[str, Any]:
    plan = _given(said, "resultsipdplan")
    value = find_enum_value("IpdSharing", as_enum("IpdSharing", plan)) if plan else None
    told = [plan if value is None else "", said.get("resultsipddescription", "")]
    return keep(
        {"ipdSharing": value, "description": "\n\n".join(as_paragraphs(text) for text in told if text)}
    )
