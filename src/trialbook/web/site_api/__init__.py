"""The undocumented addresses of the registry's own site, which scripts use: search, download, suggestions, RSS."""

from trialbook.web.site_api.routes import make_routes

__all__ = ["make_routes"]
