"""What does a reader ask first? Short answers, each with a link to what it rests on, and the dates as a picture."""

from __future__ import annotations

from datetime import date

from trialbook.changes.past import Past
from trialbook.model import PartialDate, Study
from trialbook.model.eligibility import SEXES, tell_ages
from trialbook.model.enums import Status, StudyType
from trialbook.model.nearest import find_nearest_site, list_open_sites
from trialbook.model.protocol import Contact, EligibilityModule, Location
from trialbook.model.sentences import count_of, write_day
from trialbook.model.status_age import find_status_age
from trialbook.pages.contents import Near, StudyHistory
from trialbook.pages.labels import label_of
from trialbook.pages.record.criteria import ListedCriterion
from trialbook.pages.record.people import list_ways
from trialbook.pages.record.timeline import draw_timeline
from trialbook.pages.record.told import WHOLE, Told
from trialbook.pages.status import show_status
from trialbook.pages.tree import Block, Day, Fact, Facts, Inline, Link, Run, Section
from trialbook.record.links import study_url
from trialbook.record.markup import strip_markup
from trialbook.results.due import ResultsOutlook

ANCHOR = "glance"
CRITERIA_SHOWN, LONGEST_CRITERION = 3, 150
ARMS_SHOWN, LONGEST_NAME = 6, 80
PEOPLE_SHOWN, SWITCHES_SHOWN, COUNTRIES_SHOWN = 2, 3, 4
# What may be otherwise by now at the registry, and is said of somebody.
AS_OF_A_DAY = frozenset(("returned", "submitted", "overdue"))


def glance_section(  # noqa: PLR0913 - one answer rests on each
    study: Study,
    today: date,
    *,
    outlook: ResultsOutlook,
    criteria: tuple[ListedCriterion, ...],
    told: Told = WHOLE,
    past: Past | None = None,
    near: Near | None = None,
    history: StudyHistory | None = None,
) -> Section:
    """Is it open, where, who can join, what is done, when does it end, are there results, was it changed?"""
    rows = [
        _answer_open(study, today),
        _answer_where(study, today, near),
        _answer_who(study, criteria, told),
        _answer_what(study),
        _answer_end(study),
        Fact("Are there results?", (_tell_results(outlook, told.get_study(study).served, today),)),
        *_answer_switched(study, past, history),
    ]
    picture = draw_timeline(told.get_study(study), today, outlook, past, history)
    blocks: list[Block] = [Facts(tuple(rows), style="glance")]
    if picture:
        blocks.append(picture)
    return Section(
        ANCHOR,
        "At a glance",
        "What a reader asks first; each answer leads to what it rests on.",
        tuple(blocks),
    )


def _answer_open(study: Study, today: date) -> Fact:
    shown = show_status(study, today)
    if study.status.overall_status is None:
        if own := study.register_words.get("Recruitment status", ""):
            return Fact("Is it open?", (Run((Link(own, "#key-facts"), ", in its register's words.")),))
        return Fact("Is it open?", (), paths=("statusModule.overallStatus",))
    age = f", {shown.age}" if shown.age else ""
    meaning = shown.meaning if find_status_age(study.status, study.served).is_outdated(today) else ""
    return Fact("Is it open?", (Run((Link(shown.label, "#key-facts"), f"{age}.")),), meaning)


def _answer_where(study: Study, today: date, near: Near | None) -> Fact:
    paths = ("contactsLocationsModule.locations",)
    values: list[Inline] = [_count_sites(study, today)] if study.locations else []
    nearest = find_nearest_site(study, near.lat, near.lon) if near else None
    if nearest and nearest.is_open:
        name = nearest.facility or nearest.city or "a site"
        values.append(Run(("Nearest open site: ", Link(name, "#sites"), f", {nearest.distance}.")))
        at_site = Contact(
            name=nearest.contact or None, phone=nearest.phone or None, email=nearest.email or None
        )
        people = (at_site,) if at_site.phone or at_site.email else ()
        values += [_tell_contact(each, None) for each in people]
    else:
        values += _list_people(study)
    return Fact("Where, and whom to ask?", tuple(values), paths=paths)


