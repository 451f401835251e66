"""What do the pages of related studies answer? Of one record, of several, of a text that is pasted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec

from trialbook.errors import (
    QueryError,
    RecordDamagedError,
    SourceFormatError,
    SourceReadError,
    StoreError,
    TrialbookError,
    UsageError,
)
from trialbook.library import Library
from trialbook.library.related import THE_TEXT, list_notes, name_record, read_pasted_records
from trialbook.model.present import parse_present
from trialbook.pages.contents import Option
from trialbook.pages.related_page import FacetField, RelatedPage, StudyLink
from trialbook.record.links import study_url
from trialbook.related.engine import MOST_ASKED, MOST_LISTED
from trialbook.related.facets import DEMANDS, FACETS
from trialbook.web.related_views import (
    NOT_MADE,
    OUTCOMES_SHOWN,
    describe_learnt,
    shorten,
    view_groups,
    view_outcomes,
    view_people,
    view_reasons,
    view_shared,
)

Fields = Mapping[str, Sequence[str]]
PAGE = "/related"
API = "/api/trialbook"
LISTED = (10, 20, 50)
# So many are counted over, also where fewer are listed: ten say little of a field.
COUNTED = 30
LONGEST_IDS = 1_000
MOST_FACETS = 40
_WEIGHTS = (("0", "leave out"), ("0.5", "half"), ("", "as it is"), ("2", "twice"), ("5", "five times"))


class Asked(msgspec.Struct, frozen=True):
    """What a form asks; `limit` is how many are listed."""

    ids: tuple[str, ...] = ()
    text: str = ""
    facets: tuple[str, ...] = ()
    limit: int = LISTED[0]


def read_asked(fields: Fields) -> Asked:
    """Read the fields of a form; raises UsageError and QueryError."""
    written = " ".join(fields.get("ids", ()))
    if len(written) > LONGEST_IDS:
        raise UsageError(
            f"the list of studies has more than {LONGEST_IDS:,} characters; name up to {MOST_ASKED}"
        )
    facets = tuple(each.strip() for each in fields.get("facet", ()) if each.strip())
    if len(facets) > MOST_FACETS:
        raise UsageError(f"a list can be asked with at most {MOST_FACETS} facets, not {len(facets)}")
    limit = next(iter(fields.get("limit", ())), "").strip() or str(LISTED[0])
    if not (limit.isascii() and limit.isdigit() and len(limit) < 5 and 1 <= int(limit) <= MOST_LISTED):
        raise QueryError(
            f"limit is no number of studies: {limit[:40]!r}",
            hint=f"a list has from 1 to {MOST_LISTED} studies",
        )
    return Asked(
        ids=tuple(filter(None, re.split(r"[\s,;|]+", written))),
        text=_join_texts(fields),
        facets=facets,
        limit=int(limit),
    )


def _join_texts(fields: Fields) -> str:
    """What was pasted, and what stands in the file that was handed over."""
    return "\n\n".join(text for text in (*fields.get("text", ()), *fields.get("file", ())) if text.strip())


def compose_study_page(library: Library, nct_id: str, fields: Fields) -> RelatedPage:
    """The page of one record, by its id as the library writes it; what cannot be understood is said on it."""
    link = _link_study(library, nct_id)
    empty = RelatedPage(
        title="Studies like this one",
        action="",
        asked=(link,),
        alone=tuple((facet, "?" + urlencode({"facet": facet})) for facet in FACETS),
    )
    path = f"/studies/{link.url.rpartition('/')[2]}/related"
    return _compose(library, empty, (nct_id,), fields, json_path=path)


def compose_page(library: Library, fields: Fields) -> RelatedPage:
    """The page for several records and for a text."""
    empty = RelatedPage(
        title="Studies like several, or like a text",
        action=PAGE,
        ids=" ".join(fields.get("ids", ()))[:LONGEST_IDS],
        text=_join_texts(fields),
        is_form_open=True,
    )
    return _compose(library, empty, (), fields, json_path="/related")


def _compose(
    library: Library, empty: RelatedPage, nct_ids: tuple[str, ...], fields: Fields, *, json_path: str
) -> RelatedPage:
    page = msgspec.structs.replace(empty, **_view_form(fields))
    try:
        asked = read_asked(fields)
        # Those of the form alone: the page of one record is of that record.
        nct_ids = nct_ids or tuple(library.find_id(each) for each in asked.ids[: MOST_ASKED + 1])
        records = read_pasted_records(asked.text)
        if not nct_ids and not asked.text.strip():
            return page
        return _fill(library, page, asked, tuple(dict.fromkeys(nct_ids)), records, json_path)
    except RecordDamagedError as error:
        return msgspec.structs.replace(page, error=str(error))
    except StoreError:
        return msgspec.structs.replace(page, notes=(NOT_MADE,))
    except (SourceFormatError, SourceReadError) as error:
        return msgspec.structs.replace(page, error=f"The text looks like a record, and is none: {error}")
    except TrialbookError as error:
        return msgspec.structs.replace(page, error=str(error))


def _fill(
    library: Library,
    page: RelatedPage,
    asked: Asked,
    nct_ids: tuple[str, ...],
    records: tuple[dict[str, Any], ...],
    json_path: str,
) -> RelatedPage:
    text = "" if records else asked.text
    found = library.find_related(
        *nct_ids,
        text=text,
        records=records,
        facets=asked.facets,
        limit=max(asked.limit, COUNTED),
    )
    listed = found.studies[: asked.limit]
    counted = (each.nct_id for each in found.studies)
    landscape = library.find_landscape(counted, *nct_ids, text=text, records=records)
    titles = {each.nct_id: shorten(each.title) for each in found.studies}
    state = [("facet", each) for each in asked.facets]
    state += [("limit", str(asked.limit))] * (asked.limit != LISTED[0])
    ids = [("ids", ",".join(nct_ids))] if not page.asked else []
    is_kept = not asked.text.strip()
    own = page.asked or (
        *(_link_study(library, each) for each in nct_ids),
        *(
            StudyLink(nct_id=name_record(place), url="", title=_name(record))
            for place, record in enumerate(records, 1)
        ),
        *([StudyLink(nct_id=THE_TEXT, url="", title="")] if text.strip() else []),
    )
    return msgspec.structs.replace(
        page,
        asked=own,
        groups=view_groups(library, listed),
        reasons=view_reasons(listed),
        notes=list_notes(found, library.store.seq),
        learnt=describe_learnt(found),
        counted=len(landscape.nct_ids),
        shared=view_shared(landscape),
        people=view_people(landscape, titles),
        outcomes=view_outcomes(landscape, titles),
        outcomes_left_out=max(0, len(landscape.outcomes) - OUTCOMES_SHOWN),
        json_url=_write_json_url(json_path, asked, ids) if is_kept else "",
        page_url=f"{PAGE}?{urlencode([*ids, *state])}" if is_kept and page.is_form_open else "",
    )


def _write_json_url(path: str, asked: Asked, ids: list[tuple[str, str]]) -> str:
    items = [*ids, ("landscape", "true"), ("limit", str(max(asked.limit, COUNTED)))]
    items += [("facets", "|".join(asked.facets))] if asked.facets else []
    return f"{API}{path}?{urlencode(items)}"


def _link_study(library: Library, nct_id: str) -> StudyLink:
    study = parse_present(library.get_body(nct_id))
    return StudyLink(
        nct_id=nct_id, url=study_url(nct_id), title=shorten(study.brief_title or study.official_title)
    )


def _name(record: dict[str, Any]) -> str:
    study = parse_present(msgspec.json.encode(record))
    return shorten(study.brief_title or study.official_title or "the record in the text")


def _view_form(fields: Fields) -> dict[str, Any]:
    """The fields of a form as they were sent."""
    chosen = [each.strip() for each in fields.get("facet", ())]
    limit = next(iter(fields.get("limit", ())), "").strip() or str(LISTED[0])
    limits = dict.fromkeys([*map(str, LISTED), *([limit] if limit.isascii() and limit.isdigit() else [])])
    return {
        "is_weighed": any(chosen),
        "fields": tuple(_view_field(name, meaning, chosen) for name, meaning in FACETS.items()),
        "demands": tuple(
            Option(value=name, label=meaning, is_selected=name in chosen) for name, meaning in DEMANDS.items()
        ),
        "limits": tuple(Option(value=each, label=each, is_selected=each == limit) for each in limits),
    }


def _view_field(name: str, meaning: str, chosen: list[str]) -> FacetField:
    values = {f"{name}={weight}" if weight else "": label for weight, label in _WEIGHTS}
    values[name] = "this alone"
    mine = next((each for each in chosen if each.partition("=")[0] == name), "")
    if mine not in values:
        # A weight that was written into the address stays as it is.
        values[mine] = mine.partition("=")[2][:12] + " times"
    return FacetField(
        name=name,
        meaning=meaning,
        options=tuple(
            Option(value=value, label=label, is_selected=value == mine) for value, label in values.items()
        ),
    )
