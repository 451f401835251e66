"""Where the study takes place: each site with its own status, nearest first when a place is given."""

from __future__ import annotations

import math
from collections import Counter

from trialbook.model import Study
from trialbook.model.nearest import compute_site_distance_km, find_nearest_site, is_open, write_distance
from trialbook.model.protocol import Location
from trialbook.model.sentences import count_of
from trialbook.pages.contents import Near, PlaceForm
from trialbook.pages.drawing.map import Kind, MapPoint, draw_map
from trialbook.pages.labels import status_tone, term_of
from trialbook.pages.record.people import contact_line, link_mail, link_phone
from trialbook.pages.record.told import read_page, read_texts, show_tags
from trialbook.pages.tree import (
    Absent,
    AskPlace,
    Block,
    Fold,
    Inline,
    Item,
    Items,
    Note,
    Picture,
    Plain,
    Section,
    Site,
    Sites,
    SiteTable,
    Sub,
)
from trialbook.record.links import map_url

PURPOSE = "Where the study takes place, and whether each site takes participants."
OPEN_UP_TO = 30


def sites_section(study: Study, near: Near | None, place_form: PlaceForm | None = None) -> Section:
    """A map, and the sites by distance from a place, or by country and state."""
    sites = study.locations
    if not sites:
        return Section(
            "sites",
            "Locations",
            PURPOSE,
            (Absent("The record gives no locations.", ("contactsLocationsModule.locations",)),),
        )
    overall = str.__str__(study.overall_status or "")
    blocks: list[Block] = [AskPlace(place_form)] if place_form else []
    if not study.has_sites:
        only = Plain(("Only countries are given here, no sites.",))
        listed = Items(_list_countries(sites), style="tags")
        return Section("sites", "Locations", PURPOSE, (*blocks, only, listed))
    blocks.append(Plain((_count(sites, overall, near),)))
    blocks += [*_nearest(study, near), *_map(sites, overall, near)]
    blocks += _by_distance(sites, near) if near else _by_country(sites)
    return Section("sites", "Locations", PURPOSE, tuple(blocks))


def _count(sites: tuple[Location, ...], overall: str, near: Near | None) -> str:
    number_open = sum(is_open(site, overall) for site in sites)
    order = f", nearest to {_name(near)} first" if near else ""
    takes = (
        f" {number_open:,} of them {'takes' if number_open == 1 else 'take'} participants."
        if number_open
        else ""
    )
    return f"{count_of(len(sites), 'site')} in {_country_count(sites)}{order}.{takes}"


def _name(near: Near) -> str:
    return near.label or f"{near.lat:.3f}, {near.lon:.3f}"


def _nearest(study: Study, near: Near | None) -> list[Block]:
    """Whom to call nearest by, or that nobody there takes participants."""
    site = find_nearest_site(study, near.lat, near.lon) if near else None
    if near is None or site is None:
        return []
    if not site.is_open:
        return [
            Note(
                (f"No site of this study takes participants by its record; the nearest is {site.distance}.",)
            )
        ]
    whom = [
        each for each in (site.phone and link_phone(site.phone), site.email and link_mail(site.email)) if each
    ]
    pieces: list[Inline] = [f"Nearest open site: {', '.join(filter(None, (site.facility, site.distance)))}."]
    if whom:
        pieces.append(f" {site.contact or 'Contact'}: ")
        pieces.append(whom[0])
        pieces += [piece for each in whom[1:] for piece in (", ", each)]
    return [Note(tuple(pieces), "good")]


def _map(sites: tuple[Location, ...], overall: str, near: Near | None) -> list[Block]:
    points: dict[tuple[float, float, Kind], list[Location]] = {}
    for site in sites:
        if site.geo_point and site.geo_point.lat is not None and site.geo_point.lon is not None:
            kind: Kind = "open" if is_open(site, overall) else "other"
            points.setdefault((site.geo_point.lat, site.geo_point.lon, kind), []).append(site)
    drawn = [
        MapPoint(latitude=lat, longitude=lon, kind=kind, label=_write_town(here[0]), count=len(here))
        for (lat, lon, kind), here in points.items()
    ]
    if near:
        drawn.append(MapPoint(latitude=near.lat, longitude=near.lon, kind="here", label=_name(near)))
    kinds = {kind for _, _, kind in points}
    legend = [
        *(["Filled circles are towns with a site that takes participants."] if "open" in kinds else []),
        *(["Hollow squares are towns with other sites."] if "other" in kinds else []),
        *([f"The cross is {_name(near)}."] if near else []),
    ]
    meaning = " ".join(["Where the sites are, each at the centre of its town.", *legend])
    picture = draw_map("site-map", drawn, title="Map of the sites", meaning=meaning) if points else None
    return [Picture(picture, meaning)] if picture else []


