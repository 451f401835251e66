"""How are related studies shown on pages? What the library found, made ready to read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import urlencode

from trialbook.errors import NotFoundError, RecordDamagedError
from trialbook.library import Library
from trialbook.library.landscape import Landscape, Named
from trialbook.library.measured import OutcomeGroup
from trialbook.model import PartialDate
from trialbook.model.dates import find_asked_day
from trialbook.model.present import decode_present
from trialbook.model.status_age import find_status_age
from trialbook.model.study import read_typed
from trialbook.pages.contents import RelatedGroup, RelatedStudy
from trialbook.pages.labels import phase_words
from trialbook.pages.related_page import (
    NamedLine,
    NamedTable,
    OutcomeLine,
    OutcomeTime,
    SharedLine,
    StudyLink,
)
from trialbook.record.links import study_url
from trialbook.related.engine import RelatedList
from trialbook.related.engine import RelatedStudy as FoundStudy
from trialbook.related.reasons import Reason

LONGEST_TITLE, LONGEST_WORD, LONGEST_SIDE = 600, 80, 1_000
LABELS_SHOWN, WORDS_SHOWN = 5, 3
LINES_SHOWN, OUTCOMES_SHOWN, WORDINGS_SHOWN = 10, 25, 3
GROUPS = (
    ("family", "Its own family"),
    ("near duplicate", "Near duplicates"),
    ("related", "Others like it"),
)
NOT_MADE = (
    "Which studies are like it has not been worked out in this library yet, or cannot be read any more:"
    " `trialbook rebuild related` works it out."
)


def view_groups(library: Library, studies: Sequence[FoundStudy]) -> tuple[RelatedGroup, ...]:
    """The studies of a list by what they are; a record that went away meanwhile is left out."""
    groups = []
    for group, title in GROUPS:
        views = [view for each in studies if each.group == group for view in _view_study(library, each)]
        if views:
            groups.append(RelatedGroup(title=title, studies=tuple(views)))
    if len(groups) == 1 and groups[0].title == GROUPS[-1][1]:
        return (RelatedGroup(title="", studies=groups[0].studies),)
    return tuple(groups)


def _view_study(library: Library, found: FoundStudy) -> Iterable[RelatedStudy]:
    try:
        version = library.find_version(found.nct_id)
        study, _ = read_typed(decode_present(library.store.get_version_body(version.version_id)))
    except (NotFoundError, RecordDamagedError):
        return
    age, today = find_status_age(study.status, study.served), find_asked_day(None)
    yield RelatedStudy(
        nct_id=found.nct_id,
        title=shorten(study.brief_title or study.official_title or found.title),
        status=study.overall_status or "",
        status_age=age.write_short(today),
        is_outdated=age.is_outdated(today),
        phase=phase_words(tuple(phase for phase in study.phases if phase != "NA")),
        reasons=tuple(map(label_reason, found.reasons[:LABELS_SHOWN])),
        url=study_url(found.nct_id),
        relation=found.relation,
        version_date=PartialDate(version.version_date) if version.version_date else None,
        learnt_at=version.learnt_at,
    )


def shorten(text: str, longest: int = LONGEST_TITLE) -> str:
    """A title or a word as a page of many shows it; those of real registries have 600 characters at most."""
    return text if len(text) <= longest else f"{text[:longest]}…"


def label_reason(reason: Reason) -> str:
    """A reason in short: what is alike, with the first words of the study found."""
    shown = reason.theirs[:WORDS_SHOWN]
    if reason.kind == "same design":
        values = (each.partition(": ")[2].replace("PHASE", "phase ") for each in shown)
        shown = tuple(value.replace("_", " ").lower() for value in values)
    words = ", ".join(shorten(word, LONGEST_WORD) for word in shown)
    return f"{reason.kind}: {words}" if words else reason.kind


def describe_learnt(found: RelatedList) -> str:
    """By which records words were weighed, and when."""
    return (
        f"How rare each word is was counted over {found.learnt_from:,} records on {found.learnt_at[:10]}."
        if found.learnt_from
        else ""
    )


def view_reasons(
    studies: Sequence[FoundStudy],
) -> tuple[tuple[StudyLink, tuple[tuple[str, str, str, str], ...]], ...]:
    """Every reason of every study: its kind, its share, the words of both sides."""
    return tuple(
        (
            StudyLink(
                nct_id=each.nct_id,
                url=study_url(each.nct_id),
                title=f"{shorten(each.title)}: {each.score:.2f}",
            ),
            tuple(
                (
                    reason.kind,
                    f"{reason.share:.3f}",
                    shorten("; ".join(reason.ours), LONGEST_SIDE),
                    shorten("; ".join(reason.theirs), LONGEST_SIDE),
                )
                for reason in each.reasons
            ),
        )
        for each in studies
    )


def find_by(pieces: str, name: str) -> str:
    """The address that searches for a name in any of some pieces or areas (with bars between them)."""
    clean = " ".join(name.replace('"', " ").replace("\\", " ").split())
    return "/?" + urlencode({"q": " OR ".join(f'AREA[{piece}]"{clean}"' for piece in pieces.split("|"))})


def link_studies(nct_ids: Sequence[str], titles: dict[str, str]) -> tuple[StudyLink, ...]:
    """Studies by their ids, with their titles where these are known."""
    return tuple(StudyLink(nct_id=each, url=study_url(each), title=titles.get(each, "")) for each in nct_ids)


def view_people(landscape: Landscape, titles: dict[str, str]) -> tuple[NamedTable, ...]:
    """Who works on the studies, by kind."""
    kinds: tuple[tuple[str, tuple[Named, ...], str], ...] = (
        ("Sponsors", landscape.sponsors, "LeadSponsorName"),
        ("Collaborators", landscape.collaborators, "CollaboratorName"),
        (
            "Investigators",
            landscape.investigators,
            "OverallOfficialName|ResponsiblePartyInvestigatorFullName",
        ),
        ("Sites", landscape.sites, "LocationFacility"),
    )

    def view(each: Named, piece: str) -> NamedLine:
        return NamedLine(
            name=each.name,
            url=find_by(piece, each.name),
            studies=link_studies(each.nct_ids, titles),
            place=each.place,
            is_own=each.is_own,
        )

    return tuple(
        NamedTable(
            title=title,
            lines=tuple(view(each, piece) for each in named[:LINES_SHOWN]),
            left_out=max(0, len(named) - LINES_SHOWN),
        )
        for title, named, piece in kinds
    )


def view_shared(landscape: Landscape) -> tuple[SharedLine, ...]:
    """What the studies share."""
    areas = {"condition": "ConditionSearch", "intervention": "InterventionSearch"}
    return tuple(
        SharedLine(
            kind=each.kind,
            name=each.name,
            url=find_by(areas[each.kind], each.name),
            nct_ids=each.nct_ids,
            own=each.own,
        )
        for each in landscape.shared
    )


def view_outcomes(landscape: Landscape, titles: dict[str, str]) -> tuple[OutcomeLine, ...]:
    """What the studies measure, and when."""

    def view(group: OutcomeGroup) -> OutcomeLine:
        return OutcomeLine(
            measure=group.measure,
            count=len(group.nct_ids),
            primary=len(group.primary_in),
            times=tuple(
                OutcomeTime(
                    when=each.when, studies=link_studies(each.nct_ids, titles), time_frames=each.time_frames
                )
                for each in group.times
            ),
            wordings=group.wordings[:WORDINGS_SHOWN],
            is_own=group.is_own,
        )

    return tuple(map(view, landscape.outcomes[:OUTCOMES_SHOWN]))
