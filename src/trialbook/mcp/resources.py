"""What can an agent attach or begin with? Records by address, ways to ask, and what a word may become."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from trialbook.errors import NotFoundError, TrialbookError
from trialbook.library import Library
from trialbook.mcp.arguments import MOST_CHARS, ReadArguments
from trialbook.mcp.read import read_study
from trialbook.record.ids import LONGEST_ID, cut_address
from trialbook.search.engine.engine import SearchRequest
from trialbook.search.language.parse import parse_query

SCHEME = "trial://"
TEMPLATE = SCHEME + "{nct_id}"
LONGEST_ARGUMENT = 20_000
MOST_COMPLETED = 20


class Recipe(msgspec.Struct, frozen=True):
    """A prompt: its name, what it is for, what is asked of the person (name and meaning), and its text."""

    name: str
    title: str
    meaning: str
    arguments: Mapping[str, str]
    text: str


RECIPES = (
    Recipe(
        "find_trials_for_a_patient",
        "Find trials for a patient",
        "Studies that may admit a person, each with what speaks for and against it.",
        {"patient": "Age, sex, conditions, treatments so far, and where they can travel to."},
        "Find studies in this library that may admit this person:\n\n{patient}\n\n"
        "Ask `search` with cond, age_years, sex, country or locn and status RECRUITING or NOT_YET_RECRUITING, and"
        " status_outdated false; try the condition under its other names. Of the best, `read` EligibilityModule and"
        " ContactsLocationsModule. For each say what speaks for it and what against, in the record's words, and what"
        " is not known of the person. Name the NCT id and as of when the status is. Decide nothing for them.",
    ),
    Recipe(
        "explain_a_trial",
        "Explain a trial",
        "A study in plain words.",
        {"nct_id": "The study's id, or the address of its page."},
        "Explain the study {nct_id} in plain words: `read` its record. Say what is tried out, on whom, how it is"
        " decided who gets what, what is measured and when, who does it and where, how far it has come and as of"
        " when; with posted results, what came out. Say what the record does not tell. Quote where words matter.",
    ),
)


def read_record(library: Library, uri: str) -> str:
    """The record of an address `trial://NCT…` as text, at most 100,000 characters of it; raises NotFoundError."""
    if not uri.lower().startswith(SCHEME):
        raise NotFoundError(f"there is nothing at {uri[:100]}: records are at {TEMPLATE}")
    facts, text = read_study(
        library, ReadArguments(nct_id=uri[len(SCHEME) :].strip("/"), max_chars=MOST_CHARS)
    )
    if (going_on := facts.get("next_offset")) is None:
        return text
    return (
        f"{text}\n\n[The rest is left out: {facts['characters']:,} characters in all. The tool `read` goes on at"
        f" offset {going_on}.]\n"
    )


def fill_recipe(recipe: Recipe, given: Mapping[str, str]) -> str:
    """A prompt's text with what was given; raises NotFoundError where something is missing."""
    for name in recipe.arguments:
        if not given.get(name, "").strip():
            raise NotFoundError(f"the prompt {recipe.name} needs the argument {name}")
    return recipe.text.format_map({name: given[name].strip()[:LONGEST_ARGUMENT] for name in recipe.arguments})


def complete_id(library: Library, text: str) -> list[str]:
    """Ids that begin so; where none does, those of the studies that the words find."""
    bare = cut_address(text)[:LONGEST_ID].upper()
    found = [nct_id for nct_id in library.find_ids_after(bare, MOST_COMPLETED) if nct_id.startswith(bare)]
    if found or not text.strip():
        return found
    try:
        request = SearchRequest(queries=(parse_query(text[:LONGEST_ARGUMENT]),), limit=MOST_COMPLETED)
        return list(library.engine.search(request).nct_ids)
    except TrialbookError:
        return []
