"""The dates of a sample record: in order, and each marked actual or estimated as of the last update."""

from __future__ import annotations

import datetime
import random

from tools.samples.plots import Plot, Record

# The day on which the sample registry was "served".
VERSION_DATE = "2026-01-15"
# Before this day the registry estimated the day of posting.
ACTUAL_POSTING_SINCE = "2017-01-18"


def shift_date(date: str, days: int) -> str:
    """Move a date by days; a partial date counts as its first day."""
    first = date + "-01-01"[len(date) - 4 :] if len(date) < 10 else date
    return (datetime.date.fromisoformat(first) + datetime.timedelta(days=days)).isoformat()


def make_post_date(date: str) -> Record:
    return {"date": date, "type": "ACTUAL" if date >= ACTUAL_POSTING_SINCE else "ESTIMATED"}


def make_milestone(plot: Plot, key: str) -> Record:
    happened = plot[key] <= plot["upd"] and plot["status"] != "WITHDRAWN"
    return {"date": plot[key], "type": "ACTUAL" if happened else "ESTIMATED"}


def make_status_module(plot: Plot, rng: random.Random) -> Record:
    """Make the status module: status, milestones, and the dates of each step at the registry."""
    module: Record = {"statusVerifiedDate": plot["upd"][:7], "overallStatus": plot["status"]}
    if "last" in plot:
        module["lastKnownStatus"] = plot["last"]
    if plot["status"] != "WITHHELD" and plot.get("type") != "EXPANDED_ACCESS":
        module["expandedAccessInfo"] = {"hasExpandedAccess": False}
        for name, key in (
            ("startDateStruct", "start"),
            ("primaryCompletionDateStruct", "pc"),
            ("completionDateStruct", "end"),
        ):
            module[name] = make_milestone(plot, key)
    begun = (
        shift_date(plot["start"], -rng.randrange(5, 80)) if "start" in plot else shift_date(plot["upd"], -400)
    )
    submitted = min(begun, shift_date(plot["upd"], -20))
    checked = shift_date(submitted, rng.randrange(1, 7))
    module |= {
        "studyFirstSubmitDate": submitted,
        "studyFirstSubmitQcDate": checked,
        "studyFirstPostDateStruct": make_post_date(shift_date(checked, rng.randrange(1, 6))),
    }
    if "results" in plot:
        module |= make_results_dates(plot, rng)
    module["lastUpdateSubmitDate"] = plot["upd"]
    module["lastUpdatePostDateStruct"] = make_post_date(shift_date(plot["upd"], rng.randrange(1, 5)))
    return module


def make_results_dates(plot: Plot, rng: random.Random) -> Record:
    submitted = shift_date(plot["upd"], -rng.randrange(60, 120))
    checked = shift_date(submitted, rng.randrange(20, 45))
    return {
        "resultsFirstSubmitDate": submitted,
        "resultsFirstSubmitQcDate": checked,
        "resultsFirstPostDateStruct": make_post_date(shift_date(checked, rng.randrange(1, 8))),
    }
