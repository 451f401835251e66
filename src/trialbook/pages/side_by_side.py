"""How do a few studies stand beside each other? Row by row, with what is the same, what differs, what is missing."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Literal

import msgspec

from trialbook.errors import UsageError
from trialbook.model import PartialDate, Study
from trialbook.model.dates import find_asked_day
from trialbook.model.nearest import list_open_sites
from trialbook.model.protocol import DateStruct, PartialDateStruct
from trialbook.model.sentences import count_of, write_day
from trialbook.pages.labels import label_of, phase_words, yes_no
from trialbook.pages.record.criteria import list_criteria
from trialbook.pages.record.told import WHOLE, Told
from trialbook.pages.status import show_status
from trialbook.record.links import study_url
from trialbook.record.markup import strip_markup

LEAST, MOST = 2, 6
MOST_ITEMS, LONGEST_ITEM = 200, 1_500
Sameness = Literal["same", "partly", "different", "missing"]
MEANINGS: dict[Sameness, str] = {
    "same": "the same in all",
    "partly": "partly the same",
    "different": "different",
    "missing": "in none of the records",
}


class Item(msgspec.Struct, frozen=True):
    """One thing that a record says, and how many of the compared records say it."""

    text: str
    said_by: int


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """What one record says in a row: nothing where it has none; `left_out` more are not shown.

    `rests_on` names the version that says it where the copy in front cannot carry it; where nothing is there,
    `is_known` tells whether the record has none, or no copy that could say it is held.
    """

    items: tuple[Item, ...]
    left_out: int = 0
    rests_on: str = ""
    is_known: bool = True

    @property
    def is_missing(self) -> bool:
        """Whether the record does not say it."""
        return not self.items

    @property
    def missing(self) -> str:
        """What it means that nothing is there."""
        return "Not in this record" if self.is_known else "Not known"


class ComparedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row: its name for programs, its label, the group it stands in, a cell for each study, and how alike they are."""

    name: str
    label: str
    group: str
    sameness: Sameness
    is_list: bool
    cells: tuple[Cell, ...]


class ComparedStudy(msgspec.Struct, frozen=True):
    """One of the studies; `version_date` says of which day the record is."""

    nct_id: str
    title: str
    url: str
    version_date: str


class SideBySide(msgspec.Struct, frozen=True):
    """Studies side by side: the cells of each row stand in the order of the studies."""

    studies: tuple[ComparedStudy, ...]
    rows: tuple[ComparedRow, ...]
    as_of: str = ""


class _Line(msgspec.Struct, frozen=True):
    """How a row is read from a record: each value is one item."""

    name: str
    label: str
    path: str
    read: Callable[[Study, date], Sequence[str]]
    is_list: bool = False


def check_asked(nct_ids: Sequence[str]) -> tuple[str, ...]:
    """The ids to compare, each once, in their order; raises UsageError for fewer than two or more than six."""
    found = tuple(dict.fromkeys(nct_ids))
    if not LEAST <= len(found) <= MOST:
        raise UsageError(
            f"{LEAST} to {MOST} different studies stand side by side, not {count_of(len(found), 'study', 'studies')}"
        )
    return found


def set_side_by_side(
    studies: Sequence[Study], *, told: Sequence[Told] = (), as_of: str | None = None
) -> SideBySide:
    """Compare records row by row.

    Parameters
    ----------
    studies
        Two to six.
    told
        What is known of each beside the copy that is in front; without it, copies count as whole.
    as_of
        The day (ISO) as of which they are shown, else they are those in force today.

    Notes
    -----
    Two things are the same when their words are, whatever their case, spacing and last punctuation. A row is
    "same" where all records say the same and nothing else, "partly" where some of it stands in all of them,
    "missing" where none says anything, otherwise "different": also where one record says nothing.
    """
    today = find_asked_day(as_of)
    told = told or [WHOLE] * len(studies)
    known = [each.get_study(study) for each, study in zip(told, studies, strict=True)]
    rows = tuple(
        _make_row(group, line, [line.read(study, today) for study in known], told)
        for group, lines in GROUPS.items()
        for line in lines
    )
    return SideBySide(tuple(map(_name_study, studies)), rows, as_of or "")


