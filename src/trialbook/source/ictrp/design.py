"""How was a trial designed, in the words of some twenty registers? The design of WHO ICTRP exports."""

from __future__ import annotations

import re
from typing import Any

from trialbook.record.pieces import find_enum_value
from trialbook.source.ictrp.spellings import as_paragraphs, is_given
from trialbook.source.legacy.design import map_masking
from trialbook.source.spellings import as_enum

_DESIGN_PART = re.compile(r"(?:^|[.;,]|<br>)\s*([A-Za-z][A-Za-z ]{2,24}?)\s*:\s*", re.IGNORECASE)
_DESIGN_NAMES = {
    "allocation": "allocation",
    "randomization": "allocation",
    "randomisation": "allocation",
    "intervention model": "interventionModel",
    "assignment": "interventionModel",
    "primary purpose": "primaryPurpose",
    "purpose": "primaryPurpose",
    "masking": "masking",
    "blinding": "masking",
    "observational model": "observationalModel",
    "time perspective": "timePerspective",
}
_DESIGN_ENUMS = {
    "primaryPurpose": "PrimaryPurpose",
    "observationalModel": "ObservationalModel",
    "timePerspective": "DesignTimePerspective",
}
_MODELS = {
    "SINGLE_GROUP": re.compile(r"\bsingle[- ](?:group|arm)\b", re.IGNORECASE),
    "PARALLEL": re.compile(r"\bparallel\b(?!\s*group:\s*no\b)", re.IGNORECASE),
    "CROSSOVER": re.compile(r"\bcross[- ]?over\b(?!:\s*no\b)", re.IGNORECASE),
    "FACTORIAL": re.compile(r"\bfactorial\b", re.IGNORECASE),
    "SEQUENTIAL": re.compile(r"\bsequential\b", re.IGNORECASE),
}
_IS_MODEL = re.compile(
    r"(single[- ](group|arm)|parallel|cross[- ]?over|factorial|sequential)( assignment| group)?",
    re.IGNORECASE,
)
_RANDOM = re.compile(r"\brandomi[sz](?:ed|ation)\b(?!\s*:\s*no\b)|^random|^yes\b")
_NOT_RANDOM = re.compile(r"\bnon?[- ]?randomi[sz]|\bnot randomi[sz]|\brandomi[sz]ed\s*:\s*no\b|\bquasi|^no\b")
_EU_DESIGN = re.compile(r"(Double blind|Single blind|Open):\s*(yes|no)\b", re.IGNORECASE)
_PARTIES = {"PARTICIPANT", "CARE_PROVIDER", "INVESTIGATOR", "OUTCOMES_ASSESSOR"}
_MASKING_LEVELS = {
    **dict.fromkeys(("open", "none", "no mask", "not blind", "no blind"), "NONE"),
    **{word: word.upper() for word in ("single", "double", "triple", "quadruple")},
}


def as_design(text: str) -> dict[str, Any]:
    """Read a design as API v2 has it; what its elements cannot hold stays as the model's description.

    Examples
    --------
    >>> as_design("Allocation: Randomized. Intervention model: Parallel Assignment.")
    {'allocation': 'RANDOMIZED', 'interventionModel': 'PARALLEL'}
    """
    if not is_given(text):
        return {}
    pieces = _DESIGN_PART.split(text)
    names = [_DESIGN_NAMES.get(name.lower().strip(), "") for name in pieces[1::2]]
    said = {
        name: value.strip(" .;,\n")
        for name, value in zip(names, pieces[2::2], strict=True)
        if is_given(value)
    }
    design = {
        "allocation": _as_allocation(said.get("allocation", text)),
        "interventionModel": _as_model(said.get("interventionModel", text)),
        # What the registry's list lacks ("Natural history") stays among the words.
        **{
            name: find_enum_value(kind, as_enum(kind, said[name]))
            for name, kind in _DESIGN_ENUMS.items()
            if name in said
        },
        "maskingInfo": _as_masking(said["masking"]) if "masking" in said else _as_european_masking(text),
    }
    found = {name: value for name, value in design.items() if value}
    understood = {*found, *(["masking"] if "maskingInfo" in found else [])}
    whole = not pieces[0].strip() and set(names) <= understood
    if not whole and not _IS_MODEL.fullmatch(text):
        found["interventionModelDescription"] = as_paragraphs(text)
    return found


def _as_allocation(text: str) -> str | None:
    said = text.lower()
    if said in ("n/a", "not applicable", "na"):
        return "NA"
    if _NOT_RANDOM.search(said):
        return "NON_RANDOMIZED"
    return "RANDOMIZED" if _RANDOM.search(said) else None


def _as_model(text: str) -> str | None:
    """The one model that a text names; None where it names none or several."""
    named = {name for name, words in _MODELS.items() if words.search(text)}
    return named.pop() if len(named) == 1 else None


def _as_masking(text: str) -> dict[str, Any]:
    level = next((value for word, value in _MASKING_LEVELS.items() if text.lower().startswith(word)), None)
    if level is None:
        return {}
    read = map_masking(text)
    who = [name for name in read.get("whoMasked", ()) if name in _PARTIES]
    return {"masking": level} | ({"whoMasked": who} if who and level != "NONE" else {})


def _as_european_masking(text: str) -> dict[str, Any]:
    answers = {name.lower() for name, answer in _EU_DESIGN.findall(text) if answer.lower() == "yes"}
    levels = (("double blind", "DOUBLE"), ("single blind", "SINGLE"), ("open", "NONE"))
    return next(({"masking": level} for name, level in levels if name in answers), {})
