"""What do the registry site's own filters (`aggFilters=results:with,phase:2 3`) mean in its query language?"""

from __future__ import annotations

from trialbook.ask.parameters import SEPARATOR
from trialbook.ask.refusals import refuse_format, refuse_value

NOTHING = "NOT ALL"
_OTHER_FUNDERS = "AREA[FunderTypeSearch](OTHER OR INDIV OR NETWORK OR OTHER_GOV OR AMBIG OR UNKNOWN)"

# What each key of each filter asks for; keys of one filter are ORed.
FILTERS: dict[str, dict[str, str]] = {
    "results": {"with": "AREA[HasResults]true", "without": "AREA[HasResults]false"},
    "status": {
        key: f"AREA[OverallStatus]{value}"
        for key, value in {
            "not": "NOT_YET_RECRUITING",
            "rec": "RECRUITING",
            "act": "ACTIVE_NOT_RECRUITING",
            "com": "COMPLETED",
            "ter": "TERMINATED",
            "enr": "ENROLLING_BY_INVITATION",
            "sus": "SUSPENDED",
            "wit": "WITHDRAWN",
            "unk": "UNKNOWN",
            "ava": "AVAILABLE",
            "nla": "NO_LONGER_AVAILABLE",
            "tna": "TEMPORARILY_NOT_AVAILABLE",
            "afm": "APPROVED_FOR_MARKETING",
        }.items()
    },
    "phase": {
        "0": "AREA[Phase]EARLY_PHASE1",
        **{str(number): f"AREA[Phase]PHASE{number}" for number in range(1, 5)},
        "NA": "AREA[Phase]NA",
        "na": "AREA[Phase]NA",
    },
    "studyType": {
        "int": "AREA[StudyType]INTERVENTIONAL",
        "obs": "AREA[StudyType]OBSERVATIONAL",
        "obs_patreg": "AREA[PatientRegistry]true",
        "exp": "AREA[StudyType]EXPANDED_ACCESS",
        "exp_indiv": "AREA[ExpAccTypeIndividual]true",
        "exp_inter": "AREA[ExpAccTypeIntermediate]true",
        "exp_treat": "AREA[ExpAccTypeTreatment]true",
    },
    "ages": {
        "child": "AREA[StdAge]CHILD",
        "adult": "AREA[StdAge]ADULT",
        "older": "AREA[StdAge]OLDER_ADULT",
    },
    "sex": {"f": "AREA[Sex]FEMALE", "m": "AREA[Sex]MALE", "all": "AREA[Sex]ALL"},
    "healthy": {"y": "AREA[HealthyVolunteers]true"},
    "funderType": {
        "nih": "AREA[FunderTypeSearch]NIH",
        "fed": "AREA[FunderTypeSearch]FED",
        "industry": "AREA[FunderTypeSearch]INDUSTRY",
        "other": _OTHER_FUNDERS,
        "indiv": "AREA[FunderTypeSearch]INDIV",
        "network": "AREA[FunderTypeSearch]NETWORK",
    },
    "docs": {
        "prot": "AREA[LargeDocHasProtocol]true",
        "sap": "AREA[LargeDocHasSAP]true",
        "icf": "AREA[LargeDocHasICF]true",
    },
    "violation": {"y": "NOT AREA[ViolationEvent]MISSING"},
}


def write_filters(value: str) -> list[str]:
    """The query for each filter that is set; a key that does not exist finds nothing, as on the registry.

    Raises ApiError for a filter that does not exist.

    >>> write_filters("phase:2 3,healthy:y")
    ['(AREA[Phase]PHASE2) OR (AREA[Phase]PHASE3)', '(AREA[HealthyVolunteers]true)']
    """
    queries = []
    for number, item in enumerate(filter(None, map(str.strip, SEPARATOR.split(value))), 1):
        name, colon, keys = item.partition(":")
        if not colon:
            raise refuse_format("aggFilters", number)
        meanings = FILTERS.get(name.strip())
        if meanings is None:
            raise refuse_value("aggFilters", item)
        asked = dict.fromkeys(keys.split())
        if asked:
            queries.append(" OR ".join(f"({meanings.get(key, NOTHING)})" for key in asked))
    return queries
