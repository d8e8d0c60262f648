"""Tokens for programs, which keep no cookies: pairs in JSON, and personal access tokens."""
