"""The administration: its sign-in, and pages for people, sessions and what parts keep."""
