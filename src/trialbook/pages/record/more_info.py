"""What belongs to posted results beside numbers: limits, agreements, whom to ask."""

from __future__ import annotations

from trialbook.model import Study
from trialbook.model.results import CertainAgreement, PointOfContact
from trialbook.pages.labels import term_of, yes_no
from trialbook.pages.tree import Absent, Block, Fact, Facts, Prose, Section, Sub

PURPOSE = "The limits of these results, what the researchers may publish, and whom to ask."


def more_info_section(study: Study) -> Section:
    """Limitations, agreements between sponsor and investigators, point of contact."""
    module = study.results_section.more_info_module if study.results_section else None
    if module is None:
        words = "The record gives no further information on results."
        return Section(
            "more-info", "More on the results", PURPOSE, (Absent(words, ("resultsSection.moreInfoModule",)),)
        )
    limits = module.limitations_and_caveats
    limit_block: Block = (
        Prose(limits.description)
        if limits and limits.description
        else Absent("The record gives no limitations.")
    )
    blocks: list[Block] = [Sub("Limitations and caveats", (limit_block,))]
    blocks.append(Sub("Agreements with the investigators", (_agreement(module.certain_agreement),)))
    blocks.append(Sub("Point of contact", (_contact(module.point_of_contact),)))
    return Section("more-info", "More on the results", PURPOSE, tuple(blocks))


def _agreement(agreement: CertainAgreement | None) -> Block:
    if agreement is None:
        return Absent("The record gives no agreement.")
    rows: list[Fact] = []
    if agreement.pi_sponsor_employee is not None:
        rows.append(
            Fact(
                "All principal investigators are employed by the sponsor",
                (yes_no(agreement.pi_sponsor_employee),),
            )
        )
    if agreement.restrictive_agreement is not None:
        rows.append(
            Fact(
                "An agreement restricts what investigators may publish",
                (yes_no(agreement.restrictive_agreement),),
            )
        )
    if agreement.restriction_type:
        rows.append(Fact("Kind of restriction", (term_of(agreement.restriction_type),)))
    if agreement.other_details:
        rows.append(Fact("Details", (Prose(agreement.other_details),)))
    return Facts(tuple(rows))


def _contact(contact: PointOfContact | None) -> Block:
    if contact is None:
        return Absent("The record gives no point of contact.")
    phone = " ext. ".join(filter(None, (contact.phone, contact.phone_ext)))
    named = (
        ("Name or title", contact.title),
        ("Organisation", contact.organization),
        ("Telephone", phone),
        ("E-mail", contact.email),
    )
    return Facts(tuple(Fact(label, (value,)) for label, value in named if value))
