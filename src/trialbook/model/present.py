"""How would the registry write this record today? What is shown, searched, counted and exported as text.

The bytes of a record stay as received, and JSON answers give them. Elsewhere a record is read as the registry
would write it now: HTML entities that slipped into its texts, escaped once or more, are the characters that
they stand for; a value in the words of an older API (`UNKNOWN_STATUS`, `healthyVolunteers: "No"`) is today's;
a number that only fills its field (99,999,999 participants, 999 years) is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from html import unescape
from html.entities import html5
from typing import Any

import msgspec

from trialbook.model.ages import AGE, Age
from trialbook.model.study import Study, decode_record, parse_record
from trialbook.record.extent import (
    describe_left_out,
    may_have_long_lists,
    may_have_long_texts,
    shorten_lists,
    shorten_texts,
)
from trialbook.record.pieces import find_enum_value, get_enums, get_pieces

_ENTITY = re.compile(
    r"&(?:(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});|(?:lt|gt|amp|quot)(?![\w=;]))"
)
# "&amp;amp;amp;amp;" is the deepest that has been seen.
_MOST_TIMES = 8
# Where an entity may begin in JSON: the sign "&" alone, as in "A & B", begins none.
_MAY_BEGIN = re.compile(rb"&[#A-Za-z\\]")
# What older forms of the API, and other registers' sheets, have in an enumeration's place.
_OLDER = {
    "Status": {"unknownstatus": "UNKNOWN"},
    "Sex": {"both": "ALL"},
    "StudyType": {"observationalpatientregistry": "OBSERVATIONAL"},
    "StandardAge": {"senior": "OLDER_ADULT"},
    "DateType": {"anticipated": "ESTIMATED"},
    "EnrollmentType": {"anticipated": "ESTIMATED"},
    "DesignMasking": {
        "openlabel": "NONE",
        "noneopenlabel": "NONE",
        "singleblind": "SINGLE",
        "doubleblind": "DOUBLE",
    },
    "Phase": {"na": "NA", "notapplicable": "NA", "phase0": "EARLY_PHASE1"},
}
_YES_NO = {
    **dict.fromkeys(("yes", "true", "y", "accepts healthy volunteers"), True),
    **dict.fromkeys(("no", "false", "n"), False),
}
# Where an older form shows, by module: an enumeration (of a list its first value), or "" for what is yes or no today.
_SIGNS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "statusModule": (
        ("Status", "overallStatus", ""),
        ("DateType", "startDateStruct", "type"),
        ("DateType", "completionDateStruct", "type"),
        ("DateType", "primaryCompletionDateStruct", "type"),
        ("", "expandedAccessInfo", "hasExpandedAccess"),
    ),
    "sponsorCollaboratorsModule": (
        ("AgencyClass", "leadSponsor", "class"),
        ("ResponsiblePartyType", "responsibleParty", "type"),
    ),
    "oversightModule": (("", "oversightHasDmc", ""),),
    "designModule": (
        ("StudyType", "studyType", ""),
        ("EnrollmentType", "enrollmentInfo", "type"),
        ("DesignAllocation", "designInfo", "allocation"),
        ("InterventionalAssignment", "designInfo", "interventionModel"),
        ("ObservationalModel", "designInfo", "observationalModel"),
        ("PrimaryPurpose", "designInfo", "primaryPurpose"),
        ("DesignMasking", "designInfo", "maskingInfo"),
        ("", "patientRegistry", ""),
    ),
    "armsInterventionsModule": (
        ("ArmGroupType", "armGroups", "type"),
        ("InterventionType", "interventions", "type"),
    ),
    "eligibilityModule": (
        ("Sex", "sex", ""),
        ("StandardAge", "stdAges", ""),
        ("SamplingMethod", "samplingMethod", ""),
        ("", "healthyVolunteers", ""),
    ),
    "contactsLocationsModule": (
        ("RecruitmentStatus", "locations", "status"),
        ("OfficialRole", "overallOfficials", "role"),
    ),
    "ipdSharingStatementModule": (("IpdSharing", "ipdSharing", ""),),
}
_AGES = ("minimumAge", "maximumAge")
_NO_LIMIT = frozenset({"na", "nolimit", "none", "notapplicable"})
_NOT_LETTER_OR_DIGIT = re.compile(r"[\W_]+")
_FILLER = re.compile(r"9{6,}|2147483647|4294967295")
_OLDEST_YEARS = 150
_DAYS_A_YEAR = 365.25

Record = dict[str, Any]


def decode_present(body: bytes) -> Record:
    """Decode one JSON object as the registry would write it today; raises SourceFormatError where it is none."""
    record = decode_record(body)
    return make_present(record, has_entities=has_entities(body))


def has_entities(body: bytes) -> bool:
    """Whether a record's bytes may hold an entity; most do not, and need no walk to tell."""
    return _MAY_BEGIN.search(body) is not None or b"\\u0026" in body


