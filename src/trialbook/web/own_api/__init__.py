"""Our own API: what the registry's withholds. Counts, passages, versions, whole answers, feeds."""

from trialbook.web.own_api.routes import make_routes

__all__ = ["make_routes"]