def _count_sites(study: Study, today: date) -> Run:
    sites, takers = study.locations, list_open_sites(study)
    countries = tuple(dict.fromkeys(site.country for site in sites if site.country))
    if not study.has_sites:
        named = ", ".join(countries[:COUNTRIES_SHOWN]) + (", …" if len(countries) > COUNTRIES_SHOWN else "")
        return Run((Link(named, "#sites"), "; no site is named."))
    place = countries[0] if len(countries) == 1 else count_of(len(countries), "country", "countries")
    counted = count_of(len(sites), "site") + (f" in {place}" if countries else "")
    if takers:
        age = find_status_age(study.status, study.served)
        as_of = f" {age.write_as_of()}".rstrip() if age.is_outdated(today) else ""
        words = f", open{as_of}." if len(sites) == 1 else f", {len(takers):,} of them open{as_of}."
    elif study.overall_status == Status.UNKNOWN:
        words = f"; whether {'it is' if len(sites) == 1 else 'they are'} open is not known."
    elif study.overall_status or any(site.status for site in sites):
        words = ", not open." if len(sites) == 1 else ", none of them open."
    else:
        words = f"; whether {'it is' if len(sites) == 1 else 'they are'} open is not said."
    return Run((Link(counted, "#sites"), words))


def _list_people(study: Study) -> list[Inline]:
    """Whom to ask: of the whole study, or where it names nobody of its first open site with a contact."""
    module = study.protocol.contacts_locations_module
    central = module.central_contacts if module else ()
    site = next((each for each in list_open_sites(study) if each.contacts), None)
    chosen, where = (central, None) if central or site is None else (site.contacts, site)
    reachable = [each for each in chosen if each.phone or each.email]
    told: dict[Inline, None] = dict.fromkeys(_tell_contact(each, where) for each in reachable)
    return [*told][:PEOPLE_SHOWN]


def _tell_contact(contact: Contact, site: Location | None) -> Run:
    at = ", ".join(filter(None, (site.facility, site.city))) if site else ""
    name = ", ".join(filter(None, (contact.name, at))) or "Contact"
    pieces: list[Inline] = [f"{name}: "]
    for at_place, link in enumerate(list_ways(contact)):
        pieces += [", ", link] if at_place else [link]
    return Run(tuple(pieces))


def _answer_who(study: Study, criteria: tuple[ListedCriterion, ...], told: Told) -> Fact:
    question = "Who can join?"
    module = study.protocol.eligibility_module or (EligibilityModule() if study.unlimited else None)
    if module is None:
        return Fact(question, (), paths=("eligibilityModule.eligibilityCriteria",))
    healthy = {True: "healthy volunteers too", False: "no healthy volunteers", None: ""}
    said = (
        _tell_limits(study, module, told),
        SEXES.get(str(module.sex), str(module.sex)) if module.sex else "",
        healthy[module.healthy_volunteers],
    )
    words = ", ".join(filter(None, said))
    values: list[Inline] = [Run((Link(words[:1].upper() + words[1:], "#eligibility"), "."))] if words else []
    first = [each for each in criteria if each.kind == "inclusion" and not each.level] or criteria
    values += [
        Run((Link(f"{each.number}", f"#{each.anchor}"), f". {_cut(each.text, LONGEST_CRITERION)}"))
        for each in first[:CRITERIA_SHOWN]
    ]
    if criteria and study.nct_id:
        counted = f"All {len(criteria):,} criteria" if len(criteria) > 1 else "The one criterion"
        checklist = Link("as a checklist", f"{study_url(study.nct_id)}/criteria")
        values.append(Run((Link(counted, "#eligibility"), ", also ", checklist, ".")))
    return Fact(question, tuple(values), paths=("eligibilityModule.eligibilityCriteria",))


def _tell_limits(study: Study, module: EligibilityModule, told: Told) -> str:
    """The limits of age; of a copy that cannot tell that there is none, which of them is not known."""
    low, high = module.minimum_age, module.maximum_age
    no_low, no_high = (
        name not in study.unlimited and told.say_none(f"eligibilityModule.{path}") == "Not known"
        for name, path in (("Minimum age", "minimumAge"), ("Maximum age", "maximumAge"))
    )
    if (low or not no_low) and (high or not no_high):
        return tell_ages(low, high)
    if low:
        return f"from {low.lower()}, an upper limit of age is not known"
    return f"up to {high.lower()}, a lower limit of age is not known" if high else "limits of age not known"


def _cut(text: str, most: int) -> str:
    plain = strip_markup(text)
    return plain if len(plain) <= most else plain[:most].rsplit(" ", 1)[0].rstrip(" ,;") + " …"


