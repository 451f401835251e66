"""How does the registry write its ids?"""

from __future__ import annotations

import re

NCT_ID = re.compile(r"[Nn][Cc][Tt]0*[1-9][0-9]{0,7}")


def find_nct_id(text: str) -> str | None:
    """The registry's way of writing an id, or None where it is none.

    >>> find_nct_id("nct1234"), find_nct_id("NCT00000000")
    ('NCT00001234', None)
    """
    return f"NCT{text[3:].lstrip('0'):0>8}" if NCT_ID.fullmatch(text) else None
