"""One registry record, whole: `Study`, how to read it from JSON and how to write it back."""

from __future__ import annotations

import html
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import msgspec

from trialbook.errors import SourceFormatError
from trialbook.model.dates import PartialDate
from trialbook.model.derived import AnnotationSection, DerivedSection, DocumentSection
from trialbook.model.element import Element
from trialbook.model.enums import Phase, Status, StudyType
from trialbook.model.protocol import (
    ArmGroup,
    EligibilityModule,
    IdentificationModule,
    Intervention,
    Location,
    ProtocolSection,
    StatusModule,
)
from trialbook.model.results import ResultsSection

EMPTY_PROTOCOL = ProtocolSection()
# Where a record that was made from another register's holds that register's words.
REGISTER_WORDS = "/derivedSection/registerWords"
NO_LIMIT = "no limit"


class Study(Element, frozen=True, dict=True, gc=True):
    """One registry record (API v2 2.0.5), typed and frozen, with nothing left out.

    Attributes
    ----------
    protocol_section, results_section, annotation_section, document_section, derived_section, has_results
        The record's sections as the registry names them; None where the record lacks one.
    unmodelled
        What the typed view cannot hold (elements unknown to this version, explicit nulls), by JSON
        pointer; `encode_study` puts it back in its place.

    Examples
    --------
    >>> study = parse_study(b'{"protocolSection":{"identificationModule":{"nctId":"NCT00000001"}},"new":1}')
    >>> study.nct_id, study.unmodelled
    ('NCT00000001', {'/new': 1})
    """

    protocol_section: ProtocolSection | None = None
    results_section: ResultsSection | None = None
    annotation_section: AnnotationSection | None = None
    document_section: DocumentSection | None = None
    derived_section: DerivedSection | None = None
    has_results: bool | None = None

    @property
    def unmodelled(self) -> dict[str, Any]:
        """What the typed view cannot hold, by JSON pointer; empty for most records."""
        found: dict[str, Any] = self.__dict__.get("_unmodelled", {})
        return dict(found)

    @property
    def left_out(self) -> str:
        """What of a giant record was not read for a page, in words; "" where all of it was."""
        told: str = self.__dict__.get("_left_out", "")
        return told

    @property
    def register_words(self) -> dict[str, str]:
        """What another register says in its own way where no value of the registry's means the same, by label.

        `{"Recruitment status": "Not Recruiting"}`; so WHO's exports have it. Empty for the registry's records.
        """
        return _read_words(self._register_entries)

    @property
    def unlimited(self) -> dict[str, str]:
        """The age limits of which another register says that there is none, by label, with its words.

        `{"Maximum age": "999 Years"}`; a row of WHO's that lacks an age says nothing of it.
        """
        return _read_words(self._register_entries, means=NO_LIMIT)

    @property
    def _register_entries(self) -> Any:
        return self.__dict__.get("_unmodelled", {}).get(REGISTER_WORDS)

    @property
    def protocol(self) -> ProtocolSection:
        """The protocol section, empty where the record has none."""
        return self.protocol_section or EMPTY_PROTOCOL

    @property
    def identification(self) -> IdentificationModule:
        """`protocolSection.identificationModule`, empty where the record has none."""
        return self.protocol.identification_module or IdentificationModule()

    @property
    def status(self) -> StatusModule:
        """`protocolSection.statusModule`, empty where the record has none."""
        return self.protocol.status_module or StatusModule()

    @property
    def nct_id(self) -> str:
        """The registry's id of the record; "" where the record has none."""
        return self.identification.nct_id or ""

    @property
    def brief_title(self) -> str:
        """The title for lay readers; "" where the record has none."""
        return self.identification.brief_title or ""

    @property
    def official_title(self) -> str:
        """The title of the protocol; "" where the record has none."""
        return self.identification.official_title or ""

    @property
    def overall_status(self) -> Status | None:
        """The recruitment status, or the availability of an expanded access."""
        return self.status.overall_status

    @property
    def study_type(self) -> StudyType | None:
        """Interventional, observational or expanded access."""
        design = self.protocol.design_module
        return design.study_type if design else None

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The phases; two where a trial combines them, none where the record names none."""
        design = self.protocol.design_module
        return design.phases if design else ()

    @property
    def enrollment_count(self) -> int | None:
        """Participants, planned or actual; None where the record gives none."""
        design = self.protocol.design_module
        return design.enrollment_info.count if design and design.enrollment_info else None

    @property
    def conditions(self) -> tuple[str, ...]:
        """The conditions in the sponsor's words."""
        module = self.protocol.conditions_module
        return module.conditions if module else ()

    @property
    def arm_groups(self) -> tuple[ArmGroup, ...]:
        """The arms of an interventional study, the groups of an observational one."""
        module = self.protocol.arms_interventions_module
        return module.arm_groups if module else ()

    @property
    def interventions(self) -> tuple[Intervention, ...]:
        """What is given, done or observed."""
        module = self.protocol.arms_interventions_module
        return module.interventions if module else ()

    @property
    def eligibility(self) -> EligibilityModule:
        """Who may take part; `eligibility.criteria` is the list of single criteria."""
        return self.protocol.eligibility_module or EligibilityModule()

    @property
    def locations(self) -> tuple[Location, ...]:
        """The sites."""
        module = self.protocol.contacts_locations_module
        return module.locations if module else ()

    @property
    def has_sites(self) -> bool:
        """Whether the locations are sites; a copy from another portal names countries alone."""
        return any(
            site.facility or site.city or site.state or site.zip or site.status for site in self.locations
        )

    @property
    def served(self) -> PartialDate | None:
        """The day of which this copy shows the registry, or on which a portal took it over; None for untold."""
        misc = self.derived_section.misc_info_module if self.derived_section else None
        return misc.version_holder if misc else None

    @property
    def version_date(self) -> PartialDate | None:
        """The date that the registry gives this version of the record.

        Its history pages count versions by LastUpdateSubmitDate; where a record lacks that, the
        date of posting or of verification stands in. None where it has none of the three.
        """
        status = self.status
        posted = status.last_update_post_date_struct
        candidates = (status.last_update_submit_date, posted and posted.date, status.status_verified_date)
        return next((value for value in candidates if value and value.earliest), None)

    def to_dict(self) -> dict[str, Any]:
        """The record as API v2 JSON values, equal to what was read."""
        record: dict[str, Any] = msgspec.json.decode(_ENCODER.encode(self))
        for pointer, value in self.unmodelled.items():
            _put(record, pointer, value)
        return record

    def __repr__(self) -> str:
        phases = "/".join(self.phases)
        facts = [self.overall_status or "status unknown", phases or self.study_type or "type unknown"]
        if self.enrollment_count is not None:
            facts.append(f"{self.enrollment_count} participants")
        return f"<Study {self.nct_id or 'without id'}: {self.brief_title!r}, {', '.join(facts)}>"

    def _repr_html_(self) -> str:
        """A small table for a notebook."""
        rows = {
            "Status": self.overall_status.words if self.overall_status else "",
            "Phase": " / ".join(phase.words for phase in self.phases),
            "Enrolment": "" if self.enrollment_count is None else str(self.enrollment_count),
            "Conditions": "; ".join(self.conditions),
            "Arms": "; ".join(arm.label or "" for arm in self.arm_groups),
            "Sites": str(len(self.locations)),
        }
        body = "".join(
            f"<tr><th scope='row'>{name}</th><td>{html.escape(value)}</td></tr>"
            for name, value in rows.items()
            if value
        )
        title = f"{html.escape(self.nct_id)}: {html.escape(self.brief_title)}"
        return f"<table><caption>{title}</caption>{body}</table>"


