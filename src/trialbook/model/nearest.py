"""Which site of a study is nearest to a place, whom does one call there, and how far is it in honest words?

The registry places a site at the centre of its town, whatever its address: a distance to it is one to there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec

from trialbook.model.protocol import Contact, Location
from trialbook.model.study import Study

OPEN_STATUSES = ("RECRUITING", "AVAILABLE")
EARTH_RADIUS_KM = 6371.0088
KM_PER_MILE = 1.609344


class NearSite(msgspec.Struct, frozen=True, kw_only=True):
    """A site near a place, and whom to ask about it; what the record does not say is "".

    Attributes
    ----------
    status
        The registry's value for this site, or where it has none, or the study takes nobody, the study's.
    is_open
        Whether it takes participants: by that status, and the study by its own.
    distance_km
        To the centre of its town.
    distance
        The same in words: "Miami, about 2 km (1 mi), centre of town".
    next_open
        Where it is not open: the nearest open site, as `distance`; "" for none.
    contact, phone, email
        Of the site, or where it names nobody of the study.
    """

    facility: str = ""
    city: str = ""
    state: str = ""
    country: str = ""
    status: str = ""
    is_open: bool = False
    distance_km: float
    distance: str
    next_open: str = ""
    contact: str = ""
    phone: str = ""
    email: str = ""


def compute_site_distance_km(lat: float, lon: float, site: Location) -> float | None:
    """Great-circle distance in km from a place (degrees) to a site; None where the site has no position.

    >>> from trialbook.model.protocol import GeoPoint
    >>> paris_to = Location(geo_point=GeoPoint(lat=51.5074, lon=-0.1278))
    >>> round(compute_site_distance_km(48.8566, 2.3522, paris_to))
    344
    """
    point = site.geo_point
    if point is None or point.lat is None or point.lon is None:
        return None
    first, second = math.radians(lat), math.radians(point.lat)
    half = math.sin((second - first) / 2) ** 2
    half += math.cos(first) * math.cos(second) * math.sin(math.radians(point.lon - lon) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half)))


def write_distance(km: float, town: str = "") -> str:
    """A distance to the centre of a site's town, in words.

    >>> write_distance(2.1, "Miami"), write_distance(0.2), write_distance(1650)
    ('Miami, about 2 km (1 mi), centre of town', 'less than 1 km, centre of town', 'about 1,650 km (1,025 mi), centre of town')
    """
    miles = km / KM_PER_MILE
    about = "less than 1 km" if km < 1 else f"about {km:,.0f} km ({miles:,.0f} mi)"
    return ", ".join(part for part in (town, about, "centre of town") if part)


def find_nearest_site(study: Study, lat: float, lon: float, *, reach_km: float = math.inf) -> NearSite | None:
    """The nearest site that is open within reach, or where none is the nearest of all; None without positions."""
    placed = [
        (distance, site)
        for site in study.locations
        if (distance := compute_site_distance_km(lat, lon, site)) is not None
    ]
    if not placed:
        return None
    overall = str.__str__(study.overall_status or "")
    takers = [pair for pair in placed if is_open(pair[1], overall)]
    next_open = min(takers, key=_get_distance, default=None)
    is_near = next_open is not None and next_open[0] <= reach_km
    distance, site = next_open if next_open and is_near else min(placed, key=_get_distance)
    module = study.protocol.contacts_locations_module
    contact = _choose_contact(site.contacts) or _choose_contact(module.central_contacts if module else ())
    return NearSite(
        facility=site.facility or "",
        city=site.city or "",
        state=site.state or "",
        country=site.country or "",
        status=_choose_status(site, overall),
        is_open=is_open(site, overall),
        distance_km=round(distance, 1),
        distance=write_distance(distance, site.city or ""),
        next_open=write_distance(next_open[0], next_open[1].city or "") if next_open and not is_near else "",
        contact=(contact.name or "") if contact else "",
        phone=write_phone(contact) if contact else "",
        email=(contact.email or "") if contact else "",
    )


def _choose_status(site: Location, overall: str) -> str:
    own = str.__str__(site.status) if site.status else ""
    return own if own and (own not in OPEN_STATUSES or overall in ("", *OPEN_STATUSES)) else overall


def _get_distance(placed: tuple[float, Location]) -> float:
    return placed[0]


def is_open(site: Location, overall: str) -> bool:
    """Whether a site takes participants: the study must, and the site by its own status, where it has one.

    Records of studies that have ended sometimes leave a site as it was.
    """
    return is_site_open(str.__str__(site.status) if site.status else "", overall)


def list_open_sites(study: Study) -> list[Location]:
    """The sites of a study that take participants, as `is_open`."""
    overall = str.__str__(study.overall_status or "")
    return [site for site in study.locations if is_open(site, overall)]


def is_site_open(own: str, overall: str) -> bool:
    """As `is_open`, by the status of the site ("" where it has none) and of the study."""
    return overall in ("", *OPEN_STATUSES) and (own or overall) in OPEN_STATUSES


def write_phone(contact: Contact) -> str:
    """A contact's telephone number with its extension."""
    return " ext. ".join(part for part in (contact.phone, contact.phone_ext) if part)


def _choose_contact(contacts: Iterable[Contact]) -> Contact | None:
    """The first that has a telephone, or else an e-mail address."""
    listed = list(contacts)
    return next((each for each in listed if each.phone), next((each for each in listed if each.email), None))