def _write_town(site: Location) -> str:
    return ", ".join(filter(None, (site.city, site.state, site.country)))


def countries_section(study: Study) -> Section:
    """Countries with the number of sites in each, and those that were removed."""
    counts = Counter(site.country for site in study.locations if site.country)
    items = tuple(
        Item((f"{country} ({count_of(number, 'site')})" if study.has_sites else country,))
        for country, number in counts.most_common()
    )
    blocks: list[Block] = [
        Items(items, style="tags")
        if items
        else Absent("The record gives no countries.", ("contactsLocationsModule.locations.country",))
    ]
    misc = study.derived_section.misc_info_module if study.derived_section else None
    if misc and misc.removed_countries:
        gone = Items(tuple(Item((country,)) for country in misc.removed_countries), style="tags")
        blocks.append(Sub("Countries removed from the record", (gone,)))
    if beyond := read_texts(read_page(study), "countries"):
        blocks.append(Sub("Also named by the page that this copy came from", (show_tags(beyond),)))
    return Section(
        "countries", "Countries", "The countries in which the study has or had a site.", tuple(blocks)
    )


def _by_distance(sites: tuple[Location, ...], near: Near) -> list[Block]:
    placed = [(compute_site_distance_km(near.lat, near.lon, site), site) for site in sites]
    placed.sort(key=lambda pair: math.inf if pair[0] is None else pair[0])
    items = tuple(_site(site, distance) for distance, site in placed)
    blocks: list[Block] = [Sites(items[:OPEN_UP_TO])]
    if len(items) > OPEN_UP_TO:
        rest = items[OPEN_UP_TO:]
        blocks.append(Fold(f"{count_of(len(rest), 'site')} further away", (Sites(rest),)))
    return blocks


def _list_countries(sites: tuple[Location, ...]) -> tuple[Item, ...]:
    return tuple(Item((name,)) for name in dict.fromkeys(site.country for site in sites if site.country))


def _by_country(sites: tuple[Location, ...]) -> list[Block]:
    groups: dict[str, dict[str, list[Site]]] = {}
    for site in sites:
        states = groups.setdefault(site.country or "Country not given", {})
        states.setdefault(site.state or "", []).append(_site(site, None))
    is_folded = len(sites) > OPEN_UP_TO
    blocks: list[Block] = []
    for country, states in groups.items():
        title = f"{country}: {count_of(sum(map(len, states.values())), 'site')}"
        ordered = tuple(
            (state, tuple(states[state])) for state in sorted(states, key=lambda name: (not name, name))
        )
        listing = SiteTable(f"Sites in {country}", ordered)
        blocks.append(Fold(title, (listing,)) if is_folded else Sub(title, (listing,)))
    return blocks


def _site(site: Location, distance: float | None) -> Site:
    town = " ".join(filter(None, (site.zip, site.city)))
    place = ", ".join(filter(None, (town, site.state, site.country)))
    point = site.geo_point
    has_point = point is not None and point.lat is not None and point.lon is not None
    return Site(
        name=site.facility or "Site not named",
        place=place or "Place not given",
        status=term_of(site.status) if site.status else None,
        tone=status_tone(str(site.status or "")),
        distance="" if distance is None else write_distance(distance),
        map_url=map_url(point.lat or 0.0, point.lon or 0.0) if point and has_point else "",
        contacts=tuple(contact_line(contact) for contact in site.contacts),
    )


def _country_count(sites: tuple[Location, ...]) -> str:
    return count_of(len({site.country for site in sites if site.country}), "country", "countries")
