"""How does a browser or a program ask over HTTP? The site, the registry's API, our own API."""

from trialbook.web.app import make_app, run_server

__all__ = ["make_app", "run_server"]
