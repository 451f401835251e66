"""What does a program need to know of each study of an answer, without reading its record?"""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from trialbook.library.evidence import Evidence
from trialbook.model import Study
from trialbook.model.nearest import NearSite, find_nearest_site
from trialbook.model.protocol import DateStruct, PartialDateStruct
from trialbook.model.status_age import find_status_age
from trialbook.model.study import find_register_words, read_typed
from trialbook.record.texts import find_texts
from trialbook.search.engine.order import Origin


class HitFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A study in short; what its record does not say is "", null or an empty list.

    Attributes
    ----------
    status, status_age
        The registry's value, or the words of a register that has none of these, and as of when it is ("as of
        January 2015, out of date").
    is_outdated
        Whether an open study's completion date has passed, or nobody verified its status for two years.
    start_date, primary_completion_date, completion_date, last_update_posted
        As the record writes them: 2021-08-16, 2021-08 or 2021.
    countries, sites
        Where it is done: the countries, each once, and the number of its sites.
    nearest_site
        Where a place was asked for: the site that is nearest to it, open ones first as far as
        was asked.
    evidence
        What the findings rest on that were asked for: results overdue, a primary outcome changed.
    problem
        Why nothing else can be said of a study that matches: its record is damaged.
    """

    nct_id: str
    title: str = ""
    status: str = ""
    status_age: str = ""
    is_outdated: bool = False
    study_type: str = ""
    phases: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    interventions: tuple[str, ...] = ()
    sponsor: str = ""
    enrollment_count: int | None = None
    start_date: str = ""
    primary_completion_date: str = ""
    completion_date: str = ""
    last_update_posted: str = ""
    has_results: bool = False
    countries: tuple[str, ...] = ()
    sites: int = 0
    nearest_site: NearSite | None = None
    evidence: tuple[Evidence, ...] = ()
    problem: str = ""


def find_hit_facts(
    record: dict[str, Any], nct_id: str, today: date, origin: Origin | None = None
) -> HitFacts:
    """What a record, as it is read today, says in short.

    `today` is the day against which its status is old or not, `origin` the point that was asked for.
    """
    study, _ = read_typed(record)
    sponsors = study.protocol.sponsor_collaborators_module
    lead = sponsors.lead_sponsor if sponsors else None
    age = find_status_age(study.status, study.served)
    status = study.status
    locations = "protocolSection.contactsLocationsModule.locations"
    return HitFacts(
        nct_id=nct_id,
        title=study.brief_title or study.official_title,
        status=_write(study.overall_status) or find_register_words(record).get("Recruitment status", ""),
        status_age=age.write_short(today),
        is_outdated=age.is_outdated(today),
        study_type=_write(study.study_type),
        phases=tuple(map(_write, study.phases)),
        conditions=study.conditions,
        interventions=tuple(dict.fromkeys(item.name or "" for item in study.interventions)),
        sponsor=(lead.name or "") if lead else "",
        enrollment_count=study.enrollment_count,
        has_results=bool(study.has_results),
        countries=tuple(dict.fromkeys(find_texts(record, f"{locations}.country"))),
        sites=len(study.locations) if study.has_sites else 0,
        nearest_site=_find_nearest(study, origin) if origin else None,
        start_date=_write_date(status.start_date_struct),
        primary_completion_date=_write_date(status.primary_completion_date_struct),
        completion_date=_write_date(status.completion_date_struct),
        last_update_posted=_write_date(status.last_update_post_date_struct),
    )


def _find_nearest(study: Study, origin: Origin) -> NearSite | None:
    return find_nearest_site(study, origin.latitude, origin.longitude, reach_km=origin.reach_km)


def _write_date(struct: PartialDateStruct | DateStruct | None) -> str:
    return _write(struct.date) if struct else ""


def _write(value: str | None) -> str:
    """A date or a value of an enumeration as the plain text that the record has."""
    return str.__str__(value) if value else ""
