"""How much of a record's page is printed unless more is asked for: the first part of what is long.

Left out of print are the end of a list or table and, where boxes stand below one another, those that lie beyond
about a quarter of a sheet; what the sponsor did not write of the study; never a criterion. A line in its place says
how much that is and how it is printed. The style alone does so: the page has all of it.
"""

from __future__ import annotations

from trialbook.pages.tree import (
    Block,
    Card,
    Facts,
    Fold,
    Items,
    Picture,
    Prose,
    Sites,
    SiteTable,
    Sub,
    Table,
    Versions,
)

# Entries of a list; two more than these are printed rather than left out. The style names the first number as well.
MOST_PRINTED, ALSO_PRINTED = 10, 2
# Of boxes below one another, in units of about two lines.
MOST_UNITS = 16.0
PICTURE_UNITS, CHARACTERS_IN_A_UNIT = 6.0, 200
UNPRINTED = frozenset({"derived-terms", "versions", "unread", "related"})
HOW = "To print all, choose this section under “Choose what to print” on the page."


def count_printed(total: int) -> int:
    """How many of a list's entries are printed."""
    return total if total <= MOST_PRINTED + ALSO_PRINTED else MOST_PRINTED


def find_unprinted(blocks: tuple[Block, ...]) -> tuple[int, int, int] | None:
    """Where boxes begin that are left out of print, how many they are, and of how many; None where all are printed."""
    boxes = [at for at, block in enumerate(blocks) if isinstance(block, Card | Sub | Fold)]
    if len(boxes) < 2:
        return None
    room = MOST_UNITS
    for number, at in enumerate(boxes):
        room -= _measure(blocks[at])
        if room < 0 and number:
            return at, len(boxes) - number, len(boxes)
    return None


def _measure(block: Block) -> float:
    """About how much room a block takes on a sheet, in units of two lines."""
    if isinstance(block, Fold) and not block.is_open:
        return 1.0
    if isinstance(block, Card | Sub | Fold):
        return 1.0 + sum(map(_measure, block.blocks))
    if isinstance(block, Picture):
        return PICTURE_UNITS
    if isinstance(block, Table):
        return 1.0 + count_printed(len(block.rows)) / 2
    if isinstance(block, SiteTable):
        return 1.0 + count_printed(sum(len(sites) for _, sites in block.states))
    if isinstance(block, Sites | Items):
        return float(count_printed(len(block.items)))
    if isinstance(block, Versions):
        return float(count_printed(len(block.lines)))
    if isinstance(block, Facts):
        return len(block.rows) / 2
    return max(1.0, len(block.text) / CHARACTERS_IN_A_UNIT) if isinstance(block, Prose) else 1.0