def parse_present(body: bytes) -> Study:
    """Read one record, typed, as the registry would write it today; raises SourceFormatError."""
    return parse_record(decode_present(body))


def parse_shown(body: bytes) -> Study:
    """Read one record, as `parse_present`; of one that no page can show whole, the first part of its lists.

    What is left out stands in `Study.left_out`.
    """
    if not may_have_long_lists(body):
        return parse_present(body)
    record = decode_present(body)
    left_out = shorten_lists(record)
    study = parse_record(record)
    if left_out:
        study.__dict__["_left_out"] = describe_left_out(left_out)
    return study


def decode_shortened(body: bytes) -> tuple[Record, str]:
    """Decode one JSON object, as `decode_present`, but of a giant the first part of its lists and texts.

    What is left out comes with it, in words; "" where nothing is.
    """
    record = decode_present(body)
    left_out = shorten_lists(record) if may_have_long_lists(body) else ()
    if may_have_long_texts(body):
        left_out += shorten_texts(record)
    return record, describe_left_out(left_out)


def decode_for_table(body: bytes) -> Record:
    """Decode one JSON object, as `decode_present`; texts longer than any real one are cut, and say so."""
    record = decode_present(body)
    if may_have_long_texts(body):
        shorten_texts(record)
    return record


def make_present(record: Record, *, has_entities: bool = True) -> Record:
    """A record's values as the registry would write them today; the same object where that changes nothing.

    >>> make_present({"protocolSection": {"statusModule": {"overallStatus": "UNKNOWN_STATUS"}}})
    {'protocolSection': {'statusModule': {'overallStatus': 'UNKNOWN'}}}
    """
    if has_entities:
        record = _decode_all(record)
    protocol = record.get("protocolSection")
    if not isinstance(protocol, dict):
        return record
    if _is_of_older_form(protocol):
        record = _rewrite(record, _get_tree())
        protocol = record["protocolSection"]
        _rewrite_phases_and_ages(protocol)
    fillers = _find_fillers(protocol)
    return _leave_out(record, fillers) if fillers else record


def decode_entities(text: str) -> str:
    """A text in which entities, escaped once or many times over, are the characters that they stand for.

    An ampersand that begins none stays, as does what stands in an address behind one.

    >>> decode_entities("Research &amp;amp; Care, AT&T, glucose &gt;&#x2F;= 7, a?b=1&lt=2")
    'Research & Care, AT&T, glucose >/= 7, a?b=1&lt=2'
    """
    for _ in range(_MOST_TIMES):
        if "&" not in text:
            break
        decoded = _ENTITY.sub(_decode_one, text)
        if decoded == text:
            break
        text = decoded
    return text


def _decode_one(found: re.Match[str]) -> str:
    name = found[1]
    if name is None:
        return unescape(found[0] + ";")
    if name[0] != "#" and f"{name};" not in html5:
        name = name.lower()
        if f"{name};" not in html5:
            return found[0]
    character = unescape(f"&{name};")
    if character == "\xa0":
        return " "
    is_one = character not in ("", "\ufffd") and (character.isprintable() or character in "\n\t")
    return character if is_one else found[0]


