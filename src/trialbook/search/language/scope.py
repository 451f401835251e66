"""What do the operators around a word say about where and how it is looked for?"""

from __future__ import annotations

from dataclasses import dataclass, replace

from trialbook.record.pieces import Part, Piece, find_area, find_piece, get_parts
from trialbook.search.language.syntax import (
    Area,
    AreaSize,
    Coverage,
    CoverageKind,
    Expansion,
    ExpansionKind,
    Search,
)

LOCATIONS = "protocolSection.contactsLocationsModule.locations"


@dataclass(frozen=True, slots=True)
class Scope:
    """What stands around a node.

    Attributes
    ----------
    area
        The search area, piece or structure that is searched.
    is_chosen
        Whether the query named it.
    is_size
        Whether the length of its list is asked.
    in_location
        Whether all must hold for one site.
    coverage, expansion
        The operators' kinds; None where none stands there.
    """

    area: str
    is_chosen: bool = False
    is_size: bool = False
    in_location: bool = False
    coverage: CoverageKind | None = None
    expansion: ExpansionKind | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        """What is searched, with weights."""
        parts = get_parts(self.area)
        return tuple(part for part in parts if is_in_location(part.piece)) if self.in_location else parts

    @property
    def pieces(self) -> list[Piece]:
        """The pieces that are searched."""
        return [part.piece for part in self.parts]

    @property
    def named_piece(self) -> Piece | None:
        """The one piece or structure that was named, or None for a search area."""
        return None if find_area(self.area) else find_piece(self.area)

    @property
    def only_piece(self) -> Piece | None:
        """The one piece that is searched, or None for several."""
        parts = get_parts(self.area)
        return parts[0].piece if find_area(self.area) is None and len(parts) == 1 else None

    @property
    def effective_expansion(self) -> str:
        """The expansion that a bare term has here."""
        relaxed = self.coverage in (None, "Contains")
        return self.expansion or ("Relaxation" if relaxed else "Concept")

    def enter(self, node: Area | AreaSize | Coverage | Expansion | Search) -> Scope:
        """The scope of what stands below an operator."""
        match node:
            case Area(name):
                return replace(self, area=name, is_chosen=True, is_size=False)
            case AreaSize(name):
                return replace(self, area=name, is_chosen=True, is_size=True)
            case Coverage(kind):
                return replace(self, coverage=kind)
            case Expansion(kind):
                return replace(self, expansion=kind)
            case Search("Location"):
                inside = replace(self, in_location=True)
                if self.is_chosen and inside.pieces:
                    return inside
                return replace(inside, area="LocationSearch", is_chosen=False)
            case Search():
                return replace(self, in_location=False)


def is_in_location(piece: Piece) -> bool:
    """Whether a piece belongs to a single location, so that SEARCH[Location] can look at it."""
    return piece.path == LOCATIONS or piece.path.startswith(LOCATIONS + ".")
