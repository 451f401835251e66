"""`python tests/compat/make_library.py FILE`: write the small library that later versions must still open.

Run once per schema version, with the code of that version; the file is never made again.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import msgspec
import zstandard

from trialbook.model import parse_record
from trialbook.samples import sample_paths
from trialbook.store import NewVersion, Store, Writer, compute_wire_hash
from trialbook.store.file import FILE_NAME


def make_version(body: bytes, place: str, *, original: bytes | None = None) -> NewVersion:
    record = msgspec.json.decode(body)
    study = parse_record(record)
    return NewVersion(
        nct_id=study.nct_id,
        version_date=None if study.version_date is None else str(study.version_date),
        body=body,
        record=record,
        wire_hash=compute_wire_hash(original or body),
        place=place,
        format="legacy_xml" if original else "api_v2",
        fidelity=2 if original else 4,
        original=original,
    )


def fill(store: Store) -> None:
    """Two versions of one record, three more packed with a dictionary, and one of each other row."""
    samples, older, newer = (path.read_bytes() for path in sample_paths())
    bodies = samples.splitlines()
    with Writer(store, "compat") as writer:
        writer.save([make_version(newer, "NCT04776239.json"), make_version(older, "NCT04776239.2022.json")])
        dictionary = zstandard.train_dictionary(8192, bodies).as_bytes()
        store.connection.execute("INSERT INTO dictionary (body) VALUES (?)", (dictionary,))
        store.reload_codec()
        writer.save([make_version(body, f"records.jsonl:{line}") for line, body in enumerate(bodies[:2], 1)])
        writer.save([make_version(bodies[2], "record.xml", original=b"<clinical_study/>")])
        writer.reject([("broken.json", "not valid JSON", b"{")])
        writer.announce([("NCT04776239", 0, "2021-02-23", "NOT_YET_RECRUITING", ("Study Status", "Design"))])
        writer.save_sync_state("everything", '{"since":"2024-01-01"}')


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        with Store.create(Path(folder)) as store:
            fill(store)
            store.connection.execute("VACUUM")
        Path(sys.argv[1]).write_bytes((Path(folder) / FILE_NAME).read_bytes())


if __name__ == "__main__":
    main()
