"""What the registry adds by itself: annotations, documents, derived terms (OpenAPI 2.0.5).

Made by `python -m tools.registry_model`; absent elements are None, absent lists ().
"""

from __future__ import annotations

from trialbook.model.dates import PartialDate
from trialbook.model.element import Element
from trialbook.model.enums import BrowseLeafRelevance, UnpostedEventType, ViolationEventType
from trialbook.model.protocol import DateStruct


class UnpostedEvent(Element, frozen=True):
    """Unposted Event (`annotationSection.annotationModule.unpostedAnnotation.unpostedEvents`)."""

    type: UnpostedEventType | None = None
    date: PartialDate | None = None
    date_unknown: bool | None = None


class UnpostedAnnotation(Element, frozen=True):
    """Unposted Annotation (`annotationSection.annotationModule.unpostedAnnotation`)."""

    unposted_responsible_party: str | None = None
    unposted_events: tuple[UnpostedEvent, ...] = ()


class ViolationEvent(Element, frozen=True):
    """Violation Event (`annotationSection.annotationModule.violationAnnotation.violationEvents`)."""

    type: ViolationEventType | None = None
    description: str | None = None
    creation_date: PartialDate | None = None
    issued_date: PartialDate | None = None
    release_date: PartialDate | None = None
    posted_date: PartialDate | None = None


class ViolationAnnotation(Element, frozen=True):
    """Violation Annotation (`annotationSection.annotationModule.violationAnnotation`)."""

    violation_events: tuple[ViolationEvent, ...] = ()


class AnnotationModule(Element, frozen=True):
    """Annotation Module (`annotationSection.annotationModule`)."""

    unposted_annotation: UnpostedAnnotation | None = None
    violation_annotation: ViolationAnnotation | None = None


class AnnotationSection(Element, frozen=True):
    """Annotation Section (`annotationSection`)."""

    annotation_module: AnnotationModule | None = None


class LargeDoc(Element, frozen=True):
    """Large Doc (`documentSection.largeDocumentModule.largeDocs`)."""

    type_abbrev: str | None = None
    has_protocol: bool | None = None
    has_sap: bool | None = None
    has_icf: bool | None = None
    label: str | None = None
    date: PartialDate | None = None
    upload_date: str | None = None
    filename: str | None = None
    size: int | None = None


class LargeDocumentModule(Element, frozen=True):
    """Large Document Module (`documentSection.largeDocumentModule`)."""

    no_sap: bool | None = None
    large_docs: tuple[LargeDoc, ...] = ()


class DocumentSection(Element, frozen=True):
    """Document Upload Information Section (`documentSection`)."""

    large_document_module: LargeDocumentModule | None = None


class FirstMcpInfo(Element, frozen=True):
    """First Mcp Info (`derivedSection.miscInfoModule.submissionTracking.firstMcpInfo`)."""

    post_date_struct: DateStruct | None = None


class SubmissionInfo(Element, frozen=True):
    """Submission Info (`derivedSection.miscInfoModule.submissionTracking.submissionInfos`)."""

    release_date: PartialDate | None = None
    unrelease_date: PartialDate | None = None
    unrelease_date_unknown: bool | None = None
    reset_date: PartialDate | None = None
    mcp_release_n: int | None = None


class SubmissionTracking(Element, frozen=True):
    """Submission Tracking (`derivedSection.miscInfoModule.submissionTracking`)."""

    estimated_results_first_submit_date: PartialDate | None = None
    first_mcp_info: FirstMcpInfo | None = None
    submission_infos: tuple[SubmissionInfo, ...] = ()


class MiscInfoModule(Element, frozen=True):
    """Misc Info Module (`derivedSection.miscInfoModule`)."""

    version_holder: PartialDate | None = None
    removed_countries: tuple[str, ...] = ()
    submission_tracking: SubmissionTracking | None = None


class Mesh(Element, frozen=True):
    """Mesh (`derivedSection.conditionBrowseModule.meshes`)."""

    id: str | None = None
    term: str | None = None


class BrowseLeaf(Element, frozen=True):
    """Browse Leaf (`derivedSection.conditionBrowseModule.browseLeaves`)."""

    id: str | None = None
    name: str | None = None
    as_found: str | None = None
    relevance: BrowseLeafRelevance | None = None


class BrowseBranch(Element, frozen=True):
    """Browse Branch (`derivedSection.conditionBrowseModule.browseBranches`)."""

    abbrev: str | None = None
    name: str | None = None


class BrowseModule(Element, frozen=True):
    """Browse Module (`derivedSection.conditionBrowseModule`)."""

    meshes: tuple[Mesh, ...] = ()
    ancestors: tuple[Mesh, ...] = ()
    browse_leaves: tuple[BrowseLeaf, ...] = ()
    browse_branches: tuple[BrowseBranch, ...] = ()


class DerivedSection(Element, frozen=True):
    """Derived Section (`derivedSection`)."""

    misc_info_module: MiscInfoModule | None = None
    condition_browse_module: BrowseModule | None = None
    intervention_browse_module: BrowseModule | None = None
