"""A small invented vocabulary in the shape of the real ones."""

from __future__ import annotations

import pytest

from trialbook.terms import Thesaurus
from trialbook.terms.compact import build_tables
from trialbook.terms.vocabularies import Dictionary, LayRow

CONDITIONS = Dictionary(
    forms={
        "brontal fever": ["brontal fever"],
        "fever, brontal": ["brontal fever"],
        "fevers, brontal": ["brontal fever"],
        "miller's ague": ["brontal fever"],
        "acute brontal fever": ["brontal fever"],
        "bf": ["brontal fever"],
        "lung brontal fever": ["fever, brontal, pulmonary"],
        "quiet": ["serenity"],
        "zona": ["brontal fever"],
        "yesterday": ["brontal fever"],
        "fxt1": ["ague"],
        "shared name": ["brontal fever", "ague"],
    },
    headings={
        "brontal fever": {"name": "Brontal Fever", "mesh_tree": ["C90.100", "94.750"], "mesh_id": "wrong"},
        "fever, brontal, pulmonary": {"name": "Fever, Brontal, Pulmonary", "mesh_tree": ["C90.100.200"]},
        "brontal fever, relapsing": {"name": "Brontal Fever, Relapsing", "mesh_tree": ["C90.100.200.050"]},
        "ague": {"name": "Ague", "mesh_tree": ["C90"]},
        "other branch": {"name": "Other Branch", "mesh_tree": ["C90.101"]},
        "chill": {"name": "Chill", "mesh_tree": ["C91"]},
        "rash": {"name": "Rash", "mesh_tree": ["C92"]},
        "chill rash": {"name": "Chill Rash", "mesh_tree": ["C93"]},
        "serenity": {"name": "Serenity", "mesh_tree": ["F01.100"]},
    },
    form_facts={},
)

DRUGS = Dictionary(
    forms={
        "morvastine": ["morvastine"],
        "calmara": ["morvastine"],
        "plain": ["plainol"],
        "latebrand": ["plainol"],
        "...''more''": ["plainol"],
        "2,4-dimorphyl": ["morvastine"],
        "morvastinum": ["morvastine"],
        "dolvan": ["morvastine"],
        "morvastine hydrochloride": ["morvastine"],
        "mvst": ["morvastine"],
        "{{infobox": ["morvastine"],
        "morvastine and plainol": ["morvastine and plainol"],
        "plainol/tertiol": ["plainol/tertiol"],
    },
    headings={
        "morvastine": {"name": "Morvastine", "medline_plus_id": "a1", "drugbank_id": "DB99999"},
        "morvastine and plainol": {"name": "Morvastine and Plainol"},
        "plainol/tertiol": {"name": "Plainol/Tertiol"},
        "plainol": {"name": "Plainol", "mesh_tree": ["D02.100"]},
    },
    form_facts={"morvastine": {"is_brand": False}, "latebrand": {"is_brand": True}},
)

LAY_ROWS = (
    LayRow("mill cough", "Brontal Fever", "lay", "both", "condition"),
    LayRow("BRF", "Brontal Fever", "abbreviation", "both", "condition"),
    LayRow("MF", "Brontal Fever", "abbreviation", "in", "condition"),
    LayRow("lung washing", "Whole Lung Lavage", "lay", "both", "other"),
)

HELD_BACK = {"yesterday": "drop", "zona": "capitals", "ague": "spot", "miller's ague": "in"}


@pytest.fixture(scope="session")
def small_thesaurus() -> Thesaurus:
    return Thesaurus(
        build_tables(
            conditions=CONDITIONS, drugs=DRUGS, lay_rows=LAY_ROWS, held_back=HELD_BACK, version="test-1"
        )
    )
