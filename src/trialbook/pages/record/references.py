"""What to read next: links, publications, other ids, documents, the sharing of participants' data."""

from __future__ import annotations

import html

from trialbook.model import PartialDate, Study
from trialbook.model.derived import LargeDoc
from trialbook.model.protocol import AvailIpd, IpdSharingStatementModule, Reference, ReferencesModule
from trialbook.model.sentences import join_words
from trialbook.pages.labels import label_of, meaning_of, term_of
from trialbook.pages.tree import (
    Absent,
    Block,
    Card,
    Day,
    Fact,
    Facts,
    Inline,
    Item,
    Items,
    Link,
    Note,
    Plain,
    Prose,
    Section,
    Sub,
)
from trialbook.record.links import document_url, pubmed_url, resolve_id, study_url

KINDS = {
    "RESULT": "Publications of results",
    "DERIVED": "Publications that the registry found",
    "BACKGROUND": "Background",
}


def links_section(study: Study) -> Section:
    """Links that the sponsor gave."""
    module = study.protocol.references_module
    links = module.see_also_links if module else ()
    items = tuple(
        Item(
            (
                Link(link.url or "Address not given", link.url or ""),
                *((Prose(link.label),) if link.label else ()),
            )
        )
        for link in links
    )
    block: Block = (
        Items(items) if items else Absent("The record gives no links.", ("referencesModule.seeAlsoLinks",))
    )
    return Section("links", "Related links", "Pages elsewhere that tell more about the study.", (block,))


def _link(url: str) -> Link:
    """A link as it was meant: the registry's history pages give addresses with HTML's references in them."""
    address = html.unescape(url)
    return Link(address or "Address not given", address)


def references_section(study: Study) -> Section:
    """Publications by kind; retractions are marked."""
    module = study.protocol.references_module or ReferencesModule()
    groups: dict[str, list[Reference]] = {}
    for reference in module.references:
        groups.setdefault(str(reference.type or "Kind not given"), []).append(reference)
    blocks: list[Block] = []
    for kind in sorted(groups, key=lambda name: list(KINDS).index(name) if name in KINDS else len(KINDS)):
        blocks.append(Sub(KINDS.get(kind, kind), tuple(_reference(item) for item in groups[kind])))
    blocks = blocks or [Absent("The record gives no references.", ("referencesModule.references",))]
    return Section("references", "References", "Publications behind this study or about it.", tuple(blocks))


def _reference(reference: Reference) -> Card:
    pmid = reference.pmid or ""
    links: list[Inline] = [Link(f"PubMed {pmid}", pubmed_url(pmid))] if pmid else []
    blocks: list[Block] = [
        Note(("Retracted: ", *_retraction(item.pmid or "", item.source or "")), tone="warn")
        for item in reference.retractions
    ]
    if links:
        blocks.append(Plain(tuple(links)))
    return Card("", (), (Prose(reference.citation or "The record gives no citation."), *blocks))


def _retraction(pmid: str, source: str) -> tuple[Inline, ...]:
    link: tuple[Inline, ...] = (Link(f"PubMed {pmid}", pubmed_url(pmid)),) if pmid else ()
    return (f"{source} " if source else "", *link)


def other_ids_section(study: Study) -> Section:
    """The sponsor's own id, other registries' and funders' ids, aliases."""
    identification = study.identification
    rows: list[Fact] = []
    own = identification.org_study_id_info
    if own and own.id:
        kind = f"{label_of(own.type)} id" if own.type else "Sponsor's own id"
        rows.append(Fact(kind, (_id_link(own.id, str(own.type or ""), own.link or ""),)))
    for info in identification.secondary_id_infos:
        label = label_of(info.type) if info.type else "Other id"
        link = _id_link(info.id or "Not given", str(info.type or ""), info.link or "")
        rows.append(Fact(label, (link, info.domain) if info.domain else (link,)))
    rows += [
        Fact("Older NCT id", (Link(alias, study_url(alias)),)) for alias in identification.nct_id_aliases
    ]
    block: Block = (
        Facts(tuple(rows))
        if rows
        else Absent("The record gives no other ids.", ("identificationModule.secondaryIdInfos",))
    )
    return Section(
        "other-ids",
        "Other identifiers",
        "Under what numbers other registries, funders and the sponsor know this study.",
        (block,),
    )


