"""The base of every element of a record."""

from __future__ import annotations

import msgspec


class Element(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    rename="camel",
    gc=False,
    repr_omit_defaults=True,
):
    """One structure of a record: frozen, named in snake_case here and in camelCase on the wire."""
