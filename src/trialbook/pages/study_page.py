"""The page of one study."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from trialbook.changes.past import Past
from trialbook.changes.state import KnownState
from trialbook.model import Study
from trialbook.model.dates import find_asked_day
from trialbook.pages.contents import Near, PlaceForm, RelatedView, StudyHistory
from trialbook.pages.environment import render
from trialbook.pages.labels import label_of
from trialbook.pages.record import compose_record
from trialbook.pages.record.choose import choose_sections, list_anchors
from trialbook.pages.record.glance import ANCHOR as GLANCE
from trialbook.pages.record.shorten import shorten_title
from trialbook.pages.record.told import Told
from trialbook.pages.status import show_status
from trialbook.pages.tree import Absent, Note, Part
from trialbook.pages.write_html import render_parts
from trialbook.record.address import choose_address
from trialbook.record.links import NCT_ID, study_url

FOLDS = "folds"
NO_TITLE = Absent("The record gives no official title.", ("identificationModule.officialTitle",))


def render_study_page(  # noqa: PLR0913 - whatever a page may show beside the record
    study: Study,
    *,
    history: StudyHistory | None = None,
    near: Near | None = None,
    place_form: PlaceForm | None = None,
    as_of: str | None = None,
    related: RelatedView | None = None,
    today: date | None = None,
    state: KnownState | None = None,
    past: Past | None = None,
    chosen: Sequence[str] = (),
) -> str:
    """Render a record as a whole HTML page that needs no script and fetches nothing from elsewhere.

    Parameters
    ----------
    study
        The record.
    history, related
        The versions that the library holds, studies that resemble this one; without `related` no such section.
    near, place_form
        A place to sort sites by, and the field to ask for one.
    as_of
        The date (ISO 8601) as of which the record is shown, or None for the newest version.
    today
        The day against which results are due or late; `as_of` when that is given, else the present day.
    state
        What the library knows of the version from all of its copies.
    past
        What the versions up to this one prove.
    chosen
        Names of the sections to show, all unless told; `folds` among them prints what is folded too. Where any
        is given, long lists are printed whole.
    """
    day = today or find_asked_day(as_of)
    versions = history.versions if history else ()
    shown = next((line for line in versions if line.is_shown), None)
    older = shown if shown and history and history.held[0] is not shown else None
    which = f"?as_of={as_of}" if as_of else f"?version={older.number}" if older else ""
    parts = compose_record(
        study,
        today=day,
        history=history,
        near=near,
        place_form=place_form,
        related=related,
        state=state,
        events_url=f"{study_url(study.nct_id)}/events{which}",
        past=past,
    )
    anchors = list_anchors(parts)
    kept = choose_sections(parts, chosen)
    references = study.protocol.references_module
    links = [(link.label or "", link.url or "") for link in references.see_also_links] if references else []
    is_registry_id = not study.nct_id or NCT_ID.fullmatch(study.nct_id) is not None
    return render(
        "study.html",
        study=study,
        title=shorten_title(study.brief_title or study.official_title or study.nct_id or "Untitled record"),
        official_title=shorten_title(study.official_title),
        no_title=Told(state).tell(NO_TITLE),
        no_acronym=Told(state).say_none("identificationModule.acronym"),
        status=show_status(study, day, own_words=study.register_words.get("Recruitment status", "")),
        phases=" / ".join(label_of(phase) for phase in study.phases if phase != "NA"),
        kind=label_of(study.study_type) if study.study_type else "",
        registry_url=choose_address(study.nct_id, links),
        registry_name="ClinicalTrials.gov" if is_registry_id else "its register",
        id_name="NCT ID" if is_registry_id else "Trial ID",
        url=study_url(study.nct_id),
        as_of=as_of,
        older=older,
        which=which,
        near=near,
        flags=_list_flags(parts, past),
        query="",
        parts=parts,
        body=render_parts(kept or parts),
        kept=kept,
        is_chosen=bool(kept),
        asked=[("as_of", as_of)] if as_of else [("version", str(older.number))] if older else [],
        has_folds=FOLDS in chosen,
        choices=[
            (section, section.anchor in (chosen or anchors)) for part in parts for section in part.sections
        ],
    )


def _list_flags(parts: tuple[Part, ...], past: Past | None) -> list[tuple[str, str]]:
    """What a reader of results should know before all else, as (words, address)."""
    flags = []
    if past and past.switches:
        flags.append(("Primary outcome changed after the start", f"#{GLANCE}"))
    results = next(section for part in parts for section in part.sections if section.anchor == "results")
    verdict = results.blocks[0]
    if isinstance(verdict, Note) and verdict.tone == "warn":
        flags.append(("Results past their usual due date", "#results"))
    return flags
