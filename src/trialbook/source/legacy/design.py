"""How was the study designed, and whom does it take? The design and eligibility of a study's old XML."""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import Element

from trialbook.source.legacy.text import block_markdown, enum, flag, keep, markdown, number, words
from trialbook.source.spellings import as_enum, as_phases

_OPEN_MASKING = {"NO_MASKING", "NONE_OPEN_LABEL", "OPEN_LABEL", "NONE"}
_MASKING_BY_COUNT = ("NONE", "SINGLE", "DOUBLE", "TRIPLE", "QUADRUPLE")
_OLD_DESIGN_PART = re.compile(
    r"(Allocation|Endpoint Classification|Intervention Model|Observational Model|Masking|Primary Purpose"
    r"|Time Perspective): "
)
_PARTIES = {"PARTICIPANT", "CARE_PROVIDER", "INVESTIGATOR", "OUTCOMES_ASSESSOR"}
_AGE_IN_DAYS = {"year": 365.25, "month": 365.25 / 12, "week": 7, "day": 1, "hour": 1 / 24, "minute": 1 / 1440}
_ADULT_DAYS, _OLDER_ADULT_DAYS = 18 * 365.25, 65 * 365.25


def map_design(root: Element) -> dict[str, Any]:
    label = words(root, "study_type")
    is_registry = label.endswith("[Patient Registry]")
    # Redacted records alone have the type N/A; API v2 leaves it out.
    kind = enum("StudyType", label.removesuffix("[Patient Registry]").strip()) if label != "N/A" else None
    phase = words(root, "phase")
    # Until March 2018 the registry wrote the phase N/A into every study that is not interventional.
    phases = as_phases(phase) if phase and (phase != "N/A" or kind == "INTERVENTIONAL") else []
    access = {
        name: flag(words(root, f"expanded_access_info/expanded_access_type_{name}"))
        for name in ("individual", "intermediate", "treatment")
    }
    enrollment = root.find("enrollment")
    return keep(
        {
            "studyType": kind,
            "expandedAccessTypes": keep(access),
            "patientRegistry": is_registry if kind == "OBSERVATIONAL" else None,
            "targetDuration": words(root, "target_duration"),
            "phases": phases,
            "designInfo": _map_design_info(root),
            "bioSpec": keep(
                {
                    "retention": enum("BioSpecRetention", words(root, "biospec_retention")),
                    "description": block_markdown(root, "biospec_descr/textblock"),
                }
            ),
            "enrollmentInfo": {}
            if enrollment is None
            else keep(
                {
                    "count": number(words(enrollment)),
                    "type": enum("EnrollmentType", enrollment.get("type", "")),
                }
            ),
        }
    )


def _map_design_info(root: Element) -> dict[str, Any]:
    info = root.find("study_design_info")
    old = split_old_design(words(root, "study_design"))

    def said(name: str) -> str:
        return words(info, name) or old.get(name, "")

    return keep(
        {
            "allocation": enum("DesignAllocation", said("allocation")),
            "interventionModel": enum("InterventionalAssignment", said("intervention_model")),
            "interventionModelDescription": markdown(info, "intervention_model_description"),
            "primaryPurpose": enum("PrimaryPurpose", said("primary_purpose")),
            "observationalModel": enum("ObservationalModel", said("observational_model")),
            "timePerspective": enum("DesignTimePerspective", said("time_perspective")),
            "maskingInfo": map_masking(said("masking"), markdown(info, "masking_description")),
        }
    )


def split_old_design(text: str) -> dict[str, str]:
    """Take apart the design as it was written until January 2017: one line of names and values.

    Examples
    --------
    >>> split_old_design("Allocation: Randomized, Masking: Double Blind (Subject, Investigator)")
    {'allocation': 'Randomized', 'masking': 'Double Blind (Subject, Investigator)'}
    """
    pieces = _OLD_DESIGN_PART.split(text)
    return {
        name.lower().replace(" ", "_"): value.strip().rstrip(",")
        for name, value in zip(pieces[1::2], pieces[2::2], strict=True)
    }


def map_masking(text: str, description: str = "") -> dict[str, Any]:
    """Take apart a masking text: how many parties are masked, and which.

    Examples
    --------
    >>> map_masking("Double (Participant, Investigator)")
    {'masking': 'DOUBLE', 'whoMasked': ['PARTICIPANT', 'INVESTIGATOR']}
    >>> map_masking("None (Open Label)")
    {'masking': 'NONE'}
    """
    level, _, parties = text.partition("(")
    if "open label" in text.lower():
        level, parties = "None", ""
    who = [as_enum("WhoMasked", name) for name in parties.rstrip(")").split(",") if name.strip()]
    value = enum("DesignMasking", level.strip())
    if value in _OPEN_MASKING:
        value = "NONE"
    named = [as_enum("WhoMasked", name) for name in level.split(",") if name.strip()]
    if not who and named and set(named) <= _PARTIES:
        # Some records name the parties and leave out the level.
        who, value = named, _MASKING_BY_COUNT[len(named)]
    return keep({"masking": value, "maskingDescription": description, "whoMasked": who})


def map_eligibility(root: Element) -> dict[str, Any]:
    node = root.find("eligibility")
    if node is None:
        return {}
    volunteers = words(node, "healthy_volunteers")
    lowest, highest = (
        text if (text := words(node, path)) != "N/A" else "" for path in ("minimum_age", "maximum_age")
    )
    return keep(
        {
            "eligibilityCriteria": block_markdown(node, "criteria/textblock"),
            "healthyVolunteers": True if volunteers.lower().startswith("accepts") else flag(volunteers),
            "sex": enum("Sex", words(node, "gender")),
            "genderBased": flag(words(node, "gender_based")),
            "genderDescription": markdown(node, "gender_description"),
            "minimumAge": lowest,
            "maximumAge": highest,
            "stdAges": derive_std_ages(lowest, highest),
            "studyPopulation": block_markdown(node, "study_pop/textblock"),
            "samplingMethod": enum("SamplingMethod", words(node, "sampling_method")),
        }
    )


def derive_std_ages(minimum_age: str, maximum_age: str) -> list[str]:
    """Compute the age groups that the registry derives from a study's age limits.

    Parameters
    ----------
    minimum_age, maximum_age
        `18 Years`, `6 Months`…; "" for no limit.

    Examples
    --------
    >>> derive_std_ages("16 Years", "64 Years"), derive_std_ages("18 Years", "")
    (['CHILD', 'ADULT'], ['ADULT', 'OLDER_ADULT'])
    """

    def days(age: str, otherwise: float) -> float:
        count, _, unit = age.partition(" ")
        known = _AGE_IN_DAYS.get(unit.lower().rstrip("s"))
        return int(count) * known if known and count.isdecimal() else otherwise

    lowest, highest = days(minimum_age, 0.0), days(maximum_age, float("inf"))
    groups = {
        "CHILD": lowest < _ADULT_DAYS,
        "ADULT": lowest < _OLDER_ADULT_DAYS and highest >= _ADULT_DAYS,
        "OLDER_ADULT": highest >= _OLDER_ADULT_DAYS,
    }
    return [name for name, included in groups.items() if included]
