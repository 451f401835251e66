"""Who runs and pays for the study, who answers for the record, who leads it, whom to ask."""

from __future__ import annotations

from trialbook.model import Study
from trialbook.model.nearest import write_phone
from trialbook.model.protocol import Contact, ContactsLocationsModule, ResponsibleParty, Sponsor
from trialbook.pages.labels import label_of, meaning_of, term_of
from trialbook.pages.tree import Absent, Block, Card, Fact, Facts, Inline, Link, Section, Sub
from trialbook.record.links import mail_url, phone_url


def sponsors_section(study: Study) -> Section:
    """Lead sponsor and collaborators."""
    module = study.protocol.sponsor_collaborators_module
    blocks: list[Block] = []
    if module and module.lead_sponsor:
        blocks.append(_sponsor_card(module.lead_sponsor, "Lead sponsor"))
    else:
        blocks.append(
            Absent("The record gives no lead sponsor.", ("sponsorCollaboratorsModule.leadSponsor",))
        )
    collaborators = module.collaborators if module else ()
    blocks += [_sponsor_card(sponsor, "Collaborator") for sponsor in collaborators]
    if not collaborators:
        blocks.append(
            Absent("The record gives no collaborators.", ("sponsorCollaboratorsModule.collaborators",))
        )
    organization = study.identification.organization
    if organization and organization.full_name:
        kind: tuple[Inline, ...] = (term_of(organization.class_),) if organization.class_ else ()
        blocks.append(Facts((Fact("Registered by", (organization.full_name, *kind)),)))
    return Section(
        "sponsors", "Sponsors", "The organisations that run the study or pay for it.", tuple(blocks)
    )


def _sponsor_card(sponsor: Sponsor, role: str) -> Card:
    tags: list[Inline] = [role]
    if sponsor.class_:
        tags.append(term_of(sponsor.class_))
    return Card(sponsor.name or "Unnamed", tuple(tags))


def responsible_party_section(study: Study) -> Section:
    """Who answers for what the record says."""
    module = study.protocol.sponsor_collaborators_module
    party = module.responsible_party if module else None
    purpose = "The person or organisation that answers for what this record says."
    if party is None or party == ResponsibleParty():
        block: Block = Absent(
            "The record gives no responsible party.", ("sponsorCollaboratorsModule.responsibleParty",)
        )
    else:
        block = Facts(_party_facts(party))
    return Section("responsible-party", "Responsible party", purpose, (block,))


def _party_facts(party: ResponsibleParty) -> tuple[Fact, ...]:
    rows = [Fact("Role", (term_of(party.type),), meaning_of(party.type))] if party.type else []
    named = (
        ("Name", party.investigator_full_name),
        ("Title", party.investigator_title),
        ("Affiliation", party.investigator_affiliation),
        ("Name and title, as given in an older record", party.old_name_title),
        ("Organisation, as given in an older record", party.old_organization),
    )
    return (*rows, *(Fact(label, (value,)) for label, value in named if value))


def officials_section(study: Study) -> Section:
    """Overall officials and central contacts."""
    module = study.protocol.contacts_locations_module or ContactsLocationsModule()
    blocks: list[Block] = []
    for official in module.overall_officials:
        tags: list[Inline] = [term_of(official.role)] if official.role else []
        if official.affiliation:
            tags.append(official.affiliation)
        blocks.append(Card(official.name or "Unnamed", tuple(tags)))
    blocks = blocks or [
        Absent("The record gives no investigators.", ("contactsLocationsModule.overallOfficials",))
    ]
    contacts = tuple(
        Card(item.name or "Unnamed", _role(item), (contact_facts(item),)) for item in module.central_contacts
    )
    blocks.append(
        Sub(
            "Contacts",
            contacts
            or (
                Absent("The record gives no central contact.", ("contactsLocationsModule.centralContacts",)),
            ),
        )
    )
    return Section(
        "officials",
        "Investigators and contacts",
        "The researchers who lead the study, and whom to ask about it.",
        tuple(blocks),
    )


def _role(contact: Contact) -> tuple[Inline, ...]:
    return (term_of(contact.role),) if contact.role else ()


def contact_facts(contact: Contact) -> Facts:
    """Telephone and e-mail of a contact."""
    reached = [("Telephone", link_phone(phone))] if (phone := write_phone(contact)) else []
    reached += [("E-mail", link_mail(contact.email))] if contact.email else []
    return Facts(tuple(Fact(label, (value,)) for label, value in reached))


def list_ways(contact: Contact) -> tuple[Inline, ...]:
    """How a contact can be reached: by telephone and e-mail, where the record gives them."""
    phone = write_phone(contact)
    ways = (link_phone(phone) if phone else "", link_mail(contact.email) if contact.email else "")
    return tuple(way for way in ways if way)


def contact_line(contact: Contact) -> tuple[Inline, ...]:
    """A contact in one line, for a site's entry."""
    role = label_of(contact.role) if contact.role else ""
    parts: list[Inline] = [*filter(None, (contact.name, role)), *list_ways(contact)]
    return tuple(piece for part in parts for piece in (", ", part))[1:]


def link_phone(text: str) -> Inline:
    """A telephone number to tap, or where it is none the text."""
    url = phone_url(text)
    return Link(text, url) if url else text


def link_mail(text: str) -> Inline:
    """An e-mail address to tap, or where it is none the text."""
    url = mail_url(text)
    return Link(text, url) if url else text
