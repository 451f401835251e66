"""A study of the library in a form that finds patients elsewhere."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from trialbook.export.cohort.cohort import Cohort, Form, Persons, make_cohort
from trialbook.library.criteria import find_criteria
from trialbook.library.study import LibraryStudy
from trialbook.terms import get_thesaurus


def make_study_cohort(
    study: LibraryStudy, form: Form, *, vocabulary: Path | None, day: date, persons: Persons
) -> Cohort:
    """A study's criteria in a form, as `make_cohort`."""
    return make_cohort(
        study,
        find_criteria(study),
        form=form,
        day=day,
        names=get_thesaurus(),
        vocabulary=vocabulary,
        persons=persons,
    )
