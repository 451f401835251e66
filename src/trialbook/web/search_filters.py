"""What do the filters of the search page show, and how is what was asked called in a reader's words?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode

from trialbook.ask.filters import FILTERS
from trialbook.ask.form import BOXES, Fields, get_text
from trialbook.ask.kinds import NOT_STATED, Filter
from trialbook.library.facets import FacetValues, arrange
from trialbook.pages.contents import ActiveFilter, ChoiceFilter, Option, TextFilter
from trialbook.pages.labels import LABELS
from trialbook.record.pieces import find_enum_label, find_enum_value

AS_OF_LABEL, AS_OF_HINT = "As of", "the records as they stood on that day"
# So many values of a filter that may have any number are listed; the others stand on a page of their own.
SHOWN_VALUES = 8
REFUSED_TITLE = "What keeps people out of these"
# What a script completes words with that are typed into a field, by its name.
DICTIONARIES = {
    "q": "Condition",
    "cond": "Condition",
    "intr": "InterventionName",
    "spons": "LeadSponsorName",
    "locn": "LocationCity",
    "country": "LocationCountry",
    "city": "LocationCity",
    "condition_name": "Condition",
    "intervention_name": "InterventionName",
    "lead_sponsor": "LeadSponsorName",
}
KNOWN = {each.field: each for each in FILTERS}
# Shown closed unless something in them is chosen.
FOLDED = (
    "study_type",
    "sex",
    "city",
    "intervention_name",
    "funder",
    "start_year",
    "results_overdue",
    "status_outdated",
    "outcome_changed",
)

Item = tuple[str, str]


def list_items(fields: Fields, *, without: Sequence[str] = ("page",)) -> list[Item]:
    """The fields that have a value, one by one."""
    return [
        (name, value)
        for name, values in fields.items()
        if name not in without
        for value in values
        if value.strip()
    ]


def write_url(items: Sequence[Item]) -> str:
    """The search page's address with these fields."""
    return "/?" + write_query(items)


def write_query(items: Sequence[Item]) -> str:
    """What stands behind the ? of an address that asks for these fields."""
    return urlencode(items or [("q", "")])


def view_choices(fields: Fields, count: Callable[[Filter], FacetValues] | None) -> tuple[ChoiceFilter, ...]:
    """The filters with boxes to tick, each with the values that `count` gives; all of them without one."""
    return tuple(
        _view_choice(each, fields, count(each) if count and each.facet else None)
        for each in FILTERS
        if each.takes_several or each.kind == "yes_no"
    )


def _view_choice(asked: Filter, fields: Fields, counted: FacetValues | None) -> ChoiceFilter:
    chosen = [value.strip() for value in fields.get(asked.field, ()) if value.strip()]
    has_field = asked.kind == "texts"
    return ChoiceFilter(
        name=asked.field,
        label=asked.label,
        options=view_options(asked, chosen, counted),
        add=TextFilter(
            name=asked.field,
            label=f"Another {asked.label.lower()}",
            hint=asked.hint,
            dictionary=DICTIONARIES.get(asked.field, ""),
        )
        if has_field
        else None,
        left=counted.left if counted else 0,
        more_url=write_more(asked, fields) if counted and (counted.left or not counted.is_counted) else "",
        is_folded=asked.name in FOLDED and not chosen,
    )


def write_more(asked: Filter, fields: Fields) -> str:
    """The page that lists all values of a filter."""
    return "/values?" + urlencode([("facet", asked.field), *list_items(fields)])


def view_options(asked: Filter, chosen: Sequence[str], counted: FacetValues | None) -> tuple[Option, ...]:
    """The values of a filter to tick; those chosen stay in sight, without a count where none is known."""
    labels = list_labels(asked)
    if counted is None:
        counts: Mapping[str, int] = {}
        values = {value: 0 for value in labels if value != NOT_STATED}
        listed: Sequence[str] = [value for value, _ in arrange(asked, values)]
    else:
        has_rest = counted.missing and not asked.counted_apart
        counts = dict(counted.values) | ({NOT_STATED: counted.missing} if has_rest else {})
        listed = list(labels) if asked.kind == "yes_no" else list(counts)
    shown = dict.fromkeys((*listed, *chosen))
    last = [NOT_STATED] if NOT_STATED in shown else []
    is_open = asked.kind in ("texts", "person")
    return tuple(
        Option(
            value=value,
            label=labels.get(value, value),
            count=None if counted is None else counts.get(value, None if is_open else 0),
            is_selected=value in chosen,
        )
        for value in (*(value for value in shown if value != NOT_STATED), *last)
    )


def list_labels(asked: Filter) -> dict[str, str]:
    """The values that a filter's boxes may have, with the words beside them."""
    if asked.kind == "yes_no":
        return dict(zip(("true", "false"), asked.answers, strict=True))
    ours = LABELS.get(asked.enum, {})
    words = {value: ours.get(value) or find_enum_label(asked.enum, value) or value for value in asked.choices}
    return words | {NOT_STATED: "Not stated"}


def view_texts(fields: Fields) -> tuple[TextFilter, ...]:
    """The filters that are typed."""
    filters = [
        TextFilter(
            name=each.field,
            label=each.label,
            kind="number" if each.kind == "age" else "text",
            value=get_text(fields, each.field),
            hint=each.hint,
            more=REFUSED_TITLE if each.counted_apart else "",
            more_url=write_more(each, fields) if each.counted_apart else "",
        )
        for each in FILTERS
        if not each.takes_several and each.kind not in ("yes_no", "place", "radius")
    ]
    as_of = TextFilter(name="as_of", label=AS_OF_LABEL, value=get_text(fields, "as_of"), hint=AS_OF_HINT)
    return (*filters, as_of)


def view_boxes(fields: Fields) -> tuple[TextFilter, ...]:
    """The fields beside the one for everything."""
    return tuple(
        TextFilter(name=name, label=label, value=get_text(fields, name), dictionary=DICTIONARIES[name])
        for name, label in BOXES.items()
    )


def view_active(fields: Fields) -> tuple[ActiveFilter, ...]:
    """All that is asked, part by part, each with the address without it."""
    items, active = list_items(fields), []
    for position, (name, value) in enumerate(items):
        if name in KNOWN or name in BOXES or name in ("q", "as_of"):
            rest = [item for at, item in enumerate(items) if at != position]
            active.append(ActiveFilter(label=write_words(name, value.strip()), remove_url=write_url(rest)))
    return tuple(active)


def write_words(name: str, value: str) -> str:
    """A part of what is asked in a reader's words.

    >>> write_words("phase", "PHASE3"), write_words("phase", "NOT_STATED"), write_words("q", "heart")
    ('Phase 3', 'Phase not stated', '“heart”')
    """
    if name == "q":
        return f"“{value}”"
    if name in BOXES:
        return f"{BOXES[name]}: {value}"
    if name == "as_of":
        return f"{AS_OF_LABEL}: {value}"
    asked = KNOWN[name]
    if value == NOT_STATED:
        return f"{asked.label} not stated"
    words = value
    if asked.enum:
        words = list_labels(asked).get(find_enum_value(asked.enum, value) or value, value)
    elif asked.kind == "yes_no":
        words = list_labels(asked).get(value, value)
    return words if asked.is_plain else f"{asked.label}: {words}"
