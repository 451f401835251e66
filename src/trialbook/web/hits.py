"""How does a study look in a list? Its facts in short as the pages take them."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from trialbook.library.hits import HitFacts
from trialbook.model.sentences import count_of
from trialbook.pages.contents import Hit, Snippet
from trialbook.record.links import study_url
from trialbook.web.search_place import view_site

SHOWN_LIST = 4
SHOWN_COUNTRIES = 2


def view_hit(facts: HitFacts, *, as_of: str | None = None, snippets: tuple[Snippet, ...] = ()) -> Hit:
    """A study in a list of results."""
    return Hit(
        nct_id=facts.nct_id,
        title=facts.title,
        url=study_url(facts.nct_id) + ("?" + urlencode({"as_of": as_of}) if as_of else ""),
        status=facts.status,
        status_age=facts.status_age,
        is_outdated=facts.is_outdated,
        study_type=facts.study_type,
        phases=facts.phases,
        conditions=facts.conditions[:SHOWN_LIST],
        interventions=facts.interventions[:SHOWN_LIST],
        sponsor=facts.sponsor,
        enrollment_count=facts.enrollment_count,
        start_date=facts.start_date,
        primary_completion_date=facts.primary_completion_date,
        completion_date=facts.completion_date,
        last_update_posted=facts.last_update_posted,
        countries=facts.countries,
        sites=facts.sites,
        place=_write_place(facts.countries, facts.sites),
        has_results=facts.has_results,
        site=view_site(facts.nearest_site),
        snippets=snippets,
        problem=facts.problem,
    )


def _write_place(countries: Sequence[str], sites: int) -> str:
    """Where a study is done, in a few words: "Norway, 3 sites"."""
    named = ", ".join(countries[:SHOWN_COUNTRIES])
    if more := len(countries[SHOWN_COUNTRIES:]):
        named += f" and {more} more {'country' if more == 1 else 'countries'}"
    return ", ".join(filter(None, (named, count_of(sites, "site") if sites else "")))