def _id_link(value: str, type: str, link: str) -> Inline:
    url = resolve_id(value, type=type, link=link)
    return Link(value, url) if url else value


def documents_section(study: Study) -> Section:
    """Protocol, analysis plan and consent form as uploaded."""
    section = study.document_section
    module = section.large_document_module if section else None
    blocks: list[Block] = [_document(study.nct_id, doc) for doc in module.large_docs] if module else []
    if module and module.no_sap is not None:
        words = (
            "The sponsor says that there is no statistical analysis plan."
            if module.no_sap
            else "There is a statistical analysis plan."
        )
        blocks.append(Plain((words,)))
    blocks = blocks or [Absent("The record gives no documents.", ("documentSection",))]
    return Section(
        "documents",
        "Documents",
        "The full protocol, the statistical analysis plan or the consent form, where uploaded.",
        tuple(blocks),
    )


def _document(nct_id: str, doc: LargeDoc) -> Card:
    holds = [
        words
        for words, is_held in (
            ("study protocol", doc.has_protocol),
            ("statistical analysis plan", doc.has_sap),
            ("informed consent form", doc.has_icf),
        )
        if is_held
    ]
    tags: list[Inline] = [Link(doc.filename, document_url(nct_id, doc.filename))] if doc.filename else []
    if doc.type_abbrev:
        tags.append(doc.type_abbrev)
    if doc.size is not None:
        tags.append(f"{doc.size:,} bytes")
    blocks: list[Block] = [Plain((f"Holds the {join_words(holds)}.",))] if holds else []
    rows: list[Fact] = []
    if doc.date:
        rows.append(Fact("Date of the document", (Day(doc.date),)))
    if doc.upload_date:
        rows.append(Fact("Uploaded", (Day(PartialDate(doc.upload_date)),)))
    if rows:
        blocks.append(Facts(tuple(rows)))
    return Card(doc.label or "Document", tuple(tags), tuple(blocks))


def sharing_section(study: Study) -> Section:
    """The statement on sharing participants' data, and data that are already available."""
    module = study.protocol.ipd_sharing_statement_module
    blocks: list[Block] = []
    if module is None or module == IpdSharingStatementModule():
        blocks.append(
            Absent(
                "The record gives no statement on sharing participants' data.", ("ipdSharingStatementModule",)
            )
        )
    else:
        blocks += _statement(module)
    references = study.protocol.references_module
    if references and references.avail_ipds:
        blocks.append(Sub("Available now", tuple(_available(item) for item in references.avail_ipds)))
    purpose = "Whether other researchers may use the data of the single participants."
    return Section("sharing", "Sharing of participants' data (IPD)", purpose, tuple(blocks))


def _statement(module: IpdSharingStatementModule) -> list[Block]:
    rows = (
        [Fact("Plan to share", (term_of(module.ipd_sharing),), meaning_of(module.ipd_sharing))]
        if module.ipd_sharing
        else []
    )
    if module.info_types:
        rows.append(Fact("What else is shared", tuple(term_of(value) for value in module.info_types)))
    prose = (("When", module.time_frame), ("Who can have them, and how", module.access_criteria))
    rows += [Fact(label, (Prose(value),)) for label, value in prose if value]
    if module.url:
        rows.append(Fact("Address", (_link(module.url),)))
    description: list[Block] = [Prose(module.description)] if module.description else []
    return [Facts(tuple(rows)), *description] if rows else description


def _available(item: AvailIpd) -> Card:
    blocks: list[Block] = [Prose(item.comment)] if item.comment else []
    if item.url:
        blocks.append(Plain((_link(item.url),)))
    tags = (item.id,) if item.id else ()
    return Card(item.type or "Data or document", tags, tuple(blocks))
