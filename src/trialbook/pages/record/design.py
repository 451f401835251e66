"""How the study is built: allocation, model, purpose, masking, samples."""

from __future__ import annotations

from trialbook.model import Study
from trialbook.model.protocol import DesignInfo, DesignModule, MaskingBlock
from trialbook.model.registry_enum import RegistryEnum
from trialbook.pages.labels import WHO_MASKED, meaning_of, term_of, yes_no
from trialbook.pages.tree import Absent, Block, Fact, Facts, Prose, Section, Sub, Wording

PURPOSE = "How the study is built: who gets what, who decides it, who knows it, and what it is for."


def design_section(study: Study) -> Section:
    """The design module in words, each with the registry's term beside it."""
    module = study.protocol.design_module
    if module is None:
        return Section(
            "design", "Study design", PURPOSE, (Absent("The record gives no design.", ("designModule",)),)
        )
    info = module.design_info or DesignInfo()
    blocks: list[Block] = []
    observational = info.observational_model or info.time_perspective
    if not observational or info.allocation or info.intervention_model:
        blocks.append(Facts((*_intervention_facts(info), *_masking_facts(info.masking_info))))
    if observational or module.patient_registry is not None or module.target_duration:
        blocks.append(Facts(_observation_facts(module, info)))
    if info.intervention_model_description:
        blocks.append(Sub("More about the model", (Prose(info.intervention_model_description),)))
    if info.masking_info and info.masking_info.masking_description:
        blocks.append(Sub("More about the masking", (Prose(info.masking_info.masking_description),)))
    if module.bio_spec:
        blocks.append(Sub("Biological samples", _samples(module)))
    return Section("design", "Study design", PURPOSE, tuple(blocks))


def _fact(label: str, value: RegistryEnum | None, path: str) -> Fact:
    return Fact(label, (term_of(value),) if value else (), meaning_of(value), (f"designModule.{path}",))


def _intervention_facts(info: DesignInfo) -> tuple[Fact, ...]:
    return (
        _fact("Allocation", info.allocation, "designInfo.allocation"),
        _fact("Intervention model", info.intervention_model, "designInfo.interventionModel"),
        _fact("Primary purpose", info.primary_purpose, "designInfo.primaryPurpose"),
    )


def _masking_facts(block: MaskingBlock | None) -> tuple[Fact, ...]:
    who = (
        tuple(Wording(WHO_MASKED.get(str(value), str(value)), str(value)) for value in block.who_masked)
        if block
        else ()
    )
    masking = block.masking if block else None
    return (
        _fact("Masking (blinding)", masking, "designInfo.maskingInfo.masking"),
        Fact(
            "Who is masked",
            who,
            "These do not know who gets which treatment." if who else "",
            ("designModule.designInfo.maskingInfo.whoMasked",),
        ),
    )


def _observation_facts(module: DesignModule, info: DesignInfo) -> tuple[Fact, ...]:
    rows = [
        _fact("Observational model", info.observational_model, "designInfo.observationalModel"),
        _fact("Time perspective", info.time_perspective, "designInfo.timePerspective"),
    ]
    if module.patient_registry is not None:
        meaning = (
            "The data come from, or become, a standing collection about people with a condition."
            if module.patient_registry
            else ""
        )
        rows.append(Fact("Patient registry", (yes_no(module.patient_registry),), meaning))
    if module.target_duration:
        rows.append(Fact("Each participant is followed for", (module.target_duration,)))
    return tuple(rows)


def _samples(module: DesignModule) -> tuple[Block, ...]:
    spec = module.bio_spec
    blocks: list[Block] = [
        Facts((_fact("Samples kept", spec.retention if spec else None, "bioSpec.retention"),))
    ]
    if spec and spec.description:
        blocks.append(Prose(spec.description))
    return tuple(blocks)
