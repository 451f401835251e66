"""Which elements of an API v2 record can the old XML express? What it cannot is not removed by it."""

from __future__ import annotations

_CARRIED = {
    "protocolSection": (
        "armsInterventionsModule conditionsModule descriptionModule eligibilityModule"
        " ipdSharingStatementModule outcomesModule sponsorCollaboratorsModule"
    ),
    "protocolSection.identificationModule": (
        "nctId nctIdAliases orgStudyIdInfo.id secondaryIdInfos.id organization briefTitle officialTitle"
        " acronym"
    ),
    "protocolSection.statusModule": (
        "statusVerifiedDate overallStatus lastKnownStatus whyStopped expandedAccessInfo.hasExpandedAccess"
        " startDateStruct primaryCompletionDateStruct completionDateStruct studyFirstSubmitDate"
        " studyFirstSubmitQcDate studyFirstPostDateStruct resultsFirstSubmitDate resultsFirstSubmitQcDate"
        " resultsFirstPostDateStruct dispFirstSubmitDate dispFirstSubmitQcDate dispFirstPostDateStruct"
        " lastUpdateSubmitDate lastUpdatePostDateStruct"
    ),
    "protocolSection.oversightModule": (
        "oversightHasDmc isFdaRegulatedDrug isFdaRegulatedDevice isUnapprovedDevice isPpsd isUsExport"
    ),
    "protocolSection.designModule": (
        "studyType expandedAccessTypes patientRegistry targetDuration phases designInfo bioSpec"
        " enrollmentInfo"
    ),
    "protocolSection.contactsLocationsModule": "centralContacts overallOfficials",
    "protocolSection.contactsLocationsModule.locations": "facility status city state zip country contacts",
    "protocolSection.referencesModule": "seeAlsoLinks availIpds",
    "protocolSection.referencesModule.references": "pmid type citation",
    "resultsSection.participantFlowModule": "preAssignmentDetails recruitmentDetails groups periods.title",
    "resultsSection.participantFlowModule.periods.milestones": (
        "type achievements.groupId achievements.comment achievements.numSubjects"
    ),
    "resultsSection.participantFlowModule.periods.dropWithdraws": "type reasons",
    "resultsSection.baselineCharacteristicsModule": "populationDescription typeUnitsAnalyzed groups denoms",
    "resultsSection.baselineCharacteristicsModule.measures": (
        "title description populationDescription paramType dispersionType unitOfMeasure denomUnitsSelected"
        " denoms classes"
    ),
    "resultsSection.outcomeMeasuresModule.outcomeMeasures": (
        "type title description populationDescription reportingStatus anticipatedPostingDate paramType"
        " dispersionType unitOfMeasure timeFrame typeUnitsAnalyzed denomUnitsSelected groups denoms classes"
        " analyses"
    ),
    "resultsSection.adverseEventsModule": (
        "frequencyThreshold timeFrame description eventGroups seriousEvents otherEvents"
    ),
    "resultsSection": "moreInfoModule",
    "annotationSection.annotationModule.unpostedAnnotation": "unpostedEvents",
    "documentSection.largeDocumentModule.largeDocs": (
        "typeAbbrev hasProtocol hasSap hasIcf label date filename"
    ),
    "derivedSection.miscInfoModule": "versionHolder removedCountries",
    "derivedSection.conditionBrowseModule.meshes": "term",
    "derivedSection.interventionBrowseModule.meshes": "term",
}

CARRIES = frozenset(f"{prefix}.{name}" for prefix, names in _CARRIED.items() for name in names.split()) | {
    "hasResults"
}
"""Paths of API v2 such that the old XML can express each of them and everything below it."""
