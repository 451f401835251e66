"""What has to be decided before a value can be computed as a record means it? Asked, kept and shown."""

from __future__ import annotations

from collections.abc import Mapping

from trialbook.eligibility.verdicts import Question
from trialbook.errors import UsageError

QUESTIONS = {
    each.key: each
    for each in (
        Question(
            "egfr_formula",
            "By which formula is the glomerular filtration rate estimated? The record does not say.",
            ("ckd_epi_2021", "ckd_epi_2009", "mdrd"),
        ),
        Question(
            "ckd_epi_year",
            "Which CKD-EPI equation is meant, that of 2009 or that of 2021? The record does not say.",
            ("2009", "2021"),
        ),
        Question(
            "mdrd_constant",
            "Which constant has the MDRD formula: 175, for creatinine traceable to isotope dilution, or 186? "
            "The record does not say.",
            ("175", "186"),
        ),
        Question(
            "race_term",
            "Is the formula's factor for Black persons applied to this person? The record does not say.",
            ("yes", "no"),
        ),
        Question(
            "bsa_formula",
            "By which formula is the body surface area computed? The record does not say.",
            ("mosteller", "du_bois"),
        ),
        Question(
            "qtc_formula",
            "How is QT corrected for the heart rate? The record does not say.",
            ("fridericia", "bazett"),
        ),
        Question(
            "meld_formula", "Which MELD is meant? The record does not say.", ("meld", "meld_na", "meld_3")
        ),
    )
}


def check_answers(answers: Mapping[str, str], where: str) -> dict[str, str]:
    """Answers to questions that there are. Raises UsageError, which names the other."""
    for key, answer in answers.items():
        asked = QUESTIONS.get(key)
        if asked is None:
            raise UsageError(f"{where}: there is no question {key!r}: there are {', '.join(QUESTIONS)}")
        if str(answer) not in asked.answers:
            raise UsageError(f"{where}: {key} is {answer!r}, which is none of {', '.join(asked.answers)}")
    return {key: str(answer) for key, answer in answers.items()}
