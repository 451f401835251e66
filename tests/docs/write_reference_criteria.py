"""Write docs/reference/reference-criteria.md: run it after trees, verdicts or the patients change.

PYTHONPATH=src:. .venv/bin/python tests/docs/write_reference_criteria.py
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from tests.unit.eligibility.reference_patients import ALL, judge, name_criteria

from trialbook.eligibility.describe import describe_tree
from trialbook.eligibility.parse import parse_criteria
from trialbook.samples import sample_paths

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "reference-criteria.md"
# What a reader of all trees found, by hand; "" where the tree asks what the words do.
REVIEW = {
    "i1": "",
    "i2": "",
    "i3": 'symptoms and "standard of care" are for a person to judge; that angiography is only planned is not said',
    "i4": "",
    "e1": "",
    "e2": "",
    "e3": "the constant of MDRD is asked for",
    "e4": "falls short: the value defines the poor control, and is asked beside it",
    "e5": 'that "now or in the past" holds for both is not read; present counts',
    "e6": "",
    "e7": '"another reason against" is for a person to judge; "every available" is',
    "e8": "an investigator decides whether there is another explanation",
    "e9": "of two measurements of an exclusion either counts, here as everywhere (docs/criteria.md)",
    "e10": '"that cannot be stopped" is for a person to judge',
    "e11": "what was rejected is for a person to judge",
    "e12": "falls short: the years free of disease narrow the cancer, where they explain the window",
    "e13": "",
    "e14": "falls short: the abuse of drugs only narrows that of alcohol",
    "e15": "how hepatitis is shown is for a person to judge",
    "e16": "",
    "e17": "falls short: who nurses or could become pregnant is not read",
    "e18": "an investigator decides",
    "e19": "falls short: what the lesions are narrows them",
}
SHOWN = {"not_met": "not met"}
HEAD = """# The criteria of NCT04776239, and who meets them

Made by `tests/docs/write_reference_criteria.py`; a test checks that it is up to date. The record is the one that
the samples retell, so the words are ours; the registry's own text is held against the same patients in
`tests/golden/test_reference_patients.py`. All trees and expected verdicts were read and judged by hand.

## What each asks

| | Words | As read | Reviewed |
|---|---|---|---|
"""
PATIENTS = """
## Who meets them

{count} patients, one for each side of each limit: on it, beyond it, in other units, with days known in part, with
nothing told. Each is someone who may take part as far as is told, but for what is named. Held on 29 November 2026.
"not met" of an exclusion speaks for the patient. Where what is read differs from what the words mean, both stand.
Of {asked} verdicts {right} are as the words mean, {open_} are left open that the words decide{wrong}.

| Patient | Criterion | Verdict |
|---|---|---|
"""


def read_sample() -> str:
    """The eligibility text of the sample record."""
    path = next(each for each in sample_paths() if each.name == "NCT04776239.json")
    text: str = msgspec.json.decode(path.read_bytes())["protocolSection"]["eligibilityModule"][
        "eligibilityCriteria"
    ]
    return text


def render() -> str:
    """The whole page."""
    text = read_sample()
    named = name_criteria(list(parse_criteria(text)))
    rows = [
        f"| {name} | {_cell(each.text)} | {'<br>'.join(_indent(line) for line in describe_tree(each.tree, text))} "
        f"| {REVIEW[name] or 'as the words'} |\n"
        for name, each in named
    ]
    patients, counted = [], {"asked": 0, "right": 0, "open_": 0, "wrong": 0}
    for who, said, expected in ALL:
        found = judge(text, said)
        for name, meant in expected.items():
            read = found[name]
            counted["asked"] += 1
            kind = "right" if read == meant else "wrong" if read in ("met", "not_met") else "open_"
            counted[kind] += 1
            told = _show(read) if read == meant else f"**{_show(read)}**; the words: {_show(meant)}"
            patients.append(f"| {_cell(who)} | {name} | {told} |\n")
    wrong = f", {counted['wrong']} are wrong" if counted["wrong"] else ""
    middle = PATIENTS.format(count=len(ALL), **{**counted, "wrong": wrong})
    return "".join((HEAD, *rows, middle, *patients))


def _show(verdict: str) -> str:
    return SHOWN.get(verdict, verdict)


def _cell(text: str) -> str:
    return " ".join(text.replace("\\", "").split()).replace("|", "\\|").replace("<", "&lt;")


def _indent(line: str) -> str:
    depth = (len(line) - len(line.lstrip())) // 2
    return "· " * depth + _cell(line)


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
