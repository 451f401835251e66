"""Expanded access and regulatory oversight."""

from __future__ import annotations

from trialbook.model import Study
from trialbook.model.protocol import OversightModule
from trialbook.model.sentences import count_of
from trialbook.pages.labels import term_of, yes_no
from trialbook.pages.tree import Absent, Block, Fact, Facts, Link, Section
from trialbook.record.links import study_url

OVERSIGHT = (
    (
        "oversight_has_dmc",
        "Data monitoring committee",
        "An independent group watches safety and may stop the study.",
    ),
    ("is_fda_regulated_drug", "Studies a drug regulated by the US FDA", ""),
    ("is_fda_regulated_device", "Studies a device regulated by the US FDA", ""),
    ("is_unapproved_device", "The device was not yet approved or cleared by the FDA", ""),
    ("is_ppsd", "Paediatric postmarket surveillance of a device, by the FDA's order", ""),
    ("is_us_export", "Product made in the US and exported from it", ""),
    ("fdaaa801_violation", "The FDA has posted a violation of the reporting law (FDAAA 801)", ""),
)


def expanded_access_section(study: Study) -> Section:
    """Whether the treatment can be had outside the study."""
    info = study.status.expanded_access_info
    rows: list[Fact] = []
    if info and info.has_expanded_access is not None:
        rows.append(Fact("Expanded access", ("Yes" if info.has_expanded_access else "No",)))
    if info and info.nct_id:
        rows.append(Fact("Its record", (Link(info.nct_id, study_url(info.nct_id)),)))
    if info and info.status_for_nct_id:
        rows.append(Fact("Its status", (term_of(info.status_for_nct_id),)))
    design = study.protocol.design_module
    types = design.expanded_access_types if design else None
    if types:
        named = (
            ("For individual patients", types.individual),
            ("For an intermediate-size group", types.intermediate),
            ("Treatment IND or protocol", types.treatment),
        )
        rows += [Fact(label, (yes_no(value),)) for label, value in named if value is not None]
    if design and design.n_ptrs_to_this_exp_acc_nct_id is not None:
        rows.append(
            Fact("Records that point here", (count_of(design.n_ptrs_to_this_exp_acc_nct_id, "record"),))
        )
    block: Block = (
        Facts(tuple(rows))
        if rows
        else Absent("The record gives no word on expanded access.", ("statusModule.expandedAccessInfo",))
    )
    purpose = "Whether the treatment can be had outside a trial by people who cannot join one."
    return Section("expanded-access", "Expanded access", purpose, (block,))


def oversight_section(study: Study) -> Section:
    """Regulators and monitoring."""
    module = study.protocol.oversight_module or OversightModule()
    rows = []
    for name, label, meaning in OVERSIGHT:
        value: bool | None = getattr(module, name)
        if value is not None:
            rows.append(Fact(label, (yes_no(value),), meaning))
    block: Block = (
        Facts(tuple(rows)) if rows else Absent("The record gives no oversight.", ("oversightModule",))
    )
    return Section(
        "oversight",
        "Oversight",
        "Who watches over safety, and which US rules the study falls under.",
        (block,),
    )
