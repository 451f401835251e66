"""How much may patient data cost? JSON is decoded piece by piece, each within a bound of memory."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from trialbook.errors import SourceFormatError
from trialbook.source.limits import MIB, describe_bytes, is_above_memory

# What no hospital's record of one person comes near.
MOST_FACTS = 100_000
# What one person of plain values, or one resource, may take once it is decoded.
MOST_MEMORY = 128 * MIB

# A JSON value: decoded, or still as it came.
Held: TypeAlias = "dict[str, Any] | msgspec.Raw"


def decode_held(held: object, place: str = "") -> Any:
    """A JSON value, decoded. Raises SourceFormatError for what is none, or would take too much memory."""
    if not isinstance(held, msgspec.Raw):
        return held
    data = bytes(held)
    check_memory(data, place)
    try:
        return msgspec.json.decode(data)
    except RecursionError as error:
        raise SourceFormatError("JSON nested too deeply", path=place) from error
    except msgspec.DecodeError as error:
        raise SourceFormatError(f"no JSON: {error}", path=place) from error


def check_memory(data: bytes, place: str = "", *, most: int = MOST_MEMORY) -> None:
    """Raise SourceFormatError where valid JSON would take more memory than `most`."""
    if len(data) > MIB and is_above_memory(data, most):
        raise SourceFormatError(
            f"{describe_bytes(len(data))} of one person that would take more than {describe_bytes(most)} of memory to"
            " read, which no record of a person does",
            path=place,
        )
