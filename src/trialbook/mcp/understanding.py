"""What did an agent mean by its arguments? Checked against a tool's, read as generously as is safe."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from trialbook.ask.filters import FILTERS
from trialbook.errors import UsageError
from trialbook.mcp.arguments import Arguments
from trialbook.record.pieces import find_close_names, find_enum_value
from trialbook.source.ictrp.participants import as_sex
from trialbook.source.ictrp.phases import as_phases
from trialbook.source.ictrp.places import as_countries
from trialbook.terms.countries import find_country

A = TypeVar("A", bound=Arguments)


def read_arguments(given: Mapping[str, Any], kind: type[A]) -> A:
    """Check what was given and make it a record; null counts as not given.

    Raises
    ------
    UsageError
        An unknown name, a value of the wrong type or outside its limits, or text that is no Unicode.
    """
    filled = {name: value for name, value in given.items() if value is not None}
    try:
        msgspec.json.encode(filled)
    except UnicodeEncodeError:
        raise UsageError("the arguments hold half of a character (a lone surrogate)") from None
    try:
        return msgspec.convert(understand(filled, kind), kind, strict=False)
    except msgspec.ValidationError as error:
        known = _list_meant(filled, kind) if "field" in str(error) else ""
        raise UsageError(f"the arguments cannot be used: {error}{known}") from None


# What agents say for an argument: the names that it may mean, of which a tool's own first one is taken.
MEANT: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("query", "q", "keyword", "keywords"), ("term",)),
    **dict.fromkeys(("condition", "conditions", "disease"), ("cond",)),
    **dict.fromkeys(("intervention", "interventions", "drug"), ("intr",)),
    "location": ("locn",),
    "sponsor": ("spons",),
    "title": ("titles",),
    "outcome": ("outc",),
    "filter": ("advanced",),
    **dict.fromkeys(("id", "nctId", "nctid", "nct_id"), ("nct_id", "ids", "nct_ids")),
    **dict.fromkeys(("nctIds", "nct_ids", "ids"), ("ids", "nct_ids", "nct_id")),
    **dict.fromkeys(("max_results", "page_size", "pageSize"), ("limit",)),
    **dict.fromkeys(("cursor", "pageToken"), ("page_token",)),
    **dict.fromkeys(("results", "hasResults"), ("has_results",)),
    **dict.fromkeys(("overall_status", "overallStatus", "recruitment_status"), ("status",)),
    "phases": ("phase",),
    "countries": ("country",),
    "gender": ("sex",),
    "age": ("age_years",),
}
_YEARS = re.compile(r"\s*(\d{1,3}(?:\.\d+)?)\s*-?(?:y|yo|yrs?|years?)(?:[ -]old)?\s*", re.IGNORECASE)
# Lists of texts, which may have commas in them, and of values some of whose older wordings do.
_TEXTS = frozenset(each.name for each in FILTERS if each.kind == "texts")
_ENUMS = {each.name: each.enum for each in FILTERS if each.enum}


def understand(given: Mapping[str, Any], kind: type[Arguments]) -> dict[str, Any]:
    """What was given, with a list where a text stands for a list of one and the other way round.

    A text is taken apart at bars, at commas too where no value has one (names of countries do); a name
    that the tool does not have is read as the one that is meant, unless that is given too.
    """
    # Names and defaults alone: to work out types while other threads do is not safe.
    fields = kind.__struct_fields__
    defaults = dict(zip(reversed(fields), reversed(kind.__struct_defaults__), strict=False))
    read: dict[str, Any] = {}
    for name, value in given.items():
        meant = next((each for each in MEANT.get(name, ()) if each in fields), name)
        is_meant = name not in fields and meant not in given and meant not in read
        own = meant if is_meant else name
        is_list = isinstance(defaults.get(own), tuple)
        if own == "age_years" and isinstance(value, str) and (years := _YEARS.fullmatch(value)):
            read[own] = years[1]
            continue
        if is_list and isinstance(value, str):
            read[own] = _cut_list(value, own)
        elif own in fields and not is_list and isinstance(value, list) and len(value) == 1:
            read[own] = value[0]
        else:
            read[own] = value
        if own in _SPOKEN and own in fields and isinstance(read[own], list):
            read[own] = [found for item in read[own] for found in _read_spoken(own, item)]
    return read


# How people write such a value: "3", "Phase 2/3", "woman", "USA, Canada".
_SPOKEN: dict[str, Callable[[str], Sequence[str] | None]] = {
    "phase": lambda text: phases[0] if (phases := as_phases(text))[1] else None,
    "sex": lambda text: [told.value] if (told := as_sex(text)).is_whole and told.value else None,
    "country": lambda text: countries[0] if not (countries := as_countries(text))[1] else None,
}


def _read_spoken(name: str, item: Any) -> Sequence[Any]:
    """The values that an item means; itself where it is one, or means none for certain."""
    if (
        not isinstance(item, str)
        or (name == "country" and find_country(item))
        or (name in _ENUMS and find_enum_value(_ENUMS[name], item))
    ):
        return [item]
    return _SPOKEN[name](item) or [item]


def _cut_list(text: str, name: str) -> list[Any]:
    """The items of a list that was written as a text: as JSON, or with bars or commas between them."""
    bare = text.strip()
    if name in _ENUMS and find_enum_value(_ENUMS[name], bare):
        return [bare]
    if bare.startswith("["):
        try:
            found = msgspec.json.decode(bare)
        except msgspec.DecodeError:
            found = None
        if isinstance(found, list):
            return found
    separator = r"\|" if name in _TEXTS else r"[|,]"
    return [item.strip() for item in re.split(separator, bare) if item.strip()]


def _list_meant(given: Mapping[str, Any], kind: type[Arguments]) -> str:
    """The names that are there, those first that an unknown one may have meant."""
    known = kind.__struct_fields__
    unknown = [name for name in given if name not in known]
    close = list(dict.fromkeys(other for name in unknown for other in find_close_names(name, known)))
    meant = f"; did you mean {', '.join(close)}?" if close else ""
    return f"{meant} The arguments are {', '.join(known)}"
