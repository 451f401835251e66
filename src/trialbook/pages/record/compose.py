"""A whole record as parts and sections, ready to be written as HTML or as text."""

from __future__ import annotations

from datetime import date

import msgspec

from trialbook.changes.past import Past
from trialbook.changes.state import KnownState
from trialbook.model import Study
from trialbook.pages.contents import Near, PlaceForm, RelatedView, StudyHistory
from trialbook.pages.record.about_record import (
    annotations_section,
    derived_terms_section,
    milestones_section,
    unread_section,
    versions_section,
)
from trialbook.pages.record.arms import arms_section, interventions_section, other_names_section
from trialbook.pages.record.criteria import list_criteria
from trialbook.pages.record.design import design_section
from trialbook.pages.record.eligibility import eligibility_section
from trialbook.pages.record.events import events_section
from trialbook.pages.record.flow import flow_section
from trialbook.pages.record.glance import glance_section
from trialbook.pages.record.measures import baseline_section, measures_section
from trialbook.pages.record.missing import BEHIND, fold_missing
from trialbook.pages.record.more_info import more_info_section
from trialbook.pages.record.outcomes import outcomes_section
from trialbook.pages.record.oversight import expanded_access_section, oversight_section
from trialbook.pages.record.overview import (
    conditions_section,
    description_section,
    key_facts_section,
    results_section,
    summary_section,
)
from trialbook.pages.record.people import officials_section, responsible_party_section, sponsors_section
from trialbook.pages.record.references import (
    documents_section,
    links_section,
    other_ids_section,
    references_section,
    sharing_section,
)
from trialbook.pages.record.related import related_section
from trialbook.pages.record.shorten import WHERE, is_giant, shorten_parts
from trialbook.pages.record.sites import countries_section, sites_section
from trialbook.pages.record.told import Told
from trialbook.pages.tree import Note, Part
from trialbook.results.due import derive_results_outlook


def compose_record(  # noqa: PLR0913 - whatever a page may show beside the record
    study: Study,
    *,
    today: date,
    history: StudyHistory | None = None,
    near: Near | None = None,
    place_form: PlaceForm | None = None,
    related: RelatedView | None = None,
    state: KnownState | None = None,
    events_url: str = "",
    past: Past | None = None,
) -> tuple[Part, ...]:
    """Every section of a record page; what has nothing to show stands by its name in the last one.

    Of a giant record each section shows the first part, and says how much it leaves out.

    Parameters
    ----------
    study
        The record.
    today
        The day against which "due" and "late" are judged.
    history, near, place_form, related
        What the library adds: versions, a place to sort sites by and the field to ask for it, like studies.
    state
        What other copies say where this one cannot; without it the record counts as whole.
    events_url
        The page of all adverse events, to which a long table of them is left; "" has all here.
    past
        What older versions prove; without it nothing is said of it.
    """
    told = Told(state)
    outlook = derive_results_outlook(told.get_study(study), today=today)
    criteria = list_criteria(study)
    overview = (
        glance_section(
            study,
            today,
            outlook=outlook,
            criteria=criteria,
            told=told,
            past=past,
            near=near,
            history=history,
        ),
        key_facts_section(study, today),
        summary_section(study),
        description_section(study),
        conditions_section(study, told),
        results_section(study, outlook, told),
    )
    plan = (
        design_section(study),
        arms_section(study),
        interventions_section(study),
        other_names_section(study, told),
        eligibility_section(study, criteria),
        outcomes_section(study),
    )
    people = (
        sponsors_section(study),
        responsible_party_section(study),
        officials_section(study),
        sites_section(study, near, place_form),
        countries_section(study),
    )
    further = (
        links_section(study),
        references_section(study),
        other_ids_section(study),
        documents_section(study),
        sharing_section(study),
        expanded_access_section(study),
        oversight_section(study),
    )
    results = (
        flow_section(study),
        baseline_section(study),
        measures_section(study),
        events_section(study, events_url),
        more_info_section(study),
    )
    behind = (
        derived_terms_section(study),
        milestones_section(study),
        annotations_section(study),
        versions_section(history, today),
        unread_section(study),
    )
    like = related_section(related, study)
    last = (Part("Like this one", (like,)),) if like else ()
    parts = (
        Part("Overview", overview),
        Part("The plan", plan),
        Part("People and places", people),
        Part("Further reading", further),
        Part("Posted results", results),
        Part(BEHIND, behind),
        *last,
    )
    parts = fold_missing(told.tell_parts(parts))
    return _tell_left_out(shorten_parts(parts), study.left_out) if is_giant(study) else parts


def _tell_left_out(parts: tuple[Part, ...], left_out: str) -> tuple[Part, ...]:
    """What was not even read of the record stands first of all."""
    if not left_out:
        return parts
    (first, *others), *rest = parts[0].sections, *parts[1:]
    note = Note(
        (f"The record is too long for a page. Neither shown nor counted here: {left_out}. All is {WHERE}.",),
        "warn",
    )
    first = msgspec.structs.replace(first, blocks=(note, *first.blocks))
    return (Part(parts[0].title, (first, *others)), *rest)
