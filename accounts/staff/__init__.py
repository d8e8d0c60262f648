"""Administer the service: a sign-in, and pages for people, sessions and what parts keep."""
