"""Who runs the study, where, and under which other numbers, as a saved record page says it?"""

from __future__ import annotations

import re

from trialbook.source.page.draft import Draft, after_marker, cut_at_marker, cut_paragraphs, is_absent
from trialbook.source.spellings import as_enum

_COUNTRY_WITH_COMMA = re.compile(
    r"(?:^|, )((?:Korea|Iran|Congo|Moldova|Macedonia|Tanzania|Venezuela|Bolivia|Micronesia|Virgin Islands)"
    r", [^,]*(?:Republic|Democratic|Federated|U\.S|States|Plurinational|Bolivarian)[^,]*)$"
)

_ZIP = re.compile(r"^(?=.*\d)[A-Z0-9][A-Z0-9 -]*$")

_AGENCY_CLASSES = frozenset(
    {"NIH", "FED", "OTHER_GOV", "INDIV", "INDUSTRY", "NETWORK", "AMBIG", "OTHER", "UNKNOWN"}
)


def read_sponsors(lines: list[str], draft: Draft) -> None:
    """Read name and class, closed by the role."""
    collaborators = []
    for block, role in cut_at_marker(cut_paragraphs(lines, ("Sponsor Role",)), "Sponsor Role"):
        kind = as_enum("AgencyClass", block[-1]) if len(block) > 1 else ""
        sponsor = {"name": block[0]} if block else {}
        if kind in _AGENCY_CLASSES:
            sponsor["class"] = kind
        fits = len(block) == 1 or (len(block) == 2 and (kind in _AGENCY_CLASSES or is_absent(block[1])))
        if fits and role and role.casefold() == "lead":
            draft.put("sponsorCollaboratorsModule", "leadSponsor", sponsor)
        elif fits and role and role.casefold() == "collaborator":
            collaborators.append(sponsor)
        else:
            draft.leave("Sponsors", [*block, *([f"Sponsor Role {role}"] if role else [])])
    draft.put("sponsorCollaboratorsModule", "collaborators", collaborators)


def read_responsible_party(lines: list[str], draft: Draft) -> None:
    """Read name, title and, where printed, affiliation, closed by the role."""
    section, marker = "Responsible Party", "Responsibility Role"
    groups = cut_at_marker(cut_paragraphs(lines, (marker,)), marker)
    for block, role in groups[1:]:
        draft.leave(section, [*block, f"{marker} {role}" if role else ""])
    for block, role in groups[:1]:
        party: dict[str, str] = {}
        if role and not is_absent(role):
            party["type"] = as_enum("ResponsiblePartyType", role)
        keys = ("investigatorFullName", "investigatorTitle", "investigatorAffiliation")
        # A sponsor is responsible as an organisation: its name is the lead sponsor's, not a person's.
        named = keys if party.get("type") != "SPONSOR" else ()
        party |= {key: text for key, text in zip(named, block, strict=False) if not is_absent(text)}
        draft.leave(section, block[len(named) :])
        draft.put("sponsorCollaboratorsModule", "responsibleParty", party)


def read_officials(lines: list[str], draft: Draft) -> None:
    """Read name, role and affiliation: the text right above a role is a name."""
    groups = cut_at_marker(cut_paragraphs(lines, ("Role",)), "Role")
    officials: list[dict[str, str]] = []
    for block, role in groups:
        names = block if role is None else block[:-1]
        if names and officials and "affiliation" not in officials[-1]:
            officials[-1]["affiliation"] = names[0]
            names = names[1:]
        draft.leave("Principal Investigators", names)
        if role is not None and block:
            official = {"name": block[-1]}
            if not is_absent(role):
                official["role"] = as_enum("OfficialRole", role)
            officials.append(official)
    for official in officials:
        if is_absent(official.get("affiliation", "-")):
            official.pop("affiliation", None)
    draft.put("contactsLocationsModule", "overallOfficials", [_in_order(official) for official in officials])


def _in_order(official: dict[str, str]) -> dict[str, str]:
    return {key: official[key] for key in ("name", "affiliation", "role") if key in official}


def read_countries(lines: list[str], draft: Draft) -> None:
    draft.countries = [line.strip() for line in lines if not is_absent(line)]
    _keep_countries([], draft)


