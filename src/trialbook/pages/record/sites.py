"""Where the study takes place: each site with its own status, nearest first when a place is given."""

from __future__ import annotations

import math
from collections import Counter

from trialbook.model import Study
from trialbook.model.protocol import Location
from trialbook.model.sentences import count_of
from trialbook.pages.contents import Near, PlaceForm
from trialbook.pages.labels import status_tone, term_of
from trialbook.pages.record.people import contact_line
from trialbook.pages.record.told import read_page, read_texts, show_tags
from trialbook.pages.tree import (
    Absent,
    AskPlace,
    Block,
    Fold,
    Item,
    Items,
    Plain,
    Section,
    Site,
    Sites,
    Sub,
)
from trialbook.record.links import map_url

PURPOSE = "Where the study takes place, and whether each site takes participants."
EARTH_RADIUS_KM = 6371.0088
OPEN_UP_TO = 30


def sites_section(study: Study, near: Near | None, place_form: PlaceForm | None = None) -> Section:
    """Sites by distance from a place, or by country."""
    sites = study.locations
    if not sites:
        return Section(
            "sites",
            "Locations",
            PURPOSE,
            (Absent("The record gives no locations.", ("contactsLocationsModule.locations",)),),
        )
    blocks: list[Block]
    if not study.has_sites:
        blocks = [
            Plain(("Only countries are given here, no sites.",)),
            Items(_list_countries(sites), style="tags"),
        ]
    elif near:
        blocks = _by_distance(sites, near)
    else:
        blocks = [
            Plain((f"{count_of(len(sites), 'site')} in {_country_count(sites)}.",)),
            *_by_country(sites),
        ]
    form = (AskPlace(place_form),) if place_form else ()
    return Section("sites", "Locations", PURPOSE, (*form, *blocks))


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


def distance_km(lat: float, lon: float, site: Location) -> float | None:
    """Great-circle distance in km from a place (degrees) to a site; None where the site has no position.

    >>> from trialbook.model.protocol import GeoPoint
    >>> round(distance_km(48.8566, 2.3522, Location(geo_point=GeoPoint(lat=51.5074, lon=-0.1278))))
    344
    """
    point = site.geo_point
    if point is None or point.lat is None or point.lon is None:
        return None
    first, second = math.radians(lat), math.radians(point.lat)
    half = math.sin((second - first) / 2) ** 2
    half += math.cos(first) * math.cos(second) * math.sin(math.radians(point.lon - lon) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half)))


def _by_distance(sites: tuple[Location, ...], near: Near) -> list[Block]:
    placed = [(distance_km(near.lat, near.lon, site), site) for site in sites]
    placed.sort(key=lambda pair: math.inf if pair[0] is None else pair[0])
    place = near.label or f"{near.lat:.3f}, {near.lon:.3f}"
    items = tuple(_site(site, distance) for distance, site in placed)
    where = f"{count_of(len(sites), 'site')} in {_country_count(sites)}, nearest to {place} first."
    blocks: list[Block] = [Plain((where,)), Sites(items[:OPEN_UP_TO])]
    if len(items) > OPEN_UP_TO:
        rest = items[OPEN_UP_TO:]
        blocks.append(Fold(f"{count_of(len(rest), 'site')} further away", (Sites(rest),)))
    return blocks


def _list_countries(sites: tuple[Location, ...]) -> tuple[Item, ...]:
    return tuple(Item((name,)) for name in dict.fromkeys(site.country for site in sites if site.country))


def _by_country(sites: tuple[Location, ...]) -> list[Block]:
    groups: dict[str, list[Site]] = {}
    for site in sites:
        groups.setdefault(site.country or "Country not given", []).append(_site(site, None))
    is_folded = len(sites) > OPEN_UP_TO
    blocks: list[Block] = []
    for country, items in groups.items():
        listing = Sites(tuple(items))
        title = f"{country}: {count_of(len(items), 'site')}"
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
        distance=""
        if distance is None
        else f"{distance:,.0f} km"
        if distance >= 10
        else f"{distance:.1f} km",
        map_url=map_url(point.lat or 0.0, point.lon or 0.0) if point and has_point else "",
        contacts=tuple(contact_line(contact) for contact in site.contacts),
    )


def _country_count(sites: tuple[Location, ...]) -> str:
    return count_of(len({site.country for site in sites if site.country}), "country", "countries")
