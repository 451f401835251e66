"""On what do trees depend, beside the text? The rules of the parser, its tables and models, and the vocabularies."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from trialbook.terms import get_thesaurus

# Raise whenever the rules would make another tree of some text.
RULES = 6
DATA = ("analytes.tsv", "recogniser.bin", "units.tsv")


@cache
def find_form() -> str:
    """The form of the trees that are made now: the same text gives the same trees in the same form."""
    folder = files("trialbook.eligibility")
    digest = hashlib.sha256()
    for name in DATA:
        digest.update((folder / name).read_bytes())
    return f"{RULES} {digest.hexdigest()[:16]} {get_thesaurus().version}"
