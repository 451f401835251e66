"""How does our own API tell of lists, and of studies side by side? It reads them; it changes nothing."""

from __future__ import annotations

from typing import Any

import msgspec

from trialbook.ask.dates import read_since
from trialbook.ask.parameters import Parameters
from trialbook.library import Library
from trialbook.library.news import make_urn
from trialbook.web.own_api.answers import (
    CompareAnswer,
    EntryAnswer,
    ListAnswer,
    ListLineAnswer,
    ListsAnswer,
)
from trialbook.web.own_api.endpoints import BASE
from trialbook.web.own_api.feeds import Feed
from trialbook.web.own_api.parameters import AFTER, COMPARED, ENTRIES, read_number


def answer_lists(library: Library) -> ListsAnswer:
    """All lists."""
    return ListsAnswer(
        tuple(
            ListLineAnswer(
                name=each.name,
                made_at=each.made_at,
                studies=each.studies,
                url=(own := f"{BASE}/lists/{each.name}"),
                atom_url=f"{own}/feed?format=atom",
                json_feed_url=f"{own}/feed?format=json",
                export_url=f"{own}/export",
            )
            for each in library.find_lists()
        )
    )


def answer_list(library: Library, name: str) -> ListAnswer:
    """A list; raises NotFoundError."""
    kept = library.get_list(name)
    return ListAnswer(
        name=kept.name,
        made_at=kept.made_at,
        seen_at=kept.seen.at if kept.seen else "",
        studies=tuple(
            EntryAnswer(
                nct_id=each.nct_id,
                note=each.note,
                added_at=each.added_at,
                is_here=library.store.has_study(each.nct_id),
            )
            for each in kept.entries
        ),
    )


def make_list_feed(
    library: Library, name: str, parameters: Parameters, *, self_url: str, site: str, last: int
) -> Feed:
    """The feed of a list; `last` is the number of the version that came last. Raises NotFoundError and ApiError."""
    kept = library.get_list(name)
    news = library.find_news_of_list(
        name,
        after=read_number(parameters, AFTER),
        since=read_since(parameters.text("since")),
        limit=read_number(parameters, ENTRIES),
    )
    return Feed(
        feed_id=make_urn(library.store, f"list {kept.name} {kept.made_at}"),
        title=f"Trialbook: {kept.name}",
        description=f"What changed in the studies of the list {kept.name}",
        site=site,
        self_url=self_url,
        home_url=f"{site}/lists/{kept.name}",
        updated_at=news[0].learnt_at if news else kept.made_at,
        last=last,
        news=news,
    )


def answer_compare(library: Library, parameters: Parameters) -> CompareAnswer:
    """Studies side by side; raises as `Library.set_side_by_side`."""
    table = library.set_side_by_side(
        *parameters.read_list(COMPARED.name), as_of=parameters.text("as_of") or None
    )
    return msgspec.convert(_rename(msgspec.to_builtins(table)), CompareAnswer)


def _rename(value: Any) -> Any:
    """Our names as those of the answer."""
    if isinstance(value, dict):
        return {_make_camel(name): _rename(each) for name, each in value.items()}
    return [_rename(each) for each in value] if isinstance(value, list | tuple) else value


def _make_camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(each.capitalize() for each in others)
