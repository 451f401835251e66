"""What do the sections on the study itself say? (`page_text` cuts the page; these read it.)

Each reader takes the lines of one section and adds to a `Draft`. A line that does not fit the
section's form is put aside with `Draft.leave`, never guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from trialbook.source.page.draft import Draft, enum_reader, is_absent, read_labelled, take
from trialbook.source.spellings import as_date, as_enum, as_phases


def read_results(lines: list[str], draft: Draft) -> None:
    texts = [line.strip() for line in lines if line.strip()]
    if not texts:
        return
    status = texts[0].casefold()
    if status.startswith(("results pending", "no results")):
        draft.has_results = False
        texts = [texts[0], *(text for text in texts[1:] if not text.startswith("The study team has not"))]
    elif status.startswith(("results available", "results posted", "has results")):
        draft.has_results = True
    draft.page["results"] = texts


def read_basics(lines: list[str], draft: Draft) -> None:
    section = "Basic Information"
    readers: dict[str, tuple[str, str, Callable[[str], Any]]] = {
        "Recruitment Status": ("statusModule", "overallStatus", enum_reader("Status")),
        "Why Stopped": ("statusModule", "whyStopped", str),
        "Clinical Phase": ("designModule", "phases", _read_phases),
        "Total Enrollment": ("designModule", "enrollmentInfo", _read_enrollment),
        "Study Classification": ("designModule", "studyType", enum_reader("StudyType")),
        "Study Start Date": ("statusModule", "startDateStruct", _read_date),
        "Primary Completion Date": ("statusModule", "primaryCompletionDateStruct", _read_date),
        "Study Completion Date": ("statusModule", "completionDateStruct", _read_date),
    }
    above, under = read_labelled(lines, tuple(readers))
    draft.leave(section, above)
    for label, texts in under.items():
        module, key, convert = readers[label]
        for value in take(draft, label, texts, convert):
            draft.put(module, key, value)


def _read_phases(text: str) -> list[str] | None:
    phases = as_phases(text)
    known = all(re.fullmatch(r"NA|EARLY_PHASE1|PHASE[1-4]", phase) for phase in phases)
    return phases if known and phases else None


def _read_enrollment(text: str) -> dict[str, int] | None:
    match = re.fullmatch(
        r"(\d{1,3}(?:,\d{3})+|\d{1,9})(?: (?:participants?|patients?|subjects?))?", text.lower()
    )
    return {"count": int(match[1].replace(",", ""))} if match else None


def _read_date(text: str) -> dict[str, str] | None:
    date = as_date(text)
    return {"date": date} if date else None


def read_free_text(key: str) -> Callable[[list[str], Draft], None]:
    def read(lines: list[str], draft: Draft) -> None:
        text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
        if not is_absent(text):
            draft.put("descriptionModule", key, text)

    return read


def read_names(key: str) -> Callable[[list[str], Draft], None]:
    """Read a list of names: one a line where the page breaks lines, else one text for all.

    Names carry spaces and commas of their own, so a single line cannot be split safely.
    """

    def read(lines: list[str], draft: Draft) -> None:
        names = [line.strip().removeprefix("- ").removeprefix("* ") for line in lines]
        names = [name for name in names if not is_absent(name)]
        draft.put("conditionsModule", key, names)
        if len(names) == 1 and " " in names[0]:
            draft.note_joined(f"protocolSection.conditionsModule.{key}")

    return read


def read_design(lines: list[str], draft: Draft) -> None:
    section = "Study Design"
    labels = {
        "Allocation Method": ("allocation", "DesignAllocation"),
        "Intervention Model": ("interventionModel", "InterventionalAssignment"),
        "Observational Model": ("observationalModel", "ObservationalModel"),
        "Time Perspective": ("timePerspective", "DesignTimePerspective"),
        "Primary Study Purpose": ("primaryPurpose", "PrimaryPurpose"),
    }
    above, under = read_labelled(lines, (*labels, "Blinding Strategy"))
    draft.leave(section, above)
    info: dict[str, Any] = {}
    for label, (key, kind) in labels.items():
        for value in take(draft, label, under.get(label, []), enum_reader(kind)):
            info[key] = value
    masking = _read_masking(under.get("Blinding Strategy", []), draft)
    if masking:
        info["maskingInfo"] = masking
    draft.put("designModule", "designInfo", info)


def _read_masking(texts: list[str], draft: Draft) -> dict[str, Any]:
    """Read the masking and, below it, who is masked: four roles of a closed list, safe to split."""
    masking: dict[str, Any] = {}
    if texts and not is_absent(texts[0]):
        masking["masking"] = as_enum("DesignMasking", texts[0])
    for text in texts[1:]:
        role = r"(participant|subject|care[ _]?(?:provider|giver)|investigator|outcomes?[ _]assessor)s?"
        roles = [match[0] for match in re.finditer(role, text, re.IGNORECASE)]
        if re.sub(rf"{role}|[\s,;/&]|\band\b", "", text, flags=re.IGNORECASE) or not roles:
            if not is_absent(text):
                draft.leave("Study Design", [text])
            continue
        masking.setdefault("whoMasked", []).extend(as_enum("WhoMasked", who) for who in roles)
    return masking


def read_eligibility(lines: list[str], draft: Draft) -> None:
    readers: dict[str, tuple[str, Callable[[str], Any]]] = {
        "Minimum Eligible Age": ("minimumAge", _read_age),
        "Maximum Eligible Age": ("maximumAge", _read_age),
        "Eligible Sex": ("sex", enum_reader("Sex")),
        "Accepts Healthy Volunteers": ("healthyVolunteers", _read_yes_no),
    }
    criteria, under = read_labelled(lines, tuple(readers))
    draft.put("eligibilityModule", "eligibilityCriteria", _rebuild_criteria(criteria))
    for label in (
        "Accepts Healthy Volunteers",
        "Eligible Sex",
        "Minimum Eligible Age",
        "Maximum Eligible Age",
    ):
        key, convert = readers[label]
        for value in take(draft, label, under.get(label, []), convert):
            draft.put("eligibilityModule", key, value)


def _read_age(text: str) -> str | None:
    """Keep an age as printed; "N/A" (no limit) is what the record expresses by absence."""
    return text if re.fullmatch(r"\d+ \w+", text) else "" if text.upper() in ("N/A", "NA") else None


def _read_yes_no(text: str) -> bool | None:
    return {"yes": True, "true": True, "no": False, "false": False}.get(text.strip().casefold())


def _rebuild_criteria(lines: list[str]) -> str:
    """Give the two lists their headings in the registry's form: `Inclusion Criteria:`, blank line."""
    out: list[str] = []
    for line in lines:
        heading = re.fullmatch(r"\W*((?:[A-Za-z]+ ){0,2}(?:In|Ex)clusion Criteria)\W*", line, re.IGNORECASE)
        if heading:
            out += ["", f"{heading[1]}:", ""]
        elif line.strip() or (out and out[-1]):
            out.append(line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(out)).strip()


def read_related(lines: list[str], draft: Draft) -> None:
    """Read the site's own list of similar trials: a title, below it id, status and phase."""
    related: list[dict[str, Any]] = []
    title: list[str] = []
    for line in lines:
        match = re.match(r"\s*(NCT\d{8})\s*(\S*)\s*(.*)$", line)
        if match:
            trial: dict[str, Any] = {"nctId": match[1], "briefTitle": " ".join(title)}
            if not is_absent(match[2]):
                trial["overallStatus"] = match[2]
            if not is_absent(match[3]) or match[3] == "N/A":
                trial["phases"] = as_phases(match[3])
            related.append(trial)
            title = []
        elif line.strip():
            title.append(line.strip())
    draft.leave("More Related Trials", title)
    if related:
        draft.page["relatedTrials"] = related
