"""Posted results of a made-up registry: pools of encoded modules by number of groups."""

from __future__ import annotations

import random

from registry_words import FragmentPool, TextPool, encode, escape, load_table

MAX_GROUPS = 6
REASONS = ("Withdrawal by Subject", "Lost to Follow-up", "Adverse Event", "Death", "Protocol Violation")
PARAMETERS = (
    ("MEAN", "Standard Deviation"),
    ("LEAST_SQUARES_MEAN", "Standard Error"),
    ("COUNT_OF_PARTICIPANTS", ""),
    ("NUMBER", "95% Confidence Interval"),
    ("MEDIAN", "Full Range"),
)


class ResultPools:
    """For one number of groups: flows, baselines, outcome measures and adverse events, ready to join."""

    def __init__(self, groups: int, text: TextPool, rng: random.Random) -> None:
        self.groups = groups
        self.text = text
        self.rng = rng
        self.flows = FragmentPool(sorted((self.make_flow() for _ in range(60)), key=len))
        self.baselines = FragmentPool(sorted((self.make_baseline() for _ in range(60)), key=len))
        self.outcomes = FragmentPool([self.make_outcome() for _ in range(260)])
        self.events = FragmentPool([self.make_event() for _ in range(2500)])
        self.event_groups = FragmentPool([self.make_event_groups() for _ in range(60)])

    def make_groups(self, prefix: str, length: int = 120) -> bytes:
        return b",".join(
            b'{"id":"%b%03d","title":"%b","description":"%b"}'
            % (prefix.encode(), i, self.text.cut(24, self.rng), self.text.cut(length, self.rng))
            for i in range(self.groups)
        )

    def make_counts(self, prefix: str, name: str, comment: bytes = b"") -> bytes:
        return b",".join(
            b'{"groupId":"%b%03d",%b"%b":"%d"}'
            % (prefix.encode(), i, comment, name.encode(), self.rng.randrange(5, 400))
            for i in range(self.groups)
        )

    def make_denoms(self, prefix: str) -> bytes:
        return b'[{"units":"Participants","counts":[%b]}]' % self.make_counts(prefix, "value")

    def make_flow(self) -> bytes:
        periods: list[bytes] = []
        for number in range(self.rng.choice((1, 1, 1, 2, 3))):
            milestones = b",".join(
                b'{"type":"%b","achievements":[%b]}' % (kind, self.make_counts("FG", "numSubjects"))
                for kind in (b"STARTED", b"COMPLETED", b"NOT COMPLETED")
            )
            drops = b",".join(
                b'{"type":"%b","reasons":[%b]}' % (reason.encode(), self.make_counts("FG", "numSubjects"))
                for reason in REASONS[: self.rng.randrange(1, 6)]
            )
            title = b"Overall Study" if number == 0 else b"Period %d" % (number + 1)
            periods.append(
                b'{"title":"%b","milestones":[%b],"dropWithdraws":[%b]}' % (title, milestones, drops)
            )
        return b'{"preAssignmentDetails":"%b","groups":[%b],"periods":[%b]}' % (
            self.text.cut(int(self.rng.lognormvariate(5, 0.8)), self.rng),
            self.make_groups("FG", self.rng.randrange(40, 300)),
            b",".join(periods),
        )

    def make_cells(self, prefix: str, spread: bool) -> bytes:
        rng = self.rng
        return b",".join(
            b'{"groupId":"%b%03d","value":"%.1f"%b}'
            % (
                prefix.encode(),
                i,
                rng.random() * 90,
                b',"spread":"%.2f"' % (rng.random() * 20) if spread else b"",
            )
            for i in range(self.groups)
        )

    def make_baseline(self) -> bytes:
        measures = [
            b'{"title":"Age, Continuous","paramType":"MEAN","dispersionType":"STANDARD_DEVIATION",'
            b'"unitOfMeasure":"years","classes":[{"categories":[{"measurements":[%b]}]}]}'
            % self.make_cells("BG", True)
        ]
        for title, names in (
            ("Sex: Female, Male", ("Female", "Male")),
            ("Race (NIH/OMB)", ("Asian", "Black or African American", "White", "Unknown or Not Reported")),
        ):
            categories = b",".join(
                b'{"title":"%b","measurements":[%b]}' % (name.encode(), self.make_counts("BG", "value"))
                for name in names
            )
            measures.append(
                b'{"title":"%b","paramType":"COUNT_OF_PARTICIPANTS","unitOfMeasure":"Participants",'
                b'"classes":[{"categories":[%b]}]}' % (title.encode(), categories)
            )
        measures += [self.make_measure("BG") for _ in range(int(self.rng.paretovariate(1.2)) - 1)][:30]
        return b'{"populationDescription":"%b","groups":[%b],"denoms":%b,"measures":[%b]}' % (
            self.text.cut(120, self.rng),
            self.make_groups("BG"),
            self.make_denoms("BG"),
            b",".join(measures),
        )

    def make_measure(self, prefix: str) -> bytes:
        return (
            b'{"title":"%b","paramType":"MEAN","dispersionType":"STANDARD_DEVIATION","unitOfMeasure":"%b","classes":%b}'
            % (
                self.text.cut(50, self.rng),
                self.text.cut(12, self.rng),
                self.make_classes(prefix, self.rng.randrange(1, 4)),
            )
        )

    def make_classes(self, prefix: str, count: int) -> bytes:
        if count == 1:
            return b'[{"categories":[{"measurements":[%b]}]}]' % self.make_cells(prefix, True)
        return b"[%b]" % b",".join(
            b'{"title":"%b","categories":[{"measurements":[%b]}]}'
            % (self.text.cut(25, self.rng), self.make_cells(prefix, True))
            for _ in range(count)
        )

    def make_outcome(self) -> bytes:
        rng = self.rng
        parameter, dispersion = rng.choice(PARAMETERS)
        analysis = b""
        if rng.random() < 0.4:
            ids = b",".join(b'"OG%03d"' % i for i in range(self.groups))
            analysis = (
                b',"analyses":[{"paramType":"Mean Difference (Final Values)","paramValue":"%.2f",'
                b'"statisticalMethod":"ANCOVA","pValue":"%.4f","ciNumSides":"TWO_SIDED","ciPctValue":"95",'
                b'"nonInferiorityType":"SUPERIORITY","groupIds":[%b]}]'
                % (rng.random() * 9 - 4, rng.random(), ids)
            )
        return (
            b'{"type":"%b","title":"%b","description":"%b","populationDescription":"%b",'
            b'"reportingStatus":"POSTED","paramType":"%b"%b,"unitOfMeasure":"%b","timeFrame":"%b",'
            b'"groups":[%b],"denoms":%b,"classes":%b%b}'
            % (
                rng.choice((b"PRIMARY", b"SECONDARY", b"SECONDARY", b"OTHER_PRE_SPECIFIED")),
                self.text.cut(90, rng),
                self.text.cut(int(rng.lognormvariate(5.4, 0.7)), rng),
                self.text.cut(int(rng.lognormvariate(4.8, 0.6)), rng),
                parameter.encode(),
                b',"dispersionType":"%b"' % dispersion.encode() if dispersion else b"",
                self.text.cut(14, rng),
                self.text.cut(30, rng),
                self.make_groups("OG", 150),
                self.make_denoms("OG"),
                self.make_classes("OG", min(60, int(rng.paretovariate(1.0)))),
                analysis,
            )
        )

    def make_event(self) -> bytes:
        organs = load_table("events.toml")["organ"]
        organ = self.rng.choice(list(organs))
        term = escape(self.rng.choice(organs[organ])) + b" " + self.text.cut(14, self.rng).lower()
        stats = b",".join(
            b'{"groupId":"EG%03d","numEvents":%d,"numAffected":%d,"numAtRisk":%d}'
            % (i, self.rng.randrange(12), self.rng.randrange(6), self.rng.randrange(20, 400))
            for i in range(self.groups)
        )
        return (
            b'{"term":"%b","organSystem":%b,"sourceVocabulary":"MedDRA (26.0)",'
            b'"assessmentType":"SYSTEMATIC_ASSESSMENT","stats":[%b]}' % (term, encode(organ), stats)
        )

    def make_event_groups(self) -> bytes:
        return b",".join(
            b'{"id":"EG%03d","title":"%b","description":"%b","deathsNumAffected":%d,"deathsNumAtRisk":400,'
            b'"seriousNumAffected":%d,"seriousNumAtRisk":400,"otherNumAffected":%d,"otherNumAtRisk":400}'
            % (
                i,
                self.text.cut(24, self.rng),
                self.text.cut(120, self.rng),
                self.rng.randrange(5),
                self.rng.randrange(60),
                self.rng.randrange(300),
            )
            for i in range(self.groups)
        )

    def compose(self, sizes: tuple[int, int, int, int], rng: random.Random) -> bytes:
        """Join a results section whose modules have about these sizes: flow, baseline, outcomes, events."""
        flow, baseline, outcomes, events = sizes
        serious = self.events.cut_bytes(events // 3, rng)
        return (
            b'{"participantFlowModule":%b,"baselineCharacteristicsModule":%b,'
            b'"outcomeMeasuresModule":{"outcomeMeasures":[%b]},"adverseEventsModule":{"frequencyThreshold":"5",'
            b'"timeFrame":"%b","eventGroups":[%b],"seriousEvents":[%b],"otherEvents":[%b]},'
            b'"moreInfoModule":{"certainAgreement":{"piSponsorEmployee":false,"restrictiveAgreement":false},'
            b'"pointOfContact":{"title":"Study desk","organization":"Registry","email":"results@example.org",'
            b'"phone":"555-0100"}}}'
            % (
                self.flows.pick_size(flow, rng),
                self.baselines.pick_size(baseline, rng),
                self.outcomes.cut_bytes(outcomes, rng),
                self.text.cut(60, rng),
                self.event_groups.pick(rng),
                serious,
                self.events.cut_bytes(events - len(serious), rng),
            )
        )