def _name_study(study: Study) -> ComparedStudy:
    title = study.brief_title or study.official_title or "Untitled record"
    return ComparedStudy(study.nct_id, title, study_url(study.nct_id), str(study.version_date or ""))


def _make_row(group: str, line: _Line, said: Sequence[Sequence[str]], told: Sequence[Told]) -> ComparedRow:
    values = [list(dict.fromkeys(text for each in items if (text := _plain(each)))) for items in said]
    keys = [frozenset(map(_make_key, items)) for items in values]
    counts = Counter(key for own in keys for key in own)
    cells = tuple(
        Cell(
            items=tuple(Item(_cut(text), counts[_make_key(text)]) for text in items[:MOST_ITEMS]),
            left_out=max(0, len(items) - MOST_ITEMS),
            rests_on=each.name_resting(line.path) if items else "",
            is_known=bool(items) or each.is_known(line.path),
        )
        for items, each in zip(values, told, strict=True)
    )
    return ComparedRow(
        name=line.name,
        label=line.label,
        group=group,
        sameness=_judge(keys),
        is_list=line.is_list,
        cells=cells,
    )


def _judge(keys: Sequence[frozenset[str]]) -> Sameness:
    if not any(keys):
        return "missing"
    if len(set(keys)) == 1:
        return "same"
    return "partly" if frozenset.intersection(*keys) else "different"


def _plain(text: str) -> str:
    return " ".join(text.split())


def _make_key(text: str) -> str:
    return text.casefold().rstrip(" .;,")


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_ITEM else text[: LONGEST_ITEM - 1] + "…"


# What each row takes from a record.


def _read_status(study: Study, today: date) -> Sequence[str]:
    if study.overall_status is None and not (own := study.register_words.get("Recruitment status", "")):
        return ()
    own = study.register_words.get("Recruitment status", "")
    shown = show_status(study, today, own_words=own)
    return (f"{shown.label}, out of date" if shown.age.endswith("out of date") else shown.label,)


def _read_day(struct: PartialDateStruct | DateStruct | None) -> Sequence[str]:
    if struct is None or not struct.date:
        return ()
    kind = f" ({label_of(struct.type).lower()})" if struct.type else ""
    return (write_day(PartialDate(str(struct.date))) + kind,)


def _read_sponsor(study: Study, _: date) -> Sequence[str]:
    module = study.protocol.sponsor_collaborators_module
    return (module.lead_sponsor.name or "",) if module and module.lead_sponsor else ()


def _read_collaborators(study: Study, _: date) -> Sequence[str]:
    module = study.protocol.sponsor_collaborators_module
    return [each.name or "" for each in module.collaborators] if module else ()


def _read_enrollment(study: Study, _: date) -> Sequence[str]:
    module = study.protocol.design_module
    info = module.enrollment_info if module else None
    if info is None or info.count is None:
        return ()
    return (f"{info.count:,}" + (f" ({label_of(info.type).lower()})" if info.type else ""),)


def _read_design(name: str) -> Callable[[Study, date], Sequence[str]]:
    def read(study: Study, _: date) -> Sequence[str]:
        module = study.protocol.design_module
        value = getattr(module.design_info, name) if module and module.design_info else None
        return (label_of(value),) if value else ()

    return read


def _read_masking(study: Study, _: date) -> Sequence[str]:
    module = study.protocol.design_module
    block = module.design_info.masking_info if module and module.design_info else None
    return (label_of(block.masking),) if block and block.masking else ()


def _read_arms(study: Study, _: date) -> Sequence[str]:
    told = []
    for arm in study.arm_groups:
        kind = f" ({label_of(arm.type).lower()})" if arm.type else ""
        given = [each.partition(": ")[2] or each for each in arm.intervention_names]
        told.append((arm.label or "Unnamed") + kind + (f": {'; '.join(given)}" if given else ""))
    return told


