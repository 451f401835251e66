"""Which interventions does a saved record page list, and which arm gets which?"""

from __future__ import annotations

from typing import Any

from trialbook.source.page.draft import Draft, after_marker, cut_paragraphs, is_absent
from trialbook.source.spellings import as_enum, as_intervention_label


def read_interventions(lines: list[str], draft: Draft) -> None:
    """Read name, description and type, the type closing each intervention."""
    texts = cut_paragraphs(lines, ("Intervention Type",))
    found: list[dict[str, Any]] = []
    block: list[str] = []
    for text in texts:
        kind = after_marker(text, ("Intervention Type",))
        if kind is None:
            block.append(text)
        elif block:
            found.append(_as_intervention(block[0], kind, "\n\n".join(block[1:])))
            block = []
        else:
            draft.leave("Interventions", [text])
    draft.leave("Interventions", block)
    draft.put("armsInterventionsModule", "interventions", found)


def _as_intervention(name: str, kind: str, description: str) -> dict[str, Any]:
    intervention: dict[str, Any] = {}
    if not is_absent(kind):
        intervention["type"] = as_enum("InterventionType", kind)
    intervention["name"] = name
    if not is_absent(description):
        intervention["description"] = description
    return intervention


def read_other_names(lines: list[str], draft: Draft) -> None:
    """Read the other names; with one intervention they are its own, with several they are nobody's."""
    names = [text for text in cut_paragraphs(lines) if not is_absent(text)]
    if not names:
        return
    interventions = draft.modules.get("armsInterventionsModule", {}).get("interventions", [])
    path = "pageSection.interventionOtherNames"
    if len(interventions) == 1:
        interventions[0]["otherNames"] = names
        path = "protocolSection.armsInterventionsModule.interventions.otherNames"
    else:
        draft.page["interventionOtherNames"] = names
    if len(names) == 1 and " " in names[0]:
        draft.note_joined(path)


def read_groups(lines: list[str], draft: Draft) -> None:
    """Read each group with the interventions printed below it, and link the two lists."""
    markers = ("Group Type", "Intervention Type")
    texts = cut_paragraphs(lines, markers)
    # Where the page prints a type for each group, no group starts without one.
    typed = any(after_marker(text, ("Group Type",)) is not None for text in texts)
    listed = draft.modules.get("armsInterventionsModule", {}).pop("interventions", [])
    by_name: dict[str, dict[str, Any]] = {}
    for intervention in listed:
        by_name.setdefault(intervention["name"], intervention)
    groups: list[dict[str, Any]] = []
    block: list[str] = []
    last: dict[str, Any] | None = None
    for text in texts:
        group_type = after_marker(text, ("Group Type",))
        kind = after_marker(text, ("Intervention Type",))
        if group_type is None and kind is None:
            block.append(text)
            continue
        name = block.pop() if kind is not None and block else None
        block = _take_description(block, last, draft, before_group=group_type is not None or not typed)
        if block:
            groups.append(_as_group(block))
        if group_type is not None and groups and not is_absent(group_type):
            groups[-1]["type"] = as_enum("ArmGroupType", group_type)
        block, last = [], None
        if name is not None and groups:
            last = _find_intervention(by_name, name, kind or "")
            _link(groups[-1], last)
    _take_rest(block, last, groups, draft)
    added = [found for found in by_name.values() if found.pop("_new", False)]
    draft.put("armsInterventionsModule", "armGroups", [_ordered_group(group) for group in groups])
    draft.put("armsInterventionsModule", "interventions", [*listed, *added])


def _take_description(
    block: list[str], last: dict[str, Any] | None, draft: Draft, *, before_group: bool
) -> list[str]:
    """Take the description of the intervention above off the texts that follow it; return the rest.

    The list of interventions says how long that description is. Where it does not know the
    intervention, texts before the next intervention describe this one, and texts before a group are
    split by number; they are also put aside as they stood, since that split is not certain.
    """
    if last is None or not block:
        return block
    known = last.get("description")
    if known is not None:
        end = known.count("\n\n") + 1
        return block[end:] if "\n\n".join(block[:end]) == known else block
    if is_absent(block[0]):
        return block[1:]
    if last.get("_new") and not before_group:
        last["description"] = "\n\n".join(block)
        return []
    if last.get("_new") and len(block) > 1:
        draft.leave("Study Groups", ["\n\n".join(block)])
        if len(block) > 2:
            last["description"] = block[0]
            return block[1:]
    return block


def _take_rest(
    block: list[str], last: dict[str, Any] | None, groups: list[dict[str, Any]], draft: Draft
) -> None:
    """Settle the texts after the last marker."""
    rest = _take_description(block, last, draft, before_group=False)
    if rest and last is None and not groups and len(rest) <= 2:
        groups.append(_as_group(rest))
    elif rest:
        draft.leave("Study Groups", ["\n\n".join(rest)])


def _as_group(block: list[str]) -> dict[str, Any]:
    group: dict[str, Any] = {"label": block[0]}
    if len(block) > 1 and not is_absent("\n\n".join(block[1:])):
        group["description"] = "\n\n".join(block[1:])
    return group


def _find_intervention(by_name: dict[str, dict[str, Any]], name: str, kind: str) -> dict[str, Any]:
    if name not in by_name:
        by_name[name] = _as_intervention(name, kind, "") | {"_new": True}
    return by_name[name]


def _link(group: dict[str, Any], intervention: dict[str, Any]) -> None:
    prefix = f"{as_intervention_label(intervention['type'])}: " if "type" in intervention else ""
    group.setdefault("interventionNames", []).append(f"{prefix}{intervention['name']}")
    intervention.setdefault("armGroupLabels", []).append(group["label"])


def _ordered_group(group: dict[str, Any]) -> dict[str, Any]:
    order = ("label", "type", "description", "interventionNames")
    return {key: group[key] for key in order if key in group}
