"""`python -m tools.samples > src/trialbook/samples/records.jsonl`: write the sample records, one a line."""

from __future__ import annotations

import json
import sys

from tools.samples import generate_samples


def encode_samples() -> bytes:
    """Encode the sample records as they ship: compact JSON lines in UTF-8."""
    lines = [json.dumps(record, ensure_ascii=False, separators=(",", ":")) for record in generate_samples()]
    return "".join(f"{line}\n" for line in lines).encode()


if __name__ == "__main__":
    sys.stdout.buffer.write(encode_samples())
