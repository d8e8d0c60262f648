"""Tokens in JSON for first-party programs, which keep no cookies."""
