"""How are the sample records made that come with Trialbook? Invented studies that use every field."""

from __future__ import annotations

import random
from typing import Any

from tools.samples.derived import make_annotations, make_derived, make_documents
from tools.samples.people import count_by_country
from tools.samples.plots import Plot, Record, load_plots, merge_into
from tools.samples.protocol import make_protocol
from tools.samples.results import make_results

__all__ = ["DEFAULT_SEED", "generate_samples"]

DEFAULT_SEED = 20210816


def generate_samples(seed: int = DEFAULT_SEED) -> list[dict[str, Any]]:
    """Make the sample records, API v2 JSON as Python values; the same seed gives the same records.

    Each record has its own random stream, so that a new plot changes no other record.

    Examples
    --------
    >>> records = generate_samples()
    >>> records[0]["protocolSection"]["identificationModule"]["nctId"]
    'NCT99000001'
    """
    streams = [(plot, random.Random(f"{seed}:{plot['key']}")) for plot in load_plots()]  # noqa: S311
    return [make_record(plot, rng) for plot, rng in streams]


def make_record(plot: Plot, rng: random.Random) -> Record:
    protocol = make_protocol(plot, rng)
    record: Record = {"protocolSection": protocol}
    if "results" in plot:
        sites = protocol["contactsLocationsModule"]["locations"]
        regions = [count_by_country(sites, started) for started, _ in plot["results"]["flow"]]
        record["resultsSection"] = make_results(plot, regions, rng)
    if annotations := make_annotations(plot):
        record["annotationSection"] = annotations
    if documents := make_documents(plot, rng):
        record["documentSection"] = documents
    record["derivedSection"] = make_derived(plot, rng)
    record["hasResults"] = "results" in plot
    merge_into(record, plot.get("patch", {}))
    return record
