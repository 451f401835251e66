"""What a reader wants first: are there results, the key facts, the summary, the conditions."""

from __future__ import annotations

from datetime import date

from trialbook.model import PartialDate, Study
from trialbook.model.enums import Status
from trialbook.model.protocol import PartialDateStruct
from trialbook.model.sentences import count_of
from trialbook.pages.labels import label_of, meaning_of, term_of
from trialbook.pages.record.told import WHOLE, Told, read_page, read_texts, show_apart, show_tags
from trialbook.pages.status import show_status
from trialbook.pages.tree import (
    Absent,
    Block,
    Day,
    Fact,
    Facts,
    Inline,
    Item,
    Items,
    Link,
    Note,
    Plain,
    Prose,
    Section,
    Sub,
    Wording,
)
from trialbook.results.due import ResultsOutlook

OWN_WORDS = "In the register's own words: none of the values used here means the same for certain."
# What the outlook follows from, and where it stands.
LISTED_COUNTRIES = 5
RESTING = (
    ("the dates of completion", "statusModule.primaryCompletionDateStruct"),
    ("the dates of completion", "statusModule.completionDateStruct"),
    ("whether the FDA regulates what is studied", "oversightModule"),
    ("the phase", "designModule.phases"),
    ("the type of the study", "designModule.studyType"),
    ("the sites", "contactsLocationsModule.locations"),
    ("the dates of results", "statusModule.resultsFirstSubmitDate"),
    ("the dates of results", "statusModule.resultsFirstPostDateStruct"),
    ("the certificate of delay", "statusModule.dispFirstSubmitDate"),
    ("who answers for the record", "sponsorCollaboratorsModule.responsibleParty"),
    ("the submissions of results", "annotationSection"),
    ("the results", "resultsSection"),
)
TONES = {"posted": "good", "overdue": "warn"}


def results_section(study: Study, outlook: ResultsOutlook, told: Told = WHOLE) -> Section:
    """Whether results are posted, and if not, when and why they are due: by all that is known."""
    blocks: list[Block] = [Note((outlook.headline,), tone=TONES.get(outlook.state, "info"))]
    blocks += [Plain((told.tell_sentence(sentence),)) for sentence in outlook.sentences]
    if outlook.due:
        blocks.append(Facts((_due_fact(outlook),)))
    blocks += told.note_resting(RESTING)
    if study.results_section is not None:
        blocks.append(_posted_links(study))
    if printed := read_texts(read_page(study), "results"):
        blocks.append(Plain(("The page that this copy came from says: “" + " ".join(printed) + "”",)))
    return Section(
        "results",
        "Study results",
        "Tells whether the study's findings are public and, if not, when they are due.",
        tuple(blocks),
    )


def _due_fact(outlook: ResultsOutlook) -> Fact:
    due = Day(PartialDate(outlook.due.isoformat() if outlook.due else ""))
    if outlook.is_counted_from_certificate:
        return Fact("Due at the latest", (due,), "Counted from the certificate of delay.")
    meanings = {
        "likely": "Counted from the completion date given here; the rule seems to apply.",
        "unlikely": "Counted from the completion date given here; the rule does not seem to apply.",
        "unclear": "Counted from the completion date given here; whether the rule applies cannot be told.",
    }
    return Fact("Due if the rule applies", (due,), meanings[outlook.applies])


def _posted_links(study: Study) -> Items:
    results = study.results_section
    present = (
        ("participant-flow", "Participant flow", results and results.participant_flow_module),
        ("baseline", "Baseline characteristics", results and results.baseline_characteristics_module),
        ("outcome-measures", "Outcome measures", results and results.outcome_measures_module),
        ("adverse-events", "Adverse events", results and results.adverse_events_module),
    )
    return Items(
        tuple(Item((Link(title, f"#{anchor}"),)) for anchor, title, module in present if module), style="tags"
    )


