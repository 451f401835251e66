"""Does the duty to post results seem to hold for a study? One table of cases, each with its paragraph.

Source: 42 CFR Part 11, in force since 18 January 2017. A public record does not hold all facts that the law
asks for (whether a trial runs under an IND or IDE, for one), so this is what the record suggests, never a finding.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Literal

import msgspec

from trialbook.model import Study
from trialbook.model.enums import DateType, Phase, PrimaryPurpose, StudyType
from trialbook.model.protocol import OversightModule
from trialbook.terms.countries import find_country

Applies = Literal["likely", "unlikely", "unclear"]

# A trial that had ended by then is under no duty, whenever it began (42 CFR 11.22(a), PHSA 402(j)(2)(C)).
ONGOING_ON = date(2007, 12, 26)
# 42 CFR 11.10(a): "United States" means the states, the District of Columbia and these.
US_PLACES = (
    "United States",
    "Puerto Rico",
    "Guam",
    "American Samoa",
    "Northern Mariana Islands",
    "Virgin Islands (U.S.)",
)
_MINOR_ISLANDS = "united states minor outlying islands"


class DutyFacts(msgspec.Struct, frozen=True):
    """What a record says that decides whether its results have to be posted."""

    type: str
    oversight: OversightModule
    phases: tuple[str, ...]
    is_feasibility: bool
    countries: tuple[str, ...]
    ended: date | None
    is_place_missing: bool = False

    @property
    def is_drug(self) -> bool:
        """Whether the record says that it studies a drug that the FDA regulates."""
        return self.oversight.is_fda_regulated_drug is True

    @property
    def is_device(self) -> bool:
        """Whether the record says that it studies a device that the FDA regulates."""
        return self.oversight.is_fda_regulated_device is True

    @property
    def is_exempt_drug(self) -> bool:
        """Whether it is a drug trial of phase 1 alone."""
        return self.is_drug and bool(self.phases) and set(self.phases) <= {Phase.PHASE1, Phase.EARLY_PHASE1}

    @property
    def is_exempt_device(self) -> bool:
        """Whether it only asks if a device can be used at all."""
        return self.is_device and self.is_feasibility

    @property
    def us_place(self) -> str:
        """Where in the United States it has a site; "" for nowhere."""
        places = (_name_place(name) for name in self.countries)
        return next((place for place in places if place in US_PLACES), "")


def _name_place(name: str) -> str:
    """A country as the registry writes it now, by any of its names."""
    country = find_country(name)
    if country is None:
        return US_PLACES[0] if name.strip().casefold() == _MINOR_ISLANDS else name
    return country.name


class DutyCase(msgspec.Struct, frozen=True):
    """A case of the table: when it holds, what follows, by which paragraph, and the reason in words."""

    applies: Applies
    paragraph: str
    holds: Callable[[DutyFacts], bool]
    reason: Callable[[DutyFacts], str]


def _const(words: str) -> Callable[[DutyFacts], str]:
    return lambda facts: words


def _kind(facts: DutyFacts) -> str:
    return " and ".join(
        name for name, held in (("a drug", facts.is_drug), ("a device", facts.is_device)) if held
    )


def _known(facts: DutyFacts) -> str:
    """What is said of a trial of a product that the FDA regulates, before the place is looked at."""
    known = f"it is an interventional study of {_kind(facts)} that the FDA regulates"
    if facts.is_device:
        return known
    if facts.phases == (Phase.NA,):
        return f"{known}; its phase is given as not applicable, so it is no phase 1 trial"
    return f"{known}; it is not in phase 1 alone"


def _abroad(facts: DutyFacts) -> str:
    where = "none of its sites is in the United States" if facts.countries else "it lists no site"
    if facts.is_place_missing:
        where = "no site whose country it gives is in the United States"
    export = (
        "the product is not exported from there"
        if facts.oversight.is_us_export is False
        else "it does not say that the product is exported from there"
    )
    return (
        f"{_known(facts)}; {where} and {export}, so the duty holds only if it runs under a US IND or IDE, which "
        "no public record tells"
    )


# The first case that holds decides.
DUTY: tuple[DutyCase, ...] = (
    DutyCase(
        "likely",
        "42 CFR 11.22(b)(1)(i)",
        lambda facts: facts.oversight.is_ppsd is True,
        _const(
            "the record calls it a postmarket surveillance of a device in children, which the FDA ordered"
        ),
    ),
    DutyCase(
        "unclear",
        "42 CFR 11.22(b)",
        lambda facts: not facts.type,
        _const("the record does not give the type of study"),
    ),
    DutyCase(
        "unlikely",
        "42 CFR 11.22(b)",
        lambda facts: facts.type != StudyType.INTERVENTIONAL,
        _const("it is not an interventional study"),
    ),
    DutyCase(
        "unlikely",
        "42 CFR 11.22(a)",
        lambda facts: facts.ended is not None and facts.ended < ONGOING_ON,
        _const("it ended before 26 December 2007, and the duty holds for trials that went on after that day"),
    ),
    DutyCase(
        "unlikely",
        "42 CFR 11.22(b)",
        lambda facts: (
            facts.oversight.is_fda_regulated_drug is False
            and facts.oversight.is_fda_regulated_device is False
        ),
        _const("the record says that it studies no drug or device that the FDA regulates"),
    ),
    DutyCase(
        "unclear",
        "42 CFR 11.22(b)",
        lambda facts: not facts.is_drug and not facts.is_device,
        _const("the record does not say whether it studies a drug or device that the FDA regulates"),
    ),
    DutyCase(
        "unlikely",
        "42 CFR 11.22(b)(2)",
        lambda facts: facts.is_exempt_drug and facts.oversight.is_fda_regulated_device is False,
        _const("it is a phase 1 drug trial, and these are exempt"),
    ),
    DutyCase(
        "unlikely",
        "42 CFR 11.22(b)(1)(ii)",
        lambda facts: facts.is_exempt_device and facts.oversight.is_fda_regulated_drug is False,
        _const("it is a feasibility study of a device, and these are exempt"),
    ),
    DutyCase(
        "unlikely",
        "42 CFR 11.22(b)",
        lambda facts: facts.is_exempt_drug and facts.is_exempt_device,
        _const("it is a phase 1 drug trial and a feasibility study of a device, and both are exempt"),
    ),
    DutyCase(
        "unclear",
        "42 CFR 11.22(b)",
        lambda facts: (
            (facts.is_exempt_drug and not facts.is_device) or (facts.is_exempt_device and not facts.is_drug)
        ),
        _const(
            "as far as the record says what it studies it is exempt, but the record does not say all of it"
        ),
    ),
    DutyCase(
        "unclear",
        "42 CFR 11.22(b)(2)",
        lambda facts: facts.is_drug and not facts.phases and not facts.is_device,
        _const("it studies a drug that the FDA regulates, and the record does not say whether it is phase 1"),
    ),
    DutyCase(
        "likely",
        "42 CFR 11.22(b) and 11.10(a)",
        lambda facts: bool(facts.us_place),
        lambda facts: (
            f"{_known(facts)}; it has a site in the United States"
            + (f" ({facts.us_place})" if facts.us_place != US_PLACES[0] else "")
        ),
    ),
    DutyCase(
        "likely",
        "42 CFR 11.22(b)",
        lambda facts: facts.oversight.is_us_export is True,
        lambda facts: f"{_known(facts)}; the product is exported from the United States",
    ),
    DutyCase("unclear", "42 CFR 11.22(b)", lambda facts: True, _abroad),
)


def judge_duty(study: Study) -> tuple[DutyCase, str]:
    """The case of `DUTY` that holds for a study, and its reason in words."""
    facts = _read_facts(study)
    case = next(each for each in DUTY if each.holds(facts))
    return case, case.reason(facts)


def _read_facts(study: Study) -> DutyFacts:
    design = study.protocol.design_module
    purpose = design.design_info.primary_purpose if design and design.design_info else None
    status = study.status
    ends = (status.primary_completion_date_struct, status.completion_date_struct)
    given = next((each for each in ends if each and each.date and each.date.latest), None)
    return DutyFacts(
        type=str(study.study_type or ""),
        oversight=study.protocol.oversight_module or OversightModule(),
        phases=tuple(str(phase) for phase in study.phases),
        is_feasibility=purpose == PrimaryPurpose.DEVICE_FEASIBILITY,
        countries=tuple(site.country for site in study.locations if site.country),
        is_place_missing=any(not site.country for site in study.locations),
        # An estimate does not say that it ended.
        ended=given.date.latest if given and given.date and given.type != DateType.ESTIMATED else None,
    )
