"""The page for a person: a few sentences, what was read from them, and the trials that fit."""

from __future__ import annotations

from trialbook.pages.contents import Content, Hit, Option
from trialbook.pages.environment import render


class ReadConcept(Content, frozen=True):
    """A condition or treatment, as it was read or as it was put right.

    `words` are the note's own for it, `before` and `after` those around them, all empty for one that a person
    added; `cue` are those that say how it stands.
    """

    name: str
    options: tuple[Option, ...]
    words: str = ""
    before: str = ""
    after: str = ""
    cue: str = ""


class PatientHit(Content, frozen=True):
    """A trial and why it is here: whom it `takes`, what both name, or which other words both have."""

    hit: Hit
    takes: str
    conditions: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


class PatientView(Content, frozen=True):
    """Everything on the page.

    Attributes
    ----------
    note
        The sentences, "" before any were sent. They stand in the page that is sent back and nowhere else.
    error
        Why nothing was looked for.
    is_read
        Whether something was read from the sentences, so that it can be put right.
    subject
        How the note names the person whom it is about; "" for one whom it only describes.
    age, age_words, sexes, sex_words, concepts
        What was read, each with the words that it came from.
    near, near_words, near_problem, within, within_hint, is_taking
        The place with the note's words for it, or why there is none such; whether only studies that take people
        now are asked for.
    limits, fitting
        What all trials here fit, in words, and how many do; None before any were looked for.
    next_words, others
        How far the next study is, where none is near; what the place may mean as well.
    hits, more
        The best of them; how many to show next, 0 for no more, as the others have nothing in common with the note.
    """

    note: str = ""
    error: str = ""
    is_read: bool = False
    subject: str = ""
    age: str = ""
    age_words: str = ""
    sexes: tuple[Option, ...] = ()
    sex_words: str = ""
    concepts: tuple[ReadConcept, ...] = ()
    near: str = ""
    near_words: str = ""
    near_problem: str = ""
    within: str = ""
    within_hint: str = ""
    is_taking: bool = True
    limits: tuple[str, ...] = ()
    fitting: int | None = None
    next_words: str = ""
    others: tuple[str, ...] = ()
    hits: tuple[PatientHit, ...] = ()
    more: int = 0


def render_patient_page(view: PatientView) -> str:
    """Render the form and, once something was sent, what was read and the trials that fit."""
    return render("patient.html", view=view, query="")
