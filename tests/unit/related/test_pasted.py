"""What is read of a text that is no record yet?"""

from __future__ import annotations

from trialbook.related.pasted import read_pasted
from trialbook.terms import get_thesaurus

SYNOPSIS = """Macitentan in heart failure

A double-blind, randomized phase II/III study after AC-055G202 (NCT03153111).

Primary endpoint: change in NT-proBNP
Inclusion criteria
Adults with pulmonary hypertension
"""


def test_a_synopsis_is_read_in_its_parts() -> None:
    traits = read_pasted(SYNOPSIS, get_thesaurus())
    assert traits.texts["title"] == "Macitentan in heart failure"
    assert "NT-proBNP" in traits.texts["outcome"]
    assert "Adults with" in traits.texts["criteria"]
    assert "NT-proBNP" not in traits.texts["criteria"]
    assert traits.design == {
        "allocation": ("RANDOMIZED",),
        "masking": ("DOUBLE",),
        "phase": ("PHASE2", "PHASE3"),
    }
    assert traits.conditions["Heart Failure"] == 1.0
    assert {each.casefold() for each in traits.interventions} >= {"macitentan"}
    assert traits.kin.named == ("AC055G202", "NCT03153111")


def test_an_empty_text_has_no_traits() -> None:
    traits = read_pasted(" \n ", get_thesaurus())
    assert not any(traits.texts.values())
    assert not traits.conditions
    assert not traits.interventions
