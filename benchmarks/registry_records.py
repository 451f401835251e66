"""Compose the records of a made-up registry: each a function of the seed and its number alone."""

from __future__ import annotations

import datetime
import random
from bisect import bisect
from typing import Any

from registry_results import MAX_GROUPS
from registry_stock import RESULTS_BEFORE, SPONSORS, VERSION_DAY, Stock

CHANGE_DAY = datetime.date(2026, 3, 17)
# Cuts end with a word and modules are plainer than real ones; lengths are stretched to make up for it.
STRETCH = 0.09
PURPOSES = 3 * ("TREATMENT",) + ("PREVENTION", "DIAGNOSTIC", "SUPPORTIVE_CARE", "OTHER", "BASIC_SCIENCE")
MODELS = 3 * ("PARALLEL",) + 2 * ("SINGLE_GROUP",) + ("CROSSOVER", "SEQUENTIAL", "FACTORIAL")
MASKINGS = 3 * ("NONE",) + ("SINGLE", "DOUBLE", "TRIPLE", "QUADRUPLE")
ARM_TYPES = ("EXPERIMENTAL", "ACTIVE_COMPARATOR", "PLACEBO_COMPARATOR", "NO_INTERVENTION")
AGES = 4 * ("18 Years",) + ("21 Years", "40 Years", "6 Years", "65 Years", "6 Months")


def compose_record(stock: Stock, number: int, *, changed: bool = False) -> bytes:
    """Make the record with that number, in [0, stock.studies); changed: as the next day's update has it."""
    rng = random.Random(stock.seed * 1_000_003 + number)
    return RecordMaker(stock, number, rng, changed).make()