def _answer_what(study: Study) -> Fact:
    question = "What is done?"
    arms, given = study.arm_groups, study.interventions
    if not arms and not given:
        return Fact(question, (), paths=("armsInterventionsModule.armGroups", "armsInterventionsModule"))
    values: list[Inline] = []
    if arms:
        head = ", ".join(filter(None, (_tell_design(study), count_of(len(arms), "group"))))
        named = "; ".join(
            _cut(arm.label or "Unnamed", LONGEST_NAME)
            + (f" ({label_of(arm.type).lower()})" if arm.type else "")
            for arm in arms[:ARMS_SHOWN]
        )
        more = f"; and {len(arms) - ARMS_SHOWN:,} more" if len(arms) > ARMS_SHOWN else ""
        values.append(Run((Link(head[:1].upper() + head[1:], "#arms"), f": {named}{more}.")))
    if given:
        names = list(
            dict.fromkeys(_cut(item.name or item.description or "Unnamed", LONGEST_NAME) for item in given)
        )
        kinds = "; ".join(names[:ARMS_SHOWN]) + (
            f"; and {len(names) - ARMS_SHOWN:,} more" if len(names) > ARMS_SHOWN else ""
        )
        verb = "Looked at" if study.study_type == StudyType.OBSERVATIONAL else "Given or done"
        values.append(Run((Link(verb, "#interventions"), f": {kinds}.")))
    return Fact(question, tuple(values))


def _tell_design(study: Study) -> str:
    module = study.protocol.design_module
    info = module.design_info if module else None
    if info is None:
        return ""
    words = [label_of(info.allocation)] if info.allocation and info.allocation != "NA" else []
    if info.masking_info and info.masking_info.masking:
        masking = info.masking_info.masking
        words.append("Open label" if masking == "NONE" else label_of(masking))
    return ", ".join(word if at == 0 else _lower(word) for at, word in enumerate(words))


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]


def _answer_end(study: Study) -> Fact:
    status = study.status
    dated = (
        ("Data for the primary outcome complete: ", status.primary_completion_date_struct),
        ("Last visit of the last participant: ", status.completion_date_struct),
    )
    values = tuple(
        Run((words, Day(struct.date, type=str(struct.type) if struct.type else ""), "."))
        for words, struct in dated
        if struct and struct.date
    )
    return Fact("When does it end?", values, paths=("statusModule.completionDateStruct",))


def _tell_results(outlook: ResultsOutlook, served: PartialDate | None, today: date) -> Run:
    pieces: list[Inline] = [Link(outlook.headline, "#results")]
    if outlook.state in AS_OF_A_DAY and served and served.earliest:
        pieces.append(f", as of {write_day(served)}")
    if outlook.due:
        by = "by the certificate of delay" if outlook.is_counted_from_certificate else "if the rule applies"
        verb = "due" if outlook.due >= today else "were due"
        pieces.append(f"; {verb} {by} on {write_day(PartialDate(outlook.due.isoformat()))}")
    return Run((*pieces, "."))


def _answer_switched(study: Study, past: Past | None, history: StudyHistory | None) -> list[Fact]:
    """What the versions held prove. What they do not prove is not called unchanged."""
    if past is None:
        return []
    question = "Was a primary outcome changed?"
    unheld = len(history.versions) - len(history.held) if history else 0
    if not past.switches:
        if past.held < 2:
            words = "Cannot be told: no earlier version of the record is held here."
        else:
            words = f"None was after the start, as far as the {past.held:,} versions held here prove"
            words += f"; {count_of(unheld, 'version')} more are not held." if unheld else "."
        if not past.is_whole:
            words += " Not all of them were compared for this page."
        return [Fact(question, (Run((words, " ", Link("Versions", "#versions"))),))]
    values: list[Inline] = []
    for switch in past.switches[:SWITCHES_SHOWN]:
        url = f"{study_url(study.nct_id)}/diff?from={switch.before}&to={switch.after}"
        shown = Link(f"Version {switch.before} against {switch.after}", url)
        values.append(Run((f"Yes: {switch.words}. ", shown)))
    if (more := len(past.switches) - SWITCHES_SHOWN) > 0:
        values.append(Run((f"And in {count_of(more, 'later version')}. ", Link("Versions", "#versions"))))
    return [Fact(question, tuple(values))]