def read_locations(lines: list[str], draft: Draft) -> None:
    """Read facility and place, closed by the site's status (blank where the page has none)."""
    locations = []
    for block, status in cut_at_marker(cut_paragraphs(lines, ("Site Status",)), "Site Status"):
        if status is None or not 1 <= len(block) <= 2 or len(block[-1]) > 300:
            draft.leave("Locations", block)
            continue
        location = {"facility": block[0]} if len(block) == 2 and not is_absent(block[0]) else {}
        if len(block) == 1 and ", " not in block[0] and block[0] not in draft.countries:
            location["facility"] = block[0]
        else:
            location |= _read_place(block[-1], draft.countries)
        if not is_absent(status):
            location["status"] = as_enum("RecruitmentStatus", status)
        locations.append(location)
    draft.put("contactsLocationsModule", "locations", locations)
    _keep_countries(locations, draft)


def _keep_countries(locations: list[dict[str, str]], draft: Draft) -> None:
    """Keep what the list of countries says beyond the sites; it may be printed in one line."""
    rest = "\n".join(draft.countries)
    named = {location["country"] for location in locations if "country" in location}
    for country in sorted(named, key=len, reverse=True)[:300]:
        rest = rest.replace(country, "\n") if country else rest
    beyond = [part.strip() for part in rest.split("\n") if part.strip()]
    draft.page.pop("countries", None)
    if beyond:
        draft.page["countries"] = beyond


def _read_place(text: str, countries: list[str]) -> dict[str, str]:
    """Read `City, State, Country`, from the right; countries may carry a comma themselves."""
    place: dict[str, str] = {}
    known = next((name for name in countries[:300] if text == name or text.endswith(f", {name}")), None)
    comma = _COUNTRY_WITH_COMMA.search(text)
    country = known or (comma[1] if comma else text.rpartition(", ")[2])
    parts = [part for part in text[: len(text) - len(country)].rstrip(", ").split(", ") if part]
    zip_code = next((part for part in parts if _ZIP.match(part)), None)
    if zip_code:
        parts.remove(zip_code)
    if len(parts) > 1:
        place["state"] = parts.pop()
    if parts:
        place["city"] = ", ".join(parts)
    if zip_code:
        place["zip"] = zip_code
    place["country"] = country
    return {key: place[key] for key in ("city", "state", "zip", "country") if key in place}


def read_links(lines: list[str], draft: Draft) -> None:
    links: list[dict[str, str]] = []
    for text in cut_paragraphs(lines, ("Description:", "http://", "https://")):
        label = after_marker(text, ("Description",))
        if re.match(r"[a-z]+://\S+$", text, re.IGNORECASE):
            links.append({"url": text})
        elif label is not None and links and "label" not in links[-1]:
            if not is_absent(label):
                links[-1] = {"label": label, **links[-1]}
        else:
            draft.leave("Related Links", [text])
    draft.put("referencesModule", "seeAlsoLinks", links)


def read_identifiers(lines: list[str], draft: Draft) -> None:
    """Read id, type and source; the source says to which list of the record the id belongs."""
    markers = ("Identifier Type", "Identifier Source", "View Link")
    found: list[dict[str, str]] = []
    for text in cut_paragraphs(lines, markers):
        for marker, key in (("Identifier Type", "type"), ("Identifier Source", "source")):
            said = after_marker(text, (marker,))
            if said is not None and found:
                found[-1][key] = said
                break
        else:
            # "View Link" is the face of a link whose address the text does not show.
            if after_marker(text, ("View Link",)) is None:
                found.append({"id": text})
    for entry in found:
        _put_identifier(entry, draft)


def _put_identifier(entry: dict[str, str], draft: Draft) -> None:
    module = draft.modules.setdefault("identificationModule", {})
    info = {"id": entry["id"]}
    if not is_absent(entry.get("type", "-")):
        info["type"] = as_enum("SecondaryIdType", entry["type"])
    source = entry.get("source", "").casefold()
    if source == "org_study_id" and "orgStudyIdInfo" not in module:
        module["orgStudyIdInfo"] = info
    elif source == "secondary_id":
        module.setdefault("secondaryIdInfos", []).append(info)
    elif source == "nct_alias":
        module.setdefault("nctIdAliases", []).append(entry["id"])
    else:
        draft.leave("Other Identifiers", [f"{key}: {value}" for key, value in entry.items()])
