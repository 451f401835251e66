"""Who works on some studies, what do they share, and what do they measure? Counted over a list of related ones."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from trialbook.errors import NotFoundError, RecordDamagedError
from trialbook.library.measured import OutcomeGroup, group_outcomes
from trialbook.model.present import decode_present
from trialbook.record.texts import find_structures, find_text, find_texts
from trialbook.related.engine import MOST_LISTED
from trialbook.related.kin import fold_name, read_people
from trialbook.related.traits import Traits

PROTOCOL = "protocolSection."
OFFICIALS = PROTOCOL + "contactsLocationsModule.overallOfficials"
RESPONSIBLE = PROTOCOL + "sponsorCollaboratorsModule.responsibleParty"
MOST_NAMED = 50
MOST_SITES_READ = 2_000
LONGEST_NAME = 300
# What a sponsor writes in place of a site's name says nothing of who works there.
_NO_SITE = frozenset({
    "research", "investigative", "investigational", "investigator", "investigators", "study", "site", "sites",
    "clinical", "trial", "trials", "center", "centre", "facility", "local", "institution", "number", "no",
    "hospital", "clinic",
})  # fmt: skip
_TELLS_NOTHING = frozenset({"disease", "drug", "control", "intervention"})
_IN_BRACKETS = re.compile(r"\([^()]*\)")


class Named(msgspec.Struct, frozen=True):
    """One who works on some of the studies.

    Attributes
    ----------
    name
        As most of the records write it.
    place
        Of a site: city and country; of an investigator: the affiliation; else "".
    nct_ids
        The studies, in the order of the list.
    is_own
        Whether the study that was asked for names it too.
    """

    name: str
    place: str
    nct_ids: tuple[str, ...]
    is_own: bool


class Shared(msgspec.Struct, frozen=True):
    """What at least two of the studies have, by its heading or name.

    `kind` is "condition" or "intervention"; `own` names those asked for that have it, as `Landscape` was asked.
    """

    kind: str
    name: str
    nct_ids: tuple[str, ...]
    is_own: bool
    own: tuple[str, ...]


class Landscape(msgspec.Struct, frozen=True):
    """What is counted over some studies, each list ranked by the number of studies behind.

    Attributes
    ----------
    nct_ids
        The studies that were read. Those asked for are not counted; `is_own` marks what they have too.
    sponsors, collaborators, investigators, sites
        Who works on them; sites without a name of their own ("Research Site") are left out.
    outcomes
        What they measure, and when.
    shared
        Conditions and interventions by their headings.
    """

    nct_ids: tuple[str, ...]
    sponsors: tuple[Named, ...]
    collaborators: tuple[Named, ...]
    investigators: tuple[Named, ...]
    sites: tuple[Named, ...]
    outcomes: tuple[OutcomeGroup, ...]
    shared: tuple[Shared, ...]


Names = Iterable[tuple[str, str, str]]
Record = dict[str, Any]


def make_landscape(
    nct_ids: Sequence[str],
    own: Sequence[str],
    *,
    read_body: Callable[[str], bytes | None],
    read_traits: Callable[[str], Traits],
) -> Landscape:
    """Count over studies by their ids; a record that cannot be read any more is left out.

    Parameters
    ----------
    nct_ids
        As the library writes them; the first hundred are read.
    own
        The studies that were asked for.
    """
    chosen = [each for each in dict.fromkeys(nct_ids) if each not in own][:MOST_LISTED]
    records = dict(_iter_records(chosen, read_body))
    ours = dict(_iter_records(own, read_body))

    def rank(read: Callable[[Record], Names]) -> tuple[Named, ...]:
        return _rank(records, ours, read)

    return Landscape(
        nct_ids=tuple(records),
        sponsors=rank(_read_sponsors),
        collaborators=rank(_read_collaborators),
        investigators=rank(_read_investigators),
        sites=rank(_read_sites),
        outcomes=group_outcomes(records, ours),
        shared=_find_shared({each: read_traits(each) for each in (*records, *ours)}, frozenset(ours)),
    )


def _iter_records(
    nct_ids: Iterable[str], read_body: Callable[[str], bytes | None]
) -> Iterable[tuple[str, Record]]:
    for nct_id in nct_ids:
        try:
            body = read_body(nct_id)
        except (NotFoundError, RecordDamagedError):
            continue
        if body is not None:
            yield nct_id, decode_present(body)


def _rank(
    records: Mapping[str, Record], ours: Mapping[str, Record], read: Callable[[Record], Names]
) -> tuple[Named, ...]:
    """Names with the studies behind them, the most first; how each is written most often is how it is shown."""
    studies: dict[str, list[str]] = {}
    spellings: dict[str, Counter[tuple[str, str]]] = {}
    for nct_id, record in records.items():
        for key, name, place in read(record):
            behind = studies.setdefault(key, [])
            if nct_id not in behind:
                behind.append(nct_id)
                spellings.setdefault(key, Counter())[name[:LONGEST_NAME], place[:LONGEST_NAME]] += 1
    own = {key for record in ours.values() for key, _, _ in read(record)}
    shown = {key: spellings[key].most_common(1)[0][0] for key in studies}
    order = sorted(studies, key=lambda key: (-len(studies[key]), shown[key]))
    return tuple(Named(*shown[key], tuple(studies[key]), key in own) for key in order[:MOST_NAMED])


def _read_sponsors(record: Record) -> Names:
    return _read_names(find_texts(record, PROTOCOL + "sponsorCollaboratorsModule.leadSponsor.name"))


def _read_collaborators(record: Record) -> Names:
    return _read_names(find_texts(record, PROTOCOL + "sponsorCollaboratorsModule.collaborators.name"))


def _read_names(names: Iterable[str]) -> Names:
    return [(key, name.strip(), "") for name in names if (key := fold_name(name))]


def _read_investigators(record: Record) -> Names:
    people = read_people(record)
    written = [
        (find_text(each, "name"), find_text(each, "affiliation"))
        for each in find_structures(record, OFFICIALS)
    ]
    written += [
        (find_text(each, "investigatorFullName"), find_text(each, "investigatorAffiliation"))
        for each in find_structures(record, RESPONSIBLE)
    ]
    for name, affiliation in written:
        bare = name.partition(",")[0].strip()
        if fold_name(bare) in people:
            yield fold_name(bare), bare, affiliation


def _read_sites(record: Record) -> Names:
    for site in find_structures(record, PROTOCOL + "contactsLocationsModule.locations")[:MOST_SITES_READ]:
        name, city, country = (find_text(site, part).strip() for part in ("facility", "city", "country"))
        key = fold_name(name)
        is_named = any(not word.isdigit() and word not in _NO_SITE for word in key.split())
        if is_named:
            yield (
                f"{key}|{fold_name(city)}|{fold_name(country)}",
                name,
                ", ".join(filter(None, (city, country))),
            )


def _list_names(traits: Traits) -> list[str]:
    """What is done, by name: cells and devices have no headings."""
    names = (_IN_BRACKETS.sub(" ", name) for name in traits.texts["intervention"].splitlines())
    return [" ".join(name.split()) for name in names if fold_name(name)]


def _find_shared(traits: Mapping[str, Traits], own: frozenset[str]) -> tuple[Shared, ...]:
    """Headings and names of at least two studies, the asked ones included; what all name comes before what is broader."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    written: dict[tuple[str, str], str] = {}
    for nct_id, each in traits.items():
        done = dict.fromkeys(_list_names(each), 1.0) | each.interventions
        for kind, headings in (("condition", each.conditions), ("intervention", done)):
            for heading, near in headings.items():
                key = (kind, fold_name(heading).removesuffix("s"))
                written.setdefault(key, heading)
                found.setdefault(key, {})[nct_id] = near
    named = {
        key: tuple(nct_id for nct_id, near in behind.items() if near == 1.0) for key, behind in found.items()
    }
    shared = [
        Shared(
            kind=key[0],
            name=written[key],
            nct_ids=tuple(each for each in behind if each not in own),
            is_own=not own.isdisjoint(behind),
            own=tuple(each for each in behind if each in own),
        )
        for key, behind in found.items()
        if len(behind) > 1 and named[key] and key[1] not in _TELLS_NOTHING
    ]
    return tuple(sorted(shared, key=lambda each: (not each.is_own, -len(each.nct_ids), each.kind, each.name)))