def _decode_all(value: Any) -> Any:
    """JSON values with their texts decoded; what holds no entity is passed as it is."""
    if type(value) is str:
        return decode_entities(value) if "&" in value else value
    if type(value) is dict:
        made = {key: _decode_all(each) for key, each in value.items()}
        return made if any(made[key] is not each for key, each in value.items()) else value
    if type(value) is list:
        items = [_decode_all(each) for each in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return value


def _is_of_older_form(protocol: Record) -> bool:
    """Whether one of the values that show it at once is in the words of an older form."""
    phases = _get_object(protocol, "designModule").get("phases")
    if isinstance(phases, str) or (
        isinstance(phases, list) and any(_is_odd("Phase", each) for each in phases)
    ):
        return True
    eligibility = _get_object(protocol, "eligibilityModule")
    if any(_is_odd_age(eligibility.get(name)) for name in _AGES):
        return True
    for module, signs in _SIGNS.items():
        holder = protocol.get(module)
        if type(holder) is not dict:
            continue
        for enum, name, inside in signs:
            if name in holder and _is_sign(enum, holder[name], inside):
                return True
    return False


def _is_sign(enum: str, value: Any, inside: str) -> bool:
    if type(value) is list:
        value = value[0] if value else None
    if inside:
        value = value.get(inside) if type(value) is dict else None
        # Masking lies one deeper.
        value = value.get("masking") if type(value) is dict else value
    return isinstance(value, str) and (not enum or value not in _get_values(enum))


def _is_odd_age(value: Any) -> bool:
    return isinstance(value, str) and AGE.fullmatch(value) is None


def _get_object(holder: Record, name: str) -> Record:
    found = holder.get(name)
    return found if isinstance(found, dict) else {}


def _is_odd(enum: str, value: Any) -> bool:
    return isinstance(value, str) and value not in _get_values(enum)


@cache
def _get_values(enum: str) -> frozenset[str]:
    return frozenset(each.value for each in get_enums().get(enum, ()))


class _Node(msgspec.Struct):
    """A place in the record: how a value there is read, and what lies below."""

    read: Callable[[Any], Any] | None = None
    below: dict[str, _Node] = {}


@cache
def _get_tree() -> _Node:
    root = _Node(below={})
    for piece in get_pieces().values():
        if piece.derive or piece.kind not in ("enum", "boolean"):
            continue
        node = root
        for key in piece.keys:
            node = node.below.setdefault(key, _Node(below={}))
        node.read = _read_yes_no if piece.kind == "boolean" else _make_reader(piece.enum)
    return root


def _make_reader(enum: str) -> Callable[[Any], Any]:
    return lambda value: _read_enum(enum, value) if isinstance(value, str) else value


@lru_cache(maxsize=10_000)
def _read_enum(enum: str, value: str) -> str:
    if value in _get_values(enum):
        return value
    folded = _NOT_LETTER_OR_DIGIT.sub("", value).casefold()
    return _OLDER.get(enum, {}).get(folded) or find_enum_value(enum, value) or value


def _rewrite_phases_and_ages(protocol: Record) -> None:
    """In a record of ours to change: phases in one text, ages in other letters, limits that say there is none."""
    design, eligibility = _get_object(protocol, "designModule"), _get_object(protocol, "eligibilityModule")
    if "phases" in design:
        design["phases"] = _read_phases(design["phases"])
    for name in _AGES:
        age = eligibility.get(name)
        if not isinstance(age, str) or not _is_odd_age(age):
            continue
        if _NOT_LETTER_OR_DIGIT.sub("", age).casefold() in _NO_LIMIT:
            del eligibility[name]
        elif AGE.fullmatch(written := " ".join(age.split()).title()):
            eligibility[name] = written


def _read_phases(value: Any) -> Any:
    """Phases as a list of today's values, also where two of them stand in one text ("Phase 1/Phase 2")."""
    if not isinstance(value, str | list):
        return value
    read: list[Any] = []
    for each in [value] if isinstance(value, str) else value:
        if not isinstance(each, str) or not _is_odd("Phase", whole := _read_enum("Phase", each)):
            read.append(each if not isinstance(each, str) else whole)
            continue
        parts = [_read_enum("Phase", part) for part in re.split(r"[/|]|_(?=PHASE)", each)]
        read += [each] if any(_is_odd("Phase", part) for part in parts) else parts
    return read


def _read_yes_no(value: Any) -> Any:
    return _YES_NO.get(value.strip().casefold(), value) if isinstance(value, str) else value


def _rewrite(value: Any, node: _Node) -> Any:
    if isinstance(value, list):
        return [_rewrite(each, node) for each in value]
    if isinstance(value, dict):
        return {
            key: _rewrite(each, below) if (below := node.below.get(key)) else each
            for key, each in value.items()
        }
    return node.read(value) if node.read else value


def _find_fillers(protocol: Record) -> tuple[tuple[str, ...], ...]:
    """The paths of numbers that only fill their field."""
    found: list[tuple[str, ...]] = []
    count = _get_object(_get_object(protocol, "designModule"), "enrollmentInfo").get("count")
    if (
        isinstance(count, int | str)
        and not isinstance(count, bool)
        and _FILLER.fullmatch(str(count).replace(",", ""))
    ):
        found.append(("protocolSection", "designModule", "enrollmentInfo", "count"))
    eligibility = _get_object(protocol, "eligibilityModule")
    oldest = eligibility.get("maximumAge")
    if isinstance(oldest, str) and _is_beyond_life(oldest):
        found.append(("protocolSection", "eligibilityModule", "maximumAge"))
    return tuple(found)


@lru_cache(maxsize=5_000)
def _is_beyond_life(text: str) -> bool:
    days = Age(text).days
    return days is not None and days > _OLDEST_YEARS * _DAYS_A_YEAR


def _leave_out(record: Record, paths: tuple[tuple[str, ...], ...]) -> Record:
    """A copy without what stands at some paths; only what leads there is copied."""
    made = dict(record)
    for *above, last in paths:
        holder = made
        for key in above:
            holder[key] = dict(holder[key])
            holder = holder[key]
        del holder[last]
    return made