def parse_study(body: bytes) -> Study:
    """Read one API v2 record.

    An element whose type is not the registry's (`"healthyVolunteers": "No"`) is absent in the typed
    view and kept in `unmodelled`. Of a key that stands twice in an object the last value counts (an
    import refuses such a record).

    Parameters
    ----------
    body
        One JSON object in UTF-8.

    Raises
    ------
    SourceFormatError
        The text is no JSON object, or so little of it has the registry's shape that it is no record.
    """
    return parse_record(decode_record(body))


def parse_record(record: dict[str, Any]) -> Study:
    """Read one API v2 record from its JSON values; as `parse_study`."""
    study, _ = read_typed(record)
    held = study.to_dict()
    if held != record:
        unmodelled: dict[str, Any] = {}
        _collect_unmodelled(record, held, "", unmodelled)
        study.__dict__["_unmodelled"] = unmodelled
    return study


def decode_record(body: bytes) -> dict[str, Any]:
    """Decode one JSON object; raises SourceFormatError where the text is something else."""
    try:
        record = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceFormatError(f"not valid JSON: {error}", expected="one JSON object in UTF-8") from None
    if not isinstance(record, dict):
        raise SourceFormatError("not a record", found=type(record).__name__, expected="a JSON object")
    return record


def encode_study(study: Study) -> bytes:
    """Write a record as API v2 JSON, compact, UTF-8; the same values as were read."""
    return msgspec.json.encode(study.to_dict())


def read_typed(record: dict[str, Any]) -> tuple[Study, list[SourceFormatError]]:
    """Fit JSON values into the typed view, leaving out those of a wrong type, and name these.

    Raises SourceFormatError where more than 50 elements have a wrong type: that is no record.
    """
    try:
        return msgspec.convert(record, Study, dec_hook=_decode_text), []
    except (msgspec.ValidationError, RecursionError):
        # Which element it was stands in the words of the message alone: each is looked at instead.
        misfits = _Misfits(find_nct_id(record))
    fitting = misfits.leave_out(record, Study, "")
    try:
        return msgspec.convert(fitting, Study, dec_hook=_decode_text), misfits.found
    except (msgspec.ValidationError, RecursionError) as error:
        raise SourceFormatError(str(error), nct_id=misfits.nct_id) from error