def _read_interventions(study: Study, _: date) -> Sequence[str]:
    return [
        (f"{label_of(each.type)}: " if each.type else "") + (each.name or "Unnamed")
        for each in study.interventions
    ]


def _read_outcomes(study: Study, _: date) -> Sequence[str]:
    module = study.protocol.outcomes_module
    return [
        (each.measure or "Unnamed") + (f" [{each.time_frame}]" if each.time_frame else "")
        for each in (module.primary_outcomes if module else ())
    ]


def _read_eligibility(name: str) -> Callable[[Study, date], Sequence[str]]:
    def read(study: Study, _: date) -> Sequence[str]:
        module = study.protocol.eligibility_module
        value = getattr(module, name) if module else None
        return () if value is None or value == "" else (_write_value(value),)

    return read


def _write_value(value: object) -> str:
    if isinstance(value, bool):
        return yes_no(value)
    return label_of(value) if hasattr(value, "is_listed") else str(value)  # type: ignore[arg-type]


def _read_criteria(kind: str) -> Callable[[Study, date], Sequence[str]]:
    def read(study: Study, _: date) -> Sequence[str]:
        return [strip_markup(each.text) for each in list_criteria(study) if each.kind == kind]

    return read


def _read_sites(study: Study, _: date) -> Sequence[str]:
    return (f"{len(study.locations):,}",) if study.has_sites else ()


def _read_open_sites(study: Study, _: date) -> Sequence[str]:
    is_said = study.overall_status or any(site.status for site in study.locations)
    return (f"{len(list_open_sites(study)):,}",) if study.has_sites and is_said else ()


def _read_countries(study: Study, _: date) -> Sequence[str]:
    return [site.country for site in study.locations if site.country]


GROUPS: dict[str, tuple[_Line, ...]] = {
    "State and dates": (
        _Line("overall_status", "Status", "statusModule.overallStatus", _read_status),
        _Line(
            "study_type",
            "Kind of study",
            "designModule.studyType",
            lambda s, _: (label_of(s.study_type),) if s.study_type else (),
        ),
        _Line(
            "phases",
            "Phase",
            "designModule.phases",
            lambda s, _: (phase_words(tuple(map(str, s.phases))),) if s.phases else (),
        ),
        _Line(
            "start_date",
            "Start",
            "statusModule.startDateStruct",
            lambda s, _: _read_day(s.status.start_date_struct),
        ),
        _Line(
            "primary_completion_date",
            "Primary completion",
            "statusModule.primaryCompletionDateStruct",
            lambda s, _: _read_day(s.status.primary_completion_date_struct),
        ),
        _Line(
            "completion_date",
            "Completion",
            "statusModule.completionDateStruct",
            lambda s, _: _read_day(s.status.completion_date_struct),
        ),
        _Line("has_results", "Results posted", "hasResults", lambda s, _: (yes_no(bool(s.has_results)),)),
        _Line(
            "last_update_posted",
            "Last update posted",
            "statusModule.lastUpdatePostDateStruct",
            lambda s, _: _read_day(s.status.last_update_post_date_struct),
        ),
    ),
    "Who runs it": (
        _Line("lead_sponsor", "Sponsor", "sponsorCollaboratorsModule.leadSponsor", _read_sponsor),
        _Line(
            "collaborators",
            "Collaborators",
            "sponsorCollaboratorsModule.collaborators",
            _read_collaborators,
            is_list=True,
        ),
    ),
    "Design and size": (
        _Line("enrollment_count", "Participants", "designModule.enrollmentInfo", _read_enrollment),
        _Line("allocation", "Allocation", "designModule.designInfo.allocation", _read_design("allocation")),
        _Line(
            "intervention_model",
            "Model",
            "designModule.designInfo.interventionModel",
            _read_design("intervention_model"),
        ),
        _Line(
            "observational_model",
            "Observational model",
            "designModule.designInfo.observationalModel",
            _read_design("observational_model"),
        ),
        _Line("masking", "Masking", "designModule.designInfo.maskingInfo", _read_masking),
        _Line(
            "primary_purpose",
            "Purpose",
            "designModule.designInfo.primaryPurpose",
            _read_design("primary_purpose"),
        ),
    ),
    "What is studied": (
        _Line(
            "conditions", "Conditions", "conditionsModule.conditions", lambda s, _: s.conditions, is_list=True
        ),
        _Line("arm_groups", "Arms", "armsInterventionsModule.armGroups", _read_arms, is_list=True),
        _Line(
            "interventions",
            "Interventions",
            "armsInterventionsModule.interventions",
            _read_interventions,
            is_list=True,
        ),
        _Line(
            "primary_outcomes",
            "Primary outcomes",
            "outcomesModule.primaryOutcomes",
            _read_outcomes,
            is_list=True,
        ),
    ),
    "Who can join": (
        _Line(
            "minimum_age", "Youngest age", "eligibilityModule.minimumAge", _read_eligibility("minimum_age")
        ),
        _Line("maximum_age", "Oldest age", "eligibilityModule.maximumAge", _read_eligibility("maximum_age")),
        _Line("sex", "Sex", "eligibilityModule.sex", _read_eligibility("sex")),
        _Line(
            "healthy_volunteers",
            "Healthy volunteers",
            "eligibilityModule.healthyVolunteers",
            _read_eligibility("healthy_volunteers"),
        ),
        _Line(
            "inclusion_criteria",
            "Inclusion criteria",
            "eligibilityModule.eligibilityCriteria",
            _read_criteria("inclusion"),
            is_list=True,
        ),
        _Line(
            "exclusion_criteria",
            "Exclusion criteria",
            "eligibilityModule.eligibilityCriteria",
            _read_criteria("exclusion"),
            is_list=True,
        ),
        _Line(
            "other_criteria",
            "Other words on who can join",
            "eligibilityModule.eligibilityCriteria",
            _read_criteria("other"),
            is_list=True,
        ),
    ),
    "Where": (
        _Line("sites", "Sites", "contactsLocationsModule.locations", _read_sites),
        _Line("open_sites", "Open sites", "contactsLocationsModule.locations", _read_open_sites),
        _Line("countries", "Countries", "contactsLocationsModule.locations", _read_countries, is_list=True),
    ),
}


