"""Invented people, places of work and sites in real cities."""

from __future__ import annotations

import random
from typing import Any

from tools.samples.plots import Plot, Record, load_table

OPEN = ("RECRUITING", "NOT_YET_RECRUITING", "ENROLLING_BY_INVITATION", "SUSPENDED", "AVAILABLE")
SITE_STATUS = {
    "RECRUITING": 60,
    "NOT_YET_RECRUITING": 12,
    "COMPLETED": 7,
    "ACTIVE_NOT_RECRUITING": 6,
    "WITHDRAWN": 5,
    "TERMINATED": 4,
    "SUSPENDED": 3,
    "ENROLLING_BY_INVITATION": 3,
}
OFFICIAL_ROLES = {"PRINCIPAL_INVESTIGATOR": 12, "STUDY_CHAIR": 4, "STUDY_DIRECTOR": 3, "SUB_INVESTIGATOR": 2}
SITE_ROLES = {"PRINCIPAL_INVESTIGATOR": 12, "SUB_INVESTIGATOR": 4, "STUDY_CHAIR": 1, "STUDY_DIRECTOR": 1}
DEGREES = ("MD", "MD, PhD", "Prof.", "PhD", "MBBS", "RN, MSc", "")


def pick_weighted(weights: dict[str, int], rng: random.Random) -> str:
    return rng.choices(list(weights), weights=list(weights.values()))[0]


def make_person(country: str, rng: random.Random, *, degree: bool = True) -> str:
    """Invent a name that sounds at home in the country."""
    names = load_table("names.toml")
    tongue = names["tongue"][country]
    name = f"{rng.choice(names['given'][tongue])} {rng.choice(names['family'][tongue])}"
    title = rng.choice(DEGREES) if degree else ""
    return f"{name}, {title}" if title else name


def make_facility(country: str, rng: random.Random) -> str:
    names = load_table("names.toml")
    tongue = names["tongue"][country]
    name: str = rng.choice(names["facility"][tongue])
    return name.format(rng.choice(names["words"][tongue]))


def make_contact(country: str, rng: random.Random) -> Record:
    """Make a contact whose number and address reach nobody (555-01xx, example.org)."""
    name = make_person(country, rng)
    contact = {"name": name, "role": "CONTACT", "phone": f"555-01{rng.randrange(100):02d}"}
    if rng.random() < 0.25:
        contact["phoneExt"] = str(rng.randrange(10, 9999))
    contact["email"] = f"study-desk-{rng.randrange(100, 999)}@example.org"
    return contact


def make_location(country: str, status: str, rng: random.Random) -> Record:
    city, state, lat, lon, postcode = rng.choice(load_table("places.json")[country])
    location: Record = {"facility": make_facility(country, rng)}
    if status:
        location["status"] = status
    location["city"] = city
    if state:
        location["state"] = state
    if postcode:
        location["zip"] = postcode
    location["country"] = country
    if status in OPEN:
        contacts = [make_contact(country, rng)]
        if rng.random() < 0.4:
            role = pick_weighted(SITE_ROLES, rng)
            contacts.append({"name": make_person(country, rng), "role": role})
        location["contacts"] = contacts
    location["geoPoint"] = {"lat": lat, "lon": lon}
    return location


def make_locations(plot: Plot, rng: random.Random) -> list[Record]:
    """Spread the plot's sites over its countries: one each, the rest mostly in the first."""
    countries: list[str] = plot["countries"]
    chosen = countries[: plot["sites"]]
    weights = [1.0 / (i + 1.5) for i in range(len(countries))]
    chosen += rng.choices(countries, weights=weights, k=plot["sites"] - len(chosen)) if countries else []
    return [make_location(country, pick_site_status(plot["status"], rng), rng) for country in sorted(chosen)]


def pick_site_status(overall: str, rng: random.Random) -> str:
    if overall == "RECRUITING":
        return pick_weighted(SITE_STATUS, rng)
    return overall if overall in OPEN else ""


def make_contacts_module(plot: Plot, rng: random.Random) -> Record:
    """Make the module of contacts, officials and sites."""
    home = plot["countries"][0] if plot["countries"] else "United States"
    module: Record = {}
    if plot["status"] in OPEN:
        module["centralContacts"] = [make_contact(home, rng) for _ in range(rng.choice((1, 1, 2)))]
    if plot["sponsor"] != "wiosna":
        module["overallOfficials"] = [make_official(home, rng) for _ in range(rng.choice((1, 1, 1, 2)))]
    locations = make_locations(plot, rng)
    if locations:
        module["locations"] = locations
    return module


def make_official(country: str, rng: random.Random) -> Record:
    return {
        "name": make_person(country, rng),
        "affiliation": make_facility(country, rng),
        "role": pick_weighted(OFFICIAL_ROLES, rng),
    }


def count_by_country(locations: list[Record], total: int) -> list[tuple[str, int]]:
    """Share `total` participants out over the sites' countries, in proportion, adding up exactly."""
    sites: dict[str, int] = {}
    for location in locations:
        sites[location["country"]] = sites.get(location["country"], 0) + 1
    left, sites_left = total, len(locations)
    shares: list[tuple[str, int]] = []
    for country, number in sites.items():
        share = round(left * number / sites_left)
        shares.append((country, share))
        left, sites_left = left - share, sites_left - number
    return shares


def make_citation_authors(country: str, rng: random.Random) -> str:
    people: list[Any] = [make_person(country, rng, degree=False).split(" ", 1) for _ in range(3)]
    return ", ".join(f"{family} {given[0]}" for given, family in people)