_ENCODER = msgspec.json.Encoder(enc_hook=str)
MAX_MISFITS = 50
JSON_TYPES = {
    str: "str",
    int: "int",
    float: "float",
    bool: "bool",
    type(None): "null",
    dict: "object",
    list: "array",
}
_MISFIT = object()


@cache
def _get_kinds(kind: type[msgspec.Struct]) -> tuple[tuple[str, Any], ...]:
    """The elements of a structure, by their names in a record, and their types."""
    return tuple((field.encode_name, field.type) for field in msgspec.structs.fields(kind))


def _fits(value: Any, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind, dec_hook=_decode_text)
    except (msgspec.ValidationError, RecursionError):
        return False
    return True


class _Misfits:
    """Collects the elements of a record that have a wrong type, each place and type once."""

    def __init__(self, nct_id: str) -> None:
        self.nct_id = nct_id
        self.found: list[SourceFormatError] = []
        self._known: set[tuple[str, str]] = set()

    def leave_out(self, value: Any, kind: Any, path: str) -> Any:
        """JSON values without what does not fit; `_MISFIT` where the whole does not.

        What fits is passed as it is, so that only what leads to a misfit is walked.
        """
        if _fits(value, kind):
            return value
        options = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
        (kind,) = (option for option in options if option is not NoneType)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return self._leave_out_of_object(value, kind, path)
        if get_origin(kind) is tuple:
            if not isinstance(value, list):
                return self._note(value, "array", path)
            items = [self.leave_out(item, get_args(kind)[0], f"{path}[...]") for item in value]
            return [item for item in items if item is not _MISFIT]
        return self._note(value, next(JSON_TYPES[base] for base in kind.__mro__ if base in JSON_TYPES), path)

    def _leave_out_of_object(self, value: Any, kind: type[msgspec.Struct], path: str) -> Any:
        if not isinstance(value, dict):
            return self._note(value, "object", path)
        fitting = dict(value)
        for name, inner in _get_kinds(kind):
            if name in value:
                fitting[name] = self.leave_out(value[name], inner, f"{path}.{name}" if path else name)
                if fitting[name] is _MISFIT:
                    del fitting[name]
        return fitting

    def _note(self, value: Any, expected: str, path: str) -> object:
        found = JSON_TYPES[type(value)]
        if (path, found) not in self._known:
            self._known.add((path, found))
            error = SourceFormatError(
                "wrong type", path=path, found=found, expected=expected, nct_id=self.nct_id
            )
            self.found.append(error)
            if len(self.found) > MAX_MISFITS:
                raise error
        return _MISFIT


def find_register_words(record: dict[str, Any]) -> dict[str, str]:
    """`Study.register_words` of a record's JSON values."""
    derived = record.get("derivedSection")
    return _read_words(derived.get("registerWords") if isinstance(derived, dict) else None)


def _read_words(told: Any, *, means: str | None = None) -> dict[str, str]:
    if not isinstance(told, list):
        return {}
    entries = [each for each in told if isinstance(each, dict) and each.get("means") == means]
    pairs = [(each.get("label"), each.get("words")) for each in entries]
    return {label: text for label, text in pairs if isinstance(label, str) and isinstance(text, str)}


def find_nct_id(record: dict[str, Any]) -> str:
    """The id that stands in a record's JSON values, or ""."""
    value: Any = record
    for step in ("protocolSection", "identificationModule", "nctId"):
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def _decode_text(kind: type, value: object) -> object:
    if isinstance(value, str):
        return kind(value)
    raise TypeError(f"Expected `str`, got `{JSON_TYPES[type(value)]}`")


def _collect_unmodelled(record: Any, held: Any, pointer: str, out: dict[str, Any]) -> None:
    if isinstance(record, dict) and isinstance(held, dict):
        for key, value in record.items():
            place = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
            if key not in held:
                out[place] = value
            elif held[key] != value:
                _collect_unmodelled(value, held[key], place, out)
    elif isinstance(record, list) and isinstance(held, list) and len(record) == len(held):
        for index, (value, kept) in enumerate(zip(record, held, strict=True)):
            if value != kept:
                _collect_unmodelled(value, kept, f"{pointer}/{index}", out)
    else:
        out[pointer] = record


def _put(record: Any, pointer: str, value: Any) -> None:
    *parents, last = (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
    for key in parents:
        record = record[int(key)] if isinstance(record, list) else record[key]
    if isinstance(record, list):
        record[int(last)] = value
    else:
        record[last] = value


# msgspec works out a type when it is first asked for, and two threads that make it do so at once can end the
# process. It is done here, while one thread imports this and the others wait.
read_typed({})