class RecordMaker:
    """One record in the making."""

    def __init__(self, stock: Stock, number: int, rng: random.Random, changed: bool) -> None:
        self.stock, self.number, self.rng, self.changed = stock, number, rng, changed
        self.day = stock.find_day(number)
        old = self.day < datetime.date(RESULTS_BEFORE, 1, 1).toordinal()
        self.has_results = old and rng.random() < stock.results_share_of_old
        rows, sums = stock.skeletons[self.has_results]
        self.row: Any = rows[bisect(sums, rng.random() * sums[-1])]
        self.condition = stock.pick_condition(rng)
        self.text = stock.texts[self.condition.topic]
        picked = rng.choices(stock.interventions, k=max(1, self.row.interventions))
        self.interventions = picked if self.row.interventions else []
        self.sponsor = stock.sponsors[int(SPONSORS * rng.random() ** 3)]
        self.scale = rng.lognormvariate(STRETCH, 0.2)
        self.set_dates()

    def set_dates(self) -> None:
        rng, today = self.rng, VERSION_DAY.toordinal()
        self.start = self.day + rng.randrange(-200, 150)
        self.end = self.start + int(rng.gammavariate(2.2, 420)) + 30
        if self.has_results:
            self.end = min(self.end, today - 900)
            self.start = min(self.start, self.end - 60)
        self.updated = max(self.day, min(today - 1, self.end + rng.randrange(-400, 400)))
        draw = rng.random()
        if self.has_results:
            self.status = b"COMPLETED" if draw < 0.85 else b"TERMINATED"
        elif self.start > today:
            self.status = b"NOT_YET_RECRUITING"
        elif self.end > today:
            self.status = (
                b"RECRUITING"
                if draw < 0.7
                else b"ACTIVE_NOT_RECRUITING"
                if draw < 0.92
                else b"ENROLLING_BY_INVITATION"
            )
        else:
            self.status = (
                b"COMPLETED"
                if draw < 0.7
                else b"UNKNOWN"
                if draw < 0.88
                else b"TERMINATED"
                if draw < 0.95
                else b"WITHDRAWN"
            )
        if self.status in (b"COMPLETED", b"TERMINATED"):
            self.updated = max(self.updated, min(self.end + 20, today - 1))
        if self.changed:
            self.updated = CHANGE_DAY.toordinal() - 1
            self.status = b"ACTIVE_NOT_RECRUITING" if self.status == b"RECRUITING" else self.status

    def cut(self, length: float) -> bytes:
        return self.text.cut(int(length * self.scale) + 8, self.rng, self.condition.place)

    def date(self, day: int) -> bytes:
        kind = b"ACTUAL" if day <= VERSION_DAY.toordinal() else b"ESTIMATED"
        return b'{"date":"%b","type":"%b"}' % (self.stock.get_date(day), kind)

    def make(self) -> bytes:
        parts = [
            b'{"protocolSection":{',
            self.make_identification(),
            self.make_status(),
            self.make_sponsors(),
            self.make_description(),
            self.make_conditions(),
            self.make_design(),
            self.make_arms(),
            self.make_outcomes(),
            self.make_eligibility(),
            self.make_places(),
            self.make_references(),
            b"}",
        ]
        row = self.row
        if self.has_results:
            pools = self.stock.results[min(max(row.groups, 1), MAX_GROUPS) - 1]
            sizes = [
                int(size * self.scale)
                for size in (row.flow_bytes, row.baseline_bytes, row.outcome_bytes, row.event_bytes)
            ]
            parts += [
                b',"resultsSection":',
                pools.compose((sizes[0], sizes[1], sizes[2], sizes[3]), self.rng),
            ]
        if row.documents:
            parts.append(self.make_documents())
        parts.append(self.make_derived())
        return b"".join(parts)

    def make_identification(self) -> bytes:
        stock, rng, row = self.stock, self.rng, self.row
        code = stock.coined[int(len(stock.coined) * rng.random())]
        self.code = b"%b-%d" % (code, rng.randrange(10**5))
        drug = self.interventions[0][1] if self.interventions else b"Outcomes"
        title = b"%b for %b" % (drug, self.condition.name)
        secondary = b""
        if row.secondary_ids:
            ids = b",".join(
                b'{"id":"%b-%d","type":"OTHER"}' % (code, rng.randrange(10**4))
                for _ in range(row.secondary_ids)
            )
            secondary = b'"secondaryIdInfos":[%b],' % ids
        acronym = b',"acronym":"%b"' % code[:6].upper() if row.acronym and b"\\" not in code else b""
        return (
            b'"identificationModule":{"nctId":"%b","orgStudyIdInfo":{"id":"%b"},%b"organization":{"fullName":"%b","class":"%b"},'
            b'"briefTitle":"%b %b","officialTitle":"%b %b"%b},'
            % (
                stock.make_id(self.number),
                self.code,
                secondary,
                *self.sponsor,
                title,
                self.cut(max(0, row.title - len(title))),
                title,
                self.cut(max(0, row.official - len(title))),
                acronym,
            )
        )

    def make_status(self) -> bytes:
        stock = self.stock
        results = b""
        if self.has_results:
            posted = self.end + 400
            results = (
                b'"resultsFirstSubmitDate":"%b","resultsFirstSubmitQcDate":"%b","resultsFirstPostDateStruct":%b,'
                % (stock.get_date(posted - 40), stock.get_date(posted - 9), self.date(posted))
            )
            self.updated = max(self.updated, posted)
        reason = b'"whyStopped":"%b",' % self.cut(60) if self.status in (b"TERMINATED", b"WITHDRAWN") else b""
        last = b'"lastKnownStatus":"RECRUITING",' if self.status == b"UNKNOWN" else b""
        first = stock.get_date(self.day)
        return (
            b'"statusModule":{"statusVerifiedDate":"%b","overallStatus":"%b",%b%b"expandedAccessInfo":{"hasExpandedAccess":false},'
            b'"startDateStruct":%b,"primaryCompletionDateStruct":%b,"completionDateStruct":%b,"studyFirstSubmitDate":"%b",'
            b'"studyFirstSubmitQcDate":"%b","studyFirstPostDateStruct":%b,%b"lastUpdateSubmitDate":"%b","lastUpdatePostDateStruct":%b},'
            % (
                stock.get_date(self.updated)[:7],
                self.status,
                last,
                reason,
                self.date(self.start),
                self.date(self.end - 30),
                self.date(self.end),
                first,
                first,
                self.date(self.day),
                results,
                stock.get_date(self.updated),
                self.date(self.updated + 1),
            )
        )

    def make_sponsors(self) -> bytes:
        stock, rng = self.stock, self.rng
        others = b",".join(
            b'{"name":"%b","class":"%b"}' % stock.sponsors[int(SPONSORS * rng.random() ** 3)]
            for _ in range(self.row.collaborators)
        )
        return (
            b'"sponsorCollaboratorsModule":{"responsibleParty":{"type":"SPONSOR"},"leadSponsor":{"name":"%b","class":"%b"}%b},'
            b'"oversightModule":{"oversightHasDmc":%b,"isFdaRegulatedDrug":%b,"isFdaRegulatedDevice":false},'
            % (
                *self.sponsor,
                b',"collaborators":[%b]' % others if others else b"",
                b"true" if rng.random() < 0.35 else b"false",
                b"true" if rng.random() < 0.3 else b"false",
            )
        )

    def make_description(self) -> bytes:
        row = self.row
        detail = b',"detailedDescription":"%b"' % self.cut(row.detail) if row.detail else b""
        note = b" Recruitment has changed." if self.changed else b""
        summary = b"This study is about %b. %b" % (self.condition.name, self.cut(max(20, row.summary - 40)))
        return b'"descriptionModule":{"briefSummary":"%b.%b"%b},' % (summary, note, detail)

    def make_conditions(self) -> bytes:
        stock, row, condition = self.stock, self.row, self.condition
        names = condition.names
        if row.conditions > len(names) and self.rng.random() < 0.5:
            names = [*names, stock.pick_condition(self.rng).name]
        words = b""
        if row.keywords:
            own = [b'"%b"' % word for word in condition.words[: row.keywords]]
            more = row.keywords - len(own)
            words = b',"keywords":[%b]' % b",".join(
                [*own, stock.words.cut(more, self.rng, self.condition.place)] if more > 0 else own
            )
        return b'"conditionsModule":{"conditions":[%b]%b},' % (
            b",".join(b'"%b"' % name for name in names),
            words,
        )

    def make_design(self) -> bytes:
        rng, stock = self.rng, self.stock
        count = int(rng.lognormvariate(4.3, 1.3)) + (7 if self.changed else 0)
        done = self.status in (b"COMPLETED", b"TERMINATED", b"ACTIVE_NOT_RECRUITING")
        enrollment = b'"enrollmentInfo":{"count":%d,"type":"%b"}' % (
            count,
            b"ACTUAL" if done else b"ESTIMATED",
        )
        if self.row.type == 2:
            return (
                b'"designModule":{"studyType":"EXPANDED_ACCESS","expandedAccessTypes":{"individual":true}},'
            )
        if self.row.type == 1:
            model = rng.choice((b"COHORT", b"COHORT", b"CASE_CONTROL", b"CASE_ONLY", b"OTHER"))
            time = rng.choice((b"PROSPECTIVE", b"PROSPECTIVE", b"RETROSPECTIVE", b"CROSS_SECTIONAL"))
            return (
                b'"designModule":{"studyType":"OBSERVATIONAL","patientRegistry":false,"designInfo":{"observationalModel":"%b",'
                b'"timePerspective":"%b"},%b},' % (model, time, enrollment)
            )
        phases = stock.phases[bisect(stock.phase_sums, rng.random() * stock.phase_sums[-1])]
        model = rng.choice(MODELS)
        masking = rng.choice(MASKINGS)
        masked = b"" if masking == "NONE" else b',"whoMasked":["PARTICIPANT"]'
        return (
            b'"designModule":{"studyType":"INTERVENTIONAL","phases":[%b],"designInfo":{"allocation":"%b","interventionModel":"%b",'
            b'"primaryPurpose":"%b","maskingInfo":{"masking":"%b"%b}},%b},'
            % (
                phases,
                b"NA" if model == "SINGLE_GROUP" else b"RANDOMIZED",
                model.encode(),
                rng.choice(PURPOSES).encode(),
                masking.encode(),
                masked,
                enrollment,
            )
        )

    def make_arms(self) -> bytes:
        rng, row = self.rng, self.row
        if not row.arms and not self.interventions:
            return b""
        labels = [b"%b %d" % (self.cut(16), i + 1) for i in range(row.arms)]
        arms = b",".join(
            b'{"label":"%b","type":"%b","description":"%b"}'
            % (label, rng.choice(ARM_TYPES).encode(), self.cut(row.arm_text))
            for label in labels
        )
        joined = b",".join(b'"%b"' % label for label in labels[:3])
        used = b',"armGroupLabels":[%b]' % joined if joined else b""
        names = b',"otherNames":["%b"]' % self.code if row.other_names else b""
        items = b",".join(
            b'{"type":"%b","name":"%b","description":"%b"%b%b}'
            % (kind, name, self.cut(row.intervention_text), used, names)
            for kind, name in self.interventions
        )
        modules = [b'"armGroups":[%b]' % arms] if arms else []
        modules += [b'"interventions":[%b]' % items] if items else []
        return b'"armsInterventionsModule":{%b},' % b",".join(modules)

    def make_outcomes(self) -> bytes:
        rng, row, measures = self.rng, self.row, self.stock.measures
        lists: list[bytes] = []
        for kind, count in ((b"primary", row.primary), (b"secondary", row.secondary), (b"other", row.other)):
            if count:
                rows = b",".join(
                    b'{"measure":"%b","description":"%b","timeFrame":"%d months"}'
                    % (
                        measures.cut(row.measure_text, rng, self.condition.place),
                        self.cut(row.outcome_text),
                        rng.randrange(1, 60),
                    )
                    for _ in range(count)
                )
                lists.append(b'"%bOutcomes":[%b]' % (kind, rows))
        return b'"outcomesModule":{%b},' % b",".join(lists) if lists else b""

    def make_eligibility(self) -> bytes:
        rng, row = self.rng, self.row
        half = int(row.criteria * self.scale / 2)
        adult = rng.choice(AGES)
        bands = (
            b'"CHILD"'
            if adult.startswith("6 ")
            else b'"OLDER_ADULT"'
            if adult.startswith("65")
            else b'"ADULT","OLDER_ADULT"'
        )
        population = (
            b',"studyPopulation":"%b","samplingMethod":"NON_PROBABILITY_SAMPLE"' % self.cut(120)
            if row.type == 1
            else b""
        )
        return (
            b'"eligibilityModule":{"eligibilityCriteria":"Inclusion Criteria:\\n\\n* %b\\n* %b'
            b'\\n\\nExclusion Criteria:\\n\\n* %b",'
            b'"healthyVolunteers":%b,"sex":"%b","minimumAge":"%b","stdAges":[%b]%b},'
            % (
                self.condition.name,
                self.stock.criteria.cut(half, rng, self.condition.place),
                self.stock.criteria.cut(half, rng, self.condition.place),
                b"true" if rng.random() < 0.25 else b"false",
                rng.choice((b"ALL",) * 17 + (b"FEMALE",) * 2 + (b"MALE",)),
                adult.encode(),
                bands,
                population,
            )
        )

    def make_places(self) -> bytes:
        rng, row, stock = self.rng, self.row, self.stock
        officials = b",".join(
            b'{"name":"%b","affiliation":"%b","role":"PRINCIPAL_INVESTIGATOR"}'
            % (rng.choice(stock.people), self.sponsor[0])
            for _ in range(row.officials)
        )
        recruiting = self.status in (b"RECRUITING", b"NOT_YET_RECRUITING")
        pool = stock.sites[
            "contacts" if recruiting and row.site_contacts else "RECRUITING" if recruiting else ""
        ]
        lists = (
            [b'"centralContacts":[%b]' % stock.contacts.cut(row.central_contacts, rng)]
            if recruiting and row.central_contacts
            else []
        )
        lists += [b'"overallOfficials":[%b]' % officials] if officials else []
        lists += [b'"locations":[%b]' % pool.cut(row.sites, rng)] if row.sites else []
        return b'"contactsLocationsModule":{%b},' % b",".join(lists) if lists else b""

    def make_references(self) -> bytes:
        row, rng = self.row, self.rng
        lists = (
            [b'"references":[%b]' % self.stock.citations.cut(row.references, rng)] if row.references else []
        )
        lists += (
            [b'"seeAlsoLinks":[{"label":"%b","url":"https://example.org/%d"}]' % (self.cut(30), self.number)]
            if row.links
            else []
        )
        module = b'"referencesModule":{%b},' % b",".join(lists) if lists else b""
        text = b',"description":"%b"' % self.cut(row.ipd_text) if row.ipd_text else b""
        return module + b'"ipdSharingStatementModule":{"ipdSharing":"NO"%b}' % text

    def make_documents(self) -> bytes:
        return (
            b',"documentSection":{"largeDocumentModule":{"largeDocs":[{"typeAbbrev":"Prot_SAP",'
            b'"hasProtocol":true,"hasSap":true,"hasIcf":false,'
            b'"label":"Study Protocol and Statistical Analysis Plan","date":"%b","uploadDate":"%bT10:20",'
            b'"filename":"Prot_SAP_000.pdf","size":%d}]}}'
            % (
                self.stock.get_date(self.start),
                self.stock.get_date(self.updated),
                self.rng.randrange(10**5, 10**7),
            )
        )

    def make_derived(self) -> bytes:
        day = CHANGE_DAY if self.changed else VERSION_DAY
        terms = b""
        if self.row.intervention_terms:
            terms = b',"interventionBrowseModule":%b' % self.stock.intervention_browse.pick(self.rng)
        return (
            b',"derivedSection":{"miscInfoModule":{"versionHolder":"%b"},"conditionBrowseModule":%b%b},"hasResults":%b}'
            % (
                self.stock.get_date(day.toordinal()),
                self.condition.browse,
                terms,
                b"true" if self.has_results else b"false",
            )
        )
