"""The registry's own API (version 2), answered from a library: clients need only another base address."""

from trialbook.web.api_v2.routes import make_routes

__all__ = ["make_routes"]
