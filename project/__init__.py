"""Wiring only: settings, URLs, page shells, response headers and the server entry points."""
