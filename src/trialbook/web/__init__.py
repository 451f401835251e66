"""How a person asks in a browser: pages and routes."""
