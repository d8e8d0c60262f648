"""Decide who signs in, which tokens they get, and when those stop working.

This package is the unit to copy into another Django project; it imports nothing of ours.
"""

VERSION = "0.1.0"
