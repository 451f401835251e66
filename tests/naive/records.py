"""Small raw records, written by hand, for questions about the query language."""

from __future__ import annotations

from typing import Any


def make_record(nct_id: str, values: dict[str, Any] | None = None, **sections: Any) -> dict[str, Any]:
    """A raw API v2 record with an id and `values`, given by path: {"statusModule.whyStopped": "…"}.

    Paths begin inside the protocol section; `sections` are whole other members of the record.
    """
    record: dict[str, Any] = {"protocolSection": {"identificationModule": {"nctId": nct_id}}, **sections}
    for path, value in (values or {}).items():
        holder = record["protocolSection"]
        *above, last = path.split(".")
        for key in above:
            holder = holder.setdefault(key, {})
        holder[last] = value
    return record


def make_titled(nct_id: str, title: str) -> dict[str, Any]:
    """A record with nothing but a brief title."""
    return make_record(nct_id, {"identificationModule.briefTitle": title})


def make_located(nct_id: str, *locations: dict[str, Any], title: str = "") -> dict[str, Any]:
    """A record with a brief title and locations."""
    return make_record(
        nct_id,
        {"identificationModule.briefTitle": title, "contactsLocationsModule.locations": list(locations)},
    )
