"""By which roads are candidates found? Text, title, intervention, condition, and whatever kin share.

Each road is one query of the index, whose terms count by their rarity alone; what comes of all of them
together is then compared in full. Only the heaviest terms of a text are in the index and asked for: a term
that stands in it is one that its study is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
import tantivy
from tantivy import Occur, Query

from trialbook.related.learnt import Learnt
from trialbook.related.likeness import Asked
from trialbook.related.profile import DESIGN_PLACES, MARKED, PHASES, STEPS, Profile

TEXT_TERMS = 64
ASKED_TERMS = 40
# Broad headings lead to a tenth of the registry each and to nothing that the near ones would not find.
ASKED_HEADINGS = 12
# The other roads are asked for these too, at a low weight, so that of thousands on one disease the nearest come.
ALSO_ASKED = 12
ALSO_WEIGHT = 0.15
FROM_EACH_ROAD = {"text": 100, "title": 60, "intervention": 60, "condition": 60, "kin": 60}
# A sponsor of thousands of trials would fill the road of kin.
KIN_WEIGHTS = {"sponsor": 0.2, "people": 0.6, "background publication": 0.6, "study id": 1.2}

Clause = tuple[str, str, float]
"""Field, token, weight."""


@cache
def get_schema() -> tantivy.Schema:
    """The fields: the id, the road's tokens, what can be demanded, and the profile as it is kept."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("nct_id", stored=True, tokenizer_name="raw", index_option="basic")
    for name in ("text", "title", "intervention", "condition", "kin", "flag"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="basic")
    builder.add_bytes_field("profile", stored=True)
    return builder.build()


def build_document(nct_id: str, profile: Profile, packed: bytes, learnt: Learnt) -> tantivy.Document:
    """What the index holds of a study."""
    terms = np.frombuffer(profile.terms, np.uint32)
    marks = np.frombuffer(profile.marks, np.uint8)
    heavy = np.frombuffer(profile.weights, np.uint8) * learnt.find_rarity(terms)
    headings = np.frombuffer(profile.headings, np.uint32)
    document = tantivy.Document()
    document.add_text("nct_id", nct_id)
    document.add_text("text", _write(terms[np.argsort(-heavy, kind="stable")[:TEXT_TERMS]]))
    document.add_text("title", _write(terms[marks & _bit("title") > 0]))
    first = profile.condition_count
    for name, own in (("condition", headings[:first]), ("intervention", headings[first:])):
        document.add_text(name, _write([*terms[marks & _bit(name) > 0], *own]))
    document.add_text("kin", _write(np.frombuffer(profile.kin, np.uint32)))
    document.add_text("flag", " ".join(list_flags(profile)))
    document.add_bytes("profile", packed)
    return document


def list_flags(profile: Profile) -> list[str]:
    """What can be demanded of a study beside its terms."""
    flags = ["recruiting"] if profile.is_recruiting else []
    flags += ["results"] if profile.has_results else []
    return flags + list_design_tokens(profile)


def list_design_tokens(profile: Profile) -> list[str]:
    """Each value of a design as a token; phases one by one."""
    design = np.frombuffer(profile.design, np.uint32).tolist()
    phases = design[DESIGN_PLACES["phase"]]
    tokens = [f"phase{place}" for place in range(len(PHASES)) if phases & (1 << place)]
    for name in ("study type", "purpose", "allocation", "model"):
        value = design[DESIGN_PLACES[name]]
        tokens += [f"{DESIGN_PLACES[name]}-{value:x}"] if value else []
    return tokens


def plan_roads(asked: Asked) -> dict[str, list[Clause]]:
    """What each road asks for."""
    own = asked.profile
    terms = np.frombuffer(own.terms, np.uint32)
    marks = np.frombuffer(own.marks, np.uint8)
    heavy = np.frombuffer(own.weights, np.uint8) / STEPS * np.square(asked.term_rarity)
    heaviest = np.argsort(-heavy, kind="stable")[:ASKED_TERMS]
    text = [("text", f"{terms[at]:x}", float(heavy[at])) for at in heaviest]
    also = [(field, token, weight * ALSO_WEIGHT) for field, token, weight in text[:ALSO_ASKED]]

    def ask(field: str) -> list[Clause]:
        chosen = np.flatnonzero(marks & _bit(field))
        chosen = chosen[np.argsort(-asked.term_rarity[chosen], kind="stable")[:ASKED_TERMS]]
        return [(field, f"{terms[at]:x}", float(asked.term_rarity[at]) ** 2) for at in chosen]

    headings = np.frombuffer(own.headings, np.uint32)
    pulls = np.frombuffer(own.nears, np.float32) * np.square(asked.heading_rarity)
    places = {
        "condition": range(own.condition_count),
        "intervention": range(own.condition_count, len(headings)),
    }
    roads = {"text": text, "title": ask("title") + also[:4]}
    for name, own_places in places.items():
        asked_headings = sorted(own_places, key=lambda at: -pulls[at])[:ASKED_HEADINGS]
        roads[name] = [(name, f"{headings[at]:x}", 2 * float(pulls[at])) for at in asked_headings] + ask(name)
        roads[name] += also if roads[name] else []
    roads["kin"] = [
        ("kin", f"{number:x}", KIN_WEIGHTS.get(feature, 2.0) * asked.key_shares[number])
        for number, feature in asked.keys.items()
    ]
    roads["kin"] += [(field, token, weight / 1_000) for field, token, weight in also] if roads["kin"] else []
    return {name: clauses for name, clauses in roads.items() if clauses}


def make_query(clauses: Sequence[Clause], demands: Iterable[Query] = ()) -> Query:
    """Any of some terms, by weight; with what is demanded in any case."""
    schema = get_schema()
    either = Query.boolean_query(
        [
            (
                Occur.Should,
                Query.boost_query(
                    Query.const_score_query(
                        Query.term_query(schema, field, token, index_option="basic"), 1.0
                    ),
                    max(weight, 1e-6),
                ),
            )
            for field, token, weight in clauses
        ]
    )
    demanded = [(Occur.Must, Query.const_score_query(demand, 0.0)) for demand in demands]
    return Query.boolean_query([(Occur.Must, either), *demanded]) if demanded else either


def demand_any(tokens: Iterable[tuple[str, str]]) -> Query:
    """That a study has at least one of some tokens."""
    schema = get_schema()
    return Query.boolean_query(
        [
            (Occur.Should, Query.term_query(schema, field, token, index_option="basic"))
            for field, token in tokens
        ]
    )


def _bit(field: str) -> int:
    return 1 << MARKED.index(field)


def _write(numbers: Iterable[int]) -> str:
    return " ".join([f"{number:x}" for number in numbers])
