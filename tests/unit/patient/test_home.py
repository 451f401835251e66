"""Where does a note say that its person lives?"""

from __future__ import annotations

import pytest

from trialbook.patient.note import read_note


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("My mother, 64, lives in Miami, Florida. She has lupus.", "Miami, Florida", "lives in Miami, Florida"),
        ("He lives near Munich and takes aspirin.", "Munich", "lives near Munich"),
        ("A 45-year-old woman from Lyon with asthma.", "Lyon", "woman from Lyon"),
        ("We live close to St. Louis. Our son (9) has asthma.", "St. Louis", "live close to St. Louis"),
        ("60 yo man, moved to San Juan, Puerto Rico with MS", "San Juan, Puerto Rico", "moved to San Juan, Puerto Rico"),
        ("She has COPD. ZIP 33136", "33136", "ZIP 33136"),
        ("She lives in constant pain.", "", ""),
        ("No heart disease; she lives with her husband.", "", ""),
        ("Pain since Monday, worse in March.", "", ""),
    ],
)  # fmt: skip
def test_the_place_stands_where_the_note_says_that_somebody_lives(text: str, place: str, words: str) -> None:
    note = read_note(text, None)
    assert (note.place, note.place_words) == (place, words)