def render_side_by_side_text(table: SideBySide, *, width: int = 100, is_short: bool = False) -> str:
    """Write the studies for a terminal, one row under another, each cell behind its study's id.

    `is_short` leaves out what is the same in all and what is in none. "=" marks what all the records say.
    """
    return "\n".join(_write_lines(table, width, is_short)) + "\n"


def _write_lines(table: SideBySide, width: int, is_short: bool) -> Iterator[str]:
    ids = [each.nct_id for each in table.studies]
    indent = max(map(len, ids)) + 4
    for study in table.studies:
        yield from _wrap(f"{study.nct_id}  {study.title}", width, indent)
    if table.as_of:
        yield f"As of {write_day(PartialDate(table.as_of))}"
    group = ""
    for row in table.rows:
        if is_short and row.sameness in ("same", "missing"):
            continue
        if row.group != group:
            group = row.group
            yield from ("", group.upper())
        yield f"{row.label}: {MEANINGS[row.sameness]}"
        if row.sameness == "missing":
            continue
        if row.sameness == "same":
            for item in row.cells[0].items:
                yield from _wrap(f"  = {item.text}", width, 4)
            continue
        for nct_id, cell in zip(ids, row.cells, strict=True):
            lead = f"  {nct_id}".ljust(indent)
            if cell.is_missing:
                yield f"{lead}({cell.missing.lower()})"
            for item in cell.items:
                mark = "= " if item.said_by == len(ids) else "- " if row.is_list else ""
                yield from _wrap(f"{lead}{mark}{item.text}", width, indent + len(mark))
                lead = " " * indent
            if cell.left_out:
                yield f"{' ' * indent}and {cell.left_out:,} more"
            if cell.rests_on:
                yield f"{' ' * indent}(from {cell.rests_on})"


def _wrap(text: str, width: int, indent: int) -> list[str]:
    return textwrap.wrap(text, max(width, indent + 20), subsequent_indent=" " * indent) or [""]
