"""Which things lie under a heading of MeSH and are, to clinicians and in criteria, no kind of it?

MeSH (2024 tree numbers) files for finding literature: a cyst lies under *Neoplasms* (C04.182), the prediabetic state
under *Diabetes Mellitus* (C18.452.394.750.774), a trait under its disease. A criterion that asks for cancer does not
mean these. What is listed is neither a kind nor surely none: it stays open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_FILED_AS_TUMOURS = (
    "Lipoma; Leiomyoma; Cysts; Nevus; Adenoma; Hemangioma; Papilloma; Fibroma; Fibroadenoma; Osteoma; "
    "Chondroma; Osteochondroma; Lymphangioma; Neurofibroma; Neuroma; Neurilemmoma; Meningioma; "
    "Myxoma; Hamartoma; Teratoma; Precancerous Conditions; Neoplastic Syndromes, Hereditary; "
    "Histiocytoma, Benign Fibrous; Angiomyoma; Myoma; Rhabdomyoma; Odontogenic Tumors; Carcinoma in "
    "Situ; Paraneoplastic Syndromes; Adenomatous Polyps; Fibroma, Desmoplastic; Prolactinoma; "
    "Polycystic Ovary Syndrome; Uterine Cervical Dysplasia; Barrett Esophagus; Keratosis, Actinic; "
    "Leukoplakia"
)
# By heading: what it, and all below it, is no kind of.
_NO_KINDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_FILED_AS_TUMOURS.split("; "), ("Neoplasms",)),
    "Prediabetic State": ("Diabetes Mellitus",),
    "Diabetes, Gestational": ("Diabetes Mellitus",),
    "Hypertension, Pulmonary": ("Hypertension",),
    "White Coat Hypertension": ("Hypertension",),
    "Hypertension": ("Cardiovascular Diseases", "Vascular Diseases"),
    "Hypotension": ("Cardiovascular Diseases", "Vascular Diseases"),
    "Varicose Veins": ("Cardiovascular Diseases",),
    "Hemorrhoids": ("Cardiovascular Diseases", "Vascular Diseases"),
    "Varicocele": ("Cardiovascular Diseases", "Vascular Diseases"),
    "Sickle Cell Trait": (
        "Anemia, Sickle Cell",
        "Anemia, Hemolytic",
        "Anemia, Hemolytic, Congenital",
        "Anemia",
    ),
    "Tobacco Use Disorder": ("Substance-Related Disorders", "Mental Disorders"),
    "Osteoarthritis": ("Rheumatic Diseases",),
    "Neurologic Manifestations": ("Nervous System Diseases",),
    "Sleep Wake Disorders": ("Mental Disorders", "Nervous System Diseases"),
}
# Names whose words say that they are not what the heading says under which they are filed.
_BENIGN = re.compile(
    r"\b(?:benign|cysts?|adenomas?|polyps?|fibroids?|lipomas?|n(?:a)?ev(?:us|i)|h(?:a)?emangiomas?|meningiomas?"
    r"|schwannomas?|neuromas?|neurofibromas?|fibroadenomas?|dysplasia)\b",
    re.IGNORECASE,
)
_MALIGNANT = re.compile(r"malignan|cancer|carcinoma|sarcoma", re.IGNORECASE)
_MODY = re.compile(r"\bMODY\b|maturity[- ]onset diabetes (?:of|in) the young", re.IGNORECASE)
_TRAIT = re.compile(r"\b(?:traits?|carriers?)\b", re.IGNORECASE)
_NO_MELANOMA = re.compile(r"\bnon-?\s?melanom\w+ (?:skin|cutaneous)", re.IGNORECASE)
_SQUAMOUS = re.compile(
    r"(?=.*\bsquamous cell (?:carcinoma|cancer))(?=.*\b(?:skin|cutaneous)\b)|\bbowen|keratoacanthoma",
    re.IGNORECASE,
)
_SKIN_CANCER = "trialbook:non-melanoma skin cancer"
_NEOPLASMS, _TYPE_2, _DIABETES = "mesh:Neoplasms", "mesh:Diabetes Mellitus, Type 2", "mesh:Diabetes Mellitus"


def list_kinds(name: str, above: Iterable[str]) -> frozenset[str]:
    """Of the headings above one, those of which clinicians take it for a kind."""
    found = set(above)
    lost = {each for known in (name, *found) for each in _NO_KINDS.get(known, ())}
    return frozenset(found - lost)


def settle_kinds(words: str, own: set[str], above: set[str]) -> None:
    """Takes from what a name is, and lies under, what its own words speak against."""
    if _BENIGN.search(words) and not _MALIGNANT.search(words):
        own.discard(_NEOPLASMS)
        above.discard(_NEOPLASMS)
    if _NO_MELANOMA.search(words):
        own.add(_SKIN_CANCER)
        above |= {"mesh:Skin Neoplasms", _NEOPLASMS}
    elif "mesh:Carcinoma, Basal Cell" in own | above or _SQUAMOUS.search(words):
        above.add(_SKIN_CANCER)
    if _MODY.search(words) and _TYPE_2 in own | above:
        own.discard(_TYPE_2)
        above.discard(_TYPE_2)
        above.add(_DIABETES)
    if _TRAIT.search(words):
        own -= {each for each in own if each.startswith("mesh:") and not _TRAIT.search(each)}
        above.clear()