def key_facts_section(study: Study, today: date) -> Section:
    """Status, phase, size, type and dates on one glance."""
    status = study.status
    status_values: tuple[Inline, ...] = (term_of(status.overall_status),) if status.overall_status else ()
    phases = (
        (Wording(" / ".join(map(label_of, study.phases)), ", ".join(map(str, study.phases))),)
        if study.phases
        else ()
    )
    phase_meaning = " ".join(dict.fromkeys(filter(None, (meaning_of(phase) for phase in study.phases))))
    rows = [
        Fact(
            "Recruitment status",
            status_values or _own_words(study, "Recruitment status"),
            show_status(study, today).meaning,
            ("statusModule.overallStatus",),
        ),
        Fact("Clinical phase", phases or _own_words(study, "Phase"), phase_meaning, ("designModule.phases",)),
        Fact(
            "Total enrolment",
            _enrollment(study) or _own_words(study, "Target size"),
            paths=("designModule.enrollmentInfo",),
        ),
        Fact(
            "Study type",
            (term_of(study.study_type),) if study.study_type else _own_words(study, "Study type"),
            meaning_of(study.study_type),
            ("designModule.studyType",),
        ),
        Fact("Study start", _day(status.start_date_struct), paths=("statusModule.startDateStruct",)),
        Fact(
            "Primary completion",
            _day(status.primary_completion_date_struct),
            "Last data for the primary outcome.",
            ("statusModule.primaryCompletionDateStruct",),
        ),
        Fact(
            "Study completion",
            _day(status.completion_date_struct),
            "Last visit of the last participant.",
            ("statusModule.completionDateStruct",),
        ),
        Fact("Where", _where(study), paths=("contactsLocationsModule.locations",)),
    ]
    blocks: list[Block] = [Facts(tuple(rows), style="tiles")]
    more: list[Fact] = []
    if status.last_known_status:
        more.append(
            Fact(
                "Last confirmed status",
                (term_of(status.last_known_status),),
                "What the record said until nobody had confirmed it for two years.",
            )
        )
    if status.why_stopped:
        more.append(Fact("Why it stopped", (Prose(status.why_stopped),)))
    if status.delayed_posting is not None:
        is_held = status.overall_status == Status.WITHHELD
        words = (
            f"Posting {'is' if is_held else 'was'} delayed until the device {'is' if is_held else 'was'} approved."
            if status.delayed_posting
            else "Posting was not delayed."
        )
        more.append(Fact("Delayed posting", ("Yes" if status.delayed_posting else "No",), words))
    more += [
        Fact(f"{label}, as its register says", (words,), OWN_WORDS)
        for label, words in study.register_words.items()
    ]
    if more:
        blocks.append(Facts(tuple(more)))
    return Section(
        "key-facts",
        "Key facts",
        "The study at a glance: is it open, what kind is it, how large, and when does it run?",
        tuple(blocks),
    )


def _own_words(study: Study, label: str) -> tuple[Inline, ...]:
    """What a register says in words of its own, where these mean no value that is used here."""
    words = study.register_words.get(label, "")
    return (f"“{words}”, in its register's words",) if words else ()


def _where(study: Study) -> tuple[Inline, ...]:
    countries = tuple(dict.fromkeys(site.country for site in study.locations if site.country))
    if not study.locations or (not countries and not study.has_sites):
        return ()
    place = countries[0] if len(countries) == 1 else count_of(len(countries), "country", "countries")
    if not study.has_sites:
        return (", ".join(countries) if len(countries) <= LISTED_COUNTRIES else place,)
    return (f"{count_of(len(study.locations), 'site')}, {place}",)


def _enrollment(study: Study) -> tuple[Inline, ...]:
    design = study.protocol.design_module
    info = design.enrollment_info if design else None
    if info is None or (info.count is None and info.type is None):
        return ()
    count = "Number not given" if info.count is None else count_of(info.count, "participant")
    return (f"{count} ({label_of(info.type).lower()})",) if info.type else (count,)


def _day(struct: PartialDateStruct | None) -> tuple[Inline, ...]:
    if struct is None or struct.date is None:
        return ()
    return (Day(struct.date, type=str(struct.type) if struct.type else ""),)


def summary_section(study: Study) -> Section:
    """The sponsor's short description."""
    module = study.protocol.description_module
    text = module.brief_summary if module else None
    block: Block = (
        Prose(text)
        if text
        else Absent("The record gives no brief summary.", ("descriptionModule.briefSummary",))
    )
    return Section(
        "summary",
        "Brief summary",
        "What the study is about and why it is done, in the sponsor's words.",
        (block,),
    )


def description_section(study: Study) -> Section:
    """The sponsor's long description."""
    module = study.protocol.description_module
    text = module.detailed_description if module else None
    block: Block = (
        Prose(text)
        if text
        else Absent("The record gives no detailed description.", ("descriptionModule.detailedDescription",))
    )
    return Section(
        "description",
        "Detailed description",
        "The background, the aims and the procedures at length, in the sponsor's words.",
        (block,),
    )


def conditions_section(study: Study, told: Told = WHOLE) -> Section:
    """Conditions and keywords."""
    module = study.protocol.conditions_module
    keywords = module.keywords if module else ()
    blocks = _names(study.conditions, "conditions", told)
    blocks.append(Sub("Keywords", tuple(_names(keywords, "keywords", told))))
    return Section(
        "conditions",
        "Conditions and keywords",
        "The diseases or questions of health that the study looks at, and the words to find it by.",
        tuple(blocks),
    )


def _names(words: tuple[str, ...], name: str, told: Told) -> list[Block]:
    apart = told.find_apart(f"protocolSection.conditionsModule.{name}")
    if apart is not None:
        return [*show_apart(apart)]
    if not words:
        return [Absent(f"The record gives no {name}.", (f"conditionsModule.{name}",))]
    return [show_tags(words)]
